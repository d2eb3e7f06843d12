//! What a request's document may hold, declared once: checks the body and feeds the OpenAPI document.

use crate::{
    App,
    error::{
        ApiError, id_mismatch, internal, invalid_attribute, invalid_json, invalid_url, member, missing, too_large,
        type_mismatch,
    },
};
use axum::{body::HttpBody, extract::FromRequest, extract::Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use impstead_model::{MAX_ENV_VARS_BYTES, MAX_SOURCE_BYTES, MAX_TAGS_CHARS, is_env_var_name, is_password, is_tag};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Longest body of a request about deployments, in bytes: two sources, each character escaped, and room.
pub const MOST_BODY_BYTES: usize = 16 << 20;

/// Longest body of any other request, in bytes, and of one that signs in.
const MOST_ORDINARY_BYTES: usize = 1 << 20;
const MOST_SIGN_IN_BYTES: usize = 16 << 10;

/// Large bodies held at once, over all callers; others wait.
const LARGE_BODIES: usize = 16;

/// A body longer than this, in bytes, is large, and so is one of unknown length.
const LARGE_BODY_BYTES: u64 = 256 << 10;

/// A request's body as JSON; [`Value::Null`] for `null`, an empty and an absent body alike.
///
/// The content type is not looked at: clients send all kinds.
pub struct Body(
    pub Value,
    #[expect(dead_code, reason = "keeps the room that a large body takes for as long as it lives")]
    Option<OwnedSemaphorePermit>,
);

/// Room for large bodies.
pub fn large_bodies() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(LARGE_BODIES))
}

impl FromRequest<App> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let most = match request.uri().path() {
            path if path.starts_with("/v5/deployments") => MOST_BODY_BYTES,
            path if path.starts_with("/v5/auth") => MOST_SIGN_IN_BYTES,
            _ => MOST_ORDINARY_BYTES,
        };
        let body = request.into_body();
        let expected = body.size_hint();
        if expected.lower() > most as u64 {
            return Err(too_large(most));
        }
        let room = if expected.upper().is_some_and(|upper| upper <= LARGE_BODY_BYTES) {
            None
        } else {
            Some(Arc::clone(&app.large_bodies).acquire_owned().await.map_err(internal)?)
        };
        let body = Limited::new(body, most).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { too_large(most) } else { invalid_json("The body broke off.") }
        })?;
        let bytes = body.to_bytes();
        if bytes.trim_ascii().is_empty() {
            return Ok(Self(Value::Null, None));
        }
        let value = serde_json::from_slice(&bytes).map_err(|error| {
            invalid_json(format!("The body is not JSON: line {}, column {}.", error.line(), error.column()))
        })?;
        Ok(Self(value, room))
    }
}

/// What a resource's request documents may hold.
pub struct Shape {
    /// Resource types; one of them must stand in `data.type`.
    pub types: &'static [&'static str],
    /// Attributes that can be written.
    pub attributes: &'static [Attribute],
    /// Relationships that can be written.
    pub relationships: &'static [Relationship],
}

/// An attribute that can be written.
pub struct Attribute {
    pub name: &'static str,
    pub kind: Kind,
    pub write: Write,
}

/// When an attribute can be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// Must be given on creation, may be changed.
    Required,
    /// Must be given on creation, stays.
    RequiredOnce,
    /// May be given on creation, may be changed.
    Optional,
    /// May be given on creation, stays.
    OptionalOnce,
    /// May only be changed.
    UpdateOnly,
}

/// A relationship that can be written.
pub struct Relationship {
    pub name: &'static str,
    pub required: bool,
    /// Whether it may be changed after creation.
    pub changeable: bool,
}

/// What an attribute may hold.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A string of a number of characters.
    Text { min: usize, max: usize },
    /// A string of at most so many characters, or null.
    NullableText { max: usize },
    /// A boolean.
    Bool,
    /// A deployment's source.
    Source,
    /// A deployment's tags.
    Tags,
    /// A device group's environment variables; null for none.
    EnvVars,
    /// An http or https URL.
    Url,
    /// A new password.
    Password,
    /// What is done to a virtual imp: names, and a text, number, boolean or null for each.
    Inputs,
    /// One of a few words.
    OneOf(&'static [&'static str]),
}

