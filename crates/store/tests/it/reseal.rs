use crate::fixture::*;
use impstead_store::{NewLoginKey, Sealed, StoreError};
use std::sync::Arc;

/// Changes every value, or fails on one.
fn reseal(value: &Sealed, fail_on: &[u8]) -> Option<Sealed> {
    let again = |bytes: &[u8]| [b"new-", bytes].concat();
    match value {
        Sealed::TotpSecret { sealed, .. } | Sealed::LoginKey { sealed, .. } if sealed == fail_on => None,
        Sealed::TotpSecret { account, sealed } => {
            Some(Sealed::TotpSecret { account: account.clone(), sealed: again(sealed) })
        }
        Sealed::WebhookSecret { webhook, sealed } => {
            Some(Sealed::WebhookSecret { webhook: webhook.clone(), sealed: again(sealed) })
        }
        Sealed::LoginKey { account, lookup, sealed } => {
            Some(Sealed::LoginKey { account: account.clone(), lookup: again(lookup), sealed: again(sealed) })
        }
    }
}

async fn all_sealed_values_are_replaced_or_none(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    db.store.begin_totp(&ann, b"secret".into(), db.act(&ann)).await.unwrap();
    for (account, lookup) in [(&ann, "k1"), (&bob, "k2")] {
        let key = NewLoginKey {
            account: account.clone(),
            lookup: lookup.into(),
            sealed: format!("sealed {lookup}").into(),
            description: None,
        };
        db.store.create_login_key(key, db.act(account)).await.unwrap();
    }
    let failed = db.store.reseal(|value| reseal(value, b"sealed k2")).await;
    assert!(matches!(failed, Err(StoreError::Corrupt { table: "login_key", .. })), "{failed:?}");
    assert!(db.store.login_key(&ann, b"k1").await.unwrap().is_some());
    assert_eq!(db.store.credentials(&ann).await.unwrap().unwrap().totp_secret.as_deref(), Some(b"secret".as_slice()));

    assert_eq!(db.store.reseal(|value| reseal(value, b"")).await.unwrap(), 3);
    assert_eq!(db.store.login_key(&ann, b"k1").await.unwrap(), None);
    assert_eq!(db.store.login_key(&bob, b"new-k2").await.unwrap().unwrap().sealed, b"new-sealed k2");
    let secret = db.store.credentials(&ann).await.unwrap().unwrap().totp_secret;
    assert_eq!(secret.as_deref(), Some(b"new-secret".as_slice()));
}

contract![all_sealed_values_are_replaced_or_none];
