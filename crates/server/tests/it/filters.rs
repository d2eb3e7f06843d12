//! Filters of lists: each alone, in combination, and with the words `me` and `null`.

use crate::world::{Account, Client, DEVELOPMENT, NOBODY, PRODUCTION, World, on_each};
use impstead_model::Role;
use serde_json::json;

/// Lists with a query and returns the sorted ids.
async fn listed(client: &Client, list: &str, query: &str) -> Vec<String> {
    let mut ids = client.get(&format!("/v5/{list}?{query}")).await.ids();
    ids.sort();
    ids
}

fn sorted(ids: &[&String]) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().map(|id| (*id).clone()).collect();
    ids.sort();
    ids
}

/// Two accounts, of which one administers the other; each with a product, groups of both sides and what goes in them.
struct Tenants {
    grower: Account,
    helper: Account,
    grown: Tenant,
    helped: Tenant,
}

struct Tenant {
    product: String,
    development: String,
    production: String,
    deployments: [String; 2],
    devices: [String; 2],
    unassigned: String,
    webhook: String,
}

async fn tenant(w: &World, owner: &Account) -> Tenant {
    let product = owner.product("Greenhouse").await;
    let development = owner.group(DEVELOPMENT, &product, "Probes").await;
    let production = owner.group(PRODUCTION, &product, "Shipped").await;
    Tenant {
        deployments: [owner.deploy(DEVELOPMENT, &development).await, owner.deploy(PRODUCTION, &production).await],
        devices: [w.device_in(owner, &development).await.id, w.device_in(owner, &production).await.id],
        unassigned: w.device(owner).await.id,
        webhook: owner.webhook(DEVELOPMENT, &development).await,
        product,
        development,
        production,
    }
}

async fn tenants(w: &World) -> Tenants {
    let grower = w.account("grower").await;
    let helper = w.collaborator(&grower, Role::Administrator).await;
    let (grown, helped) = (tenant(w, &grower).await, tenant(w, &helper).await);
    Tenants { grower, helper, grown, helped }
}

#[tokio::test]
async fn without_a_filter_lists_reach_as_far_as_collaboration_but_devices_are_ones_own() {
    on_each(async |w: World| {
        let Tenants { grower, helper, grown, helped } = tenants(&w).await;
        for (list, own, others) in [
            ("products", vec![&grown.product], vec![&helped.product]),
            (
                "devicegroups",
                vec![&grown.development, &grown.production],
                vec![&helped.development, &helped.production],
            ),
            ("deployments", grown.deployments.iter().collect(), helped.deployments.iter().collect()),
            ("webhooks", vec![&grown.webhook], vec![&helped.webhook]),
        ] {
            assert_eq!(listed(&grower, list, "").await, sorted(&own), "{list}");
            assert_eq!(listed(&helper, list, "").await, sorted(&[own, others].concat()), "{list}");
        }
        let own = [&helped.devices[0], &helped.devices[1], &helped.unassigned];
        assert_eq!(listed(&helper, "devices", "").await, sorted(&own));
        assert_eq!(
            listed(&helper, "devices", "filter[devicegroup.type]=production_devicegroup").await,
            sorted(&own[1..2])
        );
    })
    .await;
}

