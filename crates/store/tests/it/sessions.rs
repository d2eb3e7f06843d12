use crate::fixture::*;
use impstead_model::{AccountId, RefreshTokenId, Role};
use impstead_store::{Conflict, KeptSession, NewAccess, NewLoginKey, NewSession, SessionRecord};
use std::sync::Arc;

fn new_session(account: &AccountId, refresh: &str, access: &str) -> NewSession {
    NewSession {
        account: account.clone(),
        password_hash: PASSWORD_HASH.into(),
        refresh_hash: refresh.into(),
        access_hash: access.into(),
        access_expires_ms: 5000,
        ip_address: Some("192.0.2.1".into()),
        user_agent: Some("suite".into()),
        most_refresh_tokens: 5,
        login_token: None,
    }
}

fn access(hash: &str) -> NewAccess {
    NewAccess { hash: hash.into(), expires_ms: 7000, ip_address: Some("192.0.2.2".into()) }
}

async fn sign_in(db: &Db, account: &AccountId, refresh: &str, access: &str) -> RefreshTokenId {
    db.store.sign_in(new_session(account, refresh, access), db.act(account)).await.unwrap()
}

async fn an_access_token_stands_for_its_account_and_reach(db: Arc<Db>) {
    let (ann, bob, cid) = (db.account("ann").await.id, db.account("bob").await.id, db.account("cid").await.id);
    let token = sign_in(&db, &ann, "refresh", "access").await;
    let session = db.store.session(b"access").await.unwrap().unwrap();
    let expected = SessionRecord {
        account: ann.clone(),
        username: "ann".into(),
        production: true,
        disabled: false,
        expires_ms: 5000,
        refresh_token: Some(token.clone()),
        ip_address: Some("192.0.2.1".into()),
        reach: reach(&ann),
    };
    assert_eq!(session, expected);
    assert_eq!(db.store.session(b"refresh").await.unwrap(), None);
    assert_eq!(db.store.session(b"").await.unwrap(), None);

    db.store.add_collaborator(&bob, &ann, Role::Developer, db.act(&bob)).await.unwrap();
    db.store.add_collaborator(&cid, &ann, Role::Support, db.act(&cid)).await.unwrap();
    db.store.add_collaborator(&ann, &cid, Role::Administrator, db.act(&ann)).await.unwrap();
    let mut collaborations = db.store.session(b"access").await.unwrap().unwrap().reach.collaborations;
    collaborations.sort_by_key(|(_, role)| role.as_str());
    assert_eq!(collaborations, [(bob, Role::Developer), (cid, Role::Support)]);
    db.store.set_disabled(&ann, true, db.operator()).await.unwrap();
    assert!(db.store.session(b"access").await.unwrap().unwrap().disabled);

    let listed = db.store.refresh_tokens(&ann).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0].id, &listed[0].account, listed[0].last_used_ms), (&token, &ann, None));
    assert_eq!(listed[0].user_agent.as_deref(), Some("suite"));
}

async fn the_oldest_refresh_token_gives_way(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    sign_in(&db, &bob, "bob", "bob").await;
    let mut tokens = Vec::new();
    for number in 0..7 {
        tokens.push(sign_in(&db, &ann, &format!("r{number}"), &format!("a{number}")).await);
    }
    let left: Vec<_> = db.store.refresh_tokens(&ann).await.unwrap().into_iter().map(|token| token.id).collect();
    assert_eq!(left, tokens[2..]);
    assert_eq!(db.store.refresh_tokens(&bob).await.unwrap().len(), 1);
    // Access tokens go on.
    assert!(db.store.session(b"a0").await.unwrap().is_some());
    let gone = db.store.exchange_refresh_token(b"r1", access("x"), db.act(&ann)).await.unwrap();
    assert_eq!(gone, None);

    // Even within one millisecond, the new one stays.
    let mut act = db.act(&ann);
    act.at_ms = 0;
    let new = NewSession { most_refresh_tokens: 1, ..new_session(&ann, "r7", "a7") };
    let token = db.store.sign_in(new, act).await.unwrap();
    let left = db.store.refresh_tokens(&ann).await.unwrap();
    assert_eq!((left.len(), &left[0].id), (1, &token));
}

