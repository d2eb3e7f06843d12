//! Source bytes to tokens.

use std::rc::Rc;

use super::ast::{Bytes, Position};
use super::symbols::{Symbol, Symbols};
use crate::text::number::{parse_float_literal, parse_integer_literal};

/// A token. The values of literals and names stand in the [`Lexer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[rustfmt::skip]
pub(crate) enum Token {
    /// The end of the source, or a NUL byte.
    End,
    /// The end of a line: never returned, but remembered as [`Lexer::previous`].
    Newline,
    /// Something is wrong; [`Lexer::error`] says what.
    Error,
    Identifier, String, Integer, Float,
    /// A byte that begins no token.
    Other(u8),

    Base, Break, Case, Catch, Class, Clone, Const, Constructor, Continue, Default, Delete, Do, Else, Enum, Extends,
    False, For, Foreach, Function, If, In, InstanceOf, Local, Null, Resume, Return, Static, Switch, This, Throw, True,
    Try, TypeOf, While, Yield,

    OpenBrace, CloseBrace, OpenParen, CloseParen, OpenBracket, CloseBracket,
    Semicolon, Comma, Question, Colon, DoubleColon, Dot, Ellipsis, At, OpenAttributes, CloseAttributes,
    Assign, NewSlot, AddAssign, SubtractAssign, MultiplyAssign, DivideAssign, ModuloAssign,
    Or, And, BitOr, BitXor, BitAnd, Equal, NotEqual, Compare, Less, LessOrEqual, Greater, GreaterOrEqual,
    ShiftLeft, ShiftRight, ShiftRightUnsigned, Plus, Minus, Star, Slash, Percent,
    Not, Tilde, PlusPlus, MinusMinus,
}

/// The reserved words; their symbols have the numbers from 0, in this order.
#[rustfmt::skip]
const KEYWORDS: [(&[u8], Token); 35] = [
    (b"base", Token::Base), (b"break", Token::Break), (b"case", Token::Case), (b"catch", Token::Catch),
    (b"class", Token::Class), (b"clone", Token::Clone), (b"const", Token::Const),
    (b"constructor", Token::Constructor), (b"continue", Token::Continue), (b"default", Token::Default),
    (b"delete", Token::Delete), (b"do", Token::Do), (b"else", Token::Else), (b"enum", Token::Enum),
    (b"extends", Token::Extends), (b"false", Token::False), (b"for", Token::For), (b"foreach", Token::Foreach),
    (b"function", Token::Function), (b"if", Token::If), (b"in", Token::In), (b"instanceof", Token::InstanceOf),
    (b"local", Token::Local), (b"null", Token::Null), (b"resume", Token::Resume), (b"return", Token::Return),
    (b"static", Token::Static), (b"switch", Token::Switch), (b"this", Token::This), (b"throw", Token::Throw),
    (b"true", Token::True), (b"try", Token::Try), (b"typeof", Token::TypeOf), (b"while", Token::While),
    (b"yield", Token::Yield),
];

/// Reads tokens one after another. Its public fields describe the token that [`Lexer::next`] returned last.
pub(crate) struct Lexer<'s> {
    source: &'s [u8],
    /// Offset of the byte behind the token.
    at: usize,
    /// What `at` exceeds the column by.
    column_base: usize,
    /// Offset of the token's first byte.
    pub(crate) start: usize,
    /// Line of the byte behind the token, from 1.
    pub(crate) line: u32,
    /// Line of the byte behind the token before this one.
    pub(crate) previous_line: u32,
    /// The token before this one, or [`Token::Newline`] if a line ended in between. The end of the source counts for
    /// nothing: there this is what came before the last token or line end.
    pub(crate) previous: Token,
    /// The last token, or [`Token::Newline`] if a line ended behind it.
    current: Token,
    /// What is wrong, for [`Token::Error`].
    pub(crate) error: &'static str,
    /// The last byte of a damaged token, the rest of which is still to be skipped.
    damaged_until: Option<u8>,
    /// The value of an integer.
    pub(crate) integer: i32,
    /// The value of a float.
    pub(crate) float: f32,
    /// The name, for an identifier or keyword.
    pub(crate) symbol: Symbol,
    /// The content of a string.
    string: StringContent,
    /// All names and all strings without escapes.
    pub(crate) symbols: Symbols<'s>,
}

