use crate::{Act, Store, StoreError};
use impstead_model::{AccountId, Reach, RefreshToken, RefreshTokenId};

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
        todo!()
    }

    /// Signs an account in. Its oldest refresh tokens give way silently; access tokens issued for them go on.
    ///
    /// # Errors
    /// [`Conflict::Missing`](crate::Conflict::Missing) `account` if it is not there or is disabled, `login_token` if that
    /// was used up meanwhile.
    pub async fn sign_in(&self, new: NewSession, act: Act) -> Result<RefreshTokenId, StoreError> {
        todo!()
    }

    /// Issues an access token for a refresh token and returns the account; `None` if the token is unknown or the
    /// account disabled.
    pub async fn exchange_refresh_token(
        &self,
        refresh_hash: &[u8],
        access: NewAccess,
        act: Act,
    ) -> Result<Option<AccountId>, StoreError> {
        todo!()
    }

    /// Issues an access token for a login key, counts the use, and returns the account; `None` if the key is unknown
    /// or the account disabled.
    pub async fn exchange_login_key(
        &self,
        lookup: &[u8],
        access: NewAccess,
        act: Act,
    ) -> Result<Option<AccountId>, StoreError> {
        todo!()
    }

    /// Lists an account's refresh tokens, oldest first.
    pub async fn refresh_tokens(&self, account: &AccountId) -> Result<Vec<RefreshToken>, StoreError> {
        todo!()
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
        todo!()
    }

    /// Notes the first step of a sign-in that asks for a one-time password.
    pub async fn create_login_token(
        &self,
        hash: &[u8],
        account: &AccountId,
        expires_ms: i64,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// Returns a login token by its hash.
    pub async fn login_token(&self, hash: &[u8]) -> Result<Option<LoginToken>, StoreError> {
        todo!()
    }

    /// Counts an attempt to use a login token and returns its account; `None` if it is unknown, has expired or was
    /// tried `most_attempts` times before. Success then uses it up through [`NewSession::login_token`].
    pub async fn try_login_token(
        &self,
        hash: &[u8],
        most_attempts: i64,
        now_ms: i64,
    ) -> Result<Option<AccountId>, StoreError> {
        todo!()
    }

    /// Deletes access and login tokens that have expired and returns how many there were.
    pub async fn delete_expired(&self, now_ms: i64) -> Result<u64, StoreError> {
        todo!()
    }
}
