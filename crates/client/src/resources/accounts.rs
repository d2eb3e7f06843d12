use crate::{Client, Entity, Error, Listing};
use impstead_wire::{Account, Capabilities};

/// The accounts that the caller owns or collaborates on: `/accounts`.
#[derive(Clone, Copy, Debug)]
pub struct Accounts<'a>(pub(crate) &'a Client);

impl Accounts<'_> {
    /// Lists the caller's own account and those on which the caller collaborates.
    pub fn list(self) -> Listing<Account> {
        Listing::new(self.0, self.0.v5(&["accounts"]))
    }

    /// Fetches the caller's own account.
    pub async fn me(self) -> Result<Entity<Account>, Error> {
        self.get("me").await
    }

    /// Fetches an account by id; `me` is the caller's own.
    pub async fn get(self, id: &str) -> Result<Entity<Account>, Error> {
        self.0.get(self.0.v5(&["accounts", id])?).await
    }

    /// Fetches what the caller may do on an account.
    ///
    /// # Source
    /// The vendor's answer has no known shape; the typed one is Impstead's.
    pub async fn capabilities(self, id: &str) -> Result<Entity<Capabilities>, Error> {
        self.0.get(self.0.v5(&["accounts", id, "capabilities"])?).await
    }
}
