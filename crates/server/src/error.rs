//! Errors of the API: what the caller reads and what the log keeps are two things.
//!
//! Codes are the vendor's where they are known, else our stable choice (`docs/api-compat.md`).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use impstead_store::{Conflict, StoreError};
use impstead_wire as wire;
use serde_json::{Value, json};
use std::{borrow::Cow, error::Error, sync::Arc};

/// A failed request: at least one entry for the caller, and perhaps a cause for the log.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// Status of the whole answer.
    pub status: StatusCode,
    /// What the caller reads.
    pub entries: Vec<Entry>,
    /// What the log keeps; the caller never sees it.
    pub cause: Option<Arc<dyn Error + Send + Sync>>,
    /// Seconds for `Retry-After`.
    pub retry_after_s: Option<u64>,
}

/// One error as the caller reads it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub status: StatusCode,
    pub code: &'static str,
    pub title: &'static str,
    pub detail: Cow<'static, str>,
    pub source: Option<wire::ErrorSource>,
    pub meta: Option<Value>,
}

impl Entry {
    fn new(status: u16, code: &'static str, title: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        let status = StatusCode::from_u16(status).expect("statuses are written out in this file");
        Self { status, code, title, detail: detail.into(), source: None, meta: None }
    }
}

impl From<Entry> for ApiError {
    fn from(entry: Entry) -> Self {
        Self { status: entry.status, entries: vec![entry], cause: None, retry_after_s: None }
    }
}

type Detail = Cow<'static, str>;

impl ApiError {
    /// Blames a place in the body, a JSON pointer.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        let pointer = Some(pointer.into());
        self.entries[0].source = Some(wire::ErrorSource { pointer, ..wire::ErrorSource::default() });
        self
    }

    #[must_use]
    fn parameter(mut self, name: &str) -> Self {
        let parameter = Some(name.to_owned());
        self.entries[0].source = Some(wire::ErrorSource { parameter, ..wire::ErrorSource::default() });
        self
    }

    #[must_use]
    fn header(mut self, name: &str) -> Self {
        let header = Some(name.to_owned());
        self.entries[0].source = Some(wire::ErrorSource { header, ..wire::ErrorSource::default() });
        self
    }

    /// Adds the first entry's `meta`.
    #[must_use]
    pub fn meta(mut self, meta: Value) -> Self {
        self.entries[0].meta = Some(meta);
        self
    }
}

