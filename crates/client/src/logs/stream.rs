use super::{
    LogEvent, LogOptions,
    follow::{Events, Source, follow},
};
use crate::{Client, Error, transport::Request};
use futures_util::Stream;
use impstead_wire::Document;
use reqwest::Method;
use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
};

/// Log streams: `/logstream`.
#[derive(Clone, Copy, Debug)]
pub struct LogStreams<'a>(pub(crate) &'a Client);

impl LogStreams<'_> {
    /// Makes a log stream and opens it. It has no devices yet.
    ///
    /// An account may have few streams, often one: making one more closes the oldest, whoever reads it.
    ///
    /// # Errors
    /// Those of any request; what happens to the connection later is an event of the stream.
    pub async fn open(self, options: &LogOptions) -> Result<LogStream, Error> {
        let membership = Arc::<Membership>::default();
        let events = follow(self.0, Source::Members(Arc::clone(&membership)), options).await?;
        Ok(LogStream { events, devices: LogDevices { client: self.0.clone(), membership } })
    }
}

/// The lines of a few devices, as they come: a [`Stream`] of [`LogEvent`]s.
///
/// When the connection is lost it makes another stream, adds its devices to that, and tells of the [gap](LogEvent::Gap).
/// It tries for ever where another attempt may help, and ends with an error where none can: a sign-in that has ended, a
/// right that was taken away, an event that is not understood.
///
/// Nothing is read that is not asked for, so that a slow reader holds up the service's end, which leaves lines out then,
/// and no memory fills. Dropping the stream frees it on the service. Dropping a future that waits for an event loses none.
#[must_use = "a log stream does nothing unless it is read"]
pub struct LogStream {
    events: Events,
    devices: LogDevices,
}

impl LogStream {
    /// Returns a handle to the stream's devices, which works while the stream is being read.
    pub fn devices(&self) -> LogDevices {
        self.devices.clone()
    }
}

impl Stream for LogStream {
    type Item = Result<LogEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.as_mut().poll_next(context)
    }
}

impl Drop for LogStream {
    fn drop(&mut self) {
        self.devices.membership.set_stream(None);
    }
}

impl fmt::Debug for LogStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogStream").field("devices", &self.devices.list()).finish_non_exhaustive()
    }
}

/// The devices of a [`LogStream`]. Clones are of the same stream; once that has ended they do nothing.
#[derive(Clone)]
pub struct LogDevices {
    client: Client,
    membership: Arc<Membership>,
}

impl LogDevices {
    /// Adds a device, given by its id, its MAC address, or its agent's id. Adding it twice changes nothing.
    ///
    /// While the connection is lost the device is only noted, for the next. [`LogEvent::Subscribed`] follows as soon as
    /// its lines come. A stream holds eight devices on most services; one more makes the first leave.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such device; 403 if the caller may not see into it. The device is then not in
    /// the stream.
    pub async fn add(&self, device: &str) -> Result<(), Error> {
        let id = self.canonical(device).await?;
        let (is_new, stream) = self.membership.note(&id);
        let Some(stream) = stream else { return Ok(()) };
        // Where the stream is gone, its reader will notice soon; until then the device waits for the next one.
        let result = put(&self.client, &stream, &id).await.map(drop);
        if result.is_err() && is_new {
            self.membership.forget(&id);
        }
        result
    }

    /// Removes a device, given as to [`add`](Self::add). [`LogEvent::Unsubscribed`] follows.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such device, or it is not in the stream.
    pub async fn remove(&self, device: &str) -> Result<(), Error> {
        let id = self.canonical(device).await?;
        let (was_noted, stream) = self.membership.forget(&id);
        let Some(stream) = stream else { return Ok(()) };
        let request = Request::new(Method::DELETE, self.client.v5(&["logstream", &stream, &id])?).hide_parent();
        match self.client.execute(request).await.map(drop) {
            // The stream is gone, and the device with it.
            Err(Error::NotFound(_)) if was_noted => Ok(()),
            result => result,
        }
    }

    /// Returns the ids of the devices, in the order in which they were added.
    pub fn list(&self) -> Vec<String> {
        self.membership.lock().devices.clone()
    }

    /// The device's id: events name devices by it.
    async fn canonical(&self, device: &str) -> Result<String, Error> {
        if device.len() == 16 && device.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Ok(device.to_owned());
        }
        Ok(self.client.devices().get(device).await?.into_inner().id)
    }
}

impl fmt::Debug for LogDevices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LogDevices").field(&self.list()).finish()
    }
}

/// Which devices a stream has, and under which id the service knows it at present.
#[derive(Default)]
pub(super) struct Membership(Mutex<Members>);

#[derive(Default)]
struct Members {
    /// The present stream's id, a secret; none while there is none.
    stream: Option<String>,
    devices: Vec<String>,
}

enum Added {
    Yes,
    StreamIsGone,
}

impl Membership {
    /// Makes a stream, and returns its id.
    pub(super) async fn create(&self, client: &Client) -> Result<String, Error> {
        let answer = client.execute(Request::new(Method::POST, client.v5(&["logstream"])?)).await?;
        Ok(answer.decode::<Document<impstead_wire::LogStream>>()?.data.id)
    }

    /// Adds all devices to an open stream. Returns those that are not there any more, or not for the caller.
    pub(super) async fn join(&self, client: &Client, stream: &str) -> Result<Vec<String>, Error> {
        // From here on, devices that are noted are added by who notes them.
        self.set_stream(Some(stream.to_owned()));
        let devices = self.lock().devices.clone();
        let mut gone = Vec::new();
        for device in devices {
            match put(client, stream, &device).await {
                Ok(Added::Yes) => {}
                Err(Error::NotFound(_)) => gone.push(device),
                Err(Error::Service(error)) if error.status() == 403 => gone.push(device),
                result => {
                    self.set_stream(None);
                    result?;
                    return Err(closed_meanwhile());
                }
            }
        }
        for device in &gone {
            self.forget(device);
        }
        Ok(gone)
    }

    pub(super) fn set_stream(&self, stream: Option<String>) {
        self.lock().stream = stream;
    }

    /// Notes a device for the present stream and those that follow it. Returns whether it is a new one, and the present
    /// stream.
    pub(super) fn note(&self, device: &str) -> (bool, Option<String>) {
        let mut members = self.lock();
        let is_new = !members.devices.iter().any(|noted| noted == device);
        if is_new {
            members.devices.push(device.to_owned());
        }
        (is_new, members.stream.clone())
    }

    /// Forgets a device. Returns whether it was noted, and the present stream.
    pub(super) fn forget(&self, device: &str) -> (bool, Option<String>) {
        let mut members = self.lock();
        let before = members.devices.len();
        members.devices.retain(|noted| noted != device);
        (members.devices.len() < before, members.stream.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        self.0.lock().expect("no holder panics")
    }
}

/// Adds a device to a stream. The service has the same answer to a stream that is gone as to a device that it does not
/// know; whether it knows the device tells them apart.
async fn put(client: &Client, stream: &str, device: &str) -> Result<Added, Error> {
    let request = Request::new(Method::PUT, client.v5(&["logstream", stream, device])?).hide_parent();
    match client.execute(request).await {
        Ok(_) => Ok(Added::Yes),
        Err(Error::NotFound(_)) => client.devices().get(device).await.map(|_| Added::StreamIsGone),
        Err(error) => Err(error),
    }
}

fn closed_meanwhile() -> Error {
    let source = Arc::new(std::io::Error::other("the service closed the stream before its devices were added"));
    Error::Transport { attempts: 1, timed_out: false, source }
}
