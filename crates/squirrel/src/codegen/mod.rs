//! From the syntax tree to instructions.
//!
//! Locals have registers of their own from their declaration to the end of their scope; temporaries are a stack above
//! them. A local that an inner function captures lives in a cell, made anew each time its declaration runs. A local
//! that is an operand is read when the operator runs, not before: `i + i++` is 3 if `i` is 1, as in the reference.

mod expressions;
mod statements;

use std::sync::Arc;

use hashbrown::HashMap;

use crate::heap::strings::StringSet;
use crate::op::{MAX_REGISTERS, NO_REG, Op, Reg};
use crate::program::{Handler, LocalInfo, Operand, OuterInfo, OuterPlace, Proto};
use crate::syntax::ast::{Function, LocalId, OuterSource, Position};
use crate::syntax::{CompileError, Scalar};
use crate::value::{Tag, Value};

/// Recursion of the generator: deeper trees than the parser makes of sane programs are refused.
const MAX_DEPTH: usize = 400;

type Result<T> = std::result::Result<T, CompileError>;

/// Generates the code of a program. Its functions come out with the program itself first.
pub(crate) fn generate(main: &Function, source_name: &[u8], strings: &mut StringSet) -> Result<Vec<Arc<Proto>>> {
    let source = strings.intern(source_name);
    let mut output = Output { functions: vec![None], strings, source, depth: 0 };
    output.function(main, 0)?;
    Ok(output.functions.into_iter().flatten().collect())
}

/// What all functions of a program share.
struct Output<'s> {
    functions: Vec<Option<Arc<Proto>>>,
    strings: &'s mut StringSet,
    source: Value,
    depth: usize,
}

/// A function under construction.
struct Builder<'s, 'o, 't> {
    output: &'o mut Output<'s>,
    tree: &'t Function,
    code: Vec<Op>,
    live: Vec<u8>,
    lines: Vec<(u32, u32)>,
    last_line: u32,
    constants: Vec<Operand>,
    constant_index: HashMap<u64, u32>,
    inner: Vec<u32>,
    /// The register of each local that is in scope.
    registers: Vec<Reg>,
    /// The next free register.
    top: usize,
    most: usize,
    handlers: Vec<Handler>,
    locals: Vec<LocalInfo>,
    loops: Vec<Loop>,
    /// How many `try` blocks are around.
    tries: usize,
    /// Whether this is the program itself.
    is_main: bool,
    position: Position,
}

/// A loop or a `switch`: the jumps that leave it, and those that go on with it.
#[derive(Default)]
struct Loop {
    breaks: Vec<usize>,
    continues: Vec<usize>,
    is_switch: bool,
}

impl Output<'_> {
    #[expect(clippy::cast_possible_truncation, reason = "registers and parameters are limited to 250")]
    fn function(&mut self, tree: &Function, index: usize) -> Result<()> {
        let mut builder = Builder {
            output: self,
            tree,
            code: Vec::new(),
            live: Vec::new(),
            lines: Vec::new(),
            last_line: 0,
            constants: Vec::new(),
            constant_index: HashMap::new(),
            inner: Vec::new(),
            registers: vec![NO_REG; tree.locals.len()],
            top: 1,
            most: 1,
            handlers: Vec::new(),
            locals: Vec::new(),
            loops: Vec::new(),
            tries: 0,
            is_main: index == 0,
            position: tree.position,
        };
        builder.body()?;
        let Builder { code, live, lines, constants, inner, most, handlers, locals, .. } = builder;
        let name = match &tree.name {
            Some(name) => self.strings.intern(name),
            None => Value::NULL,
        };
        let mut parameter_names = vec![self.strings.intern(b"this")];
        for local in tree.locals.iter().take(tree.parameters as usize) {
            parameter_names.push(self.strings.intern(&local.name));
        }
        if tree.vararg {
            parameter_names.push(self.strings.intern(b"vargv"));
        }
        let mut outers = Vec::new();
        for outer in &tree.outers {
            let source = match outer.source {
                // Filled in by the enclosing function, which knows its registers.
                OuterSource::Local(_) => OuterPlace::Register(NO_REG),
                OuterSource::Outer(outer) => OuterPlace::Outer(outer.0 as u16),
            };
            outers.push(OuterInfo { name: self.strings.intern(&outer.name), source });
        }
        self.functions[index] = Some(Arc::new(Proto {
            name,
            source: self.source,
            code: code.into(),
            constants: constants.into(),
            functions: inner.into(),
            parameters: tree.parameters as u8 + 1,
            defaults: tree.defaults.len() as u8,
            vararg: tree.vararg,
            generator: tree.generator,
            registers: most as u8,
            lines: lines.into(),
            live: live.into(),
            handlers: handlers.into(),
            locals: locals.into(),
            parameter_names: parameter_names.into(),
            outers: outers.into(),
        }));
        Ok(())
    }
}

