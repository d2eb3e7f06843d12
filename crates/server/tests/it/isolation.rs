//! A stranger never reads, changes, or learns of the existence of what is another's.

use crate::{
    http::{Answer, Request},
    stage::{Sample, Stage},
    world::{Account, DEVELOPMENT, PRODUCTION, World, device_list, group, on_each, webhook, with_targets},
};
use impstead_server::{Access, routes};
use serde_json::{Value, json};

/// An id of the same shape that names nothing.
fn other_id(id: &str) -> String {
    id.chars().map(|c| c.to_digit(16).map_or(c, |digit| char::from_digit((digit + 5) % 16, 16).unwrap())).collect()
}

fn with_other_ids(request: &Request, ids: &[String]) -> Request {
    let replace = |text: &str| ids.iter().fold(text.to_owned(), |text, id| text.replace(id, &other_id(id)));
    let mut other = request.clone();
    other.target = replace(&request.target);
    other.body = request.body.as_ref().map(|body| replace(std::str::from_utf8(body).unwrap()).into_bytes());
    other
}

/// An answer without what may differ: request id, and the ids asked for where they are repeated.
fn told(answer: &Answer, ids: &[String]) -> String {
    let answer = answer.without_request_id();
    let text = format!("{:?} {answer}", answer.headers);
    ids.iter().fold(text, |text, id| text.replace(id, "<id>").replace(&other_id(id), "<id>"))
}

/// Everything that an owner sees of its own.
async fn everything(owner: &Account) -> Vec<Value> {
    let mut seen = Vec::new();
    for list in [
        "/v5/accounts",
        "/v5/accounts/me/login_keys",
        "/v5/accounts/me/refresh_tokens",
        "/v5/products",
        "/v5/devicegroups",
        "/v5/deployments",
        "/v5/devices",
        "/v5/webhooks",
        "/impstead/v1/audit",
    ] {
        seen.push(owner.get(&format!("{list}?page[size]=100")).await.is(200));
    }
    seen
}

#[tokio::test]
async fn anothers_resource_is_as_absent_as_one_that_is_not_there() {
    on_each(async |w: World| {
        let stage = Stage::new(&w).await;
        let stranger = w.account("stranger").await;
        let named = routes()
            .into_iter()
            .filter(|route| route.access != Access::Public && !route.operation.starts_with("totp."));
        for route in named {
            for production in [false, true] {
                let Sample { request, ids } = stage.sample(route.operation, production, &stranger).await;
                if ids.is_empty() {
                    continue;
                }
                let reads = request.method == "GET";
                let before = if reads { Vec::new() } else { everything(&stage.owner).await };
                let anothers = stranger.send(request.clone()).await;
                let nothing = stranger.send(with_other_ids(&request, &ids)).await;
                anothers.fails(404, "NF001");
                assert_eq!(told(&anothers, &ids), told(&nothing, &ids), "{}", route.operation);
                // Nor does it matter whether the body makes sense.
                let mut senseless = request.clone();
                senseless.body = Some(b"{\"data\":{\"type\":\"nonsense\"}}".to_vec());
                let (anothers, nothing) =
                    (stranger.send(senseless.clone()).await, stranger.send(with_other_ids(&senseless, &ids)).await);
                assert_eq!(told(&anothers, &ids), told(&nothing, &ids), "{}", route.operation);
                assert!(reads || everything(&stage.owner).await == before, "{} changed something", route.operation);
            }
        }
    })
    .await;
}

/// The ids of all that the owner has.
async fn ids_of(owner: &Account) -> Vec<(&'static str, String)> {
    let mut ids = vec![("account", owner.id.clone())];
    for list in ["products", "devicegroups", "deployments", "devices", "webhooks"] {
        for id in owner.get(&format!("/v5/{list}")).await.ids() {
            ids.push((list, id));
        }
    }
    ids
}

/// Fills the owner's account, and returns all its ids.
async fn filled(w: &World, stage: &Stage<'_>) -> Vec<(&'static str, String)> {
    let owner = &stage.owner;
    for operation in ["deployments.show", "devices.show", "webhooks.show"] {
        for production in [false, true] {
            stage.sample(operation, production, owner).await;
        }
    }
    w.device(owner).await;
    ids_of(owner).await
}

