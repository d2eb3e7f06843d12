//! The formatter.
//!
//! It works on the tokens and keeps the author's line breaks; the syntax tree tells it where statements begin and which
//! braces belong to what.

use hashbrown::{HashMap, HashSet};

use crate::image::Dialect;
use crate::syntax::ast::{Expr, ExprKind, Function, Stmt, StmtKind};
use crate::syntax::lexer::{Lexer, Token};
use crate::syntax::{CompileError, Position, parse};

/// Spaces of one level of indentation.
const INDENT: usize = 4;

/// Formats a program.
///
/// Indents by four spaces, puts braces at the end of the line that they belong to (`else` and `catch` behind them), one
/// space around binary operators and behind commas, and keeps at most one blank line. Line breaks, semicolons, literals
/// and comments stay as they are, and so do lines that begin with `#` or with a directive of the preprocessor, as
/// `@include`. What the program does stays the same, and formatting the result changes nothing.
///
/// # Errors
/// The errors of a program that does not compile.
///
/// # Source
/// The style is that of Electric Imp's published libraries.
pub fn format_source(source: &[u8]) -> Result<Vec<u8>, Vec<CompileError>> {
    let masked = without_directives(source);
    let layout = Layout::new(&masked)?;
    let formatted = Printer::new(source, &layout).print();
    // A formatter must not break programs, not even where it has a mistake.
    if same_program(&masked, &without_directives(&formatted)) { Ok(formatted) } else { Ok(source.to_vec()) }
}

/// Makes comments of the lines that are directives of the preprocessor.
fn without_directives(source: &[u8]) -> Vec<u8> {
    let mut masked = source.to_vec();
    let mut begins = true;
    for at in 0..masked.len() {
        match masked[at] {
            b'\n' => begins = true,
            b' ' | b'\t' | b'\r' => {}
            b'@' if begins && masked.get(at + 1).is_some_and(u8::is_ascii_alphabetic) => {
                masked[at] = b'#';
                begins = false;
            }
            _ => begins = false,
        }
    }
    masked
}

/// Whether two programs that compile have the same tokens.
fn same_program(a: &[u8], b: &[u8]) -> bool {
    let (mut left, mut right) = (Lexer::new(a), Lexer::new(b));
    loop {
        let (x, y) = (left.next(), right.next());
        if x != y || a[left.start..left.end()] != b[right.start..right.end()] {
            return false;
        }
        if x == Token::End {
            return parse(b, Dialect::Imp, &|_| None).is_ok();
        }
    }
}

/// A token and where it is in the source.
#[derive(Clone, Copy)]
struct Piece {
    token: Token,
    start: usize,
    end: usize,
    position: Position,
}

/// What an opening brace begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Brace {
    /// Statements: a block or the body of a function.
    Block,
    Switch,
    /// The members of a class or an enum.
    Members,
}

/// The tokens of a program, and what the syntax tree says of them.
struct Layout {
    pieces: Vec<Piece>,
    /// For the first token of a statement, how many levels it is indented in the surrounding brackets.
    statements: HashMap<usize, usize>,
    /// Likewise for `else` and `catch`.
    aligned: HashMap<usize, usize>,
    /// Braces that belong to something before them: what they begin, and the token whose line they are indented like.
    braces: HashMap<usize, (Brace, usize)>,
    /// Parentheses around parameters.
    parameters: HashSet<usize>,
}

impl Layout {
    fn new(source: &[u8]) -> Result<Self, Vec<CompileError>> {
        let parsed = parse(source, Dialect::Imp, &|_| None)?;
        let mut lexer = Lexer::new(source);
        let mut pieces = Vec::new();
        loop {
            let token = lexer.next();
            pieces.push(Piece { token, start: lexer.start, end: lexer.end(), position: lexer.position() });
            if matches!(token, Token::End | Token::Error) {
                break;
            }
        }
        let mut layout = Self {
            pieces,
            statements: HashMap::new(),
            aligned: HashMap::new(),
            braces: HashMap::new(),
            parameters: HashSet::new(),
        };
        layout.list(&parsed.main.body);
        Ok(layout)
    }

