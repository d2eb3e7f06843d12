use crate::{AccountId, RefreshTokenId, Role};

/// An account: a person or a team, owner of products and devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Unique, compared without case.
    pub username: String,
    /// Unique, compared without case.
    pub email: String,
    /// Whether it may hold production and factory device groups.
    pub production: bool,
    /// Whether the operator has shut it.
    pub disabled: bool,
    /// How much it may hold.
    pub quota: Quota,
    /// When it was made.
    pub created_ms: i64,
    /// When it last changed.
    pub updated_ms: i64,
}

impl Account {
    /// Returns the tier that clients read: `enterprise` with the production entitlement, else `free`.
    pub const fn tier(&self) -> &'static str {
        if self.production { "enterprise" } else { "free" }
    }
}

/// How much an account may hold. Counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Products.
    pub products: i64,
    /// Device groups, over all products.
    pub device_groups: i64,
    /// Deployments, over all device groups.
    pub deployments: i64,
    /// Devices.
    pub devices: i64,
    /// Webhooks, over all device groups.
    pub webhooks: i64,
    /// Login keys.
    pub login_keys: i64,
}

impl Default for Quota {
    /// Ten login keys, as the vendor's; the rest generous, so that only a runaway program meets it.
    fn default() -> Self {
        Self {
            products: 10_000,
            device_groups: 100_000,
            deployments: 1_000_000,
            devices: 2_000_000,
            webhooks: 10_000,
            login_keys: 10,
        }
    }
}

/// How much an account holds. Counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Products.
    pub products: i64,
    /// Device groups, over all products.
    pub device_groups: i64,
    /// Deployments, over all device groups.
    pub deployments: i64,
    /// Devices.
    pub devices: i64,
    /// Webhooks, over all device groups.
    pub webhooks: i64,
    /// Login keys.
    pub login_keys: i64,
}

/// An account's part in another account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collaborator {
    /// The account collaborated on.
    pub owner: AccountId,
    /// The collaborating account.
    pub account: AccountId,
    /// The collaborating account's user name.
    pub username: String,
    /// What it may do; never [`Role::Owner`].
    pub role: Role,
    /// When the collaboration began.
    pub created_ms: i64,
    /// When the role last changed.
    pub updated_ms: i64,
}

/// A refresh token, without its secret: a sign-in that can still obtain access tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// Its id.
    pub id: RefreshTokenId,
    /// The account that signed in.
    pub account: AccountId,
    /// Address from which it signed in.
    pub ip_address: Option<String>,
    /// The client's `User-Agent` at that time.
    pub user_agent: Option<String>,
    /// When it signed in.
    pub created_ms: i64,
    /// When the token was last exchanged.
    pub last_used_ms: Option<i64>,
}

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id.
    pub id: String,
    /// The account whose resource it was.
    pub owner: AccountId,
    /// The account that did it; `None` for the operator.
    pub actor: Option<AccountId>,
    /// What was done, for example `product.create`.
    pub action: String,
    /// Type of what it was done to.
    pub target_type: String,
    /// Id of what it was done to.
    pub target_id: String,
    /// More about it; never a secret.
    pub detail: Option<String>,
    /// Address of the request.
    pub ip_address: Option<String>,
    /// Id of the request.
    pub request_id: Option<String>,
    /// When it happened.
    pub created_ms: i64,
}
