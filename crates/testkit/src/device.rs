//! A device that does what a test tells it, over a real WebSocket or a pipe in memory.

use crate::TestServer;
use futures_util::{SinkExt, StreamExt};
use impstead_device_protocol::{
    Close, CodeOffer, CodeOutcome, CodeResult, CodeWant, Connected, DeviceFrame, DeviceHandshake, DeviceId,
    DeviceSecret, DeviceStep, HandshakeError, Hello, Log, LogKind, Message, Outgoing, ServerFrame, Started, Value,
    WEBSOCKET_PATH, WEBSOCKET_SUBPROTOCOL, WakeReason, server_identity,
};
use impstead_model::AccountId;
use impstead_runtime::{Pipe, Received, Transport};
use std::{net::SocketAddr, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, client::IntoClientRequest},
};

/// How long a test waits for what it expects.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who a device is: what its maker would store in it.
#[derive(Clone, Debug)]
pub struct DeviceIdentity {
    /// Its id, 16 hex digits.
    pub id: String,
    /// Its secret, of which the server has the public half.
    pub secret: DeviceSecret,
    /// By what name it knows the server.
    pub server: String,
}

impl DeviceIdentity {
    /// Returns a hello that says as little as possible.
    pub fn hello(&self) -> Hello {
        let id = DeviceId::parse(&self.id).expect("device ids have 16 hex digits");
        Hello::new(id, &self.server, WakeReason::POWER_ON)
    }
}

/// A device, connected.
pub struct TestDevice {
    link: Link,
    outgoing: Outgoing,
}

enum Link {
    WebSocket(Box<WebSocketStream<TcpStream>>),
    Pipe(Pipe),
}

impl TestDevice {
    /// Opens a WebSocket and says nothing.
    pub async fn open(address: SocketAddr) -> Self {
        let mut request = format!("ws://{address}{WEBSOCKET_PATH}").into_client_request().expect("it is a URL");
        let protocol = WEBSOCKET_SUBPROTOCOL.parse().expect("it is a header's value");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let stream = TcpStream::connect(address).await.expect("the server listens");
        let (socket, answer) = client_async(request, stream).await.expect("the server speaks WebSocket");
        let chosen = answer.headers().get("sec-websocket-protocol").map(|name| name.as_bytes().to_vec());
        assert_eq!(chosen.as_deref(), Some(WEBSOCKET_SUBPROTOCOL.as_bytes()), "a device closes without it");
        Self { link: Link::WebSocket(Box::new(socket)), outgoing: Outgoing::default() }
    }

    /// Uses a pipe in memory, and says nothing.
    pub fn on_pipe(pipe: Pipe) -> Self {
        Self { link: Link::Pipe(pipe), outgoing: Outgoing::default() }
    }

    /// Connects a device that has no program.
    pub async fn connect(server: &TestServer, identity: &DeviceIdentity) -> Self {
        Self::connect_with(server, identity, |_| {}).await.0
    }

    /// Connects a device that says more of itself, and returns what it learned.
    pub async fn connect_with(
        server: &TestServer,
        identity: &DeviceIdentity,
        say: impl FnOnce(&mut Hello),
    ) -> (Self, Connected) {
        let mut device = Self::open(server.address()).await;
        let mut hello = identity.hello();
        say(&mut hello);
        let connected = device.shake_hands(identity, hello).await.expect("the server welcomes the device");
        (device, connected)
    }

