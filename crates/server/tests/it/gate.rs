//! What happens around every request: methods, paths, sizes, connections, headers shared by all answers.

use crate::{
    http::{Answer, Connection, Request},
    world::{World, on_each, on_each_with, product},
};
use impstead_server::{RateLimit, routes};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Makes a path that a route matches, with ids that name nothing.
fn path_of(pattern: &str) -> String {
    let segments: Vec<&str> =
        pattern.split('/').map(|segment| if segment.starts_with('{') { "nothing" } else { segment }).collect();
    segments.join("/")
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_405_with_allow() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let mut methods: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for route in routes() {
            methods.entry(route.path).or_default().insert(route.method.to_string());
        }
        for (pattern, has) in methods {
            // A fixed path may be an id of its pattern too, so that its methods are those of both.
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "BREW"] {
                if has.contains(method) || (method == "HEAD" && has.contains("GET")) {
                    continue;
                }
                let answer = owner.send(Request::new(method, &path_of(pattern))).await;
                answer.fails(405, "VX405");
                let allow = answer.header("allow").unwrap_or_else(|| panic!("no Allow: {answer}"));
                let mut allow: BTreeSet<String> = allow.split(',').map(|method| method.trim().to_owned()).collect();
                allow.remove("HEAD");
                assert_eq!(allow, has, "{method} {pattern}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn unknown_paths_are_404_in_json() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for path in [
            "/v5",
            "/v5/",
            "/v4/products",
            "/v5/nothing",
            "/v5/products/a/b",
            "/impstead/v2",
            "/favicon.ico",
            "/v5/%2e%2e/x",
            "/%00",
            "/v5/products/",
        ] {
            for client in [&*owner, &w.nobody()] {
                client.get(path).await.fails(404, "NF001");
                client.post(path, json!({})).await.fails(404, "NF001");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn every_answer_has_the_common_headers() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let answers = [
            owner.get("/v5/products").await,
            owner.post("/v5/products", product("Greenhouse")).await,
            owner.get("/v5/products/nothing").await,
            w.nobody().get("/v5/products").await,
            owner.put("/v5/products", json!({})).await,
            w.nobody().post("/v5/auth", json!({})).await,
        ];
        let mut request_ids = BTreeSet::new();
        for answer in &answers {
            for (name, value) in [
                ("cache-control", "no-store"),
                ("x-content-type-options", "nosniff"),
                ("access-control-allow-origin", "*"),
            ] {
                assert_eq!(answer.header(name), Some(value), "{answer}");
            }
            for name in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
                answer
                    .header(name)
                    .and_then(|value| value.parse::<u64>().ok())
                    .unwrap_or_else(|| panic!("no {name}: {answer}"));
            }
            request_ids.insert(answer.header("x-request-id").expect("requests have ids"));
        }
        assert_eq!(request_ids.len(), answers.len());
        let error = &answers[2];
        assert_eq!(Some(error.json()["errors"][0]["id"].as_str().unwrap()), error.header("x-request-id"));
    })
    .await;
}

#[tokio::test]
async fn a_request_id_is_taken_over_if_it_is_fit_for_a_log() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let send = async |id: &str| owner.send(Request::new("GET", "/v5/products").header("X-Request-Id", id)).await;
        assert_eq!(send("abc-123").await.header("x-request-id"), Some("abc-123"));
        for bad in ["", "a b", "a\"b", &"x".repeat(65), "ä"] {
            assert_ne!(send(bad).await.header("x-request-id"), Some(bad));
        }
    })
    .await;
}

#[tokio::test]
async fn preflight_requests_are_answered_without_a_token() {
    on_each(async |w: World| {
        for path in ["/v5/products", "/v5/devicegroups/x/relationships/devices", "/v5/auth", "/v5/nothing"] {
            let request = Request::new("OPTIONS", path)
                .header("Origin", "https://console.example.net")
                .header("Access-Control-Request-Method", "PATCH")
                .header("Access-Control-Request-Headers", "authorization,content-type,x-electricimp-key");
            let answer = w.nobody().send(request).await;
            answer.is(204);
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            let methods = answer.header("access-control-allow-methods").unwrap();
            assert!(
                ["GET", "POST", "PUT", "PATCH", "DELETE"].iter().all(|method| methods.contains(method)),
                "{methods}"
            );
            let headers = answer.header("access-control-allow-headers").unwrap();
            for name in [
                "authorization",
                "content-type",
                "x-electricimp-otp-token",
                "x-electricimp-password",
                "x-electricimp-key",
            ] {
                assert!(headers.contains(name), "{headers}");
            }
        }
        let exposed = w.nobody().get("/v5/products").await;
        let exposed = exposed.header("access-control-expose-headers").unwrap();
        assert!(exposed.contains("x-ratelimit-remaining") && exposed.contains("retry-after"), "{exposed}");
    })
    .await;
}

