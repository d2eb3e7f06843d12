//! A small blocking HTTP/1.1 client: one connection, one request at a time, never a second try.
//!
//! Never a second try, because the kills must know which write is in doubt.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

/// Longer than the server takes for anything, so that a hang is an error and not a wait.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A connection that stood idle for longer is not used again.
const LONGEST_IDLE: Duration = Duration::from_secs(10);

/// A client of one server.
pub struct Client {
    address: SocketAddr,
    /// The access token to send; none if empty.
    pub token: String,
    connection: Option<BufReader<TcpStream>>,
    /// When the connection was last used.
    used: Instant,
}

/// A whole answer.
pub struct Answer {
    pub status: u16,
    pub media_type: String,
    pub body: Vec<u8>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, token: String::new(), connection: None, used: Instant::now() }
    }

    /// Returns a client with the same token and a connection of its own.
    pub fn another(&self, address: SocketAddr) -> Self {
        Self { address, token: self.token.clone(), connection: None, used: Instant::now() }
    }

    /// Sends a request and reads its answer. An error means that nobody knows whether the request was carried out.
    pub fn send(&mut self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        let outcome = self.exchange(method, path, body);
        if outcome.is_err() {
            self.connection = None;
        }
        outcome
    }

    /// Gets a document.
    pub fn get(&mut self, path: &str) -> Result<Value> {
        self.send("GET", path, None)?.expect(200).with_context(|| format!("GET {path}"))
    }

    fn exchange(&mut self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        // The server closes what stands idle for half a minute, which is not an answer that got lost.
        if self.used.elapsed() > LONGEST_IDLE {
            self.connection = None;
        }
        self.used = Instant::now();
        let connection = match &mut self.connection {
            Some(connection) => connection,
            empty => {
                let stream = TcpStream::connect_timeout(&self.address, TIMEOUT)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(TIMEOUT))?;
                empty.insert(BufReader::new(stream))
            }
        };
        let token =
            if self.token.is_empty() { String::new() } else { format!("authorization: Bearer {}\r\n", self.token) };
        let body = body.map(Value::to_string).unwrap_or_default();
        let about = if body.is_empty() {
            String::new()
        } else {
            format!("content-type: application/vnd.api+json\r\ncontent-length: {}\r\n", body.len())
        };
        let request = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n{token}{about}\r\n{body}", self.address);
        connection.get_mut().write_all(request.as_bytes())?;
        read_answer(connection)
    }
}

fn read_answer(connection: &mut impl BufRead) -> io::Result<Answer> {
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, "not an HTTP answer");
    let mut line = String::new();
    let mut next_line = |connection: &mut dyn BufRead| -> io::Result<String> {
        line.clear();
        if connection.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    };
    let status = next_line(connection)?.split(' ').nth(1).and_then(|status| status.parse().ok());
    let mut answer = Answer { status: status.ok_or_else(malformed)?, media_type: String::new(), body: Vec::new() };
    loop {
        let header = next_line(connection)?;
        let Some((name, value)) = header.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            answer.body = vec![0; value.trim().parse().map_err(|_| malformed())?];
        } else if name.eq_ignore_ascii_case("content-type") {
            value.trim().clone_into(&mut answer.media_type);
        }
    }
    connection.read_exact(&mut answer.body)?;
    Ok(answer)
}

impl Answer {
    /// Returns the body if the status is as expected; null if there is no body.
    pub fn expect(&self, status: u16) -> Result<Value> {
        if self.status != status {
            bail!("expected {status}, got {}: {}", self.status, String::from_utf8_lossy(&self.body));
        }
        if self.body.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&self.body)?) }
    }
}