    /// Goes through the handshake.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn shake_hands(&mut self, identity: &DeviceIdentity, hello: Hello) -> Result<Connected, HandshakeError> {
        let mut handshake = DeviceHandshake::new(identity.secret.clone(), hello);
        loop {
            let frame = self.next_bytes().await.expect("the server says something before it goes");
            match handshake.receive(&frame)? {
                DeviceStep::Send(answer) => self.send_bytes(answer).await,
                DeviceStep::Wait => {}
                DeviceStep::Connected(connected) => return Ok(connected),
            }
        }
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: DeviceFrame) {
        self.send_bytes(frame.encode().expect("the test's frame can be written")).await;
    }

    /// Sends bytes that need not be a frame. That the server is gone already is no failure.
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) {
        match &mut self.link {
            Link::WebSocket(socket) => drop(socket.send(tungstenite::Message::Binary(bytes.into())).await),
            Link::Pipe(pipe) => drop(pipe.send(bytes).await),
        }
    }

    /// Sends a WebSocket message that is no frame.
    pub async fn send_message(&mut self, message: tungstenite::Message) {
        match &mut self.link {
            Link::WebSocket(socket) => drop(socket.send(message).await),
            Link::Pipe(_) => panic!("a pipe has no messages"),
        }
    }

    /// Waits for the next frame's bytes; `None` where the connection has ended.
    pub async fn next_bytes(&mut self) -> Option<Vec<u8>> {
        let next = async {
            match &mut self.link {
                Link::WebSocket(socket) => loop {
                    match socket.next().await {
                        Some(Ok(tungstenite::Message::Binary(frame))) => return Some(frame.to_vec()),
                        Some(Ok(tungstenite::Message::Ping(_) | tungstenite::Message::Pong(_))) => {}
                        Some(Ok(tungstenite::Message::Close(_)) | Err(_)) | None => return None,
                        Some(Ok(other)) => panic!("the server sent {other:?}"),
                    }
                },
                Link::Pipe(pipe) => match pipe.receive().await {
                    Received::Frame(frame) => Some(frame),
                    _ => None,
                },
            }
        };
        timeout(PATIENCE, next).await.expect("the server says something in time")
    }

    /// Waits for the next frame, and answers pings meanwhile; `None` where the connection has ended.
    pub async fn next(&mut self) -> Option<ServerFrame> {
        loop {
            let bytes = self.next_bytes().await?;
            match ServerFrame::decode(&bytes).expect("the server writes frames") {
                Some(ServerFrame::Ping(number)) => self.send(DeviceFrame::Pong(number)).await,
                Some(frame) => return Some(frame),
                None => {}
            }
        }
    }

    /// Waits for the next frame, which must come.
    pub async fn expect(&mut self) -> ServerFrame {
        self.next().await.expect("the connection goes on")
    }

    /// Says that nothing was sent: asks for a pong, which must be the next thing.
    #[track_caller]
    pub fn expect_nothing(&mut self) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            self.send(DeviceFrame::Ping(4242)).await;
            assert_eq!(self.next().await, Some(ServerFrame::Pong(4242)), "at {caller}");
        }
    }

    /// Waits until the server ends the connection, and returns the reason that it gives.
    pub async fn expect_close(&mut self) -> Close {
        let mut found = None;
        while let Some(frame) = self.next().await {
            if let ServerFrame::Close(close) = frame {
                found = Some(close);
                // The server waits for this.
                self.hang_up().await;
            }
        }
        found.expect("the server says why it ends the connection")
    }

    /// Closes the transport in an orderly way, without a close frame.
    pub async fn hang_up(&mut self) {
        if let Link::WebSocket(socket) = &mut self.link {
            let _ = socket.close().await;
        }
    }

    /// Takes the next sequence number.
    pub fn sequence(&mut self) -> u32 {
        self.outgoing.take().expect("a test sends few frames")
    }

    /// Logs a line, and does not wait.
    pub async fn log(&mut self, text: &str) {
        let seq = self.sequence();
        self.send(DeviceFrame::Log(Log { seq, ack_wanted: false, kind: LogKind::LOG, text: text.into() })).await;
    }

    /// Logs a line, and waits until it is acknowledged.
    pub async fn log_acknowledged(&mut self, text: &str) {
        let seq = self.sequence();
        self.send(DeviceFrame::Log(Log { seq, ack_wanted: true, kind: LogKind::LOG, text: text.into() })).await;
        assert_eq!(self.expect().await, ServerFrame::Ack(seq));
    }

    /// Sends a message to the agent.
    pub async fn message(&mut self, name: &str, value: Value, ack_wanted: bool) -> u32 {
        let seq = self.sequence();
        self.send(DeviceFrame::Message(Message { seq, ack_wanted, name: name.into(), value })).await;
        seq
    }

    /// Says that its program has started.
    pub async fn start(&mut self, program: [u8; 32], wake_reason: WakeReason) {
        self.send(DeviceFrame::Started(Started { wake_reason, program })).await;
    }

    /// Waits for an offer of code, which must be the next frame.
    pub async fn expect_offer(&mut self) -> CodeOffer {
        match self.expect().await {
            ServerFrame::CodeOffer(offer) => *offer,
            other => panic!("{other:?} where an offer was due"),
        }
    }

    /// Fetches the code that was offered, and returns its bytes.
    pub async fn fetch(&mut self, offer: &CodeOffer) -> Vec<u8> {
        self.send(DeviceFrame::CodeWant(CodeWant { program: offer.program, offset: 0 })).await;
        let mut code = Vec::new();
        while code.len() < offer.transfer_bytes as usize {
            match self.expect().await {
                ServerFrame::CodeChunk(chunk) => {
                    assert_eq!(chunk.offset as usize, code.len(), "chunks come in order");
                    code.extend_from_slice(&chunk.bytes);
                }
                other => panic!("{other:?} where a chunk was due"),
            }
        }
        code
    }

    /// Says what became of code that was offered.
    pub async fn answer_offer(&mut self, offer: &CodeOffer, outcome: CodeOutcome, storage_used: u32) {
        let (program, text) = (offer.program, String::new());
        self.send(DeviceFrame::CodeResult(CodeResult { program, outcome, storage_used, text })).await;
    }

    /// Waits for an offer, takes the code and starts it; returns its bytes.
    pub async fn install(&mut self) -> Vec<u8> {
        let offer = self.expect_offer().await;
        let code = self.fetch(&offer).await;
        self.answer_offer(&offer, CodeOutcome::INSTALLED, 1683).await;
        self.start(offer.program, WakeReason::NEW_SQUIRREL).await;
        code
    }

    /// Breaks the connection, as a network would that fails.
    pub fn vanish(self) {
        drop(self);
    }
}

impl TestServer {
    /// Adds an unassigned device to an account, whose secret is known.
    pub async fn add_identity(&self, owner: &AccountId) -> DeviceIdentity {
        let secret = DeviceSecret::from_seed(&self.random());
        let device = self.add_device_with_key(owner, "imp006", secret.public_key()).await;
        let server = server_identity(&self.app().config.public_url).expect("the server has a public URL");
        DeviceIdentity { id: device.id.to_string(), secret, server }
    }
}
