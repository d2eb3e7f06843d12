use crate::{
    Act, Conflict, Page, Paged, Store, StoreError,
    conn::{Conn, Lock, Param, Row},
};
use impstead_model::{AccountId, Collaborator, Reach, Role};

impl Store {
    /// Says whether an account has to do with those that the caller reaches: it collaborates on one, or made or flagged
    /// something there. Clients read the account of everybody who appears in a relationship.
    pub async fn works_with(&self, reach: &Reach, other: &AccountId) -> Result<bool, StoreError> {
        const TRACES: [&str; 6] = [
            "select 1 from collaborator where owner_id = ?1 and account_id = ?2 limit 1",
            "select 1 from product where owner_id = ?1 and creator_id = ?2 limit 1",
            "select 1 from device_group where owner_id = ?1 and creator_id = ?2 limit 1",
            "select 1 from webhook where owner_id = ?1 and creator_id = ?2 limit 1",
            "select 1 from deployment where owner_id = ?1 and creator_id = ?2 limit 1",
            "select 1 from deployment where owner_id = ?1 and flagger_id = ?2 limit 1",
        ];
        let (reach, other) = (reach.clone(), other.clone());
        self.read(move |conn| {
            for (owner, _) in reach.roles() {
                for trace in TRACES {
                    if conn.exists(trace, &[&owner.as_str(), &other.as_str()])? {
                        return Ok(true);
                    }
                }
            }
            Ok(false)
        })
        .await
    }

    /// Lists the collaborators on an account, oldest first.
    pub async fn collaborators(&self, owner: &AccountId, page: Page) -> Result<Paged<Collaborator>, StoreError> {
        let owner = owner.clone();
        self.read(move |conn| {
            let sql = format!("{SELECT} where c.owner_id = ?1 order by c.created_ms, c.account_id limit ?2 offset ?3");
            let params: &[&dyn Param] = &[&owner.as_str(), &page.size.saturating_add(1), &page.offset()];
            Ok(Paged::cut(conn.all(&sql, params, collaborator)?, page))
        })
        .await
    }

    /// Returns a collaborator on an account.
    pub async fn collaborator(
        &self,
        owner: &AccountId,
        account: &AccountId,
    ) -> Result<Option<Collaborator>, StoreError> {
        let (owner, account) = (owner.clone(), account.clone());
        self.read(move |conn| find(conn, &owner, &account)).await
    }

    /// Makes an account a collaborator on another.
    ///
    /// # Errors
    /// [`Conflict::Duplicate`] if it is one, or is the owner itself;
    /// [`Conflict::Missing`] `account`.
    pub async fn add_collaborator(
        &self,
        owner: &AccountId,
        account: &AccountId,
        role: Role,
        act: Act,
    ) -> Result<Collaborator, StoreError> {
        let (owner, account) = (owner.clone(), account.clone());
        self.write(move |conn| {
            for id in [&owner, &account] {
                if !conn.lock_row(Lock::Keep, "account", id.as_str())? {
                    return Err(Conflict::Missing("account").into());
                }
            }
            if owner == account {
                return Err(Conflict::Duplicate.into());
            }
            conn.run(
                "insert into collaborator (owner_id, account_id, role, created_ms, updated_ms) values (?1, ?2, ?3, ?4, ?4)",
                &[&owner.as_str(), &account.as_str(), &role.as_str(), &act.at_ms],
            )?;
            let added = find(conn, &owner, &account)?.ok_or(Conflict::Missing("account"))?;
            record(conn, &act, "collaborator.create", &added)?;
            Ok(added)
        })
        .await
    }

    /// Changes a collaborator's role and returns it; `None` if the account is not a collaborator.
    pub async fn set_collaborator_role(
        &self,
        owner: &AccountId,
        account: &AccountId,
        role: Role,
        act: Act,
    ) -> Result<Option<Collaborator>, StoreError> {
        let (owner, account) = (owner.clone(), account.clone());
        self.write(move |conn| {
            let Some(mut collaborator) = find_locked(conn, &owner, &account)? else { return Ok(None) };
            if collaborator.role == role {
                return Ok(Some(collaborator));
            }
            collaborator.role = role;
            collaborator.updated_ms = act.at_ms;
            conn.run(
                "update collaborator set role = ?3, updated_ms = ?4 where owner_id = ?1 and account_id = ?2",
                &[&owner.as_str(), &account.as_str(), &role.as_str(), &collaborator.updated_ms],
            )?;
            record(conn, &act, "collaborator.update", &collaborator)?;
            Ok(Some(collaborator))
        })
        .await
    }

    /// Ends a collaboration and says whether there was one.
    pub async fn remove_collaborator(
        &self,
        owner: &AccountId,
        account: &AccountId,
        act: Act,
    ) -> Result<bool, StoreError> {
        let (owner, account) = (owner.clone(), account.clone());
        self.write(move |conn| {
            let Some(collaborator) = find_locked(conn, &owner, &account)? else { return Ok(false) };
            conn.run(
                "delete from collaborator where owner_id = ?1 and account_id = ?2",
                &[&owner.as_str(), &account.as_str()],
            )?;
            record(conn, &act, "collaborator.delete", &collaborator)?;
            Ok(true)
        })
        .await
    }
}

const SELECT: &str = "select c.owner_id, c.account_id, a.username, c.role, c.created_ms, c.updated_ms \
    from collaborator c join account a on a.id = c.account_id";

fn find(conn: &mut Conn<'_>, owner: &AccountId, account: &AccountId) -> Result<Option<Collaborator>, StoreError> {
    conn.first(
        &format!("{SELECT} where c.owner_id = ?1 and c.account_id = ?2"),
        &[&owner.as_str(), &account.as_str()],
        collaborator,
    )
}

fn find_locked(
    conn: &mut Conn<'_>,
    owner: &AccountId,
    account: &AccountId,
) -> Result<Option<Collaborator>, StoreError> {
    conn.first_locked(
        Lock::Delete,
        "select 1 from collaborator where owner_id = ?1 and account_id = ?2",
        &[&owner.as_str(), &account.as_str()],
        |_| Ok(()),
    )?;
    find(conn, owner, account)
}

fn collaborator(row: &Row<'_>) -> Result<Collaborator, StoreError> {
    let role: String = row.get(3)?;
    Ok(Collaborator {
        owner: row.get::<String>(0)?.into(),
        account: row.get::<String>(1)?.into(),
        username: row.get(2)?,
        role: parse_role(&role)?,
        created_ms: row.get(4)?,
        updated_ms: row.get(5)?,
    })
}

pub(crate) fn parse_role(text: &str) -> Result<Role, StoreError> {
    Role::parse(text).ok_or_else(|| StoreError::Corrupt { table: "collaborator", what: format!("role `{text}`") })
}

/// Writes an audit row and has all cached sessions read anew: what the collaborator may do has changed.
fn record(conn: &mut Conn<'_>, act: &Act, action: &str, collaborator: &Collaborator) -> Result<(), StoreError> {
    conn.invalidate_sessions();
    let detail = format!("{} as {}", collaborator.username, collaborator.role.as_str());
    act.record(conn, &collaborator.owner, action, ("account", collaborator.account.as_str()), Some(&detail))
}