/// Where the content of a string is.
enum StringContent {
    /// In the source, between two offsets.
    Slice(usize, usize),
    /// Something in it was escaped.
    Buffer(Vec<u8>),
}

impl<'s> Lexer<'s> {
    pub(crate) fn new(source: &'s [u8]) -> Self {
        Self {
            source,
            at: 0,
            column_base: 0,
            start: 0,
            line: 1,
            previous_line: 1,
            previous: Token::End,
            current: Token::End,
            error: "",
            damaged_until: None,
            integer: 0,
            float: 0.0,
            symbol: Symbol(0),
            string: StringContent::Slice(0, 0),
            symbols: Symbols::new(KEYWORDS.iter().map(|(word, _)| *word)),
        }
    }

    /// Returns where the lexer stands: behind the token.
    ///
    /// # Source
    /// The reference counts columns of the first line from 0 and of the others from 1, and does not start anew at a
    /// line end within a comment or string.
    pub(crate) fn position(&self) -> Position {
        Position { line: self.line, column: u32::try_from(self.at - self.column_base).unwrap_or(u32::MAX) }
    }

    /// Returns the offset behind the token.
    pub(crate) fn end(&self) -> usize {
        self.at
    }

    /// Returns the content of the string that was read last.
    pub(crate) fn string(&mut self) -> Bytes {
        match &self.string {
            StringContent::Slice(from, to) => {
                let symbol = self.symbols.intern(&self.source[*from..*to]);
                self.symbols.bytes(symbol)
            }
            StringContent::Buffer(buffer) => Rc::from(&buffer[..]),
        }
    }

    /// Returns the next byte; 0 at the end, and the reference takes a NUL byte for the end, too.
    fn peek(&self) -> u8 {
        self.source.get(self.at).copied().unwrap_or(0)
    }

