use crate::{
    Act, Conflict, Store, StoreError,
    conn::{Conn, Lock},
};
use impstead_model::AccountId;

impl Store {
    /// Begins an enrolment for one-time passwords with a sealed secret, in place of one begun before. Says whether the
    /// account is there.
    ///
    /// # Errors
    /// [`Conflict::TotpEnabled`].
    pub async fn begin_totp(&self, account: &AccountId, sealed: Vec<u8>, act: Act) -> Result<bool, StoreError> {
        let account = account.clone();
        self.write(move |conn| {
            match state(conn, &account)? {
                None => return Ok(false),
                Some(State::Enabled) => return Err(Conflict::TotpEnabled.into()),
                Some(State::Begun | State::Off) => {}
            }
            conn.run("update account set totp_secret = ?2 where id = ?1", &[&account.as_str(), &sealed])?;
            act.record(conn, &account, "totp.begin", ("account", account.as_str()), None)?;
            Ok(true)
        })
        .await
    }

    /// Completes an enrolment: from now on signing in asks for one-time passwords of steps later than `step`, or for
    /// one of the recovery codes. Returns false if no enrolment was begun.
    ///
    /// # Errors
    /// [`Conflict::TotpEnabled`].
    pub async fn confirm_totp(
        &self,
        account: &AccountId,
        step: i64,
        recovery_hashes: Vec<Vec<u8>>,
        act: Act,
    ) -> Result<bool, StoreError> {
        let account = account.clone();
        self.write(move |conn| {
            match state(conn, &account)? {
                None | Some(State::Off) => return Ok(false),
                Some(State::Enabled) => return Err(Conflict::TotpEnabled.into()),
                Some(State::Begun) => {}
            }
            conn.run(
                "update account set totp_enabled = ?2, totp_last_step = ?3 where id = ?1",
                &[&account.as_str(), &true, &step],
            )?;
            conn.run("delete from recovery_code where account_id = ?1", &[&account.as_str()])?;
            for hash in &recovery_hashes {
                conn.run("insert into recovery_code (account_id, hash) values (?1, ?2)", &[&account.as_str(), hash])?;
            }
            act.record(conn, &account, "totp.enable", ("account", account.as_str()), None)?;
            Ok(true)
        })
        .await
    }

    /// Removes an account's second factor, or an enrolment begun, and says whether there was one.
    pub async fn disable_totp(&self, account: &AccountId, act: Act) -> Result<bool, StoreError> {
        let account = account.clone();
        self.write(move |conn| {
            let Some(State::Begun | State::Enabled) = state(conn, &account)? else { return Ok(false) };
            conn.run(
                "update account set totp_secret = null, totp_enabled = ?2, totp_last_step = 0 where id = ?1",
                &[&account.as_str(), &false],
            )?;
            conn.run("delete from recovery_code where account_id = ?1", &[&account.as_str()])?;
            act.record(conn, &account, "totp.disable", ("account", account.as_str()), None)?;
            Ok(true)
        })
        .await
    }

    /// Uses up a time step: true for one caller only, and only if the step is later than all used before.
    pub async fn use_totp_step(&self, account: &AccountId, step: i64) -> Result<bool, StoreError> {
        let account = account.clone();
        self.write(move |conn| {
            let used = conn.run(
                "update account set totp_last_step = ?2 where id = ?1 and totp_enabled and totp_last_step < ?2",
                &[&account.as_str(), &step],
            )?;
            Ok(used == 1)
        })
        .await
    }

    /// Uses up a recovery code, by its hash: true for one caller only.
    pub async fn use_recovery_code(&self, account: &AccountId, hash: &[u8], act: Act) -> Result<bool, StoreError> {
        let (account, hash) = (account.clone(), hash.to_vec());
        self.write(move |conn| {
            let used =
                conn.run("delete from recovery_code where account_id = ?1 and hash = ?2", &[&account.as_str(), &hash])?;
            if used > 0 {
                act.record(conn, &account, "totp.use_recovery_code", ("account", account.as_str()), None)?;
            }
            Ok(used > 0)
        })
        .await
    }

    /// Returns how many recovery codes an account has left.
    pub async fn recovery_codes_left(&self, account: &AccountId) -> Result<i64, StoreError> {
        let account = account.clone();
        self.read(move |conn| {
            let count =
                conn.first("select count(*) from recovery_code where account_id = ?1", &[&account.as_str()], |row| {
                    row.get(0)
                })?;
            Ok(count.unwrap_or(0))
        })
        .await
    }
}

enum State {
    Off,
    /// An enrolment was begun and not confirmed.
    Begun,
    Enabled,
}

/// Returns the state of an account's second factor, and locks the account.
fn state(conn: &mut Conn<'_>, account: &AccountId) -> Result<Option<State>, StoreError> {
    conn.first_locked(
        Lock::Change,
        "select totp_enabled, totp_secret is not null from account where id = ?1",
        &[&account.as_str()],
        |row| {
            Ok(match (row.get(0)?, row.get(1)?) {
                (true, _) => State::Enabled,
                (false, true) => State::Begun,
                (false, false) => State::Off,
            })
        },
    )
}
