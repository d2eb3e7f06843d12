//! Source text to syntax tree.

pub mod ast;
pub(crate) mod lexer;
mod parser;
mod symbols;
#[cfg(test)]
mod tests;

use std::fmt;

pub use ast::{Bytes, Function, Position};
pub use parser::parse;

/// A value that a `const` or a member of an `enum` may have.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// An integer, or a character constant.
    Integer(i32),
    /// A float.
    Float(f32),
    /// `true` or `false`.
    Bool(bool),
    /// A string.
    String(Box<[u8]>),
}

/// What a name declared by `const` or `enum` stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// The value of a `const`.
    Scalar(Scalar),
    /// The members of an `enum`, in order; no two have the same name.
    Enum(Vec<(Box<[u8]>, Scalar)>),
}

/// A program that compiles.
#[derive(Debug)]
pub struct Parsed {
    /// The whole program: a vararg function named `main`.
    pub main: Function,
    /// The constants and enums that it declares, in order; a later one of the same name replaces an earlier one.
    pub constants: Vec<(Box<[u8]>, Constant)>,
}

/// Why a program does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// Where the compiler noticed it: mostly behind the token that should not be there.
    pub position: Position,
    /// What is wrong, in the words of the reference.
    pub text: String,
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {}", self.position.line, self.position.column, self.text)
    }
}

impl std::error::Error for CompileError {}
