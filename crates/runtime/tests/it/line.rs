//! The line over a pipe in memory, with the protocol's own device side at the other end.

use crate::world::{Peer, SECRET, World, act};
use impstead_device_protocol::{
    AnswerCode, Bless, CloseReason, CodeOutcome, Connected, DeviceFrame, DeviceHandshake, DeviceId as ProtocolId,
    DeviceSecret, DeviceStep, Facts, HandshakeError, Log, LogKind, Message, RestartReason, ServerFrame, ShutdownReason,
    Value,
};
use impstead_model::{DeviceId, RestartKind};
use impstead_runtime::{Line, Sent, Transport, pipe};

#[tokio::test]
async fn only_who_holds_the_secret_gets_in() {
    let world = World::new().await;
    let refused = |outcome: Result<Connected, HandshakeError>| match outcome {
        Err(HandshakeError::Closed(close)) => close,
        other => panic!("{other:?}"),
    };
    let wrong = refused(world.dial().shake_hands(&[8; 32], world.hello()).await);
    let mut stranger = world.hello();
    stranger.device = ProtocolId([1; 8]);
    let unknown = refused(world.dial().shake_hands(&SECRET, stranger).await);
    assert_eq!(wrong, unknown, "nobody learns which devices there are");
    assert_eq!(wrong.reason, CloseReason::NOT_AUTHORISED);
    let mut elsewhere = world.hello();
    elsewhere.server = "http://other.test".into();
    let elsewhere = refused(world.dial().shake_hands(&SECRET, elsewhere).await);
    assert_eq!(elsewhere.reason, CloseReason::WRONG_SERVER);
    assert!(!world.read().await.online);
    assert_eq!(world.history().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_answer_to_one_challenge_is_none_to_another() {
    let world = World::new().await;
    let mut first = world.dial();
    let challenge = first.bytes().await.unwrap();
    let mut handshake = DeviceHandshake::new(DeviceSecret::from_seed(&SECRET), world.hello());
    let Ok(DeviceStep::Send(hello)) = handshake.receive(&challenge) else { panic!("it answers") };
    let mut second = world.dial();
    assert_ne!(second.bytes().await.unwrap(), challenge);
    assert!(second.pipe.send(hello.clone()).await);
    assert_eq!(second.closed().await, CloseReason::NOT_AUTHORISED);
    assert!(first.pipe.send(hello).await);
    assert!(matches!(first.next().await, ServerFrame::Welcome(_)), "for its own challenge it is right");
}

#[tokio::test]
async fn what_is_no_frame_ends_the_connection_with_the_reason() {
    let world = World::new().await;
    for (bytes, reason) in [
        (vec![], CloseReason::PROTOCOL_ERROR),
        (vec![0x3f], CloseReason::PROTOCOL_ERROR),
        (vec![0x44, 0], CloseReason::PROTOCOL_ERROR),
        (vec![0; 3000], CloseReason::TOO_LARGE),
    ] {
        let mut peer = world.dial();
        peer.bytes().await.unwrap();
        assert!(peer.pipe.send(bytes.clone()).await);
        assert_eq!(peer.closed().await, reason, "{bytes:?} in place of a hello");
    }
    for bytes in [vec![], vec![0x3f], vec![0x44, 0], vec![0x08, 0x01], vec![0x01; 200]] {
        let (mut peer, _) = world.connect(|_| {}).await;
        assert!(peer.pipe.send(bytes.clone()).await);
        assert_eq!(peer.closed().await, CloseReason::PROTOCOL_ERROR, "{bytes:?}");
    }
    let (mut peer, _) = world.connect(|_| {}).await;
    assert!(peer.pipe.send(vec![0xbf, 1, 2, 3]).await);
    peer.settle().await;
    peer.seq = 1;
    peer.log("a number is missing", false).await;
    assert_eq!(peer.closed().await, CloseReason::PROTOCOL_ERROR);
    let (mut peer, _) = world.connect(|_| {}).await;
    peer.say(DeviceFrame::Ack(1)).await;
    assert_eq!(peer.closed().await, CloseReason::PROTOCOL_ERROR, "nothing was sent that it could acknowledge");
}

#[tokio::test]
async fn a_device_is_online_and_its_facts_are_known_while_it_is_connected() {
    let world = World::new().await;
    let facts = Facts { free_memory_bytes: Some(91_240), rssi_dbm: Some(-58), ..Facts::default() };
    let (peer, connected) = world.connect(|hello| hello.facts = facts).await;
    assert_eq!((connected.welcome.heartbeat_s, connected.welcome.program), (30, None));
    let device = world.read().await;
    assert!(device.online);
    assert_eq!((device.free_memory, device.rssi), (Some(91_240), Some(-58)));
    assert_eq!(device.ip_address.as_deref(), Some("192.0.2.7"));
    assert_eq!(world.line.connected(), 1);
    let Peer { pipe, talking, .. } = peer;
    drop(pipe);
    talking.await.unwrap();
    assert!(!world.read().await.online);
    assert_eq!(world.line.connected(), 0);
    world.stop.cancel();
    world.running.await.unwrap();
}

#[tokio::test]
async fn what_is_acknowledged_is_in_the_history() {
    let world = World::new().await;
    let (mut peer, _) = world.connect(|_| {}).await;
    peer.log("one", false).await;
    let seq = peer.log("two\nlines", true).await;
    assert_eq!(peer.next().await, ServerFrame::Ack(seq));
    assert_eq!(world.history().await, ["status Device connected", "server.log one", "server.log two\nlines"]);
    peer.seq += 1;
    let message = Message { seq: peer.seq, ack_wanted: true, name: b"reading".as_slice().into(), value: Value::Null };
    peer.say(DeviceFrame::Message(message)).await;
    assert_eq!(peer.next().await, ServerFrame::Ack(peer.seq));
    assert_eq!(world.history().await[3], "agent.error ERROR: no handler for agent.send(\"reading\")");
    peer.seq += 1;
    let text = vec![0xb5, 0x62, 0x06];
    peer.say(DeviceFrame::Log(Log { seq: peer.seq, ack_wanted: true, kind: LogKind::ERROR, text })).await;
    assert_eq!(peer.next().await, ServerFrame::Ack(peer.seq));
    assert_eq!(world.history().await[4], "server.error binary: b5 62 06");
}

#[tokio::test]
async fn a_newer_connection_takes_the_place_of_the_older() {
    let world = World::new().await;
    let (mut older, _) = world.connect(|_| {}).await;
    older.settle().await;
    let (mut newer, _) = world.connect(|_| {}).await;
    assert_eq!(older.closed().await, CloseReason::REPLACED);
    drop(older.pipe);
    older.talking.await.unwrap();
    newer.settle().await;
    assert!(world.read().await.online);
    assert_eq!(world.line.connected(), 1);
    let seq = newer.log("still here", true).await;
    assert_eq!(newer.next().await, ServerFrame::Ack(seq));
    // Every link that comes up is told, and none was lost for good.
    let expected = ["status Device connected", "status Device connected", "server.log still here"];
    assert_eq!(world.history().await, expected);
}

#[tokio::test]
async fn code_is_taken_up_when_it_should_be_and_not_before() {
    let world = World::new().await;
    let (mut peer, _) = world.connect(|_| {}).await;
    let group = world.group("Probes").await;
    world.assign(&group).await;
    // There is no code yet. With the first deployment it starts at once.
    peer.settle().await;
    let first = world.deploy(&group, &"server.log(1);".repeat(1000)).await;
    assert_eq!(peer.install(first, CodeOutcome::INSTALLED).await, "server.log(1);".repeat(1000).into_bytes());
    peer.settle().await;

    // The next one changes nothing that runs.
    let second = world.deploy(&group, "server.log(2);").await;
    peer.settle().await;
    let runs = async || world.store.device_orders(&world.device.id).await.unwrap().unwrap();
    let of_first = runs().await.runs;
    assert!(of_first.is_some() && runs().await.supported);

    // A conditional restart asks, and the program agrees.
    world.store.restart_device(&world.device.id, RestartKind::Conditional, act()).await.unwrap();
    assert_eq!(peer.next().await, ServerFrame::Shutdown(ShutdownReason::NEWSQUIRREL));
    peer.settle().await;
    assert_eq!(runs().await.restart, None);
    peer.say(DeviceFrame::Restarting).await;
    peer.install(second, CodeOutcome::INSTALLED).await;
    peer.settle().await;
    assert_ne!(runs().await.runs, of_first);

    // A restart without new code, and one with.
    world.store.restart_device(&world.device.id, RestartKind::Restart, act()).await.unwrap();
    let ServerFrame::CodeOffer(offer) = peer.next().await else { panic!("the environment may be another") };
    assert_eq!(offer.program, second);
    assert_eq!(peer.next().await, ServerFrame::Restart(RestartReason::REQUESTED));
    let third = world.deploy(&group, "server.log(3);").await;
    world.store.restart_device_group(&group.id, RestartKind::Restart, act()).await.unwrap();
    peer.install(third, CodeOutcome::INSTALLED).await;
    peer.settle().await;

    // The minimum passes what runs.
    let fourth = world.deploy(&group, "server.log(4);").await;
    let current = runs().await.current.unwrap().deployment;
    world.store.set_min_supported_deployment(&group.id, &current, act()).await.unwrap();
    peer.install(fourth, CodeOutcome::INSTALLED).await;
    peer.settle().await;

    // What does not fit is not offered again: the device starts what it has. What is nobody's is unloaded.
    let fifth = world.deploy(&group, "server.log(5);").await;
    world.store.restart_device(&world.device.id, RestartKind::Restart, act()).await.unwrap();
    peer.install(fifth, CodeOutcome::OUT_OF_SPACE).await;
    peer.settle().await;
    world.store.restart_device(&world.device.id, RestartKind::Restart, act()).await.unwrap();
    assert_eq!(peer.next().await, ServerFrame::Restart(RestartReason::REQUESTED));
    peer.settle().await;
    assert_eq!(runs().await.restart, None);
    world.store.unassign_device(&group.id, &world.device.id, act()).await.unwrap();
    assert_eq!(peer.next().await, ServerFrame::Unload);
    assert_eq!(runs().await.runs, None);
    let seq = peer.log("end", true).await;
    assert_eq!(peer.next().await, ServerFrame::Ack(seq));
    let expected = ["status Device connected"]
        .into_iter()
        .chain(["status Downloading new code; 16.83% program storage used"; 4])
        .chain(["status Out of space; 16.83% program storage used", "server.log end"]);
    assert_eq!(world.history().await, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_device_that_comes_back_is_told_what_to_run() {
    let world = World::new().await;
    let group = world.group("Probes").await;
    world.assign(&group).await;
    let program = world.deploy(&group, "server.log(1);").await;
    let (mut peer, connected) = world.connect(|hello| hello.program = Some([1; 32])).await;
    assert_eq!(connected.welcome.program, Some(program));
    peer.install(program, CodeOutcome::INSTALLED).await;
    peer.settle().await;
    drop(peer.pipe);
    peer.talking.await.unwrap();
    // A restart asked for meanwhile is carried out by a start, and by a frame where it runs already.
    world.store.restart_device(&world.device.id, RestartKind::Restart, act()).await.unwrap();
    let (mut peer, _) = world.connect(|hello| hello.program = Some(program)).await;
    peer.settle().await;
    world.store.restart_device(&world.device.id, RestartKind::Restart, act()).await.unwrap();
    drop(peer.pipe);
    peer.talking.await.unwrap();
    let (mut peer, _) = world
        .connect(|hello| {
            hello.program = Some(program);
            hello.running = true;
        })
        .await;
    // Whether the wake reached the older connection first or not, the program is restarted once it is asked for.
    let frames = [peer.next().await, peer.next().await];
    assert!(matches!(frames[0], ServerFrame::CodeOffer(_)), "{frames:?}");
    assert_eq!(frames[1], ServerFrame::Restart(RestartReason::REQUESTED));
}

#[tokio::test]
async fn messages_of_agents_go_in_order_and_no_more_wait_than_may() {
    let world = World::new().await;
    let id = &world.device.id;
    assert_eq!(world.line.send(id, b"x", Value::Null), Sent::NotConnected);
    let (mut peer, _) = world.connect(|_| {}).await;
    for number in 0..10 {
        assert_eq!(world.line.send(id, b"set", Value::Int(number)), Sent::Queued);
    }
    for number in 0..10 {
        let ServerFrame::Message(message) = peer.next().await else { panic!("there is no message") };
        assert_eq!((message.seq, &message.value), (u32::try_from(number).unwrap() + 1, &Value::Int(number)));
    }
    peer.say(DeviceFrame::Ack(10)).await;
    peer.settle().await;
    assert_eq!(world.line.send(id, b"x", Value::string(vec![0; 300_000])), Sent::TooLarge);
    // The device does not read: the pipe fills up, then what waits for it.
    let outcomes: Vec<Sent> = (0..1000).map(|_| world.line.send(id, b"x", Value::Null)).collect();
    assert!(outcomes.contains(&Sent::Full));
}

#[tokio::test]
async fn blessing_without_a_fixture_group_is_refused() {
    let world = World::new().await;
    let (mut peer, _) = world.connect(|_| {}).await;
    peer.say(DeviceFrame::Bless(Bless { request: 3, success: true, fixture: None })).await;
    let ServerFrame::Answer(answer) = peer.next().await else { panic!("there is no answer") };
    assert_eq!((answer.request, answer.code), (3, AnswerCode::REFUSED));
}

#[tokio::test]
async fn devices_are_sent_away_when_the_server_stops() {
    let world = World::new().await;
    let (mut peer, _) = world.connect(|_| {}).await;
    peer.settle().await;
    world.stop.cancel();
    let ServerFrame::Close(close) = peer.next().await else { panic!("there is no close") };
    assert_eq!((close.reason, close.retry_after_s), (CloseReason::GOING_AWAY, 1));
    drop(peer.pipe);
    world.running.await.unwrap();
    assert!(!world.store.device(world.device.id.as_str()).await.unwrap().unwrap().online);
    let mut late = Peer { talking: tokio::spawn(async {}), ..dial(&world.line) };
    assert_eq!(late.closed().await, CloseReason::GOING_AWAY);
}

fn dial(line: &Line) -> Peer {
    let (near, far) = pipe(64);
    let line = line.clone();
    Peer { pipe: near, seq: 0, talking: tokio::spawn(async move { line.converse(far, None).await }) }
}

#[tokio::test]
async fn a_device_that_is_deleted_is_disconnected() {
    let world = World::new().await;
    let (mut peer, _) = world.connect(|_| {}).await;
    peer.settle().await;
    let id: &DeviceId = &world.device.id;
    assert!(world.store.delete_device(id, act()).await.unwrap());
    assert_eq!(peer.closed().await, CloseReason::NOT_AUTHORISED);
}
