//! Expressions.

use super::{Builder, Result};
use crate::op::{NO_REG, Op, Reg};
use crate::syntax::ast::{BinaryOperator, Class, Expr, ExprKind, UnaryOperator};

/// A value that is at hand, or a captured local that is read when it is used.
#[derive(Clone, Copy)]
pub(super) enum Pending {
    Register(Reg),
    Cell(Reg),
}

/// A target of an assignment whose parts have been evaluated.
enum Target {
    Register(Reg),
    Cell(Reg),
    Outer(u16),
    Name(u16),
    Field(Pending, u16),
    Index(Pending, Pending),
}

impl Builder<'_, '_, '_> {
    /// Evaluates into a register. It is written last, except that the temporaries of compound values may be built in it; so the
    /// caller names a register that the expression does not read.
    pub(super) fn to(&mut self, expr: &Expr, dst: Reg) -> Result<()> {
        self.enter()?;
        let mark = self.top;
        let done = self.to_inner(expr, dst);
        self.top = mark;
        self.leave();
        done
    }

    fn to_inner(&mut self, expr: &Expr, dst: Reg) -> Result<()> {
        self.position = expr.position;
        match &expr.kind {
            ExprKind::Null => {
                self.emit(Op::Null { dst, count: 1 });
            }
            &ExprKind::Bool(value) => {
                self.emit(Op::Bool { dst, value });
            }
            &ExprKind::Integer(value) => {
                self.emit(Op::Integer { dst, value });
            }
            &ExprKind::Float(value) => {
                self.emit(Op::Float { dst, value });
            }
            ExprKind::String(bytes) => {
                let k = self.string(bytes);
                self.emit(Op::Constant { dst, k });
            }
            ExprKind::This => self.copy(dst, 0),
            ExprKind::Root => {
                self.emit(Op::Root { dst });
            }
            ExprKind::Base => {
                self.emit(Op::Base { dst });
            }
            &ExprKind::Local(local) => {
                let register = self.register_of(local)?;
                if self.captured(local) {
                    self.emit(Op::GetCell { dst, cell: register });
                } else {
                    self.copy(dst, register);
                }
            }
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a function captures fewer variables than it has room for"
            )]
            ExprKind::Outer(outer) => {
                self.emit(Op::GetOuter { dst, outer: outer.0 as u16 });
            }
            ExprKind::Name(name) => {
                let k = self.name(name)?;
                self.emit(Op::GetName { dst, k });
            }
            ExprKind::Field { object, name } => {
                let object = self.operand(object)?;
                let object = self.settle(object)?;
                let k = self.name(name)?;
                self.emit(Op::GetField { dst, object, k });
            }
            ExprKind::Index { object, key } => {
                let object = self.operand(object)?;
                if let ExprKind::String(bytes) = &key.kind {
                    let object = self.settle(object)?;
                    let k = self.name(bytes)?;
                    self.emit(Op::GetField { dst, object, k });
                } else {
                    let key = self.operand(key)?;
                    let object = self.settle(object)?;
                    let key = self.settle(key)?;
                    self.emit(Op::GetIndex { dst, object, key });
                }
            }
            ExprKind::Call { callee, arguments } => {
                let (callee, count) = self.call_setup(callee, arguments)?;
                self.emit(Op::Call { dst, callee, count });
            }
            ExprKind::Unary { operator, operand } => {
                let src = self.any(operand)?;
                self.position = expr.position;
                self.emit(match operator {
                    UnaryOperator::Negate => Op::Negate { dst, src },
                    UnaryOperator::Not => Op::Not { dst, src },
                    UnaryOperator::BitNot => Op::BitNot { dst, src },
                    UnaryOperator::TypeOf => Op::TypeOf { dst, src },
                    UnaryOperator::Clone => Op::Clone { dst, src },
                    UnaryOperator::Resume => Op::Resume { dst, src },
                });
            }
            ExprKind::Binary { .. } => self.binary(expr, dst)?,
            ExprKind::And { left, right } | ExprKind::Or { left, right } => {
                let is_or = matches!(expr.kind, ExprKind::Or { .. });
                self.to(left, dst)?;
                // `dst` holds a value now, so what is evaluated next must not take it for a temporary.
                let jump = if is_or { Op::JumpIf { src: dst, by: 0 } } else { Op::JumpUnless { src: dst, by: 0 } };
                let jump = self.emit_holding(dst, jump);
                self.to(right, dst)?;
                self.patch(jump);
            }
            ExprKind::Conditional { condition, then, otherwise } => {
                let no = self.branch(condition, false)?;
                self.to(then, dst)?;
                let end = self.emit_holding(dst, Op::Jump { by: 0 });
                self.patch_all(&no);
                self.to(otherwise, dst)?;
                self.patch(end);
            }
            ExprKind::Assign { .. }
            | ExprKind::NewSlot { .. }
            | ExprKind::Compound { .. }
            | ExprKind::Increment { .. } => {
                if let ExprKind::Increment { target, delta, prefix: false } = &expr.kind {
                    let old = self.post_increment(target, *delta, Some(dst))?;
                    self.copy(dst, old);
                } else {
                    let value = self.operand(expr)?;
                    let value = self.settle(value)?;
                    self.copy(dst, value);
                }
            }
            ExprKind::Delete { object, key } => {
                let object = self.operand(object)?;
                let key = self.operand(key)?;
                let object = self.settle(object)?;
                let key = self.settle(key)?;
                self.emit(Op::Delete { dst, object, key });
            }
            ExprKind::Array(items) => {
                // Built in a temporary, for the items may read the variable that the array is for.
                let array = self.allocate(1)?;
                let capacity = u16::try_from(items.len()).unwrap_or(u16::MAX);
                self.top -= 1;
                self.emit(Op::NewArray { dst: array, capacity });
                self.top += 1;
                let mark = self.top;
                for item in items {
                    let src = self.any(item)?;
                    self.emit(Op::Append { array, src });
                    self.top = mark;
                }
                self.copy(dst, array);
            }
            ExprKind::Table(slots) => {
                let table = self.allocate(1)?;
                let capacity = u16::try_from(slots.len()).unwrap_or(u16::MAX);
                self.top -= 1;
                self.emit(Op::NewTable { dst: table, capacity });
                self.top += 1;
                let mark = self.top;
                for (key, value) in slots {
                    let key = self.any(key)?;
                    let src = self.any(value)?;
                    self.emit(Op::NewSlot { object: table, key, src });
                    self.top = mark;
                }
                self.copy(dst, table);
            }
            ExprKind::Function(function) => self.closure(function, dst)?,
            ExprKind::Class(class) => {
                let register = self.class(class)?;
                self.copy(dst, register);
            }
            ExprKind::Comma(list) => {
                let Some((last, rest)) = list.split_last() else {
                    self.emit(Op::Null { dst, count: 1 });
                    return Ok(());
                };
                for expr in rest {
                    self.effect(expr)?;
                }
                self.to(last, dst)?;
            }
        }
        Ok(())
    }

    /// Emits an instruction at which a register is in use already, though no temporary yet.
    fn emit_holding(&mut self, register: Reg, op: Op) -> usize {
        let top = self.top;
        self.top = top.max(usize::from(register) + 1);
        let at = self.emit(op);
        self.top = top;
        at
    }

    fn copy(&mut self, dst: Reg, src: Reg) {
        if dst != src {
            self.emit(Op::Move { dst, src });
        }
    }

    /// Evaluates for the effect alone.
    pub(super) fn effect(&mut self, expr: &Expr) -> Result<()> {
        let mark = self.top;
        match &expr.kind {
            ExprKind::Increment { target, delta, .. } => {
                // The old value is not wanted.
                self.compound(target, BinaryOperator::Add, Right::Integer(*delta))?;
            }
            _ => {
                self.operand(expr)?;
            }
        }
        self.top = mark;
        Ok(())
    }

    /// Evaluates into any register: that of a local, or a new temporary.
    pub(super) fn any(&mut self, expr: &Expr) -> Result<Reg> {
        let pending = self.operand(expr)?;
        self.settle(pending)
    }

    /// Reads a captured local, if it is one.
    pub(super) fn settle(&mut self, pending: Pending) -> Result<Reg> {
        match pending {
            Pending::Register(register) => Ok(register),
            Pending::Cell(cell) => {
                let dst = self.allocate(1)?;
                self.top -= 1;
                self.emit(Op::GetCell { dst, cell });
                self.top += 1;
                Ok(dst)
            }
        }
    }

    /// Evaluates an operand. Locals are left where they are.
    pub(super) fn operand(&mut self, expr: &Expr) -> Result<Pending> {
        match &expr.kind {
            ExprKind::This => Ok(Pending::Register(0)),
            &ExprKind::Local(local) => {
                let register = self.register_of(local)?;
                Ok(if self.captured(local) { Pending::Cell(register) } else { Pending::Register(register) })
            }
            ExprKind::Assign { target, value } => {
                self.enter()?;
                let result = self.assign(target, value);
                self.leave();
                result
            }
            ExprKind::NewSlot { target, value } => {
                let object_key = self.object_and_key(target)?;
                let src = self.any(value)?;
                let (object, key) = (self.settle(object_key.0)?, self.settle(object_key.1)?);
                self.emit(Op::NewSlot { object, key, src });
                Ok(Pending::Register(src))
            }
            ExprKind::Compound { operator, target, value } => {
                self.enter()?;
                let result = self.compound(target, *operator, Right::Expr(value));
                self.leave();
                result
            }
            ExprKind::Increment { target, delta, prefix } => {
                if *prefix {
                    self.compound(target, BinaryOperator::Add, Right::Integer(*delta))
                } else {
                    self.post_increment(target, *delta, None).map(Pending::Register)
                }
            }
            _ => {
                let dst = self.allocate(1)?;
                self.top -= 1;
                let mark = self.top;
                self.to_temporary(expr, dst)?;
                self.top = mark + 1;
                Ok(Pending::Register(dst))
            }
        }
    }

    /// Evaluates into the register at the top of the stack, which parts of the expression may use meanwhile.
    pub(super) fn to_temporary(&mut self, expr: &Expr, dst: Reg) -> Result<()> {
        match &expr.kind {
            // These write `dst` before they are done, so it must not be a temporary of theirs.
            ExprKind::And { .. } | ExprKind::Or { .. } => {
                self.top += 1;
                self.to(expr, dst)
            }
            _ => self.to(expr, dst),
        }
    }

    fn object_and_key(&mut self, target: &Expr) -> Result<(Pending, Pending)> {
        match &target.kind {
            ExprKind::Name(name) => {
                let key = self.load_string(name)?;
                Ok((Pending::Register(0), Pending::Register(key)))
            }
            ExprKind::Field { object, name } => {
                let object = self.operand(object)?;
                let key = self.load_string(name)?;
                Ok((object, Pending::Register(key)))
            }
            ExprKind::Index { object, key } => {
                let object = self.operand(object)?;
                Ok((object, self.operand(key)?))
            }
            _ => self.error("can't assign expression"),
        }
    }

    fn load_string(&mut self, bytes: &[u8]) -> Result<Reg> {
        let k = self.string(bytes);
        let dst = self.allocate(1)?;
        self.top -= 1;
        self.emit(Op::Constant { dst, k });
        self.top += 1;
        Ok(dst)
    }

    // Assignments.

    #[expect(clippy::cast_possible_truncation, reason = "a function captures fewer variables than it has room for")]
    fn target(&mut self, target: &Expr) -> Result<Target> {
        Ok(match &target.kind {
            ExprKind::This => Target::Register(0),
            &ExprKind::Local(local) => {
                let register = self.register_of(local)?;
                if self.captured(local) { Target::Cell(register) } else { Target::Register(register) }
            }
            ExprKind::Outer(outer) => Target::Outer(outer.0 as u16),
            ExprKind::Name(name) => Target::Name(self.name(name)?),
            ExprKind::Field { object, name } => {
                let object = self.operand(object)?;
                Target::Field(object, self.name(name)?)
            }
            ExprKind::Index { object, key } => {
                let object = self.operand(object)?;
                if let ExprKind::String(bytes) = &key.kind {
                    Target::Field(object, self.name(bytes)?)
                } else {
                    Target::Index(object, self.operand(key)?)
                }
            }
            _ => return self.error("can't assign expression"),
        })
    }

    fn store(&mut self, target: &Target, src: Reg) -> Result<()> {
        match *target {
            Target::Register(register) => self.copy(register, src),
            Target::Cell(cell) => {
                self.emit(Op::SetCell { cell, src });
            }
            Target::Outer(outer) => {
                self.emit(Op::SetOuter { outer, src });
            }
            Target::Name(k) => {
                self.emit(Op::SetName { src, k });
            }
            Target::Field(object, k) => {
                let object = self.settle(object)?;
                self.emit(Op::SetField { object, src, k });
            }
            Target::Index(object, key) => {
                let object = self.settle(object)?;
                let key = self.settle(key)?;
                self.emit(Op::SetIndex { object, key, src });
            }
        }
        Ok(())
    }

    fn assign(&mut self, target: &Expr, value: &Expr) -> Result<Pending> {
        if let ExprKind::Local(local) = target.kind
            && !self.captured(local)
        {
            let register = self.register_of(local)?;
            self.to_local(value, register)?;
            return Ok(Pending::Register(register));
        }
        let target = self.target(target)?;
        let src = self.any(value)?;
        self.store(&target, src)?;
        Ok(Pending::Register(src))
    }

    /// Evaluates into a local that the expression itself may read.
    fn to_local(&mut self, value: &Expr, register: Reg) -> Result<()> {
        let writes_early = matches!(
            value.kind,
            ExprKind::And { .. } | ExprKind::Or { .. } | ExprKind::Conditional { .. } | ExprKind::Comma(_)
        );
        if writes_early {
            let mark = self.top;
            let src = self.any(value)?;
            self.copy(register, src);
            self.top = mark;
            Ok(())
        } else {
            self.to(value, register)
        }
    }

    fn load_target(&mut self, target: &Target, dst: Reg) -> Result<()> {
        match *target {
            Target::Register(src) => self.copy(dst, src),
            Target::Cell(cell) => {
                self.emit(Op::GetCell { dst, cell });
            }
            Target::Outer(outer) => {
                self.emit(Op::GetOuter { dst, outer });
            }
            Target::Name(k) => {
                self.emit(Op::GetName { dst, k });
            }
            Target::Field(object, k) => {
                let object = self.settle(object)?;
                self.emit(Op::GetField { dst, object, k });
            }
            Target::Index(object, key) => {
                let object = self.settle(object)?;
                let key = self.settle(key)?;
                self.emit(Op::GetIndex { dst, object, key });
            }
        }
        Ok(())
    }

    /// `target op= right`
    fn compound(&mut self, target: &Expr, operator: BinaryOperator, right: Right<'_>) -> Result<Pending> {
        let target = self.target(target)?;
        let integer = match right {
            Right::Integer(value) => Some(value),
            Right::Expr(Expr { kind: ExprKind::Integer(value), .. }) => Some(*value),
            Right::Expr(_) => None,
        };
        let right = match (integer, right) {
            (None, Right::Expr(expr)) => Some(self.operand(expr)?),
            _ => None,
        };
        let (dst, left) = if let Target::Register(register) = target {
            (register, register)
        } else {
            // The right side is read after the left one has been loaded, when the operator runs.
            let left = self.allocate(1)?;
            let mark = self.top;
            self.top -= 1;
            self.load_target(&target, left)?;
            self.top = mark;
            (left, left)
        };
        match (right, integer) {
            (Some(right), _) => {
                let b = self.settle(right)?;
                self.emit(binary_op(operator, dst, left, b));
            }
            (None, integer) => {
                let value = integer.unwrap_or(0);
                match integer_op(operator, dst, left, value) {
                    Some(op) => {
                        self.emit(op);
                    }
                    None => {
                        let b = self.allocate(1)?;
                        self.emit(Op::Integer { dst: b, value });
                        self.emit(binary_op(operator, dst, left, b));
                    }
                }
            }
        }
        if !matches!(target, Target::Register(_)) {
            self.store(&target, dst)?;
        }
        Ok(Pending::Register(dst))
    }

    /// `target++`: returns the register that has the old value, which may be `dst`.
    fn post_increment(&mut self, target: &Expr, delta: i32, dst: Option<Reg>) -> Result<Reg> {
        let target = self.target(target)?;
        if let Target::Register(register) = target {
            let old = match dst {
                Some(dst) => dst,
                None => self.allocate(1)?,
            };
            if old == register {
                // `i = i++`: the old value stays.
                let scratch = self.allocate(1)?;
                self.emit(Op::AddInteger { dst: scratch, a: register, value: delta });
                return Ok(old);
            }
            self.copy(old, register);
            self.emit_holding(old, Op::AddInteger { dst: register, a: register, value: delta });
            return Ok(old);
        }
        let old = self.allocate(2)?;
        let mark = self.top;
        self.top -= 2;
        self.load_target(&target, old)?;
        self.top = mark - 1;
        self.emit(Op::AddInteger { dst: old + 1, a: old, value: delta });
        self.top = mark;
        self.store(&target, old + 1)?;
        Ok(old)
    }

    // Operators.

    /// A chain of binary operators, whose left operands nest: without recursion on them.
    fn binary(&mut self, expr: &Expr, dst: Reg) -> Result<()> {
        let mut chain = Vec::new();
        let mut at = expr;
        while let ExprKind::Binary { operator, left, right } = &at.kind {
            chain.push((*operator, right, at.position));
            at = left;
        }
        let base = self.top;
        let mut left = self.operand(at)?;
        while let Some((operator, right, position)) = chain.pop() {
            let target = if chain.is_empty() { dst } else { u8::try_from(base).unwrap_or(NO_REG) };
            self.position = position;
            let immediate = match right.kind {
                ExprKind::Integer(value) => Some(value),
                _ => None,
            };
            // Whether the operator has a form for it does not depend on the registers.
            let immediate = immediate.filter(|&value| integer_op(operator, 0, 0, value).is_some());
            let op = if let Some(value) = immediate {
                let a = self.settle(left)?;
                integer_op(operator, target, a, value)
            } else {
                let right = self.operand(right)?;
                let a = self.settle(left)?;
                let b = self.settle(right)?;
                Some(binary_op(operator, target, a, b))
            };
            if let Some(op) = op {
                self.emit(op);
            }
            if !chain.is_empty() {
                self.top = base;
                let result = self.allocate(1)?;
                left = Pending::Register(result);
            }
        }
        Ok(())
    }

    /// Emits jumps that are taken when the truth of a condition is `when`, and returns them.
    pub(super) fn branch(&mut self, expr: &Expr, when: bool) -> Result<Vec<usize>> {
        self.enter()?;
        let mark = self.top;
        let jumps = self.branch_inner(expr, when);
        self.top = mark;
        self.leave();
        jumps
    }

    fn branch_inner(&mut self, expr: &Expr, when: bool) -> Result<Vec<usize>> {
        match &expr.kind {
            ExprKind::Unary { operator: UnaryOperator::Not, operand } => self.branch(operand, !when),
            ExprKind::And { left, right } | ExprKind::Or { left, right } => {
                let is_or = matches!(expr.kind, ExprKind::Or { .. });
                if is_or == when {
                    // Either side decides.
                    let mut jumps = self.branch(left, when)?;
                    jumps.extend(self.branch(right, when)?);
                    Ok(jumps)
                } else {
                    let skip = self.branch(left, !when)?;
                    let jumps = self.branch(right, when)?;
                    self.patch_all(&skip);
                    Ok(jumps)
                }
            }
            ExprKind::Binary { operator, left, right } if is_comparison(*operator) => {
                let operator = if when { opposite(*operator) } else { *operator };
                let a = self.operand(left)?;
                if let ExprKind::Integer(value) = right.kind
                    && let Ok(value) = i16::try_from(value)
                {
                    let a = self.settle(a)?;
                    self.position = expr.position;
                    let by = 0;
                    return Ok(vec![self.emit(match operator {
                        BinaryOperator::Equal => Op::UnlessEqualTo { a, value, by },
                        BinaryOperator::NotEqual => Op::UnlessNotEqualTo { a, value, by },
                        BinaryOperator::Less => Op::UnlessLessThan { a, value, by },
                        BinaryOperator::LessOrEqual => Op::UnlessAtMost { a, value, by },
                        BinaryOperator::Greater => Op::UnlessGreaterThan { a, value, by },
                        _ => Op::UnlessAtLeast { a, value, by },
                    })]);
                }
                let b = self.operand(right)?;
                let a = self.settle(a)?;
                let b = self.settle(b)?;
                self.position = expr.position;
                let by = 0;
                Ok(vec![self.emit(match operator {
                    BinaryOperator::Equal => Op::UnlessEqual { a, b, by },
                    BinaryOperator::NotEqual => Op::UnlessNotEqual { a, b, by },
                    BinaryOperator::Less => Op::UnlessLess { a, b, by },
                    BinaryOperator::LessOrEqual => Op::UnlessLessOrEqual { a, b, by },
                    BinaryOperator::Greater => Op::UnlessGreater { a, b, by },
                    _ => Op::UnlessGreaterOrEqual { a, b, by },
                })])
            }
            ExprKind::Bool(value) => Ok(if *value == when { vec![self.emit(Op::Jump { by: 0 })] } else { Vec::new() }),
            _ => {
                let src = self.any(expr)?;
                Ok(vec![self.emit(if when { Op::JumpIf { src, by: 0 } } else { Op::JumpUnless { src, by: 0 } })])
            }
        }
    }

    // Calls.

    /// Puts a callee, `this` and the arguments into registers; returns the callee's and the number of arguments with `this`.
    pub(super) fn call_setup(&mut self, callee: &Expr, arguments: &[Expr]) -> Result<(Reg, u8)> {
        let mark = self.top;
        let function = match &callee.kind {
            ExprKind::Field { object, name } if !matches!(object.kind, ExprKind::Base) => {
                let object = self.any(object)?;
                let k = self.name(name)?;
                let dst = self.restart(mark)?;
                self.emit(Op::Method { dst, object, k });
                dst
            }
            ExprKind::Index { object, key } if !matches!(object.kind, ExprKind::Base) => {
                let object = self.operand(object)?;
                if let ExprKind::String(bytes) = &key.kind {
                    let object = self.settle(object)?;
                    let k = self.name(bytes)?;
                    let dst = self.restart(mark)?;
                    self.emit(Op::Method { dst, object, k });
                    dst
                } else {
                    let key = self.operand(key)?;
                    let object = self.settle(object)?;
                    let key = self.settle(key)?;
                    let dst = self.restart(mark)?;
                    self.emit(Op::MethodIndex { dst, object, key });
                    dst
                }
            }
            ExprKind::Name(name) => {
                let k = self.name(name)?;
                let dst = self.restart(mark)?;
                self.emit(Op::Callee { dst, k });
                dst
            }
            _ => {
                let dst = self.allocate(2)?;
                self.top -= 2;
                self.to_temporary(callee, dst)?;
                self.top = mark + 1;
                self.emit(Op::Move { dst: dst + 1, src: 0 });
                dst
            }
        };
        self.top = mark + 2;
        for argument in arguments {
            let register = self.allocate(1)?;
            self.top -= 1;
            self.to_temporary(argument, register)?;
            self.top = usize::from(register) + 1;
        }
        let Ok(count) = u8::try_from(arguments.len() + 1) else {
            return self.error("internal compiler error: too many locals");
        };
        Ok((function, count))
    }

    /// The register at `mark` for a callee, with room for `this`; what stands above it is still read by the next instruction.
    fn restart(&mut self, mark: usize) -> Result<Reg> {
        let top = self.top;
        self.top = mark;
        let register = self.allocate(2)?;
        self.top = top;
        Ok(register)
    }

    // Classes.

    fn class(&mut self, class: &Class) -> Result<Reg> {
        let dst = self.allocate(1)?;
        let mark = self.top;
        // Until the class is made, its register is a temporary like others.
        self.top -= 1;
        let base = match &class.base {
            Some(base) => self.any(base)?,
            None => NO_REG,
        };
        let attributes = match &class.attributes {
            Some(attributes) => self.any(attributes)?,
            None => NO_REG,
        };
        self.emit(Op::Class { dst, base, attributes });
        self.top = mark;
        for member in &class.members {
            let key = self.allocate(2)?;
            self.top -= 2;
            self.to_temporary(&member.key, key)?;
            self.top = usize::from(key) + 1;
            self.to_temporary(&member.value, key + 1)?;
            self.top = usize::from(key) + 2;
            let attributes = match &member.attributes {
                Some(attributes) => self.any(attributes)?,
                None => NO_REG,
            };
            self.position = member.position;
            self.emit(Op::Member { class: dst, key, attributes, is_static: member.is_static });
            self.top = mark;
        }
        Ok(dst)
    }
}

