//! The audit log: rows are written in the unit of work they describe.

use crate::{Page, Paged, Store, StoreError, conn::Conn};
use impstead_model::{AccountId, Actor, AuditEntry, Entropy, Reach, random_uuid};
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

/// Which audit rows a list holds; all that are named must apply.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only those about this account's resources.
    pub owner: Option<AccountId>,
    /// Only those about resources of this type.
    pub target_type: Option<String>,
    /// Only those about this resource.
    pub target_id: Option<String>,
    /// Only this action.
    pub action: Option<String>,
}

impl Store {
    /// Lists audit rows of the accounts that the caller may manage, newest first.
    pub async fn audit(&self, reach: &Reach, filter: AuditFilter, page: Page) -> Result<Paged<AuditEntry>, StoreError> {
        todo!()
    }
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
