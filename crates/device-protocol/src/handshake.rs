//! How a connection begins: challenge, hello, welcome.
//!
//! Neither side does I/O here. Each is given the frames that arrive and says what to send; a value that has done its
//! part is consumed, so that a nonce cannot be used twice.

use crate::{
    Close, CloseReason, DEFAULT_HEARTBEAT_S, DecodeError, DeviceFrame, DeviceId, EncodeError, Facts, HEARTBEAT_RANGE_S,
    Hello, MAX_FRAME_BYTES, MAX_HANDSHAKE_FRAME_BYTES, MIN_MAX_FRAME_BYTES, ServerFrame, VERSION, WakeReason, Welcome,
    device_frame::SIGNATURE_BYTES,
};
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// What every signature begins with, so that it means nothing elsewhere.
const LABEL: &[u8; 32] = b"impstead device protocol: hello\0";

/// Checked against when there is no such device, so that finding this out takes as long. It is Ed25519's base point.
const NOBODY: [u8; 32] = {
    let mut key = [0x66; 32];
    key[0] = 0x58;
    key
};

/// A device's secret: an Ed25519 seed, of which the server has the public key.
#[derive(Clone)]
pub struct DeviceSecret(SigningKey);

impl DeviceSecret {
    /// Takes the 32 bytes that were given out when the device was added.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Returns the half that the server keeps.
    pub fn public_key(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }
}

impl core::fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("DeviceSecret(…)")
    }
}

