//! Where tokens are kept between calls and between processes.

mod file;
mod memory;

pub use file::FileTokenStore;
pub use memory::MemoryTokenStore;

use crate::Secret;
use impstead_wire::Timestamp;
use serde::{Deserialize, Serialize};
use std::{any::Any, io};

/// A sign-in: what renews the access token, and the access token itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSession {
    /// The endpoint that issued it. The client sends a session's secrets nowhere else.
    pub endpoint: String,
    /// How to get another access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<Renewal>,
    /// The access token.
    pub access: AccessToken,
}

/// What is exchanged for access tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// A refresh token, from a sign-in with a password.
    RefreshToken(Secret),
    /// A login key.
    LoginKey(Secret),
}

/// An access token and its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// The token, for the header `Authorization`.
    pub token: Secret,
    /// When it was received, by this machine's clock.
    pub received_at: Timestamp,
    /// When it expires, by this machine's clock: the service's own clock may be wrong, or ours.
    pub expires_at: Timestamp,
}

/// Keeps one [`StoredSession`].
///
/// The methods may block; the client calls them away from its async tasks. An implementation for a keychain needs
/// `load` and `save` only; one that several processes share needs [`lock`](Self::lock) as well.
pub trait TokenStore: Send + Sync + 'static {
    /// Returns what was saved last, by any process.
    ///
    /// # Errors
    /// Any I/O error; [`io::ErrorKind::InvalidData`] if what is stored is not understood.
    fn load(&self) -> io::Result<Option<StoredSession>>;

    /// Replaces what is stored, at once and as a whole; `None` removes it.
    fn save(&self, session: Option<&StoredSession>) -> io::Result<()>;

    /// Waits until no one else, in any process, holds the lock, and holds it until the returned value is dropped.
    ///
    /// The client holds it while it renews an access token, and loads again once it has it, so that of several
    /// processes only one renews.
    fn lock(&self) -> io::Result<Box<dyn Any + Send>> {
        Ok(Box::new(()))
    }
}
