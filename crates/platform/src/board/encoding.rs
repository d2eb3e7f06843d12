//! How parts write quantities as bytes, and what registers choose.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::numbers::{finite, finites, whole};

/// The bytes behind a part's register addresses.
pub(super) type Memory = BTreeMap<u16, u8>;

/// Some bits of a register.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bits {
    pub at: u16,
    #[serde(default = "all")]
    pub mask: u8,
}

fn all() -> u8 {
    0xFF
}

impl Bits {
    /// Whether all of them are set.
    pub(super) fn are_set(self, memory: &Memory) -> bool {
        byte(memory, self.at) & self.mask == self.mask
    }

    /// Whether any of them is set.
    pub(super) fn is_any_set(self, memory: &Memory) -> bool {
        byte(memory, self.at) & self.mask != 0
    }

    /// The number that they are.
    pub(super) fn number(self, memory: &Memory) -> u8 {
        (byte(memory, self.at) & self.mask).checked_shr(self.mask.trailing_zeros()).unwrap_or(0)
    }

    pub(super) fn set(self, memory: &mut Memory) {
        *memory.entry(self.at).or_default() |= self.mask;
    }

    pub(super) fn clear(self, memory: &mut Memory) {
        *memory.entry(self.at).or_default() &= !self.mask;
    }
}

pub(super) fn byte(memory: &Memory, at: u16) -> u8 {
    memory.get(&at).copied().unwrap_or(0)
}

/// A number that is fixed, or chosen by bits of a register.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Setting {
    Fixed(f64),
    Chosen(Choice),
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    at: u16,
    #[serde(default = "all")]
    mask: u8,
    /// What the bits' values mean, from zero on. What is not here means zero.
    #[serde(deserialize_with = "finites")]
    of: Vec<f64>,
}

impl Setting {
    pub(super) fn number(&self, memory: &Memory) -> f64 {
        match self {
            Setting::Fixed(number) => *number,
            Setting::Chosen(choice) => {
                let index = Bits { at: choice.at, mask: choice.mask }.number(memory);
                choice.of.get(usize::from(index)).copied().unwrap_or(0.0)
            }
        }
    }

    /// All numbers that it can be.
    pub(super) fn numbers(&self) -> &[f64] {
        match self {
            Setting::Fixed(number) => std::slice::from_ref(number),
            Setting::Chosen(choice) => &choice.of,
        }
    }
}

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Setting, D::Error> {
        struct SettingVisitor;
        impl<'de> Visitor<'de> for SettingVisitor {
            type Value = Setting;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a number, or `{ at = REGISTER, mask = BITS, of = [NUMBERS] }`")
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Setting, E> {
                if number.is_finite() { Ok(Setting::Fixed(number)) } else { Err(E::custom("write a finite number")) }
            }

            #[expect(clippy::cast_precision_loss, reason = "who writes such numbers wants them about so")]
            fn visit_i64<E: Error>(self, number: i64) -> Result<Setting, E> {
                Ok(Setting::Fixed(number as f64))
            }

            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Setting, A::Error> {
                Choice::deserialize(MapAccessDeserializer::new(entries)).map(Setting::Chosen)
            }
        }
        deserializer.deserialize_any(SettingVisitor)
    }
}

/// How a quantity is written: `quantity × scale + offset` as a whole number, of which only the mask's bits are kept.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Encoding {
    #[serde(rename = "type")]
    number: NumberType,
    #[serde(default = "one")]
    scale: Setting,
    #[serde(default, deserialize_with = "finite")]
    offset: f64,
    #[serde(default = "all_bits")]
    mask: u32,
}

fn one() -> Setting {
    Setting::Fixed(1.0)
}

fn all_bits() -> u32 {
    u32::MAX
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum NumberType {
    U8,
    I8,
    U16le,
    U16be,
    I16le,
    I16be,
    U24le,
    U24be,
    I24le,
    I24be,
    U32le,
    U32be,
    I32le,
    I32be,
}

impl NumberType {
    /// How many bytes it takes, whether it can be negative, and whether its lowest byte comes last.
    fn form(self) -> (u8, bool, bool) {
        match self {
            NumberType::U8 => (1, false, false),
            NumberType::I8 => (1, true, false),
            NumberType::U16le => (2, false, false),
            NumberType::U16be => (2, false, true),
            NumberType::I16le => (2, true, false),
            NumberType::I16be => (2, true, true),
            NumberType::U24le => (3, false, false),
            NumberType::U24be => (3, false, true),
            NumberType::I24le => (3, true, false),
            NumberType::I24be => (3, true, true),
            NumberType::U32le => (4, false, false),
            NumberType::U32be => (4, false, true),
            NumberType::I32le => (4, true, false),
            NumberType::I32be => (4, true, true),
        }
    }
}

impl Encoding {
    /// How many bytes it takes.
    pub(super) fn width(&self) -> u16 {
        u16::from(self.number.form().0)
    }

    /// The bytes of a quantity; what does not fit becomes the nearest that does.
    pub(super) fn encode(&self, quantity: f64, memory: &Memory) -> Vec<u8> {
        let (width, is_signed, is_big) = self.number.form();
        let bits = u32::from(width) * 8;
        let (low, high) = if is_signed { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) };
        let number = whole(quantity * self.scale.number(memory) + self.offset, low, high) & i64::from(self.mask);
        let mut bytes = number.to_le_bytes()[..usize::from(width)].to_vec();
        if is_big {
            bytes.reverse();
        }
        bytes
    }
}

/// A checksum of one byte.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Crc8 {
    polynomial: u8,
    #[serde(default)]
    initial: u8,
}

impl Crc8 {
    pub(super) fn of(self, bytes: &[u8]) -> u8 {
        bytes.iter().fold(self.initial, |crc, byte| {
            (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { (crc << 1) ^ self.polynomial })
        })
    }
}
