use crate::AccountId;

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