/// Why a handshake failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// The peer refuses, and says why.
    #[error("the peer closed the connection: {} {}", .0.reason.name().unwrap_or("for an unknown reason"), .0.text)]
    Closed(Close),
    /// A frame longer than a handshake has any.
    #[error("frame longer than {MAX_HANDSHAKE_FRAME_BYTES} bytes before the end of the handshake")]
    TooLarge,
    /// Bytes that are no frame.
    #[error("not a frame of the handshake")]
    Decode(#[source] DecodeError),
    /// A frame that is not due.
    #[error("not the frame that was due")]
    Unexpected,
    /// No version that both speak.
    #[error("no common version: this side speaks {VERSION}, the other {oldest} to {newest}")]
    Version {
        /// The oldest version that the peer speaks.
        oldest: u8,
        /// The newest one.
        newest: u8,
    },
    /// The device signed for a server of this name, which is not one of ours.
    #[error("the device was connecting to {0}")]
    WrongServer(String),
    /// There is no device of this id.
    #[error("there is no device {0}")]
    UnknownDevice(DeviceId),
    /// The hello of this device is not signed with its secret.
    #[error("wrong signature of device {0}")]
    BadSignature(DeviceId),
    /// The welcome has a heartbeat or a length of frames with which no connection works.
    #[error("impossible terms in the welcome")]
    BadTerms,
    /// The hello cannot be written.
    #[error("the hello cannot be written")]
    Encode(#[source] EncodeError),
}

impl HandshakeError {
    /// Returns the frame that tells the peer, if there is something to tell. Nobody learns whether a device exists.
    pub fn close(&self) -> Option<Close> {
        let reason = match self {
            Self::Closed(_) => return None,
            Self::TooLarge => CloseReason::TOO_LARGE,
            Self::Decode(error) => return Some(Close::new(CloseReason::PROTOCOL_ERROR, &error.to_string())),
            Self::Unexpected | Self::BadTerms | Self::Encode(_) => CloseReason::PROTOCOL_ERROR,
            Self::Version { .. } => CloseReason::VERSION,
            Self::WrongServer(_) => CloseReason::WRONG_SERVER,
            Self::UnknownDevice(_) | Self::BadSignature(_) => {
                return Some(Close::new(CloseReason::NOT_AUTHORISED, "unknown device or wrong signature"));
            }
        };
        Some(Close::new(reason, &format!("{self}")))
    }
}

/// The server's side, from the challenge to the hello.
#[derive(Debug)]
pub struct ServerHandshake {
    challenge: Vec<u8>,
}

impl ServerHandshake {
    /// Begins with 32 bytes from a secure source, new for each connection, and the time.
    pub fn new(nonce: [u8; 32], time_ms: u64) -> Self {
        let challenge = crate::Challenge { oldest_version: VERSION, newest_version: VERSION, nonce, time_ms };
        let challenge = ServerFrame::Challenge(challenge).encode().expect("a challenge has no part of variable length");
        Self { challenge }
    }

    /// Returns the frame to send first.
    pub fn challenge(&self) -> &[u8] {
        &self.challenge
    }

    /// Takes the device's first frame. `identities` are the names of this server, each from
    /// [`server_identity`](crate::server_identity).
    ///
    /// # Errors
    /// Anything but a hello of a version that was offered, to this server.
    pub fn receive(self, frame: &[u8], identities: &[impl AsRef<str>]) -> Result<Introduced, HandshakeError> {
        if frame.len() > MAX_HANDSHAKE_FRAME_BYTES {
            return Err(HandshakeError::TooLarge);
        }
        // Type and version stand in the same place in every version of the protocol; the rest need not.
        if let [0x01, version, ..] = *frame
            && version != VERSION
        {
            return Err(HandshakeError::Version { oldest: version, newest: version });
        }
        let hello = match DeviceFrame::decode(frame).map_err(HandshakeError::Decode)? {
            Some(DeviceFrame::Hello(hello)) => hello,
            Some(DeviceFrame::Close(close)) => return Err(HandshakeError::Closed(close)),
            _ => return Err(HandshakeError::Unexpected),
        };
        if !identities.iter().any(|identity| identity.as_ref() == hello.server) {
            return Err(HandshakeError::WrongServer(hello.server));
        }
        let transcript = transcript(&self.challenge, &frame[..frame.len() - SIGNATURE_BYTES]);
        Ok(Introduced { hello, transcript })
    }
}

/// A device that has said who it is and has not yet been believed.
#[derive(Debug)]
pub struct Introduced {
    hello: Box<Hello>,
    transcript: Vec<u8>,
}

impl Introduced {
    /// Returns whose public key to look up.
    pub fn device(&self) -> DeviceId {
        self.hello.device
    }

    /// Checks the signature against the device's public key; `None` if there is no such device.
    ///
    /// # Errors
    /// [`HandshakeError::UnknownDevice`] and [`HandshakeError::BadSignature`], which the peer cannot tell apart.
    pub fn verify(self, public_key: Option<&[u8; 32]>, terms: &ServerTerms) -> Result<Accepted, HandshakeError> {
        let signature = Signature::from_bytes(&self.hello.signature);
        let verified = VerifyingKey::from_bytes(public_key.unwrap_or(&NOBODY))
            .and_then(|key| key.verify_strict(&self.transcript, &signature));
        match (public_key, verified) {
            (None, _) => Err(HandshakeError::UnknownDevice(self.hello.device)),
            (Some(_), Err(_)) => Err(HandshakeError::BadSignature(self.hello.device)),
            (Some(_), Ok(())) => Ok(Accepted {
                heartbeat_s: match self.hello.heartbeat_s {
                    Some(wish) => wish.clamp(*HEARTBEAT_RANGE_S.start(), *HEARTBEAT_RANGE_S.end()),
                    None => terms.heartbeat_s,
                },
                max_frame_bytes: terms.max_frame_bytes,
                hello: *self.hello,
            }),
        }
    }
}

/// What a server grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerTerms {
    /// Heartbeat of devices that ask for none.
    pub heartbeat_s: u32,
    /// Longest frame that this server takes.
    pub max_frame_bytes: u32,
}

impl Default for ServerTerms {
    fn default() -> Self {
        Self { heartbeat_s: DEFAULT_HEARTBEAT_S, max_frame_bytes: longest_frame() }
    }
}

/// A device that is who it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// What it said.
    pub hello: Hello,
    /// The heartbeat that it is granted.
    pub heartbeat_s: u32,
    /// Longest frame that it is told to send.
    pub max_frame_bytes: u32,
}

impl Accepted {
    /// Returns the frame that opens the connection. `program` is the SHA-256 of what the device should run.
    pub fn welcome(&self, program: Option<[u8; 32]>) -> Vec<u8> {
        let welcome = Welcome { heartbeat_s: self.heartbeat_s, max_frame_bytes: self.max_frame_bytes, program };
        ServerFrame::Welcome(welcome).encode().expect("a welcome has no part of unbounded length")
    }

    /// Returns the longest frame that the device takes.
    pub fn device_max_frame_bytes(&self) -> usize {
        let said = self.hello.max_frame_bytes.map_or(MAX_FRAME_BYTES, |bytes| bytes as usize);
        said.clamp(MIN_MAX_FRAME_BYTES, MAX_FRAME_BYTES)
    }
}

