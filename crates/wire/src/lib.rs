//! JSON:API documents of the impCentral API v5 and of Impstead's own API.
//!
//! The types here are promises about bytes on the wire: the server writes them, the client reads them, and the
//! feature `schema` derives the OpenAPI document from them. Member order follows recorded answers of the vendor's
//! service. One deviation from JSON:API is the vendor's: a relationship is a bare `{"type", "id"}` object.
//!
//! Reading is lenient (unknown members are ignored, missing ones take their default), so that the same types read
//! answers of the vendor's own service.

mod auth;
mod document;
mod error;
mod impstead;
mod timestamp;
mod v5;

pub use auth::*;
pub use document::*;
pub use error::*;
pub use impstead::*;
pub use timestamp::Timestamp;
pub use v5::*;
