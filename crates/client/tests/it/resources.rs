//! Every method sends the request that the contract asks for.

use crate::fixtures::signed_in;
use crate::scripted::{Reply, Server};
use impstead_client::{
    AuditFilter, Client, DeploymentChanges, DeviceGroupChanges, DeviceGroupType, Error, NewDeployment, NewDeviceGroup,
    NewProduct, NewWebhook, ProductChanges, Update, WebhookChanges, WebhookContentType, WebhookEvent, wire::Linkage,
};
use serde_json::{Value, json};

/// Makes a call, whose answer does not matter, and compares what was sent.
async fn check<T, F: Future<Output = Result<T, Error>>>(call: impl FnOnce(Client) -> F, line: &str, body: Value) {
    let server = Server::start(|_| Reply::new(204, ""));
    // Calls that want a resource find none in this answer.
    let _ = call(signed_in(&server)).await;
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "{line}");
    let sent = &requests[0];
    assert_eq!(sent.line().replace("/v5/", "/"), line);
    assert_eq!(sent.header("authorization"), "Bearer good-0");
    assert_eq!(sent.header("content-type"), if body.is_null() { "" } else { "application/vnd.api+json" });
    assert_eq!(serde_json::from_str::<Value>(&sent.body).unwrap_or_default(), body, "{line}");
}

macro_rules! check {
    ($($line:literal, $body:expr => |$client:ident| $call:expr;)+) => {
        $(check(|$client| async move { $call.await }, $line, $body).await;)+
    };
}

fn linkage(kind: &'static str, id: &str) -> Linkage {
    Linkage::new(kind, id)
}

#[tokio::test]
async fn accounts_and_keys() {
    check! {
        "GET /accounts/me", Value::Null => |client| client.accounts().me();
        "GET /accounts/grower@example.net", Value::Null => |client| client.accounts().get("grower@example.net");
        "GET /accounts/a1/capabilities", Value::Null => |client| client.accounts().capabilities("a1");
        "DELETE /accounts/me/refresh_tokens/t1", Value::Null => |client| client.refresh_tokens().delete("t1");
        "GET /accounts/me/login_keys/k1", Value::Null => |client| client.login_keys().get("k1");
        "POST /accounts/me/login_keys",
            json!({ "data": { "type": "login_key", "attributes": { "description": "CI" } } })
            => |client| client.login_keys().create("pass", Some("CI"));
        "PATCH /accounts/me/login_keys/k1",
            json!({ "data": { "type": "login_key", "id": "k1", "attributes": { "description": null } } })
            => |client| client.login_keys().update("k1", "pass", &Update::Clear);
        "DELETE /accounts/me/login_keys/k1", Value::Null => |client| client.login_keys().delete("k1", "pass");
    }
    let server = Server::start(|_| Reply::new(204, ""));
    signed_in(&server).login_keys().delete("k1", "pässword").await.unwrap();
    assert_eq!(server.requests()[0].header("x-electricimp-password"), "pässword");
}

#[tokio::test]
async fn products() {
    check! {
        "GET /products/p1", Value::Null => |client| client.products().get("p1");
        "POST /products", json!({ "data": { "type": "product", "attributes": { "name": "Greenhouse" } } })
            => |client| client.products().create(&NewProduct { name: "Greenhouse".into(), ..NewProduct::default() });
        "POST /products",
            json!({ "data": { "type": "product", "attributes": { "name": "G", "description": "Soil" },
                "relationships": { "owner": { "type": "account", "id": "a2" } } } })
            => |client| client.products().create(&NewProduct {
                name: "G".into(), description: Some("Soil".into()), owner: Some("a2".into()) });
        "PATCH /products/p1", json!({ "data": { "type": "product", "id": "p1", "attributes": {} } })
            => |client| client.products().update("p1", &ProductChanges::default());
        "PATCH /products/p1",
            json!({ "data": { "type": "product", "id": "p1", "attributes": { "name": "H", "description": null } } })
            => |client| client.products().update("p1",
                &ProductChanges { name: Some("H".into()), description: Update::Clear });
        "DELETE /products/p1", Value::Null => |client| client.products().delete("p1");
    }
}

