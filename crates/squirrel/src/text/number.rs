//! Numbers to text and back, as the reference does with C's `printf`, `strtol` and `strtod` in the "C" locale.

use std::io::Write as _;

/// What a number's text denotes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Read as an integer.
    Integer(i32),
    /// Read as a float.
    Float(f32),
}

impl Number {
    /// Returns the value as `tointeger()` does; floats as in [`truncate`].
    pub fn to_integer(self) -> i32 {
        match self {
            Self::Integer(value) => value,
            Self::Float(value) => truncate(value),
        }
    }

    /// Returns the value as `tofloat()` does: an integer is rounded to the nearest float.
    #[expect(clippy::cast_precision_loss, reason = "the language's own conversion")]
    pub fn to_float(self) -> f32 {
        match self {
            Self::Integer(value) => value as f32,
            Self::Float(value) => value,
        }
    }
}

/// Converts a float to an integer, rounding toward zero; NaN and values out of range give `i32::MIN`.
///
/// # Source
/// Observed on the reference (x86-64, 32-bit integers); C leaves these cases undefined.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub fn truncate(value: f32) -> i32 {
    const LIMIT: f32 = 2_147_483_648.0;
    if (-LIMIT..LIMIT).contains(&value) { value as i32 } else { i32::MIN }
}

/// Appends the decimal digits of an integer, at most 11 bytes.
pub fn write_integer(out: &mut Vec<u8>, value: i32) {
    write!(out, "{value}").expect("a vector takes every write");
}

/// Appends a float in its string form (C `%g`): at most 6 significant digits, at most 12 bytes.
pub fn write_float(out: &mut Vec<u8>, value: f32) {
    // Most floats that programs print are small whole numbers.
    let whole = truncate(value);
    if whole.unsigned_abs() < 1_000_000 && Number::Integer(whole).to_float().to_bits() == value.to_bits() {
        return write_integer(out, whole);
    }
    write_general(out, value, 6, false);
}

/// Appends a float as `the index '...' does not exist` shows it (C `%.14g`): at most 20 bytes.
pub fn write_float_key(out: &mut Vec<u8>, value: f32) {
    write_general(out, value, 14, false);
}

/// Appends a float in C's `%g` style with the given number of significant digits (0 counts as 1), in lower case.
///
/// `keep_zeros` keeps trailing zeros and the point, as the flag `#` does.
pub(super) fn write_general(out: &mut Vec<u8>, value: f32, digits: usize, keep_zeros: bool) {
    if write_special(out, value) {
        return;
    }
    let digits = digits.max(1);
    let start = out.len();
    write!(out, "{:.*e}", digits - 1, f64::from(value)).expect("a vector takes every write");
    let exponent = split_exponent(out, start);
    let first = start + usize::from(out[start] == b'-');
    let fixed = match usize::try_from(exponent) {
        Ok(before) if before < digits => {
            // `d.ddd` becomes `ddd.d`.
            if digits > 1 {
                out[first + 1..first + 2 + before].rotate_left(1);
            }
            true
        }
        Err(_) if exponent >= -4 => {
            // `d.ddd` becomes `0.00dddd`.
            if digits > 1 {
                out.remove(first + 1);
            }
            let zeros = exponent.unsigned_abs() as usize;
            out.splice(first..first, b"0.000".iter().take(1 + zeros).copied());
            true
        }
        _ => false,
    };
    if !keep_zeros {
        strip_zeros(out, start);
    } else if !out[start..].contains(&b'.') {
        out.push(b'.');
    }
    if !fixed {
        write_exponent(out, exponent);
    }
}

/// Appends a finite float in C's `%f` style; `point` keeps the point when there are no decimals.
pub(super) fn write_fixed(out: &mut Vec<u8>, value: f32, decimals: usize, point: bool) {
    write!(out, "{:.*}", decimals, f64::from(value)).expect("a vector takes every write");
    if point && decimals == 0 {
        out.push(b'.');
    }
}

