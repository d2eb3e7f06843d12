use super::Draft;
use crate::{Client, DeviceGroupType, Entity, Error, Listing, Update};
use impstead_wire::{Device, HistoryEntry, LogEntry};
use reqwest::Method;

/// Devices: `/devices`. A device may be named by its id, its MAC address, or its agent's id while it has one.
#[derive(Clone, Copy, Debug)]
pub struct Devices<'a>(pub(crate) &'a Client);

/// Which devices to list; those of the caller's account unless set. Several conditions must all hold.
#[derive(Clone, Debug, Default)]
pub struct DeviceFilter {
    /// Id of the owning account.
    pub owner: Option<String>,
    /// Id of the product.
    pub product: Option<String>,
    /// Id of the device group.
    pub device_group: Option<String>,
    /// By the owner of the device group.
    pub assigned: Assigned,
    /// Type of the device group.
    pub device_group_type: Option<DeviceGroupType>,
}

/// Which devices to list, by the owner of their device group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Assigned {
    /// All.
    #[default]
    Any,
    /// Those that are in no device group.
    Nowhere,
    /// Those in device groups of the account with this id.
    ToGroupsOf(String),
}

impl DeviceFilter {
    /// The devices that are in no device group.
    pub fn unassigned() -> Self {
        Self { assigned: Assigned::Nowhere, ..Self::default() }
    }
}

impl Devices<'_> {
    /// Lists devices, oldest first.
    pub fn list(self, filter: &DeviceFilter) -> Listing<Device> {
        let DeviceFilter { owner, product, device_group, assigned, device_group_type } = filter;
        let group_owner = match assigned {
            Assigned::Any => None,
            // The service takes these four letters for "none".
            Assigned::Nowhere => Some("null"),
            Assigned::ToGroupsOf(owner) => Some(owner.as_str()),
        };
        Listing::new(self.0, self.0.v5(&["devices"]))
            .filter("owner.id", owner.as_deref())
            .filter("product.id", product.as_deref())
            .filter("devicegroup.id", device_group.as_deref())
            .filter("devicegroup.owner.id", group_owner)
            .filter("devicegroup.type", device_group_type.map(DeviceGroupType::as_str))
    }

    /// Fetches a device.
    pub async fn get(self, device: &str) -> Result<Entity<Device>, Error> {
        self.0.get(self.0.v5(&["devices", device])?).await
    }

    /// Changes a device's name, its only writable attribute.
    pub async fn rename(self, device: &str, name: &Update<String>) -> Result<Entity<Device>, Error> {
        let document = Draft::default().update("name", name).document("device", Some(device));
        self.0.write(Method::PATCH, self.0.v5(&["devices", device])?, &document).await
    }

    /// Removes a device from the account. One that is assigned or blessed answers 409, [`Error::Service`].
    pub async fn delete(self, device: &str) -> Result<(), Error> {
        self.0.call(Method::DELETE, self.0.v5(&["devices", device])?).await
    }

    /// Restarts a device and its agent. Does not wait for them. An unassigned device answers 409, [`Error::Service`].
    pub async fn restart(self, device: &str) -> Result<(), Error> {
        self.0.call(Method::POST, self.0.v5(&["devices", device, "restart"])?).await
    }

    /// Restarts a device if it runs an older deployment than the minimum supported one; else tells it that there is new
    /// code.
    pub async fn conditional_restart(self, device: &str) -> Result<(), Error> {
        self.0.call(Method::POST, self.0.v5(&["devices", device, "conditional_restart"])?).await
    }

    /// Lists what a device and its agent logged and what the platform said of them, newest first. The service keeps a
    /// limited number of lines for a limited time.
    pub fn logs(self, device: &str) -> Listing<LogEntry> {
        Listing::new(self.0, self.0.v5(&["devices", device, "logs"]))
    }

    /// Lists a device's enrolment events, newest first.
    pub fn history(self, device: &str) -> Listing<HistoryEntry> {
        Listing::new(self.0, self.0.v5(&["devices", device, "history"]))
    }
}
