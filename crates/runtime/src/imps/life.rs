//! The life of one imp in real time, over whatever carries its frames.

use super::Ask;
use crate::{
    line::{Moved, Pipe},
    moment::at,
};
use futures_util::{FutureExt as _, future::BoxFuture};
use imp::{Imp, Output, Programs, Setup, Stored};
use impstead_device_protocol::{CloseReason, DeviceId};
use impstead_model::Clock;
use platform::board::{Board, Change, Input, Pin, Seen};
use std::{
    collections::VecDeque,
    future::{Future, pending, ready},
    sync::Arc,
    time::Duration,
};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// Instructions of a slice: about a tenth of a millisecond.
const FUEL: u32 = 10_000;

/// How long an imp may go on before others have their turn; a slice more at most.
const TURN: Duration = Duration::from_micros(100);

/// Frames that may wait to be sent before the imp stands still.
const MOST_WAITING: usize = 64;

/// How long the server may take none of them before the connection is given up.
const LONGEST_STALL: Duration = Duration::from_secs(30);

/// How long the last frames of a connection may take to be sent.
const FAREWELL: Duration = Duration::from_secs(5);

/// What an imp has around it.
pub trait Home: Send {
    /// Opens a transport to the server: its near end; or says why there is none.
    fn dial(&mut self) -> BoxFuture<'static, Result<Pipe, String>>;

    /// Keeps what outlives the imp's power.
    fn keep(&mut self, stored: Stored) -> impl Future<Output = ()> + Send;

    /// Keeps sectors of its SPI flash, beside the others: their numbers and what is in them, nothing in those that are erased.
    fn keep_flash(&mut self, changes: Vec<(u32, Option<Vec<u8>>)>) -> impl Future<Output = ()> + Send;

    /// Waits for somebody who asks something of the imp. Whoever is not waited for any longer is not lost.
    fn asked(&mut self) -> BoxFuture<'_, Ask>;

    /// Whether somebody looks at what changes on the imp's outputs.
    fn is_watching(&self) -> bool;

    /// Sees what has changed there: when, in Unix time in milliseconds, and what.
    fn see(&mut self, at_ms: i64, seen: Seen);

    /// Has the imp, a factory fixture, configure a blank one, and asks it [`Ask::BlinkedUp`] then.
    fn factory_blink_up(&mut self);

    /// Hears what happens to the imp.
    fn hear(&mut self, news: News);
}

/// What happens to an imp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Its program, or the imp itself, says something.
    Says {
        /// Whether it is an error.
        error: bool,
        /// The line, any bytes.
        text: Vec<u8>,
    },
    /// It is connected.
    Connected,
    /// It is no longer connected.
    Disconnected,
    /// The server does not let it in. A line that says so follows.
    Refused(CloseReason),
    /// The server cannot be reached, for this reason.
    Unreachable(String),
}

/// What an imp kept when it had power before.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Its program, and the like.
    pub stored: Stored,
    /// Sectors of its SPI flash.
    pub flash: Vec<(u32, Vec<u8>)>,
    /// What is done to it from outside, from the beginning.
    pub inputs: Vec<Change>,
}

/// Powers an imp, and lives as it until told to stop; then takes its power away, of which the server hears.
pub async fn live(
    setup: Setup,
    programs: Programs,
    kept: Kept,
    seed: u64,
    clock: &dyn Clock,
    home: impl Home,
    stop: CancellationToken,
) {
    let base_us = clock.now_ms().saturating_mul(1000);
    let board = Arc::clone(&setup.board);
    let mut imp = Imp::new(setup, programs, kept.stored, seed, base_us);
    imp.load_flash(kept.flash);
    imp.take_turns();
    let mut life = Life {
        imp,
        board,
        home,
        is_linked: true,
        pressed: Vec::new(),
        wire: Wire::Down,
        outbox: VecDeque::new(),
        is_connected: false,
        is_watched: false,
        base_us,
        began: Instant::now(),
    };
    for input in kept.inputs {
        life.change(input).await;
    }
    life.run(&stop).await;
    let now_us = life.now_us();
    life.imp.power_off(now_us);
    life.carry_out().await;
}

