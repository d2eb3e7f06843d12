//! Real pins and I2C buses, to which a board may map those of the imp. Who runs the imp reaches them: there is no I/O here.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use serde::Deserialize;

use super::{
    hardware::PinMode,
    names::{I2cBus, Pin},
};

/// What of a Linux machine a board maps: `[linux]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Linux {
    /// Lines of GPIO chips.
    pub pins: BTreeMap<Pin, GpioLine>,
    /// Files of I2C buses.
    pub i2c: BTreeMap<I2cBus, PathBuf>,
}

/// A line of a GPIO chip.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GpioLine {
    /// The chip's file, such as `/dev/gpiochip0`.
    pub chip: PathBuf,
    /// The line's number on the chip.
    pub line: u32,
}

impl Linux {
    pub(super) fn is_empty(&self) -> bool {
        self.pins.is_empty() && self.i2c.is_empty()
    }
}

/// What reaches the real pins and buses of a board. Pins have one of the digital modes.
pub trait Real: fmt::Debug + Send + Sync {
    /// Configures a pin. An output begins with the level; whether edges are wanted is about inputs.
    ///
    /// # Errors
    /// If the pin cannot be used.
    fn configure_pin(&self, pin: Pin, mode: PinMode, is_high: bool, wants_edges: bool) -> Result<(), Unreachable>;

    /// Leaves a pin to itself.
    fn release_pin(&self, pin: Pin);

    /// Sets the level of an output.
    ///
    /// # Errors
    /// If the pin cannot be used.
    fn write_pin(&self, pin: Pin, is_high: bool) -> Result<(), Unreachable>;

    /// Reads the level of a pin.
    ///
    /// # Errors
    /// If the pin cannot be used.
    fn read_pin(&self, pin: Pin) -> Result<bool, Unreachable>;

    /// The edges since the last time that somebody asked: those of a pin in the order in which they came.
    fn take_edges(&self) -> Vec<(Pin, bool)>;

    /// Writes bytes to an address of eight bits and reads so many, in one transfer; either may be none.
    ///
    /// # Errors
    /// If nothing acknowledges.
    fn transfer_i2c(&self, bus: I2cBus, address: u8, written: &[u8], read: usize) -> Result<Vec<u8>, Unreachable>;
}

/// A real pin that cannot be used, or a real bus on which nothing acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreachable;