#[tokio::test]
async fn the_bucket_empties_and_refills() {
    let slow = |config: &mut impstead_server::Config| config.rate_limit = RateLimit { bucket: 5, refill_per_s: 2.0 };
    on_each_with(slow, async |w: World| {
        let owner = w.account("grower").await;
        let told = |answer: &Answer| {
            ["limit", "remaining", "reset"]
                .map(|name| answer.header(&format!("x-ratelimit-{name}")).unwrap().to_owned())
        };
        for (remaining, reset) in [("4", "1"), ("3", "1"), ("2", "2"), ("1", "2"), ("0", "3")] {
            let answer = owner.get("/v5/accounts/me").await;
            answer.is(200);
            assert_eq!(told(&answer), ["5", remaining, reset]);
        }
        let refused = owner.get("/v5/accounts/me").await;
        let entry = refused.fails(429, "XX429");
        assert_eq!(entry["title"], "Rate Limited");
        assert_eq!(refused.header("retry-after"), Some("1"));
        assert_eq!(told(&refused), ["5", "0", "3"]);
        // Each account has its own bucket, however many tokens it has, and addresses have theirs.
        w.nobody().get("/v5/accounts/me").await.fails(401, "PX100");
        w.advance_ms(500);
        owner.get("/v5/accounts/me").await.is(200);
        owner.get("/v5/accounts/me").await.fails(429, "XX429");
        w.advance_ms(60_000);
        assert_eq!(told(&owner.get("/v5/accounts/me").await)[1], "4");
        owner.get("/healthz").await; // the operator's endpoints are not limited
        assert_eq!(owner.get("/healthz").await.header("x-ratelimit-limit"), None);
    })
    .await;
}

#[tokio::test]
async fn strangers_share_the_bucket_of_their_address() {
    let slow = |config: &mut impstead_server::Config| config.rate_limit = RateLimit { bucket: 3, refill_per_s: 1.0 };
    on_each_with(slow, async |w: World| {
        let nobody = w.nobody();
        for _ in 0..3 {
            nobody.get("/v5/accounts/me").await.fails(401, "PX100");
        }
        nobody.get("/v5/accounts/me").await.fails(429, "XX429");
        let with_bad_token = Request::new("GET", "/v5/accounts/me").token("nonsense");
        nobody.send(with_bad_token).await.fails(429, "XX429");
        nobody.post("/v5/auth", json!({ "id": "grower", "password": "x" })).await.fails(429, "XX429");
    })
    .await;
}

#[tokio::test]
async fn head_answers_as_get_without_the_body() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for path in ["/v5/products", "/v5/accounts/me", "/v5/products/nothing", "/healthz"] {
            let (get, head) = (owner.get(path).await, owner.send(Request::new("HEAD", path)).await);
            assert_eq!((get.status, get.header("content-type")), (head.status, head.header("content-type")), "{path}");
            assert_eq!(get.header("content-length"), head.header("content-length"), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn requests_of_one_connection_are_answered_in_order() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let token = owner.token.clone().unwrap();
        let requests = [
            Request::new("POST", "/v5/products").token(&token).json(&product("Greenhouse")),
            Request::new("GET", "/v5/products").token(&token).raw("null"),
            Request::new("GET", "/v5/nothing"),
            Request::new("POST", "/v5/products").token(&token).raw("{"),
            Request::new("GET", "/v5/accounts/me").token(&token),
        ];
        let mut connection = Connection::open(w.address()).await;
        let pipelined: Vec<u8> = requests.iter().flat_map(Request::to_bytes).collect();
        connection.write(&pipelined).await;
        for (request, status) in requests.iter().zip([201, 200, 404, 400, 200]) {
            let answer = connection.answer_to(request).await;
            assert_eq!(answer.status, status, "{answer}");
            assert!(answer.header("connection").is_none_or(|value| value.eq_ignore_ascii_case("keep-alive")));
        }
    })
    .await;
}

#[tokio::test]
async fn chunked_bodies_are_read() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let document = product("Greenhouse").to_string();
        let (left, right) = document.split_at(10);
        let head = Request::new("POST", "/v5/products")
            .token(owner.token.as_ref().unwrap())
            .header("Transfer-Encoding", "chunked");
        let mut connection = Connection::open(w.address()).await;
        connection.write(&head.to_bytes()).await;
        let chunks = format!("{:x}\r\n{left}\r\n{:x}\r\n{right}\r\n0\r\n\r\n", left.len(), right.len());
        connection.write(chunks.as_bytes()).await;
        connection.answer_to(&head).await.is(201);
    })
    .await;
}

