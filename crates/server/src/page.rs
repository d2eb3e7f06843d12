//! Lists: `page[…]`, `filter[…]` and the links between pages.

use crate::{
    App,
    error::{ApiError, invalid_parameter},
};
use axum::{extract::FromRequestParts, http::request::Parts};
use impstead_store::Page;
use impstead_wire::PageLinks;
use std::{convert::Infallible, fmt::Write};

const DEFAULT_SIZE: i64 = 20;
const MOST: i64 = 100;

/// Page and filters of a list request.
pub struct ListQuery {
    /// The page wanted.
    pub page: Page,
    filters: Vec<(String, String)>,
    /// Other parameters, and those of them that the list has, which links keep.
    others: Vec<(String, String)>,
    kept: Vec<(&'static str, String)>,
    /// Absolute URL of the collection, without a query.
    url: String,
}

impl FromRequestParts<App> for ListQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let mut page = Page { number: 1, size: DEFAULT_SIZE };
        let (mut filters, mut others) = (Vec::new(), Vec::new());
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            match &*name {
                "page[number]" => page.number = positive(&name, &value)?,
                "page[size]" => page.size = positive(&name, &value)?.min(MOST),
                name if name.starts_with("filter[") && name.ends_with(']') => {
                    let path = &name["filter[".len()..name.len() - 1];
                    if value.contains('\0') {
                        return Err(invalid_parameter(name, "A filter's value cannot hold a NUL character."));
                    }
                    filters.push((path.to_owned(), value.into_owned()));
                }
                _ => others.push((name.into_owned(), value.into_owned())),
            }
        }
        Ok(Self {
            page,
            filters,
            others,
            kept: Vec::new(),
            url: format!("{}{}", app.config.public_url, parts.uri.path()),
        })
    }
}

impl ListQuery {
    /// Returns a filter's value; the last one where it is repeated.
    pub fn filter(&self, path: &str) -> Option<&str> {
        self.filters.iter().rfind(|(name, _)| name == path).map(|(_, value)| &**value)
    }

    /// Returns a filter's value as one of an enumeration.
    pub fn filter_as<T>(&self, path: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
        let Some(value) = self.filter(path) else { return Ok(None) };
        let refused = || invalid_parameter(&format!("filter[{path}]"), "The filter does not have this value.");
        parse(value).map(Some).ok_or_else(refused)
    }

    /// Returns the value of a parameter that is no filter, the last one where it is repeated; links keep it.
    pub fn parameter(&mut self, name: &'static str) -> Option<String> {
        let (_, value) = self.others.iter().rfind(|(other, _)| other == name)?;
        self.kept.push((name, value.clone()));
        Some(value.clone())
    }

    /// Makes the page's links; `more` says whether there is a next page.
    pub fn links(&self, more: bool) -> PageLinks {
        let Page { number, .. } = self.page;
        PageLinks {
            this: self.link(number),
            first: self.link(1),
            prev: (number > 1).then(|| self.link(number - 1)),
            next: more.then(|| self.link(number + 1)),
        }
    }

    /// Writes number and size always, so that page one's `self` and `first` are the same bytes.
    fn link(&self, number: i64) -> String {
        let mut link = self.url.clone();
        let mut separator = '?';
        for (path, value) in &self.filters {
            let _ = write!(link, "{separator}filter%5B{}%5D={}", encode(path), encode(value));
            separator = '&';
        }
        for (name, value) in &self.kept {
            let _ = write!(link, "{separator}{name}={}", encode(value));
            separator = '&';
        }
        let _ = write!(link, "{separator}page%5Bnumber%5D={number}&page%5Bsize%5D={}", self.page.size);
        link
    }
}

fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn positive(name: &str, value: &str) -> Result<i64, ApiError> {
    let number = value.parse().ok().filter(|number| *number >= 1);
    number.ok_or_else(|| invalid_parameter(name, "The value must be a whole number of at least 1."))
}

/// The parameters of a route's path, decoded; empty text, which names nothing, where they are not UTF-8.
pub struct Ids(pub Vec<String>);

impl Ids {
    /// Returns the only parameter.
    pub fn one(&self) -> &str {
        self.0.first().map_or("", |id| id)
    }
}

impl FromRequestParts<App> for Ids {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        use axum::extract::RawPathParams;
        let ids = RawPathParams::from_request_parts(parts, app).await;
        Ok(Self(
            ids.map(|ids| {
                ids.iter().map(|(_, id)| if id.contains('\0') { String::new() } else { id.to_owned() }).collect()
            })
            .unwrap_or_default(),
        ))
    }
}
