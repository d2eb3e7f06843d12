//! The life of one agent, from start to start.

use super::{
    Asleep, Handle, Place, Shared, Told, is_passing,
    mqtt::Connection,
    programs::Compiled,
    requests::{Order, carry_out},
    turns::Turns,
};
use crate::{Outbound, moment::at};
use futures_util::FutureExt as _;
use impstead_device_protocol::{DecodeError, Value as Data};
use impstead_model::{DeploymentId, DeviceId, LogSource, LogType, RestartKind};
use impstead_store::{AgentOrders, AgentSnapshot, FactoryFixture, StoreError};
use platform::{Agent, Effect, End, Event, HttpResponse, MqttOrder, Progress, Surroundings, readable};
use squirrel::Limits;
use std::{collections::HashMap, error::Error, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    task::AbortHandle,
    time::{Instant, sleep},
};

/// Instructions of a slice: about a tenth of a millisecond.
const FUEL: u32 = 10_000;

/// How long an agent may go on before others have their turn; a slice more at most.
const TURN: Duration = Duration::from_micros(100);

/// Requests to an agent that wait for its answers, before those are looked for whose callers have gone.
const MOST_OPEN: usize = 64;

/// Pieces of a request's body that wait to be sent. Agents write no more of them before these are on their way.
const MOST_PIECES: usize = 512;

/// Answers and pieces of bodies that wait for an agent.
const MOST_ANSWERS: usize = 64;

/// A life that ended sooner than this was a crash; the waits before the next ones grow.
const LONG_ENOUGH: Duration = Duration::from_secs(10);
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How often the store is asked again while it cannot be reached.
const RETRY: Duration = Duration::from_secs(1);

/// `SHUTDOWN_NEWSQUIRREL` and `SHUTDOWN_OTHER`.
const NEW_SQUIRREL: i32 = 1;
const OTHER: i32 = 3;

/// How a life ended.
enum Ended {
    /// The program's doing: it runs again, after a while if it keeps failing.
    Itself(End),
    /// Somebody asked for it, or it is to run something else.
    Asked,
    /// It sleeps.
    Asleep,
    /// The server stops.
    Stopped,
}

/// What came of a device's agent.
enum Outcome {
    /// There is nothing to run.
    Over,
    /// It sleeps: the registry says so.
    Asleep,
}

/// Lives as long as the device is to have an agent and this does not sleep.
pub async fn live(
    shared: Arc<Shared>,
    device: DeviceId,
    handle: Arc<Handle>,
    mut inbox: mpsc::Receiver<Told>,
    mut asleep: Option<Box<Asleep>>,
) {
    loop {
        match lives(&shared, &device, &handle, &mut inbox, asleep.take()).await {
            Outcome::Asleep => return,
            Outcome::Over => {
                shared.call(&device, &handle, Place::NOWHERE);
                if shared.leave(&device, &mut inbox) {
                    return;
                }
            }
        }
    }
}

