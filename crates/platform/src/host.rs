//! What a program's native functions work on: its timers, requests and callbacks, and what it wants done.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use impstead_device_protocol::Value as Data;
use serde::{Deserialize, Serialize};
use squirrel::{Call, Fault, Heap, Held, Host, Value, Vm};

use crate::http::{Headers, HttpAnswer, HttpRequest, HttpResponse};
use crate::imp::{ImpOrder, ImpState, Sleep};
use crate::mqtt::{MqttLink, MqttOrder};

/// What the machine of a program holds, in this order from place 0.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// The array of callbacks: see [`Callback`].
    Callbacks,
    BlobClass,
    RequestClass,
    ResponseClass,
    TimerClass,
    ConfigParams,
    StreamClass,
    MqttClientClass,
    MqttMessageClass,
}

impl Place {
    /// All of them, in their order.
    pub(crate) const ALL: [Place; 9] = [
        Place::Callbacks,
        Place::BlobClass,
        Place::RequestClass,
        Place::ResponseClass,
        Place::TimerClass,
        Place::ConfigParams,
        Place::StreamClass,
        Place::MqttClientClass,
        Place::MqttMessageClass,
    ];

    pub(crate) const fn held(self) -> Held {
        Held::at(self as u32)
    }
}

/// The functions and tables of functions that a program has registered, by their place in an array.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Callback {
    /// `http.onrequest`
    Request,
    /// `device.onconnect`; on imps what `server.connect` calls in the end
    Connect,
    /// `device.ondisconnect`; on imps `server.onunexpecteddisconnect`
    Disconnect,
    /// `server.onshutdown`
    Shutdown,
    /// `imp.onunhandledexception`
    Unhandled,
    /// `device.on` or `agent.on`, by name
    Messages,
    /// `imp.wakeup`, by the timer's number
    Timers,
    /// What `sendasync` calls in the end, by the request's number
    Answers,
    /// What `sendasync` calls with pieces of a body
    Chunks,
    /// Functions with their arguments, in arrays, to be called soon
    Soon,
    /// Functions of MQTT clients, in arrays, by the client's number
    MqttClients,
    /// What MQTT orders call in the end, by the order's number, and `disconnect` by the connection's
    MqttCalls,
    /// `imp.onidle`
    Idle,
    /// What `server.bless` calls in the end
    Blessed,
    /// What the hardware calls, by the name of the pin or bus; of the sampler and the DAC arrays of it and the buffers
    Hardware,
}

impl Callback {
    /// How many there are.
    pub(crate) const COUNT: usize = Callback::Hardware as usize + 1;
    /// Those that are tables of functions; those of hardware have one on imps only.
    pub(crate) const TABLES: [Callback; 7] = [
        Callback::Messages,
        Callback::Timers,
        Callback::Answers,
        Callback::Chunks,
        Callback::Soon,
        Callback::MqttClients,
        Callback::MqttCalls,
    ];
}

