//! What the vendor's clients and others were observed to expect: a test per line of the checklist, in its numbering,
//! replaying requests as those clients write them. The lines on log streams wait for the streams.

use crate::{
    http::{Answer, Connection, Request},
    world::{Account, Client, DEVELOPMENT, NOBODY, PASSWORD, World, deployment, device_list, on_each, product},
};
use serde_json::{Value, json};

/// A request of the vendor's Node library, which the command line tool and the VS Code extension use too.
fn node(method: &str, target: &str, body: Option<&Value>) -> Request {
    let request = Request::new(method, target)
        .header("Content-Type", "application/vnd.api+json")
        .header("Accept", "application/json")
        .header("Connection", "keep-alive");
    request.raw(body.map_or_else(|| "null".to_owned(), Value::to_string))
}

/// A request of the Sublime Text plug-in.
fn sublime(method: &str, target: &str, body: Option<&Value>) -> Request {
    let request = Request::new(method, target)
        .header("Accept-Encoding", "identity")
        .header("User-Agent", "imp-developer/sublime")
        .header("Content-Type", "application/vnd.api+json")
        .header("Connection", "close");
    request.raw(body.map(Value::to_string).unwrap_or_default())
}

/// A request of the macOS library, with its doubled slash.
fn mac(method: &str, target: &str, body: Option<&Value>) -> Request {
    let target = target.replacen("/v5/", "/v5//", 1);
    let request = Request::new(method, &target).header("Accept", "*/*").header("User-Agent", "BuildAPIAccess/3.3.0");
    match body {
        Some(body) => request.header("Content-Type", "application/vnd.api+json").json(body),
        None => request,
    }
}

/// What all tests of a deployed group start from.
struct Deployed {
    product: String,
    group: String,
    deployment: String,
}

async fn deployed(owner: &Account) -> Deployed {
    let product = owner.product("Greenhouse").await;
    let group = owner.group(DEVELOPMENT, &product, "Probes").await;
    let deployment = owner.deploy(DEVELOPMENT, &group).await;
    Deployed { product, group, deployment }
}

#[tokio::test]
async fn s10_01_accepts_null_body_on_any_request() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let Deployed { product, group, deployment } = deployed(&owner).await;
        let device = w.device_in(&owner, &group).await;
        let webhook = owner.webhook(DEVELOPMENT, &group).await;
        let key = owner.login_key().await;
        for path in [
            "accounts".into(),
            "accounts/me".into(),
            "accounts/me/refresh_tokens".into(),
            "accounts/me/login_keys".into(),
            format!("accounts/me/login_keys/{key}"),
            "products".into(),
            format!("products/{product}"),
            "devicegroups".into(),
            format!("devicegroups/{group}"),
            "deployments".into(),
            format!("deployments/{deployment}"),
            "devices".into(),
            format!("devices/{}", device.id),
            format!("devices/{}/history", device.id),
            "webhooks".into(),
            format!("webhooks/{webhook}"),
            "libraries".into(),
        ] {
            let path = format!("/v5/{path}");
            let plain = owner.get(&path).await.is(200);
            assert_eq!(owner.send(node("GET", &path, None)).await.is(200), plain, "{path}");
            assert_eq!(owner.send(sublime("GET", &path, None)).await.is(200), plain, "{path}");
        }
        for path in [
            format!("devicegroups/{group}/restart"),
            format!("devicegroups/{group}/conditional_restart"),
            format!("devices/{}/restart", device.id),
            format!("devices/{}/conditional_restart", device.id),
        ] {
            owner.send(node("POST", &format!("/v5/{path}"), None)).await.is(204);
        }
        owner.remove(&group, &[&device.id]).await.is(204);
        for path in [
            format!("webhooks/{webhook}"),
            format!("devices/{}", device.id),
            format!("devicegroups/{group}"),
            format!("products/{product}"),
        ] {
            owner.send(node("DELETE", &format!("/v5/{path}"), None)).await.is(204);
        }
        let request = node("DELETE", &format!("/v5/accounts/me/login_keys/{key}"), None);
        owner.send(request.header("X-Electricimp-Password", PASSWORD)).await.is(204);
        // Where a document is needed, its absence is a missing attribute, not a parse error.
        owner.send(node("POST", "/v5/products", None)).await.fails(400, "VX002");
    })
    .await;
}