#[tokio::test]
async fn bodies_have_a_longest_length() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let padded = |document: &serde_json::Value, bytes: usize| {
            let document = document.to_string();
            format!("{document}{}", " ".repeat(bytes - document.len()))
        };
        let post = |path: &str, body: String| Request::new("POST", path).raw(body);
        let mebibyte = 1 << 20;
        owner.send(post("/v5/products", padded(&product("Greenhouse"), mebibyte + 1))).await.fails(413, "VX413");
        let greenhouse = owner.send(post("/v5/products", padded(&product("Greenhouse"), mebibyte))).await;
        let greenhouse = greenhouse.resource()["id"].as_str().unwrap().to_owned();
        let group = owner.group("development_devicegroup", &greenhouse, "Beds").await;
        let build = json!({ "data": { "type": "deployment", "attributes": { "device_code": "", "agent_code": "" },
            "relationships": { "devicegroup": { "type": "development_devicegroup", "id": group } } } });
        owner.send(post("/v5/deployments", padded(&build, 16 * mebibyte + 1))).await.fails(413, "VX413");
        owner.send(post("/v5/deployments", padded(&build, 16 * mebibyte))).await.is(201);
        let login = json!({ "id": "grower", "password": "wrong" });
        owner.send(post("/v5/auth", padded(&login, (16 << 10) + 1))).await.fails(413, "VX413");
        owner.send(post("/v5/auth", padded(&login, 16 << 10))).await.fails(401, "PX100");
        // A length is believed only as far as it goes.
        let claim = Request::new("POST", "/v5/products")
            .token(owner.token.as_ref().unwrap())
            .header("Content-Length", "99999999999");
        let mut connection = Connection::open(w.address()).await;
        connection.write(&claim.to_bytes()).await;
        drop(connection);
        owner.get("/v5/products").await.is(200);
    })
    .await;
}

/// A body that looks like a request line with bytes beyond ASCII must not grow on its way, or its end would be taken for
/// a request of its own.
#[tokio::test]
async fn the_rest_of_an_unread_body_is_never_a_request() {
    on_each(async |w: World| {
        for length in [1000, 8192, 100_000] {
            let mut body = b"GET /".to_vec();
            body.resize(length - 40, 0xE4);
            body.resize(length, b'x');
            let head = Request::new("POST", "/v5/products").header("Content-Length", &length.to_string());
            for pause_ms in [0, 1, 20, 150] {
                let mut connection = Connection::open(w.address()).await;
                connection.write(&head.to_bytes()).await;
                tokio::time::sleep(std::time::Duration::from_millis(pause_ms)).await;
                connection.write(&body).await;
                connection.answer_to(&head).await.fails(401, "PX100");
                let next = Request::new("GET", "/healthz");
                connection.write(&next.to_bytes()).await;
                let answers = String::from_utf8_lossy(&connection.rest().await).into_owned();
                assert!(
                    answers.matches("HTTP/1.1 ").count() <= 1 && !answers.contains(" 400 "),
                    "{length} {pause_ms}: {answers}"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn ids_are_decoded_and_never_split() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let id = owner.product("Greenhouse").await;
        let encoded = id.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat();
        assert_eq!(owner.get(&format!("/v5/products/{encoded}")).await.resource()["id"], *id);
        assert_eq!(owner.get(&format!("/v5/products/{}", id.to_uppercase())).await.resource()["id"], *id);
        for bad in [
            format!("{id}%2f"),
            format!("{id}/"),
            format!("{id}%00"),
            format!("%20{id}"),
            format!("{id}%ff"),
            format!("{id}.json"),
            format!("{id};v=1"),
        ] {
            owner.get(&format!("/v5/products/{bad}")).await.fails(404, "NF001");
        }
        owner.get(&format!("/v5/products/{id}?anything=goes")).await.is(200);
    })
    .await;
}

#[tokio::test]
async fn what_is_our_fault_is_500_and_says_nothing_of_the_inside() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        w.server.database().script("alter table webhook rename to mislaid");
        let answer = owner.get("/v5/webhooks").await;
        let entry = answer.fails(500, "XX500");
        assert_eq!(entry["title"], "Internal Error");
        let text = answer.to_string().replace(&answer.request, "").to_lowercase();
        for inside in ["webhook", "sql", "table", "mislaid", "select"] {
            assert!(!text.contains(inside), "{answer}");
        }
        owner.get("/v5/products").await.is(200);
    })
    .await;
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_504() {
    let impatient =
        |config: &mut impstead_server::Config| config.request_timeout = std::time::Duration::from_millis(50);
    on_each_with(impatient, async |w: World| {
        let claim = Request::new("POST", "/v5/auth").header("Content-Length", "10");
        let mut connection = Connection::open(w.address()).await;
        connection.write(&claim.to_bytes()).await; // and nothing more
        connection.answer_to(&claim).await.fails(504, "XX504");
    })
    .await;
}