/// What a program wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A line for its log.
    Log {
        /// Whether it is an error.
        error: bool,
        /// The line, any bytes.
        text: Vec<u8>,
    },
    /// A limit that it has reached, for its log; there one line is enough, however often this happens.
    Limit {
        /// What there was too much of.
        text: &'static str,
    },
    /// A message to the other side.
    Send {
        /// Its name.
        name: Vec<u8>,
        /// What it says.
        data: Data,
    },
    /// A request to a server; [`Event::Answer`](crate::Event::Answer) answers it, once.
    Request {
        /// The request's number.
        id: u32,
        /// What is asked.
        request: HttpRequest,
        /// How long all of it may take, in microseconds; none is for ever.
        timeout_us: Option<i64>,
        /// Whether the server's certificate must be good.
        validate: bool,
        /// Whether the body is wanted in pieces ([`Event::Chunk`](crate::Event::Chunk)).
        stream: bool,
        /// Whether more of the request's body follows: [`Effect::Upload`].
        uploads: bool,
    },
    /// More of a request's body; [`Event::Uploaded`](crate::Event::Uploaded) tells when it is on its way. Some hundred of them may
    /// wait.
    Upload {
        /// The request's number.
        id: u32,
        /// The piece.
        bytes: Vec<u8>,
    },
    /// All of a request's body is there.
    UploadEnd {
        /// The request's number.
        id: u32,
    },
    /// Nobody waits for this request any more.
    Cancel {
        /// The request's number.
        id: u32,
    },
    /// Something for its MQTT connection; [`Event::Mqtt`](crate::Event::Mqtt) tells what comes of it.
    Mqtt {
        /// The connection's number, which no other has.
        link: u32,
        /// What is to be done.
        order: MqttOrder,
    },
    /// The answer to a request to the agent's URL.
    Respond {
        /// The request's number.
        id: u32,
        /// The answer.
        response: HttpResponse,
    },
    /// Data to keep; the program waits for [`Agent::saved`](crate::Agent::saved).
    Save {
        /// What to keep: a table.
        data: Data,
    },
    /// What only an imp wants.
    Imp(ImpOrder),
}

/// What a program that waits in the middle of a call waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Wait {
    /// `imp.sleep`
    Until(i64),
    /// `sendsync`
    Answer(u32),
    /// `httpstream.write`
    Room { id: u32, bytes: usize },
    /// `server.save`
    Saved,
    /// `server.restart`
    Restart,
    /// What an imp sends without a connection
    Link,
    /// `server.connect`
    Connect,
    /// That the server has acknowledged what was sent
    Sent,
    /// `server.sleepfor` and the like
    Sleep(Sleep),
    /// `imp.reset`
    Reset,
}

/// A timer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Timer {
    pub(crate) id: u32,
    pub(crate) name: Option<Vec<u8>>,
}

/// The timers of a program, in the order in which they are due.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    /// By the time at which they are due, in microseconds, and their number: the order of their making.
    due: BTreeMap<(i64, u32), Timer>,
    due_of: HashMap<u32, i64>,
}

impl Timers {
    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }

    pub(crate) fn add(&mut self, due_us: i64, timer: Timer) {
        self.due_of.insert(timer.id, due_us);
        self.due.insert((due_us, timer.id), timer);
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<Timer> {
        let due_us = self.due_of.remove(&id)?;
        self.due.remove(&(due_us, id))
    }

    pub(crate) fn named(&self, name: &[u8]) -> Option<u32> {
        self.due.values().find(|timer| timer.name.as_deref() == Some(name)).map(|timer| timer.id)
    }

    /// All of them, with the times at which they are due.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &Timer)> {
        self.due.iter().map(|(&(due_us, _), timer)| (due_us, timer))
    }

    /// When the first is due, and its number.
    pub(crate) fn first(&self) -> Option<(i64, u32)> {
        self.due.keys().next().copied()
    }
}

/// The body of a request that a program is sending.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Upload {
    /// Whether the request is sent.
    pub(crate) begun: bool,
    /// What waits to be sent, as [`Upload::cost`] counts it.
    waiting: usize,
}

impl Upload {
    /// What may wait: a piece more than this waits alone.
    const MOST_WAITING: usize = 256 * 1024;

    /// What a piece counts for: small ones more than their bytes, since each takes some room of its own.
    fn cost(bytes: usize) -> usize {
        bytes.max(1024)
    }

    fn has_room(self, bytes: usize) -> bool {
        self.waiting == 0 || self.waiting + Self::cost(bytes) <= Self::MOST_WAITING
    }
}

/// What is known of the world around a program.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The device's id.
    pub device_id: String,
    /// The URL of the agent.
    pub agent_url: String,
    /// Whether the device is connected.
    pub is_connected: bool,
    /// The device's address, while it is known.
    pub ip_address: Option<String>,
    /// What `server.load` returns.
    pub saved: Option<Data>,
    /// Further members of `imp.configparams`.
    pub config: Vec<(String, Data)>,
    /// What `rand` begins with: another for each life.
    pub seed: u64,
}

