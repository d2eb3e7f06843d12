//! Carries log lines from where they arise to those who follow them, within one process.
//!
//! A [`Follower`] has a bounded queue. Whoever does not take its lines in time loses some and is told how many, at the
//! place in the order where they are missing; the publisher never waits.

mod follower;
mod topics;

pub use follower::{Capacity, Event, Follower};

use bytes::Bytes;
use follower::Queue;
use impstead_model::{DeviceGroupId, DeviceId, LogEntry};
use std::sync::{Arc, OnceLock};
use topics::Topics;

/// The way from publishers to followers. A cheap handle: clones share everything.
#[derive(Clone, Default)]
pub struct Bus(Arc<Shared>);

#[derive(Default)]
struct Shared {
    devices: Topics<DeviceId>,
    groups: Topics<DeviceGroupId>,
}

/// A log line on its way, with room for the forms in which it is sent, so that each is written once for all readers.
#[derive(Debug)]
pub struct Published {
    /// The line.
    pub entry: LogEntry,
    /// Its form in text streams, made by the first who needs it.
    pub text: OnceLock<Bytes>,
    /// Its form in JSON streams, made by the first who needs it.
    pub json: OnceLock<Bytes>,
}

impl From<LogEntry> for Published {
    fn from(entry: LogEntry) -> Self {
        Self { entry, text: OnceLock::new(), json: OnceLock::new() }
    }
}

impl AsRef<LogEntry> for Published {
    fn as_ref(&self) -> &LogEntry {
        &self.entry
    }
}

impl Bus {
    /// Hands a line to all who follow its device or its device group.
    ///
    /// Lines of one device reach every follower in the order of these calls, if they do not overlap.
    pub fn publish(&self, line: &Arc<Published>) {
        self.0.devices.each(&line.entry.device, |queue| queue.push(line));
        if let Some(group) = &line.entry.group {
            self.0.groups.each(group, |queue| queue.push(line));
        }
    }

    /// Begins to follow nothing yet.
    pub fn follower(&self, capacity: Capacity) -> Follower {
        Follower::new(self.clone(), capacity)
    }
}
