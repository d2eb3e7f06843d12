//! Parts on I2C.

use platform::board::{Hardware, HardwareEvent, I2cError, PinMode};

use super::{at, events, hardware, i2c, kept, pin};

/// A part with registers at 0x10 on i2c89, which is configured.
fn part(registers: &str) -> Hardware {
    let text =
        format!("[signals]\nquantity = 1.5\n[[i2c]]\nbus = \"i2c89\"\naddress = 0x10\n[i2c.registers]\n{registers}");
    let mut hardware = hardware(&text);
    hardware.configure_i2c(i2c("i2c89"));
    hardware
}

fn write(hardware: &mut Hardware, bytes: &[u8]) {
    hardware.write_i2c(i2c("i2c89"), 0x10, bytes).unwrap();
}

fn read(hardware: &mut Hardware, register: u8, count: usize) -> Vec<u8> {
    hardware.read_i2c(i2c("i2c89"), 0x10, &[register], count).unwrap()
}

#[test]
fn errors_have_their_numbers() {
    let mut hardware = hardware("[[i2c]]\nbus = \"i2c89\"\naddress = 0x10\nregisters = {}");
    let bus = i2c("i2c89");
    assert_eq!(hardware.write_i2c(bus, 0x10, b"a"), Err(I2cError::NotEnabled));
    assert_eq!(hardware.last_i2c_error(bus).map(I2cError::code), Some(-13));
    hardware.configure_i2c(bus);
    assert_eq!(hardware.last_i2c_error(bus), None);
    assert_eq!(hardware.read_i2c(bus, 0x12, b"a", 1), Err(I2cError::NotAcknowledged));
    assert_eq!(hardware.last_i2c_error(bus).map(I2cError::code), Some(-9));
    assert_eq!(hardware.write_i2c(bus, 0x10, b"a"), Ok(()));
    assert_eq!(hardware.write_i2c(bus, 0x11, b"a"), Ok(()), "the lowest bit is the direction");
    assert_eq!(hardware.last_i2c_error(bus), None);
    hardware.configure_i2c(i2c("i2c12"));
    assert!(hardware.write_i2c(i2c("i2c12"), 0x10, b"a").is_err(), "on another bus");
    hardware.disable_i2c(bus);
    assert_eq!(hardware.write_i2c(bus, 0x10, b"a"), Err(I2cError::NotEnabled));
}

#[test]
fn registers_hold_what_is_written_where_they_may() {
    let mut hardware = part("bytes = [{ at = 2, is = [0x11, 0x22, 0x33] }, { at = 5, is = \"id\", writable = 0x0F }]");
    assert_eq!(read(&mut hardware, 1, 7), [0, 0x11, 0x22, 0x33, b'i', b'd', 0]);
    write(&mut hardware, &[1, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6]);
    assert_eq!(read(&mut hardware, 1, 7), [0, 0xA1, 0xA2, 0xA3, 0x64, 0x65, 0]);
    write(&mut hardware, &[3]);
    let mut hardware = kept(&hardware);
    assert_eq!(hardware.read_i2c(i2c("i2c89"), 0x10, &[], 2), Ok(vec![0xA2, 0xA3]), "from where the address was set");
    assert_eq!(hardware.read_i2c(i2c("i2c89"), 0x10, &[], 1), Ok(vec![0x64]));
}

#[test]
fn addresses_move_on_as_the_part_does() {
    let bytes = "bytes = [{ at = 2, is = [1, 2, 3] }]";
    assert_eq!(read(&mut part(&format!("increment = \"never\"\n{bytes}")), 2, 3), [1, 1, 1]);
    let mut flagged = part(&format!("increment = \"flag\"\n{bytes}"));
    assert_eq!((read(&mut flagged, 2, 3), read(&mut flagged, 0x82, 3)), (vec![1, 1, 1], vec![1, 2, 3]));
    let mut wide = part("address_bytes = 2\nbytes = [{ at = 0x1234, is = [7, 8] }]");
    write(&mut wide, &[0x12, 0x35, 9]);
    assert_eq!(wide.read_i2c(i2c("i2c89"), 0x10, &[0x12, 0x34], 2), Ok(vec![7, 9]));
}

