//! Who may do what: every route, as every kind of caller.

use crate::{
    http::Request,
    stage::{Stage, fill},
    world::{Account, Client, World, on_each},
};
use impstead_model::{AccountId, Role};
use impstead_server::{Access, routes};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A row for each route, two where it matters whether the resource is on the development or the production side. The
/// request is one by which the owner succeeds; of `mine` routes it is about whoever calls.
const TABLE: &str = "
route                                      side  nobody  stranger  owner  administrator  developer  operations_manager  support
auth.login                                 -     200     200       200    200            200        200                 200
auth.exchange                              -     200     200       200    200            200        200                 200
accounts.list                              -     401     200       200    200            200        200                 200
accounts.show                              -     401     404       200    200            200        200                 200
accounts.capabilities                      -     401     404       200    200            200        200                 200
refresh_tokens.list                        mine  401     200       200    200            200        200                 200
refresh_tokens.delete                      mine  401     404       204    404            404        404                 404
login_keys.list                            -     401     200       200    200            200        200                 200
login_keys.create                          -     401     201       201    201            201        201                 201
login_keys.show                            -     401     404       200    404            404        404                 404
login_keys.update                          -     401     404       200    404            404        404                 404
login_keys.delete                          -     401     404       204    404            404        404                 404
products.list                              -     401     200       200    200            200        200                 200
products.create                            -     401     404       201    201            403        403                 403
products.show                              -     401     404       200    200            200        200                 200
products.update                            -     401     404       200    200            403        403                 403
products.delete                            -     401     404       204    204            403        403                 403
devicegroups.list                          -     401     200       200    200            200        200                 200
devicegroups.create                        dev   401     404       201    201            201        403                 403
devicegroups.create                        prod  401     404       201    201            403        201                 403
devicegroups.show                          dev   401     404       200    200            200        403                 403
devicegroups.show                          prod  401     404       200    200            200        200                 200
devicegroups.update                        dev   401     404       200    200            200        403                 403
devicegroups.update                        prod  401     404       200    200            403        200                 403
devicegroups.delete                        dev   401     404       204    204            204        403                 403
devicegroups.delete                        prod  401     404       204    204            403        204                 403
devicegroups.restart                       dev   401     404       204    204            204        403                 403
devicegroups.restart                       prod  401     404       204    204            403        204                 403
devicegroups.conditional_restart           dev   401     404       204    204            204        403                 403
devicegroups.conditional_restart           prod  401     404       204    204            403        204                 403
devicegroups.add_devices                   dev   401     404       204    204            204        403                 403
devicegroups.add_devices                   prod  401     404       204    204            403        204                 403
devicegroups.remove_devices                dev   401     404       204    204            204        403                 403
devicegroups.remove_devices                prod  401     404       204    204            403        403                 403
devicegroups.set_min_supported_deployment  dev   401     404       200    200            200        403                 403
devicegroups.set_min_supported_deployment  prod  401     404       200    200            403        200                 403
deployments.list                           -     401     200       200    200            200        200                 200
deployments.create                         dev   401     404       201    201            201        403                 403
deployments.create                         prod  401     404       201    201            403        201                 403
deployments.show                           dev   401     404       200    200            200        403                 403
deployments.show                           prod  401     404       200    200            403        200                 200
deployments.update                         dev   401     404       200    200            200        403                 403
deployments.update                         prod  401     404       200    200            403        200                 403
deployments.delete                         dev   401     404       204    204            204        403                 403
deployments.delete                         prod  401     404       204    204            403        204                 403
devices.list                               -     401     200       200    200            200        200                 200
devices.show                               dev   401     404       200    200            200        403                 403
devices.show                               prod  401     404       200    200            403        200                 200
devices.update                             dev   401     404       200    200            200        403                 403
devices.update                             prod  401     404       200    200            403        200                 403
devices.delete                             dev   401     404       204    204            204        403                 403
devices.delete                             prod  401     404       409    409            403        409                 403
devices.restart                            dev   401     404       204    204            204        403                 403
devices.restart                            prod  401     404       204    204            403        204                 403
devices.conditional_restart                dev   401     404       204    204            204        403                 403
devices.conditional_restart                prod  401     404       204    204            403        204                 403
devices.history                            dev   401     404       200    200            200        403                 403
devices.history                            prod  401     404       200    200            403        200                 200
devices.logs                               dev   401     404       200    200            200        403                 403
devices.logs                               prod  401     404       200    200            403        200                 200
logstream.create                           -     401     201       201    201            201        201                 201
logstream.open                             -     200     200       200    200            200        200                 200
logstream.add_device                       dev   401     404       204    204            204        403                 403
logstream.add_device                       prod  401     404       204    204            403        204                 204
logstream.remove_device                    dev   401     404       204    204            204        403                 403
logstream.remove_device                    prod  401     404       204    204            403        204                 204
webhooks.list                              -     401     200       200    200            200        200                 200
webhooks.create                            dev   401     404       201    201            201        403                 403
webhooks.create                            prod  401     404       201    201            403        201                 403
webhooks.show                              dev   401     404       200    200            200        403                 403
webhooks.show                              prod  401     404       200    200            200        200                 200
webhooks.update                            dev   401     404       200    200            200        403                 403
webhooks.update                            prod  401     404       200    200            403        200                 403
webhooks.delete                            dev   401     404       204    204            204        403                 403
webhooks.delete                            prod  401     404       204    204            403        204                 403
webhooks.replace_secret                    dev   401     404       201    201            201        403                 403
webhooks.replace_secret                    prod  401     404       201    201            403        201                 403
webhook_deliveries.list                    dev   401     404       200    200            200        403                 403
webhook_deliveries.list                    prod  401     404       200    200            200        200                 200
webhook_deliveries.show                    dev   401     404       200    200            200        403                 403
webhook_deliveries.show                    prod  401     404       200    200            200        200                 200
webhook_deliveries.resend                  dev   401     404       201    201            201        403                 403
webhook_deliveries.resend                  prod  401     404       201    201            403        201                 403
libraries.list                             -     401     200       200    200            200        200                 200
totp.show                                  mine  401     200       200    200            200        200                 200
totp.begin                                 mine  401     201       201    201            201        201                 201
totp.confirm                               mine  401     200       200    200            200        200                 200
totp.delete                                mine  401     204       204    204            204        204                 204
password.replace                           mine  401     204       204    204            204        204                 204
sessions.list                              mine  401     200       200    200            200        200                 200
sessions.delete_others                     mine  401     204       204    204            204        204                 204
sessions.show                              mine  401     404       200    404            404        404                 404
sessions.delete                            mine  401     404       204    404            404        404                 404
unbonding_key.show                         mine  401     200       200    200            200        200                 200
unbonding_key.create                       mine  401     201       201    201            201        201                 201
unbonding_key.delete                       mine  401     204       204    204            204        204                 204
collaborators.list                         -     401     404       200    200            403        403                 403
collaborators.create                       -     401     404       201    201            403        403                 403
collaborators.show                         -     401     404       200    200            403        403                 403
collaborators.update                       -     401     404       200    200            403        403                 403
collaborators.delete                       -     401     404       204    204            403        403                 403
quota.show                                 -     401     404       200    200            403        403                 403
virtual_imps.list                          -     401     200       200    200            200        200                 200
virtual_imps.create                        -     401     404       201    201            201        403                 403
virtual_imps.show                          -     401     404       200    200            200        403                 403
virtual_imps.update                        -     401     404       200    200            200        403                 403
virtual_imps.delete                        -     401     404       204    204            204        403                 403
virtual_imps.start                         -     401     404       200    200            200        403                 403
virtual_imps.stop                          -     401     404       200    200            200        403                 403
logs.list                                  dev   401     404       200    200            200        403                 403
logs.list                                  prod  401     404       200    200            403        200                 200
audit.list                                 -     401     200       200    200            200        200                 200
audit.show                                 -     401     404       200    200            404        404                 404
documentation.openapi                      -     200     200       200    200            200        200                 200
documentation.reference                    -     200     200       200    200            200        200                 200
documentation.index                        -     307     307       307    307            307        307                 307
operator.healthz                           -     200     200       200    200            200        200                 200
operator.readyz                            -     200     200       200    200            200        200                 200
operator.metrics                           -     200     200       200    200            200        200                 200
";

