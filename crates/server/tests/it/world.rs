//! A server with tenants, and short words for what tests do there.

use crate::http::{Answer, Request};
use impstead_model::{AccountId, DeviceGroupId, DeviceId, Role};
use impstead_server::Config;
pub use impstead_testkit::PASSWORD;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// An id that names nothing.
pub const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

pub const TYPES: [&str; 7] = [
    "development_devicegroup",
    "pre_factoryfixture_devicegroup",
    "pre_dut_devicegroup",
    "pre_production_devicegroup",
    "factoryfixture_devicegroup",
    "dut_devicegroup",
    "production_devicegroup",
];
pub const DEVELOPMENT: &str = TYPES[0];
pub const PRODUCTION: &str = TYPES[6];

/// Runs a test on a server of its own for each database.
pub async fn on_each(test: impl AsyncFn(World)) {
    on_each_with(|_| {}, test).await;
}

/// The same with a configuration of one's own.
pub async fn on_each_with(configure: impl Fn(&mut Config), test: impl AsyncFn(World)) {
    for backend in impstead_testkit::backends() {
        let server = impstead_testkit::TestServer::start(backend, &configure).await;
        test(World { server }).await;
    }
}

pub struct World {
    pub server: impstead_testkit::TestServer,
}

impl World {
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub fn public_url(&self) -> &str {
        &self.server.app().config.public_url
    }

    /// A caller without an access token.
    pub fn nobody(&self) -> Client {
        Client { address: self.address(), token: None }
    }

    /// Makes an account that may hold groups of the production side, and signs in.
    pub async fn account(&self, username: &str) -> Account {
        self.signed_up(username, true).await
    }

    /// Makes an account that may not, and signs in.
    pub async fn free_account(&self, username: &str) -> Account {
        self.signed_up(username, false).await
    }

    async fn signed_up(&self, username: &str, production: bool) -> Account {
        let email = format!("{username}@example.net");
        let id = self.server.create_account(username, &email, PASSWORD, production).await;
        let tokens = self.nobody().sign_in(username).await;
        let text = |name: &str| tokens[name].as_str().expect("there is such a token").to_owned();
        Account {
            client: Client { address: self.address(), token: Some(text("access_token")) },
            id: id.to_string(),
            username: username.into(),
            email,
            refresh_token: text("refresh_token"),
        }
    }

    /// Makes an account that collaborates on another one.
    pub async fn collaborator(&self, owner: &Account, role: Role) -> Account {
        let collaborator = self.account(&format!("{}_of_{}", role.as_str(), owner.username)).await;
        let (of, who) = (AccountId::new(&owner.id), AccountId::new(&collaborator.id));
        let added = self.server.store().add_collaborator(&of, &who, role, self.server.act()).await;
        added.expect("the role is new");
        collaborator
    }

    /// Adds an unassigned device to an account.
    pub async fn device(&self, owner: &Account) -> Device {
        self.device_of_type(owner, "imp003").await
    }

    pub async fn device_of_type(&self, owner: &Account, imp_type: &str) -> Device {
        let device = self.server.add_device(&AccountId::new(&owner.id), imp_type).await;
        Device { id: device.id.to_string(), mac: device.mac_address }
    }

    /// Adds a device and puts it into a group, as factory and BlinkUp would where the API may not.
    pub async fn device_in(&self, owner: &Account, group: &str) -> Device {
        let device = self.device(owner).await;
        self.server.place_device(&DeviceId::new(&device.id), &DeviceGroupId::new(group)).await;
        device
    }

    pub fn advance_ms(&self, ms: i64) {
        self.server.clock().advance_ms(ms);
    }
}

pub struct Device {
    pub id: String,
    pub mac: String,
}

/// A caller: requests go out with its access token, if it has one.
#[derive(Clone)]
pub struct Client {
    pub address: SocketAddr,
    pub token: Option<String>,
}

/// An account, signed in.
#[derive(Clone)]
pub struct Account {
    pub client: Client,
    pub id: String,
    pub username: String,
    pub email: String,
    pub refresh_token: String,
}

impl std::ops::Deref for Account {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Client {
    pub async fn send(&self, request: Request) -> Answer {
        let request = match &self.token {
            Some(token) => request.token(token),
            None => request,
        };
        request.send(self.address).await
    }

    pub async fn get(&self, target: &str) -> Answer {
        self.send(Request::new("GET", target)).await
    }

    pub async fn delete(&self, target: &str) -> Answer {
        self.send(Request::new("DELETE", target)).await
    }

    pub async fn post(&self, target: &str, body: Value) -> Answer {
        self.send(Request::new("POST", target).json(&body)).await
    }

    pub async fn put(&self, target: &str, body: Value) -> Answer {
        self.send(Request::new("PUT", target).json(&body)).await
    }

