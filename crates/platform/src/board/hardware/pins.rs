//! Pins.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    super::{
        names::Pin,
        numbers::{FULL_SCALE, counts, stream},
        pins::PinSource,
    },
    Hardware, HardwareEvent, OutputChange,
};

/// What a pin is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PinMode {
    /// `DIGITAL_OUT`
    DigitalOut,
    /// `DIGITAL_OUT_OD`: it pulls down or lets go.
    DigitalOutOpenDrain,
    /// `DIGITAL_OUT_OD_PULLUP`
    DigitalOutOpenDrainPullUp,
    /// `DIGITAL_IN`
    DigitalIn,
    /// `DIGITAL_IN_PULLUP`
    DigitalInPullUp,
    /// `DIGITAL_IN_PULLDOWN`
    DigitalInPullDown,
    /// `DIGITAL_IN_WAKEUP`
    DigitalInWakeup,
    /// `ANALOG_IN`
    AnalogIn,
    /// `ANALOG_OUT`
    AnalogOut,
    /// `PWM_OUT`
    PwmOut {
        /// The time between two pulses.
        period_us: i64,
    },
}

impl PinMode {
    /// Whether it reads levels.
    pub fn is_digital_in(self) -> bool {
        matches!(
            self,
            PinMode::DigitalIn | PinMode::DigitalInPullUp | PinMode::DigitalInPullDown | PinMode::DigitalInWakeup
        )
    }

    /// Whether it is about levels only.
    pub(super) fn is_digital(self) -> bool {
        !matches!(self, PinMode::AnalogIn | PinMode::AnalogOut | PinMode::PwmOut { .. })
    }

    fn pulls_up(self) -> bool {
        matches!(self, PinMode::DigitalInPullUp | PinMode::DigitalOutOpenDrainPullUp)
    }
}

/// What somebody applies to a pin from outside, instead of what the board says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// A level.
    Level(bool),
    /// A voltage as programs read it.
    Counts(u16),
    /// A voltage.
    Volts(f64),
}

/// What a pin refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinError {
    /// It has to be configured first.
    NotConfigured,
    /// It cannot be written to as it is configured.
    NotAnOutput,
    /// It cannot wake the device.
    CannotWake,
    /// It is a real pin, which has no such mode.
    Unsupported,
    /// It is a real pin that cannot be used.
    NoAnswer,
}

impl fmt::Display for PinError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            PinError::NotConfigured => "pin is not configured",
            PinError::NotAnOutput => "pin is not an output",
            PinError::CannotWake => "pin cannot wake the device",
            PinError::Unsupported => "unsupported mode",
            PinError::NoAnswer => "pin does not answer",
        })
    }
}

impl std::error::Error for PinError {}

/// A pin as it is just now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct PinState {
    pub mode: Option<PinMode>,
    /// What was written to it: a level or duty, from 0 to 1.
    output: f64,
    wants_edges: bool,
    /// The level that was seen last.
    was_high: bool,
    input: Option<Input>,
}

impl PinState {
    pub(super) fn disable(&mut self) {
        *self = PinState { input: self.input, ..PinState::default() };
    }

    pub(super) fn is_watched(&self) -> bool {
        self.mode.is_some_and(|mode| mode == PinMode::DigitalInWakeup || (self.wants_edges && mode.is_digital_in()))
    }

    /// What is to be told of an edge.
    pub(super) fn events(&self, pin: Pin, is_high: bool) -> impl Iterator<Item = HardwareEvent> + use<> {
        let wakes = self.mode == Some(PinMode::DigitalInWakeup) && is_high;
        let wake = wakes.then_some(HardwareEvent::Wake { pin });
        let edge = self.wants_edges.then_some(HardwareEvent::Edge { pin, is_high });
        wake.into_iter().chain(edge)
    }
}

/// What holds a pin from outside.
enum Drive {
    Digital(bool),
    /// In counts.
    Analog(f64),
}

