use crate::fixture::*;
use impstead_store::*;
use std::sync::Arc;

async fn smoke(db: Arc<Db>) {
    let a = db.account("ann").await;
    let p = db.product(&a.id, "P").await;
    let g = db.development_group(&p, "G").await;
    let d = db.assigned_device(&a.id, &g.id).await;
    let x = db.deploy(&g, "hello").await;
    let s = &db.store;
    let r = reach(&a.id);
    assert_eq!(s.device(&d.id.to_string()).await.unwrap().unwrap().assignment, d.assignment);
    assert_eq!(
        s.devices(&r, DeviceFilter { group: Some(g.id.clone()), ..Default::default() }, ALL).await.unwrap().items.len(),
        1
    );
    assert_eq!(
        s.deployments(&r, DeploymentFilter { tags: vec!["a".into()], ..Default::default() }, ALL)
            .await
            .unwrap()
            .items
            .len(),
        0
    );
    let (y, code) = s.deployment_with_code(&x.id).await.unwrap().unwrap();
    assert_eq!(x, y);
    assert_eq!(code.device, b"hello");
    println!("{:?}", s.usage(&a.id).await.unwrap());
    println!(
        "{:?}",
        s.audit(&r, AuditFilter::default(), ALL).await.unwrap().items.iter().map(|a| &a.action).collect::<Vec<_>>()
    );
}

contract![smoke];
