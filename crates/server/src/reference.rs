//! `GET /docs`

use axum::response::Redirect;

/// `GET /docs`
pub async fn show() -> axum::http::StatusCode {
    axum::http::StatusCode::NOT_IMPLEMENTED
}

/// `GET /`: goes to the reference.
pub async fn index() -> Redirect {
    Redirect::temporary("/docs")
}
