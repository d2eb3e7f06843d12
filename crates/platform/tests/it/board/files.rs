//! What is in a board's file, and what is said of a wrong one.

use platform::board::{Board, I2cBus, ImpType, Pin, SpiBus, UartBus};

use super::{hardware, kept, ready};

/// The message about a file whose first line is `imp = "imp001"`.
fn complaint(text: &str) -> String {
    Board::parse(&format!("imp = \"imp001\"\n{text}")).unwrap_err().to_string()
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, place, message) in [
        ("colour = 3", "line 2, column 1: ", "unknown field `colour`"),
        ("imp = 3", "line 2, column 1: ", "duplicate key"),
        ("memory_bytes = 5", "line 2, column 16: ", "write a number from 32768 to 67108864"),
        ("flash_bytes = 65536", "line 2, column 15: ", "an imp001 has no SPI flash"),
        ("mac = \"0C2A69000001\"", "line 2, column 7: ", "write twelve hex digits in lower case, such as"),
        ("supply_volts = \"three\"", "line 2, column 16: ", "there is no signal `three` in `[signals]`"),
        (
            "[signals]\na = { sin = { amplitude = 1 } }",
            "line 3, column 7: ",
            "unknown variant `sin`, expected one of `sine`",
        ),
        ("[signals]\na = { sine = { amplitude = 1 } }", "line 3, column 14: ", "missing field `period_s`"),
        ("[signals]\na = { sine = { amplitude = 1, period_s = 0 } }", "line 3, column 42: ", "write seconds, at least"),
        ("[signals]\na = { sine = { amplitude = inf, period_s = 1 } }", "line 3, column 28: ", "write a finite number"),
        (
            "[signals]\na = { sine = { amplitude = 1, period_s = 1 }, noise = { amplitude = 1 } }",
            "line 3, column 5: ",
            "write one wave form here",
        ),
        ("[signals]\na = 1\nb = \"a\"", "line 4, column 5: ", "cannot refer to another"),
        ("[pins]\npin99 = { level = 1 }", "line 3, column 1: ", "there is no `pin99`; pins are pin1, pin2, "),
        ("[pins]\npin1 = { level = 2 }", "line 3, column 8: ", "write 0 or 1"),
        (
            "[pins]\npin1 = { edges = { to = [{ at_s = 2, level = 1 }, { at_s = 1, level = 0 }] } }",
            "line 3, column 8: ",
            "in the order",
        ),
        (
            "[pins]\npin1 = { button = { pressed_at_s = [1, 1.1] } }",
            "line 3, column 8: ",
            "pressed again before it was released",
        ),
        ("connections = [[\"pin1\", \"pin1\"]]", "line 2, column 16: ", "connect two different pins"),
        (
            "[[i2c]]\nbus = \"i2c89\"\naddress = 0x5F\nregisters = {}",
            "line 2, column 1: ",
            "not 0x5f, but 0xbe for the 7-bit address 0x5f",
        ),
        ("[[i2c]]\nbus = \"i2c89\"\naddress = 0xBE", "line 2, column 1: ", "either `registers` or `commands`"),
        ("[[i2c]]\nbus = \"i2c98\"\naddress = 0xBE", "line 3, column 7: ", "I2C buses are i2c12, i2c89"),
        ("[[spi]]\nbus = \"spi257\"", "line 2, column 1: ", "one of `leds`, `registers` and `loopback = true`"),
        ("[uart.uart12]\nscript = [{ send = \"a\" }]", "line 2, column 1: ", "a line of a script has `at_s`"),
        ("[uart.uart12.modbus]\nunit = 0", "line 2, column 7: ", "`unit` is from 1 to 247"),
    ] {
        let complaint = complaint(text);
        assert!(complaint.starts_with(place) && complaint.contains(message), "{text}\ngives: {complaint}");
    }
}

#[test]
fn parts_are_refused_that_cannot_work() {
    let part = |rest: &str| complaint(&format!("[[i2c]]\nbus = \"i2c89\"\naddress = 0x10\n[i2c.registers]\n{rest}"));
    let value = "{ name = \"x\", at = 0, signal = 0, as = { type = \"u8\" } }, ";
    let many = format!("values = [{}]", value.repeat(65));
    for (rest, message) in [
        ("address_bytes = 3", "`address_bytes` is 1 or 2"),
        ("alarms = [{ value = \"x\", when = \"above\", limit = 1, set = { at = 1 } }]", "no value has this name"),
        ("interrupts = [{ pin = \"pin1\", when = { at = 1 } }]", "need `sampling`"),
        (many.as_str(), "at most 64 values"),
        ("sampling = { rate_hz = 20000 }", "from 0 to 10000 Hz"),
    ] {
        let complaint = part(rest);
        assert!(complaint.contains(message), "{complaint}");
    }
    let twice = "[[i2c]]\nbus = \"i2c89\"\naddress = 0x10\nregisters = {}\n".repeat(2);
    assert!(complaint(&twice).contains("two parts at 0x10 on i2c89"));
}

