//! What programs of imps find, and how they come to rest, sleep and go on.

use crate::world::{BEGINNING_US, run_imp};
use impstead_device_protocol::{Key, Value as Data};
use platform::{
    Agent, Effect, End, Event, ImpEvent, ImpFacts, ImpOrder, Network, OnError, Sleep, Surroundings, imp_image,
};
use squirrel::{Image, Limits, Program};

/// A small world for one imp, in simulated time.
struct World {
    image: Image,
    imp: Agent,
    now_us: i64,
    /// Lines and messages that were sent, errors with `!` in front, and orders.
    done: Vec<String>,
    end: Option<End>,
}

fn facts() -> ImpFacts {
    ImpFacts {
        imp_type: "imp004m".into(),
        mac_address: "0c2a69000001".into(),
        wake_reason: 0,
        software_version: "3fd20aa - release-42.15 - Tue Jan 13 09:00:00 2026 - production".into(),
        network: Network {
            ssid: "greenhouse".into(),
            bssid: "02:00:00:00:00:01".into(),
            channel: 6,
            rssi: -50,
            address: "192.168.1.20".into(),
        },
        user_configuration: None,
    }
}

impl World {
    fn new(source: &str, is_connected: bool) -> World {
        World::with(source, is_connected, None)
    }

    fn with(source: &str, is_connected: bool, nv: Option<&Data>) -> World {
        let image = imp_image(1);
        let program = Program::compile(&image, source.as_bytes(), b"device_code").expect("it compiles");
        let surroundings = Surroundings {
            device_id: "50000c2a69000001".into(),
            agent_url: String::new(),
            is_connected,
            ip_address: None,
            saved: None,
            config: Vec::new(),
            seed: 1,
        };
        let limits = Limits { heap_bytes: 1 << 20, ..Limits::default() };
        let imp = Agent::of_imp(&image, &[program], limits, surroundings, facts(), nv, BEGINNING_US).expect("it fits");
        let mut world = World { image, imp, now_us: BEGINNING_US, done: Vec::new(), end: None };
        world.run_for(0);
        world
    }

    fn run_for(&mut self, seconds: i64) -> &mut World {
        let until_us = self.now_us + seconds * 1_000_000;
        let done = &mut self.done;
        let end = run_imp(&mut self.imp, &mut self.now_us, until_us, 500, |effect| {
            done.push(match effect {
                Effect::Log { error, text } => {
                    format!("{}{}", if error { "!" } else { "" }, String::from_utf8(text).unwrap())
                }
                Effect::Send { name, data } => format!("{} {data:?}", String::from_utf8(name).unwrap()),
                other => format!("{other:?}"),
            });
        });
        self.end = self.end.or(end);
        self
    }

    fn tell(&mut self, event: Event) -> &mut World {
        assert!(self.imp.tell(self.now_us, event));
        self.run_for(0)
    }

    fn link(&mut self, is_connected: bool) -> &mut World {
        self.tell(Event::Imp(ImpEvent::Link(is_connected)))
    }

    fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.done)
    }
}

fn connect(seconds: i64) -> String {
    format!("{:?}", Effect::Imp(ImpOrder::Connect { timeout_us: seconds * 1_000_000 }))
}

