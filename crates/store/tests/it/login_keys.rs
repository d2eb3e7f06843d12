use crate::fixture::*;
use impstead_model::AccountId;
use impstead_store::{Conflict, NewAccess, NewLoginKey, Page};
use std::sync::Arc;

fn new_key(account: &AccountId, lookup: &str) -> NewLoginKey {
    NewLoginKey { account: account.clone(), lookup: lookup.into(), sealed: b"sealed".into(), description: None }
}

async fn a_key_is_made_read_used_changed_and_deleted(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let made = db.store.create_login_key(new_key(&ann, "k1"), db.act(&ann)).await.unwrap();
    assert_eq!((made.usages, made.created_ms, made.updated_ms), (0, db.now_ms(), db.now_ms()));
    assert_eq!(db.store.login_key(&ann, b"k1").await.unwrap(), Some(made.clone()));
    assert_eq!(db.store.login_key(&bob, b"k1").await.unwrap(), None);

    let access = |hash: &str| NewAccess { hash: hash.into(), expires_ms: 9000, ip_address: None };
    let exchange = async |lookup: &str, hash: &str| {
        db.store.exchange_login_key(lookup.as_bytes(), access(hash), db.act(&ann)).await.unwrap()
    };
    assert_eq!(exchange("k1", "a1").await.as_ref(), Some(&ann));
    assert_eq!(exchange("k1", "a2").await.as_ref(), Some(&ann));
    assert_eq!(exchange("k2", "a3").await, None);
    let session = db.store.session(b"a2").await.unwrap().unwrap();
    assert_eq!((&session.account, session.refresh_token), (&ann, None));
    let used = db.store.login_key(&ann, b"k1").await.unwrap().unwrap();
    assert_eq!((used.usages, used.updated_ms), (2, made.updated_ms));
    db.store.set_disabled(&ann, true, db.operator()).await.unwrap();
    assert_eq!(exchange("k1", "a4").await, None);

    let update = async |account, description: Option<Option<&str>>| {
        let description = description.map(|it| it.map(str::to_owned));
        db.store.update_login_key(account, b"k1", description, db.act(&ann)).await.unwrap()
    };
    assert_eq!(update(&bob, Some(Some("mine"))).await, None);
    let rows = db.count("audit");
    assert_eq!(update(&ann, None).await.as_ref(), Some(&used));
    assert_eq!(update(&ann, Some(None)).await.as_ref(), Some(&used));
    assert_eq!(db.count("audit"), rows);
    let changed = update(&ann, Some(Some("CI"))).await.unwrap();
    assert_eq!((changed.description.as_deref(), changed.updated_ms), (Some("CI"), db.now_ms()));
    assert_eq!(update(&ann, Some(None)).await.unwrap().description, None);

    assert!(!db.store.delete_login_key(&bob, b"k1", db.act(&bob)).await.unwrap());
    assert!(db.store.delete_login_key(&ann, b"k1", db.act(&ann)).await.unwrap());
    assert!(!db.store.delete_login_key(&ann, b"k1", db.act(&ann)).await.unwrap());
    assert_eq!(exchange("k1", "a5").await, None);
}

async fn the_eleventh_key_is_refused_however_many_come_at_once(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let makers: Vec<_> = (0..30)
        .map(|number| {
            let (db, ann) = (Arc::clone(&db), ann.clone());
            tokio::spawn(
                async move { db.store.create_login_key(new_key(&ann, &format!("k{number}")), db.act(&ann)).await },
            )
        })
        .collect();
    let mut made = 0;
    for maker in makers {
        match maker.await.unwrap() {
            Ok(_) => made += 1,
            refused => assert_eq!(conflict(refused), Conflict::QuotaReached { what: "login keys", limit: 10 }),
        }
    }
    assert_eq!((made, db.count("login_key")), (10, 10));
    db.store.create_login_key(new_key(&bob, "b"), db.act(&bob)).await.unwrap();
    let taken = db.store.create_login_key(new_key(&bob, "b"), db.act(&bob)).await;
    assert_eq!(conflict(taken), Conflict::Duplicate);
    let orphan = db.store.create_login_key(new_key(&AccountId::new("nobody"), "x"), db.operator()).await;
    assert_eq!(conflict(orphan), Conflict::Missing("account"));
    assert_eq!(db.store.usage(&ann).await.unwrap().login_keys, 10);
}

async fn keys_are_listed_oldest_first(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    db.store.create_login_key(new_key(&bob, "b"), db.act(&bob)).await.unwrap();
    for lookup in ["k9", "k1", "k5"] {
        db.store.create_login_key(new_key(&ann, lookup), db.act(&ann)).await.unwrap();
    }
    let list = async |page| {
        let page = db.store.login_keys(&ann, page).await.unwrap();
        (
            page.items.iter().map(|key| String::from_utf8(key.lookup.clone()).unwrap()).collect::<Vec<_>>().join(" "),
            page.more,
        )
    };
    assert_eq!(list(ALL).await, ("k9 k1 k5".into(), false));
    assert_eq!(list(Page { number: 2, size: 1 }).await, ("k1".into(), true));
}

contract![
    a_key_is_made_read_used_changed_and_deleted,
    the_eleventh_key_is_refused_however_many_come_at_once,
    keys_are_listed_oldest_first,
];
