//! Whole answers of every route, one success and one typical error, as they are committed beside this file.
//!
//! The clock stands and randomness is seeded, so ids and times are the same in each run and on both databases. After a
//! wanted change run with `INSTA_UPDATE=always` and read the difference.

use crate::{
    http::{Answer, Request},
    stage::{Sample, Stage},
    world::{World, on_each, product},
};
use impstead_server::{Access, Route, routes};
use std::{collections::BTreeSet, fmt::Write, path::Path};

/// Routes without snapshots: long or changing texts, which have tests of their own.
fn is_left_out(route: &Route) -> bool {
    route.operation.starts_with("documentation.") || route.operation == "operator.metrics"
}

/// The operator's endpoints have no typical error.
fn has_error(route: &Route) -> bool {
    !route.operation.starts_with("operator.")
}

/// Spoils the request in the way that is typical of its route.
async fn spoiled(stage: &Stage<'_>, route: &Route, sample: Sample) -> Answer {
    let Sample { request, ids } = sample;
    let with_body = |body: serde_json::Value| Request::new(&request.method, &request.target).json(&body);
    let without_headers = || Request { headers: Vec::new(), ..request.clone() };
    let owner = &stage.owner;
    match route.operation {
        "auth.login" => {
            let body = serde_json::json!({ "id": "grower", "password": "wrong horse" });
            stage.w.nobody().send(with_body(body)).await
        }
        "auth.exchange" => stage.w.nobody().send(with_body(serde_json::json!({ "key": "0123456789abcdef" }))).await,
        "products.create" => {
            owner.product("Barn").await;
            owner.send(with_body(product("Barn"))).await
        }
        "products.delete" => owner.delete(&format!("/v5/products/{}", stage.product)).await,
        "deployments.delete" => {
            let newest = owner.get("/v5/deployments").await.ids().remove(0);
            owner.delete(&format!("/v5/deployments/{newest}")).await
        }
        "devicegroups.add_devices" | "devicegroups.remove_devices" => {
            owner.send(with_body(crate::world::device_list(&["0c:2a:69:00:00:00", "bed-7"]))).await
        }
        "logstream.open" => owner.get("/v5/logstream/nothing").await,
        _ if route.paged => {
            let separator = if request.target.contains('?') { '&' } else { '?' };
            owner.get(&format!("{}{separator}page[size]=0", request.target)).await
        }
        _ if request.body.as_ref().is_some_and(|body| body.starts_with(b"{\"data\":{\"attributes\"")) => {
            let body = String::from_utf8(request.body.clone().unwrap()).unwrap();
            let nonsense = body.replacen("\"attributes\":{", "\"attributes\":{\"nonsense\":1,", 1).replace("1,}", "1}");
            owner.send(Request { body: Some(nonsense.into_bytes()), ..request }).await
        }
        _ if !ids.is_empty() => {
            let nothing = ids.iter().fold(request.target.clone(), |target, id| target.replace(id, "nothing"));
            owner.send(Request { target: nothing, ..request }).await
        }
        _ if route.access == Access::TokenAndPassword => owner.send(without_headers()).await,
        _ => stage.w.nobody().send(request).await,
    }
}

/// Indents JSON as it came, its members in their order.
fn indented(json: &[u8]) -> String {
    let (mut text, mut depth, mut in_string, mut escaped) = (String::new(), 0, false, false);
    let new_line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.push_str(&"  ".repeat(depth));
    };
    for c in std::str::from_utf8(json).expect("answers are UTF-8").chars() {
        match c {
            _ if in_string => {
                in_string = escaped || c != '"';
                escaped = c == '\\' && !escaped;
                text.push(c);
            }
            '{' | '[' => {
                depth += 1;
                text.push(c);
                new_line(&mut text, depth);
            }
            '}' | ']' => {
                depth -= 1;
                if text.trim_end().ends_with(['{', '[']) {
                    text.truncate(text.trim_end().len());
                } else {
                    new_line(&mut text, depth);
                }
                text.push(c);
            }
            ',' => {
                text.push(c);
                new_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            _ => {
                in_string = c == '"';
                text.push(c);
            }
        }
    }
    text
}

fn shown(answer: &Answer) -> String {
    let mut text = format!("{}\n\n{}\n", answer.request, answer.status);
    for (name, value) in &answer.headers {
        if matches!(&**name, "content-type" | "allow" | "location" | "retry-after") {
            let _ = writeln!(text, "{name}: {value}");
        }
    }
    if !answer.body.is_empty() {
        let _ = write!(text, "\n{}", indented(&answer.body));
    }
    text
}

async fn check(resources: &[&str]) {
    for resource in resources {
        on_each(async |w: World| {
            let stage = Stage::new(&w).await;
            for route in routes().iter().filter(|route| route.operation.split('.').next() == Some(resource)) {
                if is_left_out(route) {
                    continue;
                }
                let sample = stage.sample(route.operation, false, &stage.owner).await;
                let answer = stage.owner.send(sample.request).await;
                assert!(answer.status < 300, "{answer}");
                compare(route.operation, &shown(&answer));
                if has_error(route) {
                    let sample = stage.sample(route.operation, false, &stage.owner).await;
                    let answer = spoiled(&stage, route, sample).await;
                    assert!((400..500).contains(&answer.status), "{answer}");
                    compare(&format!("{}.error", route.operation), &shown(&answer));
                }
            }
        })
        .await;
    }
}

fn compare(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[tokio::test]
async fn of_accounts_and_what_goes_with_them() {
    check(&["auth", "accounts", "refresh_tokens", "login_keys", "libraries", "operator"]).await;
}

#[tokio::test]
async fn of_products_and_groups() {
    check(&["products", "devicegroups"]).await;
}

#[tokio::test]
async fn of_deployments_and_devices() {
    check(&["deployments", "devices", "logstream"]).await;
}

#[tokio::test]
async fn of_webhooks() {
    check(&["webhooks", "webhook_deliveries"]).await;
}

#[tokio::test]
async fn of_our_own_api() {
    check(&[
        "totp",
        "password",
        "sessions",
        "unbonding_key",
        "collaborators",
        "quota",
        "audit",
        "logs",
        "virtual_imps",
    ])
    .await;
}

#[test]
fn every_route_has_its_snapshots_and_no_snapshot_is_left_over() {
    let mut expected = BTreeSet::new();
    for route in routes().iter().filter(|route| !is_left_out(route)) {
        expected.insert(format!("{}.snap", route.operation));
        if has_error(route) {
            expected.insert(format!("{}.error.snap", route.operation));
        }
    }
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots");
    let files = std::fs::read_dir(directory).expect("snapshots are committed");
    let found: BTreeSet<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(found, expected);
}
