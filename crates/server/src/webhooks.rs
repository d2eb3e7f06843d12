//! `/v5/webhooks`

use crate::{
    App,
    caller::Caller,
    device_groups,
    document::{Created, Listed, NoContent, One, Reply},
    error::{ApiError, missing, not_found, refused_url, type_mismatch},
    page::{Ids, ListQuery},
    secrets::{Purpose, new_webhook_secret},
    shape::{Attribute, Body, Fields, Kind, Relationship, Shape, Write},
};
use axum::extract::State;
use impstead_model::{self as model, ContentType, DeviceGroupId, Right, Side, WebhookEvent, WebhookId};
use impstead_runtime::{UrlRefused, WebhookLimits, Webhooks};
use impstead_store::{Conflict, NewWebhook, StoreError, WebhookChange};
use impstead_wire::{self as wire, Linkage, SelfLink, Timestamp};
use std::sync::Arc;
use url::Url;

pub const SHAPE: Shape = Shape {
    types: &["webhook"],
    attributes: &[
        Attribute { name: "url", kind: Kind::Url, write: Write::Required },
        Attribute {
            name: "event",
            kind: Kind::OneOf(&[
                WebhookEvent::Blessing.as_str(),
                WebhookEvent::BlinkUp.as_str(),
                WebhookEvent::Deployment.as_str(),
            ]),
            write: Write::RequiredOnce,
        },
        Attribute {
            name: "content_type",
            kind: Kind::OneOf(&[ContentType::Json.as_str(), ContentType::Form.as_str()]),
            write: Write::Required,
        },
    ],
    relationships: &[Relationship { name: "devicegroup", required: true, changeable: false }],
};

/// `GET /v5/webhooks`
pub async fn list(caller: Caller, State(app): State<App>, query: ListQuery) -> Reply<Listed<wire::Webhook>> {
    let group = query.filter("devicegroup.id").map(DeviceGroupId::new);
    let page = app.store.webhooks(&caller.session().reach, group.as_ref(), query.page).await?;
    Ok(Listed::new(&query, page, |webhook| resource(&app, webhook)))
}

/// `POST /v5/webhooks`
pub async fn create(caller: Caller, State(app): State<App>, body: Body) -> Reply<Created<wire::Webhook>> {
    let fields = SHAPE.create(&body)?;
    let (kind, group) = fields.relationship("devicegroup").ok_or_else(|| missing("/data/relationships/devicegroup"))?;
    let (group, _) = device_groups::find(&app, &caller, group, Right::Operate).await?;
    if let Some(kind) = kind.filter(|kind| *kind != group.kind.as_str()) {
        return Err(type_mismatch(group.kind.as_str(), kind).at("/data/relationships/devicegroup/type"));
    }
    check_url(&app, &fields)?;
    let word = |name| fields.text(name).unwrap_or_default();
    let secret = new_webhook_secret(&*app.entropy);
    let new = NewWebhook {
        group: group.id,
        url: word("url"),
        event: WebhookEvent::parse(&word("event")).ok_or_else(|| missing("/data/attributes/event"))?,
        content_type: ContentType::parse(&word("content_type"))
            .ok_or_else(|| missing("/data/attributes/content_type"))?,
        sealed_secret: app.key.seal(Purpose::WebhookSecret, secret.as_bytes(), &*app.entropy),
    };
    let webhook = app.store.create_webhook(new, caller.act(&app)).await.map_err(|error| match error {
        StoreError::Conflict(Conflict::Missing(_)) => not_found("devicegroup"),
        error => error.into(),
    })?;
    let mut webhook = resource(&app, webhook);
    webhook.attributes.secret = Some(secret);
    Ok(Created(webhook))
}

