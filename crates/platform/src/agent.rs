//! An agent: its machine, and the loop that hands it one event after the other.

use std::collections::VecDeque;

use impstead_device_protocol::Value as Data;
use serde::{Deserialize, Serialize};
use squirrel::{
    Failure, Fault, Heap, Image, IntoSquirrel, Limits, OutOfMemory, Program, StackEntry, Step, Tag, Value, Vm,
};

use crate::api::{self, HIDDEN, Handler};
use crate::data::{self, Given, encoded};
use crate::host::{Callback, Effect, Place, PlatformHost, Surroundings, Wait, callback, key_of};
use crate::http::{HttpAnswer, HttpResponse, Inbound};
use crate::imp::{ImpEvent, ImpFacts, ImpState, NV, SendPolicy, Sleep, kept};
use crate::mqtt::{LinkState, MqttEvent, MqttLink, MqttOrder, code};

/// What is said to be wrong with a line or message whose connection was lost.
const SEND_ERROR_DISCONNECTED: i32 = 3;

/// Events that wait for an agent; what comes then is refused.
pub(crate) const MOST_WAITING: usize = 1000;

/// Events that wait for an agent that has no room for what can wait elsewhere.
const MANY_WAITING: usize = 16;

/// How often it is looked whether a program still has the client of its MQTT connection, in microseconds. That takes a collection
/// of its garbage.
const LOOK_US: i64 = 10_000_000;

/// Something that happens to an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A message from its device.
    Message {
        /// Its name.
        name: Vec<u8>,
        /// What it says.
        #[serde(with = "encoded")]
        data: Data,
    },
    /// Its device has connected.
    Connected {
        /// From where.
        ip_address: Option<String>,
    },
    /// Its device has disconnected.
    Disconnected,
    /// A request to its URL, which [`Effect::Respond`] answers.
    Request {
        /// A number that no other request has: of [`Agent::number_request`].
        id: u32,
        /// The request.
        request: Inbound,
    },
    /// The end of a request that it made.
    Answer {
        /// The request's number.
        id: u32,
        /// The answer.
        answer: HttpAnswer,
    },
    /// A piece of an answer's body.
    Chunk {
        /// The request's number.
        id: u32,
        /// The piece.
        bytes: Vec<u8>,
    },
    /// A piece of the body of a request that it makes is on its way, so that there is room for more.
    Uploaded {
        /// The request's number.
        id: u32,
        /// How long the piece was, in bytes.
        bytes: usize,
    },
    /// Something about its MQTT connection.
    Mqtt {
        /// The connection's number.
        link: u32,
        /// What it is.
        event: MqttEvent,
    },
    /// It is to restart when it sees fit, for a reason among `SHUTDOWN_...`.
    Shutdown(i32),
    /// Something that happens to imps only.
    Imp(ImpEvent),
}

/// How far an agent has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// There is more to do: run it again.
    More,
    /// It waits for events; run it again at this Unix time in microseconds at the latest, if there is one.
    Idle {
        /// When its next timer is due.
        wake_us: Option<i64>,
    },
    /// It has ended. Nothing runs any more.
    Ended(End),
}

/// Why an agent has ended. It is to be started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It called `server.restart()`.
    Restart,
    /// An error that nothing caught.
    Failed {
        /// The request that was being handled.
        request: Option<u32>,
    },
    /// It wanted more memory than it may have.
    OutOfMemory,
    /// An imp that sleeps deeply.
    Sleep(Sleep),
    /// An imp that called `imp.reset()`.
    Reset,
}

/// What is at work in the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Work {
    Nothing,
    /// The program itself, or what it requires.
    Program,
    Callback {
        request: Option<u32>,
    },
    /// The handler of unhandled exceptions, the last thing to run.
    LastWords {
        request: Option<u32>,
    },
}