#[tokio::test]
async fn s10_02_accepts_encoded_and_raw_brackets() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for name in ["A", "B", "C"] {
            owner.product(name).await;
        }
        let encoded = format!("/v5/products?filter%5Bowner.id%5D={}&page%5Bnumber%5D=2&page%5Bsize%5D=2", owner.id);
        let raw = format!("/v5/products?filter[owner.id]={}&page[number]=2&page[size]=2", owner.id);
        let lower_case = format!("/v5/products?filter%5bowner.id%5d={}&page%5bnumber%5d=2&page%5bsize%5d=2", owner.id);
        let page = owner.send(node("GET", &encoded, None)).await.is(200);
        assert_eq!(page["data"].as_array().unwrap().len(), 1);
        assert_eq!(owner.send(sublime("GET", &raw, None)).await.is(200), page);
        assert_eq!(owner.get(&lower_case).await.is(200), page);
    })
    .await;
}

#[tokio::test]
async fn s10_03_collapses_doubled_slashes() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let Deployed { group, deployment, .. } = deployed(&owner).await;
        let device = w.device(&owner).await;
        let devices = format!("/v5/devicegroups/{group}/relationships/devices");
        owner.send(mac("POST", &devices, Some(&device_list(&[&device.id])))).await.is(204);
        owner.send(mac("DELETE", &devices, Some(&device_list(&[&device.id])))).await.is(204);
        let minimum = format!("/v5/devicegroups/{group}/relationships/min_supported_deployment");
        let linkage = json!({ "data": { "type": "deployment", "id": deployment } });
        let answer = owner.send(mac("PUT", &minimum, Some(&linkage))).await.is(200);
        assert_eq!(answer["data"]["id"], *deployment, "the answer holds the record");
        // Slashes double at the front and in the middle; links are written without.
        let list = owner.get("//v5///products?page[size]=1").await;
        let direct = owner.get("/v5/products?page[size]=1").await;
        assert_eq!(list.is(200)["links"], direct.is(200)["links"]);
        owner.get("//v5//nothing//here").await.fails(404, "NF001");
    })
    .await;
}

/// What a person might type where the tool wants an identifier.
const NONSENSE: &[&str] = &[
    "Greenhouse",
    "My%20product%20%26%20more",
    "0c:2a:69:ab:cd:ef",
    "a/b/c",
    "what?is=this",
    "%",
    "%zz",
    "%ff%fe",
    "%00",
    "a%00b",
    "..",
    "%2e%2e%2fproducts",
    "%E6%B8%A9%E5%AE%A4",
    "'%20or%201=1--",
    "null",
    "undefined",
    "[object%20Object]",
    "-1",
    "99999999999999999999999999",
    "me",
    NOBODY,
];

#[tokio::test]
async fn s10_04_answers_404_for_any_nonsense_id() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let long = "x".repeat(4000);
        for collection in ["products", "devicegroups", "deployments", "devices", "webhooks"] {
            for id in NONSENSE.iter().copied().chain([&*long]) {
                let target = format!("/v5/{collection}/{id}");
                owner.send(node("GET", &target, None)).await.fails(404, "NF001");
                owner.send(node("DELETE", &target, None)).await.fails(404, "NF001");
            }
        }
        for id in NONSENSE.iter().filter(|id| **id != "me") {
            owner.send(node("GET", &format!("/v5/accounts/{id}"), None)).await.fails(404, "NF001");
            owner.send(node("GET", &format!("/v5/accounts/me/login_keys/{id}"), None)).await.fails(404, "NF001");
        }
        // An id of another kind of resource names nothing either.
        let Deployed { product, group, deployment } = deployed(&owner).await;
        for (collection, id) in [
            ("products", &owner.id),
            ("products", &group),
            ("devicegroups", &product),
            ("deployments", &group),
            ("devices", &deployment),
            ("webhooks", &group),
            ("accounts", &product),
        ] {
            owner.get(&format!("/v5/{collection}/{id}")).await.fails(404, "NF001");
        }
    })
    .await;
}

