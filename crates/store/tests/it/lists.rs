use crate::fixture::*;
use impstead_model::{AccountId, DeviceGroupType, Reach, Role};
use impstead_store::{
    DeploymentChange, DeploymentFilter, DeviceFilter, DeviceGroupFilter, GroupOwner, NewDeployment, NewWebhook, Page,
};
use std::{collections::HashSet, sync::Arc};

/// Two owners with a product each, a development and a production group in each, and in each group a deployment, a
/// webhook and a device; each owner also has an unassigned device. Names are `<owner>-<d or p>`.
struct World {
    ann: AccountId,
    bob: AccountId,
    /// Owns nothing.
    cid: AccountId,
}

impl World {
    async fn new(db: &Db) -> Self {
        let (ann, bob, cid) = (db.account("ann").await.id, db.account("bob").await.id, db.account("cid").await.id);
        for (owner, name) in [(&ann, "ann"), (&bob, "bob")] {
            let product = db.product(owner, name).await;
            for (suffix, kind) in [("d", DeviceGroupType::Development), ("p", DeviceGroupType::Production)] {
                let name = format!("{name}-{suffix}");
                let group = db.group(&product, &name, kind).await;
                let deployment = NewDeployment {
                    description: Some(name.clone()),
                    tags: vec!["common".into(), name.clone()],
                    ..new_deployment(&group.id, &name)
                };
                db.store.create_deployment(deployment, db.act(owner)).await.unwrap();
                let webhook = NewWebhook {
                    group: group.id.clone(),
                    url: name.clone(),
                    event: impstead_model::WebhookEvent::BlinkUp,
                    content_type: impstead_model::ContentType::Json,
                    sealed_secret: Vec::new(),
                };
                db.store.create_webhook(webhook, db.act(owner)).await.unwrap();
                let device = db.device(owner).await;
                db.store.rename_device(&device.id, Some(name), db.act(owner)).await.unwrap();
                // No method puts a device into a production group yet.
                db.script(&format!(
                    "update device set group_id = '{}', group_kind = '{}', product_id = '{}', group_owner_id = '{owner}',
                       agent_id = id where id = '{}'",
                    group.id,
                    kind.as_str(),
                    product.id,
                    device.id
                ));
            }
            let device = db.device(owner).await;
            db.store.rename_device(&device.id, Some(format!("{name}-u")), db.act(owner)).await.unwrap();
        }
        Self { ann, bob, cid }
    }

    /// Ways to look at the world, with the sides that each shows of ann and of bob.
    fn reaches(&self) -> [(Reach, &'static str, &'static str); 7] {
        let as_role = |role| reach_with(&self.cid, &[(&self.ann, role)]);
        [
            (reach(&self.ann), "d p u", ""),
            (reach(&self.cid), "", ""),
            (as_role(Role::Administrator), "d p u", ""),
            (as_role(Role::Developer), "d u", ""),
            (as_role(Role::OperationsManager), "p", ""),
            (as_role(Role::Support), "p", ""),
            (reach_with(&self.bob, &[(&self.ann, Role::Developer)]), "d u", "d p u"),
        ]
    }
}

/// Names of what someone sees of ann and of bob, without the unassigned devices, sorted.
fn expected(ann: &str, bob: &str) -> Vec<String> {
    let of = |name: &'static str, sides: &str| {
        sides.split(' ').filter(|side| !side.is_empty()).map(|side| format!("{name}-{side}")).collect::<Vec<_>>()
    };
    let mut names = [of("ann", ann), of("bob", bob)].concat();
    names.retain(|name| !name.ends_with("-u"));
    names.sort();
    names
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

async fn lists_hold_what_the_caller_reaches(db: Arc<Db>) {
    let world = World::new(&db).await;
    for (reach, ann, bob) in world.reaches() {
        let deployments = db.store.deployments(&reach, DeploymentFilter::default(), ALL).await.unwrap().items;
        let deployments = sorted(deployments.into_iter().map(|it| it.description.unwrap()));
        assert_eq!(deployments, expected(ann, bob), "{reach:?}");

        // Developers see production groups, but not inside; operations and support do not see development groups.
        let developer = |sides: &str| if sides == "d u" { "d p".to_owned() } else { sides.to_owned() };
        let visible = expected(&developer(ann), &developer(bob));
        let groups = db.store.device_groups(&reach, DeviceGroupFilter::default(), ALL).await.unwrap().items;
        assert_eq!(sorted(groups.into_iter().map(|it| it.name)), visible, "{reach:?}");
        let webhooks = db.store.webhooks(&reach, None, ALL).await.unwrap().items;
        assert_eq!(sorted(webhooks.into_iter().map(|it| it.url)), visible, "{reach:?}");
    }
    let products = async |reach: &Reach, owner| {
        sorted(db.store.products(reach, owner, ALL).await.unwrap().items.into_iter().map(|it| it.name))
    };
    assert_eq!(products(&reach(&world.ann), None).await, ["ann"]);
    let both = reach_with(&world.bob, &[(&world.ann, Role::Support)]);
    assert_eq!(products(&both, None).await, ["ann", "bob"]);
    assert_eq!(products(&both, Some(&world.ann)).await, ["ann"]);
    assert_eq!(products(&reach(&world.bob), Some(&world.ann)).await, [""; 0]);
}