struct Row {
    operation: &'static str,
    side: &'static str,
    expected: Vec<u16>,
}

fn rows() -> Vec<Row> {
    let mut lines = TABLE.lines().filter(|line| !line.is_empty());
    let callers = lines.next().expect("there is a heading").split_whitespace().count() - 2;
    let row = |line: &'static str| {
        let mut cells = line.split_whitespace();
        let (operation, side) = (cells.next().unwrap(), cells.next().unwrap());
        let expected: Vec<u16> = cells.map(|status| status.parse().expect("cells are statuses")).collect();
        assert_eq!(expected.len(), callers, "{line}");
        Row { operation, side, expected }
    };
    lines.map(row).collect()
}

#[test]
fn no_route_is_missing_from_the_table_and_none_is_made_up() {
    let listed: BTreeSet<&str> = rows().iter().map(|row| row.operation).collect();
    let there: BTreeSet<&str> = routes().iter().map(|route| route.operation).collect();
    assert_eq!(listed, there);
}

/// Everybody, in the order of the table's columns.
async fn callers(w: &World, owner: &Account) -> Vec<(&'static str, Account)> {
    let mut callers = vec![
        ("nobody", Account { client: w.nobody(), ..owner.clone() }),
        ("stranger", w.account("stranger").await),
        ("owner", owner.clone()),
    ];
    for role in Role::OF_COLLABORATORS {
        callers.push((role.as_str(), w.collaborator(owner, role).await));
    }
    callers
}

