//! Real pins and I2C buses of a Linux machine, for boards that map them.

use anyhow::{Context, Result, bail};
use gpiocdev::{
    Request,
    line::{Bias, Drive, EdgeDetection, EdgeKind, Value},
    request::Config,
};
use i2cdev::{
    core::{I2CMessage, I2CTransfer},
    linux::{LinuxI2CBus, LinuxI2CMessage},
};
use platform::board::{Board, BoardError, GpioLine, I2cBus, Linux, Pin, PinMode, Real, Unreachable};
use std::{
    collections::BTreeMap,
    fmt::Display,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Edges that are taken of one pin at once; more wait.
const MOST_EDGES: usize = 100;

/// Reads a board, which may map what is real.
pub fn parse(text: &str) -> Result<Board, BoardError> {
    Board::parse_with_linux(text)
}

/// Opens what a board maps, for so many imps.
pub fn connect(board: &Board, imps: usize) -> Result<Option<Arc<dyn Real>>> {
    let Linux { pins, i2c } = &board.linux;
    if pins.is_empty() && i2c.is_empty() {
        return Ok(None);
    }
    if imps > 1 {
        bail!("the board maps real pins or buses, which one imp can have only: run it by itself");
    }
    for (pin, GpioLine { chip, line }) in pins {
        let info = gpiocdev::chip::Chip::from_path(chip).and_then(|chip| chip.info());
        let info = info.with_context(|| format!("cannot use {} for {pin}", chip.display()))?;
        if *line >= info.num_lines {
            bail!("{} has no line {line} for {pin}: it has {} lines", chip.display(), info.num_lines);
        }
    }
    let open = |(&bus, path): (&I2cBus, &PathBuf)| {
        let opened = LinuxI2CBus::new(path);
        Ok((bus, Mutex::new(opened.with_context(|| format!("cannot open {} for {bus}", path.display()))?)))
    };
    let buses = i2c.iter().map(open).collect::<Result<_>>()?;
    Ok(Some(Arc::new(Machine { lines: pins.clone(), requests: Mutex::default(), buses })))
}

/// What a board maps of this machine.
#[derive(Debug)]
struct Machine {
    lines: BTreeMap<Pin, GpioLine>,
    /// Pins that the program has configured.
    requests: Mutex<BTreeMap<Pin, Request>>,
    buses: BTreeMap<I2cBus, Mutex<LinuxI2CBus>>,
}

impl Machine {
    fn requests(&self) -> MutexGuard<'_, BTreeMap<Pin, Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Real for Machine {
    fn configure_pin(&self, pin: Pin, mode: PinMode, is_high: bool, wants_edges: bool) -> Result<(), Unreachable> {
        let line = self.lines.get(&pin).ok_or(Unreachable)?;
        let config = config(line, mode, is_high, wants_edges).ok_or(Unreachable)?;
        let mut requests = self.requests();
        // The kernel gives a line away once.
        requests.remove(&pin);
        let request = Request::from_config(config).with_consumer("impstead").request();
        requests.insert(pin, request.map_err(|error| unreachable(pin, &error))?);
        Ok(())
    }

    fn release_pin(&self, pin: Pin) {
        self.requests().remove(&pin);
    }

    fn write_pin(&self, pin: Pin, is_high: bool) -> Result<(), Unreachable> {
        let requests = self.requests();
        let request = requests.get(&pin).ok_or(Unreachable)?;
        request.set_lone_value(value(is_high)).map_err(|error| unreachable(pin, &error))
    }

    fn read_pin(&self, pin: Pin) -> Result<bool, Unreachable> {
        let requests = self.requests();
        let value = requests.get(&pin).ok_or(Unreachable)?.lone_value();
        Ok(value.map_err(|error| unreachable(pin, &error))? == Value::Active)
    }

    fn take_edges(&self) -> Vec<(Pin, bool)> {
        let mut edges = Vec::new();
        for (&pin, request) in &*self.requests() {
            for _ in 0..MOST_EDGES {
                if !matches!(request.has_edge_event(), Ok(true)) {
                    break;
                }
                match request.read_edge_event() {
                    Ok(event) => edges.push((pin, event.kind == EdgeKind::Rising)),
                    Err(error) => {
                        unreachable(pin, &error);
                        break;
                    }
                }
            }
        }
        edges
    }

    fn transfer_i2c(&self, bus: I2cBus, address: u8, written: &[u8], read: usize) -> Result<Vec<u8>, Unreachable> {
        let mut answer = vec![0; read];
        let mut messages: Vec<_> =
            messages(written, &mut answer).into_iter().map(|message| message.to(address)).collect();
        let opened = self.buses.get(&bus).ok_or(Unreachable)?;
        let sent = opened.lock().unwrap_or_else(PoisonError::into_inner).transfer(&mut messages);
        // Drivers do not agree on how they say that nothing acknowledges, so it cannot be told from other failures.
        sent.map_err(|_| Unreachable)?;
        Ok(answer)
    }
}

/// Tells why a pin cannot be used: the program hears only that it cannot.
fn unreachable(pin: Pin, why: &dyn Display) -> Unreachable {
    eprintln!("impstead: {pin}: {why}");
    Unreachable
}

/// How a line is asked for, for a mode of a pin; nothing for those that are not digital.
fn config(line: &GpioLine, mode: PinMode, is_high: bool, wants_edges: bool) -> Option<Config> {
    let mut config = Config::default();
    config.on_chip(&line.chip).with_line(line.line);
    match mode {
        PinMode::DigitalOut => config.as_output(value(is_high)),
        PinMode::DigitalOutOpenDrain => config.as_output(value(is_high)).with_drive(Drive::OpenDrain),
        PinMode::DigitalOutOpenDrainPullUp => {
            config.as_output(value(is_high)).with_drive(Drive::OpenDrain).with_bias(Bias::PullUp)
        }
        PinMode::DigitalIn => config.as_input().with_bias(Bias::Disabled),
        PinMode::DigitalInPullUp => config.as_input().with_bias(Bias::PullUp),
        // A pin that wakes the imp is held low while nothing drives it.
        PinMode::DigitalInPullDown | PinMode::DigitalInWakeup => config.as_input().with_bias(Bias::PullDown),
        PinMode::AnalogIn | PinMode::AnalogOut | PinMode::PwmOut { .. } => return None,
    };
    if wants_edges && mode.is_digital_in() {
        config.with_edge_detection(EdgeDetection::BothEdges);
    }
    Some(config)
}

fn value(is_high: bool) -> Value {
    if is_high { Value::Active } else { Value::Inactive }
}

/// A message of a transfer; those of one follow each other without a stop between them.
#[derive(Debug, PartialEq, Eq)]
enum Message<'a> {
    Write(&'a [u8]),
    Read(&'a mut [u8]),
}

/// The messages that write bytes and read some. One that writes nothing asks whether somebody is there.
fn messages<'a>(written: &'a [u8], read: &'a mut [u8]) -> Vec<Message<'a>> {
    match (written.is_empty(), read.is_empty()) {
        (_, true) => vec![Message::Write(written)],
        (true, false) => vec![Message::Read(read)],
        (false, false) => vec![Message::Write(written), Message::Read(read)],
    }
}

impl<'a> Message<'a> {
    /// The message as the kernel takes it, to an address of eight bits.
    fn to(self, address: u8) -> LinuxI2CMessage<'a> {
        let message = match self {
            Message::Write(bytes) => LinuxI2CMessage::write(bytes),
            Message::Read(bytes) => LinuxI2CMessage::read(bytes),
        };
        message.with_address(seven_bits(address))
    }
}

/// An address as Linux counts them: without the bit that says whether it is read.
fn seven_bits(address: u8) -> u16 {
    u16::from(address >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gpiocdev::line::Direction;

    fn line() -> GpioLine {
        GpioLine { chip: "/dev/gpiochip0".into(), line: 17 }
    }

    fn pin(name: &str) -> Pin {
        Pin::named(name).unwrap()
    }

    #[test]
    fn lines_are_asked_for_as_pins_are_configured() {
        let asked = |mode, wants_edges| {
            let config = config(&line(), mode, true, wants_edges).unwrap();
            assert_eq!((config.chip().to_str(), config.num_lines()), (Some("/dev/gpiochip0"), 1));
            let line = config.line_config(17).unwrap().clone();
            (line.direction, line.bias, line.drive, line.edge_detection)
        };
        let (output, input) = (Some(Direction::Output), Some(Direction::Input));
        let open = Some(Drive::OpenDrain);
        let both = Some(EdgeDetection::BothEdges);
        assert_eq!(asked(PinMode::DigitalOut, true), (output, None, None, None));
        assert_eq!(asked(PinMode::DigitalOutOpenDrain, false), (output, None, open, None));
        assert_eq!(asked(PinMode::DigitalOutOpenDrainPullUp, false), (output, Some(Bias::PullUp), open, None));
        assert_eq!(asked(PinMode::DigitalIn, false), (input, Some(Bias::Disabled), None, None));
        assert_eq!(asked(PinMode::DigitalInPullUp, true), (input, Some(Bias::PullUp), None, both));
        assert_eq!(asked(PinMode::DigitalInPullDown, true), (input, Some(Bias::PullDown), None, both));
        assert_eq!(asked(PinMode::DigitalInWakeup, true), (input, Some(Bias::PullDown), None, both));
        let begins =
            |is_high| config(&line(), PinMode::DigitalOut, is_high, false).unwrap().line_config(17).unwrap().value;
        assert_eq!((begins(true), begins(false)), (Some(Value::Active), Some(Value::Inactive)));
        for mode in [PinMode::AnalogIn, PinMode::AnalogOut, PinMode::PwmOut { period_us: 1 }] {
            assert_eq!(config(&line(), mode, true, true), None);
        }
    }

    #[test]
    fn transfers_write_first_and_read_then() {
        let mut room = [0; 3];
        assert_eq!(messages(&[1, 2], &mut []), [Message::Write(&[1, 2])]);
        assert_eq!(messages(&[], &mut []), [Message::Write(&[])]);
        assert_eq!(messages(&[], &mut room), [Message::Read(&mut [0; 3])]);
        assert_eq!(messages(&[9], &mut room), [Message::Write(&[9]), Message::Read(&mut [0; 3])]);
        assert_eq!((seven_bits(0xBE), seven_bits(0xBF), seven_bits(0x90)), (0x5F, 0x5F, 0x48));
    }

    /// Files that are no buses and chips: what the kernel refuses, programs hear of as of a bus without parts.
    #[test]
    fn files_that_are_no_devices_do_not_answer() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bus");
        std::fs::write(&file, "").unwrap();
        let board = |section: &str, path: &std::path::Path| {
            let path = path.display();
            let mapped = match section {
                "i2c" => format!("i2c89 = \"{path}\""),
                _ => format!("pin1 = {{ chip = \"{path}\", line = 1 }}"),
            };
            parse(&format!("imp = \"imp001\"\n[linux.{section}]\n{mapped}")).unwrap()
        };
        let bus = I2cBus::named("i2c89").unwrap();
        let machine = connect(&board("i2c", &file), 1).unwrap().unwrap();
        assert_eq!(machine.transfer_i2c(bus, 0xBE, &[1], 2), Err(Unreachable));
        assert_eq!(machine.configure_pin(pin("pin1"), PinMode::DigitalIn, false, true), Err(Unreachable));
        assert_eq!(machine.read_pin(pin("pin1")), Err(Unreachable));
        assert_eq!(machine.take_edges(), []);
        let error = |board: &Board, imps| format!("{:#}", connect(board, imps).unwrap_err());
        let missing = folder.path().join("none");
        assert!(error(&board("i2c", &missing), 1).starts_with("cannot open"), "{}", error(&board("i2c", &missing), 1));
        let no_chip = error(&board("pins", &file), 1);
        assert!(no_chip.starts_with("cannot use") && no_chip.contains("for pin1: "), "{no_chip}");
        assert!(error(&board("i2c", &file), 2).contains("which one imp can have only"));
        assert!(connect(&Board::ready("bare").unwrap(), 5).unwrap().is_none());
    }
}
