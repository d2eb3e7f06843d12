//! Figures of the live half: devices on their lines, what they log, and who reads it.

pub mod device;
mod fan_out;
mod fleet;
mod lines;
mod nchan;
mod stream;

use crate::{http::Client, site::Added};
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Devices that one request may assign.
const MOST_ASSIGNED_AT_ONCE: usize = 1000;

/// Settings without which the server drops most of the lines here: limits of what a program may log.
const NO_THROTTLE: [(&str, u32); 2] = [("IMPSTEAD_LOG_BURST", 1_000_000), ("IMPSTEAD_LOG_PER_MINUTE", 1_000_000)];

/// Makes a product and a development group in it, puts devices there, and returns the group.
pub fn assign(client: &mut Client, devices: &[Added]) -> Result<String> {
    let product = json!({ "data": { "type": "product", "attributes": { "name": "Product" } } });
    let product = client.send("POST", "/v5/products", Some(&product))?.expect(201)?;
    let group = json!({ "data": {
        "type": "development_devicegroup",
        "attributes": { "name": "Group" },
        "relationships": { "product": { "type": "product", "id": product["data"]["id"] } },
    } });
    let group = client.send("POST", "/v5/devicegroups", Some(&group))?.expect(201)?;
    let group = id(&group)?.to_owned();
    let path = format!("/v5/devicegroups/{group}/relationships/devices");
    for some in devices.chunks(MOST_ASSIGNED_AT_ONCE) {
        let some: Vec<Value> = some.iter().map(|device| json!({ "type": "device", "id": device.id })).collect();
        client.send("POST", &path, Some(&json!({ "data": some })))?.expect(204)?;
    }
    Ok(group)
}

/// Makes a log stream and returns its id.
fn new_stream(client: &mut Client) -> Result<String> {
    Ok(id(&client.send("POST", "/v5/logstream", Some(&json!({})))?.expect(201)?)?.to_owned())
}

/// Adds a device to a log stream.
fn follow(client: &mut Client, stream: &str, device: &str) -> Result<()> {
    client.send("PUT", &format!("/v5/logstream/{stream}/{device}"), None)?.expect(204)?;
    Ok(())
}

fn id(document: &Value) -> Result<&str> {
    document["data"]["id"].as_str().with_context(|| format!("no id in {document}"))
}

/// Returns microseconds as milliseconds.
pub fn ms(us: u32) -> f64 {
    f64::from(us) / 1000.0
}
