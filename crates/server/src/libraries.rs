//! `/v5/libraries`

use crate::{
    App,
    caller::Caller,
    document::{Listed, Reply},
    page::ListQuery,
};
use axum::extract::State;
use impstead_store::{Library, Paged};
use impstead_wire::{self as wire, Linkage, SelfLink};
use std::cmp::Reverse;

/// `GET /v5/libraries`: what the operator has added, by name.
pub async fn list(_: Caller, State(app): State<App>, query: ListQuery) -> Reply<Listed<wire::Library>> {
    let mut names: Vec<(String, Vec<Library>)> = Vec::new();
    for library in app.store.libraries().await? {
        match names.last_mut() {
            Some((name, versions)) if *name == library.name => versions.push(library),
            _ => names.push((library.name.clone(), vec![library])),
        }
    }
    let size = usize::try_from(query.page.size).unwrap_or(usize::MAX);
    let skipped = usize::try_from(query.page.number - 1).unwrap_or(usize::MAX).saturating_mul(size);
    let mut rest = names.into_iter().skip(skipped);
    let items: Vec<_> = rest.by_ref().take(size).collect();
    let more = rest.next().is_some();
    Ok(Listed::new(&query, Paged { items, more }, |(name, versions)| wire_form(&app, name, versions)))
}

fn wire_form(app: &App, name: String, mut versions: Vec<Library>) -> wire::Library {
    versions.sort_by_key(|library| Reverse(numbers(&library.version)));
    let versions =
        versions.into_iter().map(|library| Linkage::new("libraryversion", format!("{name}:{}", library.version)));
    wire::Library {
        kind: "library".into(),
        links: SelfLink { this: format!("{}/v5/libraries/{name}", app.config.public_url) },
        relationships: wire::LibraryRelationships { versions: versions.collect() },
        attributes: wire::LibraryAttributes { name: name.clone(), supported: true },
        id: name,
    }
}

/// The numbers of a version, for comparing.
fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|number| number.parse().unwrap_or(0)).collect()
}
