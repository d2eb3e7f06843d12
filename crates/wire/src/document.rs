use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A document with one primary resource: `{"data": …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "{T}Document"))]
pub struct Document<T> {
    /// The resource.
    pub data: T,
}

/// A page of a collection: `{"data": […], "links": {…}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "{T}List"))]
pub struct List<T> {
    /// The page's items, at most `page[size]`, possibly none.
    pub data: Vec<T>,
    /// Where this page and its neighbours are.
    #[serde(default)]
    pub links: PageLinks,
}

/// Links of a page. All are absolute URLs that keep the request's filters.
///
/// `last` is never sent: it would need a count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageLinks {
    /// This page; on page one the same bytes as `first`.
    #[serde(rename = "self", default)]
    pub this: String,
    /// Page one.
    #[serde(default)]
    pub first: String,
    /// The page before; absent on page one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<String>,
    /// The page after; absent (not `null`) on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One resource object: `type`, `id`, `links`, `attributes`, `relationships`, in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "{A}Resource"))]
pub struct Resource<A, R> {
    /// The resource type, for example `product`.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// The resource's id: opaque, lower case.
    pub id: String,
    /// Where the resource is.
    #[serde(default)]
    pub links: SelfLink,
    /// The resource's attributes; one without a value is `null`.
    pub attributes: A,
    /// The resource's relationships; one that does not exist is absent.
    pub relationships: R,
}

impl<A, R> Resource<A, R> {
    /// Returns a linkage that points to this resource.
    pub fn linkage(&self) -> Linkage {
        Linkage::new(self.kind.clone(), &self.id)
    }
}

/// The link of a resource to itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SelfLink {
    /// The resource's absolute URL.
    #[serde(rename = "self", default)]
    pub this: String,
}

/// A relationship: the vendor's bare `{"type", "id"}`, without JSON:API's `data` around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Linkage {
    /// Type of the resource pointed to.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// Id of the resource pointed to.
    pub id: String,
}

impl Linkage {
    /// Makes a linkage of a type and an id.
    pub fn new(kind: impl Into<Cow<'static, str>>, id: impl Into<String>) -> Self {
        Self { kind: kind.into(), id: id.into() }
    }
}

/// No relationships: `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoRelationships {}
