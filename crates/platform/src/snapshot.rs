//! An agent as bytes, and back: its machine, and what the platform knows of it.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use squirrel::{Image, Limits, Program, SnapshotError, Value, Vm};

use crate::agent::{Agent, Event, Work};
use crate::board::{Board, Hardware, OtherBoard};
use crate::host::{Credit, PlatformHost, Surroundings, Timer, Timers, Upload, Wait};
use crate::http::{Headers, HttpAnswer, curl};
use crate::imp::{ImpState, Peripherals};
use crate::mqtt::{MqttEvent, MqttLink};

/// The version of what is written here; a reader knows its own only.
const VERSION: u32 = 1;

/// Everything but the machine.
#[derive(Serialize, Deserialize)]
struct State {
    now_us: i64,
    started_us: i64,
    last_id: u32,
    credit: Credit,
    crypto_credit: Credit,
    is_connected: bool,
    timers: Vec<(i64, Timer)>,
    /// Requests whose answer was awaited. Nobody fetches it any more.
    requests: BTreeSet<u32>,
    refused: Vec<(u32, HttpAnswer)>,
    soon: VecDeque<u32>,
    responses: Vec<(u32, Headers)>,
    uploads: BTreeMap<u32, Upload>,
    /// A connection that is no more.
    mqtt: Option<MqttLink>,
    wait: Option<Wait>,
    waiting: VecDeque<(i64, Event)>,
    work: Work,
    /// How many programs have not begun.
    programs_left: usize,
    imp: Option<Box<ImpState>>,
}

impl Agent {
    /// Whether nothing but a timer, an event or a message can have it do anything, and nobody waits for it: whether it can be
    /// kept as a [snapshot](Agent::snapshot) until then, and its program cannot tell.
    pub fn is_at_rest(&self) -> bool {
        let host = &self.host;
        self.end.is_none()
            && self.work == Work::Nothing
            && self.waiting.is_empty()
            && host.effects.is_empty()
            && host.requests.is_empty()
            && host.refused.is_empty()
            && host.soon.is_empty()
            && host.responses.is_empty()
            && host.mqtt.is_none()
    }

    /// Writes the agent as bytes, from which [`Agent::restore`] makes it again. What it wants done must have been
    /// [taken](Agent::take_effects) before, and what it saved be safe.
    ///
    /// # Errors
    /// If it has ended.
    pub fn snapshot(&mut self) -> Result<Vec<u8>, SnapshotError> {
        if self.end.is_some() {
            return Err(SnapshotError::Ended);
        }
        let machine = self.vm.snapshot()?;
        let host = &self.host;
        let is_kept = |event: &Event| !matches!(event, Event::Request { .. });
        let state = State {
            now_us: host.now_us,
            started_us: host.started_us,
            last_id: host.last_id,
            credit: host.credit,
            crypto_credit: host.crypto_credit,
            is_connected: host.surroundings.is_connected,
            timers: host.timers.iter().map(|(due_us, timer)| (due_us, timer.clone())).collect(),
            requests: host.requests.iter().copied().collect(),
            refused: host.refused.clone(),
            soon: host.soon.clone(),
            responses: host.responses.iter().map(|(&id, headers)| (id, headers.clone())).collect(),
            uploads: host.uploads.iter().map(|(&id, &upload)| (id, upload)).collect(),
            mqtt: host.mqtt.clone(),
            wait: host.wait.clone(),
            waiting: self.waiting.iter().filter(|(_, event)| is_kept(event)).cloned().collect(),
            work: self.work,
            programs_left: self.programs.len(),
            imp: host.imp.as_ref().map(|imp| Box::new(imp.to_keep())),
        };
        postcard::to_allocvec(&(VERSION, state, machine)).map_err(|_| SnapshotError::TooLarge)
    }

