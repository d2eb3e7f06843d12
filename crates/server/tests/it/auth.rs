//! `/v5/auth`, one-time passwords, and what happens to those who guess.

use crate::{
    http::{Answer, Request},
    world::{Account, Client, PASSWORD, World, on_each, on_each_with},
};
use hmac::{Hmac, KeyInit, Mac};
use impstead_model::{AccountId, Clock};
use impstead_server::{Config, TrustedProxies};
use serde_json::{Value, json};
use sha1::Sha1;

/// An authenticator app.
pub struct Authenticator {
    secret: Vec<u8>,
    pub recovery_codes: Vec<String>,
}

impl Authenticator {
    /// Begins an enrolment.
    pub async fn begin(account: &Account) -> Self {
        let begun = account.confirmed("POST", "/impstead/v1/accounts/me/totp", Value::Null).await.is(201);
        let secret = from_base32(begun["data"]["attributes"]["secret"].as_str().unwrap());
        Self { secret, recovery_codes: Vec::new() }
    }

    /// The one-time password of this moment.
    pub fn code(&self, w: &World) -> String {
        code_at(&self.secret, w.server.clock().now_ms())
    }
}

/// RFC 6238 with its defaults.
fn code_at(secret: &[u8], now_ms: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("any length will do");
    mac.update(&(now_ms / 30_000).to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[19] & 15);
    let number = u32::from_be_bytes(digest[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

fn from_base32(text: &str) -> Vec<u8> {
    let digit = |byte| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|digit| *digit == byte).unwrap();
    let bits = text.bytes().flat_map(|byte| (0..5).rev().map(move |bit| digit(byte) >> bit & 1)).collect::<Vec<_>>();
    bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit == 1))).collect()
}

/// Turns the second factor on.
pub async fn enrol(w: &World, account: &Account) -> Authenticator {
    let authenticator = Authenticator::begin(account).await;
    let confirm = json!({ "data": { "type": "totp", "attributes": { "code": authenticator.code(w) } } });
    let done = account.post("/impstead/v1/accounts/me/totp/confirm", confirm).await.is(200);
    let codes = done["data"]["attributes"]["recovery_codes"].as_array().unwrap();
    Authenticator {
        recovery_codes: codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect(),
        ..authenticator
    }
}

async fn sign_in(w: &World, id: &str, password: &str) -> Answer {
    w.nobody().post("/v5/auth", json!({ "id": id, "password": password })).await
}

fn believe_loopback(config: &mut Config) {
    config.trusted_proxies = TrustedProxies(vec!["127.0.0.0/8".parse().unwrap()]);
}

/// Signs in from an address of one's choice; the server must believe proxies on the loopback.
async fn sign_in_from(w: &World, address: &str, id: &str, password: &str) -> Answer {
    let body = json!({ "id": id, "password": password });
    w.nobody().send(Request::new("POST", "/v5/auth").header("X-Forwarded-For", address).json(&body)).await
}

#[tokio::test]
async fn user_name_and_email_both_sign_in_in_any_case() {
    on_each(async |w: World| {
        w.account("grower").await;
        for id in ["grower", "GROWER", "grower@example.net", "Grower@Example.NET"] {
            let answer = sign_in(&w, id, PASSWORD).await;
            let tokens = answer.is(200);
            assert_eq!(answer.header("content-type"), Some("application/json"), "not enveloped, and not JSON:API");
            let members: Vec<&String> = tokens.as_object().unwrap().keys().collect();
            assert_eq!(members, ["access_token", "expires_at", "expires_in", "refresh_token"]);
        }
    })
    .await;
}

#[tokio::test]
async fn wrong_name_and_wrong_password_are_told_apart_by_nobody() {
    on_each(async |w: World| {
        w.account("grower").await;
        let name = sign_in(&w, "nobody", PASSWORD).await;
        let password = sign_in(&w, "grower", "wrong horse").await;
        name.fails(401, "PX100");
        assert_eq!(name.without_request_id().to_string(), password.without_request_id().to_string());
    })
    .await;
}

