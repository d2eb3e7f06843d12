//! `/v5/accounts`

use crate::{
    App,
    caller::Caller,
    document::{Listed, One, Reply},
    error::{ApiError, not_found},
    page::{Ids, ListQuery},
};
use axum::extract::State;
use impstead_model::{self as model, Right, Role, Side};
use impstead_wire::{self as wire, Linkage, NoRelationships, SelfLink, Timestamp};

/// `GET /v5/accounts`: the caller's own, and those it collaborates on.
pub async fn list(caller: Caller, State(app): State<App>, query: ListQuery) -> Reply<Listed<wire::Account>> {
    let page = app.store.accounts(&caller.session().reach, query.page).await?;
    Ok(Listed::new(&query, page, |account| resource(&app, account)))
}

/// `GET /v5/accounts/{id}`: by id, user name, e-mail address, or `me`.
pub async fn show(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::Account>> {
    let account = named(&app, &caller, &ids).await?;
    let reach = &caller.session().reach;
    // Clients read the owner and creator of whatever they show.
    if reach.role(&account.id).is_none() && !app.store.works_with(reach, &account.id).await? {
        return Err(not_found("account"));
    }
    Ok(One(resource(&app, account)))
}

/// `GET /v5/accounts/{id}/capabilities`: what the caller may do there.
pub async fn capabilities(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::Capabilities>> {
    let (account, role) = find(&app, &caller, &ids).await?;
    Ok(One(wire::Capabilities {
        kind: "capabilities".into(),
        id: account.id.to_string(),
        links: SelfLink { this: format!("{}/v5/accounts/{}/capabilities", app.config.public_url, account.id) },
        attributes: wire::CapabilitiesAttributes {
            manage_account: role.may(Right::ManageAccount),
            manage_products: role.may(Right::ManageProducts),
            manage_development: role.may(Right::Operate(Side::Development)),
            manage_production: role.may(Right::Operate(Side::Production)),
            unbless_devices: role.may(Right::Unbless),
            edit_env_vars: role.may(Right::EditEnvVars),
            production: account.production,
        },
        relationships: wire::CapabilitiesRelationships { account: Linkage::new("account", account.id.as_str()) },
    }))
}

/// Finds an account that the caller is or collaborates on.
pub async fn find(app: &App, caller: &Caller, ids: &Ids) -> Result<(model::Account, Role), ApiError> {
    let account = named(app, caller, ids).await?;
    let role = caller.may(Right::ReadProducts, &account.id, "account")?;
    Ok((account, role))
}

/// Finds the account that a path names, whoever asks.
async fn named(app: &App, caller: &Caller, ids: &Ids) -> Result<model::Account, ApiError> {
    let name = ids.one();
    let account = match app.store.account(&caller.account_named(name)).await? {
        None if !name.is_empty() => app.store.account_by_name(name).await?,
        found => found,
    };
    account.ok_or_else(|| not_found("account"))
}

fn resource(app: &App, account: model::Account) -> wire::Account {
    let tier = account.tier().to_owned();
    let model::Account { id, username, email, created_ms, updated_ms, production: _, disabled: _, quota: _ } = account;
    wire::Account {
        kind: "account".into(),
        links: SelfLink { this: format!("{}/v5/accounts/{id}", app.config.public_url) },
        id: id.to_string(),
        attributes: wire::AccountAttributes {
            username,
            email,
            tier,
            created_at: Some(Timestamp::from_ms(created_ms)),
            updated_at: Some(Timestamp::from_ms(updated_ms)),
        },
        relationships: NoRelationships {},
    }
}