/// Checks the rows of some resources.
async fn check(resources: &[&str]) {
    let rows: Vec<Row> =
        rows().into_iter().filter(|row| resources.contains(&row.operation.split('.').next().unwrap())).collect();
    on_each(async |w: World| {
        let stage = Stage::new(&w).await;
        let callers = callers(&w, &stage.owner).await;
        for Row { operation, side, expected } in &rows {
            for ((name, caller), expected) in callers.iter().zip(expected) {
                let sample = stage.sample(operation, *side == "prod", caller).await;
                let answer = caller.send(sample.request).await;
                assert_eq!(answer.status, *expected, "{operation} ({side}) as {name}: {answer}");
                if *expected >= 400 {
                    answer.errors(*expected);
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn on_accounts_and_what_goes_with_them() {
    check(&["auth", "accounts", "login_keys", "quota", "audit", "libraries"]).await;
}

#[tokio::test]
async fn on_products_and_collaborators() {
    check(&["products", "collaborators"]).await;
}

#[tokio::test]
async fn on_device_groups() {
    check(&["devicegroups"]).await;
}

#[tokio::test]
async fn on_deployments_and_webhooks() {
    check(&["deployments", "webhooks", "webhook_deliveries"]).await;
}

#[tokio::test]
async fn on_devices() {
    check(&["devices", "logstream", "logs", "virtual_imps"]).await;
}

#[tokio::test]
async fn on_what_is_ones_own() {
    check(&["refresh_tokens", "totp", "password", "sessions", "unbonding_key"]).await;
}

#[tokio::test]
async fn on_what_is_everybodys() {
    check(&["documentation", "operator"]).await;
}

#[test]
fn every_resource_is_checked_by_some_test() {
    let source = include_str!("access.rs");
    let checks: String = source.lines().filter(|line| line.trim_start().starts_with("check(&[")).collect();
    for row in rows() {
        let resource = row.operation.split('.').next().unwrap();
        assert!(checks.contains(&format!("\"{resource}\"")), "no test checks {resource}");
    }
}

/// What every route that asks for a token answers to one that is not (or no longer) good.
async fn is_refused_everywhere(client: &Client, what: &str) {
    for route in routes().iter().filter(|route| route.access != Access::Public) {
        let request = Request::new(route.method.as_str(), &fill(route.path, &[]));
        let answer = client.send(request).await;
        assert_eq!(answer.status, 401, "{what}, {}: {answer}", route.operation);
        answer.fails(401, "PX100");
    }
}

#[tokio::test]
async fn no_route_takes_a_token_that_is_not_or_no_longer_good() {
    on_each(async |w: World| {
        let nonsense = Client { address: w.address(), token: Some("x".repeat(88)) };
        is_refused_everywhere(&nonsense, "unknown").await;

        let owner = w.account("grower").await;
        let as_refresh_token = Client { address: w.address(), token: Some(owner.refresh_token.clone()) };
        is_refused_everywhere(&as_refresh_token, "a refresh token").await;

        let disabled = w.account("disabled").await;
        disabled.get("/v5/accounts/me").await.is(200);
        let id = AccountId::new(&disabled.id);
        w.server.store().set_disabled(&id, true, w.server.act()).await.unwrap();
        is_refused_everywhere(&disabled, "of a disabled account").await;

        let revoked = w.account("revoked").await;
        let session = revoked.get("/impstead/v1/accounts/me/sessions").await.ids().remove(0);
        revoked.delete(&format!("/impstead/v1/accounts/me/sessions/{session}")).await.is(204);
        is_refused_everywhere(&revoked, "revoked").await;

        let outdone = w.account("outdone").await;
        let tokens = w.nobody().sign_in("outdone").await;
        let other = Client { address: w.address(), token: tokens["access_token"].as_str().map(Into::into) };
        let password = json!({ "data": { "type": "password", "attributes": { "password": "battery staple" } } });
        other.confirmed("PUT", "/impstead/v1/accounts/me/password", password).await.is(204);
        is_refused_everywhere(&outdone, "from before the password changed").await;
        assert_eq!(other.get("/v5/accounts/me").await.resource()["id"], *outdone.id);

        w.advance_ms(3_600_000);
        is_refused_everywhere(&owner, "expired").await;
    })
    .await;
}

#[tokio::test]
async fn a_role_that_is_taken_away_or_changed_ends_at_once() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let helper = w.collaborator(&owner, Role::Administrator).await;
        let path = format!("/v5/products/{product}");
        let rename = async |name: &str| helper.change("product", "products", &product, json!({ "name": name })).await;
        rename("A").await.is(200);
        let (of, who) = (AccountId::new(&owner.id), AccountId::new(&helper.id));
        w.server.store().set_collaborator_role(&of, &who, Role::Support, w.server.act()).await.unwrap();
        rename("B").await.fails(403, "PX102");
        helper.get(&path).await.is(200);
        assert!(w.server.store().remove_collaborator(&of, &who, w.server.act()).await.unwrap());
        helper.get(&path).await.fails(404, "NF001");
        let listed = helper.get("/v5/products").await.is(200);
        assert_eq!(listed["data"], Value::Array(Vec::new()));
    })
    .await;
}
