//! The format strings of `format()`: C's `printf` without `*` and length modifiers.
//!
//! Differs from the reference on purpose: `%s` takes the whole string, NUL bytes included (C stops at the first), and a
//! format that ends inside a directive, or has a NUL byte in one, is an `invalid format` (the reference reads on past
//! the end of the string). `%#g` of a number that rounds up to the first exponent keeps its zeros (`1.00000e+06` for
//! 999999.5), as the C standard asks; glibc 2.36 prints `1.e+06`.

use super::number;

/// A part of a format string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Bytes to copy as they are; never empty.
    Literal(&'a [u8]),
    /// A directive, which takes the next argument.
    Directive(Directive),
}

/// One `%...` directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The flags, in any order and number in the text.
    pub flags: Flags,
    /// The least number of bytes to write, at most 99 when parsed.
    pub width: Option<u16>,
    /// Digits, decimals or bytes of a string, at most 99 when parsed; a point without digits is 0.
    pub precision: Option<u16>,
    /// What is converted, and how.
    pub conversion: Conversion,
}

/// The flags of a directive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "printf has five flags")]
pub struct Flags {
    /// `-`: pad on the right.
    pub left: bool,
    /// `+`: a sign for positive numbers.
    pub plus: bool,
    /// Blank: a blank in place of the plus sign.
    pub blank: bool,
    /// `#`: the alternate form.
    pub alternate: bool,
    /// `0`: pad with zeros after the sign.
    pub zero: bool,
}

/// The letter that ends a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// `d` or `i`.
    Decimal,
    /// `u`.
    Unsigned,
    /// `o`.
    Octal,
    /// `x`.
    Hex,
    /// `X`.
    HexUpper,
    /// `c`.
    Char,
    /// `f`.
    Fixed,
    /// `e`.
    Scientific,
    /// `E`.
    ScientificUpper,
    /// `g`.
    General,
    /// `G`.
    GeneralUpper,
    /// `s`.
    Text,
}

/// The type of argument a conversion takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A number, truncated if it is a float; else `integer expected for the specified format`.
    Integer,
    /// A number; else `float expected for the specified format`.
    Float,
    /// A string; else `string expected for the specified format`.
    Text,
}

impl Conversion {
    fn from_letter(letter: u8) -> Option<Self> {
        Some(match letter {
            b'd' | b'i' => Self::Decimal,
            b'u' => Self::Unsigned,
            b'o' => Self::Octal,
            b'x' => Self::Hex,
            b'X' => Self::HexUpper,
            b'c' => Self::Char,
            b'f' => Self::Fixed,
            b'e' => Self::Scientific,
            b'E' => Self::ScientificUpper,
            b'g' => Self::General,
            b'G' => Self::GeneralUpper,
            b's' => Self::Text,
            _ => return None,
        })
    }

    /// Returns the type of argument to convert.
    pub fn argument(self) -> Argument {
        match self {
            Self::Decimal | Self::Unsigned | Self::Octal | Self::Hex | Self::HexUpper | Self::Char => Argument::Integer,
            Self::Fixed | Self::Scientific | Self::ScientificUpper | Self::General | Self::GeneralUpper => {
                Argument::Float
            }
            Self::Text => Argument::Text,
        }
    }
}

impl Argument {
    /// Returns the error for an argument of another type.
    pub fn error(self) -> &'static str {
        match self {
            Self::Integer => "integer expected for the specified format",
            Self::Float => "float expected for the specified format",
            Self::Text => "string expected for the specified format",
        }
    }
}

/// A format string being read, from its start to its end.
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    rest: &'a [u8],
}

impl<'a> Pieces<'a> {
    /// Starts at the beginning of a format string.
    pub fn new(format: &'a [u8]) -> Self {
        Self { rest: format }
    }

