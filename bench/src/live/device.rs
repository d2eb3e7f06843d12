//! A device, from its own end of the line: as small as the protocol allows, because ten thousand of them share two cores
//! with the server that is measured.
//!
//! The WebSocket framing is written here for the same reason: a library's buffers for so many connections, and its
//! masking of every byte, would be load that no real device puts on the server's machine. Frames are masked, as they
//! must be, with a mask of zeros, which changes nothing.

use anyhow::{Context, Result, bail, ensure};
use impstead_device_protocol::{
    Close, Connected, DeviceFrame, DeviceHandshake, DeviceId, DeviceSecret, DeviceStep, Heartbeat, Hello, Log, LogKind,
    Message, Pulse, ServerFrame, Value, WakeReason, server_identity,
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_rustls::{TlsConnector, rustls};

/// The example of RFC 6455, with the answer that it must have. A key protects from caches, of which there are none here.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;

/// Says that the length follows in two bytes.
const LONG: u8 = 126;

/// Longest time of an attempt to connect, with the handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Longest frame taken: what the server has to say here is short.
const LONGEST_FRAME: usize = 300_000;

/// Who a device is.
#[derive(Clone)]
pub struct Identity {
    pub id: DeviceId,
    pub secret: DeviceSecret,
    /// Where it connects from. One machine has too few ports for many devices at one address, and servers count
    /// attempts by address.
    pub source: Ipv4Addr,
}

impl Identity {
    /// Takes what `impstead device add` prints.
    pub fn new(number: usize, id: &str, secret: &str) -> Result<Self> {
        let id = DeviceId::parse(id).with_context(|| format!("{id} is not a device id"))?;
        let mut seed = [0; 32];
        ensure!(secret.len() == 64, "a secret has 64 digits");
        for (byte, digits) in seed.iter_mut().zip(secret.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits)?, 16).context("a secret is hexadecimal")?;
        }
        // 127.1.0.1 and on, 250 to a network.
        let (network, host) = (u8::try_from(number / 250 % 250)?, u8::try_from(number % 250)?);
        Ok(Self { id, secret: DeviceSecret::from_seed(&seed), source: Ipv4Addr::new(127, 1, network, host + 1) })
    }
}

/// Where devices connect.
#[derive(Clone)]
pub struct Server {
    pub address: SocketAddr,
    /// Trusts the server's certificate; none without TLS.
    pub tls: Option<TlsConnector>,
}

impl Server {
    pub fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }

    /// Trusts a certificate, PEM, and nothing else.
    pub fn with_tls(address: SocketAddr, certificate: &[u8]) -> Result<Self> {
        use rustls::pki_types::{CertificateDer, pem::PemObject};
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(certificate)?)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // Each device connects for the first time.
        config.resumption = rustls::client::Resumption::disabled();
        Ok(Self { address, tls: Some(TlsConnector::from(Arc::new(config))) })
    }

    /// Connects a device, up to the welcome.
    pub async fn connect(&self, device: &Identity) -> Result<Line> {
        timeout(CONNECT_TIMEOUT, self.try_connect(device)).await.context("no welcome in time")?
    }

    async fn try_connect(&self, device: &Identity) -> Result<Line> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((device.source, 0).into())?;
        let stream = socket.connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (scheme, transport): (_, Box<dyn Transport>) = match &self.tls {
            None => ("http", Box::new(stream)),
            Some(tls) => ("https", Box::new(tls.connect(self.address.ip().into(), stream).await?)),
        };
        let mut line = Line { transport, arrived: Vec::new(), sequence: 0, heartbeat_s: 0 };
        line.upgrade(self.address).await?;
        let name = server_identity(&format!("{scheme}://{}", self.address))?;
        let mut handshake =
            DeviceHandshake::new(device.secret.clone(), Hello::new(device.id, &name, WakeReason::POWER_ON));
        loop {
            let Some(frame) = line.next_bytes().await? else { bail!("the server closed the connection") };
            match handshake.receive(&frame)? {
                DeviceStep::Send(frame) => line.send_bytes(&frame).await?,
                DeviceStep::Wait => {}
                DeviceStep::Connected(Connected { welcome, .. }) => {
                    line.heartbeat_s = welcome.heartbeat_s;
                    return Ok(line);
                }
            }
        }
    }
}

