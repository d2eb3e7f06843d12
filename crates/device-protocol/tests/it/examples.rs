//! One example at least of each frame, and of each form of value. The vectors and the document show the same ones.

use impstead_device_protocol::{
    Answer, AnswerCode, Bless, Close, CloseReason, CodeChunk, CodeOffer, CodeOutcome, CodeResult, CodeWant,
    Compression, DeviceFrame, DeviceHandshake, DeviceId, DeviceSecret, DeviceStep, Enrol, ExitCode, Facts, Float,
    Hello, Key, Log, LogKind, Message, NetworkKind, ProgramFormat, RestartReason, ServerFrame, ServerHandshake,
    ShutdownReason, Sleep, SleepKind, Started, Value, WakeReason, Welcome,
};

/// Unix time in milliseconds at the beginning of 2026.
pub const NEW_YEAR_MS: u64 = 1_767_225_600_000;

/// The name of the server in every example.
pub const SERVER: &str = "https://imp.example.net";

/// SHA-256 of `server.log("hi")`.
pub const PROGRAM: [u8; 32] = [
    0xd3, 0x40, 0x0e, 0x72, 0xb5, 0xc4, 0x3b, 0x99, 0x55, 0x1c, 0x89, 0xf9, 0x19, 0xa6, 0x5e, 0xda, 0x93, 0xc1, 0xa3,
    0x1f, 0x10, 0xd5, 0x0e, 0xc0, 0xd3, 0xb0, 0x86, 0xc2, 0x60, 0x83, 0x51, 0x56,
];

/// A device, and the fixture that configured it.
pub const DEVICE: DeviceId = DeviceId([0x50, 0, 0x0c, 0x2a, 0x69, 0, 0, 1]);
pub const FIXTURE: DeviceId = DeviceId([0x50, 0, 0x0c, 0x2a, 0x69, 0, 0, 2]);

/// The secret of every example is the bytes 0 to 31; the nonce, the bytes 160 to 191.
pub fn seed() -> [u8; 32] {
    std::array::from_fn(|index| u8::try_from(index).unwrap())
}

pub fn nonce() -> [u8; 32] {
    std::array::from_fn(|index| u8::try_from(index + 160).unwrap())
}

#[derive(Clone, Debug, PartialEq)]
pub enum Example {
    Value(Value),
    Server(ServerFrame),
    Device(DeviceFrame),
}

impl Example {
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Value(value) => value.encode().unwrap(),
            Self::Server(frame) => frame.encode().unwrap(),
            Self::Device(frame) => frame.encode().unwrap(),
        }
    }

    /// Reads what an example of the same kind was written as.
    pub fn decode_alike(&self, bytes: &[u8]) -> Result<Option<Self>, impstead_device_protocol::DecodeError> {
        Ok(match self {
            Self::Value(_) => Some(Self::Value(Value::decode(bytes)?)),
            Self::Server(_) => ServerFrame::decode(bytes)?.map(Self::Server),
            Self::Device(_) => DeviceFrame::decode(bytes)?.map(Self::Device),
        })
    }
}

pub fn hello() -> Hello {
    let mut hello = Hello::new(DEVICE, SERVER, WakeReason::POWER_ON);
    hello.program = Some(PROGRAM);
    hello.max_frame_bytes = Some(16384);
    hello.facts = Facts {
        os_version: Some("3fd20aa - release-42.15 - Tue Jan 13 09:00:00 2026 - production".into()),
        imp_type: Some("imp006".into()),
        mac_address: Some([0x0c, 0x2a, 0x69, 0, 0, 1]),
        free_memory_bytes: Some(91240),
        rssi_dbm: Some(-58),
        storage_used: Some(1683),
        network: Some(NetworkKind::WIFI),
        network_name: Some(b"greenhouse".to_vec()),
        local_address: Some([192, 168, 1, 20].into()),
    };
    hello.compressions = vec![Compression::ZLIB, Compression::ZSTD];
    hello.heartbeat_s = Some(120);
    hello
}

/// The hello of the examples with its signature.
pub fn signed_hello() -> Hello {
    let server = ServerHandshake::new(nonce(), NEW_YEAR_MS);
    let mut device = DeviceHandshake::new(DeviceSecret::from_seed(&seed()), hello());
    let DeviceStep::Send(bytes) = device.receive(server.challenge()).unwrap() else { panic!("no hello") };
    let Some(DeviceFrame::Hello(hello)) = DeviceFrame::decode(&bytes).unwrap() else { panic!("no hello") };
    *hello
}

fn challenge() -> ServerFrame {
    ServerFrame::decode(ServerHandshake::new(nonce(), NEW_YEAR_MS).challenge()).unwrap().unwrap()
}

fn reading() -> Value {
    Value::from([
        ("moisture", Value::Int(41)),
        ("celsius", Value::from(21.5)),
        ("ok", Value::Bool(true)),
        ("raw", Value::blob([0x00, 0xff])),
        ("last", Value::from([Value::Int(-1), Value::Int(1000), Value::Null])),
    ])
}