impl Hardware {
    /// Configures a pin. `initial` is what an output begins with, from 0 to 1; `wants_edges` is about inputs.
    ///
    /// # Errors
    /// [`PinError::CannotWake`]; [`PinError::Unsupported`] and [`PinError::NoAnswer`] of real pins
    pub fn configure_pin(&mut self, pin: Pin, mode: PinMode, initial: f64, wants_edges: bool) -> Result<(), PinError> {
        if mode == PinMode::DigitalInWakeup && !pin.can_wake() {
            return Err(PinError::CannotWake);
        }
        self.configure_real(pin, mode, initial != 0.0, wants_edges)?;
        let state = self.state.pins.entry(pin).or_default();
        *state = PinState { mode: Some(mode), output: 0.0, wants_edges, was_high: false, input: state.input };
        if mode.is_digital_in() {
            // What the level is when it is configured is no edge.
            let is_high = self.is_high(pin);
            self.state.pins.entry(pin).or_default().was_high = is_high;
            self.notice_edges();
        } else if mode != PinMode::AnalogIn {
            self.put(pin, mode, initial);
        }
        Ok(())
    }

    /// Leaves a pin to itself.
    pub fn disable_pin(&mut self, pin: Pin) {
        if let Some(real) = self.real.as_ref().filter(|_| self.is_real_pin(pin)) {
            real.release_pin(pin);
        }
        self.state.pins.entry(pin).or_default().disable();
        self.notice_edges();
    }

    /// How a pin is configured.
    pub fn pin_mode(&self, pin: Pin) -> Option<PinMode> {
        self.state.pins.get(&pin)?.mode
    }

    /// Writes to an output: a level (all but 0 is high), or a part from 0 to 1 to one that is analog or has pulses.
    ///
    /// # Errors
    /// [`PinError::NotConfigured`], [`PinError::NotAnOutput`]; [`PinError::NoAnswer`] of real pins
    pub fn write_pin(&mut self, pin: Pin, value: f64) -> Result<(), PinError> {
        let mode = self.pin_mode(pin).ok_or(PinError::NotConfigured)?;
        if mode.is_digital_in() || mode == PinMode::AnalogIn {
            return Err(PinError::NotAnOutput);
        }
        self.write_real(pin, value != 0.0)?;
        self.put(pin, mode, value);
        Ok(())
    }

    /// Reads a pin: 0 or 1; 0 to 65535 from an analog input; what was written to an output that is analog or has pulses.
    ///
    /// # Errors
    /// [`PinError::NotConfigured`]; [`PinError::NoAnswer`] of real pins
    pub fn read_pin(&self, pin: Pin) -> Result<f64, PinError> {
        Ok(match self.pin_mode(pin).ok_or(PinError::NotConfigured)? {
            PinMode::AnalogIn => f64::from(self.analog_level(pin, self.state.now_us)),
            PinMode::AnalogOut | PinMode::PwmOut { .. } => self.state.pins[&pin].output,
            _ if self.is_real_pin(pin) => f64::from(u8::from(self.read_real(pin)?)),
            _ => f64::from(u8::from(self.is_high(pin))),
        })
    }

    /// Applies something to a pin, or with `None` leaves it to the board again.
    pub fn set_input(&mut self, pin: Pin, input: Option<Input>) {
        self.state.pins.entry(pin).or_default().input = input;
        self.notice_edges();
    }

    /// What is applied to a pin.
    pub fn input(&self, pin: Pin) -> Option<Input> {
        self.state.pins.get(&pin)?.input
    }

    fn put(&mut self, pin: Pin, mode: PinMode, value: f64) {
        let (output, change) = match mode {
            PinMode::AnalogOut => {
                let level = value.clamp(0.0, 1.0);
                (level, OutputChange::Analog { pin, level })
            }
            PinMode::PwmOut { period_us } => {
                let duty = value.clamp(0.0, 1.0);
                (duty, OutputChange::Duty { pin, period_us, duty })
            }
            _ => {
                let is_high = value != 0.0;
                (f64::from(u8::from(is_high)), OutputChange::Level { pin, is_high })
            }
        };
        self.state.pins.entry(pin).or_default().output = output;
        self.output(change);
        self.chip_select_moved(pin, output != 0.0);
        self.notice_edges();
    }

    /// Whether a program holds a pin low.
    pub(super) fn is_held_low(&self, pin: Pin) -> bool {
        matches!(self.driven_by_program(pin), Some(Drive::Digital(false)))
    }

