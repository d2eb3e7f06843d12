//! Native functions that no program sees: the machine's own.

use crate::fault::Fault;
use crate::library::{Text, text};
use crate::native::{Call, Flow};
use crate::ops;
use crate::value::{Tag, Value};

/// The bottom of every stack: calls the function that the host or a thread wants called, and returns its value.
#[expect(clippy::unnecessary_wraps, reason = "the type of native functions")]
pub(crate) fn start(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.step == 1 {
        return Ok(Flow::Return(call.result));
    }
    let callee = call.register(0);
    #[expect(clippy::cast_possible_truncation, reason = "a frame keeps at most 255 registers")]
    let count = (call.count() as u8).saturating_sub(1);
    Ok(Flow::Call { callee, first: 1, count, step: 1, report: true })
}

/// `a + b` where one is a string and the other may have a `_tostring`.
pub(crate) fn concatenate(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (a, b) = (call.register(0), call.register(1));
    match call.step {
        0 => {
            call.set_register(2, a);
            call.set_register(3, b);
            for (place, value) in [(0_u8, a), (1, b)] {
                if let Text::Ask(metamethod) = text(call, value)? {
                    return Ok(call.invoke(metamethod, 4, &[value], 1 + u32::from(place)));
                }
            }
        }
        step => {
            // What is no string is not taken for the text.
            let answer = call.result;
            let place = if step == 1 { 2 } else { 3 };
            if answer.is(Tag::String) {
                call.set_register(place, answer);
            }
            if step == 1
                && let Text::Ask(metamethod) = text(call, b)?
            {
                return Ok(call.invoke(metamethod, 4, &[b], 2));
            }
        }
    }
    let (a, b): (Value, Value) = (call.register(2), call.register(3));
    ops::concatenate(call.heap, &call.image.0, a, b, call.fuel).map(Flow::Return)
}
