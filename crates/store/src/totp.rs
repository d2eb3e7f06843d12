use crate::{Act, Store, StoreError};
use impstead_model::AccountId;

impl Store {
    /// Begins an enrolment for one-time passwords with a sealed secret, in place of one begun before. Says whether the
    /// account is there.
    ///
    /// # Errors
    /// [`Conflict::TotpEnabled`](crate::Conflict::TotpEnabled).
    pub async fn begin_totp(&self, account: &AccountId, sealed: Vec<u8>, act: Act) -> Result<bool, StoreError> {
        todo!()
    }

    /// Completes an enrolment: from now on signing in asks for one-time passwords of steps later than `step`, or for
    /// one of the recovery codes. Returns false if no enrolment was begun.
    ///
    /// # Errors
    /// [`Conflict::TotpEnabled`](crate::Conflict::TotpEnabled).
    pub async fn confirm_totp(
        &self,
        account: &AccountId,
        step: i64,
        recovery_hashes: Vec<Vec<u8>>,
        act: Act,
    ) -> Result<bool, StoreError> {
        todo!()
    }

    /// Removes an account's second factor, or an enrolment begun, and says whether there was one.
    pub async fn disable_totp(&self, account: &AccountId, act: Act) -> Result<bool, StoreError> {
        todo!()
    }

    /// Uses up a time step: true for one caller only, and only if the step is later than all used before.
    pub async fn use_totp_step(&self, account: &AccountId, step: i64) -> Result<bool, StoreError> {
        todo!()
    }

    /// Uses up a recovery code, by its hash: true for one caller only.
    pub async fn use_recovery_code(&self, account: &AccountId, hash: &[u8], act: Act) -> Result<bool, StoreError> {
        todo!()
    }

    /// Returns how many recovery codes an account has left.
    pub async fn recovery_codes_left(&self, account: &AccountId) -> Result<i64, StoreError> {
        todo!()
    }
}
