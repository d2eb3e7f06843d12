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

fn described(id: Option<&str>, attributes: serde_json::Value) -> serde_json::Value {
    json!({ "data": { "type": "virtual_imp", "id": id, "attributes": attributes } })
}

#[tokio::test]
async fn a_board_is_ready_or_a_text_and_says_the_type() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let made = owner.post(PATH, described(None, json!({ "board": "environment" }))).await.is(201)["data"].clone();
        let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
        let attributes = async |expected: serde_json::Value| {
            let found = owner.get(&path).await.resource()["attributes"].clone();
            for (name, value) in expected.as_object().unwrap() {
                assert_eq!(found[name], *value, "{name}");
            }
        };
        attributes(json!({ "board": "environment", "imp_type": "imp001", "board_file": null, "inputs": {} })).await;
        let change = async |attributes| owner.patch(&path, described(None, attributes)).await;
        change(json!({ "inputs": { "temperature": 31.5, "pin5": "1.65V", "pin1": true, "link": "off" } }))
            .await
            .is(200);
        let inputs = json!({ "link": "off", "pin1": "1", "pin5": "1.65V", "temperature": "31.5" });
        attributes(json!({ "inputs": inputs, "outputs": null })).await;
        change(json!({ "inputs": { "temperature": null, "link": "on", "pin5": "board" } })).await.is(200);
        attributes(json!({ "inputs": { "pin1": "1" } })).await;

        let text = "imp = \"imp004m\"\n[pins]\npin2 = { button = { pressed_at_s = [1] } }\n";
        for refused in [json!({ "pin3": "0", "pin2": "down" }), json!({ "pin2": "press", "pinA": "0" })] {
            let both = json!({ "board": text, "name": "Bed 7", "inputs": refused });
            change(both).await.fails(400, "VX003");
            attributes(json!({ "board": "environment", "name": null })).await;
        }
        change(json!({ "board": text, "name": "Bed 7", "inputs": { "pinA": "0" } })).await.is(200);
        let expected = json!({
            "board": "custom", "board_file": text, "imp_type": "imp004", "name": "Bed 7", "inputs": { "pinA": "0" },
        });
        attributes(expected).await;
        let listed = owner.get(PATH).await.json()["data"][0]["attributes"].clone();
        assert_eq!((&listed["board"], listed.get("board_file")), (&json!("custom"), None));
        change(json!({ "board": null })).await.is(200);
        attributes(json!({ "board": null, "board_file": null, "imp_type": "imp004", "inputs": {} })).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_board_or_an_input_is_said() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let refused = |answer: &crate::http::Answer, pointer: &str, expected: &str| {
            let error = &answer.json()["errors"][0];
            assert_eq!((&error["status"], &error["code"]), (&json!("400"), &json!("VX003")), "{error}");
            assert_eq!(error["source"]["pointer"], pointer);
            assert!(error["detail"].as_str().unwrap().contains(expected), "{error}");
        };
        for (board, expected) in [
            (
                "greenhouse",
                "No board is ready under this name. Those that are: `bare`, `environment`, `button-led`, `modbus`.",
            ),
            ("imp = \"imp003\"\n\n[pins]\npin1 = { level = 7 }\n", "The board cannot be read: line 4, column "),
            (
                "imp = \"imp003\"\nmemory_bytes = 67108864",
                "The board takes too much: `memory_bytes` may be at most 4194304",
            ),
        ] {
            refused(
                &owner.post(PATH, described(None, json!({ "board": board }))).await,
                "/data/attributes/board",
                expected,
            );
        }
        let long = format!("imp = \"imp003\" # {}", "x".repeat(256 * 1024));
        let long = owner.post(PATH, described(None, json!({ "board": long }))).await;
        refused(&long, "/data/attributes/board", "262144");
        let two_types = json!({ "board": "environment", "imp_type": "imp005" });
        refused(&owner.post(PATH, described(None, two_types)).await, "/data/attributes/imp_type", "`imp001`");
        let inputs = json!({ "inputs": { "pin1": 0 } });
        owner.post(PATH, described(None, inputs)).await.fails(400, "VX003");

        let made = owner.post(PATH, described(None, json!({ "board": "environment", "state": "stopped" }))).await;
        let path = format!("{PATH}/{}", made.is(201)["data"]["id"].as_str().unwrap());
        for (name, value, expected) in [
            ("temprature", json!(1), "There is no `temprature`: the board's signals are "),
            ("temperature", json!("warm"), "write a number"),
            ("temperature", json!([1]), "must be a string, a number, a boolean or null"),
            ("a/b~c", json!(1), "There is no `a/b~c`"),
            ("pin1", json!("press"), "no button"),
            ("pin1", json!(65536), "counts, from 2 to 65535"),
            ("link", json!("down"), "`on` or `off`"),
        ] {
            let answer = owner.patch(&path, described(None, json!({ "inputs": { name: value } }))).await;
            let error = &answer.json()["errors"][0];
            let escaped = name.replace('~', "~0").replace('/', "~1");
            assert_eq!(error["source"]["pointer"], format!("/data/attributes/inputs/{escaped}"));
            assert!(error["detail"].as_str().unwrap().contains(expected), "{error}");
        }

        let signals = (0..25).map(|number| format!("s{number} = 1")).collect::<Vec<_>>().join("\n");
        let many = json!({ "board": format!("imp = \"imp003\"\n[signals]\n{signals}") });
        let many = owner.post(PATH, described(None, many)).await.is(201)["data"]["id"].clone();
        let path = format!("{PATH}/{}", many.as_str().unwrap());
        let answer = owner.patch(&path, described(None, json!({ "inputs": { "s25": 1 } }))).await;
        refused(&answer, "/data/attributes/inputs/s25", " and 5 more; besides there are `link`");
    })
    .await;
}

