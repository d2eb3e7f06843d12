//! `/v5/deployments`

use crate::{
    http::{Answer, Request},
    world::{Account, DEVELOPMENT, NOBODY, World, deployment, on_each},
};
use serde_json::{Value, json};
use std::fmt::Write as _;

async fn probes(owner: &Account) -> String {
    owner.group(DEVELOPMENT, &owner.product("Greenhouse").await, "Probes").await
}

/// Deploys with attributes changed, or left out where they are given as null.
async fn deploy_with(owner: &Account, group: &str, attributes: Value) -> Answer {
    let mut document = deployment(DEVELOPMENT, group);
    let all = document["data"]["attributes"].as_object_mut().unwrap();
    for (name, value) in attributes.as_object().unwrap() {
        all.insert(name.clone(), value.clone());
    }
    owner.post("/v5/deployments", document).await
}

#[tokio::test]
async fn a_new_deployment_is_current_and_the_first_is_the_minimum() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = probes(&owner).await;
        let first = owner.deploy(DEVELOPMENT, &group).await;
        let second = owner.deploy(DEVELOPMENT, &group).await;
        let read = owner.get(&format!("/v5/devicegroups/{group}")).await.resource();
        assert_eq!(read["relationships"]["current_deployment"], json!({ "type": "deployment", "id": second }));
        assert_eq!(read["relationships"]["min_supported_deployment"], json!({ "type": "deployment", "id": first }));
    })
    .await;
}

#[tokio::test]
async fn attributes_come_back_as_sent() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = probes(&owner).await;
        let plain = owner.post("/v5/deployments", deployment(DEVELOPMENT, &group)).await.resource();
        for (name, default) in
            [("description", Value::Null), ("origin", Value::Null), ("flagged", json!(false)), ("tags", json!([]))]
        {
            assert_eq!(plain["attributes"][name], default, "{name}");
        }
        let sent = json!({
            "description": "nightly", "origin": "git@example.net/gh.git#4f2a", "flagged": true,
            "tags": ["v1.4.0", "nightly", "a*b_c-d.e", "nightly"],
        });
        let made = deploy_with(&owner, &group, sent.clone()).await.resource();
        for (name, value) in sent.as_object().unwrap() {
            assert_eq!(made["attributes"][name], *value, "{name}");
        }
        assert_eq!(made["relationships"]["flagger"]["id"], *owner.id);
        let id = made["id"].as_str().unwrap();
        assert_eq!(owner.get(&format!("/v5/deployments/{id}")).await.resource(), made);
        for bad in [
            json!({ "description": "x".repeat(256) }),
            json!({ "origin": 7 }),
            json!({ "flagged": "yes" }),
            json!({ "tags": "nightly" }),
            json!({ "tags": [7] }),
            json!({ "tags": [""] }),
            json!({ "tags": ["a b"] }),
            json!({ "tags": ["a,b"] }),
            json!({ "tags": ["ä"] }),
            json!({ "tags": ["x".repeat(501)] }),
            json!({ "tags": ["x".repeat(250), "y".repeat(251)] }),
            json!({ "sha": "0".repeat(64) }),
            json!({ "nonsense": 1 }),
            json!({ "device_code": 7 }),
            json!({ "agent_code": null }),
        ] {
            deploy_with(&owner, &group, bad).await.fails(400, "VX003");
        }
        deploy_with(&owner, &group, json!({ "tags": ["x".repeat(250), "y".repeat(250)] })).await.is(201);
    })
    .await;
}

#[tokio::test]
async fn code_is_required_and_may_be_empty() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = probes(&owner).await;
        for name in ["device_code", "agent_code"] {
            let mut document = deployment(DEVELOPMENT, &group);
            document["data"]["attributes"].as_object_mut().unwrap().remove(name);
            let entry = owner.post("/v5/deployments", document).await.fails(400, "VX002");
            assert_eq!(entry["source"]["pointer"], format!("/data/attributes/{name}"));
        }
        deploy_with(&owner, &group, json!({ "device_code": "", "agent_code": "" })).await.is(201);
    })
    .await;
}

