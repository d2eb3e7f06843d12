//! `hardware.sampler`: analog inputs at a fixed rate, buffer by buffer.

use squirrel::{Call, Fault, Flow, Function, Member, Tag, Value};

use super::{blobs, check_buffers, hardware, integer, number, pin_argument, refused, set_hardware_callback};
use crate::api::{done, function_or_null};
use crate::board::{Pin, SampleFormat};
use crate::codec::wrong_type;
use crate::constants::{A_LAW_COMPRESS, NORMALISE};

/// Its name after `hardware.`.
pub(crate) const SAMPLER: &str = "sampler";

const CONFIGURE: &str = "sampler.configure(pins, rate, buffers, callback, flags)";

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(Function::new("configure", configure, -5, "..nac|oi").documented(
        "configure(pin|pins, rate, buffers, function(buffer, length) [, flags])",
        "Has pins sampled so often a second into blobs; the function gets each that is full.",
    )),
    Member::Function(Function::new("start", start, 1, "").documented("start()", "Starts sampling.")),
    Member::Function(
        Function::new("stop", stop, 1, "").documented("stop()", "Stops sampling; the function gets what is there."),
    ),
    Member::Function(Function::new("reset", reset, 1, "").documented("reset()", "Forgets how it was configured.")),
];

fn configure(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.count() > 6 {
        return Err("wrong number of parameters".into());
    }
    let (pins, rate_hz, buffers) = (pins(call)?, rate_hz(call, CONFIGURE)?, blobs(call, 3)?);
    let (function, flags) = (function_or_null(call, 4)?, integer(call, 5));
    check_buffers(call, &buffers, 0, CONFIGURE)?;
    let format = SampleFormat { a_law: flags & A_LAW_COMPRESS != 0, normalised: flags & NORMALISE != 0 };
    let sizes = buffers.iter().map(|&blob| call.heap.blob_bytes(blob).map_or(0, <[u8]>::len)).collect();
    let kept = call.heap.array([&[function], &buffers[..]].concat())?;
    set_hardware_callback(call, SAMPLER, kept)?;
    hardware(call)?.configure_sampler(pins, rate_hz, sizes, format).map_err(|error| refused(error, CONFIGURE))?;
    done()
}

/// A pin, or those of an array.
fn pins(call: &Call<'_>) -> Result<Vec<Pin>, Fault> {
    let argument = call.argument(1);
    let given = if argument.is(Tag::Array) { call.heap.items(argument).to_vec() } else { vec![argument] };
    let pins: Option<Vec<Pin>> = given.into_iter().map(|value| pin_argument(call, value)).collect();
    pins.ok_or_else(|| wrong_type(1, argument, "pin|array of pins"))
}

/// So many samples a second.
pub(super) fn rate_hz(call: &Call<'_>, what: &str) -> Result<u32, Fault> {
    let rate = number(call, 2)?;
    if !(1.0..=1e6).contains(&rate) {
        return Err(refused("rate is not from 1 to 1000000 Hz", what));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in this range it fits")]
    let rate_hz = rate as u32;
    Ok(rate_hz)
}

fn start(call: &mut Call<'_>) -> Result<Flow, Fault> {
    hardware(call)?.start_sampler().map_err(|error| refused(error, "sampler.start()"))?;
    done()
}

fn stop(call: &mut Call<'_>) -> Result<Flow, Fault> {
    hardware(call)?.stop_sampler();
    done()
}

fn reset(call: &mut Call<'_>) -> Result<Flow, Fault> {
    set_hardware_callback(call, SAMPLER, Value::NULL)?;
    hardware(call)?.reset_sampler();
    done()
}
