use crate::{
    Act, Conflict, Page, Paged, Store, StoreError, Wake,
    conn::{Conn, Lock, Row},
    select::{From, Order, Select, without_nul},
    sessions::{self, KeptSession},
};
use impstead_model::{Account, AccountId, Quota, Reach, Right};

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
    /// [`Conflict::Taken`] `username` or `email`.
    pub async fn create_account(&self, new: NewAccount, act: Act) -> Result<Account, StoreError> {
        self.write(move |conn| {
            let NewAccount { username, email, password_hash, production } = &new;
            if conn.is_postgres() {
                // One at a time, so that the checks below can tell which name is taken.
                conn.script("select pg_advisory_xact_lock(7310288)")?;
            }
            for (what, name) in [("username", username), ("email", email)] {
                let taken = format!("select 1 from account where {what}_key = ?1");
                if conn.exists(&taken, &[&name.to_lowercase()])? {
                    return Err(Conflict::Taken(what).into());
                }
            }
            let account = Account {
                id: act.new_id().into(),
                username: username.clone(),
                email: email.clone(),
                production: *production,
                disabled: false,
                quota: Quota::default(),
                created_ms: act.at_ms,
                updated_ms: act.at_ms,
            };
            conn.run(
                "insert into account
                   (id, username, username_key, email, email_key, password_hash, production, created_ms, updated_ms)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
                &[
                    &account.id.as_str(),
                    username,
                    &username.to_lowercase(),
                    email,
                    &email.to_lowercase(),
                    password_hash,
                    production,
                    &act.at_ms,
                ],
            )?;
            record(conn, &act, "account.create", &account)?;
            Ok(account)
        })
        .await
    }

    /// Returns an account.
    pub async fn account(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        let id = id.clone();
        self.read(move |conn| find(conn, &id)).await
    }

    /// Returns the account with this user name or e-mail address, in any case.
    pub async fn account_by_name(&self, username_or_email: &str) -> Result<Option<Account>, StoreError> {
        let name = without_nul(&username_or_email.to_lowercase());
        self.read(move |conn| {
            for column in ["username_key", "email_key"] {
                let sql = format!("select {COLUMNS} from account a where a.{column} = ?1");
                if let Some(account) = conn.first(&sql, &[&name], account)? {
                    return Ok(Some(account));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Lists the caller's account and those it collaborates on, oldest first.
    pub async fn accounts(&self, reach: &Reach, page: Page) -> Result<Paged<Account>, StoreError> {
        let reach = reach.clone();
        self.read(move |conn| {
            let mut select = list();
            select.within(&reach, None, "a.id", "", |_| Right::ReadProducts);
            select.page(conn, page, account)
        })
        .await
    }

    /// Lists all accounts, oldest first; for the operator.
    pub async fn all_accounts(&self, page: Page) -> Result<Paged<Account>, StoreError> {
        self.read(move |conn| list().page(conn, page, account)).await
    }

    /// Returns what an account signs in with.
    pub async fn credentials(&self, id: &AccountId) -> Result<Option<Credentials>, StoreError> {
        let id = id.clone();
        self.read(move |conn| {
            conn.first(
                "select password_hash, totp_secret, totp_enabled, totp_last_step from account where id = ?1",
                &[&id.as_str()],
                |row| {
                    Ok(Credentials {
                        password_hash: row.get(0)?,
                        totp_secret: row.get(1)?,
                        totp_enabled: row.get(2)?,
                        totp_last_step: row.get(3)?,
                    })
                },
            )
        })
        .await
    }

    /// Sets an account's password and ends its sessions, except `keep`. Says whether the account is there.
    pub async fn set_password(
        &self,
        id: &AccountId,
        password_hash: String,
        keep: Option<&KeptSession>,
        act: Act,
    ) -> Result<bool, StoreError> {
        let (id, keep) = (id.clone(), keep.cloned());
        self.write(move |conn| {
            let changed = conn.run(
                "update account set password_hash = ?2, updated_ms = ?3 where id = ?1",
                &[&id.as_str(), &password_hash, &act.at_ms],
            )?;
            if changed == 0 {
                return Ok(false);
            }
            sessions::end_others(conn, &id, keep.as_ref())?;
            act.record(conn, &id, "account.set_password", ("account", id.as_str()), None)?;
            Ok(true)
        })
        .await
    }

    /// Shuts or reopens an account and returns it; `None` if it is not there.
    pub async fn set_disabled(&self, id: &AccountId, disabled: bool, act: Act) -> Result<Option<Account>, StoreError> {
        let action = if disabled { "account.disable" } else { "account.enable" };
        self.change_account(id, action, act, move |account| account.disabled = disabled).await
    }

    /// Grants or withdraws the entitlement to production and factory groups, and returns the account; `None` if it is
    /// not there. What it has stays.
    pub async fn set_production(
        &self,
        id: &AccountId,
        production: bool,
        act: Act,
    ) -> Result<Option<Account>, StoreError> {
        let action = if production { "account.grant_production" } else { "account.withdraw_production" };
        self.change_account(id, action, act, move |account| account.production = production).await
    }

    /// Changes an account's limits and returns it; `None` if it is not there. What it holds beyond them stays.
    pub async fn set_quota(
        &self,
        id: &AccountId,
        change: QuotaChange,
        act: Act,
    ) -> Result<Option<Account>, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "account", id.as_str())? {
                return Ok(None);
            }
            let QuotaChange { products, device_groups, deployments, devices, webhooks, login_keys } = change;
            let mut changed = 0;
            for (what, limit) in [
                ("products", products),
                ("device_groups", device_groups),
                ("deployments", deployments),
                ("devices", devices),
                ("webhooks", webhooks),
                ("login_keys", login_keys),
            ] {
                let Some(limit) = limit else { continue };
                let sql = format!(
                    "update account set quota_{what} = ?2, updated_ms = ?3
                     where id = ?1 and quota_{what} is distinct from ?2"
                );
                changed += conn.run(&sql, &[&id.as_str(), &limit, &act.at_ms])?;
            }
            let Some(account) = find(conn, &id)? else { return Ok(None) };
            if changed > 0 {
                record(conn, &act, "account.set_quota", &account)?;
            }
            Ok(Some(account))
        })
        .await
    }

    async fn change_account(
        &self,
        id: &AccountId,
        action: &'static str,
        act: Act,
        change: impl Fn(&mut Account) + Send + 'static,
    ) -> Result<Option<Account>, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "account", id.as_str())? {
                return Ok(None);
            }
            let Some(before) = find(conn, &id)? else { return Ok(None) };
            let mut after = before.clone();
            change(&mut after);
            if after == before {
                return Ok(Some(before));
            }
            after.updated_ms = act.at_ms;
            conn.run(
                "update account set production = ?2, disabled = ?3, updated_ms = ?4 where id = ?1",
                &[&id.as_str(), &after.production, &after.disabled, &after.updated_ms],
            )?;
            conn.invalidate_sessions();
            conn.wake(Wake::Accounts);
            record(conn, &act, action, &after)?;
            Ok(Some(after))
        })
        .await
    }
}

