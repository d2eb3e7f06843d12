use crate::{
    Close, CodeOutcome, Compression, DecodeError, DeviceId, EncodeError, Facts, LogKind, MAX_FACT_BYTES,
    MAX_IDENTITY_BYTES, MAX_LOG_BYTES, MAX_PROGRAM_BYTES, MAX_TEXT_BYTES, MAX_TOKEN_BYTES, Message, Problem, SleepKind,
    WakeReason, fields,
    frame::{self, ACK, CLOSE, MESSAGE, PING, PONG},
    identity,
    read::{Reader, fail},
    write,
};
use alloc::{boxed::Box, string::String, vec, vec::Vec};

const HELLO: u8 = 0x01;
const LOG: u8 = 0x08;
const CODE_WANT: u8 = 0x09;
const CODE_RESULT: u8 = 0x0a;
const STARTED: u8 = 0x0b;
const RESTARTING: u8 = 0x0c;
const SLEEP: u8 = 0x0d;
const EXIT_CODE: u8 = 0x0e;
const REPORT: u8 = 0x0f;
const BLESS: u8 = 0x10;
const ENROL: u8 = 0x11;

/// Length of an Ed25519 signature.
pub(crate) const SIGNATURE_BYTES: usize = 64;

/// What a device says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceFrame {
    /// The answer to the challenge.
    Hello(Box<Hello>),
    /// The device ends the connection.
    Close(Close),
    /// Asks for a pong with the same number.
    Ping(u32),
    /// Answers a ping.
    Pong(u32),
    /// Everything up to this sequence number has arrived.
    Ack(u32),
    /// `agent.send()`.
    Message(Message),
    /// A line for the log.
    Log(Log),
    /// Asks for the program that was offered.
    CodeWant(CodeWant),
    /// What became of the program that was offered.
    CodeResult(CodeResult),
    /// The program was started.
    Started(Started),
    /// The program called `server.restart()`. The server answers with code, if it has other, or with a restart.
    Restarting,
    /// When the device expects to be back.
    Sleep(Sleep),
    /// How the run before ended, if it ended badly.
    ExitCode(ExitCode),
    /// What has changed of the device's facts.
    Report(Box<Facts>),
    /// `server.bless()`.
    Bless(Bless),
    /// Somebody gave the device an enrolment token: BlinkUp, or `imp.setenroltokens()`.
    Enrol(Enrol),
}

/// Answers the challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The version that both will speak.
    pub version: u8,
    /// Who the device says it is.
    pub device: DeviceId,
    /// Why its program runs, or why it will once it is started.
    pub wake_reason: WakeReason,
    /// Whether its program runs already.
    pub running: bool,
    /// By what name the device knows the server it connected to; see [`server_identity`](crate::server_identity).
    pub server: String,
    /// SHA-256 of the program that it has stored.
    pub program: Option<[u8; 32]>,
    /// Longest frame that the device takes, if not the protocol's longest.
    pub max_frame_bytes: Option<u32>,
    /// What it tells about itself.
    pub facts: Facts,
    /// Compressions that it can undo. None needs no mention.
    pub compressions: Vec<Compression>,
    /// The heartbeat that it would like.
    pub heartbeat_s: Option<u32>,
    /// Signature over challenge and hello; see the document.
    pub signature: [u8; SIGNATURE_BYTES],
}

/// A line for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Number among the messages and log lines of its direction.
    pub seq: u32,
    /// Whether the sender waits for an acknowledgement.
    pub ack_wanted: bool,
    /// What wrote it.
    pub kind: LogKind,
    /// The line: any bytes, UTF-8 as a rule.
    pub text: Vec<u8>,
}

/// Asks for a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeWant {
    /// Its SHA-256, as it was offered.
    pub program: [u8; 32],
    /// How many of the bytes that travel the device has already.
    pub offset: u32,
}

/// What became of a program that was offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeResult {
    /// Its SHA-256, as it was offered.
    pub program: [u8; 32],
    /// What became of it.
    pub outcome: CodeOutcome,
    /// How much of program storage it takes or would take, in hundredths of a percent.
    pub storage_used: u32,
    /// What is wrong with it; may be empty.
    pub text: String,
}

/// Says that the program was started while the connection was open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    /// Why.
    pub wake_reason: WakeReason,
    /// Its SHA-256.
    pub program: [u8; 32],
}

/// Says when the device expects to be back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sleep {
    /// What it is about to do.
    pub kind: SleepKind,
    /// In how many seconds it expects to be connected; 0 if it does not know.
    pub seconds: u32,
}

/// How the run before ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitCode {
    /// The system's number for it; 16 after `imp.reset()`.
    pub code: u32,
    /// In words, such as `out of memory`; may be empty.
    pub text: String,
}

