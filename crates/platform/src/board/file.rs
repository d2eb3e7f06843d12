//! A board: what an imp is, and what is wired to it; read from a file that `docs/boards.md` describes.

use std::{collections::BTreeMap, fmt, ops::Range};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::Spanned;

use super::{
    commands::{Command, Piece},
    leds::Leds,
    names::{I2cBus, ImpType, Pin, SpiBus, UartBus},
    pins::PinSource,
    real::Linux,
    registers::RegisterMap,
    signal::Signal,
    uart::Peer,
};

/// A description of an imp and of what is wired to it. Any number of devices can share one.
#[derive(Debug, PartialEq)]
pub struct Board {
    /// The type of imp.
    pub imp_type: ImpType,
    /// How much memory programs have.
    pub memory_bytes: u32,
    /// How much room there is for a program.
    pub program_bytes: u32,
    /// How much of the SPI flash programs have, if the type has one.
    pub flash_bytes: Option<u32>,
    /// Twelve hex digits in lower case; without them, the device's id has it.
    pub mac: Option<String>,
    /// The Wi-Fi it is in.
    pub wifi: Option<Wifi>,
    /// The cellular network it is in.
    pub cellular: Option<Cellular>,
    /// Whether a cable is plugged in.
    pub has_ethernet: bool,
    pub(super) rssi: Signal,
    pub(super) supply_volts: Signal,
    pub(super) light: Signal,
    pub(super) signals: BTreeMap<String, Signal>,
    pub(super) pins: BTreeMap<Pin, PinSource>,
    pub(super) connections: Vec<[Pin; 2]>,
    pub(super) i2c: Vec<I2cPart>,
    pub(super) spi: Vec<SpiPart>,
    pub(super) uarts: BTreeMap<UartBus, Peer>,
    /// UARTs whose other end heeds RTS.
    pub(super) cts_rts: Vec<UartBus>,
    /// What of a real machine it maps; only of a board that was read [with it](Board::parse_with_linux).
    pub linux: Linux,
    /// Tells boards apart.
    pub(super) id: [u8; 8],
}

/// A Wi-Fi network.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wifi {
    /// Its name.
    pub ssid: String,
    /// The address of its access point: twelve hex digits.
    #[serde(default = "bssid")]
    pub bssid: String,
    /// Its channel.
    #[serde(default = "channel")]
    pub channel: u8,
}

fn bssid() -> String {
    "020000000001".to_owned()
}

fn channel() -> u8 {
    6
}

/// A cellular network, and the modem in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cellular {
    /// The network's name.
    pub operator: String,
    /// The modem's number: fifteen digits.
    #[serde(default = "imei")]
    pub imei: String,
}

fn imei() -> String {
    "001010000000001".to_owned()
}

/// A part on an I2C bus.
#[derive(Debug, PartialEq)]
pub(super) struct I2cPart {
    pub bus: I2cBus,
    /// In the form of eight bits, the lowest of which is zero.
    pub address: u8,
    pub kind: I2cKind,
}

#[derive(Debug, PartialEq)]
pub(super) enum I2cKind {
    Registers(Box<RegisterMap>),
    Commands(Vec<Command>),
}

/// A part on an SPI bus.
#[derive(Debug, PartialEq)]
pub(super) struct SpiPart {
    pub bus: SpiBus,
    /// The pin that selects it while it is low; without one it is always selected.
    pub chip_select: Option<Pin>,
    pub kind: SpiKind,
}

#[derive(Debug, PartialEq)]
pub(super) enum SpiKind {
    Leds(Leds),
    Registers(Box<RegisterMap>),
    Loopback,
}

/// A board's file that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardError {
    /// The line of what is wrong, from 1 on.
    pub line: usize,
    /// The column, from 1 on.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for BoardError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for BoardError {}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    imp: ImpType,
    #[serde(default = "memory")]
    memory_bytes: Spanned<u32>,
    #[serde(default = "program")]
    program_bytes: Spanned<u32>,
    flash_bytes: Option<Spanned<u32>>,
    mac: Option<Spanned<String>>,
    #[serde(default = "supply")]
    supply_volts: Signal,
    #[serde(default = "middle")]
    light: Signal,
    #[serde(default)]
    radio: Radio,
    #[serde(default)]
    signals: BTreeMap<String, Spanned<Signal>>,
    #[serde(default)]
    pins: BTreeMap<Pin, Spanned<PinSource>>,
    #[serde(default)]
    connections: Vec<Spanned<[Pin; 2]>>,
    #[serde(default)]
    i2c: Vec<Spanned<I2cEntry>>,
    #[serde(default)]
    spi: Vec<Spanned<SpiEntry>>,
    #[serde(default)]
    uart: BTreeMap<UartBus, Spanned<Peer>>,
    #[serde(default)]
    cts_rts: Vec<UartBus>,
    linux: Option<Spanned<Linux>>,
}

