use crate::{Error, transport::Answer};
use impstead_wire::ErrorObject;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt, ops::Deref};

/// A resource as the service sent it: typed, and as the very text on the wire.
///
/// Dereferences to the typed resource. [`raw`](Self::raw) keeps what the types leave out: members that this version
/// does not know, the order of members, the spelling of numbers.
#[derive(Clone)]
pub struct Entity<T> {
    value: T,
    raw: Box<RawValue>,
}

impl<T> Entity<T> {
    /// Returns the resource's JSON text, byte for byte.
    pub fn raw(&self) -> &RawValue {
        &self.raw
    }

    /// Returns the typed resource alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Returns warnings that came with a successful creation or change; most answers have none.
    ///
    /// # Source
    /// impCentral API v5: an array at `data.meta`, of objects shaped like errors, with codes `WA…`.
    pub fn warnings(&self) -> Vec<ErrorObject> {
        #[derive(Deserialize)]
        struct Meta {
            meta: Vec<ErrorObject>,
        }
        serde_json::from_str::<Meta>(self.raw.get()).map(|data| data.meta).unwrap_or_default()
    }
}

impl<T: DeserializeOwned> Entity<T> {
    pub(crate) fn new(raw: Box<RawValue>, operation: &str) -> Result<Self, Error> {
        let value = serde_json::from_str(raw.get()).map_err(|error| Error::decode(operation, error))?;
        Ok(Self { value, raw })
    }

    pub(crate) fn from_answer(answer: &Answer) -> Result<Self, Error> {
        Self::new(answer.data()?, &answer.operation)
    }
}

impl<T> Deref for Entity<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Entity<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[derive(Deserialize)]
        struct Kind<'a> {
            #[serde(rename = "type", borrow)]
            kind: Cow<'a, str>,
        }
        match serde_json::from_str::<Kind<'_>>(self.raw.get()) {
            // These hold secrets among their members; the id of a login key is one itself.
            Ok(Kind { kind }) if matches!(&*kind, "login_key" | "totp" | "unbonding_key") => {
                write!(f, "Entity({kind}, ..)")
            }
            // Only the answer to its creation does, or to a change of its secret.
            Ok(Kind { kind }) if kind == "webhook" && self.raw.get().contains("\"secret\"") => {
                write!(f, "Entity({kind}, ..)")
            }
            _ => f.debug_tuple("Entity").field(&self.value).finish(),
        }
    }
}