/// The right side of a compound assignment.
#[derive(Clone, Copy)]
enum Right<'e> {
    Expr(&'e Expr),
    Integer(i32),
}

fn is_comparison(operator: BinaryOperator) -> bool {
    matches!(
        operator,
        BinaryOperator::Equal
            | BinaryOperator::NotEqual
            | BinaryOperator::Less
            | BinaryOperator::LessOrEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterOrEqual
    )
}

fn opposite(operator: BinaryOperator) -> BinaryOperator {
    match operator {
        BinaryOperator::Equal => BinaryOperator::NotEqual,
        BinaryOperator::NotEqual => BinaryOperator::Equal,
        BinaryOperator::Less => BinaryOperator::GreaterOrEqual,
        BinaryOperator::LessOrEqual => BinaryOperator::Greater,
        BinaryOperator::Greater => BinaryOperator::LessOrEqual,
        BinaryOperator::GreaterOrEqual => BinaryOperator::Less,
        other => other,
    }
}

/// The form of an operator that takes its right operand from the instruction.
fn integer_op(operator: BinaryOperator, dst: Reg, a: Reg, value: i32) -> Option<Op> {
    Some(match operator {
        BinaryOperator::Add => Op::AddInteger { dst, a, value },
        BinaryOperator::Subtract => Op::SubtractInteger { dst, a, value },
        BinaryOperator::Multiply => Op::MultiplyInteger { dst, a, value },
        BinaryOperator::Divide => Op::DivideInteger { dst, a, value },
        BinaryOperator::Modulo => Op::ModuloInteger { dst, a, value },
        BinaryOperator::BitAnd => Op::BitAndInteger { dst, a, value },
        BinaryOperator::ShiftLeft => Op::ShiftLeftInteger { dst, a, value },
        BinaryOperator::ShiftRight => Op::ShiftRightInteger { dst, a, value },
        _ => return None,
    })
}

