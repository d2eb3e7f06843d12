use std::{fmt, str::FromStr};

/// The seven types of device group. The type of a group never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceGroupType {
    /// Application development.
    Development,
    /// Fixture code under development.
    PreFactoryFixture,
    /// Code for devices under test, under development.
    PreDut,
    /// Lab-blessed devices.
    PreProduction,
    /// Fixtures on the line.
    FactoryFixture,
    /// Devices under test on the line.
    Dut,
    /// Shipped devices.
    Production,
}

impl DeviceGroupType {
    /// All types.
    pub const ALL: [Self; 7] = [
        Self::Development,
        Self::PreFactoryFixture,
        Self::PreDut,
        Self::PreProduction,
        Self::FactoryFixture,
        Self::Dut,
        Self::Production,
    ];

    /// Returns the name on the wire, for example `development_devicegroup`.
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

    /// Returns the name in log lines and in code, for example `development`.
    pub fn short_name(self) -> &'static str {
        self.as_str().trim_end_matches("_devicegroup")
    }
}

impl fmt::Display for DeviceGroupType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no type of device group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a type of device group")]
pub struct UnknownDeviceGroupType(pub String);

impl FromStr for DeviceGroupType {
    type Err = UnknownDeviceGroupType;

    /// Reads a name on the wire or a short name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| text == kind.as_str() || text == kind.short_name())
            .ok_or_else(|| UnknownDeviceGroupType(text.to_owned()))
    }
}
