//! `/impstead/v1/accounts/{account}/quota`

use crate::world::{DEVELOPMENT, World, on_each};
use impstead_model::Role;
use serde_json::json;

#[tokio::test]
async fn limits_stand_beside_what_is_used() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let group = owner.group(DEVELOPMENT, &product, "Sensors").await;
        owner.deploy(DEVELOPMENT, &group).await;
        owner.deploy(DEVELOPMENT, &group).await;
        owner.webhook(DEVELOPMENT, &group).await;
        owner.login_key().await;
        w.device(&owner).await;
        w.device_in(&owner, &group).await;
        let quota = owner.get("/impstead/v1/accounts/me/quota").await.resource();
        assert_eq!(quota["type"], "quota");
        assert_eq!(quota["id"], owner.id);
        assert_eq!(quota["links"]["self"], format!("{}/impstead/v1/accounts/{}/quota", w.public_url(), owner.id));
        assert_eq!(
            quota["attributes"],
            json!({
                "products": { "used": 1, "limit": 10_000 },
                "devicegroups": { "used": 1, "limit": 100_000 },
                "deployments": { "used": 2, "limit": 1_000_000 },
                "devices": { "used": 2, "limit": 2_000_000 },
                "webhooks": { "used": 1, "limit": 10_000 },
                "login_keys": { "used": 1, "limit": 10 },
            })
        );
    })
    .await;
}

#[tokio::test]
async fn owner_and_administrators_read_it() {
    on_each(async |w: World| {
        let (owner, stranger) = (w.account("grower").await, w.account("stranger").await);
        let path = format!("/impstead/v1/accounts/{}/quota", owner.id);
        for role in Role::OF_COLLABORATORS {
            let answer = w.collaborator(&owner, role).await.get(&path).await;
            if role == Role::Administrator {
                answer.is(200);
            } else {
                answer.fails(403, "PX102");
            }
        }
        owner.get("/impstead/v1/accounts/grower@example.net/quota").await.is(200);
        stranger.get(&path).await.fails(404, "NF001");
        w.nobody().get(&path).await.fails(401, "PX100");
    })
    .await;
}
