use crate::{AccountId, DeploymentId, DeviceGroupId, DeviceGroupType, ProductId, hex};
use sha2::{Digest, Sha256};

/// Code deployed to a device group, without the code itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// Its device group.
    pub group: DeviceGroupId,
    /// Type of its device group.
    pub group_kind: DeviceGroupType,
    /// Product of its device group.
    pub product: ProductId,
    /// The account it belongs to.
    pub owner: AccountId,
    /// The account that made it.
    pub creator: AccountId,
    /// The account that flagged it, while it is flagged.
    pub flagger: Option<AccountId>,
    /// [`Code::sha`] of its code.
    pub sha: String,
    /// At most 255 characters.
    pub description: Option<String>,
    /// Free text that names where the code came from.
    pub origin: Option<String>,
    /// Whether it is protected against deletion.
    pub flagged: bool,
    /// Tags, in the order given.
    pub tags: Vec<String>,
    /// When it was made; strictly increasing within a device group.
    pub created_ms: i64,
    /// When it last changed.
    pub updated_ms: i64,
}

/// The two sources of a deployment.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    /// The device's source.
    pub device: Vec<u8>,
    /// The agent's source.
    pub agent: Vec<u8>,
}

impl Code {
    /// Returns 64 lower-case hex digits that depend only on the two sources.
    ///
    /// SHA-256 over the length (8 bytes, big-endian) and the bytes of the device's source, then of the agent's.
    pub fn sha(&self) -> String {
        let mut sha = Sha256::new();
        for source in [&self.device, &self.agent] {
            sha.update((source.len() as u64).to_be_bytes());
            sha.update(source);
        }
        hex(&sha.finalize())
    }

    /// Returns the SHA-256 of the device's source, by which devices name programs.
    pub fn device_sha(&self) -> [u8; 32] {
        Sha256::digest(&self.device).into()
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Code {{ device: {} bytes, agent: {} bytes }}", self.device.len(), self.agent.len())
    }
}
