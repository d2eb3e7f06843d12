//! `/v5/devicegroups/{id}/relationships/devices`

use crate::{
    http::{Answer, Request},
    world::{Account, DEVELOPMENT, Device, NOBODY, PRODUCTION, TYPES, World, device_list, on_each},
};
use impstead_model::Role;
use serde_json::{Value, json};

#[tokio::test]
async fn every_identifier_of_a_device_will_do() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = owner.group(DEVELOPMENT, &owner.product("Greenhouse").await, "Probes").await;
        let device = w.device(&owner).await;
        owner.assign(&group, &[&device.mac]).await.is(204);
        let agent = owner.get(&format!("/v5/devices/{}", device.id)).await.resource()["attributes"]["agent_id"].clone();
        let agent = agent.as_str().unwrap();
        let bare = device.mac.replace(':', "").to_uppercase();
        for identifier in [agent, &device.id, &device.mac, &device.mac.to_uppercase(), &bare, &device.id.to_uppercase()]
        {
            let answer = owner.assign(&group, &[identifier]).await;
            answer.is(204);
            assert!(answer.body.is_empty());
        }
        owner.remove(&group, &[agent]).await.is(204);
        let entries = owner.assign(&group, &[agent]).await.errors(400);
        assert_eq!(entries[0]["status"], "404", "no agent, so nobody is called that");
    })
    .await;
}

/// From where devices may go where: rows in the order of the types, a letter per type. `y`: yes, `p`: within the same
/// product only, `-`: no; `s`: to the very same group only.
const MOVES: [(&str, &str); 8] = [
    //                                   development, pre_fixture, pre_dut, pre_production, fixture, dut, production
    ("unassigned", "yy--y--"),
    ("development_devicegroup", "yy--y--"),
    ("pre_factoryfixture_devicegroup", "yy--y--"),
    ("pre_dut_devicegroup", "yyp-y--"),
    ("pre_production_devicegroup", "---p---"),
    ("factoryfixture_devicegroup", "yy--y--"),
    ("dut_devicegroup", "yy--yp-"),
    ("production_devicegroup", "------p"),
];

#[tokio::test]
async fn legal_and_illegal_moves() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let (product, barn) = (owner.product("Greenhouse").await, owner.product("Barn").await);
        let mut groups = Vec::new();
        for kind in TYPES {
            groups.push([
                owner.group(kind, &product, kind).await,
                owner.group(kind, &product, &format!("{kind} 2")).await,
                owner.group(kind, &barn, kind).await,
            ]);
        }
        for (from, allowed) in MOVES {
            let from_group = TYPES.iter().position(|kind| *kind == from).map(|index| groups[index][0].clone());
            for (index, allowed) in allowed.char_indices() {
                for (which, to) in groups[index].iter().enumerate() {
                    // Product and group matter only within a type; elsewhere the first group stands for all.
                    if from_group.as_ref() == Some(to) || (which > 0 && TYPES[index] != from) {
                        continue;
                    }
                    let device = match &from_group {
                        Some(group) => w.device_in(&owner, group).await,
                        None => w.device(&owner).await,
                    };
                    let answer = owner.assign(to, &[&device.id]).await;
                    let to_words =
                        format!("{from} to {} ({})", TYPES[index], if which == 2 { "Barn" } else { "same product" });
                    if allowed == 'y' || (allowed == 'p' && which == 1) {
                        assert_eq!(answer.status, 204, "{to_words}: {answer}");
                    } else {
                        let entries = answer.errors(400);
                        assert_eq!(
                            (&entries[0]["status"], &entries[0]["code"]),
                            (&json!("409"), &json!("CX009")),
                            "{to_words}"
                        );
                    }
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_device_is_assigned_again_to_where_it_is_in_every_type() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        for kind in TYPES {
            let group = owner.group(kind, &product, kind).await;
            let device = w.device_in(&owner, &group).await;
            owner.assign(&group, &[&device.id]).await.is(204);
        }
    })
    .await;
}

#[tokio::test]
async fn imp001_is_no_factory_hardware() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let card = w.device_of_type(&owner, "imp001").await;
        for kind in ["pre_factoryfixture_devicegroup", "factoryfixture_devicegroup"] {
            let group = owner.group(kind, &product, kind).await;
            assert_eq!(owner.assign(&group, &[&card.id]).await.errors(400)[0]["status"], "409");
        }
        owner.assign(&owner.group(DEVELOPMENT, &product, "Probes").await, &[&card.id]).await.is(204);
    })
    .await;
}

#[tokio::test]
async fn some_fail_while_others_succeed() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let group = owner.group(DEVELOPMENT, &product, "Probes").await;
        let shipped = owner.group(PRODUCTION, &product, "Shipped").await;
        let blessed = w.device_in(&owner, &shipped).await;
        let (first, last) = (w.device(&owner).await, w.device(&owner).await);
        let others = w.device(&w.account("other").await).await;
        let answer = owner.assign(&group, &[&first.id, "nothing", &blessed.id, &others.id, &last.mac]).await;
        let entries = answer.errors(400);
        let told: Vec<Value> = entries
            .iter()
            .map(|entry| {
                json!([entry["status"], entry["code"], entry["source"]["pointer"], entry["meta"]["device_id"]])
            })
            .collect();
        assert_eq!(
            told,
            [
                json!(["404", "NF001", "/data/1", "nothing"]),
                json!(["409", "CX009", "/data/2", blessed.id]),
                json!(["404", "NF001", "/data/3", others.id]),
            ]
        );
        let mut ids: Vec<&Value> = entries.iter().map(|entry| &entry["id"]).collect();
        ids.dedup();
        assert_eq!(ids.len(), 3, "each entry has an id of its own");
        let mut inside = owner.get(&format!("/v5/devices?filter[devicegroup.id]={group}")).await.ids();
        inside.sort();
        let mut expected = [first.id.clone(), last.id.clone()];
        expected.sort();
        assert_eq!(inside, expected);

        let answer = owner.remove(&group, &[&blessed.id, &first.id]).await;
        assert_eq!(answer.errors(400)[0]["meta"]["device_id"], *blessed.id);
        assert_eq!(owner.get(&format!("/v5/devices?filter[devicegroup.id]={group}")).await.ids(), [last.id.as_str()]);
    })
    .await;
}

