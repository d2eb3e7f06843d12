use crate::{Store, StoreError};
use impstead_model::AccountId;

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
}

impl Store {
    /// Replaces every sealed value, all or none, and returns how many there are: for a change of the server key.
    ///
    /// `reseal` returns the same value under the new key, or `None` if it cannot open it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for the first value that cannot be opened.
    pub async fn reseal(&self, reseal: impl Fn(&Sealed) -> Option<Sealed> + Send + 'static) -> Result<u64, StoreError> {
        todo!()
    }
}
