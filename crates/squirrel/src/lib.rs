//! The Squirrel language in Rust: a compiler and a virtual machine that is memory-safe, metered and can be written out.
//!
//! It has no I/O, clock, threads or async: a [`Host`] gives programs what they get of the world.

mod codegen;
mod convert;
mod disassemble;
mod fault;
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
