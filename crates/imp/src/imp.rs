//! An imp: what it does when it is powered, woken, connected and left alone.

use std::collections::VecDeque;
use std::sync::Arc;

use impstead_device_protocol::{
    Answer, AnswerCode, Backoff, Bless, Close, CloseReason, CodeOffer, CodeOutcome, CodeResult, CodeWant, Connected,
    DeviceFrame, DeviceHandshake, DeviceId, DeviceSecret, DeviceStep, Enrol, ExitCode, Facts, HANDSHAKE_TIMEOUT_S,
    HandshakeError, Hello, Log, LogKind, MAX_LOG_BYTES, MAX_TEXT_BYTES, Message, NetworkKind, ServerFrame,
    Sleep as SleepFrame, SleepKind, Started, Value, WakeReason, Welcome,
};
use platform::board::{Board, Hardware, Real};
use platform::{
    Agent, Effect, End, Event, ImpEvent, ImpFacts, ImpOrder, OnError, Peripherals, Progress, Sleep, Surroundings,
};
use squirrel::Limits;

use crate::connection::{Connection, Link, least_wait_us};
use crate::download::{Download, Piece, storage_used};
use crate::programs::{Compiled, Programs, part};
use crate::stored::{Stored, StoredProgram};

const S: i64 = 1_000_000;

/// How long a cold boot waits for a connection before it starts the stored program without one.
///
/// # Source
/// The vendor's documentation of the start: about ten seconds.
const BOOT_US: i64 = 10 * S;

/// How long a connection that was lost is tried again before the program hears of it, or the imp sleeps.
const LOST_US: i64 = 60 * S;

/// How long an imp sleeps that could not connect, and how long it tries then.
const SNOOZE_US: i64 = 9 * 60 * S;

/// How long opening a transport may take.
const OPEN_US: i64 = 15 * S;

/// How long a restart waits for the server's word.
const RESTART_US: i64 = 10 * S;

/// A run that ended sooner than this was a crash; the waits before the next ones grow to the longest.
const LONG_ENOUGH_US: i64 = 10 * S;
const LONGEST_WAIT_US: i64 = 60 * S;

/// Lines that wait for a connection.
const MOST_UNSENT: usize = 100;

/// `SERVER_CONNECTED` and `NO_SERVER`.
const CONNECTED: i32 = 5;
const NO_SERVER: i32 = 4;

/// `SEND_ERROR_TIMEOUT`.
const SEND_TIMED_OUT: i32 = 2;

/// What an imp is.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Its id.
    pub device: DeviceId,
    /// Its secret.
    pub secret: DeviceSecret,
    /// The server's name: see [`server_identity`](impstead_device_protocol::server_identity).
    pub server: String,
    /// What programs see of it. Why it woke, and what was kept, is filled in.
    pub facts: ImpFacts,
    /// What its program may use.
    pub limits: Limits,
    /// Room for a program, in bytes.
    pub storage_bytes: usize,
    /// What is wired to it.
    pub board: Arc<Board>,
    /// What decides noise and bounces on the board.
    pub world_seed: u64,
    /// Since when there is what changes with time on the board: Unix time in microseconds; without it, since it has power.
    pub world_began_us: Option<i64>,
    /// What reaches the real pins and buses that the board maps.
    pub real: Option<Arc<dyn Real>>,
}

/// What an imp wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A transport to the server; [`Imp::opened`] or [`Imp::closed`] answers.
    Open,
    /// No transport. What was to be sent before is sent.
    Close,
    /// A frame to be sent.
    Send(Vec<u8>),
    /// That this is kept, whatever happens.
    Keep(Box<Stored>),
    /// That these sectors of its SPI flash are kept, beside the others: their numbers and what is in them, nothing in those that
    /// are erased. [`Imp::load_flash`] puts them back.
    KeepFlash(Vec<(u32, Option<Vec<u8>>)>),
    /// A line of its program's, or of its own, for who watches it.
    Says {
        /// Whether it is an error.
        error: bool,
        /// The line, any bytes.
        text: Vec<u8>,
    },
    /// That the server does not let it in is told. A line that says so follows.
    Refused(CloseReason),
    /// A device under test is to be configured: BlinkUp by a factory fixture. [`factory_blink_up`](crate::factory_blink_up) does it.
    FactoryBlinkUp,
}

/// How far an imp has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Whether it has more to do now.
    pub more: bool,
    /// When it has something to do next at the latest, if nothing happens to it: Unix time in microseconds.
    pub wake_us: Option<i64>,
}

/// Why a connection is wanted, and until when it is tried.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    cause: Cause,
    until_us: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// A cold boot.
    Boot,
    /// `server.connect`
    Program,
    /// The program waits to send.
    Suspended,
    /// It was there, and was lost.
    Lost,
    /// The imp woke to try again.
    Snooze,
}

/// A program that runs.
pub(crate) struct Running {
    pub(crate) agent: Agent,
    program: [u8; 32],
    /// Shared by imps that run the same, as long as one does.
    _compiled: Compiled,
    since_us: i64,
}