fn binary_op(operator: BinaryOperator, dst: Reg, a: Reg, b: Reg) -> Op {
    match operator {
        BinaryOperator::Add => Op::Add { dst, a, b },
        BinaryOperator::Subtract => Op::Subtract { dst, a, b },
        BinaryOperator::Multiply => Op::Multiply { dst, a, b },
        BinaryOperator::Divide => Op::Divide { dst, a, b },
        BinaryOperator::Modulo => Op::Modulo { dst, a, b },
        BinaryOperator::BitAnd => Op::BitAnd { dst, a, b },
        BinaryOperator::BitOr => Op::BitOr { dst, a, b },
        BinaryOperator::BitXor => Op::BitXor { dst, a, b },
        BinaryOperator::ShiftLeft => Op::ShiftLeft { dst, a, b },
        BinaryOperator::ShiftRight => Op::ShiftRight { dst, a, b },
        BinaryOperator::ShiftRightUnsigned => Op::ShiftRightUnsigned { dst, a, b },
        BinaryOperator::Equal => Op::Equal { dst, a, b },
        BinaryOperator::NotEqual => Op::NotEqual { dst, a, b },
        BinaryOperator::Less => Op::Less { dst, a, b },
        BinaryOperator::LessOrEqual => Op::LessOrEqual { dst, a, b },
        BinaryOperator::Greater => Op::Greater { dst, a, b },
        BinaryOperator::GreaterOrEqual => Op::GreaterOrEqual { dst, a, b },
        BinaryOperator::Compare => Op::Compare { dst, a, b },
        BinaryOperator::In => Op::In { dst, key: a, object: b },
        BinaryOperator::InstanceOf => Op::InstanceOf { dst, a, class: b },
    }
}