impl Kind {
    fn check(self, value: &Value) -> Result<(), String> {
        let text_of = |min: usize, max: usize| {
            let text = value.as_str().ok_or("It must be a string.")?;
            if text.contains('\0') {
                return Err("It cannot hold a NUL character.".to_owned());
            }
            if (min..=max).contains(&text.chars().count()) {
                return Ok(());
            }
            Err(format!("It must have {min} to {max} characters."))
        };
        match self {
            Self::Text { min, max } => text_of(min, max),
            Self::NullableText { .. } | Self::EnvVars if value.is_null() => Ok(()),
            Self::NullableText { max } => text_of(0, max),
            Self::Bool => value.as_bool().map(drop).ok_or_else(|| "It must be a boolean.".into()),
            Self::Source => {
                let source = value.as_str().ok_or("It must be a string.")?;
                if source.len() <= MAX_SOURCE_BYTES {
                    Ok(())
                } else {
                    Err(format!("It may have at most {MAX_SOURCE_BYTES} bytes."))
                }
            }
            Self::Tags => {
                let tags = value.as_array().ok_or("It must be an array of strings.")?;
                let mut length = 0;
                for tag in tags {
                    let tag = tag.as_str().ok_or("It must be an array of strings.")?;
                    if !is_tag(tag) {
                        return Err("A tag may have letters, digits and `_-*.` only.".into());
                    }
                    length += tag.len();
                }
                if length <= MAX_TAGS_CHARS {
                    Ok(())
                } else {
                    Err(format!("All tags together may have at most {MAX_TAGS_CHARS} characters."))
                }
            }
            Self::EnvVars => {
                let variables = value.as_object().ok_or("It must be an object.")?;
                for (name, value) in variables {
                    if !is_env_var_name(name) {
                        return Err(format!(
                            "`{}` cannot be a variable's name: a letter, then at most 99 letters, digits or underscores.",
                            name.chars().take(100).collect::<String>()
                        ));
                    }
                    if !(value.is_string() || value.is_number()) {
                        return Err(format!("The value of `{name}` must be a string or a number."));
                    }
                }
                let size = value.to_string().len();
                if size <= MAX_ENV_VARS_BYTES {
                    Ok(())
                } else {
                    Err(format!("They may have at most {MAX_ENV_VARS_BYTES} bytes as JSON."))
                }
            }
            Self::Url => Ok(()), // checked by `Fields::read`, since it has an error of its own
            Self::Password => match value.as_str() {
                Some(text) if is_password(text) => Ok(()),
                _ => Err("It must be a string of 8 to 1,024 bytes.".into()),
            },
            // What is in it is checked by who knows the board.
            Self::Inputs => value.as_object().map(drop).ok_or_else(|| "It must be an object.".into()),
            Self::OneOf(words) => match value.as_str() {
                Some(word) if words.contains(&word) => Ok(()),
                _ => Err(format!("It must be one of `{}`.", words.join("`, `"))),
            },
        }
    }

    /// The JSON schema of such an attribute.
    pub fn schema(self) -> Value {
        match self {
            Self::Text { min, max } => json!({ "type": "string", "minLength": min, "maxLength": max }),
            Self::NullableText { max } => json!({ "type": ["string", "null"], "maxLength": max }),
            Self::Bool => json!({ "type": "boolean" }),
            Self::Source => json!({ "type": "string", "maxLength": MAX_SOURCE_BYTES }),
            Self::Tags => json!({ "type": "array", "items": { "type": "string", "pattern": "^[A-Za-z0-9_*.-]+$" } }),
            Self::EnvVars => json!({
                "type": ["object", "null"],
                "propertyNames": { "pattern": "^[a-zA-Z][_a-zA-Z0-9]{0,99}$" },
                "additionalProperties": { "type": ["string", "number"] },
            }),
            Self::Inputs => json!({
                "type": "object",
                "additionalProperties": { "type": ["string", "number", "boolean", "null"], "maxLength": 64 },
            }),
            Self::Url => json!({ "type": "string", "format": "uri", "maxLength": 2048 }),
            Self::Password => json!({ "type": "string", "format": "password", "minLength": 8, "maxLength": 1024 }),
            Self::OneOf(words) => json!({ "type": "string", "enum": words }),
        }
    }
}

