//! The MQTT client, and what its functions hear: exactly so many arguments, in this order.

use crate::world::{World, log_of};
use platform::{Event, MqttConnect, MqttEvent, MqttMessage, MqttOrder, Qos, mqtt_code};

/// A program with a client that logs what it hears. Functions of a wrong number of parameters throw.
const CLIENT: &str = r#"
    client <- mqtt.createclient();
    client.onconnect(function(code) { server.log("connect " + code) });
    client.onconnectionlost(function() { server.log("lost") });
    client.onmessage(function(message) { server.log("message " + message.topic + " " + message.message.tostring()) });
"#;

fn connected(more: &str) -> World {
    let mut world = World::new(&format!("{CLIENT} client.connect(\"tcp://broker.example\", \"me\"); {more}"));
    world.run();
    world.mqtt(MqttEvent::Connected(0));
    world
}

/// What a program hears of connecting, and what comes with it.
#[test]
fn a_connection_is_what_the_program_says() {
    let mut world = World::new(&format!(
        r#"{CLIENT}
        server.log(typeof client + " " + typeof mqtt);
        client.connect("ssl://broker.example:8884", "me", {{
            username = "ann", password = "secret", keepalive = 5, cleanSession = false,
            will = {{ topic = "gone", message = blob(2), qos = 1, retain = true }}
        }});
        server.log("asked");
    "#
    ));
    assert_eq!(world.run().log, ["mqttclient meta", "asked"]);
    let will = MqttMessage { topic: "gone".into(), payload: vec![0, 0], qos: Qos::AtLeastOnce, retain: true };
    let wanted = MqttConnect {
        url: "ssl://broker.example:8884".into(),
        client_id: "me".into(),
        username: Some("ann".into()),
        password: Some("secret".into()),
        keep_alive_s: 5,
        clean_session: false,
        will: Some(will),
    };
    assert_eq!(world.orders, [MqttOrder::Connect(Box::new(wanted))]);
    assert!(world.agent.has_mqtt());
    world.mqtt(MqttEvent::Connected(0));
    world.mqtt(MqttEvent::Message { topic: b"a/b".to_vec(), payload: b"hi".to_vec() });
    world.mqtt(MqttEvent::Lost);
    assert_eq!(world.log[2..], ["connect 0", "message a/b hi", "lost"]);
    assert!(!world.agent.has_mqtt());
}

#[test]
fn a_refused_connection_can_be_tried_again() {
    let mut world = World::new(&format!(
        r#"{CLIENT}
        client.onconnect(function(code) {{
            server.log("connect " + code);
            if (code != 0) client.connect("tcp://broker.example", "me");
        }});
        client.connect("tcp://broker.example", "me");
    "#
    ));
    world.run();
    world.mqtt(MqttEvent::Connected(5));
    world.mqtt(MqttEvent::Connected(mqtt_code::FAILED));
    world.mqtt(MqttEvent::Connected(0));
    assert_eq!(world.log, ["connect 5", "connect -1", "connect 0"]);
    assert_eq!(world.orders.len(), 3);
}

#[test]
fn orders_are_answered_with_their_own_numbers_of_arguments() {
    let mut world = connected(
        r#"
        function go() {
            client.subscribe("a/#", 1, function(error, qos) { server.log("subscribed " + error + " " + qos) });
            client.unsubscribe("a/#", function(error) { server.log("unsubscribed " + error) });
            local message = client.createmessage("a/b", "text", { qos = mqtt.EXACTLY_ONCE, retain = true });
            server.log(typeof message);
            message.sendasync(function(error) { server.log("sent " + error) });
            client.createmessage("a/c", blob(1)).sendasync();
            client.disconnect(function() { server.log("disconnected") });
            client.createmessage("late", "").sendasync(function(error) { server.log("late " + error) });
        }
        device.on("go", @(nothing) go());
    "#,
    );
    world.go();
    let [
        MqttOrder::Connect(_),
        MqttOrder::Subscribe { id: subscribe, topic: subscribed, qos: Qos::AtLeastOnce },
        MqttOrder::Unsubscribe { id: unsubscribe, topic: unsubscribed },
        MqttOrder::Publish { id: publish, message },
        MqttOrder::Publish { id: quiet, message: other },
        MqttOrder::Disconnect,
    ] = &world.orders.clone()[..]
    else {
        panic!("{:?}", world.orders)
    };
    assert_eq!((&**subscribed, &**unsubscribed), ("a/#", "a/#"));
    let expected = MqttMessage { topic: "a/b".into(), payload: b"text".to_vec(), qos: Qos::ExactlyOnce, retain: true };
    assert_eq!(*message, expected);
    assert_eq!((other.qos, other.retain, &other.payload[..]), (Qos::AtMostOnce, false, &[0][..]));
    for (id, code, qos) in [(subscribe, 0, 1), (unsubscribe, 0, 0), (publish, 0, 0), (quiet, 0, 0)] {
        world.mqtt(MqttEvent::Done { id: *id, code, qos });
        // Only once.
        world.mqtt(MqttEvent::Done { id: *id, code, qos });
    }
    world.mqtt(MqttEvent::Disconnected);
    assert_eq!(
        world.log,
        ["connect 0", "mqttmessage", "late -3", "subscribed 0 1", "unsubscribed 0", "sent 0", "disconnected"]
    );
}

