//! Who should look at the data again, because a committed change is about them.

use crate::Store;
use impstead_model::{DeviceGroupId, DeviceId};
use tokio::sync::broadcast;

/// Wakes that wait for a receiver. One that lags further behind is told that it did.
const WAITING: usize = 4096;

/// Makes the way to those who live by wakes.
pub(crate) fn channel() -> broadcast::Sender<Wake> {
    broadcast::Sender::new(WAITING)
}

/// Who a committed change is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wake {
    /// A device: what it should run or do, whether it may connect, or in which group it is.
    Device(DeviceId),
    /// All devices of a group.
    DeviceGroup(DeviceGroupId),
    /// Accounts: one was disabled or enabled, say.
    Accounts,
    /// A virtual imp: it is to have power, or not.
    VirtualImp(DeviceId),
    /// Webhooks: there are new deliveries.
    Webhooks,
}

impl Store {
    /// Returns a receiver of what this process commits from now on that somebody should look at. One that lags behind
    /// should look at everything.
    pub fn wakes(&self) -> broadcast::Receiver<Wake> {
        self.wakes.subscribe()
    }
}
