//! Expressions.

use super::super::ast::{BinaryOperator, Expr, ExprKind, OuterId, Position, UnaryOperator};
use super::super::lexer::Token;
use super::scopes::Meaning;
use super::{Parse, Parser};
use crate::image::Dialect;

/// An expression just parsed, and what the reference's compiler would remember of it.
pub(super) struct Operand {
    pub(super) expr: Expr,
    pub(super) height: u32,
    /// How many stack slots its value takes: none if it is a local.
    pub(super) slots: u32,
    pub(super) state: State,
}

/// How an expression can be used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// As a value.
    Value,
    /// As a value; it is the word `base`.
    Base,
    /// As a value or target; it is a local or `this`.
    Local,
    /// As a value, but the first thing in it is a local, and the reference takes it for one.
    WouldBeLocal,
    /// As a target; it is a captured variable.
    Outer,
    /// As a value, but the reference takes it for this captured variable.
    WouldBeOuter(OuterId),
    /// As a value; it is a slot, or the first thing in it is one.
    Slot,
    /// As a target or callee; it is a `Name`, `Field` or `Index`.
    Target,
}

/// The beginning of an expression whose rest is still to be parsed.
pub(super) enum Pending {
    Assign { target: Operand, operator: Token, position: Position },
    Conditional { condition: Expr, then: Expr, height: u32, position: Position },
}

impl Operand {
    /// A value that takes one slot.
    pub(super) fn value(kind: ExprKind, position: Position, height: u32) -> Self {
        Self { expr: Expr { kind, position }, height, slots: 1, state: State::Value }
    }
}

impl Parser<'_, '_> {
    /// Parses `a, b, c`.
    pub(super) fn comma_expression(&mut self) -> Parse<Operand> {
        let first = self.expression()?;
        if self.token != Token::Comma {
            return Ok(first);
        }
        let position = first.expr.position;
        let mut height = first.height;
        let mut slots = first.slots;
        let mut parts = vec![first.expr];
        while self.token == Token::Comma {
            self.release(slots);
            self.advance()?;
            let next = self.expression()?;
            height = height.max(next.height);
            slots = next.slots;
            parts.push(next.expr);
        }
        let height = self.above(height)?;
        Ok(Operand { slots, ..Operand::value(ExprKind::Comma(parts), position, height) })
    }

    /// Parses an expression without commas.
    pub(super) fn expression(&mut self) -> Parse<Operand> {
        self.nest()?;
        let outside = self.pending.len();
        let mut operand = loop {
            let operand = self.or_expression()?;
            let position = self.lexer.position();
            match self.token {
                Token::Assign
                | Token::NewSlot
                | Token::AddAssign
                | Token::SubtractAssign
                | Token::MultiplyAssign
                | Token::DivideAssign
                | Token::ModuloAssign => {
                    match operand.state {
                        State::Value => return self.fail("can't assign expression"),
                        State::Base => return self.fail("'base' cannot be modified"),
                        _ => {}
                    }
                    let operator = self.token;
                    self.advance()?;
                    self.pending.push(Pending::Assign { target: operand, operator, position });
                }
                Token::Question => {
                    self.advance()?;
                    self.release(operand.slots);
                    self.grow()?;
                    let then = self.expression()?;
                    self.release(then.slots);
                    self.expect(Token::Colon, ":")?;
                    let height = operand.height.max(then.height);
                    self.pending.push(Pending::Conditional {
                        condition: operand.expr,
                        then: then.expr,
                        height,
                        position,
                    });
                }
                _ => break operand,
            }
        };
        while self.pending.len() > outside {
            operand = match self.pending.pop().expect("it is not empty") {
                Pending::Assign { target, operator, position } => self.assign(target, operator, position, operand)?,
                Pending::Conditional { condition, then, height, position } => {
                    self.release(operand.slots);
                    let height = self.above(height.max(operand.height))?;
                    let kind = ExprKind::Conditional {
                        condition: Box::new(condition),
                        then: Box::new(then),
                        otherwise: Box::new(operand.expr),
                    };
                    Operand::value(kind, position, height)
                }
            };
        }
        operand.state = State::Value;
        self.tallest = self.tallest.max(operand.height);
        self.nesting -= 1;
        Ok(operand)
    }

