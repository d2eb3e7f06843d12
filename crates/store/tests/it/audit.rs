use crate::fixture::*;
use impstead_model::{Reach, Role};
use impstead_store::{AuditFilter, NewProduct, Page};
use std::sync::Arc;

async fn entries_say_who_did_what_to_what(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let new = NewProduct { owner: ann.clone(), name: "Greenhouse".into(), description: None };
    let product = db.store.create_product(new, db.act(&bob)).await.unwrap();
    let entries = db.store.audit(&reach(&ann), AuditFilter::default(), ALL).await.unwrap().items;
    assert_eq!(entries.len(), 2);
    let entry = &entries[0];
    assert_eq!((&entry.owner, entry.actor.as_ref(), entry.created_ms), (&ann, Some(&bob), db.now_ms()));
    assert_eq!((entry.action.as_str(), entry.target_type.as_str()), ("product.create", "product"));
    assert_eq!((entry.target_id.as_str(), entry.detail.as_deref()), (product.id.as_str(), Some("Greenhouse")));
    assert_eq!((entry.ip_address.as_deref(), entry.request_id.as_deref()), (Some("192.0.2.1"), Some("r-1")));
    assert_eq!((entries[1].action.as_str(), &entries[1].actor), ("account.create", &None));
    // What it tells outlives what it tells of.
    db.store.delete_product(&product.id, db.act(&ann)).await.unwrap();
    let filter = AuditFilter { id: Some(entry.id.clone()), ..AuditFilter::default() };
    assert_eq!(db.store.audit(&reach(&ann), filter, ALL).await.unwrap().items, std::slice::from_ref(entry));
}

async fn a_refused_change_leaves_no_entry(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    db.product(&ann, "Greenhouse").await;
    let rows = db.count("audit");
    let again = NewProduct { owner: ann.clone(), name: "Greenhouse".into(), description: None };
    conflict(db.store.create_product(again, db.act(&ann)).await);
    assert_eq!(db.count("audit"), rows);
}

async fn owners_and_administrators_read_filter_and_page(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let product = db.product(&ann, "a1").await;
    db.product(&bob, "b1").await;
    db.product(&ann, "a2").await;
    db.development_group(&product, "g").await;
    let list = async |reach: &Reach, filter: AuditFilter, page| {
        let page = db.store.audit(reach, filter, page).await.unwrap();
        let details: Vec<_> = page.items.into_iter().map(|entry| entry.detail.unwrap()).collect();
        (details.join(" "), page.more)
    };
    let everything = AuditFilter::default;
    assert_eq!(list(&reach(&ann), everything(), ALL).await.0, "g a2 a1 ann");
    assert_eq!(list(&reach(&bob), everything(), ALL).await.0, "b1 bob");
    for role in [Role::Developer, Role::OperationsManager, Role::Support] {
        assert_eq!(list(&reach_with(&bob, &[(&ann, role)]), everything(), ALL).await.0, "b1 bob");
    }
    let both = reach_with(&bob, &[(&ann, Role::Administrator)]);
    assert_eq!(list(&both, everything(), ALL).await.0, "g a2 b1 a1 bob ann");
    assert_eq!(list(&both, everything(), Page { number: 1, size: 2 }).await, ("g a2".into(), true));
    assert_eq!(list(&both, everything(), Page { number: 2, size: 2 }).await, ("b1 a1".into(), true));
    assert_eq!(list(&both, everything(), Page { number: 3, size: 2 }).await, ("bob ann".into(), false));
    assert_eq!(list(&both, AuditFilter { owner: Some(ann.clone()), ..everything() }, ALL).await.0, "g a2 a1 ann");
    assert_eq!(list(&reach(&bob), AuditFilter { owner: Some(ann.clone()), ..everything() }, ALL).await.0, "");
    let of_type = AuditFilter { target_type: Some("product".into()), ..everything() };
    assert_eq!(list(&both, of_type, ALL).await.0, "a2 b1 a1");
    let of_product = AuditFilter { target_id: Some(product.id.to_string()), ..everything() };
    assert_eq!(list(&both, of_product, ALL).await.0, "a1");
    let of_action = AuditFilter { action: Some("account.create".into()), ..everything() };
    assert_eq!(list(&both, of_action, ALL).await.0, "bob ann");
    let nul = AuditFilter { action: Some("\0".into()), ..everything() };
    assert_eq!(list(&both, nul, ALL).await.0, "");
}

contract![
    entries_say_who_did_what_to_what,
    a_refused_change_leaves_no_entry,
    owners_and_administrators_read_filter_and_page,
];
