//! The mathematics library.
//!
//! All functions give the same bits on every machine: none is the C library's.

use super::Owner::Math;
use super::{Builtin, RAND_MAX, integer, is_imp};
use crate::fault::Fault;
use crate::native::{Call, Flow};
use crate::value::Value;

pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin::new(Math, "abs", abs, 2, ".n", "abs(x) -> integer", "Returns the absolute value of an integer."),
    Builtin::new(Math, "acos", acos, 2, ".n", "acos(x) -> float", "Returns the arc cosine in radians."),
    Builtin::new(Math, "asin", asin, 2, ".n", "asin(x) -> float", "Returns the arc sine in radians."),
    Builtin::new(Math, "atan", atan, 2, ".n", "atan(x) -> float", "Returns the arc tangent in radians."),
    Builtin::new(
        Math,
        "atan2",
        atan2,
        3,
        ".nn",
        "atan2(y, x) -> float",
        "Returns the angle of the point (x, y) in radians.",
    ),
    Builtin::new(Math, "ceil", ceil, 2, ".n", "ceil(x) -> float", "Rounds up to a whole number."),
    Builtin::new(Math, "cos", cos, 2, ".n", "cos(x) -> float", "Returns the cosine of an angle in radians."),
    Builtin::new(Math, "exp", exp, 2, ".n", "exp(x) -> float", "Returns the exponential function."),
    Builtin::new(Math, "fabs", fabs, 2, ".n", "fabs(x) -> float", "Returns the absolute value of a float."),
    Builtin::new(Math, "floor", floor, 2, ".n", "floor(x) -> float", "Rounds down to a whole number."),
    Builtin::new(Math, "log", log, 2, ".n", "log(x) -> float", "Returns the natural logarithm."),
    Builtin::new(Math, "log10", log10, 2, ".n", "log10(x) -> float", "Returns the logarithm to the base 10."),
    Builtin::new(Math, "pow", pow, 3, ".nn", "pow(x, y) -> float", "Returns `x` to the power of `y`."),
    Builtin::new(
        Math,
        "rand",
        rand,
        1,
        "",
        "rand() -> integer",
        "Returns a pseudo-random number from 0 to `RAND_MAX`.",
    ),
    Builtin::new(Math, "sin", sin, 2, ".n", "sin(x) -> float", "Returns the sine of an angle in radians."),
    Builtin::new(Math, "sqrt", sqrt, 2, ".n", "sqrt(x) -> float", "Returns the square root."),
    Builtin::new(Math, "srand", srand, 2, ".n", "srand(seed)", "Seeds `rand()`; no effect in the imp dialect."),
    Builtin::new(Math, "tan", tan, 2, ".n", "tan(x) -> float", "Returns the tangent of an angle in radians."),
];

/// What x86 makes of an operation without a result; it prints as `-nan`.
const NEGATIVE_NAN: f32 = f32::from_bits(0xffc0_0000);

fn number(call: &Call<'_>, place: usize) -> f32 {
    call.argument(place).as_number().unwrap_or(0.0)
}

/// Answers a float; where the function has none, with the reference's NaN for it.
fn answer(argument: f32, result: f32, nan: f32) -> Result<Flow, Fault> {
    let result = match (argument.is_nan(), result.is_nan()) {
        (true, _) => argument,
        (_, true) => nan,
        _ => result,
    };
    Ok(Flow::Return(Value::float(result)))
}

/// Rounds what was computed with double precision.
#[expect(clippy::cast_possible_truncation, reason = "rounding is what is asked for")]
fn round(double: f64) -> f32 {
    double as f32
}

fn abs(call: &mut Call<'_>) -> Result<Flow, Fault> {
    Ok(Flow::Return(Value::integer(integer(call, 1).unwrap_or(0).wrapping_abs())))
}

fn acos(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let x = number(call, 1);
    answer(x, round(libm::acos(x.into())), f32::NAN)
}

fn asin(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let x = number(call, 1);
    answer(x, round(libm::asin(x.into())), f32::NAN)
}

fn atan(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let x = number(call, 1);
    answer(x, round(libm::atan(x.into())), f32::NAN)
}

fn atan2(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (y, x) = (number(call, 1), number(call, 2));
    answer(if x.is_nan() { x } else { y }, libm::atan2f(y, x), f32::NAN)
}

fn ceil(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let x = number(call, 1);
    answer(x, x.ceil(), f32::NAN)
}

fn cos(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let x = number(call, 1);
    answer(x, libm::cosf(x), NEGATIVE_NAN)
}

fn exp(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let x = number(call, 1);
    answer(x, round(libm::exp(x.into())), f32::NAN)
}

fn fabs(call: &mut Call<'_>) -> Result<Flow, Fault> {
    Ok(Flow::Return(Value::float(number(call, 1).abs())))
}

fn floor(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let x = number(call, 1);
    answer(x, x.floor(), f32::NAN)
}

fn log(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let x = number(call, 1);
    answer(x, round(libm::log(x.into())), NEGATIVE_NAN)
}

fn log10(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let x = number(call, 1);
    answer(x, round(libm::log10(x.into())), f32::NAN)
}

fn pow(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (x, y) = (number(call, 1), number(call, 2));
    let result = round(libm::pow(x.into(), y.into()));
    // 1 to any power and any number to the power of 0 are 1, NaN included.
    if !result.is_nan() {
        return Ok(Flow::Return(Value::float(result)));
    }
    answer(if x.is_nan() { x } else { y }, result, NEGATIVE_NAN)
}

/// A step of SplitMix64.
fn rand(call: &mut Call<'_>) -> Result<Flow, Fault> {
    call.heap.random = call.heap.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = call.heap.random;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let number = i32::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap_or(RAND_MAX);
    Ok(Flow::Return(Value::integer(number)))
}

fn sin(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let x = number(call, 1);
    answer(x, libm::sinf(x), NEGATIVE_NAN)
}

fn sqrt(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let x = number(call, 1);
    answer(x, x.sqrt(), NEGATIVE_NAN)
}

fn srand(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if !is_imp(call) {
        call.heap.random = u64::from(integer(call, 1).unwrap_or(0).cast_unsigned());
    }
    Ok(Flow::Return(Value::NULL))
}

fn tan(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let x = number(call, 1);
    answer(x, round(libm::tan(x.into())), NEGATIVE_NAN)
}
