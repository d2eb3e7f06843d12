//! Statements.

use super::super::ast::{Bytes, Expr, ExprKind, Stmt, StmtKind};
use super::super::lexer::Token;
use super::super::symbols::Symbol;
use super::super::{Constant, Scalar};
use super::expressions::{State, split};
use super::{Parse, Parser};

impl Parser<'_, '_> {
    /// Parses a statement, without what ends it.
    pub(super) fn statement(&mut self) -> Parse<Stmt> {
        self.nest()?;
        let position = self.lexer.position();
        let kind = match self.token {
            Token::Semicolon => {
                self.advance()?;
                StmtKind::Empty
            }
            Token::OpenBrace => {
                let scope = self.enter();
                self.advance()?;
                let switch_braces = self.switch_braces.take();
                let body = self.statements()?;
                self.switch_braces = switch_braces;
                self.expect(Token::CloseBrace, "}")?;
                self.leave(scope);
                StmtKind::Block(body)
            }
            Token::If => self.if_statement()?,
            Token::While => self.while_statement()?,
            Token::Do => self.do_statement()?,
            Token::For => self.for_statement()?,
            Token::Foreach => self.foreach_statement()?,
            Token::Switch => self.switch_statement()?,
            Token::Local => self.local_statement()?,
            Token::Return => {
                self.advance()?;
                StmtKind::Return(self.optional_value()?)
            }
            Token::Yield => {
                self.frame.generator = true;
                self.advance()?;
                StmtKind::Yield(self.optional_value()?)
            }
            Token::Break => {
                if self.frame.breakables == 0 {
                    return self.fail("'break' has to be in a loop block");
                }
                self.advance()?;
                StmtKind::Break
            }
            Token::Continue => {
                if self.frame.loops == 0 {
                    return self.fail("'continue' has to be in a loop block");
                }
                self.advance()?;
                StmtKind::Continue
            }
            Token::Function => self.function_statement()?,
            Token::Class => self.class_statement()?,
            Token::Enum => self.enum_statement()?,
            Token::Const => self.const_statement()?,
            Token::Try => self.try_statement()?,
            Token::Throw => {
                self.advance()?;
                StmtKind::Throw(self.value()?)
            }
            _ => StmtKind::Expr(self.value()?),
        };
        self.nesting -= 1;
        Ok(Stmt { kind, position })
    }

    /// Parses statements up to a closing brace or a label of a `switch`.
    fn statements(&mut self) -> Parse<Vec<Stmt>> {
        let mut body = Vec::new();
        while !matches!(self.token, Token::CloseBrace | Token::Case | Token::Default) {
            self.statement_and_end(&mut body)?;
        }
        Ok(body)
    }

    /// Begins a scope.
    fn enter(&mut self) -> Scope {
        Scope { mark: self.scopes.enter(), slots: self.frame.slots }
    }

    /// Ends a scope.
    fn leave(&mut self, scope: Scope) {
        self.scopes.leave(scope.mark);
        self.frame.slots = scope.slots;
    }

    /// Parses a statement in a scope of its own.
    fn scoped_statement(&mut self) -> Parse<Box<Stmt>> {
        let scope = self.enter();
        let body = self.statement()?;
        self.leave(scope);
        Ok(Box::new(body))
    }

    /// Counts a loop; [`Parser::leave_loop`] takes it back.
    fn enter_loop(&mut self) {
        self.frame.loops += 1;
        self.frame.breakables += 1;
    }

    fn leave_loop(&mut self) {
        self.frame.loops -= 1;
        self.frame.breakables -= 1;
    }

    /// Parses an expression, commas included, that takes no stack slot behind its end.
    fn value(&mut self) -> Parse<Expr> {
        let operand = self.comma_expression()?;
        self.release(operand.slots);
        Ok(operand.expr)
    }

    fn optional_value(&mut self) -> Parse<Option<Expr>> {
        if self.at_end_of_statement() { Ok(None) } else { self.value().map(Some) }
    }

