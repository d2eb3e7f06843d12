//! `/impstead/v1/accounts/{account}/collaborators`
//!
//! The owner and administrators manage collaborators; only the owner makes and unmakes administrators
//! ([`Role::may_appoint`]). Whoever collaborates may read its own entry and leave.

use super::{managed, reached};
use crate::{
    App,
    caller::Caller,
    document::{Created, Listed, NoContent, One, Reply},
    error::{ApiError, duplicate, forbidden, invalid_attribute, not_found},
    page::{Ids, ListQuery},
    shape::{Attribute, Body, Fields, Kind, Relationship, Shape, Write},
};
use axum::extract::State;
use impstead_model::{self as model, AccountId, Right, Role};
use impstead_store::{Conflict, StoreError};
use impstead_wire::{self as wire, Linkage, SelfLink, Timestamp};

pub const SHAPE: Shape = Shape {
    types: &["collaborator"],
    attributes: &[Attribute {
        name: "role",
        kind: Kind::OneOf(&["administrator", "developer", "operations_manager", "support"]),
        write: Write::Required,
    }],
    relationships: &[Relationship { name: "account", required: true, changeable: false }],
};

/// `GET /impstead/v1/accounts/{account}/collaborators`
pub async fn list(
    caller: Caller,
    State(app): State<App>,
    ids: Ids,
    query: ListQuery,
) -> Reply<Listed<wire::Collaborator>> {
    let (owner, _) = managed(&app, &caller, &ids).await?;
    let owner = owner.id;
    let page = app.store.collaborators(&owner, query.page).await?;
    Ok(Listed::new(&query, page, |collaborator| resource(&app, collaborator)))
}

/// `POST /impstead/v1/accounts/{account}/collaborators`
pub async fn create(
    caller: Caller,
    State(app): State<App>,
    ids: Ids,
    body: Body,
) -> Reply<Created<wire::Collaborator>> {
    const POINTER: &str = "/data/relationships/account";
    let (owner, callers_role) = managed(&app, &caller, &ids).await?;
    let owner = owner.id;
    let fields = SHAPE.create(&body)?;
    let role = role_of(&fields).unwrap_or(Role::Support);
    may_appoint(callers_role, role)?;
    let (kind, named) = fields.relationship("account").unwrap_or_default();
    if kind.is_some_and(|kind| kind != "account") {
        return Err(invalid_attribute(format!("{POINTER}/type"), "The type must be `account`."));
    }
    let account = match app.store.account(&caller.account_named(named)).await? {
        None if !named.is_empty() => app.store.account_by_name(named).await?,
        found => found,
    };
    let account = account.ok_or_else(|| not_found("account").at(format!("{POINTER}/id")))?;
    if account.id == owner {
        return Err(duplicate("The account is the owner itself.").at(POINTER));
    }
    let added = app.store.add_collaborator(&owner, &account.id, role, caller.act(&app)).await;
    match added {
        Ok(collaborator) => Ok(Created(resource(&app, collaborator))),
        Err(StoreError::Conflict(Conflict::Duplicate)) => {
            Err(duplicate("The account is a collaborator already.").at(POINTER))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /impstead/v1/accounts/{account}/collaborators/{collaborator}`
pub async fn show(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::Collaborator>> {
    let (account, _) = reached(&app, &caller, &ids).await?;
    let named = named(&caller, &ids);
    if named != *caller.account() {
        caller.may(Right::ManageAccount, &account.id, "account")?;
    }
    Ok(One(resource(&app, find(&app, &account.id, &named).await?)))
}

/// `PATCH /impstead/v1/accounts/{account}/collaborators/{collaborator}`
pub async fn update(caller: Caller, State(app): State<App>, ids: Ids, body: Body) -> Reply<One<wire::Collaborator>> {
    let (owner, callers_role) = managed(&app, &caller, &ids).await?;
    let owner = owner.id;
    let collaborator = find(&app, &owner, &named(&caller, &ids)).await?;
    let account = collaborator.account.clone();
    let current = resource(&app, collaborator.clone());
    let fields = SHAPE.update(&body, "collaborator", &current, |named| AccountId::new(named) == account)?;
    let Some(role) = role_of(&fields) else {
        return Ok(One(resource(&app, collaborator)));
    };
    may_appoint(callers_role, collaborator.role)?;
    may_appoint(callers_role, role)?;
    let changed = app.store.set_collaborator_role(&owner, &account, role, caller.act(&app)).await?;
    Ok(One(resource(&app, changed.ok_or_else(|| not_found("collaborator"))?)))
}

/// `DELETE /impstead/v1/accounts/{account}/collaborators/{collaborator}`
pub async fn delete(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    let (owner, callers_role) = reached(&app, &caller, &ids).await?;
    let owner = owner.id;
    let account = named(&caller, &ids);
    if account != *caller.account() {
        caller.may(Right::ManageAccount, &owner, "account")?;
        may_appoint(callers_role, find(&app, &owner, &account).await?.role)?;
    }
    let removed = app.store.remove_collaborator(&owner, &account, caller.act(&app)).await?;
    if removed { Ok(NoContent) } else { Err(not_found("collaborator")) }
}

fn may_appoint(role: Role, other: Role) -> Result<(), ApiError> {
    if role.may_appoint(other) {
        return Ok(());
    }
    Err(forbidden("Invalid Permission: only the account's owner makes, changes and removes administrators."))
}

/// Takes the collaborator that the path names; `me` is the caller.
fn named(caller: &Caller, ids: &Ids) -> AccountId {
    caller.account_named(ids.0.get(1).map_or("", |id| id))
}

async fn find(app: &App, owner: &AccountId, account: &AccountId) -> Result<model::Collaborator, ApiError> {
    app.store.collaborator(owner, account).await?.ok_or_else(|| not_found("collaborator"))
}

fn role_of(fields: &Fields<'_>) -> Option<Role> {
    Role::parse(&fields.text("role")?)
}

fn resource(app: &App, collaborator: model::Collaborator) -> wire::Collaborator {
    let model::Collaborator { owner, account, username, role, created_ms, updated_ms } = collaborator;
    wire::Collaborator {
        kind: "collaborator".into(),
        links: SelfLink {
            this: format!("{}/impstead/v1/accounts/{owner}/collaborators/{account}", app.config.public_url),
        },
        id: account.to_string(),
        attributes: wire::CollaboratorAttributes {
            role: role.as_str().into(),
            username,
            created_at: Timestamp::from_ms(created_ms),
            updated_at: Timestamp::from_ms(updated_ms),
        },
        relationships: wire::CollaboratorRelationships {
            owner: Linkage::new("account", owner.as_str()),
            account: Linkage::new("account", account.as_str()),
        },
    }
}
