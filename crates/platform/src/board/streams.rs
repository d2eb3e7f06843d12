//! The sampler and the fixed-frequency DAC: samples at a fixed rate, buffer by buffer.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::names::Pin;

/// How samples are laid out in a buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleFormat {
    /// One byte by the A-law of G.711 for each sample, rather than two, the lower first.
    pub a_law: bool,
    /// Whether the samples of a buffer are shifted and stretched so that they use the whole range.
    pub normalised: bool,
}

impl SampleFormat {
    fn width(self) -> usize {
        if self.a_law { 1 } else { 2 }
    }

    fn encode(self, samples: &[u16]) -> Vec<u8> {
        let samples = if self.normalised { normalised(samples) } else { samples.to_vec() };
        if self.a_law {
            samples.into_iter().map(|sample| a_law(signed(sample))).collect()
        } else {
            samples.into_iter().flat_map(u16::to_le_bytes).collect()
        }
    }

    fn decode(self, bytes: &[u8]) -> Vec<u16> {
        if self.a_law {
            bytes.iter().map(|&byte| unsigned(linear(byte))).collect()
        } else {
            bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
        }
    }
}

fn normalised(samples: &[u16]) -> Vec<u16> {
    let low = u64::from(samples.iter().copied().min().unwrap_or(0));
    let high = u64::from(samples.iter().copied().max().unwrap_or(0));
    let stretch = |sample: u16| (u64::from(sample) - low) * 0xFFFF / (high - low).max(1);
    samples.iter().map(|&sample| u16::try_from(stretch(sample)).expect("it is a part of the range")).collect()
}

/// Around zero rather than around the middle of the scale.
fn signed(sample: u16) -> i16 {
    (sample ^ 0x8000).cast_signed()
}

fn unsigned(sample: i16) -> u16 {
    sample.cast_unsigned() ^ 0x8000
}

/// G.711: sign, three bits of exponent, four bits of mantissa, every second bit inverted.
fn a_law(sample: i16) -> u8 {
    let (sign, magnitude) = if sample < 0 { (0, !sample) } else { (0x80, sample) };
    let magnitude = magnitude.cast_unsigned() >> 4;
    let exponent = (u16::BITS - (magnitude >> 4).leading_zeros()).min(7);
    let mantissa = if exponent > 1 { magnitude >> (exponent - 1) } else { magnitude } & 0x0F;
    let code = exponent << 4 | u32::from(mantissa);
    (sign | u8::try_from(code).expect("seven bits")) ^ 0x55
}

fn linear(code: u8) -> i16 {
    let code = code ^ 0x55;
    let exponent = code >> 4 & 7;
    let mantissa = i16::from(code & 0x0F) << 4 | 8;
    let magnitude = if exponent == 0 { mantissa } else { (mantissa | 0x100) << (exponent - 1) };
    if code & 0x80 == 0 { -magnitude } else { magnitude }
}

/// The time of a sample since the first.
fn offset_us(sample: u64, rate_hz: u32) -> i64 {
    i64::try_from(u128::from(sample) * 1_000_000 / u128::from(rate_hz)).unwrap_or(i64::MAX)
}

/// The sampler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Sampler {
    pub pins: Vec<Pin>,
    rate_hz: u32,
    /// How many bytes each buffer takes.
    buffers: Vec<usize>,
    format: SampleFormat,
    /// From when on it runs, if it does; with the number of samples of earlier buffers.
    started_us: Option<i64>,
    taken: u64,
    buffer: usize,
}

impl Sampler {
    pub(super) fn new(pins: Vec<Pin>, rate_hz: u32, buffers: Vec<usize>, format: SampleFormat) -> Sampler {
        Sampler { pins, rate_hz, buffers, format, started_us: None, taken: 0, buffer: 0 }
    }

    pub(super) fn start(&mut self, now_us: i64) {
        if self.started_us.is_none() {
            (self.started_us, self.taken, self.buffer) = (Some(now_us), 0, 0);
        }
    }

    /// How often all pins are sampled for the buffer.
    fn rounds(&self) -> u64 {
        self.rounds_of(self.buffers[self.buffer])
    }

