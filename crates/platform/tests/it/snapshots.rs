//! Agents that are written and read back: at rest, and in the middle of something. Programs cannot tell.

use crate::world::{BEGINNING_US, World, image, surroundings};
use impstead_device_protocol::Value as Data;
use platform::{Agent, End, Event, HttpAnswer, Inbound, MqttEvent};
use squirrel::{Limits, Program, SnapshotError};

fn request(path: &str) -> Inbound {
    Inbound { method: b"GET".to_vec(), path: path.as_bytes().to_vec(), ..Inbound::default() }
}

fn ask(world: &mut World, path: &str) -> String {
    let id = world.agent.number_request();
    world.tell(Event::Request { id, request: request(path) });
    let (answered, response) = world.responses.pop().expect("it answers");
    assert_eq!(answered, id);
    String::from_utf8(response.body).unwrap()
}

#[test]
fn all_state_is_kept() {
    let source = r#"
        class Counter { n = 0; function up() { return ++n } }
        local counter = Counter(), seen = [], gen = (function() { for (local i = 10; ; i++) yield i })();
        local thread = ::newthread(function(start) { local x = start; while (true) x = suspend(x * 2) });
        local first = thread.call(21);
        device.on("m", function(data) { seen.append(data); device.send("seen", seen.len()) });
        imp.wakeup(60, function() { server.log("timer " + counter.n) }, "tick");
        imp.wakeup(7200, function() { server.log("never") }, "late");
        http.onrequest(function(request, response) {
            response.send(200, counter.up() + " " + seen.len() + " " + resume gen + " " + first + " " + thread.wakeup(counter.n));
        });
    "#;
    let mut world = World::new(source);
    world.run();
    assert_eq!(ask(&mut world, "/"), "1 0 10 42 2");
    world.tell(Event::Message { name: b"m".to_vec(), data: Data::string("x") });
    assert_eq!(ask(&mut world, "/"), "2 1 11 42 4");
    assert_eq!(world.sent, [("seen".to_owned(), Data::Int(1))]);
    world.run_for(3600);
    assert_eq!(world.log, ["timer 2"]);
    assert_eq!(ask(&mut world, "/"), "3 1 12 42 6");
}

