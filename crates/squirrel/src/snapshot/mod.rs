//! Snapshots: a machine as bytes, and back.

/// Why a snapshot cannot be written or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotError {
    /// The machine has ended.
    Ended,
}
