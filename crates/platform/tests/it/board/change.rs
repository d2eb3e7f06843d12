//! What is done to an imp from outside in words, and what is seen there.

use std::{collections::BTreeMap, sync::Arc};

use platform::board::{Board, Change, Hardware, Input, PinMode, SpiSetting, UartSetting};

use super::{START_US, pin, spi, uart};

fn environment() -> Board {
    Board::ready("environment").unwrap()
}

#[test]
fn names_and_values_are_read() {
    let (environment, with_button) = (environment(), Board::ready("button-led").unwrap());
    let reads = |board: &Board, name: &str, value: &str, expected: Change| {
        assert_eq!(Change::parse(board, name, value), Ok(expected), "{name}={value}");
    };
    let input = |input| Change::Pin(pin("pin1"), Some(input));
    reads(&with_button, "pin1", "0", input(Input::Level(false)));
    reads(&with_button, "pin1", " 1 ", input(Input::Level(true)));
    reads(&with_button, "pin1", "2", input(Input::Counts(2)));
    reads(&with_button, "pin1", "65535", input(Input::Counts(65535)));
    reads(&with_button, "pin1", "1.65V", input(Input::Volts(1.65)));
    reads(&with_button, "pin1", "board", Change::Pin(pin("pin1"), None));
    reads(&with_button, "pin1", "press", Change::Press(pin("pin1")));
    reads(&with_button, "link", "off", Change::Link(false));
    reads(&with_button, "link", "on", Change::Link(true));
    reads(&environment, "temperature", "-3.5", Change::Signal("temperature".into(), Some(-3.5)));
    reads(&environment, "temperature", "board", Change::Signal("temperature".into(), None));
}

#[test]
fn what_there_is_not_is_said_with_what_there_is() {
    let (environment, with_button) = (environment(), Board::ready("button-led").unwrap());
    let fails = |board: &Board, name: &str, value: &str, expected: &str| {
        let problem = Change::parse(board, name, value).unwrap_err();
        assert!(problem.contains(expected), "{name}={value}: {problem}");
    };
    fails(&environment, "temprature", "1", "signals are ");
    fails(&environment, "temprature", "1", "temperature");
    fails(&environment, "pin99", "1", "pinYN");
    fails(&with_button, "temperature", "1", "no signals");
    fails(&with_button, "pin1", "65536", "from 2 to 65535");
    fails(&with_button, "pin1", "infV", "volts");
    fails(&with_button, "pin2", "press", "there is one at pin1");
    fails(&environment, "pin2", "press", "none elsewhere");
    fails(&environment, "temperature", "warm", "write a number");
    fails(&environment, "temperature", "NaN", "write a number");
    fails(&environment, "link", "down", "`on` or `off`");
    fails(&environment, "temperature", &"1".repeat(65), "too long");
}

#[test]
fn what_lasts_is_entered() {
    let board = Board::ready("button-led").unwrap();
    let mut lasting = BTreeMap::new();
    let mut enter = |name: &str, value: &str, expected: &[(&str, &str)]| {
        Change::parse(&board, name, value).unwrap().enter(name, value, &mut lasting);
        let entered: Vec<_> = lasting.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(entered, expected);
    };
    enter("pin1", "0", &[("pin1", "0")]);
    enter("link", "off", &[("link", "off"), ("pin1", "0")]);
    enter("pin1", "press", &[("link", "off"), ("pin1", "0")]);
    enter("pin1", "board", &[("link", "off")]);
    enter("link", "on", &[]);
}

