//! The body of a log stream's answer.

use super::{
    events::{Format, KEEP_ALIVE},
    streams::Reader,
};
use crate::App;
use axum::body::Body;
use bytes::Bytes;
use impstead_bus::{Event, Published};
use impstead_model::{LogSource, LogType};
use std::{collections::HashSet, convert::Infallible, pin::Pin};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

/// About how many bytes are written at once, where so many wait.
pub const FRAME_BYTES: usize = 64 << 10;

/// Events for which room is kept while nothing waits.
const SPARE_EVENTS: usize = 16;

/// Which lines a stream shows; all that is named must apply.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only from these sources; from all, if there is none.
    pub sources: HashSet<LogSource>,
    /// Only those whose message contains this, in lower case.
    pub text: Option<String>,
}

impl Wanted {
    fn wants(&self, line: &Published) -> bool {
        (self.sources.is_empty() || self.sources.contains(&line.entry.source))
            && self.text.as_ref().is_none_or(|text| line.entry.message.to_lowercase().contains(text))
    }
}

/// A stream as it is being read.
struct Reading {
    app: App,
    reader: Reader,
    format: Format,
    wanted: Option<Wanted>,
    /// What was taken, and how far it is written.
    events: Vec<Event>,
    written: usize,
    taken_ms: i64,
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
    silence: Pin<Box<Sleep>>,
    last_written: Instant,
    closed: bool,
}

/// Makes the body that writes what a reader's stream carries, beginning with `opened`.
pub fn body(app: App, reader: Reader, format: Format, wanted: Option<Wanted>) -> Body {
    let reading = Reading {
        ended: Box::pin(reader.end().clone().cancelled_owned()),
        silence: Box::pin(sleep(app.config.log_stream_keep_alive)),
        last_written: Instant::now(),
        app,
        reader,
        format,
        wanted,
        events: Vec::new(),
        written: 0,
        taken_ms: 0,
        closed: false,
    };
    Body::from_stream(futures_util::stream::unfold((reading, true), async |(mut reading, is_new)| {
        let frame = if is_new { reading.format.state(None, "opened").into() } else { reading.next().await? };
        Some((Ok::<Bytes, Infallible>(frame), (reading, false)))
    }))
}

impl Reading {
    /// Waits for the next bytes; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        let keep_alive = self.app.config.log_stream_keep_alive;
        loop {
            let now = Instant::now();
            if self.closed || self.reader.end().is_cancelled() || now >= self.reader.ends_at() {
                return None;
            }
            if let Some(frame) = self.frame() {
                self.last_written = now;
                return Some(frame);
            }
            if self.take()? {
                continue;
            }
            let follower = self.reader.follower();
            tokio::select! {
                () = follower.arrived() => {}
                () = &mut self.ended => return None,
                () = &mut self.silence => {
                    let silent_until = self.last_written + keep_alive;
                    let now = Instant::now();
                    if now < silent_until {
                        self.silence.as_mut().reset(silent_until);
                    } else {
                        self.silence.as_mut().reset(now + keep_alive);
                        self.last_written = now;
                        return Some(Bytes::from_static(KEEP_ALIVE));
                    }
                }
            }
        }
    }

    /// Takes what waits, and says whether there was something; `None` if somebody else reads the stream by now.
    fn take(&mut self) -> Option<bool> {
        self.events.clear();
        self.events.shrink_to(SPARE_EVENTS);
        self.written = 0;
        let found = self.reader.take(&mut self.events)?;
        if found {
            self.taken_ms = self.app.clock.now_ms();
            if let Some(wanted) = &self.wanted {
                self.events.retain(|event| !matches!(event, Event::Line(line) if !wanted.wants(line)));
            }
        }
        Some(found)
    }

    /// Writes as much of what was taken as goes into a frame.
    fn frame(&mut self) -> Option<Bytes> {
        let waiting = &self.events[self.written..];
        if let [Event::Line(line)] = waiting {
            self.written += 1;
            self.app.metrics.log_events(1);
            return Some(self.format.line(line).clone());
        }
        if waiting.is_empty() {
            return None;
        }
        let bytes = |event: &Event| match event {
            Event::Line(line) => self.format.line(line).len(),
            _ => 150,
        };
        let (mut count, mut room) = (0, 0);
        while count < waiting.len() && room < FRAME_BYTES {
            room += bytes(&waiting[count]);
            count += 1;
        }
        let mut frame = Vec::with_capacity(room);
        for index in self.written..self.written + count {
            match &self.events[index] {
                Event::Line(line) => frame.extend_from_slice(self.format.line(line)),
                Event::Skipped(device, skipped) => {
                    self.app.metrics.log_lines_skipped(*skipped);
                    let (device, log_type) = (device.clone(), self.log_type_before(index));
                    frame.extend(self.format.skipped(device, log_type, *skipped, self.taken_ms));
                }
                Event::Subscribed(device) => frame.extend(self.format.state(Some(device), "subscribed")),
                Event::Unsubscribed(device) => frame.extend(self.format.state(Some(device), "unsubscribed")),
                Event::Closed => {
                    frame.extend(self.format.state(None, "closed"));
                    self.closed = true;
                }
            }
        }
        self.written += count;
        self.app.metrics.log_events(count as u64);
        Some(frame.into())
    }

    /// The log type that the lines had of which some are missing.
    fn log_type_before(&self, index: usize) -> LogType {
        let Event::Skipped(device, _) = &self.events[index] else { return LogType::Development };
        let of_device = |event: &Event| match event {
            Event::Line(line) if line.entry.device == *device => Some(line.entry.log_type),
            _ => None,
        };
        self.events[..index].iter().rev().find_map(of_device).unwrap_or(LogType::Development)
    }
}
