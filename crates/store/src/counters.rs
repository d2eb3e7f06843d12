use crate::{Store, StoreError};
use impstead_model::DeviceGroupId;

/// How often something happened in a device group within an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourlyCount {
    /// Start of the hour.
    pub hour_ms: i64,
    /// What happened, for example `deployments`.
    pub name: String,
    /// How often.
    pub value: i64,
}

impl Store {
    /// Adds to a counter of the hour that holds `at_ms`. A group that is not there (any more) counts nothing.
    pub async fn bump_counter(&self, group: &DeviceGroupId, name: &str, by: i64, at_ms: i64) -> Result<(), StoreError> {
        todo!()
    }

    /// Lists a group's counters of the hours that start from `from_ms` up to, not including, `to_ms`, by hour and name.
    /// Hours in which nothing happened are missing.
    pub async fn counters(
        &self,
        group: &DeviceGroupId,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<HourlyCount>, StoreError> {
        todo!()
    }
}