/// `GET /v5/webhooks/{id}`
pub async fn show(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::Webhook>> {
    let webhook = find(&app, &caller, &ids, Right::ReadGroups).await?;
    Ok(One(resource(&app, webhook)))
}

/// `PATCH /v5/webhooks/{id}`
pub async fn update(caller: Caller, State(app): State<App>, ids: Ids, body: Body) -> Reply<One<wire::Webhook>> {
    let webhook = find(&app, &caller, &ids, Right::Operate).await?;
    let id = webhook.id.clone();
    let fields = SHAPE.update(&body, "webhook", &resource(&app, webhook), |named| WebhookId::new(named) == id)?;
    check_url(&app, &fields)?;
    let change = WebhookChange {
        url: fields.text("url"),
        content_type: fields.text("content_type").as_deref().and_then(ContentType::parse),
    };
    let webhook = app.store.update_webhook(&id, change, caller.act(&app)).await?;
    Ok(One(resource(&app, webhook.ok_or_else(|| not_found("webhook"))?)))
}

/// `DELETE /v5/webhooks/{id}`
pub async fn delete(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    let webhook = find(&app, &caller, &ids, Right::Operate).await?;
    if app.store.delete_webhook(&webhook.id, caller.act(&app)).await? {
        Ok(NoContent)
    } else {
        Err(not_found("webhook"))
    }
}

/// Refuses a URL of which it is plain that nothing would be delivered there. Names are judged at each delivery.
fn check_url(app: &App, fields: &Fields<'_>) -> Result<(), ApiError> {
    let Some(url) = fields.text("url").and_then(|url| Url::parse(&url).ok()) else { return Ok(()) };
    let detail = match app.outbound.check(&url) {
        Ok(()) => return Ok(()),
        Err(UrlRefused::UserInfo) => "The URL cannot hold a user name or password.",
        Err(UrlRefused::Address) => "The URL's address is not a public one, and this server does not allow it.",
        Err(_) => "The provided URL is invalid.",
    };
    Err(refused_url("/data/attributes/url", detail))
}

/// Returns what carries events to webhooks.
pub fn worker(app: &App) -> Webhooks {
    let (key, metrics) = (app.key.clone(), app.clone());
    let limits = WebhookLimits { grace: app.config.shutdown_grace, ..app.config.webhook_limits };
    Webhooks {
        store: app.store.clone(),
        outbound: app.outbound.clone(),
        clock: Arc::clone(&app.clock),
        entropy: Arc::clone(&app.entropy),
        unseal: Arc::new(move |sealed| key.open(Purpose::WebhookSecret, sealed)),
        observe: Arc::new(move |outcome| metrics.metrics.webhook_delivery(outcome)),
        limits,
    }
}

/// Finds the webhook that a path names first, if the caller has the right to it.
pub async fn find(app: &App, caller: &Caller, ids: &Ids, right: fn(Side) -> Right) -> Result<model::Webhook, ApiError> {
    let webhook = app.store.webhook(&WebhookId::new(ids.one())).await?.ok_or_else(|| not_found("webhook"))?;
    caller.may(right(webhook.group_kind.side()), &webhook.owner, "webhook")?;
    Ok(webhook)
}

pub fn resource(app: &App, webhook: model::Webhook) -> wire::Webhook {
    let model::Webhook {
        id,
        group,
        group_kind,
        product,
        owner,
        creator,
        url,
        event,
        content_type,
        created_ms,
        updated_ms,
    } = webhook;
    wire::Webhook {
        kind: "webhook".into(),
        links: SelfLink { this: format!("{}/v5/webhooks/{id}", app.config.public_url) },
        id: id.to_string(),
        attributes: wire::WebhookAttributes {
            url,
            event: event.as_str().into(),
            content_type: content_type.as_str().into(),
            created_at: Some(Timestamp::from_ms(created_ms)),
            updated_at: Some(Timestamp::from_ms(updated_ms)),
            secret: None,
        },
        relationships: wire::WebhookRelationships {
            owner: Some(Linkage::new("account", owner.as_str())),
            creator: Some(Linkage::new("account", creator.as_str())),
            devicegroup: Linkage::new(group_kind.as_str(), group.as_str()),
            product: Some(Linkage::new("product", product.as_str())),
        },
    }
}