#[test]
fn without_a_connection_orders_are_answered_by_number_and_later() {
    assert_eq!(
        log_of(&format!(
            r#"{CLIENT}
            client.subscribe("a", 0, @(error, qos) server.log("subscribe " + error));
            client.unsubscribe("a", @(error) server.log("unsubscribe " + error));
            client.createmessage("a", "b").sendasync(@(error) server.log("send " + error));
            client.disconnect(@() server.log("disconnect"));
            client.subscribe("a", 0); client.disconnect();
            server.log("first");
        "#
        )),
        ["first", "subscribe -3", "unsubscribe -3", "send -3", "disconnect"]
    );
}

#[test]
fn what_is_under_way_when_the_connection_breaks_comes_to_nothing() {
    let more = r#"
        device.on("go", function(nothing) {
            client.subscribe("a", 0, @(error, qos) server.log("subscribe " + error));
            client.createmessage("a", "b", { qos = 1 }).sendasync(@(error) server.log("send " + error));
        });
    "#;
    let mut world = connected(more);
    world.go();
    world.mqtt(MqttEvent::Lost);
    assert_eq!(world.log, ["connect 0", "subscribe -3", "send -3", "lost"]);
    // The same, by the program's own doing: then nothing is lost.
    let mut world = connected(&format!("{more} device.on(\"end\", @(n) client.disconnect(@() server.log(\"end\")));"));
    world.go();
    world.tell(Event::Message { name: b"end".to_vec(), data: impstead_device_protocol::Value::Null });
    world.mqtt(MqttEvent::Lost);
    assert_eq!(world.log, ["connect 0", "subscribe -3", "send -3", "end"]);
}

#[test]
fn one_client_is_connected_at_a_time() {
    let mut world = connected(
        r#"
        device.on("go", function(nothing) {
            local other = mqtt.createclient();
            other.onconnect(@(code) server.log("other " + code));
            other.connect("tcp://broker.example", "other");
            other.subscribe("a", 0, @(error, qos) server.log("subscribe " + error));
        });
    "#,
    );
    world.go();
    assert_eq!(world.orders.len(), 1);
    let complaint = "!ERROR: only one MQTT client of an agent can be connected";
    assert_eq!(world.log, ["connect 0", complaint, "other -1", "subscribe -3"]);
}

#[test]
fn what_an_earlier_connection_says_is_not_heard() {
    let mut world = connected("device.on(\"go\", @(n) client.connect(\"tcp://b.example\", \"me\"));");
    let earlier = world.link;
    world.mqtt(MqttEvent::Lost);
    world.go();
    world.tell(Event::Mqtt { link: earlier, event: MqttEvent::Connected(0) });
    world.tell(Event::Mqtt { link: earlier, event: MqttEvent::Message { topic: b"t".to_vec(), payload: Vec::new() } });
    assert_eq!(world.log, ["connect 0", "lost"]);
    world.mqtt(MqttEvent::Connected(4));
    assert_eq!(world.log, ["connect 0", "lost", "connect 4"]);
}

