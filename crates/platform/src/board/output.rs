//! What a device does to the world, as those see it who look on.

use std::fmt;

use super::{
    Colour, Hardware, OutputChange, Pin, PinMode, UartBus, file::SpiKind, hardware::SpiPartState, numbers::seconds,
};

/// A pin, some LEDs or a UART as it is, or as it became.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its name: that of the pin or UART, or that of the LEDs on the board.
    pub name: String,
    /// How a pin is configured; of what has changed, only outputs with pulses say it.
    pub mode: Option<PinMode>,
    /// What is there.
    pub value: SeenValue,
}

/// What is seen there.
#[derive(Clone, Debug, PartialEq)]
pub enum SeenValue {
    /// What a pin reads, or a duty.
    Number(f64),
    /// The colours of LEDs.
    Colours(Vec<Colour>),
    /// What was sent; of all that was ever sent the end.
    Bytes(Vec<u8>),
    /// So many samples were played.
    Samples(usize),
}

impl From<OutputChange> for Seen {
    fn from(change: OutputChange) -> Seen {
        let of_pin = |pin: Pin, mode, value| Seen { name: pin.name().to_owned(), mode, value };
        match change {
            OutputChange::Level { pin, is_high } => of_pin(pin, None, SeenValue::Number(f64::from(u8::from(is_high)))),
            OutputChange::Analog { pin, level } => of_pin(pin, None, SeenValue::Number(rounded(level))),
            OutputChange::Duty { pin, period_us, duty } => {
                of_pin(pin, Some(PinMode::PwmOut { period_us }), SeenValue::Number(rounded(duty)))
            }
            OutputChange::Leds { name, colours } => Seen { name, mode: None, value: SeenValue::Colours(colours) },
            OutputChange::Uart { bus, bytes } => of_uart(bus, bytes),
            OutputChange::Dac { pin, samples } => of_pin(pin, None, SeenValue::Samples(samples.len())),
        }
    }
}

/// To four digits: what programs write has seven, and not all of them mean something.
fn rounded(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}

fn of_uart(bus: UartBus, bytes: Vec<u8>) -> Seen {
    Seen { name: bus.name().to_owned(), mode: None, value: SeenValue::Bytes(bytes) }
}

impl Hardware {
    /// What there is to see: the pins that are configured, the LEDs, and the UARTs on which something was sent.
    pub fn seen(&self) -> Vec<Seen> {
        let pin = |pin: Pin| {
            let mode = self.pin_mode(pin)?;
            let value = SeenValue::Number(rounded(self.read_pin(pin).ok()?));
            Some(Seen { name: pin.name().to_owned(), mode: Some(mode), value })
        };
        let leds = self.parts_on_spi().filter_map(|(kind, state)| match (kind, state) {
            (SpiKind::Leds(leds), SpiPartState::Leds(colours)) => {
                Some(Seen { name: leds.name.clone(), mode: None, value: SeenValue::Colours(colours.clone()) })
            }
            _ => None,
        });
        let uarts = self.sent_on_uarts().map(|(bus, sent)| of_uart(bus, sent));
        Pin::all().filter_map(pin).chain(leds).chain(uarts).collect()
    }
}

impl SeenValue {
    /// The colours of LEDs, as they are written on the web.
    pub fn written(colour: Colour) -> String {
        let Colour(red, green, blue) = colour;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

impl fmt::Display for SeenValue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SeenValue::Number(number) => write!(out, "{number}"),
            SeenValue::Colours(colours) => {
                let colours: Vec<String> = colours.iter().copied().map(SeenValue::written).collect();
                out.write_str(&colours.join(" "))
            }
            SeenValue::Bytes(bytes) => write!(out, "{}", bytes.escape_ascii()),
            SeenValue::Samples(count) => write!(out, "{count} samples"),
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}={}", self.name, self.value)?;
        match self.mode.and_then(PinMode::period_s) {
            Some(period_s) => write!(out, " of {period_s} s"),
            None => Ok(()),
        }
    }
}

impl PinMode {
    /// The time between two pulses, in seconds.
    pub fn period_s(self) -> Option<f64> {
        match self {
            PinMode::PwmOut { period_us } => Some(seconds(period_us)),
            _ => None,
        }
    }

    /// The name of the constant that programs write, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            PinMode::DigitalOut => "digital_out",
            PinMode::DigitalOutOpenDrain => "digital_out_od",
            PinMode::DigitalOutOpenDrainPullUp => "digital_out_od_pullup",
            PinMode::DigitalIn => "digital_in",
            PinMode::DigitalInPullUp => "digital_in_pullup",
            PinMode::DigitalInPullDown => "digital_in_pulldown",
            PinMode::DigitalInWakeup => "digital_in_wakeup",
            PinMode::AnalogIn => "analog_in",
            PinMode::AnalogOut => "analog_out",
            PinMode::PwmOut { .. } => "pwm_out",
        }
    }
}