impl Hello {
    /// Makes a hello that tells no more than it must. [`DeviceHandshake`] fills in version and signature.
    pub fn new(device: DeviceId, server: &str, wake_reason: WakeReason) -> Self {
        Self {
            version: VERSION,
            device,
            wake_reason,
            running: false,
            server: server.into(),
            program: None,
            max_frame_bytes: None,
            facts: Facts::default(),
            compressions: Vec::new(),
            heartbeat_s: None,
            signature: [0; SIGNATURE_BYTES],
        }
    }
}

/// The device's side, from the challenge to the welcome.
#[derive(Debug)]
pub struct DeviceHandshake {
    secret: DeviceSecret,
    state: State,
}

#[derive(Debug)]
enum State {
    AwaitsChallenge(Box<Hello>),
    AwaitsWelcome { time_ms: u64 },
    Done,
}

/// What a device does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceStep {
    /// Send this frame and wait for the next.
    Send(Vec<u8>),
    /// Wait for the next frame.
    Wait,
    /// The connection is open.
    Connected(Connected),
}

/// What the device learned from the handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    /// The version that both speak.
    pub version: u8,
    /// Unix time in milliseconds when the challenge was made.
    pub time_ms: u64,
    /// What the server said.
    pub welcome: Welcome,
}

impl DeviceHandshake {
    /// Begins. `hello.server` is the name of the server that the device was told to connect to, from its configuration
    /// and never from the line.
    pub fn new(secret: DeviceSecret, hello: Hello) -> Self {
        Self { secret, state: State::AwaitsChallenge(Box::new(hello)) }
    }

    /// Takes a frame from the server.
    ///
    /// # Errors
    /// The server refuses, or does not follow the protocol. The handshake is over then.
    pub fn receive(&mut self, frame: &[u8]) -> Result<DeviceStep, HandshakeError> {
        let state = core::mem::replace(&mut self.state, State::Done);
        if frame.len() > MAX_HANDSHAKE_FRAME_BYTES {
            return Err(HandshakeError::TooLarge);
        }
        match (state, ServerFrame::decode(frame).map_err(HandshakeError::Decode)?) {
            (_, Some(ServerFrame::Close(close))) => Err(HandshakeError::Closed(close)),
            (State::AwaitsChallenge(mut hello), Some(ServerFrame::Challenge(challenge))) => {
                let (oldest, newest) = (challenge.oldest_version, challenge.newest_version);
                if !(oldest..=newest).contains(&VERSION) {
                    return Err(HandshakeError::Version { oldest, newest });
                }
                hello.version = VERSION;
                let mut answer = DeviceFrame::Hello(hello).encode().map_err(HandshakeError::Encode)?;
                answer.truncate(answer.len() - SIGNATURE_BYTES);
                let signature = self.secret.0.sign(&transcript(frame, &answer));
                answer.extend_from_slice(&signature.to_bytes());
                self.state = State::AwaitsWelcome { time_ms: challenge.time_ms };
                Ok(DeviceStep::Send(answer))
            }
            (State::AwaitsWelcome { time_ms }, Some(ServerFrame::Welcome(welcome))) => {
                if welcome.heartbeat_s == 0 || (welcome.max_frame_bytes as usize) < MIN_MAX_FRAME_BYTES {
                    return Err(HandshakeError::BadTerms);
                }
                Ok(DeviceStep::Connected(Connected { version: VERSION, time_ms, welcome }))
            }
            // A frame of a later version that may be skipped.
            (state @ State::AwaitsWelcome { .. }, None) => {
                self.state = state;
                Ok(DeviceStep::Wait)
            }
            _ => Err(HandshakeError::Unexpected),
        }
    }
}

/// What the device signs: both frames as they went over the line, so that nothing in them can be changed.
fn transcript(challenge: &[u8], hello: &[u8]) -> Vec<u8> {
    let length = u32::try_from(challenge.len()).expect("frames of the handshake are short");
    [&LABEL[..], &length.to_le_bytes(), challenge, hello].concat()
}

fn longest_frame() -> u32 {
    u32::try_from(MAX_FRAME_BYTES).expect("the longest frame is far below 4 GiB")
}