/// What leads to the server.
enum Wire {
    Down,
    Dialling(BoxFuture<'static, Result<Pipe, String>>),
    Up(Pipe),
}

/// What came of waiting for the wire.
enum Came {
    Dialled(Result<Pipe, String>),
    Moved(Moved),
}

/// A button that is held, until when, and what was applied to its pin before.
struct Press {
    until_us: i64,
    pin: Pin,
    before: Option<Input>,
}

struct Life<H> {
    imp: Imp,
    board: Arc<Board>,
    home: H,
    /// Whether there is a way to the server.
    is_linked: bool,
    pressed: Vec<Press>,
    wire: Wire,
    /// Frames that wait for room on the wire.
    outbox: VecDeque<Vec<u8>>,
    is_connected: bool,
    is_watched: bool,
    base_us: i64,
    began: Instant,
}

impl<H: Home> Life<H> {
    fn now_us(&self) -> i64 {
        self.base_us.saturating_add(i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX))
    }

    async fn run(&mut self, stop: &CancellationToken) {
        let mut turn = Instant::now();
        while !stop.is_cancelled() {
            self.release();
            let imps_turn = self.imp.run(self.now_us(), FUEL);
            self.carry_out().await;
            if self.outbox.len() >= MOST_WAITING {
                self.drain(stop).await;
                turn = Instant::now();
                continue;
            }
            if imps_turn.more {
                while let Some(moved) = self.wire.moved_already(&mut self.outbox) {
                    self.take(Came::Moved(moved)).await;
                }
                while let Some(ask) = self.home.asked().now_or_never() {
                    self.answer(ask).await;
                }
                if turn.elapsed() >= TURN {
                    tokio::task::yield_now().await;
                    turn = Instant::now();
                }
                continue;
            }
            let due_us = self.pressed.iter().map(|press| press.until_us).chain(imps_turn.wake_us).min();
            let due = due_us.map(|wake_us| {
                let wait_us = u64::try_from(wake_us - self.now_us()).unwrap_or(0);
                Instant::now() + Duration::from_micros(wait_us)
            });
            tokio::select! {
                came = self.wire.next(&mut self.outbox) => self.take(came).await,
                ask = self.home.asked() => self.answer(ask).await,
                () = at(due) => {}
                () = stop.cancelled() => {}
            }
            turn = Instant::now();
        }
    }