#[tokio::test]
async fn s10_05_every_error_has_a_json_body() {
    on_each(async |w: World| {
        let (owner, nobody) = (w.account("grower").await, w.nobody());
        let answers: Vec<(u16, Answer)> = vec![
            (401, nobody.get("/v5/products").await),
            (401, nobody.get("/v5/accounts/me").await),
            (401, nobody.post("/v5/auth", json!({ "id": "grower", "password": "wrong" })).await),
            (400, nobody.post("/v5/auth", json!({})).await),
            (404, nobody.post("/v5/auth/token", json!({ "token": "none" })).await),
            (404, nobody.get("/v5").await),
            (404, nobody.get("/v5/").await),
            (404, nobody.get("/nothing").await),
            (404, owner.get("/v5/nothing").await),
            (404, owner.get(&format!("/v5/products/{NOBODY}")).await),
            (405, owner.put("/v5/products", json!({})).await),
            (400, owner.send(Request::new("POST", "/v5/products").raw("{")).await),
            (409, owner.post("/v5/products", json!({ "data": { "type": "device" } })).await),
            (403, owner.post("/v5/accounts/me/login_keys", json!({ "data": { "type": "login_key" } })).await),
        ];
        for (status, answer) in answers {
            answer.errors(status);
        }
    })
    .await;
}

#[tokio::test]
async fn s10_06_every_error_entry_is_complete() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        owner.product("Greenhouse").await;
        let entry = owner.post("/v5/products", product("Greenhouse")).await.fails(409, "CX001");
        assert_eq!(entry["status"], "409", "a string: clients compare it with strings");
        assert_eq!(entry["title"], "Duplicate Resource");
        assert_eq!(entry["detail"], "Products must have unique names.");
        assert_eq!(entry["source"], json!({ "pointer": "/data/attributes/name" }));
        let group = owner.group(DEVELOPMENT, &owner.product("Other").await, "Probes").await;
        for entry in owner.assign(&group, &["nothing", "nobody"]).await.errors(400) {
            assert_eq!(entry["status"], "404", "an entry has a status of its own");
        }
    })
    .await;
}

#[tokio::test]
async fn s10_07_meta_is_an_object_an_array_or_absent_but_never_null() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let Deployed { group, .. } = deployed(&owner).await;
        let plain = owner.get(&format!("/v5/products/{NOBODY}")).await.fails(404, "NF001");
        assert!(!plain.as_object().unwrap().contains_key("meta"), "{plain}");
        assert!(!plain.as_object().unwrap().contains_key("source"), "{plain}");
        let of_device = owner.assign(&group, &["nothing"]).await.errors(400);
        assert_eq!(of_device[0]["meta"], json!({ "device_id": "nothing" }));
    })
    .await;
}

#[tokio::test]
async fn s10_08_success_is_200_201_or_204() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let created = owner.send(sublime("POST", "/v5/products", Some(&product("Greenhouse")))).await;
        let id = created.is(201)["data"]["id"].as_str().unwrap().to_owned();
        owner.send(sublime("GET", &format!("/v5/products/{id}"), None)).await.is(200);
        let document = json!({ "data": { "type": "product", "id": id, "attributes": { "description": "x" } } });
        owner.send(sublime("PATCH", &format!("/v5/products/{id}"), Some(&document))).await.is(200);
        let deleted = owner.send(sublime("DELETE", &format!("/v5/products/{id}"), None)).await;
        deleted.is(204);
        assert_eq!((deleted.header("content-length"), deleted.header("content-type")), (None, None));
    })
    .await;
}

#[tokio::test]
async fn s10_09_a_base_url_is_validated_without_a_token() {
    on_each(async |w: World| {
        let entry = w.nobody().send(sublime("GET", "/v5/accounts/me", None)).await.fails(401, "PX100");
        assert_eq!(entry["title"], "Invalid Credentials");
        assert_eq!(entry["status"], "401");
    })
    .await;
}

async fn exchange(w: &World, body: Value) -> Answer {
    w.nobody().post("/v5/auth/token", body).await
}

