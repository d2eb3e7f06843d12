//! MQTT: what a program orders, what comes of it, and what is known of its connection.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The longest topic, and whatever else is no message's payload, in bytes: as MQTT has it.
pub const MOST_TOPIC_BYTES: usize = 65_535;

/// The longest payload of a message, in bytes.
pub const MOST_PAYLOAD_BYTES: usize = 256 * 1024;

/// Orders whose end a program may await at once, and their bytes in all; what is beyond that is refused.
pub const MOST_CALLS: usize = 64;
const MOST_CALL_BYTES: usize = 1 << 20;

/// What came of an order, where it is neither success (0) nor an answer of the broker.
///
/// # Source
/// -1 is the platform's for a connection that cannot be made; the others are our choice.
pub mod code {
    /// No connection could be made, or it broke.
    pub const FAILED: i32 = -1;
    /// The client is not connected.
    pub const NOT_CONNECTED: i32 = -3;
    /// Too many orders are under way.
    pub const TOO_MANY: i32 = -4;
    /// The broker refuses a subscription.
    pub const REFUSED: i32 = 128;
}

/// How often a message is to arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qos {
    /// Once, or not at all.
    AtMostOnce,
    /// Once or more often.
    AtLeastOnce,
    /// Once.
    ExactlyOnce,
}

impl Qos {
    /// The quality of a number.
    pub fn of(number: i32) -> Option<Qos> {
        [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce].into_iter().find(|qos| qos.number() == number)
    }

    /// Its number: 0, 1 or 2.
    pub fn number(self) -> i32 {
        self as i32
    }
}

/// A message of a program's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MqttMessage {
    /// What it is about.
    pub topic: String,
    /// What it says.
    pub payload: Vec<u8>,
    /// How often it is to arrive.
    pub qos: Qos,
    /// Whether the broker keeps it for those who subscribe later.
    pub retain: bool,
}

/// A connection that a program wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MqttConnect {
    /// Where to, as the program wrote it.
    pub url: String,
    /// What the client calls itself.
    pub client_id: String,
    /// Who it says it is.
    pub username: Option<String>,
    /// And how it proves that.
    pub password: Option<String>,
    /// How long nothing may be sent, in seconds; 0 is for ever.
    pub keep_alive_s: u16,
    /// Whether the broker forgets what it knew of this client.
    pub clean_session: bool,
    /// What the broker says when the connection breaks.
    pub will: Option<MqttMessage>,
}

/// What a program wants of its connection, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MqttOrder {
    /// The connection itself; [`MqttEvent::Connected`] answers.
    Connect(Box<MqttConnect>),
    /// A subscription; [`MqttEvent::Done`] answers.
    Subscribe {
        /// The order's number.
        id: u32,
        /// Which topics.
        topic: String,
        /// How often messages are to arrive at most.
        qos: Qos,
    },
    /// The end of a subscription; [`MqttEvent::Done`] answers.
    Unsubscribe {
        /// The order's number.
        id: u32,
        /// As it was subscribed to.
        topic: String,
    },
    /// A message; [`MqttEvent::Done`] answers once it is sent, and with a quality above 0 once the broker has it.
    Publish {
        /// The order's number.
        id: u32,
        /// The message.
        message: MqttMessage,
    },
    /// The end of the connection; [`MqttEvent::Disconnected`] answers.
    Disconnect,
}

/// What happens to a program's connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MqttEvent {
    /// The connection is made (0), refused by the broker (1 to 5), or impossible ([`code::FAILED`]): then it is no more.
    Connected(i32),
    /// It broke, and is no more.
    Lost,
    /// It has ended as it was to.
    Disconnected,
    /// A message came.
    Message {
        /// What it is about.
        topic: Vec<u8>,
        /// What it says.
        payload: Vec<u8>,
    },
    /// An order is carried out.
    Done {
        /// The order's number.
        id: u32,
        /// 0, or what went wrong.
        code: i32,
        /// The quality that the broker grants a subscription.
        qos: i32,
    },
}

/// The one connection of a program: made, or being made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MqttLink {
    /// Its number; what is said of an earlier one comes too late.
    pub(crate) id: u32,
    /// The client that has it.
    pub(crate) client: u32,
    pub(crate) state: LinkState,
    /// Orders under way, by their numbers.
    pub(crate) calls: BTreeMap<u32, MqttCall>,
    /// When it was last looked whether the program still has the client: Unix time in microseconds.
    pub(crate) looked_us: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LinkState {
    Connecting,
    Connected,
    Disconnecting,
}

/// An order under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MqttCall {
    /// Whether the program hears of the quality, too.
    pub(crate) subscribes: bool,
    pub(crate) bytes: usize,
}

impl MqttLink {
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        let waiting: usize = self.calls.values().map(|call| call.bytes).sum();
        self.calls.len() < MOST_CALLS && waiting + bytes <= MOST_CALL_BYTES
    }
}
