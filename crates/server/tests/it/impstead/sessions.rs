//! `/impstead/v1/accounts/me/sessions`

use crate::{
    http::Request,
    world::{Account, Client, NOBODY, PASSWORD, World, on_each},
};
use serde_json::{Value, json};

const SESSIONS: &str = "/impstead/v1/accounts/me/sessions";

fn one(id: &str) -> String {
    format!("{SESSIONS}/{id}")
}

async fn sign_in(w: &World, agent: &str) -> (Client, Value) {
    let body = json!({ "id": "grower", "password": PASSWORD });
    let tokens =
        w.nobody().send(Request::new("POST", "/v5/auth").header("User-Agent", agent).json(&body)).await.is(200);
    let token = tokens["access_token"].as_str().map(str::to_owned);
    (Client { address: w.address(), token }, tokens["refresh_token"].clone())
}

/// Ids of the caller's sessions, its own marked.
async fn sessions(account: &Client) -> Vec<(String, bool)> {
    let list = account.get(SESSIONS).await.is(200);
    let session =
        |item: &Value| (item["id"].as_str().unwrap().to_owned(), item["attributes"]["current"].as_bool().unwrap());
    list["data"].as_array().unwrap().iter().map(session).collect()
}

async fn two(w: &World) -> (Account, Client, Value) {
    let owner = w.account("grower").await;
    w.advance_ms(1000);
    let (other, refresh_token) = sign_in(w, "impt/2.6.1").await;
    (owner, other, refresh_token)
}

#[tokio::test]
async fn sign_ins_are_listed_with_what_is_known_of_them() {
    on_each(async |w: World| {
        let (owner, other, refresh_token) = two(&w).await;
        let mine = sessions(&owner).await;
        assert_eq!(mine.iter().map(|(_, current)| *current).collect::<Vec<_>>(), [true, false]);
        let theirs = sessions(&other).await;
        assert_eq!(theirs.iter().map(|(_, current)| *current).collect::<Vec<_>>(), [false, true]);

        let session = owner.get(&one(&theirs[1].0)).await.resource();
        assert_eq!(
            session["attributes"],
            json!({
                "current": false,
                "ip_address": "127.0.0.1",
                "user_agent": "impt/2.6.1",
                "created_at": "2026-03-02T09:15:05.221Z",
                "last_used_at": null,
            })
        );
        assert_eq!(session["relationships"]["owner"], json!({ "type": "account", "id": owner.id }));
        assert_eq!(session["links"]["self"], format!("{}{}", w.public_url(), one(&theirs[1].0)));
        assert!(!session.to_string().contains(refresh_token.as_str().unwrap()), "the secret stays secret");

        w.advance_ms(1000);
        w.nobody().post("/v5/auth/token", json!({ "token": refresh_token })).await.is(200);
        let session = owner.get(&one(&theirs[1].0)).await.resource();
        assert_eq!(session["attributes"]["last_used_at"], "2026-03-02T09:15:06.221Z");
        assert_eq!(owner.get(&format!("{SESSIONS}?page[number]=2")).await.ids().len(), 0);
    })
    .await;
}

#[tokio::test]
async fn an_ended_session_takes_its_access_tokens_along() {
    on_each(async |w: World| {
        let (owner, other, refresh_token) = two(&w).await;
        let renewed = w.nobody().post("/v5/auth/token", json!({ "token": refresh_token })).await.is(200);
        let renewed = Client { address: w.address(), token: renewed["access_token"].as_str().map(str::to_owned) };
        assert!(sessions(&renewed).await[1].1, "a renewed token belongs to the same session");

        let id = sessions(&owner).await[1].0.clone();
        owner.delete(&one(&id)).await.is(204);
        other.get(SESSIONS).await.fails(401, "PX100");
        renewed.get(SESSIONS).await.fails(401, "PX100");
        w.nobody().post("/v5/auth/token", json!({ "token": refresh_token })).await.fails(404, "NF001");
        owner.delete(&one(&id)).await.fails(404, "NF001");
        owner.get(&one(&id)).await.fails(404, "NF001");

        let current = sessions(&owner).await[0].0.clone();
        owner.delete(&one(&current)).await.is(204);
        owner.get(SESSIONS).await.fails(401, "PX100");
    })
    .await;
}

#[tokio::test]
async fn all_others_can_be_ended_at_once() {
    on_each(async |w: World| {
        let (owner, other, _) = two(&w).await;
        let (third, _) = sign_in(&w, "curl").await;
        let stranger = w.account("stranger").await;
        owner.delete(SESSIONS).await.is(204);
        other.get(SESSIONS).await.fails(401, "PX100");
        third.get(SESSIONS).await.fails(401, "PX100");
        assert_eq!(sessions(&owner).await.len(), 1);
        assert_eq!(sessions(&stranger).await.len(), 1);
        owner.delete(SESSIONS).await.is(204);
    })
    .await;
}

#[tokio::test]
async fn an_access_token_of_a_login_key_belongs_to_no_session() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let key = owner.login_key().await;
        let tokens = w.nobody().post("/v5/auth/token", json!({ "key": key })).await.is(200);
        let program = Client { address: w.address(), token: tokens["access_token"].as_str().map(str::to_owned) };
        assert_eq!(sessions(&program).await.iter().filter(|(_, current)| *current).count(), 0);
        program.delete(SESSIONS).await.is(204);
        assert_eq!(sessions(&program).await.len(), 0);
        owner.get(SESSIONS).await.fails(401, "PX100");
    })
    .await;
}

#[tokio::test]
async fn other_peoples_sessions_are_not_found() {
    on_each(async |w: World| {
        let (owner, stranger) = (w.account("grower").await, w.account("stranger").await);
        let theirs = sessions(&owner).await[0].0.clone();
        for id in [&theirs, NOBODY] {
            stranger.get(&one(id)).await.fails(404, "NF001");
            stranger.delete(&one(id)).await.fails(404, "NF001");
        }
        assert_eq!(sessions(&owner).await.len(), 1);
        w.nobody().delete(SESSIONS).await.fails(401, "PX100");
    })
    .await;
}
