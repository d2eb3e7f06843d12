//! One connection, from the challenge to its end.

use super::{
    Shared,
    environment::environment,
    programs::Offered,
    registry::{Handle, Place},
    transport::{Received, Transport},
};
use crate::{Fate, Fates, NewLine, Pushed, Ticket, Undelivered};
use impstead_device_protocol::{
    Accepted, Answer, AnswerCode, Bless, Close, CloseReason, CodeChunk, CodeOffer, CodeOutcome, CodeResult, CodeWant,
    Compression, DeviceFrame, Enrol, ExitCode, Facts, HANDSHAKE_TIMEOUT_S, HandshakeError, Heartbeat, Incoming, Log,
    LogKind, MAX_CHUNK_BYTES, MAX_FRAME_BYTES, Message, Outgoing, ProgramFormat, Pulse, RestartReason, ServerFrame,
    ServerHandshake, ServerTerms, ShutdownReason, Sleep, SleepKind, Started,
};
use impstead_model::{Actor, DeviceId, LogSource, LogType, RestartKind, random_uuid};
use impstead_store::{Act, Arrival, Conflict, Current, DeviceFacts, Enrolment, Orders, StoreError};
use platform::readable;
use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

/// How long a device may take nothing of what is sent to it.
const LONGEST_STALL: Duration = Duration::from_secs(30);

/// How long a close may take to be sent, and the device to go after it.
const FAREWELL: Duration = Duration::from_secs(5);

/// How long a close may take to be sent to a device that comes when the server has all but ended.
const LATE_CLOSE: Duration = Duration::from_secs(1);

/// How often what a device reports of itself is stored, in milliseconds.
const REPORTS_MS: i64 = 60_000;

/// Acknowledgements that may wait for what they acknowledge. A device that wants more is not read meanwhile.
const MOST_PENDING: usize = 1000;

/// Wait between attempts to mark a device as disconnected.
const DEPARTURE_RETRY: Duration = Duration::from_secs(1);

/// Why a connection ends.
enum End {
    /// The server says so.
    Close(Close),
    /// The device said so.
    Closed,
    /// The transport broke.
    Lost,
    /// Nothing was heard for a whole heartbeat.
    Silent,
}

impl End {
    fn protocol(text: &str) -> Self {
        Self::Close(Close::new(CloseReason::PROTOCOL_ERROR, text))
    }

    fn reason(&self) -> &str {
        match self {
            Self::Close(close) => close.reason.name().unwrap_or("closed"),
            Self::Closed => "closed by the device",
            Self::Lost => "lost",
            Self::Silent => "silent",
        }
    }
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        tracing::error!(cause = %error, "a device's connection ends for want of the store");
        Self::Close(Close::new(CloseReason::OVERLOADED, "the server cannot reach its data"))
    }
}

/// What is known of a connection that is open.
struct Session<'l, T> {
    line: &'l Shared,
    transport: T,
    id: DeviceId,
    handle: Arc<Handle>,
    began: Instant,
    heartbeat: Heartbeat,
    incoming: Incoming,
    outgoing: Outgoing,
    /// Numbers to be acknowledged, in order, each with what must be durable before.
    pending: VecDeque<(u32, Option<Ticket>)>,
    newest: Option<Ticket>,
    fates: Fates,
    /// SHA-256 of the program that it has.
    program: Option<[u8; 32]>,
    offer: Option<Box<Offer>>,
    /// What the device was told to restart, and when that was asked for.
    restarting: Option<(Current, i64)>,
    /// A program that it could not take.
    refused: Option<[u8; 32]>,
    /// When a report was stored.
    reported_ms: Option<i64>,
}

/// A program that is being offered.
struct Offer {
    current: Current,
    content: Arc<Offered>,
    /// Where the next chunk begins, once the device wants it.
    next: Option<usize>,
    /// The restart that it carries out.
    restarted_ms: Option<i64>,
}