/// An agent: a machine with its program, and what it waits for.
pub struct Agent {
    pub(crate) vm: Vm,
    pub(crate) host: PlatformHost,
    /// What is still to be run of the program: libraries first.
    pub(crate) programs: VecDeque<Program>,
    pub(crate) waiting: VecDeque<(i64, Event)>,
    pub(crate) work: Work,
    /// Whether something has run since it was last looked whether the program has its MQTT client still.
    pub(crate) has_run: bool,
    pub(crate) end: Option<End>,
}

impl Agent {
    /// Makes an agent. `programs` are the libraries it requires, in their order, and the program itself, last; all were compiled
    /// for `image`, which is one of [`agent_image`](crate::agent_image).
    ///
    /// # Errors
    /// If it does not fit the limits.
    pub fn new(
        image: &Image,
        programs: &[Program],
        limits: Limits,
        surroundings: Surroundings,
        now_us: i64,
    ) -> Result<Agent, OutOfMemory> {
        let mut agent = Agent::make(image, programs, limits, surroundings, now_us)?;
        agent.begin_program()?;
        Ok(agent)
    }

    /// Makes the program of an imp, as [`Agent::new`] makes an agent, for an image of [`imp_image`](crate::imp_image). `nv` is what
    /// the run before left in the root slot of this name. Until it is [plugged in](Agent::plug_in) it has no hardware.
    ///
    /// # Errors
    /// If it does not fit the limits.
    pub fn of_imp(
        image: &Image,
        programs: &[Program],
        limits: Limits,
        surroundings: Surroundings,
        facts: ImpFacts,
        nv: Option<&Data>,
        now_us: i64,
    ) -> Result<Agent, OutOfMemory> {
        let mut agent = Agent::make(image, programs, limits, surroundings, now_us)?;
        agent.host.imp = Some(Box::new(ImpState::new(facts)));
        let table = agent.vm.make(NewTable)?;
        if let Some(place) = agent.vm.heap_mut().items_mut(agent.host.callbacks).get_mut(Callback::Hardware as usize) {
            *place = table;
        }
        if let Some(data) = nv {
            let value = agent.vm.make(Given { data, blob_class: agent.host.blob_class })?;
            agent.vm.set_global(NV, value)?;
        }
        agent.begin_program()?;
        Ok(agent)
    }

    fn make(
        image: &Image,
        programs: &[Program],
        limits: Limits,
        surroundings: Surroundings,
        now_us: i64,
    ) -> Result<Agent, OutOfMemory> {
        let mut vm = Vm::new(image, programs.last(), limits)?;
        vm.seed(surroundings.seed);
        let callbacks = vm.make(vec![Value::NULL; Callback::COUNT])?;
        for table in Callback::TABLES {
            let made = vm.make(NewTable)?;
            if let Some(place) = vm.heap_mut().items_mut(callbacks).get_mut(table as usize) {
                *place = made;
            }
        }
        let blob_class = vm.global(b"blob").unwrap_or(Value::NULL);
        let mut classes = [Value::NULL; HIDDEN.len()];
        for (class, name) in classes.iter_mut().zip(HIDDEN) {
            *class = vm.global(name.as_bytes()).unwrap_or(Value::NULL);
        }
        let [request_class, response_class, timer_class, stream_class, mqtt_client_class, mqtt_message_class] = classes;
        let config = vm.make(NewTable)?;
        let held = [
            callbacks,
            blob_class,
            request_class,
            response_class,
            timer_class,
            config,
            stream_class,
            mqtt_client_class,
            mqtt_message_class,
        ];
        for (place, value) in Place::ALL.into_iter().zip(held) {
            let held = vm.hold(value);
            debug_assert_eq!(held, place.held());
        }
        for name in HIDDEN {
            let (root, key) = (vm.root(), vm.string(name.as_bytes())?);
            vm.heap_mut().table_remove(root, key, &mut 0);
        }
        let id = Data::string(&surroundings.device_id);
        let config_of = surroundings.config.iter().map(|(name, data)| (&**name, data));
        for (name, data) in [("deviceid", &id)].into_iter().chain(config_of) {
            let (name, value) = (vm.string(name.as_bytes())?, vm.make(Given { data, blob_class })?);
            vm.heap_mut().table_set(config, name, value, &mut 0).map_err(|_| OutOfMemory)?;
        }
        let host = PlatformHost::new(&vm, surroundings, now_us);
        let programs = programs.iter().cloned().collect();
        Ok(Agent { vm, host, programs, waiting: VecDeque::new(), work: Work::Nothing, has_run: false, end: None })
    }

