//! What the service says about a failure reaches the caller.

use crate::fixtures::{account, builder, document, product, signed_in, store};
use crate::scripted::{Reply, Server};
use impstead_client::{Client, Error, NewDeployment, wire::Linkage};
use serde_json::json;

async fn me(reply: Reply) -> Error {
    let server = Server::start(move |_| reply.clone());
    signed_in(&server).accounts().me().await.unwrap_err()
}

#[tokio::test]
async fn kinds_are_told_apart() {
    let error = me(Reply::error(404, "NF001", "Resource Not Found", "No such account.")).await;
    assert!(error.is_not_found());
    let service = error.service().unwrap();
    assert_eq!((service.status(), service.code(), service.operation()), (404, "NF001", "GET /accounts/me"));
    assert_eq!(error.to_string(), "not found: Resource Not Found: No such account. (status 404, NF001)");

    let error = me(Reply::error(409, "CX001", "Duplicate Resource", "Products must have unique names.")).await;
    assert!(matches!(&error, Error::Service(error) if error.title() == "Duplicate Resource"));

    let error = me(Reply::new(302, "").header("location", "https://elsewhere.example.net/")).await;
    assert_eq!(error.to_string(), "redirected to https://elsewhere.example.net/ (status 302)");
}

#[tokio::test]
async fn answers_that_are_not_understood() {
    for body in ["", "null", "<html>", r#"{"data":null}"#, r#"{"data":{"type":"account"}}"#, "\u{0}\u{1}"] {
        let error = me(Reply::new(200, body)).await;
        assert!(
            matches!(&error, Error::Decode { operation, .. } if operation == "GET /accounts/me"),
            "{body}: {error:?}"
        );
    }
}

#[tokio::test]
async fn answers_that_are_too_large() {
    let server = Server::start(|_| Reply::new(200, vec![b' '; 5000]));
    let client = builder(&server).token_store(store(&server, 3600)).max_response_bytes(4000).build().unwrap();
    let error = client.accounts().me().await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit_bytes: 4000, .. }), "{error:?}");
}

#[tokio::test]
async fn places_of_compile_errors() {
    let server = Server::start(|_| {
        let place = |file, row| json!({ "file": file, "row": row, "column": 7, "type": "error", "text": "expression expected" });
        let error = |meta| {
            json!({ "id": "e", "status": "400", "code": "CX005", "title": "Compilation Error",
            "detail": "Code failed to compile.", "meta": [meta] })
        };
        let errors = [error(place("device_code", 12)), error(place("agent_code", 3))];
        Reply::new(400, json!({ "errors": errors }).to_string())
    });
    let deployment = NewDeployment::new(Linkage::new("development_devicegroup", "g1"), "x <-", "y <-");
    let error = signed_in(&server).deployments().create(&deployment).await.unwrap_err();
    let places = error.service().unwrap().compile_errors();
    let places: Vec<_> = places.iter().map(|place| (place.file.as_str(), place.row, place.column)).collect();
    assert_eq!(places, [("device_code", 12, 7), ("agent_code", 3, 7)]);
}

#[tokio::test]
async fn what_the_types_leave_out_is_kept() {
    let text = r#"{ "type":"product", "id":"p1","attributes":{"zeta":1e3,"name":"Greenhouse","big":12345678901234567890123,
        "description":null,"created_at":"2026-03-02T09:15:04.221Z","updated_at":"2026-03-02T09:15:04.221Z"},
        "relationships":{"owner":{"type":"account","id":"a1"},"creator":{"type":"account","id":"a1"}},
        "meta":[{"status":"200","code":"WA001","title":"Old","detail":"Name is old."}]}"#;
    let server = Server::start(move |_| Reply::new(200, format!("{{\"data\": {text} }}")));
    let product = signed_in(&server).products().get("p1").await.unwrap();
    assert_eq!(product.attributes.name, "Greenhouse");
    assert_eq!(product.raw().get(), text);
    assert_eq!(product.warnings()[0].code, "WA001");
    assert_eq!(product.linkage(), Linkage::new("product", "p1"));

    let server = Server::start(move |_| document(crate::fixtures::product("p1", "Greenhouse")));
    assert!(signed_in(&server).products().get("p1").await.unwrap().warnings().is_empty());
}

#[tokio::test]
async fn ids_that_would_name_something_else_are_not_sent() {
    let server = Server::start(|_| document(product("p1", "x")));
    for id in ["", ".", ".."] {
        assert!(matches!(signed_in(&server).products().delete(id).await, Err(Error::InvalidId(_))), "{id}");
    }
    assert!(server.lines().is_empty());
}

#[test]
fn settings_are_checked() {
    let build = |endpoint: &str| Client::builder(endpoint);
    for builder in [
        build("example.net"),
        build("https://user:password@example.net"),
        build("http://example.net").proxy("::"),
        build("https://example.net").root_certificates("not a certificate"),
    ] {
        assert!(matches!(builder.build(), Err(Error::Settings { .. })));
    }
    assert_eq!(build("http://example.net").build().unwrap().endpoint(), "http://example.net/v5");
}

#[tokio::test]
async fn a_proxy_is_used_if_asked_for() {
    let proxy = Server::start(|_| document(account()));
    let client = Client::builder("http://impstead.invalid").proxy(proxy.url()).build().unwrap();
    // Not a token, but an answer, from a host that does not exist.
    assert!(matches!(client.sign_in("grower", "x").await, Err(Error::Decode { .. })));
    assert_eq!(proxy.lines(), ["POST http://impstead.invalid/v5/auth"]);
}
