//! Tokens to syntax tree, in a single pass.
//!
//! The reference is a recursive-descent compiler that looks one token ahead, finds errors while it goes, and reports
//! them where its lexer stands at that moment. To report the same error at the same place, the functions here read
//! tokens and check in the same order. They also count its stack slots ([`Parser::grow`]), because a function that
//! needs too many of them does not compile.
//!
//! Behind an error we go on with the next statement or class member, to find the other errors.

mod expressions;
mod functions;
mod scopes;
mod statements;

use super::ast::{Bytes, Function, Position, Stmt};
use super::lexer::{Lexer, Token};
use super::symbols::Symbol;
use super::{CompileError, Constant, Parsed};
use crate::image::Dialect;
use scopes::Scopes;

/// How deep statements and expressions may be nested.
const MAX_NESTING: u32 = 200;
/// How high the tree of an expression may be. Only chains of operators get there.
const MAX_HEIGHT: u32 = 4_000;
/// How many slots a stack frame of the reference has.
const MAX_SLOTS: u32 = 256;
/// After how many errors we give up.
const MAX_ERRORS: usize = 50;

/// Parses a program. `known` finds constants that exist already: those of the host and of earlier programs.
///
/// # Errors
/// All errors found, in the order of the source, at most 50. The first is the one that the reference reports; the
/// others are found by going on at the next statement or class member.
///
/// # Source
/// The reference, 3.0.5. Our choice: `true` and `false` as values of constants, which came with 3.1, and the limits
/// `nesting too deep` and `expression too long`.
pub fn parse(
    source: &[u8],
    dialect: Dialect,
    known: &dyn Fn(&[u8]) -> Option<Constant>,
) -> Result<Parsed, Vec<CompileError>> {
    let mut parser = Parser {
        dialect,
        lexer: Lexer::new(source),
        token: Token::End,
        errors: Vec::new(),
        hopeless: false,
        scopes: Scopes::new(known),
        frame: Frame::default(),
        nesting: 0,
        braces: 0,
        brackets: 0,
        switch_braces: None,
        tallest: 0,
        pending: Vec::new(),
    };
    match parser.program() {
        Ok(main) if parser.errors.is_empty() => Ok(Parsed { main, constants: parser.scopes.declared }),
        _ => Err(parser.errors),
    }
}

/// What a function returns to its caller after an error, which is noted in [`Parser::errors`].
#[derive(Debug)]
struct Stop;

type Parse<T> = Result<T, Stop>;

struct Parser<'s, 'k> {
    dialect: Dialect,
    lexer: Lexer<'s>,
    /// The token that the lexer has read last: the first one that is not parsed yet.
    token: Token,
    errors: Vec<CompileError>,
    /// Whether it makes no sense to go on after an error.
    hopeless: bool,
    scopes: Scopes<'k>,
    frame: Frame,
    /// How deep the statement or expression being parsed is nested.
    nesting: u32,
    /// How many braces stand open before `token`.
    braces: u32,
    /// How many parentheses and square brackets stand open before `token`.
    brackets: u32,
    /// The value of `braces` between the labels of a `switch`, if that is the innermost block.
    switch_braces: Option<u32>,
    /// Height of the tallest expression of the function so far.
    tallest: u32,
    /// Unfinished assignments and conditionals, innermost last.
    pending: Vec<expressions::Pending>,
}

/// What the parser knows of the function that it is in.
#[derive(Default)]
struct Frame {
    /// How many stack slots the reference uses at this point.
    slots: u32,
    /// The most that it has used so far.
    most_slots: u32,
    /// How many loops the point is in.
    loops: u32,
    /// How many loops and `switch` statements the point is in.
    breakables: u32,
    generator: bool,
}

/// What to return to after an error.
struct Checkpoint {
    start: usize,
    scope: usize,
    slots: u32,
    loops: u32,
    breakables: u32,
    nesting: u32,
    braces: u32,
    brackets: u32,
    switch_braces: Option<u32>,
    pending: usize,
}

