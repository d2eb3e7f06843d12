//! An account with something of everything, and for each route a request that its owner may make.

use crate::{
    auth::{Authenticator, enrol},
    group_devices::unbonding_key,
    http::Request,
    world::{
        Account, DEVELOPMENT, NOBODY, PASSWORD, PRODUCTION, World, deployment, device_list, group, product, webhook,
    },
};
use impstead_model::AccountId;
use impstead_server::{Access, Route, routes};
use impstead_store::QuotaChange;
use serde_json::{Value, json};
use std::cell::Cell;

/// The owner's account and what its requests name; what a request would use up is made anew for each.
pub struct Stage<'w> {
    pub w: &'w World,
    pub owner: Account,
    /// The product of the groups.
    pub product: String,
    /// A group of the development side and one of the production side.
    groups: [String; 2],
    unbonding_key: String,
    count: Cell<u32>,
}

/// A request of which the owner may expect success, and the owner's ids in it.
pub struct Sample {
    pub request: Request,
    pub ids: Vec<String>,
}

/// Returns the route of an operation.
pub fn route(operation: &str) -> Route {
    let mut routes = routes().into_iter();
    routes.find(|route| route.operation == operation).unwrap_or_else(|| panic!("there is no operation `{operation}`"))
}

impl<'w> Stage<'w> {
    pub async fn new(w: &'w World) -> Self {
        let owner = w.account("grower").await;
        let more = QuotaChange { login_keys: Some(Some(1000)), ..QuotaChange::default() };
        w.server.store().set_quota(&AccountId::new(&owner.id), more, w.server.act()).await.expect("any limit will do");
        let product = owner.product("Greenhouse").await;
        let groups =
            [owner.group(DEVELOPMENT, &product, "Probes").await, owner.group(PRODUCTION, &product, "Shipped").await];
        let unbonding_key = unbonding_key(&owner).await;
        Self { w, owner, product, groups, unbonding_key, count: Cell::new(0) }
    }

    /// A name that was not given before.
    fn name(&self) -> String {
        self.count.set(self.count.get() + 1);
        format!("Name {}", self.count.get())
    }

