use impstead_wire::{CompileError, ErrorDocument, ErrorObject, ErrorSource};
use serde::Deserialize;
use std::{fmt, sync::Arc};

/// How much of an answer that is no error document is kept, in bytes.
const KEPT_BODY_BYTES: usize = 200;

/// An error in the service's own words.
///
/// Most answers hold one [`ErrorObject`]; assigning or removing several devices can fail with one per device. An
/// answer that is no error document (a proxy's HTML page, say) has none, and [`detail`](Self::detail) is then the
/// beginning of its text.
#[derive(Clone, PartialEq)]
pub struct ServiceError(Arc<Inner>);

#[derive(Clone, PartialEq)]
struct Inner {
    status: u16,
    operation: String,
    errors: Vec<ErrorObject>,
    text: String,
}

impl ServiceError {
    /// Reads the body of a failed answer; never fails, whatever the body is.
    pub(crate) fn from_answer(status: u16, operation: &str, body: &[u8]) -> Self {
        let errors = serde_json::from_slice::<ErrorDocument>(body).map(|document| document.errors).unwrap_or_default();
        let text = if errors.is_empty() { plain_text(body) } else { String::new() };
        Self(Arc::new(Inner { status, operation: operation.to_owned(), errors, text }))
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// Returns method and path of the request, for example `GET /products/…`; never a secret.
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// Returns all errors of the answer, in its order; none if the answer was no error document.
    pub fn errors(&self) -> &[ErrorObject] {
        &self.0.errors
    }

    /// Returns the first error's code, for example `CX001`, or nothing.
    pub fn code(&self) -> &str {
        self.first().map_or("", |error| &error.code)
    }

    /// Returns the first error's title, for example `Duplicate Resource`, or nothing.
    pub fn title(&self) -> &str {
        self.first().map_or("", |error| &error.title)
    }

    /// Returns the first error's detail, or the beginning of an answer that is no error document.
    pub fn detail(&self) -> &str {
        self.first().map_or(&self.0.text, |error| &error.detail)
    }

    /// Returns which part of the request the first error is about, if it says so.
    pub fn source_of_error(&self) -> Option<&ErrorSource> {
        self.first()?.source.as_ref()
    }

    /// Returns the places where uploaded code does not compile, over all errors, in the order of the answer.
    ///
    /// Empty unless this is the answer to a deployment. Entries of another shape are left out.
    ///
    /// # Source
    /// impCentral API v5, code `CX005`: `meta` is an array of places.
    pub fn compile_errors(&self) -> Vec<CompileError> {
        let places = self.0.errors.iter().filter_map(|error| error.meta.as_ref()?.as_array()).flatten();
        places.filter_map(|place| CompileError::deserialize(place).ok()).collect()
    }

    fn first(&self) -> Option<&ErrorObject> {
        self.0.errors.first()
    }
}

/// The `message` of a flat JSON answer, or the beginning of the text on one line.
fn plain_text(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Flat {
        message: String,
    }
    if let Ok(Flat { message }) = serde_json::from_slice(body) {
        return message;
    }
    let kept = String::from_utf8_lossy(&body[..body.len().min(KEPT_BODY_BYTES)]);
    let visible: String = kept.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (title, detail, code) = (self.title(), self.detail(), self.code());
        match (title.is_empty(), detail.is_empty()) {
            (false, false) => write!(f, "{title}: {detail}")?,
            (false, true) => f.write_str(title)?,
            (true, false) => f.write_str(detail)?,
            (true, true) => f.write_str("no explanation")?,
        }
        write!(f, " (status {}", self.status())?;
        if !code.is_empty() {
            write!(f, ", {code}")?;
        }
        f.write_str(")")
    }
}

impl fmt::Debug for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `meta` may hold a login token.
        let errors: Vec<_> = self.0.errors.iter().map(|error| (&error.code, &error.title, &error.detail)).collect();
        f.debug_struct("ServiceError")
            .field("status", &self.0.status)
            .field("operation", &self.0.operation)
            .field("errors", &errors)
            .field("text", &self.0.text)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_words_of_the_service() {
        let body = br#"{"errors":[{"id":"x","status":"409","code":"CX001","title":"Duplicate Resource",
            "detail":"Products must have unique names.","source":{"pointer":"/data/attributes/name"}}]}"#;
        let error = ServiceError::from_answer(409, "POST /products", body);
        assert_eq!(error.to_string(), "Duplicate Resource: Products must have unique names. (status 409, CX001)");
        assert_eq!(error.source_of_error().and_then(|s| s.pointer.as_deref()), Some("/data/attributes/name"));
    }

    #[test]
    fn reads_places_and_skips_what_is_none() {
        let body = br#"{"errors":[{"code":"CX005","meta":[
            {"file":"device_code","row":2,"column":7,"type":"error","text":"expression expected"}, {"row":"?"}]},
            {"code":"CX005","meta":{"not":"an array"}}]}"#;
        let places = ServiceError::from_answer(400, "POST /deployments", body).compile_errors();
        assert_eq!(places.len(), 1);
        assert_eq!((places[0].file.as_str(), places[0].row, places[0].column), ("device_code", 2, 7));
    }

    #[test]
    fn survives_any_body() {
        for (body, text) in [
            (&b""[..], "no explanation (status 502)"),
            (b"<html>\r\n<h1>Bad\x1b[31m Gateway</h1>", "<html> <h1>Bad [31m Gateway</h1> (status 502)"),
            (b"\xff\xfe", "\u{fffd}\u{fffd} (status 502)"),
            (br#"{"message":"down for the night"}"#, "down for the night (status 502)"),
            (br#"{"errors":[]}"#, r#"{"errors":[]} (status 502)"#),
            (br#"{"errors":[{}]}"#, "no explanation (status 502)"),
        ] {
            assert_eq!(ServiceError::from_answer(502, "GET /", body).to_string(), text);
        }
    }
}
