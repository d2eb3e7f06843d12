use crate::{AccountId, Side};

/// What an account is to another account's resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The account itself.
    Owner,
    /// Everything but environment variables.
    Administrator,
    /// Development device groups, their code and devices.
    Developer,
    /// Production and factory device groups, their code and devices.
    OperationsManager,
    /// Reads production and factory device groups, their code and devices.
    Support,
}

impl Role {
    /// The roles that a collaborator can have.
    pub const OF_COLLABORATORS: [Self; 4] =
        [Self::Administrator, Self::Developer, Self::OperationsManager, Self::Support];

    /// Returns the role's name in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Administrator => "administrator",
            Self::Developer => "developer",
            Self::OperationsManager => "operations_manager",
            Self::Support => "support",
        }
    }

    /// Reads a collaborator's role; `owner` is not one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::OF_COLLABORATORS.into_iter().find(|role| role.as_str() == text)
    }

    /// Says whether the role has a right.
    ///
    /// # Source
    /// The vendor's table of roles. Its "partly" cells are our choice: developers read production and factory groups
    /// and deploy to development types only, support reads.
    #[expect(clippy::match_same_arms, reason = "a line per role reads as the vendor's table does")]
    pub const fn may(self, right: Right) -> bool {
        use Right::{
            EditEnvVars, ManageAccount, ManageProducts, Operate, ReadGroups, ReadInside, ReadProducts, Unbless,
        };
        match (self, right) {
            (Self::Owner, _) | (_, ReadProducts) => true,
            (_, EditEnvVars) => false,
            (Self::Administrator, _) => true,
            (_, ManageAccount | ManageProducts | Unbless) => false,
            (Self::Developer, ReadGroups(_)) => true,
            (Self::Developer, ReadInside(side) | Operate(side)) => matches!(side, Side::Development),
            (Self::OperationsManager, ReadGroups(side) | ReadInside(side) | Operate(side)) => {
                matches!(side, Side::Production)
            }
            (Self::Support, ReadGroups(side) | ReadInside(side)) => matches!(side, Side::Production),
            (Self::Support, Operate(_)) => false,
        }
    }

    /// Says whether the role may add, change and remove collaborators of another role.
    ///
    /// # Source
    /// Our choice: administrators manage collaborators, as in the vendor's table of roles, but only the owner makes and
    /// unmakes administrators, so that none of them can multiply or shut out its equals.
    pub const fn may_appoint(self, other: Self) -> bool {
        use Role::{Administrator, Developer, OperationsManager, Owner, Support};
        matches!(
            (self, other),
            (Owner, Administrator) | (Owner | Administrator, Developer | OperationsManager | Support)
        )
    }
}

/// Something a role may or may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// Manage collaborators, read the audit log.
    ManageAccount,
    /// See products.
    ReadProducts,
    /// Create, change and delete products.
    ManageProducts,
    /// See device groups and their webhooks.
    ReadGroups(Side),
    /// See a group's deployments, devices and logs.
    ReadInside(Side),
    /// Create, change and delete device groups and webhooks; deploy; assign, rename, restart and remove devices.
    Operate(Side),
    /// Set environment variables.
    EditEnvVars,
    /// Remove devices from production groups.
    Unbless,
}

/// The accounts whose resources a caller may reach, and as what. The caller itself comes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The caller's own account.
    pub account: AccountId,
    /// The accounts it collaborates on.
    pub collaborations: Vec<(AccountId, Role)>,
}

impl Reach {
    /// Returns the caller's role towards an account's resources; `None` for a stranger.
    pub fn role(&self, owner: &AccountId) -> Option<Role> {
        if *owner == self.account {
            return Some(Role::Owner);
        }
        self.collaborations.iter().find(|(account, _)| account == owner).map(|&(_, role)| role)
    }

    /// Lists every account reached with the role there, the caller's own first.
    pub fn roles(&self) -> impl Iterator<Item = (&AccountId, Role)> {
        std::iter::once((&self.account, Role::Owner)).chain(self.collaborations.iter().map(|(id, role)| (id, *role)))
    }
}

/// Who does something, for the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account; `None` for the operator.
    pub account: Option<AccountId>,
    /// Address of the request.
    pub ip_address: Option<String>,
    /// Id of the request.
    pub request_id: Option<String>,
}

impl Actor {
    /// The operator of the server, acting through its commands.
    pub const OPERATOR: Self = Self { account: None, ip_address: None, request_id: None };
}
