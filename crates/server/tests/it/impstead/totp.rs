//! `/impstead/v1/accounts/me/totp`. How it changes signing in is tested with `/v5/auth`.

use crate::{
    auth::enrol,
    http::{Answer, Request},
    world::{Account, PASSWORD, World, on_each},
};
use serde_json::{Value, json};

const TOTP: &str = "/impstead/v1/accounts/me/totp";

async fn begin(account: &Account) -> Answer {
    account.confirmed("POST", TOTP, Value::Null).await
}

async fn confirm(account: &Account, code: &str) -> Answer {
    let document = json!({ "data": { "type": "totp", "attributes": { "code": code } } });
    account.post(&format!("{TOTP}/confirm"), document).await
}

async fn state(account: &Account) -> Value {
    account.get(TOTP).await.resource()["attributes"].take()
}

#[tokio::test]
async fn an_enrolment_shows_the_secret_once_and_counts_from_its_confirmation() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        assert_eq!(state(&owner).await, json!({ "enabled": false, "recovery_codes_left": 0 }));

        let begun = begin(&owner).await.is(201)["data"].take();
        assert_eq!(begun["type"], "totp");
        assert_eq!(begun["id"], owner.id);
        assert_eq!(begun["links"]["self"], format!("{}{TOTP}", w.public_url()));
        let secret = begun["attributes"]["secret"].as_str().unwrap();
        assert_eq!(secret.len(), 32, "20 bytes in base32");
        assert_eq!(
            begun["attributes"]["otpauth_url"],
            format!("otpauth://totp/Impstead:grower?secret={secret}&issuer=Impstead&algorithm=SHA1&digits=6&period=30")
        );
        assert_eq!(
            state(&owner).await,
            json!({ "enabled": false, "recovery_codes_left": 0 }),
            "not yet, and no secret"
        );
        w.nobody().sign_in("grower").await;

        let app = enrol(&w, &owner).await;
        assert_eq!(app.recovery_codes.len(), 10);
        assert!(app.recovery_codes.iter().all(|code| code.len() == 19), "{:?}", app.recovery_codes);
        assert_eq!(state(&owner).await, json!({ "enabled": true, "recovery_codes_left": 10 }));
    })
    .await;
}

#[tokio::test]
async fn beginning_again_makes_a_new_secret_until_it_is_enabled() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let first = begin(&owner).await.is(201)["data"]["attributes"]["secret"].take();
        let second = begin(&owner).await.is(201)["data"]["attributes"]["secret"].take();
        assert_ne!(first, second);
        enrol(&w, &owner).await;
        let entry = begin(&owner).await.fails(409, "CX014");
        assert_eq!(entry["title"], "Second Factor Enabled");
        confirm(&owner, "123456").await.fails(409, "CX014");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_code_confirms_nothing() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        confirm(&owner, "123456").await.fails(404, "NF001");
        begin(&owner).await.is(201);
        for code in ["12345", "1234567", ""] {
            confirm(&owner, code).await.fails(400, "VX003");
        }
        let entry = confirm(&owner, "abcdef").await.fails(400, "VX003");
        assert_eq!(entry["source"]["pointer"], "/data/attributes/code");
        owner.post(&format!("{TOTP}/confirm"), json!({ "data": { "type": "totp" } })).await.fails(400, "VX002");
        assert_eq!(state(&owner).await["enabled"], false);
    })
    .await;
}

#[tokio::test]
async fn guessing_the_code_of_an_enrolment_is_slowed() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        begin(&owner).await.is(201);
        for _ in 0..10 {
            confirm(&owner, "abcdef").await.fails(400, "VX003");
        }
        confirm(&owner, "abcdef").await.fails(429, "XX429");
        w.advance_ms(1000);
        confirm(&owner, "abcdef").await.fails(400, "VX003");
    })
    .await;
}

#[tokio::test]
async fn without_the_factor_the_password_is_enough_again() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        enrol(&w, &owner).await;
        w.nobody().post("/v5/auth", json!({ "id": "grower", "password": PASSWORD })).await.fails(403, "PX200");
        owner.delete(TOTP).await.fails(403, "PX101");
        owner.confirmed("DELETE", TOTP, Value::Null).await.is(204);
        w.nobody().sign_in("grower").await;
        assert_eq!(state(&owner).await, json!({ "enabled": false, "recovery_codes_left": 0 }));
        owner.confirmed("DELETE", TOTP, Value::Null).await.fails(404, "NF001");
        enrol(&w, &owner).await;
    })
    .await;
}

#[tokio::test]
async fn beginning_needs_the_password() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        owner.post(TOTP, Value::Null).await.fails(403, "PX101");
        owner
            .send(Request::new("POST", TOTP).header("X-Electricimp-Password", "wrong horse"))
            .await
            .fails(403, "PX101");
        w.nobody().get(TOTP).await.fails(401, "PX100");
    })
    .await;
}
