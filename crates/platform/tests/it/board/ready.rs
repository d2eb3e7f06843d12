//! The ready boards, by what drivers write and read.

use platform::board::{Board, Colour, Hardware, HardwareEvent, Input, PinMode, SpiSetting};

use super::{at, events, i2c, kept, pin, ready, spi, spi::ws2812};

struct Part<'a>(&'a mut Hardware, u8);

impl Part<'_> {
    fn write(&mut self, register: u8, byte: u8) {
        self.0.write_i2c(i2c("i2c89"), self.1, &[register, byte]).unwrap();
    }

    fn bytes(&mut self, register: u8, count: usize) -> Vec<u8> {
        self.0.read_i2c(i2c("i2c89"), self.1, &[register], count).unwrap()
    }

    fn byte(&mut self, register: u8) -> u8 {
        self.bytes(register, 1)[0]
    }

    /// A number of two bytes, each read by its own address.
    fn number(&mut self, register: u8) -> f64 {
        f64::from(i16::from_le_bytes([self.byte(register), self.byte(register + 1)]))
    }

    fn advance(&mut self, seconds: f64) {
        self.0.advance(at(seconds));
    }
}

fn environment() -> Hardware {
    let mut hardware = ready("environment");
    hardware.configure_i2c(i2c("i2c89"));
    hardware
}

#[test]
fn there_are_four() {
    assert_eq!(Board::ready_names().collect::<Vec<_>>(), ["bare", "environment", "button-led", "modbus"]);
    assert!(Board::ready_names().all(|name| Board::ready(name).is_some()));
    assert!(Board::ready("none").is_none());
}

/// The HTS221 by its data sheet: two points of calibration, and a straight line through them.
fn hts221(part: &mut Part<'_>) -> (f64, f64) {
    let line = |x0: f64, y0: f64, x1: f64, y1: f64, x: f64| y0 + (x - x0) * (y1 - y0) / (x1 - x0);
    let tops = part.byte(0x35);
    let degrees = |low: u8, top: u8| f64::from(u16::from(low) | u16::from(top & 3) << 8) / 8.0;
    let (t0, t1) = (degrees(part.byte(0x32), tops), degrees(part.byte(0x33), tops >> 2));
    let (h0, h1) = (f64::from(part.byte(0x30)) / 2.0, f64::from(part.byte(0x31)) / 2.0);
    let temperature = line(part.number(0x3C), t0, part.number(0x3E), t1, part.number(0x2A));
    let humidity = line(part.number(0x36), h0, part.number(0x3A), h1, part.number(0x28));
    (temperature, humidity)
}

fn near(value: f64, expected: f64, by: f64) {
    assert!((value - expected).abs() <= by, "{value} is not {expected}");
}

#[test]
fn hts221_measures_once() {
    let mut hardware = environment();
    hardware.set_signal("temperature", Some(-7.25)).unwrap();
    hardware.set_signal("humidity", Some(61.5)).unwrap();
    let mut part = Part(&mut hardware, 0xBE);
    assert_eq!(part.byte(0x0F), 0xBC);
    part.write(0x20, 0x80);
    part.write(0x21, 0x01);
    assert_eq!(part.byte(0x27), 0);
    part.advance(0.01);
    assert_eq!((part.byte(0x27), part.byte(0x21)), (0x03, 0));
    let (temperature, humidity) = hts221(&mut part);
    near(temperature, -7.25, 0.02);
    near(humidity, 61.5, 0.01);
    assert_eq!(part.byte(0x27), 0);
}

#[test]
fn hts221_measures_of_itself() {
    let mut hardware = environment();
    let mut part = Part(&mut hardware, 0xBE);
    part.write(0x20, 0x81);
    part.advance(0.9);
    assert_eq!(part.byte(0x27), 0);
    part.advance(1.1);
    assert_eq!(part.byte(0x27), 0x03);
    let (temperature, humidity) = hts221(&mut part);
    near(temperature, 21.0, 0.2);
    near(humidity, 45.0, 9.0);
    assert_eq!(part.bytes(0x28 | 0x80, 4).len(), 4);
    let calibration = part.bytes(0x30 | 0x80, 16);
    assert_eq!((calibration[0], calibration[15]), (part.byte(0x30), part.byte(0x3F)));
}

#[test]
fn lps22hb_measures_once_and_of_itself() {
    let mut hardware = environment();
    hardware.set_signal("pressure", Some(987.65)).unwrap();
    hardware.set_signal("temperature", Some(-3.21)).unwrap();
    let mut part = Part(&mut hardware, 0xB8);
    assert_eq!(part.byte(0x0F), 0xB1);
    assert_eq!(part.byte(0x11), 0x10);
    part.write(0x11, 0x11);
    part.advance(0.02);
    assert_eq!((part.byte(0x11), part.byte(0x27)), (0x10, 0x03));
    let bytes = part.bytes(0x28, 5);
    near(f64::from(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0])) / 4096.0, 987.65, 0.001);
    near(f64::from(i16::from_le_bytes([bytes[3], bytes[4]])) / 100.0, -3.21, 0.001);
    assert_eq!(part.byte(0x27), 0);
    part.write(0x10, 0x20);
    part.advance(0.2);
    assert_eq!(part.byte(0x27), 0x03);
    part.write(0x11, 0x04);
    assert_eq!((part.byte(0x10), part.byte(0x11)), (0, 0x10), "reset");
}