    /// Takes note of an event at a Unix time in microseconds. It is handled when the agent [runs](Agent::run), behind what
    /// came before it. Says whether there was room.
    pub fn tell(&mut self, now_us: i64, event: Event) -> bool {
        match &event {
            // These come once for each request, so they always have room.
            Event::Answer { id, .. } | Event::Chunk { id, .. } if !self.host.requests.contains(id) => return true,
            // The server may answer before it has all of the body, and then wants no more of it.
            Event::Answer { id, .. } => drop(self.host.uploads.remove(id)),
            Event::Uploaded { id, bytes } => {
                self.host.uploaded(*id, *bytes);
                return true;
            }
            Event::Connected { ip_address } => {
                self.host.surroundings.is_connected = true;
                self.host.surroundings.ip_address.clone_from(ip_address);
            }
            Event::Disconnected => self.host.surroundings.is_connected = false,
            Event::Imp(event) => return self.tell_imp(now_us, event.clone()),
            _ if self.waiting.len() >= MOST_WAITING => return false,
            _ => {}
        }
        self.waiting.push_back((now_us, event));
        true
    }

    /// Takes note of what happens to an imp. Some of it is answered at once, the rest waits for its turn.
    fn tell_imp(&mut self, now_us: i64, event: ImpEvent) -> bool {
        match event {
            ImpEvent::Link(is_connected) => self.link(is_connected),
            ImpEvent::Sent(code) => self.answer_wait(&[Wait::Sent], code),
            ImpEvent::ConnectEnded(reason) => {
                self.answer_wait(&[Wait::Connect], reason);
                let is_awaited = self.host.imp.as_deref_mut().is_some_and(|imp| std::mem::take(&mut imp.is_connecting));
                if is_awaited {
                    self.waiting.push_back((now_us, Event::Imp(event)));
                }
            }
            ImpEvent::Hardware(event) => self.tell_hardware(event),
            ImpEvent::Lost(_) | ImpEvent::Blessed(_) => self.waiting.push_back((now_us, Event::Imp(event))),
        }
        true
    }

    /// The connection is there, or is no more: what was held back is sent.
    fn link(&mut self, is_connected: bool) {
        self.host.surroundings.is_connected = is_connected;
        let Some(imp) = self.host.imp.as_deref_mut().filter(|_| is_connected) else {
            self.answer_wait(&[Wait::Sent], SEND_ERROR_DISCONNECTED);
            return;
        };
        let waits_for_ack = imp.policy.waits_for_ack && !imp.held_back.is_empty();
        self.host.effects.append(&mut imp.held_back);
        if waits_for_ack && self.host.wait == Some(Wait::Link) {
            self.host.wait = Some(Wait::Sent);
        } else {
            self.answer_wait(&[Wait::Link], 0);
        }
    }

    /// Answers the function that waits for one of these.
    fn answer_wait(&mut self, waits: &[Wait], answer: i32) {
        if self.host.wait.take_if(|wait| waits.contains(wait)).is_some() {
            self.vm.answer(Value::integer(answer));
        }
    }

    /// `server.setsendtimeoutpolicy`, of an imp.
    pub fn send_policy(&self) -> SendPolicy {
        self.host.imp.as_deref().map(|imp| imp.policy).unwrap_or_default()
    }

    /// Whether an imp cannot go on without a connection, since it wants to send.
    pub fn is_suspended(&self) -> bool {
        self.host.wait == Some(Wait::Link)
    }

    /// Whether the program waits in the middle of a call.
    pub fn waits(&self) -> bool {
        self.host.wait.is_some()
    }

