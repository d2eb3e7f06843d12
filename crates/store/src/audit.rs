//! The audit log: rows are written in the unit of work they describe.

use crate::{StoreError, conn::Conn};
use impstead_model::{AccountId, Actor, Entropy, random_uuid};
use std::sync::Arc;

/// One act upon the data: who does it and when, and where its new ids come from.
#[derive(Clone)]
pub struct Act {
    /// Who does it.
    pub actor: Actor,
    /// When, Unix time in milliseconds.
    pub at_ms: i64,
    /// Where the ids of new rows come from.
    pub entropy: Arc<dyn Entropy>,
}

impl Act {
    /// Makes a new id.
    pub fn new_id(&self) -> String {
        random_uuid(&*self.entropy)
    }

    /// Returns the acting account, or the owner where the operator acts.
    pub(crate) fn account_or<'a>(&'a self, owner: &'a AccountId) -> &'a AccountId {
        self.actor.account.as_ref().unwrap_or(owner)
    }

    /// Writes an audit row: `action` (for example `product.create`) was done to a resource of `owner`.
    ///
    /// Neither `target`'s id nor `detail` may hold a secret.
    pub(crate) fn record(
        &self,
        conn: &mut Conn<'_>,
        owner: &AccountId,
        action: &str,
        (target_type, target_id): (&str, &str),
        detail: Option<&str>,
    ) -> Result<(), StoreError> {
        conn.run(
            "insert into audit
               (id, owner_id, actor_id, action, target_type, target_id, detail, ip_address, request_id, created_ms)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            &[
                &self.new_id(),
                &owner.as_str(),
                &self.actor.account.as_ref().map(AccountId::as_str),
                &action,
                &target_type,
                &target_id,
                &detail,
                &self.actor.ip_address,
                &self.actor.request_id,
                &self.at_ms,
            ],
        )?;
        Ok(())
    }
}
