use crate::{
    Act, Conflict, Page, Paged, Store, StoreError, accounts,
    conn::{Conn, Lock, Row},
    select::{From, Order, Select},
};
use impstead_model::{AccountId, hex};

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
        let account = account.clone();
        self.read(move |conn| {
            let mut select = Select::new(From {
                columns: COLUMNS,
                table: "login_key k",
                key: "k.lookup",
                keyed: true,
                time: "k.created_ms",
                order: Order::OldestFirst,
            });
            select.and_is("k.account_id", Some(account.as_str()));
            select.page(conn, page, login_key)
        })
        .await
    }

    /// Returns a login key of an account.
    pub async fn login_key(&self, account: &AccountId, lookup: &[u8]) -> Result<Option<LoginKey>, StoreError> {
        let (account, lookup) = (account.clone(), lookup.to_vec());
        self.read(move |conn| find(conn, &account, &lookup)).await
    }

    /// Makes a login key.
    ///
    /// # Errors
    /// [`Conflict::QuotaReached`], exactly, however many are made at once;
    /// [`Conflict::Missing`] `account`.
    pub async fn create_login_key(&self, new: NewLoginKey, act: Act) -> Result<LoginKey, StoreError> {
        self.write(move |conn| {
            let NewLoginKey { account, lookup, sealed, description } = &new;
            // One at a time, so that the count is exact.
            if !conn.lock_row(Lock::Change, "account", account.as_str())? {
                return Err(Conflict::Missing("account").into());
            }
            let limit = accounts::find(conn, account)?.ok_or(Conflict::Missing("account"))?.quota.login_keys;
            let count: Option<i64> =
                conn.first("select count(*) from login_key where account_id = ?1", &[&account.as_str()], |row| {
                    row.get(0)
                })?;
            if count.unwrap_or(0) >= limit {
                return Err(Conflict::QuotaReached { what: "login keys", limit }.into());
            }
            conn.run(
                "insert into login_key (lookup, sealed, account_id, description, created_ms, updated_ms)
                 values (?1, ?2, ?3, ?4, ?5, ?5)",
                &[lookup, sealed, &account.as_str(), description, &act.at_ms],
            )?;
            record(conn, &act, "login_key.create", account, lookup)?;
            Ok(LoginKey {
                lookup: lookup.clone(),
                sealed: sealed.clone(),
                account: account.clone(),
                description: description.clone(),
                usages: 0,
                created_ms: act.at_ms,
                updated_ms: act.at_ms,
            })
        })
        .await
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
        let (account, lookup) = (account.clone(), lookup.to_vec());
        self.write(move |conn| {
            let there =
                conn.first_locked(Lock::Change, "select 1 from login_key where lookup = ?1", &[&lookup], |_| Ok(()))?;
            let (Some(()), Some(mut key)) = (there, find(conn, &account, &lookup)?) else { return Ok(None) };
            let description = description.clone().unwrap_or_else(|| key.description.clone());
            if description == key.description {
                return Ok(Some(key));
            }
            key.description = description;
            key.updated_ms = act.at_ms;
            conn.run(
                "update login_key set description = ?2, updated_ms = ?3 where lookup = ?1",
                &[&lookup, &key.description, &key.updated_ms],
            )?;
            record(conn, &act, "login_key.update", &account, &lookup)?;
            Ok(Some(key))
        })
        .await
    }

    /// Deletes a login key of an account and says whether it was there. Access tokens issued for it go on.
    pub async fn delete_login_key(&self, account: &AccountId, lookup: &[u8], act: Act) -> Result<bool, StoreError> {
        let (account, lookup) = (account.clone(), lookup.to_vec());
        self.write(move |conn| {
            let deleted =
                conn.run("delete from login_key where lookup = ?1 and account_id = ?2", &[&lookup, &account.as_str()])?;
            if deleted > 0 {
                record(conn, &act, "login_key.delete", &account, &lookup)?;
            }
            Ok(deleted > 0)
        })
        .await
    }
}

const COLUMNS: &str = "k.lookup, k.sealed, k.account_id, k.description, k.usages, k.created_ms, k.updated_ms";

fn find(conn: &mut Conn<'_>, account: &AccountId, lookup: &[u8]) -> Result<Option<LoginKey>, StoreError> {
    conn.first(
        &format!("select {COLUMNS} from login_key k where k.lookup = ?1 and k.account_id = ?2"),
        &[&lookup, &account.as_str()],
        login_key,
    )
}

fn login_key(row: &Row<'_>) -> Result<LoginKey, StoreError> {
    Ok(LoginKey {
        lookup: row.get(0)?,
        sealed: row.get(1)?,
        account: row.get::<String>(2)?.into(),
        description: row.get(3)?,
        usages: row.get(4)?,
        created_ms: row.get(5)?,
        updated_ms: row.get(6)?,
    })
}

/// Writes an audit row. A key's id is its secret, so the beginning of its keyed hash stands for it.
pub(crate) fn record(
    conn: &mut Conn<'_>,
    act: &Act,
    action: &str,
    account: &AccountId,
    lookup: &[u8],
) -> Result<(), StoreError> {
    let name = hex(&lookup[..lookup.len().min(8)]);
    act.record(conn, account, action, ("login_key", &name), None)
}