async fn device_lists_hold_the_callers_own_unless_more_is_named(db: Arc<Db>) {
    let world = World::new(&db).await;
    let (ann, bob) = (&world.ann, &world.bob);
    let devices = async |reach: &Reach, filter| {
        sorted(db.store.devices(reach, filter, ALL).await.unwrap().items.into_iter().map(|it| it.name.unwrap()))
            .join(" ")
    };
    let all = DeviceFilter::default;
    let group_of = async |name: &str| {
        let everyone = reach_with(ann, &[(bob, Role::Administrator)]);
        let groups = db.store.device_groups(&everyone, DeviceGroupFilter::default(), ALL).await.unwrap().items;
        groups.into_iter().find(|group| group.name == name).unwrap()
    };
    let (ann_d, ann_p, bob_d) = (group_of("ann-d").await, group_of("ann-p").await, group_of("bob-d").await);
    let own = DeviceFilter { owner: Some(ann.clone()), ..all() };

    for (reach, of_ann, _) in world.reaches() {
        let seen = of_ann.split(' ').filter(|it| !it.is_empty()).map(|it| format!("ann-{it}")).collect::<Vec<_>>();
        let assigned: Vec<&String> = seen.iter().filter(|it| !it.ends_with("-u")).collect();
        assert_eq!(devices(&reach, own.clone()).await, seen.join(" "), "{reach:?}");
        for filter in [
            DeviceFilter { product: Some(ann_d.product.clone()), ..all() },
            DeviceFilter { group_owner: Some(GroupOwner::Account(ann.clone())), ..all() },
            DeviceFilter { product: Some(ann_d.product.clone()), ..own.clone() },
        ] {
            let names: Vec<String> = assigned.iter().map(|it| (*it).clone()).collect();
            assert_eq!(devices(&reach, filter,).await, names.join(" "), "{reach:?}");
        }
        let in_group = devices(&reach, DeviceFilter { group: Some(ann_p.id.clone()), ..all() }).await;
        assert_eq!(in_group.is_empty(), !of_ann.contains('p'), "{reach:?}");
    }

    let collaborator = reach_with(bob, &[(ann, Role::Administrator)]);
    assert_eq!(devices(&collaborator, all()).await, "bob-d bob-p bob-u");
    let unassigned = DeviceFilter { group_owner: Some(GroupOwner::Unassigned), ..all() };
    assert_eq!(devices(&collaborator, unassigned.clone()).await, "bob-u");
    assert_eq!(devices(&collaborator, DeviceFilter { owner: Some(ann.clone()), ..unassigned.clone() }).await, "ann-u");
    let production = DeviceFilter { kind: Some(DeviceGroupType::Production), ..all() };
    assert_eq!(devices(&collaborator, production.clone()).await, "bob-p");
    assert_eq!(devices(&collaborator, DeviceFilter { owner: Some(ann.clone()), ..production }).await, "ann-p");

    let five = DeviceFilter {
        owner: Some(ann.clone()),
        product: Some(ann_d.product.clone()),
        group: Some(ann_d.id.clone()),
        group_owner: Some(GroupOwner::Account(ann.clone())),
        kind: Some(DeviceGroupType::Development),
    };
    assert_eq!(devices(&collaborator, five.clone()).await, "ann-d");
    for contradiction in [
        DeviceFilter { owner: Some(bob.clone()), ..five.clone() },
        DeviceFilter { product: Some(bob_d.product.clone()), ..five.clone() },
        DeviceFilter { group: Some(bob_d.id.clone()), ..five.clone() },
        DeviceFilter { group: Some("nothing".to_owned().into()), ..five.clone() },
        DeviceFilter { group_owner: Some(GroupOwner::Account(bob.clone())), ..five.clone() },
        DeviceFilter { group_owner: Some(GroupOwner::Unassigned), ..five.clone() },
        DeviceFilter { kind: Some(DeviceGroupType::Production), ..five.clone() },
        DeviceFilter { product: Some("nothing".to_owned().into()), ..all() },
    ] {
        assert_eq!(devices(&collaborator, contradiction.clone()).await, "", "{contradiction:?}");
    }
}