#[tokio::test]
async fn what_is_no_login_is_a_bad_request() {
    on_each(async |w: World| {
        let nobody = w.nobody();
        for body in
            [json!({}), json!({ "id": "grower" }), json!({ "password": "x" }), json!([]), json!("grower"), Value::Null]
        {
            nobody.post("/v5/auth", body).await.fails(400, "VX002");
        }
        for body in [
            json!({ "id": 1, "password": "x" }),
            json!({ "id": "grower", "password": null }),
            json!({ "id": "gro\0wer", "password": "x" }),
            json!({ "login_token": true }),
        ] {
            let request = Request::new("POST", "/v5/auth").header("X-Electricimp-OTP-Token", "123456").json(&body);
            nobody.send(request).await.fails(400, "VX003");
        }
        nobody.send(Request::new("POST", "/v5/auth").raw("id=grower&password=x")).await.fails(400, "VX001");
        nobody.send(Request::new("POST", "/v5/auth").raw(b"\xff\xfe".to_vec())).await.fails(400, "VX001");
    })
    .await;
}

#[tokio::test]
async fn a_disabled_account_neither_signs_in_nor_goes_on() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let key = owner.login_key().await;
        owner.get("/v5/accounts/me").await.is(200);
        let id = AccountId::new(&owner.id);
        w.server.store().set_disabled(&id, true, w.server.act()).await.unwrap();
        sign_in(&w, "grower", PASSWORD).await.fails(401, "PX100");
        owner.get("/v5/accounts/me").await.fails(401, "PX100");
        for body in [json!({ "token": owner.refresh_token }), json!({ "key": key })] {
            w.nobody().post("/v5/auth/token", body).await.fails(404, "NF001");
        }
        w.server.store().set_disabled(&id, false, w.server.act()).await.unwrap();
        sign_in(&w, "grower", PASSWORD).await.is(200);
    })
    .await;
}

#[tokio::test]
async fn the_scheme_of_the_token_is_matched_in_any_case() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let token = owner.token.clone().unwrap();
        for (value, status) in [
            (format!("Bearer {token}"), 200),
            (format!("bearer {token}"), 200),
            (format!("BEARER   {token} "), 200),
            (format!("Basic {token}"), 401),
            (token.clone(), 401),
            ("Bearer".into(), 401),
            ("Bearer ".into(), 401),
            (format!("Bearer {}", &token[1..]), 401),
            (format!("Bearer {token}x"), 401),
        ] {
            let answer = w.nobody().send(Request::new("GET", "/v5/accounts/me").header("Authorization", &value)).await;
            assert_eq!(answer.status, status, "{value}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_access_token_lives_for_an_hour() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        w.advance_ms(3_599_999);
        owner.get("/v5/accounts/me").await.is(200);
        w.advance_ms(1);
        owner.get("/v5/accounts/me").await.fails(401, "PX100");
    })
    .await;
}

#[tokio::test]
async fn a_token_may_be_bound_to_the_address_that_obtained_it() {
    let bound = |config: &mut Config| {
        believe_loopback(config);
        config.bind_tokens_to_address = true;
    };
    on_each_with(bound, async |w: World| {
        w.account("grower").await;
        let tokens = sign_in_from(&w, "192.0.2.1", "grower", PASSWORD).await.is(200);
        let token = tokens["access_token"].as_str().unwrap();
        let from = async |address: &str| {
            let request = Request::new("GET", "/v5/accounts/me").token(token).header("X-Forwarded-For", address);
            w.nobody().send(request).await
        };
        from("192.0.2.1").await.is(200);
        from("192.0.2.2").await.fails(401, "PX100");
        from("192.0.2.1").await.is(200);
    })
    .await;
}

/// Begins a login whose account has a second factor.
async fn login_token(w: &World) -> String {
    let entry = sign_in(w, "grower", PASSWORD).await.fails(403, "PX200");
    entry["meta"]["login_token"].as_str().unwrap().to_owned()
}

async fn second_step(w: &World, login_token: &str, code: &str) -> Answer {
    let request = Request::new("POST", "/v5/auth").header("X-Electricimp-OTP-Token", code);
    w.nobody().send(request.json(&json!({ "login_token": login_token }))).await
}

