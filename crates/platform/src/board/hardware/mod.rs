//! The hardware of one device while it runs.
//!
//! Nothing happens of itself: whoever holds it says how late it is ([`Hardware::advance`]), and asks when to come back
//! ([`Hardware::next_event_us`]). All times are in microseconds and on one clock. The same board, seed and calls always give
//! the same answers.

mod i2c;
mod pins;
mod real;
mod spi;
mod streams;
mod uart;

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::Arc,
};

use serde::{Deserialize, Serialize};

pub use i2c::I2cError;
pub use pins::{Input, PinError, PinMode};
pub use spi::SpiSetting;
pub use streams::StreamError;

use self::{i2c::I2cBusState, pins::PinState, spi::SpiBusState};
use super::{
    commands::Commanded,
    file::{Board, I2cKind, SpiKind},
    leds::Colour,
    names::{I2cBus, Pin, SpiBus, UartBus},
    numbers::{counts, stream},
    real::Real,
    registers::{RegisterMap, Registers},
    signal::{Signal, World},
    streams::{Dac, Sampler},
    uart::Uart,
};

/// The hardware of one device.
#[derive(Clone, Debug)]
pub struct Hardware {
    board: Arc<Board>,
    state: State,
    /// What reaches real pins and buses, and when real inputs were looked at last.
    real: Option<Arc<dyn Real>>,
    looked_us: i64,
    /// How much may be done at once, and whether that was not enough.
    most_steps: usize,
    is_late: bool,
}

/// Everything about a device's hardware that its board does not say, as plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    board: [u8; 8],
    now_us: i64,
    world: World,
    pins: BTreeMap<Pin, PinState>,
    i2c_buses: BTreeMap<I2cBus, I2cBusState>,
    i2c_parts: Vec<I2cPartState>,
    spi_buses: BTreeMap<SpiBus, SpiBusState>,
    spi_parts: Vec<SpiPartState>,
    uarts: BTreeMap<UartBus, Uart>,
    sampler: Option<Sampler>,
    dac: Option<Dac>,
    /// What has happened and was not told yet.
    events: Vec<HardwareEvent>,
    is_watched: bool,
    outputs: VecDeque<Output>,
    output_bytes: usize,
    /// Changes that were forgotten since the last time that somebody asked.
    skipped: u64,
}

/// How a part on I2C is, in the order of the board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum I2cPartState {
    Registers(Registers),
    Commands(Commanded),
}

/// How a part on SPI is, in the order of the board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum SpiPartState {
    Leds(Vec<Colour>),
    Registers(Registers),
    Loopback,
}

/// Something of which a program, or what runs it, has to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HardwareEvent {
    /// The level of an input has changed whose edges are wanted.
    Edge {
        /// The pin.
        pin: Pin,
        /// Its level now.
        is_high: bool,
    },
    /// A pin that was configured to wake the device has gone high.
    Wake {
        /// The pin.
        pin: Pin,
    },
    /// Bytes have arrived.
    UartData {
        /// Where.
        bus: UartBus,
    },
    /// A buffer of the sampler is full.
    SamplerBuffer {
        /// Which, from zero on.
        buffer: usize,
        /// What is in it.
        bytes: Vec<u8>,
    },
    /// The DAC has played a buffer: the one that was added first.
    DacBuffer {
        /// Whether another follows.
        continues: bool,
    },
}

/// Something that the device did to the world, for those who watch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// When.
    pub at_us: i64,
    /// What.
    pub what: OutputChange,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OutputChange {
    /// A digital output.
    Level {
        /// The pin.
        pin: Pin,
        /// Its level now.
        is_high: bool,
    },
    /// A pin with pulses.
    Duty {
        /// The pin.
        pin: Pin,
        /// The time between two pulses.
        period_us: i64,
        /// Which part of it the pin is high.
        duty: f64,
    },
    /// An analog output.
    Analog {
        /// The pin.
        pin: Pin,
        /// Its level, from 0 to 1.
        level: f64,
    },
    /// LEDs, all of their chain.
    Leds {
        /// Their name on the board.
        name: String,
        /// Their colours.
        colours: Vec<Colour>,
    },
    /// Bytes that a program has sent.
    Uart {
        /// Where.
        bus: UartBus,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// Samples that the DAC has played.
    Dac {
        /// The pin.
        pin: Pin,
        /// The samples.
        samples: Vec<u16>,
    },
}

impl OutputChange {
    /// What it takes beside itself.
    fn bytes(&self) -> usize {
        match self {
            OutputChange::Level { .. } | OutputChange::Duty { .. } | OutputChange::Analog { .. } => 0,
            OutputChange::Leds { name, colours } => name.len() + size_of_val(colours.as_slice()),
            OutputChange::Uart { bytes, .. } => bytes.len(),
            OutputChange::Dac { samples, .. } => size_of_val(samples.as_slice()),
        }
    }
}

/// Steps that are done at once where hardware takes turns: about a tenth of a millisecond. On a board with many pieces each takes
/// longer, by that of a board with so many more as there are of these.
const MOST_STEPS: usize = 100;
const PIECES_OF_A_STEP: usize = 16;

/// More changes than these, and more bytes in them, do not wait for those who watch; the oldest are forgotten.
const MOST_OUTPUTS: usize = 4096;
const MOST_OUTPUT_BYTES: usize = 1 << 20;

/// A [`State`] of another board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherBoard;

impl fmt::Display for OtherBoard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the hardware was kept with another board")
    }
}