#[test]
fn quantities_are_encoded() {
    for (encoding, value, bytes) in [
        ("type = \"u8\", scale = 10", 1.5, vec![15]),
        ("type = \"u8\", scale = 10", -3.0, vec![0]),
        ("type = \"i8\"", -3.4, vec![0xFD]),
        ("type = \"i8\"", 1000.0, vec![0x7F]),
        ("type = \"u16le\", scale = 100", 3.0, vec![0x2C, 0x01]),
        ("type = \"u16be\", scale = 100", 3.0, vec![0x01, 0x2C]),
        ("type = \"i16le\", scale = 100, offset = -600", 3.0, vec![0xD4, 0xFE]),
        ("type = \"i16be\", scale = 16000, mask = 0xFFF0", 1.0, vec![0x3E, 0x80]),
        ("type = \"i16be\", scale = 16000, mask = 0xFFF0", -0.0001, vec![0xFF, 0xF0]),
        ("type = \"i24le\", scale = 4096", 1000.0, vec![0x00, 0x80, 0x3E]),
        ("type = \"i24be\"", -2.0, vec![0xFF, 0xFF, 0xFE]),
        ("type = \"u32le\"", 1e12, vec![0xFF; 4]),
        ("type = \"i32be\"", -1.0, vec![0xFF; 4]),
        ("type = \"i32be\"", -1e12, vec![0x80, 0, 0, 0]),
        ("type = \"u8\", scale = { at = 9, mask = 0x30, of = [1, 2, 4] }", 3.0, vec![12]),
        ("type = \"u8\", scale = { at = 9, mask = 0x0C, of = [1, 2, 4] }", 3.0, vec![0]),
    ] {
        let value_entry = format!("{{ name = \"it\", at = 2, signal = \"quantity\", as = {{ {encoding} }} }}");
        let mut hardware = part(&format!("bytes = [{{ at = 9, is = [0x2F] }}]\nvalues = [{value_entry}]"));
        hardware.set_signal("quantity", Some(value)).unwrap();
        assert_eq!(read(&mut hardware, 2, bytes.len()), bytes, "{encoding} of {value}");
    }
}

const SAMPLING: &str = r#"
bytes = [{ at = 0, is = [0, 0] }, { at = 2, is = [0], writable = 0 }]
values = [{ name = "it", at = 4, signal = "quantity", as = { type = "u16be", scale = 100 }, ready = { at = 2, mask = 0x01 } }]
reset = { at = 1, mask = 0x80 }
sampling = { power = { at = 0, mask = 0x80 }, rate_hz = { at = 0, mask = 0x03, of = [0, 1, 10] }, one_shot = { at = 1, mask = 0x01, takes_s = 0.2 } }
"#;

#[test]
fn samples_are_taken_at_the_rate_and_told_by_a_bit() {
    let mut hardware = part(SAMPLING);
    hardware.advance(at(5.0));
    assert_eq!(read(&mut hardware, 2, 4), [0; 4], "without power");
    write(&mut hardware, &[0, 0x81]);
    hardware.advance(at(5.9));
    assert_eq!(read(&mut hardware, 2, 1), [0]);
    hardware.advance(at(6.1));
    hardware.set_signal("quantity", Some(2.0)).unwrap();
    assert_eq!(read(&mut hardware, 2, 1), [1]);
    assert_eq!(read(&mut hardware, 4, 1), [0], "half of the value");
    assert_eq!(read(&mut hardware, 2, 1), [1]);
    assert_eq!(read(&mut hardware, 4, 2), [0, 200]);
    assert_eq!(read(&mut hardware, 2, 1), [0]);
    hardware.advance(at(7.5));
    assert_eq!(read(&mut hardware, 2, 4), [1, 0, 0, 200]);
    write(&mut hardware, &[0, 0x01]);
    hardware.advance(at(20.0));
    assert_eq!(read(&mut hardware, 2, 4), [0, 0, 0, 200], "what was measured stays");
    assert_eq!(hardware.next_event_us(), None, "nobody has to look at it");
}

