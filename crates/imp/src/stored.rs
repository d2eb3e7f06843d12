//! What outlives the power of an imp.

use impstead_device_protocol::Value;
use serde::{Deserialize, Serialize};

/// The version of what is written here; a reader knows its own only.
const VERSION: u32 = 2;

/// What an imp keeps in its flash memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// The program.
    pub program: Option<StoredProgram>,
    /// What `imp.setuserconfiguration` has kept.
    pub user_configuration: Option<Vec<u8>>,
    /// How the run before ended, if badly, and nobody was told yet: a number and words.
    pub exit_code: Option<(u32, String)>,
    /// The id of the factory fixture that configured it.
    pub fixture: Option<[u8; 8]>,
}

/// A program, as it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredProgram {
    /// SHA-256 of the source.
    pub sha: [u8; 32],
    /// The source.
    pub source: Vec<u8>,
    /// What the program finds around it, in the device protocol's encoding; empty for nothing.
    pub environment: Vec<u8>,
}

impl StoredProgram {
    /// What the program finds around it.
    pub fn environment(&self) -> Value {
        Value::decode(&self.environment).unwrap_or(Value::Null)
    }
}

impl Stored {
    /// Writes it as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(&(VERSION, self)).unwrap_or_default()
    }

    /// Reads it back; none if the bytes are something else, or of another version.
    pub fn from_bytes(bytes: &[u8]) -> Option<Stored> {
        let (version, rest): (u32, _) = postcard::take_from_bytes(bytes).ok()?;
        if version == VERSION { postcard::from_bytes(rest).ok() } else { None }
    }
}