async fn a_group_shows_other_accounts_devices_to_its_owner(db: Arc<Db>) {
    let world = World::new(&db).await;
    let product = db.product(&world.ann, "shared").await;
    let group = db.development_group(&product, "shared").await;
    let device = db.assigned_device(&world.bob, &group.id).await;
    let count = async |reach: &Reach, filter| db.store.devices(reach, filter, ALL).await.unwrap().items.len();
    let in_group = DeviceFilter { group: Some(group.id.clone()), ..DeviceFilter::default() };
    assert_eq!(count(&reach(&world.ann), in_group.clone()).await, 1);
    assert_eq!(count(&reach(&world.bob), in_group).await, 0);
    let own = db.store.devices(&reach(&world.bob), DeviceFilter::default(), ALL).await.unwrap().items;
    assert!(own.contains(&db.store.device(device.id.as_str()).await.unwrap().unwrap()));
}

async fn groups_are_filtered(db: Arc<Db>) {
    let world = World::new(&db).await;
    let reach = reach_with(&world.cid, &[(&world.ann, Role::Administrator), (&world.bob, Role::OperationsManager)]);
    let groups = async |filter| {
        sorted(db.store.device_groups(&reach, filter, ALL).await.unwrap().items.into_iter().map(|it| it.name)).join(" ")
    };
    let all = DeviceGroupFilter::default;
    assert_eq!(groups(all()).await, "ann-d ann-p bob-p");
    assert_eq!(groups(DeviceGroupFilter { owner: Some(world.bob.clone()), ..all() }).await, "bob-p");
    assert_eq!(groups(DeviceGroupFilter { owner: Some(world.cid.clone()), ..all() }).await, "");
    assert_eq!(groups(DeviceGroupFilter { kind: Some(DeviceGroupType::Production), ..all() }).await, "ann-p bob-p");
    let products = db.store.products(&reach, None, ALL).await.unwrap().items;
    for product in &products {
        let of_product = DeviceGroupFilter { product: Some(product.id.clone()), ..all() };
        let expected = if product.owner == world.ann { "ann-d ann-p" } else { "bob-p" };
        assert_eq!(groups(of_product.clone()).await, expected);
        let mine = DeviceGroupFilter { owner: Some(product.owner.clone()), ..of_product.clone() };
        assert_eq!(groups(mine).await, expected);
        assert_eq!(groups(DeviceGroupFilter { owner: Some(world.cid.clone()), ..of_product }).await, "");
    }
    let nothing = DeviceGroupFilter { product: Some("nothing".to_owned().into()), ..all() };
    assert_eq!(groups(nothing).await, "");
}

async fn deployments_are_filtered(db: Arc<Db>) {
    let world = World::new(&db).await;
    let reach = reach_with(&world.ann, &[(&world.bob, Role::Administrator)]);
    let list = async |filter| {
        let items = db.store.deployments(&reach, filter, ALL).await.unwrap().items;
        items.into_iter().map(|it| it.description.unwrap()).collect::<Vec<_>>().join(" ")
    };
    let all = DeploymentFilter::default;
    assert_eq!(list(all()).await, "bob-p bob-d ann-p ann-d", "newest first");
    let first = db.store.deployments(&reach, all(), ALL).await.unwrap().items.pop().unwrap();
    let flag = DeploymentChange { flagged: Some(true), ..DeploymentChange::default() };
    db.store.update_deployment(&first.id, flag, db.act(&world.bob)).await.unwrap();

    let tags = |tags: &[&str]| DeploymentFilter { tags: tags.iter().map(|tag| (*tag).to_owned()).collect(), ..all() };
    for (filter, expected) in [
        (DeploymentFilter { owner: Some(world.ann.clone()), ..all() }, "ann-p ann-d"),
        (DeploymentFilter { owner: Some(world.cid.clone()), ..all() }, ""),
        (DeploymentFilter { creator: Some(world.bob.clone()), ..all() }, "bob-p bob-d"),
        (DeploymentFilter { creator: Some(world.cid.clone()), ..all() }, ""),
        (DeploymentFilter { product: Some(first.product.clone()), ..all() }, "ann-p ann-d"),
        (DeploymentFilter { group: Some(first.group.clone()), ..all() }, "ann-d"),
        (DeploymentFilter { sha: Some(first.sha.clone()), ..all() }, "ann-d"),
        (DeploymentFilter { sha: Some("0".into()), ..all() }, ""),
        (DeploymentFilter { flagged: Some(true), ..all() }, "ann-d"),
        (DeploymentFilter { flagged: Some(false), ..all() }, "bob-p bob-d ann-p"),
        (DeploymentFilter { flagger: Some(world.bob.clone()), ..all() }, "ann-d"),
        (DeploymentFilter { flagger: Some(world.ann.clone()), ..all() }, ""),
        (tags(&["common"]), "bob-p bob-d ann-p ann-d"),
        (tags(&["common", "ann-p"]), "ann-p"),
        (tags(&["ann-d", "ann-p"]), ""),
        (tags(&["ann"]), ""),
        (tags(&["COMMON"]), ""),
        (tags(&["c%n"]), ""),
        (tags(&["\0"]), ""),
        (DeploymentFilter { owner: Some(world.bob.clone()), group: Some(first.group.clone()), ..all() }, ""),
        (DeploymentFilter { owner: Some(world.bob.clone()), product: Some(first.product.clone()), ..all() }, ""),
        (
            DeploymentFilter {
                owner: Some(world.ann.clone()),
                creator: Some(world.ann.clone()),
                product: Some(first.product.clone()),
                group: Some(first.group.clone()),
                sha: Some(first.sha.clone()),
                flagged: Some(true),
                flagger: Some(world.bob.clone()),
                tags: vec!["common".into()],
            },
            "ann-d",
        ),
    ] {
        assert_eq!(list(filter.clone()).await, expected, "{filter:?}");
    }
}

