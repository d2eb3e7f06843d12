use crate::fixture::*;
use impstead_model::AccountId;
use impstead_store::Conflict;
use std::sync::Arc;

async fn a_second_factor_is_begun_confirmed_and_disabled(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let credentials = async || db.store.credentials(&ann).await.unwrap().unwrap();
    let confirm = async |step, codes: &[&str]| {
        let codes = codes.iter().map(|code| code.as_bytes().to_vec()).collect();
        db.store.confirm_totp(&ann, step, codes, db.act(&ann)).await
    };
    assert!(!confirm(1, &[]).await.unwrap(), "nothing begun");
    assert!(!db.store.disable_totp(&ann, db.act(&ann)).await.unwrap());
    assert!(!db.store.use_totp_step(&ann, 9).await.unwrap());
    assert!(db.store.begin_totp(&ann, b"one".into(), db.act(&ann)).await.unwrap());
    assert!(db.store.begin_totp(&ann, b"two".into(), db.act(&ann)).await.unwrap());
    let begun = credentials().await;
    assert_eq!((begun.totp_secret.as_deref(), begun.totp_enabled), (Some(b"two".as_slice()), false));

    assert!(confirm(100, &["a", "b"]).await.unwrap());
    let enabled = credentials().await;
    assert_eq!((enabled.totp_enabled, enabled.totp_last_step), (true, 100));
    assert_eq!(conflict(confirm(101, &[]).await), Conflict::TotpEnabled);
    let begin = db.store.begin_totp(&ann, b"three".into(), db.act(&ann)).await;
    assert_eq!(conflict(begin), Conflict::TotpEnabled);
    assert_eq!(db.store.recovery_codes_left(&ann).await.unwrap(), 2);

    assert!(db.store.disable_totp(&ann, db.act(&ann)).await.unwrap());
    let disabled = credentials().await;
    assert_eq!((disabled.totp_secret, disabled.totp_enabled, disabled.totp_last_step), (None, false, 0));
    assert_eq!(db.store.recovery_codes_left(&ann).await.unwrap(), 0);
    let nobody = AccountId::new("nobody");
    assert!(!db.store.begin_totp(&nobody, b"x".into(), db.operator()).await.unwrap());
    assert!(!db.store.confirm_totp(&nobody, 1, Vec::new(), db.operator()).await.unwrap());
    assert!(!db.store.disable_totp(&nobody, db.operator()).await.unwrap());
}

async fn a_step_and_a_recovery_code_work_once(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    db.store.begin_totp(&ann, b"secret".into(), db.act(&ann)).await.unwrap();
    db.store.confirm_totp(&ann, 100, vec![b"a".into(), b"b".into()], db.act(&ann)).await.unwrap();
    let step = async |step| db.store.use_totp_step(&ann, step).await.unwrap();
    assert_eq!(
        [step(100).await, step(101).await, step(101).await, step(99).await, step(105).await],
        [false, true, false, false, true]
    );
    let code =
        async |account, code: &str| db.store.use_recovery_code(account, code.as_bytes(), db.act(&ann)).await.unwrap();
    assert_eq!(
        [code(&bob, "a").await, code(&ann, "a").await, code(&ann, "a").await, code(&ann, "x").await],
        [false, true, false, false]
    );
    assert_eq!(db.store.recovery_codes_left(&ann).await.unwrap(), 1);
}

async fn one_of_many_wins_a_step(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    db.store.begin_totp(&ann, b"secret".into(), db.act(&ann)).await.unwrap();
    db.store.confirm_totp(&ann, 1, vec![b"a".into()], db.act(&ann)).await.unwrap();
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let (db, ann) = (Arc::clone(&db), ann.clone());
            tokio::spawn(async move {
                let step = db.store.use_totp_step(&ann, 2).await.unwrap();
                (step, db.store.use_recovery_code(&ann, b"a", db.act(&ann)).await.unwrap())
            })
        })
        .collect();
    let (mut steps, mut codes) = (0, 0);
    for attempt in tries {
        let (step, code) = attempt.await.unwrap();
        steps += u32::from(step);
        codes += u32::from(code);
    }
    assert_eq!((steps, codes), (1, 1));
}

contract![
    a_second_factor_is_begun_confirmed_and_disabled,
    a_step_and_a_recovery_code_work_once,
    one_of_many_wins_a_step,
];