#[tokio::test]
async fn no_filter_finds_or_betrays_what_is_anothers() {
    on_each(async |w: World| {
        let stage = Stage::new(&w).await;
        let ids = filled(&w, &stage).await;
        let stranger = w.account("stranger").await;
        let own = stranger.product("Mine").await;
        let sha = stage.owner.get("/v5/deployments").await.is(200)["data"][0]["attributes"]["sha"]
            .as_str()
            .unwrap()
            .to_owned();
        for route in routes().iter().filter(|route| route.paged && !route.path.contains('{')) {
            let plain = stranger.get(&format!("{}?page[size]=100", route.path)).await;
            for filter in route.filters.iter().chain(&["account.id"]) {
                let values = ids.iter().map(|(_, id)| id).chain([&sha]);
                for value in values {
                    let target = format!("{}?filter[{filter}]={value}", route.path);
                    let answer = stranger.get(&target).await;
                    if answer.status == 400 {
                        continue; // not a value of the filter's, whoever asks
                    }
                    let nothing = stranger.get(&target.replace(value.as_str(), &other_id(value))).await;
                    let id = [value.clone()];
                    assert_eq!(told(&answer, &id), told(&nothing, &id), "{target}");
                }
            }
            for (_, id) in &ids {
                assert!(!plain.to_string().contains(id.as_str()), "{} lists {id}", route.path);
            }
        }
        assert_eq!(stranger.get("/v5/products").await.ids(), [own]);
        for query in [
            "filter[flagged]=any",
            "filter[tags]=",
            "filter[devicegroup.owner.id]=null",
            &format!("filter[type]={DEVELOPMENT}"),
            &format!("filter[devicegroup.type]={PRODUCTION}"),
        ] {
            for list in ["devicegroups", "deployments", "devices", "webhooks"] {
                assert!(stranger.get(&format!("/v5/{list}?{query}")).await.ids().is_empty(), "{list}?{query}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn no_relationship_reaches_what_is_anothers() {
    on_each(async |w: World| {
        let stage = Stage::new(&w).await;
        let owner = &stage.owner;
        filled(&w, &stage).await;
        let before = everything(owner).await;
        let stranger = w.account("stranger").await;
        let product = stranger.product("Mine").await;
        let mine = stranger.group(DEVELOPMENT, &product, "Mine").await;
        let fixture = stranger.group("factoryfixture_devicegroup", &product, "Line").await;
        let dut = owner.group("dut_devicegroup", &owner.get("/v5/products").await.ids()[0], "DUT").await;
        let production = owner.get(&format!("/v5/devicegroups?filter[type]={PRODUCTION}")).await.ids().remove(0);
        let deployment = owner.get("/v5/deployments").await.ids().remove(0);
        let devices = owner.get("/v5/devices").await;
        let mut identifiers = devices.ids();
        for device in devices.json()["data"].as_array().unwrap() {
            let texts = [&device["attributes"]["mac_address"], &device["attributes"]["agent_id"]];
            identifiers.extend(texts.into_iter().filter_map(|text| text.as_str().map(str::to_owned)));
        }
        // Another's devices, by any identifier, into one's own group and out of it.
        for identifier in &identifiers {
            for answer in [stranger.assign(&mine, &[identifier]).await, stranger.remove(&mine, &[identifier]).await] {
                let entries = answer.errors(400);
                assert_eq!((&entries[0]["status"], &entries[0]["code"]), (&json!("404"), &json!("NF001")), "{answer}");
            }
            for path in ["", "/history"] {
                stranger.get(&format!("/v5/devices/{identifier}{path}")).await.fails(404, "NF001");
            }
        }
        // Another's groups as targets, on creation and on change.
        let kind = "factoryfixture_devicegroup";
        let document = with_targets(group(kind, &product, "x"), (PRODUCTION, &production), ("dut_devicegroup", &dut));
        let refused = stranger.post("/v5/devicegroups", document.clone()).await;
        refused.fails(404, "NF001");
        let ids = [production.clone(), dut.clone()];
        let nowhere = stranger.send(with_other_ids(&Request::new("POST", "/v5/devicegroups").json(&document), &ids)).await;
        assert_eq!(told(&refused, &ids), told(&nowhere, &ids));
        let point = json!({ "data": { "type": kind, "relationships": { "dut_target": { "type": "dut_devicegroup", "id": dut } } } });
        stranger.patch(&format!("/v5/devicegroups/{fixture}"), point).await.fails(404, "NF001");
        // Another's deployment as one's minimum; another's group for one's deployment and webhook.
        stranger.deploy(DEVELOPMENT, &mine).await;
        let minimum = format!("/v5/devicegroups/{mine}/relationships/min_supported_deployment");
        stranger.put(&minimum, json!({ "data": { "type": "deployment", "id": deployment } })).await.fails(404, "NF001");
        for kind in [PRODUCTION, DEVELOPMENT] {
            // Even naming the wrong type does not tell that the group is there.
            stranger.post("/v5/webhooks", webhook(kind, &production)).await.fails(404, "NF001");
            stranger.post("/v5/deployments", crate::world::deployment(kind, &production)).await.fails(404, "NF001");
        }
        // What stands under another's product is nobody's to add.
        let mut after = everything(owner).await;
        after[4] = before[4].clone(); // the owner's own new group
        let audit = after.len() - 1;
        after[audit] = before[audit].clone();
        assert_eq!(after, before);
        stranger.assign(&mine, &[]).await.is(204);
        owner.post(&format!("/v5/devicegroups/{mine}/relationships/devices"), device_list(&[])).await.fails(404, "NF001");
    })
    .await;
}
