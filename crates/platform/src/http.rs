//! Requests and answers, as bytes.

use serde::{Deserialize, Serialize};

/// Names and values of headers, any bytes, in their order.
pub type Headers = Vec<(Vec<u8>, Vec<u8>)>;

/// A request to a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST` or what else the program wrote.
    pub method: Vec<u8>,
    /// As the program wrote it; it begins with `http:` or `https:`.
    pub url: Vec<u8>,
    /// Names and values.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

/// What a server answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpAnswer {
    /// The status; below 100 the number of an error of libcurl.
    pub status: i32,
    /// Names and values, in their order.
    pub headers: Headers,
    /// The body; what was given in pieces is not in it.
    pub body: Vec<u8>,
}

/// Errors of libcurl, which programs know by number.
pub mod curl {
    /// No URL that can be used.
    pub const BAD_URL: i32 = 3;
    /// The name has no address, or none that may be connected to.
    pub const NOT_RESOLVED: i32 = 6;
    /// Nobody listens.
    pub const NOT_CONNECTED: i32 = 7;
    /// It took too long.
    pub const TIMED_OUT: i32 = 28;
    /// TLS was not agreed on.
    pub const TLS: i32 = 35;
    /// The connection closed without an answer.
    pub const NO_ANSWER: i32 = 52;
    /// The answer broke off.
    pub const RECEIVE: i32 = 56;
    /// The certificate is not good.
    pub const CERTIFICATE: i32 = 60;
}

/// The status of a request beyond the program's budget.
pub(crate) const TOO_MANY_REQUESTS: i32 = 429;

/// A request to the agent's URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// In capital letters.
    pub method: Vec<u8>,
    /// The path behind the agent's id: begins with a slash.
    pub path: Vec<u8>,
    /// What stands behind the question mark, as it came.
    pub query: Vec<u8>,
    /// Names, in small letters, and values.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

/// What the agent answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// Names and values.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}