#[test]
fn programs_find_what_imps_have() {
    let source = r#"
        local root = getroottable();
        foreach (name in ["server", "agent", "imp", "crypto", "http", "device", "mqtt", "timer", "nv"])
            server.log(name + " " + (name in root));
        server.log(imp.environment() == ENVIRONMENT_MODULE);
        server.log(imp.info().type + " " + imp.getmacaddress() + " " + imp.configparams.deviceid);
        server.log(split(imp.getsoftwareversion(), "-")[2]);
        server.log(imp.getrssi() + " " + imp.getssid() + " " + imp.scanwifinetworks()[0].ssid);
        local net = imp.net.info();
        server.log(net.interface[net.active].connectedssid + " " + net.ipv4.address);
        server.error("bad");
        local port = OutputPort("led"); port.set(1);
        imp.setuserconfiguration("kept"); server.log(imp.getuserconfiguration().tostring());
    "#;
    let mut world = World::new(source, true);
    assert_eq!(
        world.take(),
        [
            "server true",
            "agent true",
            "imp true",
            "crypto true",
            "http false",
            "device false",
            "mqtt false",
            "timer false",
            "nv false",
            "true",
            "imp004m 0c2a69000001 50000c2a69000001",
            "42.15 ",
            "-50 greenhouse greenhouse",
            "greenhouse 192.168.1.20",
            "!ERROR: bad",
            "Imp(KeepUserConfiguration(Some([107, 101, 112, 116])))",
            "kept",
        ]
    );
}

#[test]
fn messages_go_both_ways() {
    let source = r#"
        agent.on("set", function(value) { server.log(agent.send("got", value)) });
        agent.on("off", null);
    "#;
    let mut world = World::new(source, true);
    world.tell(Event::Message { name: b"set".to_vec(), data: Data::Int(5) });
    world.tell(Event::Message { name: b"off".to_vec(), data: Data::Null });
    assert_eq!(world.take(), ["got Int(5)", "0", "!ERROR: no handler for device.send(\"off\")"]);
}

#[test]
fn without_a_connection_sending_suspends_and_goes_on() {
    let mut world = World::new(r#"server.log("a"); server.log("b"); server.log(server.isconnected())"#, false);
    assert_eq!(world.take(), [connect(60)]);
    assert!(world.imp.is_suspended());
    assert_eq!(world.link(true).take(), ["a", "b", "true"]);
    assert!(!world.imp.is_suspended());
}

#[test]
fn or_returns_if_the_program_wants_that() {
    let source = r#"
        server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 5);
        local code = server.log("lost");
        server.onunexpecteddisconnect(@(reason) server.connect(@(reason) agent.send("back", reason), 20));
        server.connect(@(reason) agent.send("connected", [code, reason, server.isconnected()]));
    "#;
    let mut world = World::new(source, false);
    assert_eq!(world.imp.send_policy().on_error, OnError::Return);
    assert_eq!(world.take(), [connect(60)]);
    world.link(true).tell(Event::Imp(ImpEvent::ConnectEnded(5)));
    assert_eq!(world.take(), ["connected Array([Int(1), Int(5), Bool(true)])"]);
    world.link(false).tell(Event::Imp(ImpEvent::Lost(4)));
    assert_eq!(world.take(), [connect(20)]);
    world.link(true).tell(Event::Imp(ImpEvent::ConnectEnded(5)));
    assert_eq!(world.take(), ["back Int(5)"]);
}

#[test]
fn acknowledgements_can_be_waited_for() {
    let source = r#"
        server.setsendtimeoutpolicy(SUSPEND_ON_ERROR, WAIT_FOR_ACK, 5);
        local first = server.log("a");
        server.setsendtimeoutpolicy(SUSPEND_ON_ERROR, WAIT_TIL_SENT, 5);
        server.log(first);
    "#;
    let mut world = World::new(source, true);
    assert_eq!(world.take(), ["a"]);
    assert_eq!(world.tell(Event::Imp(ImpEvent::Sent(2))).take(), ["2"]);
    let mut world = World::new(source, true);
    world.take();
    assert_eq!(world.link(false).take(), [connect(60)]);
    assert_eq!(world.link(true).take(), ["3"]);
}

#[test]
fn a_connection_can_be_dropped_and_made() {
    let source = "server.disconnect(); server.connect(); server.log(server.isconnected() + \" \" + server.flush(1))";
    let mut world = World::new(source, true);
    assert_eq!(world.take(), ["Imp(Disconnect)".to_owned(), connect(60)]);
    world.link(true).tell(Event::Imp(ImpEvent::ConnectEnded(5)));
    assert_eq!(world.take(), ["true 0"]);
}