/// A virtual imp.
pub struct Imp {
    setup: Setup,
    programs: Programs,
    pub(crate) stored: Stored,
    pub(crate) now_us: i64,
    random: u64,
    pub(crate) outputs: Vec<Output>,
    /// What programs work on, while none runs.
    pub(crate) peripherals: Option<Box<Peripherals>>,

    link: Link,
    backoff: Backoff,
    /// The server asked it not to come back before this time.
    unwanted_until_us: i64,
    wants_link: bool,
    attempt: Option<Attempt>,
    download: Option<Download>,
    /// Lines that wait for a connection.
    unsent: VecDeque<(bool, Vec<u8>)>,
    last_request: u32,
    bless: Option<u32>,
    pub(crate) enrol: Option<Enrol>,

    pub(crate) running: Option<Running>,
    pub(crate) wake_reason: WakeReason,
    /// When the program starts next.
    start_us: Option<i64>,
    /// Until when the server is asked what to start.
    restart_us: Option<i64>,
    pub(crate) asleep_us: Option<i64>,
    nv: Option<Value>,
    failures: u32,
}

impl Imp {
    /// Powers an imp: a cold boot at a Unix time in microseconds. `seed` is what waits are spread by.
    pub fn new(setup: Setup, programs: Programs, stored: Stored, seed: u64, now_us: i64) -> Imp {
        let Setup { board, world_seed, world_began_us, .. } = &setup;
        let mut peripherals = Peripherals::new(board.clone(), *world_seed, world_began_us.unwrap_or(now_us), now_us);
        if let Some(real) = &setup.real {
            peripherals.hardware.connect(real.clone());
        }
        let mut imp = Imp {
            peripherals: Some(Box::new(peripherals)),
            setup,
            programs,
            stored,
            now_us,
            random: seed | 1,
            outputs: Vec::new(),
            link: Link::Down { retry_us: now_us },
            backoff: Backoff::default(),
            unwanted_until_us: now_us,
            wants_link: true,
            attempt: None,
            download: None,
            unsent: VecDeque::new(),
            last_request: 0,
            bless: None,
            enrol: None,
            running: None,
            wake_reason: WakeReason::POWER_ON,
            start_us: None,
            restart_us: None,
            asleep_us: None,
            nv: None,
            failures: 0,
        };
        imp.boot(WakeReason::POWER_ON);
        imp
    }

    /// What it wants done, in the order in which it wanted it.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }

    /// Whether it has a connection.
    pub fn is_connected(&self) -> bool {
        matches!(self.link, Link::Open(_))
    }

    /// Its id.
    pub fn device(&self) -> DeviceId {
        self.setup.device
    }

    /// Whether its program runs.
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// What it keeps.
    pub fn stored(&self) -> &Stored {
        &self.stored
    }

    /// Enrols it under another plan, as BlinkUp does.
    pub fn blink_up(&mut self, now_us: i64, plan_id: String, token: String, fixture: Option<DeviceId>) {
        self.now_us = self.now_us.max(now_us);
        self.last_request += 1;
        self.enrol = Some(Enrol { request: self.last_request, plan_id, token, fixture });
        self.stored.fixture = fixture.map(|fixture| fixture.0);
        self.keep();
        self.end_program();
        self.asleep_us = None;
        self.boot(WakeReason::BLINKUP);
        if self.is_connected() {
            self.send_enrolment();
        }
    }

    /// Takes its power away. The server hears of it, if there is a connection.
    pub fn power_off(&mut self, now_us: i64) {
        self.now_us = self.now_us.max(now_us);
        self.end_program();
        self.send(DeviceFrame::Close(Close::new(CloseReason::NORMAL, "")));
        self.drop_link();
        self.wants_link = false;
        self.attempt = None;
    }

    // What the transport does.

    /// The transport is open.
    pub fn opened(&mut self, now_us: i64) {
        self.now_us = self.now_us.max(now_us);
        if matches!(self.link, Link::Opening { .. }) {
            let hello = self.hello();
            let handshake = Box::new(DeviceHandshake::new(self.setup.secret.clone(), hello));
            let until_us = self.now_us + i64::from(HANDSHAKE_TIMEOUT_S) * S;
            self.link = Link::Greeting { handshake, until_us };
        }
    }

    /// The transport is closed, or could not be opened.
    pub fn closed(&mut self, now_us: i64) {
        self.now_us = self.now_us.max(now_us);
        if !matches!(self.link, Link::Down { .. }) {
            self.lose(0);
        }
    }

    /// The way to the server is there again: it does not wait any longer before it tries, unless the server asked it to.
    pub fn try_again(&mut self, now_us: i64) {
        self.now_us = self.now_us.max(now_us);
        self.backoff.reset();
        if let Link::Down { retry_us } = &mut self.link {
            *retry_us = self.now_us.max(self.unwanted_until_us);
        }
    }

