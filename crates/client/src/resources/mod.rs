//! The resources of the impCentral API v5, a file each, in the order of the vendor's contract.

pub(crate) mod accounts;
pub(crate) mod deployments;
pub(crate) mod device_groups;
pub(crate) mod devices;
pub(crate) mod libraries;
pub(crate) mod login_keys;
pub(crate) mod products;
pub(crate) mod refresh_tokens;
pub(crate) mod webhooks;

use crate::{Client, Entity, Error, transport::Request};
use impstead_wire::Linkage;
use reqwest::{Method, Url};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

/// A new value for something that may also have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Update<T> {
    /// Leaves it as it is.
    #[default]
    Keep,
    /// Removes it.
    Clear,
    /// Replaces it.
    Set(T),
}

impl<T> From<T> for Update<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

/// A request's resource, member by member.
#[derive(Default)]
pub(crate) struct Draft {
    attributes: Map<String, Value>,
    relationships: Map<String, Value>,
}

impl Draft {
    pub(crate) fn attribute(mut self, name: &str, value: Option<impl Serialize>) -> Self {
        if let Some(value) = value {
            self.attributes.insert(name.to_owned(), json!(value));
        }
        self
    }

    pub(crate) fn update(mut self, name: &str, value: &Update<impl Serialize>) -> Self {
        let value = match value {
            Update::Keep => return self,
            Update::Clear => Value::Null,
            Update::Set(value) => json!(value),
        };
        self.attributes.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn relationship(mut self, name: &str, to: Option<&Linkage>) -> Self {
        if let Some(to) = to {
            self.relationships.insert(name.to_owned(), json!(to));
        }
        self
    }

    /// The document. `attributes` is always there, as the vendor's clients send it; `relationships` only if any.
    pub(crate) fn document(self, kind: &str, id: Option<&str>) -> Value {
        let mut data = Map::new();
        data.insert("type".to_owned(), kind.into());
        if let Some(id) = id {
            data.insert("id".to_owned(), id.into());
        }
        data.insert("attributes".to_owned(), self.attributes.into());
        if !self.relationships.is_empty() {
            data.insert("relationships".to_owned(), self.relationships.into());
        }
        json!({ "data": data })
    }
}

/// The requests that most resources share.
impl Client {
    pub(crate) async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<Entity<T>, Error> {
        Entity::from_answer(&self.execute(Request::new(Method::GET, url)).await?)
    }

    pub(crate) async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        document: &Value,
    ) -> Result<Entity<T>, Error> {
        Entity::from_answer(&self.execute(Request::new(method, url).json(document)).await?)
    }

    /// Sends a request whose answer has nothing to say.
    pub(crate) async fn call(&self, method: Method, url: Url) -> Result<(), Error> {
        self.execute(Request::new(method, url)).await.map(drop)
    }
}
