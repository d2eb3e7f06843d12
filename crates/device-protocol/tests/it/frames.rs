use crate::generate::Random;
use impstead_device_protocol::{
    Close, CloseReason, CodeChunk, DecodeError, DeviceFrame, DeviceId, EncodeError, Facts, Log, LogKind,
    MAX_CHUNK_BYTES, MAX_FRAME_BYTES, MAX_LOG_BYTES, MAX_NAME_BYTES, MAX_TEXT_BYTES, MAX_VALUE_BYTES, Message, Problem,
    ServerFrame, Value, Welcome,
};

#[test]
fn a_frame_arrives_as_it_was_sent() {
    for seed in 0..4_000 {
        let mut random = Random::new(seed);
        let (server, device) = (random.server_frame(), random.device_frame());
        assert_eq!(ServerFrame::decode(&server.encode().unwrap()), Ok(Some(server)), "seed {seed}");
        assert_eq!(DeviceFrame::decode(&device.encode().unwrap()), Ok(Some(device)), "seed {seed}");
    }
}

#[test]
fn a_frame_sent_back_to_its_sender_is_refused() {
    for seed in 0..1000 {
        let mut random = Random::new(seed);
        let server = random.server_frame().encode().unwrap();
        let device = random.device_frame().encode().unwrap();
        let wrong = |kind| Err(DecodeError { problem: Problem::WrongDirection(kind), offset: 0 });
        assert_eq!(DeviceFrame::decode(&server).map(|_| ()), wrong(server[0]));
        assert_eq!(ServerFrame::decode(&device).map(|_| ()), wrong(device[0]));
    }
}

#[test]
fn what_a_later_version_adds_is_skipped_or_refused_as_it_says() {
    // Types.
    assert_eq!(ServerFrame::decode(&[0xc1, 1, 2, 3]), Ok(None));
    assert_eq!(DeviceFrame::decode(&[0x81]), Ok(None));
    let unknown = |kind| DecodeError { problem: Problem::UnknownFrame(kind), offset: 0 };
    assert_eq!(ServerFrame::decode(&[0x7f]), Err(unknown(0x7f)));
    assert_eq!(DeviceFrame::decode(&[0x3f, 1]), Err(unknown(0x3f)));
    assert_eq!(DeviceFrame::decode(&[0x00]), Err(unknown(0x00)));

    // Fields, on every frame.
    for seed in 0..2000 {
        let mut random = Random::new(seed);
        let (server, device) = (random.server_frame(), random.device_frame());
        let bytes = server.encode().unwrap();
        let skipped = [&bytes[..], &[0xfe, 2, 9, 9]].concat();
        assert_eq!(ServerFrame::decode(&skipped), Ok(Some(server)), "seed {seed}");
        let DeviceFrame::Hello(_) = device else {
            let skipped = [&device.encode().unwrap()[..], &[0xfe, 0]].concat();
            assert_eq!(DeviceFrame::decode(&skipped), Ok(Some(device)), "seed {seed}");
            continue;
        };
    }
    let ping = |fields: &[u8]| ServerFrame::decode(&[&[0x44, 1], fields].concat());
    let wrong = |problem, offset| Err(DecodeError { problem, offset });
    assert_eq!(ping(&[0x80, 0, 0x81, 0]), Ok(Some(ServerFrame::Ping(1))));
    assert_eq!(ping(&[0x80, 0, 0x7f, 0]), wrong(Problem::FieldOrder(0x7f), 4));
    assert_eq!(ping(&[0x80, 0, 0x80, 0]), wrong(Problem::FieldOrder(0x80), 4));
    assert_eq!(ping(&[0x7f, 0]), wrong(Problem::UnknownField(0x7f), 2));
    assert_eq!(ping(&[0x80]), wrong(Problem::Truncated, 3));
    assert_eq!(ping(&[0x80, 2, 0]), wrong(Problem::Truncated, 3));
}

#[test]
fn fields_of_the_wrong_length_are_refused() {
    let report = |fields: &[u8]| DeviceFrame::decode(&[&[0x0f], fields].concat()).unwrap_err().problem;
    assert_eq!(report(&[0x82, 5, 1, 2, 3, 4, 5]), Problem::FieldLength(0x82));
    assert_eq!(report(&[0x82, 7, 1, 2, 3, 4, 5, 6, 7]), Problem::FieldLength(0x82));
    assert_eq!(report(&[0x83, 0]), Problem::FieldLength(0x83));
    assert_eq!(report(&[0x83, 2, 1, 1]), Problem::FieldLength(0x83));
    assert_eq!(report(&[0x88, 5, 1, 2, 3, 4, 5]), Problem::FieldLength(0x88));
    assert_eq!(report(&[0x80, 1, 0xff]), Problem::BadText);
    assert_eq!(report(&[&[0x87, 0x81, 0x01][..], &[b'x'; 129]].concat()), Problem::TooLong(128));
    let welcome = ServerFrame::decode(&[0x42, 30, 0x80, 0x08, 0x01, 1, 0]).unwrap_err();
    assert_eq!(welcome, DecodeError { problem: Problem::FieldLength(0x01), offset: 4 });
}

