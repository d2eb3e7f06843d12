//! Pins and I2C buses that the board maps to real ones.

use std::sync::Arc;

use super::{
    super::{
        names::{I2cBus, Pin},
        real::{Real, Unreachable},
    },
    Hardware, HardwareEvent, PinError, PinMode, PinState,
};

/// How often real inputs are looked at.
const LOOK_US: i64 = 5_000;

impl Hardware {
    /// Gives the hardware what reaches its real pins and buses. Without it, those do not answer.
    pub fn connect(&mut self, real: Arc<dyn Real>) {
        self.real = Some(real);
    }

    /// Whether a pin is a real one.
    pub(super) fn is_real_pin(&self, pin: Pin) -> bool {
        self.board.linux.pins.contains_key(&pin)
    }

    /// Whether a bus is a real one.
    pub(super) fn is_real_i2c(&self, bus: I2cBus) -> bool {
        self.board.linux.i2c.contains_key(&bus)
    }

    /// Configures a pin, if it is a real one.
    pub(super) fn configure_real(
        &self,
        pin: Pin,
        mode: PinMode,
        is_high: bool,
        wants_edges: bool,
    ) -> Result<(), PinError> {
        if !self.is_real_pin(pin) {
            return Ok(());
        }
        if !mode.is_digital() {
            return Err(PinError::Unsupported);
        }
        let wants_edges = wants_edges || mode == PinMode::DigitalInWakeup;
        Ok(self.reach()?.configure_pin(pin, mode, is_high, wants_edges)?)
    }

    /// Writes to a pin, if it is a real one.
    pub(super) fn write_real(&self, pin: Pin, is_high: bool) -> Result<(), PinError> {
        if self.is_real_pin(pin) { Ok(self.reach()?.write_pin(pin, is_high)?) } else { Ok(()) }
    }

    pub(super) fn read_real(&self, pin: Pin) -> Result<bool, PinError> {
        Ok(self.reach()?.read_pin(pin)?)
    }

    /// Leaves those real pins to themselves that are configured so.
    pub(super) fn release_real(&self, which: impl Fn(&PinState) -> bool) {
        let Some(real) = &self.real else { return };
        for (&pin, state) in &self.state.pins {
            if self.is_real_pin(pin) && state.mode.is_some() && which(state) {
                real.release_pin(pin);
            }
        }
    }

    pub(super) fn transfer_real(
        &self,
        bus: I2cBus,
        address: u8,
        written: &[u8],
        read: usize,
    ) -> Result<Vec<u8>, Unreachable> {
        self.reach()?.transfer_i2c(bus, address, written, read)
    }

    fn reach(&self) -> Result<&dyn Real, Unreachable> {
        self.real.as_deref().ok_or(Unreachable)
    }

    /// When real inputs are to be looked at next: never, if no edges of them are wanted.
    pub(super) fn next_look_us(&self) -> Option<i64> {
        let is_wanted = |(&pin, state): (&Pin, &PinState)| self.is_real_pin(pin) && state.is_watched();
        let is_any = self.real.is_some() && self.state.pins.iter().any(is_wanted);
        is_any.then_some(self.looked_us + LOOK_US)
    }

    /// Looks what came of real inputs, and says it.
    pub(super) fn look(&mut self, now_us: i64) -> Vec<HardwareEvent> {
        let Some(real) = self.real.as_ref().filter(|_| self.next_look_us().is_some()) else { return Vec::new() };
        let mut events = Vec::new();
        for (pin, is_high) in real.take_edges() {
            let Some(state) = self.state.pins.get(&pin) else { continue };
            events.extend(state.events(pin, is_high));
        }
        self.looked_us = now_us;
        events
    }
}

impl From<Unreachable> for PinError {
    fn from(Unreachable: Unreachable) -> PinError {
        PinError::NoAnswer
    }
}
