//! A world of one imp and one server.

use std::collections::BTreeMap;
use std::sync::Arc;

use imp::{Imp, Output, Programs, Setup, Stored};
use impstead_device_protocol::{
    CodeChunk, CodeOffer, Compression, DeviceFrame, DeviceId, DeviceSecret, LogKind, Message, ProgramFormat,
    ServerFrame, ServerHandshake, ServerTerms, Value,
};
use platform::board::Board;
use platform::{ImpFacts, Network};
use sha2::{Digest as _, Sha256};
use squirrel::Limits;

/// When the world begins: Unix time in microseconds.
pub const BEGINNING_US: i64 = 1_764_115_200_000_000;

pub const SERVER: &str = "http://impstead.test";
const SECRET: [u8; 32] = [9; 32];

pub struct World {
    pub imp: Imp,
    pub now_us: i64,
    /// Whether the server can be reached.
    pub is_reachable: bool,
    /// What the device should run.
    pub program: Option<String>,
    /// What it finds around it.
    pub environment: Option<Value>,
    /// What the imp said to the server, in short; and what it did, in brackets.
    pub heard: Vec<String>,
    pub kept: Stored,
    pub flash: BTreeMap<u32, Vec<u8>>,
    greeting: Option<ServerHandshake>,
    is_open: bool,
    seq: u32,
}

/// That of an imp on a board.
pub fn setup(board: Board) -> Setup {
    let device = DeviceId::parse("50000c2a69000001").unwrap();
    let usual = Setup::new(device, DeviceSecret::from_seed(&SECRET), SERVER.to_owned(), &Arc::new(board));
    Setup {
        facts: ImpFacts {
            software_version: "3fd20aa - release-42.15 - Tue Jan 13 09:00:00 2026 - production".into(),
            network: Network {
                ssid: "greenhouse".into(),
                bssid: "02:00:00:00:00:01".into(),
                channel: 6,
                rssi: -50,
                address: "192.168.1.20".into(),
            },
            ..usual.facts
        },
        limits: Limits { heap_bytes: 1 << 20, ..Limits::default() },
        storage_bytes: 10_000,
        ..usual
    }
}

fn sha(source: &str) -> [u8; 32] {
    Sha256::digest(source.as_bytes()).into()
}

impl World {
    pub fn new(program: Option<&str>) -> World {
        World::with(program, Stored::default())
    }

    pub fn with(program: Option<&str>, stored: Stored) -> World {
        World::on(Board::parse("imp = \"imp003\"").unwrap(), program, stored)
    }

    /// With a board.
    pub fn on(board: Board, program: Option<&str>, stored: Stored) -> World {
        World {
            imp: Imp::new(setup(board), Programs::new(1), stored.clone(), 7, BEGINNING_US),
            now_us: BEGINNING_US,
            is_reachable: true,
            program: program.map(str::to_owned),
            environment: None,
            heard: Vec::new(),
            kept: stored,
            flash: BTreeMap::new(),
            greeting: None,
            is_open: false,
            seq: 0,
        }
    }

    /// Goes on for so many seconds.
    pub fn run_for(&mut self, seconds: i64) -> &mut World {
        let until_us = self.now_us + seconds * 1_000_000;
        for _ in 0..1_000_000 {
            let turn = self.imp.run(self.now_us, 1000);
            let outputs = self.imp.take_outputs();
            let is_quiet = outputs.is_empty();
            for output in outputs {
                self.carry_out(output);
            }
            if turn.more || !is_quiet {
                continue;
            }
            match turn.wake_us {
                Some(wake_us) if wake_us <= until_us => self.now_us = self.now_us.max(wake_us),
                _ => {
                    self.now_us = until_us;
                    return self;
                }
            }
        }
        panic!("it does not come to rest: {:?}", self.heard);
    }

