//! A Modbus RTU slave.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    encoding::{Encoding, Memory},
    numbers::time,
    signal::Signal,
};

/// A slave, and what its tables hold at first.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Slave {
    unit: u8,
    #[serde(default = "soon", deserialize_with = "time")]
    pub answers_after_s: f64,
    #[serde(default)]
    coils: Vec<Entries>,
    #[serde(default)]
    discrete_inputs: Vec<Entries>,
    #[serde(default)]
    holding_registers: Vec<Entries>,
    #[serde(default)]
    input_registers: Vec<Entries>,
    #[serde(default)]
    pub measured: Vec<Measured>,
}

fn soon() -> f64 {
    0.005
}

/// Consecutive entries of a table.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    at: u16,
    are: Vec<u16>,
}

/// Input registers that follow a signal.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Measured {
    at: u16,
    pub signal: Signal,
    #[serde(rename = "as")]
    encoding: Encoding,
}

type Table = BTreeMap<u16, u16>;

/// What a slave's tables hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tables {
    coils: Table,
    discrete_inputs: Table,
    holding_registers: Table,
    input_registers: Table,
}

/// What of a request is illegal.
#[derive(Clone, Copy)]
enum Exception {
    Function = 1,
    DataAddress = 2,
    DataValue = 3,
}

/// The most that one request may read: registers, and bits.
const MOST_REGISTERS: u16 = 125;
const MOST_BITS: u16 = 2000;

/// Addressed to all, answered by none.
const BROADCAST: u8 = 0;

impl Slave {
    pub(super) fn problem(&self) -> Option<String> {
        let is_bits = |entries: &Entries| entries.are.iter().all(|&bit| bit < 2);
        let fits = |entries: &Entries| usize::from(entries.at) + entries.are.len() <= 0x1_0000;
        let bits = || self.coils.iter().chain(&self.discrete_inputs);
        let registers = self.holding_registers.iter().chain(&self.input_registers);
        if !(1..=247).contains(&self.unit) {
            Some("`unit` is from 1 to 247".to_owned())
        } else if !bits().all(is_bits) {
            Some("coils and discrete inputs are 0 or 1".to_owned())
        } else if !bits().chain(registers).all(fits) {
            Some("addresses go up to 65535".to_owned())
        } else if self.measured.iter().any(|measured| measured.encoding.width() % 2 != 0) {
            Some("registers have 16 bits: write a `type` of 16 or 32 bits".to_owned())
        } else {
            None
        }
    }

    /// Answers a request, if it is whole and meant for this slave. `measure` gives the value of one of the measured.
    pub(super) fn answer(
        &self,
        tables: &mut Tables,
        frame: &[u8],
        measure: impl Fn(&Measured, usize) -> f64,
    ) -> Option<Vec<u8>> {
        let (body, crc) = frame.split_last_chunk::<2>()?;
        let (&unit, request) = body.split_first()?;
        let &function = request.first()?;
        if crc16(body) != u16::from_le_bytes(*crc) || (unit != self.unit && unit != BROADCAST) {
            return None;
        }
        for (index, measured) in self.measured.iter().enumerate() {
            let bytes = measured.encoding.encode(measure(measured, index), &Memory::new());
            tables.input_registers.extend((measured.at..=u16::MAX).zip(words(&bytes)));
        }
        let answer = tables.carry_out(request).unwrap_or_else(|exception| vec![function | 0x80, exception as u8]);
        if unit == BROADCAST {
            return None;
        }
        let mut frame = vec![unit];
        frame.extend(answer);
        let crc = crc16(&frame);
        frame.extend(crc.to_le_bytes());
        Some(frame)
    }
}

impl Tables {
    pub(super) fn new(slave: &Slave) -> Tables {
        let table = |entries: &[Entries]| {
            entries.iter().flat_map(|entries| (entries.at..=u16::MAX).zip(entries.are.iter().copied())).collect()
        };
        let mut tables = Tables {
            coils: table(&slave.coils),
            discrete_inputs: table(&slave.discrete_inputs),
            holding_registers: table(&slave.holding_registers),
            input_registers: table(&slave.input_registers),
        };
        for measured in &slave.measured {
            tables
                .input_registers
                .extend((measured.at..=u16::MAX).zip(vec![0; usize::from(measured.encoding.width() / 2)]));
        }
        tables
    }

