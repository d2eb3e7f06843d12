//! Requests and answers down to their bytes: what clients send is often not what an HTTP library would.

use serde_json::Value;
use std::{fmt, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A request, sent as written: the target is not normalised, no header is added but `Host` and the length.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
}

impl Request {
    pub fn new(method: &str, target: &str) -> Self {
        Self { method: method.into(), target: target.into(), headers: Vec::new(), body: None }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub fn json(self, body: &Value) -> Self {
        self.raw(body.to_string())
    }

    pub fn raw(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: localhost\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        if let Some(body) = &self.body {
            head.extend(["Content-Length: ", &body.len().to_string(), "\r\n"]);
        }
        head += "\r\n";
        [head.as_bytes(), self.body.as_deref().unwrap_or_default()].concat()
    }

    /// Sends the request on a connection of its own.
    pub async fn send(&self, address: SocketAddr) -> Answer {
        let mut connection = Connection::open(address).await;
        connection.write(&self.to_bytes()).await;
        connection.answer_to(self).await
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.target)?;
        match &self.body {
            Some(body) => write!(f, "\n{}", String::from_utf8_lossy(&body[..body.len().min(2000)])),
            None => Ok(()),
        }
    }
}

/// A connection that stays open from one request to the next.
pub struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("it is a TCP socket");
        Self { stream, unread: Vec::new() }
    }

    /// Sends bytes; a server that answers before it has read them all may close, so errors are left to the reader.
    pub async fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Reads the answer to a request.
    pub async fn answer_to(&mut self, request: &Request) -> Answer {
        let reading = self.read_answer(request);
        let answer = tokio::time::timeout(Duration::from_secs(30), reading).await;
        answer.unwrap_or_else(|_| panic!("no answer to {request}"))
    }

    async fn read_answer(&mut self, request: &Request) -> Answer {
        let end = loop {
            if let Some(end) = self.unread.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
            assert!(self.fill().await, "the connection closed before an answer to {request}");
        };
        let head = String::from_utf8(self.unread.drain(..end + 4).collect()).expect("heads are ASCII");
        let mut lines = head.split("\r\n").filter(|line| !line.is_empty());
        let status_line = lines.next().expect("there is a status line");
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())))
            .collect();
        let mut answer = Answer {
            request: request.to_string(),
            status: status.unwrap_or_else(|| panic!("not a status line: {status_line}")),
            headers,
            body: Vec::new(),
        };
        // What follows has no end.
        let is_stream = answer.header("content-type") == Some("text/event-stream");
        if request.method != "HEAD" && !is_stream {
            let length = answer.header("content-length").map_or(0, |length| length.parse().expect("it is a number"));
            assert_eq!(answer.header("transfer-encoding"), None, "answers are not chunked");
            while self.unread.len() < length {
                assert!(self.fill().await, "the connection closed within an answer to {request}");
            }
            answer.body = self.unread.drain(..length).collect();
        }
        answer
    }

    /// Reads whatever else comes within a moment.
    pub async fn rest(mut self) -> Vec<u8> {
        let reading = async { while self.fill().await {} };
        let _ = tokio::time::timeout(Duration::from_millis(200), reading).await;
        self.unread
    }

    async fn fill(&mut self) -> bool {
        let mut buffer = vec![0; 16 * 1024];
        let count = self.stream.read(&mut buffer).await.unwrap_or(0);
        self.unread.extend_from_slice(&buffer[..count]);
        count > 0
    }
}

/// An answer, with the request in words for failure messages.
#[derive(Clone, Debug)]
pub struct Answer {
    pub request: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns a header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| &**value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// Expects a status and returns the body; null if there is none.
    #[track_caller]
    pub fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self}");
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// Expects success with a resource and returns it.
    #[track_caller]
    pub fn resource(&self) -> Value {
        assert!(matches!(self.status, 200 | 201), "{self}");
        self.json()["data"].take()
    }

    /// Expects a page of a list and returns the ids on it.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        let page = self.is(200);
        let items = page["data"].as_array().unwrap_or_else(|| panic!("not a list: {self}"));
        items.iter().map(|item| item["id"].as_str().expect("items have ids").to_owned()).collect()
    }

    /// Expects a failure of one entry, complete in every member that clients read, and returns the entry.
    #[track_caller]
    pub fn fails(&self, status: u16, code: &str) -> Value {
        let entries = self.errors(status);
        assert_eq!(entries.len(), 1, "{self}");
        assert_eq!(entries[0]["code"], code, "{self}");
        assert_eq!(entries[0]["status"], status.to_string(), "{self}");
        entries[0].clone()
    }

    /// Expects a failure and returns its entries, each complete in every member that clients read.
    #[track_caller]
    pub fn errors(&self, status: u16) -> Vec<Value> {
        assert_eq!(self.status, status, "{self}");
        assert_eq!(self.header("content-type"), Some("application/vnd.api+json"), "{self}");
        let entries = self.json()["errors"].as_array().cloned().unwrap_or_default();
        assert!(!entries.is_empty(), "{self}");
        for entry in &entries {
            for member in ["id", "status", "code", "title", "detail"] {
                assert!(entry[member].as_str().is_some_and(|text| !text.is_empty()), "no `{member}`: {self}");
            }
            let known =
                ["VX", "CX", "NF", "PX", "XX"].iter().any(|family| entry["code"].as_str().unwrap().starts_with(family));
            assert!(known, "the code is of no known family: {self}");
        }
        entries
    }

    /// Returns the answer without what differs from request to request: request id and rate limit.
    pub fn without_request_id(&self) -> Self {
        let mut answer = self.clone();
        let own = answer.header("x-request-id").unwrap_or_default().to_owned();
        answer.body = String::from_utf8_lossy(&answer.body).replace(&own, "<request id>").into_bytes();
        answer.headers.retain(|(name, _)| {
            !matches!(
                &**name,
                "x-request-id" | "x-ratelimit-remaining" | "x-ratelimit-reset" | "date" | "content-length"
            )
        });
        answer.request.clear();
        answer
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n=> {} ", self.request, self.status)?;
        write!(f, "{}", String::from_utf8_lossy(&self.body[..self.body.len().min(4000)]))
    }
}
