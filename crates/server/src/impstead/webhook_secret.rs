//! `/impstead/v1/webhooks/{webhook}/secret`: what deliveries are signed with.

use crate::{
    App,
    caller::Caller,
    document::{Created, Reply},
    error::not_found,
    page::Ids,
    secrets::{Purpose, new_webhook_secret},
    webhooks,
};
use axum::extract::State;
use impstead_model::Right;
use impstead_wire as wire;

/// `POST /impstead/v1/webhooks/{webhook}/secret`: replaces it, from the next attempt on, and shows the new one.
pub async fn replace(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<Created<wire::Webhook>> {
    let webhook = webhooks::find(&app, &caller, &ids, Right::Operate).await?;
    let secret = new_webhook_secret(&*app.entropy);
    let sealed = app.key.seal(Purpose::WebhookSecret, secret.as_bytes(), &*app.entropy);
    if !app.store.set_webhook_secret(&webhook.id, sealed, caller.act(&app)).await? {
        return Err(not_found("webhook"));
    }
    let mut webhook = webhooks::resource(&app, webhook);
    webhook.attributes.secret = Some(secret);
    Ok(Created(webhook))
}
