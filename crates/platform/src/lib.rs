//! The imp platform for Squirrel programs: what agents can call, and the loop that hands them their events.
//!
//! There is no I/O here, no clock and no randomness: [`Agent::run`] is told the time, [`Agent::tell`] what happens, and
//! [`Agent::take_effects`] says what the program wants done. So the same agent runs in a cloud and in simulated time.

mod agent;
mod api;
pub mod board;
mod codec;
mod compile;
mod constants;
mod data;
mod host;
mod http;
mod imp;
mod mqtt;
mod plugged;
mod require;
mod snapshot;

pub use agent::{Agent, End, Event, Progress};
pub use api::{agent_image, imp_image, imp_image_of};
pub use compile::compile;
pub use host::{Effect, Surroundings};
pub use http::{Headers, HttpAnswer, HttpRequest, HttpResponse, Inbound, curl};
pub use imp::{ImpEvent, ImpFacts, ImpOrder, Network, OnError, Peripherals, SendPolicy, Sleep};
pub use mqtt::{
    MOST_CALLS, MOST_PAYLOAD_BYTES, MOST_TOPIC_BYTES, MqttConnect, MqttEvent, MqttMessage, MqttOrder, Qos,
    code as mqtt_code,
};
pub use require::{Required, requires};

/// Returns a log line as text; bytes that are none as the vendor shows them.
pub fn readable(text: Vec<u8>) -> String {
    String::from_utf8(text).unwrap_or_else(|error| {
        let bytes: Vec<String> = error.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("binary: {}", bytes.join(" "))
    })
}