/// Appends a finite float in C's `%e` style; `point` keeps the point when there are no decimals.
pub(super) fn write_scientific(out: &mut Vec<u8>, value: f32, decimals: usize, point: bool) {
    let start = out.len();
    write!(out, "{:.*e}", decimals, f64::from(value)).expect("a vector takes every write");
    let exponent = split_exponent(out, start);
    if point && decimals == 0 {
        out.push(b'.');
    }
    write_exponent(out, exponent);
}

/// Appends an exponent as C does: signed, of at least two digits.
fn write_exponent(out: &mut Vec<u8>, exponent: i32) {
    let sign = if exponent < 0 { '-' } else { '+' };
    write!(out, "e{sign}{:02}", exponent.unsigned_abs()).expect("a vector takes every write");
}

/// Appends `inf`, `-inf`, `nan` or `-nan` and returns true if the float is not finite.
pub(super) fn write_special(out: &mut Vec<u8>, value: f32) -> bool {
    if value.is_finite() {
        return false;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    out.extend_from_slice(if value.is_nan() { b"nan" } else { b"inf" });
    true
}

/// Cuts Rust's exponent (`e-7`) off the end of `out[start..]` and returns its value.
fn split_exponent(out: &mut Vec<u8>, start: usize) -> i32 {
    let Some(at) = out[start..].iter().rposition(|&byte| byte == b'e') else { return 0 };
    let exponent = str::from_utf8(&out[start + at + 1..]).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    out.truncate(start + at);
    exponent
}

/// Drops the trailing zeros of the decimals in `out[start..]`, and the point if none are left.
fn strip_zeros(out: &mut Vec<u8>, start: usize) {
    if out[start..].contains(&b'.') {
        while out.last() == Some(&b'0') {
            out.pop();
        }
        if out.last() == Some(&b'.') {
            out.pop();
        }
    }
}

/// Reads a number as `string.tointeger()` and `string.tofloat()` do: the longest prefix that makes sense.
///
/// A `.`, `e` or `E` **anywhere** in the text makes it a float, read as C's `strtod` reads it (hexadecimal floats,
/// `inf` and `nan` included), so `"0xFE"` is 254 while `"0x10"` is 0; in bases above 13 only a `.` does. Anything else
/// is read as C's `strtol` with a 64-bit `long` reads it, cut to its low 32 bits. The text ends at a NUL byte.
///
/// Returns none if no prefix is a number (`cannot convert the string`), or the base is neither 0 nor 2 to 36. Base 0
/// follows the prefix: `0x` is 16, `0` is 8, else 10.
///
/// # Source
/// Observed on the reference 3.0.5, which always has base 10; other bases as Squirrel 3.2 has them.
pub fn parse_number(text: &[u8], base: i32) -> Option<Number> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let exponents = base <= 13;
    let is_float = text.iter().any(|&byte| byte == b'.' || (exponents && matches!(byte, b'e' | b'E')));
    if is_float { scan_float(text).map(Number::Float) } else { scan_integer(text, base).map(Number::Integer) }
}

/// Reads digits of a base from 2 to 36 as the lexer does, wrapping modulo 2^32; stops at the first other byte.
///
/// No sign, blank or prefix is read; no digits give 0.
pub fn parse_integer_literal(text: &[u8], base: u32) -> i32 {
    let digits = text.iter().map_while(|&byte| digit(byte, base));
    digits.fold(0_u32, |value, digit| value.wrapping_mul(base).wrapping_add(digit)).cast_signed()
}

/// Reads a float literal as the lexer does: C's `strtod`, then narrowed; 0 if no prefix is a number.
///
/// Text after the number is ignored, so `1.2.3` is 1.2.
pub fn parse_float_literal(text: &[u8]) -> f32 {
    scan_float(text).unwrap_or(0.0)
}

fn digit(byte: u8, base: u32) -> Option<u32> {
    char::from(byte).to_digit(36).filter(|&digit| digit < base)
}

/// Skips C white space and a sign; returns the rest and whether the sign was `-`.
fn skip_sign(text: &[u8]) -> (&[u8], bool) {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).count();
    match text[blanks..] {
        [b'-', ref rest @ ..] => (rest, true),
        [b'+', ref rest @ ..] | ref rest => (rest, false),
    }
}

