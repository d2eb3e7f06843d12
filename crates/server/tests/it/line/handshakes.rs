//! How connections begin, and who is not let in.

use super::Bed;
use crate::{
    http::Request,
    world::{DEVELOPMENT, on_each},
};
use impstead_device_protocol::{
    Close, CloseReason, DeviceFrame, DeviceHandshake, DeviceSecret, DeviceStep, HandshakeError, MAX_FRAME_BYTES,
    ServerFrame, WakeReason,
};
use impstead_testkit::{TestDevice, tungstenite};

fn refused(error: HandshakeError) -> Close {
    match error {
        HandshakeError::Closed(close) => close,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_stranger_does_not_learn_which_devices_exist() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let mut closes = Vec::new();
        for id in [bed.identity.id.as_str(), "0123456789abcdef"] {
            let mut stranger = bed.identity.clone();
            stranger.secret = DeviceSecret::from_seed(&[9; 32]);
            stranger.id = id.to_owned();
            let mut device = TestDevice::open(world.address()).await;
            closes.push(refused(device.shake_hands(&stranger, stranger.hello()).await.unwrap_err()));
            device.hang_up().await;
        }
        assert_eq!(closes[0].reason, CloseReason::NOT_AUTHORISED);
        assert_eq!(closes[0], closes[1], "a wrong signature and no such device");
        assert!(bed.log().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_hello_answers_one_challenge_only() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let mut recorded = TestDevice::open(world.address()).await;
        let mut handshake = DeviceHandshake::new(bed.identity.secret.clone(), bed.identity.hello());
        let challenge = recorded.next_bytes().await.unwrap();
        let DeviceStep::Send(hello) = handshake.receive(&challenge).unwrap() else { panic!("a hello is due") };
        let mut replaying = TestDevice::open(world.address()).await;
        assert_ne!(replaying.next_bytes().await.unwrap(), challenge);
        replaying.send_bytes(hello.clone()).await;
        assert_eq!(replaying.expect_close().await.reason, CloseReason::NOT_AUTHORISED);
        recorded.send_bytes(hello).await;
        assert!(matches!(recorded.expect().await, ServerFrame::Welcome(_)));
    })
    .await;
}

#[tokio::test]
async fn a_device_of_another_server_is_sent_away() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let mut hello = bed.identity.hello();
        hello.server = "https://elsewhere.example.net".into();
        let mut device = TestDevice::open(world.address()).await;
        let close = refused(device.shake_hands(&bed.identity, hello).await.unwrap_err());
        assert_eq!(close.reason, CloseReason::WRONG_SERVER);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_hello_ends_the_connection() {
    on_each(async |world| {
        let cases = [
            (vec![0xff; 20], CloseReason::PROTOCOL_ERROR),
            (vec![0x01, 9, 0, 0], CloseReason::VERSION),
            (Vec::new(), CloseReason::PROTOCOL_ERROR),
            (DeviceFrame::Ping(1).encode().unwrap(), CloseReason::PROTOCOL_ERROR),
            (vec![0x01; 2049], CloseReason::TOO_LARGE),
            (vec![0x01; MAX_FRAME_BYTES + 1], CloseReason::TOO_LARGE),
        ];
        for (bytes, reason) in cases {
            let mut device = TestDevice::open(world.address()).await;
            let length = bytes.len();
            device.next_bytes().await.unwrap();
            device.send_bytes(bytes).await;
            assert_eq!(device.expect_close().await.reason, reason, "{length} bytes");
        }
        let mut device = TestDevice::open(world.address()).await;
        device.next_bytes().await.unwrap();
        device.send_message(tungstenite::Message::text("hello")).await;
        assert_eq!(device.expect_close().await.reason, CloseReason::PROTOCOL_ERROR);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_frame_ends_an_open_connection() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        let hello = DeviceFrame::Hello(Box::new(bed.identity.hello())).encode().unwrap();
        let cases = [
            (vec![0x3f, 1, 2], CloseReason::PROTOCOL_ERROR),
            (vec![0x44, 1], CloseReason::PROTOCOL_ERROR),
            (hello, CloseReason::PROTOCOL_ERROR),
            (vec![0x08; MAX_FRAME_BYTES + 1], CloseReason::TOO_LARGE),
        ];
        for (bytes, reason) in cases {
            let mut device = bed.connect(&world).await;
            device.send_bytes(vec![0x80, 1, 2, 3]).await;
            device.expect_nothing().await;
            device.send_bytes(bytes).await;
            assert_eq!(device.expect_close().await.reason, reason);
            bed.until_online(false).await;
        }
        let mut device = bed.connect(&world).await;
        device.send_message(tungstenite::Message::Ping(Vec::new().into())).await;
        device.expect_nothing().await;
        device.send_message(tungstenite::Message::text("log")).await;
        assert_eq!(device.expect_close().await.reason, CloseReason::PROTOCOL_ERROR);
    })
    .await;
}

#[tokio::test]
async fn the_welcome_grants_a_heartbeat_and_names_the_program() {
    on_each(async |world| {
        let bed = Bed::new(&world).await;
        for (wish, granted) in [(None, 30), (Some(1), 10), (Some(120), 120), (Some(100_000), 3600)] {
            let (_device, connected) =
                TestDevice::connect_with(&world.server, &bed.identity, |hello| hello.heartbeat_s = wish).await;
            assert_eq!(connected.welcome.heartbeat_s, granted);
            assert_eq!(connected.welcome.program, None);
            assert_eq!(connected.welcome.max_frame_bytes as usize, MAX_FRAME_BYTES);
        }
        bed.owner.deploy(DEVELOPMENT, &bed.group).await;
        let (_device, connected) =
            TestDevice::connect_with(&world.server, &bed.identity, |hello| hello.wake_reason = WakeReason::TIMER).await;
        assert!(connected.welcome.program.is_some());
    })
    .await;
}

#[tokio::test]
async fn who_is_no_device_is_told_what_lives_here() {
    on_each(async |world| {
        let answer = world.nobody().get("/impstead/v1/device").await;
        assert_eq!(answer.is(400)["errors"][0]["source"]["header"], "Upgrade");
        let upgrade = |request: Request| {
            request
                .header("Connection", "Upgrade")
                .header("Upgrade", "websocket")
                .header("Sec-WebSocket-Version", "13")
                .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        };
        let answer = world.nobody().send(upgrade(Request::new("GET", "/impstead/v1/device"))).await;
        assert_eq!(answer.is(400)["errors"][0]["source"]["header"], "Sec-WebSocket-Protocol");
    })
    .await;
}
