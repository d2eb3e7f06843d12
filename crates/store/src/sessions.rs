use crate::{
    Act, Conflict, Store, StoreError, collaborators,
    conn::{Conn, Lock, Row},
    login_keys,
};
use impstead_model::{AccountId, Reach, RefreshToken, RefreshTokenId, Role};

/// What an access token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// The account that signed in.
    pub account: AccountId,
    /// Its user name.
    pub username: String,
    /// Whether it may hold production and factory device groups.
    pub production: bool,
    /// Whether the operator has shut it.
    pub disabled: bool,
    /// When the access token ends. It may be past.
    pub expires_ms: i64,
    /// The refresh token it was issued with or for; `None` if it came from a login key.
    pub refresh_token: Option<RefreshTokenId>,
    /// Address for which it was issued.
    pub ip_address: Option<String>,
    /// The account and those it collaborates on.
    pub reach: Reach,
}

/// A sign-in: one refresh token and a first access token. The store sees hashes only.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The account that signs in.
    pub account: AccountId,
    /// The account's password hash when the password was checked; if it has changed since, the sign-in comes too late.
    pub password_hash: String,
    /// Hash of the refresh token.
    pub refresh_hash: Vec<u8>,
    /// Hash of the access token.
    pub access_hash: Vec<u8>,
    /// When the access token ends.
    pub access_expires_ms: i64,
    /// Address of the client.
    pub ip_address: Option<String>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
    /// How many refresh tokens the account may have in all; the oldest give way. At least 1.
    pub most_refresh_tokens: i64,
    /// Hash of the login token that this sign-in uses up, where a one-time password was asked for.
    pub login_token: Option<Vec<u8>>,
}

/// The session of a caller that ends others.
#[derive(Clone, Debug)]
pub struct KeptSession {
    /// Its refresh token; `None` if it came from a login key.
    pub refresh_token: Option<RefreshTokenId>,
    /// Hash of the access token that the caller came with.
    pub access_hash: Vec<u8>,
}

/// An access token about to be issued for a refresh token or a login key.
#[derive(Clone, Debug)]
pub struct NewAccess {
    /// Hash of the access token.
    pub hash: Vec<u8>,
    /// When it ends.
    pub expires_ms: i64,
    /// Address of the client.
    pub ip_address: Option<String>,
}

/// The first step of a sign-in that asks for a one-time password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginToken {
    /// The account that signs in.
    pub account: AccountId,
    /// How often a password was tried.
    pub attempts: i64,
    /// When the token ends. It may be past.
    pub expires_ms: i64,
}

impl Store {
    /// Returns what an access token stands for, by the token's hash. Whether it has expired is the caller's to see.
    pub async fn session(&self, access_hash: &[u8]) -> Result<Option<SessionRecord>, StoreError> {
        let hash = access_hash.to_vec();
        self.read(move |conn| {
            // One query, as this is the hottest read of all: a row for each collaboration, or one without.
            let rows = conn.all(
                "select t.account_id, a.username, a.production, a.disabled, t.expires_ms, t.refresh_token_id,
                        t.ip_address, c.owner_id, c.role
                 from access_token t
                 join account a on a.id = t.account_id
                 left join collaborator c on c.account_id = t.account_id
                 where t.hash = ?1",
                &[&hash],
                session,
            )?;
            let mut rows = rows.into_iter();
            let Some((mut session, first)) = rows.next() else { return Ok(None) };
            session.reach.collaborations = first.into_iter().chain(rows.filter_map(|(_, other)| other)).collect();
            Ok(Some(session))
        })
        .await
    }