trait Transport: AsyncRead + AsyncWrite + Unpin + Send {}
impl Transport for TcpStream {}
impl Transport for tokio_rustls::client::TlsStream<TcpStream> {}

/// An open connection.
pub struct Line {
    transport: Box<dyn Transport>,
    /// What arrived and was not looked at yet.
    arrived: Vec<u8>,
    /// The number of the last log line or message.
    sequence: u32,
    heartbeat_s: u32,
}

impl Line {
    async fn upgrade(&mut self, address: SocketAddr) -> Result<()> {
        let request = format!(
            "GET /impstead/v1/device HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: {KEY}\r\nsec-websocket-protocol: impstead-device\r\n\r\n"
        );
        self.transport.write_all(request.as_bytes()).await?;
        let end = loop {
            if let Some(end) = memchr::memmem::find(&self.arrived, b"\r\n\r\n") {
                break end + 4;
            }
            ensure!(self.transport.read_buf(&mut self.arrived).await? > 0, "no answer to the upgrade");
        };
        let head = String::from_utf8_lossy(&self.arrived[..end]).into_owned();
        self.arrived.drain(..end);
        let has = |name: &str, value: &str| {
            let mut headers = head.lines().filter_map(|line| line.split_once(':'));
            headers.any(|(found, said)| found.eq_ignore_ascii_case(name) && said.trim() == value)
        };
        ensure!(head.starts_with("HTTP/1.1 101 "), "the server does not upgrade: {head}");
        ensure!(has("sec-websocket-accept", ACCEPT), "wrong or no Sec-WebSocket-Accept");
        ensure!(has("sec-websocket-protocol", "impstead-device"), "the server did not choose the subprotocol");
        Ok(())
    }

