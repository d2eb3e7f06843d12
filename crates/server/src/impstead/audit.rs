//! `/impstead/v1/audit`: who did what to the resources of the accounts that the caller manages.

use crate::{
    App,
    caller::Caller,
    document::{Listed, One, Reply},
    error::not_found,
    page::{Ids, ListQuery},
};
use axum::extract::State;
use impstead_model as model;
use impstead_store::{AuditFilter, Page};
use impstead_wire::{self as wire, Linkage, SelfLink, Timestamp};

/// `GET /impstead/v1/audit`
pub async fn list(caller: Caller, State(app): State<App>, query: ListQuery) -> Reply<Listed<wire::AuditEntry>> {
    let text = |path| query.filter(path).map(str::to_owned);
    let filter = AuditFilter {
        id: None,
        owner: query.filter("owner.id").map(|id| caller.account_named(id)),
        target_type: text("target.type"),
        target_id: text("target.id"),
        action: text("action"),
    };
    let page = app.store.audit(&caller.session().reach, filter, query.page).await?;
    Ok(Listed::new(&query, page, |entry| resource(&app, entry)))
}

/// `GET /impstead/v1/audit/{entry}`
pub async fn show(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::AuditEntry>> {
    let filter = AuditFilter { id: Some(ids.one().to_owned()), ..AuditFilter::default() };
    let page = app.store.audit(&caller.session().reach, filter, Page { number: 1, size: 1 }).await?;
    let entry = page.items.into_iter().next().ok_or_else(|| not_found("audit entry"))?;
    Ok(One(resource(&app, entry)))
}

fn resource(app: &App, entry: model::AuditEntry) -> wire::AuditEntry {
    let model::AuditEntry {
        id,
        owner,
        actor,
        action,
        target_type,
        target_id,
        detail,
        ip_address,
        request_id,
        created_ms,
    } = entry;
    wire::AuditEntry {
        kind: "audit_entry".into(),
        links: SelfLink { this: format!("{}/impstead/v1/audit/{id}", app.config.public_url) },
        id,
        attributes: wire::AuditAttributes {
            created_at: Timestamp::from_ms(created_ms),
            action,
            target_type,
            target_id,
            detail,
            ip_address,
            request_id,
        },
        relationships: wire::AuditRelationships {
            owner: Linkage::new("account", owner.as_str()),
            actor: actor.map(|actor| Linkage::new("account", actor.as_str())),
        },
    }
}