    /// Returns the index of the token at a position.
    fn index(&self, position: Position) -> usize {
        self.pieces.partition_point(|piece| piece.position < position).min(self.pieces.len() - 1)
    }

    fn token(&self, index: usize) -> Token {
        self.pieces.get(index).map_or(Token::End, |piece| piece.token)
    }

    /// Returns the index of the bracket that closes the one at `open`.
    fn closing(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for index in open..self.pieces.len() {
            match self.token(index) {
                token if opens(token) => depth += 1,
                token if closes(token) => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return index;
            }
        }
        self.pieces.len() - 1
    }

    /// Notes statements, all of one level.
    fn list(&mut self, statements: &[Stmt]) {
        for statement in statements {
            self.statement(statement, 0);
        }
    }

    fn statement(&mut self, statement: &Stmt, level: usize) {
        let start = self.index(statement.position);
        self.statements.insert(start, level);
        match &statement.kind {
            StmtKind::Empty => {
                if self.token(start) == Token::Enum {
                    self.braces.insert(start + 2, (Brace::Members, start));
                }
            }
            StmtKind::Break | StmtKind::Continue => {}
            StmtKind::Block(body) => self.list(body),
            StmtKind::If { branches, otherwise } => {
                for (index, (condition, body)) in branches.iter().enumerate() {
                    let head = self.index(condition.position);
                    if index > 0 {
                        self.aligned.insert(head - 1, level);
                    }
                    self.exprs([condition]);
                    self.body(body, level, start);
                }
                if let Some(otherwise) = otherwise {
                    self.aligned.insert(self.index(otherwise.position).saturating_sub(1), level);
                    self.body(otherwise, level, start);
                }
            }
            StmtKind::While { condition, body } | StmtKind::DoWhile { body, condition } => {
                self.exprs([condition]);
                self.body(body, level, start);
            }
            StmtKind::For { init, condition, step, body } => {
                if let Some(StmtKind::Local(_) | StmtKind::LocalFunction(..)) = init.as_ref().map(|init| &init.kind) {
                    self.local(&init.as_ref().expect("it is a declaration").kind, start);
                } else if let Some(StmtKind::Expr(value)) = init.as_ref().map(|init| &init.kind) {
                    self.exprs([value]);
                }
                self.exprs(condition);
                self.exprs(step);
                self.body(body, level, start);
            }
            StmtKind::Foreach { container, body, .. } => {
                self.exprs([container]);
                self.body(body, level, start);
            }
            StmtKind::Switch { subject, cases, default } => {
                self.exprs([subject]);
                let brace = self.closing(start + 1) + 1;
                self.braces.insert(brace, (Brace::Switch, start));
                for (label, body) in cases {
                    self.exprs([label]);
                    self.list(body);
                }
                self.list(default.as_deref().unwrap_or_default());
            }
            StmtKind::Local(_) | StmtKind::LocalFunction(..) => self.local(&statement.kind, start),
            StmtKind::Return(value) | StmtKind::Yield(value) => self.exprs(value),
            StmtKind::NewSlot { object, key, value } => self.exprs([object, key, value]),
            StmtKind::Try { body, handler, .. } => {
                self.body(body, level, start);
                self.aligned.insert(self.index(handler.position).saturating_sub(4), level);
                self.body(handler, level, start);
            }
            StmtKind::Throw(value) | StmtKind::Expr(value) => self.exprs([value]),
        }
    }

    /// Notes the declaration that begins at the token `start`.
    fn local(&mut self, kind: &StmtKind, start: usize) {
        match kind {
            StmtKind::Local(locals) => self.exprs(locals.iter().filter_map(|(_, value)| value.as_ref())),
            StmtKind::LocalFunction(_, function) => {
                self.exprs(&function.defaults);
                self.function(function, start);
            }
            _ => {}
        }
    }