impl Builder<'_, '_, '_> {
    fn body(&mut self) -> Result<()> {
        let parameters = self.tree.parameters as usize + usize::from(self.tree.vararg);
        if !self.is_main {
            self.line(self.tree.position.line);
        }
        let start = self.code.len();
        for index in 0..parameters {
            self.registers[index] = self.allocate(1)?;
        }
        // All parameters are in use before the first instruction.
        for index in 0..parameters {
            let register = self.registers[index];
            if self.tree.locals[index].captured {
                self.emit(Op::NewCell { reg: register });
            }
        }
        for index in 0..parameters {
            self.declare_info(index, start);
        }
        self.statements(&self.tree.body)?;
        self.position = Position { line: self.tree.end_line, column: 1 };
        self.force_line(self.tree.end_line);
        self.emit(Op::ReturnNull);
        self.close_infos(0);
        Ok(())
    }

    fn error<T>(&self, text: &str) -> Result<T> {
        Err(CompileError { position: self.position, text: text.to_owned() })
    }

    // Code.

    #[expect(clippy::cast_possible_truncation, reason = "registers are limited to 250")]
    fn emit(&mut self, op: Op) -> usize {
        self.code.push(op);
        self.live.push(self.top as u8);
        self.code.len() - 1
    }

    fn line(&mut self, line: u32) {
        if self.last_line != line {
            self.force_line(line);
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "code is shorter than its source")]
    fn force_line(&mut self, line: u32) {
        if self.last_line != line {
            self.lines.push((self.code.len() as u32, line));
        }
        self.last_line = line;
    }

    /// Lets a jump go to the next instruction.
    fn patch(&mut self, at: usize) {
        let target = self.code.len();
        self.patch_to(at, target);
    }

    fn patch_to(&mut self, at: usize, target: usize) {
        let by = i32::try_from(target).unwrap_or(i32::MAX) - i32::try_from(at + 1).unwrap_or(i32::MAX);
        if let Some(op) = self.code.get_mut(at) {
            op.set_jump(by);
        }
    }

    fn patch_all(&mut self, list: &[usize]) {
        for &at in list {
            self.patch(at);
        }
    }

    fn jump_back(&mut self, target: usize) {
        let at = self.emit(Op::JumpBack { by: 0 });
        self.patch_to(at, target);
    }

    // Registers.

    #[expect(clippy::cast_possible_truncation, reason = "registers are limited to 250")]
    fn allocate(&mut self, count: usize) -> Result<Reg> {
        let first = self.top;
        self.top += count;
        if self.top > MAX_REGISTERS {
            return self.error("internal compiler error: too many locals");
        }
        self.most = self.most.max(self.top);
        Ok(first as Reg)
    }

    // Constants.

    fn constant(&mut self, value: Value, hash: u32) -> u32 {
        let next = u32::try_from(self.constants.len()).unwrap_or(u32::MAX);
        let constants = &mut self.constants;
        *self.constant_index.entry(value.bits()).or_insert_with(|| {
            constants.push(Operand { value, hash });
            next
        })
    }

    fn string(&mut self, bytes: &[u8]) -> u32 {
        let value = self.output.strings.intern(bytes);
        let hash = self.output.strings.hash(value);
        self.constant(value, hash)
    }

    /// A string constant for an instruction that has 16 bits for it.
    fn name(&mut self, bytes: &[u8]) -> Result<u16> {
        let k = self.string(bytes);
        match u16::try_from(k) {
            Ok(k) => Ok(k),
            Err(_) => self.error("internal compiler error: too many literals"),
        }
    }

    // Locals.

    /// Gives a local its register, which holds its value already, from the next instruction on.
    fn declare(&mut self, local: LocalId, register: Reg) {
        let index = local.0 as usize;
        self.registers[index] = register;
        if self.tree.locals[index].captured {
            self.emit(Op::NewCell { reg: register });
        }
        self.declare_info(index, self.code.len());
    }

    #[expect(clippy::cast_possible_truncation, reason = "code is shorter than its source")]
    fn declare_info(&mut self, index: usize, from: usize) {
        let local = &self.tree.locals[index];
        let name = self.output.strings.intern(&local.name);
        self.locals.push(LocalInfo {
            name,
            register: self.registers[index],
            cell: local.captured,
            from: from as u32,
            to: u32::MAX,
        });
    }

    /// Ends the scope of all locals declared since.
    #[expect(clippy::cast_possible_truncation, reason = "code is shorter than its source")]
    fn close_infos(&mut self, since: usize) {
        let to = self.code.len() as u32;
        for info in &mut self.locals[since..] {
            if info.to == u32::MAX {
                info.to = to;
            }
        }
    }

    fn register_of(&self, local: LocalId) -> Result<Reg> {
        match self.registers.get(local.0 as usize) {
            Some(&register) if register != NO_REG => Ok(register),
            _ => self.error("internal compiler error: a local without a register"),
        }
    }

    fn captured(&self, local: LocalId) -> bool {
        self.tree.locals.get(local.0 as usize).is_some_and(|local| local.captured)
    }

    // Inner functions.

    /// Emits the making of a closure.
    #[expect(clippy::cast_possible_truncation, reason = "checked just above")]
    fn closure(&mut self, tree: &Function, dst: Reg) -> Result<()> {
        let mark = self.top;
        let defaults = if tree.defaults.is_empty() { NO_REG } else { self.allocate(tree.defaults.len())? };
        for (place, default) in tree.defaults.iter().enumerate() {
            self.top = mark + place;
            self.to_temporary(default, defaults + place as Reg)?;
        }
        self.top = mark + tree.defaults.len();
        if tree.parameters as usize > MAX_REGISTERS - 2 {
            return self.error("internal compiler error: too many locals");
        }
        self.enter()?;
        let index = self.output.functions.len();
        self.output.functions.push(None);
        self.output.function(tree, index)?;
        self.leave();
        // Our registers are known only here.
        if tree.outers.iter().any(|outer| matches!(outer.source, OuterSource::Local(_))) {
            let mut places = Vec::new();
            for outer in &tree.outers {
                places.push(match outer.source {
                    OuterSource::Local(local) => OuterPlace::Register(self.register_of(local)?),
                    OuterSource::Outer(outer) => OuterPlace::Outer(outer.0 as u16),
                });
            }
            if let Some(function) = &mut self.output.functions[index]
                && let Some(function) = Arc::get_mut(function)
            {
                for (outer, place) in function.outers.iter_mut().zip(places) {
                    outer.source = place;
                }
            }
        }
        let Ok(function) = u16::try_from(self.inner.len()) else {
            return self.error("internal compiler error: too many functions");
        };
        self.inner.push(index as u32);
        self.emit(Op::Closure { dst, function, defaults });
        self.top = mark;
        Ok(())
    }

    fn enter(&mut self) -> Result<()> {
        self.output.depth += 1;
        if self.output.depth > MAX_DEPTH {
            return self.error("nesting too deep");
        }
        Ok(())
    }

    fn leave(&mut self) {
        self.output.depth -= 1;
    }
}

/// The value of a scalar constant; strings go into the set.
pub(crate) fn scalar_value(scalar: &Scalar, strings: &mut StringSet) -> Value {
    match scalar {
        Scalar::Integer(integer) => Value::integer(*integer),
        Scalar::Float(float) => Value::float(*float),
        Scalar::Bool(bool) => Value::bool(*bool),
        Scalar::String(bytes) => {
            let value = strings.intern(bytes);
            debug_assert!(value.is(Tag::String));
            value
        }
    }
}
