//! `/v5/libraries`

use crate::{
    App,
    caller::Caller,
    document::{Listed, Reply},
    page::ListQuery,
};
use axum::extract::State;
use impstead_store::Paged;
use impstead_wire as wire;

/// `GET /v5/libraries`: the server holds none yet, so every page is empty.
pub async fn list(_: Caller, State(_): State<App>, query: ListQuery) -> Reply<Listed<wire::Library>> {
    Ok(Listed::new(&query, Paged { items: Vec::new(), more: false }, |library| library))
}
