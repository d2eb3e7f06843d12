//! Success answers.

use crate::{error::ApiError, page::ListQuery};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use impstead_store::Paged;
use impstead_wire as wire;
use serde::Serialize;

/// Media type of every answer but those of `/auth`.
pub const MEDIA_TYPE: &str = "application/vnd.api+json";

/// What most handlers return.
pub type Reply<T> = Result<T, ApiError>;

/// `200` with one resource.
pub struct One<T>(pub T);

/// `201` with the new resource.
pub struct Created<T>(pub T);

/// `204` without a body.
pub struct NoContent;

/// `200` with a page of a list.
pub struct Listed<T>(pub wire::List<T>);

impl<T> Listed<T> {
    /// Makes a page's answer: its items, written by `each`, and its links.
    pub fn new<M>(query: &ListQuery, page: Paged<M>, each: impl FnMut(M) -> T) -> Self {
        let links = query.links(page.more);
        Self(wire::List { data: page.items.into_iter().map(each).collect(), links })
    }
}

impl<T: Serialize> IntoResponse for One<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, MEDIA_TYPE, &wire::Document { data: self.0 })
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        json(StatusCode::CREATED, MEDIA_TYPE, &wire::Document { data: self.0 })
    }
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl<T: Serialize> IntoResponse for Listed<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, MEDIA_TYPE, &self.0)
    }
}

/// Writes an answer of a status and media type.
pub fn json(status: StatusCode, media_type: &'static str, value: &impl Serialize) -> Response {
    let mut bytes = Vec::with_capacity(1024);
    serde_json::to_writer(&mut bytes, value).expect("wire types have string keys only");
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static(media_type))], bytes).into_response()
}
