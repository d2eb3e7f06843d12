use crate::fixture::*;
use impstead_model::DeviceGroupId;
use impstead_store::HourlyCount;
use std::sync::Arc;

async fn counts_add_up_by_the_hour(db: Arc<Db>) {
    const HOUR: i64 = 3_600_000;
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let (group, other) = (db.development_group(&product, "a").await, db.development_group(&product, "b").await);
    for (group, name, by, at_ms) in [
        (&group, "restarts", 1, 10 * HOUR),
        (&group, "restarts", 2, 11 * HOUR - 1),
        (&group, "restarts", 4, 11 * HOUR),
        (&group, "errors", 8, 10 * HOUR + 5),
        (&other, "restarts", 16, 10 * HOUR),
    ] {
        db.store.bump_counter(&group.id, name, by, at_ms).await.unwrap();
    }
    db.store.bump_counter(&DeviceGroupId::new("nothing"), "restarts", 1, 0).await.unwrap();
    let read = async |from_ms, to_ms| db.store.counters(&group.id, from_ms, to_ms).await.unwrap();
    let count = |hour: i64, name: &str, value| HourlyCount { hour_ms: hour * HOUR, name: name.into(), value };
    assert_eq!(read(0, i64::MAX).await, [count(10, "errors", 8), count(10, "restarts", 3), count(11, "restarts", 4)]);
    assert_eq!(read(11 * HOUR, 12 * HOUR).await, [count(11, "restarts", 4)]);
    assert_eq!(read(0, 10 * HOUR).await, []);
    db.store.delete_device_group(&group.id, db.act(&ann)).await.unwrap();
    assert_eq!(read(0, i64::MAX).await, []);
}

contract![counts_add_up_by_the_hour];