/// The JSON pointer to a member of the object that a pointer points to.
pub fn member(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

pub fn invalid_json(detail: impl Into<Detail>) -> ApiError {
    Entry::new(400, "VX001", "Invalid JSON", detail).into()
}

pub fn missing(pointer: impl Into<String>) -> ApiError {
    let pointer = pointer.into();
    let name = pointer.rsplit('/').next().unwrap_or_default().to_owned();
    ApiError::from(Entry::new(400, "VX002", "Missing Attribute", format!("The request lacks `{name}`."))).at(pointer)
}

pub fn invalid_attribute(pointer: impl Into<String>, detail: impl Into<Detail>) -> ApiError {
    ApiError::from(Entry::new(400, "VX003", "Invalid Attribute", detail)).at(pointer)
}

pub fn invalid_parameter(name: &str, detail: impl Into<Detail>) -> ApiError {
    ApiError::from(Entry::new(400, "VX004", "Invalid Parameter", detail)).parameter(name)
}

pub fn invalid_url(pointer: impl Into<String>) -> ApiError {
    ApiError::from(Entry::new(400, "VX005", "Invalid URL", "The provided URL is invalid.")).at(pointer)
}

/// A URL to which nothing would be delivered.
pub fn refused_url(pointer: impl Into<String>, detail: impl Into<Detail>) -> ApiError {
    ApiError::from(Entry::new(400, "VX005", "Invalid URL", detail)).at(pointer)
}

/// Code that does not compile: an entry for each source, with what is wrong in it.
pub fn compilation(sources: Vec<(&'static str, Vec<wire::CompileError>)>) -> ApiError {
    let entries = sources.into_iter().map(|(detail, places)| {
        let meta = serde_json::to_value(places).expect("places are plain JSON");
        Entry { meta: Some(meta), ..Entry::new(400, "CX005", "Compilation Error", detail) }
    });
    ApiError { status: StatusCode::BAD_REQUEST, entries: entries.collect(), cause: None, retry_after_s: None }
}

pub fn type_mismatch(expected: &str, found: &str) -> ApiError {
    let detail = format!("The resource's type is `{expected}`, not `{found}`.");
    ApiError::from(Entry::new(409, "CX010", "Type Mismatch", detail)).at("/data/type")
}

pub fn id_mismatch() -> ApiError {
    ApiError::from(Entry::new(409, "CX011", "Id Mismatch", "The id in the body is not the id in the path."))
        .at("/data/id")
}

/// Something that cannot be done to a device as it is.
pub fn device_in_use(detail: impl Into<Detail>) -> ApiError {
    Entry::new(409, "CX009", "Device In Use", detail).into()
}

pub fn duplicate(detail: &'static str) -> ApiError {
    ApiError::from(Entry::new(409, "CX001", "Duplicate Resource", detail)).at("/data/attributes/name")
}

/// A missing, unknown or expired access token, or a wrong id or password at login.
pub fn unauthorized(detail: impl Into<Detail>) -> ApiError {
    Entry::new(401, "PX100", "Invalid Credentials", detail).into()
}

/// A request that lacks a header by which devices, and nobody else, are known.
pub fn not_a_device(name: &'static str, detail: &'static str) -> ApiError {
    ApiError::from(Entry::new(400, "VX004", "Invalid Parameter", detail)).header(name)
}

/// A wrong `X-Electricimp-Password` or `X-Electricimp-Key`: 403, since 401 would make clients renew their token.
pub fn wrong_header(name: &'static str, detail: &'static str) -> ApiError {
    ApiError::from(Entry::new(403, "PX101", "Invalid Credentials", detail)).header(name)
}

pub fn forbidden(detail: impl Into<Detail>) -> ApiError {
    Entry::new(403, "PX102", "Invalid Permission", detail).into()
}

pub fn otp_required(login_token: &str, expires_at: wire::Timestamp) -> ApiError {
    let detail = "Repeat the login with the login token and a one-time password.";
    ApiError::from(Entry::new(403, "PX200", "One-Time Password Required", detail))
        .meta(json!({ "login_token": login_token, "expires_at": expires_at }))
}

pub fn account_limit(detail: impl Into<Detail>) -> ApiError {
    Entry::new(403, "PX300", "Account Limit Reached", detail).into()
}

/// An id that names nothing, or nothing that the caller may see.
pub fn not_found(what: &str) -> ApiError {
    Entry::new(404, "NF001", "Resource Not Found", format!("There is no such {what}.")).into()
}

pub fn method_not_allowed() -> ApiError {
    Entry::new(405, "VX405", "Method Not Allowed", "The resource does not have this method; see the `Allow` header.")
        .into()
}

pub fn too_large(most_bytes: usize) -> ApiError {
    Entry::new(413, "VX413", "Payload Too Large", format!("The request's body may hold at most {most_bytes} bytes."))
        .into()
}

pub fn rate_limited(retry_after_s: u64, detail: &'static str) -> ApiError {
    let error: ApiError = Entry::new(429, "XX429", "Rate Limited", detail).into();
    ApiError { retry_after_s: Some(retry_after_s), ..error }
}

pub fn unavailable(detail: &'static str) -> ApiError {
    let error: ApiError = Entry::new(503, "XX503", "Service Unavailable", detail).into();
    ApiError { retry_after_s: Some(1), ..error }
}

pub fn timed_out() -> ApiError {
    Entry::new(504, "XX504", "Timed Out", "The request took too long.").into()
}

/// Anything that is our fault: the caller reads no more than that.
pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> ApiError {
    let error: ApiError = Entry::new(500, "XX500", "Internal Error", "Something went wrong on the server.").into();
    ApiError { cause: Some(Arc::from(cause.into())), ..error }
}

/// Many devices were asked for and some failed: 400 with an entry for each that did, with its own status.
pub fn of_devices(failures: Vec<(usize, String, ApiError)>) -> ApiError {
    let cause = failures.iter().find_map(|(.., error)| error.cause.clone());
    let status = match failures.iter().find(|(.., error)| error.status.is_server_error()) {
        Some((.., error)) => error.status,
        None => StatusCode::BAD_REQUEST,
    };
    let entry = |(index, device, error): (usize, String, ApiError)| {
        let mut entry = error.entries.into_iter().next()?;
        entry.source =
            Some(wire::ErrorSource { pointer: Some(format!("/data/{index}")), ..wire::ErrorSource::default() });
        entry.meta = Some(json!({ "device_id": device }));
        Some(entry)
    };
    ApiError { status, entries: failures.into_iter().filter_map(entry).collect(), cause, retry_after_s: None }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let conflict = match error {
            StoreError::Conflict(conflict) => conflict,
            StoreError::Unavailable(_) => {
                let answer = unavailable("The data cannot be reached or written at the moment; try again.");
                return Self { cause: Some(Arc::new(error)), ..answer };
            }
            error => return internal(error),
        };
        let (code, title, detail): (_, _, Detail) = match conflict {
            Conflict::Duplicate => ("CX001", "Duplicate Resource", "The name is taken.".into()),
            Conflict::QuotaReached { what, limit } => {
                return account_limit(format!("The account may hold at most {limit} {what}."));
            }
            Conflict::ProductHasGroups => (
                "CX002",
                "Dependent Devicegroups Exist",
                "Cannot delete a product with associated devicegroups.".into(),
            ),
            Conflict::GroupHasFlaggedDeployments => (
                "CX003",
                "Flagged Deployments Exist",
                "Cannot delete a devicegroup with flagged deployments; delete those first.".into(),
            ),
            Conflict::DeploymentFlagged => (
                "CX004",
                "Resource Flagged",
                "You cannot delete flagged deployments; set the flagged attribute to false and try again.".into(),
            ),
            Conflict::GroupHasDevices => {
                ("CX006", "Dependent Devices Exist", "Cannot delete a devicegroup with assigned devices.".into())
            }
            Conflict::GroupIsTarget => (
                "CX007",
                "Dependent Devicegroups Exist",
                "Cannot delete a devicegroup that is the target of another devicegroup.".into(),
            ),
            Conflict::DeploymentInUse => (
                "CX008",
                "Deployment In Use",
                "Only deployments older than the devicegroup's minimum supported deployment can be deleted.".into(),
            ),
            Conflict::OlderThanMinimum => (
                "CX012",
                "Deployment Too Old",
                "The deployment is older than the devicegroup's minimum supported deployment.".into(),
            ),
            Conflict::DeviceAssigned => (
                "CX009",
                "Device In Use",
                "The device is assigned to a devicegroup; remove it from there first.".into(),
            ),
            Conflict::DeviceBlessed => ("CX009", "Device In Use", "A blessed device cannot be deleted.".into()),
            Conflict::Move(refusal) => ("CX009", "Device In Use", sentence(&refusal.to_string()).into()),
            Conflict::OtherBoard => {
                let detail = "The virtual imp was put on another board meanwhile; nothing was changed.";
                ("CX009", "Device In Use", detail.into())
            }
            Conflict::DeviceUnassigned => {
                ("CX013", "Device Not Assigned", "The device is not assigned to a devicegroup.".into())
            }
            Conflict::TotpEnabled => (
                "CX014",
                "Second Factor Enabled",
                "One-time passwords are enabled already; disable them before enrolling again.".into(),
            ),
            Conflict::Taken(what) => ("CX001", "Duplicate Resource", format!("The {what} is taken.").into()),
            Conflict::Missing(what) => return not_found(what),
        };
        Entry::new(409, code, title, detail).into()
    }
}

/// Makes a message of the code into a sentence for the caller.
fn sentence(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

impl IntoResponse for ApiError {
    /// Leaves the body to [`render`], which knows the request's id.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of a failed request; its entries carry the request's id.
pub fn render(error: &ApiError, request_id: &str, response: &mut Response) {
    let errors = error.entries.iter().enumerate().map(|(index, entry)| wire::ErrorObject {
        id: if index == 0 { request_id.to_owned() } else { format!("{request_id}-{}", index + 1) },
        status: entry.status.as_str().to_owned(),
        code: entry.code.to_owned(),
        title: entry.title.to_owned(),
        detail: entry.detail.clone().into_owned(),
        source: entry.source.clone(),
        meta: entry.meta.clone(),
    });
    let document = wire::ErrorDocument { errors: errors.collect() };
    let body = serde_json::to_vec(&document).expect("error documents have string keys only");
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(crate::document::MEDIA_TYPE));
    if let Some(seconds) = error.retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    *response.body_mut() = body.into();
}