    /// Notes the body of a statement: a block like the line of the token `head`, anything else one level deeper.
    fn body(&mut self, body: &Stmt, level: usize, head: usize) {
        if let StmtKind::Block(_) = body.kind {
            let brace = self.index(body.position);
            self.braces.insert(brace, (Brace::Block, head));
            self.statement(body, level);
        } else {
            self.statement(body, level + 1);
        }
    }

    /// Notes a function that begins at the token `start`.
    fn function(&mut self, function: &Function, start: usize) {
        let is_parenthesis = |index: &usize| self.token(*index) == Token::OpenParen;
        let Some(open) = (start..self.pieces.len()).find(is_parenthesis) else { return };
        self.parameters.insert(open);
        let body = self.closing(open) + 1;
        if self.token(start) == Token::At {
            for statement in &function.body {
                if let StmtKind::Return(value) = &statement.kind {
                    self.exprs(value);
                }
            }
        } else if self.token(body) == Token::OpenBrace {
            self.braces.insert(body, (Brace::Block, start));
            self.list(&function.body);
        } else {
            for statement in &function.body {
                self.statement(statement, 1);
            }
        }
    }

    /// Notes what is in expressions.
    fn exprs<'t>(&mut self, exprs: impl IntoIterator<Item = &'t Expr>) {
        // No recursion: chains of operators are long.
        let mut todo: Vec<&Expr> = exprs.into_iter().collect();
        while let Some(expr) = todo.pop() {
            match &expr.kind {
                ExprKind::Function(function) => self.function(function, self.index(expr.position)),
                ExprKind::Class(_) => {
                    let start = self.index(expr.position);
                    let mut brace = start;
                    while !matches!(self.token(brace), Token::OpenBrace | Token::End) {
                        brace = if opens(self.token(brace)) { self.closing(brace) + 1 } else { brace + 1 };
                    }
                    self.braces.insert(brace, (Brace::Members, start));
                }
                _ => {}
            }
            expr.kind.push_parts(&mut todo);
        }
    }
}

fn opens(token: Token) -> bool {
    matches!(token, Token::OpenBrace | Token::OpenParen | Token::OpenBracket | Token::OpenAttributes)
}

fn closes(token: Token) -> bool {
    matches!(token, Token::CloseBrace | Token::CloseParen | Token::CloseBracket | Token::CloseAttributes)
}

/// Brackets that are open.
#[derive(Clone, Copy)]
struct Frame {
    kind: FrameKind,
    /// Indentation of the line that it belongs to, in levels.
    indent: usize,
    /// How many levels the statement being printed is indented in it.
    level: usize,
    /// Whether what closes it is followed by something new, as behind `if (...)`.
    header: bool,
    /// How many `?` wait for their `:`.
    conditionals: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FrameKind {
    Statements,
    Switch,
    /// Slots of a table, a class or an enum, or attributes.
    Slots,
    /// Arguments, items of an array, or an expression in parentheses.
    Items,
}

/// What the formatter has printed last on a line.
#[derive(Clone, Copy)]
struct Before {
    token: Token,
    /// Whether a value may end with it, so that an operator behind it has two operands.
    operand: bool,
    /// Whether it is a prefix operator.
    prefix: bool,
}

struct Printer<'s> {
    source: &'s [u8],
    layout: &'s Layout,
    line_end: &'static [u8],
    out: Vec<u8>,
    frames: Vec<Frame>,
    /// Indentation of the line being printed, in levels.
    indent: usize,
    /// For each token printed, the indentation of its line.
    indents: Vec<usize>,
    /// Whether nothing is printed on the line yet.
    fresh: bool,
    before: Before,
    /// Whether the last token printed closed a header.
    behind_header: bool,
}