/// The host of a program.
pub(crate) struct PlatformHost {
    /// Unix time in microseconds.
    pub(crate) now_us: i64,
    pub(crate) started_us: i64,
    pub(crate) effects: Vec<Effect>,
    pub(crate) surroundings: Surroundings,
    pub(crate) callbacks: Value,
    pub(crate) blob_class: Value,
    pub(crate) request_class: Value,
    pub(crate) response_class: Value,
    pub(crate) timer_class: Value,
    pub(crate) stream_class: Value,
    pub(crate) mqtt_client_class: Value,
    pub(crate) mqtt_message_class: Value,
    pub(crate) timers: Timers,
    /// Requests whose answer is awaited.
    pub(crate) requests: HashSet<u32>,
    /// Requests that were answered before they were sent.
    pub(crate) refused: Vec<(u32, HttpAnswer)>,
    /// Whether the log is to have where the program is, as soon as it waits.
    pub(crate) locate: bool,
    /// Calls that are due, by their numbers: see [`Callback::Soon`].
    pub(crate) soon: VecDeque<u32>,
    /// Requests to the agent that it has not answered, with the headers of the answer so far.
    pub(crate) responses: HashMap<u32, Headers>,
    /// Bodies that the program is sending, by their request's number.
    pub(crate) uploads: HashMap<u32, Upload>,
    /// The MQTT connection.
    pub(crate) mqtt: Option<MqttLink>,
    pub(crate) wait: Option<Wait>,
    pub(crate) last_id: u32,
    /// For requests.
    pub(crate) credit: Credit,
    /// For signatures.
    pub(crate) crypto_credit: Credit,
    /// What only imps have.
    pub(crate) imp: Option<Box<ImpState>>,
}

/// What requests cost: a store that fills up again.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Credit {
    left: f64,
    at_us: i64,
}

impl Credit {
    const MOST: f64 = 40.0;
    const EACH_S: f64 = 2.0;

    pub(crate) fn new(now_us: i64) -> Credit {
        Credit { left: Self::MOST, at_us: now_us }
    }

    /// Takes what something costs, if it is there.
    pub(crate) fn take(&mut self, now_us: i64, cost: f64) -> bool {
        let enough = self.has(now_us, cost);
        if enough {
            self.left -= cost;
        }
        enough
    }

    /// Whether what something costs is there.
    pub(crate) fn has(&mut self, now_us: i64, cost: f64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "microseconds between two requests")]
        let seconds = (now_us - self.at_us).max(0) as f64 / 1e6;
        self.left = (self.left + seconds * Self::EACH_S).min(Self::MOST);
        self.at_us = now_us;
        self.left >= cost
    }
}

impl PlatformHost {
    /// Up to when a program has waited. What it waits for may be the hardware of an imp, which may be late.
    pub(crate) fn waited_us(&self) -> i64 {
        let peripherals = self.imp.as_deref().and_then(|imp| imp.peripherals.as_deref());
        let late = peripherals.map(|peripherals| &peripherals.hardware).filter(|hardware| hardware.is_late());
        late.map_or(self.now_us, |hardware| self.now_us.min(hardware.now_us()))
    }

    /// The host of a machine that holds what is to be in each [`Place`].
    pub(crate) fn new(vm: &Vm, surroundings: Surroundings, now_us: i64) -> PlatformHost {
        let held = |place: Place| vm.held(place.held());
        PlatformHost {
            now_us,
            started_us: now_us,
            effects: Vec::new(),
            surroundings,
            callbacks: held(Place::Callbacks),
            blob_class: held(Place::BlobClass),
            request_class: held(Place::RequestClass),
            response_class: held(Place::ResponseClass),
            timer_class: held(Place::TimerClass),
            stream_class: held(Place::StreamClass),
            mqtt_client_class: held(Place::MqttClientClass),
            mqtt_message_class: held(Place::MqttMessageClass),
            timers: Timers::default(),
            requests: HashSet::new(),
            refused: Vec::new(),
            locate: false,
            soon: VecDeque::new(),
            responses: HashMap::new(),
            uploads: HashMap::new(),
            mqtt: None,
            wait: None,
            last_id: 0,
            credit: Credit::new(now_us),
            crypto_credit: Credit::new(now_us),
            imp: None,
        }
    }

