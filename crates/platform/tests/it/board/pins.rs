//! Pins.

use platform::board::{HardwareEvent, Input, OutputChange, PinError, PinMode};

use super::{at, events, hardware, kept, pin};

fn edge(name: &str, is_high: bool) -> HardwareEvent {
    HardwareEvent::Edge { pin: pin(name), is_high }
}

#[test]
fn without_wires_pins_have_their_levels() {
    let mut hardware = hardware("");
    let p = pin("pin1");
    assert_eq!(hardware.read_pin(p), Err(PinError::NotConfigured));
    assert_eq!(hardware.write_pin(p, 1.0), Err(PinError::NotConfigured));
    for (mode, level) in [
        (PinMode::DigitalIn, 0.0),
        (PinMode::DigitalInPullUp, 1.0),
        (PinMode::DigitalInPullDown, 0.0),
        (PinMode::DigitalInWakeup, 0.0),
        (PinMode::AnalogIn, 32_768.0),
    ] {
        hardware.configure_pin(p, mode, 0.0, false).unwrap();
        assert_eq!(hardware.read_pin(p), Ok(level), "{mode:?}");
        assert_eq!(hardware.write_pin(p, 1.0), Err(PinError::NotAnOutput), "{mode:?}");
    }
    hardware.disable_pin(p);
    assert_eq!(hardware.read_pin(p), Err(PinError::NotConfigured));
    assert_eq!(hardware.configure_pin(pin("pin9"), PinMode::DigitalInWakeup, 0.0, true), Err(PinError::CannotWake));
}

#[test]
fn outputs_say_what_was_written() {
    let mut hardware = hardware("");
    hardware.watch(true);
    let (p, q) = (pin("pin8"), pin("pin9"));
    hardware.configure_pin(p, PinMode::DigitalOut, 1.0, false).unwrap();
    assert_eq!(hardware.read_pin(p), Ok(1.0));
    hardware.advance(at(1.0));
    hardware.write_pin(p, 0.0).unwrap();
    hardware.configure_pin(q, PinMode::PwmOut { period_us: 2000 }, 0.25, false).unwrap();
    hardware.write_pin(q, 7.0).unwrap();
    assert_eq!(hardware.read_pin(q), Ok(1.0));
    hardware.configure_pin(q, PinMode::AnalogOut, 0.5, false).unwrap();
    let outputs: Vec<_> = hardware.take_outputs().into_iter().map(|output| (output.at_us, output.what)).collect();
    assert_eq!(
        outputs,
        [
            (at(0.0), OutputChange::Level { pin: p, is_high: true }),
            (at(1.0), OutputChange::Level { pin: p, is_high: false }),
            (at(1.0), OutputChange::Duty { pin: q, period_us: 2000, duty: 0.25 }),
            (at(1.0), OutputChange::Duty { pin: q, period_us: 2000, duty: 1.0 }),
            (at(1.0), OutputChange::Analog { pin: q, level: 0.5 }),
        ]
    );
    hardware.watch(false);
    hardware.write_pin(q, 1.0).unwrap();
    assert!(hardware.take_outputs().is_empty());
}

#[test]
fn outputs_nobody_takes_do_not_pile_up() {
    let mut hardware = hardware("");
    hardware.watch(true);
    hardware.configure_pin(pin("pin8"), PinMode::DigitalOut, 0.0, false).unwrap();
    for n in 0..10_000 {
        hardware.write_pin(pin("pin8"), f64::from(n % 2)).unwrap();
    }
    assert_eq!(hardware.take_outputs().len(), 4096);
}

#[test]
fn edges_come_at_their_times() {
    let wired =
        "[pins]\npin1 = { edges = { to = [{ at_s = 1, level = 1 }, { at_s = 1.5, level = 0 }], repeat_s = 10 } }";
    let mut hardware = hardware(wired);
    hardware.configure_pin(pin("pin1"), PinMode::DigitalIn, 0.0, true).unwrap();
    assert_eq!(
        events(&mut hardware, at(12.0)),
        [
            (1_000_000, edge("pin1", true)),
            (1_500_000, edge("pin1", false)),
            (11_000_000, edge("pin1", true)),
            (11_500_000, edge("pin1", false)),
        ]
    );
    hardware.configure_pin(pin("pin1"), PinMode::DigitalIn, 0.0, false).unwrap();
    assert_eq!(hardware.next_event_us(), None);
}

