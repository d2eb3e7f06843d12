//! Opening the data, and bringing their schema up to date.

use crate::{
    directory::Directory,
    settings::{DataSettings, Database},
};
use anyhow::{Context, Result, bail};
use impstead_model::Clock;
use impstead_store::{Location, SCHEMA_VERSION, Store, StoreError};
use std::{
    fs::{OpenOptions, Permissions},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::PathBuf,
};

/// What a migration did.
#[derive(Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The schema version before; 0 for a new database.
    pub from: i64,
    /// The backup made before.
    pub backup: Option<PathBuf>,
}

/// Opens the data as they are.
pub fn open(settings: &DataSettings) -> Result<Store> {
    let location = settings.location();
    if let Location::Sqlite(path) = &location {
        // SQLite's other files take their mode from this one.
        let made = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
        made.with_context(|| format!("cannot open {}; may this user read and write there?", path.display()))?;
    }
    Store::open(&location).with_context(|| match &settings.database {
        Database::Sqlite => format!("cannot open the database in {}; is it one?", settings.directory.display()),
        Database::Postgres(_) => format!(
            "cannot reach the database {}; is the server running, and are user, password and database right?",
            settings.database
        ),
    })
}

/// Brings the schema up to date, with a backup before; `None` if it is already.
pub async fn migrate(store: &Store, settings: &DataSettings, clock: &dyn Clock) -> Result<Option<Migrated>> {
    let from = match store.schema_version().await {
        Ok(version) if version > SCHEMA_VERSION => {
            Err(StoreError::NewerSchema { found: version, known: SCHEMA_VERSION })
        }
        other => other,
    };
    let from = match from {
        Ok(SCHEMA_VERSION) => return Ok(None),
        Ok(from) => from,
        Err(error @ StoreError::NewerSchema { .. }) => bail!(
            "{error}; run the newer impstead that wrote them, or restore a backup made before, from {}, into a new \
             database",
            settings.backups.display()
        ),
        Err(error) => return Err(error).context("cannot read the schema version"),
    };
    let backup = if from == 0 {
        None
    } else {
        let (store, directory, now_ms) = (store.clone(), settings.backups.clone(), clock.now_ms());
        tokio::task::spawn_blocking(move || {
            Directory::new(&directory).create()?;
            let backup = store.backup_before_migrating(&directory, now_ms).with_context(|| {
                format!(
                    "cannot write a backup to {} before changing the schema; nothing was changed",
                    directory.display()
                )
            })?;
            if let Some(backup) = &backup {
                std::fs::set_permissions(backup, Permissions::from_mode(0o600))?;
            }
            anyhow::Ok(backup)
        })
        .await??
    };
    if let Some(backup) = &backup {
        tracing::info!(backup = %backup.display(), "wrote a backup before changing the schema");
    }
    store.migrate().await.context("cannot bring the schema up to date; nothing was changed")?;
    tracing::info!(from, to = SCHEMA_VERSION, "brought the schema up to date");
    Ok(Some(Migrated { from, backup }))
}
