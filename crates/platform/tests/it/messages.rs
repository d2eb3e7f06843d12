//! Messages between agent and device.

use crate::world::{World, log_of};
use impstead_device_protocol::{Key, Value as Data};
use platform::Event;

fn message(name: &str, data: Data) -> Event {
    Event::Message { name: name.into(), data }
}

#[test]
fn messages_reach_their_handlers_in_order() {
    let mut world = World::new(
        r#"
        device.on("a", function(data) { server.log("a " + data) });
        device.on("b", function(data) { server.log("first") });
        device.on("b", function(data) { server.log("b " + data.list[1] + " " + data.raw.len() + " " + typeof data.raw) });
        device.on("c", function(data) { server.log("never") });
        device.on("c", null);
    "#,
    );
    let table = Data::Table(
        vec![
            (Key::String(b"list".as_slice().into()), Data::Array(vec![Data::Null, Data::Float(2.5.into())].into())),
            (Key::String(b"raw".as_slice().into()), Data::blob([1, 0, 2])),
        ]
        .into(),
    );
    world.tell(message("a", Data::Int(1))).tell(message("b", table)).tell(message("c", Data::Null));
    world.tell(message("a", Data::string("x")));
    assert_eq!(world.log, ["a 1", "b 2.5 3 blob", "!ERROR: no handler for agent.send(\"c\")", "a x"]);
}

#[test]
fn what_can_be_sent_is_sent() {
    let mut world = World::new(
        r#"
        server.log(device.send("n", null));
        device.send("s", "safe"); device.send("s", "bin\x00" + "ary"); device.send("t", { a = [true, 1], [5] = 6, f = server });
        device.send("f", function() {});
        local ring = []; ring.append(ring); device.send("r", ring.len());
        try { device.send("x") } catch (e) { server.log(e) }
    "#,
    );
    world.run();
    let skipped = "!ERROR: skipped unserialisable data";
    assert_eq!(world.log, ["0", skipped, skipped, "wrong number of parameters"]);
    let list = Data::Array(vec![Data::Bool(true), Data::Int(1)].into());
    assert_eq!(
        world.sent,
        [
            ("n".into(), Data::Null),
            ("s".into(), Data::string("safe")),
            ("s".into(), Data::blob(b"bin\0ary")),
            ("t".into(), Data::Table(vec![(Key::String(b"a".as_slice().into()), list)].into())),
            ("f".into(), Data::Null),
            ("r".into(), Data::Int(1)),
        ]
    );
}

#[test]
fn a_ring_is_cut() {
    let mut world = World::new(
        "local ring = []; ring.append(ring); device.send(\"r\", ring); local t = {}; t.a <- t; t.b <- t; device.send(\"t\", t)",
    );
    world.run();
    assert!(world.sent.len() <= 2 && world.end.is_none(), "{:?}", world.log);
}

#[test]
fn messages_to_a_device_that_is_away_are_lost() {
    let mut world = World::new(
        r#"
        device.onconnect(function() { server.log("on " + device.isconnected()); device.send("m", 1) });
        device.ondisconnect(function() { server.log("off " + device.isconnected()); server.log(device.send("m", 2)) });
    "#,
    );
    world.tell(Event::Disconnected).tell(Event::Connected { ip_address: None });
    assert_eq!(world.log, ["off false", "0", "on true"]);
    assert_eq!(world.sent, [("m".into(), Data::Int(1))]);
    let mut world = World::new("device.ondisconnect(function(reason) { server.log(typeof reason) })");
    assert_eq!(world.tell(Event::Disconnected).log, ["table"]);
    assert_eq!(log_of("device.onconnect(null); server.log(1)"), ["1"]);
}
