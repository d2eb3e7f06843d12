//! `/impstead/v1/audit`

use crate::{
    http::Request,
    world::{Account, NOBODY, World, on_each, product},
};
use impstead_model::Role;
use serde_json::{Value, json};

const AUDIT: &str = "/impstead/v1/audit";

async fn entries(account: &Account, query: &str) -> Vec<Value> {
    let list = account.get(&format!("{AUDIT}?page[size]=100&{query}")).await.is(200);
    list["data"].as_array().unwrap().clone()
}

async fn actions(account: &Account, query: &str) -> Vec<String> {
    let entries = entries(account, query).await;
    entries.iter().map(|entry| entry["attributes"]["action"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_change_leaves_a_row_that_says_who_what_when_and_whence() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        w.advance_ms(1000);
        let request =
            Request::new("POST", "/v5/products").header("X-Request-Id", "my-request").json(&product("Greenhouse"));
        let product = owner.send(request).await.resource()["id"].as_str().unwrap().to_owned();
        let entry = entries(&owner, "").await.remove(0);
        assert_eq!(entry["type"], "audit_entry");
        assert_eq!(entry["relationships"]["owner"], json!({ "type": "account", "id": owner.id }));
        assert_eq!(entry["relationships"]["actor"], json!({ "type": "account", "id": owner.id }));
        let attributes = &entry["attributes"];
        assert_eq!(attributes["created_at"], "2026-03-02T09:15:05.221Z");
        assert_eq!(attributes["action"], "product.create");
        assert_eq!(attributes["target_type"], "product");
        assert_eq!(attributes["target_id"], product);
        assert_eq!(attributes["ip_address"], "127.0.0.1");
        assert_eq!(attributes["request_id"], "my-request");

        let link = entry["links"]["self"].as_str().unwrap();
        let path = link.strip_prefix(w.public_url()).unwrap();
        assert_eq!(owner.get(path).await.resource(), entry);
    })
    .await;
}

#[tokio::test]
async fn filters_combine() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let one = owner.product("One").await;
        w.advance_ms(1);
        let two = owner.product("Two").await;
        w.advance_ms(1);
        owner.change("product", "products", &one, json!({ "description": "first" })).await.is(200);
        w.advance_ms(1);
        owner.delete(&format!("/v5/products/{two}")).await.is(204);

        let of_products = "filter[target.type]=product";
        let all = actions(&owner, of_products).await;
        assert_eq!(all, ["product.delete", "product.update", "product.create", "product.create"], "newest first");
        let of_one = format!("filter[target.id]={one}");
        assert_eq!(actions(&owner, &of_one).await, ["product.update", "product.create"]);
        assert_eq!(actions(&owner, "filter[action]=product.create").await.len(), 2);
        assert_eq!(actions(&owner, &format!("{of_one}&filter[action]=product.create")).await.len(), 1);
        assert_eq!(actions(&owner, &format!("{of_products}&filter[owner.id]=me")).await.len(), 4);
        for nothing in ["filter[action]=product.eat", &format!("filter[owner.id]={NOBODY}"), "filter[target.type]="] {
            assert_eq!(actions(&owner, nothing).await.len(), 0, "{nothing}");
        }
        let page = owner.get(&format!("{AUDIT}?{of_products}&page[size]=3&page[number]=2")).await;
        assert_eq!(page.ids().len(), 1);
        assert!(page.json()["links"]["self"].as_str().unwrap().contains("filter%5Btarget.type%5D=product"));
    })
    .await;
}

#[tokio::test]
async fn owner_and_administrators_read_it() {
    on_each(async |w: World| {
        let (owner, stranger) = (w.account("grower").await, w.account("stranger").await);
        owner.product("Greenhouse").await;
        let of_owner = format!("filter[owner.id]={}&filter[action]=product.create", owner.id);
        let link = entries(&owner, &of_owner).await[0]["id"].as_str().unwrap().to_owned();
        let path = format!("{AUDIT}/{link}");
        owner.get(&path).await.is(200);
        for role in Role::OF_COLLABORATORS {
            let collaborator = w.collaborator(&owner, role).await;
            let manages = role == Role::Administrator;
            assert_eq!(entries(&collaborator, &of_owner).await.len(), usize::from(manages), "{role:?}");
            assert_eq!(collaborator.get(&path).await.status, if manages { 200 } else { 404 }, "{role:?}");
        }
        assert_eq!(entries(&stranger, &of_owner).await.len(), 0);
        stranger.get(&path).await.fails(404, "NF001");
        owner.get(&format!("{AUDIT}/{NOBODY}")).await.fails(404, "NF001");
        owner.get(&format!("{AUDIT}?page[number]=0")).await.fails(400, "VX004");
        w.nobody().get(AUDIT).await.fails(401, "PX100");
    })
    .await;
}

#[tokio::test]
async fn secrets_are_in_no_row() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let login_key = owner.login_key().await;
        let app = crate::auth::enrol(&w, &owner).await;
        let unbonding_key = crate::group_devices::unbonding_key(&owner).await;
        let set = json!({ "data": { "type": "password", "attributes": { "password": "a new password" } } });
        owner.confirmed("PUT", "/impstead/v1/accounts/me/password", set).await.is(204);
        let rows = json!(entries(&owner, "").await).to_string();
        assert!(rows.contains("account.set_password"), "{rows}");
        for secret in [&login_key, &unbonding_key, "a new password", &owner.refresh_token, &app.recovery_codes[0]] {
            assert!(!rows.contains(secret), "{secret} in {rows}");
        }
    })
    .await;
}