    /// Returns the next piece, or none at the end; every piece takes at least one byte.
    ///
    /// `more_arguments` says whether an argument is left for a directive.
    ///
    /// # Errors
    /// The reference's texts, in its order: `not enough paramters for the given format string` (sic), `width format too
    /// long`, `precision format too long` (three digits), `format too long` (more than 20 bytes between `%` and the
    /// letter), `invalid format`. Do not go on after an error.
    pub fn next(&mut self, more_arguments: bool) -> Result<Option<Piece<'a>>, &'static str> {
        let text = self.rest;
        let piece = match text {
            [] => return Ok(None),
            [b'%', b'%', rest @ ..] => {
                self.rest = rest;
                Piece::Literal(&text[..1])
            }
            [b'%', ..] if !more_arguments => return Err("not enough paramters for the given format string"),
            [b'%', rest @ ..] => {
                let (directive, length) = parse_directive(rest)?;
                self.rest = &rest[length..];
                Piece::Directive(directive)
            }
            _ => {
                let (literal, rest) = text.split_at(text.iter().position(|&byte| byte == b'%').unwrap_or(text.len()));
                self.rest = rest;
                Piece::Literal(literal)
            }
        };
        Ok(Some(piece))
    }
}

/// Reads the directive at the start of the text, behind its `%`; returns it with its length in bytes.
fn parse_directive(text: &[u8]) -> Result<(Directive, usize), &'static str> {
    let mut flags = Flags::default();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'-' => flags.left = true,
            b'+' => flags.plus = true,
            b' ' => flags.blank = true,
            b'#' => flags.alternate = true,
            b'0' => flags.zero = true,
            _ => break,
        }
        at += 1;
    }
    let width = parse_digits(text, &mut at).ok_or("width format too long")?;
    let mut precision = None;
    if text.get(at) == Some(&b'.') {
        at += 1;
        precision = Some(parse_digits(text, &mut at).ok_or("precision format too long")?.unwrap_or(0));
    }
    if at > 20 {
        return Err("format too long");
    }
    let conversion = text.get(at).and_then(|&letter| Conversion::from_letter(letter)).ok_or("invalid format")?;
    Ok((Directive { flags, width, precision, conversion }, at + 1))
}

/// Reads at most two digits; none if there are more, `Some(None)` if there are none.
fn parse_digits(text: &[u8], at: &mut usize) -> Option<Option<u16>> {
    let mut value = None;
    for count in 0.. {
        match text.get(*at) {
            Some(byte @ b'0'..=b'9') if count < 2 => value = Some(value.unwrap_or(0) * 10 + u16::from(byte - b'0')),
            Some(b'0'..=b'9') => return None,
            _ => break,
        }
        *at += 1;
    }
    Some(value)
}

/// Returns how many bytes a directive writes at most; `content_len` is the length of a string argument.
///
/// Exact for strings and characters, an upper bound for numbers.
pub fn max_len(directive: &Directive, content_len: usize) -> usize {
    let precision = directive.precision.map(usize::from);
    let content = match directive.conversion.argument() {
        Argument::Text => precision.map_or(content_len, |precision| content_len.min(precision)),
        Argument::Integer if directive.conversion == Conversion::Char => 1,
        // Sign or `0x`, and 11 octal digits behind the zero of `#`.
        Argument::Integer => 2 + precision.unwrap_or(0).max(12),
        // Sign, the 39 digits of the largest float (or a mantissa, its exponent and leading zeros), point.
        Argument::Float => 1 + 39 + 1 + precision.unwrap_or(6),
    };
    content.max(directive.width.map_or(0, usize::from))
}

/// Appends an integer as `d i o u x X c` ask; `c` writes the low byte, NUL too. Any other conversion writes it as `d`.
pub fn write_integer(out: &mut Vec<u8>, directive: &Directive, value: i32) {
    let flags = directive.flags;
    let pattern = value.cast_unsigned();
    let (prefix, mut digits): (&[u8], String) = match directive.conversion {
        Conversion::Char => return pad(out, directive, &[], &pattern.to_le_bytes()[..1], false),
        Conversion::Unsigned => (b"", pattern.to_string()),
        Conversion::Octal => (b"", format!("{pattern:o}")),
        Conversion::Hex => (if flags.alternate && value != 0 { b"0x" } else { b"" }, format!("{pattern:x}")),
        Conversion::HexUpper => (if flags.alternate && value != 0 { b"0X" } else { b"" }, format!("{pattern:X}")),
        _ => (sign(flags, value < 0), value.unsigned_abs().to_string()),
    };
    if directive.precision == Some(0) && value == 0 {
        digits.clear();
    }
    let missing = usize::from(directive.precision.unwrap_or(0)).saturating_sub(digits.len());
    if missing > 0 {
        digits.insert_str(0, &"0".repeat(missing));
    }
    if directive.conversion == Conversion::Octal && flags.alternate && !digits.starts_with('0') {
        digits.insert(0, '0');
    }
    // A precision switches the flag `0` off.
    pad(out, directive, prefix, digits.as_bytes(), flags.zero && directive.precision.is_none());
}