    /// Builds an assignment once its value is parsed.
    fn assign(&mut self, target: Operand, operator: Token, position: Position, value: Operand) -> Parse<Operand> {
        let height = self.above(target.height.max(value.height))?;
        if target.state == State::Slot {
            // The reference takes one value too many from its stack and crashes.
            return self.fail("can't assign expression");
        }
        if operator == Token::NewSlot && target.state != State::Target {
            return self.fail("can't 'create' a local slot");
        }
        self.release(value.slots);
        let slots = match target.state {
            State::Local => 0,
            State::WouldBeLocal => 1,
            _ => {
                self.release(target.slots);
                self.grow()?;
                1
            }
        };
        let arithmetic = match operator {
            Token::AddAssign => Some(BinaryOperator::Add),
            Token::SubtractAssign => Some(BinaryOperator::Subtract),
            Token::MultiplyAssign => Some(BinaryOperator::Multiply),
            Token::DivideAssign => Some(BinaryOperator::Divide),
            Token::ModuloAssign => Some(BinaryOperator::Modulo),
            _ => None,
        };
        let (before, target) = match target.state {
            // The reference changes the place on the stack where the value lies, not a variable.
            State::WouldBeLocal => {
                let kind = match arithmetic {
                    Some(operator) => {
                        ExprKind::Binary { operator, left: Box::new(target.expr), right: Box::new(value.expr) }
                    }
                    None => ExprKind::Comma(vec![target.expr, value.expr]),
                };
                return Ok(Operand { slots, ..Operand::value(kind, position, height) });
            }
            State::WouldBeOuter(outer) => {
                let position = target.expr.position;
                (Some(target.expr), Expr { kind: ExprKind::Outer(outer), position })
            }
            _ => (None, target.expr),
        };
        let target = Box::new(target);
        let value = Box::new(value.expr);
        let mut kind = match arithmetic {
            Some(operator) => ExprKind::Compound { operator, target, value },
            None if operator == Token::NewSlot => ExprKind::NewSlot { target, value },
            None => ExprKind::Assign { target, value },
        };
        if let Some(before) = before {
            kind = ExprKind::Comma(vec![before, Expr { kind, position }]);
        }
        Ok(Operand { slots, ..Operand::value(kind, position, height) })
    }

    /// Gives back stack slots.
    pub(super) fn release(&mut self, slots: u32) {
        self.frame.slots -= slots;
    }

    /// Parses `a || b || c`, which is `a || (b || c)`.
    fn or_expression(&mut self) -> Parse<Operand> {
        let first = self.and_expression()?;
        if self.token == Token::Or { self.short_circuit(first, Token::Or, Self::and_expression) } else { Ok(first) }
    }

    /// Parses `a && b && c`, which is `a && (b && c)`.
    fn and_expression(&mut self) -> Parse<Operand> {
        let first = self.in_expression()?;
        if self.token == Token::And { self.short_circuit(first, Token::And, Self::in_expression) } else { Ok(first) }
    }

    /// Parses the rest of `first && b && c`, where `token` is the operator.
    fn short_circuit(
        &mut self,
        first: Operand,
        token: Token,
        operand: fn(&mut Self) -> Parse<Operand>,
    ) -> Parse<Operand> {
        let first_state = first.state;
        let mut before = Vec::new();
        let mut last = first;
        while self.token == token {
            let position = self.lexer.position();
            self.release(last.slots);
            self.grow()?;
            self.advance()?;
            before.push((last.expr, last.height, position));
            last = operand(self)?;
        }
        let build = |left, right| {
            let (left, right) = (Box::new(left), Box::new(right));
            if token == Token::And { ExprKind::And { left, right } } else { ExprKind::Or { left, right } }
        };
        for (left, height, position) in before.into_iter().rev() {
            let height = self.above(height.max(last.height))?;
            let state = self.state_of_operation(first_state, last.state)?;
            let kind = if state == State::Target {
                // The result of `left && key` is at the place of the object, and the object at that of the key.
                let (object, key) = split(last.expr);
                let left = Expr { kind: build(left, key), position };
                ExprKind::Index { object: Box::new(left), key: Box::new(object) }
            } else {
                self.release(last.slots);
                last.slots = 1;
                build(left, last.expr)
            };
            last = Operand { expr: Expr { kind, position }, height, slots: last.slots, state };
        }
        Ok(last)
    }

