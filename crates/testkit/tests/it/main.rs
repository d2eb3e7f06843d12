//! The testkit does what it promises.

use impstead_model::{AccountId, Clock, DeviceGroupId};
use impstead_testkit::{START_MS, TestServer, backends};

const DEVELOPMENT: &str = "development_devicegroup";

#[tokio::test]
async fn a_server_is_used_from_sign_in_to_deployment() {
    for backend in backends() {
        let mut server = TestServer::start(backend, |_| {}).await;
        let grower = server.signed_in("grower").await;
        let product = grower.product("Greenhouse").await;
        let group = grower.group(DEVELOPMENT, &product, "Beds").await;
        let deployment = grower.deploy(DEVELOPMENT, &group, "server.log(1);", "server.log(2);").await;
        let answer = grower.get(&format!("/v5/deployments/{deployment}")).await;
        assert_eq!(answer.is(200)["data"]["attributes"]["device_code"], "server.log(1);");
        assert_eq!(answer.is(200)["data"]["attributes"]["created_at"], "2026-03-02T09:15:04.221Z");
        assert_eq!(answer.header("content-type"), Some("application/vnd.api+json"));
        assert_eq!(server.nobody().get("/v5/products").await.status, 401);
        let raw = grower.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        assert!(raw.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", String::from_utf8_lossy(&raw));
        server.stop().await;
    }
}

#[tokio::test]
async fn ids_and_tokens_are_the_same_in_each_run() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let server = TestServer::on_sqlite().await;
        let grower = server.signed_in("grower").await;
        runs.push((grower.product("Greenhouse").await, grower.token));
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn the_clock_goes_when_it_is_told_to() {
    let server = TestServer::on_sqlite().await;
    let grower = server.signed_in("grower").await;
    assert_eq!(server.clock().now_ms(), START_MS);
    server.clock().advance_ms(3_600_001);
    assert_eq!(grower.get("/v5/products").await.status, 401, "the access token has expired");
}

#[tokio::test]
async fn devices_can_be_where_the_api_would_not_put_them() {
    for backend in backends() {
        let server = TestServer::start(backend, |_| {}).await;
        let grower = server.signed_in("grower").await;
        let me = grower.get("/v5/accounts/me").await.id();
        let product = grower.product("Greenhouse").await;
        let group = grower.group("production_devicegroup", &product, "Shipped").await;
        let device = server.add_device(&AccountId::new(&me), "imp006").await;
        server.place_device(&device.id, &DeviceGroupId::new(&group)).await;
        let device = server.store().device(device.id.as_str()).await.unwrap().unwrap();
        assert!(device.blessed);
        assert_eq!(device.assignment.unwrap().group.as_str(), group);
    }
}