#[tokio::test]
async fn code_comes_back_byte_for_byte() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = probes(&owner).await;
        let longest = "x".repeat(1 << 20);
        let wide = format!("////{}", "\u{1f331}".repeat((1 << 20) / 4 - 1));
        for code in [
            "",
            "a\0b\0",
            "\r\n\r\n\t \n\n",
            "// \u{feff}local a = 1;",
            "// \u{2028}\u{2029}\u{fffd}\u{1f}\u{7f}\u{80}\u{0}",
            "// \\u0000 \"quoted\" \\ </script> 温室 🌱",
            &longest,
            &wide,
        ] {
            for (device, agent) in [(code, "agent"), ("device", code)] {
                let made =
                    deploy_with(&owner, &group, json!({ "device_code": device, "agent_code": agent })).await.resource();
                let read = owner.get(&format!("/v5/deployments/{}", made["id"].as_str().unwrap())).await.resource();
                for answer in [made, read] {
                    assert!(
                        answer["attributes"]["device_code"] == device && answer["attributes"]["agent_code"] == agent
                    );
                }
            }
        }
        // What JSON writes as an escape and what it writes plainly are the same code.
        let escaped = format!(
            r#"{{"data":{{"type":"deployment","attributes":{{"device_code":"\u0061\u0000\ud83c\udf31","agent_code":""}},
               "relationships":{{"devicegroup":{{"type":"{DEVELOPMENT}","id":"{group}"}}}}}}}}"#
        );
        let made = owner.send(Request::new("POST", "/v5/deployments").raw(escaped)).await.resource();
        assert_eq!(made["attributes"]["device_code"], "a\0\u{1f331}");
        let plain =
            deploy_with(&owner, &group, json!({ "device_code": "a\0\u{1f331}", "agent_code": "" })).await.resource();
        assert_eq!(made["attributes"]["sha"], plain["attributes"]["sha"]);
    })
    .await;
}

#[tokio::test]
async fn code_beyond_a_mebibyte_is_refused() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = probes(&owner).await;
        let ascii = "x".repeat((1 << 20) + 1);
        let wide = format!("x{}", "\u{1f331}".repeat((1 << 20) / 4)); // bytes count, not characters
        for code in [ascii, wide] {
            deploy_with(&owner, &group, json!({ "device_code": code })).await.fails(400, "VX003");
            deploy_with(&owner, &group, json!({ "agent_code": code })).await.fails(400, "VX003");
        }
        deploy_with(&owner, &group, json!({ "agent_code": "x".repeat(17 << 20) })).await.fails(413, "VX413");
        assert!(owner.get("/v5/deployments").await.ids().is_empty(), "nothing is left behind");
    })
    .await;
}

/// Refuses code, and returns the entries.
async fn refused(owner: &Account, group: &str, device: &str, agent: &str) -> Value {
    let answer = deploy_with(owner, group, json!({ "device_code": device, "agent_code": agent })).await;
    let mut entries = answer.is(400)["errors"].take();
    for entry in entries.as_array_mut().unwrap() {
        assert!(entry.as_object_mut().unwrap().remove("id").unwrap().as_str().is_some_and(|id| !id.is_empty()));
    }
    entries
}

#[tokio::test]
async fn code_that_does_not_compile_is_refused_with_the_places() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = probes(&owner).await;
        let entry = |detail: &str, meta: Value| {
            json!({ "status": "400", "code": "CX005", "title": "Compilation Error", "detail": detail, "meta": meta })
        };
        let place = |file: &str, row: u32, column: u32, text: &str| json!({ "file": file, "row": row, "column": column, "type": "error", "text": text });
        let broken = "local fine = 1;\nlocal x = ;\n";
        let device = entry("Device code compile failed", json!([place("device_code", 2, 12, "expression expected")]));
        let agent = entry("Agent code compile failed", json!([place("agent_code", 2, 12, "expression expected")]));
        assert_eq!(refused(&owner, &group, broken, "").await, json!([device]));
        assert_eq!(refused(&owner, &group, "", broken).await, json!([agent]));
        assert_eq!(refused(&owner, &group, broken, broken).await, json!([device, agent]));
        // All errors are told, and a place on the first line has a column, too.
        let several = ";)\nlocal = 2;\nserver.log(\"a\");\nfor (;;) {\n  break }}\n";
        let entries = refused(&owner, &group, several, "").await;
        let places = entries[0]["meta"].as_array().unwrap();
        assert!(places.len() >= 2, "{places:?}");
        assert!(places.iter().all(|place| place["column"].as_u64().unwrap() >= 1));
        assert!(refused(&owner, &group, &"local = ;\n".repeat(1000), "").await[0]["meta"].as_array().unwrap().len() <= 50);
        // Nothing is left behind, and nothing is compiled for those who may not deploy.
        assert!(owner.get("/v5/deployments").await.ids().is_empty());
        let read = owner.get(&format!("/v5/devicegroups/{group}")).await.resource();
        assert!(!read["relationships"].as_object().unwrap().contains_key("current_deployment"));
        let stranger = w.account("stranger").await;
        deploy_with(&stranger, &group, json!({ "device_code": broken })).await.fails(404, "NF001");
    })
    .await;
}