/// What can follow an error and be parsed again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Statement,
    Member,
}

impl Parser<'_, '_> {
    fn program(&mut self) -> Parse<Function> {
        let position = Position { line: 1, column: 1 };
        self.frame = Frame { slots: 2, most_slots: 2, ..Frame::default() };
        self.scopes.enter_function();
        let vargv = self.lexer.symbols.intern(b"vargv");
        self.declare(vargv, position, true);
        let mut body = Vec::new();
        if self.advance().is_err() {
            let checkpoint = self.checkpoint();
            self.recover(&checkpoint, Item::Statement)?;
        }
        while self.token != Token::End {
            self.statement_and_end(&mut body)?;
            while !self.errors.is_empty() && self.token == Token::CloseBrace {
                self.skip();
            }
        }
        let (locals, outers) = self.scopes.leave_function();
        Ok(Function {
            name: Some(Bytes::from(&b"main"[..])),
            parameters: 0,
            defaults: Vec::new(),
            vararg: true,
            generator: self.frame.generator,
            locals,
            outers,
            body,
            position,
            end_line: self.lexer.line,
        })
    }

    /// Parses a statement and makes sure that it ends; after an error, goes to the next one.
    fn statement_and_end(&mut self, body: &mut Vec<Stmt>) -> Parse<()> {
        let checkpoint = self.checkpoint();
        let parsed = self.statement().and_then(|statement| {
            body.push(statement);
            if matches!(self.lexer.previous, Token::CloseBrace | Token::Semicolon) {
                Ok(())
            } else {
                self.end_statement()
            }
        });
        parsed.or_else(|Stop| self.recover(&checkpoint, Item::Statement))
    }

    // Tokens.

    /// Goes to the next token.
    fn advance(&mut self) -> Parse<()> {
        self.skip();
        if self.token == Token::Error { self.fail(self.lexer.error) } else { Ok(()) }
    }