const COLUMNS: &str = "a.id, a.username, a.email, a.production, a.disabled, a.quota_products, a.quota_device_groups, \
    a.quota_deployments, a.quota_devices, a.quota_webhooks, a.quota_login_keys, a.created_ms, a.updated_ms";

fn list() -> Select {
    Select::new(From {
        columns: COLUMNS,
        table: "account a",
        key: "a.id",
        keyed: true,
        time: "a.created_ms",
        order: Order::OldestFirst,
    })
}

pub(crate) fn find(conn: &mut Conn<'_>, id: &AccountId) -> Result<Option<Account>, StoreError> {
    conn.first(&format!("select {COLUMNS} from account a where a.id = ?1"), &[&id.as_str()], account)
}

fn account(row: &Row<'_>) -> Result<Account, StoreError> {
    let limit = |index: usize, default: i64| Ok::<_, StoreError>(row.get::<Option<i64>>(index)?.unwrap_or(default));
    let default = Quota::default();
    Ok(Account {
        id: row.get::<String>(0)?.into(),
        username: row.get(1)?,
        email: row.get(2)?,
        production: row.get(3)?,
        disabled: row.get(4)?,
        quota: Quota {
            products: limit(5, default.products)?,
            device_groups: limit(6, default.device_groups)?,
            deployments: limit(7, default.deployments)?,
            devices: limit(8, default.devices)?,
            webhooks: limit(9, default.webhooks)?,
            login_keys: limit(10, default.login_keys)?,
        },
        created_ms: row.get(11)?,
        updated_ms: row.get(12)?,
    })
}

fn record(conn: &mut Conn<'_>, act: &Act, action: &str, account: &Account) -> Result<(), StoreError> {
    act.record(conn, &account.id, action, ("account", account.id.as_str()), Some(&account.username))
}
