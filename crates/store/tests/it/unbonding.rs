use crate::fixture::*;
use impstead_model::AccountId;
use impstead_store::UnbondingKey;
use std::sync::Arc;

async fn a_key_is_set_replaced_and_deleted(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let key = async || db.store.unbonding_key(&ann).await.unwrap();
    assert_eq!(key().await, None);
    assert!(!db.store.delete_unbonding_key(&ann, db.act(&ann)).await.unwrap());
    for hash in [b"one", b"two"] {
        assert!(db.store.set_unbonding_key(&ann, hash.to_vec(), db.act(&ann)).await.unwrap());
        assert_eq!(key().await, Some(UnbondingKey { hash: hash.to_vec(), created_ms: db.now_ms() }));
    }
    assert!(db.store.delete_unbonding_key(&ann, db.act(&ann)).await.unwrap());
    assert_eq!(key().await, None);
    let nobody = AccountId::new("nobody");
    assert!(!db.store.set_unbonding_key(&nobody, b"x".to_vec(), db.operator()).await.unwrap());
    assert_eq!(db.store.unbonding_key(&nobody).await.unwrap(), None);
}

contract![a_key_is_set_replaced_and_deleted];
