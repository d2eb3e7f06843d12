//! Streams of log lines: slow readers, whole device groups, and which kind of lines these are.

use crate::world::{Account, DEVELOPMENT, World, on_each, on_each_with};
use impstead_bus::Capacity;
use impstead_model::{AccountId, DeviceGroupId, DeviceGroupType, DeviceId, LogSource, LogType};
use impstead_runtime::NewLine;
use impstead_testkit::TestDevice;
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// A stream, read only when a test wants it.
struct Stream {
    socket: TcpStream,
    body: String,
    /// How much of the body was looked at.
    read: usize,
}

impl Stream {
    async fn open(address: SocketAddr, target: &str, token: Option<&str>) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // Little waits in the kernel for who does not read.
        socket.set_recv_buffer_size(8 << 10).unwrap();
        let socket = socket.connect(address).await.unwrap();
        let mut stream = Self { socket, body: String::new(), read: 0 };
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let head = format!("GET {target} HTTP/1.0\r\nHost: {address}\r\n{token}\r\n");
        stream.socket.write_all(head.as_bytes()).await.unwrap();
        let head = stream.next_part("\r\n\r\n").await;
        assert!(head.contains(" 200 ") && head.contains("text/event-stream"), "{head}");
        stream
    }

    async fn next_part(&mut self, end: &str) -> String {
        loop {
            if let Some(length) = self.body[self.read..].find(end) {
                let part = self.body[self.read..self.read + length].to_owned();
                self.read += length + end.len();
                return part;
            }
            let mut bytes = Vec::with_capacity(16 << 10);
            let count = timeout(PATIENCE, self.socket.read_buf(&mut bytes)).await.expect("something comes").unwrap();
            assert!(count > 0, "the stream has ended");
            self.body.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// The data of the next event, which must be of this name.
    async fn next(&mut self, name: &str) -> String {
        let event = self.next_part("\n\n").await;
        let data = event.strip_prefix(&format!("event: {name}\ndata: "));
        data.unwrap_or_else(|| panic!("{event:?} where a {name} was due")).to_owned()
    }

    /// Source and message of the next line.
    async fn line(&mut self) -> String {
        let data = self.next("message").await;
        data.splitn(4, ' ').nth(3).unwrap().to_owned()
    }
}

fn log(world: &World, device: &str, group: &str, source: LogSource, message: impl Into<String>) {
    let (device, group) = (DeviceId::new(device), Some(DeviceGroupId::new(group)));
    let (log_type, message) = (LogType::Development, message.into());
    world.server.app().logs.push(NewLine { device, group, log_type, source, message });
}

async fn stream_of(owner: &Account, devices: &[&str]) -> (String, Stream) {
    let id = owner.post("/v5/logstream", json!({})).await.is(201)["data"]["id"].as_str().unwrap().to_owned();
    let mut stream = Stream::open(owner.address, &format!("/v5/logstream/{id}"), None).await;
    assert_eq!(stream.next("state_change").await, "opened");
    for device in devices {
        owner.put(&format!("/v5/logstream/{id}/{device}"), Value::Null).await.is(204);
        assert_eq!(stream.next("state_change").await, format!("{device} subscribed"));
    }
    (id, stream)
}

async fn group_of(owner: &Account) -> String {
    let product = owner.product("Greenhouse").await;
    owner.group(DEVELOPMENT, &product, "beds").await
}

#[tokio::test]
async fn a_reader_that_is_too_slow_is_told_how_much_it_missed() {
    // More than kernel and queue hold together.
    const LINES: usize = 12_000;
    let small = |config: &mut impstead_server::Config| {
        config.log_stream_queue = Capacity { lines: 50, bytes: 1 << 20 };
        config.log_limits.burst = 1_000_000;
    };
    on_each_with(small, async |world| {
        let owner = world.account("grower").await;
        let group = group_of(&owner).await;
        let device = world.device_in(&owner, &group).await.id;
        let (_, mut slow) = stream_of(&owner, &[&device]).await;
        let padding = "x".repeat(1000);
        for number in 0..LINES {
            log(&world, &device, &group, LogSource::ServerLog, format!("{number} {padding}"));
            if number % 100 == 0 {
                tokio::task::yield_now().await;
            }
        }
        // Every line is there or counted, in its place.
        let (mut next, mut skipped) = (0, 0);
        while next < LINES {
            let line = slow.line().await;
            if let Some(rest) = line.strip_prefix("status ") {
                let count = rest.strip_suffix(" log entries skipped: reader too slow").expect(rest);
                let count: usize = count.parse().unwrap();
                skipped += count;
                next += count;
            } else {
                assert!(line.starts_with(&format!("server.log {next} ")), "{next} is due, not {line:.40}");
                next += 1;
            }
        }
        assert_eq!(next, LINES);
        assert!(skipped > 0 && skipped < LINES, "{skipped}");
        log(&world, &device, &group, LogSource::ServerLog, "and on it goes");
        assert_eq!(slow.line().await, "server.log and on it goes");
        // The history has what the reader missed.
        let history = owner.get(&format!("/v5/devices/{device}/logs")).await.is(200);
        assert_eq!(history["data"][0]["msg"], "and on it goes");
        let message = history["data"][1]["msg"].as_str().unwrap();
        assert!(message.starts_with(&format!("{} ", LINES - 1)), "{message}");
    })
    .await;
}

#[tokio::test]
async fn whole_groups_are_followed_without_a_limit_and_at_nobodys_cost() {
    on_each(async |world| {
        let owner = world.account("grower").await;
        let group = group_of(&owner).await;
        let mut devices = Vec::new();
        for _ in 0..12 {
            devices.push(world.device_in(&owner, &group).await.id);
        }
        let (_, mut own) = stream_of(&owner, &[&devices[0]]).await;
        let token = owner.token.as_deref();
        let target = format!("/impstead/v1/logs?devicegroup={group}");
        let mut all = Stream::open(world.address(), &format!("{target}&format=text"), token).await;
        let pumps = format!("{target}&format=text&type=server.error,status&q=PuMp");
        let mut pumps = Stream::open(world.address(), &pumps, token).await;
        let one = format!("/impstead/v1/logs?device={}&format=text", devices[1]);
        let mut one = Stream::open(world.address(), &one, token).await;
        for stream in [&mut all, &mut pumps, &mut one] {
            assert_eq!(stream.next("state_change").await, "opened");
        }
        assert_eq!(one.next("state_change").await, format!("{} subscribed", devices[1]));
        for (index, device) in devices.iter().enumerate() {
            log(&world, device, &group, LogSource::ServerLog, format!("pump {index}"));
            log(&world, device, &group, LogSource::ServerError, format!("ERROR: Pump {index}"));
        }
        for (index, device) in devices.iter().enumerate() {
            for line in [format!("server.log pump {index}"), format!("server.error ERROR: Pump {index}")] {
                let data = all.next("message").await;
                assert!(data.starts_with(device) && data.ends_with(&line), "{data}");
            }
            assert_eq!(pumps.line().await, format!("server.error ERROR: Pump {index}"));
        }
        assert_eq!(one.line().await, "server.log pump 1");
        assert_eq!(own.line().await, "server.log pump 0", "the account's own stream is still there");

        let page = owner.get(&format!("{target}&type=server.error&q=pump&page[size]=5&page[number]=2")).await;
        let page = page.is(200);
        let entries = page["data"].as_array().unwrap();
        let messages: Vec<&str> = entries.iter().map(|entry| entry["msg"].as_str().unwrap()).collect();
        assert_eq!(messages.len(), 5);
        assert!(messages.iter().all(|message| message.starts_with("ERROR: Pump ")), "{messages:?}");
        owner.get("/impstead/v1/logs").await.is(400);
        owner.get(&format!("{target}&type=nonsense")).await.is(400);
        owner.get(&format!("{target}&format=xml")).await.is(400);
    })
    .await;
}

#[tokio::test]
async fn lines_are_of_the_kind_of_the_group() {
    use DeviceGroupType::{Development, Dut, FactoryFixture, PreDut, PreFactoryFixture, PreProduction, Production};
    on_each(async |world| {
        let owner = world.account("grower").await;
        let product = owner.product("Greenhouse").await;
        for (kind, log_type) in [
            (Development, "development"),
            (PreFactoryFixture, "development"),
            (PreDut, "development"),
            (PreProduction, "development"),
            (FactoryFixture, "production"),
            (Dut, "production"),
            (Production, "production"),
        ] {
            let group = owner.group(kind.as_str(), &product, &format!("of type {}", kind.as_str())).await;
            let identity = world.server.add_identity(&AccountId::new(&owner.id)).await;
            world.server.place_device(&DeviceId::new(&identity.id), &DeviceGroupId::new(&group)).await;
            let (_, mut stream) = stream_of(&owner, &[&identity.id]).await;
            let mut device = TestDevice::connect(&world.server, &identity).await;
            device.log_acknowledged("hello").await;
            for line in ["status Device connected", "server.log hello"] {
                let data = stream.next("message").await;
                let mut words = data.splitn(3, ' ');
                assert_eq!(words.next(), Some(identity.id.as_str()));
                assert!(words.nth(1).unwrap() == format!("{log_type} {line}"), "{data}");
            }
            let history = owner.get(&format!("/v5/devices/{}/logs", identity.id)).await;
            for entry in history.is(200)["data"].as_array().unwrap() {
                assert_eq!(entry["log_type"], log_type);
            }
        }
    })
    .await;
}
