//! Boards and their hardware, in simulated time.

mod change;
mod files;
mod flash;
mod i2c;
mod pins;
mod ready;
pub mod real;
mod signals;
mod spi;
mod streams;
mod uart;

use std::sync::Arc;

use platform::board::{Board, Hardware, HardwareEvent, I2cBus, Pin, SpiBus, UartBus};

/// Hardware of a board of these lines, on an imp001 that started at a time that is not zero.
fn hardware(text: &str) -> Hardware {
    let board = Board::parse(&format!("imp = \"imp001\"\n{text}")).unwrap_or_else(|error| panic!("{error}"));
    Hardware::new(Arc::new(board), 1, START_US)
}

fn ready(name: &str) -> Hardware {
    Hardware::new(Arc::new(Board::ready(name).unwrap()), 1, START_US)
}

const START_US: i64 = 5_000_000_000;

/// A time after so many seconds.
fn at(seconds: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "tests take seconds")]
    let us = (seconds * 1e6).round() as i64;
    START_US + us
}

/// All events up to a time, with their times, each met at the moment that was announced.
fn events(hardware: &mut Hardware, until_us: i64) -> Vec<(i64, HardwareEvent)> {
    let mut events = Vec::new();
    while let Some(at_us) = hardware.next_event_us().filter(|&at_us| at_us <= until_us) {
        events.extend(hardware.advance(at_us).into_iter().map(|event| (at_us - START_US, event)));
    }
    let rest = hardware.advance(until_us);
    assert!(rest.is_empty(), "{rest:?} was not announced");
    events
}

fn pin(name: &str) -> Pin {
    Pin::named(name).unwrap()
}

fn i2c(name: &str) -> I2cBus {
    I2cBus::named(name).unwrap()
}

fn spi(name: &str) -> SpiBus {
    SpiBus::named(name).unwrap()
}

fn uart(name: &str) -> UartBus {
    UartBus::named(name).unwrap()
}

/// The same hardware after it was written as bytes and read again.
fn kept(hardware: &Hardware) -> Hardware {
    let bytes = postcard::to_allocvec(hardware.state()).unwrap();
    Hardware::restore(hardware.board().clone(), postcard::from_bytes(&bytes).unwrap()).unwrap()
}
