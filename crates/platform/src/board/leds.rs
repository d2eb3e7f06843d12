//! Chains of LEDs that shift colours in from SPI.

use serde::{Deserialize, Serialize};

/// A chain of LEDs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Leds {
    pub name: String,
    #[serde(rename = "type")]
    kind: LedType,
    pub count: u16,
    #[serde(default)]
    order: Option<Order>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LedType {
    /// One wire: how long it is high says which bit it is.
    Ws2812,
    /// Clock and data: a start frame, then four bytes each.
    Apa102,
}

/// In which order a LED takes its colours.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    Rgb,
    Rbg,
    Grb,
    Gbr,
    Brg,
    Bgr,
}

impl Order {
    /// Where red, green and blue are.
    fn places(self) -> [usize; 3] {
        match self {
            Order::Rgb => [0, 1, 2],
            Order::Rbg => [0, 2, 1],
            Order::Grb => [1, 0, 2],
            Order::Gbr => [2, 0, 1],
            Order::Brg => [1, 2, 0],
            Order::Bgr => [2, 1, 0],
        }
    }
}

/// The colour of a LED: red, green, blue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Colour(pub u8, pub u8, pub u8);

/// A line that is high for longer than this means a one (WS2812's data sheet: 0.4 µs for a zero, 0.8 µs for a one).
const ONE_NS: f64 = 550.0;

/// A line that is low for longer than this ends the colours.
const LATCH_NS: f64 = 50_000.0;

impl Leds {
    /// Shifts bytes in, and says which colours the LEDs have then; those that get none keep theirs.
    pub(super) fn shift(&self, bytes: &[u8], khz: f64, colours: &mut [Colour]) {
        let (order, frames) = match self.kind {
            LedType::Ws2812 => (Order::Grb, ws2812_frames(bytes, khz)),
            LedType::Apa102 => (Order::Bgr, apa102_frames(bytes)),
        };
        let [red, green, blue] = self.order.unwrap_or(order).places();
        for (colour, frame) in colours.iter_mut().zip(frames) {
            *colour = Colour(frame[red], frame[green], frame[blue]);
        }
    }
}

/// Reads the line as the LEDs do: by how long it stays high.
fn ws2812_frames(bytes: &[u8], khz: f64) -> Vec<[u8; 3]> {
    let bit_ns = 1e6 / khz;
    let mut bits = Vec::new();
    let (mut high, mut low) = (0.0, 0.0);
    for level in bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).chain([false]) {
        if level {
            high += bit_ns;
            low = 0.0;
            continue;
        }
        if high > 0.0 {
            bits.push(high > ONE_NS);
        }
        high = 0.0;
        low += bit_ns;
        if low > LATCH_NS && bits.len() >= 24 {
            break;
        }
    }
    let byte = |bits: &[bool]| bits.iter().fold(0, |byte, &bit| byte << 1 | u8::from(bit));
    bits.chunks_exact(24).map(|led| [byte(&led[..8]), byte(&led[8..16]), byte(&led[16..])]).collect()
}

/// Finds the start frame, then the frames that begin with three set bits; five bits of brightness dim all colours.
fn apa102_frames(bytes: &[u8]) -> Vec<[u8; 3]> {
    let Some(start) = bytes.windows(4).position(|four| four == [0; 4]) else { return Vec::new() };
    let dim =
        |colour: u8, brightness: u8| u8::try_from(u16::from(colour) * u16::from(brightness) / 31).unwrap_or(colour);
    bytes[start + 4..]
        .chunks_exact(4)
        .take_while(|frame| frame[0] & 0xE0 == 0xE0)
        .map(|frame| [1, 2, 3].map(|index| dim(frame[index], frame[0] & 0x1F)))
        .collect()
}
