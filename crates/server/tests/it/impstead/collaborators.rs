//! `/impstead/v1/accounts/{account}/collaborators`

use crate::{
    http::Answer,
    world::{Account, NOBODY, World, on_each},
};
use impstead_model::Role;
use serde_json::{Value, json};

fn path(owner: &str) -> String {
    format!("/impstead/v1/accounts/{owner}/collaborators")
}

fn one(owner: &Account, collaborator: &str) -> String {
    format!("{}/{collaborator}", path(&owner.id))
}

fn document(role: &str, account: &str) -> Value {
    json!({ "data": {
        "type": "collaborator",
        "attributes": { "role": role },
        "relationships": { "account": { "type": "account", "id": account } },
    } })
}

async fn add(caller: &Account, owner: &Account, role: &str, account: &str) -> Answer {
    caller.post(&path(&owner.id), document(role, account)).await
}

async fn set_role(caller: &Account, owner: &Account, collaborator: &str, role: &str) -> Answer {
    let document = json!({ "data": { "type": "collaborator", "id": collaborator, "attributes": { "role": role } } });
    caller.patch(&one(owner, collaborator), document).await
}

#[tokio::test]
async fn an_account_is_named_by_id_user_name_or_email() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for (index, kind) in ["id", "user name", "e-mail"].into_iter().enumerate() {
            let other = w.account(&format!("gardener{index}")).await;
            let named = [&other.id, &other.username, &other.email][index];
            let made = owner.post(&path("me"), document("developer", named)).await;
            assert_eq!(made.status, 201, "{kind}: {made}");
            let made = made.resource();
            assert_eq!(made["id"], other.id);
            assert_eq!(made["type"], "collaborator");
            assert_eq!(made["links"]["self"], format!("{}{}", w.public_url(), one(&owner, &other.id)));
            assert_eq!(made["attributes"]["role"], "developer");
            assert_eq!(made["attributes"]["username"], other.username);
            assert_eq!(made["relationships"]["owner"], json!({ "type": "account", "id": owner.id }));
            assert_eq!(made["relationships"]["account"], json!({ "type": "account", "id": other.id }));
            assert_eq!(owner.get(&one(&owner, &other.id)).await.resource(), made);
            let reached = other.get("/v5/accounts").await.ids();
            assert_eq!(reached, [other.id.clone(), owner.id.clone()].as_slice(), "it counts at once");
        }
        assert_eq!(owner.get(&path("grower")).await.ids().len(), 3);
        assert_eq!(owner.get(&format!("{}?page[size]=2", path("me"))).await.ids().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn nobody_is_added_twice_and_never_the_owner() {
    on_each(async |w: World| {
        let (owner, other) = (w.account("grower").await, w.account("gardener").await);
        add(&owner, &owner, "support", &other.id).await.is(201);
        for account in [&other.id, &other.username] {
            let entry = add(&owner, &owner, "developer", account).await.fails(409, "CX001");
            assert_eq!(entry["source"]["pointer"], "/data/relationships/account");
        }
        for account in ["me", "grower", &owner.id] {
            add(&owner, &owner, "support", account).await.fails(409, "CX001");
        }
        assert_eq!(owner.get(&one(&owner, &other.id)).await.resource()["attributes"]["role"], "support");
        owner.get(&one(&owner, &owner.id)).await.fails(404, "NF001");
        owner.delete(&one(&owner, &owner.id)).await.fails(404, "NF001");
    })
    .await;
}

#[tokio::test]
async fn what_does_not_name_an_account_or_a_role_is_refused() {
    on_each(async |w: World| {
        let (owner, other) = (w.account("grower").await, w.account("gardener").await);
        for account in [NOBODY, "nobody", "nobody@example.net", ""] {
            let entry = add(&owner, &owner, "support", account).await.fails(404, "NF001");
            assert_eq!(entry["source"]["pointer"], "/data/relationships/account/id");
        }
        for role in ["owner", "boss", ""] {
            add(&owner, &owner, role, &other.id).await.fails(400, "VX003");
        }
        let attributes = json!({ "role": "support" });
        let without_account = json!({ "data": { "type": "collaborator", "attributes": attributes } });
        owner.post(&path("me"), without_account).await.fails(400, "VX002");
        let linkage = json!({ "account": { "type": "product", "id": other.id } });
        let of_a_product =
            json!({ "data": { "type": "collaborator", "attributes": attributes, "relationships": linkage } });
        owner.post(&path("me"), of_a_product).await.fails(400, "VX003");
        let without_role =
            json!({ "data": { "type": "collaborator", "relationships": { "account": { "id": "gardener" } } } });
        owner.post(&path("me"), without_role).await.fails(400, "VX002");
    })
    .await;
}

#[tokio::test]
async fn only_the_owner_makes_changes_and_removes_administrators() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let administrator = w.collaborator(&owner, Role::Administrator).await;
        let other = w.account("gardener").await;

        add(&administrator, &owner, "administrator", &other.id).await.fails(403, "PX102");
        add(&administrator, &owner, "developer", &other.id).await.is(201);
        set_role(&administrator, &owner, &other.id, "administrator").await.fails(403, "PX102");
        set_role(&administrator, &owner, &other.id, "support").await.is(200);

        let changed = set_role(&owner, &owner, &other.id, "administrator").await.is(200);
        assert_eq!(changed["data"]["attributes"]["role"], "administrator");
        for role in ["developer", "support"] {
            set_role(&administrator, &owner, &other.id, role).await.fails(403, "PX102");
            set_role(&administrator, &owner, &administrator.id, role).await.fails(403, "PX102");
        }
        set_role(&administrator, &owner, &other.id, "administrator").await.is(200);
        administrator.delete(&one(&owner, &other.id)).await.fails(403, "PX102");
        owner.delete(&one(&owner, &other.id)).await.is(204);

        add(&owner, &owner, "support", &other.id).await.is(201);
        administrator.delete(&one(&owner, &other.id)).await.is(204);
        administrator.delete(&one(&owner, &other.id)).await.fails(404, "NF001");
        assert_eq!(administrator.get(&path(&owner.id)).await.ids(), std::slice::from_ref(&administrator.id));
    })
    .await;
}

