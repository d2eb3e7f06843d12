//! Request lines with bytes beyond ASCII.
//!
//! The vendor's command line asks for whatever its user typed, for example `GET /v5/products/Gew\xE4chshaus`, and goes
//! on only after a 404. hyper answers such a line with an empty 400 before any of our code runs, so those bytes are
//! percent-encoded before hyper sees them.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const METHODS: [&[u8]; 7] = [b"GET ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"HEAD ", b"OPTIONS "];

/// A connection on which the bytes beyond ASCII of request lines read as `%XX`.
pub struct AsciiRequestLines<S> {
    stream: S,
    /// Whether the next bytes may begin a request; the service clears it while a request is under way.
    between_requests: Arc<AtomicBool>,
    /// Whether a request line has begun and not ended yet.
    in_line: bool,
    /// Bytes read and rewritten that did not fit into the reader's buffer; from `taken` on they are still to be read.
    waiting: Vec<u8>,
    taken: usize,
}

impl<S> AsciiRequestLines<S> {
    pub fn new(stream: S, between_requests: Arc<AtomicBool>) -> Self {
        Self { stream, between_requests, in_line: false, waiting: Vec::new(), taken: 0 }
    }

    /// Rewrites what was just read, if a request line is in it that needs it.
    fn rewrite(&mut self, read: &[u8]) -> Option<Vec<u8>> {
        if !self.in_line {
            let begins = |method: &&[u8]| read.starts_with(method);
            self.in_line = self.between_requests.load(Ordering::Relaxed) && METHODS.iter().any(begins);
        }
        if !self.in_line {
            return None;
        }
        let end = read.iter().position(|&byte| byte == b'\n');
        self.in_line = end.is_none();
        let (line, rest) = read.split_at(end.unwrap_or(read.len()));
        if line.is_ascii() {
            return None;
        }
        let mut rewritten = Vec::with_capacity(read.len() * 2);
        for &byte in line {
            if byte.is_ascii() {
                rewritten.push(byte);
            } else {
                rewritten.extend_from_slice(format!("%{byte:02X}").as_bytes());
            }
        }
        rewritten.extend_from_slice(rest);
        Some(rewritten)
    }

    fn give_waiting(&mut self, buffer: &mut ReadBuf<'_>) {
        let count = (self.waiting.len() - self.taken).min(buffer.remaining());
        buffer.put_slice(&self.waiting[self.taken..self.taken + count]);
        self.taken += count;
        if self.taken == self.waiting.len() {
            self.waiting = Vec::new();
            self.taken = 0;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for AsciiRequestLines<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.waiting.is_empty() {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
            let Some(rewritten) = self.rewrite(&buffer.filled()[before..]) else { return Poll::Ready(Ok(())) };
            buffer.set_filled(before);
            self.waiting = rewritten;
        }
        self.give_waiting(buffer);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for AsciiRequestLines<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// What a reader with a buffer of a size sees of chunks written one after the other and then ended.
    async fn read(chunks: &[&[u8]], between: bool, buffer: usize) -> Vec<u8> {
        let (mut client, server) = tokio::io::duplex(4096);
        let mut lines = AsciiRequestLines::new(server, Arc::new(AtomicBool::new(between)));
        let reader = tokio::spawn(async move {
            let (mut seen, mut part) = (Vec::new(), vec![0; buffer]);
            loop {
                match lines.read(&mut part).await.unwrap() {
                    0 => return seen,
                    count => seen.extend_from_slice(&part[..count]),
                }
            }
        });
        for chunk in chunks {
            client.write_all(chunk).await.unwrap();
            tokio::task::yield_now().await;
        }
        drop(client);
        reader.await.unwrap()
    }

    #[tokio::test]
    async fn only_request_lines_are_rewritten() {
        let request = b"GET /v5/products/Gew\xE4chshaus HTTP/1.1\r\nX: \xE4\r\n\r\n".as_slice();
        let rewritten = b"GET /v5/products/Gew%E4chshaus HTTP/1.1\r\nX: \xE4\r\n\r\n".as_slice();
        assert_eq!(read(&[request], true, 4096).await, rewritten);
        assert_eq!(read(&[request], true, 5).await, rewritten, "through a small buffer");
        assert_eq!(read(&[request], false, 4096).await, request, "a body that looks like a request");
        assert_eq!(read(&[&request[..20], &request[20..]], true, 4096).await, rewritten, "a line in two pieces");
        assert_eq!(read(&[b"null\xE4"], true, 4096).await, b"null\xE4");
    }
}
