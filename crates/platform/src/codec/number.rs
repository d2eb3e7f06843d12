//! Floats as C prints them.

/// Writes a finite float as C's `%g` does with so many significant digits, at least one.
pub(super) fn general(float: f32, digits: usize) -> String {
    let scientific = format!("{:.*e}", digits - 1, f64::from(float));
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    match usize::try_from(exponent) {
        Ok(before) if before < digits => without_zeros(&format!("{float:.*}", digits - 1 - before)).to_owned(),
        Err(_) if exponent >= -4 => {
            let decimals = digits - 1 + exponent.unsigned_abs() as usize;
            without_zeros(&format!("{float:.decimals$}")).to_owned()
        }
        _ => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.unsigned_abs())
        }
    }
}

/// Cuts the zeros at the end of decimals, and the point if none are left.
fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::general;

    #[test]
    fn floats_print_as_c_prints_them() {
        let cases: [(f32, usize, &str); 15] = [
            (9.542_969, 8, "9.5429688"),
            (24.78, 8, "24.780001"),
            (91.906_25, 8, "91.90625"),
            (0.1, 8, "0.1"),
            (-0.0, 8, "-0"),
            (100.0, 8, "100"),
            (16_777_216.0, 8, "16777216"),
            (123_456_789.0, 8, "1.2345679e+08"),
            (99_999_999.0, 8, "1e+08"),
            (0.000_1, 8, "9.9999997e-05"),
            (0.001, 8, "0.001"),
            (1e-10, 8, "1e-10"),
            (-1.5e20, 8, "-1.5e+20"),
            (2.345_678_9, 6, "2.34568"),
            (1_234_567.0, 6, "1.23457e+06"),
        ];
        for (float, digits, text) in cases {
            assert_eq!(general(float, digits), text);
        }
    }
}