#[test]
fn limits_hold_both_ways() {
    let too_long = |what, limit| Err(EncodeError::TooLong { what, limit });
    let message = |name: usize, value: Value| {
        ServerFrame::Message(Message { seq: u32::MAX, ack_wanted: true, name: vec![b'n'; name], value })
    };
    let longest = message(MAX_NAME_BYTES, Value::blob(vec![7; MAX_VALUE_BYTES - 4]));
    let bytes = longest.encode().unwrap();
    assert!(bytes.len() <= MAX_FRAME_BYTES);
    assert_eq!(ServerFrame::decode(&bytes), Ok(Some(longest)));
    assert_eq!(message(MAX_NAME_BYTES + 1, Value::Null).encode(), too_long("name of a message", MAX_NAME_BYTES));
    let value = Value::blob(vec![7; MAX_VALUE_BYTES - 3]);
    assert_eq!(message(0, value).encode(), too_long("value", MAX_VALUE_BYTES));

    let log = |length| {
        DeviceFrame::Log(Log { seq: 1, ack_wanted: false, kind: LogKind::ERROR, text: vec![b'x'; length] }).encode()
    };
    assert!(log(MAX_LOG_BYTES).is_ok());
    assert_eq!(log(MAX_LOG_BYTES + 1), too_long("log line", MAX_LOG_BYTES));
    let chunk = |length| ServerFrame::CodeChunk(CodeChunk { offset: 0, bytes: vec![0; length] }).encode();
    assert!(chunk(MAX_CHUNK_BYTES).is_ok());
    assert_eq!(chunk(MAX_CHUNK_BYTES + 1), too_long("chunk", MAX_CHUNK_BYTES));
    let close = |length| ServerFrame::Close(Close::new(CloseReason::NORMAL, &"x".repeat(length))).encode();
    assert!(close(MAX_TEXT_BYTES).is_ok());
    assert_eq!(close(MAX_TEXT_BYTES + 1), too_long("text", MAX_TEXT_BYTES));
    let facts = Facts { imp_type: Some("x".repeat(129)), ..Facts::default() };
    assert_eq!(DeviceFrame::Report(Box::new(facts)).encode(), too_long("imp type", 128));

    let decode = |bytes: &[u8]| ServerFrame::decode(bytes).unwrap_err();
    let problem = Problem::TooLong(MAX_FRAME_BYTES);
    assert_eq!(decode(&vec![0x44; MAX_FRAME_BYTES + 1]), DecodeError { problem, offset: 0 });
    let problem = Problem::TooLong(MAX_TEXT_BYTES);
    assert_eq!(decode(&[0x43, 0, 0, 0x81, 0x04]), DecodeError { problem, offset: 3 });
    let value = [&[0xa6, 0xfd, 0xff, 0x0f][..], &vec![0; MAX_VALUE_BYTES - 3]].concat();
    let problem = Problem::TooLong(MAX_VALUE_BYTES);
    assert_eq!(decode(&[&[0x47, 1, 0, 0][..], &value].concat()), DecodeError { problem, offset: 4 });
}

#[test]
fn flags_have_no_bits_without_meaning() {
    let problem = Problem::BadFlags;
    assert_eq!(ServerFrame::decode(&[0x47, 1, 2, 0, 0]), Err(DecodeError { problem, offset: 2 }));
    assert_eq!(DeviceFrame::decode(&[0x10, 1, 0xff]), Err(DecodeError { problem, offset: 2 }));
}

#[test]
fn codes_that_nobody_knows_are_carried() {
    let frame = ServerFrame::Close(Close::new(CloseReason(200), ""));
    assert_eq!(ServerFrame::decode(&frame.encode().unwrap()), Ok(Some(frame)));
    assert_eq!((CloseReason(200).name(), CloseReason::REPLACED.name()), (None, Some("REPLACED")));
}

#[test]
fn a_device_id_is_written_as_16_hex_digits() {
    let id = DeviceId::parse("234776801163A9ee").unwrap();
    assert_eq!(id.to_string(), "234776801163a9ee");
    assert_eq!(DeviceId([0; 8]).to_string(), "0000000000000000");
    for text in ["", "234776801163a9e", "234776801163a9eee", "+34776801163a9ee", "g34776801163a9ee"] {
        assert_eq!(DeviceId::parse(text), None, "{text}");
    }
}

#[test]
fn an_empty_frame_is_none() {
    let error = DecodeError { problem: Problem::Truncated, offset: 0 };
    assert_eq!(ServerFrame::decode(&[]), Err(error));
    assert_eq!(DeviceFrame::decode(&[]), Err(error));
    assert_eq!(
        ServerFrame::decode(&[0x42, 30, 0x80, 0x08]),
        Ok(Some(ServerFrame::Welcome(Welcome { heartbeat_s: 30, max_frame_bytes: 1024, program: None })))
    );
}
