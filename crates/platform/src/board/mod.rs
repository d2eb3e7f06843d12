//! The simulated hardware of a virtual imp: a [`Board`] says what is wired to it, [`Hardware`] is how all of that is while
//! it runs, [`Flash`] what it keeps.
//!
//! There is no I/O here, no clock and no randomness: whoever runs a device says how late it is, and gives a seed.
//! `docs/boards.md` describes the files.

mod bounds;
mod change;
mod commands;
mod encoding;
mod file;
mod flash;
mod hardware;
mod leds;
mod modbus;
mod names;
mod numbers;
mod output;
mod pins;
mod real;
mod registers;
mod signal;
mod streams;
mod uart;

pub use change::Change;
pub use file::{Board, BoardError, Cellular, Wifi};
pub use flash::{Flash, FlashError, SECTOR_BYTES, Verified, Verify};
pub use hardware::{
    Hardware, HardwareEvent, I2cError, Input, OtherBoard, Output, OutputChange, PinError, PinMode, SpiSetting, State,
    StreamError, UnknownSignal,
};
pub use leds::Colour;
pub use names::{I2cBus, ImpType, Pin, SpiBus, UartBus};
pub use output::{Seen, SeenValue};
pub use real::{GpioLine, Linux, Real, Unreachable};
pub use streams::SampleFormat;
pub use uart::UartSetting;