    /// A frame has arrived.
    pub fn receive(&mut self, now_us: i64, frame: &[u8]) {
        self.now_us = self.now_us.max(now_us);
        match &mut self.link {
            Link::Greeting { handshake, .. } => match handshake.receive(frame) {
                Ok(DeviceStep::Send(frame)) => self.outputs.push(Output::Send(frame)),
                Ok(DeviceStep::Wait) => {}
                Ok(DeviceStep::Connected(Connected { welcome, .. })) => self.connect(&welcome),
                Err(error) => self.refuse(&error),
            },
            Link::Open(connection) => {
                connection.heard(now_us);
                match ServerFrame::decode(frame) {
                    Ok(Some(frame)) => self.hear(frame),
                    Ok(None) => {}
                    Err(error) => self.hang_up(CloseReason::PROTOCOL_ERROR, error.to_string()),
                }
            }
            Link::Down { .. } | Link::Opening { .. } => {}
        }
    }

    /// Goes on for about `fuel` instructions of its program, at a Unix time in microseconds, which never goes back.
    pub fn run(&mut self, now_us: i64, fuel: u32) -> Turn {
        self.now_us = self.now_us.max(now_us);
        let turn = self.go_on(fuel);
        Turn { more: turn.more || self.peripherals().hardware.is_late(), ..turn }
    }

    fn go_on(&mut self, fuel: u32) -> Turn {
        if self.asleep_us.is_some() {
            let hardware_us = self.let_hardware_pass();
            if let Some(until_us) = self.asleep_us.filter(|&until_us| self.now_us < until_us) {
                let wake_us = hardware_us.map_or(until_us, |at_us| at_us.min(until_us));
                return Turn { more: false, wake_us: Some(wake_us) };
            }
            self.wake();
        }
        let link_us = self.look_at_link();
        if self.attempt.is_some_and(|attempt| attempt.until_us <= self.now_us) {
            self.give_up();
        }
        if self.restart_us.is_some_and(|until_us| until_us <= self.now_us) {
            self.start_soon(WakeReason::SW_RESTART, 0);
        }
        if self.start_us.is_some_and(|at_us| at_us <= self.now_us) {
            self.start();
        }
        let (more, program_us) = self.run_program(fuel);
        let attempt_us = self.attempt.map(|attempt| attempt.until_us);
        let due = [link_us, program_us, attempt_us, self.restart_us, self.start_us, self.asleep_us];
        Turn { more, wake_us: due.into_iter().flatten().min() }
    }

    // Power, sleep, and starting the program.

    /// Boots: connects, and starts the program then, or without a connection if that takes too long.
    fn boot(&mut self, reason: WakeReason) {
        self.wake_reason = reason;
        self.nv = None;
        self.want_link(Cause::Boot, BOOT_US);
        if self.is_connected() {
            self.attempt = None;
            self.start_soon(reason, 0);
        }
    }

    fn wake(&mut self) {
        self.asleep_us = None;
        if self.wake_reason == WakeReason::SNOOZE {
            self.want_link(Cause::Snooze, LOST_US);
        } else {
            self.start_soon(self.wake_reason, 0);
        }
    }

    fn sleep(&mut self, us: i64, reason: WakeReason) {
        self.end_program_with(Hardware::sleep);
        if !self.setup.board.imp_type.keeps_nv() {
            self.nv = None;
        }
        self.wants_link = false;
        self.attempt = None;
        self.wake_reason = reason;
        self.asleep_us = Some(self.now_us.saturating_add(us));
    }

    fn start_soon(&mut self, reason: WakeReason, wait_us: i64) {
        self.wake_reason = reason;
        self.restart_us = None;
        self.start_us = Some(self.now_us.saturating_add(wait_us));
    }

    /// Ends the program, and keeps what outlives it.
    fn end_program(&mut self) {
        self.end_program_with(Hardware::reset);
    }

    fn end_program_with(&mut self, leave: fn(&mut Hardware)) {
        if let Some(mut running) = self.running.take() {
            self.nv = running.agent.nv();
            self.peripherals = running.agent.unplug();
            leave(&mut self.peripherals().hardware);
            self.keep_flash();
        }
        self.start_us = None;
        self.restart_us = None;
    }

    /// Starts the stored program.
    fn start(&mut self) {
        self.end_program();
        let Some(program) = self.stored.program.clone() else { return };
        let imp_type = self.setup.board.imp_type;
        let compiled = match self.programs.get(&program, imp_type) {
            Ok(compiled) => compiled,
            Err(error) => return self.say(true, format!("ERROR: {error}").into_bytes()),
        };
        let facts = ImpFacts {
            wake_reason: self.wake_reason.0.into(),
            user_configuration: self.stored.user_configuration.clone(),
            ..self.setup.facts.clone()
        };
        let surroundings = Surroundings {
            device_id: self.setup.device.to_string(),
            agent_url: String::new(),
            is_connected: self.is_connected(),
            ip_address: None,
            saved: None,
            config: config(&program),
            seed: self.draw(),
        };
        let (image, limits) = (self.programs.image(imp_type), self.setup.limits);
        let Ok(mut agent) = Agent::of_imp(image, &compiled, limits, surroundings, facts, self.nv.as_ref(), self.now_us)
        else {
            return self.out_of_memory();
        };
        if let Some(peripherals) = self.peripherals.take() {
            agent.plug_in(peripherals);
        }
        self.running = Some(Running { agent, program: program.sha, _compiled: compiled, since_us: self.now_us });
        self.send(DeviceFrame::Started(Started { wake_reason: self.wake_reason, program: program.sha }));
    }