#[tokio::test]
async fn device_groups() {
    let fixture = || NewDeviceGroup {
        production_target: Some("g2".into()),
        dut_target: Some("g3".into()),
        env_vars: json!({ "RATE": 5 }).as_object().cloned(),
        ..NewDeviceGroup::new(DeviceGroupType::PreFactoryFixture, "p1", "Lab")
    };
    check! {
        "GET /devicegroups/g1", Value::Null => |client| client.device_groups().get("g1");
        "POST /devicegroups",
            json!({ "data": { "type": "pre_factoryfixture_devicegroup",
                "attributes": { "name": "Lab", "env_vars": { "RATE": 5 } },
                "relationships": { "product": { "type": "product", "id": "p1" },
                    "production_target": { "type": "pre_production_devicegroup", "id": "g2" },
                    "dut_target": { "type": "pre_dut_devicegroup", "id": "g3" } } } })
            => |client| client.device_groups().create(&fixture());
        "PATCH /devicegroups/g1",
            json!({ "data": { "type": "factoryfixture_devicegroup", "id": "g1", "attributes": {},
                "relationships": { "dut_target": { "type": "dut_devicegroup", "id": "g3" } } } })
            => |client| client.device_groups().update("g1", DeviceGroupType::FactoryFixture,
                &DeviceGroupChanges { dut_target: Some("g3".into()), ..DeviceGroupChanges::default() });
        "PATCH /devicegroups/g1",
            json!({ "data": { "type": "production_devicegroup", "id": "g1",
                "attributes": { "load_code_after_blessing": false, "description": "Shipped" } } })
            => |client| client.device_groups().update("g1", DeviceGroupType::Production, &DeviceGroupChanges {
                load_code_after_blessing: Some(false), description: Update::Set("Shipped".into()),
                ..DeviceGroupChanges::default() });
        "DELETE /devicegroups/g1", Value::Null => |client| client.device_groups().delete("g1");
        "POST /devicegroups/g1/restart", Value::Null => |client| client.device_groups().restart("g1");
        "POST /devicegroups/g1/conditional_restart", Value::Null
            => |client| client.device_groups().conditional_restart("g1");
        "POST /devicegroups/g1/relationships/devices",
            json!({ "data": [{ "type": "device", "id": "d1" }, { "type": "device", "id": "0c:2a:69:11:22:33" }] })
            => |client| client.device_groups().add_devices("g1", &["d1", "0c:2a:69:11:22:33"]);
        "DELETE /devicegroups/g1/relationships/devices", json!({ "data": [{ "type": "device", "id": "d1" }] })
            => |client| client.device_groups().remove_devices("g1", &["d1"], None);
        "PUT /devicegroups/g1/relationships/min_supported_deployment",
            json!({ "data": { "type": "deployment", "id": "c1" } })
            => |client| client.device_groups().set_min_supported_deployment("g1", "c1");
    }
    let server = Server::start(|_| Reply::new(204, ""));
    signed_in(&server).device_groups().remove_devices("g1", &["d1"], Some("unbond")).await.unwrap();
    assert_eq!(server.requests()[0].header("x-electricimp-key"), "unbond");
}

#[tokio::test]
async fn deployments() {
    let group = || linkage("development_devicegroup", "g1");
    let whole = || NewDeployment {
        description: Some("nightly".into()),
        origin: Some("git".into()),
        flagged: true,
        tags: vec!["v1".into(), "b".into()],
        ..NewDeployment::new(group(), "d\r\n", "")
    };
    check! {
        "GET /deployments/c1", Value::Null => |client| client.deployments().get("c1");
        "POST /deployments",
            json!({ "data": { "type": "deployment", "attributes": { "device_code": "", "agent_code": "a\n" },
                "relationships": { "devicegroup": { "type": "development_devicegroup", "id": "g1" } } } })
            => |client| client.deployments().create(&NewDeployment::new(group(), "", "a\n"));
        "POST /deployments",
            json!({ "data": { "type": "deployment",
                "attributes": { "device_code": "d\r\n", "agent_code": "", "description": "nightly", "origin": "git",
                    "flagged": true, "tags": ["v1", "b"] },
                "relationships": { "devicegroup": { "type": "development_devicegroup", "id": "g1" } } } })
            => |client| client.deployments().create(&whole());
        "PATCH /deployments/c1",
            json!({ "data": { "type": "deployment", "id": "c1", "attributes": { "flagged": false, "tags": [] } } })
            => |client| client.deployments().update("c1", &DeploymentChanges {
                flagged: Some(false), tags: Some(vec![]), ..DeploymentChanges::default() });
        "DELETE /deployments/c1", Value::Null => |client| client.deployments().delete("c1");
    }
}

