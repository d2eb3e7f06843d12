//! `/v5/devices`

use crate::world::{DEVELOPMENT, NOBODY, PRODUCTION, World, on_each};
use impstead_model::Role;
use serde_json::{Value, json};

#[tokio::test]
async fn a_device_is_found_by_id_mac_and_agent_id() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = owner.group(DEVELOPMENT, &owner.product("Greenhouse").await, "Probes").await;
        let device = w.device(&owner).await;
        owner.assign(&group, &[&device.id]).await.is(204);
        let read = owner.get(&format!("/v5/devices/{}", device.id)).await.resource();
        assert!(device.id.len() == 16 && device.id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        assert_eq!(read["attributes"]["mac_address"], *device.mac);
        let agent = read["attributes"]["agent_id"].as_str().unwrap().to_owned();
        assert!(agent.len() == 12 && agent.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(read["attributes"]["agent_url"], format!("{}/{agent}", w.server.app().config.agent_url));
        let bare = device.mac.replace(':', "");
        let encoded = device.mac.replace(':', "%3A");
        for named in [&device.id, &device.id.to_uppercase(), &device.mac, &device.mac.to_uppercase(), &bare, &encoded, &agent] {
            assert_eq!(owner.get(&format!("/v5/devices/{named}")).await.resource(), read, "{named}");
            owner.get(&format!("/v5/devices/{named}/history")).await.is(200);
            owner.post(&format!("/v5/devices/{named}/restart"), Value::Null).await.is(204);
            // The id in the body is whatever the client called the device.
            let document = json!({ "data": { "type": "device", "id": named.replace("%3A", ":"), "attributes": { "name": null } } });
            owner.patch(&format!("/v5/devices/{named}"), document).await.is(200);
        }
        let swapped: String =
            agent.chars().map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect();
        if swapped != agent {
            owner.get(&format!("/v5/devices/{swapped}")).await.fails(404, "NF001"); // agent ids are exact
        }
        owner.remove(&group, &[&device.id]).await.is(204);
        owner.get(&format!("/v5/devices/{agent}")).await.fails(404, "NF001");
        owner.get(&format!("/v5/devices/{}", device.mac)).await.is(200);
    })
    .await;
}

#[tokio::test]
async fn only_the_name_is_written() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let device = w.device(&owner).await;
        let change = async |attributes: Value| owner.change("device", "devices", &device.id, attributes).await;
        for (sent, stored) in [
            (json!("bed-7"), json!("bed-7")),
            (json!("x".repeat(255)), json!("x".repeat(255))),
            (json!("温室 🌱"), json!("温室 🌱")),
            (json!(""), Value::Null),
            (Value::Null, Value::Null),
        ] {
            assert_eq!(change(json!({ "name": sent })).await.resource()["attributes"]["name"], stored);
        }
        for bad in [json!("x".repeat(256)), json!(7), json!("a\0b"), json!(true)] {
            change(json!({ "name": bad })).await.fails(400, "VX003");
        }
        for bad in [
            json!({ "agent_id": "x" }),
            json!({ "mac_address": "x" }),
            json!({ "device_online": true }),
            json!({ "nonsense": 1 }),
        ] {
            change(bad).await.fails(400, "VX003");
        }
        let read = owner.get(&format!("/v5/devices/{}", device.id)).await.resource();
        assert_eq!(change(read["attributes"].clone()).await.resource(), read);
        let twin = w.device(&owner).await;
        change(json!({ "name": "twin" })).await.is(200);
        owner.change("device", "devices", &twin.id, json!({ "name": "twin" })).await.is(200);
        owner.change("device", "devices", &device.id, json!({})).await.is(200);
        let other = json!({ "data": { "type": "device", "id": twin.id, "attributes": { "name": "x" } } });
        owner.patch(&format!("/v5/devices/{}", device.id), other).await.fails(409, "CX011");
    })
    .await;
}

#[tokio::test]
async fn only_unassigned_devices_are_deleted() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        for kind in [DEVELOPMENT, PRODUCTION] {
            let group = owner.group(kind, &product, kind).await;
            let device = w.device_in(&owner, &group).await;
            owner.delete(&format!("/v5/devices/{}", device.id)).await.fails(409, "CX009");
        }
        let device = w.device(&owner).await;
        owner.delete(&format!("/v5/devices/{}", device.mac)).await.is(204);
        owner.delete(&format!("/v5/devices/{}", device.id)).await.fails(404, "NF001");
        owner.get(&format!("/v5/devices/{}/history", device.id)).await.fails(404, "NF001");
    })
    .await;
}

#[tokio::test]
async fn restarts_need_an_assigned_device() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = owner.group(DEVELOPMENT, &owner.product("Greenhouse").await, "Probes").await;
        let device = w.device(&owner).await;
        for restart in ["restart", "conditional_restart"] {
            owner.post(&format!("/v5/devices/{}/{restart}", device.id), Value::Null).await.fails(409, "CX013");
            owner.post(&format!("/v5/devices/{NOBODY}/{restart}"), Value::Null).await.fails(404, "NF001");
        }
        owner.assign(&group, &[&device.id]).await.is(204);
        for restart in ["restart", "conditional_restart"] {
            owner.post(&format!("/v5/devices/{}/{restart}", device.id), Value::Null).await.is(204);
        }
    })
    .await;
}

#[tokio::test]
async fn history_is_newest_first_and_says_who_did_it() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let helper = w.collaborator(&owner, Role::Developer).await;
        let product = owner.product("Greenhouse").await;
        let group = owner.group(DEVELOPMENT, &product, "Probes").await;
        let other = owner.group(DEVELOPMENT, &product, "Other").await;
        let device = w.device(&owner).await;
        for step in 0..3 {
            w.advance_ms(1000);
            match step {
                0 => owner.assign(&group, &[&device.id]).await.is(204),
                1 => helper.assign(&other, &[&device.id]).await.is(204),
                _ => owner.remove(&other, &[&device.id]).await.is(204),
            };
        }
        let path = format!("/v5/devices/{}/history", device.id);
        let history = owner.get(&path).await.is(200)["data"].take();
        let told: Vec<Value> =
            history.as_array().unwrap().iter().map(|entry| json!([entry["event"], entry["actor_id"]])).collect();
        let newest_three =
            [json!(["unassigned", owner.id]), json!(["moved", helper.id]), json!(["assigned", owner.id])];
        assert_eq!(told[..3], newest_three);
        assert!(told.len() > 3, "the first entry is how the device came");
        assert!(history.as_array().unwrap().iter().all(|entry| entry["owner_id"] == *owner.id));
        let members: Vec<&String> = history[0].as_object().unwrap().keys().collect();
        assert_eq!(members, ["actor_id", "event", "owner_id", "timestamp"]);
        let second = owner.get(&format!("{path}?page[size]=1&page[number]=2")).await.is(200);
        assert_eq!(second["data"], json!([history[1]]));
        assert!(second["links"]["next"].is_string());
    })
    .await;
}