    /// Parses `a in b instanceof c` where these bind more loosely than all other operators of two operands.
    fn in_expression(&mut self) -> Parse<Operand> {
        let mut left = self.binary_expression(0)?;
        loop {
            let operator = match self.token {
                Token::In => BinaryOperator::In,
                Token::InstanceOf => BinaryOperator::InstanceOf,
                _ => return Ok(left),
            };
            left = self.binary(left, operator, 0)?;
        }
    }

    /// Parses operators of two operands that bind at least as tightly as `level`.
    fn binary_expression(&mut self, level: u8) -> Parse<Operand> {
        let mut left = self.postfix_expression(false)?;
        while let Some((tightness, operator)) = self.binary_operator() {
            if tightness < level {
                break;
            }
            left = self.binary(left, operator, tightness + 1)?;
        }
        Ok(left)
    }

    /// Returns how tightly `token` binds as a binary operator, and the operator. `in` and `instanceof`
    /// bind like comparisons in the reference; the platform documents them beside `&&`.
    fn binary_operator(&self) -> Option<(u8, BinaryOperator)> {
        let stock = self.dialect == Dialect::Stock;
        Some(match self.token {
            Token::BitOr => (0, BinaryOperator::BitOr),
            Token::BitXor => (1, BinaryOperator::BitXor),
            Token::BitAnd => (2, BinaryOperator::BitAnd),
            Token::Equal => (3, BinaryOperator::Equal),
            Token::NotEqual => (3, BinaryOperator::NotEqual),
            Token::Compare => (3, BinaryOperator::Compare),
            Token::Less => (4, BinaryOperator::Less),
            Token::LessOrEqual => (4, BinaryOperator::LessOrEqual),
            Token::Greater => (4, BinaryOperator::Greater),
            Token::GreaterOrEqual => (4, BinaryOperator::GreaterOrEqual),
            Token::In if stock => (4, BinaryOperator::In),
            Token::InstanceOf if stock => (4, BinaryOperator::InstanceOf),
            Token::ShiftLeft => (5, BinaryOperator::ShiftLeft),
            Token::ShiftRight => (5, BinaryOperator::ShiftRight),
            Token::ShiftRightUnsigned => (5, BinaryOperator::ShiftRightUnsigned),
            Token::Plus => (6, BinaryOperator::Add),
            Token::Minus => (6, BinaryOperator::Subtract),
            Token::Star => (7, BinaryOperator::Multiply),
            Token::Slash => (7, BinaryOperator::Divide),
            Token::Percent => (7, BinaryOperator::Modulo),
            _ => return None,
        })
    }

    /// Parses the rest of `left + right` from the operator on; the right operand binds as tightly as `level`.
    fn binary(&mut self, left: Operand, operator: BinaryOperator, level: u8) -> Parse<Operand> {
        let position = self.lexer.position();
        self.advance()?;
        let right = self.binary_expression(level)?;
        let height = self.above(left.height.max(right.height))?;
        let state = self.state_of_operation(left.state, right.state)?;
        let build = |left, right| ExprKind::Binary { operator, left: Box::new(left), right: Box::new(right) };
        let slots;
        let kind = if state == State::Target {
            // The reference has `left`, `object` and `key` on its stack and computes with the last two.
            let (object, key) = split(right.expr);
            self.release(right.slots);
            self.grow()?;
            slots = left.slots + 1;
            let key = Expr { kind: build(object, key), position };
            ExprKind::Index { object: Box::new(left.expr), key: Box::new(key) }
        } else {
            self.release(left.slots + right.slots);
            self.grow()?;
            slots = 1;
            build(left.expr, right.expr)
        };
        Ok(Operand { expr: Expr { kind, position }, height, slots, state })
    }

