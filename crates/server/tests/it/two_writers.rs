//! What happens when two do the same at once.

use crate::{
    http::Answer,
    world::{Account, DEVELOPMENT, World, deployment, group, on_each, product},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Runs futures at once and returns what they gave, in their order.
pub async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut waiting = false;
        for (future, output) in &mut futures {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(ready) => *output = Some(ready),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    futures.into_iter().filter_map(|(_, output)| output).collect()
}

#[track_caller]
fn one_wins(answers: &[Answer], success: u16, failure: u16) {
    let won = answers.iter().filter(|answer| answer.status == success).count();
    let lost = answers.iter().filter(|answer| answer.status == failure).count();
    assert_eq!((won, lost), (1, answers.len() - 1), "{answers:#?}");
}

const MANY: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_name_is_given_once() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        one_wins(&all((0..MANY).map(|_| owner.post("/v5/products", product("Greenhouse")))).await, 201, 409);
        let id = owner.get("/v5/products").await.ids().remove(0);
        let groups = all((0..MANY).map(|_| owner.post("/v5/devicegroups", group(DEVELOPMENT, &id, "Probes")))).await;
        one_wins(&groups, 201, 409);
        let names: Vec<String> = (0..MANY).map(|number| format!("Product {number}")).collect();
        let products = all(names.iter().map(|name| owner.product(name))).await;
        let renamed =
            all(products.iter().map(|id| owner.change("product", "products", id, json!({ "name": "Barn" })))).await;
        one_wins(&renamed, 200, 409);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_deleted_is_deleted_once() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let id = owner.product("Greenhouse").await;
        let path = format!("/v5/products/{id}");
        one_wins(&all((0..MANY).map(|_| owner.delete(&path))).await, 204, 404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tenth_login_key_is_made_once() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for _ in 0..9 {
            owner.login_key().await;
        }
        let body = json!({ "data": { "type": "login_key" } });
        let made = all((0..MANY).map(|_| owner.confirmed("POST", "/v5/accounts/me/login_keys", body.clone()))).await;
        one_wins(&made, 201, 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_key_counts_every_use() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let key = owner.login_key().await;
        let nobody = w.nobody();
        for answer in all((0..MANY).map(|_| nobody.post("/v5/auth/token", json!({ "key": key })))).await {
            answer.is(200);
        }
        let read = owner.get(&format!("/v5/accounts/me/login_keys/{key}")).await.resource();
        assert_eq!(read["attributes"]["usages"], MANY);
    })
    .await;
}

/// Reads a group's current deployment.
async fn current(owner: &Account, group: &str) -> Value {
    owner.get(&format!("/v5/devicegroups/{group}")).await.resource()["relationships"]["current_deployment"]["id"].take()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deployments_made_at_once_have_times_of_their_own_and_the_newest_is_current() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let id = owner.group(DEVELOPMENT, &product, "Probes").await;
        let made = all((0..MANY).map(|_| owner.post("/v5/deployments", deployment(DEVELOPMENT, &id)))).await;
        let times: BTreeSet<String> =
            made.iter().map(|answer| answer.resource()["attributes"]["created_at"].to_string()).collect();
        assert_eq!(times.len(), MANY);
        let newest = owner.get(&format!("/v5/deployments?filter[devicegroup.id]={id}")).await.ids();
        assert_eq!(newest.len(), MANY);
        assert_eq!(current(&owner, &id).await, *newest[0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_moved_to_many_groups_at_once_ends_in_one() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let names: Vec<String> = (0..MANY).map(|number| format!("Group {number}")).collect();
        let groups = all(names.iter().map(|name| owner.group(DEVELOPMENT, &product, name))).await;
        let device = w.device(&owner).await;
        let ids = [&*device.id];
        for answer in all(groups.iter().map(|group| owner.assign(group, &ids))).await {
            answer.is(204);
        }
        let read = owner.get(&format!("/v5/devices/{}", device.id)).await.resource();
        let group = read["relationships"]["devicegroup"]["id"].as_str().unwrap().to_owned();
        for other in &groups {
            let inside = owner.get(&format!("/v5/devices?filter[devicegroup.id]={other}")).await.ids();
            assert_eq!(inside.len(), usize::from(*other == group));
        }
        let history = owner.get(&format!("/v5/devices/{}/history", device.id)).await.is(200);
        let moves = history["data"].as_array().unwrap().iter().filter(|entry| entry["event"] == "moved").count();
        assert_eq!(moves, MANY - 1, "none got lost: {history}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_deleted_while_deployed_to_is_never_half_there() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        for round in 0..4 {
            let id = owner.group(DEVELOPMENT, &product, &format!("Probes {round}")).await;
            let path = format!("/v5/devicegroups/{id}");
            let device = w.device(&owner).await;
            let ids = [&*device.id];
            let work = async |step: usize| match step {
                3 => owner.delete(&path).await,
                5 => owner.assign(&id, &ids).await,
                6 => owner.post("/v5/webhooks", crate::world::webhook(DEVELOPMENT, &id)).await,
                _ => owner.post("/v5/deployments", deployment(DEVELOPMENT, &id)).await,
            };
            let answers = all((0..8).map(work)).await;
            let left = owner.get(&format!("/v5/deployments?filter[devicegroup.id]={id}")).await.ids();
            let hooks = owner.get(&format!("/v5/webhooks?filter[devicegroup.id]={id}")).await.ids();
            let read = owner.get(&format!("/v5/devices/{}", device.id)).await.resource();
            let inside = read["relationships"].get("devicegroup").is_some();
            if answers[3].status == 204 {
                owner.get(&path).await.fails(404, "NF001");
                assert!(left.is_empty() && hooks.is_empty() && !inside, "{answers:#?}");
            } else {
                answers[3].fails(409, "CX006");
                assert!(inside && !left.is_empty());
                assert_eq!(current(&owner, &id).await, *left[0]);
            }
            for (step, answer) in answers.iter().enumerate() {
                assert!(matches!(answer.status, 201 | 204 | 404 | 400 | 409), "step {step}: {answer}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_deleted_while_groups_are_made_in_it_is_never_half_there() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for round in 0..4 {
            let id = owner.product(&format!("Greenhouse {round}")).await;
            let path = format!("/v5/products/{id}");
            let name = |step: usize| format!("Group {step}");
            let work = async |step: usize| match step {
                2 => owner.delete(&path).await,
                _ => owner.post("/v5/devicegroups", group(DEVELOPMENT, &id, &name(step))).await,
            };
            let answers = all((0..6).map(work)).await;
            let left = owner.get(&format!("/v5/devicegroups?filter[product.id]={id}")).await.ids();
            if answers[2].status == 204 {
                owner.get(&path).await.fails(404, "NF001");
                assert!(left.is_empty(), "{answers:#?}");
            } else {
                answers[2].fails(409, "CX002");
                assert_eq!(left.len(), 5);
            }
        }
    })
    .await;
}
