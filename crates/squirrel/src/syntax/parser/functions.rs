//! Functions, classes and tables.

use std::mem;

use super::super::ast::{Bytes, Class, Expr, ExprKind, Function, LocalId, Member, Position, Stmt, StmtKind};
use super::super::lexer::Token;
use super::super::symbols::Symbol;
use super::expressions::Operand;
use super::{Frame, Item, Parse, Parser, Stop};

impl Parser<'_, '_> {
    /// Declares a local or parameter that can be seen from here on.
    pub(super) fn declare(&mut self, symbol: Symbol, position: Position, parameter: bool) -> LocalId {
        let name = self.bytes(symbol);
        let local = self.scopes.add_local(name, position, parameter);
        self.scopes.bind(symbol, local);
        local
    }

    /// Parses a function from behind the parenthesis that opens its parameters; returns its height, too.
    pub(super) fn function(
        &mut self,
        name: Option<Bytes>,
        position: Position,
        lambda: bool,
    ) -> Parse<(Box<Function>, u32)> {
        let mut parameters = Vec::new();
        let mut defaults = Vec::new();
        let mut vararg = false;
        let mut height = 0;
        let slots = self.frame.slots;
        while self.token != Token::CloseParen {
            if self.token == Token::Ellipsis {
                if !defaults.is_empty() {
                    return self.fail("function with default parameters cannot have variable number of parameters");
                }
                vararg = true;
                self.advance()?;
                if self.token != Token::CloseParen {
                    return self.fail("expected ')'");
                }
                break;
            }
            let position = self.lexer.position();
            parameters.push((self.expect_identifier()?, position));
            if self.token == Token::Assign {
                self.advance()?;
                let value = self.expression()?;
                height = height.max(value.height);
                defaults.push(value.expr);
            } else if !defaults.is_empty() {
                return self.fail("expected '='");
            }
            match self.token {
                Token::Comma => self.advance()?,
                Token::CloseParen => {}
                _ => return self.fail("expected ')' or ','"),
            }
        }
        self.advance()?;
        self.frame.slots = slots;

        let count = u32::try_from(parameters.len()).expect("a source has fewer than 2^32 parameters");
        let own_slots = 1 + count + u32::from(vararg);
        let outside =
            mem::replace(&mut self.frame, Frame { slots: own_slots, most_slots: own_slots, ..Frame::default() });
        let outside_tallest = mem::take(&mut self.tallest);
        let outside_switch = self.switch_braces.take();
        let scope = self.scopes.enter();
        self.scopes.enter_function();
        for (symbol, position) in parameters {
            self.declare(symbol, position, true);
        }
        if vararg {
            let vargv = self.lexer.symbols.intern(b"vargv");
            self.declare(vargv, position, true);
        }
        let body = if lambda { self.lambda_body() } else { self.function_body() };
        self.scopes.leave(scope);
        let (locals, outers) = self.scopes.leave_function();
        self.switch_braces = outside_switch;
        height = height.max(mem::replace(&mut self.tallest, outside_tallest));
        let frame = mem::replace(&mut self.frame, outside);
        let body = body?;
        let height = self.above(height)?;
        let end_line = if self.lexer.previous == Token::Newline { self.lexer.previous_line } else { self.lexer.line };
        Ok((
            Box::new(Function {
                name,
                parameters: count,
                defaults,
                vararg,
                generator: frame.generator,
                locals,
                outers,
                body,
                position,
                end_line,
            }),
            height,
        ))
    }

    fn function_body(&mut self) -> Parse<Vec<Stmt>> {
        let statement = self.statement()?;
        Ok(match statement.kind {
            StmtKind::Block(statements) => statements,
            _ => vec![statement],
        })
    }

    /// Parses the expression of a lambda. Errors in it are reported at the line where it ends.
    fn lambda_body(&mut self) -> Parse<Vec<Stmt>> {
        let mut position = self.lexer.position();
        let value = self.expression()?;
        position.line = if self.lexer.previous == Token::Newline { self.lexer.previous_line } else { self.lexer.line };
        Ok(vec![Stmt { kind: StmtKind::Return(Some(value.expr)), position }])
    }

    /// Parses a function or lambda expression from its `function` or `@` on.
    pub(super) fn function_expression(&mut self, lambda: bool) -> Parse<Operand> {
        let position = self.lexer.position();
        self.advance()?;
        self.expect(Token::OpenParen, "(")?;
        let (function, height) = self.function(None, position, lambda)?;
        self.grow()?;
        Ok(Operand::value(ExprKind::Function(function), position, height))
    }