    /// Signs an account in. Its oldest refresh tokens give way silently; access tokens issued for them go on.
    ///
    /// # Errors
    /// [`Conflict::Missing`] `account` if it is not there, is disabled or has another password by now, `login_token` if that
    /// was used up meanwhile.
    pub async fn sign_in(&self, new: NewSession, act: Act) -> Result<RefreshTokenId, StoreError> {
        self.write(move |conn| {
            let account = new.account.as_str();
            // One sign-in of an account at a time, or two would each leave room for the other's token only.
            let current = "select 1 from account where id = ?1 and password_hash = ?2";
            if !is_enabled(conn, Lock::Change, &new.account)?
                || !conn.exists(current, &[&account, &new.password_hash])?
            {
                return Err(Conflict::Missing("account").into());
            }
            if let Some(login_token) = &new.login_token {
                let used =
                    conn.run("delete from login_token where hash = ?1 and account_id = ?2", &[login_token, &account])?;
                if used == 0 {
                    return Err(Conflict::Missing("login_token").into());
                }
            }
            // `limit -1` is SQLite's alone.
            conn.run(
                "delete from refresh_token where id in
                   (select id from refresh_token where account_id = ?1
                    order by created_ms desc, id desc limit 1000000 offset ?2)",
                &[&account, &(new.most_refresh_tokens.max(1) - 1)],
            )?;
            let id = RefreshTokenId::from(act.new_id());
            conn.run(
                "insert into refresh_token (id, hash, account_id, ip_address, user_agent, created_ms)
                 values (?1, ?2, ?3, ?4, ?5, ?6)",
                &[&id.as_str(), &new.refresh_hash, &account, &new.ip_address, &new.user_agent, &act.at_ms],
            )?;
            let access = NewAccess {
                hash: new.access_hash.clone(),
                expires_ms: new.access_expires_ms,
                ip_address: new.ip_address.clone(),
            };
            issue(conn, &access, &new.account, Some(&id), act.at_ms)?;
            act.record(conn, &new.account, "session.create", ("session", id.as_str()), new.user_agent.as_deref())?;
            Ok(id)
        })
        .await
    }

    /// Issues an access token for a refresh token and returns the account; `None` if the token is unknown or the
    /// account disabled.
    pub async fn exchange_refresh_token(
        &self,
        refresh_hash: &[u8],
        access: NewAccess,
        act: Act,
    ) -> Result<Option<AccountId>, StoreError> {
        let hash = refresh_hash.to_vec();
        self.write(move |conn| {
            let found = conn.first_locked(
                Lock::Change,
                "select id, account_id from refresh_token where hash = ?1",
                &[&hash],
                |row| Ok((RefreshTokenId::from(row.get::<String>(0)?), AccountId::from(row.get::<String>(1)?))),
            )?;
            let Some((id, account)) = found else { return Ok(None) };
            if !is_enabled(conn, Lock::Keep, &account)? {
                return Ok(None);
            }
            conn.run("update refresh_token set last_used_ms = ?2 where id = ?1", &[&id.as_str(), &act.at_ms])?;
            issue(conn, &access, &account, Some(&id), act.at_ms)?;
            act.record(conn, &account, "session.refresh", ("session", id.as_str()), None)?;
            Ok(Some(account))
        })
        .await
    }

    /// Issues an access token for a login key, counts the use, and returns the account; `None` if the key is unknown
    /// or the account disabled.
    pub async fn exchange_login_key(
        &self,
        lookup: &[u8],
        access: NewAccess,
        act: Act,
    ) -> Result<Option<AccountId>, StoreError> {
        let lookup = lookup.to_vec();
        self.write(move |conn| {
            let found = conn.first_locked(
                Lock::Change,
                "select account_id from login_key where lookup = ?1",
                &[&lookup],
                |row| row.get::<String>(0),
            )?;
            let Some(account) = found.map(AccountId::from) else { return Ok(None) };
            if !is_enabled(conn, Lock::Keep, &account)? {
                return Ok(None);
            }
            conn.run("update login_key set usages = usages + 1 where lookup = ?1", &[&lookup])?;
            issue(conn, &access, &account, None, act.at_ms)?;
            login_keys::record(conn, &act, "login_key.use", &account, &lookup)?;
            Ok(Some(account))
        })
        .await
    }

