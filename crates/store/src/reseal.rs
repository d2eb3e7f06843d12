use crate::{Store, StoreError, conn::Conn};
use impstead_model::{AccountId, WebhookId};

/// A value kept under the server key.
#[derive(Clone, PartialEq, Eq)]
pub enum Sealed {
    /// An account's secret for one-time passwords.
    TotpSecret {
        /// The account.
        account: AccountId,
        /// The secret, sealed.
        sealed: Vec<u8>,
    },
    /// A login key.
    LoginKey {
        /// Its account.
        account: AccountId,
        /// Keyed hash of the key.
        lookup: Vec<u8>,
        /// The key, sealed.
        sealed: Vec<u8>,
    },
    /// A webhook's secret.
    WebhookSecret {
        /// The webhook.
        webhook: WebhookId,
        /// The secret, sealed.
        sealed: Vec<u8>,
    },
}

impl Store {
    /// Replaces every sealed value, all or none, and returns how many there are: for a change of the server key.
    ///
    /// `reseal` returns the same value under the new key, or `None` if it cannot open it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for the first value that cannot be opened.
    pub async fn reseal(&self, reseal: impl Fn(&Sealed) -> Option<Sealed> + Send + 'static) -> Result<u64, StoreError> {
        self.write(move |conn| {
            if conn.is_postgres() {
                // Nobody seals anything under the old key meanwhile.
                conn.script("lock table account, login_key, webhook in share row exclusive mode")?;
            }
            let sealed = all(conn)?;
            for old in &sealed {
                match (old, reseal(old)) {
                    (Sealed::TotpSecret { account, .. }, Some(Sealed::TotpSecret { sealed, .. })) => {
                        conn.run("update account set totp_secret = ?2 where id = ?1", &[&account.as_str(), &sealed])?
                    }
                    (Sealed::LoginKey { lookup: old, .. }, Some(Sealed::LoginKey { lookup, sealed, .. })) => conn.run(
                        "update login_key set lookup = ?2, sealed = ?3 where lookup = ?1",
                        &[old, &lookup, &sealed],
                    )?,
                    (Sealed::WebhookSecret { webhook, .. }, Some(Sealed::WebhookSecret { sealed, .. })) => {
                        conn.run("update webhook set sealed_secret = ?2 where id = ?1", &[&webhook.as_str(), &sealed])?
                    }
                    (Sealed::WebhookSecret { webhook, .. }, _) => {
                        let what = format!("the sealed secret of webhook {webhook} cannot be opened");
                        return Err(StoreError::Corrupt { table: "webhook", what });
                    }
                    (Sealed::TotpSecret { account, .. }, _) => return Err(cannot_open("account", account)),
                    (Sealed::LoginKey { account, .. }, _) => return Err(cannot_open("login_key", account)),
                };
            }
            Ok(sealed.len() as u64)
        })
        .await
    }
}

fn all(conn: &mut Conn<'_>) -> Result<Vec<Sealed>, StoreError> {
    let mut sealed =
        conn.all("select id, totp_secret from account where totp_secret is not null order by id", &[], |row| {
            Ok(Sealed::TotpSecret { account: row.get::<String>(0)?.into(), sealed: row.get(1)? })
        })?;
    sealed.extend(conn.all("select account_id, lookup, sealed from login_key order by lookup", &[], |row| {
        Ok(Sealed::LoginKey { account: row.get::<String>(0)?.into(), lookup: row.get(1)?, sealed: row.get(2)? })
    })?);
    sealed.extend(conn.all("select id, sealed_secret from webhook order by id", &[], |row| {
        Ok(Sealed::WebhookSecret { webhook: row.get::<String>(0)?.into(), sealed: row.get(1)? })
    })?);
    Ok(sealed)
}

fn cannot_open(table: &'static str, account: &AccountId) -> StoreError {
    StoreError::Corrupt { table, what: format!("the sealed value of account {account} cannot be opened") }
}