#[test]
fn files_that_are_too_large_are_refused() {
    let text = format!("imp = \"imp001\"\n#{}", "x".repeat(256 * 1024));
    assert_eq!(Board::parse(&text).unwrap_err().message, "a board's file has at most 256 KiB");
}

#[test]
fn the_type_decides_what_the_file_leaves_open() {
    let board = |imp: &str| Board::parse(&format!("imp = \"{imp}\"")).unwrap();
    let (card, cellular) = (board("imp001"), board("impC001"));
    assert_eq!((card.flash_bytes, cellular.flash_bytes), (None, Some(0x3F_0000)));
    assert_eq!((card.wifi.is_some(), card.cellular.is_some()), (true, false));
    assert_eq!((cellular.wifi.is_some(), cellular.cellular.is_some()), (false, true));
    assert_eq!(card.memory_bytes, 2 << 20);
    let wired = Board::parse("imp = \"imp005\"\nradio = { ethernet = true }").unwrap();
    assert_eq!((wired.wifi.is_some(), wired.has_ethernet), (false, true));
}

#[test]
fn each_type_says_what_it_can() {
    let facts = |imp: ImpType| (imp.name(), imp.is_card(), imp.has_spiflash(), imp.sleeps_deeply(), imp.keeps_nv());
    assert_eq!(facts(ImpType::Imp001), ("imp001", true, false, true, true));
    assert_eq!(facts(ImpType::Imp002), ("imp002", false, false, true, true));
    assert_eq!(facts(ImpType::Imp004m), ("imp004m", false, true, true, false));
    assert_eq!(facts(ImpType::Imp005), ("imp005", false, true, false, true));
    assert_eq!(facts(ImpType::Imp006), ("imp006", false, true, true, false));
}

#[test]
fn names_are_those_of_all_types() {
    for name in ["pin1", "pinW", "pinXW", "pinYN"] {
        assert_eq!(Pin::named(name).unwrap().name(), name);
    }
    assert_eq!((Pin::all().count(), Pin::named("pin3")), (7 + 26 + 23 + 14, None));
    assert_eq!((I2cBus::all().count(), SpiBus::all().count(), UartBus::all().count()), (14, 17, 16));
    assert!(
        I2cBus::named("i2cXDC").is_some() && SpiBus::named("spiYJTHU").is_some() && UartBus::named("uart6E").is_some()
    );
    let waking: Vec<_> = Pin::all().filter(|pin| pin.can_wake()).map(Pin::name).collect();
    assert_eq!(waking, ["pin1", "pinW"]);
}

#[test]
fn the_examples_of_the_page_are_boards() {
    let page = include_str!("../../../../../docs/boards.md");
    let mut examples = 0;
    for example in page.split("```toml\n").skip(1) {
        let text = example.split("```").next().unwrap();
        let text = if text.starts_with("imp =") { text.to_owned() } else { format!("imp = \"imp003\"\n{text}") };
        Board::parse_with_linux(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
        examples += 1;
    }
    assert_eq!(examples, 7);
    for name in Board::ready_names() {
        assert!(page.contains(&format!("| `{name}` | {} |", Board::ready(name).unwrap().imp_type.name())), "{name}");
    }
}

#[test]
fn hardware_goes_back_to_its_own_board_only() {
    let hardware = hardware("light = 7");
    assert_eq!(kept(&hardware).light_level(), 7);
    let other = ready("bare");
    assert!(platform::board::Hardware::restore(other.board().clone(), hardware.state().clone()).is_err());
}

#[test]
fn the_last_addresses_can_be_used() {
    let mut hardware = hardware(
        r#"
        [[i2c]]
        bus = "i2c89"
        address = 0x10
        [i2c.registers]
        address_bytes = 2
        bytes = [{ at = 0xFFFD, is = [1, 2, 3, 4] }]
        values = [{ name = "x", at = 0xFFFF, signal = 0x1234, as = { type = "u16be" } }]
        [uart.uart1.modbus]
        unit = 1
        measured = [{ at = 0xFFFF, signal = 7, as = { type = "u32be" } }]
        "#,
    );
    hardware.configure_i2c(super::i2c("i2c89"));
    let read = hardware.read_i2c(super::i2c("i2c89"), 0x10, &[0xFF, 0xFD], 4);
    assert_eq!(read, Ok(vec![1, 2, 0x12, 0]), "then it begins at zero again");
    hardware.write_i2c(super::i2c("i2c89"), 0x10, &[0xFF, 0xFE, 8, 9, 10]).unwrap();
}