fn environment() -> Value {
    Value::from([
        ("__EI", Value::from([("PRODUCT_NAME", Value::from("Bed"))])),
        ("__VARS", Value::from([("LIMIT", Value::Int(30))])),
        ("configparams", Value::from([("deviceid", Value::from("50000c2a69000001"))])),
    ])
}

fn values() -> Vec<(&'static str, Value)> {
    let ints = |range: std::ops::Range<i32>| Value::Array(range.map(Value::Int).collect());
    vec![
        ("null", Value::Null),
        ("false", Value::Bool(false)),
        ("true", Value::Bool(true)),
        ("int-0", Value::Int(0)),
        ("int-minus-1", Value::Int(-1)),
        ("int-31", Value::Int(31)),
        ("int-minus-32", Value::Int(-32)),
        ("int-32", Value::Int(32)),
        ("int-minus-33", Value::Int(-33)),
        ("int-1000", Value::Int(1000)),
        ("int-most", Value::Int(i32::MAX)),
        ("int-least", Value::Int(i32::MIN)),
        ("float-0", Value::from(0.0)),
        ("float-minus-0", Value::from(-0.0)),
        ("float-21.5", Value::from(21.5)),
        ("float-infinity", Value::from(f32::INFINITY)),
        ("float-signalling-nan", Value::Float(Float::from_bits(0xff80_1234))),
        ("string-empty", Value::from("")),
        ("string-hi", Value::from("hi")),
        ("string-not-utf-8", Value::string([0xff, 0x00])),
        ("string-63", Value::string([b'x'; 63])),
        ("string-64", Value::string([b'x'; 64])),
        ("blob-empty", Value::blob([])),
        ("blob-3", Value::blob([1, 2, 3])),
        ("array-empty", Value::Array(Box::default())),
        ("array-15", ints(0..15)),
        ("array-16", ints(0..16)),
        ("table-empty", Value::Table(Box::default())),
        ("table-of-every-key", {
            let keys = [
                Key::from("b"),
                Key::from("a"),
                Key::Int(1),
                Key::Float(Float::from(1.0)),
                Key::Bool(true),
                Key::String(Box::default()),
            ];
            Value::Table(keys.into_iter().zip(0..).map(|(key, number)| (key, Value::Int(number))).collect())
        }),
        ("table-16", Value::Table((0..16).map(|number| (Key::Int(number), Value::Null)).collect())),
        ("deepest", (0..32).fold(Value::Null, |inner, _| Value::from([inner]))),
        ("reading", reading()),
    ]
}

fn server_frames() -> Vec<(&'static str, ServerFrame)> {
    vec![
        ("challenge", challenge()),
        (
            "welcome",
            ServerFrame::Welcome(Welcome { heartbeat_s: 120, max_frame_bytes: 270_336, program: Some(PROGRAM) }),
        ),
        ("welcome-without-program", {
            ServerFrame::Welcome(Welcome { heartbeat_s: 30, max_frame_bytes: 270_336, program: None })
        }),
        ("server-close", {
            let mut close = Close::new(CloseReason::GOING_AWAY, "restarting");
            close.retry_after_s = 5;
            ServerFrame::Close(close)
        }),
        ("server-ping", ServerFrame::Ping(7)),
        ("server-pong", ServerFrame::Pong(300)),
        ("server-ack", ServerFrame::Ack(2)),
        ("server-message", {
            let (name, value) = (b"set.limit".to_vec(), Value::Int(35));
            ServerFrame::Message(Message { seq: 1, ack_wanted: false, name, value })
        }),
        ("code-offer", {
            ServerFrame::CodeOffer(Box::new(CodeOffer {
                program: PROGRAM,
                format: ProgramFormat::SQUIRREL_SOURCE,
                compression: Compression::NONE,
                size_bytes: 16,
                transfer_bytes: 16,
                environment: Some(environment()),
            }))
        }),
        ("code-chunk", ServerFrame::CodeChunk(CodeChunk { offset: 0, bytes: b"server.log(\"hi\")".to_vec() })),
        ("restart", ServerFrame::Restart(RestartReason::REQUESTED)),
        ("shutdown", ServerFrame::Shutdown(ShutdownReason::NEWSQUIRREL)),
        ("unload", ServerFrame::Unload),
        ("answer", ServerFrame::Answer(Answer { request: 1, code: AnswerCode::OK })),
    ]
}

