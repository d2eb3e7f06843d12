//! `/v5/devicegroups`

use crate::world::{DEVELOPMENT, NOBODY, PRODUCTION, TYPES, World, deployment, group, on_each, with_targets};
use impstead_model::Role;
use serde_json::{Value, json};

const PRE_FIXTURE: &str = "pre_factoryfixture_devicegroup";
const PRE_DUT: &str = "pre_dut_devicegroup";
const PRE_PRODUCTION: &str = "pre_production_devicegroup";

fn set(mut document: Value, attributes: Value) -> Value {
    for (name, value) in attributes.as_object().unwrap() {
        document["data"]["attributes"][name] = value.clone();
    }
    document
}

#[tokio::test]
async fn all_seven_types() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        for kind in TYPES {
            let id = owner.group(kind, &product, kind).await;
            let group = owner.get(&format!("/v5/devicegroups/{id}")).await.resource();
            assert_eq!(group["type"], kind);
            let relationships = group["relationships"].as_object().unwrap();
            assert_eq!(relationships["product"]["id"], *product);
            let fixture = kind.ends_with("factoryfixture_devicegroup");
            assert_eq!(relationships.contains_key("production_target"), fixture, "{kind}");
            assert_eq!(relationships.contains_key("dut_target"), fixture, "{kind}");
            assert!(
                !relationships.contains_key("current_deployment")
                    && !relationships.contains_key("min_supported_deployment")
            );
            let attributes = group["attributes"].as_object().unwrap();
            let blessed = kind.ends_with("production_devicegroup");
            assert_eq!(attributes.get("load_code_after_blessing"), blessed.then_some(&json!(true)), "{kind}");
            assert_eq!(attributes["env_vars"], json!({}));
            assert_eq!(attributes["region"], Value::Null);
            assert_eq!(attributes["description"], Value::Null);
        }
        owner.post("/v5/devicegroups", group("devicegroup", &product, "x")).await.fails(409, "CX010");
        owner.post("/v5/devicegroups", group("product", &product, "x")).await.fails(409, "CX010");
    })
    .await;
}

#[tokio::test]
async fn the_production_side_needs_the_entitlement() {
    on_each(async |w: World| {
        let poor = w.free_account("poor").await;
        let product = poor.product("Greenhouse").await;
        for kind in [DEVELOPMENT, PRE_DUT, PRE_PRODUCTION, PRE_FIXTURE] {
            poor.group(kind, &product, kind).await;
        }
        for kind in ["dut_devicegroup", PRODUCTION, "factoryfixture_devicegroup"] {
            let entry = poor.post("/v5/devicegroups", group(kind, &product, kind)).await.fails(403, "PX102");
            assert_eq!(entry["title"], "Invalid Permission");
        }
        // It is the owner's entitlement that counts, not the helper's.
        let helper = w.collaborator(&poor, Role::Administrator).await;
        helper.post("/v5/devicegroups", group(PRODUCTION, &product, "x")).await.fails(403, "PX102");
    })
    .await;
}

#[tokio::test]
async fn fixtures_need_both_targets_of_their_types_in_their_product() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let production = owner.group(PRE_PRODUCTION, &product, "Production").await;
        let dut = owner.group(PRE_DUT, &product, "DUT").await;
        let fixture = || group(PRE_FIXTURE, &product, "Lab");
        let (to_production, to_dut) = ((PRE_PRODUCTION, &*production), (PRE_DUT, &*dut));
        let create = async |document: Value| owner.post("/v5/devicegroups", document).await;

        create(fixture()).await.fails(400, "VX002");
        for missing in ["production_target", "dut_target"] {
            let mut document = with_targets(fixture(), to_production, to_dut);
            document["data"]["relationships"].as_object_mut().unwrap().remove(missing);
            let entry = create(document).await.fails(400, "VX002");
            assert_eq!(entry["source"]["pointer"], format!("/data/relationships/{missing}"));
        }
        // A target of the wrong type, said so or not; nowhere; in another product.
        create(with_targets(fixture(), (PRE_DUT, &dut), to_dut)).await.fails(400, "VX003");
        create(with_targets(fixture(), (PRE_PRODUCTION, &dut), to_dut)).await.fails(404, "NF001");
        create(with_targets(fixture(), to_production, (PRE_DUT, &production))).await.fails(404, "NF001");
        create(with_targets(fixture(), (PRE_PRODUCTION, NOBODY), to_dut)).await.fails(404, "NF001");
        let elsewhere = owner.group(PRE_DUT, &owner.product("Barn").await, "DUT").await;
        create(with_targets(fixture(), to_production, (PRE_DUT, &elsewhere))).await.fails(404, "NF001");
        create(with_targets(group(DEVELOPMENT, &product, "Probes"), to_production, to_dut)).await.fails(400, "VX003");
        let made = create(with_targets(fixture(), to_production, to_dut)).await.resource();
        assert_eq!(made["relationships"]["production_target"], json!({ "type": PRE_PRODUCTION, "id": production }));
        assert_eq!(made["relationships"]["dut_target"], json!({ "type": PRE_DUT, "id": dut }));
    })
    .await;
}