fn memory() -> Spanned<u32> {
    Spanned::new(0..0, 2 << 20)
}

fn program() -> Spanned<u32> {
    Spanned::new(0..0, 1 << 20)
}

fn supply() -> Signal {
    Signal::Constant(3.3)
}

fn middle() -> Signal {
    Signal::Constant(32_768.0)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Radio {
    #[serde(default = "rssi")]
    rssi: Signal,
    wifi: Option<Wifi>,
    cellular: Option<Cellular>,
    #[serde(default)]
    ethernet: bool,
}

fn rssi() -> Signal {
    Signal::Constant(-50.0)
}

impl Default for Radio {
    fn default() -> Radio {
        Radio { rssi: rssi(), wifi: None, cellular: None, ethernet: false }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct I2cEntry {
    bus: I2cBus,
    address: u8,
    registers: Option<Box<RegisterMap>>,
    commands: Option<Vec<Command>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpiEntry {
    bus: SpiBus,
    chip_select: Option<Pin>,
    leds: Option<Leds>,
    registers: Option<Box<RegisterMap>>,
    #[serde(default)]
    loopback: bool,
}

/// The most that a file may hold.
const MOST_BYTES: usize = 256 * 1024;

/// The flash of a type that has one, of which the system keeps a part.
const FLASH_BYTES: u32 = 0x3F_0000;

const READY: [(&str, &str); 4] = [
    ("bare", include_str!("../../boards/bare.toml")),
    ("environment", include_str!("../../boards/environment.toml")),
    ("button-led", include_str!("../../boards/button-led.toml")),
    ("modbus", include_str!("../../boards/modbus.toml")),
];

impl Board {
    /// Reads a board from the text of a file.
    ///
    /// # Errors
    /// If it is not such a file, with the place and what to write instead; or if it maps what is real.
    pub fn parse(text: &str) -> Result<Board, BoardError> {
        let board = Board::parse_with_linux(text)?;
        if board.linux.is_empty() {
            return Ok(board);
        }
        let start = text.find("linux").unwrap_or(0);
        Err(error(text, start..start, "`[linux]` maps real pins and buses, which only `impstead imp` on Linux has"))
    }

    /// Reads a board that may map real pins and buses: for who runs an imp that [has](super::Hardware::connect) them.
    ///
    /// # Errors
    /// If it is not such a file.
    pub fn parse_with_linux(text: &str) -> Result<Board, BoardError> {
        if text.len() > MOST_BYTES {
            return Err(error(text, 0..0, "a board's file has at most 256 KiB"));
        }
        let file: File =
            toml::from_str(text).map_err(|problem| error(text, problem.span().unwrap_or(0..0), problem.message()))?;
        file.board(text).map_err(|(span, message)| error(text, span, &message))
    }

    /// The text of the ready board of a name.
    pub fn ready_text(name: &str) -> Option<&'static str> {
        READY.iter().find(|(ready, _)| *ready == name).map(|(_, text)| *text)
    }

    /// The ready board of a name.
    pub fn ready(name: &str) -> Option<Board> {
        Board::ready_text(name).map(|text| Board::parse(text).expect("a test reads all ready boards"))
    }

    /// The names of the ready boards.
    pub fn ready_names() -> impl Iterator<Item = &'static str> {
        READY.iter().map(|(name, _)| *name)
    }

    /// The names of the board's signals, which can be set while it runs.
    pub fn signal_names(&self) -> impl Iterator<Item = &str> {
        self.signals.keys().map(String::as_str)
    }

    /// The names of its chains of LEDs.
    pub fn led_names(&self) -> impl Iterator<Item = &str> {
        self.spi.iter().filter_map(|part| match &part.kind {
            SpiKind::Leds(leds) => Some(leds.name.as_str()),
            SpiKind::Registers(_) | SpiKind::Loopback => None,
        })
    }

    /// The button at a pin, if there is one: its level while it is pressed, and for how many microseconds it is.
    pub fn button(&self, pin: Pin) -> Option<(bool, i64)> {
        match self.pins.get(&pin)? {
            PinSource::Button(button) => Some(button.press()),
            _ => None,
        }
    }

    /// All signals that something on the board follows.
    pub(super) fn followed(&self) -> Vec<&Signal> {
        let mut signals = vec![&self.rssi, &self.supply_volts, &self.light];
        for source in self.pins.values() {
            if let PinSource::Analog(signal) | PinSource::Volts(signal) = source {
                signals.push(signal);
            }
        }
        for map in self.register_maps() {
            signals.extend(map.values.iter().map(|value| &value.signal));
        }
        for part in &self.i2c {
            if let I2cKind::Commands(commands) = &part.kind {
                signals.extend(commands.iter().flat_map(|command| &command.answer).flat_map(|piece| &piece.signal));
            }
        }
        for peer in self.uarts.values() {
            if let Peer::Modbus(slave) = peer {
                signals.extend(slave.measured.iter().map(|measured| &measured.signal));
            }
        }
        signals
    }

    /// The first name that it maps to what is real, and yet describes.
    fn real_and_simulated(&self) -> Option<&'static str> {
        let interrupts = self.register_maps().flat_map(|map| &map.interrupts).map(|interrupt| interrupt.pin);
        let wired = self.pins.keys().copied().chain(self.connections.iter().flatten().copied()).chain(interrupts);
        let pin = wired.into_iter().find(|pin| self.linux.pins.contains_key(pin)).map(Pin::name);
        let mut buses = self.i2c.iter().map(|part| part.bus);
        pin.or_else(|| buses.find(|bus| self.linux.i2c.contains_key(bus)).map(I2cBus::name))
    }

    /// How many commands parts know.
    pub(super) fn commands(&self) -> usize {
        let of_part = |part: &I2cPart| match &part.kind {
            I2cKind::Commands(commands) => commands.len(),
            I2cKind::Registers(_) => 0,
        };
        self.i2c.iter().map(of_part).sum()
    }

    pub(super) fn register_maps(&self) -> impl Iterator<Item = &RegisterMap> {
        let i2c = self.i2c.iter().filter_map(|part| match &part.kind {
            I2cKind::Registers(map) => Some(&**map),
            I2cKind::Commands(_) => None,
        });
        let spi = self.spi.iter().filter_map(|part| match &part.kind {
            SpiKind::Registers(map) => Some(&**map),
            SpiKind::Leds(_) | SpiKind::Loopback => None,
        });
        i2c.chain(spi)
    }
}

/// A problem with the meaning of a file, and where it is.
type Problem = (Range<usize>, String);

fn problem<T>(span: Range<usize>, message: impl Into<String>) -> Result<T, Problem> {
    Err((span, message.into()))
}

impl File {
    fn board(self, text: &str) -> Result<Board, Problem> {
        let Radio { rssi, wifi, cellular, ethernet } = self.radio;
        let has_network = wifi.is_some() || cellular.is_some() || ethernet;
        let is_cellular = self.imp.is_cellular();
        let usual_wifi = Wifi { ssid: "impstead".to_owned(), bssid: bssid(), channel: channel() };
        let usual_cellular = Cellular { operator: "impstead".to_owned(), imei: imei() };
        let linux = self.linux;
        let mut board = Board {
            imp_type: self.imp,
            memory_bytes: within(self.memory_bytes, 32 << 10..=64 << 20)?,
            program_bytes: within(self.program_bytes, 1 << 10..=16 << 20)?,
            flash_bytes: flash_bytes(self.imp, self.flash_bytes)?,
            mac: self.mac.map(mac).transpose()?,
            wifi: wifi.or_else(|| (!has_network && !is_cellular).then_some(usual_wifi)),
            cellular: cellular.or_else(|| (!has_network && is_cellular).then_some(usual_cellular)),
            has_ethernet: ethernet,
            rssi,
            supply_volts: self.supply_volts,
            light: self.light,
            signals: signals(self.signals)?,
            pins: checked(self.pins, |source| source.problem().map(str::to_owned))?,
            connections: connections(self.connections)?,
            i2c: i2c_parts(self.i2c)?,
            spi: spi_parts(self.spi)?,
            uarts: checked(self.uart, Peer::problem)?,
            cts_rts: self.cts_rts,
            linux: Linux::default(),
            id: Sha256::digest(text)[..8].try_into().expect("it has 32 bytes"),
        };
        for name in board.followed().into_iter().flat_map(Signal::names) {
            if !board.signals.contains_key(name) {
                let start = text.find(&format!("\"{name}\"")).unwrap_or(0);
                let known: Vec<&str> = board.signal_names().collect();
                let message = match known.join(", ") {
                    known if known.is_empty() => format!("there is no signal `{name}` in `[signals]`"),
                    known => format!("there is no signal `{name}` in `[signals]`, which has: {known}"),
                };
                return problem(start..start, message);
            }
        }
        if let Some(linux) = linux {
            let span = linux.span();
            board.linux = linux.into_inner();
            if let Some(name) = board.real_and_simulated() {
                return problem(span, format!("{name} is a real one: nothing else can be wired to it"));
            }
        }
        Ok(board)
    }
}

fn within(number: Spanned<u32>, range: std::ops::RangeInclusive<u32>) -> Result<u32, Problem> {
    if range.contains(number.get_ref()) {
        Ok(*number.get_ref())
    } else {
        problem(number.span(), format!("write a number from {} to {}", range.start(), range.end()))
    }
}

fn flash_bytes(imp: ImpType, bytes: Option<Spanned<u32>>) -> Result<Option<u32>, Problem> {
    match bytes {
        Some(bytes) if !imp.has_spiflash() => problem(bytes.span(), format!("an {} has no SPI flash", imp.name())),
        Some(bytes) => within(bytes, 4096..=64 << 20).map(Some),
        None => Ok(imp.has_spiflash().then_some(FLASH_BYTES)),
    }
}

fn mac(mac: Spanned<String>) -> Result<String, Problem> {
    let digits = mac.get_ref();
    if digits.len() == 12 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        Ok(mac.into_inner())
    } else {
        problem(mac.span(), "write twelve hex digits in lower case, such as \"0c2a69000001\"")
    }
}

