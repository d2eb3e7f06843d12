//! The line, over real sockets: what devices see, and what the API then says of them.

mod code;
mod connections;
mod factory;
mod handshakes;
mod logging;

use crate::world::{Account, DEVELOPMENT, World};
use impstead_model::AccountId;
use impstead_testkit::{DeviceIdentity, TestDevice};
use serde_json::Value;
use std::time::Duration;

/// An account with a development group and a device in it.
struct Bed {
    owner: Account,
    group: String,
    identity: DeviceIdentity,
}

impl Bed {
    async fn new(world: &World) -> Self {
        let owner = world.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let group = owner.group(DEVELOPMENT, &product, "beds").await;
        let identity = world.server.add_identity(&AccountId::new(&owner.id)).await;
        owner.assign(&group, &[&identity.id]).await.is(204);
        Self { owner, group, identity }
    }

    /// Deploys device code to its group, and returns the deployment's id.
    async fn deploy(&self, code: &str) -> String {
        let mut document = crate::world::deployment(DEVELOPMENT, &self.group);
        document["data"]["attributes"]["device_code"] = code.into();
        self.owner.post("/v5/deployments", document).await.is(201)["data"]["id"].as_str().unwrap().to_owned()
    }

    /// What the API says of the device.
    async fn device(&self) -> Value {
        self.owner.get(&format!("/v5/devices/{}", self.identity.id)).await.is(200)["data"]["attributes"].clone()
    }

    /// Waits until the API says that the device is online, or that it is not.
    async fn until_online(&self, online: bool) -> Value {
        for _ in 0..1000 {
            let device = self.device().await;
            if device["device_online"] == online {
                return device;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the device does not become {}", if online { "online" } else { "offline" });
    }

    /// The device's log, oldest first, as `type: message`.
    async fn log(&self) -> Vec<String> {
        let answer = self.owner.get(&format!("/v5/devices/{}/logs?page[size]=100", self.identity.id)).await;
        let entries = answer.is(200)["data"].as_array().unwrap().clone();
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
        entries.iter().rev().map(|entry| format!("{}: {}", text(entry, "type"), text(entry, "msg"))).collect()
    }

    /// Waits until the device's log ends with these lines.
    #[track_caller]
    fn until_log_ends(&self, expected: &[&str]) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let mut log = Vec::new();
            for _ in 0..1000 {
                log = self.log().await;
                if log.ends_with(&expected.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            panic!("at {caller}: {log:#?}");
        }
    }

    async fn connect(&self, world: &World) -> TestDevice {
        TestDevice::connect(&world.server, &self.identity).await
    }

    /// Connects a device that has a program already, and runs it or not.
    async fn connect_with_program(&self, world: &World, program: [u8; 32], running: bool) -> TestDevice {
        let (device, _) = TestDevice::connect_with(&world.server, &self.identity, |hello| {
            hello.program = Some(program);
            hello.running = running;
        })
        .await;
        device
    }

    async fn restart(&self, how: &str) {
        self.owner.post(&format!("/v5/devices/{}/{how}", self.identity.id), Value::Null).await.is(204);
    }
}
