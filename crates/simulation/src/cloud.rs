//! The cloud's end of a device's connection, as the server's is, in virtual time.

use impstead_device_protocol::{
    Accepted, Answer, AnswerCode, CodeChunk, CodeOffer, CodeOutcome, Compression, DeviceFrame, DeviceSecret, Incoming,
    LogKind, MAX_CHUNK_BYTES, Message, Outgoing, ProgramFormat, RestartReason, ServerFrame, ServerHandshake,
    ServerTerms, Value,
};

/// The server's name.
pub(crate) const SERVER: &str = "http://impstead.simulated";

/// How long a silence may be, in seconds: devices that are simulated have no reason to ask more often.
pub(crate) const HEARTBEAT_S: u32 = 600;

/// What a device should run.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) sha: [u8; 32],
    pub(crate) source: Vec<u8>,
    pub(crate) environment: Value,
}

/// One connection.
pub(crate) struct Session {
    state: State,
    /// Whether it ever was open.
    was_open: bool,
    outgoing: Outgoing,
    incoming: Incoming,
}

enum State {
    Greeting(Option<Box<ServerHandshake>>),
    Open,
    Ended,
}

/// What a frame means to the cloud.
pub(crate) enum Heard {
    /// The connection is open, and the device may have another program than it should.
    Connected,
    Message(Message),
    Log {
        error: bool,
        text: Vec<u8>,
    },
    Status(String),
    ExitCode(String),
    Sleep(String),
    Started,
    /// The device ends the connection.
    Left,
    Nothing,
}