    /// Parses an expression in parentheses.
    fn parenthesised_value(&mut self) -> Parse<Expr> {
        self.expect(Token::OpenParen, "(")?;
        let value = self.value()?;
        self.expect(Token::CloseParen, ")")?;
        Ok(value)
    }

    fn if_statement(&mut self) -> Parse<StmtKind> {
        let mut branches = Vec::new();
        let mut otherwise = None;
        let mut elses = 0_u32;
        loop {
            let position = self.lexer.position();
            self.advance()?;
            let mut condition = self.parenthesised_value()?;
            condition.position = position;
            let scope = self.enter();
            let body = self.statement()?;
            if !matches!(self.token, Token::CloseBrace | Token::Else) {
                self.end_statement()?;
            }
            self.leave(scope);
            branches.push((condition, body));
            if self.token != Token::Else {
                break;
            }
            elses += 1;
            self.advance()?;
            if self.token != Token::If {
                otherwise = Some(self.scoped_statement()?);
                break;
            }
        }
        // The reference sees nested statements here and looks for the end of each.
        for _ in 0..elses {
            if self.lexer.previous != Token::CloseBrace {
                self.end_statement()?;
            }
        }
        Ok(StmtKind::If { branches, otherwise })
    }

    fn while_statement(&mut self) -> Parse<StmtKind> {
        self.advance()?;
        let condition = self.parenthesised_value()?;
        self.enter_loop();
        let body = self.scoped_statement()?;
        self.leave_loop();
        Ok(StmtKind::While { condition, body })
    }

    fn do_statement(&mut self) -> Parse<StmtKind> {
        self.advance()?;
        self.enter_loop();
        let body = self.scoped_statement()?;
        self.expect(Token::While, "while")?;
        let condition = self.parenthesised_value()?;
        self.leave_loop();
        Ok(StmtKind::DoWhile { body, condition })
    }

    fn for_statement(&mut self) -> Parse<StmtKind> {
        self.advance()?;
        let scope = self.enter();
        self.expect(Token::OpenParen, "(")?;
        let position = self.lexer.position();
        let init = match self.token {
            Token::Local => Some(self.local_statement()?),
            Token::Semicolon => None,
            _ => Some(StmtKind::Expr(self.value()?)),
        };
        let init = init.map(|kind| Box::new(Stmt { kind, position }));
        self.expect(Token::Semicolon, ";")?;
        let condition = if self.token == Token::Semicolon { None } else { Some(self.value()?) };
        self.expect(Token::Semicolon, ";")?;
        let step = if self.token == Token::CloseParen { None } else { Some(self.value()?) };
        self.expect(Token::CloseParen, ")")?;
        self.enter_loop();
        let body = Box::new(self.statement()?);
        self.leave(scope);
        self.leave_loop();
        Ok(StmtKind::For { init, condition, step, body })
    }

    fn foreach_statement(&mut self) -> Parse<StmtKind> {
        self.advance()?;
        self.expect(Token::OpenParen, "(")?;
        let mut value_position = self.lexer.position();
        let mut value = self.expect_identifier()?;
        let mut key = None;
        if self.token == Token::Comma {
            key = Some((value, value_position));
            self.advance()?;
            value_position = self.lexer.position();
            value = self.expect_identifier()?;
        }
        self.expect(Token::In, "in")?;
        let scope = self.enter();
        let container = self.expression()?;
        self.expect(Token::CloseParen, ")")?;
        let key = match key {
            Some((symbol, position)) => self.declare(symbol, position, false),
            None => self.scopes.add_local(Bytes::from(&b"@INDEX@"[..]), value_position, false),
        };
        let value = self.declare(value, value_position, false);
        let iterator = self.scopes.add_local(Bytes::from(&b"@ITERATOR@"[..]), value_position, false);
        self.hold(3);
        self.enter_loop();
        let body = Box::new(self.statement()?);
        self.leave_loop();
        self.leave(scope);
        Ok(StmtKind::Foreach { key, value, iterator, container: container.expr, body })
    }

    /// Counts stack slots of locals, which the reference does without a check.
    fn hold(&mut self, slots: u32) {
        self.frame.slots += slots;
        self.frame.most_slots = self.frame.most_slots.max(self.frame.slots);
    }