fn with_token(w: &World, tokens: &Value) -> Client {
    Client { address: w.address(), token: Some(tokens["access_token"].as_str().unwrap().to_owned()) }
}

#[tokio::test]
async fn s10_10_tokens_can_be_renewed_shortly_before_they_expire() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        // impt renews 3 minutes ahead, the macOS library 4, VS Code at 5 % of the life, the monitor 5 seconds.
        for before_ms in [240_000, 180_000, 3_600_000 / 20, 5_000, 1] {
            let tokens = exchange(&w, json!({ "token": owner.refresh_token })).await.is(200);
            w.advance_ms(3_600_000 - before_ms);
            with_token(&w, &tokens).get("/v5/accounts/me").await.is(200);
            let renewed = exchange(&w, json!({ "token": owner.refresh_token })).await.is(200);
            w.advance_ms(before_ms);
            with_token(&w, &tokens).get("/v5/accounts/me").await.fails(401, "PX100");
            with_token(&w, &renewed).get("/v5/accounts/me").await.is(200);
        }
    })
    .await;
}

#[tokio::test]
async fn s10_11_401_means_renew_and_404_means_sign_in_again() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        w.advance_ms(3_600_000);
        owner.send(node("GET", "/v5/products", None)).await.fails(401, "PX100");
        let tokens = exchange(&w, json!({ "token": owner.refresh_token })).await.is(200);
        let renewed = with_token(&w, &tokens);
        renewed.send(node("GET", "/v5/products", None)).await.is(200);
        let ids = renewed.get("/v5/accounts/me/refresh_tokens").await.ids();
        renewed.delete(&format!("/v5/accounts/me/refresh_tokens/{}", ids[0])).await.is(204);
        exchange(&w, json!({ "token": owner.refresh_token })).await.fails(404, "NF001");
        exchange(&w, json!({ "key": "0123456789abcdef" })).await.fails(404, "NF001");
        renewed.get("/v5/products").await.is(200);
    })
    .await;
}

#[tokio::test]
async fn s10_12_access_tokens_are_long_and_expiry_has_milliseconds() {
    on_each(async |w: World| {
        w.account("grower").await;
        let tokens = w.nobody().sign_in("grower@example.net").await;
        let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
        assert!(access.len() >= 40, "the monitor slices 40 characters off it");
        assert!(refresh.len() == 64 && refresh.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        assert_eq!(tokens["expires_in"], 3600);
        assert_timestamp(&tokens["expires_at"]);
    })
    .await;
}

/// `2026-03-02T09:15:04.221Z`, with a fraction of exactly three digits.
#[track_caller]
fn assert_timestamp(value: &Value) {
    let shape: String =
        value.as_str().expect("it is a string").chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000Z", "{value}");
}

#[tokio::test]
async fn s10_13_the_answer_after_an_otp_is_that_of_a_plain_login() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let plain = w.nobody().sign_in("grower").await;
        let otp = crate::auth::enrol(&w, &owner).await;
        let first = w.nobody().post("/v5/auth", json!({ "id": "grower", "password": PASSWORD })).await;
        let entry = first.fails(403, "PX200");
        let meta = entry["meta"].as_object().expect("meta is an object");
        assert_timestamp(&meta["expires_at"]);
        w.advance_ms(30_000);
        let second = Request::new("POST", "/v5/auth")
            .header("Content-Type", "application/json")
            .header("X-Electricimp-OTP-Token", &otp.code(&w))
            .json(&json!({ "login_token": meta["login_token"] }));
        let tokens = w.nobody().send(second).await.is(200);
        let members = |tokens: &Value| tokens.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(members(&tokens), members(&plain));
        with_token(&w, &tokens).get("/v5/accounts/me").await.is(200);
    })
    .await;
}

