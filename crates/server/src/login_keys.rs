//! `/v5/accounts/me/login_keys`

use crate::{
    App,
    caller::{Caller, ConfirmedCaller},
    document::{Created, Listed, NoContent, One, Reply},
    error::{ApiError, internal, not_found},
    page::{Ids, ListQuery},
    secrets::{Purpose, new_login_key},
    shape::{Attribute, Body, Kind, Shape, Write},
};
use axum::extract::State;
use impstead_store::{LoginKey, NewLoginKey};
use impstead_wire::{self as wire, Linkage, OwnerRelationship, SelfLink, Timestamp};

pub const SHAPE: Shape = Shape {
    types: &["login_key"],
    attributes: &[Attribute { name: "description", kind: Kind::NullableText { max: 255 }, write: Write::Optional }],
    relationships: &[],
};

/// `GET /v5/accounts/me/login_keys`
pub async fn list(caller: Caller, State(app): State<App>, query: ListQuery) -> Reply<Listed<wire::LoginKey>> {
    let page = app.store.login_keys(caller.account(), query.page).await?;
    let ids = page.items.iter().map(|key| reveal(&app, key)).collect::<Result<Vec<_>, _>>()?;
    let mut ids = ids.into_iter();
    Ok(Listed::new(&query, page, |key| resource(&app, ids.next().unwrap_or_default(), key)))
}

/// `POST /v5/accounts/me/login_keys`; some clients send the resource without `data` around it, or nothing at all.
pub async fn create(caller: ConfirmedCaller, State(app): State<App>, body: Body) -> Reply<Created<wire::LoginKey>> {
    let ConfirmedCaller(caller) = caller;
    let bare = body.0.is_null() || body.0.as_object().is_some_and(|members| !members.contains_key("data"));
    let description = if bare { None } else { SHAPE.create(&body)?.nullable_text("description").flatten() };
    let id = new_login_key(&*app.entropy);
    let new = NewLoginKey {
        account: caller.account().clone(),
        lookup: app.key.lookup(&id).to_vec(),
        sealed: app.key.seal(Purpose::LoginKey, id.as_bytes(), &*app.entropy),
        description,
    };
    let key = app.store.create_login_key(new, caller.act(&app)).await?;
    Ok(Created(resource(&app, id, key)))
}

/// `GET /v5/accounts/me/login_keys/{key}`
pub async fn show(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::LoginKey>> {
    let key = find(&app, &caller, &ids).await?;
    Ok(One(resource(&app, reveal(&app, &key)?, key)))
}

/// `PATCH /v5/accounts/me/login_keys/{key}`
pub async fn update(
    caller: ConfirmedCaller,
    State(app): State<App>,
    ids: Ids,
    body: Body,
) -> Reply<One<wire::LoginKey>> {
    let ConfirmedCaller(caller) = caller;
    let key = find(&app, &caller, &ids).await?;
    let (id, lookup) = (reveal(&app, &key)?, key.lookup.clone());
    let current = resource(&app, id.clone(), key);
    let fields = SHAPE.update(&body, "login_key", &current, |named| named.eq_ignore_ascii_case(&id))?;
    let description = fields.nullable_text("description");
    let key = app.store.update_login_key(caller.account(), &lookup, description, caller.act(&app)).await?;
    Ok(One(resource(&app, id, key.ok_or_else(|| not_found("login key"))?)))
}

/// `DELETE /v5/accounts/me/login_keys/{key}`
pub async fn delete(caller: ConfirmedCaller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    let ConfirmedCaller(caller) = caller;
    let lookup = app.key.lookup(&ids.one().to_ascii_lowercase());
    let deleted = app.store.delete_login_key(caller.account(), &lookup, caller.act(&app)).await?;
    if deleted { Ok(NoContent) } else { Err(not_found("login key")) }
}

async fn find(app: &App, caller: &Caller, ids: &Ids) -> Result<LoginKey, ApiError> {
    let lookup = app.key.lookup(&ids.one().to_ascii_lowercase());
    app.store.login_key(caller.account(), &lookup).await?.ok_or_else(|| not_found("login key"))
}

/// Decrypts a key's id.
fn reveal(app: &App, key: &LoginKey) -> Result<String, ApiError> {
    let opened = app.key.open(Purpose::LoginKey, &key.sealed).and_then(|id| String::from_utf8(id).ok());
    opened.ok_or_else(|| internal("a login key was sealed under another server key"))
}

fn resource(app: &App, id: String, key: LoginKey) -> wire::LoginKey {
    let LoginKey { lookup: _, sealed: _, account, description, usages, created_ms, updated_ms } = key;
    wire::LoginKey {
        kind: "login_key".into(),
        links: SelfLink { this: format!("{}/v5/accounts/me/login_keys/{id}", app.config.public_url) },
        id,
        attributes: wire::LoginKeyAttributes {
            description,
            usages,
            created_at: Some(Timestamp::from_ms(created_ms)),
            updated_at: Some(Timestamp::from_ms(updated_ms)),
        },
        relationships: OwnerRelationship { owner: Some(Linkage::new("account", account.as_str())) },
    }
}
