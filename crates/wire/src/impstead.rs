//! Resources of Impstead's own API, `/impstead/v1`.

use crate::{Linkage, NoRelationships, OwnerRelationship, Resource, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// State of the second factor of the caller's account: `type` is `totp`.
pub type Totp = Resource<TotpAttributes, OwnerRelationship>;

/// Attributes of a second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TotpAttributes {
    /// Whether signing in asks for a one-time password.
    pub enabled: bool,
    /// Unused recovery codes.
    pub recovery_codes_left: i64,
    /// Base32 secret; only in the answer that starts an enrolment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// `otpauth://` address for an authenticator app; only in the answer that starts an enrolment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otpauth_url: Option<String>,
    /// Ten single-use codes; only in the answer that completes an enrolment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_codes: Option<Vec<String>>,
}

/// A collaborator on an account: `type` is `collaborator`, the id that of the collaborating account.
pub type Collaborator = Resource<CollaboratorAttributes, CollaboratorRelationships>;

/// Attributes of a collaborator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CollaboratorAttributes {
    /// `administrator`, `developer`, `operations_manager` or `support`.
    pub role: String,
    /// The collaborator's user name.
    pub username: String,
    /// When the collaboration began.
    pub created_at: Timestamp,
    /// When the role last changed.
    pub updated_at: Timestamp,
}

/// Relationships of a collaborator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CollaboratorRelationships {
    /// The account collaborated on.
    pub owner: Linkage,
    /// The collaborating account.
    pub account: Linkage,
}

/// A sign-in that can still obtain access tokens: `type` is `session`, the id that of its refresh token.
pub type Session = Resource<SessionAttributes, OwnerRelationship>;

/// Attributes of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionAttributes {
    /// Whether this request belongs to it.
    pub current: bool,
    /// Address from which it began.
    pub ip_address: Option<String>,
    /// The client's `User-Agent` when it began.
    pub user_agent: Option<String>,
    /// When its owner signed in.
    pub created_at: Timestamp,
    /// When its refresh token was last exchanged.
    pub last_used_at: Option<Timestamp>,
}

/// The key that allows unblessing production devices: `type` is `unbonding_key`.
pub type UnbondingKey = Resource<UnbondingKeyAttributes, OwnerRelationship>;

/// Attributes of an unbonding key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnbondingKeyAttributes {
    /// Whether the account has one.
    pub set: bool,
    /// The key, for the header `X-Electricimp-Key`; only in the answer that makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// Limits of an account and what it uses of them: `type` is `quota`, the id that of the account.
pub type Quota = Resource<QuotaAttributes, NoRelationships>;

/// Attributes of a quota: one [`Usage`] per kind of resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuotaAttributes {
    /// Products.
    pub products: Usage,
    /// Device groups, over all products.
    pub devicegroups: Usage,
    /// Deployments, over all device groups.
    pub deployments: Usage,
    /// Devices.
    pub devices: Usage,
    /// Webhooks, over all device groups.
    pub webhooks: Usage,
    /// Login keys.
    pub login_keys: Usage,
}

/// How much of a limit is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Usage {
    /// How many there are.
    pub used: i64,
    /// How many there may be.
    pub limit: i64,
}

/// One row of the audit log: `type` is `audit_entry`.
pub type AuditEntry = Resource<AuditAttributes, AuditRelationships>;

/// Attributes of an audit row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditAttributes {
    /// When it happened.
    pub created_at: Timestamp,
    /// What was done, for example `product.create`.
    pub action: String,
    /// Type of what it was done to.
    pub target_type: String,
    /// Id of what it was done to.
    pub target_id: String,
    /// What changed, in words; never a secret.
    pub detail: Option<String>,
    /// Address of the request.
    pub ip_address: Option<String>,
    /// Id of the request, as in the answer's `X-Request-Id` and the server's log.
    pub request_id: Option<String>,
}

/// Relationships of an audit row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditRelationships {
    /// The account whose resource it was.
    pub owner: Linkage,
    /// The account that did it; absent where the operator did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Linkage>,
}

/// An event on its way to a webhook: `type` is `webhook_delivery`.
pub type WebhookDelivery = Resource<WebhookDeliveryAttributes, WebhookDeliveryRelationships>;

/// Attributes of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookDeliveryAttributes {
    /// What happened: `blessing`, `blinkup` or `deployment`.
    pub event: String,
    /// `pending`, `delivered` or `failed`, which is given up.
    pub state: String,
    /// Attempts begun.
    pub attempts: i64,
    /// When the next attempt is due. While one is under way, when it would be made again if its end stayed unknown. None
    /// too where older deliveries of the webhook wait.
    pub next_attempt_at: Option<Timestamp>,
    /// HTTP status of the newest answer.
    pub last_status: Option<i64>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// The event itself, as it is delivered.
    pub payload: serde_json::Map<String, serde_json::Value>,
    /// When the event happened, or was sent again.
    pub created_at: Timestamp,
    /// When the delivery last changed.
    pub updated_at: Timestamp,
}

/// Relationships of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookDeliveryRelationships {
    /// The webhook.
    pub webhook: Linkage,
}

/// A virtual imp: a device that is a program and lives in the server. Its id is the device's.
pub type VirtualImp = Resource<VirtualImpAttributes, VirtualImpRelationships>;

/// Attributes of a virtual imp.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VirtualImpAttributes {
    /// The device's name.
    pub name: Option<String>,
    /// Which imp it is: `imp001` to `imp006`.
    pub imp_type: String,
    /// `started` where it has power, `stopped` where it has none.
    pub state: String,
    /// Its board: the name of one that is ready, or `custom`; null for nothing but an imp.
    pub board: Option<String>,
    /// The text of a board that is `custom`; only in answers about one virtual imp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board_file: Option<String>,
    /// What is done to it from outside and lasts: pins, signals of the board and the link, and what each is set to.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// What there is to see: pins that its program has configured, LEDs, and UARTs on which it has sent something. Only in the
    /// answer to a request for one virtual imp that has power.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<BTreeMap<String, VirtualImpOutput>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last started, stopped or put on another board.
    pub updated_at: Timestamp,
}

/// What there is to see at a pin, a chain of LEDs or a UART.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VirtualImpOutput {
    /// How a pin is configured, as the constant that programs write, in lower case: `digital_out`, `pwm_out` and so on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The time between two pulses, of a pin with pulses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_s: Option<f64>,
    /// What is there.
    pub value: VirtualImpOutputValue,
}

/// What is at a pin, a chain of LEDs or a UART.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum VirtualImpOutputValue {
    /// What a pin reads: a level, counts, or a part from 0 to 1 where it is analog or has pulses.
    Number(f64),
    /// Text: the end of what a UART has sent, bytes that are no printable ASCII written as in `\\r` and `\\xff`; of a DAC how
    /// many samples it has played.
    Text(String),
    /// Colours of LEDs, such as `#ff8000`.
    Colours(Vec<String>),
}

impl fmt::Display for VirtualImpOutputValue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(out, "{number}"),
            Self::Text(text) => out.write_str(text),
            Self::Colours(colours) => out.write_str(&colours.join(" ")),
        }
    }
}

/// A change of a virtual imp's outputs: the data of an `output` event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VirtualImpSight {
    /// When.
    pub at: Timestamp,
    /// The pin, LEDs or UART.
    pub name: String,
    /// How it is now; of a UART what it has sent.
    #[serde(flatten)]
    pub output: VirtualImpOutput,
}

/// Relationships of a virtual imp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VirtualImpRelationships {
    /// The account whose it is.
    pub owner: Linkage,
    /// The device that it is.
    pub device: Linkage,
}