    pub async fn patch(&self, target: &str, body: Value) -> Answer {
        self.send(Request::new("PATCH", target).json(&body)).await
    }

    /// Sends a request with the account's password, as login keys want it.
    pub async fn confirmed(&self, method: &str, target: &str, body: Value) -> Answer {
        self.send(Request::new(method, target).header("X-Electricimp-Password", PASSWORD).json(&body)).await
    }

    pub async fn sign_in(&self, id: &str) -> Value {
        self.post("/v5/auth", json!({ "id": id, "password": PASSWORD })).await.is(200)
    }

    /// Changes a resource's attributes; the type is that of its path.
    pub async fn change(&self, kind: &str, path: &str, id: &str, attributes: Value) -> Answer {
        let document = json!({ "data": { "type": kind, "id": id, "attributes": attributes } });
        self.patch(&format!("/v5/{path}/{id}"), document).await
    }

    pub async fn product(&self, name: &str) -> String {
        id_of(&self.post("/v5/products", product(name)).await)
    }

    /// Makes a device group, with targets of its own where its type wants them.
    pub async fn group(&self, kind: &str, product: &str, name: &str) -> String {
        let document = group(kind, product, name);
        let document = match kind {
            "pre_factoryfixture_devicegroup" | "factoryfixture_devicegroup" => {
                let side = if kind.starts_with("pre_") { "pre_" } else { "" };
                let (production, dut) = (format!("{side}production_devicegroup"), format!("{side}dut_devicegroup"));
                let production_target = Box::pin(self.group(&production, product, &format!("{name} production"))).await;
                let dut_target = Box::pin(self.group(&dut, product, &format!("{name} DUT"))).await;
                with_targets(document, (&production, &production_target), (&dut, &dut_target))
            }
            _ => document,
        };
        id_of(&self.post("/v5/devicegroups", document).await)
    }

    pub async fn deploy(&self, kind: &str, group: &str) -> String {
        id_of(&self.post("/v5/deployments", deployment(kind, group)).await)
    }

    pub async fn webhook(&self, kind: &str, group: &str) -> String {
        id_of(&self.post("/v5/webhooks", webhook(kind, group)).await)
    }

    /// Makes a virtual imp without power.
    pub async fn virtual_imp(&self) -> String {
        let imp = json!({ "data": { "type": "virtual_imp", "attributes": { "state": "stopped" } } });
        id_of(&self.post("/impstead/v1/virtual_imps", imp).await)
    }

    pub async fn login_key(&self) -> String {
        id_of(&self.confirmed("POST", "/v5/accounts/me/login_keys", json!({ "data": { "type": "login_key" } })).await)
    }

    pub async fn assign(&self, group: &str, devices: &[&str]) -> Answer {
        self.post(&format!("/v5/devicegroups/{group}/relationships/devices"), device_list(devices)).await
    }

    pub async fn remove(&self, group: &str, devices: &[&str]) -> Answer {
        let path = format!("/v5/devicegroups/{group}/relationships/devices");
        self.send(Request::new("DELETE", &path).json(&device_list(devices))).await
    }
}

#[track_caller]
fn id_of(answer: &Answer) -> String {
    answer.is(201)["data"]["id"].as_str().expect("resources have ids").to_owned()
}

pub fn product(name: &str) -> Value {
    json!({ "data": { "type": "product", "attributes": { "name": name } } })
}

pub fn group(kind: &str, product: &str, name: &str) -> Value {
    json!({ "data": {
        "type": kind,
        "attributes": { "name": name },
        "relationships": { "product": { "type": "product", "id": product } },
    } })
}

pub fn with_targets(mut group: Value, production: (&str, &str), dut: (&str, &str)) -> Value {
    group["data"]["relationships"]["production_target"] = json!({ "type": production.0, "id": production.1 });
    group["data"]["relationships"]["dut_target"] = json!({ "type": dut.0, "id": dut.1 });
    group
}

pub fn deployment(kind: &str, group: &str) -> Value {
    json!({ "data": {
        "type": "deployment",
        "attributes": { "device_code": "server.log(\"device\");\n", "agent_code": "server.log(\"agent\");\n" },
        "relationships": { "devicegroup": { "type": kind, "id": group } },
    } })
}

pub fn webhook(kind: &str, group: &str) -> Value {
    json!({ "data": {
        "type": "webhook",
        "attributes": { "url": "https://hooks.example.net/imp", "event": "deployment", "content_type": "application/json" },
        "relationships": { "devicegroup": { "type": kind, "id": group } },
    } })
}

pub fn device_list(devices: &[&str]) -> Value {
    let devices: Vec<Value> = devices.iter().map(|id| json!({ "type": "device", "id": id })).collect();
    json!({ "data": devices })
}