    /// Returns the state of an operation, by those of its first and last operands: the reference goes by the first, and
    /// an assignment takes from its stack what the last has left there.
    fn state_of_operation(&mut self, first: State, last: State) -> Parse<State> {
        match (first, last) {
            // The reference takes one value too many from its stack and crashes.
            (_, State::Outer) => self.fail("can't assign expression"),
            (State::Slot | State::Target, State::Target) => Ok(State::Target),
            (State::Target, _) => Ok(State::Slot),
            (State::Local, _) => Ok(State::WouldBeLocal),
            (first, _) => Ok(first),
        }
    }

    /// Parses an operand with what stands behind it. With `keep`, a slot at the end becomes a target.
    pub(super) fn postfix_expression(&mut self, keep: bool) -> Parse<Operand> {
        let mut operand = self.operand(keep)?;
        loop {
            match self.token {
                Token::Dot => {
                    self.advance()?;
                    let position = self.lexer.position();
                    let symbol = self.expect_identifier()?;
                    let name = self.bytes(symbol);
                    self.grow()?;
                    operand = self.slot_of(operand, 1, 0, position, keep, |object| ExprKind::Field { object, name })?;
                }
                Token::OpenBracket => {
                    let position = self.lexer.position();
                    if self.lexer.previous == Token::Newline {
                        return self.fail("cannot brake deref/or comma needed after [exp]=exp slot declaration");
                    }
                    self.advance()?;
                    let key = self.expression()?;
                    self.expect(Token::CloseBracket, "]")?;
                    operand = self.slot_of(operand, key.slots, key.height, position, keep, |object| {
                        ExprKind::Index { object, key: Box::new(key.expr) }
                    })?;
                }
                Token::PlusPlus | Token::MinusMinus => {
                    if self.at_end_of_statement() {
                        return Ok(operand);
                    }
                    let delta = if self.token == Token::PlusPlus { 1 } else { -1 };
                    let position = self.lexer.position();
                    self.advance()?;
                    // Where the reference has `Slot` or `Base`, it takes one value too many from its stack and crashes.
                    if matches!(operand.state, State::Value | State::Slot | State::Base) {
                        return self.fail("can't '++' or '--' an expression");
                    }
                    return self.increment(operand, delta, false, position);
                }
                Token::OpenParen => operand = self.call(operand)?,
                _ => return Ok(operand),
            }
        }
    }

    /// Builds the slot of an object, whose key takes `key_slots`.
    fn slot_of(
        &mut self,
        object: Operand,
        key_slots: u32,
        key_height: u32,
        position: Position,
        keep: bool,
        build: impl FnOnce(Box<Expr>) -> ExprKind,
    ) -> Parse<Operand> {
        let height = self.above(object.height.max(key_height))?;
        let of_base = object.state == State::Base;
        let mut slots = object.slots + key_slots;
        let state = if of_base || self.wants_value(keep) {
            self.release(slots);
            self.grow()?;
            slots = 1;
            if of_base { State::Value } else { State::Slot }
        } else {
            State::Target
        };
        Ok(Operand { expr: Expr { kind: build(Box::new(object.expr)), position }, height, slots, state })
    }

    /// Whether the slot or captured variable before `token` is read there, and is no target or callee.
    fn wants_value(&self, keep: bool) -> bool {
        match self.token {
            Token::Assign
            | Token::OpenParen
            | Token::NewSlot
            | Token::AddAssign
            | Token::SubtractAssign
            | Token::MultiplyAssign
            | Token::DivideAssign
            | Token::ModuloAssign => false,
            Token::PlusPlus | Token::MinusMinus if !self.at_end_of_statement() => false,
            Token::Dot | Token::OpenBracket => true,
            _ => !keep,
        }
    }

