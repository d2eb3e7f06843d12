//! Programs as they are read, and what is wrong with them.

use super::DialectName;
use crate::{
    Context,
    failure::Failure,
    output::{
        places::{Source, describe},
        text::Paint,
    },
};
use impstead_client::wire;
use squirrel::{CompileError, Image, Position, Program};
use std::{fs, path::Path};

/// A program as it was read.
pub struct Text {
    /// What people call it: its path, or `stdin`.
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Text {
    /// Reads a file, or standard input where the path is `-`.
    pub fn read(path: &Path, dialect: DialectName, context: &mut Context) -> Result<Self, Failure> {
        let (name, bytes) = if path.as_os_str() == "-" {
            ("stdin".to_owned(), context.input.bytes())
        } else {
            (path.display().to_string(), fs::read(path))
        };
        let bytes = bytes.map_err(|error| Failure::usage_because(format!("cannot read {name}"), &error))?;
        Ok(Self { name, bytes: without_mark(bytes, dialect) })
    }

    /// Describes mistakes, each with its line of the program and a caret.
    pub fn describe(&self, places: &[wire::CompileError], paint: Paint) -> String {
        let code = String::from_utf8_lossy(&self.bytes);
        describe(places, &[Source { wire_name: &self.name, path: self.name.clone(), code: &code }], paint)
    }

    /// Says where something is wrong, and what.
    pub fn place(&self, severity: &str, position: Position, text: String) -> wire::CompileError {
        wire::CompileError {
            file: self.name.clone(),
            row: position.line,
            // On its first line the compiler counts from 0.
            column: position.column.max(1),
            kind: severity.to_owned(),
            text,
        }
    }

    pub fn errors(&self, errors: Vec<CompileError>) -> Vec<wire::CompileError> {
        errors.into_iter().map(|error| self.place("error", error.position, error.text)).collect()
    }

    /// Compiles the program. Where it does not compile, the errors are described on standard error.
    pub fn compile(&self, image: &Image, context: &mut Context) -> Result<Program, Failure> {
        Program::compile(image, &self.bytes, self.name.as_bytes()).or_else(|errors| {
            let text = self.describe(&self.errors(errors), Paint::stderr(&context.environment));
            context.stderr.write_all(text.as_bytes())?;
            Err(Failure::usage(format!("{} does not compile", self.name)))
        })
    }
}

/// The reference's loader of files skips a byte order mark; its compiler, which imps have, does not know them.
fn without_mark(mut bytes: Vec<u8>, dialect: DialectName) -> Vec<u8> {
    if dialect == DialectName::Stock && bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    bytes
}