    /// Reads the next byte if it is `byte`.
    fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == byte;
        self.at += usize::from(taken);
        taken
    }

    fn fail(&mut self, error: &'static str) -> Token {
        self.error = error;
        Token::Error
    }

    /// Reads the next token.
    pub(crate) fn next(&mut self) -> Token {
        self.previous_line = self.line;
        if let Some(last) = self.damaged_until.take() {
            self.skip_damaged(last);
        }
        loop {
            let byte = self.peek();
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' => {
                    self.line += 1;
                    self.previous = self.current;
                    self.current = Token::Newline;
                    self.column_base = self.at;
                    self.at += 1;
                }
                b'#' => self.line_comment(),
                b'/' if self.source.get(self.at + 1) == Some(&b'/') => self.line_comment(),
                b'/' if self.source.get(self.at + 1) == Some(&b'*') => {
                    if !self.block_comment() {
                        return self.fail("missing \"*/\" in comment");
                    }
                }
                0 => {
                    self.start = self.at;
                    return Token::End;
                }
                _ => {
                    self.start = self.at;
                    let token = self.token(byte);
                    self.previous = self.current;
                    self.current = token;
                    return token;
                }
            }
        }
    }

    fn line_comment(&mut self) {
        let rest = &self.source[self.at..];
        self.at += rest.iter().position(|byte| matches!(byte, b'\n' | 0)).unwrap_or(rest.len());
    }

    /// Skips a block comment; false if the source ends in it.
    fn block_comment(&mut self) -> bool {
        self.start = self.at;
        self.at += 2;
        loop {
            match self.peek() {
                b'*' => {
                    self.at += 1;
                    if self.take(b'/') {
                        return true;
                    }
                }
                0 => return false,
                byte => {
                    self.line += u32::from(byte == b'\n');
                    self.at += 1;
                }
            }
        }
    }

    /// Reads the token that begins with `first`, the next byte.
    fn token(&mut self, first: u8) -> Token {
        match first {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => return self.word(),
            b'0'..=b'9' => return self.number(first),
            b'"' | b'\'' => return self.plain_string(first),
            _ if first.is_ascii_control() => {
                self.damaged_until = Some(first);
                return self.fail("unexpected character(control)");
            }
            _ => self.at += 1,
        }
        match first {
            b'{' => Token::OpenBrace,
            b'}' => Token::CloseBrace,
            b'(' => Token::OpenParen,
            b')' => Token::CloseParen,
            b'[' => Token::OpenBracket,
            b']' => Token::CloseBracket,
            b';' => Token::Semicolon,
            b',' => Token::Comma,
            b'?' => Token::Question,
            b'^' => Token::BitXor,
            b'~' => Token::Tilde,
            b'.' if !self.take(b'.') => Token::Dot,
            b'.' if self.take(b'.') => Token::Ellipsis,
            b'.' => self.fail("invalid token '..'"),
            b'=' if self.take(b'=') => Token::Equal,
            b'=' => Token::Assign,
            b'!' if self.take(b'=') => Token::NotEqual,
            b'!' => Token::Not,
            b'&' if self.take(b'&') => Token::And,
            b'&' => Token::BitAnd,
            b'|' if self.take(b'|') => Token::Or,
            b'|' => Token::BitOr,
            b':' if self.take(b':') => Token::DoubleColon,
            b':' => Token::Colon,
            b'*' if self.take(b'=') => Token::MultiplyAssign,
            b'*' => Token::Star,
            b'%' if self.take(b'=') => Token::ModuloAssign,
            b'%' => Token::Percent,
            b'/' if self.take(b'=') => Token::DivideAssign,
            b'/' if self.take(b'>') => Token::CloseAttributes,
            b'/' => Token::Slash,
            b'+' if self.take(b'=') => Token::AddAssign,
            b'+' if self.take(b'+') => Token::PlusPlus,
            b'+' => Token::Plus,
            b'-' if self.take(b'=') => Token::SubtractAssign,
            b'-' if self.take(b'-') => Token::MinusMinus,
            b'-' => Token::Minus,
            b'<' if self.take(b'=') => {
                if self.take(b'>') {
                    Token::Compare
                } else {
                    Token::LessOrEqual
                }
            }
            b'<' if self.take(b'-') => Token::NewSlot,
            b'<' if self.take(b'<') => Token::ShiftLeft,
            b'<' if self.take(b'/') => Token::OpenAttributes,
            b'<' => Token::Less,
            b'>' if self.take(b'=') => Token::GreaterOrEqual,
            b'>' if self.take(b'>') => {
                if self.take(b'>') {
                    Token::ShiftRightUnsigned
                } else {
                    Token::ShiftRight
                }
            }
            b'>' => Token::Greater,
            b'@' if self.peek() == b'"' => self.verbatim_string(),
            b'@' => Token::At,
            _ => Token::Other(first),
        }
    }

    fn word(&mut self) -> Token {
        let rest = &self.source[self.at..];
        let length = rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').unwrap_or(rest.len());
        self.at += length;
        self.symbol = self.symbols.intern(&rest[..length]);
        KEYWORDS.get(self.symbol.0 as usize).map_or(Token::Identifier, |(_, token)| *token)
    }

    /// Reads a number that begins with the digit `first`.
    fn number(&mut self, first: u8) -> Token {
        self.at += 1;
        if first == b'0' && matches!(self.peek(), b'x' | b'X') {
            self.at += 1;
            let digits = self.digits(u8::is_ascii_hexdigit);
            if digits.len() > 8 {
                return self.fail("too many digits for an Hex number");
            }
            self.integer = parse_integer_literal(digits, 16);
            return Token::Integer;
        }
        if first == b'0' && matches!(self.peek(), b'0'..=b'7') {
            let digits = self.digits(|byte| matches!(byte, b'0'..=b'7'));
            if self.peek().is_ascii_digit() {
                return self.fail("invalid octal number");
            }
            self.integer = parse_integer_literal(digits, 8);
            return Token::Integer;
        }
        let mut token = Token::Integer;
        loop {
            match self.peek() {
                b'0'..=b'9' => {}
                b'.' => token = Token::Float,
                b'e' | b'E' => {
                    token = Token::Float;
                    self.at += 1;
                    if matches!(self.peek(), b'+' | b'-') {
                        self.at += 1;
                    }
                    if !self.peek().is_ascii_digit() {
                        return self.fail("exponent expected");
                    }
                }
                _ => break,
            }
            self.at += 1;
        }
        let text = &self.source[self.start..self.at];
        if token == Token::Float {
            self.float = parse_float_literal(text);
        } else {
            self.integer = parse_integer_literal(text, 10);
        }
        token
    }

    /// Reads as many digits as there are.
    fn digits(&mut self, is_digit: impl Fn(&u8) -> bool) -> &'s [u8] {
        let rest = &self.source[self.at..];
        let length = rest.iter().position(|byte| !is_digit(byte)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Reads a string or a character constant; its delimiter is the next byte.
    fn plain_string(&mut self, delimiter: u8) -> Token {
        self.at += 1;
        if self.peek() == 0 {
            return self.fail("error parsing the string");
        }
        let from = self.at;
        let mut copied = from;
        let mut buffer = Vec::new();
        loop {
            match self.peek() {
                0 => return self.fail("unfinished string"),
                b'\n' => return self.fail("newline in a constant"),
                b'\\' => {
                    buffer.extend_from_slice(&self.source[copied..self.at]);
                    self.at += 1;
                    match self.escape() {
                        Ok(byte) => buffer.push(byte),
                        Err(error) => {
                            self.damaged_until = Some(delimiter);
                            return self.fail(error);
                        }
                    }
                    copied = self.at;
                }
                byte if byte == delimiter => break,
                _ => self.at += 1,
            }
        }
        let to = self.at;
        self.at += 1;
        let unescaped = copied == from;
        buffer.extend_from_slice(if unescaped { &[] } else { &self.source[copied..to] });
        if delimiter == b'"' {
            self.string = if unescaped { StringContent::Slice(from, to) } else { StringContent::Buffer(buffer) };
            return Token::String;
        }
        match if unescaped { &self.source[from..to] } else { &buffer[..] } {
            [] => self.fail("empty constant"),
            [byte] => {
                self.integer = i32::from(byte.cast_signed());
                Token::Integer
            }
            _ => self.fail("constant too long"),
        }
    }

    /// Reads what follows a backslash.
    fn escape(&mut self) -> Result<u8, &'static str> {
        let byte = match self.peek() {
            b'x' => {
                self.at += 1;
                let digits = self.source[self.at..].iter().take(4).take_while(|byte| byte.is_ascii_hexdigit()).count();
                if digits == 0 {
                    return Err("hexadecimal number expected");
                }
                let value = parse_integer_literal(&self.source[self.at..self.at + digits], 16);
                self.at += digits;
                return Ok(value.to_le_bytes()[0]);
            }
            b't' => b'\t',
            b'a' => 7,
            b'b' => 8,
            b'n' => b'\n',
            b'r' => b'\r',
            b'v' => 11,
            b'f' => 12,
            b'0' => 0,
            byte @ (b'\\' | b'"' | b'\'') => byte,
            _ => return Err("unrecognised escaper char"),
        };
        self.at += 1;
        Ok(byte)
    }

    /// Reads a string behind its `@`; two quotes in it stand for one.
    fn verbatim_string(&mut self) -> Token {
        self.at += 1;
        if self.peek() == 0 {
            return self.fail("error parsing the string");
        }
        let from = self.at;
        let mut copied = from;
        let mut buffer = Vec::new();
        loop {
            match self.peek() {
                0 => return self.fail("unfinished string"),
                b'"' => {
                    self.at += 1;
                    if self.peek() != b'"' {
                        break;
                    }
                    buffer.extend_from_slice(&self.source[copied..self.at]);
                    self.at += 1;
                    copied = self.at;
                }
                byte => {
                    self.line += u32::from(byte == b'\n');
                    self.at += 1;
                }
            }
        }
        let to = self.at - 1;
        if copied == from {
            self.string = StringContent::Slice(from, to);
        } else {
            buffer.extend_from_slice(&self.source[copied..to]);
            self.string = StringContent::Buffer(buffer);
        }
        Token::String
    }

    /// Skips bytes to the next one that is `last`, at most to the end of the line.
    fn skip_damaged(&mut self, last: u8) {
        loop {
            match self.peek() {
                b'\n' | 0 => return,
                b'\\' if !matches!(self.source.get(self.at + 1), None | Some(b'\n')) => self.at += 2,
                byte => {
                    self.at += 1;
                    if byte == last {
                        return;
                    }
                }
            }
        }
    }
}