    /// Parses a class from behind its name.
    pub(super) fn class(&mut self, position: Position) -> Parse<Operand> {
        let slots = self.frame.slots;
        let mut class = Class { base: None, attributes: None, members: Vec::new() };
        let mut height = 0;
        if self.token == Token::Extends {
            self.advance()?;
            let base = self.expression()?;
            height = base.height;
            class.base = Some(base.expr);
        }
        if self.token == Token::OpenAttributes {
            let attributes = self.attributes()?;
            height = height.max(attributes.height);
            class.attributes = Some(attributes.expr);
        }
        self.expect(Token::OpenBrace, "{")?;
        self.frame.slots = slots;
        self.grow()?;
        while self.token != Token::CloseBrace {
            let checkpoint = self.checkpoint();
            match self.member() {
                Ok((member, member_height)) => {
                    class.members.push(member);
                    height = height.max(member_height);
                }
                Err(Stop) => self.recover(&checkpoint, Item::Member)?,
            }
        }
        self.advance()?;
        let height = self.above(height)?;
        Ok(Operand::value(ExprKind::Class(Box::new(class)), position, height))
    }

    fn member(&mut self) -> Parse<(Member, u32)> {
        let position = self.lexer.position();
        let slots = self.frame.slots;
        let mut height = 0;
        let mut attributes = None;
        if self.token == Token::OpenAttributes {
            let table = self.attributes()?;
            height = table.height;
            attributes = Some(table.expr);
        }
        let is_static = self.token == Token::Static;
        if is_static {
            self.advance()?;
        }
        let (key, value, slot_height) = self.slot(false)?;
        if self.token == Token::Semicolon {
            self.advance()?;
        }
        self.frame.slots = slots;
        Ok((Member { key, value, is_static, attributes, position }, height.max(slot_height)))
    }

    /// Parses attributes from their `</` on.
    fn attributes(&mut self) -> Parse<Operand> {
        let position = self.lexer.position();
        self.grow()?;
        self.advance()?;
        self.table(position, Token::CloseAttributes)
    }

    /// Parses a table from its `{` on.
    pub(super) fn table_expression(&mut self) -> Parse<Operand> {
        let position = self.lexer.position();
        self.grow()?;
        self.advance()?;
        self.table(position, Token::CloseBrace)
    }

    /// Parses slots up to `end`.
    fn table(&mut self, position: Position, end: Token) -> Parse<Operand> {
        let mut slots = Vec::new();
        let mut height = 0;
        while self.token != end {
            let frame_slots = self.frame.slots;
            let (key, value, slot_height) = self.slot(true)?;
            if self.token == Token::Comma {
                self.advance()?;
            }
            self.frame.slots = frame_slots;
            slots.push((key, value));
            height = height.max(slot_height);
        }
        self.advance()?;
        let height = self.above(height)?;
        Ok(Operand::value(ExprKind::Table(slots), position, height))
    }

    /// Parses a slot of a table or class; returns key, value and the height of the taller one.
    fn slot(&mut self, in_table: bool) -> Parse<(Expr, Expr, u32)> {
        let position = self.lexer.position();
        match self.token {
            Token::Function | Token::Constructor => {
                let is_constructor = self.token == Token::Constructor;
                let constructor = self.lexer.symbol;
                self.advance()?;
                let name_position = self.lexer.position();
                let symbol = if is_constructor { constructor } else { self.expect_identifier()? };
                self.expect(Token::OpenParen, "(")?;
                self.grow()?;
                let name = self.bytes(symbol);
                let key = Expr {
                    kind: ExprKind::String(name.clone()),
                    position: if is_constructor { position } else { name_position },
                };
                let (function, height) = self.function(Some(name), position, false)?;
                self.grow()?;
                Ok((key, Expr { kind: ExprKind::Function(function), position }, height))
            }
            Token::OpenBracket => {
                self.advance()?;
                let key = self.comma_expression()?;
                self.expect(Token::CloseBracket, "]")?;
                self.expect(Token::Assign, "=")?;
                let value = self.expression()?;
                Ok((key.expr, value.expr, key.height.max(value.height)))
            }
            Token::String if in_table => {
                let key = Expr { kind: ExprKind::String(self.lexer.string()), position };
                self.advance()?;
                self.grow()?;
                self.expect(Token::Colon, ":")?;
                let value = self.expression()?;
                Ok((key, value.expr, value.height))
            }
            _ => {
                let symbol = self.expect_identifier()?;
                self.grow()?;
                self.expect(Token::Assign, "=")?;
                let key = Expr { kind: ExprKind::String(self.bytes(symbol)), position };
                let value = self.expression()?;
                Ok((key, value.expr, value.height))
            }
        }
    }
}
