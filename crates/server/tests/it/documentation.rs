//! `/openapi.json`, `/docs` and `/`

use crate::world::{World, on_each};
use impstead_server::{Access, routes};

#[tokio::test]
async fn the_openapi_document_has_every_route() {
    on_each(async |w: World| {
        let answer = w.nobody().get("/openapi.json").await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let document = answer.is(200);
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["servers"][0]["url"], w.public_url());
        for route in routes() {
            let operation = &document["paths"][route.path][route.method.as_str().to_ascii_lowercase()];
            assert_eq!(operation["operationId"], route.operation);
            assert_eq!(operation["security"].as_array().unwrap().is_empty(), route.access == Access::Public);
            assert_eq!(
                operation["responses"].get("401").is_some(),
                route.access != Access::Public || route.operation == "auth.login"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn the_reference_needs_neither_scripts_nor_other_servers() {
    on_each(async |w: World| {
        let answer = w.nobody().get("/docs").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("script"), "{policy}");
        let page = String::from_utf8(answer.body).unwrap();
        for route in routes() {
            assert!(page.contains(&format!("id=\"{}\"", route.operation)), "{}", route.operation);
        }
        assert!(!page.contains("<script") && !page.contains("<link rel=\"stylesheet") && !page.contains("@import"));

        let index = w.nobody().get("/").await;
        assert_eq!((index.status, index.header("location")), (307, Some("/docs")));
    })
    .await;
}