    /// Carries out a request: function and data, as the protocol's specification has them.
    fn carry_out(&mut self, request: &[u8]) -> Result<Vec<u8>, Exception> {
        let word = |at: usize| {
            let bytes = request.get(at..at + 2).ok_or(Exception::DataValue)?;
            Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
        };
        let function = request[0];
        match function {
            1 => read_bits(function, &self.coils, word(1)?, word(3)?),
            2 => read_bits(function, &self.discrete_inputs, word(1)?, word(3)?),
            3 => read_registers(function, &self.holding_registers, word(1)?, word(3)?),
            4 => read_registers(function, &self.input_registers, word(1)?, word(3)?),
            5 => {
                let bit = match word(3)? {
                    0xFF00 => 1,
                    0 => 0,
                    _ => return Err(Exception::DataValue),
                };
                put(&mut self.coils, word(1)?, &[bit])?;
                Ok(request.to_vec())
            }
            6 => {
                put(&mut self.holding_registers, word(1)?, &[word(3)?])?;
                Ok(request.to_vec())
            }
            15 => {
                let (at, count) = (word(1)?, usize::from(word(3)?));
                let data = counted(request, 5, count.div_ceil(8))?;
                let bits: Vec<u16> = (0..count).map(|n| u16::from(data[n / 8] >> (n % 8) & 1)).collect();
                put(&mut self.coils, at, &bits)?;
                Ok(request[..5].to_vec())
            }
            16 => {
                let (at, count) = (word(1)?, usize::from(word(3)?));
                put(&mut self.holding_registers, at, &words(counted(request, 5, count * 2)?))?;
                Ok(request[..5].to_vec())
            }
            22 => {
                let (at, and, or) = (word(1)?, word(3)?, word(5)?);
                let old = *self.holding_registers.get(&at).ok_or(Exception::DataAddress)?;
                put(&mut self.holding_registers, at, &[old & and | or & !and])?;
                Ok(request.to_vec())
            }
            23 => {
                let count = usize::from(word(7)?);
                put(&mut self.holding_registers, word(5)?, &words(counted(request, 9, count * 2)?))?;
                read_registers(function, &self.holding_registers, word(1)?, word(3)?)
            }
            _ => Err(Exception::Function),
        }
    }
}

/// The data after a byte that counts them, which must be as many as expected, and at least one.
fn counted(request: &[u8], at: usize, expected: usize) -> Result<&[u8], Exception> {
    let data = request.get(at + 1..).unwrap_or_default();
    let is_right =
        expected > 0 && data.len() == expected && request.get(at).map(|&count| usize::from(count)) == Some(expected);
    if is_right { Ok(data) } else { Err(Exception::DataValue) }
}

fn words(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
}

/// Entries of a table, all of which must exist.
fn read(table: &Table, at: u16, count: u16, most: u16) -> Result<Vec<u16>, Exception> {
    if !(1..=most).contains(&count) {
        return Err(Exception::DataValue);
    }
    let address = |n: u16| at.checked_add(n).and_then(|at| table.get(&at)).copied();
    (0..count).map(|n| address(n).ok_or(Exception::DataAddress)).collect()
}

fn read_registers(function: u8, table: &Table, at: u16, count: u16) -> Result<Vec<u8>, Exception> {
    let data: Vec<u8> = read(table, at, count, MOST_REGISTERS)?.into_iter().flat_map(u16::to_be_bytes).collect();
    Ok(with_count(function, data))
}

fn read_bits(function: u8, table: &Table, at: u16, count: u16) -> Result<Vec<u8>, Exception> {
    let bits = read(table, at, count, MOST_BITS)?;
    let pack = |bits: &[u16]| bits.iter().rev().fold(0, |byte, &bit| byte << 1 | u8::from(bit != 0));
    Ok(with_count(function, bits.chunks(8).map(pack).collect()))
}

fn with_count(function: u8, data: Vec<u8>) -> Vec<u8> {
    let count = u8::try_from(data.len()).expect("a request reads at most 250 bytes");
    [vec![function, count], data].concat()
}

/// Writes entries, all of which must exist.
fn put(table: &mut Table, at: u16, entries: &[u16]) -> Result<(), Exception> {
    let count = u16::try_from(entries.len()).map_err(|_| Exception::DataValue)?;
    read(table, at, count, MOST_BITS)?;
    table.extend((at..=u16::MAX).zip(entries.iter().copied()));
    Ok(())
}

/// Modbus's checksum; it goes over the line with its lower byte first.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 0 { crc >> 1 } else { (crc >> 1) ^ 0xA001 })
    })
}