#[tokio::test]
async fn numbers_and_booleans_of_json_do_what_they_say() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let made = owner.post(PATH, described(None, json!({ "board": "environment" }))).await.is(201)["data"].clone();
        let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
        for (given, expected) in [
            (json!({ "link": false }), json!({ "link": "off" })),
            (json!({ "link": true }), json!({})),
            (json!({ "pin1": 1.0, "pin2": 0.0, "pin5": 4e4 }), json!({ "pin1": "1", "pin2": "0", "pin5": "40000" })),
            (json!({ "pin1": null, "pin2": false, "pin5": null }), json!({ "pin2": "0" })),
            (json!({ "pin2": null, "temperature": -0.5 }), json!({ "temperature": "-0.5" })),
        ] {
            let answer = owner.patch(&path, described(None, json!({ "inputs": given }))).await;
            assert_eq!(answer.is(200)["data"]["attributes"]["inputs"], expected);
        }
    })
    .await;
}

#[tokio::test]
async fn what_several_set_at_once_is_all_set() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let made = owner.post(PATH, described(None, json!({ "board": "environment" }))).await.is(201)["data"].clone();
        let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
        for level in ["0", "1", "0", "1"] {
            let set = async |pin: &str| owner.patch(&path, described(None, json!({ "inputs": { pin: level } }))).await;
            let (first, second, third) = tokio::join!(set("pin1"), set("pin2"), set("pin5"));
            for answer in [first, second, third] {
                answer.is(200);
            }
            let found = owner.get(&path).await.resource()["attributes"]["inputs"].clone();
            assert_eq!(found, json!({ "pin1": level, "pin2": level, "pin5": level }));
        }
    })
    .await;
}

#[tokio::test]
async fn a_press_that_nobody_would_notice_is_refused() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let new = json!({ "board": "button-led", "state": "stopped" });
        let made = owner.post(PATH, described(None, new)).await.is(201)["data"].clone();
        let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
        let press = json!({ "inputs": { "pin1": "press", "pin2": "0" } });
        let refused = owner.patch(&path, described(None, press)).await;
        refused.fails(409, "CX009");
        assert!(refused.json()["errors"][0]["detail"].as_str().unwrap().contains("has no power"));
        assert_eq!(owner.get(&path).await.resource()["attributes"]["inputs"], json!({}), "nothing was set");
    })
    .await;
}

#[tokio::test]
async fn in_the_factory_no_board_makes_it_an_imp001() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let made = owner.post(PATH, described(None, json!({ "imp_type": "imp005" }))).await.is(201)["data"].clone();
        let id = made["id"].as_str().unwrap();
        let product = owner.product("Greenhouse").await;
        let group = owner.group("pre_factoryfixture_devicegroup", &product, "Fixtures").await;
        owner.assign(&group, &[id]).await.is(204);
        let path = format!("{PATH}/{id}");
        owner.patch(&path, described(None, json!({ "board": "environment" }))).await.fails(409, "CX009");
        assert_eq!(owner.get(&path).await.resource()["attributes"]["imp_type"], "imp005");
        owner.patch(&path, described(None, json!({ "board": "modbus" }))).await.is(200);
    })
    .await;
}