/// Talks with a device from the challenge to the end.
///
/// What happens once in a connection is boxed here and below, so that a device that says nothing keeps no room for it.
pub async fn converse(line: &Shared, transport: impl Transport, address: Option<IpAddr>) {
    let Some((mut session, connection, welcomed)) = Box::pin(begin(line, transport, address)).await else { return };
    let end = match welcomed {
        Ok(()) => match session.go_on().await {
            Ok(never) => match never {},
            Err(end) => end,
        },
        Err(end) => end,
    };
    Box::pin(session.finish(connection, end)).await;
}

/// Goes through the handshake and welcomes the device. Returns its session, the connection's id and whether the welcome
/// went well; nothing where the device was not let in.
async fn begin<T: Transport>(
    line: &Shared,
    mut transport: T,
    address: Option<IpAddr>,
) -> Option<(Session<'_, T>, String, Result<(), End>)> {
    let limit = Duration::from_secs(HANDSHAKE_TIMEOUT_S.into());
    let accepted = match timeout(limit, shake_hands(line, &mut transport)).await {
        Ok(Ok(accepted)) => accepted,
        Ok(Err(close)) => {
            farewell(&mut transport, close).await;
            return None;
        }
        Err(_) => {
            let close = Close::new(CloseReason::TIMEOUT, "the handshake took too long");
            farewell(&mut transport, Some(close)).await;
            return None;
        }
    };
    let id = DeviceId::new(&accepted.hello.device.to_string());
    let connection = random_uuid(&*line.entropy);
    let handle = Arc::new(Handle::new(accepted.device_max_frame_bytes()));
    let orders = match enter(line, &id, &connection, &accepted, address, &handle).await {
        Ok(Some(orders)) => orders,
        Ok(None) => {
            let close = Close::new(CloseReason::NOT_AUTHORISED, "unknown device or wrong signature");
            farewell(&mut transport, Some(close)).await;
            return None;
        }
        Err(error) => {
            let End::Close(close) = End::from(error) else { return None };
            farewell(&mut transport, Some(close)).await;
            return None;
        }
    };
    let mut session = Session {
        line,
        transport,
        id,
        handle,
        began: Instant::now(),
        heartbeat: Heartbeat::new(accepted.heartbeat_s, 0),
        incoming: Incoming::default(),
        outgoing: Outgoing::default(),
        pending: VecDeque::new(),
        newest: None,
        fates: line.logs.fates(),
        program: accepted.hello.program,
        offer: None,
        restarting: None,
        refused: None,
        reported_ms: None,
    };
    session.place(&orders);
    session.status("Device connected".to_owned());
    line.agents.device_connected(&session.id, orders.device.ip_address.clone());
    let welcomed = session.welcome(&accepted, orders).await;
    Some((session, connection, welcomed))
}

/// Marks a device as disconnected, unless it has a newer connection. If the data cannot be reached it tries again: the API
/// would go on saying that the device is online.
async fn depart(line: &Shared, id: &DeviceId, connection: &str, handle: &Handle, reason: &str) {
    let at_ms = line.clock.now_ms();
    loop {
        match line.store.device_disconnected(id, connection, reason, at_ms).await {
            Ok(true) => {
                let (message, Place { group, log_type }) = ("Device disconnected".to_owned(), handle.place());
                line.logs.push(NewLine { device: id.clone(), group, log_type, source: LogSource::Status, message });
                line.agents.device_disconnected(id);
                return;
            }
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(cause = %error, device = %id, "cannot mark a device as disconnected");
                if !matches!(error, StoreError::Unavailable(_)) || line.stopping.load(Ordering::SeqCst) {
                    return;
                }
            }
        }
        if line.registry.has(id) {
            return;
        }
        sleep(DEPARTURE_RETRY).await;
    }
}