/// Appends a float as `e E f g G` ask. Any other conversion writes it as `g`.
pub fn write_float(out: &mut Vec<u8>, directive: &Directive, value: f32) {
    let flags = directive.flags;
    let precision = directive.precision.map_or(6, usize::from);
    let magnitude = value.abs();
    let mut digits = Vec::new();
    if !number::write_special(&mut digits, magnitude) {
        match directive.conversion {
            Conversion::Fixed => number::write_fixed(&mut digits, magnitude, precision, flags.alternate),
            Conversion::Scientific | Conversion::ScientificUpper => {
                number::write_scientific(&mut digits, magnitude, precision, flags.alternate);
            }
            _ => number::write_general(&mut digits, magnitude, precision, flags.alternate),
        }
    }
    if matches!(directive.conversion, Conversion::ScientificUpper | Conversion::GeneralUpper) {
        digits.make_ascii_uppercase();
    }
    let zeros = flags.zero && value.is_finite();
    pad(out, directive, sign(flags, value.is_sign_negative()), &digits, zeros);
}

/// Appends a string as `s` asks: all its bytes, or as many as the precision allows.
pub fn write_string(out: &mut Vec<u8>, directive: &Directive, text: &[u8]) {
    let length = directive.precision.map_or(text.len(), |precision| text.len().min(precision.into()));
    pad(out, directive, &[], &text[..length], false);
}

fn sign(flags: Flags, negative: bool) -> &'static [u8] {
    match (negative, flags.plus, flags.blank) {
        (true, _, _) => b"-",
        (_, true, _) => b"+",
        (_, _, true) => b" ",
        _ => b"",
    }
}

