//! Impstead's own API, `/impstead/v1`: what the impCentral API lacks, in the same form.

pub mod audit;
pub mod collaborators;
pub mod logs;
mod one_time_password;
pub mod password;
pub mod quota;
pub mod sessions;
pub mod totp;
pub mod unbonding_key;
pub mod virtual_imps;
pub mod webhook_deliveries;
pub mod webhook_secret;

use crate::{
    App,
    caller::Caller,
    error::{ApiError, not_found},
    page::Ids,
};
use impstead_model::{Account, Right, Role};

/// Finds the account that a path names by id, user name, e-mail address or `me`, and the caller's role there. An account
/// that the caller does not reach is not found.
async fn reached(app: &App, caller: &Caller, ids: &Ids) -> Result<(Account, Role), ApiError> {
    let named = ids.one();
    let account = match app.store.account(&caller.account_named(named)).await? {
        None => app.store.account_by_name(named).await?,
        found => found,
    };
    let account = account.ok_or_else(|| not_found("account"))?;
    let role = caller.may(Right::ReadProducts, &account.id, "account")?;
    Ok((account, role))
}

/// The same, if the caller may manage the account.
async fn managed(app: &App, caller: &Caller, ids: &Ids) -> Result<(Account, Role), ApiError> {
    let (account, _) = reached(app, caller, ids).await?;
    let role = caller.may(Right::ManageAccount, &account.id, "account")?;
    Ok((account, role))
}
