//! A client that writes until the server is gone, and records what it acknowledged.

use super::records::{Deployment, Device, Group, Product, Records, Write};
use crate::http::Client;
use anyhow::{Context, Result};
use fastrand::Rng;
use serde_json::{Value, json};

/// Most products and groups that one writer keeps, so that a long run does not drown in lists.
const MOST_PRODUCTS: usize = 40;
const MOST_GROUPS: usize = 12;

/// A writer, which nobody else's writes concern.
pub struct Writer {
    /// What must be there.
    pub records: Records,
    /// The write that was not answered.
    pub doubt: Option<Write>,
    /// Writes acknowledged since this was last set to 0.
    pub acknowledged: u64,
    number: usize,
    serial: u64,
}

impl Writer {
    pub fn new(number: usize, devices: &[String]) -> Self {
        let devices = devices.iter().map(|id| (id.clone(), Device::default())).collect();
        let records = Records { devices, ..Records::default() };
        Self { records, doubt: None, acknowledged: 0, number, serial: 0 }
    }

    /// Writes until the server no longer answers. An error is an answer that should not be.
    pub fn write_until_cut_off(&mut self, mut client: Client, mut random: Rng) -> Result<()> {
        loop {
            let write = self.next(&mut random);
            let (method, path, body, status) = request(&write);
            let Ok(answer) = client.send(method, &path, body.as_ref()) else {
                self.doubt = Some(write);
                return Ok(());
            };
            let answer = answer.expect(status).with_context(|| format!("{method} {path}"))?;
            let id = answer.pointer("/data/id").and_then(Value::as_str).map(str::to_owned);
            self.records.apply(write, id);
            self.acknowledged += 1;
        }
    }

    /// Thinks of a write that can succeed.
    fn next(&mut self, random: &mut Rng) -> Write {
        self.serial += 1;
        let unique = format!("w{}-{}", self.number, self.serial);
        let Records { products, groups, devices, .. } = &self.records;
        let product = random.choice(products.keys()).cloned();
        let group = random.choice(groups.keys()).cloned();
        let empty = products.keys().filter(|id| groups.values().all(|group| group.product != **id));
        let empty = random.choice(empty.collect::<Vec<_>>()).cloned();
        let write = match (random.u8(0..100), product, group, empty) {
            (0..20, Some(id), ..) => Write::ChangeProduct(id, described(unique.clone())),
            (20..32, _, _, Some(id)) => Write::DeleteProduct(id),
            (_, _, _, Some(id)) if products.len() > MOST_PRODUCTS => Write::DeleteProduct(id),
            (32..42, Some(product), ..) if groups.len() < MOST_GROUPS => {
                Write::CreateGroup(Group { product, name: unique.clone(), current: None })
            }
            (42..58, _, Some(group), _) => Write::Deploy(Deployment { group, description: unique.clone() }),
            (58..70, _, Some(group), _) => {
                let others = devices.iter().filter(|(_, device)| device.group.as_ref() != Some(&group));
                let mut devices: Vec<String> = others.map(|(id, _)| id.clone()).collect();
                random.shuffle(&mut devices);
                devices.truncate(random.usize(1..=4));
                Write::Move { devices, from: None, to: Some(group) }
            }
            (70..78, _, Some(group), _) => {
                let members = devices.iter().filter(|(_, device)| device.group.as_ref() == Some(&group));
                let devices = members.map(|(id, _)| id.clone()).collect();
                Write::Move { devices, from: Some(group), to: None }
            }
            (78..88, ..) => {
                let device = random.choice(devices.keys()).cloned();
                Write::NameDevice(device.expect("every writer has devices"), unique.clone())
            }
            _ => Write::CreateProduct(described(unique.clone())),
        };
        match write {
            // There is nothing to move.
            Write::Move { devices, .. } if devices.is_empty() => Write::CreateProduct(described(unique)),
            write => write,
        }
    }
}

fn described(name: String) -> Product {
    Product { description: format!("described with {name}"), name }
}

/// Returns method, path and body of a write, and the status of its success.
fn request(write: &Write) -> (&'static str, String, Option<Value>, u16) {
    let resource = |kind: &str, attributes: Value| json!({ "type": kind, "attributes": attributes });
    match write {
        Write::CreateProduct(product) => {
            ("POST", "/v5/products".into(), Some(json!({ "data": resource("product", attributes(product)) })), 201)
        }
        Write::ChangeProduct(id, product) => {
            let mut data = resource("product", attributes(product));
            data["id"] = json!(id);
            ("PATCH", format!("/v5/products/{id}"), Some(json!({ "data": data })), 200)
        }
        Write::DeleteProduct(id) => ("DELETE", format!("/v5/products/{id}"), None, 204),
        Write::CreateGroup(group) => {
            let mut data = resource("development_devicegroup", json!({ "name": group.name }));
            data["relationships"] = json!({ "product": { "type": "product", "id": group.product } });
            ("POST", "/v5/devicegroups".into(), Some(json!({ "data": data })), 201)
        }
        Write::Deploy(deployment) => {
            let attributes = json!({
                "device_code": deployment.code(), "agent_code": "// none", "description": deployment.description,
            });
            let mut data = resource("deployment", attributes);
            data["relationships"] =
                json!({ "devicegroup": { "type": "development_devicegroup", "id": deployment.group } });
            ("POST", "/v5/deployments".into(), Some(json!({ "data": data })), 201)
        }
        Write::Move { devices, from, to } => {
            let devices: Vec<Value> = devices.iter().map(|id| json!({ "type": "device", "id": id })).collect();
            let body = Some(json!({ "data": devices }));
            match (from, to) {
                (_, Some(group)) => ("POST", format!("/v5/devicegroups/{group}/relationships/devices"), body, 204),
                (group, None) => {
                    let group = group.as_deref().unwrap_or_default();
                    ("DELETE", format!("/v5/devicegroups/{group}/relationships/devices"), body, 204)
                }
            }
        }
        Write::NameDevice(id, name) => {
            let mut data = resource("device", json!({ "name": name }));
            data["id"] = json!(id);
            ("PATCH", format!("/v5/devices/{id}"), Some(json!({ "data": data })), 200)
        }
    }
}

fn attributes(product: &Product) -> Value {
    json!({ "name": product.name, "description": product.description })
}
