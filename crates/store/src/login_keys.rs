use crate::{Act, Page, Paged, Store, StoreError};
use impstead_model::AccountId;

/// A login key. Its id is its secret, so it is kept sealed and found through a keyed hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginKey {
    /// Keyed hash of the key.
    pub lookup: Vec<u8>,
    /// The key, sealed.
    pub sealed: Vec<u8>,
    /// The account it signs in.
    pub account: AccountId,
    /// What it is for.
    pub description: Option<String>,
    /// How often it was exchanged.
    pub usages: i64,
    /// When it was made.
    pub created_ms: i64,
    /// When its description last changed.
    pub updated_ms: i64,
}

/// A login key about to be made.
#[derive(Clone, Debug)]
pub struct NewLoginKey {
    /// The account it will sign in.
    pub account: AccountId,
    /// Keyed hash of the key.
    pub lookup: Vec<u8>,
    /// The key, sealed.
    pub sealed: Vec<u8>,
    /// What it is for.
    pub description: Option<String>,
}

impl Store {
    /// Lists an account's login keys, oldest first.
    pub async fn login_keys(&self, account: &AccountId, page: Page) -> Result<Paged<LoginKey>, StoreError> {
        todo!()
    }

    /// Returns a login key of an account.
    pub async fn login_key(&self, account: &AccountId, lookup: &[u8]) -> Result<Option<LoginKey>, StoreError> {
        todo!()
    }

    /// Makes a login key.
    ///
    /// # Errors
    /// [`Conflict::QuotaReached`](crate::Conflict::QuotaReached), exactly, however many are made at once;
    /// [`Conflict::Missing`](crate::Conflict::Missing) `account`.
    pub async fn create_login_key(&self, new: NewLoginKey, act: Act) -> Result<LoginKey, StoreError> {
        todo!()
    }

    /// Changes a login key's description (`None` keeps, `Some(None)` removes) and returns the key; `None` if it is not
    /// there.
    pub async fn update_login_key(
        &self,
        account: &AccountId,
        lookup: &[u8],
        description: Option<Option<String>>,
        act: Act,
    ) -> Result<Option<LoginKey>, StoreError> {
        todo!()
    }

    /// Deletes a login key of an account and says whether it was there. Access tokens issued for it go on.
    pub async fn delete_login_key(&self, account: &AccountId, lookup: &[u8], act: Act) -> Result<bool, StoreError> {
        todo!()
    }
}