    pub(crate) fn next_id(&mut self) -> u32 {
        self.last_id = self.last_id.wrapping_add(1);
        self.last_id
    }

    /// Whether there is room for so many bytes more of a request's body: not yet (none), yes, or never, since the request has ended.
    pub(crate) fn has_room(&self, id: u32, bytes: usize) -> Option<bool> {
        match self.uploads.get(&id) {
            None => Some(false),
            Some(upload) if upload.has_room(bytes) => Some(true),
            Some(_) => None,
        }
    }

    /// Sends more of a request's body.
    pub(crate) fn upload(&mut self, id: u32, bytes: Vec<u8>) {
        if let Some(upload) = self.uploads.get_mut(&id) {
            upload.waiting += Upload::cost(bytes.len());
            self.effects.push(Effect::Upload { id, bytes });
        }
    }

    /// A piece of a request's body is on its way.
    pub(crate) fn uploaded(&mut self, id: u32, bytes: usize) {
        if let Some(upload) = self.uploads.get_mut(&id) {
            upload.waiting = upload.waiting.saturating_sub(Upload::cost(bytes));
        }
    }

    pub(crate) fn log(&mut self, error: bool, text: Vec<u8>) {
        self.effects.push(Effect::Log { error, text });
    }

    /// Notes that the program has reached a limit.
    pub(crate) fn reached(&mut self, text: &'static str) {
        self.effects.push(Effect::Limit { text });
    }

    /// Logs what the platform itself has to say about a mistake.
    pub(crate) fn complain(&mut self, text: &str) {
        self.log(true, format!("ERROR: {text}").into_bytes());
    }
}

impl Host for PlatformHost {
    // `print` goes nowhere on the platform but to the log, which is what people expect.
    fn print(&mut self, text: &[u8]) {
        self.log(false, text.to_vec());
    }

    fn error(&mut self, text: &[u8]) {
        self.log(true, text.to_vec());
    }

    fn unix_time_us(&mut self) -> i64 {
        self.now_us
    }

    fn clock_s(&mut self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "floats are what programs get")]
        let seconds = (self.now_us - self.started_us) as f32 / 1e6;
        seconds
    }
}

/// The host of a call.
pub(crate) fn host<'c>(call: &'c mut Call<'_>) -> Result<&'c mut PlatformHost, Fault> {
    call.host_as::<PlatformHost>().ok_or(Fault::Corrupt)
}

/// A function that the program has registered, or a table of functions; null if none.
pub(crate) fn callback(heap: &Heap, callbacks: Value, which: Callback) -> Value {
    heap.items(callbacks).get(which as usize).copied().unwrap_or(Value::NULL)
}

/// Registers a function; null takes it away.
pub(crate) fn set_callback(call: &mut Call<'_>, which: Callback, function: Value) -> Result<(), Fault> {
    let callbacks = host(call)?.callbacks;
    if let Some(place) = call.heap.items_mut(callbacks).get_mut(which as usize) {
        *place = function;
    }
    Ok(())
}

/// The key of a timer, request or call in the tables of functions.
pub(crate) fn key_of(id: u32) -> Value {
    Value::integer(id.cast_signed())
}

/// Registers a function under a key in a table of functions; null takes it away.
pub(crate) fn set_callback_of(call: &mut Call<'_>, which: Callback, key: Value, function: Value) -> Result<(), Fault> {
    let callbacks = host(call)?.callbacks;
    let table = callback(call.heap, callbacks, which);
    if function.is_null() {
        call.heap.table_remove(table, key, &mut 0);
        return Ok(());
    }
    call.heap.table_set(table, key, function, &mut 0)
}