    fn rounds_of(&self, buffer_bytes: usize) -> u64 {
        (buffer_bytes / self.format.width() / self.pins.len()) as u64
    }

    /// How long the smallest buffer lasts.
    pub(super) fn shortest_us(&self) -> i64 {
        let durations = self.buffers.iter().map(|&bytes| offset_us(self.rounds_of(bytes), self.rate_hz));
        durations.min().unwrap_or(0)
    }

    /// When the buffer is full.
    pub(super) fn next_us(&self) -> Option<i64> {
        Some(self.started_us? + offset_us(self.taken + self.rounds(), self.rate_hz))
    }

    /// Fills the buffer, with the level of each pin at each time, and takes the next.
    pub(super) fn fill(&mut self, level: impl Fn(Pin, i64) -> u16) -> (usize, Vec<u8>) {
        let filled = (self.buffer, self.samples(self.rounds(), level));
        self.taken += self.rounds();
        self.buffer = (self.buffer + 1) % self.buffers.len();
        filled
    }

    /// Stops, and gives what is in the buffer.
    pub(super) fn stop(&mut self, now_us: i64, level: impl Fn(Pin, i64) -> u16) -> Option<(usize, Vec<u8>)> {
        let started_us = self.started_us?;
        let due = |round: &u64| started_us + offset_us(self.taken + round, self.rate_hz) <= now_us;
        let rounds = (1..=self.rounds()).take_while(due).count() as u64;
        let samples = self.samples(rounds, level);
        self.started_us = None;
        (!samples.is_empty()).then_some((self.buffer, samples))
    }

    fn samples(&self, rounds: u64, level: impl Fn(Pin, i64) -> u16) -> Vec<u8> {
        let started_us = self.started_us.unwrap_or_default();
        let at_us = |round: u64| started_us + offset_us(self.taken + round, self.rate_hz);
        let samples: Vec<u16> = (0..rounds)
            .flat_map(|round| self.pins.iter().map(move |&pin| (pin, round)))
            .map(|(pin, round)| level(pin, at_us(round)))
            .collect();
        self.format.encode(&samples)
    }
}

/// The fixed-frequency DAC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Dac {
    pub pin: Pin,
    rate_hz: u32,
    format: SampleFormat,
    buffers: VecDeque<Vec<u8>>,
    /// When the buffer in front began to play.
    playing_us: Option<i64>,
    is_running: bool,
}

impl Dac {
    pub(super) fn new(pin: Pin, rate_hz: u32, buffers: Vec<Vec<u8>>, format: SampleFormat) -> Dac {
        Dac { pin, rate_hz, format, buffers: buffers.into(), playing_us: None, is_running: false }
    }

    pub(super) fn start(&mut self, now_us: i64) {
        self.is_running = true;
        self.play(now_us);
    }

    pub(super) fn stop(&mut self) {
        self.is_running = false;
        self.playing_us = None;
        self.buffers.clear();
    }

    pub(super) fn add(&mut self, bytes: Vec<u8>, now_us: i64) {
        self.buffers.push_back(bytes);
        self.play(now_us);
    }

    fn play(&mut self, now_us: i64) {
        if self.is_running && self.playing_us.is_none() && !self.buffers.is_empty() {
            self.playing_us = Some(now_us);
        }
    }

    pub(super) fn waiting_bytes(&self) -> usize {
        self.buffers.iter().map(Vec::len).sum()
    }

    /// When the buffer in front has been played.
    pub(super) fn next_us(&self) -> Option<i64> {
        let samples = self.buffers.front()?.len() / self.format.width();
        Some(self.playing_us? + offset_us(samples.max(1) as u64, self.rate_hz))
    }

    /// Ends the buffer in front: gives its samples, and whether another follows.
    pub(super) fn finish(&mut self, now_us: i64) -> (Vec<u16>, bool) {
        let samples = self.format.decode(&self.buffers.pop_front().unwrap_or_default());
        self.playing_us = None;
        self.play(now_us);
        (samples, self.playing_us.is_some())
    }
}
