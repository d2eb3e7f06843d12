//! `/v5/accounts/me/refresh_tokens`

use crate::world::{World, on_each};
use serde_json::json;

#[tokio::test]
async fn a_refresh_token_is_listed_without_its_secret() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let answer = owner.get("/v5/accounts/me/refresh_tokens").await;
        let tokens = answer.is(200);
        assert_eq!(tokens["data"].as_array().unwrap().len(), 1);
        assert!(!answer.to_string().contains(&owner.refresh_token));
        assert_eq!(tokens["data"][0]["attributes"]["last_used_at"], json!(null));
        w.advance_ms(5000);
        w.nobody().post("/v5/auth/token", json!({ "token": owner.refresh_token })).await.is(200);
        let tokens = owner.get("/v5/accounts/me/refresh_tokens").await.is(200);
        let attributes = &tokens["data"][0]["attributes"];
        assert!(attributes["last_used_at"].as_str() > attributes["created_at"].as_str(), "{attributes}");
    })
    .await;
}

#[tokio::test]
async fn a_revoked_token_cannot_be_exchanged_but_what_it_gave_stays_valid() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let id = owner.get("/v5/accounts/me/refresh_tokens").await.ids().remove(0);
        let path = format!("/v5/accounts/me/refresh_tokens/{id}");
        owner.delete(&path).await.is(204);
        w.nobody().post("/v5/auth/token", json!({ "token": owner.refresh_token })).await.fails(404, "NF001");
        assert!(owner.get("/v5/accounts/me/refresh_tokens").await.ids().is_empty());
        owner.delete(&path).await.fails(404, "NF001");
    })
    .await;
}

#[tokio::test]
async fn nobody_revokes_the_token_of_another() {
    on_each(async |w: World| {
        let (owner, other) = (w.account("grower").await, w.account("other").await);
        let id = owner.get("/v5/accounts/me/refresh_tokens").await.ids().remove(0);
        other.delete(&format!("/v5/accounts/me/refresh_tokens/{id}")).await.fails(404, "NF001");
        other.delete(&format!("/v5/accounts/me/refresh_tokens/{}", owner.refresh_token)).await.fails(404, "NF001");
        w.nobody().post("/v5/auth/token", json!({ "token": owner.refresh_token })).await.is(200);
    })
    .await;
}