#[tokio::test]
async fn s10_14_a_login_key_is_exchanged_for_ever() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        // The macOS library sends no content type and no envelope.
        let created = Request::new("POST", "/v5//accounts/me/login_keys")
            .header("X-Electricimp-Password", PASSWORD)
            .raw(r#"{"type":"login_key"}"#);
        let key = owner.send(created).await.is(201)["data"]["id"].as_str().unwrap().to_owned();
        for usages in 1..=7 {
            let tokens = exchange(&w, json!({ "key": key })).await;
            assert_eq!(tokens.header("content-type"), Some("application/json"));
            let tokens = tokens.is(200);
            assert!(!tokens.as_object().unwrap().contains_key("refresh_token"), "the key is what is kept");
            let read = with_token(&w, &tokens).get(&format!("/v5/accounts/me/login_keys/{key}")).await.is(200);
            assert_eq!(read["data"]["attributes"]["usages"], usages);
            w.advance_ms(40 * 24 * 3_600_000);
        }
    })
    .await;
}

/// Follows `next` as written, as the Sublime plug-in does, or counts pages up, as the Node library does.
async fn walk(client: &Client, first: &str, by_link: bool) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut target = first.to_owned();
    loop {
        let answer = client.send(node("GET", &target, None)).await;
        pages.push(answer.ids());
        let page = answer.json();
        let Some(next) = page["links"].get("next") else { return pages };
        assert_ne!(next, &page["links"]["self"], "a list that never ends");
        target = if by_link {
            let next = next.as_str().expect("links are strings");
            next[next.find("/v5/").expect("links lead to the API")..].to_owned()
        } else {
            first.replace("%5Bnumber%5D=1", &format!("%5Bnumber%5D={}", pages.len() + 1))
        };
    }
}

#[tokio::test]
async fn s10_15_pages_of_100_until_there_is_no_next() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let names: Vec<String> = (0..201).map(|number| format!("Product {number}")).collect();
        crate::two_writers::all(names.iter().map(|name| owner.product(name))).await;
        let first = "/v5/products?page%5Bnumber%5D=1&page%5Bsize%5D=100";
        for by_link in [false, true] {
            let pages = walk(&owner, first, by_link).await;
            assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 1]);
        }
    })
    .await;
}

#[tokio::test]
async fn s10_16_links_are_there_and_next_is_absent_at_the_end() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        owner.product("A").await;
        owner.product("B").await;
        let links = owner.send(mac("GET", "/v5/products?page[size]=1", None)).await.is(200)["links"].take();
        assert_eq!(links["self"], links["first"], "page one is known by these being the same bytes");
        assert!(links["next"].as_str().unwrap().starts_with("http"), "links are absolute: {links}");
        let links =
            owner.send(mac("GET", "/v5/products?page[size]=1&page[number]=2", None)).await.is(200)["links"].take();
        assert_ne!(links["self"], links["first"]);
        assert!(!links.as_object().unwrap().contains_key("next"), "absent, not null: {links}");
        for list in
            ["accounts", "accounts/me/login_keys", "accounts/me/refresh_tokens", "devices", "webhooks", "libraries"]
        {
            let links = owner.get(&format!("/v5/{list}")).await.is(200)["links"].take();
            assert_eq!(links["self"], links["first"], "{list}");
            assert!(!links.as_object().unwrap().contains_key("next"), "{list}");
        }
    })
    .await;
}

#[tokio::test]
async fn s10_17_no_id_comes_twice_over_the_pages_of_a_list() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        // The clock stands, so nothing but the tie-break orders them.
        let names: Vec<String> = (0..23).map(|number| format!("Product {number}")).collect();
        crate::two_writers::all(names.iter().map(|name| owner.product(name))).await;
        let mut ids = walk(&owner, "/v5/products?page%5Bnumber%5D=1&page%5Bsize%5D=4", false).await.concat();
        assert_eq!(ids.len(), 23);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 23);
    })
    .await;
}