#[tokio::test]
async fn the_second_step_takes_a_one_time_password_once() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let authenticator = enrol(&w, &owner).await;
        let token = login_token(&w).await;
        second_step(&w, &token, &authenticator.code(&w)).await.fails(401, "PX100"); // used up by the enrolment
        w.advance_ms(30_000);
        let code = authenticator.code(&w);
        second_step(&w, &token, &code).await.is(200);
        second_step(&w, &token, &code).await.fails(401, "PX100");
        second_step(&w, &login_token(&w).await, &code).await.fails(401, "PX100");
        w.advance_ms(30_000);
        second_step(&w, &login_token(&w).await, &authenticator.code(&w)).await.is(200);
    })
    .await;
}

#[tokio::test]
async fn the_second_step_needs_header_and_a_live_login_token() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let authenticator = enrol(&w, &owner).await;
        w.advance_ms(30_000);
        let token = login_token(&w).await;
        w.nobody().post("/v5/auth", json!({ "login_token": token })).await.fails(401, "PX100");
        second_step(&w, &"0".repeat(64), &authenticator.code(&w)).await.fails(401, "PX100");
        w.advance_ms(5 * 60_000);
        second_step(&w, &token, &authenticator.code(&w)).await.fails(401, "PX100");
    })
    .await;
}

#[tokio::test]
async fn a_login_token_allows_five_attempts() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let authenticator = enrol(&w, &owner).await;
        w.advance_ms(30_000);
        let token = login_token(&w).await;
        let code = authenticator.code(&w);
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            second_step(&w, &token, wrong).await.fails(401, "PX100");
        }
        second_step(&w, &token, &code).await.fails(401, "PX100");
        second_step(&w, &login_token(&w).await, &code).await.is(200);
    })
    .await;
}

#[tokio::test]
async fn a_recovery_code_stands_in_once() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let authenticator = enrol(&w, &owner).await;
        let code = &authenticator.recovery_codes[3];
        second_step(&w, &login_token(&w).await, code).await.is(200);
        second_step(&w, &login_token(&w).await, code).await.fails(401, "PX100");
    })
    .await;
}

#[tokio::test]
async fn an_address_that_guesses_is_slowed() {
    on_each_with(believe_loopback, async |w: World| {
        w.account("grower").await;
        for attempt in 0..10 {
            sign_in_from(&w, "192.0.2.1", &format!("name{attempt}"), "wrong horse").await.fails(401, "PX100");
        }
        let slowed = sign_in_from(&w, "192.0.2.1", "grower", PASSWORD).await;
        slowed.fails(429, "XX429");
        assert_eq!(slowed.header("retry-after"), Some("1"));
        sign_in_from(&w, "192.0.2.2", "grower", PASSWORD).await.is(200);
        w.advance_ms(1000);
        sign_in_from(&w, "192.0.2.1", "name", "wrong horse").await.fails(401, "PX100");
        let slowed = sign_in_from(&w, "192.0.2.1", "grower", PASSWORD).await;
        assert_eq!(slowed.header("retry-after"), Some("2"), "the pause doubles");
        w.advance_ms(2000);
        sign_in_from(&w, "192.0.2.1", "grower", PASSWORD).await.is(200);
        w.advance_ms(15 * 60_000 + 1);
        sign_in_from(&w, "192.0.2.1", "name", "wrong horse").await.fails(401, "PX100");
        sign_in_from(&w, "192.0.2.1", "grower", PASSWORD).await.is(200); // all is forgotten
    })
    .await;
}

#[tokio::test]
async fn guessing_login_keys_slows_too() {
    on_each_with(believe_loopback, async |w: World| {
        let guess = async |key: &str| {
            let request = Request::new("POST", "/v5/auth/token").header("X-Forwarded-For", "192.0.2.1");
            w.nobody().send(request.json(&json!({ "key": key }))).await
        };
        for number in 0..10 {
            guess(&format!("{number:016x}")).await.fails(404, "NF001");
        }
        guess("0123456789abcdef").await.fails(429, "XX429");
    })
    .await;
}

