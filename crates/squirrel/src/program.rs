//! A compiled program: immutable, and shared by any number of machines.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, OnceLock};

use hashbrown::HashMap;
use sha2::{Digest as _, Sha256};

use crate::heap::strings::StringSet;
use crate::image::{Dialect, Image};
use crate::op::{Op, Reg};
use crate::snapshot::LastNames;
use crate::syntax::{CompileError, Constant, Scalar};
use crate::value::{Tag, Value};

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
    dialect: Dialect,
    /// The constants that it was compiled with and uses, by name: the host's and those of earlier programs.
    pub(crate) known: Vec<(Box<[u8]>, Constant)>,
    /// Whether a running program compiled it; a snapshot then has its source.
    pub(crate) at_run_time: bool,
    digest: OnceLock<Digest>,
    /// What reading the last snapshot of a machine that runs it made of the names in it.
    pub(crate) last_names: Mutex<Option<Arc<LastNames>>>,
}

impl Program {
    /// Compiles a program for an image. `name` is what its stack traces call the source.
    ///
    /// # Errors
    /// All errors of the source, at least one; the first is the reference's.
    pub fn compile(image: &Image, source: &[u8], name: &[u8]) -> Result<Program, Vec<CompileError>> {
        Self::compile_knowing(image, source, name, &[])
    }

    /// Compiles a program that knows further constants, which hide those of the image.
    ///
    /// # Errors
    /// As [`Program::compile`].
    pub fn compile_knowing(
        image: &Image,
        source: &[u8],
        name: &[u8],
        constants: &[(Box<[u8]>, Constant)],
    ) -> Result<Program, Vec<CompileError>> {
        Self::build(image, source, name, with_those_of(image, constants), false)
    }

    /// The constants and enums that it declares.
    pub fn constants(&self) -> &[(Box<[u8]>, Constant)] {
        &self.0.constants
    }

    /// Compiles a program for a running one, whose constants it knows besides those of the image.
    pub(crate) fn compile_with(
        image: &Image,
        source: &[u8],
        name: &[u8],
        constants: &[(Box<[u8]>, Constant)],
    ) -> Result<Program, Vec<CompileError>> {
        Self::build(image, source, name, with_those_of(image, constants), true)
    }

    /// Compiles the source of a snapshot again, with the constants that it used then.
    pub(crate) fn compile_again(
        image: &Image,
        source: &[u8],
        name: &[u8],
        known: &[(Box<[u8]>, Constant)],
    ) -> Result<Program, Vec<CompileError>> {
        Self::build(image, source, name, known.iter().map(|(name, constant)| (&**name, constant)), true)
    }

    fn build<'a>(
        image: &Image,
        source: &[u8],
        name: &[u8],
        constants: impl Iterator<Item = (&'a [u8], &'a Constant)>,
        at_run_time: bool,
    ) -> Result<Program, Vec<CompileError>> {
        let constants: HashMap<&[u8], &Constant> = constants.collect();
        let used = RefCell::new(BTreeMap::new());
        let known = |name: &[u8]| {
            let constant: Constant = (*constants.get(name)?).clone();
            used.borrow_mut().insert(Box::from(name), constant.clone());
            Some(constant)
        };
        let parsed = crate::syntax::parse(source, image.0.dialect, &known)?;
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
            dialect: image.0.dialect,
            known: used.into_inner().into_iter().collect(),
            at_run_time,
            digest: OnceLock::new(),
            last_names: Mutex::default(),
        })))
    }

    /// Identifies the program: its source, its name, the dialect, the constants of the host that it uses, and what the compiler
    /// made of all that. A snapshot names its programs so; one that was written before the compiler changed needs the
    /// program of then, and is refused.
    ///
    /// The first call takes a while: about as long as compiling.
    pub fn digest(&self) -> Digest {
        *self.0.digest.get_or_init(|| digest(&self.0))
    }

    /// The source.
    pub fn source(&self) -> &[u8] {
        &self.0.source
    }

    /// The name that stack traces have for the source.
    pub fn name(&self) -> &[u8] {
        &self.0.name
    }
}

/// The constants of an image, and behind them further ones, which hide those.
fn with_those_of<'a>(
    image: &'a Image,
    constants: &'a [(Box<[u8]>, Constant)],
) -> impl Iterator<Item = (&'a [u8], &'a Constant)> {
    let all = image.0.constants.iter().rev().chain(constants.iter().rev());
    all.map(|(name, constant)| (&**name, constant))
}

impl ProgramData {
    /// Bytes that it counts for in the heap of the machine that compiled it.
    pub(crate) fn run_time_bytes(&self) -> usize {
        let scalar = |scalar: &Scalar| match scalar {
            Scalar::String(bytes) => size_of::<Scalar>() + bytes.len(),
            _ => size_of::<Scalar>(),
        };
        let known: usize = self
            .known
            .iter()
            .map(|(name, constant)| {
                name.len()
                    + size_of::<Constant>()
                    + match constant {
                        Constant::Scalar(constant) => scalar(constant),
                        Constant::Enum(members) => {
                            members.iter().map(|(name, member)| name.len() + scalar(member)).sum()
                        }
                    }
            })
            .sum();
        self.source.len().saturating_mul(4).saturating_add(known)
    }
}

/// The name of a program in snapshots: see [`Program::digest`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// Hashes what is formatted.
struct Hashing(Sha256);

impl fmt::Write for Hashing {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}

/// Hashes a program. Values of strings go in by content, since their numbers depend on the image.
fn digest(data: &ProgramData) -> Digest {
    let mut hash = Hashing(Sha256::new());
    let text = |hash: &mut Hashing, bytes: &[u8]| {
        hash.0.update((bytes.len() as u64).to_le_bytes());
        hash.0.update(bytes);
    };
    let value = |hash: &mut Hashing, value: Value| {
        hash.0.update((value.tag() as u32).to_le_bytes());
        if value.is(Tag::String) {
            text(hash, data.strings.bytes(value));
        } else {
            hash.0.update(value.payload().to_le_bytes());
        }
    };
    let written = write!(hash, "impstead-squirrel 1 {:?} {} ", data.dialect, data.functions.len());
    debug_assert!(written.is_ok());
    text(&mut hash, &data.name);
    text(&mut hash, &data.source);
    let _ = write!(hash, "{:?}", data.known);
    for function in &data.functions {
        let Proto {
            name,
            source,
            code,
            constants,
            functions,
            parameters,
            defaults,
            vararg,
            generator,
            registers,
            lines,
            live,
            handlers,
            locals,
            parameter_names,
            outers,
        } = &**function;
        value(&mut hash, *name);
        value(&mut hash, *source);
        let numbers = (parameters, defaults, vararg, generator, registers, lines, live, handlers);
        let _ = write!(hash, "{code:?} {functions:?} {numbers:?}");
        for constant in constants {
            value(&mut hash, constant.value);
        }
        for &LocalInfo { name, register, cell, from, to } in locals {
            value(&mut hash, name);
            let _ = write!(hash, "{register} {cell} {from} {to}");
        }
        for &name in parameter_names {
            value(&mut hash, name);
        }
        for outer in outers {
            value(&mut hash, outer.name);
            let _ = write!(hash, "{:?}", outer.source);
        }
    }
    Digest(hash.0.finalize().into())
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
            match (self.lines[middle].0 as usize).cmp(&after) {
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => break,
                std::cmp::Ordering::Less => {
                    if self.lines.get(middle + 1).is_some_and(|&(next, _)| next as usize >= after) {
                        break;
                    }
                    low = middle + 1;
                }
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
