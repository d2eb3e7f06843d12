//! UARTs: the line, and who is at its other end.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{
    modbus::{Measured, Slave, Tables},
    numbers::{bytes, maybe_bytes, maybe_period, micros, time},
};

/// Who is at the other end of a line.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Peer {
    /// Nobody.
    #[default]
    Silent,
    /// What is sent comes back.
    Loopback,
    Script(Script),
    Modbus(Slave),
}

/// What is sent at times, and what is sent in answer to something: the first answer that fits.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Vec<Line>")]
pub(super) struct Script {
    timed: Vec<Line>,
    answers: Vec<Line>,
}

impl From<Vec<Line>> for Script {
    fn from(lines: Vec<Line>) -> Script {
        let (answers, timed) = lines.into_iter().partition(|line| line.on.is_some());
        Script { timed, answers }
    }
}

impl Script {
    pub(super) fn lines(&self) -> usize {
        self.timed.len() + self.answers.len()
    }

    /// When something is sent next of itself, so long after the beginning.
    fn next_us(&self, us: i64) -> Option<i64> {
        self.timed.iter().filter_map(|line| line.next_us(us)).min()
    }
}

/// A line of a script: something to send at a time, or in answer to something.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    #[serde(default, deserialize_with = "maybe_time")]
    at_s: Option<f64>,
    #[serde(default, deserialize_with = "maybe_period")]
    every_s: Option<f64>,
    #[serde(default, deserialize_with = "maybe_bytes")]
    on: Option<Vec<u8>>,
    #[serde(default, deserialize_with = "time")]
    after_s: f64,
    #[serde(deserialize_with = "bytes")]
    send: Vec<u8>,
}

fn maybe_time<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    time(deserializer).map(Some)
}

impl Line {
    /// When it is sent of itself for the first time, so long after the beginning.
    fn first_us(&self) -> Option<i64> {
        self.at_s.or(self.every_s).map(micros)
    }

    fn next_us(&self, us: i64) -> Option<i64> {
        let first_us = self.first_us()?;
        if us < first_us {
            return Some(first_us);
        }
        let every_us = micros(self.every_s?);
        Some(us + every_us - (us - first_us) % every_us)
    }

    fn is_due(&self, us: i64) -> bool {
        self.next_us(us - 1) == Some(us)
    }
}

impl Peer {
    pub(super) fn problem(&self) -> Option<String> {
        match self {
            Peer::Silent | Peer::Loopback => None,
            Peer::Modbus(slave) => slave.problem(),
            Peer::Script(Script { timed, answers }) => {
                let is_clear = |line: &Line| match &line.on {
                    Some(on) => !on.is_empty() && line.first_us().is_none(),
                    None => line.first_us().is_some() && line.after_s == 0.0,
                };
                (!timed.iter().chain(answers).all(is_clear)).then(|| {
                    "a line of a script has `at_s`, `every_s` or both, or `on`, with or without `after_s`".to_owned()
                })
            }
        }
    }

    /// How many bytes it sends in a second: those of itself, and the longest line that it sends once or when it is asked, as if that
    /// were each second. Each of them is something that happens, and a line without bytes is, too.
    #[expect(clippy::cast_precision_loss, reason = "a file holds few")]
    pub(super) fn most_bytes_per_s(&self) -> f64 {
        let Peer::Script(Script { timed, answers }) = self else { return 0.0 };
        let bytes = |line: &Line| line.send.len().max(1) as f64;
        let repeated: f64 = timed.iter().filter_map(|line| Some(bytes(line) / line.every_s?)).sum();
        let others = timed.iter().filter(|line| line.every_s.is_none()).chain(answers);
        repeated + others.map(bytes).fold(0.0, f64::max)
    }
}

