//! I2C buses.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    super::{file::I2cKind, names::I2cBus, numbers::stream},
    Hardware, I2cPartState, State, measure,
};

/// Why something on an I2C bus failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum I2cError {
    /// Nothing answers at the address, or it is busy.
    NotAcknowledged,
    /// The bus is not configured.
    NotEnabled,
}

impl I2cError {
    /// Its number, as `i2c.write()` and `i2c.readerror()` return it.
    pub fn code(self) -> i32 {
        match self {
            I2cError::NotAcknowledged => -9,
            I2cError::NotEnabled => -13,
        }
    }
}

impl fmt::Display for I2cError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            I2cError::NotAcknowledged => "not acknowledged",
            I2cError::NotEnabled => "bus is not enabled",
        })
    }
}

impl std::error::Error for I2cError {}

/// A bus that is configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct I2cBusState {
    is_enabled: bool,
    last_error: Option<I2cError>,
}

impl Hardware {
    /// Configures a bus. How fast it is makes no difference.
    pub fn configure_i2c(&mut self, bus: I2cBus) {
        self.state.i2c_buses.insert(bus, I2cBusState { is_enabled: true, last_error: None });
    }

    /// Disables a bus.
    pub fn disable_i2c(&mut self, bus: I2cBus) {
        self.state.i2c_buses.entry(bus).or_default().is_enabled = false;
    }

    /// Writes to an address, in its form of 8 bits.
    ///
    /// # Errors
    /// [`I2cError`]
    pub fn write_i2c(&mut self, bus: I2cBus, address: u8, bytes: &[u8]) -> Result<(), I2cError> {
        if self.is_real_i2c(bus) {
            return self.transfer(bus, |hardware| hardware.transfer_real(bus, address, bytes, 0).ok().map(drop));
        }
        self.transfer(bus, |hardware| hardware.write_part(bus, address, bytes))
    }

    /// Writes to an address unless there is nothing to write, and reads from it in the same transfer.
    ///
    /// # Errors
    /// [`I2cError`]
    pub fn read_i2c(&mut self, bus: I2cBus, address: u8, written: &[u8], count: usize) -> Result<Vec<u8>, I2cError> {
        if self.is_real_i2c(bus) {
            return self.transfer(bus, |hardware| hardware.transfer_real(bus, address, written, count).ok());
        }
        self.transfer(bus, |hardware| {
            if !written.is_empty() {
                hardware.write_part(bus, address, written)?;
            }
            hardware.read_part(bus, address, count)
        })
    }

    /// The error of the last transfer.
    pub fn last_i2c_error(&self, bus: I2cBus) -> Option<I2cError> {
        self.state.i2c_buses.get(&bus)?.last_error
    }

    fn transfer<T>(&mut self, bus: I2cBus, transfer: impl FnOnce(&mut Hardware) -> Option<T>) -> Result<T, I2cError> {
        let is_enabled = self.state.i2c_buses.get(&bus).is_some_and(|bus| bus.is_enabled);
        let result =
            if is_enabled { transfer(self).ok_or(I2cError::NotAcknowledged) } else { Err(I2cError::NotEnabled) };
        self.state.i2c_buses.entry(bus).or_default().last_error = result.as_ref().err().copied();
        self.notice_edges();
        result
    }

    fn part_at(&self, bus: I2cBus, address: u8) -> Option<usize> {
        self.board.i2c.iter().position(|part| part.bus == bus && part.address == address & 0xFE)
    }

    fn write_part(&mut self, bus: I2cBus, address: u8, bytes: &[u8]) -> Option<()> {
        let index = self.part_at(bus, address)?;
        let Hardware { board, state: State { world, i2c_parts, now_us, .. }, .. } = self;
        match (&board.i2c[index].kind, &mut i2c_parts[index]) {
            (I2cKind::Registers(map), I2cPartState::Registers(registers)) => {
                registers.write(map, bytes, *now_us, &measure(world, &board.signals));
                Some(())
            }
            (I2cKind::Commands(commands), I2cPartState::Commands(commanded)) => {
                let place = stream(bus.name()) ^ u64::from(address);
                commanded.write(commands, bytes, *now_us, |signal, piece, at_us| {
                    world.value(&board.signals, signal, place.wrapping_add(piece as u64), at_us)
                })
            }
            _ => None,
        }
    }

    fn read_part(&mut self, bus: I2cBus, address: u8, count: usize) -> Option<Vec<u8>> {
        let index = self.part_at(bus, address)?;
        let Hardware { board, state: State { world, i2c_parts, now_us, .. }, .. } = self;
        match (&board.i2c[index].kind, &mut i2c_parts[index]) {
            (I2cKind::Registers(map), I2cPartState::Registers(registers)) => {
                Some(registers.read(map, count, *now_us, &measure(world, &board.signals)))
            }
            (I2cKind::Commands(_), I2cPartState::Commands(commanded)) => commanded.read(count, *now_us),
            _ => None,
        }
    }
}
