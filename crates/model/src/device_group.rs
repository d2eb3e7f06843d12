use crate::{AccountId, DeploymentId, DeviceGroupId, ProductId};

/// Which of the two kinds of devices a group holds; roles and log types go by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// `development` and the three `pre_…` types.
    Development,
    /// `factoryfixture`, `dut` and `production`.
    Production,
}

/// The seven types of device group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceGroupType {
    /// Application development.
    Development,
    /// Factory fixture code under development.
    PreFactoryFixture,
    /// Code of devices under test, under development.
    PreDut,
    /// Devices blessed in the lab.
    PreProduction,
    /// Fixtures on the factory line.
    FactoryFixture,
    /// Devices under test on the factory line.
    Dut,
    /// Shipped devices.
    Production,
}

impl DeviceGroupType {
    /// All types, in the vendor's order.
    pub const ALL: [Self; 7] = [
        Self::Development,
        Self::PreFactoryFixture,
        Self::PreDut,
        Self::PreProduction,
        Self::FactoryFixture,
        Self::Dut,
        Self::Production,
    ];

    /// Returns the resource type, for example `pre_dut_devicegroup`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development_devicegroup",
            Self::PreFactoryFixture => "pre_factoryfixture_devicegroup",
            Self::PreDut => "pre_dut_devicegroup",
            Self::PreProduction => "pre_production_devicegroup",
            Self::FactoryFixture => "factoryfixture_devicegroup",
            Self::Dut => "dut_devicegroup",
            Self::Production => "production_devicegroup",
        }
    }

    /// Returns the name used in logs and in code, for example `pre_dut`.
    pub fn short_name(self) -> &'static str {
        self.as_str().strip_suffix("_devicegroup").expect("every type has the suffix")
    }

    /// Reads a resource type.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Returns the side the type belongs to.
    pub const fn side(self) -> Side {
        match self {
            Self::Development | Self::PreFactoryFixture | Self::PreDut | Self::PreProduction => Side::Development,
            Self::FactoryFixture | Self::Dut | Self::Production => Side::Production,
        }
    }

    /// Whether blessed devices live in groups of this type: production and pre-production.
    pub const fn holds_blessed_devices(self) -> bool {
        matches!(self, Self::Production | Self::PreProduction)
    }

    /// Returns the types of a fixture group's production target and DUT target; `None` for other types.
    pub const fn target_types(self) -> Option<(Self, Self)> {
        match self {
            Self::PreFactoryFixture => Some((Self::PreProduction, Self::PreDut)),
            Self::FactoryFixture => Some((Self::Production, Self::Dut)),
            _ => None,
        }
    }
}

/// A device group: devices that run the same code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceGroup {
    /// Its id.
    pub id: DeviceGroupId,
    /// Its type; never changes.
    pub kind: DeviceGroupType,
    /// Its product.
    pub product: ProductId,
    /// The account it belongs to: the product's owner.
    pub owner: AccountId,
    /// The account that made it.
    pub creator: AccountId,
    /// 1 to 80 characters, unique within the product.
    pub name: String,
    /// At most 255 characters.
    pub description: Option<String>,
    /// Region; production and pre-production only.
    pub region: Option<String>,
    /// Environment variables: the text of a JSON object, at most 16,000 bytes.
    pub env_vars: String,
    /// Whether application code is loaded right after blessing; production and pre-production only.
    pub load_code_after_blessing: bool,
    /// Where blessed devices go; fixture types only. Its type follows from [`DeviceGroupType::target_types`].
    pub production_target: Option<DeviceGroupId>,
    /// Where devices under test go; fixture types only.
    pub dut_target: Option<DeviceGroupId>,
    /// The newest deployment.
    pub current_deployment: Option<DeploymentId>,
    /// The oldest deployment that devices may run.
    pub min_supported_deployment: Option<DeploymentId>,
    /// When it was made.
    pub created_ms: i64,
    /// When it last changed.
    pub updated_ms: i64,
}

/// How a restart was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartKind {
    /// Restart now.
    Restart,
    /// Ask for a shutdown where the minimum supported deployment or a newer one runs, restart elsewhere.
    Conditional,
}

impl RestartKind {
    /// Returns the vendor's word, `restart` or `conditional_restart`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Conditional => "conditional_restart",
        }
    }

    /// Reads the vendor's word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Restart, Self::Conditional].into_iter().find(|kind| kind.as_str() == text)
    }
}