fn signals(signals: BTreeMap<String, Spanned<Signal>>) -> Result<BTreeMap<String, Signal>, Problem> {
    checked(signals, |signal| {
        (!signal.names().is_empty()).then(|| "a signal of `[signals]` cannot refer to another".to_owned())
    })
}

/// The entries of a table, if none has a problem.
fn checked<K: Ord, V>(
    entries: BTreeMap<K, Spanned<V>>,
    problem_of: impl Fn(&V) -> Option<String>,
) -> Result<BTreeMap<K, V>, Problem> {
    let check = |(key, entry): (K, Spanned<V>)| match problem_of(entry.get_ref()) {
        Some(message) => problem(entry.span(), message),
        None => Ok((key, entry.into_inner())),
    };
    entries.into_iter().map(check).collect()
}

fn connections(connections: Vec<Spanned<[Pin; 2]>>) -> Result<Vec<[Pin; 2]>, Problem> {
    let check = |pair: Spanned<[Pin; 2]>| {
        if pair.get_ref()[0] == pair.get_ref()[1] {
            return problem(pair.span(), "connect two different pins");
        }
        Ok(pair.into_inner())
    };
    connections.into_iter().map(check).collect()
}

fn i2c_parts(entries: Vec<Spanned<I2cEntry>>) -> Result<Vec<I2cPart>, Problem> {
    let mut parts: Vec<I2cPart> = Vec::new();
    for entry in entries {
        let span = entry.span();
        let I2cEntry { bus, address, registers, commands } = entry.into_inner();
        if address & 1 != 0 {
            let message = format!(
                "write the address as programs do, with 8 bits: not {address:#04x}, but {:#04x} for the \
                 7-bit address {:#04x}",
                address << 1,
                address & 0x7F
            );
            return problem(span, message);
        }
        if parts.iter().any(|part| (part.bus, part.address) == (bus, address)) {
            return problem(span, format!("there are two parts at {address:#04x} on {bus}"));
        }
        let kind = match (registers, commands) {
            (Some(map), None) => match map.problem() {
                Some(message) => return problem(span, message),
                None => I2cKind::Registers(map),
            },
            (None, Some(commands)) => {
                match commands.iter().flat_map(|command| &command.answer).find_map(Piece::problem) {
                    Some(message) => return problem(span, message),
                    None => I2cKind::Commands(commands),
                }
            }
            _ => return problem(span, "a part on I2C has either `registers` or `commands`"),
        };
        parts.push(I2cPart { bus, address, kind });
    }
    Ok(parts)
}