#[test]
fn levels_last_into_the_next_repetition() {
    let wired = "[pins]\npin1 = { edges = { to = [{ at_s = 1, level = 0 }, { at_s = 2, level = 1 }], repeat_s = 5 } }";
    let mut hardware = hardware(wired);
    hardware.configure_pin(pin("pin1"), PinMode::DigitalIn, 0.0, false).unwrap();
    for (second, level) in [(0.5, 0.0), (1.5, 0.0), (2.5, 1.0), (5.5, 1.0), (6.5, 0.0)] {
        hardware.advance(at(second));
        assert_eq!(hardware.read_pin(pin("pin1")), Ok(level), "{second}");
    }
}

#[test]
fn a_square_wave_has_its_duty() {
    let mut hardware = hardware("[pins]\npin2 = { square = { period_s = 2, duty = 0.25, phase_s = 1 } }");
    hardware.configure_pin(pin("pin2"), PinMode::DigitalIn, 0.0, true).unwrap();
    assert_eq!(
        events(&mut hardware, at(3.2)),
        [(1_000_000, edge("pin2", true)), (1_500_000, edge("pin2", false)), (3_000_000, edge("pin2", true))]
    );
}

#[test]
fn what_is_late_comes_in_its_order() {
    let wired = "[pins]\npin1 = { square = { period_s = 1 } }\npin2 = { square = { period_s = 1, phase_s = 0.25 } }";
    let mut hardware = hardware(wired);
    for name in ["pin1", "pin2"] {
        hardware.configure_pin(pin(name), PinMode::DigitalIn, 0.0, true).unwrap();
    }
    let late = hardware.advance(at(1.1));
    assert_eq!(
        late,
        [edge("pin2", true), edge("pin1", false), edge("pin2", false), edge("pin1", true)]
            .into_iter()
            .collect::<Vec<_>>()
    );
}

#[test]
fn buttons_bounce_and_settle() {
    let wired = "[pins]\npin1 = { button = { pressed_at_s = [1], held_s = 0.5, bounce_s = 0.01, repeat_s = 3 } }";
    let mut hardware = hardware(wired);
    hardware.configure_pin(pin("pin1"), PinMode::DigitalInPullUp, 0.0, true).unwrap();
    assert_eq!(hardware.read_pin(pin("pin1")), Ok(1.0));
    let happened = events(&mut hardware, at(30.0));
    for press in 0..10 {
        let down_us = 1_000_000 + press * 3_000_000;
        let during = |from_us: i64| -> Vec<_> {
            happened.iter().filter(|(us, _)| (from_us..from_us + 10_000).contains(us)).collect()
        };
        let (down, up) = (during(down_us), during(down_us + 500_000));
        assert!(down.len() >= 3 && down.len() % 2 == 1, "{down:?}");
        assert!(up.len() >= 3 && up.len() % 2 == 1, "{up:?}");
        assert_eq!((&down[0].1, down[0].0), (&edge("pin1", false), down_us));
        assert_eq!(down.last().unwrap().1, edge("pin1", false));
        assert_eq!(up.last().unwrap().1, edge("pin1", true));
    }
    let lengths: std::collections::BTreeSet<_> = happened.iter().map(|(us, _)| us % 3_000_000).collect();
    assert!(lengths.len() > 20, "each time differently");
}

#[test]
fn analog_pins_follow_voltages_and_counts() {
    let mut hardware = hardware(
        "supply_volts = \"supply\"\n[signals]\nsupply = 3.3\n[pins]\npin5 = { volts = 1.65 }\npin7 = { analog = { ramp = { from = 0, to = 70000, over_s = 7 } } }",
    );
    for name in ["pin5", "pin7"] {
        hardware.configure_pin(pin(name), PinMode::AnalogIn, 0.0, false).unwrap();
    }
    assert_eq!(hardware.read_pin(pin("pin5")), Ok(32_768.0));
    hardware.set_signal("supply", Some(2.0)).unwrap();
    assert_eq!(hardware.read_pin(pin("pin5")), Ok(54_066.0));
    hardware.advance(at(1.0));
    assert_eq!(hardware.read_pin(pin("pin7")), Ok(10_000.0));
    hardware.advance(at(8.0));
    assert_eq!(hardware.read_pin(pin("pin7")), Ok(65_535.0));
    hardware.configure_pin(pin("pin7"), PinMode::DigitalIn, 0.0, false).unwrap();
    assert_eq!(hardware.read_pin(pin("pin7")), Ok(1.0));
}

