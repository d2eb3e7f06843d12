//! `/impstead/v1/virtual_imps`

use crate::world::{DEVELOPMENT, World, on_each};
use serde_json::json;

const PATH: &str = "/impstead/v1/virtual_imps";

#[tokio::test]
async fn a_virtual_imp_is_made_changed_started_stopped_and_deleted() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let body =
            json!({ "data": { "type": "virtual_imp", "attributes": { "name": "Bed 7", "imp_type": "imp003" } } });
        let made = owner.post(PATH, body).await.is(201)["data"].clone();
        let id = made["id"].as_str().unwrap().to_owned();
        assert_eq!(made["relationships"]["device"]["id"], id.as_str());
        let attributes = |name: &str, state: &str| json!({ "name": name, "imp_type": "imp003", "state": state });
        let has = |found: &serde_json::Value, expected: serde_json::Value| {
            for (name, value) in expected.as_object().unwrap() {
                assert_eq!(found["attributes"][name], *value, "{name}");
            }
        };
        has(&made, attributes("Bed 7", "started"));
        let device = owner.get(&format!("/v5/devices/{id}")).await.resource();
        assert_eq!(
            (&device["attributes"]["name"], &device["attributes"]["imp_type"]),
            (&json!("Bed 7"), &json!("imp003"))
        );

        let path = format!("{PATH}/{id}");
        let by_mac = format!("{PATH}/{}", device["attributes"]["mac_address"].as_str().unwrap());
        has(&owner.post(&format!("{path}/stop"), json!(null)).await.resource(), attributes("Bed 7", "stopped"));
        has(&owner.get(&by_mac).await.resource(), attributes("Bed 7", "stopped"));
        has(&owner.post(&format!("{path}/start"), json!(null)).await.resource(), attributes("Bed 7", "started"));
        let name = |name| json!({ "data": { "type": "virtual_imp", "id": id, "attributes": { "name": name } } });
        has(&owner.patch(&path, name("Bed 8")).await.resource(), attributes("Bed 8", "started"));
        let state = json!({ "data": { "type": "virtual_imp", "id": id, "attributes": { "state": "stopped" } } });
        owner.patch(&path, state).await.fails(400, "VX003");

        let product = owner.product("Greenhouse").await;
        let group = owner.group(DEVELOPMENT, &product, "Probes").await;
        owner.assign(&group, &[&id]).await.is(204);
        owner.delete(&path).await.fails(409, "CX009");
        owner.remove(&group, &[&id]).await.is(204);
        owner.delete(&path).await.is(204);
        owner.get(&path).await.fails(404, "NF001");
        owner.get(&format!("/v5/devices/{id}")).await.fails(404, "NF001");
    })
    .await;
}

#[tokio::test]
async fn other_devices_are_none() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let device = w.device(&owner).await.id;
        owner.get(&format!("{PATH}/{device}")).await.fails(404, "NF001");
        owner.post(&format!("{PATH}/{device}/start"), json!(null)).await.fails(404, "NF001");
        owner.delete(&format!("{PATH}/{device}")).await.fails(404, "NF001");
        assert_eq!(owner.get(PATH).await.ids(), Vec::<String>::new());
        let wrong = json!({ "data": { "type": "virtual_imp", "attributes": { "imp_type": "imp007" } } });
        owner.post(PATH, wrong).await.fails(400, "VX003");
    })
    .await;
}