fn lis3dh(part: &mut Part<'_>) -> [i16; 3] {
    let bytes = part.bytes(0x28 | 0x80, 6);
    [0, 2, 4].map(|at| i16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

#[test]
fn lis3dh_measures_in_its_ranges() {
    let mut hardware = environment();
    hardware.set_signal("acceleration_x", Some(0.5)).unwrap();
    hardware.set_signal("acceleration_y", Some(-1.0)).unwrap();
    hardware.set_signal("acceleration_z", Some(3.0)).unwrap();
    let mut part = Part(&mut hardware, 0x32);
    assert_eq!((part.byte(0x0F), part.byte(0x20)), (0x33, 0x07));
    part.write(0x20, 0x27);
    part.advance(0.05);
    assert_eq!(part.byte(0x27), 0);
    part.advance(0.15);
    assert_eq!(part.byte(0x27), 0x0F);
    assert_eq!(lis3dh(&mut part), [8000, -16_000, 32_752], "the third is more than 2 g");
    assert_eq!(part.byte(0x27), 0);
    for (range, per_g) in [(0x10, 8000.0), (0x20, 4000.0), (0x30, 1333.3)] {
        part.write(0x23, range);
        assert_eq!(part.0.next_event_us(), None, "no interrupt is on");
        part.advance(0.25 + f64::from(range));
        let [x, y, z] = lis3dh(&mut part).map(f64::from);
        near(x / per_g, 0.5, 0.02);
        near(y / per_g, -1.0, 0.02);
        near(z / per_g, 3.0, 0.02);
    }
}

#[test]
fn lis3dh_interrupts_on_a_shock() {
    let mut hardware = environment();
    hardware.configure_pin(pin("pin1"), PinMode::DigitalInWakeup, 0.0, true).unwrap();
    let mut part = Part(&mut hardware, 0x32);
    // 100 Hz, interrupt of generator 1 to INT1, latched, above 1.504 g in any axis.
    for (register, byte) in [(0x20, 0x57), (0x22, 0x40), (0x24, 0x08), (0x32, 94), (0x30, 0x2A)] {
        part.write(register, byte);
    }
    assert_eq!(events(&mut hardware, at(1.0)), []);
    hardware.set_signal("acceleration_y", Some(-1.6)).unwrap();
    let shock = events(&mut hardware, at(1.1));
    let woken = [HardwareEvent::Wake { pin: pin("pin1") }, HardwareEvent::Edge { pin: pin("pin1"), is_high: true }];
    assert_eq!(shock, woken.map(|event| (1_010_000, event)));
    hardware.set_signal("acceleration_y", Some(0.0)).unwrap();
    let mut hardware = kept(&hardware);
    assert_eq!(events(&mut hardware, at(2.0)), []);
    assert_eq!(Part(&mut hardware, 0x32).byte(0x31), 0x48);
    assert_eq!(hardware.advance(at(2.0)), [HardwareEvent::Edge { pin: pin("pin1"), is_high: false }]);
    assert_eq!(Part(&mut hardware, 0x32).byte(0x31), 0);
}

#[test]
fn lis3dh_interrupts_when_there_is_data() {
    let mut hardware = environment();
    hardware.configure_pin(pin("pin1"), PinMode::DigitalIn, 0.0, true).unwrap();
    let mut part = Part(&mut hardware, 0x32);
    part.write(0x20, 0x27);
    part.write(0x22, 0x10);
    let edge = |is_high| HardwareEvent::Edge { pin: pin("pin1"), is_high };
    assert_eq!(events(&mut hardware, at(0.35)), [(100_000, edge(true))]);
    lis3dh(&mut Part(&mut hardware, 0x32));
    assert_eq!(hardware.advance(at(0.35)), [edge(false)]);
    assert_eq!(events(&mut hardware, at(0.45)), [(400_000, edge(true))]);
}

#[test]
fn the_led_shows_a_colour() {
    let mut hardware = ready("environment");
    hardware.configure_spi(spi("spi257"), SpiSetting { khz: 7500.0, lowest_bit_first: false });
    hardware.transfer_spi(spi("spi257"), &ws2812(&[0, 50, 5]));
    assert_eq!(hardware.leds("led"), Some(&[Colour(50, 0, 5)][..]));
}

#[test]
fn the_button_and_the_knob() {
    let mut hardware = ready("button-led");
    hardware.configure_pin(pin("pin1"), PinMode::DigitalInPullUp, 0.0, true).unwrap();
    hardware.configure_pin(pin("pin5"), PinMode::AnalogIn, 0.0, false).unwrap();
    let happened = events(&mut hardware, at(6.0));
    assert_eq!(happened[0], (5_000_000, HardwareEvent::Edge { pin: pin("pin1"), is_high: false }));
    assert_eq!(hardware.read_pin(pin("pin1")), Ok(1.0));
    hardware.set_input(pin("pin1"), Some(Input::Level(false)));
    assert_eq!(hardware.read_pin(pin("pin1")), Ok(0.0));
    hardware.advance(at(15.0));
    near(hardware.read_pin(pin("pin5")).unwrap(), 65_535.0 * 3.15 / 3.3, 1.0);
}

#[test]
fn the_same_seed_gives_the_same_day() {
    let day = || {
        let mut hardware = environment();
        hardware.configure_pin(pin("pin1"), PinMode::DigitalIn, 0.0, true).unwrap();
        let mut part = Part(&mut hardware, 0x32);
        for (register, byte) in [(0x20, 0x17), (0x22, 0x10)] {
            part.write(register, byte);
        }
        let (mut seen, mut measured) = (Vec::new(), Vec::new());
        while let Some(at_us) = hardware.next_event_us().filter(|&at_us| at_us <= at(600.0)) {
            seen.extend(hardware.advance(at_us));
            let [x, y, z] = lis3dh(&mut Part(&mut hardware, 0x32));
            measured.extend([x, y, z]);
        }
        (seen, measured, postcard::to_allocvec(hardware.state()).unwrap())
    };
    let first = day();
    assert!(first.0.len() >= 600);
    assert_eq!(first, day());
}
