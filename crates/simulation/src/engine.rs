//! The loop that hands devices, agents and the network what is due, in order of time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use imp::{Imp, Output, Programs, Setup, Stored};
use impstead_device_protocol::{DeviceId, DeviceSecret, Key, Value};
use platform::board::{self, Board, Pin};
use platform::{
    Agent, Effect, Event, HttpAnswer, HttpRequest, HttpResponse, ImpFacts, Inbound, MqttEvent, MqttOrder, Network,
    Progress, Surroundings, agent_image, curl, readable,
};
use sha2::{Digest as _, Sha256};
use squirrel::{Image, Limits};

use crate::chance::Chance;
use crate::cloud::{HEARTBEAT_S, Heard, Program, SERVER, Session};
use crate::outputs::{self, Told};
use crate::report::{Counters, Report};
use crate::scenario::{Fleet, Scenario, ScenarioError, Sources};
use crate::wire::Wire;

const S: i64 = 1_000_000;

/// Instructions of a slice, and what a full one takes: an imp has some hundred million a second.
const FUEL: u32 = 10_000;

/// Slices that are run in one go. A program that wants more is busy, and time goes on meanwhile.
const SLICES: u32 = 100;
const BUSY_US: i64 = 10_000;

/// Columns of the plots.
const STEPS: i64 = 48;

/// What stands before the ids of agents.
const AGENTS: &str = "http://agents.simulated";

/// Memory of a program's values, in bytes.
const HEAP_BYTES: usize = 1 << 20;

/// Waits before an agent that failed starts again, in microseconds.
const LONGEST_WAIT_US: i64 = 60 * S;
const LONG_ENOUGH_US: i64 = 10 * S;

/// Purposes of chance.
const NETWORK: u64 = 1;
const POWER: u64 = 2;
const CLOCK: u64 = 3;
const SERVERS: u64 = 4;
const PROGRAMS: u64 = 5;
const INPUTS: u64 = 6;

/// A line of a device's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Unix time in microseconds.
    pub at_us: i64,
    /// The device's id.
    pub device: String,
    /// `status`, `server.log`, `agent.error` and so on; `input` and `output` of the board.
    pub kind: &'static str,
    /// The line.
    pub text: String,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Line { at_us, device, kind, text } = self;
        write!(f, "{}.{:06} {device} {kind} {text}", at_us.div_euclid(S), at_us.rem_euclid(S))
    }
}

/// Something that happens to a device, by its place among all.
enum Happening {
    Power(usize),
    Cut(usize),
    Outage(usize),
    OutageOver(usize),
    /// The imp has something to do.
    Imp(usize),
    /// Its agent has.
    Agent(usize),
    AgentStart(usize),
    Opened(usize, u32),
    ToCloud(usize, u32, Vec<u8>),
    ToImp(usize, u32, Vec<u8>),
    /// The cloud notices that a connection is dead.
    Dead(usize, u32),
    /// A server answers an agent, in its life of this number.
    Answer(usize, u32, u32, HttpAnswer),
    Visit(usize),
    Deploy(usize, usize),
    /// An input of a fleet's.
    Input(usize, usize),
    /// What it set on these devices, at the time of this number, is left to the board again, unless something else was done to it.
    InputOver(usize, usize, u64, Vec<usize>),
}

/// What is due, the earliest first, and what was planned first before others of the same time.
struct Due {
    at_us: i64,
    number: u64,
    what: Happening,
}

impl PartialEq for Due {
    fn eq(&self, other: &Due) -> bool {
        (self.at_us, self.number) == (other.at_us, other.number)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Due) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Due) -> std::cmp::Ordering {
        (self.at_us, self.number).cmp(&(other.at_us, other.number))
    }
}

/// A clock that is off.
#[derive(Clone, Copy)]
struct Clock {
    begin_us: i64,
    /// Billionths.
    drift: i64,
}

impl Clock {
    /// What it shows at a time.
    fn shows(self, at_us: i64) -> i64 {
        at_us + scaled(at_us - self.begin_us, self.drift)
    }

    /// When it shows a time: not before.
    fn when(self, shown_us: i64) -> i64 {
        let mut at_us = shown_us - scaled(shown_us - self.begin_us, self.drift);
        while self.shows(at_us) < shown_us {
            at_us += 1;
        }
        at_us
    }
}

fn scaled(us: i64, billionths: i64) -> i64 {
    let scaled = i128::from(us) * i128::from(billionths) / 1_000_000_000;
    i64::try_from(scaled).unwrap_or(0)
}

/// What a fleet runs now.
struct Running {
    agent: Result<Vec<squirrel::Program>, String>,
    device: Program,
}

struct Device {
    fleet: usize,
    id: DeviceId,
    name: String,
    agent_id: String,
    secret: DeviceSecret,
    clock: Clock,
    network: Chance,
    power: Chance,
    imp: Option<Imp>,
    kept: Stored,
    /// Sectors of its flash that are not erased.
    flash: BTreeMap<u32, Vec<u8>>,
    is_networked: bool,
    /// When the imp is to be looked at next, so that it is planned once.
    imp_us: Option<i64>,
    /// The number of the connection, and its two directions.
    link: u32,
    is_linked: bool,
    up: Wire,
    down: Wire,
    session: Option<Session>,
    agent: Option<AgentLife>,
    agent_us: Option<i64>,
    /// The number of the agent's life.
    life: u32,
    failures: u32,
    saved: Option<Value>,
    /// Limits that the log told of, and when.
    said_limits: HashMap<&'static str, i64>,
    /// What the scenario did to the board, also while the imp has no power.
    pins: BTreeMap<Pin, board::Input>,
    signals: BTreeMap<String, f64>,
    /// Which input set them last, by their names.
    set_by: BTreeMap<String, u64>,
    /// What watched outputs were at last, by their names.
    seen: BTreeMap<String, String>,
}

