use super::{
    LogEvent, LogOptions,
    follow::{Events, Source, follow},
};
use crate::{Error, Impstead, Listing};
use futures_util::Stream;
use impstead_wire::LogEntry;
use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

/// Which log lines; all that is set must apply.
#[derive(Clone, Debug)]
pub struct LogFilter {
    /// Whose.
    pub of: LogsOf,
    /// Only of these types, for example `server.log`; of all, if there is none.
    pub types: Vec<String>,
    /// Only those with this text in their message, whether in upper or lower case.
    pub text: Option<String>,
}

/// Whose log lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogsOf {
    /// Those of all devices of the device group with this id, also of devices that join it later.
    DeviceGroup(String),
    /// Those of a device, given by its id, its MAC address, or its agent's id.
    Device(String),
}

impl LogFilter {
    /// All lines of a device group or device.
    pub const fn all(of: LogsOf) -> Self {
        Self { of, types: Vec::new(), text: None }
    }
}

/// `/impstead/v1/logs`, which has no limit of devices, and takes no stream away from other readers of the account.
impl Impstead<'_> {
    /// Lists log lines, newest first. The service keeps a limited number of them for a limited time.
    pub fn logs(self, filter: &LogFilter) -> Listing<LogEntry> {
        parameters(filter)
            .into_iter()
            .fold(Listing::new(self.0, self.url(&["logs"])), |list, (name, value)| list.parameter(name, Some(&value)))
    }

    /// Follows log lines as they come.
    ///
    /// # Errors
    /// Those of any request, among them [`Error::NotFound`] where the service is not Impstead, or the device group or
    /// device is unknown; what happens to the connection later is an event of the stream.
    pub async fn follow_logs(self, filter: &LogFilter, options: &LogOptions) -> Result<LogTail, Error> {
        let mut url = self.url(&["logs"])?;
        url.query_pairs_mut().extend_pairs(parameters(filter)).append_pair("format", "json");
        follow(self.0, Source::Address(url), options).await.map(LogTail)
    }
}

fn parameters(filter: &LogFilter) -> Vec<(&'static str, String)> {
    let LogFilter { of, types, text } = filter;
    let mut parameters = vec![match of {
        LogsOf::DeviceGroup(id) => ("devicegroup", id.clone()),
        LogsOf::Device(device) => ("device", device.clone()),
    }];
    if !types.is_empty() {
        parameters.push(("type", types.join(",")));
    }
    parameters.extend(text.clone().map(|text| ("q", text)));
    parameters
}

/// The lines of a device group or device, as they come: a [`Stream`] of [`LogEvent`]s, without
/// [`Subscribed`](LogEvent::Subscribed) and [`Unsubscribed`](LogEvent::Unsubscribed).
///
/// It connects again, ends, and keeps what it reads as a [`LogStream`](super::LogStream) does.
#[must_use = "a log stream does nothing unless it is read"]
pub struct LogTail(Events);

impl Stream for LogTail {
    type Item = Result<LogEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl fmt::Debug for LogTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogTail")
    }
}