    /// Bytes that its values take.
    pub fn used_bytes(&self) -> usize {
        self.vm.heap().used_bytes()
    }

    /// Whether nothing waits to be handled but timers.
    pub fn is_idle(&self) -> bool {
        self.work == Work::Nothing && self.waiting.is_empty() && self.host.soon.is_empty()
    }

    /// What is in the root slot `nv`, if it is a table and not too large: an imp has it again in its next run.
    pub fn nv(&self) -> Option<Data> {
        let value = self.vm.global(NV).filter(|value| value.is(Tag::Table))?;
        kept(data::take(self.vm.heap(), value, false))
    }

    /// What the agent saved last is safe now.
    pub fn saved(&mut self) {
        if self.host.wait == Some(Wait::Saved) {
            self.host.wait = None;
            self.vm.answer(Value::NULL);
        }
    }

    /// What the agent wants done, in the order in which it wanted it.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.host.effects)
    }

    /// Whether the program wants to hear of restarts that can wait: [`Event::Shutdown`].
    pub fn wants_shutdown(&self) -> bool {
        !callback(self.vm.heap(), self.host.callbacks, Callback::Shutdown).is_null()
    }

    /// Whether the program wants to hear of its device coming and going.
    pub fn wants_connection(&self) -> bool {
        let is_set = |which| !callback(self.vm.heap(), self.host.callbacks, which).is_null();
        is_set(Callback::Connect) || is_set(Callback::Disconnect)
    }

    /// When its next timer is due: Unix time in microseconds.
    pub fn next_timer_us(&self) -> Option<i64> {
        self.host.timers.first().map(|(due_us, _)| due_us)
    }

    /// A number for a request to the agent that it knows of no other.
    pub fn number_request(&mut self) -> u32 {
        self.host.next_id()
    }

    /// Requests to the agent that it has not answered, in no order.
    pub fn open_requests(&self) -> Vec<u32> {
        self.host.responses.keys().copied().collect()
    }

    /// Nobody waits for the answer to this request any more.
    pub fn forget_request(&mut self, id: u32) {
        self.host.responses.remove(&id);
    }

    /// Whether there is room for events that can wait elsewhere: those of its MQTT connection.
    pub fn has_room(&self) -> bool {
        self.waiting.len() < MANY_WAITING
    }

    /// Whether the agent has an MQTT connection, or is about to have one.
    pub fn has_mqtt(&self) -> bool {
        self.host.mqtt.is_some()
    }

    /// Bytes of the process that the agent takes, about.
    pub fn resident_bytes(&self) -> usize {
        self.vm.resident_bytes()
    }

    /// Instructions that the program has run since it began.
    pub fn spent(&self) -> u64 {
        self.vm.spent()
    }

    /// Runs the agent for about `fuel` instructions at a Unix time in microseconds, which never goes back.
    pub fn run(&mut self, now_us: i64, fuel: u32) -> Progress {
        if let Some(end) = self.end {
            return Progress::Ended(end);
        }
        self.host.now_us = self.host.now_us.max(now_us);
        match self.step(fuel) {
            Ok(progress) => progress,
            Err(OutOfMemory) => self.out_of_memory(),
        }
    }

    fn step(&mut self, fuel: u32) -> Result<Progress, OutOfMemory> {
        let hardware_us = self.notice_hardware();
        if self.work == Work::Nothing && !self.begin_next()? {
            let wake_us = [self.next_timer_us(), self.look_for_client(), hardware_us].into_iter().flatten().min();
            return Ok(Progress::Idle { wake_us });
        }
        if let Some(wait) = self.host.wait.clone() {
            match wait {
                Wait::Restart => return Ok(self.ended(End::Restart)),
                Wait::Sleep(sleep) => return Ok(self.ended(End::Sleep(sleep))),
                Wait::Reset => return Ok(self.ended(End::Reset)),
                _ => {}
            }
            if !self.answer(&wait)? {
                let until_us = if let Wait::Until(until_us) = wait { Some(until_us) } else { None };
                return Ok(Progress::Idle { wake_us: until_us.into_iter().chain(hardware_us).min() });
            }
        }
        Ok(match self.vm.run(&mut self.host, fuel) {
            Step::More => Progress::More,
            Step::Waiting => {
                if std::mem::take(&mut self.host.locate) {
                    let stack = self.vm.stack();
                    self.log_stack(&stack);
                }
                Progress::More
            }
            Step::Done(_) => self.done()?,
            Step::Failed(failure) => self.failed(&failure),
            Step::OutOfMemory => self.out_of_memory(),
            Step::Corrupt => self.ended(End::Failed { request: None }),
        })
    }

    fn ended(&mut self, end: End) -> Progress {
        self.end = Some(end);
        Progress::Ended(end)
    }

    fn out_of_memory(&mut self) -> Progress {
        self.host.complain("out of memory");
        self.ended(End::OutOfMemory)
    }

    /// A call is through.
    fn done(&mut self) -> Result<Progress, OutOfMemory> {
        if let Work::LastWords { request } = self.work {
            return Ok(self.ended(End::Failed { request }));
        }
        let program = self.work == Work::Program;
        self.work = Work::Nothing;
        if program {
            self.begin_program()?;
        }
        Ok(Progress::More)
    }

    /// Nothing caught an error: says so, and lets the program have its last words.
    fn failed(&mut self, failure: &Failure) -> Progress {
        self.host.log(true, [b"ERROR: ", &failure.message[..]].concat());
        self.log_stack(&failure.stack);
        let request = match self.work {
            Work::Callback { request } => request,
            Work::LastWords { request } => return self.ended(End::Failed { request }),
            Work::Program | Work::Nothing => None,
        };
        let handler = callback(self.vm.heap(), self.host.callbacks, Callback::Unhandled);
        if !handler.is_null() && self.start(handler, &[failure.value], Work::LastWords { request }) {
            return Progress::More;
        }
        self.ended(End::Failed { request })
    }

    /// Logs a line for each function of the program's own.
    fn log_stack(&mut self, stack: &[StackEntry]) {
        for entry in stack.iter().filter(|entry| entry.line >= 0) {
            let place = format!(":{}", entry.line);
            self.host.log(true, [b"ERROR:   in ", &entry.function[..], b" ", &entry.source, place.as_bytes()].concat());
        }
    }

    /// Begins what comes next of the program.
    fn begin_program(&mut self) -> Result<(), OutOfMemory> {
        if let Some(program) = self.programs.pop_front() {
            let main = self.vm.load(&program)?;
            self.start(main, &[], Work::Program);
        }
        Ok(())
    }

    pub(crate) fn start(&mut self, function: Value, arguments: &[Value], work: Work) -> bool {
        let root = self.vm.root();
        let started = self.vm.start(function, root, arguments).is_ok();
        if started {
            self.work = work;
            self.has_run = true;
        }
        started
    }

    /// Answers the function that waits, if what it waits for is there.
    fn answer(&mut self, wait: &Wait) -> Result<bool, OutOfMemory> {
        let value = match wait {
            Wait::Room { id, bytes } => match self.host.has_room(*id, *bytes) {
                Some(has_room) => Value::bool(has_room),
                None => return Ok(false),
            },
            Wait::Until(until_us) if *until_us <= self.host.waited_us() => Value::NULL,
            Wait::Answer(id) => {
                let Some(answer) = self.take_answer(*id) else { return Ok(false) };
                self.vm.make(Made(|heap: &mut Heap| api::answer_table(heap, &answer)))?
            }
            _ => return Ok(false),
        };
        self.host.wait = None;
        self.vm.answer(value);
        Ok(true)
    }

    /// Takes the answer to a request out of what waits.
    fn take_answer(&mut self, wanted: u32) -> Option<HttpAnswer> {
        if let Some(place) = self.host.refused.iter().position(|(id, _)| *id == wanted) {
            self.host.requests.remove(&wanted);
            return Some(self.host.refused.swap_remove(place).1);
        }
        let is_it = |event: &Event| matches!(event, Event::Answer { id, .. } if *id == wanted);
        let place = self.waiting.iter().position(|(_, event)| is_it(event))?;
        match self.waiting.remove(place) {
            Some((_, Event::Answer { answer, .. })) => {
                self.host.requests.remove(&wanted);
                Some(answer)
            }
            _ => None,
        }
    }

    /// Begins to handle the timer or event that is first. Says whether there is one.
    fn begin_next(&mut self) -> Result<bool, OutOfMemory> {
        loop {
            // Answered before they were sent, but never inside the call that sent them.
            if !self.host.refused.is_empty() {
                let (id, answer) = self.host.refused.remove(0);
                self.waiting.push_back((self.host.now_us, Event::Answer { id, answer }));
                continue;
            }
            if let Some(id) = self.host.soon.pop_front() {
                let call = self.take_callback(Callback::Soon, id);
                let items = self.vm.heap().items(call).to_vec();
                if let Some((&function, arguments)) = items.split_first()
                    && self.start(function, arguments, Work::Callback { request: None })
                {
                    return Ok(true);
                }
                continue;
            }
            let timer = self.host.timers.first().filter(|&(due_us, _)| due_us <= self.host.now_us);
            let event_us = self.waiting.front().map(|&(at_us, _)| at_us);
            let begun = match (timer, event_us) {
                (Some((due_us, id)), at_us) if at_us.is_none_or(|at_us| due_us <= at_us) => self.begin_timer(id),
                (_, Some(_)) => match self.waiting.pop_front() {
                    Some((_, event)) => self.begin_event(event)?,
                    None => false,
                },
                _ => return Ok(self.begin_idle()),
            };
            if begun {
                return Ok(true);
            }
        }
    }

    /// Calls what `imp.onidle` has set, once.
    fn begin_idle(&mut self) -> bool {
        let function = callback(self.vm.heap(), self.host.callbacks, Callback::Idle);
        if function.is_null() {
            return false;
        }
        if let Some(place) = self.vm.heap_mut().items_mut(self.host.callbacks).get_mut(Callback::Idle as usize) {
            *place = Value::NULL;
        }
        self.start(function, &[], Work::Callback { request: None })
    }

    fn begin_timer(&mut self, id: u32) -> bool {
        self.host.timers.remove(id);
        let function = self.take_callback(Callback::Timers, id);
        self.start(function, &[], Work::Callback { request: None })
    }

    /// A function of a table of functions, which is called once and forgotten.
    fn take_callback(&mut self, which: Callback, id: u32) -> Value {
        let table = callback(self.vm.heap(), self.host.callbacks, which);
        let key = key_of(id);
        self.vm.heap_mut().table_remove(table, key, &mut 0).unwrap_or(Value::NULL)
    }

    /// Begins to handle an event. Says whether that takes a call.
    fn begin_event(&mut self, event: Event) -> Result<bool, OutOfMemory> {
        let registered = |agent: &Agent, which| callback(agent.vm.heap(), agent.host.callbacks, which);
        let work = Work::Callback { request: None };
        Ok(match event {
            Event::Message { name, data } => {
                let table = registered(self, Callback::Messages);
                let key = self.vm.string(&name)?;
                let function = self.vm.heap().table_get(table, key, &mut 0);
                let Some(function) = function else {
                    let name = String::from_utf8_lossy(&name);
                    let sender = if self.host.imp.is_some() { "device" } else { "agent" };
                    self.host.complain(&format!("no handler for {sender}.send(\"{name}\")"));
                    return Ok(false);
                };
                let blob_class = self.host.blob_class;
                let data = self.vm.make(Given { data: &data, blob_class })?;
                self.start(function, &[data], work)
            }
            Event::Connected { .. } => {
                let function = registered(self, Callback::Connect);
                !function.is_null() && self.start(function, &[], work)
            }
            Event::Disconnected => {
                let function = registered(self, Callback::Disconnect);
                // The reason is for those who ask for it.
                let takes_one = self.vm.arity(function).is_some_and(|(least, most)| least <= 1 && most >= 1);
                let reason = if takes_one { vec![self.vm.make(NewTable)?] } else { Vec::new() };
                !function.is_null() && self.start(function, &reason, work)
            }
            Event::Request { id, request } => self.begin_request(id, &request)?,
            Event::Answer { id, answer } => {
                if !self.host.requests.remove(&id) {
                    return Ok(false);
                }
                self.take_callback(Callback::Chunks, id);
                let table = self.vm.make(Made(|heap: &mut Heap| api::answer_table(heap, &answer)))?;
                let function = self.take_callback(Callback::Answers, id);
                !function.is_null() && self.start(function, &[table], work)
            }
            Event::Chunk { id, bytes } => {
                let table = registered(self, Callback::Chunks);
                let function = self.vm.heap().table_get(table, key_of(id), &mut 0);
                let Some(function) = function else { return Ok(false) };
                let bytes = self.vm.string(&bytes)?;
                self.start(function, &[bytes], work)
            }
            Event::Mqtt { link, event } => self.begin_mqtt(link, event)?,
            Event::Imp(ImpEvent::Hardware(event)) => self.begin_hardware(event)?,
            Event::Imp(event) => {
                let (which, argument) = match event {
                    ImpEvent::ConnectEnded(reason) => (Callback::Connect, Value::integer(reason)),
                    ImpEvent::Lost(reason) => (Callback::Disconnect, Value::integer(reason)),
                    ImpEvent::Blessed(is_blessed) => (Callback::Blessed, Value::bool(is_blessed)),
                    ImpEvent::Link(_) | ImpEvent::Sent(_) | ImpEvent::Hardware(_) => return Ok(false),
                };
                let function = registered(self, which);
                !function.is_null() && self.start(function, &[argument], work)
            }
            // Noted when it came.
            Event::Uploaded { .. } => false,
            Event::Shutdown(reason) => {
                let function = registered(self, Callback::Shutdown);
                if function.is_null() {
                    self.host.wait = Some(Wait::Restart);
                    self.work = work;
                    return Ok(true);
                }
                self.start(function, &[Value::integer(reason)], work)
            }
        })
    }

    fn begin_mqtt(&mut self, link: u32, event: MqttEvent) -> Result<bool, OutOfMemory> {
        let Some(mqtt) = self.host.mqtt.as_mut().filter(|mqtt| mqtt.id == link) else { return Ok(false) };
        let (client, state) = (mqtt.client, mqtt.state);
        let handler = |agent: &Agent, which| api::handler(agent.vm.heap(), agent.host.callbacks, client, which);
        let work = Work::Callback { request: None };
        match event {
            MqttEvent::Connected(_) if state != LinkState::Connecting => Ok(false),
            MqttEvent::Connected(code) => {
                if code == 0 {
                    mqtt.state = LinkState::Connected;
                } else {
                    self.host.mqtt = None;
                }
                let function = handler(self, Handler::Connect);
                Ok(!function.is_null() && self.start(function, &[Value::integer(code)], work))
            }
            MqttEvent::Message { topic, payload } => {
                let function = handler(self, Handler::Message);
                if function.is_null() {
                    return Ok(false);
                }
                let table = self.vm.make(Made(|heap: &mut Heap| api::message_table(heap, &topic, &payload)))?;
                Ok(self.start(function, &[table], work))
            }
            MqttEvent::Done { id, code, qos } => {
                let Some(call) = mqtt.calls.remove(&id) else { return Ok(false) };
                let function = self.take_callback(Callback::MqttCalls, id);
                Ok(!function.is_null() && self.start(function, &api::arguments(call, code, qos), work))
            }
            MqttEvent::Lost | MqttEvent::Disconnected => {
                self.end_mqtt()?;
                if state == LinkState::Disconnecting {
                    self.finish_mqtt_call(link, &[])?;
                } else {
                    self.call_soon(handler(self, Handler::ConnectionLost), &[])?;
                }
                Ok(false)
            }
        }
    }

    /// Forgets the MQTT connection, and has the program told that its orders came to nothing.
    fn end_mqtt(&mut self) -> Result<(), OutOfMemory> {
        let Some(MqttLink { calls, .. }) = self.host.mqtt.take() else { return Ok(()) };
        for (id, call) in calls {
            self.finish_mqtt_call(id, &api::arguments(call, code::NOT_CONNECTED, 0))?;
        }
        Ok(())
    }

    /// Has what an order calls in the end called soon.
    fn finish_mqtt_call(&mut self, id: u32, arguments: &[Value]) -> Result<(), OutOfMemory> {
        let table = callback(self.vm.heap(), self.host.callbacks, Callback::MqttCalls);
        let function = self.vm.heap().table_get(table, key_of(id), &mut 0).unwrap_or(Value::NULL);
        // It stays where it is until it is in its new place: nothing else keeps it.
        self.call_soon(function, arguments)?;
        self.take_callback(Callback::MqttCalls, id);
        Ok(())
    }

    /// Ends the MQTT connection of a client that the program has no more. Says when to look again.
    fn look_for_client(&mut self) -> Option<i64> {
        let now_us = self.host.now_us;
        let mqtt = self.host.mqtt.as_mut().filter(|mqtt| mqtt.state != LinkState::Disconnecting && self.has_run)?;
        let due_us = mqtt.looked_us.saturating_add(LOOK_US);
        if now_us < due_us {
            return Some(due_us);
        }
        mqtt.looked_us = now_us;
        self.has_run = false;
        self.vm.collect_garbage();
        let heap = self.vm.heap();
        if heap.strong(api::handler(heap, self.host.callbacks, mqtt.client, Handler::Client)).is_null() {
            mqtt.state = LinkState::Disconnecting;
            self.host.effects.push(Effect::Mqtt { link: mqtt.id, order: MqttOrder::Disconnect });
        }
        None
    }

    /// Has a function called soon, unless it is null.
    pub(crate) fn call_soon(&mut self, function: Value, arguments: &[Value]) -> Result<(), OutOfMemory> {
        if function.is_null() {
            return Ok(());
        }
        let items = [&[function], arguments].concat();
        let id = self.host.next_id();
        let table = callback(self.vm.heap(), self.host.callbacks, Callback::Soon);
        self.vm.make(Made(|heap: &mut Heap| {
            let items = heap.array(items)?;
            heap.table_set(table, key_of(id), items, &mut 0)?;
            Ok(items)
        }))?;
        self.host.soon.push_back(id);
        Ok(())
    }

    fn begin_request(&mut self, id: u32, request: &Inbound) -> Result<bool, OutOfMemory> {
        let function = callback(self.vm.heap(), self.host.callbacks, Callback::Request);
        if function.is_null() {
            let response = HttpResponse { status: 404, ..HttpResponse::default() };
            self.host.effects.push(Effect::Respond { id, response });
            return Ok(false);
        }
        let table = self.vm.make(Made(|heap: &mut Heap| api::request_table(heap, request)))?;
        let class = self.host.response_class;
        let response = self.vm.make(Made(|heap: &mut Heap| heap.instance(class)))?;
        self.vm.set_payload(response, HIDDEN[1], &id.to_le_bytes())?;
        self.host.responses.insert(id, Vec::new());
        Ok(self.start(function, &[table, response], Work::Callback { request: Some(id) }))
    }
}

/// An empty table.
struct NewTable;

impl IntoSquirrel for NewTable {
    fn into_squirrel(self, heap: &mut Heap) -> Result<Value, Fault> {
        heap.table(0)
    }
}

/// A value that a function makes.
pub(crate) struct Made<F>(pub(crate) F);

impl<F: FnOnce(&mut Heap) -> Result<Value, Fault>> IntoSquirrel for Made<F> {
    fn into_squirrel(self, heap: &mut Heap) -> Result<Value, Fault> {
        (self.0)(heap)
    }
}
