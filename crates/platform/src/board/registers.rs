//! Parts that are a map of registers, behind I2C or SPI.
//!
//! Such a part does nothing between two samples, so it is brought up to date when somebody looks at it. Only a part whose
//! alarms or interrupts are on has to be looked at with each sample.

use serde::{Deserialize, Serialize};

use super::{
    encoding::{Bits, Encoding, Memory, Setting, byte},
    names::Pin,
    numbers::{bytes, level, micros, time},
    signal::Signal,
};

/// What a part's registers are, and how they behave.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RegisterMap {
    #[serde(default = "one")]
    pub address_bytes: u8,
    #[serde(default)]
    increment: Increment,
    #[serde(default = "top_bit")]
    increment_flag: u8,
    /// On SPI: the bit of the address that asks for reading.
    #[serde(default = "top_bit")]
    read_flag: u8,
    #[serde(default)]
    bytes: Vec<Bytes>,
    #[serde(default)]
    pub values: Vec<Value>,
    pub sampling: Option<Sampling>,
    /// Bits that put everything back as it was, and then clear themselves.
    reset: Option<Bits>,
    #[serde(default)]
    pub alarms: Vec<Alarm>,
    #[serde(default)]
    pub interrupts: Vec<Interrupt>,
}

fn one() -> u8 {
    1
}

fn top_bit() -> u8 {
    0x80
}

/// Whether the register address moves on with each byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Increment {
    #[default]
    Always,
    Never,
    /// If the flag is set in the address.
    Flag,
}

/// What registers hold at first, and which of their bits programs can write.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bytes {
    at: u16,
    #[serde(deserialize_with = "bytes")]
    is: Vec<u8>,
    #[serde(default = "all")]
    writable: u8,
}

fn all() -> u8 {
    0xFF
}

/// A quantity that the part measures.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Value {
    pub name: String,
    pub at: u16,
    #[serde(rename = "as")]
    pub encoding: Encoding,
    pub signal: Signal,
    /// Set with each sample, cleared when the value's last byte is read.
    ready: Option<Bits>,
}

/// When the part measures; without it, whenever it is read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sampling {
    pub rate_hz: Option<Setting>,
    /// Bits without which it does not measure.
    power: Option<Bits>,
    one_shot: Option<OneShot>,
}

/// Bits that start one measurement, and clear themselves at its end.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct OneShot {
    at: u16,
    mask: u8,
    #[serde(default, deserialize_with = "time")]
    takes_s: f64,
}

impl OneShot {
    fn bits(self) -> Bits {
        Bits { at: self.at, mask: self.mask }
    }
}

/// Status bits that say that a quantity is above or below a limit.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alarm {
    pub value: String,
    when: Side,
    limit: Setting,
    /// A register by whose number the limit is multiplied.
    times: Option<Bits>,
    /// Whether the sign does not matter.
    #[serde(default)]
    magnitude: bool,
    enable: Option<Bits>,
    set: Bits,
    /// Bits with which the status stays until it is read.
    latch: Option<Bits>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Side {
    Above,
    Below,
}

/// A pin that the part drives.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Interrupt {
    pub pin: Pin,
    /// Active while any of these bits is set.
    when: Bits,
    /// Bits without which the pin stays at rest.
    route: Option<Bits>,
    /// The level of the active pin.
    #[serde(default = "high", deserialize_with = "level")]
    pub active: bool,
}

fn high() -> bool {
    true
}

/// Gives the quantity of a value at a time.
pub(super) type Measure<'a> = &'a dyn Fn(&Value, i64) -> f64;

/// More entries would take too long with each sample.
const MOST_ENTRIES: usize = 64;

/// How a part with registers is just now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Registers {
    memory: Memory,
    pointer: u16,
    increments: bool,
    /// From when on the samples are counted, and when the last was.
    counted_from_us: i64,
    sampled_us: i64,
    one_shot_us: Option<i64>,
    /// On SPI: what the address of the transfer under way asked for.
    transfer: Option<Transfer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Transfer {
    /// So many bytes of the address have come.
    Address(u8),
    Reading,
    Writing,
}

impl RegisterMap {
    /// What is wrong with it.
    pub(super) fn problem(&self) -> Option<String> {
        let knows = |name: &str| self.values.iter().any(|value| value.name == name);
        let rates = self.sampling.iter().flat_map(|sampling| &sampling.rate_hz).flat_map(Setting::numbers);
        if self.values.len().max(self.alarms.len()).max(self.interrupts.len()) > MOST_ENTRIES {
            Some(format!("a part has at most {MOST_ENTRIES} values, alarms and interrupts each"))
        } else if !matches!(self.address_bytes, 1 | 2) {
            Some("`address_bytes` is 1 or 2".to_owned())
        } else if let Some(alarm) = self.alarms.iter().find(|alarm| !knows(&alarm.value)) {
            Some(format!("an alarm is about `{}`, but no value has this name", alarm.value))
        } else if !rates.into_iter().all(|rate| (0.0..=10_000.0).contains(rate)) {
            Some("write a rate from 0 to 10000 Hz".to_owned())
        } else if self.sampling.is_none() && !(self.alarms.is_empty() && self.interrupts.is_empty()) {
            Some("alarms and interrupts need `sampling`, which says when they are looked at".to_owned())
        } else {
            None
        }
    }

