//! The audit log: rows are written in the unit of work they describe.

use crate::{
    Page, Paged, Store, StoreError,
    conn::{Conn, Row},
    select::{From, Order, Select},
};
use impstead_model::{AccountId, Actor, AuditEntry, Entropy, Reach, Right, random_uuid, timed_uuid};
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
    /// Only this one.
    pub id: Option<String>,
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
        let reach = reach.clone();
        self.read(move |conn| {
            let AuditFilter { id, owner, target_type, target_id, action } = &filter;
            let mut select = Select::new(From {
                columns: "a.id, a.owner_id, a.actor_id, a.action, a.target_type, a.target_id, a.detail, a.ip_address, \
                    a.request_id, a.created_ms",
                table: "audit a",
                key: "a.id",
                keyed: true,
                time: "a.created_ms",
                order: Order::NewestFirst,
            });
            select.within(&reach, owner.as_ref(), "a.owner_id", "", |_| Right::ManageAccount);
            select.and_is("a.id", id.as_deref());
            select.and_is("a.target_type", target_type.as_deref());
            select.and_is("a.target_id", target_id.as_deref());
            select.and_is("a.action", action.as_deref());
            select.page(conn, page, audit_entry)
        })
        .await
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
                &timed_uuid(&*self.entropy, self.at_ms),
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

fn audit_entry(row: &Row<'_>) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        id: row.get(0)?,
        owner: row.get::<String>(1)?.into(),
        actor: row.get::<Option<String>>(2)?.map(Into::into),
        action: row.get(3)?,
        target_type: row.get(4)?,
        target_id: row.get(5)?,
        detail: row.get(6)?,
        ip_address: row.get(7)?,
        request_id: row.get(8)?,
        created_ms: row.get(9)?,
    })
}
