//! What only imps have: a connection that comes and goes, a reason for which they woke, and sleep.

use std::sync::Arc;

use impstead_device_protocol::Value as Data;
use serde::{Deserialize, Serialize};

use crate::board::{Board, Flash, Hardware, HardwareEvent, State};
use crate::host::Effect;

/// What an imp wants of the system around its program.
#[derive(Clone, Debug, PartialEq)]
pub enum ImpOrder {
    /// A connection; [`ImpEvent::Link`] tells of it, and [`ImpEvent::ConnectEnded`] what came of the attempt.
    Connect {
        /// How long the attempt may take, in microseconds.
        timeout_us: i64,
    },
    /// No connection.
    Disconnect,
    /// That others know when it is back: in so many seconds.
    ExpectOnline {
        /// Seconds.
        seconds: u32,
    },
    /// To leave the factory, or not to: [`ImpEvent::Blessed`] answers.
    Bless {
        /// Whether its tests passed.
        passed: bool,
    },
    /// Another enrolment plan, as by BlinkUp.
    Enrol {
        /// The plan's id.
        plan_id: String,
        /// The enrolment token.
        token: String,
    },
    /// To configure a device under test.
    FactoryBlinkUp {
        /// The pin whose LED blinks.
        pin: String,
    },
    /// To keep the user configuration.
    KeepUserConfiguration(Option<Vec<u8>>),
    /// To begin with the network's settings anew.
    ClearConfiguration,
}

/// Something that happens to an imp alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ImpEvent {
    /// The connection is there, or is no more.
    Link(bool),
    /// An attempt to connect has ended, for a reason among `NOT_CONNECTED` … `SERVER_CONNECTED`.
    ConnectEnded(i32),
    /// The connection was lost and could not be made again, for a reason as before.
    Lost(i32),
    /// What became of the line or message that is waited for: 0, or one of `SEND_ERROR_...`.
    Sent(i32),
    /// What became of [`ImpOrder::Bless`].
    Blessed(bool),
    /// Something that its hardware noticed.
    Hardware(HardwareEvent),
}

/// `server.setsendtimeoutpolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendPolicy {
    /// What happens without a connection.
    pub on_error: OnError,
    /// Whether sending waits for the server's acknowledgement.
    pub waits_for_ack: bool,
    /// How long sending may take, in microseconds.
    pub timeout_us: i64,
}

/// What happens to an imp that sends without a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnError {
    /// It waits, and sleeps if it waits for too long.
    Suspend,
    /// It is told.
    Return,
    /// It is told, and a time-out does not end the connection.
    ReturnNoDisconnect,
}

impl Default for SendPolicy {
    fn default() -> SendPolicy {
        SendPolicy { on_error: OnError::Suspend, waits_for_ack: false, timeout_us: 30_000_000 }
    }
}

/// What an imp is, and why its program runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImpFacts {
    /// `imp001`, …
    pub imp_type: String,
    /// 12 hex digits, in small letters.
    pub mac_address: String,
    /// One of `WAKEREASON_...`.
    pub wake_reason: i32,
    /// impOS' version, as programs see it.
    pub software_version: String,
    /// The network.
    pub network: Network,
    /// What `imp.setuserconfiguration` has kept.
    pub user_configuration: Option<Vec<u8>>,
}

/// How an imp is connected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// The network's name.
    pub ssid: String,
    /// The access point.
    pub bssid: String,
    /// Its channel.
    pub channel: i32,
    /// Signal strength in dBm.
    pub rssi: i32,
    /// The imp's address.
    pub address: String,
}

/// What is known of an imp while its program runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ImpState {
    pub(crate) facts: ImpFacts,
    pub(crate) policy: SendPolicy,
    pub(crate) send_buffer_bytes: i32,
    pub(crate) power_save: bool,
    pub(crate) power_enabled: bool,
    /// Whether `server.connect` waits for its callback.
    pub(crate) is_connecting: bool,
    /// When a scan for networks ends.
    pub(crate) scan_ends_us: Option<i64>,
    /// What is sent as soon as there is a connection.
    #[serde(skip)]
    pub(crate) held_back: Vec<Effect>,
    /// What it works on; a snapshot has its state instead.
    #[serde(skip)]
    pub(crate) peripherals: Option<Box<Peripherals>>,
    pub(crate) kept: Option<(State, Option<Flash>)>,
    /// How often `spiflash.enable` was called more than `disable`.
    pub(crate) flash_enabled: u32,
}

/// What the program of an imp works on. It outlives programs.
#[derive(Clone, Debug)]
pub struct Peripherals {
    /// Pins, buses, and what is wired to them.
    pub hardware: Hardware,
    /// The SPI flash, if the type of imp has one for programs.
    pub flash: Option<Flash>,
}

impl Peripherals {
    /// Those of a board at power-on, with erased flash. The seed decides noise and bounces; what changes with time on the board is
    /// counted from a Unix time in microseconds on.
    pub fn new(board: Arc<Board>, seed: u64, began_us: i64, now_us: i64) -> Peripherals {
        let flash = board.flash_bytes.map(Flash::new);
        Peripherals { hardware: Hardware::powered_in(board, seed, began_us, now_us), flash }
    }
}

impl ImpState {
    pub(crate) fn new(facts: ImpFacts) -> ImpState {
        ImpState {
            facts,
            policy: SendPolicy::default(),
            send_buffer_bytes: 3000,
            power_save: false,
            power_enabled: true,
            is_connecting: false,
            scan_ends_us: None,
            held_back: Vec::new(),
            peripherals: None,
            kept: None,
            flash_enabled: 0,
        }
    }
}

impl ImpState {
    /// What a snapshot has of it.
    pub(crate) fn to_keep(&self) -> ImpState {
        let kept = self
            .peripherals
            .as_deref()
            .map(|peripherals| (peripherals.hardware.state().clone(), peripherals.flash.clone()));
        ImpState { facts: self.facts.clone(), peripherals: None, held_back: Vec::new(), kept, ..*self }
    }

    /// How well the radio receives, in dBm.
    pub(crate) fn rssi(&self) -> i32 {
        self.peripherals.as_deref().map_or(self.facts.network.rssi, |peripherals| peripherals.hardware.rssi())
    }
}

/// How long an imp sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sleep {
    /// In microseconds; 0 starts it again at once.
    pub us: i64,
    /// Whether what is under way is sent first, and the server told.
    pub is_announced: bool,
}

/// The root slot that outlives a run.
pub(crate) const NV: &[u8] = b"nv";

/// The most that is kept of it, in bytes.
///
/// # Source
/// About 4 KB, as is remembered of the vendor's documentation.
pub(crate) const MOST_NV: usize = 4096;

/// What is taken of `nv`, if it is not too much.
pub(crate) fn kept(taken: crate::data::Taken) -> Option<Data> {
    (!taken.too_large && taken.bytes <= MOST_NV).then_some(taken.data)
}