    fn initial_memory(&self) -> Memory {
        let fixed = self.bytes.iter().flat_map(|bytes| (bytes.at..=u16::MAX).zip(bytes.is.iter().copied()));
        let measured = self
            .values
            .iter()
            .flat_map(|value| (value.at..=u16::MAX).zip(vec![0; usize::from(value.encoding.width())]));
        measured.chain(fixed).collect()
    }

    fn writable(&self, at: u16) -> u8 {
        let holds = |bytes: &&Bytes| at.checked_sub(bytes.at).is_some_and(|place| usize::from(place) < bytes.is.len());
        self.bytes.iter().rev().find(holds).map_or(0, |bytes| bytes.writable)
    }
}

impl Registers {
    pub(super) fn new(map: &RegisterMap, now_us: i64) -> Registers {
        Registers {
            memory: map.initial_memory(),
            pointer: 0,
            increments: map.increment == Increment::Always,
            counted_from_us: now_us,
            sampled_us: now_us,
            one_shot_us: None,
            transfer: None,
        }
    }

    /// Writes the register address, then registers.
    pub(super) fn write(&mut self, map: &RegisterMap, bytes: &[u8], now_us: i64, measure: Measure<'_>) {
        self.catch_up(map, now_us, measure);
        let width = usize::from(map.address_bytes).min(bytes.len());
        let (address, data) = bytes.split_at(width);
        if width < usize::from(map.address_bytes) {
            return;
        }
        self.point(map, address.iter().fold(0, |address, &byte| address << 8 | u16::from(byte)));
        for &byte in data {
            self.put(map, byte, now_us, measure);
        }
    }

    /// Reads registers from the address on.
    pub(super) fn read(&mut self, map: &RegisterMap, count: usize, now_us: i64, measure: Measure<'_>) -> Vec<u8> {
        self.catch_up(map, now_us, measure);
        (0..count).map(|_| self.get(map)).collect()
    }

    /// Exchanges one byte on SPI.
    pub(super) fn exchange(&mut self, map: &RegisterMap, byte: u8, now_us: i64, measure: Measure<'_>) -> u8 {
        self.catch_up(map, now_us, measure);
        match self.transfer.unwrap_or(Transfer::Address(0)) {
            Transfer::Address(0) => {
                let reads = byte & map.read_flag != 0;
                self.point(map, u16::from(byte & !map.read_flag));
                self.transfer = Some(match (map.address_bytes, reads) {
                    (2, _) => Transfer::Address(if reads { 2 } else { 1 }),
                    (_, true) => Transfer::Reading,
                    (_, false) => Transfer::Writing,
                });
                0xFF
            }
            Transfer::Address(so_far) => {
                self.pointer = self.pointer << 8 | u16::from(byte);
                self.transfer = Some(if so_far == 2 { Transfer::Reading } else { Transfer::Writing });
                0xFF
            }
            Transfer::Reading => self.get(map),
            Transfer::Writing => {
                self.put(map, byte, now_us, measure);
                0xFF
            }
        }
    }

    /// Ends a transfer on SPI.
    pub(super) fn deselect(&mut self) {
        self.transfer = None;
    }

    fn point(&mut self, map: &RegisterMap, address: u16) {
        let flag = u16::from(map.increment_flag);
        (self.pointer, self.increments) = match map.increment {
            Increment::Always => (address, true),
            Increment::Never => (address, false),
            Increment::Flag => (address & !flag, address & flag != 0),
        };
    }

    fn advance(&mut self) {
        if self.increments {
            self.pointer = self.pointer.wrapping_add(1);
        }
    }

    fn get(&mut self, map: &RegisterMap) -> u8 {
        let at = self.pointer;
        let read = byte(&self.memory, at);
        for value in map.values.iter().filter(|value| at.checked_sub(value.at) == Some(value.encoding.width() - 1)) {
            if let Some(ready) = value.ready {
                ready.clear(&mut self.memory);
            }
        }
        for alarm in map.alarms.iter().filter(|alarm| alarm.set.at == at) {
            if alarm.latch.is_some_and(|latch| latch.are_set(&self.memory)) {
                alarm.set.clear(&mut self.memory);
            }
        }
        self.advance();
        read
    }

