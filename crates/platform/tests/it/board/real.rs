//! Pins and I2C buses that a board maps to real ones: a machine of ours stands in for Linux.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use platform::board::{
    Board, GpioLine, Hardware, HardwareEvent, I2cBus, I2cError, Pin, PinError, PinMode, Real, StreamError, Unreachable,
};

use super::{START_US, at, i2c, pin};

pub const BOARD: &str = "imp = \"imp001\"\n\
    [linux.pins]\n\
    pin1 = { chip = \"/dev/gpiochip0\", line = 17 }\n\
    pin8 = { chip = \"/dev/gpiochip1\", line = 3 }\n\
    [linux.i2c]\n\
    i2c89 = \"/dev/i2c-1\"\n";

/// A machine whose lines keep their levels, with one part on its bus, at 0xBE; what it was asked, in order.
#[derive(Debug, Default)]
pub struct Machine {
    levels: Mutex<BTreeMap<Pin, bool>>,
    edges: Mutex<VecDeque<(Pin, bool)>>,
    asked: Mutex<Vec<String>>,
}

impl Machine {
    /// Drives a line from outside, as a button does.
    pub fn drive(&self, pin: Pin, is_high: bool) {
        self.levels.lock().unwrap().insert(pin, is_high);
        self.edges.lock().unwrap().push_back((pin, is_high));
    }

    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }
}

impl Real for Machine {
    fn configure_pin(&self, pin: Pin, mode: PinMode, is_high: bool, wants_edges: bool) -> Result<(), Unreachable> {
        self.note(format!("configure {pin} {mode:?} {is_high} {wants_edges}"));
        self.levels.lock().unwrap().entry(pin).or_insert(is_high);
        Ok(())
    }

    fn release_pin(&self, pin: Pin) {
        self.note(format!("release {pin}"));
        self.levels.lock().unwrap().remove(&pin);
    }

    fn write_pin(&self, pin: Pin, is_high: bool) -> Result<(), Unreachable> {
        self.note(format!("write {pin} {is_high}"));
        self.levels.lock().unwrap().insert(pin, is_high);
        Ok(())
    }

    fn read_pin(&self, pin: Pin) -> Result<bool, Unreachable> {
        self.levels.lock().unwrap().get(&pin).copied().ok_or(Unreachable)
    }

    fn take_edges(&self) -> Vec<(Pin, bool)> {
        self.edges.lock().unwrap().drain(..).collect()
    }

    fn transfer_i2c(&self, bus: I2cBus, address: u8, written: &[u8], read: usize) -> Result<Vec<u8>, Unreachable> {
        self.note(format!("{bus} {address:#x} {written:?} {read}"));
        if address == 0xBE { Ok((1..).take(read).collect()) } else { Err(Unreachable) }
    }
}

fn board() -> Arc<Board> {
    Arc::new(Board::parse_with_linux(BOARD).unwrap())
}

fn connected() -> (Hardware, Arc<Machine>) {
    let (mut hardware, machine) = (Hardware::new(board(), 1, START_US), Arc::new(Machine::default()));
    hardware.connect(machine.clone());
    (hardware, machine)
}

#[test]
fn pins_are_those_of_the_machine() {
    let (mut hardware, machine) = connected();
    let (button, light) = (pin("pin1"), pin("pin8"));
    hardware.configure_pin(button, PinMode::DigitalInPullUp, 0.0, false).unwrap();
    hardware.configure_pin(light, PinMode::DigitalOut, 1.0, false).unwrap();
    hardware.write_pin(light, 0.0).unwrap();
    assert_eq!((hardware.read_pin(light), hardware.read_pin(button)), (Ok(0.0), Ok(0.0)));
    machine.drive(button, true);
    assert_eq!(hardware.read_pin(button), Ok(1.0));
    // Another pin is simulated still.
    hardware.configure_pin(pin("pin2"), PinMode::DigitalInPullUp, 0.0, false).unwrap();
    assert_eq!(hardware.read_pin(pin("pin2")), Ok(1.0));
    hardware.disable_pin(light);
    hardware.reset();
    let asked = [
        "configure pin1 DigitalInPullUp false false",
        "configure pin8 DigitalOut true false",
        "write pin8 false",
        "release pin8",
        "release pin1",
    ];
    assert_eq!(machine.asked(), asked);
    for mode in [PinMode::AnalogIn, PinMode::AnalogOut, PinMode::PwmOut { period_us: 1000 }] {
        assert_eq!(hardware.configure_pin(light, mode, 0.0, false), Err(PinError::Unsupported));
    }
    let format = platform::board::SampleFormat::default();
    assert_eq!(hardware.configure_sampler(vec![button], 100, vec![100], format), Err(StreamError::BadPin));
    assert_eq!(hardware.configure_dac(button, 100, Vec::new(), format), Err(StreamError::BadPin));
}