#[test]
fn idle_is_called_once_when_nothing_is_left() {
    let source = r#"
        imp.onidle(function() { server.log("idle"); imp.wakeup(1, @() server.log("later")) });
        imp.wakeup(0, @() server.log("soon"));
        server.log("top");
    "#;
    let mut world = World::new(source, true);
    assert_eq!(world.run_for(5).take(), ["top", "soon", "idle", "later"]);
}

#[test]
fn sleep_ends_the_run_and_nv_outlives_it() {
    let source = r#"
        if (!("nv" in getroottable())) nv <- { count = 0 };
        nv.count++;
        server.log(nv.count);
        imp.onidle(@() server.sleepfor(60));
    "#;
    let mut world = World::new(source, true);
    assert_eq!(world.end, Some(End::Sleep(Sleep { us: 60_000_000, is_announced: true })));
    let nv = world.imp.nv();
    assert_eq!(nv, Some(Data::Table([(Key::String(b"count".as_slice().into()), Data::Int(1))].into())));
    assert_eq!(World::with(source, true, nv.as_ref()).take(), ["2"]);
    assert_eq!(world.take(), ["1"]);

    let until = |source: &str| World::new(source, true).end;
    let sleep = |seconds: i64| Some(End::Sleep(Sleep { us: seconds * 1_000_000, is_announced: false }));
    assert_eq!(until("imp.deepsleepfor(10)"), sleep(10));
    // It is midnight, on a Wednesday.
    assert_eq!(until("imp.deepsleepuntil(1, 30)"), sleep(5400));
    assert_eq!(until("imp.deepsleepuntil(0, 0, 10, 4)"), sleep(86_410));
    assert_eq!(until("imp.reset()"), Some(End::Reset));
    assert_eq!(until("server.restart()"), Some(End::Restart));
    assert_eq!(until("server.sleepfor(1e9)"), Some(End::Failed { request: None }));
}

#[test]
fn an_imp_is_kept_and_goes_on() {
    let source = r#"
        local n = 0;
        agent.on("up", @(by) server.log(n += by));
        server.setsendtimeoutpolicy(RETURN_ON_ERROR, WAIT_TIL_SENT, 5);
    "#;
    let mut world = World::new(source, true);
    world.tell(Event::Message { name: b"up".to_vec(), data: Data::Int(5) });
    let snapshot = world.imp.snapshot().expect("it has not ended");
    let program = Program::compile(&world.image, source.as_bytes(), b"device_code").expect("it compiles");
    let surroundings = Surroundings {
        device_id: "50000c2a69000001".into(),
        agent_url: String::new(),
        is_connected: true,
        ip_address: None,
        saved: None,
        config: Vec::new(),
        seed: 1,
    };
    let limits = Limits { heap_bytes: 1 << 20, ..Limits::default() };
    world.imp = Agent::restore(&world.image, &[program], &snapshot, limits, surroundings, world.now_us).unwrap();
    assert_eq!(world.imp.send_policy().on_error, OnError::Return);
    world.tell(Event::Message { name: b"up".to_vec(), data: Data::Int(2) });
    assert_eq!(world.take(), ["5", "7"]);
}

#[test]
fn the_factory_is_simulated() {
    let source = r#"
        server.factoryblinkup("net", "key", "pin1", BLINKUP_FAST);
        server.bless(true, @(ok) server.log("blessed " + ok));
        server.expectonlinein(600);
        imp.setenroltokens("plan", "token");
    "#;
    let mut world = World::new(source, true);
    assert_eq!(
        world.take(),
        [
            "Factory BlinkUp request failed. This is not a factory imp.",
            "Imp(Bless { passed: true })",
            "Imp(ExpectOnline { seconds: 600 })",
            "Imp(Enrol { plan_id: \"plan\", token: \"token\" })",
        ]
    );
    assert_eq!(world.tell(Event::Imp(ImpEvent::Blessed(true))).take(), ["blessed true"]);
}