    /// What was heard since the last time.
    pub fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.heard)
    }

    pub fn say(&mut self, frame: &ServerFrame) {
        self.imp.receive(self.now_us, &frame.encode().unwrap());
    }

    pub fn message(&mut self, name: &str, value: Value) {
        self.seq += 1;
        let message = Message { seq: self.seq, ack_wanted: false, name: name.into(), value };
        self.say(&ServerFrame::Message(message));
    }

    /// Breaks the connection, and lets none be made.
    pub fn cut(&mut self) {
        self.is_reachable = false;
        self.is_open = false;
        self.imp.closed(self.now_us);
    }

    /// Offers a new program.
    pub fn deploy(&mut self, source: &str) {
        self.program = Some(source.to_owned());
        self.offer();
    }

    fn offer(&mut self) {
        let Some(source) = &self.program else { return };
        let size = u32::try_from(source.len()).unwrap();
        let offer = CodeOffer {
            program: sha(source),
            format: ProgramFormat::SQUIRREL_SOURCE,
            compression: Compression::NONE,
            size_bytes: size,
            transfer_bytes: size,
            environment: self.environment.clone(),
        };
        self.say(&ServerFrame::CodeOffer(Box::new(offer)));
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Open if self.is_reachable => {
                self.imp.opened(self.now_us);
                let handshake = ServerHandshake::new([3; 32], u64::try_from(self.now_us / 1000).unwrap());
                self.imp.receive(self.now_us, handshake.challenge());
                self.greeting = Some(handshake);
            }
            Output::Open => self.imp.closed(self.now_us),
            Output::Close => {
                if self.is_open {
                    self.heard.push("[closed]".into());
                }
                self.is_open = false;
            }
            Output::Send(frame) => self.hear(&frame),
            Output::Keep(stored) => self.kept = *stored,
            Output::KeepFlash(changes) => {
                for (sector, bytes) in changes {
                    match bytes {
                        Some(bytes) => self.flash.insert(sector, bytes),
                        None => self.flash.remove(&sector),
                    };
                }
            }
            Output::Says { .. } => {}
            Output::Refused(reason) => self.heard.push(format!("[refused: {reason:?}]")),
            Output::FactoryBlinkUp => self.heard.push("[blinkup]".into()),
        }
    }

    fn hear(&mut self, frame: &[u8]) {
        if let Some(handshake) = self.greeting.take() {
            let terms = ServerTerms { heartbeat_s: 30, max_frame_bytes: 270_336 };
            let introduced = handshake.receive(frame, &[SERVER]).unwrap();
            let accepted = introduced.verify(Some(&DeviceSecret::from_seed(&SECRET).public_key()), &terms).unwrap();
            (self.is_open, self.seq) = (true, 0);
            self.heard.push(format!("hello {}", accepted.hello.wake_reason.name().unwrap()));
            let wanted = self.program.as_deref().map(sha);
            self.imp.receive(self.now_us, &accepted.welcome(wanted));
            if wanted.is_some() && accepted.hello.program != wanted {
                self.offer();
            }
            return;
        }
        let heard = match DeviceFrame::decode(frame).unwrap().unwrap() {
            DeviceFrame::Ping(number) => return self.say(&ServerFrame::Pong(number)),
            DeviceFrame::Log(log) => {
                let mark = if log.kind == LogKind::ERROR { "!" } else { "" };
                format!("{mark}{}", String::from_utf8(log.text).unwrap())
            }
            DeviceFrame::Message(message) => {
                format!("{} {:?}", String::from_utf8(message.name).unwrap(), message.value)
            }
            DeviceFrame::CodeWant(want) => {
                let source = self.program.clone().unwrap();
                let bytes = source.as_bytes()[want.offset as usize..].to_vec();
                if !bytes.is_empty() {
                    self.say(&ServerFrame::CodeChunk(CodeChunk { offset: want.offset, bytes }));
                }
                return;
            }
            DeviceFrame::CodeResult(result) => {
                format!("code {} {}", result.outcome.name().unwrap(), result.storage_used)
            }
            DeviceFrame::Started(started) => format!("started {}", started.wake_reason.name().unwrap()),
            DeviceFrame::Sleep(sleep) => format!("{} {}", sleep.kind.name().unwrap(), sleep.seconds),
            DeviceFrame::ExitCode(exit) => format!("exit {} {}", exit.code, exit.text),
            DeviceFrame::Close(close) => format!("close {}", close.reason.name().unwrap()),
            DeviceFrame::Ack(seq) => format!("ack {seq}"),
            other => format!("{other:?}"),
        };
        self.heard.push(heard);
    }
}
