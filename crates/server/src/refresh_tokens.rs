//! `/v5/accounts/me/refresh_tokens`

use crate::{
    App,
    caller::Caller,
    document::{Listed, NoContent, Reply},
    error::not_found,
    page::{Ids, ListQuery},
};
use axum::extract::State;
use impstead_model::{self as model, RefreshTokenId};
use impstead_store::Paged;
use impstead_wire::{self as wire, Linkage, OwnerRelationship, SelfLink, Timestamp};

/// `GET /v5/accounts/me/refresh_tokens`: all on one page, since there are at most five.
pub async fn list(caller: Caller, State(app): State<App>, query: ListQuery) -> Reply<Listed<wire::RefreshToken>> {
    let items = if query.page.number == 1 { app.store.refresh_tokens(caller.account()).await? } else { Vec::new() };
    Ok(Listed::new(&query, Paged { items, more: false }, |token| resource(&app, token)))
}

/// `DELETE /v5/accounts/me/refresh_tokens/{id}`: it can no longer be exchanged; access tokens issued for it stay valid.
pub async fn delete(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    let id = RefreshTokenId::new(ids.one());
    let deleted = app.store.delete_refresh_token(caller.account(), &id, false, caller.act(&app)).await?;
    if deleted { Ok(NoContent) } else { Err(not_found("refresh token")) }
}

fn resource(app: &App, token: model::RefreshToken) -> wire::RefreshToken {
    let model::RefreshToken { id, account, ip_address: _, user_agent: _, created_ms, last_used_ms } = token;
    wire::RefreshToken {
        kind: "refresh_token".into(),
        links: SelfLink { this: format!("{}/v5/accounts/me/refresh_tokens/{id}", app.config.public_url) },
        id: id.to_string(),
        attributes: wire::RefreshTokenAttributes {
            created_at: Some(Timestamp::from_ms(created_ms)),
            last_used_at: last_used_ms.map(Timestamp::from_ms),
        },
        relationships: OwnerRelationship { owner: Some(Linkage::new("account", account.as_str())) },
    }
}
