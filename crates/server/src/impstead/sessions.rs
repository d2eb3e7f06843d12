//! `/impstead/v1/accounts/me/sessions`: sign-ins, each with its refresh token.

use crate::{
    App,
    caller::Caller,
    document::{Listed, NoContent, One, Reply},
    error::not_found,
    page::{Ids, ListQuery},
};
use axum::extract::State;
use impstead_model::{self as model, RefreshTokenId};
use impstead_store::Paged;
use impstead_wire::{self as wire, Linkage, OwnerRelationship, SelfLink, Timestamp};

/// `GET /impstead/v1/accounts/me/sessions`: all on one page, since there are at most five.
pub async fn list(caller: Caller, State(app): State<App>, query: ListQuery) -> Reply<Listed<wire::Session>> {
    let items = if query.page.number == 1 { app.store.refresh_tokens(caller.account()).await? } else { Vec::new() };
    Ok(Listed::new(&query, Paged { items, more: false }, |token| resource(&app, &caller, token)))
}

/// `GET /impstead/v1/accounts/me/sessions/{session}`
pub async fn show(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::Session>> {
    let id = RefreshTokenId::new(ids.one());
    let tokens = app.store.refresh_tokens(caller.account()).await?;
    let token = tokens.into_iter().find(|token| token.id == id).ok_or_else(|| not_found("session"))?;
    Ok(One(resource(&app, &caller, token)))
}

/// `DELETE /impstead/v1/accounts/me/sessions/{session}`: ends its access tokens too.
pub async fn delete(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    let id = RefreshTokenId::new(ids.one());
    let deleted = app.store.delete_refresh_token(caller.account(), &id, true, caller.act(&app)).await?;
    if deleted { Ok(NoContent) } else { Err(not_found("session")) }
}

/// `DELETE /impstead/v1/accounts/me/sessions`: all but the caller's.
pub async fn delete_others(caller: Caller, State(app): State<App>) -> Reply<NoContent> {
    app.store.end_other_sessions(caller.account(), &caller.kept(), caller.act(&app)).await?;
    Ok(NoContent)
}

fn resource(app: &App, caller: &Caller, token: model::RefreshToken) -> wire::Session {
    let current = caller.session().refresh_token.as_ref() == Some(&token.id);
    let model::RefreshToken { id, account, ip_address, user_agent, created_ms, last_used_ms } = token;
    wire::Session {
        kind: "session".into(),
        links: SelfLink { this: format!("{}/impstead/v1/accounts/me/sessions/{id}", app.config.public_url) },
        id: id.to_string(),
        attributes: wire::SessionAttributes {
            current,
            ip_address,
            user_agent,
            created_at: Timestamp::from_ms(created_ms),
            last_used_at: last_used_ms.map(Timestamp::from_ms),
        },
        relationships: OwnerRelationship { owner: Some(Linkage::new("account", account.as_str())) },
    }
}