/// C's `strtol` with a 64-bit `long`, cut to 32 bits.
fn scan_integer(text: &[u8], base: i32) -> Option<i32> {
    let (mut text, negative) = skip_sign(text);
    let mut base = u32::try_from(base).ok().filter(|base| matches!(base, 0 | 2..=36))?;
    if matches!(base, 0 | 16) {
        if let [b'0', b'x' | b'X', rest @ ..] = text
            && rest.first().is_some_and(u8::is_ascii_hexdigit)
        {
            (text, base) = (rest, 16);
        } else if base == 0 {
            base = if text.first() == Some(&b'0') { 8 } else { 10 };
        }
    }
    digit(*text.first()?, base)?;
    let digits = text.iter().map_while(|&byte| digit(byte, base));
    let value = digits.fold(0_i64, |value, digit| {
        let value = value.saturating_mul(i64::from(base));
        if negative { value.saturating_sub(i64::from(digit)) } else { value.saturating_add(i64::from(digit)) }
    });
    #[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are what the reference keeps")]
    Some(value as i32)
}

/// C's `strtod`, narrowed to a float; none if no prefix is a number.
fn scan_float(text: &[u8]) -> Option<f32> {
    let (text, negative) = skip_sign(text);
    let starts_with = |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let magnitude = if starts_with(b"inf") {
        f32::INFINITY
    } else if starts_with(b"nan") {
        f32::from_bits(0x7fc0_0000)
    } else if let Some(value) = scan_hex_float(text) {
        value
    } else {
        scan_decimal_float(text)?
    };
    Some(if negative { -magnitude } else { magnitude })
}

