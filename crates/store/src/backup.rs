//! Logical backup, the same for both databases: zstd-compressed JSON lines.

use crate::{Store, StoreError};
use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
};

/// Why a backup could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Reading or writing the file.
    #[error("cannot read or write the backup")]
    File(#[from] std::io::Error),
    /// The file is not a backup, is damaged, or ends too early.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// A newer version of this program wrote it.
    #[error("the backup was written by a newer version of this program ({0})")]
    Newer(String),
    /// The database to restore into is not empty.
    #[error("the database to restore into is not empty: table {0} has rows")]
    NotEmpty(String),
    /// The database's schema is not the backup's, and not empty either.
    #[error("the backup has schema version {backup} and the database {database}; restore into a new database")]
    OtherSchema {
        /// Schema version of the backup.
        backup: i64,
        /// Schema version of the database.
        database: i64,
    },
}

impl Store {
    /// Writes all data as of one instant, while the server goes on, and returns how many rows there are.
    ///
    /// Blocks for as long as that takes. Memory use does not depend on the amount of data.
    pub fn backup(&self, out: impl Write + Send) -> Result<u64, BackupError> {
        todo!()
    }

    /// Fills an empty database (without a schema, or with that of the backup) from a backup, all or nothing, brings
    /// the schema up to date, and returns how many rows there are.
    ///
    /// Blocks for as long as that takes.
    pub fn restore(&self, input: impl Read + Send) -> Result<u64, BackupError> {
        todo!()
    }

    /// Writes a backup into a directory if [`Store::migrate`] would change the schema of existing data, and returns
    /// its path.
    pub fn backup_before_migrating(&self, directory: &Path, now_ms: i64) -> Result<Option<PathBuf>, BackupError> {
        todo!()
    }
}