impl<'s> Printer<'s> {
    fn new(source: &'s [u8], layout: &'s Layout) -> Self {
        let first_line_end = source.iter().position(|byte| *byte == b'\n').unwrap_or(0);
        let crlf = first_line_end > 0 && source[first_line_end - 1] == b'\r';
        Self {
            source,
            layout,
            line_end: if crlf { b"\r\n" } else { b"\n" },
            out: Vec::with_capacity(source.len() + source.len() / 8),
            frames: vec![Frame { kind: FrameKind::Statements, indent: 0, level: 0, header: false, conditionals: 0 }],
            indent: 0,
            indents: Vec::with_capacity(layout.pieces.len()),
            fresh: true,
            before: Before { token: Token::End, operand: false, prefix: false },
            behind_header: false,
        }
    }

    fn print(mut self) -> Vec<u8> {
        let mut at = 0;
        for index in 0..self.layout.pieces.len() {
            let piece = self.layout.pieces[index];
            let newlines = self.gap(at, piece.start, index);
            if piece.token == Token::End {
                if !self.fresh {
                    self.out.extend_from_slice(self.line_end);
                }
                // What stands behind a NUL byte is no part of the program, but of the file.
                self.out.extend_from_slice(&self.source[piece.start..]);
                break;
            }
            self.token(index, piece, newlines);
            at = piece.end;
        }
        self.out
    }

    /// Prints the comments before the token `next`; returns how many line ends there are behind them.
    fn gap(&mut self, from: usize, to: usize, next: usize) -> usize {
        let mut newlines = 0;
        let mut at = from;
        let mut line_start = if from == 0 { Some(0) } else { None };
        while at < to {
            match self.source[at] {
                b'\n' => {
                    newlines += 1;
                    at += 1;
                    line_start = Some(at);
                }
                b' ' | b'\t' | b'\r' => at += 1,
                b'/' if self.source.get(at + 1) == Some(&b'*') => {
                    let length = self.source[at + 2..to].windows(2).position(|pair| pair == b"*/");
                    let end = length.map_or(to, |length| at + 2 + length + 2);
                    self.comment(at, end, newlines, next);
                    (at, newlines, line_start) = (end, 0, None);
                }
                first => {
                    let rest = &self.source[at..to];
                    let end = at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                    match line_start {
                        Some(start) if first != b'/' => self.directive(start, end, newlines),
                        _ => self.comment(at, end, newlines, next),
                    }
                    (at, newlines, line_start) = (end, 0, None);
                }
            }
        }
        newlines
    }

    /// Prints a line that begins with `#` or `@`, as it is.
    fn directive(&mut self, start: usize, end: usize, newlines: usize) {
        self.break_line(newlines);
        self.out.extend_from_slice(self.source[start..end].trim_ascii_end());
        self.fresh = false;
        self.before.token = Token::Newline;
    }

    /// Prints a comment that stands before the token `next`.
    fn comment(&mut self, start: usize, end: usize, newlines: usize, next: usize) {
        self.break_line(newlines);
        if self.fresh {
            let indent = if closes(self.layout.token(next)) || self.layout.token(next) == Token::End {
                self.inner_indent()
            } else {
                self.indent_of(next)
            };
            self.begin_line(indent);
        } else {
            // Comments behind code often stand in a column.
            let spaces = self.source[..start].iter().rev().take_while(|byte| **byte == b' ').count();
            let least = usize::from(self.source.get(start + 1) != Some(&b'*'));
            self.out.resize(self.out.len() + spaces.max(least), b' ');
        }
        let mut lines = self.source[start..end].split(|byte| *byte == b'\n');
        self.out.extend_from_slice(lines.next().unwrap_or_default().trim_ascii_end());
        for line in lines {
            self.out.extend_from_slice(self.line_end);
            if line.trim_ascii_start().starts_with(b"*") {
                self.out.resize(self.out.len() + self.indent * INDENT + 1, b' ');
                self.out.extend_from_slice(line.trim_ascii());
            } else {
                self.out.extend_from_slice(line.trim_ascii_end());
            }
        }
        self.fresh = false;
        self.before.token = Token::Newline;
    }