/// Lives one life after the other, until there is nothing to run.
async fn lives(
    shared: &Shared,
    device: &DeviceId,
    handle: &Handle,
    inbox: &mut mpsc::Receiver<Told>,
    mut asleep: Option<Box<Asleep>>,
) -> Outcome {
    let mut wait = Duration::ZERO;
    // What ran before the server did is what runs again, if it may.
    let mut first = true;
    while !shared.stop.is_cancelled() {
        let mut orders = match shared.store.agent_orders(device, shared.away_ms(), asleep.is_some()).await {
            Ok(Some(orders)) => orders,
            Ok(None) => return Outcome::Over,
            Err(error) if is_passing(&error) => {
                until(shared, sleep(RETRY)).await;
                continue;
            }
            Err(error) => {
                tracing::error!(cause = %error, %device, "an agent cannot read its orders");
                return Outcome::Over;
            }
        };
        let mut told = None;
        let mut woken = None;
        if let Some(slept) = asleep.take() {
            match goes_on(&orders, &slept.place.agent_id) {
                Some(deployment) => {
                    told = next_but_wakes(inbox);
                    let is_due = slept.wake_ms.is_some_and(|wake_ms| wake_ms <= shared.clock.now_ms());
                    if told.is_none() && !is_due && orders.restart.is_none() {
                        match shared.fall_asleep(device, inbox, *slept) {
                            Ok(()) => return Outcome::Asleep,
                            Err(slept) => asleep = Some(Box::new(slept)),
                        }
                        continue;
                    }
                    let snapshot = orders.snapshot.take();
                    woken = Box::pin(wake(shared, device, handle, &orders, deployment, snapshot)).await;
                }
                None => drop(shared.awake.note(slept.place.agent_id.clone()).await),
            }
        }
        let began = Instant::now();
        let ended = if let Some(life) = woken {
            first = false;
            life.go_on(inbox, told).await
        } else {
            let Some((deployment, agent_id)) = due(&orders, first) else {
                if orders.is_running {
                    note(shared, device, None, None).await;
                }
                return Outcome::Over;
            };
            first = false;
            shared.call(device, handle, place_of(&orders, agent_id.clone()));
            match Box::pin(shared.programs.get(&shared.store, &shared.image, &deployment, None)).await {
                Ok(Some(program)) => {
                    let begun = Life::begin(shared, device, handle, &orders, deployment, agent_id, program);
                    let life = Box::pin(begun).await;
                    match life {
                        Some(life) => life.go_on(inbox, told).await,
                        None => idle(shared, inbox).await,
                    }
                }
                Ok(None) => {
                    // It was deleted just now.
                    until(shared, sleep(RETRY)).await;
                    Ended::Asked
                }
                Err(error) => {
                    tracing::warn!(cause = %error, %device, "an agent cannot read its program");
                    until(shared, sleep(RETRY)).await;
                    Ended::Asked
                }
            }
        };
        match ended {
            Ended::Asleep => return Outcome::Asleep,
            Ended::Stopped => return Outcome::Over,
            Ended::Asked => wait = Duration::ZERO,
            Ended::Itself(end) => {
                wait = match (end != End::Restart, began.elapsed() < LONG_ENOUGH) {
                    (true, true) => (wait * 2).clamp(FIRST_WAIT, LONGEST_WAIT),
                    // A program that restarts itself all the time is slowed down, too.
                    (false, true) => (wait * 2).clamp(Duration::from_millis(100), LONGEST_WAIT),
                    _ => Duration::ZERO,
                };
                until(shared, pause(inbox, wait)).await;
            }
        }
    }
    Outcome::Over
}

/// Waits for something, or until the server stops; then there is nothing.
async fn until<T>(shared: &Shared, something: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = shared.stop.cancelled() => None,
        done = something => Some(done),
    }
}

/// What an agent was told next, orders aside, which are read anyway.
fn next_but_wakes(inbox: &mut mpsc::Receiver<Told>) -> Option<Told> {
    loop {
        match inbox.try_recv().ok()? {
            Told::Wake => {}
            told => return Some(told),
        }
    }
}

fn place_of(orders: &AgentOrders, agent_id: String) -> Place {
    let place = orders.place.as_ref();
    Place {
        group: place.map(|place| place.group.clone()),
        log_type: LogType::of(place.map(|place| place.kind)),
        agent_id,
    }
}

/// The deployment of an agent that slept, if it goes on with it. A restart that can wait is for its program to hear of.
fn goes_on(orders: &AgentOrders, agent_id: &str) -> Option<DeploymentId> {
    let is_same = orders.current.is_some()
        && orders.supported
        && orders.place.as_ref().is_some_and(|place| place.agent_id == agent_id)
        && matches!(orders.restart, None | Some((RestartKind::Conditional, _)));
    orders.runs.clone().filter(|_| is_same)
}