impl std::error::Error for OtherBoard {}

impl Hardware {
    /// The hardware of a board at power-on. The seed decides noise and bounces.
    pub fn new(board: Arc<Board>, seed: u64, now_us: i64) -> Hardware {
        let i2c_part = |kind: &I2cKind| match kind {
            I2cKind::Registers(map) => I2cPartState::Registers(Registers::new(map, now_us)),
            I2cKind::Commands(_) => I2cPartState::Commands(Commanded::default()),
        };
        let spi_part = |kind: &SpiKind| match kind {
            SpiKind::Leds(leds) => SpiPartState::Leds(vec![Colour::default(); usize::from(leds.count)]),
            SpiKind::Registers(map) => SpiPartState::Registers(Registers::new(map, now_us)),
            SpiKind::Loopback => SpiPartState::Loopback,
        };
        let state = State {
            board: board.id,
            now_us,
            world: World { seed, started_us: now_us, set: BTreeMap::new() },
            pins: BTreeMap::new(),
            i2c_buses: BTreeMap::new(),
            i2c_parts: board.i2c.iter().map(|part| i2c_part(&part.kind)).collect(),
            spi_buses: BTreeMap::new(),
            spi_parts: board.spi.iter().map(|part| spi_part(&part.kind)).collect(),
            uarts: BTreeMap::new(),
            sampler: None,
            dac: None,
            events: Vec::new(),
            is_watched: false,
            outputs: VecDeque::new(),
            output_bytes: 0,
            skipped: 0,
        };
        Hardware::with(board, state)
    }

    /// The hardware at power-on in a world that has been there for a while: what changes with time on the board is counted from
    /// then on.
    pub fn powered_in(board: Arc<Board>, seed: u64, began_us: i64, now_us: i64) -> Hardware {
        let mut hardware = Hardware::new(board, seed, now_us);
        hardware.state.world.started_us = began_us;
        hardware
    }

    /// The hardware as it was when its state was kept.
    ///
    /// # Errors
    /// [`OtherBoard`]
    pub fn restore(board: Arc<Board>, state: State) -> Result<Hardware, OtherBoard> {
        if state.board == board.id { Ok(Hardware::with(board, state)) } else { Err(OtherBoard) }
    }

    fn with(board: Arc<Board>, state: State) -> Hardware {
        let looked_us = state.now_us;
        Hardware { board, state, real: None, looked_us, most_steps: usize::MAX, is_late: false }
    }

    /// Has [`Hardware::advance`] do only so much at once that others have their turn soon: where many share a machine. Then what
    /// happens on a board that asks too much happens late. At first it does all that is due, however long that takes.
    pub fn take_turns(&mut self) {
        self.most_steps = (MOST_STEPS / (1 + self.board.pieces() / PIECES_OF_A_STEP)).max(1);
    }

    /// Whether there is more to do up to the time that was told last.
    pub fn is_late(&self) -> bool {
        self.is_late
    }

    /// How far it has come.
    pub fn now_us(&self) -> i64 {
        self.state.now_us
    }

    /// What has to be kept to [restore](Hardware::restore) it.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The board.
    pub fn board(&self) -> &Arc<Board> {
        &self.board
    }

    /// Puts pins and buses back as they are when a program starts; the parts on the board notice nothing.
    pub fn reset(&mut self) {
        self.release_real(|_| true);
        self.reset_simulated();
    }

