use crate::{
    AnswerCode, Close, Compression, DecodeError, EncodeError, MAX_CHUNK_BYTES, MAX_ENVIRONMENT_BYTES,
    MAX_PROGRAM_BYTES, Message, Problem, ProgramFormat, RestartReason, ShutdownReason, Value, fields,
    frame::{self, ACK, CLOSE, FROM_SERVER, MESSAGE, PING, PONG},
    read::{Reader, fail},
    write,
};
use alloc::{boxed::Box, vec, vec::Vec};

const CHALLENGE: u8 = 0x01;
const WELCOME: u8 = 0x02;
const CODE_OFFER: u8 = 0x09;
const CODE_CHUNK: u8 = 0x0a;
const RESTART: u8 = 0x0b;
const SHUTDOWN: u8 = 0x0c;
const UNLOAD: u8 = 0x0d;
const ANSWER: u8 = 0x10;

/// What a challenge begins with, so that a stray peer is told at once.
const MAGIC: [u8; 4] = *b"imps";

/// What the server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerFrame {
    /// The first frame of every connection.
    Challenge(Challenge),
    /// The device is who it says, and the connection is open.
    Welcome(Welcome),
    /// The server ends the connection.
    Close(Close),
    /// Asks for a pong with the same number.
    Ping(u32),
    /// Answers a ping.
    Pong(u32),
    /// Everything up to this sequence number has arrived.
    Ack(u32),
    /// `device.send()`.
    Message(Message),
    /// The program that the device should run from now on.
    CodeOffer(Box<CodeOffer>),
    /// Part of the program that was offered last and asked for.
    CodeChunk(CodeChunk),
    /// Start the program again, now.
    Restart(RestartReason),
    /// Ask the program to end, if it wants to be asked; start it again if not.
    Shutdown(ShutdownReason),
    /// Stop and forget the program: the device has none any more.
    Unload,
    /// The answer to a request of the device.
    Answer(Answer),
}

/// Asks a device to prove who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The oldest version that the server speaks.
    pub oldest_version: u8,
    /// The newest version that the server speaks.
    pub newest_version: u8,
    /// 32 bytes from a secure source, never used before.
    pub nonce: [u8; 32],
    /// Unix time in milliseconds, by which a device without a clock sets its own.
    pub time_ms: u64,
}

/// Opens the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// After so many seconds of silence the peer counts as dead.
    pub heartbeat_s: u32,
    /// Longest frame that the server takes.
    pub max_frame_bytes: u32,
    /// SHA-256 of the program that the device should run; none, if it should run none.
    pub program: Option<[u8; 32]>,
}

/// Names the program that a device should run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeOffer {
    /// SHA-256 of its bytes, uncompressed.
    pub program: [u8; 32],
    /// What the bytes are.
    pub format: ProgramFormat,
    /// How they travel.
    pub compression: Compression,
    /// How many they are, uncompressed.
    pub size_bytes: u32,
    /// How many travel.
    pub transfer_bytes: u32,
    /// What the program finds around it: a table. None, if there is nothing or the device cannot take it.
    pub environment: Option<Value>,
}

/// Some bytes of a program, as they travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChunk {
    /// How many bytes come before these.
    pub offset: u32,
    /// At most [`MAX_CHUNK_BYTES`].
    pub bytes: Vec<u8>,
}

/// Answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The number that the device gave to its request.
    pub request: u32,
    /// What became of it.
    pub code: AnswerCode,
}

