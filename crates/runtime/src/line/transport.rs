use futures_util::FutureExt as _;
use std::{collections::VecDeque, future::Future};
use tokio::sync::mpsc;

/// What carries frames between a device and the server: a WebSocket, a pipe in memory.
pub trait Transport: Send {
    /// Waits for the next frame. Nothing is lost where this is dropped before it is ready.
    fn receive(&mut self) -> impl Future<Output = Received> + Send;

    /// Sends a frame, and says whether the transport took it.
    fn send(&mut self, frame: Vec<u8>) -> impl Future<Output = bool> + Send;
}

/// What came over a transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A frame.
    Frame(Vec<u8>),
    /// The start of a frame longer than any may be.
    TooLarge,
    /// Something that can be no frame, such as a text message.
    NotAFrame,
    /// A sign of life of the transport itself.
    Nothing,
    /// Nothing will come any more.
    End,
}

/// One end of a pipe in memory.
pub struct Pipe {
    frames: mpsc::Receiver<Vec<u8>>,
    peer: mpsc::Sender<Vec<u8>>,
}

/// Makes a pipe. Each end holds up to `frames` that the other has not received; a sender waits when it is full.
pub fn pipe(frames: usize) -> (Pipe, Pipe) {
    let ((to_left, from_right), (to_right, from_left)) = (mpsc::channel(frames), mpsc::channel(frames));
    (Pipe { frames: from_right, peer: to_right }, Pipe { frames: from_left, peer: to_left })
}

/// What comes of waiting at a pipe with frames to send.
pub(crate) enum Moved {
    /// The first of the frames was sent.
    Sent,
    /// A frame has come.
    Frame(Vec<u8>),
    /// The other end is gone.
    End,
}

impl Pipe {
    /// Sends the first of some frames, or receives one. Nothing is lost where this is dropped before it is ready.
    pub(crate) async fn exchange(&mut self, outbox: &mut VecDeque<Vec<u8>>) -> Moved {
        tokio::select! {
            frame = self.frames.recv() => frame.map_or(Moved::End, Moved::Frame),
            room = self.peer.reserve(), if !outbox.is_empty() => match (room, outbox.pop_front()) {
                (Ok(room), Some(frame)) => {
                    room.send(frame);
                    Moved::Sent
                }
                _ => Moved::End,
            },
        }
    }

    /// The same, as far as it needs no waiting.
    pub(crate) fn exchange_now(&mut self, outbox: &mut VecDeque<Vec<u8>>) -> Option<Moved> {
        self.exchange(outbox).now_or_never()
    }
}

impl Transport for Pipe {
    async fn receive(&mut self) -> Received {
        self.frames.recv().await.map_or(Received::End, Received::Frame)
    }

    async fn send(&mut self, frame: Vec<u8>) -> bool {
        self.peer.send(frame).await.is_ok()
    }
}
