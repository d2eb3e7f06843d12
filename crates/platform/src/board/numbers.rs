//! Numbers: from the file, from seconds to microseconds, from a seed.

use serde::{Deserialize, Deserializer, de::Error};

/// The full scale of an analog pin.
pub(super) const FULL_SCALE: f64 = 65_535.0;

/// Longer than any board runs; such times can be added without overflow.
const LONGEST_S: f64 = 1e10;

/// Seconds as microseconds.
#[expect(clippy::cast_possible_truncation, reason = "in this range it fits")]
pub(super) fn micros(seconds: f64) -> i64 {
    (seconds.clamp(-LONGEST_S, LONGEST_S) * 1e6).round() as i64
}

/// Microseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "microseconds of years fit")]
pub(super) fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

/// The whole number next to a value, which is within the limits.
#[expect(clippy::cast_possible_truncation, reason = "the limits are far smaller than what fits")]
pub(super) fn whole(value: f64, low: i64, high: i64) -> i64 {
    (value.round() as i64).clamp(low, high)
}

/// A level of an analog pin as programs read it.
pub(super) fn counts(value: f64) -> u16 {
    u16::try_from(whole(value, 0, 65_535)).expect("it is within the limits")
}

/// A number from 0 up to 1 that looks random: the same for the same seed, stream and index.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
pub(super) fn unit(seed: u64, stream: u64, index: i64) -> f64 {
    let mixed = mix(mix(mix(seed) ^ stream) ^ index.cast_unsigned());
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

/// Steele, Lea and Flood's `SplitMix64`: one step and its finaliser.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// A stream of random numbers of its own for each name.
pub(super) fn stream(name: &str) -> u64 {
    name.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)))
}

/// A number that is neither infinite nor no number.
pub(super) fn finite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if number.is_finite() { Ok(number) } else { Err(Error::custom("write a finite number")) }
}

/// Such numbers.
pub(super) fn finites<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let numbers = Vec::<f64>::deserialize(deserializer)?;
    if numbers.is_empty() {
        return Err(Error::custom("write at least one number"));
    }
    if numbers.iter().all(|number| number.is_finite()) {
        Ok(numbers)
    } else {
        Err(Error::custom("write finite numbers"))
    }
}

/// A time at which something happens, counted from when the board was made: zero or more.
pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if (0.0..=LONGEST_S).contains(&number) { Ok(number) } else { Err(Error::custom("write seconds, zero or more")) }
}

/// A time between two happenings. What is shorter than 100 µs would keep the simulation from getting on.
pub(super) fn period<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if (0.0001..=LONGEST_S).contains(&number) {
        Ok(number)
    } else {
        Err(Error::custom("write seconds, at least 0.0001"))
    }
}

/// Such a time, if it is there.
pub(super) fn maybe_period<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    period(deserializer).map(Some)
}

/// A part of the whole.
pub(super) fn part<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&number) { Ok(number) } else { Err(Error::custom("write a number from 0 to 1")) }
}

/// A level, which is 0 or 1.
pub(super) fn level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match u8::deserialize(deserializer)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Error::custom("write 0 or 1")),
    }
}

/// Bytes: a string, or a list of numbers from 0 to 255.
pub(super) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    struct Bytes;
    impl<'de> serde::de::Visitor<'de> for Bytes {
        type Value = Vec<u8>;

        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str("a string or a list of bytes")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Vec<u8>, E> {
            Ok(text.as_bytes().to_vec())
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Vec<u8>, A::Error> {
            let mut bytes = Vec::new();
            while let Some(byte) = items.next_element()? {
                bytes.push(byte);
            }
            Ok(bytes)
        }
    }
    deserializer.deserialize_any(Bytes)
}

/// Bytes, if they are there.
pub(super) fn maybe_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    bytes(deserializer).map(Some)
}