/// Makes an agent that slept again. If that cannot be done it starts afresh.
async fn wake<'s>(
    shared: &'s Shared,
    device: &'s DeviceId,
    handle: &'s Handle,
    orders: &AgentOrders,
    deployment: DeploymentId,
    snapshot: Option<Vec<u8>>,
) -> Option<Life<'s>> {
    let agent_id = orders.place.as_ref()?.agent_id.clone();
    let woken = async {
        let bytes = snapshot.ok_or("there is no snapshot")?;
        let (environment, snapshot) = unpack(&bytes).ok_or("the snapshot is damaged")?;
        let compiled = shared.programs.get(&shared.store, &shared.image, &deployment, Some(environment)).await?;
        let compiled = compiled.ok_or("its deployment is gone")?;
        let programs = compiled.programs.as_ref().map_err(String::clone)?;
        let now_us = now_us(shared);
        let surroundings = surroundings(shared, device, orders, &agent_id);
        let agent = Agent::restore(&shared.image, programs, snapshot, limits(shared), surroundings, now_us)?;
        Ok::<_, Box<dyn Error + Send + Sync>>((agent, compiled, now_us))
    };
    let woken = woken.await;
    // From now on it is not what was written. What it saves is written after that.
    let noted = shared.awake.note(agent_id.clone());
    match woken {
        Ok((agent, compiled, now_us)) => {
            let mut life = Life::new(shared, device, handle, orders, agent, agent_id, deployment, compiled, now_us);
            life.noted_awake = Some(noted);
            if orders.restart.is_some() && life.follow(orders).await {
                return None;
            }
            Some(life)
        }
        Err(error) => {
            tracing::warn!(cause = %error, %device, "an agent that slept starts afresh");
            // Before it may sleep again.
            let _ = noted.await;
            None
        }
    }
}

/// What is kept of an agent: the environment of its program, and its snapshot.
fn pack(environment: &[u8], snapshot: &[u8]) -> Vec<u8> {
    let length = u32::try_from(environment.len()).unwrap_or(0).to_le_bytes();
    [&length, environment, snapshot].concat()
}