#[expect(clippy::cast_possible_truncation, reason = "`strtod` gives a double, which the reference narrows")]
fn scan_decimal_float(text: &[u8]) -> Option<f32> {
    let count = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = count(0);
    let mut digits = end;
    if text.get(end) == Some(&b'.') {
        let decimals = count(end + 1);
        digits += decimals;
        end += 1 + decimals;
    }
    if digits == 0 {
        return None;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = count(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    let value = str::from_utf8(&text[..end]).ok()?.parse::<f64>().ok()?;
    Some(value as f32)
}

/// Reads `0x` digits with an optional point and binary exponent; none unless a digit follows the prefix.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "rounds once to a double, as C does")]
fn scan_hex_float(text: &[u8]) -> Option<f32> {
    let [b'0', b'x' | b'X', text @ ..] = text else { return None };
    let (mut mantissa, mut exponent) = (0_u64, 0_i64);
    let (mut digits, mut point, mut end) = (0_usize, false, 0_usize);
    for &byte in text {
        if byte == b'.' && !point {
            point = true;
        } else if let Some(digit) = digit(byte, 16) {
            digits += 1;
            if mantissa >> 60 == 0 {
                mantissa = mantissa << 4 | u64::from(digit);
                exponent -= 4 * i64::from(point);
            } else {
                // The lowest bit stands for everything below it, which is all that rounding needs.
                mantissa |= u64::from(digit != 0);
                exponent += 4 * i64::from(!point);
            }
        } else {
            break;
        }
        end += 1;
    }
    if digits == 0 {
        return None;
    }
    if let [b'p' | b'P', rest @ ..] = &text[end..] {
        let (digits, negative) = match rest {
            [b'-', digits @ ..] => (digits, true),
            [b'+', digits @ ..] | digits => (digits, false),
        };
        let power = digits.iter().map_while(|&byte| digit(byte, 10));
        let power = power.fold(0_i64, |value, digit| value.saturating_mul(10).saturating_add(i64::from(digit)));
        exponent = if negative { exponent.saturating_sub(power) } else { exponent.saturating_add(power) };
    }
    let mut value = mantissa as f64;
    // Past these bounds every float is 0 or infinite. The steps are powers of two, hence exact.
    let mut exponent = exponent.clamp(-1200, 1200);
    while exponent != 0 {
        let step = exponent.clamp(-600, 600);
        value *= 2_f64.powi(step as i32);
        exponent -= step;
    }
    Some(value as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn floats_print_with_six_digits() {
        for (value, expected) in [
            (1.0, "1"),
            (-0.0, "-0"),
            (5.1, "5.1"),
            (1.0 / 3.0, "0.333333"),
            (100_000.0, "100000"),
            (999_999.5, "1e+06"),
            (123_456.7, "123457"),
            (1e6, "1e+06"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (-12.5, "-12.5"),
            (f32::MAX, "3.40282e+38"),
            (1e-45, "1.4013e-45"),
            (f32::INFINITY, "inf"),
            (f32::NEG_INFINITY, "-inf"),
            (f32::from_bits(0x7fc0_0000), "nan"),
            (f32::from_bits(0xffc0_0000), "-nan"),
        ] {
            assert_eq!(text(|out| write_float(out, value)), expected);
        }
        assert_eq!(text(|out| write_float_key(out, 0.1)), "0.10000000149012");
        assert_eq!(text(|out| write_float_key(out, 1e20)), "1.0000000200409e+20");
    }

    #[test]
    fn strings_convert_as_in_the_reference() {
        use Number::{Float, Integer};
        for (text, expected) in [
            ("12abc", Some(Integer(12))),
            (" \t\r\n\u{b}\u{c}-12", Some(Integer(-12))),
            ("--12", None),
            ("", None),
            ("-", None),
            ("abc", None),
            ("te5", None),
            (".", None),
            ("inf", None),
            ("0x10", Some(Integer(0))),
            ("0xFe", Some(Float(254.0))),
            ("0x1.8p3", Some(Float(12.0))),
            ("0x.8", Some(Float(0.5))),
            ("0x.", Some(Float(0.0))),
            ("0x1ep-1", Some(Float(15.0))),
            ("0x0.000000000000000000000000000000000000001p152", Some(Float(0.0625))),
            ("1.2.3", Some(Float(1.2))),
            ("1e+", Some(Float(1.0))),
            ("1 .5", Some(Float(1.0))),
            ("12\0.5", Some(Integer(12))),
            ("1e99999999999999999999", Some(Float(f32::INFINITY))),
            ("-infe", Some(Float(f32::NEG_INFINITY))),
            ("4294967297", Some(Integer(1))),
            ("99999999999999999999", Some(Integer(-1))),
            ("-99999999999999999999", Some(Integer(0))),
            // Rounded twice, by way of a double.
            ("1.00000005960464477540", Some(Float(1.0))),
        ] {
            assert_eq!(parse_number(text.as_bytes(), 10), expected, "{text}");
        }
        assert!(matches!(parse_number(b"nane", 10), Some(Float(value)) if value.is_nan()));
    }

    #[test]
    fn bases_follow_strtol() {
        for (text, base, expected) in [
            ("ff", 16, Some(255)),
            ("-0XfFg", 16, Some(-255)),
            ("0x", 16, Some(0)),
            ("56f0791e", 16, Some(0x56f0_791e)),
            ("ffffffff", 16, Some(-1)),
            ("0x1f", 0, Some(31)),
            ("017", 0, Some(15)),
            ("09", 0, Some(0)),
            ("1012", 2, Some(5)),
            ("2", 2, None),
            ("zz", 36, Some(1295)),
            ("1e2", 10, Some(100)),
            ("1", 1, None),
            ("1", 37, None),
            ("1", -1, None),
        ] {
            assert_eq!(parse_number(text.as_bytes(), base).map(Number::to_integer), expected, "{text} {base}");
        }
    }

    #[test]
    fn literals_wrap() {
        assert_eq!(parse_integer_literal(b"4294967295", 10), -1);
        assert_eq!(parse_integer_literal(b"99999999999999999999999", 10), -159_383_553);
        assert_eq!(parse_integer_literal(b"FFFFFFFE", 16), -2);
        assert_eq!(parse_integer_literal(b"17", 8), 15);
        assert_eq!(parse_float_literal(b"1.5E-3").to_bits(), 0.0015_f32.to_bits());
        assert_eq!(parse_float_literal(b"1.").to_bits(), 1_f32.to_bits());
    }

    #[test]
    fn truncation_is_total() {
        assert_eq!(truncate(-3.9), -3);
        assert_eq!(truncate(3e9), i32::MIN);
        assert_eq!(truncate(f32::NAN), i32::MIN);
        assert_eq!(truncate(2_147_483_520.0), 2_147_483_520);
    }
}