#[tokio::test]
async fn other_roles_see_themselves_and_may_leave() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for role in Role::OF_COLLABORATORS {
            let collaborator = w.collaborator(&owner, role).await;
            if role != Role::Administrator {
                collaborator.get(&path(&owner.id)).await.fails(403, "PX102");
                add(&collaborator, &owner, "support", "nobody").await.fails(403, "PX102");
                set_role(&collaborator, &owner, &collaborator.id, "administrator").await.fails(403, "PX102");
                collaborator.get(&one(&owner, &owner.id)).await.fails(403, "PX102");
            }
            assert_eq!(collaborator.get(&one(&owner, "me")).await.resource()["attributes"]["role"], role.as_str());
            collaborator.delete(&one(&owner, "me")).await.is(204);
            collaborator.get(&one(&owner, "me")).await.fails(404, "NF001");
            assert_eq!(
                collaborator.get("/v5/accounts").await.ids(),
                std::slice::from_ref(&collaborator.id),
                "it counts at once"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn strangers_find_no_account() {
    on_each(async |w: World| {
        let (owner, stranger) = (w.account("grower").await, w.account("stranger").await);
        let collaborator = w.collaborator(&owner, Role::Support).await;
        stranger.get(&path(&owner.id)).await.fails(404, "NF001");
        stranger.get(&path("grower")).await.fails(404, "NF001");
        add(&stranger, &owner, "administrator", &stranger.id).await.fails(404, "NF001");
        for path in [one(&owner, &collaborator.id), one(&owner, "me")] {
            stranger.get(&path).await.fails(404, "NF001");
            stranger.delete(&path).await.fails(404, "NF001");
        }
        set_role(&stranger, &owner, &collaborator.id, "developer").await.fails(404, "NF001");
        stranger.get(&path(NOBODY)).await.fails(404, "NF001");
        w.nobody().get(&path(&owner.id)).await.fails(401, "PX100");
    })
    .await;
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let collaborator = w.collaborator(&owner, Role::Developer).await;
        let path = one(&owner, &collaborator.id);
        let before = owner.get(&path).await.resource();
        w.advance_ms(1000);
        let mut same = before.clone();
        same["relationships"].as_object_mut().unwrap().remove("owner");
        for document in [
            json!({ "data": { "type": "collaborator" } }),
            json!({ "data": { "type": "collaborator", "id": collaborator.id, "attributes": {} } }),
            json!({ "data": same }),
        ] {
            assert_eq!(owner.patch(&path, document).await.resource(), before);
        }
        let elsewhere =
            json!({ "data": { "type": "collaborator", "relationships": { "account": { "id": owner.id } } } });
        owner.patch(&path, elsewhere).await.fails(400, "VX003");
        owner.patch(&path, json!({ "data": { "type": "collaborator", "id": owner.id } })).await.fails(409, "CX011");
        owner.patch(&path, json!({ "data": { "type": "account" } })).await.fails(409, "CX010");
        let changed = set_role(&owner, &owner, &collaborator.id, "support").await.resource();
        assert_eq!(changed["attributes"]["created_at"], before["attributes"]["created_at"]);
        assert_ne!(changed["attributes"]["updated_at"], before["attributes"]["updated_at"]);
    })
    .await;
}