#[test]
fn pins_leds_and_uarts_are_seen() {
    let text =
        "imp = \"imp001\"\nspi = [{ bus = \"spi257\", leds = { name = \"strip\", type = \"apa102\", count = 2 } }]";
    let mut hardware = Hardware::new(Arc::new(Board::parse(text).unwrap()), 1, START_US);
    hardware.watch(true);
    hardware.configure_pin(pin("pin8"), PinMode::DigitalOut, 1.0, false).unwrap();
    hardware.configure_pin(pin("pin9"), PinMode::PwmOut { period_us: 10_000 }, f64::from(0.1_f32), false).unwrap();
    hardware.configure_pin(pin("pin5"), PinMode::AnalogIn, 0.0, false).unwrap();
    hardware.configure_spi(spi("spi257"), SpiSetting { khz: 1000.0, lowest_bit_first: false });
    hardware.transfer_spi(spi("spi257"), &[0, 0, 0, 0, 0xFF, 1, 2, 0x30, 0xFF, 0, 0, 0, 0xFF]).unwrap();
    let setting = UartSetting {
        baud: 9600,
        word_bits: 8,
        has_parity: false,
        stop_bits: 1,
        sends: true,
        receives: true,
        uses_rts: false,
        is_timed: false,
    };
    hardware.configure_uart(uart("uart57"), setting);
    hardware.write_uart(uart("uart57"), b"AT\r\x01");
    let seen: Vec<String> = hardware.seen().iter().map(ToString::to_string).collect();
    let expected =
        ["pin5=32768", "pin8=1", "pin9=0.1 of 0.01 s", "strip=#300201 #000000", "uart57=AT\\r\\x01"].map(String::from);
    assert_eq!(seen, expected);
    let changes =
        hardware.take_outputs().into_iter().map(|output| platform::board::Seen::from(output.what).to_string());
    assert_eq!(changes.collect::<Vec<_>>(), &expected[1..]);
    hardware.write_uart(uart("uart57"), &[b'x'; 300]);
    assert_eq!(hardware.seen().last().unwrap().to_string(), format!("uart57={}", "x".repeat(256)));
}

#[test]
fn a_strangers_board_has_its_bounds() {
    for name in Board::ready_names() {
        assert_eq!(Board::ready(name).unwrap().excess(), None, "{name}");
    }
    let excess = |text: &str| Board::parse(&format!("imp = \"imp003\"\n{text}")).unwrap().excess();
    let list = |item: &str, count: usize| vec![item; count].join(", ");
    let signal = |count| format!("light = [{}]", list("{ noise = { amplitude = 1 } }", count));
    let sampled = "rate_hz = { at = 0, of = [0, 2500] }";
    let part = |address: usize| {
        format!(
            "[[i2c]]\nbus = \"i2c89\"\naddress = {}\n[i2c.registers]\n[i2c.registers.sampling]\n{sampled}\n",
            address * 2
        )
    };
    let parts = |count| (1..=count).map(part).collect::<String>();
    let script = |count, every_s: f64| {
        format!("uart.uart57 = {{ script = [{}] }}", list(&format!("{{ every_s = {every_s}, send = \"x\" }}"), count))
    };
    assert_eq!(excess(&signal(8)), None);
    assert_eq!(excess("memory_bytes = 4194304\nflash_bytes = 4194304"), None);
    assert_eq!(excess(&parts(2)), None);
    assert_eq!(excess(&script(256, 1.0)), None);
    let named = |count| (0..count).map(|number| format!("s{number} = 1\n")).collect::<Vec<_>>().concat();
    let talk =
        |when: &str, count| format!("uart.uart57 = {{ script = [{{ {when}, send = \"{}\" }}] }}", "x".repeat(count));
    assert_eq!(excess(&format!("[signals]\n{}", named(256))), None);
    assert_eq!(excess(&talk("every_s = 0.1", 500)), None);
    assert_eq!(excess(&talk("on = \"AT\"", 5000)), None);
    for (text, expected) in [
        (signal(9), "8 parts here, not 9"),
        (format!("light = \"all\"\n[signals]\nall = [{}]", list("1", 9)), "8 parts here, not 9"),
        ("memory_bytes = 4194305".into(), "`memory_bytes` may be at most 4194304"),
        ("flash_bytes = 8388608".into(), "`flash_bytes`"),
        (parts(3), "5000 things a second may happen on a board here, not 7500"),
        (parts(33), "32 parts on buses here, not 33"),
        (script(257, 1.0), "256 values"),
        (script(3, 0.0001), "not 30000"),
        (talk("every_s = 0.06", 60_000), "not 1000000"),
        (talk("on = \"AT\"", 5001), "not 5001"),
        (talk("at_s = 1", 5001), "not 5001"),
        (format!("[signals]\n{}", named(257)), "256 signals here, not 257"),
        (
            "[pins]\npin1 = { square = { period_s = 0.0001 } }\npin2 = { square = { period_s = 0.0001 } }".into(),
            "not 40000",
        ),
        (
            "[pins]\npin1 = { edges = { to = [{ at_s = 1, level = 1 }, { at_s = 1.00002, level = 0 }] } }".into(),
            "not 50000",
        ),
        (
            "[[spi]]\nbus = \"spi257\"\nleds = { name = \"x\", type = \"ws2812\", count = 1025 }".into(),
            "1024 LEDs here, not 1025",
        ),
    ] {
        let problem = excess(&text);
        assert!(problem.as_ref().is_some_and(|problem| problem.contains(expected)), "{text}: {problem:?}");
    }
}