#[test]
fn orders_under_way_are_limited() {
    let mut world = connected(
        r#"
        refused <- 0;
        device.on("go", function(nothing) {
            for (local i = 0; i < 70; i++)
                client.createmessage("a", "b").sendasync(@(error) error == -4 ? refused++ : server.log(error));
            imp.wakeup(0, @() server.log("refused " + refused));
        });
        device.on("large", function(nothing) {
            local payload = blob(256 * 1024);
            for (local i = 0; i < 5; i++)
                client.createmessage("a", payload).sendasync(@(error) server.log("large " + error));
        });
    "#,
    );
    world.go();
    assert_eq!((&world.log[1..], world.orders.len()), (&["refused 6".to_owned()][..], 1 + platform::MOST_CALLS));
    let mut world = connected(
        r#"
        device.on("go", function(nothing) {
            local payload = blob(200 * 1024);
            local message = client.createmessage("a", payload);
            for (local i = 0; i < 6; i++) message.sendasync(@(error) server.log("large " + error));
        });
    "#,
    );
    world.go();
    assert_eq!((&world.log[1..], world.orders.len()), (&["large -4".to_owned()][..], 6));
}

#[test]
fn connections_cost_what_requests_do() {
    let mut world = World::new(
        r#"
        client <- mqtt.createclient();
        client.onconnect(function(code) { if (code == -4) server.log("enough"); else client.connect("tcp://b.example", "me") });
        client.connect("tcp://b.example", "me");
    "#,
    );
    world.run();
    while world.agent.has_mqtt() {
        world.mqtt(MqttEvent::Connected(mqtt_code::FAILED));
    }
    assert_eq!(
        (&world.log[..], world.orders.len()),
        (&["!ERROR: too many MQTT connections".into(), "enough".into()][..], 40)
    );
}

#[test]
fn a_client_that_nobody_has_disconnects() {
    let mut world = World::new(
        r#"
        local client = mqtt.createclient();
        client.connect("tcp://broker.example", "me");
        client = null;
    "#,
    );
    assert_eq!(world.run().orders.last(), Some(&MqttOrder::Disconnect));
    world.mqtt(MqttEvent::Disconnected);
    assert!(!world.agent.has_mqtt());
    // One that is dropped later is missed a little later.
    let mut world = connected("imp.wakeup(1, @() client = null);");
    assert_eq!(world.run_for(5).orders.len(), 1);
    assert_eq!(world.run_for(10).orders.last(), Some(&MqttOrder::Disconnect));
    // And one that is kept stays.
    assert_eq!(connected("").run_for(3600).orders.len(), 1);
}

#[test]
fn what_mqtt_cannot_carry_is_refused() {
    assert_eq!(
        log_of(
            r#"
            local client = mqtt.createclient();
            foreach (attempt in [
                @() client.createmessage("a/#", ""), @() client.createmessage("", ""), @() client.createmessage("a\x00", ""),
                @() client.createmessage("\xff", ""), @() client.createmessage("a", 5), @() client.createmessage("a", "", { qos = 3 }),
                @() client.createmessage("a", blob(256 * 1024 + 1)), @() client.subscribe("", 0), @() client.subscribe("a", 3),
                @() client.connect("tcp://b", "c", { keepalive = 70000 }), @() client.connect("tcp://b", "c", { will = 1 }),
                @() client.connect("tcp://b", "c", { username = 1 }), @() client.onmessage(5),
                @() client.connect("tcp://b", "c", { will = { topic = "a", message = blob(65536) } })
            ]) {
                try { attempt(); server.log("no error") } catch (error) { server.log(error) }
            }
        "#
        ),
        [
            "invalid topic",
            "invalid topic",
            "invalid topic",
            "invalid topic",
            "parameter 2 has an invalid type 'integer' ; expected: 'string|blob'",
            "invalid option 'qos'",
            "message too large",
            "invalid topic",
            "invalid qos in mqttclient.subscribe(topic, qos, callback)",
            "invalid option 'keepalive' in mqttclient.connect(url, clientid, options)",
            "invalid option 'will' in mqttclient.connect(url, clientid, options)",
            "invalid option 'username'",
            "parameter 1 has an invalid type 'integer' ; expected: 'null|function'",
            "the will's message must be a string or blob of at most 65535 bytes",
        ]
    );
}