#[test]
fn one_shot_takes_its_time_and_clears_its_bit() {
    let mut hardware = part(SAMPLING);
    write(&mut hardware, &[0, 0x80, 0x01]);
    hardware.advance(at(0.19));
    assert_eq!(read(&mut hardware, 1, 2), [1, 0]);
    let mut hardware = kept(&hardware);
    hardware.advance(at(0.2));
    assert_eq!(read(&mut hardware, 1, 5), [0, 1, 0, 0, 150]);
    write(&mut hardware, &[0, 0x00, 0x01]);
    hardware.advance(at(1.0));
    assert_eq!(read(&mut hardware, 1, 2), [0, 0], "without power there is no result");
}

#[test]
fn reset_puts_everything_back() {
    let mut hardware = part(SAMPLING);
    write(&mut hardware, &[0, 0x82]);
    hardware.advance(at(1.0));
    assert_eq!(read(&mut hardware, 0, 6), [0x82, 0, 1, 0, 0, 150]);
    write(&mut hardware, &[1, 0x80]);
    assert_eq!(read(&mut hardware, 0, 6), [0; 6]);
}

const ALARM: &str = r#"
bytes = [{ at = 0, is = [2, 10, 0, 1] }, { at = 8, is = [0], writable = 0 }]
values = [{ name = "it", at = 4, signal = { ramp = { from = 0, to = -10, over_s = 10 } }, as = { type = "i8" } }]
alarms = [{ value = "it", when = "above", magnitude = true, limit = 0.5, times = { at = 1 }, enable = { at = 3, mask = 1 }, set = { at = 8, mask = 0x42 }, latch = { at = 2, mask = 1 } }]
interrupts = [{ pin = "pin1", when = { at = 8, mask = 0x40 }, route = { at = 3, mask = 0x02 }, active = 0 }]
sampling = { rate_hz = { at = 0, of = [0, 1, 10] } }
"#;

fn edge(is_high: bool) -> HardwareEvent {
    HardwareEvent::Edge { pin: pin("pin1"), is_high }
}

#[test]
fn alarms_drive_a_pin_while_they_hold() {
    let mut hardware = part(ALARM);
    hardware.configure_pin(pin("pin1"), PinMode::DigitalIn, 0.0, true).unwrap();
    assert_eq!(hardware.read_pin(pin("pin1")), Ok(1.0), "at rest");
    write(&mut hardware, &[3, 3]);
    assert_eq!(events(&mut hardware, at(9.0)), [(5_100_000, edge(false))], "beyond 5, at the next sample");
    assert_eq!(read(&mut hardware, 8, 1), [0x42]);
    assert_eq!(read(&mut hardware, 8, 1), [0x42], "it is not latched");
    write(&mut hardware, &[1, 30]);
    assert_eq!(events(&mut hardware, at(10.0)), [(9_100_000, edge(true))]);
}

#[test]
fn latched_alarms_hold_until_they_are_read() {
    let mut hardware = part(ALARM);
    hardware.configure_pin(pin("pin1"), PinMode::DigitalIn, 0.0, true).unwrap();
    write(&mut hardware, &[2, 1, 3]);
    assert_eq!(events(&mut hardware, at(6.0)), [(5_100_000, edge(false))]);
    write(&mut hardware, &[1, 30]);
    assert_eq!(events(&mut hardware, at(7.0)), []);
    assert_eq!(read(&mut hardware, 8, 1), [0x42]);
    assert_eq!(hardware.advance(at(7.0)), [edge(true)]);
    assert_eq!(read(&mut hardware, 8, 1), [0]);
}

