//! Libraries: code that programs require by name and version. Operators add them; all accounts use the same.

use crate::{Act, Store, StoreError, deployments};

/// A library, without its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// Its name, `Promise.lib.nut` for example.
    pub name: String,
    /// Its version.
    pub version: String,
    /// When it was added, Unix time in milliseconds.
    pub created_ms: i64,
}

impl Store {
    /// Adds a library, or replaces it, and says whether it is a new one.
    pub async fn put_library(&self, name: &str, version: &str, source: &[u8], act: Act) -> Result<bool, StoreError> {
        let (name, version) = (name.to_owned(), version.to_owned());
        let source = deployments::compress(source)?;
        self.write(move |conn| {
            let is_new = !conn.exists("select 1 from library where name = ?1 and version = ?2", &[&name, &version])?;
            conn.run(
                "insert into library (name, version, source, created_ms) values (?1, ?2, ?3, ?4)
                 on conflict (name, version) do update set source = excluded.source, created_ms = excluded.created_ms",
                &[&name, &version, &source, &act.at_ms],
            )?;
            Ok(is_new)
        })
        .await
    }

    /// Returns the code of a library; `None` if it is not there.
    pub async fn library(&self, name: &str, version: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let (name, version) = (name.to_owned(), version.to_owned());
        self.read(move |conn| {
            let query = "select source from library where name = ?1 and version = ?2";
            let source = conn.first(query, &[&name, &version], |row| row.get::<Vec<u8>>(0))?;
            source.map(|source| deployments::decompress(&source)).transpose()
        })
        .await
    }

    /// Returns all libraries, by name and version.
    pub async fn libraries(&self) -> Result<Vec<Library>, StoreError> {
        self.read(move |conn| {
            conn.all("select name, version, created_ms from library order by name, version", &[], |row| {
                Ok(Library { name: row.get(0)?, version: row.get(1)?, created_ms: row.get(2)? })
            })
        })
        .await
    }

    /// Removes a library and says whether it was there.
    pub async fn delete_library(&self, name: &str, version: &str) -> Result<bool, StoreError> {
        let (name, version) = (name.to_owned(), version.to_owned());
        self.write(move |conn| {
            Ok(conn.run("delete from library where name = ?1 and version = ?2", &[&name, &version])? > 0)
        })
        .await
    }
}
