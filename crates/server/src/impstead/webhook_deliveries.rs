//! `/impstead/v1/webhooks/{webhook}/deliveries`: events on their way to a webhook, and those of the last 30 days.

use crate::{
    App,
    caller::Caller,
    document::{Created, Listed, One, Reply},
    error::{ApiError, internal, not_found},
    page::{Ids, ListQuery},
    webhooks,
};
use axum::extract::State;
use impstead_model::Right;
use impstead_store as store;
use impstead_wire::{self as wire, Linkage, SelfLink, Timestamp};

/// `GET /impstead/v1/webhooks/{webhook}/deliveries`
pub async fn list(
    caller: Caller,
    State(app): State<App>,
    ids: Ids,
    query: ListQuery,
) -> Reply<Listed<wire::WebhookDelivery>> {
    let webhook = webhooks::find(&app, &caller, &ids, Right::ReadGroups).await?;
    let page = app.store.deliveries(&webhook.id, query.page).await?;
    let items = page.items.into_iter().map(|delivery| resource(&app, delivery)).collect::<Result<Vec<_>, _>>()?;
    Ok(Listed::new(&query, store::Paged { items, more: page.more }, |delivery| delivery))
}

/// `GET /impstead/v1/webhooks/{webhook}/deliveries/{delivery}`
pub async fn show(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::WebhookDelivery>> {
    let webhook = webhooks::find(&app, &caller, &ids, Right::ReadGroups).await?;
    let delivery = app.store.delivery(&webhook.id, named(&ids)).await?;
    Ok(One(resource(&app, delivery.ok_or_else(|| not_found("delivery"))?)?))
}

/// `POST /impstead/v1/webhooks/{webhook}/deliveries/{delivery}/resend`: a new delivery of the same event.
pub async fn resend(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<Created<wire::WebhookDelivery>> {
    let webhook = webhooks::find(&app, &caller, &ids, Right::Operate).await?;
    let delivery = app.store.resend_delivery(&webhook.id, named(&ids), caller.act(&app)).await?;
    Ok(Created(resource(&app, delivery.ok_or_else(|| not_found("delivery"))?)?))
}

fn named(ids: &Ids) -> &str {
    ids.0.get(1).map_or("", |id| id)
}

fn resource(app: &App, delivery: store::Delivery) -> Result<wire::WebhookDelivery, ApiError> {
    let store::Delivery {
        id,
        webhook,
        event,
        payload,
        state,
        attempts,
        next_attempt_ms,
        last_status,
        last_error,
        created_ms,
        updated_ms,
    } = delivery;
    Ok(wire::WebhookDelivery {
        kind: "webhook_delivery".into(),
        links: SelfLink { this: format!("{}/impstead/v1/webhooks/{webhook}/deliveries/{id}", app.config.public_url) },
        id,
        attributes: wire::WebhookDeliveryAttributes {
            event: event.as_str().into(),
            state: state.as_str().into(),
            attempts,
            next_attempt_at: next_attempt_ms.map(Timestamp::from_ms),
            last_status,
            last_error,
            payload: serde_json::from_str(&payload).map_err(internal)?,
            created_at: Timestamp::from_ms(created_ms),
            updated_at: Timestamp::from_ms(updated_ms),
        },
        relationships: wire::WebhookDeliveryRelationships { webhook: Linkage::new("webhook", webhook.as_str()) },
    })
}