#[tokio::test]
async fn bodies_that_name_no_devices() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = owner.group(DEVELOPMENT, &owner.product("Greenhouse").await, "Probes").await;
        let path = format!("/v5/devicegroups/{group}/relationships/devices");
        for method in ["POST", "DELETE"] {
            let send = async |body: Value| owner.send(Request::new(method, &path).json(&body)).await;
            send(json!({ "data": [] })).await.is(204);
            send(Value::Null).await.fails(400, "VX002");
            send(json!({})).await.fails(400, "VX002");
            send(json!({ "data": { "type": "device", "id": "x" } })).await.fails(400, "VX003");
            send(json!({ "data": ["x"] })).await.fails(400, "VX003");
            send(json!({ "data": [{ "type": "device" }] })).await.fails(400, "VX002");
            send(json!({ "data": [{ "type": "product", "id": "x" }] })).await.fails(400, "VX003");
            send(json!({ "data": [{ "type": "device", "id": 5 }] })).await.fails(400, "VX003");
            let many: Vec<&str> = vec!["x"; 1001];
            send(device_list(&many)).await.fails(400, "VX003");
            assert_eq!(
                send(json!({ "data": [{ "id": "" }, { "type": "device", "id": "a\u{0}" }] })).await.errors(400).len(),
                2
            );
            let nowhere = format!("/v5/devicegroups/{NOBODY}/relationships/devices");
            owner.send(Request::new(method, &nowhere).json(&json!({ "data": [] }))).await.fails(404, "NF001");
        }
    })
    .await;
}

/// Sets an account's unbonding key and returns it.
pub async fn unbonding_key(owner: &Account) -> String {
    let made = owner.confirmed("POST", "/impstead/v1/accounts/me/unbonding_key", Value::Null).await;
    made.resource()["attributes"]["key"].as_str().expect("the key is shown once").to_owned()
}

async fn remove_with(owner: &Account, group: &str, device: &Device, key: Option<&str>) -> Answer {
    let path = format!("/v5/devicegroups/{group}/relationships/devices");
    let request = Request::new("DELETE", &path).json(&device_list(&[&device.id]));
    owner
        .send(match key {
            Some(key) => request.header("X-Electricimp-Key", key),
            None => request,
        })
        .await
}

#[tokio::test]
async fn shipped_devices_leave_only_with_the_unbonding_key() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let group = owner.group(PRODUCTION, &product, "Shipped").await;
        let device = w.device_in(&owner, &group).await;
        for key in [None, Some(""), Some("wrong")] {
            remove_with(&owner, &group, &device, key).await.fails(403, "PX101"); // there is none yet
        }
        let key = unbonding_key(&owner).await;
        for key in [None, Some(""), Some("wrong"), Some(&key[1..])] {
            let entry = remove_with(&owner, &group, &device, key).await.fails(403, "PX101");
            assert_eq!(entry["source"], json!({ "header": "X-Electricimp-Key" }));
        }
        remove_with(&owner, &group, &device, Some(&key)).await.is(204);
        // Now it is a plain development device.
        owner.assign(&owner.group(DEVELOPMENT, &product, "Probes").await, &[&device.id]).await.is(204);
    })
    .await;
}

#[tokio::test]
async fn lab_devices_leave_without_a_key() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = owner.group("pre_production_devicegroup", &owner.product("Greenhouse").await, "Lab").await;
        let device = w.device_in(&owner, &group).await;
        owner.remove(&group, &[&device.id]).await.is(204);
        owner.delete(&format!("/v5/devices/{}", device.id)).await.is(204);
    })
    .await;
}

#[tokio::test]
async fn unblessing_is_for_owner_and_administrator() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = owner.group(PRODUCTION, &owner.product("Greenhouse").await, "Shipped").await;
        let key = unbonding_key(&owner).await;
        for (role, status) in [(Role::OperationsManager, 403), (Role::Developer, 403), (Role::Administrator, 204)] {
            let helper = w.collaborator(&owner, role).await;
            let device = w.device_in(&owner, &group).await;
            let answer = remove_with(&helper, &group, &device, Some(&key)).await;
            assert_eq!(answer.status, status, "{}: {answer}", role.as_str());
        }
    })
    .await;
}

#[tokio::test]
async fn a_device_does_not_change_hands_by_being_assigned() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let helper = w.collaborator(&owner, Role::Administrator).await;
        let group = owner.group(DEVELOPMENT, &owner.product("Greenhouse").await, "Probes").await;
        let device = w.device(&helper).await;
        let entries = helper.assign(&group, &[&device.id]).await.errors(400);
        assert_eq!(entries[0]["status"], "403");
        let device = w.device(&owner).await;
        helper.assign(&group, &[&device.id]).await.is(204);
    })
    .await;
}