/// Asks to be blessed, or says that the device failed its tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bless {
    /// The device's number for this request.
    pub request: u32,
    /// Whether the tests passed.
    pub success: bool,
    /// The factory fixture that configured the device.
    pub fixture: Option<DeviceId>,
}

/// Hands on an enrolment token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrol {
    /// The device's number for this request.
    pub request: u32,
    /// Enrolment plan; may be empty.
    pub plan_id: String,
    /// Enrolment token; may be empty.
    pub token: String,
    /// The factory fixture that configured the device, if one did.
    pub fixture: Option<DeviceId>,
}

impl DeviceFrame {
    /// Returns the frame's bytes.
    ///
    /// # Errors
    /// Some part of it is longer than its limit, or its value cannot be written.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = vec![self.kind()];
        match self {
            Self::Hello(hello) => {
                hello.write_signed(&mut out)?;
                out.extend_from_slice(&hello.signature);
            }
            Self::Close(close) => frame::write_close(&mut out, close)?,
            Self::Ping(number) | Self::Pong(number) | Self::Ack(number) => write::varint(&mut out, *number),
            Self::Message(message) => frame::write_message(&mut out, message)?,
            Self::Log(Log { seq, ack_wanted, kind, text }) => {
                write::varint(&mut out, *seq);
                out.extend_from_slice(&[(*ack_wanted).into(), kind.0]);
                write::bytes(&mut out, "log line", text, MAX_LOG_BYTES)?;
            }
            Self::CodeWant(CodeWant { program, offset }) => {
                write::within("program", *offset as usize, MAX_PROGRAM_BYTES)?;
                out.extend_from_slice(program);
                write::varint(&mut out, *offset);
            }
            Self::CodeResult(CodeResult { program, outcome, storage_used, text }) => {
                out.extend_from_slice(program);
                out.push(outcome.0);
                write::varint(&mut out, *storage_used);
                write::bytes(&mut out, "text", text.as_bytes(), MAX_TEXT_BYTES)?;
            }
            Self::Started(Started { wake_reason, program }) => {
                out.push(wake_reason.0);
                out.extend_from_slice(program);
            }
            Self::Restarting => {}
            Self::Sleep(Sleep { kind, seconds }) => {
                out.push(kind.0);
                write::varint(&mut out, *seconds);
            }
            Self::ExitCode(ExitCode { code, text }) => {
                write::varint(&mut out, *code);
                write::bytes(&mut out, "text", text.as_bytes(), MAX_TEXT_BYTES)?;
            }
            Self::Report(facts) => facts.write(&mut out)?,
            Self::Bless(Bless { request, success, fixture }) => {
                write::varint(&mut out, *request);
                out.push((*success).into());
                write_fixture(&mut out, *fixture);
            }
            Self::Enrol(Enrol { request, plan_id, token, fixture }) => {
                write::varint(&mut out, *request);
                write::bytes(&mut out, "enrolment plan", plan_id.as_bytes(), MAX_TOKEN_BYTES)?;
                write::bytes(&mut out, "enrolment token", token.as_bytes(), MAX_TOKEN_BYTES)?;
                write_fixture(&mut out, *fixture);
            }
        }
        frame::end(out)
    }

    /// Reads a frame. Returns `None` for one of a type that this version does not know and may skip.
    ///
    /// # Errors
    /// The bytes are not a frame of a device within the limits. The connection must be closed.
    pub fn decode(bytes: &[u8]) -> Result<Option<Self>, DecodeError> {
        let (kind, mut reader) = frame::begin(bytes, 0)?;
        let reader = &mut reader;
        let mut frame = match kind {
            HELLO => return Ok(Some(Self::Hello(Box::new(Hello::read(reader)?)))),
            CLOSE => Self::Close(frame::read_close(reader)?),
            PING => Self::Ping(reader.varint()?),
            PONG => Self::Pong(reader.varint()?),
            ACK => Self::Ack(reader.varint()?),
            MESSAGE => Self::Message(frame::read_message(reader)?),
            LOG => Self::Log(Log {
                seq: reader.varint()?,
                ack_wanted: reader.flag()?,
                kind: LogKind(reader.u8()?),
                text: reader.bytes(MAX_LOG_BYTES)?,
            }),
            CODE_WANT => Self::CodeWant(CodeWant { program: reader.array()?, offset: read_offset(reader)? }),
            CODE_RESULT => Self::CodeResult(CodeResult {
                program: reader.array()?,
                outcome: CodeOutcome(reader.u8()?),
                storage_used: reader.varint()?,
                text: reader.text(MAX_TEXT_BYTES)?,
            }),
            STARTED => Self::Started(Started { wake_reason: WakeReason(reader.u8()?), program: reader.array()? }),
            RESTARTING => Self::Restarting,
            SLEEP => Self::Sleep(Sleep { kind: SleepKind(reader.u8()?), seconds: reader.varint()? }),
            EXIT_CODE => Self::ExitCode(ExitCode { code: reader.varint()?, text: reader.text(MAX_TEXT_BYTES)? }),
            REPORT => Self::Report(Box::default()),
            BLESS => Self::Bless(Bless { request: reader.varint()?, success: reader.flag()?, fixture: None }),
            ENROL => Self::Enrol(Enrol {
                request: reader.varint()?,
                plan_id: reader.text(MAX_TOKEN_BYTES)?,
                token: reader.text(MAX_TOKEN_BYTES)?,
                fixture: None,
            }),
            _ => return frame::unknown(kind),
        };
        fields::read(reader, |id, content| match (&mut frame, id) {
            (Self::Report(facts), _) => facts.take(id, content),
            (Self::Bless(Bless { fixture, .. }) | Self::Enrol(Enrol { fixture, .. }), 0x80) => {
                *fixture = Some(DeviceId(content.array()?));
                Ok(true)
            }
            _ => Ok(false),
        })?;
        Ok(Some(frame))
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Hello(_) => HELLO,
            Self::Close(_) => CLOSE,
            Self::Ping(_) => PING,
            Self::Pong(_) => PONG,
            Self::Ack(_) => ACK,
            Self::Message(_) => MESSAGE,
            Self::Log(_) => LOG,
            Self::CodeWant(_) => CODE_WANT,
            Self::CodeResult(_) => CODE_RESULT,
            Self::Started(_) => STARTED,
            Self::Restarting => RESTARTING,
            Self::Sleep(_) => SLEEP,
            Self::ExitCode(_) => EXIT_CODE,
            Self::Report(_) => REPORT,
            Self::Bless(_) => BLESS,
            Self::Enrol(_) => ENROL,
        }
    }
}