    /// Waits for the next frame of the protocol; none at the end. May be dropped and begun anew.
    async fn next_bytes(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            match self.take_message()? {
                Some((BINARY, frame)) => return Ok(Some(frame)),
                Some((TEXT, _)) => bail!("a text message"),
                Some((CLOSE, _)) => return Ok(None),
                Some((PING, content)) => self.send_message(PING + 1, &content).await?,
                Some(_) => {}
                None => {
                    if self.arrived.is_empty() {
                        self.arrived.reserve_exact(512);
                    }
                    if self.transport.read_buf(&mut self.arrived).await? == 0 {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Takes a whole WebSocket message off what has arrived.
    fn take_message(&mut self) -> Result<Option<(u8, Vec<u8>)>> {
        let [first, second, rest @ ..] = &*self.arrived else { return Ok(None) };
        let (head, length) = match (second, rest) {
            (126, [high, low, ..]) => (4, usize::from(u16::from_be_bytes([*high, *low]))),
            (127, [length @ .., _]) if length.len() >= 7 => {
                (10, usize::try_from(u64::from_be_bytes(rest[..8].try_into()?))?)
            }
            (126 | 127, _) => return Ok(None),
            (length, _) => (2, usize::from(*length)),
        };
        ensure!(second & 0x80 == 0, "a masked frame from the server");
        ensure!(first & 0xf0 == 0x80, "a frame of the server is in fragments, which this client does not take");
        ensure!(length <= LONGEST_FRAME, "a frame of {length} bytes");
        if self.arrived.len() < head + length {
            return Ok(None);
        }
        let message = (first & 0x0f, self.arrived[head..head + length].to_vec());
        self.arrived.drain(..head + length);
        Ok(Some(message))
    }

    async fn send_bytes(&mut self, frame: &[u8]) -> Result<()> {
        self.send_message(BINARY, frame).await
    }

    async fn send_message(&mut self, opcode: u8, content: &[u8]) -> Result<()> {
        let mut message = Vec::with_capacity(content.len() + 8);
        push_message(&mut message, opcode, content)?;
        self.transport.write_all(&message).await?;
        self.transport.flush().await?;
        Ok(())
    }

    pub async fn send(&mut self, frame: &DeviceFrame) -> Result<()> {
        self.send_bytes(&frame.encode()?).await
    }

    /// Appends a log line as it goes over the line, and returns its number.
    pub fn push_log(&mut self, out: &mut Vec<u8>, text: &[u8], ack_wanted: bool) -> Result<u32> {
        self.sequence += 1;
        let log = Log { seq: self.sequence, ack_wanted, kind: LogKind::LOG, text: text.to_vec() };
        push_message(out, BINARY, &DeviceFrame::Log(log).encode()?)?;
        Ok(self.sequence)
    }

    /// Sends a message to the device's agent.
    pub async fn tell_agent(&mut self, name: &[u8], value: Value) -> Result<()> {
        self.sequence += 1;
        let message = Message { seq: self.sequence, ack_wanted: false, name: name.into(), value };
        self.send(&DeviceFrame::Message(message)).await
    }

    /// Waits for the agent's next message, and returns what it says. Answers pings.
    pub async fn told_by_agent(&mut self) -> Result<Value> {
        while let Some(frame) = self.next_bytes().await? {
            match ServerFrame::decode(&frame)? {
                Some(ServerFrame::Ping(number)) => self.send(&DeviceFrame::Pong(number)).await?,
                Some(ServerFrame::Message(message)) => return Ok(message.value),
                Some(ServerFrame::Close(close)) => bail!("the server ended the connection: {close:?}"),
                _ => {}
            }
        }
        bail!("the connection ended")
    }

    /// Writes what [`Self::push_log`] made.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.transport.write_all(bytes).await?;
        Ok(())
    }

    /// Waits for a frame that matters to a log: an acknowledgement, or the end. Answers pings.
    pub async fn heard(&mut self) -> Result<Heard> {
        while let Some(frame) = self.next_bytes().await? {
            match ServerFrame::decode(&frame)? {
                Some(ServerFrame::Ping(number)) => self.send(&DeviceFrame::Pong(number)).await?,
                Some(ServerFrame::Ack(number)) => return Ok(Heard::Ack(number)),
                Some(ServerFrame::Close(close)) => return Ok(Heard::End(Some(close))),
                // There is no code for these devices, and no agent.
                _ => {}
            }
        }
        Ok(Heard::End(None))
    }

    /// Stays connected and does nothing else, for as long as the server lives.
    pub async fn idle(mut self) -> Result<Option<Close>> {
        let began = Instant::now();
        let now_ms = || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut heartbeat = Heartbeat::new(self.heartbeat_s, 0);
        loop {
            match heartbeat.pulse(now_ms()) {
                Pulse::Dead => bail!("the server is silent"),
                Pulse::Ping => self.send(&DeviceFrame::Ping(0)).await?,
                Pulse::Wait(wait_ms) => match timeout(Duration::from_millis(wait_ms), self.next_bytes()).await {
                    Err(_) => {}
                    Ok(frame) => {
                        let Some(frame) = frame? else { return Ok(None) };
                        heartbeat.heard(now_ms());
                        match ServerFrame::decode(&frame)? {
                            Some(ServerFrame::Ping(number)) => self.send(&DeviceFrame::Pong(number)).await?,
                            Some(ServerFrame::Close(close)) => return Ok(Some(close)),
                            _ => {}
                        }
                    }
                },
            }
        }
    }

    /// Returns the heartbeat that the server stated.
    pub fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_s.into())
    }
}

/// What a device that logs hears.
#[derive(Debug)]
pub enum Heard {
    /// Everything up to this line is acknowledged.
    #[expect(dead_code, reason = "for the kills")]
    Ack(u32),
    /// The connection ends.
    End(Option<Close>),
}

fn push_message(out: &mut Vec<u8>, opcode: u8, content: &[u8]) -> Result<()> {
    out.push(0x80 | opcode);
    match content.len() {
        length @ 0..126 => out.push(0x80 | u8::try_from(length)?),
        length => {
            out.push(0x80 | LONG);
            out.extend_from_slice(&u16::try_from(length).context("a frame that no device here sends")?.to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(content);
    Ok(())
}