/// A humidity and temperature sensor of the kind that takes commands.
const COMMANDS: &str = r#"
[signals]
temperature = 25
[[i2c]]
bus = "i2c89"
address = 0x80
commands = [
    { write = [0xF3], after_s = 0.01, answer = [{ signal = "temperature", as = { type = "u16be", scale = 372.97, offset = 17474, mask = 0xFFFC }, crc = { polynomial = 0x31 } }] },
    { write = [0xE3], after_s = 0.01, hold = true, answer = [{ signal = "temperature", as = { type = "u16be", scale = 372.97, offset = 17474, mask = 0xFFFC } }] },
    { write = [0xE7], answer = [{ bytes = [0x3A], crc = { polynomial = 0x31, initial = 0xFF } }, { bytes = "ok" }] },
    { write = [0xE6], takes = 1 },
]
"#;

#[test]
fn commands_are_answered_later() {
    let mut hardware = hardware(COMMANDS);
    let bus = i2c("i2c89");
    hardware.configure_i2c(bus);
    assert_eq!(hardware.read_i2c(bus, 0x80, &[], 3), Err(I2cError::NotAcknowledged), "nothing was asked");
    assert_eq!(hardware.write_i2c(bus, 0x80, &[0xF3]), Ok(()));
    hardware.advance(at(0.009));
    assert_eq!(hardware.read_i2c(bus, 0x80, &[], 3), Err(I2cError::NotAcknowledged), "busy");
    assert_eq!(hardware.write_i2c(bus, 0x80, &[0xE7]), Err(I2cError::NotAcknowledged), "busy");
    let mut hardware = kept(&hardware);
    hardware.advance(at(0.01));
    // 25 × 372.97 + 17474 = 26798.25: 0x68AE, without its two lowest bits 0x68AC.
    let answer = hardware.read_i2c(bus, 0x80, &[], 3).unwrap();
    assert_eq!(answer[..2], [0x68, 0xAC]);
    assert_eq!(crc8(&answer, 0), 0, "a checksum with its own checksum is zero");
    assert_eq!(hardware.read_i2c(bus, 0x80, &[], 3), Err(I2cError::NotAcknowledged), "it was read");
}

#[test]
fn commands_can_hold_the_bus_and_take_arguments() {
    let mut hardware = hardware(COMMANDS);
    let bus = i2c("i2c89");
    hardware.configure_i2c(bus);
    assert_eq!(hardware.read_i2c(bus, 0x80, &[0xE3], 2), Ok(vec![0x68, 0xAC]));
    let answer = hardware.read_i2c(bus, 0x80, &[0xE7], 5).unwrap();
    assert_eq!((answer[0], &answer[2..]), (0x3A, &b"ok\xFF"[..]));
    assert_eq!(crc8(&answer[..2], 0xFF), 0);
    assert_eq!(hardware.write_i2c(bus, 0x80, &[0xE6, 0x3B]), Ok(()));
    assert_eq!(hardware.write_i2c(bus, 0x80, &[0xE6]), Err(I2cError::NotAcknowledged));
    assert_eq!(hardware.write_i2c(bus, 0x80, &[0x99]), Err(I2cError::NotAcknowledged), "no such command");
}

/// As sensors' data sheets define it: polynomial 0x31, the highest bit first. By division, unlike the part's own.
fn crc8(bytes: &[u8], initial: u8) -> u8 {
    let mut bits: Vec<bool> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect();
    for (place, bit) in bits.iter_mut().take(8).enumerate() {
        *bit ^= initial >> (7 - place) & 1 == 1;
    }
    for start in 0..bits.len() - 8 {
        if bits[start] {
            for (bit, is_set) in [true, false, false, true, true, false, false, false, true].into_iter().enumerate() {
                bits[start + bit] ^= is_set;
            }
        }
    }
    bits[bits.len() - 8..].iter().fold(0, |byte, &bit| byte << 1 | u8::from(bit))
}

#[test]
fn the_checksum_of_the_test_is_that_of_data_sheets() {
    // Sensirion's example: 0xBEEF gives 0x92 with polynomial 0x31 and initial value 0xFF.
    assert_eq!(crc8(&[0xBE, 0xEF, 0x92], 0xFF), 0);
    assert_ne!(crc8(&[0xBE, 0xEE, 0x92], 0xFF), 0);
}