#[tokio::test]
async fn a_fixture_is_pointed_elsewhere_with_or_without_attributes() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let fixture = owner.group(PRE_FIXTURE, &product, "Lab").await;
        let dut = owner.group(PRE_DUT, &product, "Other DUT").await;
        let path = format!("/v5/devicegroups/{fixture}");
        let before = owner.get(&path).await.resource();
        let to = |target: Value| {
            json!({ "data": { "type": PRE_FIXTURE, "id": fixture, "relationships": { "dut_target": target } } })
        };
        let after = owner.patch(&path, to(json!({ "type": PRE_DUT, "id": dut }))).await.resource();
        assert_eq!(after["relationships"]["dut_target"]["id"], *dut);
        assert_eq!(after["relationships"]["production_target"], before["relationships"]["production_target"]);
        owner.patch(&path, to(json!({ "type": PRE_DUT, "id": NOBODY }))).await.fails(404, "NF001");
        owner.patch(&path, to(json!({ "type": DEVELOPMENT, "id": dut }))).await.fails(400, "VX003");
        assert_eq!(owner.get(&path).await.resource(), after);
    })
    .await;
}

#[tokio::test]
async fn the_region_is_for_blessed_devices_and_fixed() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let region = json!({ "region": "eu-west" });
        for kind in [PRE_PRODUCTION, PRODUCTION] {
            let made =
                owner.post("/v5/devicegroups", set(group(kind, &product, kind), region.clone())).await.resource();
            assert_eq!(made["attributes"]["region"], "eu-west");
            let id = made["id"].as_str().unwrap();
            owner.change(kind, "devicegroups", id, region.clone()).await.is(200); // equal, so ignored
            owner.change(kind, "devicegroups", id, json!({ "region": "us" })).await.fails(400, "VX003");
        }
        for kind in [DEVELOPMENT, PRE_DUT] {
            let document = set(group(kind, &product, kind), region.clone());
            owner.post("/v5/devicegroups", document.clone()).await.fails(400, "VX003");
            owner.post("/v5/devicegroups", set(document, json!({ "region": null }))).await.is(201);
        }
    })
    .await;
}

#[tokio::test]
async fn load_code_after_blessing_is_changed_where_devices_are_blessed() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let off = json!({ "load_code_after_blessing": false });
        for kind in [PRE_PRODUCTION, PRODUCTION] {
            owner.post("/v5/devicegroups", set(group(kind, &product, kind), off.clone())).await.fails(400, "VX003");
            let id = owner.group(kind, &product, kind).await;
            let changed = owner.change(kind, "devicegroups", &id, off.clone()).await.resource();
            assert_eq!(changed["attributes"]["load_code_after_blessing"], false);
            owner
                .change(kind, "devicegroups", &id, json!({ "load_code_after_blessing": "no" }))
                .await
                .fails(400, "VX003");
        }
        let id = owner.group(DEVELOPMENT, &product, "Probes").await;
        owner.change(DEVELOPMENT, "devicegroups", &id, off).await.fails(400, "VX003");
    })
    .await;
}

#[tokio::test]
async fn environment_variables_are_echoed_replaced_and_bounded() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let variables = json!({ "a": "text", "B_2": 7, "c": -1.5, "d": "", "e": 9_007_199_254_740_993_i64, "f": "温\n\"" });
        let made = owner.post("/v5/devicegroups", set(group(DEVELOPMENT, &product, "Probes"), json!({ "env_vars": variables }))).await;
        let made = made.resource();
        assert_eq!(made["attributes"]["env_vars"], variables);
        let id = made["id"].as_str().unwrap();
        let change = async |variables: Value| owner.change(DEVELOPMENT, "devicegroups", id, json!({ "env_vars": variables })).await;
        assert_eq!(change(json!({ "only": 1 })).await.resource()["attributes"]["env_vars"], json!({ "only": 1 }));
        assert_eq!(owner.change(DEVELOPMENT, "devicegroups", id, json!({ "name": "P" })).await.resource()["attributes"]["env_vars"], json!({ "only": 1 }));
        for bad in [
            json!({ "1a": 1 }),
            json!({ "_a": 1 }),
            json!({ "": 1 }),
            json!({ "a-b": 1 }),
            json!({ "é": 1 }),
            json!({ "x".repeat(101): 1 }),
            json!({ "a": true }),
            json!({ "a": null }),
            json!({ "a": {} }),
            json!({ "a": [1] }),
            json!([]),
            json!("a"),
            json!({ "a": "x".repeat(16_000) }),
        ] {
            change(bad).await.fails(400, "VX003");
        }
        assert_eq!(change(json!({ "x".repeat(100): 1 })).await.status, 200);
        let most = json!({ "a": "x".repeat(16_000 - r#"{"a":""}"#.len()) });
        assert_eq!(change(most.clone()).await.resource()["attributes"]["env_vars"], most);
        assert_eq!(change(json!({})).await.resource()["attributes"]["env_vars"], json!({}));
    })
    .await;
}

