use crate::{AccountId, DeviceGroupId, DeviceGroupType, ProductId, WebhookId, hex};
use sha2::{Digest, Sha256};

/// What a webhook reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookEvent {
    /// A device under test was blessed into the group.
    Blessing,
    /// An end user activated a device.
    BlinkUp,
    /// Code was deployed to the group.
    Deployment,
}

impl WebhookEvent {
    /// All events.
    pub const ALL: [Self; 3] = [Self::Blessing, Self::BlinkUp, Self::Deployment];

    /// Returns the vendor's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blessing => "blessing",
            Self::BlinkUp => "blinkup",
            Self::Deployment => "deployment",
        }
    }

    /// Reads the vendor's word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == text)
    }
}

/// Returns the `imp_id` of `blessing` webhooks: 16 hex digits that follow from a MAC address in its canonical form.
///
/// # Source
/// Our choice: the first 8 bytes of the SHA-256 of the address's six. The vendor's is derived from it too, otherwise.
pub fn blessing_imp_id(mac_address: &str) -> String {
    let octets: Vec<u8> = mac_address.split(':').filter_map(|octet| u8::from_str_radix(octet, 16).ok()).collect();
    hex(&Sha256::digest(octets)[..8])
}

/// How a webhook's payload is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentType {
    /// `application/json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

impl ContentType {
    /// Returns the media type.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
        }
    }

    /// Reads the media type.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Json, Self::Form].into_iter().find(|content_type| content_type.as_str() == text)
    }
}

/// A webhook of a device group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Its device group.
    pub group: DeviceGroupId,
    /// Type of its device group.
    pub group_kind: DeviceGroupType,
    /// Product of its device group.
    pub product: ProductId,
    /// The account it belongs to: the group's owner.
    pub owner: AccountId,
    /// The account that made it.
    pub creator: AccountId,
    /// Where to deliver.
    pub url: String,
    /// What to deliver.
    pub event: WebhookEvent,
    /// How to write it.
    pub content_type: ContentType,
    /// When it was made.
    pub created_ms: i64,
    /// When it last changed.
    pub updated_ms: i64,
}
