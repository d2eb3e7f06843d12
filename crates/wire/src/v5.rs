//! Resources of the impCentral API v5, in the order of the contract.

use crate::{Linkage, NoRelationships, Resource, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An account: `type` is `account`.
pub type Account = Resource<AccountAttributes, NoRelationships>;

/// Attributes of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountAttributes {
    /// User name; unique.
    pub username: String,
    /// E-mail address; unique.
    pub email: String,
    /// `free`, or a value that starts with `ent` for an account entitled to production groups.
    #[serde(default)]
    pub tier: String,
    /// When the account was made.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// When the account last changed.
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
}

/// What the caller may do on an account: the answer of `GET /accounts/{id}/capabilities`.
///
/// # Source
/// The endpoint is known from one client, its shape is not; this is our choice.
pub type Capabilities = Resource<CapabilitiesAttributes, CapabilitiesRelationships>;

/// Attributes of the capabilities on an account; our choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[expect(clippy::struct_excessive_bools, reason = "one member per right, as the table of roles has them")]
pub struct CapabilitiesAttributes {
    /// May manage collaborators and account settings.
    pub manage_account: bool,
    /// May create and change products.
    pub manage_products: bool,
    /// May manage development device groups, their code and devices.
    pub manage_development: bool,
    /// May manage production and factory device groups, their code and devices.
    pub manage_production: bool,
    /// May unbless production devices.
    pub unbless_devices: bool,
    /// May edit environment variables.
    pub edit_env_vars: bool,
    /// The account may hold production and factory device groups at all.
    pub production: bool,
}

/// Relationships of the capabilities on an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CapabilitiesRelationships {
    /// The account they are about.
    pub account: Linkage,
}

/// A refresh token (its secret is shown only once, at login): `type` is `refresh_token`.
pub type RefreshToken = Resource<RefreshTokenAttributes, OwnerRelationship>;

/// Attributes of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RefreshTokenAttributes {
    /// When its owner signed in.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// When it was last exchanged.
    pub last_used_at: Option<Timestamp>,
}

/// The account to which a thing belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OwnerRelationship {
    /// The owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Linkage>,
}

/// A login key, whose id is its secret: `type` is `login_key`.
pub type LoginKey = Resource<LoginKeyAttributes, OwnerRelationship>;

/// Attributes of a login key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoginKeyAttributes {
    /// Free text.
    pub description: Option<String>,
    /// How often it was exchanged for an access token.
    pub usages: i64,
    /// When it was made.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// When its description last changed.
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
}

/// A product: `type` is `product`.
pub type Product = Resource<ProductAttributes, ProductRelationships>;

/// Attributes of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductAttributes {
    /// 1 to 80 characters, unique among the owner's products.
    pub name: String,
    /// At most 255 characters.
    pub description: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Relationships of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductRelationships {
    /// The account it belongs to.
    pub owner: Linkage,
    /// The account that made it.
    pub creator: Linkage,
}

/// A device group: `type` is one of the seven device-group types.
pub type DeviceGroup = Resource<DeviceGroupAttributes, DeviceGroupRelationships>;

/// Attributes of a device group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceGroupAttributes {
    /// 1 to 80 characters, unique within the product.
    pub name: String,
    /// At most 255 characters.
    pub description: Option<String>,
    /// Region of a production or pre-production group.
    #[serde(default)]
    pub region: Option<String>,
    /// Environment variables: strings and numbers by name.
    #[serde(default)]
    pub env_vars: Map<String, Value>,
    /// Whether application code is loaded right after blessing; production and pre-production groups only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_code_after_blessing: Option<bool>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Relationships of a device group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceGroupRelationships {
    /// The account it belongs to.
    pub owner: Linkage,
    /// The account that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator: Option<Linkage>,
    /// Its product.
    pub product: Linkage,
    /// Where blessed devices go; factory fixture types only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production_target: Option<Linkage>,
    /// Where devices under test go; factory fixture types only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dut_target: Option<Linkage>,
    /// The newest deployment, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_deployment: Option<Linkage>,
    /// The oldest deployment that devices may run, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_supported_deployment: Option<Linkage>,
}

/// A deployment: `type` is `deployment`.
pub type Deployment = Resource<DeploymentAttributes, DeploymentRelationships>;

/// Attributes of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeploymentAttributes {
    /// 64 lower-case hex digits that depend only on the two sources.
    pub sha: String,
    /// At most 255 characters.
    pub description: Option<String>,
    /// Free text that names where the code came from.
    pub origin: Option<String>,
    /// Whether it is protected against deletion.
    pub flagged: bool,
    /// Tags, in the order given.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The device's source, byte for byte as uploaded; absent in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_code: Option<String>,
    /// The agent's source, byte for byte as uploaded; absent in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_code: Option<String>,
    /// When it was made; strictly increasing within a device group.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Relationships of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeploymentRelationships {
    /// The account it belongs to.
    pub owner: Linkage,
    /// The account that made it.
    pub creator: Linkage,
    /// The product of its device group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Linkage>,
    /// Its device group, with the concrete type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devicegroup: Option<Linkage>,
    /// The account that flagged it, while it is flagged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flagger: Option<Linkage>,
}