    fn switch_statement(&mut self) -> Parse<StmtKind> {
        self.advance()?;
        self.expect(Token::OpenParen, "(")?;
        let scope = self.enter();
        let subject = self.comma_expression()?.expr;
        self.expect(Token::CloseParen, ")")?;
        self.expect(Token::OpenBrace, "{")?;
        let outer_switch = self.switch_braces.replace(self.braces);
        self.frame.breakables += 1;
        let mut cases = Vec::new();
        let mut default = None;
        while self.token == Token::Case {
            self.advance()?;
            let label = self.expression()?;
            self.expect(Token::Colon, ":")?;
            self.release(label.slots);
            if label.slots == 0 {
                self.grow()?;
                self.release(1);
            }
            cases.push((label.expr, self.scoped_statements()?));
        }
        if self.token == Token::Default {
            self.advance()?;
            self.expect(Token::Colon, ":")?;
            default = Some(self.scoped_statements()?);
        }
        self.switch_braces = outer_switch;
        self.expect(Token::CloseBrace, "}")?;
        self.frame.breakables -= 1;
        self.leave(scope);
        Ok(StmtKind::Switch { subject, cases, default })
    }

    fn scoped_statements(&mut self) -> Parse<Vec<Stmt>> {
        let scope = self.enter();
        let body = self.statements()?;
        self.leave(scope);
        Ok(body)
    }

    fn local_statement(&mut self) -> Parse<StmtKind> {
        let start = self.lexer.position();
        self.advance()?;
        if self.token == Token::Function {
            self.advance()?;
            let position = self.lexer.position();
            let symbol = self.expect_identifier()?;
            self.expect(Token::OpenParen, "(")?;
            let name = self.bytes(symbol);
            let (function, _) = self.function(Some(name), start, false)?;
            self.grow()?;
            let local = self.declare(symbol, position, false);
            return Ok(StmtKind::LocalFunction(local, function));
        }
        let mut locals = Vec::new();
        loop {
            let position = self.lexer.position();
            let symbol = self.expect_identifier()?;
            let mut value = None;
            if self.token == Token::Assign {
                self.advance()?;
                let operand = self.expression()?;
                self.release(operand.slots);
                value = Some(operand.expr);
            }
            self.grow()?;
            locals.push((self.declare(symbol, position, false), value));
            if self.token != Token::Comma {
                return Ok(StmtKind::Local(locals));
            }
            self.advance()?;
        }
    }

    /// Parses `function a::b::c() {}`.
    fn function_statement(&mut self) -> Parse<StmtKind> {
        let position = self.lexer.position();
        self.advance()?;
        let scope = self.enter();
        let mut object = Expr { kind: ExprKind::This, position };
        let mut height = 1;
        let mut name_position = self.lexer.position();
        let mut name = self.expect_identifier()?;
        self.grow()?;
        while self.token == Token::DoubleColon {
            height = self.above(height)?;
            let name_bytes = self.bytes(name);
            object = Expr {
                kind: match object.kind {
                    ExprKind::This => ExprKind::Name(name_bytes),
                    _ => ExprKind::Field { object: Box::new(object), name: name_bytes },
                },
                position: name_position,
            };
            self.advance()?;
            name_position = self.lexer.position();
            name = self.expect_identifier()?;
            self.leave(Scope { ..scope });
            self.grow()?;
            self.grow()?;
        }
        self.expect(Token::OpenParen, "(")?;
        let name = self.bytes(name);
        let (function, _) = self.function(Some(name.clone()), position, false)?;
        self.grow()?;
        self.leave(scope);
        let key = Expr { kind: ExprKind::String(name), position: name_position };
        Ok(StmtKind::NewSlot { object, key, value: Expr { kind: ExprKind::Function(function), position } })
    }

