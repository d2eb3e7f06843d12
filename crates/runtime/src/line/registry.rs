//! Who is connected, and how to reach them.

use impstead_device_protocol::{Close, CloseReason, Message, ServerFrame, Value};
use impstead_model::{DeviceGroupId, DeviceId};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Messages that may wait for a device, and their bytes. What comes when there are so many is refused.
const MOST_MESSAGES: usize = 256;
const MOST_BYTES: usize = 1 << 20;

/// Devices that are told each second to come back, when the server goes away, and the longest wait.
const BACK_EACH_S: usize = 2000;
const LONGEST_WAIT_S: usize = 30;

/// The newest connection of each device.
#[derive(Default)]
pub struct Registry(Mutex<HashMap<DeviceId, Arc<Handle>>>);

/// What a connection's session can be told by others.
#[derive(Default)]
pub struct Handle {
    told: Notify,
    inbox: Mutex<Inbox>,
}

/// What a session was told since it last looked.
#[derive(Default)]
pub struct Inbox {
    /// It should read its orders again.
    pub wake: bool,
    /// It should end.
    pub end: Option<Close>,
    /// From the agent, with their encoded lengths.
    pub messages: VecDeque<(Box<[u8]>, Value, usize)>,
    bytes: usize,
    group: Option<DeviceGroupId>,
}

/// What became of a message for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It waits to be sent.
    Queued,
    /// The device is not connected.
    NotConnected,
    /// Too much waits for the device already.
    Full,
    /// It is longer than any message may be, or nested too deep.
    TooLarge,
}

impl Registry {
    fn devices(&self) -> MutexGuard<'_, HashMap<DeviceId, Arc<Handle>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn len(&self) -> usize {
        self.devices().len()
    }

    /// Makes a connection the device's newest, and says whether it took another's place, which is told to end.
    pub fn enter(&self, device: &DeviceId, handle: &Arc<Handle>) -> bool {
        let older = self.devices().insert(device.clone(), Arc::clone(handle));
        if let Some(older) = &older {
            older.end(Close::new(CloseReason::REPLACED, "the device made another connection"));
        }
        older.is_some()
    }

    /// Takes a connection out, unless another has taken its place.
    pub fn leave(&self, device: &DeviceId, handle: &Arc<Handle>) {
        let mut devices = self.devices();
        if devices.get(device).is_some_and(|newest| Arc::ptr_eq(newest, handle)) {
            devices.remove(device);
        }
    }

    pub fn wake(&self, device: &DeviceId) {
        if let Some(handle) = self.devices().get(device) {
            handle.wake();
        }
    }

    /// Wakes the devices of a group; of all, without one.
    pub fn wake_all(&self, group: Option<&DeviceGroupId>) {
        for handle in self.devices().values() {
            if group.is_none() || handle.inbox().group.as_ref() == group {
                handle.wake();
            }
        }
    }

    /// Tells all devices that the server goes, and when to come back.
    pub fn send_away(&self) {
        for (index, handle) in self.devices().values().enumerate() {
            let wait_s = (1 + index / BACK_EACH_S).min(LONGEST_WAIT_S);
            let retry_after_s = u32::try_from(wait_s).expect("it is small");
            let text = "the server stops".into();
            handle.end(Close { reason: CloseReason::GOING_AWAY, retry_after_s, text });
        }
    }

    pub fn send(&self, device: &DeviceId, name: &[u8], value: Value) -> Sent {
        let Some(handle) = self.devices().get(device).cloned() else { return Sent::NotConnected };
        let message = Message { seq: u32::MAX, ack_wanted: false, name: name.into(), value };
        let Ok(frame) = ServerFrame::Message(message.clone()).encode() else { return Sent::TooLarge };
        let mut inbox = handle.inbox();
        if inbox.messages.len() >= MOST_MESSAGES || inbox.bytes + frame.len() > MOST_BYTES {
            return Sent::Full;
        }
        inbox.bytes += frame.len();
        inbox.messages.push_back((name.into(), message.value, frame.len()));
        drop(inbox);
        handle.told.notify_one();
        Sent::Queued
    }
}

impl Handle {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        self.inbox().wake = true;
        self.told.notify_one();
    }

    fn end(&self, close: Close) {
        self.inbox().end.get_or_insert(close);
        self.told.notify_one();
    }

    /// Waits until there is something in the inbox, perhaps.
    pub async fn told(&self) {
        self.told.notified().await;
    }

    /// Says which group the device is in.
    pub fn set_group(&self, group: Option<DeviceGroupId>) {
        self.inbox().group = group;
    }

    /// Takes what the session was told, but for messages.
    pub fn take(&self) -> (bool, Option<Close>) {
        let mut inbox = self.inbox();
        (std::mem::take(&mut inbox.wake), inbox.end.clone())
    }

    /// Takes the next message.
    pub fn next_message(&self) -> Option<(Box<[u8]>, Value)> {
        let mut inbox = self.inbox();
        let (name, value, bytes) = inbox.messages.pop_front()?;
        inbox.bytes -= bytes;
        Some((name, value))
    }
}
