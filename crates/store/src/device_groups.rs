use crate::{Act, Page, Paged, Store, StoreError};
use impstead_model::{
    AccountId, Deployment, DeploymentId, Device, DeviceGroup, DeviceGroupId, DeviceGroupType, DeviceId, ProductId,
    Reach, RestartKind,
};

/// Which device groups a list holds; all that are named must apply.
#[derive(Clone, Debug, Default)]
pub struct DeviceGroupFilter {
    /// Only this account's.
    pub owner: Option<AccountId>,
    /// Only this product's.
    pub product: Option<ProductId>,
    /// Only of this type.
    pub kind: Option<DeviceGroupType>,
}

/// A device group about to be made; it will belong to its product's owner.
#[derive(Clone, Debug)]
pub struct NewDeviceGroup {
    /// Its type.
    pub kind: DeviceGroupType,
    /// Its product.
    pub product: ProductId,
    /// 1 to 80 characters.
    pub name: String,
    /// At most 255 characters.
    pub description: Option<String>,
    /// Production and pre-production types only.
    pub region: Option<String>,
    /// The text of a JSON object.
    pub env_vars: String,
    /// Whether application code is loaded right after blessing.
    pub load_code_after_blessing: bool,
    /// Where blessed devices go; fixture types only.
    pub production_target: Option<DeviceGroupId>,
    /// Where devices under test go; fixture types only.
    pub dut_target: Option<DeviceGroupId>,
}

/// What of a device group changes; `None` keeps.
#[derive(Clone, Debug, Default)]
pub struct DeviceGroupChange {
    /// A new name.
    pub name: Option<String>,
    /// A new description, or none.
    pub description: Option<Option<String>>,
    /// The text of a JSON object that replaces the old one.
    pub env_vars: Option<String>,
    /// Whether application code is loaded right after blessing.
    pub load_code_after_blessing: Option<bool>,
    /// Where blessed devices go; fixture types only.
    pub production_target: Option<DeviceGroupId>,
    /// Where devices under test go; fixture types only.
    pub dut_target: Option<DeviceGroupId>,
}

impl Store {
    /// Lists device groups that the caller reaches, oldest first.
    pub async fn device_groups(
        &self,
        reach: &Reach,
        filter: DeviceGroupFilter,
        page: Page,
    ) -> Result<Paged<DeviceGroup>, StoreError> {
        todo!()
    }

    /// Returns a device group.
    pub async fn device_group(&self, id: &DeviceGroupId) -> Result<Option<DeviceGroup>, StoreError> {
        todo!()
    }

    /// Makes a device group.
    ///
    /// # Errors
    /// [`Conflict::Missing`](crate::Conflict::Missing) `product`; `production_target` or `dut_target` unless that group
    /// exists, has the type that [`DeviceGroupType::target_types`] asks for (so never for a type without targets) and
    /// is in the same product. [`Conflict::Duplicate`](crate::Conflict::Duplicate) if the product has a group of this
    /// name, [`Conflict::QuotaReached`](crate::Conflict::QuotaReached).
    pub async fn create_device_group(&self, new: NewDeviceGroup, act: Act) -> Result<DeviceGroup, StoreError> {
        todo!()
    }

    /// Changes a device group and returns it; `None` if it is not there. A change that alters nothing leaves its time
    /// alone.
    ///
    /// # Errors
    /// As [`Store::create_device_group`].
    pub async fn update_device_group(
        &self,
        id: &DeviceGroupId,
        change: DeviceGroupChange,
        act: Act,
    ) -> Result<Option<DeviceGroup>, StoreError> {
        todo!()
    }

    /// Deletes a device group with its deployments, webhooks and counters, and says whether it was there.
    ///
    /// # Errors
    /// [`Conflict::GroupHasDevices`](crate::Conflict::GroupHasDevices),
    /// [`Conflict::GroupHasFlaggedDeployments`](crate::Conflict::GroupHasFlaggedDeployments),
    /// [`Conflict::GroupIsTarget`](crate::Conflict::GroupIsTarget).
    pub async fn delete_device_group(&self, id: &DeviceGroupId, act: Act) -> Result<bool, StoreError> {
        todo!()
    }

    /// Asks all devices of a group to restart and returns how many there are; `None` if the group is not there.
    ///
    /// A restart asked for before and not yet carried out is never weakened to a conditional one.
    pub async fn restart_device_group(
        &self,
        id: &DeviceGroupId,
        kind: RestartKind,
        act: Act,
    ) -> Result<Option<u64>, StoreError> {
        todo!()
    }

    /// Assigns a device to a group, from wherever it is, asks it to restart, and returns it; `None` if the device is
    /// not there.
    ///
    /// The agent id is that of the pair of device and plan: made now, or the one it had before. Where the device is in
    /// the group already, only the restart is recorded. The device's owner stays, whoever owns the group.
    ///
    /// # Errors
    /// [`Conflict::Missing`](crate::Conflict::Missing) `device_group`, [`Conflict::Move`](crate::Conflict::Move).
    pub async fn assign_device(
        &self,
        group: &DeviceGroupId,
        device: &DeviceId,
        act: Act,
    ) -> Result<Option<Device>, StoreError> {
        todo!()
    }

    /// Takes a device out of a group and says whether the device was there. A blessed device is un-blessed.
    ///
    /// # Errors
    /// [`Conflict::DeviceUnassigned`](crate::Conflict::DeviceUnassigned) if the device is not in this group.
    pub async fn unassign_device(
        &self,
        group: &DeviceGroupId,
        device: &DeviceId,
        act: Act,
    ) -> Result<bool, StoreError> {
        todo!()
    }

    /// Raises a group's minimum supported deployment and returns that deployment; `None` if the group is not there.
    /// The present one again succeeds.
    ///
    /// # Errors
    /// [`Conflict::Missing`](crate::Conflict::Missing) `deployment` if the group has no such deployment,
    /// [`Conflict::OlderThanMinimum`](crate::Conflict::OlderThanMinimum).
    pub async fn set_min_supported_deployment(
        &self,
        group: &DeviceGroupId,
        deployment: &DeploymentId,
        act: Act,
    ) -> Result<Option<Deployment>, StoreError> {
        todo!()
    }
}