#[tokio::test]
async fn by_owner() {
    on_each(async |w: World| {
        let Tenants { grower, helper, grown, helped } = tenants(&w).await;
        let stranger = w.account("stranger").await;
        let all = [&grown.devices[0], &grown.devices[1], &grown.unassigned];
        for (list, growers, helpers) in [
            ("products", vec![&grown.product], vec![&helped.product]),
            (
                "devicegroups",
                vec![&grown.development, &grown.production],
                vec![&helped.development, &helped.production],
            ),
            ("deployments", grown.deployments.iter().collect(), helped.deployments.iter().collect()),
            ("devices", all.to_vec(), vec![&helped.devices[0], &helped.devices[1], &helped.unassigned]),
        ] {
            assert_eq!(
                listed(&helper, list, &format!("filter[owner.id]={}", grower.id)).await,
                sorted(&growers),
                "{list}"
            );
            assert_eq!(
                listed(&helper, list, &format!("filter[owner.id]={}", grower.id.to_uppercase())).await,
                sorted(&growers)
            );
            for me in ["me", &helper.id] {
                assert_eq!(
                    listed(&helper, list, &format!("filter[owner.id]={me}")).await,
                    sorted(&helpers),
                    "{list} {me}"
                );
            }
            for nobody in [&helper.id, &stranger.id, NOBODY, "null", "", "nonsense"] {
                assert!(
                    listed(&grower, list, &format!("filter[owner.id]={nobody}")).await.is_empty(),
                    "{list} {nobody}"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn device_groups_by_product_and_type() {
    on_each(async |w: World| {
        let Tenants { grower, helper, grown, helped } = tenants(&w).await;
        for (query, expected) in [
            (format!("filter[product.id]={}", grown.product), vec![&grown.development, &grown.production]),
            (format!("filter[type]={PRODUCTION}"), vec![&grown.production, &helped.production]),
            (format!("filter[product.id]={}&filter[type]={DEVELOPMENT}", helped.product), vec![&helped.development]),
            (format!("filter[product.id]={}&filter[owner.id]={}", helped.product, grower.id), vec![]),
            (format!("filter[product.id]={NOBODY}"), vec![]),
            ("filter[type]=dut_devicegroup".into(), vec![]),
        ] {
            assert_eq!(listed(&helper, "devicegroups", &query).await, sorted(&expected), "{query}");
        }
        for bad in ["", "null", "development", "Development_devicegroup", "product"] {
            let entry = helper.get(&format!("/v5/devicegroups?filter[type]={bad}")).await.fails(400, "VX004");
            assert_eq!(entry["source"], json!({ "parameter": "filter[type]" }));
        }
    })
    .await;
}

#[tokio::test]
async fn deployments_by_everything() {
    on_each(async |w: World| {
        let Tenants { grower, helper, grown, helped } = tenants(&w).await;
        let by_helper = helper.deploy(DEVELOPMENT, &grown.development).await;
        let [old, shipped] = &grown.deployments;
        helper.change("deployment", "deployments", old, json!({ "flagged": true, "tags": ["nightly", "v1.4"] })).await.is(200);
        grower.change("deployment", "deployments", shipped, json!({ "tags": ["nightly"] })).await.is(200);
        let mut odd = crate::world::deployment(DEVELOPMENT, &grown.development);
        odd["data"]["attributes"]["agent_code"] = "odd".into();
        let odd = grower.post("/v5/deployments", odd).await.resource();
        let (odd, sha) = (odd["id"].as_str().unwrap().to_owned(), odd["attributes"]["sha"].as_str().unwrap().to_owned());
        let all = [old, shipped, &by_helper, &odd];
        for (query, expected) in [
            (format!("filter[product.id]={}", grown.product), all.to_vec()),
            (format!("filter[devicegroup.id]={}", grown.production), vec![shipped]),
            (format!("filter[creator.id]={}", helper.id), vec![&by_helper]),
            ("filter[creator.id]=me".into(), vec![old, shipped, &odd]),
            (format!("filter[sha]={sha}"), vec![&odd]),
            (format!("filter[sha]={}", sha.to_uppercase()), vec![&odd]),
            (format!("filter[sha]={}", &sha[..63]), vec![]),
            ("filter[flagged]=true".into(), vec![old]),
            ("filter[flagged]=false".into(), vec![shipped, &by_helper, &odd]),
            ("filter[flagged]=any".into(), all.to_vec()),
            (format!("filter[flagger.id]={}", helper.id), vec![old]),
            ("filter[flagger.id]=me".into(), vec![]),
            ("filter[tags]=nightly".into(), vec![old, shipped]),
            ("filter[tags]=nightly,v1.4".into(), vec![old]),
            ("filter[tags]=nightly%2Cv1.4".into(), vec![old]),
            ("filter[tags]=v1.4,%20nightly,".into(), vec![old]),
            ("filter[tags]=night".into(), vec![]),
            ("filter[tags]=Nightly".into(), vec![]),
            ("filter[tags]=nightly,nothing".into(), vec![]),
            ("filter[tags]=%25".into(), vec![]),
            ("filter[tags]=night_y".into(), vec![]),
            ("filter[tags]=v1*4".into(), vec![]),
            ("filter[tags]=".into(), all.to_vec()),
            (format!("filter[devicegroup.id]={}&filter[flagged]=true&filter[tags]=nightly", grown.development), vec![old]),
            (
                format!(
                    "filter[owner.id]={0}&filter[creator.id]={0}&filter[product.id]={1}&filter[devicegroup.id]={2}&filter[sha]={sha}&filter[flagged]=false",
                    grower.id, grown.product, grown.development
                ),
                vec![&odd],
            ),
        ] {
            assert_eq!(listed(&grower, "deployments", &query).await, sorted(&expected), "{query}");
        }
        for bad in ["", "yes", "True", "1", "null"] {
            grower.get(&format!("/v5/deployments?filter[flagged]={bad}")).await.fails(400, "VX004");
        }
        assert_eq!(listed(&helper, "deployments", "filter[creator.id]=me").await.len(), 1 + helped.deployments.len());
    })
    .await;
}

#[tokio::test]
async fn devices_by_everything() {
    on_each(async |w: World| {
        let Tenants { grower, helper, grown, helped } = tenants(&w).await;
        let [probe, shipped] = &grown.devices;
        let helpers = [&helped.devices[0], &helped.devices[1]];
        for (query, expected) in [
            (format!("filter[product.id]={}", grown.product), vec![probe, shipped]),
            (format!("filter[devicegroup.id]={}", grown.production), vec![shipped]),
            (format!("filter[devicegroup.owner.id]={}", grower.id), vec![probe, shipped]),
            ("filter[devicegroup.owner.id]=me".into(), helpers.to_vec()),
            ("filter[devicegroup.owner.id]=null".into(), vec![&helped.unassigned]),
            (format!("filter[owner.id]={}&filter[devicegroup.owner.id]=null", grower.id), vec![&grown.unassigned]),
            (format!("filter[owner.id]={}&filter[devicegroup.type]={PRODUCTION}", grower.id), vec![shipped]),
            (format!("filter[account.id]={}", grower.id), vec![probe, shipped, &grown.unassigned]),
            (format!("filter[devicegroup.owner.id]=null&filter[devicegroup.type]={DEVELOPMENT}"), vec![]),
            (format!("filter[devicegroup.id]={NOBODY}"), vec![]),
            (
                format!(
                    "filter[owner.id]={0}&filter[product.id]={1}&filter[devicegroup.id]={2}&filter[devicegroup.owner.id]={0}&filter[devicegroup.type]={DEVELOPMENT}",
                    grower.id, grown.product, grown.development
                ),
                vec![probe],
            ),
        ] {
            assert_eq!(listed(&helper, "devices", &query).await, sorted(&expected), "{query}");
        }
        helper.get("/v5/devices?filter[devicegroup.type]=null").await.fails(400, "VX004");
    })
    .await;
}

#[tokio::test]
async fn webhooks_by_group() {
    on_each(async |w: World| {
        let Tenants { helper, grown, helped, .. } = tenants(&w).await;
        for (group, expected) in [
            (&*grown.development, vec![&grown.webhook]),
            (&*helped.development, vec![&helped.webhook]),
            (&*grown.production, vec![]),
            (NOBODY, vec![]),
        ] {
            assert_eq!(
                listed(&helper, "webhooks", &format!("filter[devicegroup.id]={group}")).await,
                sorted(&expected)
            );
        }
    })
    .await;
}

#[tokio::test]
async fn unknown_filters_are_ignored_and_odd_ones_are_no_fault() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        for query in [
            "filter[name]=x",
            "filter[]=x",
            "filter=x",
            "filter[owner.id=x",
            "Filter[owner.id]=x",
            "filter[owner]=x",
            "=&&=&a",
            "%ff=%fe",
            "include=owner&sort=-name",
        ] {
            assert_eq!(owner.get(&format!("/v5/products?{query}")).await.ids(), [product.as_str()], "{query}");
        }
        let last_counts = format!("filter[owner.id]={NOBODY}&filter[owner.id]=me");
        assert_eq!(owner.get(&format!("/v5/products?{last_counts}")).await.ids(), [product.as_str()]);
        assert!(owner.get("/v5/products?filter[owner.id]=%ff").await.ids().is_empty());
        assert!(
            owner.get("/v5/products?filter[owner.id]=' or 1=1--".replace(' ', "%20").as_str()).await.ids().is_empty()
        );
        owner.get("/v5/products?filter[owner.id]=%00").await.fails(400, "VX004");
    })
    .await;
}

#[tokio::test]
async fn lists_hold_what_the_role_may_see() {
    on_each(async |w: World| {
        let grower = w.account("grower").await;
        let grown = tenant(&w, &grower).await;
        let owner = format!("filter[owner.id]={}", grower.id);
        let both = vec![&grown.development, &grown.production];
        // Groups: developers see both sides; inside they see the development side, the others the production side.
        for (role, groups, deployments, devices) in [
            (Role::Developer, both, vec![&grown.deployments[0]], vec![&grown.devices[0], &grown.unassigned]),
            (Role::OperationsManager, vec![&grown.production], vec![&grown.deployments[1]], vec![&grown.devices[1]]),
            (Role::Support, vec![&grown.production], vec![&grown.deployments[1]], vec![&grown.devices[1]]),
        ] {
            let helper = w.collaborator(&grower, role).await;
            assert_eq!(listed(&helper, "products", "").await, sorted(&[&grown.product]));
            assert_eq!(listed(&helper, "devicegroups", "").await, sorted(&groups), "{}", role.as_str());
            assert_eq!(listed(&helper, "deployments", "").await, sorted(&deployments), "{}", role.as_str());
            assert_eq!(listed(&helper, "devices", &owner).await, sorted(&devices), "{}", role.as_str());
            let hooks: &[&String] = if role == Role::Developer { &[&grown.webhook] } else { &[] };
            assert_eq!(listed(&helper, "webhooks", "").await, sorted(hooks), "{}", role.as_str());
        }
    })
    .await;
}
