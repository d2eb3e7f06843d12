//! The libraries that programs require.

use impstead_store::{Store, StoreError};
use platform::requires;

/// A library: what stack traces call it, and its source.
pub type Library = (Vec<u8>, Vec<u8>);

/// Finds the libraries that code requires, in their order, or says which one is unknown.
pub async fn find(store: &Store, code: &[u8]) -> Result<Result<Vec<Library>, String>, StoreError> {
    let mut found: Vec<Library> = Vec::new();
    for required in requires(code) {
        let name = required.name.clone().into_bytes();
        match store.library(&required.name, &required.version).await? {
            // Required twice, it is there once.
            Some(_) if found.iter().any(|(known, _)| *known == name) => {}
            Some(source) => found.push((name, source)),
            None => return Ok(Err(required.unknown().to_string())),
        }
    }
    Ok(Ok(found))
}
