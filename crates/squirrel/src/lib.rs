//! The Squirrel language in Rust: a compiler and a virtual machine that is memory-safe, metered and can be written out.
//!
//! It has no I/O, clock, threads or async: a [`Host`] gives programs what they get of the world.
#![allow(
    clippy::inline_always,
    reason = "the interpreter's loop is made of small functions that must not become calls"
)]
#![allow(
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "bits are reinterpreted, and floats compared, as the language says"
)]
#![allow(
    clippy::too_many_arguments,
    clippy::wrong_self_convention,
    reason = "operands are many; `to` is a verb of motion here"
)]
#![allow(clippy::single_match_else, reason = "an arm for what is not there reads better")]

pub mod check;
mod codegen;
mod convert;
mod disassemble;
mod fault;
pub mod fmt;
mod heap;
mod image;
mod inspect;
mod library;
mod native;
mod op;
mod ops;
mod program;
mod report;
#[cfg(feature = "serde")]
pub mod serde;
mod snapshot;
pub mod syntax;
mod text;
mod value;
mod vm;

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use convert::{Bytes, FromSquirrel, IntoSquirrel, WrongType};
pub use fault::Fault;
pub use heap::Heap;
pub use image::{Dialect, Function, FunctionInfo, Image, ImageBuilder, Member};
pub use library::{BUILTINS, Builtin, Dialects, Owner};
pub use native::{Call, Flow, Host, Machine, NativeFn};
pub use program::{Digest, Program};
pub use snapshot::SnapshotError;
pub use syntax::{CompileError, Position};
pub use value::{Tag, Value};
pub use vm::{CallError, Failure, Held, Limits, LocalText, OutOfMemory, StackEntry, StartError, Step, Vm};