async fn a_refresh_token_is_exchanged(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let token = sign_in(&db, &ann, "refresh", "access").await;
    let exchange = async |hash: &str, new: &str| {
        db.store.exchange_refresh_token(hash.as_bytes(), access(new), db.act(&ann)).await.unwrap()
    };
    assert_eq!(exchange("refresh", "second").await, Some(ann.clone()));
    let session = db.store.session(b"second").await.unwrap().unwrap();
    assert_eq!((session.expires_ms, session.refresh_token.as_ref()), (7000, Some(&token)));
    assert_eq!(session.ip_address.as_deref(), Some("192.0.2.2"));
    assert_eq!(db.store.refresh_tokens(&ann).await.unwrap()[0].last_used_ms, Some(db.now_ms()));
    assert_eq!(exchange("unknown", "third").await, None);
    db.store.set_disabled(&ann, true, db.operator()).await.unwrap();
    assert_eq!(exchange("refresh", "fourth").await, None);
    assert_eq!(db.count("access_token"), 2);
    let refused = db.store.sign_in(new_session(&ann, "r", "a"), db.act(&ann)).await;
    assert_eq!(conflict(refused), Conflict::Missing("account"));
    let refused = db.store.sign_in(new_session(&AccountId::new("nobody"), "r", "a"), db.operator()).await;
    assert_eq!(conflict(refused), Conflict::Missing("account"));
}

async fn a_deleted_refresh_token_may_take_its_access_tokens_along(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let first = sign_in(&db, &ann, "r1", "a1").await;
    let second = sign_in(&db, &ann, "r2", "a2").await;
    db.store.exchange_refresh_token(b"r2", access("a2b"), db.act(&ann)).await.unwrap();
    let delete = async |account, id, end| db.store.delete_refresh_token(account, id, end, db.act(&ann)).await.unwrap();
    assert!(!delete(&bob, &first, true).await);
    let epoch = db.store.session_epoch();
    assert!(delete(&ann, &first, false).await);
    assert!(!delete(&ann, &first, false).await);
    assert!(db.store.session(b"a1").await.unwrap().is_some());
    assert_eq!(db.store.exchange_refresh_token(b"r1", access("x"), db.act(&ann)).await.unwrap(), None);
    assert_eq!(db.store.session_epoch(), epoch);
    assert!(delete(&ann, &second, true).await);
    assert_eq!(db.store.session(b"a2").await.unwrap(), None);
    assert_eq!(db.store.session(b"a2b").await.unwrap(), None);
    assert!(db.store.session_epoch() > epoch);
    assert!(db.store.session(b"a1").await.unwrap().is_some());
}

async fn a_new_password_ends_all_sessions_but_one(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    sign_in(&db, &bob, "bob", "bob").await;
    let kept = sign_in(&db, &ann, "r1", "a1").await;
    sign_in(&db, &ann, "r2", "a2").await;
    db.store.exchange_refresh_token(b"r1", access("a1b"), db.act(&ann)).await.unwrap();
    db.store.create_login_token(b"login", &ann, 9000).await.unwrap();
    exchange_a_login_key(&db, &ann, "k1").await;
    let late = new_session(&ann, "late", "late");
    let epoch = db.store.session_epoch();
    let kept = KeptSession { refresh_token: Some(kept), access_hash: b"a1".to_vec() };
    assert!(db.store.set_password(&ann, "new".into(), Some(&kept), db.act(&ann)).await.unwrap());
    assert_eq!(db.store.credentials(&ann).await.unwrap().unwrap().password_hash, "new");
    assert!(db.store.session_epoch() > epoch);
    let alive = async |hash: &str| db.store.session(hash.as_bytes()).await.unwrap().is_some();
    assert_eq!(
        [alive("a1").await, alive("a1b").await, alive("a2").await, alive("k1").await, alive("bob").await],
        [true, true, false, false, true]
    );
    assert_eq!(db.store.refresh_tokens(&ann).await.unwrap().len(), 1);
    assert_eq!(db.store.login_token(b"login").await.unwrap(), None);
    let refused = db.store.sign_in(late, db.act(&ann)).await;
    assert_eq!(conflict(refused), Conflict::Missing("account"), "the password was checked before it changed");
    assert!(db.store.set_password(&ann, "newer".into(), None, db.operator()).await.unwrap());
    assert_eq!([alive("a1").await, alive("bob").await], [false, true]);
    assert!(!db.store.set_password(&AccountId::new("nobody"), "x".into(), None, db.operator()).await.unwrap());
}