/// How a program has configured a UART.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that programs give")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UartSetting {
    /// Bits a second, from 1 to 10 million.
    pub baud: u32,
    /// Data bits of a byte: 7 or 8.
    pub word_bits: u8,
    /// Whether a parity bit follows them.
    pub has_parity: bool,
    /// How many stop bits end it: 1 or 2.
    pub stop_bits: u8,
    /// Whether it sends (without `NO_TX`).
    pub sends: bool,
    /// Whether it receives (without `NO_RX`).
    pub receives: bool,
    /// Whether RTS says when the FIFO is full (without `NO_CTSRTS`).
    pub uses_rts: bool,
    /// Whether programs read how long each byte came after the one before (`TIMING_ENABLED`).
    pub is_timed: bool,
}

impl UartSetting {
    /// How long a byte takes on the line.
    fn byte_us(self) -> i64 {
        let bits = 1 + i64::from(self.word_bits) + i64::from(self.has_parity) + i64::from(self.stop_bits);
        (bits * 1_000_000 + i64::from(self.baud) - 1) / i64::from(self.baud.max(1))
    }
}

/// How many bytes a FIFO holds unless the program says otherwise.
const FIFO_BYTES: usize = 80;

/// What a peer remembers of a line on which nothing matches.
const MOST_HEARD: usize = 4096;

/// The longest time between two bytes that programs read: with the byte below it, the number is not below zero.
const LONGEST_GAP_US: i64 = 0x7F_FFFF;

/// How much of what was sent is kept for those who look on.
const MOST_SENT: usize = 256;

/// What may be under way to the program; more is lost.
const MOST_COMING: usize = 65_536;

/// A UART as it is just now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Uart {
    setting: Option<UartSetting>,
    pub rx_fifo_bytes: usize,
    pub tx_fifo_bytes: usize,
    fifo: VecDeque<u8>,
    /// How long after the byte before each of them came; empty unless that is wanted.
    gaps_us: VecDeque<i32>,
    last_us: i64,
    is_overrun: bool,
    /// Bytes on their way, and when they are there: so much later than noted as RTS has held them up.
    coming: VecDeque<(i64, u8)>,
    held_up_us: i64,
    /// Whether the other end waits while RTS says that the FIFO is full.
    peer_heeds_rts: bool,
    /// Bytes to send, and when the first of them has gone; the others follow without a gap.
    going: VecDeque<u8>,
    going_us: i64,
    /// The end of what was sent.
    pub sent: VecDeque<u8>,
    heard: Vec<u8>,
    heard_us: i64,
    /// Up to when the script has been carried out.
    scripted_us: i64,
    /// When the script sends something next: looked up at the first time, and so up to the second.
    next_line: (i64, Option<i64>),
    tables: Option<Tables>,
}

impl Uart {
    pub(super) fn new(peer: &Peer, peer_heeds_rts: bool) -> Uart {
        let tables = if let Peer::Modbus(slave) = peer { Some(Tables::new(slave)) } else { None };
        Uart {
            setting: None,
            rx_fifo_bytes: FIFO_BYTES,
            tx_fifo_bytes: FIFO_BYTES,
            fifo: VecDeque::new(),
            gaps_us: VecDeque::new(),
            last_us: 0,
            is_overrun: false,
            coming: VecDeque::new(),
            held_up_us: 0,
            peer_heeds_rts,
            going: VecDeque::new(),
            going_us: 0,
            sent: VecDeque::new(),
            heard: Vec::new(),
            heard_us: 0,
            scripted_us: i64::MIN,
            next_line: (i64::MAX, None),
            tables,
        }
    }

    pub(super) fn configure(&mut self, setting: UartSetting, now_us: i64) {
        self.disable();
        self.setting = Some(setting);
        self.last_us = now_us;
    }

    /// What was received or is under way is lost.
    pub(super) fn disable(&mut self) {
        self.setting = None;
        self.fifo.clear();
        self.gaps_us.clear();
        self.is_overrun = false;
        self.coming.clear();
        self.held_up_us = 0;
        self.going.clear();
        self.heard.clear();
    }

    /// Puts it back as it is when a program starts; the peer notices nothing.
    pub(super) fn restart(&mut self) {
        self.disable();
        (self.rx_fifo_bytes, self.tx_fifo_bytes) = (FIFO_BYTES, FIFO_BYTES);
    }