/// A device: `type` is `device`, the id 16 hex digits.
pub type Device = Resource<DeviceAttributes, DeviceRelationships>;

/// Attributes of a device, in the order of a recorded answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceAttributes {
    /// The only writable attribute; need not be unique.
    pub name: Option<String>,
    /// Id of its agent, 12 characters; `null` while unassigned.
    pub agent_id: Option<String>,
    /// Its agent's URL; `null` while unassigned.
    #[serde(default)]
    pub agent_url: Option<String>,
    /// Whether the device is connected.
    #[serde(default)]
    pub device_online: bool,
    /// When it last connected or disconnected.
    #[serde(default)]
    pub device_state_changed_at: Option<Timestamp>,
    /// Whether its agent runs.
    #[serde(default)]
    pub agent_running: bool,
    /// When its agent last started or stopped.
    #[serde(default)]
    pub agent_state_changed_at: Option<Timestamp>,
    /// When it was last enrolled (BlinkUp).
    #[serde(default)]
    pub last_enrolled_at: Option<Timestamp>,
    /// `imp001` to `imp006`.
    #[serde(default)]
    pub imp_type: Option<String>,
    /// Address from which the device connects.
    #[serde(default)]
    pub ip_address: Option<String>,
    /// Six lower-case hex octets with colons.
    pub mac_address: String,
    /// Free memory, in bytes.
    #[serde(default)]
    pub free_memory: Option<i64>,
    /// Signal strength, in dBm.
    #[serde(default)]
    pub rssi: Option<i64>,
    /// impOS version, `<hash> - release-<major>.<minor> - <build date> - <channel>`.
    #[serde(default)]
    pub swversion: Option<String>,
    /// Enrolment plan.
    #[serde(default)]
    pub plan_id: Option<String>,
}

/// Relationships of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceRelationships {
    /// The account it belongs to.
    pub owner: Linkage,
    /// Its device group, with the concrete type; absent while unassigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devicegroup: Option<Linkage>,
    /// The product of its device group; absent while unassigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Linkage>,
}

/// Body that names devices to assign or remove, by device id, MAC address or agent id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceList {
    /// The devices: `type` is `device`.
    pub data: Vec<Linkage>,
}

/// One entry of a device's history: a plain object, not a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HistoryEntry {
    /// When it happened.
    pub timestamp: Timestamp,
    /// What happened, to be read after the word "Device", for example `enrolled`.
    pub event: String,
    /// The account that owned the device.
    pub owner_id: String,
    /// The account that did it.
    pub actor_id: String,
}

/// A line of a device's log: a plain object, not a resource. The members and their order are the same in history and in
/// log streams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LogEntry {
    /// Id of the device.
    #[serde(default)]
    pub device_id: String,
    /// When the line came.
    pub ts: Timestamp,
    /// `development` or `production`: on which side the device's group is.
    #[serde(default)]
    pub log_type: String,
    /// Who says it, for example `server.log`, `agent.error` or `status`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it says; it may have line breaks.
    pub msg: String,
}

/// A log stream that was just made: `type` is `logstream`. It has neither links nor relationships.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LogStream {
    /// The resource type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The stream's id, a secret: whoever knows it can read the stream.
    pub id: String,
    /// Its attributes.
    pub attributes: LogStreamAttributes,
}

/// Attributes of a log stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LogStreamAttributes {
    /// Where to read it; a slash and a device's id after it is where the device is added and removed.
    #[serde(default)]
    pub url: String,
}

/// Data of a `state_change` event in a log stream of the JSON format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StateChange {
    /// Id of the device, where the change is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// `opened`, `closed`, `subscribed` or `unsubscribed`.
    pub state: String,
}

/// A webhook: `type` is `webhook`.
pub type Webhook = Resource<WebhookAttributes, WebhookRelationships>;

/// Attributes of a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookAttributes {
    /// Where to deliver: an http or https URL.
    pub url: String,
    /// `blessing`, `blinkup` or `deployment`.
    pub event: String,
    /// `application/json` or `application/x-www-form-urlencoded`.
    pub content_type: String,
    /// When it was made.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: Option<Timestamp>,
    /// The secret that signs deliveries, in the answer to the webhook's creation alone. Impstead's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// Relationships of a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookRelationships {
    /// The account it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Linkage>,
    /// The account that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator: Option<Linkage>,
    /// The device group whose events it delivers, with the concrete type.
    pub devicegroup: Linkage,
    /// The product of that device group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Linkage>,
}

/// A Squirrel library: `type` is `library`.
pub type Library = Resource<LibraryAttributes, LibraryRelationships>;

/// Attributes of a library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LibraryAttributes {
    /// Name, as in `#require`.
    pub name: String,
    /// Whether it is maintained.
    pub supported: bool,
}

/// Relationships of a library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LibraryRelationships {
    /// Its versions, newest first; the id is `<name>:<version>`.
    pub versions: Vec<Linkage>,
}