fn spi_parts(entries: Vec<Spanned<SpiEntry>>) -> Result<Vec<SpiPart>, Problem> {
    let mut parts: Vec<SpiPart> = Vec::new();
    for entry in entries {
        let span = entry.span();
        let SpiEntry { bus, chip_select, leds, registers, loopback } = entry.into_inner();
        if parts.iter().any(|part| (part.bus, part.chip_select) == (bus, chip_select)) {
            return problem(
                span,
                format!("there are two parts on {bus} that the same pin selects; give `chip_select`"),
            );
        }
        let kind = match (leds, registers, loopback) {
            (Some(leds), None, false) if !(1..=2000).contains(&leds.count) => {
                return problem(span, "`count` is from 1 to 2000");
            }
            (Some(leds), None, false) => SpiKind::Leds(leds),
            (None, Some(map), false) => match map.problem() {
                Some(message) => return problem(span, message),
                None => SpiKind::Registers(map),
            },
            (None, None, true) => SpiKind::Loopback,
            _ => return problem(span, "a part on SPI has one of `leds`, `registers` and `loopback = true`"),
        };
        parts.push(SpiPart { bus, chip_select, kind });
    }
    Ok(parts)
}

fn error(text: &str, span: Range<usize>, message: &str) -> BoardError {
    let before = text.get(..span.start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    BoardError {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: message.trim_end().to_owned(),
    }
}
