use crate::fixture::*;
use impstead_model::{AccountId, Quota, Role};
use impstead_store::{Conflict, NewAccount, Page, QuotaChange};
use std::sync::Arc;

fn new(username: &str, email: &str) -> NewAccount {
    NewAccount {
        username: username.into(),
        email: email.into(),
        password_hash: "$argon2id$x".into(),
        production: false,
    }
}

async fn an_account_goes_by_its_id_and_both_names_in_any_case(db: Arc<Db>) {
    let made = db.store.create_account(new("Grower", "Grower@Example.NET"), db.operator()).await.unwrap();
    assert_eq!((made.username.as_str(), made.email.as_str()), ("Grower", "Grower@Example.NET"));
    assert_eq!((made.production, made.disabled, made.quota), (false, false, Quota::default()));
    assert_eq!(db.store.account(&made.id).await.unwrap(), Some(made.clone()));
    for name in ["Grower", "grower", "GROWER", "grower@example.net", "GROWER@example.net"] {
        assert_eq!(db.store.account_by_name(name).await.unwrap().as_ref(), Some(&made), "{name}");
    }
    for name in ["", "grower@", "\0", "nobody", made.id.as_str()] {
        assert_eq!(db.store.account_by_name(name).await.unwrap(), None, "{name}");
    }
    assert_eq!(db.store.account(&AccountId::new("nobody")).await.unwrap(), None);
    let credentials = db.store.credentials(&made.id).await.unwrap().unwrap();
    assert_eq!((credentials.password_hash.as_str(), credentials.totp_enabled), ("$argon2id$x", false));
    assert!(db.store.credentials(&AccountId::new("nobody")).await.unwrap().is_none());
}

async fn both_names_are_unique_without_case(db: Arc<Db>) {
    db.store.create_account(new("grower", "grower@example.net"), db.operator()).await.unwrap();
    let refused = db.store.create_account(new("GROWER", "other@example.net"), db.operator()).await;
    assert_eq!(conflict(refused), Conflict::Taken("username"));
    let refused = db.store.create_account(new("other", "Grower@Example.net"), db.operator()).await;
    assert_eq!(conflict(refused), Conflict::Taken("email"));
    assert_eq!(db.count("account"), 1);
}

async fn lists_hold_the_caller_and_its_collaborations_or_everyone(db: Arc<Db>) {
    let (ann, bob, cid) = (db.account("ann").await, db.account("bob").await, db.account("cid").await);
    let mine = db.store.accounts(&reach(&bob.id), ALL).await.unwrap();
    assert_eq!((mine.items, mine.more), (vec![bob.clone()], false));
    let reach = reach_with(&cid.id, &[(&ann.id, Role::Support)]);
    let mine = db.store.accounts(&reach, ALL).await.unwrap().items;
    assert_eq!(mine, [ann.clone(), cid.clone()]);
    let second = db.store.accounts(&reach, Page { number: 2, size: 1 }).await.unwrap();
    assert_eq!((second.items, second.more), (vec![cid.clone()], false));
    assert_eq!(db.store.all_accounts(ALL).await.unwrap().items, [ann.clone(), bob, cid]);
    let first = db.store.all_accounts(Page { number: 1, size: 1 }).await.unwrap();
    assert_eq!((first.items, first.more), (vec![ann], true));
}

async fn the_operator_shuts_reopens_and_entitles(db: Arc<Db>) {
    let ann = db.account("ann").await;
    let epoch = db.store.session_epoch();
    let shut = db.store.set_disabled(&ann.id, true, db.operator()).await.unwrap().unwrap();
    assert!(shut.disabled && shut.updated_ms == db.now_ms());
    assert!(db.store.session_epoch() > epoch);
    let rows = db.count("audit");
    assert_eq!(db.store.set_disabled(&ann.id, true, db.operator()).await.unwrap(), Some(shut));
    assert_eq!(db.count("audit"), rows);
    assert!(!db.store.set_disabled(&ann.id, false, db.operator()).await.unwrap().unwrap().disabled);
    assert!(!db.store.set_production(&ann.id, false, db.operator()).await.unwrap().unwrap().production);
    assert!(db.store.set_production(&ann.id, true, db.operator()).await.unwrap().unwrap().production);
    let nobody = AccountId::new("nobody");
    assert_eq!(db.store.set_disabled(&nobody, true, db.operator()).await.unwrap(), None);
    assert_eq!(db.store.set_production(&nobody, true, db.operator()).await.unwrap(), None);
}

async fn limits_change_and_return_to_the_default(db: Arc<Db>) {
    let ann = db.account("ann").await;
    let change = QuotaChange { products: Some(Some(3)), login_keys: Some(Some(0)), ..QuotaChange::default() };
    let changed = db.store.set_quota(&ann.id, change, db.operator()).await.unwrap().unwrap();
    assert_eq!(changed.quota, Quota { products: 3, login_keys: 0, ..Quota::default() });
    let rows = db.count("audit");
    assert_eq!(db.store.set_quota(&ann.id, change, db.operator()).await.unwrap(), Some(changed.clone()));
    assert_eq!(db.count("audit"), rows);
    let back = QuotaChange { products: Some(None), ..QuotaChange::default() };
    let changed = db.store.set_quota(&ann.id, back, db.operator()).await.unwrap().unwrap();
    assert_eq!(changed.quota, Quota { login_keys: 0, ..Quota::default() });
    assert_eq!(db.store.set_quota(&AccountId::new("nobody"), back, db.operator()).await.unwrap(), None);
}

contract![
    an_account_goes_by_its_id_and_both_names_in_any_case,
    both_names_are_unique_without_case,
    lists_hold_the_caller_and_its_collaborations_or_everyone,
    the_operator_shuts_reopens_and_entitles,
    limits_change_and_return_to_the_default,
];