    fn put(&mut self, map: &RegisterMap, byte: u8, now_us: i64, measure: Measure<'_>) {
        let before_us = self.period_us(map);
        let writable = map.writable(self.pointer);
        let register = self.memory.entry(self.pointer).or_default();
        *register = *register & !writable | byte & writable;
        self.advance();
        if map.reset.is_some_and(|reset| reset.are_set(&self.memory)) {
            *self = Registers { pointer: self.pointer, increments: self.increments, ..Registers::new(map, now_us) };
            return;
        }
        if self.period_us(map) != before_us {
            (self.counted_from_us, self.sampled_us) = (now_us, now_us);
        }
        let one_shot = map.sampling.as_ref().and_then(|sampling| sampling.one_shot);
        if let Some(shot) = one_shot.filter(|shot| shot.bits().are_set(&self.memory) && self.one_shot_us.is_none()) {
            self.one_shot_us = Some(now_us + micros(shot.takes_s));
            self.catch_up(map, now_us, measure);
        }
    }

    /// The time between two samples, if it measures of itself.
    fn period_us(&self, map: &RegisterMap) -> Option<i64> {
        let sampling = map.sampling.as_ref()?;
        let has_power = sampling.power.is_none_or(|power| power.are_set(&self.memory));
        let rate_hz = sampling.rate_hz.as_ref()?.number(&self.memory);
        (has_power && rate_hz > 0.0).then(|| micros(1.0 / rate_hz))
    }

    /// Does what has come to be due.
    pub(super) fn catch_up(&mut self, map: &RegisterMap, now_us: i64, measure: Measure<'_>) {
        let Some(sampling) = &map.sampling else {
            self.sample(map, now_us, measure);
            return;
        };
        if let (Some(shot), Some(due_us)) = (sampling.one_shot, self.one_shot_us.filter(|&due_us| due_us <= now_us)) {
            self.one_shot_us = None;
            shot.bits().clear(&mut self.memory);
            if sampling.power.is_none_or(|power| power.are_set(&self.memory)) {
                self.sample(map, due_us, measure);
            }
        }
        if let Some(period_us) = self.period_us(map) {
            let last_us = now_us - (now_us - self.counted_from_us) % period_us;
            if last_us > self.sampled_us {
                self.sampled_us = last_us;
                self.sample(map, last_us, measure);
            }
        }
    }

    /// When it has to be looked at next, if its alarms or interrupts are on.
    pub(super) fn next_us(&self, map: &RegisterMap) -> Option<i64> {
        let is_on = |bits: Option<Bits>| bits.is_none_or(|bits| bits.are_set(&self.memory));
        let is_watched = map.interrupts.iter().any(|interrupt| is_on(interrupt.route))
            || map.alarms.iter().any(|alarm| is_on(alarm.enable));
        if !is_watched {
            return None;
        }
        let sample_us = self
            .period_us(map)
            .map(|period_us| self.sampled_us + period_us - (self.sampled_us - self.counted_from_us) % period_us);
        [sample_us, self.one_shot_us].into_iter().flatten().min()
    }

    fn sample(&mut self, map: &RegisterMap, at_us: i64, measure: Measure<'_>) {
        for value in &map.values {
            let bytes = value.encoding.encode(measure(value, at_us), &self.memory);
            self.memory.extend((value.at..=u16::MAX).zip(bytes));
            if let Some(ready) = value.ready {
                ready.set(&mut self.memory);
            }
        }
        for alarm in &map.alarms {
            if alarm.latch.is_none_or(|latch| !latch.are_set(&self.memory)) {
                alarm.set.clear(&mut self.memory);
            }
        }
        for alarm in &map.alarms {
            let value = map.values.iter().find(|value| value.name == alarm.value);
            if value.is_some_and(|value| alarm.is_on(&self.memory, measure(value, at_us))) {
                alarm.set.set(&mut self.memory);
            }
        }
    }

    /// Whether an interrupt holds its pin at its active level.
    pub(super) fn is_active(&self, interrupt: &Interrupt) -> bool {
        let is_routed = interrupt.route.is_none_or(|route| route.are_set(&self.memory));
        is_routed && interrupt.when.is_any_set(&self.memory)
    }
}

impl Alarm {
    fn is_on(&self, memory: &Memory, quantity: f64) -> bool {
        let times = self.times.map_or(1.0, |times| f64::from(times.number(memory)));
        let limit = self.limit.number(memory) * times;
        let quantity = if self.magnitude { quantity.abs() } else { quantity };
        let is_beyond = match self.when {
            Side::Above => quantity > limit,
            Side::Below => quantity < limit,
        };
        is_beyond && self.enable.is_none_or(|enable| enable.are_set(memory))
    }
}