/// Appends prefix and content, filled up to the width: blanks behind with the flag `-`, else zeros between or blanks in
/// front.
fn pad(out: &mut Vec<u8>, directive: &Directive, prefix: &[u8], content: &[u8], zeros: bool) {
    let fill = usize::from(directive.width.unwrap_or(0)).saturating_sub(prefix.len() + content.len());
    let (front, between, behind) = match (directive.flags.left, zeros) {
        (true, _) => (0, 0, fill),
        (_, true) => (0, fill, 0),
        _ => (fill, 0, 0),
    };
    out.extend(std::iter::repeat_n(b' ', front));
    out.extend_from_slice(prefix);
    out.extend(std::iter::repeat_n(b'0', between));
    out.extend_from_slice(content);
    out.extend(std::iter::repeat_n(b' ', behind));
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Value {
        Integer(i32),
        Float(f32),
        Text(&'static [u8]),
    }

    fn format(format: &[u8], value: &Value) -> Result<String, &'static str> {
        let mut out = Vec::new();
        let mut pieces = Pieces::new(format);
        let mut left = true;
        while let Some(piece) = pieces.next(left)? {
            match piece {
                Piece::Literal(text) => out.extend_from_slice(text),
                Piece::Directive(directive) => {
                    left = false;
                    let start = out.len();
                    let mut content_len = 0;
                    match (directive.conversion.argument(), value) {
                        (Argument::Integer, &Value::Integer(value)) => write_integer(&mut out, &directive, value),
                        (Argument::Float, &Value::Float(value)) => write_float(&mut out, &directive, value),
                        (Argument::Text, &Value::Text(text)) => {
                            content_len = text.len();
                            write_string(&mut out, &directive, text);
                        }
                        (argument, _) => return Err(argument.error()),
                    }
                    assert!(out.len() - start <= max_len(&directive, content_len));
                }
            }
        }
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn values_format_as_in_c() {
        use Value::{Float, Integer, Text};
        for (text, value, expected) in [
            ("a%db%%", Integer(-7), "a-7b%"),
            ("%5d|", Integer(-7), "   -7|"),
            ("%-5d|", Integer(-7), "-7   |"),
            ("%-05d|", Integer(-7), "-7   |"),
            ("%05d", Integer(-7), "-0007"),
            ("%+05i", Integer(7), "+0007"),
            ("% d", Integer(7), " 7"),
            ("%05.3d", Integer(7), "  007"),
            ("%.d", Integer(0), ""),
            ("%+.0d", Integer(0), "+"),
            ("%u", Integer(-1), "4294967295"),
            ("%d", Integer(i32::MIN), "-2147483648"),
            ("%#x", Integer(255), "0xff"),
            ("%#010X", Integer(255), "0X000000FF"),
            ("%#x", Integer(0), "0"),
            ("%#o", Integer(8), "010"),
            ("%#.0o", Integer(0), "0"),
            ("%#.4o", Integer(8), "0010"),
            ("%c", Integer(0), "\0"),
            ("%3c|", Integer(321), "  A|"),
            ("%03c", Integer(65), "  A"),
            ("%s", Text(b"a\0b"), "a\0b"),
            ("%5.1s", Text(b"ab"), "    a"),
            ("%05s", Text(b"ab"), "   ab"),
            ("%f", Float(1.5), "1.500000"),
            ("%.0f", Float(2.5), "2"),
            ("%#.0f", Float(2.5), "2."),
            ("%.3f", Float(0.1), "0.100"),
            ("%.12f", Float(0.1), "0.100000001490"),
            ("%08.2f", Float(-1.5), "-0001.50"),
            ("%e", Float(0.0), "0.000000e+00"),
            ("%.2E", Float(12345.0), "1.23E+04"),
            ("%#.0e", Float(12345.0), "1.e+04"),
            ("%g", Float(0.0001), "0.0001"),
            ("%g", Float(0.000_01), "1e-05"),
            ("%#g", Float(1.0), "1.00000"),
            ("%.3g", Float(1234.0), "1.23e+03"),
            ("%.0G", Float(1234.0), "1E+03"),
            ("%#.4g", Float(1234.0), "1234."),
            ("%#g", Float(999_999.5), "1.00000e+06"),
            ("%06f", Float(f32::INFINITY), "   inf"),
            ("%+G", Float(f32::INFINITY), "+INF"),
        ] {
            assert_eq!(format(text.as_bytes(), &value), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn bad_formats_are_refused() {
        for (text, expected) in [
            ("%100d", "width format too long"),
            ("%.100d", "precision format too long"),
            ("%---------------------d", "format too long"),
            ("%q", "invalid format"),
            ("%5%", "invalid format"),
            ("%*d", "invalid format"),
            ("%ld", "invalid format"),
            ("%", "invalid format"),
            ("%5.", "invalid format"),
            ("%\0d", "invalid format"),
            ("%d%q", "not enough paramters for the given format string"),
            ("%s", "string expected for the specified format"),
            ("%f", "float expected for the specified format"),
        ] {
            assert_eq!(format(text.as_bytes(), &Value::Integer(1)), Err(expected), "{text}");
        }
        assert_eq!(format(b"%--------------------d", &Value::Integer(1)), Ok("1".to_owned()));
        assert_eq!(format(b"%c", &Value::Text(b"a")), Err("integer expected for the specified format"));
    }

    #[test]
    fn hand_made_directives_do_no_harm() {
        let directive = Directive {
            flags: Flags { alternate: true, ..Flags::default() },
            width: Some(u16::MAX),
            precision: Some(u16::MAX),
            conversion: Conversion::General,
        };
        let mut out = Vec::new();
        write_float(&mut out, &directive, f32::MIN_POSITIVE);
        write_integer(&mut out, &directive, i32::MIN);
        assert_eq!(out.len(), usize::from(u16::MAX) + 1 + 4 + usize::from(u16::MAX) + 1);
    }
}