struct AgentLife {
    agent: Agent,
    since_us: i64,
    /// Who asked for what it is to answer.
    asked: HashMap<u32, Asker>,
}

#[derive(Clone, Copy)]
enum Asker {
    /// A visit of the scenario's.
    Visit,
    /// Another agent: its device, life and request.
    Agent(usize, u32, u32),
}

struct Engine<'s> {
    scenario: &'s Scenario,
    sources: &'s Sources,
    seed: u64,
    begin_us: i64,
    end_us: i64,
    now_us: i64,
    queue: BinaryHeap<Reverse<Due>>,
    number: u64,
    image: Image,
    programs: Programs,
    /// Of each fleet.
    boards: Vec<Arc<Board>>,
    running: Vec<Running>,
    devices: Vec<Device>,
    by_agent: HashMap<String, usize>,
    servers: Chance,
    inputs: Chance,
    /// Inputs so far.
    last_input: u64,
    log: &'s mut dyn FnMut(&Line),
    digest: Sha256,
    total: Counters,
    fleets: Vec<Counters>,
    over_time: Vec<Counters>,
    step_us: i64,
}

/// Simulates a scenario, and hands each line of the logs to `log`, in order of time.
///
/// # Errors
/// If code does not compile.
pub fn simulate(
    scenario: &Scenario,
    sources: &Sources,
    seed: u64,
    log: &mut dyn FnMut(&Line),
) -> Result<Report, ScenarioError> {
    let begin_us = scenario.begins_s * S;
    let duration_us = scenario.duration.us;
    // Whole seconds, so that what is written of them is true.
    let step_us = ((duration_us / STEPS + S - 1) / S).max(1) * S;
    let steps = usize::try_from((duration_us + step_us - 1) / step_us).unwrap_or(1).max(1);
    let mut engine = Engine {
        scenario,
        sources,
        seed,
        begin_us,
        end_us: begin_us + duration_us,
        now_us: begin_us,
        queue: BinaryHeap::new(),
        number: 0,
        image: agent_image(seed),
        programs: Programs::new(seed),
        boards: Vec::new(),
        running: Vec::new(),
        devices: Vec::new(),
        by_agent: HashMap::new(),
        servers: Chance::new(seed, SERVERS, 0),
        inputs: Chance::new(seed, INPUTS, 0),
        last_input: 0,
        log,
        digest: Sha256::new(),
        total: Counters::default(),
        fleets: vec![Counters::default(); scenario.fleet.len()],
        over_time: vec![Counters::default(); steps],
        step_us,
    };
    engine.prepare()?;
    engine.go();
    Ok(engine.report())
}