#[tokio::test]
async fn s10_18_list_items_hold_what_identifiers_are_matched_with() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let Deployed { group, .. } = deployed(&owner).await;
        w.device_in(&owner, &group).await;
        for (list, attributes) in [
            ("products", &["name"][..]),
            ("devicegroups", &["name"]),
            ("devices", &["mac_address", "agent_id", "name"]),
            ("deployments", &["sha", "tags", "origin"]),
            ("accounts", &["email", "username"]),
        ] {
            let page = owner.send(node("GET", &format!("/v5/{list}"), None)).await.is(200);
            for attribute in attributes {
                let item = page["data"][0]["attributes"].as_object().expect("attributes are an object");
                assert!(item.contains_key(*attribute), "{list} lack {attribute}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn s10_19_a_request_per_combination_of_filter_values() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let other = owner.product("Barn").await;
        let development = owner.group(DEVELOPMENT, &product, "Probes").await;
        let dut = owner.group("pre_dut_devicegroup", &product, "Testers").await;
        owner.group(DEVELOPMENT, &other, "Probes").await;
        let mut found = Vec::new();
        for kind in [DEVELOPMENT, "pre_dut_devicegroup", "production_devicegroup"] {
            let target = format!(
                "/v5/devicegroups?filter%5Bowner.id%5D={}&filter%5Bproduct.id%5D={product}&filter%5Btype%5D={kind}",
                owner.id
            );
            found.extend(owner.send(node("GET", &target, None)).await.ids());
        }
        assert_eq!(found, [development, dut]);
    })
    .await;
}

#[tokio::test]
async fn s10_20_one_filter_at_a_time() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let Deployed { product, group, deployment } = deployed(&owner).await;
        let device = w.device_in(&owner, &group).await;
        for (list, filter, value, id) in [
            ("products", "owner.id", &owner.id, &product),
            ("devicegroups", "product.id", &product, &group),
            ("deployments", "devicegroup.id", &group, &deployment),
            ("devices", "devicegroup.id", &group, &device.id),
            ("devices", "owner.id", &owner.id, &device.id),
            ("devices", "account.id", &owner.id, &device.id),
        ] {
            let found = owner.send(sublime("GET", &format!("/v5/{list}?filter[{filter}]={value}"), None)).await.ids();
            assert_eq!(found, [id.as_str()], "{list} by {filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn s10_21_devices_are_removed_one_by_one_and_twice_is_an_all_404_400() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let Deployed { group, .. } = deployed(&owner).await;
        let devices = [w.device_in(&owner, &group).await, w.device_in(&owner, &group).await];
        let path = format!("/v5/devicegroups/{group}/relationships/devices");
        for device in &devices {
            let body = device_list(&[&device.id]);
            owner.send(node("DELETE", &path, Some(&body))).await.is(204);
            let again = owner.send(node("DELETE", &path, Some(&body))).await.errors(400);
            assert!(again.iter().all(|entry| entry["status"] == "404"), "{again:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn s10_22_deployments_are_unflagged_one_by_one() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let Deployed { group, deployment: id, .. } = deployed(&owner).await;
        let path = format!("/v5/deployments/{id}");
        let flag =
            |flagged: bool| json!({ "data": { "type": "deployment", "id": id, "attributes": { "flagged": flagged } } });
        owner.send(node("PATCH", &path, Some(&flag(true)))).await.is(200);
        let flagged = format!("/v5/deployments?filter%5Bdevicegroup.id%5D={group}&filter%5Bflagged%5D=true");
        assert_eq!(owner.send(node("GET", &flagged, None)).await.ids(), [id.as_str()]);
        for _ in 0..2 {
            let answer = owner.send(node("PATCH", &path, Some(&flag(false)))).await.is(200);
            assert_eq!(answer["data"]["attributes"]["flagged"], false);
        }
        assert!(owner.send(node("GET", &flagged, None)).await.ids().is_empty());
        owner.delete(&format!("/v5/devicegroups/{group}")).await.is(204);
        owner.send(node("PATCH", &path, Some(&flag(false)))).await.fails(404, "NF001");
    })
    .await;
}

#[tokio::test]
async fn s10_23_groups_that_point_go_before_their_targets_then_the_product_then_the_rest() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let fixture = owner.group("pre_factoryfixture_devicegroup", &product, "Lab").await;
        let fixture_kind = "pre_factoryfixture_devicegroup";
        let deployment = owner.deploy(fixture_kind, &fixture).await;
        let listed = format!("/v5/devicegroups?filter%5Bproduct.id%5D={product}");
        let groups = owner.send(node("GET", &listed, None)).await.ids();
        let targets: Vec<&String> = groups.iter().filter(|id| **id != fixture).collect();
        assert_eq!(targets.len(), 2);
        owner.delete(&format!("/v5/devicegroups/{}", targets[0])).await.fails(409, "CX007");
        for group in std::iter::once(&fixture).chain(targets) {
            owner.send(node("DELETE", &format!("/v5/devicegroups/{group}"), None)).await.is(204);
            owner.send(node("DELETE", &format!("/v5/devicegroups/{group}"), None)).await.fails(404, "NF001");
        }
        owner.send(node("DELETE", &format!("/v5/products/{product}"), None)).await.is(204);
        owner.send(node("DELETE", &format!("/v5/deployments/{deployment}"), None)).await.fails(404, "NF001");
    })
    .await;
}

