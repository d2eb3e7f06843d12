use crate::examples::{self, DEVICE, NEW_YEAR_MS, PROGRAM, SERVER, nonce, seed};
use impstead_device_protocol::{
    Accepted, Close, CloseReason, Connected, DeviceFrame, DeviceHandshake, DeviceSecret, DeviceStep, HandshakeError,
    Hello, MAX_FRAME_BYTES, MIN_MAX_FRAME_BYTES, ServerFrame, ServerHandshake, ServerTerms, WakeReason, Welcome,
};

fn secret() -> DeviceSecret {
    DeviceSecret::from_seed(&seed())
}

fn device() -> DeviceHandshake {
    DeviceHandshake::new(secret(), examples::hello())
}

fn server() -> ServerHandshake {
    ServerHandshake::new(nonce(), NEW_YEAR_MS)
}

/// The hello with which a device answers a challenge.
fn answer(device: &mut DeviceHandshake, challenge: &[u8]) -> Vec<u8> {
    match device.receive(challenge) {
        Ok(DeviceStep::Send(hello)) => hello,
        other => panic!("{other:?}"),
    }
}

/// What a server that knows the device makes of a hello.
fn judge(server: ServerHandshake, hello: &[u8]) -> Result<Accepted, HandshakeError> {
    let introduced = server.receive(hello, &["http://127.0.0.1:8080", SERVER])?;
    assert_eq!(introduced.device(), DEVICE);
    introduced.verify(Some(&secret().public_key()), &ServerTerms::default())
}

fn reason(error: &HandshakeError) -> CloseReason {
    error.close().expect("there is something to tell").reason
}

#[test]
fn a_device_with_its_secret_is_let_in() {
    let (server, mut device) = (server(), device());
    let hello = answer(&mut device, server.challenge());
    let accepted = judge(server, &hello).unwrap();
    assert_eq!((accepted.hello.device, accepted.hello.program), (DEVICE, Some(PROGRAM)));
    assert_eq!((accepted.heartbeat_s, accepted.device_max_frame_bytes()), (120, 16384));

    let step = device.receive(&accepted.welcome(Some(PROGRAM))).unwrap();
    let welcome = Welcome { heartbeat_s: 120, max_frame_bytes: 270_336, program: Some(PROGRAM) };
    assert_eq!(step, DeviceStep::Connected(Connected { version: 1, time_ms: NEW_YEAR_MS, welcome }));
    assert_eq!(device.receive(&accepted.welcome(None)), Err(HandshakeError::Unexpected));
}

#[test]
fn terms_are_kept_within_reason() {
    for (wish, granted) in [(None, 30), (Some(0), 10), (Some(60), 60), (Some(u32::MAX), 3600)] {
        let mut hello = Hello::new(DEVICE, SERVER, WakeReason::TIMER);
        hello.heartbeat_s = wish;
        hello.max_frame_bytes = wish;
        let (server, mut device) = (server(), DeviceHandshake::new(secret(), hello));
        let accepted = {
            let hello = answer(&mut device, server.challenge());
            judge(server, &hello)
        }
        .unwrap();
        assert_eq!(accepted.heartbeat_s, granted);
        assert!((MIN_MAX_FRAME_BYTES..=MAX_FRAME_BYTES).contains(&accepted.device_max_frame_bytes()));
    }
}

#[test]
fn a_wrong_signature_is_refused() {
    let (server, mut device) = (server(), DeviceHandshake::new(DeviceSecret::from_seed(&[9; 32]), examples::hello()));
    let hello = answer(&mut device, server.challenge());
    let error = judge(server, &hello).unwrap_err();
    assert_eq!(error, HandshakeError::BadSignature(DEVICE));
    assert_eq!(reason(&error), CloseReason::NOT_AUTHORISED);
}

#[test]
fn nobody_learns_whether_a_device_exists() {
    let hello = answer(&mut device(), server().challenge());
    let unknown = |key: Option<&[u8; 32]>| {
        server().receive(&hello, &[SERVER]).unwrap().verify(key, &ServerTerms::default()).unwrap_err()
    };
    let (nobody, other) = (unknown(None), unknown(Some(&DeviceSecret::from_seed(&[9; 32]).public_key())));
    assert_eq!(nobody, HandshakeError::UnknownDevice(DEVICE));
    assert_eq!(nobody.close(), other.close());
    assert!(!nobody.close().unwrap().text.contains(&DEVICE.to_string()));
    // Keys that are no keys, and keys under which signatures are easily made.
    for key in [[0xff; 32], [0; 32], std::array::from_fn(|index| u8::from(index == 0))] {
        assert_eq!(unknown(Some(&key)), HandshakeError::BadSignature(DEVICE));
    }
}

#[test]
fn no_byte_of_challenge_or_hello_can_be_changed() {
    let hello = answer(&mut device(), server().challenge());
    for index in 0..hello.len() {
        let bit = index * 8 + index % 8;
        let mut changed = hello.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let result = server()
            .receive(&changed, &[SERVER])
            .and_then(|introduced| introduced.verify(Some(&secret().public_key()), &ServerTerms::default()));
        assert!(result.is_err(), "bit {bit}");
    }
    let challenge = server().challenge().to_vec();
    for index in 1..challenge.len() {
        let bit = index * 8 + index % 8;
        let mut changed = challenge.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        // A version or magic that the device refuses is as good.
        let Ok(DeviceStep::Send(hello)) = device().receive(&changed) else { continue };
        assert!(judge(server(), &hello).is_err(), "bit {bit}");
    }
}