fn device_frames() -> Vec<(&'static str, DeviceFrame)> {
    let minimal = Hello {
        server: "http://127.0.0.1:8080".into(),
        facts: Facts::default(),
        ..Hello::new(DEVICE, "", WakeReason::TIMER)
    };
    vec![
        ("hello", DeviceFrame::Hello(Box::new(signed_hello()))),
        ("hello-unsigned", DeviceFrame::Hello(Box::new(minimal))),
        ("device-close", DeviceFrame::Close(Close::new(CloseReason::NORMAL, ""))),
        ("device-ping", DeviceFrame::Ping(0)),
        ("device-pong", DeviceFrame::Pong(7)),
        ("device-ack", DeviceFrame::Ack(1)),
        ("device-message", {
            DeviceFrame::Message(Message { seq: 2, ack_wanted: true, name: b"reading".to_vec(), value: reading() })
        }),
        ("log", {
            DeviceFrame::Log(Log { seq: 1, ack_wanted: false, kind: LogKind::LOG, text: b"moisture 41".to_vec() })
        }),
        ("code-want", DeviceFrame::CodeWant(CodeWant { program: PROGRAM, offset: 0 })),
        ("code-result", {
            let (outcome, text) = (CodeOutcome::INSTALLED, String::new());
            DeviceFrame::CodeResult(CodeResult { program: PROGRAM, outcome, storage_used: 1683, text })
        }),
        ("code-result-out-of-space", {
            let (outcome, text) = (CodeOutcome::OUT_OF_SPACE, String::new());
            DeviceFrame::CodeResult(CodeResult { program: PROGRAM, outcome, storage_used: 12004, text })
        }),
        ("started", DeviceFrame::Started(Started { wake_reason: WakeReason::NEW_SQUIRREL, program: PROGRAM })),
        ("restarting", DeviceFrame::Restarting),
        ("sleep", DeviceFrame::Sleep(Sleep { kind: SleepKind::DEEP_SLEEP, seconds: 3600 })),
        ("exit-code", DeviceFrame::ExitCode(ExitCode { code: 16, text: "imp.reset()".into() })),
        ("report", {
            let (free_memory_bytes, rssi_dbm) = (Some(88_000), Some(-61));
            DeviceFrame::Report(Box::new(Facts { free_memory_bytes, rssi_dbm, ..Facts::default() }))
        }),
        ("bless", DeviceFrame::Bless(Bless { request: 1, success: true, fixture: Some(FIXTURE) })),
        ("enrol", {
            let (plan_id, token) = ("7e1f2a90".into(), "dG9rZW4".into());
            DeviceFrame::Enrol(Enrol { request: 2, plan_id, token, fixture: None })
        }),
    ]
}

/// Every example with its name.
pub fn all() -> Vec<(String, Example)> {
    let values = values().into_iter().map(|(name, value)| (format!("value-{name}"), Example::Value(value)));
    let servers = server_frames().into_iter().map(|(name, frame)| (name.to_owned(), Example::Server(frame)));
    let devices = device_frames().into_iter().map(|(name, frame)| (name.to_owned(), Example::Device(frame)));
    values.chain(servers).chain(devices).collect()
}

#[test]
fn there_is_an_example_of_every_frame() {
    // A new frame does not compile here until it is counted, and the count fails until it has an example.
    let server = |frame: &ServerFrame| match frame {
        ServerFrame::Challenge(_) => 0,
        ServerFrame::Welcome(_) => 1,
        ServerFrame::Close(_) => 2,
        ServerFrame::Ping(_) => 3,
        ServerFrame::Pong(_) => 4,
        ServerFrame::Ack(_) => 5,
        ServerFrame::Message(_) => 6,
        ServerFrame::CodeOffer(_) => 7,
        ServerFrame::CodeChunk(_) => 8,
        ServerFrame::Restart(_) => 9,
        ServerFrame::Shutdown(_) => 10,
        ServerFrame::Unload => 11,
        ServerFrame::Answer(_) => 12,
    };
    let device = |frame: &DeviceFrame| match frame {
        DeviceFrame::Hello(_) => 0,
        DeviceFrame::Close(_) => 1,
        DeviceFrame::Ping(_) => 2,
        DeviceFrame::Pong(_) => 3,
        DeviceFrame::Ack(_) => 4,
        DeviceFrame::Message(_) => 5,
        DeviceFrame::Log(_) => 6,
        DeviceFrame::CodeWant(_) => 7,
        DeviceFrame::CodeResult(_) => 8,
        DeviceFrame::Started(_) => 9,
        DeviceFrame::Restarting => 10,
        DeviceFrame::Sleep(_) => 11,
        DeviceFrame::ExitCode(_) => 12,
        DeviceFrame::Report(_) => 13,
        DeviceFrame::Bless(_) => 14,
        DeviceFrame::Enrol(_) => 15,
    };
    let servers: std::collections::BTreeSet<_> = server_frames().iter().map(|(_, frame)| server(frame)).collect();
    let devices: std::collections::BTreeSet<_> = device_frames().iter().map(|(_, frame)| device(frame)).collect();
    assert_eq!(servers, (0..13).collect());
    assert_eq!(devices, (0..16).collect());
}