    /// Lists an account's refresh tokens, oldest first.
    pub async fn refresh_tokens(&self, account: &AccountId) -> Result<Vec<RefreshToken>, StoreError> {
        let account = account.clone();
        self.read(move |conn| {
            conn.all(
                "select id, account_id, ip_address, user_agent, created_ms, last_used_ms from refresh_token
                 where account_id = ?1 order by created_ms, id",
                &[&account.as_str()],
                |row| {
                    Ok(RefreshToken {
                        id: row.get::<String>(0)?.into(),
                        account: row.get::<String>(1)?.into(),
                        ip_address: row.get(2)?,
                        user_agent: row.get(3)?,
                        created_ms: row.get(4)?,
                        last_used_ms: row.get(5)?,
                    })
                },
            )
        })
        .await
    }

    /// Deletes a refresh token of an account and says whether it was there. With `end_access`, access tokens issued
    /// for it end too.
    pub async fn delete_refresh_token(
        &self,
        account: &AccountId,
        id: &RefreshTokenId,
        end_access: bool,
        act: Act,
    ) -> Result<bool, StoreError> {
        let (account, id) = (account.clone(), id.clone());
        self.write(move |conn| {
            let deleted = conn.run(
                "delete from refresh_token where account_id = ?1 and id = ?2",
                &[&account.as_str(), &id.as_str()],
            )?;
            if deleted == 0 {
                return Ok(false);
            }
            if end_access {
                conn.run(
                    "delete from access_token where account_id = ?1 and refresh_token_id = ?2",
                    &[&account.as_str(), &id.as_str()],
                )?;
                conn.invalidate_sessions();
            }
            act.record(conn, &account, "session.delete", ("session", id.as_str()), None)?;
            Ok(true)
        })
        .await
    }

    /// Ends all sessions of an account but one, with all access tokens issued for it, however they came about.
    pub async fn end_other_sessions(
        &self,
        account: &AccountId,
        keep: &KeptSession,
        act: Act,
    ) -> Result<(), StoreError> {
        let (account, keep) = (account.clone(), keep.clone());
        self.write(move |conn| {
            end_others(conn, &account, Some(&keep))?;
            act.record(conn, &account, "session.delete_others", ("account", account.as_str()), None)
        })
        .await
    }

    /// Notes the first step of a sign-in that asks for a one-time password.
    pub async fn create_login_token(
        &self,
        hash: &[u8],
        account: &AccountId,
        expires_ms: i64,
    ) -> Result<(), StoreError> {
        let (hash, account) = (hash.to_vec(), account.clone());
        self.write(move |conn| {
            conn.run(
                "insert into login_token (hash, account_id, expires_ms) values (?1, ?2, ?3)",
                &[&hash, &account.as_str(), &expires_ms],
            )
            .map(drop)
        })
        .await
    }

    /// Returns a login token by its hash.
    pub async fn login_token(&self, hash: &[u8]) -> Result<Option<LoginToken>, StoreError> {
        let hash = hash.to_vec();
        self.read(move |conn| {
            conn.first("select account_id, attempts, expires_ms from login_token where hash = ?1", &[&hash], |row| {
                Ok(LoginToken { account: row.get::<String>(0)?.into(), attempts: row.get(1)?, expires_ms: row.get(2)? })
            })
        })
        .await
    }

    /// Counts an attempt to use a login token and returns its account; `None` if it is unknown, has expired or was
    /// tried `most_attempts` times before. Success then uses it up through [`NewSession::login_token`].
    pub async fn try_login_token(
        &self,
        hash: &[u8],
        most_attempts: i64,
        now_ms: i64,
    ) -> Result<Option<AccountId>, StoreError> {
        let hash = hash.to_vec();
        self.write(move |conn| {
            let account = conn.first(
                "update login_token set attempts = attempts + 1
                 where hash = ?1 and attempts < ?2 and expires_ms > ?3 returning account_id",
                &[&hash, &most_attempts, &now_ms],
                |row| row.get::<String>(0),
            )?;
            Ok(account.map(AccountId::from))
        })
        .await
    }