/// Marks the device as connected, makes this its newest connection, and returns its orders.
async fn enter(
    line: &Shared,
    id: &DeviceId,
    connection: &str,
    accepted: &Accepted,
    address: Option<IpAddr>,
    handle: &Arc<Handle>,
) -> Result<Option<Orders>, StoreError> {
    let arrival = Arrival {
        connection: connection.to_owned(),
        at_ms: line.clock.now_ms(),
        ip_address: address.map(|address| address.to_string()),
        program: accepted.hello.program,
        facts: stored_facts(&accepted.hello.facts),
    };
    line.sweep().await?;
    let _turn = line.entering(id).lock().await;
    let orders = line.store.device_connected(id, arrival).await?;
    if orders.is_some() {
        line.registry.enter(id, handle);
        if line.stopping.load(Ordering::SeqCst) {
            // It came when the others had been told.
            handle.end(going_away());
        }
    }
    Ok(orders)
}

async fn shake_hands(line: &Shared, transport: &mut impl Transport) -> Result<Accepted, Option<Close>> {
    let _turn = line.handshakes.acquire().await.map_err(|_| Some(going_away()))?;
    if line.stopping.load(Ordering::SeqCst) {
        return Err(Some(going_away()));
    }
    let time_ms = u64::try_from(line.clock.now_ms()).unwrap_or(0);
    let handshake = ServerHandshake::new(line.entropy.bytes(), time_ms);
    if !transport.send(handshake.challenge().to_vec()).await {
        return Err(None);
    }
    let frame = loop {
        match transport.receive().await {
            Received::Frame(frame) => break frame,
            Received::TooLarge => return Err(HandshakeError::TooLarge.close()),
            Received::NotAFrame => return Err(HandshakeError::Unexpected.close()),
            Received::Nothing => {}
            Received::End => return Err(None),
        }
    };
    let introduced = handshake.receive(&frame, &line.config.identities).map_err(|error| error.close())?;
    let id = DeviceId::new(&introduced.device().to_string());
    let key = line.store.device_public_key(&id).await.map_err(|error| match End::from(error) {
        End::Close(close) => Some(close),
        _ => None,
    })?;
    let terms = ServerTerms { heartbeat_s: line.config.heartbeat_s, ..ServerTerms::default() };
    introduced.verify(key.as_ref(), &terms).map_err(|error| {
        tracing::debug!(cause = %error, "a device was refused");
        error.close()
    })
}

/// Says to a connection that is made while the server ends that it does, and waits for nothing.
pub async fn turn_away(mut transport: impl Transport) {
    if let Ok(frame) = ServerFrame::Close(going_away()).encode() {
        let _ = timeout(LATE_CLOSE, transport.send(frame)).await;
    }
}

fn going_away() -> Close {
    Close::new(CloseReason::GOING_AWAY, "the server stops")
}

/// Sends a close, if there is one to send, and waits a little for the device to go.
async fn farewell(transport: &mut impl Transport, close: Option<Close>) {
    let Some(close) = close else { return };
    let Ok(frame) = ServerFrame::Close(close).encode() else { return };
    let _ = timeout(FAREWELL, async {
        if transport.send(frame).await {
            while matches!(transport.receive().await, Received::Frame(_) | Received::Nothing) {}
        }
    })
    .await;
}

enum Never {}