impl ServerFrame {
    /// Returns the frame's bytes.
    ///
    /// # Errors
    /// Some part of it is longer than its limit, or its value cannot be written.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = vec![FROM_SERVER | self.kind()];
        match self {
            Self::Challenge(Challenge { oldest_version, newest_version, nonce, time_ms }) => {
                out.extend_from_slice(&MAGIC);
                out.extend_from_slice(&[*oldest_version, *newest_version]);
                out.extend_from_slice(nonce);
                out.extend_from_slice(&time_ms.to_le_bytes());
            }
            Self::Welcome(Welcome { heartbeat_s, max_frame_bytes, program }) => {
                write::varint(&mut out, *heartbeat_s);
                write::varint(&mut out, *max_frame_bytes);
                if let Some(program) = program {
                    fields::bytes(&mut out, 0x01, program);
                }
            }
            Self::Close(close) => frame::write_close(&mut out, close)?,
            Self::Ping(number) | Self::Pong(number) | Self::Ack(number) => write::varint(&mut out, *number),
            Self::Message(message) => frame::write_message(&mut out, message)?,
            Self::CodeOffer(offer) => {
                let CodeOffer { program, format, compression, size_bytes, transfer_bytes, environment } = &**offer;
                write::within("program", (*size_bytes).max(*transfer_bytes) as usize, MAX_PROGRAM_BYTES)?;
                out.extend_from_slice(program);
                out.extend_from_slice(&[format.0, compression.0]);
                write::varint(&mut out, *size_bytes);
                write::varint(&mut out, *transfer_bytes);
                if let Some(environment) = environment {
                    let mut content = Vec::new();
                    environment.write(&mut content, "environment", MAX_ENVIRONMENT_BYTES)?;
                    fields::bytes(&mut out, 0x80, &content);
                }
            }
            Self::CodeChunk(CodeChunk { offset, bytes }) => {
                write::varint(&mut out, *offset);
                write::bytes(&mut out, "chunk", bytes, MAX_CHUNK_BYTES)?;
            }
            Self::Restart(reason) => out.push(reason.0),
            Self::Shutdown(reason) => out.push(reason.0),
            Self::Unload => {}
            Self::Answer(Answer { request, code }) => {
                write::varint(&mut out, *request);
                out.push(code.0);
            }
        }
        frame::end(out)
    }

    /// Reads a frame. Returns `None` for one of a type that this version does not know and may skip.
    ///
    /// # Errors
    /// The bytes are not a frame of the server within the limits. The connection must be closed.
    pub fn decode(bytes: &[u8]) -> Result<Option<Self>, DecodeError> {
        let (kind, mut reader) = frame::begin(bytes, FROM_SERVER)?;
        let reader = &mut reader;
        let mut frame = match kind & !FROM_SERVER {
            CHALLENGE => {
                let offset = reader.offset();
                if reader.array()? != MAGIC {
                    return fail(Problem::NotThisProtocol, offset);
                }
                Self::Challenge(Challenge {
                    oldest_version: reader.u8()?,
                    newest_version: reader.u8()?,
                    nonce: reader.array()?,
                    time_ms: u64::from_le_bytes(reader.array()?),
                })
            }
            WELCOME => Self::Welcome(Welcome {
                heartbeat_s: reader.varint()?,
                max_frame_bytes: reader.varint()?,
                program: None,
            }),
            CLOSE => Self::Close(frame::read_close(reader)?),
            PING => Self::Ping(reader.varint()?),
            PONG => Self::Pong(reader.varint()?),
            ACK => Self::Ack(reader.varint()?),
            MESSAGE => Self::Message(frame::read_message(reader)?),
            CODE_OFFER => Self::CodeOffer(Box::new(CodeOffer {
                program: reader.array()?,
                format: ProgramFormat(reader.u8()?),
                compression: Compression(reader.u8()?),
                size_bytes: read_size(reader)?,
                transfer_bytes: read_size(reader)?,
                environment: None,
            })),
            CODE_CHUNK => {
                Self::CodeChunk(CodeChunk { offset: reader.varint()?, bytes: reader.bytes(MAX_CHUNK_BYTES)? })
            }
            RESTART => Self::Restart(RestartReason(reader.u8()?)),
            SHUTDOWN => Self::Shutdown(ShutdownReason(reader.u8()?)),
            UNLOAD => Self::Unload,
            ANSWER => Self::Answer(Answer { request: reader.varint()?, code: AnswerCode(reader.u8()?) }),
            _ => return frame::unknown(kind),
        };
        fields::read(reader, |id, content| {
            match (&mut frame, id) {
                (Self::Welcome(welcome), 0x01) => welcome.program = Some(content.array()?),
                (Self::CodeOffer(offer), 0x80) => {
                    offer.environment = Some(frame::read_value(content, MAX_ENVIRONMENT_BYTES)?);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(Some(frame))
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Challenge(_) => CHALLENGE,
            Self::Welcome(_) => WELCOME,
            Self::Close(_) => CLOSE,
            Self::Ping(_) => PING,
            Self::Pong(_) => PONG,
            Self::Ack(_) => ACK,
            Self::Message(_) => MESSAGE,
            Self::CodeOffer(_) => CODE_OFFER,
            Self::CodeChunk(_) => CODE_CHUNK,
            Self::Restart(_) => RESTART,
            Self::Shutdown(_) => SHUTDOWN,
            Self::Unload => UNLOAD,
            Self::Answer(_) => ANSWER,
        }
    }
}

fn read_size(reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
    let offset = reader.offset();
    let size = reader.varint()?;
    if size as usize > MAX_PROGRAM_BYTES { fail(Problem::TooLong(MAX_PROGRAM_BYTES), offset) } else { Ok(size) }
}