    /// Runs the program. Says whether there is more to do, and when there will be.
    fn run_program(&mut self, fuel: u32) -> (bool, Option<i64>) {
        let is_suspended = self.attempt.is_some_and(|attempt| attempt.cause == Cause::Lost);
        let Some(running) = &mut self.running else {
            // It does not stay late for as long as no program runs.
            if self.peripherals().hardware.is_late() {
                self.let_hardware_pass();
            }
            return (false, None);
        };
        if is_suspended && running.agent.send_policy().on_error == OnError::Suspend {
            return (false, running.agent.let_hardware_pass(self.now_us));
        }
        let progress = running.agent.run(self.now_us, fuel);
        let effects = running.agent.take_effects();
        self.keep_flash();
        for effect in effects {
            self.do_for_it(effect);
        }
        match progress {
            Progress::More => (true, None),
            // An order may have been answered meanwhile.
            Progress::Idle { wake_us } => {
                let is_busy = self.running.as_ref().is_some_and(|running| !running.agent.is_idle());
                let waits = self.running.as_ref().is_some_and(|running| running.agent.waits());
                (is_busy && !waits, wake_us)
            }
            Progress::Ended(end) => {
                self.ended(end);
                (true, None)
            }
        }
    }

    fn ended(&mut self, end: End) {
        let ran_us = self.running.as_ref().map_or(0, |running| self.now_us - running.since_us);
        let is_crash = matches!(end, End::Failed { .. } | End::OutOfMemory) && ran_us < LONG_ENOUGH_US;
        self.failures = if is_crash { self.failures + 1 } else { 0 };
        match end {
            End::Restart if self.is_connected() => {
                self.end_program();
                self.send(DeviceFrame::Restarting);
                self.restart_us = Some(self.now_us + RESTART_US);
            }
            End::Restart => self.start_again(WakeReason::SW_RESTART),
            End::Failed { .. } => self.start_again(WakeReason::SQUIRREL_ERROR),
            End::OutOfMemory => self.out_of_memory(),
            End::Reset => self.reboot(16, "imp.reset()"),
            End::Sleep(Sleep { us, is_announced }) => {
                if is_announced {
                    let seconds = u32::try_from(us.div_euclid(S)).unwrap_or(u32::MAX);
                    self.leave(SleepKind::DEEP_SLEEP, seconds);
                } else {
                    self.drop_link();
                }
                self.sleep(us, WakeReason::TIMER);
            }
        }
    }

    /// How long to wait before the program runs again, after it failed so often.
    fn wait_us(&self) -> i64 {
        if self.failures == 0 { 0 } else { (S << (self.failures - 1).min(6)).min(LONGEST_WAIT_US) }
    }

    fn start_again(&mut self, reason: WakeReason) {
        self.end_program();
        self.start_soon(reason, self.wait_us());
    }

    fn out_of_memory(&mut self) {
        self.reboot(1, "out of memory");
    }

    /// Starts the imp afresh, and tells why once there is a connection.
    fn reboot(&mut self, code: u32, text: &str) {
        self.end_program();
        self.stored.exit_code = Some((code, text.to_owned()));
        self.keep();
        self.drop_link();
        let wait_us = self.wait_us();
        self.boot(WakeReason::SW_RESET);
        self.link = Link::Down { retry_us: self.now_us + wait_us };
    }

    fn keep(&mut self) {
        self.outputs.push(Output::Keep(Box::new(self.stored.clone())));
    }

    // What the program wants.

    fn do_for_it(&mut self, effect: Effect) {
        match effect {
            Effect::Log { error, text } => self.say(error, text),
            Effect::Limit { text } => self.say(true, format!("ERROR: {text}").into_bytes()),
            Effect::Send { name, data } => {
                let is_awaited = self.is_ack_wanted();
                self.number(is_awaited, |seq| {
                    DeviceFrame::Message(Message { seq, ack_wanted: is_awaited, name, value: data })
                });
            }
            Effect::Imp(order) => self.obey(order),
            // Those of agents.
            _ => {}
        }
    }

