//! `hardware.fixedfrequencydac`: plays samples at a fixed rate, buffer by buffer.

use squirrel::{Call, Fault, Flow, Function, Member, Value};

use super::sampler::rate_hz;
use super::{
    MOST_BUFFERS, blobs, check_buffers, hardware, hardware_callback, integer, pin_argument, refused,
    set_hardware_callback,
};
use crate::api::{bytes, done, function_or_null};
use crate::board::SampleFormat;
use crate::codec::wrong_type;
use crate::constants::A_LAW_DECOMPRESS;

/// Its name after `hardware.`.
pub(crate) const DAC: &str = "fixedfrequencydac";

const CONFIGURE: &str = "fixedfrequencydac.configure(pin, rate, buffers, callback, flags)";
const ADD_BUFFER: &str = "fixedfrequencydac.addbuffer(buffer)";

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(Function::new("configure", configure, -5, "..nac|oi").documented(
        "configure(pin, rate, buffers, function(buffer|null) [, flags])",
        "Has blobs played so many samples a second; the function gets each that was, and null when no other follows.",
    )),
    Member::Function(Function::new("start", start, 1, "").documented("start()", "Starts playing.")),
    Member::Function(
        Function::new("stop", stop, 1, "").documented("stop()", "Stops playing; buffers that wait are forgotten."),
    ),
    Member::Function(
        Function::new("addbuffer", add_buffer, 2, ".x")
            .documented("addbuffer(blob)", "Has another blob played behind the others."),
    ),
];

fn configure(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.count() > 6 {
        return Err("wrong number of parameters".into());
    }
    let pin = pin_argument(call, call.argument(1)).ok_or_else(|| wrong_type(1, call.argument(1), "pin"))?;
    let (rate_hz, buffers) = (rate_hz(call, CONFIGURE)?, blobs(call, 3)?);
    let (function, flags) = (function_or_null(call, 4)?, integer(call, 5));
    let format = SampleFormat { a_law: flags & A_LAW_DECOMPRESS != 0, normalised: false };
    check_buffers(call, &buffers, 0, CONFIGURE)?;
    let samples: Vec<Vec<u8>> =
        buffers.iter().map(|&blob| call.heap.blob_bytes(blob).unwrap_or_default().to_vec()).collect();
    keep(call, function, &buffers)?;
    hardware(call)?.configure_dac(pin, rate_hz, samples, format).map_err(|error| refused(error, CONFIGURE))?;
    done()
}

/// Keeps the function, and the blobs that it gets one after the other.
fn keep(call: &mut Call<'_>, function: Value, buffers: &[Value]) -> Result<(), Fault> {
    let kept = call.heap.array([&[function], buffers].concat())?;
    set_hardware_callback(call, DAC, kept)
}

/// The function, and the blobs that wait.
fn kept(call: &mut Call<'_>) -> Result<(Value, Vec<Value>), Fault> {
    let kept = hardware_callback(call, DAC)?;
    let (function, buffers) = call.heap.items(kept).split_first().unwrap_or((&Value::NULL, &[]));
    Ok((*function, buffers.to_vec()))
}

fn start(call: &mut Call<'_>) -> Result<Flow, Fault> {
    hardware(call)?.start_dac().map_err(|error| refused(error, "fixedfrequencydac.start()"))?;
    done()
}

fn stop(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (function, _) = kept(call)?;
    keep(call, function, &[])?;
    hardware(call)?.stop_dac();
    done()
}

fn add_buffer(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let blob = call.argument(1);
    if call.heap.blob_bytes(blob).is_none() {
        return Err(wrong_type(1, blob, "blob"));
    }
    let (function, mut buffers) = kept(call)?;
    buffers.push(blob);
    let waiting = hardware(call)?.dac_waiting_bytes();
    check_buffers(call, &[blob], waiting, ADD_BUFFER)?;
    if buffers.len() > MOST_BUFFERS {
        return Err(refused("too many buffers", ADD_BUFFER));
    }
    let samples = bytes(call, 1)?;
    keep(call, function, &buffers)?;
    hardware(call)?.add_dac_buffer(samples).map_err(|error| refused(error, ADD_BUFFER))?;
    done()
}
