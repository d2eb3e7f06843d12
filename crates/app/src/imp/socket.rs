//! The way to the server: a WebSocket, at whose near end is a pipe.

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use impstead_device_protocol::{CloseReason, MAX_FRAME_BYTES, WEBSOCKET_PATH, WEBSOCKET_SUBPROTOCOL};
use impstead_runtime::{Pipe, Received, Transport, pipe};
use rustls::{ClientConfig, crypto::ring, pki_types::ServerName};
use rustls_platform_verifier::BuilderVerifierExt;
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Error, Message, client::IntoClientRequest, protocol::WebSocketConfig},
};
use tokio_util::task::TaskTracker;

/// Frames that the pipe holds each way.
const FRAMES: usize = 16;

/// How long the end of a connection may take.
const FAREWELL: Duration = Duration::from_secs(5);

/// A server, and how to reach it. A cheap handle.
#[derive(Clone)]
pub struct Server {
    /// Its name: scheme, host and port.
    name: Arc<str>,
    host: Arc<str>,
    port: u16,
    tls: Option<TlsConnector>,
}

/// What a WebSocket goes over.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Server {
    /// The server of a name, as the device protocol writes it.
    pub fn new(name: &str) -> Result<Self> {
        let url = url::Url::parse(name).context("the server's URL cannot be understood")?;
        let host = url.host_str().context("the server's URL has no host")?.to_owned();
        let port = url.port_or_known_default().context("the server's URL has no port")?;
        let tls = if url.scheme() == "https" { Some(tls()?) } else { None };
        Ok(Self { name: name.into(), host: host.into(), port, tls })
    }

    /// Connects, and returns the near end; `ends` has what carries the frames on.
    pub async fn dial(&self, ends: &TaskTracker) -> Result<Pipe, String> {
        let socket = self.connect().await.map_err(|error| format!("cannot reach {}: {error:#}", self.name))?;
        let (near, far) = pipe(FRAMES);
        ends.spawn(carry(socket, far));
        Ok(near)
    }

    async fn connect(&self) -> Result<WebSocketStream<Box<dyn Stream>>> {
        let host = self.host.trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, self.port)).await?;
        let _ = stream.set_nodelay(true);
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(stream),
            Some(tls) => {
                let name = ServerName::try_from(host.to_owned())?;
                Box::new(tls.connect(name, stream).await.context("TLS fails")?)
            }
        };
        let mut request = format!("{}{WEBSOCKET_PATH}", self.name.replacen("http", "ws", 1)).into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", WEBSOCKET_SUBPROTOCOL.parse()?);
        let config = WebSocketConfig::default()
            .read_buffer_size(1 << 12)
            .write_buffer_size(0)
            .max_message_size(Some(MAX_FRAME_BYTES))
            .max_frame_size(Some(MAX_FRAME_BYTES));
        match client_async_with_config(request, stream, Some(config)).await {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(answer)) => {
                anyhow::bail!(
                    "it answers {}: is it an Impstead server, and the URL the one it is known by?",
                    answer.status()
                )
            }
            Err(error) => Err(error).context("it does not speak WebSocket"),
        }
    }
}

fn tls() -> Result<TlsConnector> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Carries frames between a WebSocket and a pipe until one of them ends.
async fn carry(socket: WebSocketStream<Box<dyn Stream>>, mut pipe: Pipe) {
    let (mut to_server, mut from_server) = socket.split();
    loop {
        tokio::select! {
            frame = pipe.receive() => match frame {
                Received::Frame(frame) => {
                    if to_server.send(Message::Binary(frame.into())).await.is_err() {
                        return;
                    }
                }
                _ => break,
            },
            message = from_server.next() => match message {
                Some(Ok(Message::Binary(frame))) => {
                    if !pipe.send(frame.into()).await {
                        break;
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return,
            },
        }
    }
    let _ = timeout(FAREWELL, async {
        let _ = to_server.close().await;
        while let Some(Ok(_)) = from_server.next().await {}
    })
    .await;
}

/// Says why the server lets an imp not in, and what to do about it.
pub fn explain(reason: CloseReason, device: &str) -> String {
    match reason {
        CloseReason::NOT_AUTHORISED => format!(
            "the server does not know the device {device}, or it has another secret: see that --id and --secret-file belong \
             together and to this server, or add a device with `impstead device add`"
        ),
        CloseReason::WRONG_SERVER => {
            "the server is known by another URL: write into --server what its public_url is".into()
        }
        CloseReason::VERSION => {
            "the server speaks another version of the device protocol: use the impstead that it runs".into()
        }
        reason => format!("the server refuses the connection: {}", reason.name().unwrap_or("for an unknown reason")),
    }
}