impl<T: Transport> Session<'_, T> {
    /// Welcomes the device and has it do what is due.
    async fn welcome(&mut self, accepted: &Accepted, orders: Orders) -> Result<(), End> {
        let program = orders.current.as_ref().map(|current| current.program);
        self.send_bytes(accepted.welcome(program)).await?;
        // A program that runs goes on; one that does not is started by the device itself.
        let restart = orders.restart.filter(|_| !accepted.hello.running);
        match &orders.current {
            Some(current) if self.program == Some(current.program) => {
                if let Some((_, asked_ms)) = restart {
                    let deployment = Some(&current.deployment);
                    self.line.store.device_runs(&self.id, deployment, Some(asked_ms)).await?;
                }
            }
            Some(current) => {
                let asked_ms = orders.restart.map(|(_, asked_ms)| asked_ms);
                self.offer(current.clone(), asked_ms).await?;
            }
            None => self.program = None,
        }
        self.obey().await
    }

    /// Goes on until the connection ends.
    async fn go_on(&mut self) -> Result<Never, End> {
        loop {
            self.acknowledge().await?;
            if self.pending.len() >= MOST_PENDING {
                // Nothing is read meanwhile, so silence means nothing.
                self.heartbeat.heard(self.now_ms());
            }
            let wait = match self.heartbeat.pulse(self.now_ms()) {
                Pulse::Wait(ms) => Duration::from_millis(ms),
                Pulse::Ping => {
                    self.send(ServerFrame::Ping(0)).await?;
                    continue;
                }
                Pulse::Dead => return Err(End::Silent),
            };
            let has_chunk = self.offer.as_ref().is_some_and(|offer| offer.next.is_some());
            let is_owing = !self.pending.is_empty();
            tokio::select! {
                received = self.transport.receive(), if self.pending.len() < MOST_PENDING => self.take(received).await?,
                () = self.handle.told() => Box::pin(self.obey_others()).await?,
                () = self.fates.changed(), if is_owing => {}
                () = std::future::ready(()), if has_chunk => self.send_chunk().await?,
                () = sleep(wait) => {}
            }
        }
    }

    /// Marks the device as disconnected and sends it away.
    async fn finish(self, connection: String, end: End) {
        let Self { line, mut transport, id, handle, .. } = self;
        line.registry.leave(&id, &handle);
        depart(line, &id, &connection, &handle, end.reason()).await;
        match end {
            End::Close(close) => farewell(&mut transport, Some(close)).await,
            End::Closed | End::Lost | End::Silent => {}
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn send(&mut self, frame: ServerFrame) -> Result<(), End> {
        match frame.encode() {
            Ok(bytes) => self.send_bytes(bytes).await,
            Err(error) => {
                tracing::error!(cause = %error, device = %self.id, "a frame cannot be written");
                Ok(())
            }
        }
    }

    async fn send_bytes(&mut self, bytes: Vec<u8>) -> Result<(), End> {
        match timeout(LONGEST_STALL, self.transport.send(bytes)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(End::Lost),
            Err(_) => Err(End::Close(Close::new(CloseReason::TOO_SLOW, "nothing was taken for 30 s"))),
        }
    }

    /// Notes where the device is.
    fn place(&mut self, orders: &Orders) {
        let assignment = orders.device.assignment.as_ref();
        let log_type = LogType::of(assignment.map(|assignment| assignment.kind));
        self.handle.set_place(Place { group: assignment.map(|assignment| assignment.group.clone()), log_type });
    }

    fn log(&mut self, source: LogSource, message: String) -> Pushed {
        let (device, Place { group, log_type }) = (self.id.clone(), self.handle.place());
        let pushed = self.line.logs.push(NewLine { device, group, log_type, source, message });
        if let Pushed::Queued(ticket) = pushed {
            self.newest = Some(ticket);
        }
        pushed
    }

    /// Says that a message of the device does not reach its agent.
    fn not_delivered(&mut self, name: &str, why: Undelivered) {
        if why == Undelivered::NoAgent {
            self.log(LogSource::AgentError, format!("ERROR: no handler for agent.send({name:?})"));
            return;
        }
        let limit = "too much waits for the agent";
        let (device, Place { group, log_type }) = (self.id.clone(), self.handle.place());
        let message = format!("ERROR: agent.send({name:?}) was dropped: {limit}");
        let line = NewLine { device, group, log_type, source: LogSource::AgentError, message };
        self.line.logs.push_limit(limit, line);
    }

    fn status(&mut self, message: String) {
        self.log(LogSource::Status, message);
    }

    /// Acknowledges what is durable.
    async fn acknowledge(&mut self) -> Result<(), End> {
        let mut newest = None;
        while let Some(&(seq, ticket)) = self.pending.front() {
            match ticket.map_or(Fate::Kept, |ticket| self.fates.of(ticket)) {
                Fate::Waits => break,
                Fate::Kept => newest = Some(seq),
                Fate::Lost => return Err(not_kept()),
            }
            self.pending.pop_front();
        }
        match newest {
            Some(seq) => self.send(ServerFrame::Ack(seq)).await,
            None => Ok(()),
        }
    }

    /// Does what others told this session.
    async fn obey_others(&mut self) -> Result<(), End> {
        let (wake, end) = self.handle.take();
        if let Some(close) = end {
            return Err(End::Close(close));
        }
        while let Some((name, value)) = self.handle.next_message() {
            let Some(seq) = self.outgoing.take() else {
                return Err(End::Close(Close::new(CloseReason::NORMAL, "all sequence numbers are used")));
            };
            let message = Message { seq, ack_wanted: false, name: name.into(), value };
            self.send(ServerFrame::Message(message)).await?;
        }
        if wake { self.obey().await } else { Ok(()) }
    }

    /// Reads the device's orders and does what they ask for.
    async fn obey(&mut self) -> Result<(), End> {
        let Some(orders) = self.line.store.device_orders(&self.id).await? else {
            return Err(End::Close(Close::new(CloseReason::NOT_AUTHORISED, "unknown device or wrong signature")));
        };
        self.place(&orders);
        let Orders { current, runs, supported, restart, .. } = orders;
        let asked_ms = restart.map(|(_, asked_ms)| asked_ms);
        let Some(current) = current else {
            self.offer = None;
            if self.program.take().is_some() {
                self.send(ServerFrame::Unload).await?;
            }
            if runs.is_some() || restart.is_some() {
                self.line.store.device_runs(&self.id, None, asked_ms).await?;
            }
            return Ok(());
        };
        if self.offer.as_ref().is_some_and(|offer| offer.current == current && offer.restarted_ms == asked_ms) {
            return Ok(());
        }
        // A program that the device could not take counts for as long as the connection lasts as the one it has.
        let has_it = self.program == Some(current.program);
        let is_refused = self.refused == Some(current.program);
        match restart {
            Some((RestartKind::Conditional, asked_ms)) if supported => {
                let has_it = has_it || is_refused;
                let reason = if has_it { ShutdownReason::OTHER } else { ShutdownReason::NEWSQUIRREL };
                self.send(ServerFrame::Shutdown(reason)).await?;
                self.line.store.device_runs(&self.id, runs.as_ref(), Some(asked_ms)).await?;
            }
            // It was told so, and has not said yet that it did.
            Some((_, asked_ms))
                if has_it && self.restarting.as_ref().is_some_and(|(_, told_ms)| *told_ms == asked_ms) => {}
            Some((_, asked_ms)) if has_it => {
                // The environment may be another.
                self.offer(current.clone(), Some(asked_ms)).await?;
                // Whoever assigns a device anew has it restarted.
                let reason = if runs.is_none() { RestartReason::REASSIGNED } else { RestartReason::REQUESTED };
                self.send(ServerFrame::Restart(reason)).await?;
                // If the line breaks before the device has restarted, the next connection tells it again.
                self.line.store.device_runs(&self.id, Some(&current.deployment), None).await?;
                self.restarting = Some((current, asked_ms));
            }
            Some((_, asked_ms)) if is_refused => {
                if self.program.is_some() {
                    self.send(ServerFrame::Restart(RestartReason::REQUESTED)).await?;
                }
                self.line.store.device_runs(&self.id, runs.as_ref(), Some(asked_ms)).await?;
            }
            Some((_, asked_ms)) => self.offer(current, Some(asked_ms)).await?,
            // What runs goes on running, unless it is too old.
            None if runs.is_some() && supported => {}
            // It was assigned anew, to a group whose code is the same.
            None if has_it && runs.is_none() => {
                self.offer(current.clone(), None).await?;
                self.send(ServerFrame::Restart(RestartReason::REASSIGNED)).await?;
                self.line.store.device_runs(&self.id, Some(&current.deployment), None).await?;
            }
            None if has_it => self.line.store.device_runs(&self.id, Some(&current.deployment), None).await?,
            None => self.offer(current, None).await?,
        }
        Ok(())
    }

    /// Offers the device a program.
    async fn offer(&mut self, current: Current, restarted_ms: Option<i64>) -> Result<(), End> {
        if self.refused == Some(current.program) {
            return Ok(());
        }
        let line = self.line;
        let Some(content) = line.programs.get(&line.store, &current.deployment).await? else { return Ok(()) };
        let libraries = match &content.libraries {
            Ok(libraries) => libraries,
            Err(unknown) => {
                self.refused = Some(current.program);
                self.log(LogSource::ServerError, format!("ERROR: the device code does not compile: {unknown}"));
                return Ok(());
            }
        };
        let fixture = line.store.factory_fixture(&self.id).await?;
        let length = u32::try_from(content.program.code.len()).unwrap_or(u32::MAX);
        let mut offer = CodeOffer {
            program: current.program,
            format: ProgramFormat::SQUIRREL_SOURCE,
            compression: Compression::NONE,
            size_bytes: length,
            transfer_bytes: length,
            environment: Some(environment(&self.id, &content.program, libraries, fixture.as_ref())),
        };
        let mut frame = ServerFrame::CodeOffer(Box::new(offer.clone())).encode();
        if frame.as_ref().map_or(true, |frame| frame.len() > self.handle.longest()) {
            if !libraries.is_empty() {
                let bytes: usize = libraries.iter().map(|(_, source)| source.len()).sum();
                let text = format!("ERROR: the libraries that the device code requires are too large: {bytes} bytes");
                self.log(LogSource::ServerError, text);
            }
            offer.environment = None;
            frame = ServerFrame::CodeOffer(Box::new(offer)).encode();
        }
        self.offer = Some(Box::new(Offer { current, content, next: None, restarted_ms }));
        match frame {
            Ok(frame) => self.send_bytes(frame).await,
            Err(error) => {
                self.status(format!("The program cannot be offered to the device: {error}"));
                Ok(())
            }
        }
    }

    async fn send_chunk(&mut self) -> Result<(), End> {
        // A chunk's type, offset and length take up to 9 bytes.
        let most = MAX_CHUNK_BYTES.min(self.handle.longest() - 16);
        let Some(offer) = &mut self.offer else { return Ok(()) };
        let Some(from) = offer.next else { return Ok(()) };
        let code = &offer.content.program.code;
        let to = code.len().min(from + most);
        let chunk = CodeChunk { offset: u32::try_from(from).unwrap_or(u32::MAX), bytes: code[from..to].to_vec() };
        offer.next = (to < code.len()).then_some(to);
        self.send(ServerFrame::CodeChunk(chunk)).await
    }

    async fn take(&mut self, received: Received) -> Result<(), End> {
        let bytes = match received {
            Received::Frame(bytes) => bytes,
            Received::TooLarge => {
                let text = format!("a frame has at most {MAX_FRAME_BYTES} bytes");
                return Err(End::Close(Close::new(CloseReason::TOO_LARGE, &text)));
            }
            Received::NotAFrame => return Err(End::protocol("not a binary message")),
            Received::Nothing => {
                self.heartbeat.heard(self.now_ms());
                return Ok(());
            }
            Received::End => return Err(End::Lost),
        };
        self.heartbeat.heard(self.now_ms());
        let frame = DeviceFrame::decode(&bytes).map_err(|error| End::protocol(&error.to_string()))?;
        match frame {
            None | Some(DeviceFrame::Pong(_)) => Ok(()),
            Some(DeviceFrame::Hello(_)) => Err(End::protocol("a second hello")),
            Some(DeviceFrame::Close(_)) => Err(End::Closed),
            Some(DeviceFrame::Ping(number)) => self.send(ServerFrame::Pong(number)).await,
            Some(DeviceFrame::Ack(seq)) => {
                self.outgoing.acknowledge(seq).map_err(|gap| End::protocol(&gap.to_string()))
            }
            Some(DeviceFrame::Message(Message { seq, ack_wanted, name, value })) => {
                self.number(seq)?;
                if let Err(why) = self.line.agents.message(&self.id, &name, value) {
                    self.not_delivered(&String::from_utf8_lossy(&name), why);
                }
                self.owe(seq, ack_wanted);
                Ok(())
            }
            Some(DeviceFrame::Log(Log { seq, ack_wanted, kind, text })) => {
                self.number(seq)?;
                let source = if kind == LogKind::ERROR { LogSource::ServerError } else { LogSource::ServerLog };
                if self.log(source, readable(text)) == Pushed::NotKept && ack_wanted {
                    return Err(not_kept());
                }
                self.owe(seq, ack_wanted);
                Ok(())
            }
            Some(DeviceFrame::CodeWant(CodeWant { program, offset })) => {
                if let Some(offer) = self.offer.as_mut().filter(|offer| offer.current.program == program) {
                    let from = offset as usize;
                    let length = offer.content.program.code.len();
                    if from > length {
                        return Err(End::protocol("more bytes than were offered"));
                    }
                    offer.next = (from < length).then_some(from);
                }
                Ok(())
            }
            Some(DeviceFrame::CodeResult(result)) => Box::pin(self.take_code_result(result)).await,
            Some(DeviceFrame::Started(Started { program, .. })) => {
                self.program = Some(program);
                if let Some((told, asked_ms)) = self.restarting.take()
                    && told.program == program
                {
                    self.line.store.device_runs(&self.id, Some(&told.deployment), Some(asked_ms)).await?;
                }
                Ok(())
            }
            Some(DeviceFrame::Restarting) => Box::pin(self.restart()).await,
            Some(DeviceFrame::Sleep(Sleep { kind, seconds })) => {
                if matches!(kind, SleepKind::DEEP_SLEEP | SleepKind::SNOOZE) {
                    self.log(LogSource::ServerSleep, format!("sleeping for {seconds} seconds"));
                }
                Ok(())
            }
            Some(DeviceFrame::ExitCode(ExitCode { code, text })) => {
                let text = if text.is_empty() { format!("exit code {code}") } else { format!("{text} (code {code})") };
                self.log(LogSource::LastExitCode, text);
                Ok(())
            }
            Some(DeviceFrame::Report(facts)) => Box::pin(self.take_report(&facts)).await,
            Some(DeviceFrame::Bless(bless)) => Box::pin(self.bless(bless)).await,
            Some(DeviceFrame::Enrol(enrol)) => Box::pin(self.enrol(enrol)).await,
        }
    }

    fn number(&mut self, seq: u32) -> Result<(), End> {
        self.incoming.receive(seq).map_err(|gap| End::protocol(&gap.to_string()))
    }

    /// Remembers to acknowledge. All that came before must be durable too, since an acknowledgement covers it.
    fn owe(&mut self, seq: u32, ack_wanted: bool) {
        if ack_wanted {
            self.pending.push_back((seq, self.newest));
        }
    }

    async fn take_code_result(&mut self, result: CodeResult) -> Result<(), End> {
        let CodeResult { program, outcome, storage_used, text } = result;
        let Some(offer) = self.offer.take_if(|offer| offer.current.program == program) else { return Ok(()) };
        let percent = format!("{}.{:02}% program storage used", storage_used / 100, storage_used % 100);
        match outcome {
            CodeOutcome::HAVE_IT => {}
            CodeOutcome::INSTALLED => self.status(format!("Downloading new code; {percent}")),
            outcome => {
                self.refused = Some(program);
                let why = match outcome {
                    CodeOutcome::OUT_OF_SPACE => format!("Out of space; {percent}"),
                    CodeOutcome::CORRUPT => "New code arrived damaged".to_owned(),
                    CodeOutcome::UNSUPPORTED => "The device cannot run Squirrel code".to_owned(),
                    CodeOutcome::STORAGE_FAILED => "New code could not be stored".to_owned(),
                    _ => "New code does not compile on the device".to_owned(),
                };
                let why = if text.is_empty() { why } else { format!("{why}: {text}") };
                self.status(why);
                return Ok(());
            }
        }
        self.program = Some(program);
        self.line.store.device_runs(&self.id, Some(&offer.current.deployment), offer.restarted_ms).await?;
        Ok(())
    }

    /// The program wants to be started again: with other code, if there is some.
    async fn restart(&mut self) -> Result<(), End> {
        let Some(orders) = self.line.store.device_orders(&self.id).await? else { return Ok(()) };
        let asked_ms = orders.restart.map(|(_, asked_ms)| asked_ms);
        match orders.current {
            Some(current) if self.program == Some(current.program) => {
                self.send(ServerFrame::Restart(RestartReason::PROGRAM)).await?;
                Ok(self.line.store.device_runs(&self.id, Some(&current.deployment), asked_ms).await?)
            }
            Some(current) if self.refused == Some(current.program) => {
                self.send(ServerFrame::Restart(RestartReason::PROGRAM)).await?;
                Ok(self.line.store.device_runs(&self.id, orders.runs.as_ref(), asked_ms).await?)
            }
            Some(current) => self.offer(current, asked_ms).await,
            None => self.send(ServerFrame::Unload).await,
        }
    }

    async fn take_report(&mut self, facts: &Facts) -> Result<(), End> {
        let now_ms = self.line.clock.now_ms();
        if self.reported_ms.is_none_or(|stored_ms| now_ms - stored_ms >= REPORTS_MS) {
            self.reported_ms = Some(now_ms);
            self.line.store.report_device_facts(&self.id, stored_facts(facts)).await?;
        }
        Ok(())
    }

    async fn bless(&mut self, bless: Bless) -> Result<(), End> {
        let Bless { request, success, fixture } = bless;
        let code = if success {
            let fixture = fixture.map(|fixture| DeviceId::new(&fixture.to_string()));
            answer_code(self.line.store.bless_device(&self.id, fixture.as_ref(), self.act()).await)
        } else {
            self.status("The device failed its tests".to_owned());
            AnswerCode::OK
        };
        self.send(ServerFrame::Answer(Answer { request, code })).await
    }

    async fn enrol(&mut self, enrol: Enrol) -> Result<(), End> {
        let Enrol { request, plan_id, token, fixture } = enrol;
        let fixture = fixture.map(|fixture| DeviceId::new(&fixture.to_string()));
        let enrolment = Enrolment { plan_id, token, fixture };
        let code = answer_code(self.line.store.enrol_device(&self.id, enrolment, self.act()).await);
        self.send(ServerFrame::Answer(Answer { request, code })).await
    }

    fn act(&self) -> Act {
        let (at_ms, entropy) = (self.line.clock.now_ms(), Arc::clone(&self.line.entropy));
        Act { actor: Actor::OPERATOR, at_ms, entropy }
    }
}

fn not_kept() -> End {
    End::Close(Close::new(CloseReason::OVERLOADED, "a log line could not be kept"))
}

fn answer_code<D>(outcome: Result<Option<D>, StoreError>) -> AnswerCode {
    match outcome {
        Ok(Some(_)) => AnswerCode::OK,
        Ok(None) | Err(StoreError::Conflict(Conflict::Missing(_) | Conflict::Move(_))) => AnswerCode::REFUSED,
        Err(error) => {
            tracing::warn!(cause = %error, "a device's request failed");
            AnswerCode::TRY_AGAIN
        }
    }
}

fn stored_facts(facts: &Facts) -> DeviceFacts {
    DeviceFacts {
        swversion: facts.os_version.as_ref().map(|version| version.replace('\0', "\u{fffd}")),
        free_memory: facts.free_memory_bytes.map(i64::from),
        rssi: facts.rssi_dbm.map(i64::from),
    }
}
