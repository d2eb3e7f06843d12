//! What both directions share.

use crate::{
    CloseReason, DecodeError, EncodeError, MAX_FRAME_BYTES, MAX_NAME_BYTES, MAX_TEXT_BYTES, MAX_VALUE_BYTES, Problem,
    Value, fields,
    read::{Reader, fail},
    write,
};
use alloc::{string::String, vec::Vec};

/// The bit of a frame's type that says that the server sent it.
pub(crate) const FROM_SERVER: u8 = 0x40;

// Types of the frames that both sides send, less the bit for the direction.
pub(crate) const CLOSE: u8 = 0x03;
pub(crate) const PING: u8 = 0x04;
pub(crate) const PONG: u8 = 0x05;
pub(crate) const ACK: u8 = 0x06;
pub(crate) const MESSAGE: u8 = 0x07;

/// A device's id: 16 hex digits when written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId(pub [u8; 8]);

impl DeviceId {
    /// Reads 16 hex digits of either case.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 16 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        u64::from_str_radix(text, 16).ok().map(|id| Self(id.to_be_bytes()))
    }
}

impl core::fmt::Display for DeviceId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl core::fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

/// Why this side ends the connection. The last frame that it sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// Why.
    pub reason: CloseReason,
    /// Seconds that the peer should wait before it connects again; 0 leaves it to its back-off.
    pub retry_after_s: u32,
    /// For a log, in English; may be empty.
    pub text: String,
}

impl Close {
    /// Makes a close without a wait.
    pub fn new(reason: CloseReason, text: &str) -> Self {
        Self { reason, retry_after_s: 0, text: text.into() }
    }
}

/// `agent.send()` or `device.send()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Number among the messages and log lines of its direction.
    pub seq: u32,
    /// Whether the sender waits for an acknowledgement.
    pub ack_wanted: bool,
    /// Name of the message: any bytes.
    pub name: Vec<u8>,
    /// Its data.
    pub value: Value,
}

/// Checks the length and the direction, and reads the type.
pub(crate) fn begin(bytes: &[u8], direction: u8) -> Result<(u8, Reader<'_>), DecodeError> {
    if bytes.len() > MAX_FRAME_BYTES {
        return fail(Problem::TooLong(MAX_FRAME_BYTES), 0);
    }
    let mut reader = Reader::new(bytes);
    let kind = reader.u8()?;
    if kind & FROM_SERVER == direction { Ok((kind, reader)) } else { fail(Problem::WrongDirection(kind), 0) }
}

/// Skips a frame of a type that is not known, if it may be skipped.
pub(crate) fn unknown<T>(kind: u8) -> Result<Option<T>, DecodeError> {
    if kind >= fields::IGNORABLE { Ok(None) } else { fail(Problem::UnknownFrame(kind), 0) }
}

pub(crate) fn end(out: Vec<u8>) -> Result<Vec<u8>, EncodeError> {
    write::within("frame", out.len(), MAX_FRAME_BYTES)?;
    Ok(out)
}

pub(crate) fn write_message(out: &mut Vec<u8>, message: &Message) -> Result<(), EncodeError> {
    let Message { seq, ack_wanted, name, value } = message;
    write::varint(out, *seq);
    out.push((*ack_wanted).into());
    write::bytes(out, "name of a message", name, MAX_NAME_BYTES)?;
    value.write(out, "value", MAX_VALUE_BYTES)
}

pub(crate) fn read_message(reader: &mut Reader<'_>) -> Result<Message, DecodeError> {
    let seq = reader.varint()?;
    let ack_wanted = reader.flag()?;
    let name = reader.bytes(MAX_NAME_BYTES)?;
    Ok(Message { seq, ack_wanted, name, value: read_value(reader, MAX_VALUE_BYTES)? })
}

pub(crate) fn read_value(reader: &mut Reader<'_>, limit: usize) -> Result<Value, DecodeError> {
    let start = reader.offset();
    let value = Value::read(reader)?;
    if reader.since(start).len() > limit { fail(Problem::TooLong(limit), start) } else { Ok(value) }
}

pub(crate) fn write_close(out: &mut Vec<u8>, close: &Close) -> Result<(), EncodeError> {
    let Close { reason, retry_after_s, text } = close;
    out.push(reason.0);
    write::varint(out, *retry_after_s);
    write::bytes(out, "text", text.as_bytes(), MAX_TEXT_BYTES)
}

pub(crate) fn read_close(reader: &mut Reader<'_>) -> Result<Close, DecodeError> {
    Ok(Close { reason: CloseReason(reader.u8()?), retry_after_s: reader.varint()?, text: reader.text(MAX_TEXT_BYTES)? })
}