impl Engine<'_> {
    fn prepare(&mut self) -> Result<(), ScenarioError> {
        for (place, fleet) in self.scenario.fleet.iter().enumerate() {
            self.boards.push(Arc::new(fleet.board(self.sources)?));
            let running = self.running(fleet, fleet.agent.as_ref(), fleet.device.as_ref());
            if let (Err(error), Some(path)) = (&running.agent, &fleet.agent) {
                return Err(ScenarioError::Code { path: path.clone(), error: error.clone() });
            }
            self.running.push(running);
            for number in 0..fleet.count {
                self.add_device(place, fleet, number);
            }
            for (deploy, planned) in fleet.deploy.iter().enumerate() {
                self.plan(self.begin_us + planned.at.us, Happening::Deploy(place, deploy));
            }
            for (input, planned) in fleet.input.iter().enumerate() {
                self.plan(self.begin_us + planned.at.us, Happening::Input(place, input));
            }
        }
        for (place, visit) in self.scenario.visit.iter().enumerate() {
            self.plan(self.begin_us + visit.at.us, Happening::Visit(place));
        }
        Ok(())
    }

    fn add_device(&mut self, fleet_place: usize, fleet: &Fleet, number: u32) {
        let place = self.devices.len();
        let serial = u64::try_from(place).unwrap_or(0) + 1;
        let id = DeviceId((0x5000_0c2a_6900_0000_u64 + serial).to_be_bytes());
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&serial.to_le_bytes());
        let mut drift = Chance::new(self.seed, CLOCK, serial);
        #[expect(clippy::cast_possible_truncation, reason = "millionths are few")]
        let drift = ((drift.unit() * 2.0 - 1.0) * self.scenario.clock_drift_ppm * 1000.0) as i64;
        let device = Device {
            fleet: fleet_place,
            id,
            name: id.to_string(),
            agent_id: format!("agent{serial:07}"),
            secret: DeviceSecret::from_seed(&seed),
            clock: Clock { begin_us: self.begin_us, drift },
            network: Chance::new(self.seed, NETWORK, serial),
            power: Chance::new(self.seed, POWER, serial),
            imp: None,
            kept: Stored::default(),
            flash: BTreeMap::new(),
            is_networked: true,
            imp_us: None,
            link: 0,
            is_linked: false,
            up: Wire::default(),
            down: Wire::default(),
            session: None,
            agent: None,
            agent_us: None,
            life: 0,
            failures: 0,
            saved: None,
            said_limits: HashMap::new(),
            pins: BTreeMap::new(),
            signals: BTreeMap::new(),
            set_by: BTreeMap::new(),
            seen: BTreeMap::new(),
        };
        self.by_agent.insert(device.agent_id.clone(), place);
        self.devices.push(device);
        let spread = fleet.starts_over.us / i64::from(fleet.count.max(1));
        self.plan(self.begin_us, Happening::AgentStart(place));
        self.plan(self.begin_us + spread * i64::from(number), Happening::Power(place));
    }

    /// What a fleet runs with this code.
    fn running(&self, fleet: &Fleet, agent: Option<&PathBuf>, device: Option<&PathBuf>) -> Running {
        let environment = environment(fleet);
        let source = self.sources.of(device);
        let agent = [(b"agent_code".to_vec(), self.sources.of(agent))];
        Running {
            agent: platform::compile(&self.image, &agent, &environment),
            device: Program { sha: Sha256::digest(&source).into(), source, environment },
        }
    }

    fn plan(&mut self, at_us: i64, what: Happening) {
        self.number += 1;
        self.queue.push(Reverse(Due { at_us, number: self.number, what }));
    }

    fn go(&mut self) {
        while let Some(Reverse(due)) = self.queue.pop() {
            if due.at_us > self.end_us {
                return;
            }
            self.now_us = self.now_us.max(due.at_us);
            self.happen(due.at_us, due.what);
        }
    }

    fn happen(&mut self, at_us: i64, what: Happening) {
        match what {
            Happening::Power(place) => self.power(place),
            Happening::Cut(place) => self.cut(place),
            Happening::Outage(place) => self.outage(place),
            Happening::OutageOver(place) => {
                self.devices[place].is_networked = true;
                self.plan_outage(place);
            }
            Happening::Imp(place) if self.devices[place].imp_us == Some(at_us) => {
                self.devices[place].imp_us = None;
                self.run_imp(place);
            }
            Happening::Agent(place) if self.devices[place].agent_us == Some(at_us) => {
                self.devices[place].agent_us = None;
                self.run_agent(place);
            }
            Happening::Imp(_) | Happening::Agent(_) => {}
            Happening::AgentStart(place) => self.start_agent(place),
            Happening::Opened(place, link) => self.opened(place, link),
            Happening::ToCloud(place, link, frame) => self.reach_cloud(place, link, &frame),
            Happening::ToImp(place, link, frame) => self.reach_imp(place, link, &frame),
            Happening::Dead(place, link) => {
                if self.devices[place].link == link {
                    self.end_session(place);
                }
            }
            Happening::Answer(place, life, id, answer) => {
                if self.devices[place].life == life {
                    self.tell_agent(place, Event::Answer { id, answer });
                }
            }
            Happening::Visit(visit) => self.visit(visit),
            Happening::Deploy(fleet, deploy) => self.deploy(fleet, deploy),
            Happening::Input(fleet, input) => self.input(fleet, input),
            Happening::InputOver(fleet, input, number, places) => {
                let names = self.scenario.fleet[fleet].input[input].pins_and_signals();
                for place in places {
                    let set_by = &self.devices[place].set_by;
                    let is_as_set = |name: &&String| set_by.get(*name) == Some(&number);
                    let names: Vec<String> = names.iter().filter(is_as_set).cloned().collect();
                    self.leave_to_board(place, &names);
                }
            }
        }
    }

    /// Counts something that happened to a device.
    fn count(&mut self, place: usize, counter: fn(&mut Counters) -> &mut u64) {
        self.count_many(place, counter, 1);
    }

    fn count_many(&mut self, place: usize, counter: fn(&mut Counters) -> &mut u64, count: u64) {
        let step = self.step();
        let fleet = self.devices[place].fleet;
        let over_time = self.over_time.get_mut(step);
        for counters in [Some(&mut self.total), self.fleets.get_mut(fleet), over_time].into_iter().flatten() {
            *counter(counters) += count;
        }
    }

    /// The step in which it is now: the last at the very end.
    fn step(&self) -> usize {
        let step = usize::try_from((self.now_us - self.begin_us) / self.step_us).unwrap_or(0);
        step.min(self.over_time.len() - 1)
    }

    fn log(&mut self, place: usize, kind: &'static str, text: Vec<u8>) {
        let text = readable(text);
        let line = Line { at_us: self.now_us, device: self.devices[place].name.clone(), kind, text };
        self.digest.update(line.to_string());
        self.digest.update(b"\n");
        self.count(place, |counters| &mut counters.lines);
        if matches!(kind, "server.error" | "agent.error") {
            self.count(place, |counters| &mut counters.errors);
        }
        (self.log)(&line);
    }

    // Power and network.

    fn power(&mut self, place: usize) {
        let seed = Chance::new(self.seed, PROGRAMS, u64::try_from(place).unwrap_or(0) * 2).next();
        let device = &self.devices[place];
        let usual = Setup::new(device.id, device.secret.clone(), SERVER.to_owned(), &self.boards[device.fleet]);
        let address = format!("10.{}.{}.{}", place >> 16 & 255, place >> 8 & 255, place & 255);
        let facts = ImpFacts {
            software_version: concat!("impstead - release-", env!("CARGO_PKG_VERSION"), " - simulated - production")
                .to_owned(),
            network: Network { address, ..usual.facts.network },
            ..usual.facts
        };
        let world_began_us = Some(device.clock.shows(self.begin_us));
        let setup = Setup { facts, world_seed: seed, world_began_us, ..usual };
        let seed = seed ^ u64::try_from(self.now_us).unwrap_or(0);
        let shown_us = device.clock.shows(self.now_us);
        let mut imp = Imp::new(setup, self.programs.clone(), device.kept.clone(), seed, shown_us);
        imp.load_flash(device.flash.clone());
        imp.watch(!self.scenario.fleet[device.fleet].watch.is_empty());
        for (&pin, &input) in &device.pins {
            imp.set_input(shown_us, pin, Some(input));
        }
        for (name, &value) in &device.signals {
            imp.set_signal(shown_us, name, Some(value)).expect("the board was asked for it");
        }
        self.devices[place].imp = Some(imp);
        self.count(place, |counters| &mut counters.boots);
        let until_cut = self.devices[place].power.wait_us(self.scenario.power.cuts_per_day);
        if let Some(wait_us) = until_cut {
            self.plan(self.now_us + wait_us, Happening::Cut(place));
        }
        if self.devices[place].link == 0 {
            self.plan_outage(place);
        }
        self.run_imp(place);
    }

    fn cut(&mut self, place: usize) {
        let device = &mut self.devices[place];
        let (least, most) = self.scenario.power.cut_s;
        let off_us = device.power.between((least * S, most * S));
        device.imp = None;
        device.imp_us = None;
        device.seen.clear();
        self.break_link(place);
        self.plan(self.now_us + off_us, Happening::Power(place));
    }

    fn plan_outage(&mut self, place: usize) {
        let wait_us = self.devices[place].network.wait_us(self.scenario.network.outages_per_day);
        if let Some(wait_us) = wait_us {
            self.plan(self.now_us + wait_us, Happening::Outage(place));
        }
    }

    fn outage(&mut self, place: usize) {
        let (least, most) = self.scenario.network.outage_s;
        let device = &mut self.devices[place];
        device.is_networked = false;
        let off_us = device.network.between((least * S, most * S));
        self.plan(self.now_us + off_us, Happening::OutageOver(place));
        self.break_link(place);
    }

    /// The connection of a device is dead. The imp knows at once, the cloud after a silence.
    fn break_link(&mut self, place: usize) {
        let device = &mut self.devices[place];
        if !device.is_linked {
            return;
        }
        device.is_linked = false;
        let (link, shown_us) = (device.link, device.clock.shows(self.now_us));
        if let Some(imp) = &mut device.imp {
            imp.closed(shown_us);
        }
        self.plan(self.now_us + i64::from(HEARTBEAT_S) * S, Happening::Dead(place, link));
        self.plan_imp(place, self.now_us);
    }

    fn opened(&mut self, place: usize, link: u32) {
        let device = &mut self.devices[place];
        if device.link != link || !device.is_linked {
            return;
        }
        let shown_us = device.clock.shows(self.now_us);
        let Some(imp) = &mut device.imp else { return };
        imp.opened(shown_us);
        let mut nonce = [0; 32];
        nonce[..8].copy_from_slice(&device.network.next().to_le_bytes());
        let (session, challenge) = Session::begin(nonce, self.now_us);
        // A newer connection takes the place of an older one.
        self.end_session(place);
        self.devices[place].session = Some(session);
        self.send_down(place, challenge);
    }

    fn send_down(&mut self, place: usize, frame: Vec<u8>) {
        let device = &mut self.devices[place];
        let arrives_us = device.down.carry(self.now_us, &self.scenario.network, &mut device.network);
        self.send(place, arrives_us, |place, link| Happening::ToImp(place, link, frame));
    }

    fn send_up(&mut self, place: usize, frame: Vec<u8>) {
        let device = &mut self.devices[place];
        let arrives_us = device.up.carry(self.now_us, &self.scenario.network, &mut device.network);
        self.send(place, arrives_us, |place, link| Happening::ToCloud(place, link, frame));
    }

    fn send(&mut self, place: usize, arrives_us: Option<i64>, arrival: impl FnOnce(usize, u32) -> Happening) {
        if !self.devices[place].is_linked {
            return;
        }
        let link = self.devices[place].link;
        if let Some(arrives_us) = arrives_us {
            self.plan(arrives_us, arrival(place, link));
        } else {
            self.count(place, |counters| &mut counters.losses);
            self.break_link(place);
        }
    }

    // The imp.

    /// Plans when the imp is looked at: at this time, unless that is planned earlier.
    fn plan_imp(&mut self, place: usize, at_us: i64) {
        let device = &mut self.devices[place];
        if device.imp_us.is_none_or(|planned_us| at_us < planned_us) {
            device.imp_us = Some(at_us);
            self.plan(at_us, Happening::Imp(place));
        }
    }

    fn run_imp(&mut self, place: usize) {
        for _ in 0..SLICES {
            let device = &mut self.devices[place];
            let shown_us = device.clock.shows(self.now_us);
            let Some(imp) = &mut device.imp else { return };
            let turn = imp.run(shown_us, FUEL);
            let outputs = imp.take_outputs();
            self.tell_changes(place);
            let is_quiet = outputs.is_empty();
            for output in outputs {
                self.do_for_imp(place, output);
            }
            if !turn.more && is_quiet {
                if let Some(wake_us) = turn.wake_us {
                    let at_us = self.devices[place].clock.when(wake_us).max(self.now_us);
                    self.plan_imp(place, at_us);
                }
                return;
            }
        }
        self.plan_imp(place, self.now_us + BUSY_US);
    }

    fn do_for_imp(&mut self, place: usize, output: Output) {
        let device = &mut self.devices[place];
        match output {
            Output::Open if device.is_networked => {
                device.link += 1;
                device.is_linked = true;
                (device.up, device.down) = (Wire::default(), Wire::default());
                let (least, most) = self.scenario.network.delay_ms;
                let delay_us = device.network.between((least * 2000, most * 2000));
                let link = device.link;
                self.plan(self.now_us + delay_us, Happening::Opened(place, link));
            }
            Output::Open => {
                let shown_us = device.clock.shows(self.now_us);
                if let Some(imp) = &mut device.imp {
                    imp.closed(shown_us);
                }
            }
            // What was sent before arrives still: the cloud ends when it reads the close, or after a silence.
            Output::Close => {
                if std::mem::take(&mut device.is_linked) {
                    let link = device.link;
                    self.plan(self.now_us + i64::from(HEARTBEAT_S) * S, Happening::Dead(place, link));
                }
            }
            Output::Send(frame) => self.send_up(place, frame),
            Output::Keep(stored) => device.kept = *stored,
            Output::KeepFlash(changes) => {
                for (sector, bytes) in changes {
                    match bytes {
                        Some(bytes) => device.flash.insert(sector, bytes),
                        None => device.flash.remove(&sector),
                    };
                }
            }
            Output::Says { .. } | Output::Refused(_) => {}
            Output::FactoryBlinkUp => self.factory_blink_up(place),
        }
    }

    // The board.

    /// Does something to the boards of a fleet.
    fn input(&mut self, fleet: usize, input: usize) {
        let declared = &self.scenario.fleet[fleet].input[input];
        let most = declared.imps.and_then(|imps| usize::try_from(imps).ok()).unwrap_or(usize::MAX);
        let fleets = self.devices.iter().enumerate().filter(|(_, device)| device.fleet == fleet).take(most);
        let chance = &mut self.inputs;
        let mut is_drawn = |_: &usize| declared.share.is_none_or(|share| chance.happens(share));
        let places: Vec<usize> = fleets.map(|(place, _)| place).filter(|place| is_drawn(place)).collect();
        self.last_input += 1;
        let number = self.last_input;
        for &place in &places {
            for (&pin, &applied) in &declared.pins {
                self.set_pin(place, pin, Some(applied.into()), &applied.to_string());
                self.devices[place].set_by.insert(pin.name().to_owned(), number);
            }
            for (name, &value) in &declared.signals {
                self.set_signal(place, name, Some(value), &value.to_string());
                self.devices[place].set_by.insert(name.clone(), number);
            }
            for (&bus, bytes) in &declared.uarts {
                self.tell_input(place, bus.name(), &format!("\"{}\"", bytes.as_bytes().escape_ascii()));
                let device = &mut self.devices[place];
                let shown_us = device.clock.shows(self.now_us);
                if let Some(imp) = &mut device.imp {
                    imp.inject_uart(shown_us, bus, bytes.as_bytes());
                }
            }
            self.leave_to_board(place, &declared.leave);
        }
        if let Some(every) = declared.every {
            self.plan(self.now_us + every.us, Happening::Input(fleet, input));
        }
        if let Some(lasts) = declared.lasts {
            self.plan(self.now_us + lasts.us, Happening::InputOver(fleet, input, number, places));
        }
    }

    fn leave_to_board(&mut self, place: usize, names: &[String]) {
        for name in names {
            self.devices[place].set_by.remove(name);
            match Pin::named(name) {
                Some(pin) => self.set_pin(place, pin, None, "left to the board"),
                None => self.set_signal(place, name, None, "left to the board"),
            }
        }
        self.run_imp(place);
    }

    fn set_pin(&mut self, place: usize, pin: Pin, input: Option<board::Input>, text: &str) {
        self.tell_input(place, pin.name(), text);
        let device = &mut self.devices[place];
        match input {
            Some(input) => device.pins.insert(pin, input),
            None => device.pins.remove(&pin),
        };
        let shown_us = device.clock.shows(self.now_us);
        if let Some(imp) = &mut device.imp {
            imp.set_input(shown_us, pin, input);
        }
    }

    fn set_signal(&mut self, place: usize, name: &str, value: Option<f64>, text: &str) {
        self.tell_input(place, name, text);
        let device = &mut self.devices[place];
        match value {
            Some(value) => device.signals.insert(name.to_owned(), value),
            None => device.signals.remove(name),
        };
        let shown_us = device.clock.shows(self.now_us);
        if let Some(imp) = &mut device.imp {
            imp.set_signal(shown_us, name, value).expect("the board was asked for it");
        }
    }

    fn tell_input(&mut self, place: usize, name: &str, text: &str) {
        self.count(place, |counters| &mut counters.inputs);
        self.log(place, "input", format!("{name} {text}").into_bytes());
    }

    /// Enters in the log what an imp did to watched outputs.
    fn tell_changes(&mut self, place: usize) {
        let watch = &self.scenario.fleet[self.devices[place].fleet].watch;
        if watch.is_empty() {
            return;
        }
        let changes = self.devices[place].imp.as_mut().map(Imp::take_changes).unwrap_or_default();
        for (_, change) in changes {
            let Told { name, text, is_state, counter, count } = outputs::tell(&change);
            if !outputs::is_watched(watch, &name) {
                continue;
            }
            let seen = &mut self.devices[place].seen;
            if is_state && seen.get(&name) == Some(&text) {
                continue;
            }
            self.count_many(place, counter, count);
            self.log(place, "output", format!("{name} {text}").into_bytes());
            if is_state {
                self.devices[place].seen.insert(name, text);
            }
        }
    }

    /// A factory fixture configures the first imp that is blank.
    fn factory_blink_up(&mut self, fixture: usize) {
        self.log(fixture, "status", b"Factory BlinkUp".to_vec());
        let (now_us, id) = (self.now_us, self.devices[fixture].id);
        let is_blank = |device: &Device| device.id != id && device.imp.as_ref().is_some_and(Imp::is_blank);
        let Some(place) = self.devices.iter().position(is_blank) else { return };
        let shown_us = self.devices[place].clock.shows(now_us);
        imp::factory_blink_up(shown_us, id, self.devices[place].imp.as_mut());
        self.run_imp(place);
    }

    fn reach_imp(&mut self, place: usize, link: u32, frame: &[u8]) {
        let device = &mut self.devices[place];
        let shown_us = device.clock.shows(self.now_us);
        if device.link != link || !device.is_linked {
            return;
        }
        if let Some(imp) = &mut device.imp {
            imp.receive(shown_us, frame);
            self.run_imp(place);
        }
    }

    // The cloud.

    fn reach_cloud(&mut self, place: usize, link: u32, frame: &[u8]) {
        let device = &mut self.devices[place];
        if device.link != link {
            return;
        }
        let Some(session) = &mut device.session else { return };
        let program = &self.running[device.fleet].device;
        let program = (!program.source.is_empty()).then_some(program);
        let mut out = Vec::new();
        let heard = session.hear(frame, &device.secret, program, &mut out);
        for frame in out {
            self.send_down(place, frame);
        }
        match heard {
            Heard::Connected => {
                self.count(place, |counters| &mut counters.connections);
                self.log(place, "status", b"Device connected".to_vec());
                self.tell_agent(place, Event::Connected { ip_address: Some("192.0.2.1".to_owned()) });
            }
            Heard::Message(message) => {
                self.count(place, |counters| &mut counters.messages_up);
                self.tell_agent(place, Event::Message { name: message.name, data: message.value });
            }
            Heard::Log { error, text } => {
                self.log(place, if error { "server.error" } else { "server.log" }, text);
            }
            Heard::Status(text) => self.log(place, "status", text.into_bytes()),
            Heard::ExitCode(text) => self.log(place, "lastexitcode", text.into_bytes()),
            Heard::Sleep(text) => self.log(place, "server.sleep", text.into_bytes()),
            Heard::Started => self.count(place, |counters| &mut counters.starts),
            Heard::Left => self.end_session(place),
            Heard::Nothing => {}
        }
    }

    fn end_session(&mut self, place: usize) {
        if self.devices[place].session.take().is_some_and(|session| session.was_open()) {
            self.count(place, |counters| &mut counters.disconnections);
            self.log(place, "status", b"Device disconnected".to_vec());
            self.tell_agent(place, Event::Disconnected);
        }
    }

    fn deploy(&mut self, fleet: usize, deploy: usize) {
        let declared = &self.scenario.fleet[fleet];
        let planned = &declared.deploy[deploy];
        let before = declared.deploy[..deploy].iter().rev();
        let last = |of: fn(&crate::scenario::Deploy) -> Option<&PathBuf>, first: Option<&PathBuf>| {
            of(planned).or_else(|| before.clone().find_map(of)).or(first).cloned()
        };
        let agent = last(|deploy| deploy.agent.as_ref(), declared.agent.as_ref());
        let device = last(|deploy| deploy.device.as_ref(), declared.device.as_ref());
        self.running[fleet] = self.running(declared, agent.as_ref(), device.as_ref());
        for place in 0..self.devices.len() {
            if self.devices[place].fleet != fleet {
                continue;
            }
            self.start_agent(place);
            let program = &self.running[fleet].device;
            let program = (!program.source.is_empty()).then_some(program);
            let mut out = Vec::new();
            if self.devices[place].session.as_ref().is_some_and(Session::is_open) {
                Session::offer(program, &mut out);
            }
            for frame in out {
                self.send_down(place, frame);
            }
        }
    }

    // Agents.

    fn start_agent(&mut self, place: usize) {
        let seed = Chance::new(self.seed, PROGRAMS, u64::try_from(place).unwrap_or(0) * 2 + 1).next();
        let device = &mut self.devices[place];
        device.life += 1;
        device.agent = None;
        device.agent_us = None;
        let programs = match &self.running[device.fleet].agent {
            Ok(programs) => programs,
            Err(error) => {
                let text = format!("ERROR: the agent code does not compile: {error}").into_bytes();
                return self.log(place, "agent.error", text);
            }
        };
        let surroundings = Surroundings {
            device_id: device.name.clone(),
            agent_url: format!("{AGENTS}/{}", device.agent_id),
            is_connected: device.session.as_ref().is_some_and(Session::is_open),
            ip_address: None,
            saved: device.saved.clone(),
            config: Vec::new(),
            seed: seed ^ u64::from(device.life),
        };
        let Ok(agent) = Agent::new(&self.image, programs, limits(), surroundings, self.now_us) else { return };
        device.agent = Some(AgentLife { agent, since_us: self.now_us, asked: HashMap::new() });
        self.count(place, |counters| &mut counters.agent_starts);
        self.log(place, "status", b"Agent restarted: reload.".to_vec());
        self.run_agent(place);
    }

    fn tell_agent(&mut self, place: usize, event: Event) {
        if let Some(life) = &mut self.devices[place].agent {
            life.agent.tell(self.now_us, event);
            self.plan_agent(place, self.now_us);
        }
    }

    fn plan_agent(&mut self, place: usize, at_us: i64) {
        let device = &mut self.devices[place];
        if device.agent_us.is_none_or(|planned_us| at_us < planned_us) {
            device.agent_us = Some(at_us);
            self.plan(at_us, Happening::Agent(place));
        }
    }

    fn run_agent(&mut self, place: usize) {
        for _ in 0..SLICES {
            let Some(life) = &mut self.devices[place].agent else { return };
            let progress = life.agent.run(self.now_us, FUEL);
            let effects = life.agent.take_effects();
            for effect in effects {
                self.do_for_agent(place, effect);
            }
            match progress {
                Progress::More => {}
                Progress::Idle { wake_us } => {
                    // An effect may have been answered already.
                    let is_idle = self.devices[place]
                        .agent
                        .as_ref()
                        .is_none_or(|life| life.agent.is_idle() || life.agent.waits());
                    if !is_idle {
                        continue;
                    }
                    if let Some(wake_us) = wake_us {
                        self.plan_agent(place, wake_us.max(self.now_us));
                    }
                    return;
                }
                Progress::Ended(end) => return self.agent_ended(place, end),
            }
        }
        self.plan_agent(place, self.now_us + BUSY_US);
    }

    fn agent_ended(&mut self, place: usize, end: platform::End) {
        let Some(life) = self.devices[place].agent.take() else { return };
        for asker in life.asked.into_values() {
            let status = if matches!(end, platform::End::Failed { .. }) { 500 } else { 503 };
            self.respond(asker, HttpResponse { status, ..HttpResponse::default() });
        }
        let device = &mut self.devices[place];
        device.agent_us = None;
        let is_crash = end != platform::End::Restart && self.now_us - life.since_us < LONG_ENOUGH_US;
        device.failures = if is_crash { device.failures + 1 } else { 0 };
        let wait_us = if is_crash { (S << (device.failures - 1).min(6)).min(LONGEST_WAIT_US) } else { 0 };
        self.plan(self.now_us + wait_us, Happening::AgentStart(place));
    }

    fn do_for_agent(&mut self, place: usize, effect: Effect) {
        match effect {
            Effect::Log { error, text } => self.log(place, if error { "agent.error" } else { "agent.log" }, text),
            Effect::Limit { text } => {
                let (now_us, said) = (self.now_us, &mut self.devices[place].said_limits);
                if said.get(text).is_none_or(|said_us| now_us - said_us >= 60 * S) {
                    said.insert(text, now_us);
                    self.log(place, "agent.error", format!("ERROR: {text}").into_bytes());
                }
            }
            Effect::Send { name, data } => {
                let session = self.devices[place].session.as_mut().filter(|session| session.is_open());
                match session.and_then(|session| session.message(name, data)) {
                    Some(frame) => {
                        self.count(place, |counters| &mut counters.messages_down);
                        self.send_down(place, frame);
                    }
                    None => self.count(place, |counters| &mut counters.messages_lost),
                }
            }
            Effect::Save { data } => {
                let device = &mut self.devices[place];
                device.saved = Some(data);
                if let Some(life) = &mut device.agent {
                    life.agent.saved();
                }
            }
            Effect::Request { id, request, timeout_us, .. } => self.request(place, id, &request, timeout_us),
            Effect::Respond { id, response } => {
                let life = self.devices[place].agent.as_mut();
                if let Some(asker) = life.and_then(|life| life.asked.remove(&id)) {
                    self.respond(asker, response);
                }
            }
            Effect::Upload { id, bytes } => self.tell_agent(place, Event::Uploaded { id, bytes: bytes.len() }),
            // There are no brokers.
            Effect::Mqtt { link, order: MqttOrder::Connect(_) } => {
                let event = MqttEvent::Connected(platform::mqtt_code::FAILED);
                self.tell_agent(place, Event::Mqtt { link, event });
            }
            Effect::Mqtt { .. } | Effect::UploadEnd { .. } | Effect::Cancel { .. } | Effect::Imp(_) => {}
        }
    }

    /// An agent asks a server, or another agent.
    fn request(&mut self, place: usize, id: u32, request: &HttpRequest, timeout_us: Option<i64>) {
        self.count(place, |counters| &mut counters.requests);
        let url = String::from_utf8_lossy(&request.url).into_owned();
        let life = self.devices[place].life;
        if let Some(rest) = url.strip_prefix(AGENTS).and_then(|rest| rest.strip_prefix('/')) {
            let asker = Asker::Agent(place, life, id);
            return self.ask(rest, &request.method, &request.body, asker);
        }
        let server = self.scenario.server.iter().find(|server| url.starts_with(&server.url));
        let (mut answer, mut wait_us) = (HttpAnswer { status: curl::NOT_RESOLVED, ..HttpAnswer::default() }, 1000);
        if let Some(server) = server {
            let (least, most) = server.delay_ms;
            wait_us = self.servers.between((least * 1000, most * 1000));
            let headers =
                server.headers.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
            answer = if self.servers.happens(server.fails) {
                HttpAnswer { status: curl::NO_ANSWER, ..HttpAnswer::default() }
            } else {
                HttpAnswer { status: server.status, headers: headers.collect(), body: server.body.clone().into_bytes() }
            };
        }
        if let Some(timeout_us) = timeout_us.filter(|timeout_us| *timeout_us < wait_us) {
            wait_us = timeout_us;
            answer = HttpAnswer { status: curl::TIMED_OUT, ..HttpAnswer::default() };
        }
        self.plan(self.now_us + wait_us, Happening::Answer(place, life, id, answer));
    }

    /// Hands a request to the agent whose id a path begins with.
    fn ask(&mut self, path: &str, method: &[u8], body: &[u8], asker: Asker) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let (agent_id, path) = path.split_once('/').unwrap_or((path, ""));
        let asked = self.by_agent.get(agent_id).copied();
        let life = asked.and_then(|asked| self.devices[asked].agent.as_mut());
        let (Some(asked), Some(life)) = (asked, life) else {
            return self.respond(asker, HttpResponse { status: 404, ..HttpResponse::default() });
        };
        let id = life.agent.number_request();
        life.asked.insert(id, asker);
        let request = Inbound {
            method: method.to_vec(),
            path: format!("/{path}").into_bytes(),
            query: query.as_bytes().to_vec(),
            headers: Vec::new(),
            body: body.to_vec(),
        };
        self.tell_agent(asked, Event::Request { id, request });
    }

    fn respond(&mut self, asker: Asker, response: HttpResponse) {
        match asker {
            Asker::Visit => {
                if response.status < 400 {
                    // Of the whole fleet: who was visited does not matter.
                    self.total.visits_answered += 1;
                    let step = self.step();
                    if let Some(counters) = self.over_time.get_mut(step) {
                        counters.visits_answered += 1;
                    }
                }
            }
            Asker::Agent(place, life, id) => {
                let HttpResponse { status, headers, body } = response;
                let answer = HttpAnswer { status: status.into(), headers, body };
                self.plan(self.now_us + 1000, Happening::Answer(place, life, id, answer));
            }
        }
    }

    fn visit(&mut self, visit: usize) {
        let declared = &self.scenario.visit[visit];
        let fleet = self.scenario.fleet.iter().position(|fleet| fleet.name == declared.fleet);
        for place in 0..self.devices.len() {
            if Some(self.devices[place].fleet) == fleet {
                self.count(place, |counters| &mut counters.visits);
                let path = format!("{}{}", self.devices[place].agent_id, declared.path);
                self.ask(&path, declared.method.as_bytes(), declared.body.as_bytes(), Asker::Visit);
            }
        }
        if let Some(every) = declared.every {
            self.plan(self.now_us + every.us, Happening::Visit(visit));
        }
    }

    fn report(self) -> Report {
        let names = self.scenario.fleet.iter().map(|fleet| fleet.name.clone());
        let mut digest = String::new();
        for byte in self.digest.finalize() {
            let _ = write!(digest, "{byte:02x}");
        }
        let is_connected = |device: &&Device| device.imp.as_ref().is_some_and(Imp::is_connected);
        Report {
            seed: self.seed,
            duration_s: self.scenario.duration.us / S,
            devices: self.devices.len(),
            connected: self.devices.iter().filter(is_connected).count(),
            digest,
            total: self.total,
            fleets: names.zip(self.fleets).collect(),
            step_s: self.step_us / S,
            over_time: self.over_time,
        }
    }
}

fn limits() -> Limits {
    Limits { heap_bytes: HEAP_BYTES, ..Limits::default() }
}

/// What programs of a fleet find around them.
fn environment(fleet: &Fleet) -> Value {
    let key = |name: &str| Key::String(name.as_bytes().into());
    let text = |text: &str| Value::string(text);
    let product = [
        (key("PRODUCT_NAME"), text("simulated")),
        (key("DEVICEGROUP_NAME"), text(&fleet.name)),
        (key("DEVICEGROUP_TYPE"), text("development")),
    ];
    let mut parts = vec![(key("__EI"), Value::Table(product.into()))];
    if !fleet.variables.is_empty() {
        let variables = fleet.variables.iter().filter_map(|(name, value)| {
            let value = match value {
                toml::Value::String(string) => text(string),
                toml::Value::Integer(integer) => Value::Int(i32::try_from(*integer).ok()?),
                #[expect(clippy::cast_possible_truncation, reason = "Squirrel's floats have 32 bits")]
                toml::Value::Float(float) => Value::Float(impstead_device_protocol::Float::from(*float as f32)),
                _ => return None,
            };
            Some((key(name), value))
        });
        parts.push((key("__VARS"), Value::Table(variables.collect())));
    }
    Value::Table(parts.into())
}