#[tokio::test]
async fn lines_for_tools_before_the_compiler_are_comments() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = probes(&owner).await;
        let store = w.server.store();
        store.put_library("Rocky.agent.lib.nut", "3.0.1", b"class Rocky {}", w.server.act()).await.unwrap();
        let code = "#require \"Rocky.agent.lib.nut:3.0.1\"\n#line 7 \"main.nut\"\nlocal app = Rocky();\n# shell-like\n";
        deploy_with(&owner, &group, json!({ "device_code": code, "agent_code": code })).await.is(201);
    })
    .await;
}

#[tokio::test]
async fn libraries_must_be_there() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = probes(&owner).await;
        let code = "// first\n#require \"Promise.lib.nut:4.0.0\", \"Other:1.0.0\"\n";
        let refused = deploy_with(&owner, &group, json!({ "device_code": "", "agent_code": code })).await;
        let refused = refused.fails(400, "CX005");
        let texts: Vec<_> = refused["meta"].as_array().unwrap().iter().map(|place| place["text"].clone()).collect();
        assert_eq!(texts, ["unknown library 'Promise.lib.nut:4.0.0'", "unknown library 'Other:1.0.0'"]);
        let store = w.server.store();
        for (name, version) in [("Other", "1.0.0"), ("Promise.lib.nut", "3.0.0"), ("Promise.lib.nut", "4.0.0")] {
            assert!(store.put_library(name, version, b"class A {}", w.server.act()).await.unwrap());
        }
        deploy_with(&owner, &group, json!({ "device_code": "", "agent_code": code })).await.is(201);
        let list = owner.get("/v5/libraries").await;
        assert_eq!(list.ids(), ["Other", "Promise.lib.nut"]);
        assert_eq!(owner.get("/v5/libraries?page[size]=1&page[number]=2").await.ids(), ["Promise.lib.nut"]);
    })
    .await;
}

#[tokio::test]
async fn code_stored_before_the_compiler_came_stays() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = probes(&owner).await;
        let store = w.server.store();
        let new = impstead_store::NewDeployment {
            group: impstead_model::DeviceGroupId::new(&group),
            code: impstead_model::Code { device: b"local = ;".to_vec(), agent: b"}".to_vec() },
            description: None,
            origin: None,
            flagged: false,
            tags: Vec::new(),
        };
        let id = store.create_deployment(new, w.server.act()).await.unwrap().id.to_string();
        assert_eq!(owner.get("/v5/deployments").await.ids(), [id.as_str()]);
        let read = owner.get(&format!("/v5/deployments/{id}")).await.resource();
        assert_eq!(read["attributes"]["device_code"], "local = ;");
        let changed = owner.change("deployment", "deployments", &id, json!({ "flagged": true })).await.resource();
        assert_eq!(changed["attributes"]["agent_code"], "}");
    })
    .await;
}

#[tokio::test]
async fn hostile_code_stalls_nobody() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = probes(&owner).await;
        let most = 1 << 20;
        let mut many_locals = String::new();
        for n in 0..most / 16 {
            let _ = writeln!(many_locals, "local a{n:x}");
        }
        let hostile = [
            "(".repeat(most),
            "{".repeat(most),
            "a=".repeat(most / 2),
            "local a=[\n".repeat(most / 10),
            "class A{\n".repeat(most / 9),
            "1+".repeat(most / 2 - 1) + "1",
            "function f(){".repeat(most / 13),
            "\"\\".repeat(most / 2),
            "@\"".repeat(most / 2),
            "/*".repeat(most / 2),
            "\u{1f}".repeat(most),
            many_locals,
        ];
        let attack = async {
            for code in &hostile {
                let entries = refused(&owner, &group, code, code).await;
                assert!(entries[0]["code"] == "CX005" && entries[1]["code"] == "CX005", "{entries}");
            }
        };
        let others = async {
            for _ in 0..50 {
                owner.get("/v5/devicegroups").await.is(200);
            }
        };
        tokio::join!(attack, others);
    })
    .await;
}

#[tokio::test]
async fn the_sha_is_that_of_both_sources_and_of_nothing_else() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let group = owner.group(DEVELOPMENT, &product, "Probes").await;
        let other = owner.group(DEVELOPMENT, &product, "Other").await;
        let sha = async |group: &str, device: &str, agent: &str| {
            let made =
                deploy_with(&owner, group, json!({ "device_code": device, "agent_code": agent })).await.resource();
            made["attributes"]["sha"].as_str().unwrap().to_owned()
        };
        let first = sha(&group, "a", "b").await;
        assert!(first.len() == 64 && first.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        assert_eq!(sha(&other, "a", "b").await, first);
        let mut seen = vec![first];
        for (device, agent) in [("b", "a"), ("ab", ""), ("", "ab"), ("a", "b "), ("", "")] {
            let sha = sha(&group, device, agent).await;
            assert!(!seen.contains(&sha));
            seen.push(sha);
        }
    })
    .await;
}