/// Says whether text is an http or https URL.
fn is_http_url(text: &str) -> bool {
    text.len() <= 2048
        && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
}

impl Shape {
    /// Reads the document that creates a resource.
    pub fn create<'b>(&self, body: &'b Body) -> Result<Fields<'b>, ApiError> {
        let fields = Fields::read(self, body, None)?;
        for attribute in self.attributes {
            if matches!(attribute.write, Write::Required | Write::RequiredOnce)
                && fields.value(attribute.name).is_none()
            {
                return Err(missing(format!("/data/attributes/{}", attribute.name)));
            }
        }
        for relationship in self.relationships {
            if relationship.required && fields.relationship(relationship.name).is_none() {
                return Err(missing(format!("/data/relationships/{}", relationship.name)));
            }
        }
        Ok(fields)
    }

    /// Reads the document that changes a resource: `kind` is its type, `current` what it is now.
    ///
    /// Attributes and relationships are ignored where they equal the current ones, so that clients may send back what
    /// they cannot change. `is_it` says whether the document's id names the resource.
    pub fn update<'b>(
        &self,
        body: &'b Body,
        kind: &str,
        current: &impl serde::Serialize,
        is_it: impl Fn(&str) -> bool,
    ) -> Result<Fields<'b>, ApiError> {
        let current = serde_json::to_value(current).expect("wire types have string keys only");
        let fields = Fields::read(self, body, Some(&current))?;
        if fields.kind != kind {
            return Err(type_mismatch(kind, fields.kind));
        }
        match fields.id {
            Some(id) if !is_it(id) => Err(id_mismatch()),
            _ => Ok(fields),
        }
    }
}

/// A relationship's name, and the type (where given) and id it points to.
type NamedLinkage<'b> = (&'static str, Option<&'b str>, &'b str);

/// What a request's document says, checked.
pub struct Fields<'b> {
    /// The resource type named.
    pub kind: &'b str,
    id: Option<&'b str>,
    attributes: Map<String, Value>,
    relationships: Vec<NamedLinkage<'b>>,
}

impl<'b> Fields<'b> {
    fn read(shape: &Shape, body: &'b Body, current: Option<&Value>) -> Result<Self, ApiError> {
        let updating = current.is_some();
        let document = body.0.as_object().ok_or_else(|| match body.0 {
            Value::Null => missing("/data"),
            _ => invalid_json("The body must be a JSON object."),
        })?;
        let data = document.get("data").ok_or_else(|| missing("/data"))?;
        let data = data.as_object().ok_or_else(|| invalid_attribute("/data", "`data` must be an object."))?;
        let kind = match data.get("type") {
            None | Some(Value::Null) => return Err(missing("/data/type")),
            Some(kind) => kind.as_str().ok_or_else(|| invalid_attribute("/data/type", "`type` must be a string."))?,
        };
        if !shape.types.contains(&kind) {
            return Err(type_mismatch(&shape.types.join("` or `"), kind));
        }
        let id = match data.get("id") {
            None | Some(Value::Null) => None,
            Some(id) => Some(id.as_str().ok_or_else(|| invalid_attribute("/data/id", "`id` must be a string."))?),
        };
        let empty = Map::new();
        let given = match data.get("attributes") {
            None | Some(Value::Null) => &empty,
            Some(Value::Object(attributes)) => attributes,
            Some(_) => return Err(invalid_attribute("/data/attributes", "`attributes` must be an object.")),
        };
        let mut attributes = Map::new();
        for (name, value) in given {
            let pointer = member("/data/attributes", name);
            if current.is_some_and(|current| current["attributes"].get(name) == Some(value)) {
                continue;
            }
            let Some(attribute) = shape.attributes.iter().find(|attribute| attribute.name == name) else {
                return Err(invalid_attribute(pointer, "There is no such attribute, or it cannot be written."));
            };
            let writable = match attribute.write {
                Write::Required | Write::Optional => true,
                Write::RequiredOnce | Write::OptionalOnce => !updating,
                Write::UpdateOnly => updating,
            };
            if !writable {
                let when = if updating { "changed" } else { "set on creation" };
                return Err(invalid_attribute(pointer, format!("This attribute cannot be {when}.")));
            }
            if value.is_null()
                && !updating
                && attribute.write != Write::Required
                && attribute.write != Write::RequiredOnce
            {
                continue;
            }
            match attribute.kind {
                Kind::Url if !value.as_str().is_some_and(is_http_url) => return Err(invalid_url(pointer)),
                kind => kind.check(value).map_err(|detail| invalid_attribute(pointer, detail))?,
            }
            attributes.insert(name.clone(), value.clone());
        }
        let relationships = read_relationships(shape, data.get("relationships"), current)?;
        Ok(Self { kind, id, attributes, relationships })
    }

