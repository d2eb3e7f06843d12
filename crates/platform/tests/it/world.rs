//! A small world for one agent, in simulated time: what it wants done is done at once. Whenever the agent is at rest it is
//! written and read back, so that every test shows that programs cannot tell.

use impstead_device_protocol::Value as Data;
use platform::{
    Agent, Effect, End, Event, HttpAnswer, HttpRequest, HttpResponse, MqttEvent, MqttOrder, Progress, Surroundings,
    agent_image,
};
use squirrel::{Image, Limits, Program};

/// When the world begins: Unix time in microseconds.
pub const BEGINNING_US: i64 = 1_764_115_200_000_000;

/// Instructions of a slice: few, so that calls are cut in many places.
const FUEL: u32 = 500;

/// Slices that a test may take.
const MOST_SLICES: u32 = 100_000;

pub struct World {
    pub agent: Agent,
    image: Image,
    programs: Vec<Program>,
    limits: Limits,
    /// As they are now.
    surroundings: Surroundings,
    pub now_us: i64,
    /// What it logged, errors with `!` in front.
    pub log: Vec<String>,
    /// Messages to the device.
    pub sent: Vec<(String, Data)>,
    /// Answers to requests to the agent.
    pub responses: Vec<(u32, HttpResponse)>,
    /// Requests that it made.
    pub requests: Vec<HttpRequest>,
    /// Requests that are still open, with their numbers.
    pub open: Vec<(u32, HttpRequest)>,
    /// Pieces of bodies that it sent; none is an end.
    pub uploads: Vec<Option<Vec<u8>>>,
    /// What it wanted of its MQTT connections.
    pub orders: Vec<MqttOrder>,
    /// The number of the last of these.
    pub link: u32,
    /// What it saved last.
    pub saved: Option<Data>,
    pub end: Option<End>,
}

pub fn image() -> Image {
    agent_image(1)
}

pub fn surroundings() -> Surroundings {
    Surroundings {
        device_id: "5000d8c46a56cfca".into(),
        agent_url: "http://agents.example:4001/dr6l8pJicqAQ".into(),
        is_connected: true,
        ip_address: Some("192.0.2.7".into()),
        saved: None,
        config: Vec::new(),
        seed: 1,
    }
}

impl World {
    pub fn new(source: &str) -> World {
        World::with(source, surroundings(), Limits { heap_bytes: 1 << 20, ..Limits::default() })
    }

    pub fn with(source: &str, surroundings: Surroundings, limits: Limits) -> World {
        let image = image();
        let program = Program::compile(&image, source.as_bytes(), b"agent_code").expect("it compiles");
        let programs = vec![program];
        let saved = surroundings.saved.clone();
        let agent = Agent::new(&image, &programs, limits, surroundings.clone(), BEGINNING_US).expect("it fits");
        World {
            agent,
            image,
            programs,
            limits,
            surroundings,
            now_us: BEGINNING_US,
            log: Vec::new(),
            sent: Vec::new(),
            responses: Vec::new(),
            requests: Vec::new(),
            open: Vec::new(),
            uploads: Vec::new(),
            orders: Vec::new(),
            link: 0,
            saved,
            end: None,
        }
    }

    /// Runs until the agent waits for something that is not time, or for more than so many seconds.
    pub fn run_for(&mut self, seconds: i64) -> &mut World {
        let until_us = self.now_us + seconds * 1_000_000;
        for _ in 0..MOST_SLICES {
            let progress = self.agent.run(self.now_us, FUEL);
            self.look();
            match progress {
                Progress::More => {}
                Progress::Idle { wake_us: Some(wake_us) } if wake_us <= self.now_us => {}
                Progress::Idle { wake_us: Some(wake_us) } if wake_us <= until_us => self.now_us = wake_us,
                Progress::Idle { .. } => {
                    // What was wanted last may have been granted already.
                    if self.agent.run(self.now_us, FUEL) == progress {
                        if self.agent.is_at_rest() {
                            self.sleep_and_wake();
                        }
                        return self;
                    }
                }
                Progress::Ended(end) => {
                    self.end = Some(end);
                    return self;
                }
            }
        }
        panic!("it does not come to rest: {:?}", self.log);
    }

