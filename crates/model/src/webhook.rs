use crate::{AccountId, DeviceGroupId, DeviceGroupType, ProductId, WebhookId};

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
