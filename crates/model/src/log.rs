use crate::{DeviceGroupId, DeviceGroupType, DeviceId, Side};

/// A line of a device's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The device.
    pub device: DeviceId,
    /// The device group it was in; none while it was unassigned.
    pub group: Option<DeviceGroupId>,
    /// When the line came, stamped once. It never goes back within a device's log.
    pub at_ms: i64,
    /// Which kind of device group it was in.
    pub log_type: LogType,
    /// Who wrote it.
    pub source: LogSource,
    /// What it says. It may have line breaks.
    pub message: String,
}

/// Which kind of device group a log line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogType {
    /// Development and pre-production groups, and devices in none.
    Development,
    /// The other groups.
    Production,
}

impl LogType {
    /// Returns the log type of lines of a device in a group of this type, or in none.
    ///
    /// # Source
    /// Our choice between the two words that clients know.
    pub const fn of(kind: Option<DeviceGroupType>) -> Self {
        match kind {
            Some(kind) => match kind.side() {
                Side::Development => Self::Development,
                Side::Production => Self::Production,
            },
            None => Self::Development,
        }
    }

    /// Returns the vendor's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Production => "production",
        }
    }

    /// Reads the vendor's word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Development, Self::Production].into_iter().find(|log_type| log_type.as_str() == text)
    }
}

/// Who wrote a log line. The device's own are called `server.…` for historical reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogSource {
    /// `server.log()` on the device.
    ServerLog,
    /// `server.error()` on the device, and its run-time errors.
    ServerError,
    /// The device, before it sleeps.
    ServerSleep,
    /// `server.log()` on the agent.
    AgentLog,
    /// `server.error()` on the agent, and its run-time errors.
    AgentError,
    /// The platform.
    Status,
    /// Why the device's run before ended.
    LastExitCode,
    /// Updates of the device's system.
    Firmware,
}

impl LogSource {
    /// All of them, in the order of the vendor's table.
    pub const ALL: [Self; 8] = [
        Self::ServerLog,
        Self::ServerError,
        Self::ServerSleep,
        Self::AgentLog,
        Self::AgentError,
        Self::Status,
        Self::LastExitCode,
        Self::Firmware,
    ];

    /// Returns the vendor's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServerLog => "server.log",
            Self::ServerError => "server.error",
            Self::ServerSleep => "server.sleep",
            Self::AgentLog => "agent.log",
            Self::AgentError => "agent.error",
            Self::Status => "status",
            Self::LastExitCode => "lastexitcode",
            Self::Firmware => "firmware",
        }
    }

    /// Reads the vendor's word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}