    /// Runs until nothing is left to do for now.
    pub fn run(&mut self) -> &mut World {
        self.run_for(0)
    }

    /// Writes the agent and reads it back.
    pub fn sleep_and_wake(&mut self) {
        let snapshot = self.agent.snapshot().expect("it has not ended");
        let surroundings = Surroundings { saved: self.saved.clone(), ..self.surroundings.clone() };
        let agent = Agent::restore(&self.image, &self.programs, &snapshot, self.limits, surroundings, self.now_us);
        self.agent = agent.expect("it was written so");
    }

    /// Writes the agent, which is woken when its device has come or gone.
    pub fn sleep_while_device_goes(&mut self, is_connected: bool) -> &mut World {
        self.surroundings.is_connected = is_connected;
        self.sleep_and_wake();
        self.run()
    }

    pub fn tell(&mut self, event: Event) -> &mut World {
        match &event {
            Event::Connected { ip_address } => {
                self.surroundings.is_connected = true;
                self.surroundings.ip_address.clone_from(ip_address);
            }
            Event::Disconnected => self.surroundings.is_connected = false,
            _ => {}
        }
        assert!(self.agent.tell(self.now_us, event));
        self.run()
    }

    pub fn answer(&mut self, answer: HttpAnswer) -> &mut World {
        let (id, _) = self.open.remove(0);
        self.tell(Event::Answer { id, answer })
    }

    /// Tells it something of its MQTT connection.
    pub fn mqtt(&mut self, event: MqttEvent) -> &mut World {
        let link = self.link;
        self.tell(Event::Mqtt { link, event })
    }

    /// Gives it the message `go` of its device.
    pub fn go(&mut self) -> &mut World {
        self.tell(Event::Message { name: b"go".to_vec(), data: Data::Null })
    }

    fn look(&mut self) {
        for effect in self.agent.take_effects() {
            match effect {
                Effect::Log { error, text } => {
                    let text = String::from_utf8_lossy(&text).into_owned();
                    self.log.push(if error { format!("!{text}") } else { text });
                }
                Effect::Limit { text } => {
                    let line = format!("!limit: {text}");
                    if !self.log.contains(&line) {
                        self.log.push(line);
                    }
                }
                Effect::Send { name, data } => self.sent.push((String::from_utf8(name).unwrap(), data)),
                Effect::Respond { id, response } => self.responses.push((id, response)),
                Effect::Request { id, request, .. } => {
                    self.requests.push(request.clone());
                    self.open.push((id, request));
                }
                Effect::Upload { bytes, .. } => self.uploads.push(Some(bytes)),
                Effect::UploadEnd { .. } => self.uploads.push(None),
                Effect::Mqtt { link, order } => {
                    self.link = link;
                    self.orders.push(order);
                }
                Effect::Cancel { id } => self.open.retain(|(open, _)| *open != id),
                Effect::Imp(order) => panic!("{order:?} of an agent"),
                Effect::Save { data } => {
                    self.saved = Some(data);
                    self.agent.saved();
                }
            }
        }
    }
}

/// The log of a program that runs for an hour.
pub fn log_of(source: &str) -> Vec<String> {
    World::new(source).run_for(3600).log.clone()
}

/// Runs the program of an imp until it waits for something that is not time, or for a time after `until_us`, and hands over what it
/// wants done. Returns how it ended, if it did.
pub fn run_imp(
    imp: &mut Agent,
    now_us: &mut i64,
    until_us: i64,
    fuel: u32,
    mut take: impl FnMut(Effect),
) -> Option<End> {
    for _ in 0..MOST_SLICES {
        let progress = imp.run(*now_us, fuel);
        imp.take_effects().into_iter().for_each(&mut take);
        match progress {
            Progress::Idle { wake_us: Some(wake_us) } if wake_us <= until_us => *now_us = (*now_us).max(wake_us),
            Progress::Idle { .. } => {
                *now_us = until_us;
                return None;
            }
            Progress::More => {}
            Progress::Ended(end) => return Some(end),
        }
    }
    panic!("it does not come to rest");
}