    /// Returns the attribute's value, where it was given.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.attributes.get(name)
    }

    /// Returns a string attribute, where it was given.
    pub fn text(&self, name: &str) -> Option<String> {
        self.value(name)?.as_str().map(str::to_owned)
    }

    /// Returns a nullable string attribute, where it was given.
    pub fn nullable_text(&self, name: &str) -> Option<Option<String>> {
        self.value(name).map(|value| value.as_str().map(str::to_owned))
    }

    /// Returns a boolean attribute, where it was given.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        self.value(name)?.as_bool()
    }

    /// Returns an attribute that is an array of strings, where it was given.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        Some(self.value(name)?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Returns type (where given) and id of a relationship, where it was given.
    pub fn relationship(&self, name: &str) -> Option<(Option<&'b str>, &'b str)> {
        self.relationships.iter().find(|(given, ..)| *given == name).map(|&(_, kind, id)| (kind, id))
    }
}

/// Accepts the vendor's bare `{"type", "id"}` and JSON:API's `{"data": {"type", "id"}}`.
fn read_relationships<'b>(
    shape: &Shape,
    given: Option<&'b Value>,
    current: Option<&Value>,
) -> Result<Vec<NamedLinkage<'b>>, ApiError> {
    let given = match given {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(relationships)) => relationships,
        Some(_) => return Err(invalid_attribute("/data/relationships", "`relationships` must be an object.")),
    };
    let mut relationships = Vec::new();
    for (name, value) in given {
        let pointer = member("/data/relationships", name);
        let linkage = value.get("data").unwrap_or(value);
        let now = current.and_then(|current| current["relationships"].get(name));
        if now.is_some_and(|now| now["id"] == linkage["id"] && now["type"] == linkage["type"]) {
            continue;
        }
        let Some(known) = shape.relationships.iter().find(|relationship| relationship.name == name) else {
            return Err(invalid_attribute(pointer, "There is no such relationship, or it cannot be written."));
        };
        if linkage.is_null() {
            continue;
        }
        if current.is_some() && !known.changeable {
            return Err(invalid_attribute(pointer, "This relationship cannot be changed."));
        }
        let (kind, id) = linkage_of(linkage, &pointer)?;
        relationships.push((known.name, kind, id));
    }
    Ok(relationships)
}

/// Returns type and id of a linkage object.
pub fn linkage_of<'b>(value: &'b Value, pointer: &str) -> Result<(Option<&'b str>, &'b str), ApiError> {
    let malformed = || invalid_attribute(pointer.to_owned(), "It must be an object with the strings `type` and `id`.");
    let object = value.as_object().ok_or_else(malformed)?;
    let id = object.get("id").ok_or_else(|| missing(format!("{pointer}/id")))?.as_str().ok_or_else(malformed)?;
    let kind = match object.get("type") {
        None | Some(Value::Null) => None,
        Some(kind) => Some(kind.as_str().ok_or_else(malformed)?),
    };
    Ok((kind, if id.contains('\0') { "" } else { id }))
}