#[test]
fn edges_are_looked_for_only_while_they_are_wanted() {
    let (mut hardware, machine) = connected();
    let button = pin("pin1");
    hardware.configure_pin(button, PinMode::DigitalIn, 0.0, false).unwrap();
    assert_eq!(hardware.next_event_us(), None);
    hardware.configure_pin(button, PinMode::DigitalIn, 0.0, true).unwrap();
    machine.drive(button, true);
    machine.drive(button, false);
    assert_eq!(hardware.next_event_us(), Some(at(0.005)));
    let edge = |is_high| HardwareEvent::Edge { pin: button, is_high };
    assert_eq!(hardware.advance(at(0.005)), [edge(true), edge(false)]);
    assert_eq!(hardware.next_event_us(), Some(at(0.01)));
    assert_eq!(hardware.advance(at(0.01)), []);
    // Asleep, it goes on looking at pins that wake.
    hardware.configure_pin(button, PinMode::DigitalInWakeup, 0.0, false).unwrap();
    hardware.configure_pin(pin("pin8"), PinMode::DigitalOut, 0.0, false).unwrap();
    machine.asked();
    hardware.sleep();
    assert_eq!(machine.asked(), ["release pin8"]);
    machine.drive(button, true);
    assert_eq!(hardware.advance(at(1.0)), [HardwareEvent::Wake { pin: button }]);
}

#[test]
fn transfers_are_those_of_the_machine() {
    let (mut hardware, machine) = connected();
    let bus = i2c("i2c89");
    assert_eq!(hardware.write_i2c(bus, 0xBE, &[1]), Err(I2cError::NotEnabled));
    hardware.configure_i2c(bus);
    assert_eq!(hardware.write_i2c(bus, 0xBE, &[0x20, 7]), Ok(()));
    assert_eq!(hardware.read_i2c(bus, 0xBE, &[0x0F], 2), Ok(vec![1, 2]));
    assert_eq!(hardware.read_i2c(bus, 0x40, &[0x0F], 2), Err(I2cError::NotAcknowledged));
    assert_eq!(hardware.last_i2c_error(bus), Some(I2cError::NotAcknowledged));
    assert_eq!(machine.asked(), ["i2c89 0xbe [32, 7] 0", "i2c89 0xbe [15] 2", "i2c89 0x40 [15] 2"]);
}

#[test]
fn without_a_machine_nothing_answers() {
    let mut hardware = Hardware::new(board(), 1, START_US);
    assert_eq!(hardware.configure_pin(pin("pin1"), PinMode::DigitalIn, 0.0, true), Err(PinError::NoAnswer));
    hardware.configure_i2c(i2c("i2c89"));
    assert_eq!(hardware.write_i2c(i2c("i2c89"), 0xBE, &[1]), Err(I2cError::NotAcknowledged));
}

#[test]
fn a_board_maps_what_nothing_else_is_wired_to_and_only_where_it_may() {
    let board = board();
    assert_eq!(board.linux.pins[&pin("pin8")], GpioLine { chip: "/dev/gpiochip1".into(), line: 3 });
    assert_eq!(board.linux.i2c[&i2c("i2c89")].to_str(), Some("/dev/i2c-1"));
    assert_eq!(
        Board::parse(BOARD).unwrap_err().to_string(),
        "line 2, column 2: `[linux]` maps real pins and buses, which only `impstead imp` on Linux has"
    );
    let error = |more: &str| Board::parse_with_linux(&format!("{BOARD}{more}")).unwrap_err().message;
    assert!(error("[pins]\npin1 = { level = 1 }").starts_with("pin1 is a real one"));
    assert!(error("[[i2c]]\nbus = \"i2c89\"\naddress = 0x90\ncommands = []").starts_with("i2c89 is a real one"));
    let connected = BOARD.replace("[linux.pins]", "connections = [[\"pin2\", \"pin8\"]]\n[linux.pins]");
    assert!(Board::parse_with_linux(&connected).unwrap_err().message.starts_with("pin8 is a real one"));
    assert!(error("[linux.spi]\nspi257 = \"/dev/spidev0.0\"").starts_with("unknown field `spi`"));
}