    fn reset_simulated(&mut self) {
        for pin in self.state.pins.values_mut() {
            pin.disable();
        }
        self.state.i2c_buses.clear();
        self.state.spi_buses.clear();
        for uart in self.state.uarts.values_mut() {
            uart.restart();
        }
        (self.state.sampler, self.state.dac) = (None, None);
        self.state.events.clear();
    }

    /// Does what [`Hardware::reset`] does, but leaves pins that wake the device.
    pub fn sleep(&mut self) {
        let wakes = |pin: &PinState| pin.mode == Some(PinMode::DigitalInWakeup);
        let pins: Vec<_> =
            self.state.pins.iter().filter(|(_, pin)| wakes(pin)).map(|(&pin, state)| (pin, *state)).collect();
        self.release_real(|pin| !wakes(pin));
        self.reset_simulated();
        self.state.pins.extend(pins);
    }

    /// When [`Hardware::advance`] has something to do next.
    pub fn next_event_us(&self) -> Option<i64> {
        self.next_simulated_us().into_iter().chain(self.next_look_us()).min()
    }

    fn next_simulated_us(&self) -> Option<i64> {
        let State { now_us, world, sampler, dac, events, .. } = &self.state;
        if !events.is_empty() {
            return Some(*now_us);
        }
        let parts = self.register_parts().filter_map(|(map, registers)| registers.next_us(map));
        let uarts = self.state.uarts.iter().filter_map(|(bus, uart)| {
            uart.next_us(self.board.uarts.get(bus).unwrap_or(&super::uart::Peer::Silent), world.started_us, *now_us)
        });
        let streams = [sampler.as_ref().and_then(Sampler::next_us), dac.as_ref().and_then(Dac::next_us)];
        self.next_edge_us().into_iter().chain(parts).chain(uarts).chain(streams.into_iter().flatten()).min()
    }

    /// Lets time pass, and says what happened, in the order in which it did. If it [takes turns](Hardware::take_turns), it may be
    /// [late](Hardware::is_late) after that.
    pub fn advance(&mut self, now_us: i64) -> Vec<HardwareEvent> {
        let mut told = std::mem::take(&mut self.state.events);
        let mut steps = 0;
        self.is_late = false;
        while let Some(at_us) = self.next_simulated_us().filter(|&at_us| at_us <= now_us) {
            if steps == self.most_steps {
                self.is_late = true;
                break;
            }
            steps += 1;
            self.state.now_us = self.state.now_us.max(at_us);
            self.step_parts();
            self.step_uarts();
            self.step_streams();
            self.notice_edges();
            told.append(&mut self.state.events);
        }
        if !self.is_late {
            self.state.now_us = self.state.now_us.max(now_us);
        }
        told.append(&mut self.look(now_us));
        told
    }

    /// Sets one of the board's signals, or with `None` leaves it to the board again.
    ///
    /// # Errors
    /// The message, if the board has no such signal.
    pub fn set_signal(&mut self, name: &str, value: Option<f64>) -> Result<(), UnknownSignal> {
        if !self.board.signals.contains_key(name) {
            return Err(UnknownSignal);
        }
        match value {
            Some(value) => self.state.world.set.insert(name.to_owned(), value),
            None => self.state.world.set.remove(name),
        };
        Ok(())
    }

    /// What one of the board's signals is now.
    pub fn signal(&self, name: &str) -> Option<f64> {
        self.board.signals.contains_key(name).then(|| self.value(&Signal::Named(name.to_owned()), ""))
    }

    /// The voltage of the supply: `hardware.voltage()`.
    pub fn supply_volts(&self) -> f64 {
        self.value(&self.board.supply_volts, "supply")
    }

    /// How bright it is: `hardware.lightlevel()`.
    pub fn light_level(&self) -> u16 {
        counts(self.value(&self.board.light, "light"))
    }

    /// How well the radio receives, in dBm.
    pub fn rssi(&self) -> i32 {
        i32::try_from(super::numbers::whole(self.value(&self.board.rssi, "rssi"), -200, 0))
            .expect("it is within the limits")
    }

    /// Whether to gather what changes on outputs. At first nobody watches.
    pub fn watch(&mut self, is_watched: bool) {
        self.state.is_watched = is_watched;
        self.take_outputs();
        self.state.skipped = 0;
    }

    /// What has changed on outputs since the last time that somebody asked; the oldest of very many changes are
    /// [skipped](Hardware::take_skipped).
    pub fn take_outputs(&mut self) -> Vec<Output> {
        self.state.output_bytes = 0;
        self.state.outputs.drain(..).collect()
    }