    /// Deletes tokens that have expired and records past their keeping, and returns how many there were: audit rows and
    /// device histories after 400 days, deliveries of webhooks after 30.
    pub async fn delete_expired(&self, now_ms: i64, log_age_ms: i64) -> Result<u64, StoreError> {
        // In portions, so that other writers need not wait for a night's worth of tokens.
        const PORTION: u64 = 5000;
        const DAY_MS: i64 = 86_400_000;
        let mut total = 0;
        for (table, key, time, keep_ms) in [
            ("access_token", "hash", "expires_ms", 0),
            ("login_token", "hash", "expires_ms", 0),
            ("audit", "id", "created_ms", 400 * DAY_MS),
            ("log_block", "device_id, seq", "last_ms", log_age_ms),
            ("device_history", "device_id, at_ms, seq", "at_ms", 400 * DAY_MS),
            ("webhook_delivery", "id", "created_ms", 30 * DAY_MS),
        ] {
            loop {
                let deleted = self
                    .write(move |conn| {
                        // Behind a delivery that is pending, others wait for its end.
                        let over = if table == "webhook_delivery" { " and state <> 'pending'" } else { "" };
                        let sql = format!(
                            "delete from {table} where ({key}) in
                               (select {key} from {table} where {time} <= ?1{over} order by {time} limit {PORTION})"
                        );
                        conn.run(&sql, &[&(now_ms - keep_ms)])
                    })
                    .await?;
                total += deleted;
                if deleted < PORTION {
                    break;
                }
            }
        }
        Ok(total)
    }
}

/// Ends all sessions of an account but one.
///
/// Refresh tokens go first: an exchange that is under way holds its refresh token's row, so its access token is there
/// to be deleted afterwards.
pub(crate) fn end_others(
    conn: &mut Conn<'_>,
    account: &AccountId,
    keep: Option<&KeptSession>,
) -> Result<(), StoreError> {
    // No id of a refresh token is empty, and `-` is none.
    let refresh = keep.and_then(|keep| keep.refresh_token.as_ref()).map_or("-", RefreshTokenId::as_str);
    let access = keep.map_or(&[][..], |keep| &keep.access_hash);
    conn.run("delete from refresh_token where account_id = ?1 and id <> ?2", &[&account.as_str(), &refresh])?;
    conn.run(
        "delete from access_token where account_id = ?1 and coalesce(refresh_token_id, '') <> ?2 and hash <> ?3",
        &[&account.as_str(), &refresh, &access],
    )?;
    conn.run("delete from login_token where account_id = ?1", &[&account.as_str()])?;
    conn.invalidate_sessions();
    Ok(())
}

type Collaboration = (AccountId, Role);

fn session(row: &Row<'_>) -> Result<(SessionRecord, Option<Collaboration>), StoreError> {
    let account: AccountId = row.get::<String>(0)?.into();
    let collaboration = match row.get::<Option<String>>(7)? {
        Some(owner) => Some((owner.into(), collaborators::parse_role(&row.get::<String>(8)?)?)),
        None => None,
    };
    let session = SessionRecord {
        username: row.get(1)?,
        production: row.get(2)?,
        disabled: row.get(3)?,
        expires_ms: row.get(4)?,
        refresh_token: row.get::<Option<String>>(5)?.map(Into::into),
        ip_address: row.get(6)?,
        reach: Reach { account: account.clone(), collaborations: Vec::new() },
        account,
    };
    Ok((session, collaboration))
}

/// Says whether an account is there and not shut, and locks it.
fn is_enabled(conn: &mut Conn<'_>, lock: Lock, account: &AccountId) -> Result<bool, StoreError> {
    let disabled =
        conn.first_locked(lock, "select disabled from account where id = ?1", &[&account.as_str()], |row| {
            row.get::<bool>(0)
        })?;
    Ok(disabled == Some(false))
}

fn issue(
    conn: &mut Conn<'_>,
    access: &NewAccess,
    account: &AccountId,
    refresh_token: Option<&RefreshTokenId>,
    at_ms: i64,
) -> Result<(), StoreError> {
    conn.run(
        "insert into access_token (hash, account_id, refresh_token_id, ip_address, created_ms, expires_ms)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
        &[
            &access.hash,
            &account.as_str(),
            &refresh_token.map(RefreshTokenId::as_str),
            &access.ip_address,
            &at_ms,
            &access.expires_ms,
        ],
    )?;
    Ok(())
}
