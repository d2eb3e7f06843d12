//! A reader of server-sent events that costs little: it is meant to be faster than whoever writes them, and looks at the
//! end of each event only, where the message of this bench stands.

use anyhow::{Context, Result, bail, ensure};
use memchr::{memchr, memmem};
use std::{
    net::SocketAddr,
    sync::LazyLock,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Bytes of a message: text and all.
pub const MESSAGE_BYTES: usize = 80;

/// Room for what arrives at once.
const BUFFER_BYTES: usize = 32 << 10;

/// What stamps count from.
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Returns microseconds since a moment of this process.
pub fn now_us() -> u64 {
    u64::try_from(EPOCH.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// A message of this bench: who wrote it, its number, and when it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    pub device: usize,
    /// Number among the device's, from 1.
    pub number: u64,
    pub stamp_us: u64,
}

impl Message {
    /// Returns the text: always of the same length, digits in fixed places.
    pub fn text(self) -> String {
        let Self { device, number, stamp_us } = self;
        format!("bench {device:05} {number:010} {stamp_us:016} {:.<1$}", "", MESSAGE_BYTES - 40)
    }

    /// Reads the text.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let number = |from: usize, to: usize| {
            text[from..to]
                .iter()
                .try_fold(0u64, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0')))
        };
        if text.len() != MESSAGE_BYTES || !text.starts_with(b"bench ") {
            return None;
        }
        Some(Self { device: usize::try_from(number(6, 11)?).ok()?, number: number(12, 22)?, stamp_us: number(23, 39)? })
    }
}

/// An event.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// One with a message of this bench.
    Message(Message),
    /// Anything else.
    Other(&'a [u8]),
}

/// A stream of events as it is read.
pub struct Stream {
    connection: TcpStream,
    arrived: Vec<u8>,
    /// What is left when chunks' lengths are taken away, less the events that were seen.
    body: Vec<u8>,
    /// Whether the body comes in chunks; nchan's ends with the connection.
    in_chunks: bool,
    chunk_left: usize,
    /// Whether nothing was read since the head of the answer.
    is_new: bool,
}

impl Stream {
    /// Opens a stream, up to the head of the answer.
    pub async fn open(address: SocketAddr, path: &str) -> Result<Self> {
        let mut connection = TcpStream::connect(address).await?;
        connection.set_nodelay(true)?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n\r\n");
        connection.write_all(request.as_bytes()).await?;
        let mut arrived = Vec::with_capacity(BUFFER_BYTES);
        let end = loop {
            if let Some(end) = memmem::find(&arrived, b"\r\n\r\n") {
                break end + 4;
            }
            ensure!(connection.read_buf(&mut arrived).await? > 0, "no answer for {path}");
        };
        let head = String::from_utf8_lossy(&arrived[..end]).to_ascii_lowercase();
        ensure!(head.starts_with("http/1.1 200 "), "GET {path}: {head}");
        ensure!(!head.contains("content-length"), "GET {path} is answered with an end: {head}");
        let in_chunks = head.contains("transfer-encoding: chunked");
        arrived.drain(..end);
        let body = Vec::with_capacity(BUFFER_BYTES);
        Ok(Self { connection, arrived, body, in_chunks, chunk_left: 0, is_new: true })
    }

    /// Waits for bytes, and hands over all events that are complete. Says whether the stream goes on.
    pub async fn read(&mut self, mut take: impl FnMut(Event<'_>)) -> Result<bool> {
        let goes_on = if std::mem::take(&mut self.is_new) {
            // What came with the head is looked at first.
            self.take_chunks()?
        } else {
            self.connection.read_buf(&mut self.arrived).await? > 0 && self.take_chunks()?
        };
        let mut from = 0;
        while let Some(length) = memmem::find(&self.body[from..], b"\n\n") {
            let event = &self.body[from..from + length];
            let message = event.len().checked_sub(MESSAGE_BYTES).and_then(|start| Message::parse(&event[start..]));
            take(message.map_or(Event::Other(event), Event::Message));
            from += length + 2;
        }
        self.body.drain(..from);
        Ok(goes_on)
    }

    /// Moves the content of chunks to the body, and says whether the last has not come.
    fn take_chunks(&mut self) -> Result<bool> {
        if !self.in_chunks {
            self.body.append(&mut self.arrived);
            return Ok(true);
        }
        let mut rest = &*self.arrived;
        let mut goes_on = true;
        while !rest.is_empty() {
            if self.chunk_left > 0 {
                let (content, after) = rest.split_at(self.chunk_left.min(rest.len()));
                self.body.extend_from_slice(content);
                self.chunk_left -= content.len();
                rest = after;
                continue;
            }
            // The end of a chunk is an empty line.
            let Some(end) = memchr(b'\n', rest) else { break };
            let line = rest[..end].trim_ascii();
            if !line.is_empty() {
                let length = std::str::from_utf8(line).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
                self.chunk_left = length.with_context(|| format!("{line:?} is not the length of a chunk"))?;
                goes_on &= self.chunk_left > 0;
            }
            rest = &rest[end + 1..];
        }
        let left = rest.len();
        let taken = self.arrived.len() - left;
        self.arrived.drain(..taken);
        Ok(goes_on)
    }

    /// Reads until an event whose text contains a word has come so many times.
    pub async fn wait_for(&mut self, word: &str, times: usize) -> Result<()> {
        let (mut seen, finder) = (0, memmem::Finder::new(word));
        let wait = async {
            while seen < times {
                let more = self.read(|event| {
                    if let Event::Other(text) = event {
                        seen += usize::from(finder.find(text).is_some());
                    }
                });
                ensure!(more.await?, "the stream ended");
            }
            Ok(())
        };
        match tokio::time::timeout(Duration::from_secs(30), wait).await {
            Ok(outcome) => outcome,
            Err(_) => bail!("`{word}` came {seen} times instead of {times}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let message = Message { device: 7, number: 1_234_567, stamp_us: 9_876_543_210 };
        let text = message.text();
        assert_eq!(text.len(), MESSAGE_BYTES);
        assert_eq!(Message::parse(text.as_bytes()), Some(message));
        assert_eq!(Message::parse(text.replace("bench 0", "bench x").as_bytes()), None);
    }

    #[tokio::test]
    async fn events_are_found_however_they_are_cut() {
        let message = |number| Message { device: 1, number, stamp_us: 5 }.text();
        let body = format!("event: x\ndata: hello\n\ndata: {}\n\nid: 1\ndata: {}\n\n", message(1), message(2));
        for (size, in_chunks) in [1, 3, 7, 1000].into_iter().flat_map(|size| [(size, true), (size, false)]) {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let mut bytes = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
            if in_chunks {
                bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
                for chunk in body.as_bytes().chunks(size) {
                    bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    bytes.extend_from_slice(chunk);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"0\r\n\r\n");
            } else {
                bytes.extend_from_slice(body.as_bytes());
            }
            let write = async {
                let (mut connection, _) = listener.accept().await.unwrap();
                // What is closed with a request unread is reset.
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    connection.read_buf(&mut request).await.unwrap();
                }
                for piece in bytes.chunks(size + 10) {
                    connection.write_all(piece).await.unwrap();
                    tokio::task::yield_now().await;
                }
            };
            let read = async {
                let mut stream = Stream::open(address, "/").await.unwrap();
                let mut seen = Vec::new();
                while stream
                    .read(|event| match event {
                        Event::Message(message) => seen.push(message.number.to_string()),
                        Event::Other(text) => seen.push(String::from_utf8_lossy(text).into_owned()),
                    })
                    .await
                    .unwrap()
                {}
                seen
            };
            let ((), seen) = tokio::join!(write, read);
            assert_eq!(seen, ["event: x\ndata: hello", "1", "2"], "in pieces of {size}, chunks: {in_chunks}");
        }
    }
}