    /// Parses the arguments of a call from their parenthesis on.
    fn call(&mut self, callee: Operand) -> Parse<Operand> {
        let position = self.lexer.position();
        let slots = self.frame.slots - callee.slots;
        if matches!(callee.state, State::Target | State::Outer) {
            self.frame.slots = slots;
            self.grow()?;
        }
        self.grow()?;
        self.advance()?;
        let mut arguments = Vec::new();
        let mut height = callee.height;
        while self.token != Token::CloseParen {
            let argument = self.expression()?;
            if argument.slots == 0 {
                self.grow()?;
            }
            height = height.max(argument.height);
            arguments.push(argument.expr);
            if self.token == Token::Comma {
                self.advance()?;
                if self.token == Token::CloseParen {
                    return self.fail("expression expected, found ')'");
                }
            }
        }
        self.advance()?;
        self.frame.slots = slots;
        self.grow()?;
        let height = self.above(height)?;
        Ok(Operand::value(ExprKind::Call { callee: Box::new(callee.expr), arguments }, position, height))
    }

    /// Builds an increment.
    fn increment(&mut self, operand: Operand, delta: i32, prefix: bool, position: Position) -> Parse<Operand> {
        let height = self.above(operand.height + 1)?;
        let mut before = None;
        let (target, state) = match (operand.state, operand.expr.kind) {
            (State::Outer, ExprKind::Outer(outer)) => (ExprKind::Outer(outer), State::WouldBeOuter(outer)),
            (State::WouldBeOuter(outer), kind) => {
                before = Some(Expr { kind, position: operand.expr.position });
                (ExprKind::Outer(outer), State::WouldBeOuter(outer))
            }
            (State::Local, kind) => (kind, State::WouldBeLocal),
            // The reference changes a place on its stack that nobody reads.
            (State::WouldBeLocal, kind) => {
                let expr = Expr { kind, position: operand.expr.position };
                return Ok(Operand { expr, height, slots: operand.slots, state: State::WouldBeLocal });
            }
            (_, kind) => (kind, State::Slot),
        };
        self.release(operand.slots);
        self.grow()?;
        let target = Box::new(Expr { kind: target, position: operand.expr.position });
        let mut kind = ExprKind::Increment { target, delta, prefix };
        if let Some(before) = before {
            kind = ExprKind::Comma(vec![before, Expr { kind, position }]);
        }
        Ok(Operand { expr: Expr { kind, position }, height, slots: 1, state })
    }

    /// Parses an operand without what stands behind it.
    fn operand(&mut self, keep: bool) -> Parse<Operand> {
        let position = self.lexer.position();
        let kind = match self.token {
            Token::Identifier | Token::Constructor => return self.name(keep),
            Token::This => {
                self.advance()?;
                let expr = Expr { kind: ExprKind::This, position };
                return Ok(Operand { expr, height: 1, slots: 0, state: State::Local });
            }
            Token::Base => {
                self.advance()?;
                self.grow()?;
                return Ok(Operand { state: State::Base, ..Operand::value(ExprKind::Base, position, 1) });
            }
            Token::DoubleColon => {
                self.grow()?;
                // As if the root table had been written before a dot.
                self.token = Token::Dot;
                return Ok(Operand { state: State::Slot, ..Operand::value(ExprKind::Root, position, 1) });
            }
            Token::Null => ExprKind::Null,
            Token::True => ExprKind::Bool(true),
            Token::False => ExprKind::Bool(false),
            Token::Integer => ExprKind::Integer(self.lexer.integer),
            Token::Float => ExprKind::Float(self.lexer.float),
            Token::String => ExprKind::String(self.lexer.string()),
            Token::Minus => {
                self.advance()?;
                match self.token {
                    Token::Integer => ExprKind::Integer(self.lexer.integer.wrapping_neg()),
                    Token::Float => ExprKind::Float(-self.lexer.float),
                    _ => return self.unary(UnaryOperator::Negate, position, keep),
                }
            }
            Token::Tilde => {
                self.advance()?;
                match self.token {
                    Token::Integer => ExprKind::Integer(!self.lexer.integer),
                    _ => return self.unary(UnaryOperator::BitNot, position, keep),
                }
            }
            Token::Not => return self.prefix(UnaryOperator::Not, position, keep),
            Token::TypeOf => return self.prefix(UnaryOperator::TypeOf, position, keep),
            Token::Resume => return self.prefix(UnaryOperator::Resume, position, keep),
            Token::Clone => return self.prefix(UnaryOperator::Clone, position, keep),
            Token::PlusPlus => return self.prefix_increment(1, position),
            Token::MinusMinus => return self.prefix_increment(-1, position),
            Token::Delete => return self.delete(position),
            Token::OpenParen => return self.parenthesised(),
            Token::OpenBracket => return self.array(position),
            Token::OpenBrace => return self.table_expression(),
            Token::Function => return self.function_expression(false),
            Token::At => return self.function_expression(true),
            Token::Class => {
                self.advance()?;
                return self.class(position);
            }
            _ => return self.fail("expression expected"),
        };
        self.grow()?;
        self.advance()?;
        Ok(Operand::value(kind, position, 1))
    }