    /// Makes an agent from a [snapshot](Agent::snapshot), at a Unix time in microseconds. `image`, `programs` and `limits` are as
    /// for [`Agent::new`]; the surroundings are those of now, and a device that has come or gone meanwhile is an event.
    ///
    /// What the agent waited for from others is lost: requests that it made fail as those that break off, those to it are answered to
    /// nobody, and its MQTT connection is broken.
    ///
    /// # Errors
    /// If the bytes are no snapshot, one of another version or of other programs, or damaged.
    pub fn restore(
        image: &Image,
        programs: &[Program],
        bytes: &[u8],
        limits: Limits,
        surroundings: Surroundings,
        now_us: i64,
    ) -> Result<Agent, SnapshotError> {
        let damaged = |_| SnapshotError::Damaged;
        let (version, rest): (u32, _) = postcard::take_from_bytes(bytes).map_err(damaged)?;
        if version != VERSION {
            return Err(SnapshotError::Version(version));
        }
        let (state, machine): (State, &[u8]) = postcard::from_bytes(rest).map_err(damaged)?;
        let mut known = |digest: &_| programs.iter().find(|program| program.digest() == *digest).cloned();
        let vm = Vm::restore(image, machine, &mut known, limits)?;
        let first_left = programs.len().checked_sub(state.programs_left).ok_or(SnapshotError::Damaged)?;
        let mut timers = Timers::default();
        for (due_us, timer) in state.timers {
            timers.add(due_us, timer);
        }
        let mut host = PlatformHost {
            now_us: state.now_us.max(now_us),
            started_us: state.started_us,
            timers,
            requests: state.requests.iter().copied().collect(),
            refused: state.refused,
            soon: state.soon,
            responses: state.responses.into_iter().collect(),
            uploads: state.uploads.into_iter().collect(),
            mqtt: state.mqtt,
            wait: state.wait,
            last_id: state.last_id,
            credit: state.credit,
            crypto_credit: state.crypto_credit,
            imp: state.imp,
            ..PlatformHost::new(&vm, surroundings, now_us)
        };
        // It was safe when the snapshot was taken.
        let was_saving = host.wait.take_if(|wait| *wait == Wait::Saved).is_some();
        let (is_connected, ip_address) = (host.surroundings.is_connected, host.surroundings.ip_address.clone());
        let programs = programs.get(first_left..).unwrap_or_default().iter().cloned().collect();
        let mut agent =
            Agent { vm, host, programs, waiting: state.waiting, work: state.work, has_run: true, end: None };
        if was_saving {
            agent.vm.answer(Value::NULL);
        }
        agent.break_off(&state.requests);
        match (state.is_connected, is_connected) {
            (true, false) => agent.tell(now_us, Event::Disconnected),
            (false, true) => agent.tell(now_us, Event::Connected { ip_address }),
            _ => true,
        };
        Ok(agent)
    }

    /// Gives an imp that was restored from a [snapshot](Agent::snapshot) its hardware again, as it was then, with its board.
    ///
    /// # Errors
    /// If it was another board.
    pub fn plug_in_again(&mut self, board: Arc<Board>) -> Result<(), OtherBoard> {
        let Some(imp) = self.host.imp.as_deref_mut() else { return Ok(()) };
        if let Some((state, flash)) = imp.kept.take() {
            imp.peripherals = Some(Box::new(Peripherals { hardware: Hardware::restore(board, state)?, flash }));
        }
        Ok(())
    }

    /// Fails the requests that nobody carries out any more, and breaks the connection that nobody has.
    fn break_off(&mut self, requests: &BTreeSet<u32>) {
        let answered = |event: &Event| match event {
            Event::Answer { id, .. } => Some(*id),
            _ => None,
        };
        let answered: HashSet<u32> = self.waiting.iter().filter_map(|(_, event)| answered(event)).collect();
        let refused: HashSet<u32> = self.host.refused.iter().map(|(id, _)| *id).collect();
        for &id in requests {
            if !answered.contains(&id) && !refused.contains(&id) {
                let answer = HttpAnswer { status: curl::RECEIVE, ..HttpAnswer::default() };
                self.tell(self.host.now_us, Event::Answer { id, answer });
            }
        }
        if let Some(link) = self.host.mqtt.as_ref().map(|mqtt| mqtt.id) {
            // Behind what was heard of it before.
            self.waiting.push_back((self.host.now_us, Event::Mqtt { link, event: MqttEvent::Lost }));
        }
    }
}
