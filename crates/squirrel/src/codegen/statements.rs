//! Statements.

use super::expressions::Pending;
use super::{Builder, Loop, Result};
use crate::op::Op;
use crate::program::Handler;
use crate::syntax::ast::{Expr, ExprKind, LocalId, Stmt, StmtKind};

impl Builder<'_, '_, '_> {
    pub(super) fn statements(&mut self, statements: &[Stmt]) -> Result<()> {
        for statement in statements {
            self.statement(statement)?;
        }
        Ok(())
    }

    /// A statement; locals that it declares stay in scope.
    fn statement(&mut self, statement: &Stmt) -> Result<()> {
        self.enter()?;
        self.position = statement.position;
        self.line(statement.position.line);
        let done = self.statement_inner(statement);
        self.leave();
        done
    }

    /// A statement in a scope of its own.
    fn scoped(&mut self, statement: &Stmt) -> Result<()> {
        let scope = self.open();
        self.statement(statement)?;
        self.close(scope);
        Ok(())
    }

    fn open(&mut self) -> (usize, usize) {
        (self.top, self.locals.len())
    }

    fn close(&mut self, (top, infos): (usize, usize)) {
        self.close_infos(infos);
        self.top = top;
    }

    fn statement_inner(&mut self, statement: &Stmt) -> Result<()> {
        match &statement.kind {
            StmtKind::Empty => {}
            StmtKind::Block(statements) => {
                let scope = self.open();
                self.statements(statements)?;
                self.close(scope);
            }
            StmtKind::If { branches, otherwise } => {
                let mut ends = Vec::new();
                for (place, (condition, body)) in branches.iter().enumerate() {
                    if place > 0 {
                        // Each `else if` is a statement of its own in the reference, and so sets the line.
                        self.line(condition.position.line);
                    }
                    let no = self.branch(condition, false)?;
                    self.scoped(body)?;
                    if place + 1 < branches.len() || otherwise.is_some() {
                        ends.push(self.emit(Op::Jump { by: 0 }));
                    }
                    self.patch_all(&no);
                }
                if let Some(otherwise) = otherwise {
                    self.scoped(otherwise)?;
                }
                self.patch_all(&ends);
            }
            StmtKind::While { condition, body } => {
                let start = self.code.len();
                let exit = self.branch(condition, false)?;
                self.loops.push(Loop::default());
                self.scoped(body)?;
                let ended = self.loops.pop().unwrap_or_default();
                for at in ended.continues {
                    self.patch(at);
                }
                self.jump_back(start);
                self.patch_all(&exit);
                self.patch_all(&ended.breaks);
            }
            StmtKind::DoWhile { body, condition } => {
                let start = self.code.len();
                self.loops.push(Loop::default());
                self.scoped(body)?;
                let ended = self.loops.pop().unwrap_or_default();
                self.patch_all(&ended.continues);
                let exit = self.branch(condition, false)?;
                self.jump_back(start);
                self.patch_all(&exit);
                self.patch_all(&ended.breaks);
            }
            StmtKind::For { init, condition, step, body } => {
                let scope = self.open();
                match init.as_deref() {
                    Some(Stmt { kind: StmtKind::Expr(expr), .. }) => self.effect(expr)?,
                    Some(init) => self.statement_inner(init)?,
                    None => {}
                }
                let start = self.code.len();
                let exit = match condition {
                    Some(condition) => self.branch(condition, false)?,
                    None => Vec::new(),
                };
                self.loops.push(Loop::default());
                self.scoped(body)?;
                let ended = self.loops.pop().unwrap_or_default();
                self.patch_all(&ended.continues);
                if let Some(step) = step {
                    self.effect(step)?;
                }
                self.jump_back(start);
                self.patch_all(&exit);
                self.patch_all(&ended.breaks);
                self.close(scope);
            }
            StmtKind::Foreach { key, value, iterator, container, body } => {
                self.foreach([*key, *value, *iterator], container, body)?;
            }
            StmtKind::Switch { subject, cases, default } => self.switch(subject, cases, default.as_deref())?,
            StmtKind::Local(declarations) => {
                for (local, value) in declarations {
                    let register = self.allocate(1)?;
                    self.top -= 1;
                    match value {
                        Some(value) => {
                            self.to(value, register)?;
                        }
                        None => {
                            self.emit(Op::Null { dst: register, count: 1 });
                        }
                    }
                    self.top = usize::from(register) + 1;
                    self.declare(*local, register);
                }
            }
            StmtKind::LocalFunction(local, function) => {
                let register = self.allocate(1)?;
                self.top -= 1;
                self.closure(function, register)?;
                self.top = usize::from(register) + 1;
                self.declare(*local, register);
            }
            StmtKind::Return(value) => self.return_(value.as_ref())?,
            StmtKind::Yield(value) => {
                let mark = self.top;
                let src = match value {
                    Some(value) => self.any(value)?,
                    None => {
                        let dst = self.allocate(1)?;
                        self.emit(Op::Null { dst, count: 1 });
                        dst
                    }
                };
                self.emit(Op::Yield { src });
                self.top = mark;
            }
            StmtKind::Break => {
                let at = self.emit(Op::Jump { by: 0 });
                match self.loops.last_mut() {
                    Some(around) => around.breaks.push(at),
                    None => return self.error("'break' has to be in a loop block"),
                }
            }
            StmtKind::Continue => {
                let at = self.emit(Op::Jump { by: 0 });
                match self.loops.iter_mut().rev().find(|around| !around.is_switch) {
                    Some(around) => around.continues.push(at),
                    None => return self.error("'continue' has to be in a loop block"),
                }
            }
            StmtKind::NewSlot { object, key, value } => {
                let mark = self.top;
                let object = self.operand(object)?;
                let key = self.operand(key)?;
                let src = self.any(value)?;
                let object = self.settle(object)?;
                let key = self.settle(key)?;
                self.emit(Op::NewSlot { object, key, src });
                self.top = mark;
            }
            StmtKind::Try { body, error, handler } => self.try_(body, *error, handler)?,
            StmtKind::Throw(value) => {
                let mark = self.top;
                let src = self.any(value)?;
                self.emit(Op::Throw { src });
                self.top = mark;
            }
            StmtKind::Expr(expr) => self.effect(expr)?,
        }
        Ok(())
    }

    fn return_(&mut self, value: Option<&Expr>) -> Result<()> {
        let mark = self.top;
        match value {
            None => {
                self.emit(Op::ReturnNull);
            }
            Some(Expr { kind: ExprKind::Call { callee, arguments }, .. })
                if self.tries == 0 && !self.tree.generator && !self.is_main =>
            {
                let (callee, count) = self.call_setup(callee, arguments)?;
                self.emit(Op::TailCall { callee, count });
                // What is no closure was called in place, and answered into the callee's register.
                self.emit(Op::Return { src: callee });
            }
            Some(value) => {
                let src = self.any(value)?;
                self.emit(Op::Return { src });
            }
        }
        self.top = mark;
        Ok(())
    }

    #[expect(clippy::cast_possible_truncation, reason = "code is shorter than its source")]
    fn try_(&mut self, body: &Stmt, error: LocalId, handler: &Stmt) -> Result<()> {
        self.tries += 1;
        let from = self.code.len() as u32;
        self.scoped(body)?;
        self.tries -= 1;
        let to = self.code.len() as u32;
        let end = self.emit(Op::Jump { by: 0 });
        let scope = self.open();
        let register = self.allocate(1)?;
        self.handlers.push(Handler { from, to, target: self.code.len() as u32, register });
        self.declare(error, register);
        self.statement(handler)?;
        self.close(scope);
        self.patch(end);
        Ok(())
    }

    fn foreach(&mut self, [key, value, iterator]: [LocalId; 3], container: &Expr, body: &Stmt) -> Result<()> {
        let scope = self.open();
        let is_local = matches!(container.kind, ExprKind::Local(_));
        // A local is read again at each step, wherever it lives: the body may change it.
        let cell = match container.kind {
            ExprKind::Local(local) if self.captured(local) => Some(self.register_of(local)?),
            _ => None,
        };
        let container = if cell.is_some() { self.allocate(1)? } else { self.any(container)? };
        let captured = self.captured(key) || self.captured(value);
        // The key, the value behind it, then the iterator.
        let first = self.allocate(3)?;
        self.emit(Op::Null { dst: first, count: 3 });
        let locals = if captured {
            let locals = self.allocate(2)?;
            self.emit(Op::Null { dst: locals, count: 2 });
            locals
        } else {
            first
        };
        self.declare(key, locals);
        self.declare(value, locals + 1);
        // The reference loses sight of its iterator where the container is a temporary.
        if is_local {
            self.declare(iterator, first + 2);
        }
        let start = self.code.len();
        if let Some(cell) = cell {
            self.emit(Op::GetCell { dst: container, cell });
        }
        let next = self.emit(Op::Foreach { container, iterator: first + 2, key: first, by: 0 });
        if captured {
            for (offset, local) in [(0, key), (1, value)] {
                if self.captured(local) {
                    self.emit(Op::SetCell { cell: locals + offset, src: first + offset });
                } else {
                    self.emit(Op::Move { dst: locals + offset, src: first + offset });
                }
            }
        }
        self.loops.push(Loop::default());
        self.scoped(body)?;
        let ended = self.loops.pop().unwrap_or_default();
        self.patch_all(&ended.continues);
        self.jump_back(start);
        self.patch(next);
        self.patch_all(&ended.breaks);
        self.close(scope);
        Ok(())
    }

    fn switch(&mut self, subject: &Expr, cases: &[(Expr, Vec<Stmt>)], default: Option<&[Stmt]>) -> Result<()> {
        let outer = self.open();
        // A temporary of its own: the cases may change the variable that is the subject.
        let register = self.allocate(1)?;
        self.top -= 1;
        self.to(subject, register)?;
        self.top = usize::from(register) + 1;
        self.loops.push(Loop { is_switch: true, ..Loop::default() });
        let mut next_test: Option<usize> = None;
        let mut fall_through: Option<usize> = None;
        for (place, (case, body)) in cases.iter().enumerate() {
            if let Some(at) = next_test {
                self.patch(at);
            }
            let mark = self.top;
            let value = self.operand(case)?;
            let value = match value {
                Pending::Register(register) => register,
                Pending::Cell(_) => self.settle(value)?,
            };
            next_test = Some(self.emit(Op::UnlessEqual { a: value, b: register, by: 0 }));
            self.top = mark;
            if let Some(at) = fall_through.take() {
                self.patch(at);
            }
            let scope = self.open();
            self.statements(body)?;
            self.close(scope);
            if place + 1 < cases.len() {
                fall_through = Some(self.emit(Op::Jump { by: 0 }));
            }
        }
        if let Some(at) = next_test {
            self.patch(at);
        }
        if let Some(body) = default {
            let scope = self.open();
            self.statements(body)?;
            self.close(scope);
        }
        let ended = self.loops.pop().unwrap_or_default();
        self.patch_all(&ended.breaks);
        self.close(outer);
        Ok(())
    }
}
