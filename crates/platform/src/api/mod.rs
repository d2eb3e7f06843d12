//! What programs can call: one file for each object.

#![expect(clippy::unnecessary_wraps, reason = "natives have one type, those that cannot fail too")]

mod device;
mod http;
mod imp;
mod mqtt;
mod on_imp;
mod server;
mod signatures;

pub use on_imp::{imp_image, imp_image_of};

pub(crate) use on_imp::{DAC, SAMPLER};

pub(crate) use http::{answer_table, request_table};
pub(crate) use mqtt::{Handler, arguments, handler, message_table};

use squirrel::{Call, Dialect, Fault, Flow, Heap, Image, ImageBuilder, Member, Tag, Value, syntax};

use crate::codec::{data, wrong_type};
use crate::constants::CONSTANTS;
use crate::{codec, host};

/// The kind of content of the platform's instances.
const REQUEST: &str = "httprequest";
const RESPONSE: &str = "httpresponse";
const TIMER: &str = "timer";
const STREAM: &str = "httpstream";
const MQTT_CLIENT: &str = "mqttclient";
const MQTT_MESSAGE: &str = "mqttmessage";

/// Makes the image of all agents. `seed` is a secret number: see [`ImageBuilder::with_seed`].
pub fn agent_image(seed: u64) -> Image {
    let http: Vec<Member<'_>> =
        [http::MEMBERS, codec::json::MEMBERS, codec::url::MEMBERS, codec::base64::MEMBERS].concat();
    with_constants(ImageBuilder::with_seed(Dialect::Imp, seed))
        .object("server", server::MEMBERS)
        .object("http", &[&http[..], &[Member::Object { name: "hash", members: codec::hash::MEMBERS }]].concat())
        .object("device", device::MEMBERS)
        .object("imp", imp::MEMBERS)
        .object("crypto", &crypto_members())
        .class(REQUEST, Some(REQUEST), http::REQUEST_METHODS)
        .class(RESPONSE, Some(RESPONSE), http::RESPONSE_METHODS)
        .object("mqtt", mqtt::MEMBERS)
        .class(TIMER, Some(TIMER), imp::TIMER_METHODS)
        .class(STREAM, Some(STREAM), http::STREAM_METHODS)
        .class(MQTT_CLIENT, Some(MQTT_CLIENT), mqtt::CLIENT_METHODS)
        .class(MQTT_MESSAGE, Some(MQTT_MESSAGE), mqtt::MESSAGE_METHODS)
        .build()
}

/// The constants, which both sides know.
fn with_constants(mut builder: ImageBuilder) -> ImageBuilder {
    for &(name, value) in CONSTANTS {
        builder = builder.constant(name, syntax::Constant::Scalar(syntax::Scalar::Integer(value)));
    }
    builder
}

/// Members of `crypto`, on both sides.
fn crypto_members() -> Vec<Member<'static>> {
    [codec::crypto::MEMBERS, signatures::MEMBERS].concat()
}

/// The names of the classes that programs cannot see.
pub(crate) const HIDDEN: [&str; 6] = [REQUEST, RESPONSE, TIMER, STREAM, MQTT_CLIENT, MQTT_MESSAGE];

/// Sets a slot of a table that a program is given.
fn set(heap: &mut Heap, table: Value, name: &str, value: Value) -> Result<(), Fault> {
    let name = heap.string(name.as_bytes())?;
    heap.table_set(table, name, value, &mut 0)
}

/// The same, with a string.
fn set_text(heap: &mut Heap, table: Value, name: &str, text: &str) -> Result<(), Fault> {
    let text = heap.string(text.as_bytes())?;
    set(heap, table, name, text)
}

/// Seconds as microseconds; too many are as many as there can be.
fn microseconds(seconds: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "too long is for ever")]
    let microseconds = (seconds * 1e6) as i64;
    microseconds
}

/// Nothing to return.
fn done() -> Result<Flow, Fault> {
    Ok(Flow::Return(Value::NULL))
}

/// Success, as a number.
fn zero() -> Result<Flow, Fault> {
    Ok(Flow::Return(Value::integer(0)))
}

/// The bytes of a string or blob, to keep.
fn bytes(call: &Call<'_>, place: usize) -> Result<Vec<u8>, Fault> {
    data(call, place).map(<[u8]>::to_vec)
}

/// A function, or null.
fn function_or_null(call: &Call<'_>, place: usize) -> Result<Value, Fault> {
    let value = call.argument(place);
    match value.tag() {
        Tag::Null | Tag::Closure | Tag::Native => Ok(value),
        _ => Err(wrong_type(place, value, "null|function")),
    }
}

/// Registers the argument as the one callback of its kind; null takes it away.
fn register(call: &mut Call<'_>, which: host::Callback) -> Result<Flow, Fault> {
    let function = function_or_null(call, 1)?;
    host::set_callback(call, which, function)?;
    done()
}

/// Has a function called soon, unless it is null. Nothing may have happened yet that must not happen twice.
fn call_soon(call: &mut Call<'_>, function: Value, arguments: &[Value]) -> Result<(), Fault> {
    if function.is_null() {
        return Ok(());
    }
    let items = call.heap.array([&[function], arguments].concat())?;
    let id = host::host(call)?.last_id.wrapping_add(1);
    host::set_callback_of(call, host::Callback::Soon, host::key_of(id), items)?;
    let host = host::host(call)?;
    host.next_id();
    host.soon.push_back(id);
    Ok(())
}

/// The number that an instance of the platform's has for content.
fn number_of(call: &Call<'_>, instance: Value, kind: &str) -> Option<u32> {
    call.payload(instance, kind)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}
