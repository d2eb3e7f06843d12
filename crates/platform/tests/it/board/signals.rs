//! Quantities over time.

use super::{START_US, at, hardware, kept};

/// The signal's values at these seconds, to three decimals.
fn values(signal: &str, seconds: &[f64]) -> Vec<f64> {
    let mut hardware = hardware(&format!("[signals]\nit = {signal}"));
    let read = |&second: &f64| {
        hardware.advance(at(second));
        (hardware.signal("it").unwrap() * 1000.0).round() / 1000.0
    };
    seconds.iter().map(read).collect()
}

#[test]
fn wave_forms() {
    let quarters = [0.0, 1.0, 2.0, 3.0, 4.0];
    assert_eq!(
        values("{ sine = { offset = 10, amplitude = 2, period_s = 4 } }", &quarters),
        [10.0, 12.0, 10.0, 8.0, 10.0]
    );
    assert_eq!(values("{ triangle = { amplitude = 2, period_s = 4 } }", &quarters), [0.0, 2.0, 0.0, -2.0, 0.0]);
    assert_eq!(values("{ triangle = { amplitude = 2, period_s = 4 } }", &[0.5, 1.5, 2.5]), [1.0, 1.0, -1.0]);
    assert_eq!(values("{ sawtooth = { amplitude = 2, period_s = 4 } }", &quarters), [0.0, 1.0, -2.0, -1.0, 0.0]);
    assert_eq!(
        values("{ sine = { amplitude = 2, period_s = 4, phase_s = 1 } }", &quarters),
        [-2.0, 0.0, 2.0, 0.0, -2.0]
    );
    assert_eq!(
        values("{ square = { offset = 1, amplitude = 1, period_s = 4, duty = 0.25 } }", &quarters),
        [2.0, 0.0, 0.0, 0.0, 2.0]
    );
    assert_eq!(values("{ ramp = { from = 1, to = 3, at_s = 1, over_s = 2 } }", &quarters), [1.0, 1.0, 2.0, 3.0, 3.0]);
}

#[test]
fn samples_from_a_list() {
    let seconds = [0.0, 0.5, 1.0, 2.0, 2.5, 3.0, 9.5];
    assert_eq!(
        values("{ samples = { values = [1, 3, 7], every_s = 1 } }", &seconds),
        [1.0, 2.0, 3.0, 7.0, 4.0, 1.0, 2.0]
    );
    assert_eq!(
        values("{ samples = { values = [1, 3, 7], every_s = 1, interpolate = false, repeat = false } }", &seconds),
        [1.0, 1.0, 3.0, 7.0, 7.0, 7.0, 7.0]
    );
}

#[test]
fn a_list_is_a_sum() {
    assert_eq!(values("[1, { ramp = { from = 0, to = 2, over_s = 2 } }, 0.5]", &[0.0, 1.0]), [1.5, 2.5]);
}

#[test]
fn noise_is_of_the_seed() {
    let noise = "{ noise = { offset = 5, amplitude = 2, every_s = 0.5 } }";
    let seconds: Vec<f64> = (0..200).map(|step| f64::from(step) * 0.25).collect();
    let first = values(noise, &seconds);
    assert_eq!(first, values(noise, &seconds));
    assert!(first.iter().all(|value| (3.0..=7.0).contains(value)));
    assert!(first.chunks(2).all(|pair| pair[0].to_bits() == pair[1].to_bits()));
    let mean = first.iter().sum::<f64>() / 200.0;
    assert!((mean - 5.0).abs() < 0.5, "{mean}");
    assert!(first.iter().any(|value| *value < 3.5) && first.iter().any(|value| *value > 6.5));

    let both = hardware("[signals]\na = { noise = { amplitude = 1 } }\nb = { noise = { amplitude = 1 } }");
    assert_ne!(both.signal("a"), both.signal("b"));
    let other = platform::board::Hardware::new(both.board().clone(), 2, START_US);
    assert_ne!(both.signal("a"), other.signal("a"));
}

#[test]
fn signals_can_be_set_and_left_again() {
    let mut hardware =
        hardware("supply_volts = \"battery\"\nlight = 70000\nradio = { rssi = -61.4 }\n[signals]\nbattery = 3.1");
    assert_eq!((hardware.supply_volts(), hardware.light_level(), hardware.rssi()), (3.1, 65_535, -61));
    hardware.set_signal("battery", Some(2.5)).unwrap();
    assert_eq!(kept(&hardware).signal("battery"), Some(2.5));
    hardware.set_signal("battery", None).unwrap();
    assert_eq!(hardware.signal("battery"), Some(3.1));
    assert!(hardware.set_signal("batery", Some(2.5)).is_err());
    assert_eq!(hardware.board().signal_names().collect::<Vec<_>>(), ["battery"]);
}
