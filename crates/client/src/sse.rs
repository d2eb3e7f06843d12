//! Server-sent events, read from chunks of any size.

use std::{collections::VecDeque, mem};

/// What one event may hold, in bytes: far more than any log line, and little enough to keep in memory.
const MAX_EVENT_BYTES: usize = 1 << 20;

/// One event: its name and its data, whose lines are separated by LF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: String,
}

/// An event is larger than this reader keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is larger than {MAX_EVENT_BYTES} bytes")]
pub(crate) struct TooLarge;

/// Takes a stream of bytes apart.
///
/// Lines may end in LF, CR or CR LF. An event without data is none, and one that the stream breaks off is lost, as the
/// standard has it. The fields `id` and `retry` are passed over, like comments and unknown fields: who comes back has a
/// stream of its own then. Bytes that are no UTF-8 become replacement characters.
///
/// # Source
/// HTML Living Standard, 9.2.6 "Interpreting an event stream".
#[derive(Debug)]
pub(crate) struct Parser {
    line: Vec<u8>,
    name: String,
    data: String,
    has_data: bool,
    /// The byte before was a CR, with which a line ended: a LF now is part of the same end.
    after_cr: bool,
    first_line: bool,
    max_bytes: usize,
}

impl Parser {
    pub(crate) fn new() -> Self {
        Self::with_limit(MAX_EVENT_BYTES)
    }

    fn with_limit(max_bytes: usize) -> Self {
        Self {
            line: Vec::new(),
            name: String::new(),
            data: String::new(),
            has_data: false,
            after_cr: false,
            first_line: true,
            max_bytes,
        }
    }

    /// Reads a chunk, and adds the events that it completes.
    ///
    /// # Errors
    /// [`TooLarge`] for an event above the limit. The stream cannot be read on then; the events before it are there.
    pub(crate) fn push(&mut self, mut chunk: &[u8], events: &mut VecDeque<Event>) -> Result<(), TooLarge> {
        if chunk.is_empty() {
            // It says nothing about what follows a CR.
            return Ok(());
        }
        if mem::take(&mut self.after_cr) {
            chunk = chunk.strip_prefix(b"\n").unwrap_or(chunk);
        }
        while let Some(end) = chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.keep(&chunk[..end])?;
            let is_cr = chunk[end] == b'\r';
            chunk = &chunk[end + 1..];
            if is_cr {
                match chunk.first() {
                    Some(b'\n') => chunk = &chunk[1..],
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
            events.extend(self.end_line());
        }
        self.keep(chunk)
    }

    /// Keeps a part of a line, if the event is not too large with it.
    fn keep(&mut self, part: &[u8]) -> Result<(), TooLarge> {
        if self.line.len() + self.data.len() + part.len() > self.max_bytes {
            return Err(TooLarge);
        }
        self.line.extend_from_slice(part);
        Ok(())
    }

    /// Takes in a whole line; an empty one ends an event.
    fn end_line(&mut self) -> Option<Event> {
        let line = mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let mark = if mem::take(&mut self.first_line) { "\u{feff}" } else { "" };
        let line = line.strip_prefix(mark).unwrap_or(&line);
        if line.is_empty() {
            let (name, data) = (mem::take(&mut self.name), mem::take(&mut self.data));
            return mem::take(&mut self.has_data).then_some(Event { name, data });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                if mem::replace(&mut self.has_data, true) {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            // Also a comment, whose field is empty.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<(String, String)> {
        let (mut parser, mut events) = (Parser::new(), VecDeque::new());
        for chunk in chunks {
            parser.push(chunk, &mut events).unwrap();
        }
        events.into_iter().map(|event| (event.name, event.data)).collect()
    }

    fn event(name: &str, data: &str) -> (String, String) {
        (name.into(), data.into())
    }

    #[test]
    fn events_as_the_contract_writes_them() {
        let text = "event: state_change\ndata: opened\n\n: keep-alive\n\nevent: message\ndata: first line\n\
                    data: second line\n\nevent: message\ndata: : keep-alive\n\n";
        let expected = [
            event("state_change", "opened"),
            event("message", "first line\nsecond line"),
            event("message", ": keep-alive"),
        ];
        assert_eq!(parse([text.as_bytes()]), expected);
    }

    #[test]
    fn fields_and_their_odd_forms() {
        for (text, expected) in [
            ("data\n\n", vec![event("", "")]),
            ("data:\ndata:\n\n", vec![event("", "\n")]),
            ("data:x\n\n", vec![event("", "x")]),
            ("data:  x \n\n", vec![event("", " x ")]),
            ("event: a\n\n", vec![]),
            ("event: a\n\ndata: x\n\n", vec![event("", "x")]),
            ("event: a\nevent: b\ndata: x\n\n", vec![event("b", "x")]),
            ("id: 7\nretry: 10\nother: y\nDATA: z\n\n", vec![]),
            ("\u{feff}data: x\n\n", vec![event("", "x")]),
            ("\ndata: \u{feff}x\n\n", vec![event("", "\u{feff}x")]),
            ("data: broken off", vec![]),
            ("data: broken off\n", vec![]),
            ("\n\n\n", vec![]),
        ] {
            assert_eq!(parse([text.as_bytes()]), expected, "{text:?}");
        }
        assert_eq!(parse([&b"data: \xff\n\n"[..]]), [event("", "\u{fffd}")]);
    }

    #[test]
    fn any_end_of_a_line_ends_it() {
        for end in ["\n", "\r", "\r\n"] {
            let text = ["event: a", "data: 1", "data: 2", "", "data: 3", "", ""].join(end);
            let expected = [event("a", "1\n2"), event("", "3")];
            assert_eq!(parse([text.as_bytes()]), expected, "{end:?}");
            // A chunk may end anywhere, and may be empty.
            assert_eq!(parse(text.as_bytes().chunks(1).flat_map(|byte| [byte, b""])), expected, "{end:?}");
        }
        assert_eq!(parse([&b"data: 1\r"[..], b"\n\r", b"\ndata: 2\r", b"\r"]), [event("", "1"), event("", "2")]);
    }

    /// Whatever the bytes and wherever they are cut, the events are the same.
    #[test]
    fn chunks_do_not_matter() {
        let parts: [&[u8]; 13] = [
            b"data",
            b"event",
            b":",
            b" ",
            b"\n",
            b"\r",
            b"\r\n",
            b"x",
            b"\xc3",
            b"\xa4",
            b"\xef\xbb\xbf",
            b"\n\n",
            b"data: y\n\n",
        ];
        for seed in 0..2000 {
            let mut random = fastrand::Rng::with_seed(seed);
            let text: Vec<u8> =
                (0..random.usize(..60)).flat_map(|_| parts[random.usize(..parts.len())]).copied().collect();
            let whole = parse([&text[..]]);
            let mut chunks = Vec::new();
            let mut left = &text[..];
            while !left.is_empty() {
                let (chunk, rest) = left.split_at(random.usize(..=left.len().min(7)));
                chunks.push(chunk);
                left = rest;
            }
            assert_eq!(parse(chunks), whole, "seed {seed}: {:?}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn events_are_bounded() {
        let (mut parser, mut events) = (Parser::with_limit(20), VecDeque::new());
        let text = b"data: 0123456789\n\n:0123456789\n\ndata: 0123456789\ndata: 0123456789\n\n";
        assert_eq!(parser.push(text, &mut events), Err(TooLarge));
        assert_eq!(events.len(), 1);
        // A line that never ends is not kept either.
        let mut parser = Parser::with_limit(20);
        assert_eq!((0..3).find(|_| parser.push(b"01234567", &mut events).is_err()), Some(2));
    }
}
