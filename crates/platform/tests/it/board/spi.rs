//! Parts on SPI.

use platform::board::{Colour, OutputChange, PinMode, SpiSetting};

use super::{hardware, kept, pin, spi};

fn setting(khz: f64) -> SpiSetting {
    SpiSetting { khz, lowest_bit_first: false }
}

#[test]
fn an_empty_bus_reads_ones() {
    let mut hardware = hardware("");
    let bus = spi("spi257");
    assert_eq!(hardware.transfer_spi(bus, b"ab"), None);
    for (asked, given) in [(15_000.0, 15_000.0), (7600.0, 7500.0), (100_000.0, 15_000.0), (1.0, 117.1875)] {
        assert_eq!(hardware.configure_spi(bus, setting(asked)).to_bits(), f64::to_bits(given));
    }
    assert_eq!(hardware.transfer_spi(bus, b"ab"), Some(vec![0xFF, 0xFF]));
    hardware.disable_spi(bus);
    assert!(!hardware.is_spi_configured(bus));
}

#[test]
fn loopback_returns_what_is_sent_in_either_order_of_bits() {
    let mut hardware = hardware("[[spi]]\nbus = \"spi257\"\nloopback = true");
    hardware.configure_spi(spi("spi257"), setting(1000.0));
    assert_eq!(hardware.transfer_spi(spi("spi257"), b"\x01\x80"), Some(b"\x01\x80".to_vec()));
    hardware.configure_spi(spi("spi257"), SpiSetting { khz: 1000.0, lowest_bit_first: true });
    assert_eq!(hardware.transfer_spi(spi("spi257"), b"\x01\x80"), Some(b"\x01\x80".to_vec()));
}

const REGISTERS: &str = r#"
[[spi]]
bus = "spi189"
chip_select = "pin5"
[spi.registers]
increment = "flag"
increment_flag = 0x40
bytes = [{ at = 0x0F, is = [0x33], writable = 0 }, { at = 0x20, is = [1, 2, 3] }]
"#;

#[test]
fn registers_are_selected_by_a_pin() {
    let mut hardware = hardware(REGISTERS);
    let (bus, cs) = (spi("spi189"), pin("pin5"));
    hardware.configure_spi(bus, setting(1000.0));
    assert_eq!(hardware.transfer_spi(bus, &[0x8F, 0]), Some(vec![0xFF, 0xFF]), "not selected");
    hardware.configure_pin(cs, PinMode::DigitalOut, 1.0, false).unwrap();
    assert_eq!(hardware.transfer_spi(bus, &[0x8F, 0]), Some(vec![0xFF, 0xFF]), "not selected");
    hardware.write_pin(cs, 0.0).unwrap();
    assert_eq!(hardware.transfer_spi(bus, &[0x8F, 0]), Some(vec![0xFF, 0x33]));
    hardware.write_pin(cs, 1.0).unwrap();
    hardware.write_pin(cs, 0.0).unwrap();
    hardware.transfer_spi(bus, &[0x60]);
    let mut hardware = kept(&hardware);
    hardware.transfer_spi(bus, &[7, 8]);
    hardware.write_pin(cs, 1.0).unwrap();
    hardware.write_pin(cs, 0.0).unwrap();
    assert_eq!(hardware.transfer_spi(bus, &[0xE0, 0, 0, 0]), Some(vec![0xFF, 7, 8, 3]));
}

#[test]
fn without_a_pin_each_call_is_a_transfer_unless_it_is_held() {
    let mut hardware = hardware("[[spi]]\nbus = \"spi189\"\nregisters = { bytes = [{ at = 2, is = [5, 6] }] }");
    let bus = spi("spi189");
    hardware.configure_spi(bus, setting(1000.0));
    assert_eq!(hardware.transfer_spi(bus, &[0x82, 0]), Some(vec![0xFF, 5]));
    assert_eq!(hardware.transfer_spi(bus, &[0x83, 0]), Some(vec![0xFF, 6]));
    hardware.select_spi(bus, true);
    hardware.transfer_spi(bus, &[0x82]);
    assert_eq!(hardware.transfer_spi(bus, &[0, 0]), Some(vec![5, 6]));
    hardware.select_spi(bus, false);
    assert_eq!(hardware.transfer_spi(bus, &[0x82, 0]), Some(vec![0xFF, 5]));
}

#[test]
fn registers_with_two_bytes_of_address() {
    let mut hardware =
        hardware("[[spi]]\nbus = \"spi189\"\nregisters = { address_bytes = 2, bytes = [{ at = 0x102, is = [5, 6] }] }");
    hardware.configure_spi(spi("spi189"), setting(1000.0));
    hardware.transfer_spi(spi("spi189"), &[0x01, 0x03, 9]);
    assert_eq!(hardware.transfer_spi(spi("spi189"), &[0x81, 0x02, 0, 0]), Some(vec![0xFF, 0xFF, 5, 9]));
}

/// What drivers of the WS2812 send at 7.5 MHz: a byte for each bit.
pub(super) fn ws2812(grb: &[u8]) -> Vec<u8> {
    let bits = grb.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
    let mut bytes = vec![0];
    bytes.extend(bits.map(|is_one| if is_one { 0xF8 } else { 0xC0 }));
    bytes.push(0);
    bytes
}

#[test]
fn ws2812_leds_show_what_is_shifted_in() {
    let mut hardware = hardware("[[spi]]\nbus = \"spi257\"\nleds = { name = \"strip\", type = \"ws2812\", count = 3 }");
    hardware.watch(true);
    hardware.configure_spi(spi("spi257"), setting(7500.0));
    hardware.transfer_spi(spi("spi257"), &ws2812(&[10, 20, 30, 255, 0, 128]));
    let colours = [Colour(20, 10, 30), Colour(0, 255, 128), Colour(0, 0, 0)];
    assert_eq!(hardware.leds("strip"), Some(&colours[..]));
    hardware.transfer_spi(spi("spi257"), &ws2812(&[1, 2, 3]));
    assert_eq!(kept(&hardware).leds("strip").unwrap()[..2], [Colour(2, 1, 3), Colour(0, 255, 128)]);
    let changes: Vec<_> = hardware.take_outputs().into_iter().map(|output| output.what).collect();
    assert_eq!(changes[0], OutputChange::Leds { name: "strip".into(), colours: colours.to_vec() });
    assert_eq!((changes.len(), hardware.leds("stripe")), (2, None));

    // Half as fast, each bit lasts twice as long: all are ones.
    hardware.configure_spi(spi("spi257"), setting(1875.0));
    hardware.transfer_spi(spi("spi257"), &ws2812(&[0, 0, 0]));
    assert_eq!(hardware.leds("strip").unwrap()[0], Colour(255, 255, 255));
}

#[test]
fn apa102_leds_show_what_is_shifted_in() {
    let mut hardware = hardware("[[spi]]\nbus = \"spi257\"\nleds = { name = \"strip\", type = \"apa102\", count = 2 }");
    hardware.configure_spi(spi("spi257"), setting(7500.0));
    hardware.transfer_spi(spi("spi257"), &[0, 0, 0, 0, 0xFF, 1, 2, 3, 0xE0 | 16, 0, 31, 62, 0, 0, 0, 0]);
    assert_eq!(hardware.leds("strip"), Some(&[Colour(3, 2, 1), Colour(32, 16, 0)][..]));
}