    /// Ends the line if the author did, and keeps one blank line.
    fn break_line(&mut self, newlines: usize) {
        if newlines == 0 || self.out.is_empty() {
            return;
        }
        for _ in 0..newlines.min(2) {
            self.out.extend_from_slice(self.line_end);
        }
        self.fresh = true;
    }

    fn begin_line(&mut self, indent: usize) {
        self.indent = indent;
        self.out.resize(self.out.len() + indent * INDENT, b' ');
    }

    fn token(&mut self, index: usize, piece: Piece, newlines: usize) {
        let token = piece.token;
        self.break_line(if self.joins(index, token) { 0 } else { newlines });
        let is_statement = self.layout.statements.contains_key(&index);
        let operand = self.before.operand && !self.behind_header && !is_statement;
        if self.fresh {
            self.begin_line(self.indent_of(index));
        } else if self.needs_space(index, token, operand) {
            self.out.push(b' ');
        }
        self.out.extend_from_slice(&self.source[piece.start..piece.end]);
        self.indents.push(self.indent);

        let frame = self.frames.last_mut().expect("the program is a frame");
        if let Some(level) = self.layout.statements.get(&index) {
            frame.level = *level;
        }
        match token {
            Token::Question => frame.conditionals += 1,
            Token::Colon => frame.conditionals = frame.conditionals.saturating_sub(1),
            _ => {}
        }
        self.behind_header = false;
        if opens(token) {
            self.open(index, token);
        } else if closes(token) && self.frames.len() > 1 {
            self.behind_header = self.frames.pop().is_some_and(|frame| frame.header);
        }
        let is_postfix = operand && !self.fresh;
        self.before = Before {
            token,
            operand: match token {
                Token::Identifier
                | Token::String
                | Token::Integer
                | Token::Float
                | Token::CloseParen
                | Token::CloseBracket
                | Token::CloseBrace
                | Token::This
                | Token::Base
                | Token::Null
                | Token::True
                | Token::False
                | Token::Constructor => true,
                Token::PlusPlus | Token::MinusMinus => is_postfix,
                _ => false,
            },
            prefix: match token {
                Token::Minus => !operand,
                Token::PlusPlus | Token::MinusMinus => !is_postfix,
                Token::Not | Token::Tilde | Token::At => true,
                _ => false,
            },
        };
        self.fresh = false;
    }

    fn open(&mut self, index: usize, token: Token) {
        let brace = self.layout.braces.get(&index);
        let kind = match (token, brace) {
            (Token::OpenBrace, Some((Brace::Block, _))) => FrameKind::Statements,
            (Token::OpenBrace, Some((Brace::Switch, _))) => FrameKind::Switch,
            (Token::OpenBrace, None) if self.layout.statements.contains_key(&index) => FrameKind::Statements,
            (Token::OpenBrace | Token::OpenAttributes, _) => FrameKind::Slots,
            _ => FrameKind::Items,
        };
        let indent = brace.map_or(self.indent, |(_, head)| self.indent_at(*head));
        let header = self.layout.parameters.contains(&index)
            || token == Token::OpenParen
                && index.checked_sub(1).is_some_and(|before| {
                    matches!(
                        self.layout.token(before),
                        Token::If | Token::While | Token::For | Token::Foreach | Token::Switch | Token::Catch
                    )
                });
        self.frames.push(Frame { kind, indent, level: 0, header, conditionals: 0 });
    }

    /// Whether a token belongs on the line of the one before it.
    fn joins(&self, index: usize, token: Token) -> bool {
        let before = self.before.token;
        if self.out.is_empty() || before == Token::Newline {
            return false;
        }
        match token {
            Token::OpenBrace => self.layout.braces.contains_key(&index),
            Token::Else | Token::Catch => before == Token::CloseBrace,
            Token::While => before == Token::CloseBrace && !self.layout.statements.contains_key(&index),
            Token::If => before == Token::Else,
            _ => false,
        }
    }