    fn obey(&mut self, order: ImpOrder) {
        match order {
            ImpOrder::Connect { timeout_us } => {
                let is_suspended = self.running.as_ref().is_some_and(|running| running.agent.is_suspended());
                self.want_link(if is_suspended { Cause::Suspended } else { Cause::Program }, timeout_us);
                if self.is_connected() {
                    self.tell_connected();
                } else if let Link::Down { retry_us } = &mut self.link {
                    *retry_us = (*retry_us).min(self.now_us);
                }
            }
            ImpOrder::Disconnect => {
                self.wants_link = false;
                self.attempt = None;
                self.leave(SleepKind::DISCONNECT, 0);
            }
            ImpOrder::ExpectOnline { seconds } => {
                self.send(DeviceFrame::Sleep(SleepFrame { kind: SleepKind::EXPECT_ONLINE, seconds }));
            }
            ImpOrder::Bless { passed } if self.is_connected() => {
                self.last_request += 1;
                self.bless = Some(self.last_request);
                let fixture = self.stored.fixture.map(DeviceId);
                self.send(DeviceFrame::Bless(Bless { request: self.last_request, success: passed, fixture }));
            }
            ImpOrder::Bless { .. } => self.tell(ImpEvent::Blessed(false)),
            ImpOrder::Enrol { plan_id, token } => {
                self.last_request += 1;
                self.enrol = Some(Enrol { request: self.last_request, plan_id, token, fixture: None });
                self.send_enrolment();
            }
            ImpOrder::FactoryBlinkUp { .. } => self.outputs.push(Output::FactoryBlinkUp),
            ImpOrder::KeepUserConfiguration(kept) => {
                self.stored.user_configuration = kept;
                self.keep();
            }
            ImpOrder::ClearConfiguration => {}
        }
    }

    fn tell(&mut self, event: ImpEvent) {
        if let Some(running) = &mut self.running {
            running.agent.tell(self.now_us, Event::Imp(event));
        }
    }

    fn tell_connected(&mut self) {
        self.attempt = None;
        self.tell(ImpEvent::Link(true));
        self.tell(ImpEvent::ConnectEnded(CONNECTED));
    }

    /// Logs a line of its own.
    pub fn say_now(&mut self, now_us: i64, error: bool, text: Vec<u8>) {
        self.now_us = self.now_us.max(now_us);
        self.say(error, text);
    }

    /// A line for the log.
    fn say(&mut self, error: bool, mut text: Vec<u8>) {
        text.truncate(MAX_LOG_BYTES);
        self.outputs.push(Output::Says { error, text: text.clone() });
        if self.is_connected() {
            self.send_line(error, text);
        } else if self.unsent.len() < MOST_UNSENT {
            self.unsent.push_back((error, text));
        }
    }

    fn send_line(&mut self, error: bool, text: Vec<u8>) {
        let is_awaited = self.is_ack_wanted();
        let kind = if error { LogKind::ERROR } else { LogKind::LOG };
        self.number(is_awaited, |seq| DeviceFrame::Log(Log { seq, ack_wanted: is_awaited, kind, text }));
    }