#[test]
fn inputs_can_be_set_and_left_to_the_board() {
    let mut hardware = hardware("[pins]\npin1 = { level = 1 }");
    let p = pin("pin1");
    hardware.configure_pin(p, PinMode::DigitalIn, 0.0, true).unwrap();
    hardware.set_input(p, Some(Input::Level(false)));
    hardware.set_input(p, None);
    assert_eq!(hardware.next_event_us(), Some(at(0.0)));
    assert_eq!(kept(&hardware).advance(at(0.0)), [edge("pin1", false), edge("pin1", true)]);
    hardware.configure_pin(p, PinMode::AnalogIn, 0.0, false).unwrap();
    hardware.set_input(p, Some(Input::Counts(123)));
    assert_eq!(hardware.read_pin(p), Ok(123.0));
    hardware.set_input(p, Some(Input::Volts(3.3)));
    assert_eq!(hardware.read_pin(p), Ok(65_535.0));
}

#[test]
fn a_wire_leads_from_output_to_input() {
    let mut hardware = hardware("connections = [[\"pin8\", \"pin9\"]]");
    hardware.configure_pin(pin("pin9"), PinMode::DigitalInPullUp, 0.0, true).unwrap();
    assert_eq!(hardware.read_pin(pin("pin9")), Ok(1.0));
    hardware.configure_pin(pin("pin8"), PinMode::DigitalOut, 0.0, false).unwrap();
    hardware.write_pin(pin("pin8"), 1.0).unwrap();
    assert_eq!(hardware.advance(at(0.0)), [edge("pin9", false), edge("pin9", true)]);
    hardware.configure_pin(pin("pin8"), PinMode::PwmOut { period_us: 100 }, 0.5, false).unwrap();
    hardware.configure_pin(pin("pin9"), PinMode::AnalogIn, 0.0, false).unwrap();
    assert_eq!(hardware.read_pin(pin("pin9")), Ok(32_768.0));
}

#[test]
fn open_drain_pulls_down_or_lets_go() {
    let mut hardware = hardware("[pins]\npin8 = { level = 1 }");
    let (wired, free) = (pin("pin8"), pin("pin9"));
    hardware.configure_pin(wired, PinMode::DigitalOutOpenDrain, 1.0, false).unwrap();
    assert_eq!(hardware.read_pin(wired), Ok(1.0));
    hardware.write_pin(wired, 0.0).unwrap();
    assert_eq!(hardware.read_pin(wired), Ok(0.0));
    hardware.configure_pin(free, PinMode::DigitalOutOpenDrainPullUp, 1.0, false).unwrap();
    assert_eq!(hardware.read_pin(free), Ok(1.0));
    hardware.configure_pin(free, PinMode::DigitalOutOpenDrain, 1.0, false).unwrap();
    assert_eq!(hardware.read_pin(free), Ok(0.0));
}

#[test]
fn the_wake_pin_wakes_from_sleep_and_nothing_else_does() {
    let wired = "[pins]\npin1 = { edges = { to = [{ at_s = 1, level = 1 }, { at_s = 2, level = 0 }] } }\npin2 = { square = { period_s = 1 } }";
    let mut hardware = hardware(wired);
    hardware.configure_pin(pin("pin1"), PinMode::DigitalInWakeup, 0.0, false).unwrap();
    hardware.configure_pin(pin("pin2"), PinMode::DigitalIn, 0.0, true).unwrap();
    hardware.sleep();
    let mut hardware = kept(&hardware);
    assert_eq!(events(&mut hardware, at(5.0)), [(1_000_000, HardwareEvent::Wake { pin: pin("pin1") })]);
    hardware.reset();
    assert_eq!((hardware.pin_mode(pin("pin1")), hardware.next_event_us()), (None, None));
}
