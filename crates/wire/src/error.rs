use serde::{Deserialize, Serialize};

/// A failed request's document: `{"errors": […]}`, never empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorDocument {
    /// The errors; most requests fail with one.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub errors: Vec<ErrorObject>,
}

/// One error of a failed request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorObject {
    /// Id of this occurrence; the server's log carries the same id.
    #[serde(default)]
    pub id: String,
    /// The HTTP status, as a string: clients compare it with `"403"`.
    #[serde(default)]
    pub status: String,
    /// The error's code: a family of two letters (`VX`, `CX`, `NF`, `PX`, `XX`) and a number.
    #[serde(default)]
    pub code: String,
    /// What kind of error this is; the same for every occurrence.
    #[serde(default)]
    pub title: String,
    /// What went wrong this time.
    #[serde(default)]
    pub detail: String,
    /// Which part of the request is to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ErrorSource>,
    /// More, by `code`: an array of [`CompileError`] for `CX005`, an object with `login_token` and `expires_at` for
    /// `PX200`, an object with `device_id` where several devices were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<serde_json::Value>,
}

/// Which part of a request an error is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorSource {
    /// JSON pointer into the request's body, for example `/data/attributes/name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Name of the query parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Name of the request header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
}

/// One place where uploaded code does not compile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CompileError {
    /// `device_code` or `agent_code`.
    pub file: String,
    /// Line, from 1.
    pub row: u32,
    /// Column, from 1.
    pub column: u32,
    /// Severity, `error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The compiler's message.
    pub text: String,
}