#[tokio::test]
async fn only_the_owner_sets_environment_variables() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let helper = w.collaborator(&owner, Role::Administrator).await;
        let product = owner.product("Greenhouse").await;
        let id = owner.group(DEVELOPMENT, &product, "Probes").await;
        let variables = json!({ "env_vars": { "a": 1 } });
        owner.change(DEVELOPMENT, "devicegroups", &id, variables.clone()).await.is(200);
        helper.change(DEVELOPMENT, "devicegroups", &id, json!({ "env_vars": { "a": 2 } })).await.fails(403, "PX102");
        helper.change(DEVELOPMENT, "devicegroups", &id, variables.clone()).await.is(200); // no change
        helper
            .post("/v5/devicegroups", set(group(DEVELOPMENT, &product, "Other"), variables))
            .await
            .fails(403, "PX102");
        helper
            .post("/v5/devicegroups", set(group(DEVELOPMENT, &product, "Other"), json!({ "env_vars": {} })))
            .await
            .is(201);
    })
    .await;
}

#[tokio::test]
async fn names_are_unique_within_a_product() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let first = owner.group(DEVELOPMENT, &product, "Probes").await;
        let second = owner.group(PRE_DUT, &product, "Testers").await;
        let entry = owner.post("/v5/devicegroups", group(PRE_DUT, &product, "Probes")).await.fails(409, "CX001");
        assert_eq!(entry["detail"], "Devicegroups must have unique names.");
        owner.change(PRE_DUT, "devicegroups", &second, json!({ "name": "Probes" })).await.fails(409, "CX001");
        owner.change(DEVELOPMENT, "devicegroups", &first, json!({ "name": "Probes" })).await.is(200);
        owner.group(DEVELOPMENT, &owner.product("Barn").await, "Probes").await;
    })
    .await;
}

#[tokio::test]
async fn the_type_never_changes() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let id = owner.group(DEVELOPMENT, &owner.product("Greenhouse").await, "Probes").await;
        owner.change(PRE_DUT, "devicegroups", &id, json!({ "name": "x" })).await.fails(409, "CX010");
    })
    .await;
}

#[tokio::test]
async fn a_group_goes_unless_devices_flags_or_fixtures_hold_it() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let id = owner.group(DEVELOPMENT, &product, "Probes").await;
        let path = format!("/v5/devicegroups/{id}");
        let device = w.device_in(&owner, &id).await;
        let made = owner.deploy(DEVELOPMENT, &id).await;
        let webhook = owner.webhook(DEVELOPMENT, &id).await;
        owner.change("deployment", "deployments", &made, json!({ "flagged": true })).await.is(200);

        let entry = owner.delete(&path).await;
        assert!(matches!(entry.json()["errors"][0]["code"].as_str(), Some("CX003" | "CX006")), "{entry}");
        owner.remove(&id, &[&device.id]).await.is(204);
        let entry = owner.delete(&path).await.fails(409, "CX003");
        assert_eq!(entry["title"], "Flagged Deployments Exist");
        assert_eq!(entry["detail"], "Cannot delete a devicegroup with flagged deployments; delete those first.");
        owner.change("deployment", "deployments", &made, json!({ "flagged": false })).await.is(200);
        owner.assign(&id, &[&device.id]).await.is(204);
        owner.delete(&path).await.fails(409, "CX006");
        owner.remove(&id, &[&device.id]).await.is(204);
        owner.delete(&path).await.is(204);
        for gone in [path, format!("/v5/deployments/{made}"), format!("/v5/webhooks/{webhook}")] {
            owner.get(&gone).await.fails(404, "NF001");
        }

        let fixture = owner.group(PRE_FIXTURE, &product, "Lab").await;
        let relationships = owner.get(&format!("/v5/devicegroups/{fixture}")).await.resource()["relationships"].take();
        for name in ["production_target", "dut_target"] {
            let target = relationships[name]["id"].as_str().unwrap();
            let entry = owner.delete(&format!("/v5/devicegroups/{target}")).await.fails(409, "CX007");
            assert_eq!(entry["title"], "Dependent Devicegroups Exist");
        }
    })
    .await;
}