    /// Parses an identifier, or the member of an enum.
    fn name(&mut self, keep: bool) -> Parse<Operand> {
        let position = self.lexer.position();
        let symbol = self.lexer.symbol;
        self.advance()?;
        let read = self.token != Token::Assign;
        let kind = match self.scopes.resolve(symbol, read, &mut self.lexer.symbols) {
            Meaning::Local(local) => {
                let expr = Expr { kind: ExprKind::Local(local), position };
                return Ok(Operand { expr, height: 1, slots: 0, state: State::Local });
            }
            Meaning::Outer(outer) => {
                let expr = Expr { kind: ExprKind::Outer(outer), position };
                if !self.wants_value(keep) {
                    return Ok(Operand { expr, height: 1, slots: 0, state: State::Outer });
                }
                expr.kind
            }
            Meaning::Constant(literal) => literal.into(),
            Meaning::Enum(members) => {
                self.expect(Token::Dot, ".")?;
                let member = self.expect_identifier()?;
                let member = self.bytes(member);
                let Some(literal) = members.get(&member) else {
                    let name = self.bytes(symbol);
                    let (name, member) = (String::from_utf8_lossy(&name), String::from_utf8_lossy(&member));
                    return self.fail(format!("invalid constant [{name}.{member}]"));
                };
                literal.clone().into()
            }
            Meaning::Slot => {
                self.grow()?;
                let expr = Expr { kind: ExprKind::Name(self.bytes(symbol)), position };
                let state = if self.wants_value(keep) { State::Slot } else { State::Target };
                return Ok(Operand { expr, height: 1, slots: 1, state });
            }
        };
        self.grow()?;
        Ok(Operand::value(kind, position, 1))
    }

    /// Parses a prefix operator.
    fn prefix(&mut self, operator: UnaryOperator, position: Position, keep: bool) -> Parse<Operand> {
        self.advance()?;
        self.unary(operator, position, keep)
    }

    /// Parses the operand of a prefix operator. The reference forgets the operator when it looks for a target.
    fn unary(&mut self, operator: UnaryOperator, position: Position, keep: bool) -> Parse<Operand> {
        self.nest()?;
        let operand = self.postfix_expression(keep)?;
        self.nesting -= 1;
        let height = self.above(operand.height)?;
        let state = self.state_of_operation(operand.state, operand.state)?;
        let build = |operand| ExprKind::Unary { operator, operand: Box::new(operand) };
        if state == State::Target {
            let slots = operand.slots;
            let height = self.above(height)?;
            let (object, key) = split(operand.expr);
            let key = Expr { kind: build(key), position };
            let kind = ExprKind::Index { object: Box::new(object), key: Box::new(key) };
            return Ok(Operand { expr: Expr { kind, position }, height, slots, state });
        }
        self.release(operand.slots);
        self.grow()?;
        Ok(Operand { state, ..Operand::value(build(operand.expr), position, height) })
    }