    fn is_ack_wanted(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.agent.send_policy().waits_for_ack)
    }

    /// Sends what is numbered. A connection that has used all numbers is made anew.
    fn number(&mut self, is_awaited: bool, frame: impl FnOnce(u32) -> DeviceFrame) {
        let timeout_us = self.running.as_ref().map_or(0, |running| running.agent.send_policy().timeout_us);
        let until_us = self.now_us.saturating_add(timeout_us);
        let Link::Open(connection) = &mut self.link else { return };
        match connection.outgoing.take() {
            Some(seq) => {
                if is_awaited {
                    connection.awaited.push_back((seq, until_us));
                }
                self.send(frame(seq));
            }
            None => self.hang_up(CloseReason::NORMAL, String::new()),
        }
    }

    /// Sends a frame if there is a connection.
    fn send(&mut self, frame: DeviceFrame) {
        let Link::Open(connection) = &self.link else { return };
        let longest = connection.longest;
        match frame.encode() {
            Ok(bytes) if bytes.len() <= longest => self.outputs.push(Output::Send(bytes)),
            // Programs are told of what is too long before it comes to this.
            _ => {}
        }
    }

    fn send_enrolment(&mut self) {
        if let Some(enrol) = self.enrol.clone() {
            self.send(DeviceFrame::Enrol(enrol));
        }
    }

    // The connection.

    fn hello(&mut self) -> Hello {
        self.let_hardware_pass();
        let rssi = self.peripherals().hardware.rssi();
        let (facts, board) = (&self.setup.facts, &self.setup.board);
        let network = match (&board.wifi, board.has_ethernet) {
            (Some(_), _) => NetworkKind::WIFI,
            (None, true) => NetworkKind::ETHERNET,
            (None, false) => NetworkKind::CELLULAR,
        };
        let mut hello = Hello::new(self.setup.device, &self.setup.server, self.wake_reason);
        hello.running = self.running.is_some();
        hello.program = self.stored.program.as_ref().map(|program| program.sha);
        let used = self.running.as_ref().map_or(0, |running| running.agent.used_bytes());
        let capacity = self.setup.storage_bytes;
        hello.facts = Facts {
            os_version: Some(facts.software_version.clone()),
            imp_type: Some(facts.imp_type.clone()),
            mac_address: mac(&facts.mac_address),
            free_memory_bytes: u32::try_from(self.setup.limits.heap_bytes.saturating_sub(used)).ok(),
            rssi_dbm: Some(rssi),
            storage_used: self.stored.program.as_ref().map(|program| storage_used(program.source.len(), capacity)),
            network: Some(network),
            network_name: Some(facts.network.ssid.clone().into_bytes()),
            local_address: facts.network.address.parse().ok(),
        };
        hello
    }

    fn want_link(&mut self, cause: Cause, timeout_us: i64) {
        self.wants_link = true;
        self.attempt = Some(Attempt { cause, until_us: self.now_us.saturating_add(timeout_us) });
    }

    /// Does what the time asks for. Returns when to look again.
    fn look_at_link(&mut self) -> Option<i64> {
        match &mut self.link {
            Link::Down { retry_us } if self.wants_link => {
                if self.now_us < *retry_us {
                    return Some(*retry_us);
                }
                let until_us = self.now_us + OPEN_US;
                self.link = Link::Opening { until_us };
                self.outputs.push(Output::Open);
                Some(until_us)
            }
            Link::Down { .. } => None,
            Link::Opening { until_us } | Link::Greeting { until_us, .. } => {
                let until_us = *until_us;
                if self.now_us < until_us {
                    return Some(until_us);
                }
                self.outputs.push(Output::Close);
                self.lose(0);
                self.look_at_link()
            }
            Link::Open(connection) => {
                let is_late = connection.awaited.front().is_some_and(|(_, until_us)| *until_us <= self.now_us);
                if is_late {
                    connection.awaited.clear();
                    self.tell(ImpEvent::Sent(SEND_TIMED_OUT));
                    return self.look_at_link();
                }
                let awaited_us = connection.awaited.front().map(|(_, until_us)| *until_us);
                let Some((ping, again_us)) = connection.pulse(self.now_us) else {
                    self.outputs.push(Output::Close);
                    self.lose(0);
                    return self.look_at_link();
                };
                if let Some(ping) = ping {
                    self.send(ping);
                }
                Some(awaited_us.map_or(again_us, |awaited_us| awaited_us.min(again_us)))
            }
        }
    }

    fn connect(&mut self, welcome: &Welcome) {
        self.link = Link::Open(Box::new(Connection::new(welcome, self.now_us)));
        if let Some((code, text)) = self.stored.exit_code.take() {
            self.send(DeviceFrame::ExitCode(ExitCode { code, text }));
            self.keep();
        }
        for (error, text) in std::mem::take(&mut self.unsent) {
            self.send_line(error, text);
        }
        self.send_enrolment();
        self.tell_connected();
        match (welcome.program, self.stored.program.as_ref().map(|program| program.sha)) {
            (None, _) => self.unload(),
            // A start that waits, after a crash, goes on waiting.
            (Some(wanted), Some(stored)) if wanted == stored && self.is_still() => {
                self.start_soon(self.wake_reason, 0);
            }
            // An offer follows.
            _ => {}
        }
    }

    /// The connection cannot be made.
    fn refuse(&mut self, error: &HandshakeError) {
        if let Some(close) = error.close()
            && let Ok(bytes) = DeviceFrame::Close(close).encode()
        {
            self.outputs.push(Output::Send(bytes));
        }
        self.outputs.push(Output::Close);
        let wait_us = match error {
            HandshakeError::Closed(close) => {
                self.outputs.push(Output::Refused(close.reason));
                self.outputs.push(Output::Says { error: true, text: refusal(close).into_bytes() });
                least_wait_us(close)
            }
            _ => 0,
        };
        self.lose(wait_us);
    }

    /// The connection is no more, or could not be made. The next one is tried after a wait, of this many microseconds at least.
    fn lose(&mut self, least_us: i64) {
        let was_open = match &self.link {
            Link::Open(connection) => {
                if self.now_us - connection.since_us >= 60 * S {
                    self.backoff.reset();
                }
                true
            }
            _ => false,
        };
        self.unwanted_until_us = self.unwanted_until_us.max(self.now_us.saturating_add(least_us));
        let random = self.random();
        let wait_us = i64::from(self.backoff.wait_ms(random)) * 1000;
        self.link = Link::Down { retry_us: self.now_us.saturating_add(wait_us.max(least_us)) };
        self.download = None;
        if !was_open {
            return;
        }
        self.bless = None;
        self.tell(ImpEvent::Link(false));
        if self.restart_us.is_some() {
            self.start_soon(WakeReason::SW_RESTART, 0);
        }
        if self.wants_link && self.attempt.is_none() && self.running.is_some() {
            self.want_link(Cause::Lost, LOST_US);
        }
    }

    /// Ends the connection: what the server did cannot be gone on with.
    fn hang_up(&mut self, reason: CloseReason, text: String) {
        let close = Close::new(reason, &text);
        let wait_us = least_wait_us(&close);
        self.send(DeviceFrame::Close(close));
        self.outputs.push(Output::Close);
        self.lose(wait_us);
    }

    /// Ends the connection on purpose, and says when it is back.
    fn leave(&mut self, kind: SleepKind, seconds: u32) {
        self.send(DeviceFrame::Sleep(SleepFrame { kind, seconds }));
        self.send(DeviceFrame::Close(Close::new(CloseReason::NORMAL, "")));
        self.drop_link();
    }

    /// Ends the connection without a word.
    fn drop_link(&mut self) {
        if !matches!(self.link, Link::Down { .. }) {
            self.outputs.push(Output::Close);
        }
        self.link = Link::Down { retry_us: self.now_us };
        self.backoff.reset();
        self.download = None;
        self.bless = None;
        self.tell(ImpEvent::Link(false));
    }

    /// An attempt to connect took too long.
    fn give_up(&mut self) {
        let Some(Attempt { cause, .. }) = self.attempt.take() else { return };
        let suspends =
            self.running.as_ref().is_none_or(|running| running.agent.send_policy().on_error == OnError::Suspend);
        match cause {
            // It is tried on beside the program.
            Cause::Boot => self.start_soon(self.wake_reason, 0),
            Cause::Program => {
                self.wants_link = false;
                self.tell(ImpEvent::ConnectEnded(NO_SERVER));
            }
            Cause::Lost if !suspends => {
                self.wants_link = false;
                self.tell(ImpEvent::Lost(NO_SERVER));
            }
            Cause::Suspended | Cause::Lost | Cause::Snooze => {
                self.drop_link();
                self.sleep(SNOOZE_US, WakeReason::SNOOZE);
            }
        }
    }

    fn random(&mut self) -> u32 {
        u32::try_from(self.draw() >> 32).unwrap_or_default()
    }

    fn draw(&mut self) -> u64 {
        // Xorshift: it spreads waits, and seeds what programs draw.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    // What the server says.

    fn hear(&mut self, frame: ServerFrame) {
        match frame {
            ServerFrame::Ping(number) => self.send(DeviceFrame::Pong(number)),
            ServerFrame::Pong(_) | ServerFrame::Challenge(_) | ServerFrame::Welcome(_) => {}
            ServerFrame::Close(close) => {
                self.outputs.push(Output::Close);
                self.lose(least_wait_us(&close));
            }
            ServerFrame::Ack(seq) => self.acknowledged(seq),
            ServerFrame::Message(message) => self.take_message(message),
            ServerFrame::CodeOffer(offer) => self.consider(*offer),
            ServerFrame::CodeChunk(chunk) => match self.download.as_mut().map(|download| download.take(Some(chunk))) {
                Some(piece) => self.take_piece(piece),
                None => self.hang_up(CloseReason::PROTOCOL_ERROR, "code that was not asked for".into()),
            },
            ServerFrame::Restart(_) => {
                if self.stored.program.is_some() {
                    self.end_program();
                    self.start_soon(WakeReason::SW_RESTART, 0);
                }
            }
            ServerFrame::Shutdown(reason) => match &mut self.running {
                Some(running) if running.agent.wants_shutdown() => {
                    running.agent.tell(self.now_us, Event::Shutdown(reason.0.into()));
                }
                _ if self.stored.program.is_some() => {
                    self.end_program();
                    self.send(DeviceFrame::Restarting);
                    self.restart_us = Some(self.now_us + RESTART_US);
                }
                _ => {}
            },
            ServerFrame::Unload => self.unload(),
            ServerFrame::Answer(answer) => self.answered(answer),
        }
    }

    fn acknowledged(&mut self, seq: u32) {
        let Link::Open(connection) = &mut self.link else { return };
        if connection.outgoing.acknowledge(seq).is_err() {
            return self.hang_up(CloseReason::PROTOCOL_ERROR, "an acknowledgement of what was not sent".into());
        }
        let mut is_answered = false;
        while connection.awaited.front().is_some_and(|(awaited, _)| *awaited <= seq) {
            connection.awaited.pop_front();
            is_answered = true;
        }
        if is_answered {
            self.tell(ImpEvent::Sent(0));
        }
    }

    fn take_message(&mut self, message: Message) {
        let Message { seq, ack_wanted, name, value } = message;
        let Link::Open(connection) = &mut self.link else { return };
        if connection.incoming.receive(seq).is_err() {
            return self.hang_up(CloseReason::PROTOCOL_ERROR, "a message out of order".into());
        }
        if let Some(running) = &mut self.running {
            running.agent.tell(self.now_us, Event::Message { name, data: value });
        }
        if ack_wanted {
            self.send(DeviceFrame::Ack(seq));
        }
    }

    fn consider(&mut self, offer: CodeOffer) {
        let (sha, capacity) = (offer.program, self.setup.storage_bytes);
        let used = storage_used(offer.size_bytes as usize, capacity);
        self.download = None;
        if let Some(program) = self.stored.program.as_mut().filter(|program| program.sha == sha) {
            let environment = offer.environment.as_ref().and_then(|environment| environment.encode().ok());
            program.environment = environment.unwrap_or_default();
            self.keep();
            self.settle(sha, CodeOutcome::HAVE_IT, used, String::new());
            let restarts = self.restart_us.is_some();
            if self.running.is_none() && self.start_us.is_none() {
                let reason = if restarts { WakeReason::SW_RESTART } else { self.wake_reason };
                self.start_soon(reason, 0);
            }
        } else if used > 10_000 {
            self.settle(sha, CodeOutcome::OUT_OF_SPACE, used, String::new());
            self.go_on_without();
        } else {
            match Download::begin(offer) {
                Ok(mut download) => {
                    self.send(DeviceFrame::CodeWant(CodeWant { program: sha, offset: 0 }));
                    let piece = download.take(None);
                    self.download = Some(download);
                    self.take_piece(piece);
                }
                Err(outcome) => {
                    self.settle(sha, outcome, used, String::new());
                    self.go_on_without();
                }
            }
        }
    }

    fn take_piece(&mut self, piece: Piece) {
        let Some(sha) = self.download.as_ref().map(Download::sha) else { return };
        match piece {
            Piece::More => return,
            Piece::Misplaced => return self.hang_up(CloseReason::PROTOCOL_ERROR, "a chunk out of order".into()),
            Piece::Corrupt => {
                self.settle(sha, CodeOutcome::CORRUPT, 0, String::new());
                self.go_on_without();
            }
            Piece::Whole(program) => self.install(program),
        }
        self.download = None;
    }

    fn install(&mut self, program: StoredProgram) {
        let used = storage_used(program.source.len(), self.setup.storage_bytes);
        if let Err(error) = self.programs.get(&program, self.setup.board.imp_type) {
            self.settle(program.sha, CodeOutcome::BAD_PROGRAM, used, error);
            return self.go_on_without();
        }
        self.end_program();
        let sha = program.sha;
        self.stored.program = Some(program);
        self.keep();
        self.settle(sha, CodeOutcome::INSTALLED, used, String::new());
        self.failures = 0;
        self.start_soon(WakeReason::NEW_SQUIRREL, 0);
    }

    fn settle(&mut self, program: [u8; 32], outcome: CodeOutcome, storage_used: u32, mut text: String) {
        while text.len() > MAX_TEXT_BYTES {
            text.pop();
        }
        self.send(DeviceFrame::CodeResult(CodeResult { program, outcome, storage_used, text }));
    }

    /// An offer came to nothing: what is stored runs.
    fn go_on_without(&mut self) {
        if self.running.is_none() && self.start_us.is_none() {
            self.start_soon(self.wake_reason, 0);
        }
    }

    fn unload(&mut self) {
        self.end_program();
        if self.stored.program.take().is_some() {
            self.keep();
        }
        self.nv = None;
    }

    fn answered(&mut self, answer: Answer) {
        if self.bless == Some(answer.request) {
            self.bless = None;
            self.tell(ImpEvent::Blessed(answer.code == AnswerCode::OK));
        }
        let is_over = |enrol: &mut Enrol| enrol.request == answer.request && answer.code != AnswerCode::TRY_AGAIN;
        let Some(enrol) = self.enrol.take_if(is_over) else { return };
        if enrol.fixture.is_some() && answer.code != AnswerCode::OK {
            // It is as blank as before: another fixture, or this one, may configure it.
            self.stored.fixture = None;
            self.keep();
        }
    }

    /// Whether no program runs, nor is about to.
    fn is_still(&self) -> bool {
        self.running.is_none() && self.start_us.is_none() && self.restart_us.is_none()
    }

    /// The program that runs, by its digest.
    pub fn program(&self) -> Option<[u8; 32]> {
        self.running.as_ref().map(|running| running.program)
    }
}

/// What a program finds in `imp.configparams` besides its id.
fn config(program: &StoredProgram) -> Vec<(String, Value)> {
    let environment = program.environment();
    let Some(Value::Table(members)) = part(&environment, b"configparams") else { return Vec::new() };
    let member = |(name, value): &(impstead_device_protocol::Key, Value)| match name {
        impstead_device_protocol::Key::String(name) if **name != *b"deviceid" => {
            Some((String::from_utf8_lossy(name).into_owned(), value.clone()))
        }
        _ => None,
    };
    members.iter().filter_map(member).collect()
}

/// The bytes of a MAC address.
fn mac(digits: &str) -> Option<[u8; 6]> {
    let number = u64::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 12)?;
    number.to_be_bytes().last_chunk().copied()
}

fn refusal(close: &Close) -> String {
    let why = close.reason.name().unwrap_or("for a reason that is not known");
    let colon = if close.text.is_empty() { "" } else { ": " };
    format!("the server refuses the connection: {why}{colon}{}", close.text)
}
