//! A compiled program: immutable, and shared by any number of machines.

use std::sync::Arc;

use crate::heap::strings::StringSet;
use crate::image::Image;
use crate::op::{Op, Reg};
use crate::syntax::{CompileError, Constant};
use crate::value::Value;

/// A compiled program. Cloning it is cheap; ten thousand machines may run the same one.
#[derive(Clone, Debug)]
pub struct Program(pub(crate) Arc<ProgramData>);

#[derive(Debug)]
pub(crate) struct ProgramData {
    /// The functions; the first is the program itself.
    pub(crate) functions: Vec<Arc<Proto>>,
    /// The strings of the image, and behind them those of the program.
    pub(crate) strings: Arc<StringSet>,
    /// The constants and enums that it declares.
    pub(crate) constants: Vec<(Box<[u8]>, Constant)>,
    /// What it was compiled from.
    pub(crate) source: Box<[u8]>,
    pub(crate) name: Box<[u8]>,
    /// The number of the image that it was compiled for.
    pub(crate) image: u64,
}

impl Program {
    /// Compiles a program for an image. `name` is what its stack traces call the source.
    ///
    /// # Errors
    /// All errors of the source, at least one; the first is the reference's.
    pub fn compile(image: &Image, source: &[u8], name: &[u8]) -> Result<Program, Vec<CompileError>> {
        Self::compile_with(image, source, name, &[])
    }

    /// Compiles a program that knows constants besides those of the image.
    pub(crate) fn compile_with(
        image: &Image,
        source: &[u8],
        name: &[u8],
        constants: &[(Box<[u8]>, Constant)],
    ) -> Result<Program, Vec<CompileError>> {
        let known = |name: &[u8]| {
            let mut all = constants.iter().chain(&image.0.constants);
            all.find(|(known, _)| &**known == name).map(|(_, constant)| constant.clone())
        };
        let parsed = crate::syntax::parse(source, &known)?;
        let mut strings = StringSet::clone(&image.0.strings);
        let functions = crate::codegen::generate(&parsed.main, name, &mut strings).map_err(|error| vec![error])?;
        for (name, constant) in &parsed.constants {
            strings.intern(name);
            if let Constant::Enum(members) = constant {
                for (name, scalar) in members {
                    strings.intern(name);
                    crate::codegen::scalar_value(scalar, &mut strings);
                }
            } else if let Constant::Scalar(scalar) = constant {
                crate::codegen::scalar_value(scalar, &mut strings);
            }
        }
        Ok(Program(Arc::new(ProgramData {
            functions,
            strings: Arc::new(strings),
            constants: parsed.constants,
            source: source.into(),
            name: name.into(),
            image: image.0.number,
        })))
    }
}

/// A constant operand, with the hash that places it in tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand {
    pub(crate) value: Value,
    pub(crate) hash: u32,
}

/// A function.
#[derive(Clone, Debug)]
pub(crate) struct Proto {
    /// Its name: a string or null.
    pub(crate) name: Value,
    /// The name of its source.
    pub(crate) source: Value,
    pub(crate) code: Box<[Op]>,
    pub(crate) constants: Box<[Operand]>,
    /// Inner functions, by their index in the program.
    pub(crate) functions: Box<[u32]>,
    /// Number of parameters with `this`, without `...`.
    pub(crate) parameters: u8,
    pub(crate) defaults: u8,
    pub(crate) vararg: bool,
    pub(crate) generator: bool,
    /// Number of registers.
    pub(crate) registers: u8,
    /// The first instruction of each line.
    pub(crate) lines: Box<[(u32, u32)]>,
    /// For each instruction, how many registers are in use when it begins.
    pub(crate) live: Box<[u8]>,
    /// `catch` blocks, innermost first.
    pub(crate) handlers: Box<[Handler]>,
    pub(crate) locals: Box<[LocalInfo]>,
    pub(crate) parameter_names: Box<[Value]>,
    pub(crate) outers: Box<[OuterInfo]>,
}

/// A `catch` block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handler {
    /// The instructions that it guards.
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// Where it begins, and the register that takes what was thrown.
    pub(crate) target: u32,
    pub(crate) register: Reg,
}

/// Where a local lives, and for which instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalInfo {
    pub(crate) name: Value,
    pub(crate) register: Reg,
    /// Whether the register holds a cell.
    pub(crate) cell: bool,
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// A captured variable: where the closure finds it when it is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OuterInfo {
    pub(crate) name: Value,
    pub(crate) source: OuterPlace,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum OuterPlace {
    Register(Reg),
    Outer(u16),
}

impl Proto {
    /// The line of an instruction. With `as_reference` that is what the reference finds: where an instruction is the last of its
    /// statement, its search may stop at the next one.
    pub(crate) fn line(&self, pc: usize, as_reference: bool) -> u32 {
        if as_reference {
            return self.line_as_reference(pc + 1);
        }
        let after = self.lines.partition_point(|&(first, _)| first as usize <= pc);
        self.lines.get(after.saturating_sub(1)).map_or(0, |&(_, line)| line)
    }

    fn line_as_reference(&self, after: usize) -> u32 {
        let (mut low, mut high, mut middle) = (0, self.lines.len(), 0);
        while low < high {
            middle = low + (high - 1 - low) / 2;
            let at = self.lines[middle].0 as usize;
            if at > after {
                high = middle;
            } else if at < after {
                if self.lines.get(middle + 1).is_some_and(|&(next, _)| next as usize >= after) {
                    break;
                }
                low = middle + 1;
            } else {
                break;
            }
        }
        self.lines.get(middle).map_or(0, |&(_, line)| line)
    }

    /// How many registers are in use when an instruction begins.
    pub(crate) fn live_at(&self, pc: usize) -> usize {
        self.live.get(pc).map_or(0, |&live| usize::from(live))
    }

    /// The innermost `catch` around an instruction.
    pub(crate) fn handler(&self, pc: usize) -> Option<&Handler> {
        self.handlers.iter().find(|handler| (handler.from as usize) <= pc && pc < handler.to as usize)
    }
}
