use crate::{Act, Page, Paged, Store, StoreError};
use impstead_model::{
    AccountId, Device, DeviceGroupId, DeviceGroupType, DeviceId, HistoryEntry, ProductId, Reach, RestartKind,
};

/// Which devices a list holds; all that are named must apply.
#[derive(Clone, Debug, Default)]
pub struct DeviceFilter {
    /// Only this account's.
    pub owner: Option<AccountId>,
    /// Only those assigned to this product's groups.
    pub product: Option<ProductId>,
    /// Only those assigned to this group.
    pub group: Option<DeviceGroupId>,
    /// Only those assigned to an account's groups, or to none.
    pub group_owner: Option<GroupOwner>,
    /// Only those assigned to groups of this type.
    pub kind: Option<DeviceGroupType>,
}

/// Whose group a device is assigned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupOwner {
    /// It is not assigned.
    Unassigned,
    /// A group of this account.
    Account(AccountId),
}

/// A device about to join an account.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// Its id; made from the MAC address where it is missing.
    pub id: Option<DeviceId>,
    /// Its MAC address, in any form that [`canonical_mac`](impstead_model::canonical_mac) takes; random where missing.
    pub mac: Option<String>,
    /// The account it joins.
    pub owner: AccountId,
    /// `imp001` to `imp006`.
    pub imp_type: String,
    /// Enrolment plan.
    pub plan_id: Option<String>,
    /// Ed25519 public key by which it proves to be itself.
    pub public_key: [u8; 32],
}

impl Store {
    /// Lists devices, oldest first: the caller's own, unless the filter names an owner, a product, a group or a
    /// group's owner.
    ///
    /// An account's role counts towards a device's owner, but where a product, a group or a group's owner is named,
    /// towards the owner of the group.
    pub async fn devices(&self, reach: &Reach, filter: DeviceFilter, page: Page) -> Result<Paged<Device>, StoreError> {
        todo!()
    }

    /// Returns the device that an identifier names: a device id or a MAC address in any case, or an agent id.
    pub async fn device(&self, identifier: &str) -> Result<Option<Device>, StoreError> {
        todo!()
    }

    /// Adds a device to an account.
    ///
    /// # Errors
    /// [`Conflict::Duplicate`](crate::Conflict::Duplicate) if its id or MAC address is there already,
    /// [`Conflict::Missing`](crate::Conflict::Missing) `mac_address` if that is none,
    /// [`Conflict::QuotaReached`](crate::Conflict::QuotaReached).
    pub async fn add_device(&self, new: NewDevice, act: Act) -> Result<Device, StoreError> {
        todo!()
    }

    /// Names a device, or removes its name, and returns it; `None` if it is not there.
    pub async fn rename_device(
        &self,
        id: &DeviceId,
        name: Option<String>,
        act: Act,
    ) -> Result<Option<Device>, StoreError> {
        todo!()
    }

    /// Removes a device from its account and says whether it was there.
    ///
    /// # Errors
    /// [`Conflict::DeviceAssigned`](crate::Conflict::DeviceAssigned),
    /// [`Conflict::DeviceBlessed`](crate::Conflict::DeviceBlessed).
    pub async fn delete_device(&self, id: &DeviceId, act: Act) -> Result<bool, StoreError> {
        todo!()
    }

    /// Asks a device to restart and says whether it is there. See [`Store::restart_device_group`].
    ///
    /// # Errors
    /// [`Conflict::DeviceUnassigned`](crate::Conflict::DeviceUnassigned).
    pub async fn restart_device(&self, id: &DeviceId, kind: RestartKind, act: Act) -> Result<bool, StoreError> {
        todo!()
    }

    /// Lists what happened to a device, newest first.
    pub async fn device_history(&self, id: &DeviceId, page: Page) -> Result<Paged<HistoryEntry>, StoreError> {
        todo!()
    }
}
