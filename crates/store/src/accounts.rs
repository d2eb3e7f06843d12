use crate::{Act, Page, Paged, Store, StoreError};
use impstead_model::{Account, AccountId, Reach, RefreshTokenId, Usage};

/// An account about to be made.
#[derive(Clone)]
pub struct NewAccount {
    /// Unique without case.
    pub username: String,
    /// Unique without case.
    pub email: String,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
    /// Whether it may hold production and factory device groups.
    pub production: bool,
}

/// What an account signs in with.
#[derive(Clone)]
pub struct Credentials {
    /// Argon2id, as a PHC string.
    pub password_hash: String,
    /// Secret for one-time passwords, sealed; of a begun enrolment where `totp_enabled` is false.
    pub totp_secret: Option<Vec<u8>>,
    /// Whether signing in asks for a one-time password.
    pub totp_enabled: bool,
    /// The newest time step used.
    pub totp_last_step: i64,
}

/// Which limits of an account change: `None` keeps, `Some(None)` returns to the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuotaChange {
    /// Products.
    pub products: Option<Option<i64>>,
    /// Device groups.
    pub device_groups: Option<Option<i64>>,
    /// Deployments.
    pub deployments: Option<Option<i64>>,
    /// Devices.
    pub devices: Option<Option<i64>>,
    /// Webhooks.
    pub webhooks: Option<Option<i64>>,
    /// Login keys.
    pub login_keys: Option<Option<i64>>,
}

impl Store {
    /// Makes an account.
    ///
    /// # Errors
    /// [`Conflict::Taken`](crate::Conflict::Taken) `username` or `email`.
    pub async fn create_account(&self, new: NewAccount, act: Act) -> Result<Account, StoreError> {
        todo!()
    }

    /// Returns an account.
    pub async fn account(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        todo!()
    }

    /// Returns the account with this user name or e-mail address, in any case.
    pub async fn account_by_name(&self, username_or_email: &str) -> Result<Option<Account>, StoreError> {
        todo!()
    }

    /// Lists the caller's account and those it collaborates on, oldest first.
    pub async fn accounts(&self, reach: &Reach, page: Page) -> Result<Paged<Account>, StoreError> {
        todo!()
    }

    /// Lists all accounts, oldest first; for the operator.
    pub async fn all_accounts(&self, page: Page) -> Result<Paged<Account>, StoreError> {
        todo!()
    }

    /// Returns what an account signs in with.
    pub async fn credentials(&self, id: &AccountId) -> Result<Option<Credentials>, StoreError> {
        todo!()
    }

    /// Sets an account's password and ends its sessions, except `keep`. Says whether the account is there.
    pub async fn set_password(
        &self,
        id: &AccountId,
        password_hash: String,
        keep: Option<&RefreshTokenId>,
        act: Act,
    ) -> Result<bool, StoreError> {
        todo!()
    }

    /// Shuts or reopens an account and returns it; `None` if it is not there.
    pub async fn set_disabled(&self, id: &AccountId, disabled: bool, act: Act) -> Result<Option<Account>, StoreError> {
        todo!()
    }

    /// Grants or withdraws the entitlement to production and factory groups, and returns the account; `None` if it is
    /// not there. What it has stays.
    pub async fn set_production(
        &self,
        id: &AccountId,
        production: bool,
        act: Act,
    ) -> Result<Option<Account>, StoreError> {
        todo!()
    }

    /// Changes an account's limits and returns it; `None` if it is not there. What it holds beyond them stays.
    pub async fn set_quota(
        &self,
        id: &AccountId,
        change: QuotaChange,
        act: Act,
    ) -> Result<Option<Account>, StoreError> {
        todo!()
    }

    /// Returns how much an account holds: zeros for one that is not there.
    pub async fn usage(&self, id: &AccountId) -> Result<Usage, StoreError> {
        todo!()
    }
}