async fn webhooks_are_filtered_by_group(db: Arc<Db>) {
    let world = World::new(&db).await;
    let groups = db.store.device_groups(&reach(&world.ann), DeviceGroupFilter::default(), ALL).await.unwrap().items;
    for group in groups {
        let urls = async |reach| {
            let items = db.store.webhooks(&reach, Some(&group.id), ALL).await.unwrap().items;
            items.into_iter().map(|it| it.url).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(urls(reach(&world.ann)).await, group.name);
        assert_eq!(urls(reach(&world.bob)).await, "");
    }
}

async fn pages_put_together_are_the_whole_list(db: Arc<Db>) {
    let (ann, bob, cid) = (db.account("ann").await.id, db.account("bob").await.id, db.account("cid").await.id);
    let mut act = db.act(&ann);
    for number in 0..23_i64 {
        // Several of one millisecond, so that ties matter.
        act.at_ms = 1000 + number / 4;
        for owner in [&ann, &bob] {
            let product =
                impstead_store::NewProduct { owner: owner.clone(), name: number.to_string(), description: None };
            db.store.create_product(product, act.clone()).await.unwrap();
        }
    }
    let reach = reach_with(&cid, &[(&ann, Role::Developer), (&bob, Role::Support)]);
    for (owner, total) in [(None, 46), (Some(&ann), 23)] {
        let whole = db.store.products(&reach, owner, ALL).await.unwrap();
        assert_eq!((whole.items.len(), whole.more), (total, false));
        assert!(whole.items.is_sorted_by_key(|it| (it.created_ms, it.id.clone())));
        for size in [1, 7, 23, 46, 100] {
            let mut items = Vec::new();
            for number in 1.. {
                let page = db.store.products(&reach, owner, Page { number, size }).await.unwrap();
                assert!(
                    page.items.len() == usize::try_from(size).unwrap() || !page.more,
                    "all pages but the last are full"
                );
                items.extend(page.items);
                if !page.more {
                    break;
                }
            }
            assert_eq!(items, whole.items, "size {size}");
        }
        let beyond = db.store.products(&reach, owner, Page { number: i64::MAX, size: 100 }).await.unwrap();
        assert_eq!((beyond.items.len(), beyond.more), (0, false));
    }
}

async fn a_caller_may_collaborate_on_very_many_accounts(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let mut owners = Vec::new();
    for number in 0..130 {
        let owner = db.account(&format!("owner{number}")).await.id;
        db.product(&owner, "x").await;
        owners.push(owner);
    }
    for count in [99, 100, 130] {
        let collaborations: Vec<_> = owners[..count].iter().map(|owner| (owner, Role::Developer)).collect();
        let reach = reach_with(&ann, &collaborations);
        let mut seen = HashSet::new();
        for number in 1..=2 {
            let page = db.store.products(&reach, None, Page { number, size: 100 }).await.unwrap();
            seen.extend(page.items.into_iter().map(|product| product.owner));
        }
        assert_eq!(seen.len(), count);
    }
}

contract![
    lists_hold_what_the_caller_reaches,
    device_lists_hold_the_callers_own_unless_more_is_named,
    a_group_shows_other_accounts_devices_to_its_owner,
    groups_are_filtered,
    deployments_are_filtered,
    webhooks_are_filtered_by_group,
    pages_put_together_are_the_whole_list,
    a_caller_may_collaborate_on_very_many_accounts,
];