    /// Makes what the operation needs, for `production` on the production side, and the request for it. `caller` is who
    /// will send it: some operations are about whoever calls.
    pub async fn sample(&self, operation: &str, production: bool, caller: &Account) -> Sample {
        let Self { w, owner, product: in_product, .. } = self;
        let (kind, group_id) = if production { (PRODUCTION, &self.groups[1]) } else { (DEVELOPMENT, &self.groups[0]) };
        let mut ids = Vec::new();
        let mut body = None;
        // Where it is more than the path with the ids in it.
        let mut target = None;
        let mut headers: Vec<(&str, &str)> = Vec::new();
        let described = |kind: &str, attributes: Value| json!({ "data": { "type": kind, "attributes": attributes } });
        if operation.starts_with("totp.") && caller.token.is_some() {
            // What an earlier request enrolled would be in the way.
            caller.confirmed("DELETE", "/impstead/v1/accounts/me/totp", Value::Null).await;
        }
        match operation {
            "auth.login" => body = Some(json!({ "id": owner.username, "password": PASSWORD })),
            "auth.exchange" => body = Some(json!({ "key": owner.login_key().await })),
            "accounts.show" | "accounts.capabilities" | "quota.show" | "collaborators.list" => {
                ids.push(owner.id.clone());
            }
            "refresh_tokens.delete" | "sessions.show" | "sessions.delete" => {
                self.w.advance_ms(1);
                w.nobody().sign_in(&owner.username).await;
                ids.push(owner.get("/v5/accounts/me/refresh_tokens").await.ids().pop().expect("there is the new one"));
            }
            "login_keys.create" => body = Some(described("login_key", json!({}))),
            "login_keys.show" | "login_keys.delete" => ids.push(owner.login_key().await),
            "login_keys.update" => {
                ids.push(owner.login_key().await);
                body = Some(described("login_key", json!({ "description": "x" })));
            }
            "products.create" => {
                let mut document = product(&self.name());
                document["data"]["relationships"] = json!({ "owner": { "type": "account", "id": owner.id } });
                body = Some(document);
                ids.push(owner.id.clone());
            }
            "products.show" | "products.delete" => ids.push(owner.product(&self.name()).await),
            "products.update" => {
                ids.push(owner.product(&self.name()).await);
                body = Some(described("product", json!({ "name": self.name() })));
            }
            "devicegroups.create" => {
                body = Some(group(kind, in_product, &self.name()));
                ids.push(in_product.clone());
            }
            "devicegroups.show"
            | "devicegroups.delete"
            | "devicegroups.restart"
            | "devicegroups.conditional_restart" => {
                ids.push(owner.group(kind, in_product, &self.name()).await);
            }
            "devicegroups.update" => {
                ids.push(owner.group(kind, in_product, &self.name()).await);
                body = Some(described(kind, json!({ "name": self.name() })));
            }
            "devicegroups.add_devices" => {
                let device = if production { w.device_in(owner, group_id).await } else { w.device(owner).await };
                body = Some(device_list(&[&device.id]));
                ids.extend([group_id.clone(), device.id]);
            }
            "devicegroups.remove_devices" => {
                let device = w.device_in(owner, group_id).await;
                body = Some(device_list(&[&device.id]));
                headers.push(("X-Electricimp-Key", &self.unbonding_key));
                ids.extend([group_id.clone(), device.id]);
            }
            "devicegroups.set_min_supported_deployment" => {
                let id = owner.deploy(kind, group_id).await;
                body = Some(json!({ "data": { "type": "deployment", "id": id } }));
                ids.extend([group_id.clone(), id]);
            }
            "deployments.create" => {
                body = Some(deployment(kind, group_id));
                ids.push(group_id.clone());
            }
            "deployments.show" => ids.push(owner.deploy(kind, group_id).await),
            "deployments.update" => {
                ids.push(owner.deploy(kind, group_id).await);
                body = Some(described("deployment", json!({ "description": "x" })));
            }
            "deployments.delete" => {
                ids.push(owner.deploy(kind, group_id).await);
                let minimum = format!("/v5/devicegroups/{group_id}/relationships/min_supported_deployment");
                let newer = owner.deploy(kind, group_id).await;
                owner.put(&minimum, json!({ "data": { "type": "deployment", "id": newer } })).await.is(200);
            }
            "devices.show" | "devices.restart" | "devices.conditional_restart" | "devices.history" | "devices.logs" => {
                ids.push(w.device_in(owner, group_id).await.id);
            }
            "devices.update" => {
                ids.push(w.device_in(owner, group_id).await.id);
                body = Some(described("device", json!({ "name": "x" })));
            }
            "devices.delete" => {
                let device = if production { w.device_in(owner, group_id).await } else { w.device(owner).await };
                ids.push(device.id);
            }
            "virtual_imps.create" => {
                let mut document = described("virtual_imp", json!({ "name": "Bed 7", "state": "stopped" }));
                document["data"]["relationships"] = json!({ "owner": { "type": "account", "id": owner.id } });
                body = Some(document);
                ids.push(owner.id.clone());
            }
            "virtual_imps.list" => drop(owner.virtual_imp().await),
            "virtual_imps.show" | "virtual_imps.delete" | "virtual_imps.start" | "virtual_imps.stop" => {
                ids.push(owner.virtual_imp().await);
            }
            "virtual_imps.update" => {
                ids.push(owner.virtual_imp().await);
                body = Some(described("virtual_imp", json!({ "name": "x" })));
            }
            "logstream.open" => target = Some(format!("/v5/logstream/{}", log_stream(owner).await)),
            "logstream.add_device" | "logstream.remove_device" => {
                let device = w.device_in(owner, group_id).await.id;
                // One's own stream, whoever that is; it is the device that matters.
                let stream = log_stream(if caller.token.is_some() { caller } else { owner }).await;
                let member = format!("/v5/logstream/{stream}/{device}");
                if operation == "logstream.remove_device" {
                    caller.put(&member, Value::Null).await;
                }
                target = Some(member);
                ids.push(device);
            }
            "logs.list" => {
                let device = w.device_in(owner, group_id).await.id;
                target = Some(format!("/impstead/v1/logs?device={device}"));
                ids.push(device);
            }
            "webhooks.create" => {
                body = Some(webhook(kind, group_id));
                ids.push(group_id.clone());
            }
            "webhooks.show" | "webhooks.delete" | "webhooks.replace_secret" => {
                ids.push(owner.webhook(kind, group_id).await);
            }
            "webhook_deliveries.list" => {
                ids.push(owner.webhook(kind, group_id).await);
                owner.deploy(kind, group_id).await;
            }
            "webhook_deliveries.show" | "webhook_deliveries.resend" => {
                let webhook = owner.webhook(kind, group_id).await;
                owner.deploy(kind, group_id).await;
                let path = format!("/impstead/v1/webhooks/{webhook}/deliveries");
                let delivery = owner.get(&path).await.ids().remove(0);
                ids.extend([webhook, delivery]);
            }
            "webhooks.update" => {
                ids.push(owner.webhook(kind, group_id).await);
                body = Some(described("webhook", json!({ "url": "https://other.example.net/" })));
            }
            "totp.confirm" if caller.token.is_some() => {
                let code = Authenticator::begin(caller).await.code(w);
                body = Some(described("totp", json!({ "code": code })));
            }
            "totp.delete" if caller.token.is_some() => drop(enrol(w, caller).await),
            "password.replace" => body = Some(described("password", json!({ "password": PASSWORD }))),
            "unbonding_key.delete" if caller.token.is_some() => drop(unbonding_key(caller).await),
            "collaborators.create" => {
                let name = self.name().replace(' ', "-");
                let email = format!("{name}@example.net");
                let other = w.server.create_account(&name, &email, PASSWORD, false).await.to_string();
                let mut document = described("collaborator", json!({ "role": "support" }));
                document["data"]["relationships"] = json!({ "account": { "type": "account", "id": other } });
                body = Some(document);
                ids.push(owner.id.clone());
            }
            "collaborators.show" | "collaborators.update" | "collaborators.delete" => {
                let name = self.name().replace(' ', "-");
                let email = format!("{name}@example.net");
                let other = w.server.create_account(&name, &email, PASSWORD, false).await;
                let (of, role) = (AccountId::new(&owner.id), impstead_model::Role::Support);
                w.server.store().add_collaborator(&of, &other, role, w.server.act()).await.expect("the role is new");
                ids.extend([owner.id.clone(), other.to_string()]);
                if operation == "collaborators.update" {
                    body = Some(described("collaborator", json!({ "role": "developer" })));
                }
            }
            "audit.show" => ids.push(owner.get("/impstead/v1/audit").await.ids().remove(0)),
            _ => {}
        }
        let route = route(operation);
        if route.access == Access::TokenAndPassword {
            headers.push(("X-Electricimp-Password", PASSWORD));
        }
        let target = target.unwrap_or_else(|| fill(route.path, &ids));
        let mut request = Request::new(route.method.as_str(), &target);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.body = body.map(|body| body.to_string().into_bytes());
        Sample { request, ids }
    }
}

/// Makes a log stream of an account, and returns its id.
async fn log_stream(account: &Account) -> String {
    let answer = account.post("/v5/logstream", Value::Null).await;
    answer.resource()["id"].as_str().expect("a stream has an id").to_owned()
}

/// Puts ids in the place of a path's parameters; ids that name nothing where there are too few.
pub fn fill(pattern: &str, ids: &[String]) -> String {
    let mut ids = ids.iter();
    let segments = pattern
        .split('/')
        .map(|segment| if segment.starts_with('{') { ids.next().map_or(NOBODY, |id| id) } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