#[tokio::test]
async fn an_account_that_is_guessed_at_is_locked_for_a_while_to_strange_addresses() {
    on_each_with(believe_loopback, async |w: World| {
        w.account("grower").await;
        sign_in_from(&w, "198.51.100.7", "grower", PASSWORD).await.is(200);
        let attack = async |name: &str| {
            for host in 0..10 {
                sign_in_from(&w, &format!("192.0.2.{host}"), name, "wrong horse").await.fails(401, "PX100");
            }
        };
        attack("grower").await;
        let locked = sign_in_from(&w, "192.0.2.99", "grower", PASSWORD).await;
        let entry = locked.fails(401, "PX100");
        assert!(entry["detail"].as_str().unwrap().contains("locked"), "{entry}");
        sign_in_from(&w, "198.51.100.7", "grower", PASSWORD).await.is(200); // the owner is not shut out
        attack("grower").await;
        attack("nobody").await;
        let nobodys = sign_in_from(&w, "192.0.2.99", "nobody", PASSWORD).await;
        let owners = sign_in_from(&w, "192.0.2.98", "grower", PASSWORD).await;
        assert_eq!(
            nobodys.without_request_id().to_string(),
            owners.without_request_id().to_string(),
            "a lock does not tell which names exist"
        );
        w.advance_ms(1000);
        sign_in_from(&w, "192.0.2.99", "grower", PASSWORD).await.is(200); // the lock ends by itself
    })
    .await;
}

#[tokio::test]
async fn the_sixth_login_evicts_the_oldest_refresh_token() {
    on_each(async |w: World| {
        let owner = w.account("grower").await; // the first
        let mut tokens = vec![owner.refresh_token.clone()];
        for _ in 0..5 {
            w.advance_ms(1000);
            tokens.push(w.nobody().sign_in("grower").await["refresh_token"].as_str().unwrap().to_owned());
        }
        let listed = owner.get("/v5/accounts/me/refresh_tokens").await.ids();
        assert_eq!(listed.len(), 5);
        let exchange = async |token: &str| w.nobody().post("/v5/auth/token", json!({ "token": token })).await;
        exchange(&tokens[0]).await.fails(404, "NF001");
        for token in &tokens[1..] {
            exchange(token).await.is(200);
        }
        owner.get("/v5/accounts/me").await.is(200);
    })
    .await;
}

#[tokio::test]
async fn an_exchange_gives_an_access_token_only() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let key = owner.login_key().await;
        for body in
            [json!({ "token": owner.refresh_token }), json!({ "key": key }), json!({ "key": key, "token": null })]
        {
            let answer = w.nobody().post("/v5/auth/token", body).await;
            let tokens = answer.is(200);
            let members: Vec<&String> = tokens.as_object().unwrap().keys().collect();
            assert_eq!(members, ["access_token", "expires_at", "expires_in"]);
            let client = Client { address: w.address(), token: tokens["access_token"].as_str().map(Into::into) };
            assert_eq!(client.get("/v5/accounts/me").await.resource()["id"], *owner.id);
        }
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_exchanged_is_not_found() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let key = owner.login_key().await;
        let exchange = async |body: Value| w.nobody().post("/v5/auth/token", body).await;
        for body in [
            json!({ "token": "" }),
            json!({ "token": "f".repeat(64) }),
            json!({ "token": key }),
            json!({ "token": owner.token }),
            json!({ "key": "" }),
            json!({ "key": "ffffffffffffffff" }),
            json!({ "key": owner.refresh_token }),
        ] {
            exchange(body).await.fails(404, "NF001");
        }
        exchange(json!({})).await.fails(400, "VX002");
        exchange(Value::Null).await.fails(400, "VX002");
        exchange(json!({ "token": 7 })).await.fails(400, "VX003");
        exchange(json!({ "key": ["x"] })).await.fails(400, "VX003");
        let path = format!("/v5/accounts/me/login_keys/{key}");
        owner.confirmed("DELETE", &path, Value::Null).await.is(204);
        exchange(json!({ "key": key })).await.fails(404, "NF001");
    })
    .await;
}
