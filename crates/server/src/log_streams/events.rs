//! The events of log streams, byte for byte: LF only, `name: value` with one space, `event` first.

use crate::logs;
use impstead_bus::Published;
use impstead_model::{DeviceId, LogEntry, LogSource, LogType};
use impstead_wire as wire;
use serde::Serialize;
use std::sync::OnceLock;

use bytes::Bytes;

/// A comment, so that readers and what stands between see that the stream lives.
pub const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";

/// How the data of events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Words with single spaces between.
    Text,
    /// An object on one line.
    Json,
}

impl Format {
    /// Reads the value of the parameter `format`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// Returns the event of a log line. It is written once for all its readers.
    pub fn line(self, line: &Published) -> &Bytes {
        let form: &OnceLock<Bytes> = match self {
            Self::Text => &line.text,
            Self::Json => &line.json,
        };
        form.get_or_init(|| self.entry(&line.entry).into())
    }

    fn entry(self, entry: &LogEntry) -> Vec<u8> {
        let mut event = Vec::with_capacity(entry.message.len() + 200);
        event.extend_from_slice(b"event: message\n");
        let entry = logs::resource(entry.clone());
        match self {
            Self::Text => {
                let wire::LogEntry { device_id, ts, log_type, kind, msg } = entry;
                // Readers take a carriage return for the end of a line too, and break off at one.
                let msg = if msg.contains('\r') { msg.replace("\r\n", "\n").replace('\r', "\n") } else { msg };
                let mut lines = msg.split('\n');
                let first = lines.next().unwrap_or_default();
                event.extend_from_slice(format!("data: {device_id} {ts} {log_type} {kind} {first}\n").as_bytes());
                for line in lines {
                    event.extend_from_slice(b"data: ");
                    event.extend_from_slice(line.as_bytes());
                    event.push(b'\n');
                }
            }
            Self::Json => push_json(&mut event, &entry),
        }
        event.push(b'\n');
        event
    }

    /// Returns the event of the entry that tells how many are missing.
    pub fn skipped(self, device: DeviceId, log_type: LogType, count: u64, at_ms: i64) -> Vec<u8> {
        self.entry(&LogEntry {
            device,
            group: None,
            at_ms,
            log_type,
            source: LogSource::Status,
            message: format!("{count} log entries skipped: reader too slow"),
        })
    }

    /// Returns the event of a change of the stream, or of a device in it.
    pub fn state(self, device: Option<&DeviceId>, state: &str) -> Vec<u8> {
        let mut event = b"event: state_change\n".to_vec();
        match self {
            Self::Text => {
                let device = device.map(|device| format!("{device} ")).unwrap_or_default();
                event.extend_from_slice(format!("data: {device}{state}\n").as_bytes());
            }
            Self::Json => {
                let device_id = device.map(DeviceId::to_string);
                push_json(&mut event, &wire::StateChange { device_id, state: state.to_owned() });
            }
        }
        event.push(b'\n');
        event
    }
}

/// Writes a line of data; JSON has its line breaks escaped.
fn push_json(event: &mut Vec<u8>, data: &impl Serialize) {
    event.extend_from_slice(b"data: ");
    serde_json::to_writer(&mut *event, data).expect("wire types have string keys only");
    event.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(message: &str) -> Published {
        Published::from(LogEntry {
            device: DeviceId::new("20000c2a69abcdef"),
            group: None,
            at_ms: 1_772_444_461_250,
            log_type: LogType::Development,
            source: LogSource::ServerLog,
            message: message.into(),
        })
    }

    fn text(message: &str) -> String {
        String::from_utf8(Format::Text.line(&line(message)).to_vec()).unwrap()
    }

    #[test]
    fn a_message_has_a_data_line_for_each_of_its_lines() {
        let head = "event: message\ndata: 20000c2a69abcdef 2026-03-02T09:41:01.250Z development server.log ";
        for (message, data) in [
            ("first line\nsecond line", "first line\ndata: second line\n\n"),
            ("a\r\nb\rc\n", "a\ndata: b\ndata: c\ndata: \n\n"),
            ("\n\n", "\ndata: \ndata: \n\n"),
            ("", "\n\n"),
            (": keep-alive", ": keep-alive\n\n"),
            ("ünïcode \u{0}\t", "ünïcode \u{0}\t\n\n"),
        ] {
            assert_eq!(text(message), format!("{head}{data}"), "{message:?}");
        }
    }

    #[test]
    fn json_is_one_line_with_five_members_in_their_order() {
        let json = Format::Json.line(&line("first \"line\"\r\nsecond\u{0}")).clone();
        assert_eq!(
            std::str::from_utf8(&json).unwrap(),
            "event: message\ndata: {\"device_id\":\"20000c2a69abcdef\",\"ts\":\"2026-03-02T09:41:01.250Z\",\
             \"log_type\":\"development\",\"type\":\"server.log\",\"msg\":\"first \\\"line\\\"\\r\\nsecond\\u0000\"}\n\n"
        );
    }

    #[test]
    fn states_are_words_or_objects() {
        let device = DeviceId::new("20000c2a69abcdef");
        let state = |format: Format, device, state| String::from_utf8(format.state(device, state)).unwrap();
        assert_eq!(state(Format::Text, None, "opened"), "event: state_change\ndata: opened\n\n");
        assert_eq!(
            state(Format::Text, Some(&device), "subscribed"),
            "event: state_change\ndata: 20000c2a69abcdef subscribed\n\n"
        );
        assert_eq!(state(Format::Json, None, "closed"), "event: state_change\ndata: {\"state\":\"closed\"}\n\n");
        assert_eq!(
            state(Format::Json, Some(&device), "unsubscribed"),
            "event: state_change\ndata: {\"device_id\":\"20000c2a69abcdef\",\"state\":\"unsubscribed\"}\n\n"
        );
    }

    #[test]
    fn what_is_missing_is_a_status_entry() {
        let event = Format::Text.skipped(DeviceId::new("20000c2a69abcdef"), LogType::Production, 17, 0);
        assert_eq!(
            String::from_utf8(event).unwrap(),
            "event: message\ndata: 20000c2a69abcdef 1970-01-01T00:00:00.000Z production status 17 log entries skipped: \
             reader too slow\n\n"
        );
    }

    #[test]
    fn a_line_is_written_once() {
        let line = line("x");
        assert!(std::ptr::eq(Format::Text.line(&line).as_ptr(), Format::Text.line(&line).as_ptr()));
    }
}
