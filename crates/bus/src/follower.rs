use crate::{Bus, Published};
use impstead_model::{DeviceGroupId, DeviceId};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// What a follower sees, in order.
#[derive(Clone, Debug)]
pub enum Event {
    /// A log line.
    Line(Arc<Published>),
    /// So many lines of this device are missing here: the follower was too slow.
    Skipped(DeviceId, u64),
    /// Lines of this device follow from here on.
    Subscribed(DeviceId),
    /// None follow any more.
    Unsubscribed(DeviceId),
    /// Nothing follows any more.
    Closed,
}

/// How much may wait for a follower. What comes when it is full is skipped.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Lines.
    pub lines: usize,
    /// Bytes of their messages.
    pub bytes: usize,
}

/// Changes of what is followed that may wait beside the lines; beyond, the follower is closed.
const MOST_CHANGES: usize = 1000;

/// One who follows devices and device groups. Dropping it ends that.
pub struct Follower {
    bus: Bus,
    queue: Arc<Queue>,
    followed: Mutex<Followed>,
}

#[derive(Default)]
struct Followed {
    /// Oldest first.
    devices: Vec<DeviceId>,
    groups: Vec<DeviceGroupId>,
}

pub struct Queue {
    state: Mutex<State>,
    arrived: Notify,
    capacity: Capacity,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    lines: usize,
    bytes: usize,
    /// Lines that came since the queue filled up, by device.
    skipped: HashMap<DeviceId, u64>,
    closed: bool,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line, or counts it where there is no room.
    pub fn push(&self, line: &Arc<Published>) {
        let mut state = self.state();
        if state.closed {
            return;
        }
        let bytes = state.bytes + line.entry.message.len();
        let is_full = state.lines >= self.capacity.lines || bytes > self.capacity.bytes;
        // Once lines are missing, all further ones are, until the follower has come as far and been told. A line finds
        // room in an empty queue, however long it is.
        if !state.skipped.is_empty() || is_full && state.lines > 0 {
            *state.skipped.entry(line.entry.device.clone()).or_default() += 1;
            return;
        }
        state.lines += 1;
        state.bytes = bytes;
        let was_empty = state.events.is_empty();
        state.events.push_back(Event::Line(Arc::clone(line)));
        drop(state);
        if was_empty {
            self.arrived.notify_one();
        }
    }

    /// Adds what is no line, for which there is room of its own.
    fn mark(&self, event: Event) {
        let mut state = self.state();
        if state.closed {
            return;
        }
        // A change after lines that are missing must come after the word that they are.
        state.tell_skipped();
        if state.events.len() - state.lines >= MOST_CHANGES || matches!(event, Event::Closed) {
            state.closed = true;
            state.events.push_back(Event::Closed);
        } else {
            state.events.push_back(event);
        }
        drop(state);
        self.arrived.notify_one();
    }
}

impl State {
    fn tell_skipped(&mut self) {
        let mut skipped: Vec<(DeviceId, u64)> = self.skipped.drain().collect();
        skipped.sort_unstable();
        self.events.extend(skipped.into_iter().map(|(device, count)| Event::Skipped(device, count)));
    }
}

impl Follower {
    pub(crate) fn new(bus: Bus, capacity: Capacity) -> Self {
        let queue = Queue { state: Mutex::default(), arrived: Notify::new(), capacity };
        Self { bus, queue: Arc::new(queue), followed: Mutex::default() }
    }

    fn followed(&self) -> MutexGuard<'_, Followed> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows a device, and returns the one that it gave up for it: the one it has followed longest, where it follows
    /// `most` already. A device that it follows already counts as the newest from now on.
    pub fn follow_device(&self, device: &DeviceId, most: usize) -> Option<DeviceId> {
        let mut followed = self.followed();
        if let Some(index) = followed.devices.iter().position(|other| other == device) {
            let device = followed.devices.remove(index);
            followed.devices.push(device);
            return None;
        }
        let evicted = (followed.devices.len() >= most.max(1)).then(|| followed.devices.remove(0));
        if let Some(evicted) = &evicted {
            self.leave(evicted);
        }
        followed.devices.push(device.clone());
        self.bus.0.devices.add(device, &self.queue, || self.queue.mark(Event::Subscribed(device.clone())));
        evicted
    }

    /// Gives up a device, and says whether it was followed.
    pub fn unfollow_device(&self, device: &DeviceId) -> bool {
        let mut followed = self.followed();
        let Some(index) = followed.devices.iter().position(|other| other == device) else { return false };
        followed.devices.remove(index);
        self.leave(device);
        true
    }

    fn leave(&self, device: &DeviceId) {
        self.bus.0.devices.remove(device, &self.queue, || self.queue.mark(Event::Unsubscribed(device.clone())));
    }

    /// Follows all devices of a group, whichever they are when a line comes. A device that is followed by itself besides
    /// would be heard twice.
    pub fn follow_group(&self, group: &DeviceGroupId) {
        if self.bus.0.groups.add(group, &self.queue, || {}) {
            self.followed().groups.push(group.clone());
        }
    }

    /// Ends with [`Event::Closed`] after what waits.
    pub fn close(&self) {
        self.queue.mark(Event::Closed);
    }

    /// Lists the devices followed, the one followed longest first.
    pub fn devices(&self) -> Vec<DeviceId> {
        self.followed().devices.clone()
    }

    /// Waits until there is something, and appends all of it to `events`. One reader at a time.
    pub async fn take(&self, events: &mut Vec<Event>) {
        loop {
            if self.take_now(events) {
                return;
            }
            self.arrived().await;
        }
    }

