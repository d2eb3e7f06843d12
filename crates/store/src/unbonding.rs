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
        let account = account.clone();
        self.write(move |conn| {
            let changed = conn.run(
                "update account set unbonding_key_hash = ?2, unbonding_key_ms = ?3 where id = ?1",
                &[&account.as_str(), &hash, &act.at_ms],
            )?;
            if changed > 0 {
                act.record(conn, &account, "unbonding_key.create", ("account", account.as_str()), None)?;
            }
            Ok(changed > 0)
        })
        .await
    }

    /// Returns an account's unbonding key.
    pub async fn unbonding_key(&self, account: &AccountId) -> Result<Option<UnbondingKey>, StoreError> {
        let account = account.clone();
        self.read(move |conn| {
            conn.first(
                "select unbonding_key_hash, coalesce(unbonding_key_ms, 0) from account
                 where id = ?1 and unbonding_key_hash is not null",
                &[&account.as_str()],
                |row| Ok(UnbondingKey { hash: row.get(0)?, created_ms: row.get(1)? }),
            )
        })
        .await
    }

    /// Deletes an account's unbonding key and says whether there was one.
    pub async fn delete_unbonding_key(&self, account: &AccountId, act: Act) -> Result<bool, StoreError> {
        let account = account.clone();
        self.write(move |conn| {
            let changed = conn.run(
                "update account set unbonding_key_hash = null, unbonding_key_ms = null
                 where id = ?1 and unbonding_key_hash is not null",
                &[&account.as_str()],
            )?;
            if changed > 0 {
                act.record(conn, &account, "unbonding_key.delete", ("account", account.as_str()), None)?;
            }
            Ok(changed > 0)
        })
        .await
    }
}