#[tokio::test]
async fn s10_24_deploys_with_the_type_read_and_restarts() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let id = owner.group(DEVELOPMENT, &product, "Probes").await;
        let device = w.device_in(&owner, &id).await;
        let group = owner.send(mac("GET", &format!("/v5/devicegroups/{id}"), None)).await.resource();
        let document = deployment(group["type"].as_str().unwrap(), &id);
        for restart in ["restart", "conditional_restart"] {
            let made = owner.send(mac("POST", "/v5/deployments", Some(&document))).await.resource();
            assert!(made["id"].is_string() && made["attributes"]["sha"].is_string());
            assert_eq!(made["relationships"]["devicegroup"]["id"], *id);
            owner.send(mac("POST", &format!("/v5/devicegroups/{id}/{restart}"), None)).await.is(204);
            owner.send(mac("POST", &format!("/v5/devices/{}/{restart}", device.id), None)).await.is(204);
        }
    })
    .await;
}

#[tokio::test]
async fn s10_25_build_run() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let id = owner.group(DEVELOPMENT, &product, "Probes").await;
        let device = w.device_in(&owner, &id).await;
        let path = format!("/v5/devicegroups/{id}");
        for round in 1..=2 {
            let made =
                owner.send(node("POST", "/v5/deployments", Some(&deployment(DEVELOPMENT, &id)))).await.resource();
            let group = owner.send(node("GET", &path, None)).await.resource();
            let current = &group["relationships"]["current_deployment"];
            assert_eq!(current["id"], made["id"], "round {round}");
            for name in ["current_deployment", "min_supported_deployment"] {
                let deployment = group["relationships"][name]["id"].as_str().unwrap();
                owner.send(node("GET", &format!("/v5/deployments/{deployment}"), None)).await.is(200);
            }
            let minimum = format!("{path}/relationships/min_supported_deployment");
            owner.send(node("PUT", &minimum, Some(&json!({ "data": current })))).await.is(200);
            let unchanged = json!({ "data": { "type": DEVELOPMENT, "id": id, "attributes": {} } });
            owner.send(node("PATCH", &path, Some(&unchanged))).await.is(200);
            let devices = format!("/v5/devices?filter%5Bdevicegroup.id%5D={id}&page%5Bnumber%5D=1&page%5Bsize%5D=100");
            assert_eq!(owner.send(node("GET", &devices, None)).await.ids(), [device.id.as_str()]);
            owner.send(node("POST", &format!("{path}/restart"), None)).await.is(204);
        }
    })
    .await;
}

#[tokio::test]
async fn s10_26_created_at_says_which_deployment_is_older() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let Deployed { group, .. } = deployed(&owner).await;
        for _ in 0..4 {
            owner.deploy(DEVELOPMENT, &group).await; // all in the same millisecond
        }
        let listed = owner.get(&format!("/v5/deployments?filter[devicegroup.id]={group}")).await.is(200);
        let times: Vec<&str> = listed["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["attributes"]["created_at"].as_str().unwrap())
            .collect();
        assert!(times.windows(2).all(|pair| pair[0] > pair[1]), "newest first, each at a time of its own: {times:?}");
        for time in listed["data"].as_array().unwrap() {
            assert_timestamp(&time["attributes"]["created_at"]);
        }
    })
    .await;
}

