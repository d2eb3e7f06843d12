//! `/impstead/v1/accounts/{account}/quota`

use super::managed;
use crate::{
    App,
    caller::Caller,
    document::{One, Reply},
    page::Ids,
};
use axum::extract::State;
use impstead_model as model;
use impstead_wire::{self as wire, NoRelationships, SelfLink, Usage};

/// `GET /impstead/v1/accounts/{account}/quota`
pub async fn show(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::Quota>> {
    let (account, _) = managed(&app, &caller, &ids).await?;
    let used = app.store.usage(&account.id).await?;
    let model::Quota { products, device_groups, deployments, devices, webhooks, login_keys } = account.quota;
    Ok(One(wire::Quota {
        kind: "quota".into(),
        links: SelfLink { this: format!("{}/impstead/v1/accounts/{}/quota", app.config.public_url, account.id) },
        id: account.id.to_string(),
        attributes: wire::QuotaAttributes {
            products: Usage { used: used.products, limit: products },
            devicegroups: Usage { used: used.device_groups, limit: device_groups },
            deployments: Usage { used: used.deployments, limit: deployments },
            devices: Usage { used: used.devices, limit: devices },
            webhooks: Usage { used: used.webhooks, limit: webhooks },
            login_keys: Usage { used: used.login_keys, limit: login_keys },
        },
        relationships: NoRelationships {},
    }))
}