    /// Waits until something may have come since [`Self::take_now`] found nothing.
    pub async fn arrived(&self) {
        self.queue.arrived.notified().await;
    }

    /// Appends what waits to `events`, and says whether there was something.
    pub fn take_now(&self, events: &mut Vec<Event>) -> bool {
        let mut state = self.queue.state();
        state.tell_skipped();
        (state.lines, state.bytes) = (0, 0);
        let found = !state.events.is_empty();
        events.extend(state.events.drain(..));
        found
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let Followed { devices, groups } = std::mem::take(&mut *self.followed());
        for device in devices {
            self.bus.0.devices.remove(&device, &self.queue, || {});
        }
        for group in groups {
            self.bus.0.groups.remove(&group, &self.queue, || {});
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use impstead_model::{LogEntry, LogSource, LogType};

    const ROOM: Capacity = Capacity { lines: 3, bytes: 1000 };

    fn line(device: &str, message: &str) -> Arc<Published> {
        let entry = LogEntry {
            device: DeviceId::new(device),
            group: Some(DeviceGroupId::new("g")),
            at_ms: 0,
            log_type: LogType::Development,
            source: LogSource::ServerLog,
            message: message.into(),
        };
        Arc::new(entry.into())
    }

    fn taken(follower: &Follower) -> String {
        let mut events = Vec::new();
        follower.take_now(&mut events);
        let words: Vec<String> = events
            .iter()
            .map(|event| match event {
                Event::Line(line) => format!("{}:{}", line.entry.device, line.entry.message),
                Event::Skipped(device, count) => format!("{device} lost {count}"),
                Event::Subscribed(device) => format!("+{device}"),
                Event::Unsubscribed(device) => format!("-{device}"),
                Event::Closed => "closed".into(),
            })
            .collect();
        words.join(" ")
    }

    #[test]
    fn a_follower_sees_what_it_follows_from_then_on() {
        let bus = Bus::default();
        let follower = bus.follower(ROOM);
        bus.publish(&line("a", "before"));
        assert_eq!(follower.follow_device(&DeviceId::new("a"), 2), None);
        bus.publish(&line("a", "1"));
        bus.publish(&line("b", "not followed"));
        assert!(follower.unfollow_device(&DeviceId::new("a")));
        assert!(!follower.unfollow_device(&DeviceId::new("a")));
        bus.publish(&line("a", "after"));
        follower.close();
        follower.close();
        assert_eq!(taken(&follower), "+a a:1 -a closed");
        assert_eq!(taken(&follower), "");
    }

    #[test]
    fn the_device_followed_longest_gives_way() {
        let bus = Bus::default();
        let follower = bus.follower(ROOM);
        let [a, b, c] = ["a", "b", "c"].map(DeviceId::new);
        follower.follow_device(&a, 2);
        follower.follow_device(&b, 2);
        follower.follow_device(&a, 2);
        assert_eq!(follower.follow_device(&c, 2), Some(b));
        assert_eq!(follower.devices(), [a, c]);
        assert_eq!(taken(&follower), "+a +b -b +c");
    }

    #[test]
    fn a_slow_follower_is_told_what_it_lost_where_it_lost_it() {
        let bus = Bus::default();
        let follower = bus.follower(ROOM);
        follower.follow_group(&DeviceGroupId::new("g"));
        follower.follow_group(&DeviceGroupId::new("g"));
        for message in ["1", "2", "3", "4"] {
            bus.publish(&line("b", message));
        }
        bus.publish(&line("a", "1"));
        assert_eq!(taken(&follower), "b:1 b:2 b:3 a lost 1 b lost 1");
        bus.publish(&line("b", "5"));
        assert_eq!(taken(&follower), "b:5");
        let long = "x".repeat(2000);
        bus.publish(&line("b", &long));
        bus.publish(&line("b", "6"));
        assert_eq!(taken(&follower), format!("b:{long} b lost 1"), "one long line has room, and fills it");
    }

    #[test]
    fn changes_that_nobody_takes_close_the_follower() {
        let bus = Bus::default();
        let follower = bus.follower(ROOM);
        for _ in 0..MOST_CHANGES {
            follower.follow_device(&DeviceId::new("a"), 1);
            follower.unfollow_device(&DeviceId::new("a"));
        }
        let mut events = Vec::new();
        follower.take_now(&mut events);
        assert_eq!(events.len(), MOST_CHANGES + 1);
        assert!(matches!(events.last(), Some(Event::Closed)));
    }

    #[test]
    fn nothing_is_left_of_followers_that_are_gone() {
        let bus = Bus::default();
        let follower = bus.follower(ROOM);
        follower.follow_device(&DeviceId::new("a"), 1);
        follower.follow_group(&DeviceGroupId::new("g"));
        drop(follower);
        let (mut devices, mut groups) = (0, 0);
        bus.0.devices.each(&DeviceId::new("a"), |_| devices += 1);
        bus.0.groups.each(&DeviceGroupId::new("g"), |_| groups += 1);
        assert_eq!((devices, groups), (0, 0));
    }

    #[tokio::test]
    async fn a_follower_that_waits_is_woken() {
        let bus = Bus::default();
        let follower = Arc::new(bus.follower(ROOM));
        follower.follow_device(&DeviceId::new("a"), 1);
        taken(&follower);
        let waiting = tokio::spawn({
            let follower = Arc::clone(&follower);
            async move {
                let mut events = Vec::new();
                follower.take(&mut events).await;
                events.len()
            }
        });
        tokio::task::yield_now().await;
        bus.publish(&line("a", "1"));
        assert_eq!(waiting.await.unwrap(), 1);
    }
}