    /// Does what somebody outside asks for.
    async fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Change(change) => self.change(change).await,
            Ask::See(answer) => {
                // Nothing falls between what is seen now and the first change after it.
                self.show();
                let now_us = self.now_us();
                // Who has gone does not want to know.
                let _ = answer.send(self.imp.seen(now_us));
            }
            Ask::BlinkUp { fixture, answer } => {
                let fixture = DeviceId::parse(&fixture).filter(|_| self.imp.is_blank());
                // A fixture that has gone on to another imp must not have configured this one.
                if answer.send(fixture.is_some()).is_ok()
                    && let Some(fixture) = fixture
                {
                    self.imp.blink_up(self.now_us(), String::new(), String::new(), Some(fixture));
                    self.carry_out().await;
                }
            }
            Ask::BlinkedUp(configured) => {
                let (error, text) = match configured {
                    Some(device) => (false, format!("Factory BlinkUp: configured {device}")),
                    None => (true, "ERROR: there is no device to configure".to_owned()),
                };
                self.imp.say_now(self.now_us(), error, text.into_bytes());
                self.carry_out().await;
            }
        }
    }

    async fn change(&mut self, change: Change) {
        let now_us = self.now_us();
        match change {
            Change::Pin(pin, input) => {
                self.pressed.retain(|press| press.pin != pin);
                self.imp.set_input(now_us, pin, input);
            }
            Change::Press(pin) => self.press(pin),
            // Whoever read it has looked whether the board has it.
            Change::Signal(name, value) => drop(self.imp.set_signal(now_us, &name, value)),
            Change::Link(is_linked) => {
                if self.is_linked && !is_linked {
                    self.wire = Wire::Down;
                    self.outbox.clear();
                    self.imp.closed(now_us);
                } else if is_linked && !self.is_linked {
                    self.imp.try_again(now_us);
                }
                self.is_linked = is_linked;
                self.carry_out().await;
            }
        }
    }

    fn press(&mut self, pin: Pin) {
        let Some((level, held_us)) = self.board.button(pin) else { return };
        let now_us = self.now_us();
        let held =
            self.pressed.iter().position(|press| press.pin == pin).map(|place| self.pressed.remove(place).before);
        let before = held.unwrap_or_else(|| self.imp.input(pin));
        self.imp.set_input(now_us, pin, Some(Input::Level(level)));
        self.pressed.push(Press { until_us: now_us.saturating_add(held_us), pin, before });
    }

    /// Lets go of the buttons that were pressed for long enough.
    fn release(&mut self) {
        let now_us = self.now_us();
        while let Some(place) = self.pressed.iter().position(|press| press.until_us <= now_us) {
            let Press { pin, before, .. } = self.pressed.remove(place);
            self.imp.set_input(now_us, pin, before);
        }
    }

    /// Shows what has changed to those who look on.
    fn show(&mut self) {
        let is_watched = self.home.is_watching();
        if is_watched != self.is_watched {
            self.is_watched = is_watched;
            self.imp.watch(is_watched);
        }
        if is_watched {
            for (at_us, change) in self.imp.take_changes() {
                self.home.see(at_us.div_euclid(1000), change.into());
            }
        }
    }

    /// Waits until there is room for what the imp sends. It stands still meanwhile, so silence means nothing.
    async fn drain(&mut self, stop: &CancellationToken) {
        let mut until = Instant::now() + LONGEST_STALL;
        while self.outbox.len() >= MOST_WAITING {
            let came = tokio::select! {
                came = self.wire.next(&mut self.outbox) => came,
                () = sleep_until(until) => Came::Moved(Moved::End),
                () = stop.cancelled() => return,
            };
            if matches!(came, Came::Moved(Moved::Sent)) {
                until = Instant::now() + LONGEST_STALL;
            }
            self.take(came).await;
        }
    }

    async fn take(&mut self, came: Came) {
        let now_us = self.now_us();
        match came {
            Came::Dialled(Ok(pipe)) => {
                self.wire = Wire::Up(pipe);
                self.imp.opened(now_us);
            }
            Came::Dialled(Err(why)) => {
                self.wire = Wire::Down;
                self.home.hear(News::Unreachable(why));
                self.imp.closed(now_us);
            }
            Came::Moved(Moved::Sent) => {}
            Came::Moved(Moved::Frame(frame)) => self.imp.receive(now_us, &frame),
            Came::Moved(Moved::End) => {
                self.wire = Wire::Down;
                self.outbox.clear();
                self.imp.closed(now_us);
            }
        }
        self.carry_out().await;
    }

    /// Does what the imp wants done.
    async fn carry_out(&mut self) {
        self.show();
        for output in self.imp.take_outputs() {
            match output {
                Output::Open if self.is_linked => self.wire = Wire::Dialling(self.home.dial()),
                Output::Open => {
                    let why = "the link is off".to_owned();
                    self.wire = Wire::Dialling(Box::pin(ready(Err(why))));
                }
                Output::Close => self.close().await,
                Output::Send(frame) => self.outbox.push_back(frame),
                Output::Keep(stored) => self.home.keep(*stored).await,
                Output::KeepFlash(changes) => self.home.keep_flash(changes).await,
                Output::Refused(reason) => self.home.hear(News::Refused(reason)),
                Output::Says { error, text } => self.home.hear(News::Says { error, text }),
                Output::FactoryBlinkUp => self.home.factory_blink_up(),
            }
        }
        if self.is_connected != self.imp.is_connected() {
            self.is_connected = !self.is_connected;
            self.home.hear(if self.is_connected { News::Connected } else { News::Disconnected });
        }
    }

    /// Sends what waits, and ends the connection.
    async fn close(&mut self) {
        if let Wire::Up(mut pipe) = std::mem::replace(&mut self.wire, Wire::Down) {
            let flush = async {
                while !self.outbox.is_empty() && !matches!(pipe.exchange(&mut self.outbox).await, Moved::End) {}
            };
            let _ = timeout(FAREWELL, flush).await;
        }
        self.outbox.clear();
    }
}

impl Wire {
    async fn next(&mut self, outbox: &mut VecDeque<Vec<u8>>) -> Came {
        match self {
            Self::Down => pending().await,
            Self::Dialling(dialled) => Came::Dialled(dialled.await),
            Self::Up(pipe) => Came::Moved(pipe.exchange(outbox).await),
        }
    }

    /// What moves on the wire without waiting.
    fn moved_already(&mut self, outbox: &mut VecDeque<Vec<u8>>) -> Option<Moved> {
        match self {
            Self::Up(pipe) => pipe.exchange_now(outbox),
            Self::Down | Self::Dialling(_) => None,
        }
    }
}