#[tokio::test]
async fn restarts_succeed_on_empty_and_full_groups() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let id = owner.group(DEVELOPMENT, &owner.product("Greenhouse").await, "Probes").await;
        for _ in 0..2 {
            for restart in ["restart", "conditional_restart"] {
                let answer = owner.post(&format!("/v5/devicegroups/{id}/{restart}"), Value::Null).await;
                answer.is(204);
                assert!(answer.body.is_empty());
                owner.post(&format!("/v5/devicegroups/{NOBODY}/{restart}"), Value::Null).await.fails(404, "NF001");
            }
            w.device_in(&owner, &id).await;
        }
    })
    .await;
}

#[tokio::test]
async fn the_minimum_only_rises_and_only_within_the_group() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let id = owner.group(DEVELOPMENT, &product, "Probes").await;
        let minimum = format!("/v5/devicegroups/{id}/relationships/min_supported_deployment");
        let mut deployments = Vec::new();
        for _ in 0..3 {
            deployments.push(owner.deploy(DEVELOPMENT, &id).await);
        }
        let now = async || {
            let group = owner.get(&format!("/v5/devicegroups/{id}")).await.resource();
            let id = |name: &str| group["relationships"][name]["id"].as_str().unwrap().to_owned();
            (id("min_supported_deployment"), id("current_deployment"))
        };
        assert_eq!(
            now().await,
            (deployments[0].clone(), deployments[2].clone()),
            "the first set it, later ones left it"
        );
        let raise = async |id: &str| owner.put(&minimum, json!({ "data": { "type": "deployment", "id": id } })).await;
        let raised = raise(&deployments[1]).await.is(200)["data"].take();
        assert_eq!((&raised["type"], &raised["id"]), (&json!("deployment"), &json!(deployments[1])));
        raise(&deployments[1]).await.is(200);
        raise(&deployments[0]).await.fails(409, "CX012");
        let other = owner.group(DEVELOPMENT, &product, "Other").await;
        let foreign = owner.deploy(DEVELOPMENT, &other).await;
        for id in [&*foreign, NOBODY, ""] {
            raise(id).await.fails(404, "NF001");
        }
        owner.put(&minimum, json!({ "data": { "type": "product", "id": deployments[2] } })).await.fails(409, "CX010");
        owner.put(&minimum, json!({ "data": { "type": "deployment" } })).await.fails(400, "VX002");
        owner.put(&minimum, json!({ "data": [] })).await.fails(400, "VX003");
        owner.put(&minimum, json!({})).await.fails(400, "VX002");
        owner.put(&minimum, json!({ "data": { "id": deployments[2] } })).await.is(200);
        assert_eq!(now().await, (deployments[2].clone(), deployments[2].clone()));
    })
    .await;
}

#[tokio::test]
async fn a_group_is_made_in_a_product_that_one_may_see() {
    on_each(async |w: World| {
        let (owner, other) = (w.account("grower").await, w.account("other").await);
        let product = owner.product("Greenhouse").await;
        other.post("/v5/devicegroups", group(DEVELOPMENT, &product, "x")).await.fails(404, "NF001");
        owner.post("/v5/devicegroups", group(DEVELOPMENT, NOBODY, "x")).await.fails(404, "NF001");
        let mut nowhere = group(DEVELOPMENT, &product, "x");
        nowhere["data"]["relationships"] = json!({});
        let entry = owner.post("/v5/devicegroups", nowhere).await.fails(400, "VX002");
        assert_eq!(entry["source"]["pointer"], "/data/relationships/product");
        // A helper's group belongs to the product's owner.
        let helper = w.collaborator(&owner, Role::Developer).await;
        let id = helper.group(DEVELOPMENT, &product, "Probes").await;
        let made = owner.get(&format!("/v5/devicegroups/{id}")).await.resource();
        assert_eq!(made["relationships"]["owner"]["id"], *owner.id);
        assert_eq!(made["relationships"]["creator"]["id"], *helper.id);
        helper.post("/v5/deployments", deployment(DEVELOPMENT, &id)).await.is(201);
    })
    .await;
}