    /// Parses `++target` from the operator on.
    fn prefix_increment(&mut self, delta: i32, position: Position) -> Parse<Operand> {
        self.advance()?;
        self.nest()?;
        let target = self.postfix_expression(true)?;
        self.nesting -= 1;
        match target.state {
            State::Outer | State::WouldBeOuter(_) | State::Target => {
                let result = self.increment(target, delta, true, position)?;
                Ok(Operand { state: State::Value, ..result })
            }
            State::Local => {
                let height = self.above(target.height)?;
                let kind = ExprKind::Increment { target: Box::new(target.expr), delta, prefix: true };
                Ok(Operand { slots: 0, ..Operand::value(kind, position, height) })
            }
            // The reference changes the place on its stack where the value is.
            State::WouldBeLocal => {
                let height = self.above(target.height)?;
                let right = Expr { kind: ExprKind::Integer(delta), position };
                let kind = ExprKind::Binary {
                    operator: BinaryOperator::Add,
                    left: Box::new(target.expr),
                    right: Box::new(right),
                };
                Ok(Operand { slots: target.slots, ..Operand::value(kind, position, height) })
            }
            State::Value | State::Base | State::Slot => self.fail("can't '++' or '--' an expression"),
        }
    }

    /// Parses `delete object.key` from the operator on.
    fn delete(&mut self, position: Position) -> Parse<Operand> {
        self.advance()?;
        self.nest()?;
        let operand = self.postfix_expression(true)?;
        self.nesting -= 1;
        match operand.state {
            State::Target => {}
            State::Local | State::WouldBeLocal | State::Outer | State::WouldBeOuter(_) => {
                return self.fail("cannot delete an (outer) local");
            }
            State::Value | State::Base | State::Slot => return self.fail("can't delete an expression"),
        }
        self.release(operand.slots);
        self.grow()?;
        let (object, key) = split(operand.expr);
        let kind = ExprKind::Delete { object: Box::new(object), key: Box::new(key) };
        Ok(Operand::value(kind, position, operand.height + 1))
    }

    /// Parses `(expression)`.
    fn parenthesised(&mut self) -> Parse<Operand> {
        let position = self.lexer.position();
        self.advance()?;
        let mut operand = self.comma_expression()?;
        self.expect(Token::CloseParen, ")")?;
        // A call of a slot in parentheses does not pass the object as `this`; an assignment in parentheses is meant.
        let marked = match operand.expr.kind {
            ExprKind::Field { .. } | ExprKind::Index { .. } => self.token == Token::OpenParen,
            ExprKind::Assign { .. } => true,
            _ => false,
        };
        if marked {
            operand.expr = Expr { kind: ExprKind::Comma(vec![operand.expr]), position };
        }
        Ok(operand)
    }

    /// Parses `[a, b]`.
    fn array(&mut self, position: Position) -> Parse<Operand> {
        self.grow()?;
        self.advance()?;
        let mut items = Vec::new();
        let mut height = 0;
        while self.token != Token::CloseBracket {
            let item = self.expression()?;
            if self.token == Token::Comma {
                self.advance()?;
            }
            self.release(item.slots);
            height = height.max(item.height);
            items.push(item.expr);
        }
        self.advance()?;
        let height = self.above(height)?;
        Ok(Operand::value(ExprKind::Array(items), position, height))
    }
}

/// Takes a slot apart into object and key.
///
/// # Panics
/// If the expression is no target.
pub(super) fn split(target: Expr) -> (Expr, Expr) {
    let position = target.position;
    match target.kind {
        ExprKind::Name(name) => {
            (Expr { kind: ExprKind::This, position }, Expr { kind: ExprKind::String(name), position })
        }
        ExprKind::Field { object, name } => (*object, Expr { kind: ExprKind::String(name), position }),
        ExprKind::Index { object, key } => (*object, *key),
        _ => unreachable!("a target is a name, field or index"),
    }
}
