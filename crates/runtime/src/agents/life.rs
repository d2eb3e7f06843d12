//! The life of one agent, from start to start.

use super::{
    Handle, Place, Shared, Told, is_passing,
    programs::Compiled,
    requests::{Order, carry_out},
};
use crate::readable;
use impstead_device_protocol::{DecodeError, Value as Data};
use impstead_model::{DeploymentId, DeviceId, LogSource, LogType, RestartKind};
use impstead_store::{AgentOrders, StoreError};
use platform::{Agent, Effect, End, Event, HttpResponse, Progress, Surroundings};
use squirrel::Limits;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    task::AbortHandle,
    time::{Instant, sleep},
};

/// Instructions of a slice: about a tenth of a millisecond.
const FUEL: u32 = 10_000;

/// Requests that an agent may have under way.
const MOST_REQUESTS: usize = 64;

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
}

/// Lives as long as the device is to have an agent.
pub async fn live(shared: Arc<Shared>, device: DeviceId, handle: Arc<Handle>, mut inbox: mpsc::Receiver<Told>) {
    let stop = shared.stop.clone();
    let all = async {
        loop {
            lives(&shared, &device, &handle, &mut inbox).await;
            shared.call(&device, &handle, Place::NOWHERE);
            if shared.leave(&device, &mut inbox) {
                return;
            }
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = all => {}
    }
}

/// Lives one life after the other, until there is nothing to run.
async fn lives(shared: &Shared, device: &DeviceId, handle: &Handle, inbox: &mut mpsc::Receiver<Told>) {
    let mut wait = Duration::ZERO;
    // What ran before the server did is what runs again, if it may.
    let mut first = true;
    loop {
        let orders = match shared.store.agent_orders(device).await {
            Ok(Some(orders)) => orders,
            Ok(None) => return,
            Err(error) => {
                if !is_passing(&error) {
                    tracing::error!(cause = %error, %device, "an agent cannot read its orders");
                    return;
                }
                sleep(RETRY).await;
                continue;
            }
        };
        let Some((deployment, agent_id)) = due(&orders, first) else {
            if orders.device.agent_running {
                note(shared, device, None, None).await;
            }
            return;
        };
        first = false;
        let assignment = orders.device.assignment.as_ref();
        shared.call(
            device,
            handle,
            Place {
                group: assignment.map(|assignment| assignment.group.clone()),
                log_type: LogType::of(assignment.map(|assignment| assignment.kind)),
                agent_id: agent_id.clone(),
            },
        );
        let began = Instant::now();
        let ended = match shared.programs.get(&shared.store, &shared.image, &deployment).await {
            Ok(Some(program)) => {
                let life = Life::begin(shared, device, handle, &orders, deployment, agent_id, &program).await;
                match life {
                    Some(life) => life.go_on(inbox).await,
                    None => idle(inbox).await,
                }
            }
            Ok(None) => {
                // It was deleted just now.
                sleep(RETRY).await;
                Ended::Asked
            }
            Err(error) => {
                tracing::warn!(cause = %error, %device, "an agent cannot read its program");
                sleep(RETRY).await;
                Ended::Asked
            }
        };
        if let Ended::Itself(end) = ended {
            let failed = end != End::Restart;
            wait = match (failed, began.elapsed() < LONG_ENOUGH) {
                (true, true) => (wait * 2).clamp(FIRST_WAIT, LONGEST_WAIT),
                // A program that restarts itself all the time is slowed down, too.
                (false, true) => (wait * 2).clamp(Duration::from_millis(100), LONGEST_WAIT),
                _ => Duration::ZERO,
            };
            pause(inbox, wait).await;
        } else {
            wait = Duration::ZERO;
        }
    }
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
async fn idle(inbox: &mut mpsc::Receiver<Told>) -> Ended {
    while !matches!(inbox.recv().await, None | Some(Told::Wake)) {}
    Ended::Asked
}

/// What is to run, and under which id.
fn due(orders: &AgentOrders, keep: bool) -> Option<(DeploymentId, String)> {
    let agent_id = orders.device.assignment.as_ref()?.agent_id.clone();
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
    /// Unix time in microseconds when it began, and the moment.
    base_us: i64,
    began: Instant,
    last_request: u32,
    /// Requests to its URL.
    open: HashMap<u32, oneshot::Sender<HttpResponse>>,
    /// Requests that it makes.
    orders: HashMap<u32, AbortHandle>,
    answers: (mpsc::Sender<Event>, mpsc::Receiver<Event>),
}

impl<'s> Life<'s> {
    /// Begins; not if the program does not compile or fit.
    async fn begin(
        shared: &'s Shared,
        device: &'s DeviceId,
        handle: &'s Handle,
        orders: &AgentOrders,
        deployment: DeploymentId,
        agent_id: String,
        compiled: &Compiled,
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
        let saved: Option<Result<Data, DecodeError>> = orders.saved.as_deref().map(Data::decode);
        let base_us = shared.clock.now_ms().saturating_mul(1000);
        let surroundings = Surroundings {
            device_id: device.as_str().to_owned(),
            agent_url: format!("{}/{agent_id}", shared.config.url),
            is_connected: orders.device.online,
            ip_address: orders.device.ip_address.clone(),
            saved: saved.and_then(Result::ok),
            config: Vec::new(),
        };
        let limits = Limits { heap_bytes: shared.config.heap_bytes, ..Limits::default() };
        let Ok(agent) = Agent::new(&shared.image, programs, limits, surroundings, base_us) else {
            say("ERROR: out of memory".to_owned());
            note(shared, device, None, restarted_ms).await;
            return None;
        };
        note(shared, device, Some(&deployment), restarted_ms).await;
        shared.log(device, handle, LogSource::Status, "Agent restarted: reload.".to_owned());
        Some(Life {
            shared,
            device,
            handle,
            agent,
            agent_id,
            deployment,
            base_us,
            began: Instant::now(),
            last_request: 0,
            open: HashMap::new(),
            orders: HashMap::new(),
            answers: mpsc::channel(MOST_ANSWERS),
        })
    }

    fn now_us(&self) -> i64 {
        self.base_us.saturating_add(i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX))
    }

    /// Runs until the end.
    async fn go_on(mut self, inbox: &mut mpsc::Receiver<Told>) -> Ended {
        let ended = loop {
            let progress = self.agent.run(self.now_us(), FUEL);
            for effect in self.agent.take_effects() {
                self.do_for_it(effect).await;
            }
            match progress {
                Progress::Ended(end) => break Ended::Itself(end),
                Progress::More => {
                    tokio::task::yield_now().await;
                    let mut asked = false;
                    while let Ok(event) = self.answers.1.try_recv() {
                        self.tell(event);
                    }
                    while let Ok(told) = inbox.try_recv() {
                        asked |= self.take(told).await;
                    }
                    if asked {
                        break Ended::Asked;
                    }
                }
                Progress::Idle { wake_us } => {
                    let wait_us = wake_us.map(|wake_us| u64::try_from(wake_us - self.now_us()).unwrap_or(0));
                    let due = async move {
                        match wait_us {
                            Some(wait_us) => sleep(Duration::from_micros(wait_us)).await,
                            None => std::future::pending().await,
                        }
                    };
                    tokio::select! {
                        told = inbox.recv() => match told {
                            Some(told) => if self.take(told).await { break Ended::Asked },
                            None => break Ended::Asked,
                        },
                        Some(event) = self.answers.1.recv() => self.tell(event),
                        () = due => {}
                    }
                }
            }
        };
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

    fn tell(&mut self, event: Event) {
        if let Event::Answer { id, .. } = &event {
            self.orders.remove(id);
        }
        let now_us = self.now_us();
        self.agent.tell(now_us, event);
    }

    /// Takes what it is told. Says whether it is to end.
    async fn take(&mut self, told: Told) -> bool {
        match told {
            Told::Wake => return self.obey().await,
            Told::Event(event) => self.tell(event),
            Told::Request(request, answer) => {
                // Those who went away are forgotten.
                self.open.retain(|_, answer| !answer.is_closed());
                for id in self.agent.open_requests() {
                    if !self.open.contains_key(&id) {
                        self.agent.forget_request(id);
                    }
                }
                self.last_request = self.last_request.wrapping_add(1);
                let id = self.last_request;
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
        let orders = match self.shared.store.agent_orders(self.device).await {
            Ok(Some(orders)) => orders,
            Ok(None) => return true,
            Err(error) => {
                tracing::warn!(cause = %error, device = %self.device, "an agent cannot read its orders");
                return false;
            }
        };
        let Some((_, agent_id)) = due(&orders, true) else { return true };
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

    async fn do_for_it(&mut self, effect: Effect) {
        match effect {
            Effect::Log { error, text } => {
                let source = if error { LogSource::AgentError } else { LogSource::AgentLog };
                self.shared.log(self.device, self.handle, source, readable(text));
            }
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
            Effect::Request { id, request, timeout_us, validate, stream } => {
                if self.orders.len() >= MOST_REQUESTS {
                    let answer = platform::HttpAnswer { status: 429, ..Default::default() };
                    self.tell(Event::Answer { id, answer });
                    return;
                }
                let order = Order {
                    id,
                    request,
                    timeout: timeout_us.map(|us| Duration::from_micros(u64::try_from(us).unwrap_or(0))),
                    validate,
                    stream,
                    most_bytes: self.shared.config.heap_bytes,
                };
                let carrying = carry_out(self.shared.outbound.clone(), order, self.answers.0.clone());
                self.orders.insert(id, tokio::spawn(carrying).abort_handle());
            }
            Effect::Cancel { id } => {
                if let Some(order) = self.orders.remove(&id) {
                    order.abort();
                }
            }
            Effect::Save { data } => {
                // What cannot be kept is tried again, since the program is told that it is.
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
        }
    }
}
