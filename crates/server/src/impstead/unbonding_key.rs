//! `/impstead/v1/accounts/me/unbonding_key`: the key that allows unblessing the account's production devices.

use crate::{
    App,
    caller::{Caller, ConfirmedCaller},
    document::{Created, NoContent, One, Reply},
    error::not_found,
    secrets::{new_hex_token, token_hash},
};
use axum::extract::State;
use impstead_model::AccountId;
use impstead_wire::{self as wire, Linkage, OwnerRelationship, SelfLink, Timestamp};

/// `GET /impstead/v1/accounts/me/unbonding_key`: whether there is one, never the key.
pub async fn show(caller: Caller, State(app): State<App>) -> Reply<One<wire::UnbondingKey>> {
    let key = app.store.unbonding_key(caller.account()).await?;
    Ok(One(resource(&app, caller.account(), None, key.map(|key| key.created_ms))))
}

/// `POST /impstead/v1/accounts/me/unbonding_key`: makes one, in place of an older one. Only its hash is kept.
pub async fn create(
    ConfirmedCaller(caller): ConfirmedCaller,
    State(app): State<App>,
) -> Reply<Created<wire::UnbondingKey>> {
    let key = new_hex_token(&*app.entropy);
    let act = caller.act(&app);
    let created_ms = act.at_ms;
    if app.store.set_unbonding_key(caller.account(), token_hash(&key).to_vec(), act).await? {
        Ok(Created(resource(&app, caller.account(), Some(key), Some(created_ms))))
    } else {
        Err(not_found("account"))
    }
}

/// `DELETE /impstead/v1/accounts/me/unbonding_key`
pub async fn delete(ConfirmedCaller(caller): ConfirmedCaller, State(app): State<App>) -> Reply<NoContent> {
    let deleted = app.store.delete_unbonding_key(caller.account(), caller.act(&app)).await?;
    if deleted { Ok(NoContent) } else { Err(not_found("unbonding key")) }
}

fn resource(app: &App, account: &AccountId, key: Option<String>, created_ms: Option<i64>) -> wire::UnbondingKey {
    wire::UnbondingKey {
        kind: "unbonding_key".into(),
        id: account.to_string(),
        links: SelfLink { this: format!("{}/impstead/v1/accounts/me/unbonding_key", app.config.public_url) },
        attributes: wire::UnbondingKeyAttributes {
            set: created_ms.is_some(),
            key,
            created_at: created_ms.map(Timestamp::from_ms),
        },
        relationships: OwnerRelationship { owner: Some(Linkage::new("account", account.as_str())) },
    }
}