impl Hello {
    /// Appends all but type and signature.
    fn write_signed(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let Self {
            version,
            device,
            wake_reason,
            running,
            server,
            program,
            max_frame_bytes,
            facts,
            compressions,
            heartbeat_s,
            signature: _,
        } = self;
        out.push(*version);
        out.extend_from_slice(&device.0);
        out.extend_from_slice(&[wake_reason.0, (*running).into()]);
        write::bytes(out, "name of the server", server.as_bytes(), MAX_IDENTITY_BYTES)?;
        if !identity::is_plain(server.as_bytes()) {
            return Err(EncodeError::BadText);
        }
        if let Some(program) = program {
            fields::bytes(out, 0x01, program);
        }
        if let Some(bytes) = max_frame_bytes {
            fields::varint(out, 0x02, *bytes);
        }
        facts.write(out)?;
        if !compressions.is_empty() {
            let codes: Vec<u8> = compressions.iter().map(|compression| compression.0).collect();
            fields::text(out, 0xa0, "list of compressions", &codes, MAX_FACT_BYTES)?;
        }
        if let Some(seconds) = heartbeat_s {
            fields::varint(out, 0xa1, *seconds);
        }
        Ok(())
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let version = reader.u8()?;
        let device = DeviceId(reader.array()?);
        let mut signed = reader.all_but(SIGNATURE_BYTES)?;
        let signature = reader.array()?;
        let reader = &mut signed;
        let (wake_reason, running) = (WakeReason(reader.u8()?), reader.flag()?);
        let offset = reader.offset();
        let server = reader.text(MAX_IDENTITY_BYTES)?;
        if !identity::is_plain(server.as_bytes()) {
            return fail(Problem::BadText, offset);
        }
        let mut hello = Self {
            version,
            device,
            wake_reason,
            running,
            server,
            program: None,
            max_frame_bytes: None,
            facts: Facts::default(),
            compressions: Vec::new(),
            heartbeat_s: None,
            signature,
        };
        fields::read(reader, |id, content| {
            match id {
                0x01 => hello.program = Some(content.array()?),
                0x02 => hello.max_frame_bytes = Some(content.varint()?),
                0xa0 => {
                    // Empty would be another way to write what absence says.
                    if content.left() == 0 || content.left() > MAX_FACT_BYTES {
                        return content.fail(Problem::FieldLength(id));
                    }
                    hello.compressions = content.take(content.left())?.iter().copied().map(Compression).collect();
                }
                0xa1 => hello.heartbeat_s = Some(content.varint()?),
                _ => return hello.facts.take(id, content),
            }
            Ok(true)
        })?;
        Ok(hello)
    }
}

fn write_fixture(out: &mut Vec<u8>, fixture: Option<DeviceId>) {
    if let Some(DeviceId(id)) = fixture {
        fields::bytes(out, 0x80, &id);
    }
}

fn read_offset(reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
    let offset = reader.offset();
    let count = reader.varint()?;
    if count as usize > MAX_PROGRAM_BYTES { fail(Problem::TooLong(MAX_PROGRAM_BYTES), offset) } else { Ok(count) }
}
