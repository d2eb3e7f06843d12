//! Who is connected, and how to reach them.

use impstead_device_protocol::{Close, CloseReason, Message, ServerFrame, Value};
use impstead_model::{DeviceGroupId, DeviceId, LogType};
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
pub struct Handle {
    told: Notify,
    inbox: Mutex<Inbox>,
    /// Longest frame that the device takes.
    longest: usize,
}

/// Where a device is, as its log lines say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub group: Option<DeviceGroupId>,
    pub log_type: LogType,
}

/// What a session was told since it last looked.
struct Inbox {
    /// It should read its orders again.
    wake: bool,
    /// It should end.
    end: Option<Close>,
    /// From the agent, with the lengths of their frames.
    messages: VecDeque<(Box<[u8]>, Value, usize)>,
    bytes: usize,
    place: Place,
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
    /// It is longer than any message may be, or than the device takes, or nested too deep.
    TooLarge,
}

impl Registry {
    fn devices(&self) -> MutexGuard<'_, HashMap<DeviceId, Arc<Handle>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn len(&self) -> usize {
        self.devices().len()
    }

    /// Says whether this is the device's newest connection.
    pub fn has(&self, device: &DeviceId) -> bool {
        self.devices().contains_key(device)
    }

    /// Makes a connection the device's newest. One whose place it takes is told to end.
    pub fn enter(&self, device: &DeviceId, handle: &Arc<Handle>) {
        if let Some(older) = self.devices().insert(device.clone(), Arc::clone(handle)) {
            older.end(Close::new(CloseReason::REPLACED, "the device made another connection"));
        }
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
            if group.is_none() || handle.inbox().place.group.as_ref() == group {
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

    /// Queues a message for a device. Where it has no room, also says where the device is.
    pub fn send(&self, device: &DeviceId, name: &[u8], value: Value) -> (Sent, Option<Place>) {
        let Some(handle) = self.devices().get(device).cloned() else { return (Sent::NotConnected, None) };
        // With the highest number it is as long as it can get.
        let message = ServerFrame::Message(Message { seq: u32::MAX, ack_wanted: false, name: name.into(), value });
        let bytes = message.encode().map_or(usize::MAX, |frame| frame.len());
        let ServerFrame::Message(Message { name, value, .. }) = message else { unreachable!("it was just made") };
        let mut inbox = handle.inbox();
        if bytes > handle.longest {
            return (Sent::TooLarge, Some(inbox.place.clone()));
        }
        if inbox.messages.len() >= MOST_MESSAGES || inbox.bytes + bytes > MOST_BYTES {
            return (Sent::Full, Some(inbox.place.clone()));
        }
        inbox.bytes += bytes;
        inbox.messages.push_back((name.into(), value, bytes));
        drop(inbox);
        handle.told.notify_one();
        (Sent::Queued, None)
    }
}

impl Handle {
    /// Makes a handle for a device that takes frames of up to `longest` bytes.
    pub fn new(longest: usize) -> Self {
        let place = Place { group: None, log_type: LogType::Development };
        let inbox = Inbox { wake: false, end: None, messages: VecDeque::new(), bytes: 0, place };
        Self { told: Notify::new(), inbox: Mutex::new(inbox), longest }
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        self.inbox().wake = true;
        self.told.notify_one();
    }

    /// Tells the session to end.
    pub fn end(&self, close: Close) {
        self.inbox().end.get_or_insert(close);
        self.told.notify_one();
    }

    /// Waits until there is something in the inbox, perhaps.
    pub async fn told(&self) {
        self.told.notified().await;
    }

    /// Notes where the device is.
    pub fn set_place(&self, place: Place) {
        self.inbox().place = place;
    }

    /// Returns where the device is.
    pub fn place(&self) -> Place {
        self.inbox().place.clone()
    }

    /// Longest frame that the device takes.
    pub fn longest(&self) -> usize {
        self.longest
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
