use impstead_model::MoveRefusal;

/// Why the store did not do what was asked. A missing row is `Ok(None)`, not an error.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data as they stand forbid it; nothing was changed.
    #[error("refused: {0}")]
    Conflict(#[from] Conflict),
    /// The database cannot be reached or cannot write (disk full, say) for now; nothing was changed.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A stored row holds what no version of this program writes.
    #[error("corrupt row in table {table}: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// Which column, and what is wrong with it.
        what: String,
    },
    /// The data were written by a newer version of this program.
    #[error("the data have schema version {found}, and this program knows only versions up to {known}")]
    NewerSchema {
        /// The data's schema version.
        found: i64,
        /// The newest one this program knows.
        known: i64,
    },
    /// Any other failure of the database.
    #[error("database error")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A state of the data that forbids a change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Something else already has this name; the method called says which name.
    #[error("the name is taken")]
    Duplicate,
    /// Another account has this `username` or this `email`.
    #[error("the {0} is taken")]
    Taken(&'static str),
    /// The account holds as many as its quota allows.
    #[error("the account's limit of {limit} {what} is reached")]
    QuotaReached {
        /// What is limited, in the plural.
        what: &'static str,
        /// How many there may be.
        limit: i64,
    },
    /// The product still has device groups.
    #[error("the product has device groups")]
    ProductHasGroups,
    /// The device group still has devices.
    #[error("the device group has devices")]
    GroupHasDevices,
    /// The device group has flagged deployments.
    #[error("the device group has flagged deployments")]
    GroupHasFlaggedDeployments,
    /// The device group is the target of another.
    #[error("the device group is the target of another")]
    GroupIsTarget,
    /// A named product, device group or deployment is not there (any more), or not where it must be.
    #[error("no such {0}")]
    Missing(&'static str),
    /// The deployment is flagged.
    #[error("the deployment is flagged")]
    DeploymentFlagged,
    /// The deployment is its group's minimum supported one, or newer.
    #[error("the deployment is in use")]
    DeploymentInUse,
    /// The deployment is older than its group's minimum supported one.
    #[error("the deployment is older than the minimum supported one")]
    OlderThanMinimum,
    /// The device is assigned to a group.
    #[error("the device is assigned")]
    DeviceAssigned,
    /// The device is not assigned to a group.
    #[error("the device is not assigned")]
    DeviceUnassigned,
    /// The device is blessed.
    #[error("the device is blessed")]
    DeviceBlessed,
    /// The virtual imp was put on another board meanwhile.
    #[error("the virtual imp is on another board")]
    OtherBoard,
    /// The account's second factor is enabled; it must be disabled before another enrolment.
    #[error("one-time passwords are enabled already")]
    TotpEnabled,
    /// The device may not be moved there.
    #[error(transparent)]
    Move(#[from] MoveRefusal),
}

impl StoreError {
    pub(crate) fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into())
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error() {
            Some(cause)
                if matches!(
                    cause.extended_code,
                    rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                ) =>
            {
                Self::Conflict(Conflict::Duplicate)
            }
            Some(cause)
                if matches!(
                    cause.code,
                    Code::DiskFull | Code::SystemIoFailure | Code::DatabaseBusy | Code::CannotOpen | Code::ReadOnly
                ) =>
            {
                Self::Unavailable(Box::new(error))
            }
            _ => Self::Database(Box::new(error)),
        }
    }
}

impl From<postgres::Error> for StoreError {
    fn from(error: postgres::Error) -> Self {
        use postgres::error::SqlState;
        let Some(state) = error.code() else {
            // No answer from the server at all: the connection is gone.
            return if error.is_closed()
                || std::error::Error::source(&error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
            {
                Self::Unavailable(Box::new(error))
            } else {
                Self::Database(Box::new(error))
            };
        };
        match state {
            &SqlState::UNIQUE_VIOLATION => Self::Conflict(Conflict::Duplicate),
            // Classes: connection exceptions, insufficient resources (disk full), operator intervention, I/O errors.
            state if ["08", "53", "57", "58"].iter().any(|class| state.code().starts_with(class)) => {
                Self::Unavailable(Box::new(error))
            }
            &SqlState::READ_ONLY_SQL_TRANSACTION | &SqlState::LOCK_NOT_AVAILABLE => Self::Unavailable(Box::new(error)),
            _ => Self::Database(Box::new(error)),
        }
    }
}