    /// Goes to the next token, even if it is damaged.
    fn skip(&mut self) {
        match self.token {
            Token::OpenBrace => self.braces += 1,
            Token::CloseBrace => self.braces = self.braces.saturating_sub(1),
            Token::OpenParen | Token::OpenBracket => self.brackets += 1,
            Token::CloseParen | Token::CloseBracket => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
        self.token = self.lexer.next();
    }

    /// Takes `token`, whose text is `text`.
    fn expect(&mut self, token: Token, text: &str) -> Parse<()> {
        if self.token == token { self.advance() } else { self.fail(format!("expected '{text}'")) }
    }

    /// Takes an identifier.
    fn expect_identifier(&mut self) -> Parse<Symbol> {
        if !matches!(self.token, Token::Identifier | Token::Constructor) {
            return self.fail("expected 'IDENTIFIER'");
        }
        let symbol = self.lexer.symbol;
        self.advance()?;
        Ok(symbol)
    }

    fn bytes(&mut self, symbol: Symbol) -> Bytes {
        self.lexer.symbols.bytes(symbol)
    }

    /// Whether the statement may end before `token`.
    fn at_end_of_statement(&self) -> bool {
        self.lexer.previous == Token::Newline || matches!(self.token, Token::End | Token::CloseBrace | Token::Semicolon)
    }

    /// Takes a semicolon, or makes do without one if the statement may end here.
    fn end_statement(&mut self) -> Parse<()> {
        if self.token == Token::Semicolon {
            return self.advance();
        }
        if self.at_end_of_statement() { Ok(()) } else { self.fail("end of statement expected (; or lf)") }
    }

    // Limits.

    /// Counts a level of nesting; whoever calls this takes it back.
    fn nest(&mut self) -> Parse<()> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            self.hopeless = true;
            return self.fail("nesting too deep");
        }
        Ok(())
    }

    /// Counts a stack slot for a value; whoever calls this takes it back.
    fn grow(&mut self) -> Parse<()> {
        let frame = &mut self.frame;
        frame.slots += 1;
        if frame.slots > frame.most_slots {
            if frame.most_slots >= MAX_SLOTS {
                // Once for each function is enough.
                frame.most_slots = u32::MAX;
                return self.fail("internal compiler error: too many locals");
            }
            frame.most_slots = frame.slots;
        }
        Ok(())
    }

    /// Returns the height of a tree on top of a subtree of height `below`.
    fn above(&mut self, below: u32) -> Parse<u32> {
        if below >= MAX_HEIGHT {
            return self.fail("expression too long");
        }
        Ok(below + 1)
    }

    // Errors.

    /// Notes an error where the lexer stands.
    fn fail<T>(&mut self, text: impl Into<String>) -> Parse<T> {
        let position = self.lexer.position();
        if self.errors.last().is_none_or(|last| last.position != position) {
            self.errors.push(CompileError { position, text: text.into() });
        }
        Err(Stop)
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            start: self.lexer.start,
            scope: self.scopes.enter(),
            slots: self.frame.slots,
            loops: self.frame.loops,
            breakables: self.frame.breakables,
            nesting: self.nesting,
            braces: self.braces,
            brackets: self.brackets,
            switch_braces: self.switch_braces,
            pending: self.pending.len(),
        }
    }

    /// After an error in an item that begins at the checkpoint, skips to where the next item seems to begin, or to the
    /// brace that ends the block. At the end of the source, ends the parsing.
    fn recover(&mut self, checkpoint: &Checkpoint, item: Item) -> Parse<()> {
        self.scopes.leave(checkpoint.scope);
        self.frame.slots = checkpoint.slots;
        self.frame.loops = checkpoint.loops;
        self.frame.breakables = checkpoint.breakables;
        self.nesting = checkpoint.nesting;
        self.switch_braces = checkpoint.switch_braces;
        self.pending.truncate(checkpoint.pending);
        if self.hopeless || self.errors.len() >= MAX_ERRORS {
            self.hopeless = true;
            return Err(Stop);
        }
        loop {
            let same_block = self.braces <= checkpoint.braces;
            let same_level = same_block && self.brackets <= checkpoint.brackets;
            match self.token {
                Token::End => {
                    self.hopeless = true;
                    return Err(Stop);
                }
                Token::CloseBrace if same_block => return Ok(()),
                Token::Case | Token::Default if self.switch_braces == Some(self.braces) => return Ok(()),
                Token::Semicolon if same_level => {
                    self.skip();
                    if !matches!(self.token, Token::Error | Token::Catch | Token::Else) {
                        return Ok(());
                    }
                }
                _ => {
                    let fresh_line = self.lexer.previous == Token::Newline && self.lexer.start != checkpoint.start;
                    if fresh_line && same_block && begins(item, self.token, same_level) {
                        self.brackets = checkpoint.brackets;
                        return Ok(());
                    }
                    self.skip();
                }
            }
        }
    }
}

/// Whether `token` at the start of a line probably begins an item; if parentheses may be open, whether it certainly
/// does.
#[rustfmt::skip]
fn begins(item: Item, token: Token, same_level: bool) -> bool {
    match item {
        Item::Statement => match token {
            Token::Break | Token::Const | Token::Continue | Token::Do | Token::Enum | Token::For | Token::Foreach
            | Token::If | Token::Local | Token::Return | Token::Switch | Token::Throw | Token::Try | Token::While
            | Token::Yield => true,
            Token::Base | Token::Class | Token::Delete | Token::DoubleColon | Token::Function | Token::Identifier
            | Token::This => same_level,
            _ => false,
        },
        Item::Member => match token {
            Token::Constructor | Token::Static => true,
            Token::Function | Token::Identifier | Token::OpenBracket | Token::OpenAttributes => same_level,
            _ => false,
        },
    }
}