#[test]
fn an_answer_to_another_challenge_is_worth_nothing() {
    let recorded = answer(&mut device(), server().challenge());
    assert!(judge(server(), &recorded).is_ok(), "the same nonce, which no server gives twice");
    let mut other = nonce();
    other[31] ^= 1;
    let error = judge(ServerHandshake::new(other, NEW_YEAR_MS), &recorded).unwrap_err();
    assert_eq!(error, HandshakeError::BadSignature(DEVICE));
    let error = judge(ServerHandshake::new(nonce(), NEW_YEAR_MS + 1), &recorded).unwrap_err();
    assert_eq!(error, HandshakeError::BadSignature(DEVICE));
}

#[test]
fn an_answer_for_another_server_is_worth_nothing() {
    // A server that the device trusts passes our challenge on, and hands us the answer.
    let mut hello = examples::hello();
    hello.server = "https://relay.example.org".into();
    let relayed = answer(&mut DeviceHandshake::new(secret(), hello), server().challenge());
    let error = judge(server(), &relayed).unwrap_err();
    assert_eq!(error, HandshakeError::WrongServer("https://relay.example.org".into()));
    assert_eq!(reason(&error), CloseReason::WRONG_SERVER);

    // It puts our name where its own was.
    let Some(DeviceFrame::Hello(mut hello)) = DeviceFrame::decode(&relayed).unwrap() else { panic!("no hello") };
    hello.server = SERVER.into();
    let forged = DeviceFrame::Hello(hello).encode().unwrap();
    assert_eq!(judge(server(), &forged), Err(HandshakeError::BadSignature(DEVICE)));
}

#[test]
fn versions_that_do_not_meet_are_told() {
    let mut later = server().challenge().to_vec();
    (later[5], later[6]) = (2, 9);
    let mut device = device();
    let error = device.receive(&later).unwrap_err();
    assert_eq!(error, HandshakeError::Version { oldest: 2, newest: 9 });
    assert_eq!(reason(&error), CloseReason::VERSION);
    // The device's close is what the server then sees.
    let close = DeviceFrame::Close(error.close().unwrap()).encode().unwrap();
    assert!(matches!(server().receive(&close, &[SERVER]), Err(HandshakeError::Closed(_))));

    // A later server takes us, and says so in the same place; we never pick what it did not offer.
    (later[5], later[6]) = (1, 9);
    let mut device = self::device();
    assert_eq!(answer(&mut device, &later)[1], 1);

    // A later hello is recognised as such, whatever else it holds.
    let error = server().receive(&[0x01, 2, 0xff], &[SERVER]).unwrap_err();
    assert_eq!(error, HandshakeError::Version { oldest: 2, newest: 2 });
}

#[test]
fn what_is_not_due_ends_the_handshake() {
    let welcome = ServerFrame::Welcome(Welcome { heartbeat_s: 30, max_frame_bytes: 270_336, program: None });
    let mut early = device();
    assert_eq!(early.receive(&welcome.encode().unwrap()), Err(HandshakeError::Unexpected));
    assert_eq!(early.receive(server().challenge()), Err(HandshakeError::Unexpected), "it is over");

    let mut twice = device();
    answer(&mut twice, server().challenge());
    assert_eq!(twice.receive(server().challenge()), Err(HandshakeError::Unexpected), "one answer to one challenge");

    let ping = DeviceFrame::Ping(1).encode().unwrap();
    assert!(matches!(server().receive(&ping, &[SERVER]), Err(HandshakeError::Unexpected)));
    assert!(matches!(server().receive(&[0x01, 1], &[SERVER]), Err(HandshakeError::Decode(_))));
    assert!(matches!(server().receive(&[0x01; 2049], &[SERVER]), Err(HandshakeError::TooLarge)));
    assert_eq!(device().receive(&[0x41; 2049]), Err(HandshakeError::TooLarge));
    assert!(matches!(device().receive(b"\x41HTTP"), Err(HandshakeError::Decode(_))));
}

#[test]
fn a_device_hears_why_it_is_refused() {
    let mut device = device();
    answer(&mut device, server().challenge());
    let close = Close { reason: CloseReason::OVERLOADED, retry_after_s: 9, text: "later".into() };
    let frame = ServerFrame::Close(close.clone()).encode().unwrap();
    let error = device.receive(&frame).unwrap_err();
    assert_eq!((error.close(), error), (None, HandshakeError::Closed(close)));
}

#[test]
fn a_device_skips_what_it_may_skip_and_refuses_impossible_terms() {
    let mut device = device();
    answer(&mut device, server().challenge());
    assert_eq!(device.receive(&[0xf0, 1, 2]), Ok(DeviceStep::Wait));
    let welcome = ServerFrame::Welcome(Welcome { heartbeat_s: 0, max_frame_bytes: 270_336, program: None });
    assert_eq!(device.receive(&welcome.encode().unwrap()), Err(HandshakeError::BadTerms));
}

#[test]
fn secrets_are_not_printed() {
    let text = format!("{:?}", device());
    assert!(text.contains("DeviceSecret(…)") && !text.contains("SigningKey"), "{text}");
}
