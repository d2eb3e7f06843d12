//! Made-up values and frames, the same from the same seed.

use impstead_device_protocol::{
    Answer, AnswerCode, Bless, Challenge, Close, CloseReason, CodeChunk, CodeOffer, CodeOutcome, CodeResult, CodeWant,
    Compression, DeviceFrame, DeviceId, Enrol, ExitCode, Facts, Float, Hello, Key, Log, LogKind, MAX_PROGRAM_BYTES,
    Message, NetworkKind, ProgramFormat, RestartReason, ServerFrame, ShutdownReason, Sleep, SleepKind, Started, Value,
    WakeReason, Welcome,
};
use std::collections::HashSet;

/// Marsaglia's xorshift64*.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn number(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        u32::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32).unwrap()
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.number() as usize % limit
    }

    pub fn byte(&mut self) -> u8 {
        self.number().to_le_bytes()[0]
    }

    pub fn truth(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    pub fn bytes(&mut self, below: usize) -> Vec<u8> {
        let length = self.below(below);
        self.bytes_of(length)
    }

    pub fn bytes_of(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    /// Numbers of every length, and the borders between lengths.
    fn any_number(&mut self) -> u32 {
        let shift = self.below(32);
        match self.below(4) {
            0 => (1 << shift) - 1,
            1 => 1 << shift,
            _ => self.number() >> shift,
        }
    }

    fn text(&mut self, below: usize) -> String {
        (0..self.below(below))
            .map(|_| if self.below(8) == 0 { 'é' } else { char::from(b' ' + self.byte() % 95) })
            .collect()
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.truth() { Some(make(self)) } else { None }
    }

    fn float(&mut self) -> Float {
        let payload = self.number() & 0x807f_ffff;
        Float::from_bits(match self.below(3) {
            0 => 0x7f80_0000 | payload,
            1 => self.number(),
            _ => f32::to_bits(f32::from(i16::from_le_bytes(self.array()))),
        })
    }

    fn string(&mut self) -> Box<[u8]> {
        let below = [3, 12, 70, 300][self.below(4)];
        self.bytes(below).into()
    }

    fn key(&mut self) -> Key {
        match self.below(6) {
            0 => Key::Bool(self.truth()),
            1 => Key::Int(self.any_number().cast_signed()),
            2 => Key::Float(self.float()),
            _ => Key::String(self.string()),
        }
    }

    pub fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => Value::Bool(self.truth()),
            2 => Value::Int(self.any_number().cast_signed()),
            3 => Value::Float(self.float()),
            4 => Value::String(self.string()),
            5 => Value::Blob(self.string()),
            6 => Value::Array((0..self.below(20)).map(|_| self.value(depth - 1)).collect()),
            _ => {
                let mut seen = HashSet::new();
                let keys: Vec<Key> =
                    (0..self.below(20)).map(|_| self.key()).filter(|key| seen.insert(key.clone())).collect();
                Value::Table(keys.into_iter().map(|key| (key, self.value(depth - 1))).collect())
            }
        }
    }

    fn close(&mut self) -> Close {
        Close { reason: CloseReason(self.byte()), retry_after_s: self.any_number(), text: self.text(200) }
    }

    fn message(&mut self) -> Message {
        Message { seq: self.any_number(), ack_wanted: self.truth(), name: self.bytes(200), value: self.value(3) }
    }

    fn device_id(&mut self) -> DeviceId {
        DeviceId(self.array())
    }

    fn size(&mut self) -> u32 {
        self.any_number() % (u32::try_from(MAX_PROGRAM_BYTES).unwrap() + 1)
    }

    fn facts(&mut self) -> Facts {
        Facts {
            os_version: self.maybe(|random| random.text(64)),
            imp_type: self.maybe(|random| random.text(9)),
            mac_address: self.maybe(Self::array),
            free_memory_bytes: self.maybe(Self::any_number),
            rssi_dbm: self.maybe(|random| random.any_number().cast_signed()),
            storage_used: self.maybe(Self::any_number),
            network: self.maybe(|random| NetworkKind(random.byte())),
            network_name: self.maybe(|random| random.bytes(33)),
            local_address: self
                .maybe(|random| if random.truth() { random.array::<4>().into() } else { random.array::<16>().into() }),
        }
    }

    pub fn hello(&mut self) -> Hello {
        Hello {
            version: self.byte(),
            device: self.device_id(),
            wake_reason: WakeReason(self.byte()),
            running: self.truth(),
            server: (0..=self.below(255)).map(|_| char::from(b'!' + self.byte() % 94)).collect(),
            program: self.maybe(Self::array),
            max_frame_bytes: self.maybe(Self::any_number),
            facts: self.facts(),
            compressions: self.bytes(4).into_iter().map(Compression).collect(),
            heartbeat_s: self.maybe(Self::any_number),
            signature: self.array(),
        }
    }

    pub fn server_frame(&mut self) -> ServerFrame {
        match self.below(13) {
            0 => ServerFrame::Challenge(Challenge {
                oldest_version: self.byte(),
                newest_version: self.byte(),
                nonce: self.array(),
                time_ms: u64::from_le_bytes(self.array()),
            }),
            1 => ServerFrame::Welcome(Welcome {
                heartbeat_s: self.any_number(),
                max_frame_bytes: self.any_number(),
                program: self.maybe(Self::array),
            }),
            2 => ServerFrame::Close(self.close()),
            3 => ServerFrame::Ping(self.any_number()),
            4 => ServerFrame::Pong(self.any_number()),
            5 => ServerFrame::Ack(self.any_number()),
            6 => ServerFrame::Message(self.message()),
            7 => ServerFrame::CodeOffer(Box::new(CodeOffer {
                program: self.array(),
                format: ProgramFormat(self.byte()),
                compression: Compression(self.byte()),
                size_bytes: self.size(),
                transfer_bytes: self.size(),
                environment: self.maybe(|random| random.value(2)),
            })),
            8 => ServerFrame::CodeChunk(CodeChunk { offset: self.any_number(), bytes: self.bytes(4097) }),
            9 => ServerFrame::Restart(RestartReason(self.byte())),
            10 => ServerFrame::Shutdown(ShutdownReason(self.byte())),
            11 => ServerFrame::Unload,
            _ => ServerFrame::Answer(Answer { request: self.any_number(), code: AnswerCode(self.byte()) }),
        }
    }

    pub fn device_frame(&mut self) -> DeviceFrame {
        match self.below(16) {
            0 => DeviceFrame::Hello(Box::new(self.hello())),
            1 => DeviceFrame::Close(self.close()),
            2 => DeviceFrame::Ping(self.any_number()),
            3 => DeviceFrame::Pong(self.any_number()),
            4 => DeviceFrame::Ack(self.any_number()),
            5 => DeviceFrame::Message(self.message()),
            6 => DeviceFrame::Log(Log {
                seq: self.any_number(),
                ack_wanted: self.truth(),
                kind: LogKind(self.byte()),
                text: self.bytes(3000),
            }),
            7 => DeviceFrame::CodeWant(CodeWant { program: self.array(), offset: self.size() }),
            8 => DeviceFrame::CodeResult(CodeResult {
                program: self.array(),
                outcome: CodeOutcome(self.byte()),
                storage_used: self.any_number(),
                text: self.text(200),
            }),
            9 => DeviceFrame::Started(Started { wake_reason: WakeReason(self.byte()), program: self.array() }),
            10 => DeviceFrame::Restarting,
            11 => DeviceFrame::Sleep(Sleep { kind: SleepKind(self.byte()), seconds: self.any_number() }),
            12 => DeviceFrame::ExitCode(ExitCode { code: self.any_number(), text: self.text(200) }),
            13 => DeviceFrame::Report(Box::new(self.facts())),
            14 => DeviceFrame::Bless(Bless {
                request: self.any_number(),
                success: self.truth(),
                fixture: self.maybe(Self::device_id),
            }),
            _ => DeviceFrame::Enrol(Enrol {
                request: self.any_number(),
                plan_id: self.text(60),
                token: self.text(60),
                fixture: self.maybe(Self::device_id),
            }),
        }
    }
}