async fn exchange_a_login_key(db: &Db, account: &AccountId, hash: &str) {
    let lookup = hash.as_bytes().to_vec();
    let key = NewLoginKey { account: account.clone(), lookup: lookup.clone(), sealed: Vec::new(), description: None };
    db.store.create_login_key(key, db.act(account)).await.unwrap();
    assert!(db.store.exchange_login_key(&lookup, access(hash), db.act(account)).await.unwrap().is_some());
}

async fn all_other_sessions_end_however_they_came_about(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    sign_in(&db, &bob, "bob", "bob").await;
    let revoked = sign_in(&db, &ann, "r1", "a1").await;
    sign_in(&db, &ann, "r2", "a2").await;
    db.store.delete_refresh_token(&ann, &revoked, false, db.act(&ann)).await.unwrap();
    exchange_a_login_key(&db, &ann, "k1").await;
    exchange_a_login_key(&db, &ann, "k2").await;
    let keep = KeptSession { refresh_token: None, access_hash: b"k1".to_vec() };
    db.store.end_other_sessions(&ann, &keep, db.act(&ann)).await.unwrap();
    let alive = async |hash: &str| db.store.session(hash.as_bytes()).await.unwrap().is_some();
    assert_eq!(
        [alive("a1").await, alive("a2").await, alive("k1").await, alive("k2").await, alive("bob").await],
        [false, false, true, false, true]
    );
    assert!(db.store.refresh_tokens(&ann).await.unwrap().is_empty());
}

async fn a_login_token_allows_few_attempts_and_one_success(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    db.store.create_login_token(b"login", &ann, 5000).await.unwrap();
    let token = db.store.login_token(b"login").await.unwrap().unwrap();
    assert_eq!((&token.account, token.attempts, token.expires_ms), (&ann, 0, 5000));
    let attempt = async |hash: &str, now_ms| db.store.try_login_token(hash.as_bytes(), 2, now_ms).await.unwrap();
    assert_eq!(attempt("login", 5000).await, None, "expired");
    assert_eq!(attempt("unknown", 0).await, None);
    assert_eq!(attempt("login", 4999).await.as_ref(), Some(&ann));
    assert_eq!(attempt("login", 4999).await.as_ref(), Some(&ann));
    assert_eq!(attempt("login", 4999).await, None, "too often");
    assert_eq!(db.store.login_token(b"login").await.unwrap().unwrap().attempts, 2);

    let with_token =
        |access: &str| NewSession { login_token: Some(b"login".into()), ..new_session(&ann, access, access) };
    db.store.sign_in(with_token("a"), db.act(&ann)).await.unwrap();
    let again = db.store.sign_in(with_token("b"), db.act(&ann)).await;
    assert_eq!(conflict(again), Conflict::Missing("login_token"));
    assert_eq!(db.count("refresh_token"), 1);
}

async fn expired_tokens_are_deleted(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    sign_in(&db, &ann, "r1", "a1").await;
    for number in 0..20 {
        db.store.exchange_refresh_token(b"r1", access(&format!("a2-{number}")), db.act(&ann)).await.unwrap();
    }
    db.store.create_login_token(b"l1", &ann, 6000).await.unwrap();
    db.store.create_login_token(b"l2", &ann, 6001).await.unwrap();
    assert_eq!(db.store.delete_expired(4999, 7 * 86_400_000).await.unwrap(), 0);
    assert_eq!(db.store.delete_expired(6000, 7 * 86_400_000).await.unwrap(), 2);
    assert_eq!(db.store.delete_expired(6000, 7 * 86_400_000).await.unwrap(), 0);
    assert!(db.store.login_token(b"l2").await.unwrap().is_some());
    assert_eq!(db.store.delete_expired(7000, 7 * 86_400_000).await.unwrap(), 21);
    assert_eq!((db.count("access_token"), db.count("login_token"), db.count("refresh_token")), (0, 0, 1));
}

contract![
    an_access_token_stands_for_its_account_and_reach,
    the_oldest_refresh_token_gives_way,
    a_refresh_token_is_exchanged,
    a_deleted_refresh_token_may_take_its_access_tokens_along,
    a_new_password_ends_all_sessions_but_one,
    all_other_sessions_end_however_they_came_about,
    a_login_token_allows_few_attempts_and_one_success,
    expired_tokens_are_deleted,
];
