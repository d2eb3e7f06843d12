//! Where requests may go.

use crate::receiver::Receiver;
use impstead_runtime::{Outbound, OutboundAnswer, OutboundError, OutboundLimits, OutboundRequest, UrlRefused};
use reqwest::{Method, header::HeaderMap};
use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use url::Url;

const LIMITS: OutboundLimits = OutboundLimits { total: Duration::from_secs(10), redirects: 3, body_bytes: 16 };

fn allowing(networks: &[&str]) -> Outbound {
    Outbound::new(networks.iter().map(|network| network.parse().unwrap()).collect())
}

async fn post(outbound: &Outbound, url: &str) -> Result<OutboundAnswer, OutboundError> {
    let (method, url) = (Method::POST, Url::parse(url).unwrap());
    outbound.send(OutboundRequest { method, url, headers: HeaderMap::new(), body: b"body".into() }, LIMITS).await
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused_however_they_are_written() {
    let outbound = allowing(&[]);
    for url in [
        "http://127.0.0.1:1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://017700000001/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://0/",
        "http://[::]/",
        "http://10.0.0.1/",
        "http://[fe80::1]/",
    ] {
        let error = post(&outbound, url).await.unwrap_err();
        assert!(matches!(error, OutboundError::Url(UrlRefused::Address)), "{url}: {error:?}");
    }
    for url in ["http://localhost:1/", "http://LOCALHOST:1/"] {
        let error = post(&outbound, url).await.unwrap_err();
        assert!(matches!(error, OutboundError::Address(_)), "{url}: {error:?}");
    }
    for (url, refusal) in [
        ("http://u@h.example/", UrlRefused::UserInfo),
        ("http://:p@h.example/", UrlRefused::UserInfo),
        ("ftp://h.example/", UrlRefused::Scheme),
        ("file:///etc/passwd", UrlRefused::Scheme),
    ] {
        assert_eq!(outbound.check(&Url::parse(url).unwrap()), Err(refusal), "{url}");
    }
}

#[tokio::test]
async fn networks_that_are_allowed_are_reached_and_no_others() {
    let mut receiver = Receiver::willing().await;
    let outbound = allowing(&["127.0.0.0/8"]);
    for host in ["127.0.0.1", "[::ffff:127.0.0.1]"] {
        let answer = post(&outbound, &format!("http://{host}:{}/x", receiver.address.port())).await.unwrap();
        assert_eq!(answer.status, 204);
        let received = receiver.next().await;
        assert_eq!((received.line.as_str(), received.body.as_str()), ("POST /x HTTP/1.1", "body"));
    }
    assert!(post(&outbound, "http://10.0.0.1/").await.is_err());
    assert!(post(&outbound, "http://[::1]/").await.is_err());
}

#[tokio::test]
async fn of_a_names_addresses_only_those_judged_are_connected_to() {
    let mut receiver = Receiver::willing().await;
    let lookups = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&lookups);
    // What is asked for once more is answered otherwise: the second answer would lead elsewhere.
    let outbound = Outbound::with_lookup(
        vec!["127.0.0.1/32".parse().unwrap()],
        Arc::new(move |_| {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            let addresses: Vec<IpAddr> = match number {
                0 => ["10.0.0.1", "127.0.0.2", "127.0.0.1"].map(|address| address.parse().unwrap()).into(),
                _ => ["127.0.0.2"].map(|address| address.parse().unwrap()).into(),
            };
            Box::pin(async move { Ok(addresses) })
        }),
    );
    let url = format!("http://rebinding.example:{}/", receiver.address.port());
    assert_eq!(post(&outbound, &url).await.unwrap().status, 204);
    assert_eq!(receiver.next().await.headers["host"], format!("rebinding.example:{}", receiver.address.port()));
    assert_eq!(lookups.load(Ordering::SeqCst), 1);
    assert!(matches!(post(&outbound, &url).await, Err(OutboundError::Address(_))));
}

#[tokio::test]
async fn redirects_are_followed_three_times_and_each_is_judged() {
    let outbound = allowing(&["127.0.0.0/8"]);
    for (status, expected) in [(307, 4), (308, 4), (301, 1), (302, 1), (303, 1)] {
        let mut receiver = Receiver::start(move |number| match number {
            3 => "200 OK\r\ncontent-length: 0".into(),
            _ => format!("{status} Elsewhere\r\nlocation: /next\r\ncontent-length: 0"),
        })
        .await;
        let answer = post(&outbound, &receiver.url()).await.unwrap();
        assert_eq!(answer.status.as_u16(), if expected == 4 { 200 } else { status });
        for number in 0..expected {
            let received = receiver.next().await;
            let path = if number == 0 { "/hook" } else { "/next" };
            assert_eq!((received.line, received.body), (format!("POST {path} HTTP/1.1"), "body".to_owned()));
        }
        assert!(receiver.is_idle());
    }
    let endless = Receiver::start(|_| "307 Elsewhere\r\nlocation: /\r\ncontent-length: 0".into()).await;
    assert!(matches!(post(&outbound, &endless.url()).await, Err(OutboundError::TooManyRedirects)));
    for (location, refusal) in [
        ("http://10.0.0.1/", UrlRefused::Address),
        ("http://[::1]/", UrlRefused::Address),
        ("http://u:p@h.example/", UrlRefused::UserInfo),
        ("file:///etc/passwd", UrlRefused::Scheme),
        ("http://", UrlRefused::Location),
    ] {
        let to = Receiver::start(move |_| format!("308 Elsewhere\r\nlocation: {location}\r\ncontent-length: 0")).await;
        match post(&outbound, &to.url()).await {
            Err(OutboundError::Redirect(refused)) => assert_eq!(refused, refusal, "{location}"),
            other => panic!("{location}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn long_bodies_and_those_that_do_not_end_are_cut() {
    let outbound = allowing(&["127.0.0.0/8"]);
    let long = Receiver::start(|_| format!("200 OK\r\nx: y\r\n\r\n{}", "x".repeat(1 << 20))).await;
    let answer = post(&outbound, &long.url()).await.unwrap();
    assert_eq!((answer.body.as_slice(), answer.is_whole), (&[b'x'; 16][..], false));
    let broken = Receiver::start(|_| "200 OK\r\ncontent-length: 100\r\n\r\nbegun".into()).await;
    let answer = post(&outbound, &broken.url()).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.is_whole), (200, false));
}
