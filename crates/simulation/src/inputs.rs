//! What is done to the boards of a fleet while it runs: declared in the scenario.

use std::collections::BTreeMap;
use std::fmt;

use platform::board::{self, Board, Pin, UartBus};
use serde::Deserialize;

use crate::scenario::Span;

/// Something that is done to the boards of a fleet's imps at a time.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// When first.
    pub at: Span,
    /// And after how long again; without it, once.
    pub every: Option<Span>,
    /// After how long pins and signals are left to the board again; without it they stay.
    pub lasts: Option<Span>,
    /// To so many imps, the first of the fleet; without it and `share`, to all.
    pub imps: Option<u32>,
    /// To this share of the imps, drawn anew each time.
    pub share: Option<f64>,
    /// What is applied to pins.
    #[serde(default)]
    pub pins: BTreeMap<Pin, Applied>,
    /// What named signals of the board are set to.
    #[serde(default)]
    pub signals: BTreeMap<String, f64>,
    /// What arrives at UARTs.
    #[serde(default)]
    pub uarts: BTreeMap<UartBus, String>,
    /// Pins and signals that are left to the board again.
    #[serde(default)]
    pub leave: Vec<String>,
}

/// What is applied to a pin.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Applied {
    /// A level: 0 or 1.
    Level(Level),
    /// From 0 to 65535, as programs read it.
    Counts(u16),
    /// A voltage.
    Volts(f64),
}

/// 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u8")]
pub struct Level(bool);

impl TryFrom<u8> for Level {
    type Error = &'static str;

    fn try_from(level: u8) -> Result<Level, &'static str> {
        if level < 2 { Ok(Level(level == 1)) } else { Err("a level is 0 or 1") }
    }
}

impl From<Applied> for board::Input {
    fn from(applied: Applied) -> board::Input {
        match applied {
            Applied::Level(Level(is_high)) => board::Input::Level(is_high),
            Applied::Counts(counts) => board::Input::Counts(counts),
            Applied::Volts(volts) => board::Input::Volts(volts),
        }
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Applied::Level(Level(is_high)) => write!(f, "{}", u8::from(*is_high)),
            Applied::Counts(counts) => write!(f, "{counts} counts"),
            Applied::Volts(volts) => write!(f, "{volts} V"),
        }
    }
}

impl Input {
    /// What is wrong with it, whatever the board.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        let is_set = !self.pins.is_empty() || !self.signals.is_empty();
        if !is_set && self.uarts.is_empty() && self.leave.is_empty() {
            Some("has nothing to do: give pins, signals, uarts or leave")
        } else if self.every.is_some_and(|every| every.us <= 0) || self.lasts.is_some_and(|lasts| lasts.us <= 0) {
            Some("takes no time: every and lasts must be longer than nothing")
        } else if self.lasts.is_some() && !is_set {
            Some("has lasts, but sets no pins or signals")
        } else if self.imps.is_some() && self.share.is_some() {
            Some("is to imps or to a share of them: leave one out")
        } else if self.share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            Some("is to a share of the imps that is not between 0 and 1")
        } else {
            None
        }
    }

    /// The names that a board has not.
    pub(crate) fn unknown_on<'i>(&'i self, board: &'i Board) -> Option<&'i str> {
        let is_signal = |name: &str| board.signal_names().any(|signal| signal == name);
        let set = self.signals.keys().find(|name| !is_signal(name));
        set.or_else(|| self.leave.iter().find(|name| Pin::named(name).is_none() && !is_signal(name)))
            .map(String::as_str)
    }

    /// The names of what it sets.
    pub(crate) fn pins_and_signals(&self) -> Vec<String> {
        self.pins.keys().map(|pin| pin.name().to_owned()).chain(self.signals.keys().cloned()).collect()
    }
}
