use crate::{AccountId, DeviceGroupId, DeviceGroupType, DeviceId, ProductId, Side};

/// A device of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Six lower-case hex octets with colons.
    pub mac_address: String,
    /// The account it belongs to.
    pub owner: AccountId,
    /// Where it is assigned, with the group's type and product.
    pub assignment: Option<Assignment>,
    /// Set by its owner.
    pub name: Option<String>,
    /// `imp001` to `imp006`.
    pub imp_type: String,
    /// Enrolment plan; with the device id it decides the agent id.
    pub plan_id: Option<String>,
    /// Whether it was blessed into a production group.
    pub blessed: bool,
    /// Whether it is connected.
    pub online: bool,
    /// When it last connected or disconnected.
    pub state_changed_ms: Option<i64>,
    /// Whether its agent runs.
    pub agent_running: bool,
    /// When its agent last started or stopped.
    pub agent_state_changed_ms: Option<i64>,
    /// When it was last enrolled.
    pub last_enrolled_ms: Option<i64>,
    /// Address from which it connects.
    pub ip_address: Option<String>,
    /// Free memory, in bytes.
    pub free_memory: Option<i64>,
    /// Signal strength, in dBm.
    pub rssi: Option<i64>,
    /// impOS version.
    pub swversion: Option<String>,
    /// When it joined the account.
    pub created_ms: i64,
    /// When its name or assignment last changed.
    pub updated_ms: i64,
}

/// Where a device is assigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The device group.
    pub group: DeviceGroupId,
    /// Its type.
    pub kind: DeviceGroupType,
    /// Its product.
    pub product: ProductId,
    /// The account the group belongs to, which need not be the device's.
    pub owner: AccountId,
    /// Id of the agent: 12 characters of the URL-safe base64 alphabet. Kept while the pair of device and plan lasts.
    pub agent_id: String,
}

impl Device {
    /// Returns the side of the group it is in; an unassigned device counts as a development device.
    pub fn side(&self) -> Side {
        self.assignment.as_ref().map_or(Side::Development, |assignment| assignment.kind.side())
    }
}

/// One entry of a device's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When it happened.
    pub at_ms: i64,
    /// What happened, to be read after the word "Device": `enrolled`, `assigned`, …
    pub event: String,
    /// The account that owned the device.
    pub owner: AccountId,
    /// The account that did it.
    pub actor: AccountId,
}

/// Why a device may not be put into a device group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoveRefusal {
    /// Only a factory BlinkUp brings a device into a DUT group.
    #[error("devices enter DUT device groups only by factory BlinkUp")]
    OnlyByFactoryBlinkUp,
    /// Only blessing brings a device into a (pre-)production group.
    #[error("devices enter production and pre-production device groups only by blessing")]
    OnlyByBlessing,
    /// A blessed device moves only between groups of the same type of the same product.
    #[error(
        "a blessed device can move only to a device group of the same type in the same product; remove it from its group first"
    )]
    Blessed,
    /// imp001 modules cannot be factory fixtures or devices under test.
    #[error("imp001 devices cannot be assigned to factory device groups")]
    HardwareNotAllowed,
}

/// Says whether a device may be assigned to a group, where it is now permitting.
///
/// # Source
/// impCentral API v5, the table of legal moves; between production groups "same type" is our choice.
#[expect(clippy::match_same_arms, reason = "a line per type reads as the vendor's table does")]
pub fn check_move(device: &Device, to: DeviceGroupType, to_product: &ProductId) -> Result<(), MoveRefusal> {
    if let Some(from) = &device.assignment {
        if from.kind.holds_blessed_devices() {
            let allowed = from.kind == to && from.product == *to_product;
            return if allowed { Ok(()) } else { Err(MoveRefusal::Blessed) };
        }
        if from.kind == to
            && matches!(to, DeviceGroupType::Dut | DeviceGroupType::PreDut)
            && from.product == *to_product
        {
            return Ok(());
        }
    }
    match to {
        DeviceGroupType::Development => Ok(()),
        DeviceGroupType::FactoryFixture | DeviceGroupType::PreFactoryFixture if device.imp_type == "imp001" => {
            Err(MoveRefusal::HardwareNotAllowed)
        }
        DeviceGroupType::FactoryFixture | DeviceGroupType::PreFactoryFixture => Ok(()),
        DeviceGroupType::Dut | DeviceGroupType::PreDut => Err(MoveRefusal::OnlyByFactoryBlinkUp),
        DeviceGroupType::Production | DeviceGroupType::PreProduction => Err(MoveRefusal::OnlyByBlessing),
    }
}

/// Returns a MAC address in its canonical form, six lower-case hex octets with colons.
///
/// Accepts any case, with or without colons; `None` for anything else.
pub fn canonical_mac(text: &str) -> Option<String> {
    let digits = match text.len() {
        12 => text.to_ascii_lowercase(),
        17 if text.bytes().enumerate().all(|(index, byte)| (index % 3 == 2) == (byte == b':')) => {
            text.replace(':', "").to_ascii_lowercase()
        }
        _ => return None,
    };
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| {
        let octets: Vec<&str> = (0..6).map(|index| &digits[index * 2..index * 2 + 2]).collect();
        octets.join(":")
    })
}

#[cfg(test)]
mod tests {
    use super::canonical_mac;

    #[test]
    fn canonical_mac_accepts_any_case_with_or_without_colons() {
        for text in ["0c:2a:69:ab:cd:ef", "0C:2A:69:AB:CD:EF", "0c2a69abcdef", "0C2A69abcdef"] {
            assert_eq!(canonical_mac(text).as_deref(), Some("0c:2a:69:ab:cd:ef"), "{text}");
        }
        for text in
            ["", "0c:2a:69:ab:cd", "0c-2a-69-ab-cd-ef", "0c2a69abcdeg", "0c2a:69abcde:fff", "aB3_xY9-zQ1k", "ééééé12"]
        {
            assert_eq!(canonical_mac(text), None, "{text}");
        }
    }
}
