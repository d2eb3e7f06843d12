//! `/v5/accounts` and `/v5/libraries`.

use crate::world::{World, on_each};
use impstead_model::Role;
use serde_json::json;

#[tokio::test]
async fn accounts_are_ones_own_and_those_collaborated_on() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let helper = w.collaborator(&owner, Role::Support).await;
        w.account("stranger").await;
        assert_eq!(owner.get("/v5/accounts").await.ids(), [owner.id.as_str()]);
        let mut both = [owner.id.clone(), helper.id.clone()];
        both.sort();
        let mut listed = helper.get("/v5/accounts").await.ids();
        listed.sort();
        assert_eq!(listed, both);
    })
    .await;
}

#[tokio::test]
async fn an_account_is_read_by_me_id_user_name_and_email() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for named in [
            "me",
            &owner.id,
            &owner.id.to_uppercase(),
            "grower",
            "GROWER",
            "grower@example.net",
            "grower%40example.net",
        ] {
            let account = owner.get(&format!("/v5/accounts/{named}")).await.resource();
            assert_eq!(account["id"], *owner.id, "{named}");
            assert_eq!(account["links"]["self"], format!("{}/v5/accounts/{}", w.public_url(), owner.id));
        }
    })
    .await;
}

#[tokio::test]
async fn the_tier_says_who_may_hold_production_groups() {
    on_each(async |w: World| {
        for (account, tier) in [(w.account("rich").await, "enterprise"), (w.free_account("poor").await, "free")] {
            assert_eq!(account.get("/v5/accounts/me").await.resource()["attributes"]["tier"], tier);
        }
    })
    .await;
}

#[tokio::test]
async fn another_account_is_seen_by_its_collaborators_only() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let helper = w.collaborator(&owner, Role::Developer).await;
        let stranger = w.account("stranger").await;
        for named in [&owner.id, &owner.username, &owner.email] {
            assert_eq!(helper.get(&format!("/v5/accounts/{named}")).await.resource()["id"], *owner.id);
            let refused = stranger.get(&format!("/v5/accounts/{named}")).await;
            let nothing = stranger.get("/v5/accounts/nobody").await;
            refused.fails(404, "NF001");
            assert_eq!(refused.without_request_id().to_string(), nothing.without_request_id().to_string());
        }
        // Clients read the creators of what they show, so the owner sees the helper too.
        assert_eq!(owner.get(&format!("/v5/accounts/{}", helper.id)).await.resource()["id"], *helper.id);
        owner.get(&format!("/v5/accounts/{}/capabilities", helper.id)).await.fails(404, "NF001");
    })
    .await;
}

#[tokio::test]
async fn capabilities_follow_the_role() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let read = async |who: &crate::world::Account| {
            let answer = who.get(&format!("/v5/accounts/{}/capabilities", owner.id)).await;
            answer.resource()["attributes"].clone()
        };
        let capabilities = |account, products, development, production, unbless, env_vars| {
            json!({
                "manage_account": account, "manage_products": products, "manage_development": development,
                "manage_production": production, "unbless_devices": unbless, "edit_env_vars": env_vars,
                "production": true,
            })
        };
        assert_eq!(read(&owner).await, capabilities(true, true, true, true, true, true));
        for (role, expected) in [
            (Role::Administrator, capabilities(true, true, true, true, true, false)),
            (Role::Developer, capabilities(false, false, true, false, false, false)),
            (Role::OperationsManager, capabilities(false, false, false, true, false, false)),
            (Role::Support, capabilities(false, false, false, false, false, false)),
        ] {
            let helper = w.collaborator(&owner, role).await;
            assert_eq!(read(&helper).await, expected, "{}", role.as_str());
        }
    })
    .await;
}

#[tokio::test]
async fn libraries_are_an_empty_list() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        assert!(owner.get("/v5/libraries").await.ids().is_empty());
        assert!(owner.get("/v5/libraries?page[number]=7").await.ids().is_empty());
    })
    .await;
}
