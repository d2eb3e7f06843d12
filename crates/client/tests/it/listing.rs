//! Lists follow `next` to the end, and no further.

use crate::fixtures::{product, signed_in};
use crate::scripted::{Reply, Server};
use futures_util::TryStreamExt;
use impstead_client::{DeploymentFilter, DeviceFilter, Error, ProductFilter};
use serde_json::json;

fn page(names: &[&str], next: Option<String>) -> Reply {
    let data: Vec<_> = names.iter().map(|name| product(name, name)).collect();
    let mut links = json!({ "self": "", "first": "" });
    if let Some(next) = next {
        links["next"] = next.into();
    }
    Reply::new(200, json!({ "data": data, "links": links }).to_string())
}

/// The parameter `page[number]` of a target, with or without escapes.
fn number(target: &str) -> u32 {
    let plain = target.replace("%5B", "[").replace("%5D", "]");
    plain.split(['?', '&']).find_map(|pair| pair.strip_prefix("page[number]=")).map_or(0, |n| n.parse().unwrap())
}

#[tokio::test]
async fn streams_all_pages() {
    let server = Server::start(|request| {
        let n = number(&request.target);
        let next = |n| Some(format!("http://{}/v5/products?page[number]={n}&cursor=x", request.header("host")));
        match n {
            1 => page(&["a", "b"], next(2)),
            2 => page(&[], next(3)),
            3 => page(&["c"], None),
            _ => Reply::error(400, "VX004", "Invalid Parameter", ""),
        }
    });
    let client = signed_in(&server);
    let mut names = Vec::new();
    let mut products = client.products().list(&ProductFilter { owner: Some("a&b".into()) }).page_size(2).stream();
    while let Some(product) = products.try_next().await.unwrap() {
        names.push(product.attributes.name.clone());
    }
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(
        server.lines(),
        [
            "GET /v5/products?filter%5Bowner.id%5D=a%26b&page%5Bnumber%5D=1&page%5Bsize%5D=2",
            "GET /v5/products?page[number]=2&cursor=x",
            "GET /v5/products?page[number]=3&cursor=x",
        ]
    );
}

#[tokio::test]
async fn fetches_pages_only_when_needed() {
    let server = Server::start(|request| {
        let n = number(&request.target);
        page(&["a", "b"], Some(format!("/v5/products?page[number]={}", n + 1)))
    });
    let client = signed_in(&server);
    let mut products = client.products().list(&ProductFilter::default()).stream();
    assert_eq!(server.lines().len(), 0);
    products.try_next().await.unwrap();
    products.try_next().await.unwrap();
    assert_eq!(server.lines().len(), 1);
    products.try_next().await.unwrap();
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn one_page_at_a_time() {
    let server = Server::start(|_| page(&["a"], Some("/v5/products?page[number]=8".into())));
    let listing = signed_in(&server).products().list(&ProductFilter::default()).page_size(1000);
    let page = listing.page(7).await.unwrap();
    assert_eq!((page.items.len(), page.links.next.as_deref()), (1, Some("/v5/products?page[number]=8")));
    assert_eq!(server.lines(), ["GET /v5/products?page%5Bnumber%5D=7&page%5Bsize%5D=100"]);
}

#[tokio::test]
async fn pages_that_lead_back_end_the_stream() {
    // After `lead` pages the links go round in a loop of `length`.
    for (lead, length) in [(0, 1), (0, 2), (1, 1), (3, 5), (10, 7)] {
        let server = Server::start(move |request| {
            let n = number(&request.target);
            let next = if n == lead + length { lead + 1 } else { n + 1 };
            page(&["a"], Some(format!("/v5/products?page%5Bnumber%5D={next}&page%5Bsize%5D=100")))
        });
        let mut pages = signed_in(&server).products().list(&ProductFilter::default()).pages();
        let mut count = 0;
        let error = loop {
            match pages.try_next().await {
                Ok(Some(_)) => count += 1,
                Ok(None) => panic!("ended without an error"),
                Err(error) => break error,
            }
        };
        assert!(matches!(&error, Error::PagingLoop { operation } if operation == "GET /products"), "{error:?}");
        assert!((lead + length..=4 * (lead + length)).contains(&count), "{lead} {length}: {count} pages");
        assert_eq!(pages.try_next().await.unwrap().map(|_| ()), None, "nothing comes after an error");
    }
}

#[tokio::test]
async fn a_link_to_another_host_takes_no_token_there() {
    let elsewhere = Server::start(|_| page(&["stolen"], None));
    let there = elsewhere.url();
    let server = Server::start(move |request| match number(&request.target) {
        1 => page(&["a"], Some(format!("{there}/api/v5/products?page[number]=2"))),
        _ => page(&["b"], None),
    });
    let products = signed_in(&server).products().list(&ProductFilter::default()).collect().await.unwrap();
    assert_eq!(products.iter().map(|product| product.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(elsewhere.lines().is_empty());
}

#[tokio::test]
async fn an_error_ends_the_stream() {
    let server = Server::start(|request| match number(&request.target) {
        1 => page(&["a"], Some("/v5/products?page[number]=2".into())),
        _ => Reply::error(400, "VX004", "Invalid Parameter", "No."),
    });
    let mut products = signed_in(&server).products().list(&ProductFilter::default()).stream();
    assert!(products.try_next().await.unwrap().is_some());
    assert!(products.try_next().await.is_err());
    assert!(products.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn filters_are_named_as_the_contract_does() {
    let server = Server::start(|_| page(&[], None));
    let client = signed_in(&server);
    let deployments = DeploymentFilter {
        product: Some("p".into()),
        flagged: Some(false),
        tags: vec!["nightly".into(), "v1.4.0".into()],
        ..DeploymentFilter::default()
    };
    client.deployments().list(&deployments).collect().await.unwrap();
    client.devices().list(&DeviceFilter::unassigned()).collect().await.unwrap();
    client.refresh_tokens().list().collect().await.unwrap();
    let plain: Vec<_> = server.lines().iter().map(|line| line.replace("%5B", "[").replace("%5D", "]")).collect();
    assert_eq!(
        plain,
        [
            "GET /v5/deployments?filter[product.id]=p&filter[flagged]=false&filter[tags]=nightly%2Cv1.4.0&page[number]=1&page[size]=100",
            "GET /v5/devices?filter[devicegroup.owner.id]=null&page[number]=1&page[size]=100",
            "GET /v5/accounts/me/refresh_tokens",
        ]
    );
}
