//! `/v5/products`

use crate::world::{DEVELOPMENT, World, on_each, product};
use impstead_model::Role;
use serde_json::{Value, json};

fn with(attributes: Value) -> Value {
    json!({ "data": { "type": "product", "attributes": attributes } })
}

#[tokio::test]
async fn a_product_belongs_to_its_creator_unless_it_names_an_owner() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let made = owner.post("/v5/products", product("Greenhouse")).await.is(201)["data"].take();
        let account = json!({ "type": "account", "id": owner.id });
        assert_eq!(made["relationships"], json!({ "owner": account, "creator": account }));
        assert_eq!(made["attributes"]["created_at"], made["attributes"]["updated_at"]);
        assert_eq!(made["attributes"]["description"], Value::Null);

        let helper = w.collaborator(&owner, Role::Administrator).await;
        for (name, relationship) in [("bare", account.clone()), ("wrapped", json!({ "data": account }))] {
            let mut document = product(name);
            document["data"]["relationships"] = json!({ "owner": relationship });
            let made = helper.post("/v5/products", document).await.is(201)["data"].take();
            assert_eq!(made["relationships"]["owner"]["id"], *owner.id);
            assert_eq!(made["relationships"]["creator"]["id"], *helper.id);
        }
    })
    .await;
}

#[tokio::test]
async fn names_have_1_to_80_characters_and_descriptions_up_to_255() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for name in ["x".repeat(80), "温".repeat(80), " ".into(), "\u{1f331} \"quoted\" \\ / <b>\n".into()] {
            let made = owner.post("/v5/products", with(json!({ "name": name }))).await.resource();
            assert_eq!(made["attributes"]["name"], name);
            assert_eq!(owner.get(&format!("/v5/products/{}", made["id"].as_str().unwrap())).await.resource(), made);
        }
        for name in [json!(""), json!("x".repeat(81)), json!(7), Value::Null, json!(["x"]), json!("a\0b")] {
            owner.post("/v5/products", with(json!({ "name": name }))).await.fails(400, "VX003");
        }
        owner.post("/v5/products", with(json!({}))).await.fails(400, "VX002");
        for (number, description) in [json!(""), json!("x".repeat(255)), Value::Null].into_iter().enumerate() {
            let document = with(json!({ "name": format!("N{number}"), "description": description }));
            assert_eq!(owner.post("/v5/products", document).await.resource()["attributes"]["description"], description);
        }
        owner
            .post("/v5/products", with(json!({ "name": "N", "description": "x".repeat(256) })))
            .await
            .fails(400, "VX003");
    })
    .await;
}

#[tokio::test]
async fn names_are_unique_within_an_owner() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let first = owner.product("Greenhouse").await;
        let second = owner.product("Barn").await;
        owner.post("/v5/products", product("Greenhouse")).await.fails(409, "CX001");
        owner.change("product", "products", &second, json!({ "name": "Greenhouse" })).await.fails(409, "CX001");
        owner.change("product", "products", &first, json!({ "name": "Greenhouse" })).await.is(200);
        owner.product("greenhouse").await; // case counts
        w.account("other").await.product("Greenhouse").await;
        w.collaborator(&owner, Role::Developer).await.product("Greenhouse").await;
        owner.delete(&format!("/v5/products/{first}")).await.is(204);
        owner.product("Greenhouse").await;
    })
    .await;
}

#[tokio::test]
async fn a_product_with_groups_stays() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let group = owner.group(DEVELOPMENT, &product, "Probes").await;
        let path = format!("/v5/products/{product}");
        let entry = owner.delete(&path).await.fails(409, "CX002");
        assert_eq!(entry["title"], "Dependent Devicegroups Exist");
        assert_eq!(entry["detail"], "Cannot delete a product with associated devicegroups.");
        owner.delete(&format!("/v5/devicegroups/{group}")).await.is(204);
        let deleted = owner.delete(&path).await;
        deleted.is(204);
        assert!(deleted.body.is_empty());
        owner.get(&path).await.fails(404, "NF001");
        owner.delete(&path).await.fails(404, "NF001");
    })
    .await;
}

#[tokio::test]
async fn owners_that_cannot_be() {
    on_each(async |w: World| {
        let (owner, other) = (w.account("grower").await, w.account("other").await);
        let create = async |relationships: Value| {
            let mut document = product("Greenhouse");
            document["data"]["relationships"] = relationships;
            owner.post("/v5/products", document).await
        };
        create(json!({ "owner": { "type": "account", "id": other.id } })).await.fails(404, "NF001");
        create(json!({ "owner": { "type": "account", "id": "nobody" } })).await.fails(404, "NF001");
        create(json!({ "owner": { "type": "account" } })).await.fails(400, "VX002");
        create(json!({ "owner": "me" })).await.fails(400, "VX003");
        create(json!({ "owner": { "type": "account", "id": 7 } })).await.fails(400, "VX003");
        create(json!({ "creator": { "type": "account", "id": owner.id } })).await.fails(400, "VX003");
        create(json!([])).await.fails(400, "VX003");
        assert!(owner.get("/v5/products").await.ids().is_empty());
        create(json!({ "owner": null })).await.is(201);
    })
    .await;
}