impl Session {
    /// Begins: returns the first frame to send, too.
    pub(crate) fn begin(nonce: [u8; 32], now_us: i64) -> (Session, Vec<u8>) {
        let handshake = ServerHandshake::new(nonce, u64::try_from(now_us / 1000).unwrap_or(0));
        let challenge = handshake.challenge().to_vec();
        let state = State::Greeting(Some(Box::new(handshake)));
        (Session { state, was_open: false, outgoing: Outgoing::default(), incoming: Incoming::default() }, challenge)
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Whether it ever was open.
    pub(crate) fn was_open(&self) -> bool {
        self.was_open
    }

    /// Takes a frame of a device that has this secret and should run this program. Frames to send are added to `out`.
    pub(crate) fn hear(
        &mut self,
        frame: &[u8],
        secret: &DeviceSecret,
        program: Option<&Program>,
        out: &mut Vec<Vec<u8>>,
    ) -> Heard {
        match &mut self.state {
            State::Greeting(handshake) => {
                let accepted = handshake.take().and_then(|handshake| greet(*handshake, frame, secret));
                let Some(accepted) = accepted else {
                    self.state = State::Ended;
                    return Heard::Left;
                };
                let wanted = program.map(|program| program.sha);
                out.push(accepted.welcome(wanted));
                self.state = State::Open;
                self.was_open = true;
                if wanted.is_some() && accepted.hello.program != wanted {
                    Session::offer(program, out);
                }
                Heard::Connected
            }
            State::Open => self.hear_open(frame, program, out),
            State::Ended => Heard::Nothing,
        }
    }

    fn hear_open(&mut self, frame: &[u8], program: Option<&Program>, out: &mut Vec<Vec<u8>>) -> Heard {
        let Ok(Some(frame)) = DeviceFrame::decode(frame) else { return self.leave() };
        match frame {
            DeviceFrame::Ping(number) => say(&ServerFrame::Pong(number), out),
            DeviceFrame::Message(message) => {
                if !self.number(message.seq, message.ack_wanted, out) {
                    return self.leave();
                }
                return Heard::Message(message);
            }
            DeviceFrame::Log(log) => {
                if !self.number(log.seq, log.ack_wanted, out) {
                    return self.leave();
                }
                return Heard::Log { error: log.kind == LogKind::ERROR, text: log.text };
            }
            DeviceFrame::CodeWant(want) => {
                if let Some(program) = program.filter(|program| program.sha == want.program) {
                    let mut offset = want.offset;
                    for bytes in program.source.get(offset as usize..).unwrap_or_default().chunks(MAX_CHUNK_BYTES) {
                        say(&ServerFrame::CodeChunk(CodeChunk { offset, bytes: bytes.to_vec() }), out);
                        offset += u32::try_from(bytes.len()).unwrap_or(0);
                    }
                }
            }
            DeviceFrame::CodeResult(result) => {
                let percent = format!("{}.{:02}", result.storage_used / 100, result.storage_used % 100);
                return match result.outcome {
                    CodeOutcome::INSTALLED => {
                        Heard::Status(format!("Downloading new code; {percent}% program storage used"))
                    }
                    CodeOutcome::OUT_OF_SPACE => {
                        Heard::Status(format!("Out of space; {percent}% program storage used"))
                    }
                    CodeOutcome::BAD_PROGRAM => Heard::Log { error: true, text: result.text.into_bytes() },
                    _ => Heard::Nothing,
                };
            }
            DeviceFrame::Started(_) => return Heard::Started,
            DeviceFrame::Restarting => say(&ServerFrame::Restart(RestartReason::PROGRAM), out),
            DeviceFrame::Sleep(sleep) => {
                let what = sleep.kind.name().unwrap_or("SLEEP");
                return Heard::Sleep(format!("{what} for {} s", sleep.seconds));
            }
            DeviceFrame::ExitCode(exit) => return Heard::ExitCode(format!("{} {}", exit.code, exit.text)),
            DeviceFrame::Bless(bless) => {
                say(&ServerFrame::Answer(Answer { request: bless.request, code: AnswerCode::OK }), out);
            }
            DeviceFrame::Enrol(enrol) => {
                say(&ServerFrame::Answer(Answer { request: enrol.request, code: AnswerCode::OK }), out);
            }
            DeviceFrame::Close(_) => return self.leave(),
            DeviceFrame::Hello(_) | DeviceFrame::Pong(_) | DeviceFrame::Ack(_) | DeviceFrame::Report(_) => {}
        }
        Heard::Nothing
    }

    fn leave(&mut self) -> Heard {
        self.state = State::Ended;
        Heard::Left
    }

    fn number(&mut self, seq: u32, ack_wanted: bool, out: &mut Vec<Vec<u8>>) -> bool {
        let is_next = self.incoming.receive(seq).is_ok();
        if is_next && ack_wanted {
            say(&ServerFrame::Ack(seq), out);
        }
        is_next
    }

    /// A message to the device.
    pub(crate) fn message(&mut self, name: Vec<u8>, value: Value) -> Option<Vec<u8>> {
        let seq = self.outgoing.take()?;
        ServerFrame::Message(Message { seq, ack_wanted: false, name, value }).encode().ok()
    }

    /// Offers what the device should run.
    pub(crate) fn offer(program: Option<&Program>, out: &mut Vec<Vec<u8>>) {
        let Some(program) = program else { return say(&ServerFrame::Unload, out) };
        let size = u32::try_from(program.source.len()).unwrap_or(u32::MAX);
        let offer = CodeOffer {
            program: program.sha,
            format: ProgramFormat::SQUIRREL_SOURCE,
            compression: Compression::NONE,
            size_bytes: size,
            transfer_bytes: size,
            environment: Some(program.environment.clone()),
        };
        say(&ServerFrame::CodeOffer(Box::new(offer)), out);
    }
}

fn greet(handshake: ServerHandshake, frame: &[u8], secret: &DeviceSecret) -> Option<Accepted> {
    let terms = ServerTerms { heartbeat_s: HEARTBEAT_S, ..ServerTerms::default() };
    handshake.receive(frame, &[SERVER]).ok()?.verify(Some(&secret.public_key()), &terms).ok()
}

fn say(frame: &ServerFrame, out: &mut Vec<Vec<u8>>) {
    // What cannot be encoded is too long to be sent.
    out.extend(frame.encode());
}
