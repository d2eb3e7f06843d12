use crate::{Act, Store, StoreError};
use impstead_model::AccountId;

/// The key that allows unblessing an account's production devices. The store sees its hash only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnbondingKey {
    /// Hash of the key.
    pub hash: Vec<u8>,
    /// When it was made.
    pub created_ms: i64,
}

impl Store {
    /// Sets an account's unbonding key, in place of the old one, and says whether the account is there.
    pub async fn set_unbonding_key(&self, account: &AccountId, hash: Vec<u8>, act: Act) -> Result<bool, StoreError> {
        todo!()
    }

    /// Returns an account's unbonding key.
    pub async fn unbonding_key(&self, account: &AccountId) -> Result<Option<UnbondingKey>, StoreError> {
        todo!()
    }

    /// Deletes an account's unbonding key and says whether there was one.
    pub async fn delete_unbonding_key(&self, account: &AccountId, act: Act) -> Result<bool, StoreError> {
        todo!()
    }
}
