use super::Draft;
use crate::{Client, Entity, Error, Listing, Update, transport::Request};
use impstead_wire::LoginKey;
use reqwest::{Method, Url};
use serde_json::Value;

/// The login keys of the caller's account: `/accounts/me/login_keys`.
///
/// A login key's id is its secret. Making, changing and deleting keys needs the account's password as well; a wrong one
/// answers 403, [`Error::Service`].
#[derive(Clone, Copy, Debug)]
pub struct LoginKeys<'a>(pub(crate) &'a Client);

impl LoginKeys<'_> {
    /// Lists the keys, at most ten.
    pub fn list(self) -> Listing<LoginKey> {
        Listing::new(self.0, self.collection())
    }

    /// Fetches a key.
    pub async fn get(self, key: &str) -> Result<Entity<LoginKey>, Error> {
        let request = Request::new(Method::GET, self.one(key)?).hide_id();
        Entity::from_answer(&self.0.execute(request).await?)
    }

    /// Makes a key; its id is the secret to keep.
    pub async fn create(self, password: &str, description: Option<&str>) -> Result<Entity<LoginKey>, Error> {
        let document = Draft::default().attribute("description", description).document("login_key", None);
        let request = Request::new(Method::POST, self.collection()?).json(&document);
        Entity::from_answer(&self.0.execute(request.password(password)?).await?)
    }

    /// Changes a key's description.
    pub async fn update(
        self,
        key: &str,
        password: &str,
        description: &Update<String>,
    ) -> Result<Entity<LoginKey>, Error> {
        let document: Value = Draft::default().update("description", description).document("login_key", Some(key));
        let request = Request::new(Method::PATCH, self.one(key)?).hide_id().json(&document);
        Entity::from_answer(&self.0.execute(request.password(password)?).await?)
    }

    /// Deletes a key: it can no longer be exchanged.
    pub async fn delete(self, key: &str, password: &str) -> Result<(), Error> {
        let request = Request::new(Method::DELETE, self.one(key)?).hide_id();
        self.0.execute(request.password(password)?).await.map(drop)
    }

    fn collection(self) -> Result<Url, Error> {
        self.0.v5(&["accounts", "me", "login_keys"])
    }

    fn one(self, key: &str) -> Result<Url, Error> {
        self.0.v5(&["accounts", "me", "login_keys", key])
    }
}