#[tokio::test]
async fn lists_leave_the_code_out() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = probes(&owner).await;
        let id = owner.deploy(DEVELOPMENT, &group).await;
        let listed = owner.get("/v5/deployments").await.is(200)["data"][0].take();
        let mut read = owner.get(&format!("/v5/deployments/{id}")).await.resource();
        for name in ["device_code", "agent_code"] {
            assert!(read["attributes"].as_object_mut().unwrap().remove(name).is_some());
        }
        assert_eq!(listed, read);
    })
    .await;
}

#[tokio::test]
async fn the_group_must_be_there_and_of_its_type() {
    on_each(async |w: World| {
        let (owner, other) = (w.account("grower").await, w.account("other").await);
        let group = probes(&owner).await;
        owner.post("/v5/deployments", deployment(DEVELOPMENT, NOBODY)).await.fails(404, "NF001");
        other.post("/v5/deployments", deployment(DEVELOPMENT, &group)).await.fails(404, "NF001");
        let entry = owner.post("/v5/deployments", deployment("pre_dut_devicegroup", &group)).await.fails(409, "CX010");
        assert_eq!(entry["source"]["pointer"], "/data/relationships/devicegroup/type");
        let mut document = deployment(DEVELOPMENT, &group);
        document["data"]["relationships"] = json!({});
        owner.post("/v5/deployments", document).await.fails(400, "VX002");
        let mut document = deployment(DEVELOPMENT, &group);
        document["data"]["relationships"]["devicegroup"] = json!({ "data": { "id": group } });
        owner.post("/v5/deployments", document).await.is(201);
    })
    .await;
}

#[tokio::test]
async fn description_flag_and_tags_change_and_nothing_else() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = probes(&owner).await;
        let id = owner.deploy(DEVELOPMENT, &group).await;
        let change = async |attributes: Value| owner.change("deployment", "deployments", &id, attributes).await;
        let tags = json!(["b", "a", "c"]);
        let changed = change(json!({ "description": "x", "flagged": true, "tags": tags })).await.resource();
        assert_eq!(changed["attributes"]["tags"], tags, "in the order sent");
        assert_eq!(changed["attributes"]["description"], "x");
        assert_eq!(changed["relationships"]["flagger"]["id"], *owner.id);
        assert_eq!(change(json!({ "tags": ["b"] })).await.resource()["attributes"]["tags"], json!(["b"]));
        let unflagged = change(json!({ "flagged": false, "description": null })).await.resource();
        assert!(!unflagged["relationships"].as_object().unwrap().contains_key("flagger"));
        assert_eq!(unflagged["attributes"]["description"], Value::Null);
        for bad in [
            json!({ "device_code": "x" }),
            json!({ "agent_code": "x" }),
            json!({ "origin": "x" }),
            json!({ "sha": "x" }),
            json!({ "flagged": null }),
            json!({ "tags": null }),
        ] {
            change(bad).await.fails(400, "VX003");
        }
        // Sent back as they are, they are ignored.
        let read = owner.get(&format!("/v5/deployments/{id}")).await.resource();
        assert_eq!(change(read["attributes"].clone()).await.resource(), read);
    })
    .await;
}

#[tokio::test]
async fn only_unflagged_deployments_older_than_the_minimum_go() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = probes(&owner).await;
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(owner.deploy(DEVELOPMENT, &group).await);
        }
        let delete = async |index: usize| owner.delete(&format!("/v5/deployments/{}", ids[index])).await;
        for index in 0..4 {
            delete(index).await.fails(409, "CX008");
        }
        let minimum = format!("/v5/devicegroups/{group}/relationships/min_supported_deployment");
        owner.put(&minimum, json!({ "data": { "type": "deployment", "id": ids[2] } })).await.is(200);
        owner.change("deployment", "deployments", &ids[0], json!({ "flagged": true })).await.is(200);
        let entry = delete(0).await.fails(409, "CX004");
        assert_eq!(entry["title"], "Resource Flagged");
        assert_eq!(
            entry["detail"],
            "You cannot delete flagged deployments; set the flagged attribute to false and try again."
        );
        delete(1).await.is(204);
        delete(1).await.fails(404, "NF001");
        delete(2).await.fails(409, "CX008");
        delete(3).await.fails(409, "CX008");
        owner.change("deployment", "deployments", &ids[0], json!({ "flagged": false })).await.is(200);
        delete(0).await.is(204);
        assert_eq!(owner.get("/v5/deployments").await.ids(), [ids[3].as_str(), ids[2].as_str()]);
    })
    .await;
}