#[tokio::test]
async fn s10_27_the_current_deployment_is_read_back_with_its_code() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let Deployed { group, .. } = deployed(&owner).await;
        let group = owner.send(node("GET", &format!("/v5/devicegroups/{group}"), None)).await.resource();
        let current = group["relationships"]["current_deployment"]["id"].as_str().unwrap();
        let code = owner.send(node("GET", &format!("/v5/deployments/{current}"), None)).await.resource();
        assert_eq!(code["attributes"]["device_code"], "server.log(\"device\");\n");
        assert_eq!(code["attributes"]["agent_code"], "server.log(\"agent\");\n");
    })
    .await;
}

#[tokio::test]
async fn s10_28_code_that_does_not_compile_is_refused() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let Deployed { group, .. } = deployed(&owner).await;
        let mut document = deployment(DEVELOPMENT, &group);
        document["data"]["attributes"]["device_code"] = "local = ;".into();
        let entry = owner.send(node("POST", "/v5/deployments", Some(&document))).await.fails(400, "CX005");
        assert_eq!(entry["title"], "Compilation Error");
        let place = &entry["meta"][0];
        assert_eq!(place["file"], "device_code");
        assert_eq!(place["row"], 1);
    })
    .await;
}

#[tokio::test]
async fn s10_37_unassigned_devices_have_neither_group_nor_product() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let Deployed { product, group, .. } = deployed(&owner).await;
        let device = w.device(&owner).await;
        let path = format!("/v5/devices/{}", device.id);
        let check = async |assigned: bool| {
            let read = owner.send(node("GET", &path, None)).await.resource();
            let relationships = read["relationships"].as_object().unwrap();
            assert_eq!(relationships.contains_key("devicegroup"), assigned);
            assert_eq!(relationships.contains_key("product"), assigned);
            assert_eq!(read["attributes"]["agent_id"].is_string(), assigned);
            assert_eq!(read["attributes"]["agent_url"].is_string(), assigned);
            if assigned {
                assert_eq!(read["relationships"]["devicegroup"], json!({ "type": DEVELOPMENT, "id": group }));
                assert_eq!(read["relationships"]["product"], json!({ "type": "product", "id": product }));
            }
            read["attributes"]["agent_id"].clone()
        };
        check(false).await;
        owner.assign(&group, &[&device.id]).await.is(204);
        let agent = check(true).await;
        owner.remove(&group, &[&device.id]).await.is(204);
        check(false).await;
        owner.assign(&group, &[&device.mac]).await.is(204);
        assert_eq!(check(true).await, agent, "the agent's id survives");
    })
    .await;
}

#[tokio::test]
async fn s10_38_device_names_may_be_null() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let device = w.device(&owner).await;
        let path = format!("/v5/devices/{}", device.id);
        for (sent, stored) in [
            (json!("bed-7"), json!("bed-7")),
            (Value::Null, Value::Null),
            (json!("x"), json!("x")),
            (json!(""), Value::Null),
        ] {
            let document = json!({ "data": { "type": "device", "id": device.id, "attributes": { "name": sent } } });
            let changed = owner.send(node("PATCH", &path, Some(&document))).await.resource();
            assert_eq!(changed["attributes"]["name"], stored);
            assert_eq!(owner.get(&path).await.resource()["attributes"]["name"], stored);
        }
    })
    .await;
}

#[tokio::test]
async fn s10_39_a_monitor_polls_the_devices_over_one_connection() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        w.device(&owner).await;
        let poll = Request::new("GET", "/v5/devices?page[size]=100").token(owner.token.as_ref().unwrap());
        let mut connection = Connection::open(w.address()).await;
        for _ in 0..3 {
            connection.write(&poll.to_bytes()).await;
            let page = connection.answer_to(&poll).await.is(200);
            let attributes = page["data"][0]["attributes"].as_object().unwrap();
            assert!(attributes["name"].is_null() && attributes["device_online"].is_boolean());
            w.advance_ms(60_000);
        }
    })
    .await;
}

/// The lines that cannot be replayed yet, so that a gap in the numbers is never an oversight.
#[test]
fn every_line_but_those_on_log_streams_has_its_test() {
    let source = include_str!("section_10.rs");
    for line in (1..=39).filter(|line| !(29..=36).contains(line)) {
        assert!(source.contains(&format!("async fn s10_{line:02}_")), "line {line} has no test");
    }
}
