//! `/impstead/v1/accounts/me/password`

use crate::{
    http::Request,
    world::{Client, PASSWORD, World, on_each},
};
use serde_json::{Value, json};

const PASSWORD_PATH: &str = "/impstead/v1/accounts/me/password";

fn document(password: &Value) -> Value {
    json!({ "data": { "type": "password", "attributes": { "password": password } } })
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let elsewhere = w.nobody().sign_in("grower").await;
        let key = owner.login_key().await;
        let other = Client { address: w.address(), token: elsewhere["access_token"].as_str().map(str::to_owned) };
        other.get("/v5/accounts/me").await.is(200);

        owner.confirmed("PUT", PASSWORD_PATH, document(&json!("a new password"))).await.is(204);

        owner.get("/v5/accounts/me").await.is(200);
        other.get("/v5/accounts/me").await.fails(401, "PX100");
        let exchange = async |token: &Value| w.nobody().post("/v5/auth/token", json!({ "token": token })).await.status;
        assert_eq!(exchange(&elsewhere["refresh_token"]).await, 404);
        assert_eq!(exchange(&json!(owner.refresh_token)).await, 200);
        w.nobody().post("/v5/auth/token", json!({ "key": key })).await.is(200);

        let sign_in = async |password: &str| {
            w.nobody().post("/v5/auth", json!({ "id": "grower", "password": password })).await.status
        };
        assert_eq!(sign_in(PASSWORD).await, 401);
        assert_eq!(sign_in("a new password").await, 200);
        owner.confirmed("PUT", PASSWORD_PATH, document(&json!("yet another one"))).await.fails(403, "PX101");
    })
    .await;
}

#[tokio::test]
async fn bad_passwords_change_nothing() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for password in [json!("1234567"), json!("x".repeat(1025)), json!(12_345_678), Value::Null] {
            let entry = owner.confirmed("PUT", PASSWORD_PATH, document(&password)).await.fails(400, "VX003");
            assert_eq!(entry["source"]["pointer"], "/data/attributes/password");
            assert!(!entry.to_string().contains("1234567"), "a password is not echoed: {entry}");
        }
        owner.confirmed("PUT", PASSWORD_PATH, json!({ "data": { "type": "password" } })).await.fails(400, "VX002");
        let request = Request::new("PUT", PASSWORD_PATH).json(&document(&json!("a new password")));
        owner.send(request.clone()).await.fails(403, "PX101");
        w.nobody().send(request).await.fails(401, "PX100");
        w.nobody().sign_in("grower").await;
    })
    .await;
}

#[tokio::test]
async fn passwords_of_all_lengths_and_scripts_work() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let mut old = PASSWORD.to_owned();
        for new in ["12345678".to_owned(), "x".repeat(1024), "Gewächshaus 温室".into(), PASSWORD.into()] {
            let request = Request::new("PUT", PASSWORD_PATH).header("X-Electricimp-Password", &old);
            owner.send(request.json(&document(&json!(new)))).await.is(204);
            w.nobody().post("/v5/auth", json!({ "id": "grower", "password": new })).await.is(200);
            old = new;
        }
    })
    .await;
}
