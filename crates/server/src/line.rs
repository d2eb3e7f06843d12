//! `/impstead/v1/device`: where devices connect. It is no part of the HTTP API: `docs/device-protocol.md` says what is
//! spoken there, and `impstead_runtime::Line` speaks it.

use crate::{App, Config, caller::Visit, document::Reply, error::not_a_device, serve::Occupied};
use axum::{
    Extension,
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    response::Response,
};
use impstead_device_protocol::{MAX_FRAME_BYTES, WEBSOCKET_SUBPROTOCOL, server_identity};
use impstead_runtime::{LineConfig, Received, Transport};

pub use impstead_device_protocol::WEBSOCKET_PATH as PATH;

/// Bytes read at once. A device says little at a time, and there are many.
const READ_BYTES: usize = 1 << 10;

/// Bytes that may wait to be written before a send fails: two of the longest frames.
const MOST_WAITING_BYTES: usize = 2 * MAX_FRAME_BYTES;

/// Returns how the line of a server that is set up like this is set up.
pub fn config(config: &Config) -> LineConfig {
    let identities = server_identity(&config.public_url).into_iter().collect();
    LineConfig { identities, heartbeat_s: config.device_heartbeat_s }
}

/// `GET /impstead/v1/device`: a WebSocket, for devices.
pub async fn connect(
    State(app): State<App>,
    visit: Visit,
    Extension(occupied): Extension<Occupied>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Reply<Response> {
    let upgrade = upgrade.map_err(|_| not_a_device("Upgrade", "Devices connect here, by WebSocket."))?;
    let upgrade = upgrade
        .protocols([WEBSOCKET_SUBPROTOCOL])
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(MOST_WAITING_BYTES)
        .max_message_size(MAX_FRAME_BYTES)
        .max_frame_size(MAX_FRAME_BYTES);
    if upgrade.selected_protocol().is_none() {
        return Err(not_a_device("Sec-WebSocket-Protocol", "The subprotocol of devices is `impstead-device`."));
    }
    let line = app.line.clone();
    Ok(upgrade.on_upgrade(async move |socket| {
        line.converse(Socket(socket), Some(visit.address)).await;
        drop(occupied);
    }))
}

/// A WebSocket whose binary messages are frames.
struct Socket(WebSocket);

impl Transport for Socket {
    async fn receive(&mut self) -> Received {
        match self.0.recv().await {
            Some(Ok(Message::Binary(frame))) => Received::Frame(frame.into()),
            Some(Ok(Message::Text(_))) => Received::NotAFrame,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Received::Nothing,
            Some(Ok(Message::Close(_))) | None => Received::End,
            Some(Err(error)) if is_too_large(&error) => Received::TooLarge,
            Some(Err(error)) => {
                tracing::debug!(%error, "a device's connection broke");
                Received::End
            }
        }
    }

    async fn send(&mut self, frame: Vec<u8>) -> bool {
        self.0.send(Message::Binary(frame.into())).await.is_ok()
    }
}

/// Whether a message was longer than allowed; the library's own error says so in words alone.
fn is_too_large(error: &axum::Error) -> bool {
    error.to_string().contains("too long")
}