    pub(super) fn is_configured(&self) -> bool {
        self.setting.is_some()
    }

    /// Sends bytes, and says when the last of them that the FIFO cannot hold has gone.
    pub(super) fn write(&mut self, bytes: &[u8], now_us: i64) -> i64 {
        let Some(setting) = self.setting.filter(|setting| setting.sends) else { return now_us };
        if self.going.is_empty() {
            self.going_us = now_us + setting.byte_us();
        }
        self.going.extend(bytes);
        self.sent.extend(bytes);
        self.sent.drain(..self.sent.len().saturating_sub(MOST_SENT));
        self.gone_us(self.going.len().saturating_sub(self.tx_fifo_bytes), now_us)
    }

    /// When everything has gone.
    pub(super) fn idle_us(&self, now_us: i64) -> i64 {
        self.gone_us(self.going.len(), now_us)
    }

    /// When so many of the bytes to send have gone.
    fn gone_us(&self, count: usize, now_us: i64) -> i64 {
        let following = i64::try_from(count).expect("they are in memory") - 1;
        let byte_us = self.setting.map_or(0, UartSetting::byte_us);
        if following < 0 { now_us } else { self.going_us + following * byte_us }
    }

    pub(super) fn received(&self) -> usize {
        self.fifo.len()
    }

    pub(super) fn read(&mut self, most: usize, now_us: i64) -> Vec<u8> {
        let count = most.min(self.fifo.len());
        let was_full = self.is_held_up();
        self.gaps_us.drain(..count.min(self.gaps_us.len()));
        let bytes = self.fifo.drain(..count).collect();
        if was_full && !self.is_held_up() {
            self.go_on(now_us);
        }
        bytes
    }

    /// How long after the one before it the byte came that is read next; none unless that is wanted.
    pub(super) fn gap_us(&self) -> Option<i32> {
        self.gaps_us.front().copied()
    }

    /// Whether the other end waits, because there is no room for what it would send.
    fn is_held_up(&self) -> bool {
        self.peer_heeds_rts
            && self.fifo.len() >= self.rx_fifo_bytes
            && self.setting.is_some_and(|setting| setting.receives && setting.uses_rts)
    }

    /// The other end sends what it was held up with from now on.
    fn go_on(&mut self, now_us: i64) {
        let byte_us = self.setting.map_or(0, UartSetting::byte_us);
        if let Some(late_us) = self.coming_us().map(|at_us| now_us + byte_us - at_us).filter(|&late_us| late_us > 0) {
            self.held_up_us += late_us;
        }
    }

    /// When the next byte is there.
    fn coming_us(&self) -> Option<i64> {
        self.coming.front().map(|&(at_us, _)| at_us + self.held_up_us)
    }

    /// Whether bytes were lost since the last time that somebody asked.
    pub(super) fn take_overrun(&mut self) -> bool {
        std::mem::take(&mut self.is_overrun)
    }

    /// Has bytes arrive, the first of them from a time on.
    pub(super) fn receive(&mut self, bytes: &[u8], from_us: i64) {
        let Some(setting) = self.setting else { return };
        for &byte in bytes {
            if self.coming.len() >= MOST_COMING {
                self.is_overrun = true;
                return;
            }
            let free_us = self.coming.back().map_or(from_us, |&(at_us, _)| from_us.max(at_us + self.held_up_us));
            self.coming.push_back((free_us + setting.byte_us() - self.held_up_us, byte));
        }
    }

    /// When something happens next on this line.
    pub(super) fn next_us(&self, peer: &Peer, started_us: i64, now_us: i64) -> Option<i64> {
        self.setting?;
        let coming_us = self.coming_us().filter(|_| !self.is_held_up());
        let going_us = (!self.going.is_empty()).then_some(self.going_us);
        let sent_us = self.next_line_us(peer, started_us, now_us);
        [coming_us, going_us, sent_us, self.frame_end_us(peer)].into_iter().flatten().min()
    }