    /// Parses `class a.b {}`.
    fn class_statement(&mut self) -> Parse<StmtKind> {
        let position = self.lexer.position();
        self.advance()?;
        let scope = self.enter();
        let name = self.postfix_expression(true)?;
        match name.state {
            State::Target | State::Base | State::Slot => {}
            State::Value => return self.fail("invalid class name"),
            State::Local | State::WouldBeLocal | State::Outer | State::WouldBeOuter(_) => {
                return self.fail("cannot create a class in a local with the syntax(class <local>)");
            }
        }
        let class = self.class(position)?;
        if name.state != State::Target {
            // The reference takes one value too many from its stack and crashes.
            return self.fail("invalid class name");
        }
        self.leave(scope);
        let (object, key) = split(name.expr);
        Ok(StmtKind::NewSlot { object, key, value: class.expr })
    }

    fn const_statement(&mut self) -> Parse<StmtKind> {
        self.advance()?;
        let symbol = self.expect_identifier()?;
        self.expect(Token::Assign, "=")?;
        let value = self.scalar()?;
        self.end_statement()?;
        self.declare_constant(symbol, Constant::Scalar(value));
        Ok(StmtKind::Empty)
    }

    fn enum_statement(&mut self) -> Parse<StmtKind> {
        self.advance()?;
        let symbol = self.expect_identifier()?;
        self.expect(Token::OpenBrace, "{")?;
        let mut members = Members::default();
        let mut next = 0_i32;
        while self.token != Token::CloseBrace {
            let member = self.expect_identifier()?;
            let value = if self.token == Token::Assign {
                self.advance()?;
                self.scalar()?
            } else {
                next = next.wrapping_add(1);
                Scalar::Integer(next.wrapping_sub(1))
            };
            members.set(member, &self.bytes(member), value);
            if self.token == Token::Comma {
                self.advance()?;
            }
        }
        self.declare_constant(symbol, Constant::Enum(members.list));
        self.advance()?;
        Ok(StmtKind::Empty)
    }

    fn declare_constant(&mut self, symbol: Symbol, constant: Constant) {
        let name = self.bytes(symbol);
        self.scopes.declare_constant(symbol, &name, constant);
    }

    /// Parses the value of a constant.
    fn scalar(&mut self) -> Parse<Scalar> {
        let value = match self.token {
            Token::Integer => Scalar::Integer(self.lexer.integer),
            Token::Float => Scalar::Float(self.lexer.float),
            Token::String => Scalar::String(self.lexer.string().as_ref().into()),
            Token::True => Scalar::Bool(true),
            Token::False => Scalar::Bool(false),
            Token::Minus => {
                self.advance()?;
                match self.token {
                    Token::Integer => Scalar::Integer(self.lexer.integer.wrapping_neg()),
                    Token::Float => Scalar::Float(-self.lexer.float),
                    _ => return self.fail("scalar expected : integer,float"),
                }
            }
            _ => return self.fail("scalar expected : integer,float or string"),
        };
        self.advance()?;
        Ok(value)
    }

    fn try_statement(&mut self) -> Parse<StmtKind> {
        self.advance()?;
        let body = self.scoped_statement()?;
        self.expect(Token::Catch, "catch")?;
        self.expect(Token::OpenParen, "(")?;
        let position = self.lexer.position();
        let symbol = self.expect_identifier()?;
        self.expect(Token::CloseParen, ")")?;
        let scope = self.enter();
        let error = self.declare(symbol, position, false);
        self.hold(1);
        let handler = Box::new(self.statement()?);
        self.leave(scope);
        Ok(StmtKind::Try { body, error, handler })
    }
}

/// What to return to at the end of a scope.
struct Scope {
    mark: usize,
    slots: u32,
}

/// The members of an enum being parsed.
#[derive(Default)]
struct Members {
    list: Vec<(Box<[u8]>, Scalar)>,
    places: hashbrown::HashMap<Symbol, usize>,
}

impl Members {
    /// Adds a member, or replaces its value.
    fn set(&mut self, symbol: Symbol, name: &[u8], value: Scalar) {
        let place = *self.places.entry(symbol).or_insert(self.list.len());
        match self.list.get_mut(place) {
            Some((_, old)) => *old = value,
            None => self.list.push((name.into(), value)),
        }
    }
}