#[test]
fn one_that_waits_for_others_is_not_at_rest() {
    let mut world = World::new(r#"http.get("http://a.example/").sendasync(@(answer) server.log(answer.statuscode))"#);
    assert!(!world.run().agent.is_at_rest());
    world.answer(HttpAnswer { status: 200, ..HttpAnswer::default() });
    assert!(world.agent.is_at_rest());

    let mut world = World::new("answer <- null; http.onrequest(@(request, response) answer = response)");
    world.run();
    let id = world.agent.number_request();
    world.tell(Event::Request { id, request: request("/") });
    assert!(!world.agent.is_at_rest());
    world.agent.forget_request(id);
    assert!(world.agent.is_at_rest());

    assert!(!World::new("imp.sleep(5)").run().agent.is_at_rest());
}

#[test]
fn one_with_a_connection_is_not_at_rest_and_finds_it_broken() {
    let mut world = World::new(
        r#"
        client <- mqtt.createclient();
        client.onconnect(@(code) client.subscribe("a", 1, @(error, qos) server.log("subscribe " + error)));
        client.onconnectionlost(@() server.log("lost"));
        client.connect("tcp://broker.example", "me");
    "#,
    );
    world.run();
    assert!(!world.agent.is_at_rest());
    world.mqtt(MqttEvent::Connected(0));
    world.sleep_and_wake();
    assert_eq!(world.run().log, ["subscribe -3", "lost"]);
    assert!(world.agent.is_at_rest());
}

#[test]
fn a_body_that_is_being_written_breaks_off() {
    let mut world = World::new(
        r#"
        local stream = http.poststream("http://a.example/", {}, @(response) server.log("answer " + response.statuscode));
        imp.wakeup(5, function() { while (stream.write(blob(100 * 1024))) {} server.log("ended") });
    "#,
    );
    // Before anything is written, nobody can tell; then the program waits for room.
    assert!(world.run().agent.is_at_rest());
    world.run_for(5);
    assert!(world.log.is_empty());
    world.sleep_and_wake();
    assert_eq!(world.run().log, ["ended", "answer 56"]);
}

#[test]
fn one_in_the_middle_of_something_goes_on() {
    let mut world = World::new(r#"server.log("a"); imp.sleep(5); server.log("b"); imp.sleep(5); server.log("c")"#);
    world.run().sleep_and_wake();
    world.run_for(5).sleep_and_wake();
    assert_eq!(world.run_for(5).log, ["a", "b", "c"]);

    let mut world = World::new("local n = 0; for (local i = 0; i < 10000; i++) n += i; server.log(n)");
    for _ in 0..50 {
        world.agent.run(BEGINNING_US, 100);
        world.sleep_and_wake();
    }
    assert_eq!(world.run().log, ["49995000"]);
}

#[test]
fn requests_under_way_break_off() {
    let source = r#"
        http.get("http://a.example/").sendasync(@(answer) server.log("async " + answer.statuscode));
        server.log("sync " + http.get("http://b.example/").sendsync().statuscode);
    "#;
    let mut world = World::new(source);
    world.run().sleep_and_wake();
    assert_eq!(world.run().log, ["sync 56", "async 56"]);
}

#[test]
fn messages_that_wait_are_kept() {
    let mut world = World::new(r#"device.on("m", @(data) server.log(data)); imp.sleep(1)"#);
    world.run();
    for (i, data) in [Data::Int(1), Data::string("two"), Data::Null].into_iter().enumerate() {
        assert!(
            world.agent.tell(BEGINNING_US + i64::try_from(i).unwrap(), Event::Message { name: b"m".to_vec(), data })
        );
    }
    world.sleep_and_wake();
    assert_eq!(world.run_for(1).log, ["1", "two", "(null : 0x0)"]);
}

#[test]
fn a_device_that_came_or_went_meanwhile_is_heard_of() {
    let source = r#"
        device.onconnect(@() server.log("here " + device.isconnected()));
        device.ondisconnect(@() server.log("gone " + device.isconnected()));
    "#;
    let mut world = World::new(source);
    world.run().sleep_while_device_goes(false).sleep_while_device_goes(false).sleep_while_device_goes(true);
    assert_eq!(world.log, ["gone false", "here true"]);
    assert!(world.agent.wants_connection());
    assert!(!World::new("server.log(1)").run().agent.wants_connection());
}

#[test]
fn one_with_a_shutdown_handler_is_kept() {
    let mut world =
        World::new("server.onshutdown(function(reason) { server.log(reason); server.restart() }); server.log(1)");
    assert!(world.run().agent.is_at_rest());
    world.sleep_and_wake();
    assert_eq!(world.tell(Event::Shutdown(2)).log, ["1", "2"]);
    assert_eq!(world.end, Some(End::Restart));
}

#[test]
fn what_is_no_snapshot_is_refused() {
    let source = "x <- [1, 2, 3]; imp.wakeup(5, @() null)";
    let snapshot = World::new(source).run().agent.snapshot().expect("it has not ended");
    let image = image();
    let read = |bytes: &[u8], source: &str| {
        let program = Program::compile(&image, source.as_bytes(), b"agent_code").expect("it compiles");
        Agent::restore(&image, &[program], bytes, Limits::default(), surroundings(), BEGINNING_US)
    };
    let refused = |bytes: &[u8], source: &str| read(bytes, source).err();
    assert_eq!(refused(&snapshot, source), None);
    assert!(matches!(refused(&snapshot, "x <- 1"), Some(SnapshotError::Program(_))));
    assert_eq!(refused(b"", source), Some(SnapshotError::Damaged));
    assert_eq!(refused(&[9; 40], source), Some(SnapshotError::Version(9)));
    for cut in 0..snapshot.len() {
        assert!(refused(&snapshot[..cut], source).is_some(), "cut at {cut}");
    }
    let mut damaged = snapshot.clone();
    for place in 1..snapshot.len() {
        damaged[place] ^= 0x55;
        // What stands around the machine has no checksum: it may be read, and whatever it says must do no harm.
        if let Ok(mut agent) = read(&damaged, source) {
            for _ in 0..100 {
                agent.run(BEGINNING_US, 1000);
            }
        }
        damaged[place] ^= 0x55;
    }
}

#[test]
fn one_that_has_ended_has_no_snapshot() {
    let mut world = World::new("server.restart()");
    assert_eq!(world.run().end, Some(End::Restart));
    assert_eq!(world.agent.snapshot(), Err(SnapshotError::Ended));
}