    /// Returns the indentation of what stands in the innermost brackets.
    fn inner_indent(&self) -> usize {
        let frame = self.frames[self.frames.len() - 1];
        match frame.kind {
            _ if self.frames.len() == 1 => 0,
            FrameKind::Switch => frame.indent + 2,
            _ => frame.indent + 1,
        }
    }

    /// Returns the indentation of a line that begins with a token.
    fn indent_of(&self, index: usize) -> usize {
        let frame = self.frames[self.frames.len() - 1];
        let inner = self.inner_indent();
        let token = self.layout.token(index);
        if closes(token) {
            return frame.indent;
        }
        if let Some((_, head)) = self.layout.braces.get(&index) {
            return self.indent_at(*head);
        }
        if let Some(level) = self.layout.statements.get(&index).or_else(|| self.layout.aligned.get(&index)) {
            return inner + level;
        }
        match frame.kind {
            FrameKind::Switch if matches!(token, Token::Case | Token::Default) => frame.indent + 1,
            FrameKind::Statements | FrameKind::Switch => inner + frame.level + 1,
            FrameKind::Slots if continues(self.last_token(), token) => inner + 1,
            FrameKind::Slots | FrameKind::Items => inner,
        }
    }

    /// Returns the indentation of the line of a token before this one.
    fn indent_at(&self, index: usize) -> usize {
        self.indents.get(index).copied().unwrap_or(self.indent)
    }

    /// Returns the token that was printed last, comments aside.
    fn last_token(&self) -> Token {
        self.indents.len().checked_sub(1).map_or(Token::End, |last| self.layout.token(last))
    }

    /// Whether a space stands between the token before and this one; `operand` says whether a value ends before it.
    #[expect(clippy::match_same_arms, reason = "the order of the rules counts")]
    fn needs_space(&self, index: usize, token: Token, operand: bool) -> bool {
        let before = self.before.token;
        match (before, token) {
            // A dot behind a digit would become a part of the number.
            (Token::Integer | Token::Float, Token::Dot) => true,
            (Token::OpenBrace, Token::CloseBrace) => false,
            (Token::OpenParen | Token::OpenBracket | Token::Dot | Token::DoubleColon, _) => false,
            (_, Token::CloseParen | Token::CloseBracket | Token::Comma | Token::Semicolon | Token::Dot) => false,
            (Token::Newline | Token::Semicolon | Token::Comma, _) => true,
            (Token::Minus, Token::Minus | Token::MinusMinus) | (Token::MinusMinus, Token::Minus) => true,
            _ if self.before.prefix => false,
            (_, Token::PlusPlus | Token::MinusMinus) => !operand,
            (Token::Function | Token::Constructor, Token::OpenParen) => false,
            (_, Token::OpenParen) if self.layout.parameters.contains(&index) => false,
            (_, Token::OpenParen | Token::OpenBracket) => !operand,
            (_, Token::DoubleColon) => !self.names_function(index),
            (_, Token::Colon) => self.frames[self.frames.len() - 1].conditionals > 0,
            _ => true,
        }
    }

    /// Whether the `::` at `index` stands in the name of a function statement.
    fn names_function(&self, mut index: usize) -> bool {
        while index >= 2 && self.layout.token(index - 1) == Token::Identifier {
            match self.layout.token(index - 2) {
                Token::Function => return true,
                Token::DoubleColon => index -= 2,
                _ => return false,
            }
        }
        false
    }
}