    /// When the script sends something next of itself. Many bytes may come and go until then, so it is not asked for each of them.
    fn next_line_us(&self, peer: &Peer, started_us: i64, now_us: i64) -> Option<i64> {
        let Peer::Script(script) = peer else { return None };
        let (looked_us, next_us) = self.next_line;
        if looked_us <= now_us && next_us.is_none_or(|next_us| now_us < next_us) {
            return next_us;
        }
        script.next_us(now_us - started_us).map(|us| started_us + us)
    }

    /// When the silence that ends a Modbus frame is over: three and a half bytes.
    fn frame_end_us(&self, peer: &Peer) -> Option<i64> {
        let is_frame = matches!(peer, Peer::Modbus(_)) && !self.heard.is_empty();
        is_frame.then(|| self.heard_us + self.setting.map_or(0, UartSetting::byte_us) * 7 / 2)
    }

    /// Does what happens at a time, and says whether the program has received something.
    pub(super) fn step(
        &mut self,
        peer: &Peer,
        started_us: i64,
        now_us: i64,
        measure: impl Fn(&Measured, usize) -> f64,
    ) -> bool {
        let Some(setting) = self.setting else { return false };
        while self.going_us <= now_us
            && let Some(byte) = self.going.pop_front()
        {
            self.hear(peer, byte, self.going_us);
            self.going_us += setting.byte_us();
        }
        if let (Peer::Script(script), true) = (peer, self.scripted_us < now_us) {
            let is_due = self.next_line_us(peer, started_us, now_us - 1) == Some(now_us);
            self.scripted_us = now_us;
            for line in script.timed.iter().filter(|line| is_due && line.is_due(now_us - started_us)) {
                self.receive(&line.send, now_us);
            }
            self.next_line = (now_us, self.next_line_us(peer, started_us, now_us));
        }
        if let (Peer::Modbus(slave), Some(end_us)) = (peer, self.frame_end_us(peer).filter(|&end_us| end_us <= now_us))
        {
            let frame = std::mem::take(&mut self.heard);
            let tables = self.tables.get_or_insert_with(|| Tables::new(slave));
            if let Some(answer) = slave.answer(tables, &frame, measure) {
                self.receive(&answer, end_us + micros(slave.answers_after_s));
            }
        }
        let mut has_received = false;
        while !self.is_held_up()
            && let Some(at_us) = self.coming_us().filter(|&at_us| at_us <= now_us)
            && let Some((_, byte)) = self.coming.pop_front()
        {
            if !setting.receives {
                continue;
            }
            if self.fifo.len() < self.rx_fifo_bytes {
                self.fifo.push_back(byte);
                if setting.is_timed {
                    let gap_us = (at_us - self.last_us).clamp(0, LONGEST_GAP_US);
                    self.gaps_us.push_back(i32::try_from(gap_us).expect("it is not longer than the longest"));
                }
                self.last_us = at_us;
            } else {
                self.is_overrun = true;
            }
            has_received = true;
        }
        has_received
    }

    fn hear(&mut self, peer: &Peer, byte: u8, at_us: i64) {
        match peer {
            Peer::Silent => {}
            // It comes back while it is being sent.
            Peer::Loopback if self.coming.len() < MOST_COMING => {
                self.coming.push_back((at_us - self.held_up_us, byte));
            }
            Peer::Loopback => self.is_overrun = true,
            Peer::Modbus(_) | Peer::Script(_) => {
                if self.heard.len() >= MOST_HEARD {
                    self.heard.clear();
                }
                self.heard.push(byte);
                self.heard_us = at_us;
            }
        }
        let Peer::Script(script) = peer else { return };
        let matched = script.answers.iter().find(|line| line.on.as_ref().is_some_and(|on| self.heard.ends_with(on)));
        if let Some(line) = matched {
            self.heard.clear();
            self.receive(&line.send, at_us + micros(line.after_s));
        }
    }
}
