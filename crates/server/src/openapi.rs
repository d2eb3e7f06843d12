//! `GET /openapi.json`

/// `GET /openapi.json`
pub async fn show() -> axum::http::StatusCode {
    axum::http::StatusCode::NOT_IMPLEMENTED
}