#[tokio::test]
async fn devices() {
    check! {
        "GET /devices/0c:2a:69:ab:cd:ef", Value::Null => |client| client.devices().get("0c:2a:69:ab:cd:ef");
        "PATCH /devices/d1",
            json!({ "data": { "type": "device", "id": "d1", "attributes": { "name": "bed-7" } } })
            => |client| client.devices().rename("d1", &"bed-7".to_owned().into());
        "PATCH /devices/d1", json!({ "data": { "type": "device", "id": "d1", "attributes": { "name": null } } })
            => |client| client.devices().rename("d1", &Update::Clear);
        "DELETE /devices/d1", Value::Null => |client| client.devices().delete("d1");
        "POST /devices/d1/restart", Value::Null => |client| client.devices().restart("d1");
        "POST /devices/d1/conditional_restart", Value::Null => |client| client.devices().conditional_restart("d1");
        "GET /devices/d1/history?page%5Bnumber%5D=1&page%5Bsize%5D=100", Value::Null
            => |client| client.devices().history("d1").collect();
    }
}

#[tokio::test]
async fn webhooks_and_libraries() {
    let webhook = || NewWebhook {
        device_group: linkage("development_devicegroup", "g1"),
        url: "https://hooks.example.net/imp".into(),
        event: WebhookEvent::Deployment,
        content_type: WebhookContentType::Json,
    };
    check! {
        "GET /webhooks/w1", Value::Null => |client| client.webhooks().get("w1");
        "POST /webhooks",
            json!({ "data": { "type": "webhook",
                "attributes": { "url": "https://hooks.example.net/imp", "event": "deployment",
                    "content_type": "application/json" },
                "relationships": { "devicegroup": { "type": "development_devicegroup", "id": "g1" } } } })
            => |client| client.webhooks().create(&webhook());
        "PATCH /webhooks/w1",
            json!({ "data": { "type": "webhook", "id": "w1",
                "attributes": { "content_type": "application/x-www-form-urlencoded" } } })
            => |client| client.webhooks().update("w1",
                &WebhookChanges { content_type: Some(WebhookContentType::Form), ..WebhookChanges::default() });
        "DELETE /webhooks/w1", Value::Null => |client| client.webhooks().delete("w1");
        "GET /libraries?page%5Bnumber%5D=1&page%5Bsize%5D=100", Value::Null
            => |client| client.libraries().list().collect();
    }
}

#[tokio::test]
async fn impsteads_own() {
    check! {
        "GET /impstead/v1/accounts/me/totp", Value::Null => |client| client.impstead().totp();
        "POST /impstead/v1/accounts/me/totp/confirm",
            json!({ "data": { "type": "totp", "attributes": { "code": "123456" } } })
            => |client| client.impstead().confirm_totp("123456");
        "PATCH /impstead/v1/accounts/a1/collaborators/a2",
            json!({ "data": { "type": "collaborator", "id": "a2", "attributes": { "role": "support" } } })
            => |client| client.impstead().set_collaborator_role("a1", "a2", "support");
        "DELETE /impstead/v1/accounts/me/sessions/s1", Value::Null => |client| client.impstead().delete_session("s1");
        "DELETE /impstead/v1/accounts/me/sessions", Value::Null => |client| client.impstead().delete_other_sessions();
        "PUT /impstead/v1/accounts/me/password",
            json!({ "data": { "type": "password", "attributes": { "password": "new" } } })
            => |client| client.impstead().change_password("old", "new");
        "POST /impstead/v1/accounts/a1/collaborators",
            json!({ "data": { "type": "collaborator", "attributes": { "role": "developer" },
                "relationships": { "account": { "type": "account", "id": "ann" } } } })
            => |client| client.impstead().add_collaborator("a1", "ann", "developer");
        "POST /impstead/v1/accounts/me/totp", Value::Null => |client| client.impstead().enrol_totp("pass");
        "DELETE /impstead/v1/accounts/me/unbonding_key", Value::Null
            => |client| client.impstead().delete_unbonding_key("pass");
        "GET /impstead/v1/accounts/me/quota", Value::Null => |client| client.impstead().quota("me");
        "GET /impstead/v1/webhooks/w1/deliveries?page%5Bnumber%5D=1&page%5Bsize%5D=100", Value::Null
            => |client| client.impstead().webhook_deliveries("w1").collect();
        "GET /impstead/v1/webhooks/w1/deliveries/d1", Value::Null
            => |client| client.impstead().webhook_delivery("w1", "d1");
        "POST /impstead/v1/webhooks/w1/deliveries/d1/resend", Value::Null
            => |client| client.impstead().resend_webhook_delivery("w1", "d1");
        "POST /impstead/v1/webhooks/w1/secret", Value::Null => |client| client.impstead().replace_webhook_secret("w1");
        "GET /impstead/v1/audit?page%5Bnumber%5D=1&page%5Bsize%5D=100", Value::Null
            => |client| client.impstead().audit(&AuditFilter::default()).collect();
    }
    let server = Server::start(|_| Reply::new(204, ""));
    signed_in(&server).impstead().change_password("old", "new").await.unwrap();
    assert_eq!(server.requests()[0].header("x-electricimp-password"), "old");
}