fn unpack(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

fn now_us(shared: &Shared) -> i64 {
    shared.clock.now_ms().saturating_mul(1000)
}

fn limits(shared: &Shared) -> Limits {
    Limits { heap_bytes: shared.config.heap_bytes, ..Limits::default() }
}

fn surroundings(shared: &Shared, device: &DeviceId, orders: &AgentOrders, agent_id: &str) -> Surroundings {
    let saved: Option<Result<Data, DecodeError>> = orders.saved.as_deref().map(Data::decode);
    let agent_url = format!("{}/{agent_id}", shared.config.url);
    Surroundings {
        device_id: device.as_str().to_owned(),
        is_connected: orders.is_connected,
        ip_address: orders.ip_address.clone(),
        saved: saved.and_then(Result::ok),
        config: factory_params(shared, orders),
        seed: shared.seed(),
        agent_url,
    }
}

/// What `imp.configparams` has beside the device's id: on a factory fixture that it is the fixture, under test which fixture
/// configured the device.
fn factory_params(shared: &Shared, orders: &AgentOrders) -> Vec<(String, Data)> {
    let Some(FactoryFixture { device, agent_id }) = &orders.fixture else { return Vec::new() };
    let mut params = vec![("factory_imp", device.to_string()), ("factory_imp_device_id", device.to_string())];
    params.extend(agent_id.iter().map(|agent_id| ("factory_fixture_url", format!("{}/{agent_id}", shared.config.url))));
    params.into_iter().map(|(name, value)| (name.to_owned(), Data::string(&value))).collect()
}

/// Waits before the next life. New orders end the wait; all else that comes meanwhile meets no agent.
async fn pause(inbox: &mut mpsc::Receiver<Told>, wait: Duration) {
    let until = sleep(wait);
    tokio::pin!(until);
    loop {
        tokio::select! {
            () = &mut until => return,
            told = inbox.recv() => if matches!(told, None | Some(Told::Wake)) { return },
        }
    }
}

/// Waits for new orders where there is no program that could run.
async fn idle(shared: &Shared, inbox: &mut mpsc::Receiver<Told>) -> Ended {
    let woken = async { while !matches!(inbox.recv().await, None | Some(Told::Wake)) {} };
    until(shared, woken).await;
    Ended::Asked
}

/// What is to run, and under which id.
fn due(orders: &AgentOrders, keep: bool) -> Option<(DeploymentId, String)> {
    let agent_id = orders.place.as_ref()?.agent_id.clone();
    let current = orders.current.clone()?;
    let deployment = match &orders.runs {
        Some(runs) if keep && orders.supported && orders.restart.is_none() => runs.clone(),
        _ => current,
    };
    Some((deployment, agent_id))
}

async fn note(shared: &Shared, device: &DeviceId, deployment: Option<&DeploymentId>, restarted_ms: Option<i64>) {
    let at_ms = shared.clock.now_ms();
    if let Err(error) = shared.store.agent_runs(device, deployment, restarted_ms, at_ms).await {
        tracing::warn!(cause = %error, %device, "cannot note what an agent runs");
    }
}

struct Life<'s> {
    shared: &'s Shared,
    device: &'s DeviceId,
    handle: &'s Handle,
    agent: Agent,
    agent_id: String,
    deployment: DeploymentId,
    compiled: Arc<Compiled>,
    /// By what it reaches servers.
    outbound: Outbound,
    /// Unix time in microseconds when it began, and the moment.
    base_us: i64,
    began: Instant,
    /// Requests to its URL.
    open: HashMap<u32, oneshot::Sender<HttpResponse>>,
    /// Requests that it makes.
    orders: HashMap<u32, AbortHandle>,
    /// Bodies of these that it is still writing.
    uploads: HashMap<u32, mpsc::Sender<Vec<u8>>>,
    mqtt: Option<Connection>,
    answers: (mpsc::Sender<Box<Event>>, mpsc::Receiver<Box<Event>>),
    turns: Turns,
    /// Under way: the store notes that the agent does not sleep any more.
    noted_awake: Option<oneshot::Receiver<()>>,
}