    /// How many changes were forgotten since the last time that somebody asked.
    pub fn take_skipped(&mut self) -> u64 {
        std::mem::take(&mut self.state.skipped)
    }

    /// The colours of the LEDs of a name.
    pub fn leds(&self, name: &str) -> Option<&[Colour]> {
        self.board.spi.iter().zip(&self.state.spi_parts).find_map(|(part, state)| match (&part.kind, state) {
            (SpiKind::Leds(leds), SpiPartState::Leds(colours)) if leds.name == name => Some(colours.as_slice()),
            _ => None,
        })
    }

    /// The parts on SPI, and how each is.
    pub(super) fn parts_on_spi(&self) -> impl Iterator<Item = (&SpiKind, &SpiPartState)> {
        self.board.spi.iter().zip(&self.state.spi_parts).map(|(part, state)| (&part.kind, state))
    }

    fn output(&mut self, what: OutputChange) {
        if !self.state.is_watched {
            return;
        }
        let State { outputs, output_bytes, skipped, now_us, .. } = &mut self.state;
        *output_bytes += what.bytes();
        outputs.push_back(Output { at_us: *now_us, what });
        while (outputs.len() > MOST_OUTPUTS || *output_bytes > MOST_OUTPUT_BYTES)
            && let Some(oldest) = outputs.pop_front()
        {
            *output_bytes -= oldest.what.bytes();
            *skipped += 1;
        }
    }

    fn value(&self, signal: &Signal, place: &str) -> f64 {
        self.value_at(signal, place, self.state.now_us)
    }

    fn value_at(&self, signal: &Signal, place: &str, at_us: i64) -> f64 {
        self.state.world.value(&self.board.signals, signal, stream(place), at_us)
    }

    /// All parts that are registers.
    fn register_parts(&self) -> impl Iterator<Item = (&RegisterMap, &Registers)> {
        let i2c =
            self.board.i2c.iter().zip(&self.state.i2c_parts).filter_map(|(part, state)| match (&part.kind, state) {
                (I2cKind::Registers(map), I2cPartState::Registers(registers)) => Some((&**map, registers)),
                _ => None,
            });
        let spi =
            self.board.spi.iter().zip(&self.state.spi_parts).filter_map(|(part, state)| match (&part.kind, state) {
                (SpiKind::Registers(map), SpiPartState::Registers(registers)) => Some((&**map, registers)),
                _ => None,
            });
        i2c.chain(spi)
    }

    /// The level at which parts hold a pin: that of an active interrupt, or the level at rest.
    fn interrupt_level(&self, pin: Pin) -> Option<bool> {
        let mut at_rest = None;
        for (map, registers) in self.register_parts() {
            for interrupt in map.interrupts.iter().filter(|interrupt| interrupt.pin == pin) {
                if registers.is_active(interrupt) {
                    return Some(interrupt.active);
                }
                at_rest = at_rest.or(Some(!interrupt.active));
            }
        }
        at_rest
    }

    /// Has the parts do what is due. Those that do not measure of themselves do it when they are read.
    fn step_parts(&mut self) {
        let Hardware { board, state: State { world, i2c_parts, spi_parts, now_us, .. }, .. } = self;
        let measure = measure(world, &board.signals);
        let i2c = board.i2c.iter().zip(i2c_parts).filter_map(|(part, state)| match (&part.kind, state) {
            (I2cKind::Registers(map), I2cPartState::Registers(registers)) => Some((&**map, registers)),
            _ => None,
        });
        let spi = board.spi.iter().zip(spi_parts).filter_map(|(part, state)| match (&part.kind, state) {
            (SpiKind::Registers(map), SpiPartState::Registers(registers)) => Some((&**map, registers)),
            _ => None,
        });
        for (map, registers) in i2c.chain(spi).filter(|(map, _)| map.sampling.is_some()) {
            registers.catch_up(map, *now_us, &measure);
        }
    }
}

/// No signal of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownSignal;

impl fmt::Display for UnknownSignal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the board has no such signal")
    }
}

impl std::error::Error for UnknownSignal {}

/// What the values of parts with registers are in a world.
fn measure(world: &World, signals: &BTreeMap<String, Signal>) -> impl Fn(&super::registers::Value, i64) -> f64 {
    move |value, at_us| world.value(signals, &value.signal, stream(&value.name), at_us)
}