    /// What a program does to a pin.
    fn driven_by_program(&self, pin: Pin) -> Option<Drive> {
        let state = self.state.pins.get(&pin)?;
        match state.mode? {
            PinMode::DigitalOut => Some(Drive::Digital(state.output != 0.0)),
            PinMode::DigitalOutOpenDrain | PinMode::DigitalOutOpenDrainPullUp => {
                (state.output == 0.0).then_some(Drive::Digital(false))
            }
            PinMode::AnalogOut | PinMode::PwmOut { .. } => Some(Drive::Analog(state.output * FULL_SCALE)),
            _ => None,
        }
    }

    /// What is done to a pin from outside the imp, or through a wire from another pin.
    fn driven_from_outside(&self, pin: Pin, at_us: i64) -> Option<Drive> {
        let in_volts = |volts: f64| {
            let supply = self.value_at(&self.board.supply_volts, "supply", at_us);
            Drive::Analog(volts / supply.max(0.1) * FULL_SCALE)
        };
        match self.state.pins.get(&pin).and_then(|state| state.input) {
            Some(Input::Level(is_high)) => return Some(Drive::Digital(is_high)),
            Some(Input::Counts(counts)) => return Some(Drive::Analog(f64::from(counts))),
            Some(Input::Volts(volts)) => return Some(in_volts(volts)),
            None => {}
        }
        let (seed, us) = (self.state.world.seed, at_us - self.state.world.started_us);
        match self.board.pins.get(&pin) {
            Some(PinSource::Analog(signal)) => return Some(Drive::Analog(self.value_at(signal, pin.name(), at_us))),
            Some(PinSource::Volts(signal)) => return Some(in_volts(self.value_at(signal, pin.name(), at_us))),
            Some(source) => return source.level_at(us, seed, stream(pin.name())).map(Drive::Digital),
            None => {}
        }
        if let Some(is_high) = self.interrupt_level(pin) {
            return Some(Drive::Digital(is_high));
        }
        let others = self.board.connections.iter().filter_map(|&[one, other]| match pin {
            _ if one == pin => Some(other),
            _ if other == pin => Some(one),
            _ => None,
        });
        others.into_iter().find_map(|other| self.driven_by_program(other))
    }

    /// Whether a pin is high now.
    fn is_high(&self, pin: Pin) -> bool {
        let drive = self.driven_by_program(pin).or_else(|| self.driven_from_outside(pin, self.state.now_us));
        match drive {
            Some(Drive::Digital(is_high)) => is_high,
            Some(Drive::Analog(counts)) => counts >= FULL_SCALE / 2.0,
            None => self.pin_mode(pin).is_some_and(PinMode::pulls_up),
        }
    }

    /// The voltage of a pin as programs read it; half of the supply's where nothing is wired.
    pub(super) fn analog_level(&self, pin: Pin, at_us: i64) -> u16 {
        match self.driven_from_outside(pin, at_us) {
            Some(Drive::Digital(is_high)) => u16::from(is_high) * u16::MAX,
            Some(Drive::Analog(level)) => counts(level),
            None => 32_768,
        }
    }

    /// When a watched pin may change next because of what the board does to it.
    pub(super) fn next_edge_us(&self) -> Option<i64> {
        let world = &self.state.world;
        let is_moved =
            |(pin, state): &(&Pin, &PinState)| state.is_watched() && state.input.is_none() && !self.is_real_pin(**pin);
        let watched = self.state.pins.iter().filter(is_moved);
        let edge = |(pin, _): (&Pin, _)| {
            let source = self.board.pins.get(pin)?;
            let us = source.next_edge(self.state.now_us - world.started_us, world.seed, stream(pin.name()))?;
            Some(world.started_us + us)
        };
        watched.filter_map(edge).min()
    }

    /// Compares the watched pins with how they were.
    pub(super) fn notice_edges(&mut self) {
        let changed: Vec<(Pin, bool)> = self
            .state
            .pins
            .iter()
            .filter(|&(&pin, state)| state.is_watched() && !self.is_real_pin(pin))
            .map(|(&pin, state)| (pin, state.was_high, self.is_high(pin)))
            .filter(|(_, was_high, is_high)| was_high != is_high)
            .map(|(pin, _, is_high)| (pin, is_high))
            .collect();
        for (pin, is_high) in changed {
            let state = self.state.pins.entry(pin).or_default();
            state.was_high = is_high;
            self.state.events.extend(state.events(pin, is_high));
        }
    }
}