impl<'s> Life<'s> {
    #[expect(clippy::too_many_arguments, reason = "each is a field")]
    fn new(
        shared: &'s Shared,
        device: &'s DeviceId,
        handle: &'s Handle,
        orders: &AgentOrders,
        agent: Agent,
        agent_id: String,
        deployment: DeploymentId,
        compiled: Arc<Compiled>,
        base_us: i64,
    ) -> Life<'s> {
        Life {
            shared,
            device,
            handle,
            agent,
            agent_id,
            deployment,
            compiled,
            outbound: shared.outbound_of(&orders.owner),
            base_us,
            began: Instant::now(),
            open: HashMap::new(),
            orders: HashMap::new(),
            uploads: HashMap::new(),
            mqtt: None,
            answers: mpsc::channel(MOST_ANSWERS),
            turns: Turns::new(),
            noted_awake: None,
        }
    }

    /// Begins; not if the program does not compile or fit.
    async fn begin(
        shared: &'s Shared,
        device: &'s DeviceId,
        handle: &'s Handle,
        orders: &AgentOrders,
        deployment: DeploymentId,
        agent_id: String,
        compiled: Arc<Compiled>,
    ) -> Option<Life<'s>> {
        let restarted_ms = orders.restart.map(|(_, asked_ms)| asked_ms);
        let say = |message: String| shared.log(device, handle, LogSource::AgentError, message);
        let programs = match &compiled.programs {
            Ok(programs) => programs,
            Err(error) => {
                say(format!("ERROR: the agent code does not compile: {error}"));
                note(shared, device, None, restarted_ms).await;
                return None;
            }
        };
        let base_us = now_us(shared);
        let surroundings = surroundings(shared, device, orders, &agent_id);
        let Ok(agent) = Agent::new(&shared.image, programs, limits(shared), surroundings, base_us) else {
            say("ERROR: out of memory".to_owned());
            note(shared, device, None, restarted_ms).await;
            return None;
        };
        note(shared, device, Some(&deployment), restarted_ms).await;
        shared.log(device, handle, LogSource::Status, "Agent restarted: reload.".to_owned());
        Some(Life::new(shared, device, handle, orders, agent, agent_id, deployment, compiled, base_us))
    }

    fn now_us(&self) -> i64 {
        self.base_us.saturating_add(i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX))
    }

    /// Runs until the end, with what it is told first.
    async fn go_on(mut self, inbox: &mut mpsc::Receiver<Told>, told: Option<Told>) -> Ended {
        let is_over = match told {
            Some(told) => self.take(told).await,
            None => false,
        };
        let ended = if is_over { Ended::Asked } else { self.run(inbox).await };
        if let Ended::Itself(End::Failed { request: Some(id) }) = ended
            && let Some(answer) = self.open.remove(&id)
        {
            let body = b"Internal Server Error".to_vec();
            let _ = answer.send(HttpResponse { status: 500, headers: Vec::new(), body });
        }
        // Dropping the rest tells those who wait that it ended.
        for (_, order) in self.orders.drain() {
            order.abort();
        }
        ended
    }

    async fn run(&mut self, inbox: &mut mpsc::Receiver<Told>) -> Ended {
        let mut busy_at = Instant::now();
        let mut turn = busy_at;
        loop {
            // Calls that are over sooner share a turn.
            if turn.elapsed() >= TURN {
                tokio::task::yield_now().await;
                turn = Instant::now();
                if self.shared.stop.is_cancelled() {
                    return self.stop(inbox).await;
                }
            }
            tokio::select! {
                biased;
                () = self.turns.next(self.agent.spent(), &self.shared.slow_lane) => {}
                () = self.shared.stop.cancelled() => {}
            }
            let progress = self.agent.run(self.now_us(), FUEL);
            for effect in self.agent.take_effects() {
                match effect {
                    Effect::Save { data } => Box::pin(self.save(&data)).await,
                    effect => self.do_for_it(effect),
                }
            }
            match progress {
                Progress::Ended(end) => return Ended::Itself(end),
                Progress::More => {
                    busy_at = Instant::now();
                    let mut asked = false;
                    while let Ok(event) = self.answers.1.try_recv() {
                        self.tell(*event);
                    }
                    while self.agent.has_room()
                        && let Some(event) = Connection::next(&mut self.mqtt).now_or_never()
                    {
                        self.tell(event);
                    }
                    while let Ok(told) = inbox.try_recv() {
                        asked |= self.take(told).await;
                    }
                    if asked {
                        return Ended::Asked;
                    }
                }
                Progress::Idle { wake_us } => {
                    if let Ok(told) = inbox.try_recv() {
                        if self.take(told).await {
                            return Ended::Asked;
                        }
                        continue;
                    }
                    self.turns.rest();
                    let due = wake_us.map(|wake_us| {
                        let wait_us = u64::try_from(wake_us - self.now_us()).unwrap_or(0);
                        Instant::now() + Duration::from_micros(wait_us)
                    });
                    let sleepy = self.shared.config.hibernate_after.map(|after| busy_at + after);
                    tokio::select! {
                        told = inbox.recv() => match told {
                            Some(told) => if self.take(told).await { return Ended::Asked },
                            None => return Ended::Asked,
                        },
                        Some(event) = self.answers.1.recv() => self.tell(*event),
                        event = Connection::next(&mut self.mqtt), if self.agent.has_room() => self.tell(event),
                        () = at(due) => {}
                        () = at(sleepy) => {
                            self.forget_gone();
                            if self.agent.is_at_rest() && self.fall_asleep(inbox).await {
                                return Ended::Asleep;
                            }
                            busy_at = Instant::now();
                        }
                        () = self.shared.stop.cancelled() => return self.stop(inbox).await,
                    }
                    turn = Instant::now();
                }
            }
        }
    }

    /// Goes to sleep, unless it is told something meanwhile.
    async fn fall_asleep(&mut self, inbox: &mpsc::Receiver<Told>) -> bool {
        let wake_ms = self.agent.next_timer_us().map(|wake_us| wake_us.div_euclid(1000));
        if !Box::pin(self.keep(wake_ms)).await {
            return false;
        }
        let asleep = Asleep { place: self.handle.place(), wake_ms, wants_connection: self.agent.wants_connection() };
        let sleeps = self.shared.fall_asleep(self.device, inbox, asleep).is_ok();
        if !sleeps {
            let _ = self.shared.awake.note(self.agent_id.clone()).await;
        }
        sleeps
    }

    /// Ends with the server; to go on where it is when that runs again, if it may.
    async fn stop(&mut self, inbox: &mut mpsc::Receiver<Told>) -> Ended {
        if self.shared.config.continues {
            while let Ok(told) = inbox.try_recv() {
                if let Told::Event(event) = told {
                    self.tell(*event);
                }
            }
            // It wakes at once.
            Box::pin(self.keep(Some(0))).await;
        }
        Ended::Stopped
    }

    /// Writes the agent to the store. Says whether it is there.
    async fn keep(&mut self, wake_ms: Option<i64>) -> bool {
        let snapshot = match self.agent.snapshot() {
            Ok(snapshot) => snapshot,
            Err(error) => {
                tracing::error!(cause = %error, device = %self.device, "cannot write an agent");
                return false;
            }
        };
        self.await_noted_awake().await;
        let snapshot = AgentSnapshot {
            agent_id: self.agent_id.clone(),
            bytes: pack(&self.compiled.environment, &snapshot),
            wake_ms,
            wants_connection: self.agent.wants_connection(),
        };
        let kept = self.shared.store.keep_agent_snapshot(snapshot).await;
        if let Err(error) = &kept {
            tracing::warn!(cause = %error, device = %self.device, "cannot keep an agent");
        }
        kept.is_ok()
    }

    /// Waits until the store has noted that the agent does not sleep, before something newer is written there.
    async fn await_noted_awake(&mut self) {
        if let Some(noted) = self.noted_awake.take() {
            let _ = noted.await;
        }
    }

    /// Forgets requests whose callers have gone.
    fn forget_gone(&mut self) {
        self.open.retain(|_, answer| !answer.is_closed());
        for id in self.agent.open_requests() {
            if !self.open.contains_key(&id) {
                self.agent.forget_request(id);
            }
        }
    }

    fn tell(&mut self, event: Event) {
        if let Event::Answer { id, .. } = &event {
            self.orders.remove(id);
            self.uploads.remove(id);
        }
        let now_us = self.now_us();
        self.agent.tell(now_us, event);
    }

    /// Takes what it is told. Says whether it is to end.
    async fn take(&mut self, told: Told) -> bool {
        match told {
            Told::Wake => return Box::pin(self.obey()).await,
            Told::Event(event) => self.tell(*event),
            Told::Request(request, answer) => {
                if self.open.len() >= MOST_OPEN {
                    self.forget_gone();
                }
                let id = self.agent.number_request();
                self.open.insert(id, answer);
                let now_us = self.now_us();
                if !self.agent.tell(now_us, Event::Request { id, request: *request }) {
                    self.open.remove(&id);
                }
            }
        }
        false
    }

    /// Reads its orders again. Says whether they mean an end.
    async fn obey(&mut self) -> bool {
        match self.shared.store.agent_orders(self.device, self.shared.away_ms(), false).await {
            Ok(Some(orders)) => self.follow(&orders).await,
            Ok(None) => true,
            Err(error) => {
                tracing::warn!(cause = %error, device = %self.device, "an agent cannot read its orders");
                false
            }
        }
    }

    /// Does as it should. Says whether that means an end.
    async fn follow(&mut self, orders: &AgentOrders) -> bool {
        let Some((_, agent_id)) = due(orders, true) else { return true };
        if agent_id != self.agent_id || orders.runs.as_ref() != Some(&self.deployment) || !orders.supported {
            return true;
        }
        match orders.restart {
            None => false,
            Some((RestartKind::Conditional, asked_ms)) if self.agent.wants_shutdown() => {
                let is_new = orders.current.as_ref() != Some(&self.deployment);
                self.tell(Event::Shutdown(if is_new { NEW_SQUIRREL } else { OTHER }));
                note(self.shared, self.device, Some(&self.deployment), Some(asked_ms)).await;
                false
            }
            Some(_) => true,
        }
    }

    /// Keeps what the program saves. What cannot be kept is tried again, since the program is told that it is.
    async fn save(&mut self, data: &Data) {
        self.await_noted_awake().await;
        if let Ok(bytes) = data.encode() {
            while let Err(error) = self.shared.store.save_agent_data(&self.agent_id, bytes.clone()).await {
                tracing::warn!(cause = %error, device = %self.device, "cannot keep what an agent saved");
                if !matches!(error, StoreError::Unavailable(_)) {
                    break;
                }
                sleep(RETRY).await;
            }
        }
        self.agent.saved();
    }

    fn do_for_it(&mut self, effect: Effect) {
        match effect {
            Effect::Log { error, text } => {
                let source = if error { LogSource::AgentError } else { LogSource::AgentLog };
                self.shared.log(self.device, self.handle, source, readable(text));
            }
            Effect::Limit { text } => self.shared.log_limit(self.device, self.handle.place(), text),
            Effect::Send { name, data } => {
                if let Some(line) = self.shared.line.get() {
                    line.send(self.device, &name, data);
                }
            }
            Effect::Respond { id, response } => {
                if let Some(answer) = self.open.remove(&id) {
                    let _ = answer.send(response);
                }
            }
            Effect::Request { id, request, timeout_us, validate, stream, uploads } => {
                let upload = uploads.then(|| mpsc::channel(MOST_PIECES)).map(|(pieces, upload)| {
                    self.uploads.insert(id, pieces);
                    upload
                });
                let order = Order {
                    id,
                    request,
                    timeout: timeout_us.map(|us| Duration::from_micros(u64::try_from(us).unwrap_or(0))),
                    validate,
                    stream,
                    upload,
                    most_bytes: self.shared.config.heap_bytes,
                };
                let carrying = carry_out(self.outbound.clone(), order, self.answers.0.clone());
                self.orders.insert(id, tokio::spawn(carrying).abort_handle());
            }
            Effect::Upload { id, bytes } => {
                if let Some(pieces) = self.uploads.get(&id) {
                    // Where the request has ended nobody takes them.
                    let _ = pieces.try_send(bytes);
                }
            }
            Effect::UploadEnd { id } => drop(self.uploads.remove(&id)),
            Effect::Mqtt { link, order: MqttOrder::Connect(connect) } => {
                let outbound = self.outbound.clone();
                self.mqtt = Some(Connection::open(outbound, &self.shared.lives, link, *connect));
            }
            Effect::Mqtt { link, order } => {
                if let Some(connection) = &self.mqtt {
                    connection.give(link, order);
                }
            }
            Effect::Cancel { id } => {
                self.uploads.remove(&id);
                if let Some(order) = self.orders.remove(&id) {
                    order.abort();
                }
            }
            // Saved elsewhere; and agents give no orders of imps.
            Effect::Save { .. } | Effect::Imp(_) => {}
        }
    }
}