/// Whether an expression goes on from a line that ends with `last` to one that begins with `first`.
fn continues(last: Token, first: Token) -> bool {
    let joins = |token| {
        matches!(
            token,
            Token::Assign
                | Token::NewSlot
                | Token::AddAssign
                | Token::SubtractAssign
                | Token::MultiplyAssign
                | Token::DivideAssign
                | Token::ModuloAssign
                | Token::Or
                | Token::And
                | Token::BitOr
                | Token::BitXor
                | Token::BitAnd
                | Token::Equal
                | Token::NotEqual
                | Token::Compare
                | Token::Less
                | Token::LessOrEqual
                | Token::Greater
                | Token::GreaterOrEqual
                | Token::ShiftLeft
                | Token::ShiftRight
                | Token::ShiftRightUnsigned
                | Token::Plus
                | Token::Minus
                | Token::Star
                | Token::Slash
                | Token::Percent
                | Token::Question
                | Token::Colon
                | Token::Dot
                | Token::In
                | Token::InstanceOf
                | Token::Extends
        )
    };
    joins(last) || joins(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    #[track_caller]
    fn check(source: &str, expected: &str) {
        let formatted = format_source(source.as_bytes()).expect("it compiles");
        assert_eq!(String::from_utf8_lossy(&formatted), expected);
        assert_eq!(format_source(expected.as_bytes()).as_deref(), Ok(expected.as_bytes()), "it is formatted already");
    }

    #[test]
    fn blocks() {
        check(
            "function f(a,b=1)\n{\n  if(a)\n  {\n b()\n}\nelse if (c)\n{ d() } \n\n\n\n  else\n{\ne()\n}\n}",
            "function f(a, b = 1) {\n    if (a) {\n        b()\n    } else if (c) { d() } else {\n        e()\n    }\n}\n",
        );
        check("try { a() }\ncatch(e)\n{\n b() }\n", "try { a() } catch (e) {\n    b() }\n");
        check("do {\na()\n}\nwhile(b)", "do {\n    a()\n} while (b)\n");
        check("foo()\n{\nlocal a\n}\n", "foo()\n{\n    local a\n}\n");
        check("if (a) // why\n{\nb()\n}", "if (a) // why\n{\n    b()\n}\n");
        check(
            "for(;;)\nif(a)\nb()\nelse\nforeach(k,v in c)\nd()\ne()",
            "for (;;)\n    if (a)\n        b()\n    else\n        foreach (k, v in c)\n            d()\ne()\n",
        );
        check(
            "switch(a){\ncase 1 : b()\n break\n// two\ncase 2:\nc()\ndefault :\nd()\n// end\n}",
            "switch (a) {\n    case 1: b()\n        break\n    // two\n    case 2:\n        c()\n    default:\n        d()\n        // end\n}\n",
        );
    }

    #[test]
    fn classes_and_tables() {
        check(
            "class A.B extends C</a=1/>\n{\na=null;static b=2\n</c=3/> constructor(d){}\nfunction e ( )\n{\n}\n}",
            "class A.B extends C </ a = 1 /> {\n    a = null; static b = 2\n    </ c = 3 /> constructor(d) {}\n    function e() {\n    }\n}\n",
        );
        check("enum A{B=1,C\n,D}", "enum A { B = 1, C\n    , D }\n");
        check(
            "local t={\"a\":1,b=c?d:e,[f]=-1,\ng=\nh,\n function i(){}}",
            "local t = { \"a\": 1, b = c ? d : e, [f] = -1,\n    g =\n        h,\n    function i() {} }\n",
        );
        check(
            "foo(a,\nb,function(c){\nreturn c\n},{\nd=1\n})",
            "foo(a,\n    b, function(c) {\n        return c\n    }, {\n        d = 1\n    })\n",
        );
        check("foo({\na=1\n}, [\n1,2\n])", "foo({\n    a = 1\n}, [\n    1, 2\n])\n");
    }

    #[test]
    fn spaces() {
        check("a=b+ -c- --d*!e", "a = b + -c - --d * !e\n");
        check("a  =  - -b; c ++ ;++ c", "a = - -b; c++; ++c\n");
        check("a<-b<c", "a <- b < c\n");
        check("x=1 .tostring()+1.5 .tostring()", "x = 1 .tostring() + 1.5 .tostring()\n");
        check("return(a)", "return (a)\n");
        check("x=@( a )a[ 0 ]( 1,2 )(3)", "x = @(a) a[0](1, 2)(3)\n");
        check("::a.b<-[ ::c ,typeof d,\"e\"in f ]", "::a.b <- [::c, typeof d, \"e\" in f]\n");
        check("function a :: b :: c ( ... ) {}", "function a::b::c(...) {}\n");
        check("if(a)(b)(c)", "if (a) (b)(c)\n");
        check("local a=@\"x\n  y\",b='c'", "local a = @\"x\n  y\", b = 'c'\n");
        check("a=b\n+c\n.d()", "a = b\n    + c\n    .d()\n");
    }

    #[test]
    fn comments_and_blank_lines() {
        check(
            "\n\n// a\n\n\n\nb()   // c\n  /* d\n   * e\n f */ g() /*h*/\n",
            "// a\n\nb()   // c\n/* d\n * e\n f */ g() /*h*/\n",
        );
        check(
            "{\n # kept\n@include \"x\"\n   @if Y\na()//b\n@endif\n}",
            "{\n # kept\n@include \"x\"\n   @if Y\n    a() //b\n@endif\n}\n",
        );
        check("a()\r\n\r\n\r\nb() // c\r\n", "a()\r\n\r\nb() // c\r\n");
        check("", "");
        check("// only", "// only\n");
        check("a()#", "a() #\n");
        check("a\0b(", "a\n\0b(");
    }

    #[test]
    fn programs_that_do_not_compile_are_refused() {
        assert_eq!(format_source(b"x = = 1").unwrap_err()[0].text, "expression expected");
    }

    /// The golden programs and the benchmarks.
    fn programs() -> Vec<PathBuf> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).expect("the folder exists") {
                let path = entry.expect("it can be listed").path();
                if path.is_dir() {
                    walk(&path, found);
                } else if path.extension().is_some_and(|extension| extension == "nut") {
                    found.push(path);
                }
            }
        }
        let mut found = Vec::new();
        for folder in ["tests/scripts", "benches/programs"] {
            walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
        }
        found
    }

    /// The tree of a program as text, without positions.
    fn tree(source: &[u8]) -> String {
        let text = format!("{:?}", parse(source, Dialect::Imp, &|_| None).expect("it compiles").main);
        let mut out = String::new();
        let mut rest = &text[..];
        while let Some(at) = rest.find("Position {") {
            out.push_str(&rest[..at]);
            rest = &rest[at + rest[at..].find('}').expect("it ends") + 1..];
        }
        out.push_str(rest);
        out.split("end_line: ").map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit())).collect()
    }

    /// The comments of a program, without white space.
    fn comments(source: &[u8]) -> Vec<u8> {
        let mut lexer = Lexer::new(source);
        let mut at = 0;
        let mut out = Vec::new();
        loop {
            let token = lexer.next();
            out.extend(source[at..lexer.start].iter().filter(|byte| !byte.is_ascii_whitespace()));
            at = lexer.end();
            if token == Token::End {
                return out;
            }
        }
    }

    #[test]
    fn programs_stay_the_same() {
        let mut count = 0;
        for path in programs() {
            let source = std::fs::read(&path).expect("it can be read");
            let Ok(layout) = Layout::new(&source) else { continue };
            let formatted = Printer::new(&source, &layout).print();
            let shown = path.display();
            assert!(same_program(&source, &formatted), "{shown} has other tokens");
            assert_eq!(tree(&source), tree(&formatted), "{shown}");
            assert_eq!(comments(&source), comments(&formatted), "{shown}");
            assert_eq!(format_source(&formatted).as_ref(), Ok(&formatted), "{shown} changes once more");
            count += 1;
        }
        assert!(count > 400, "only {count} programs");
    }
}
