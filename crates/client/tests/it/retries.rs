//! Failed requests are sent again where that is safe, and not for ever.

use crate::fixtures::{account, builder, document, quick, signed_in, store};
use crate::scripted::{Received, Reply, Server};
use futures_util::future::join_all;
use impstead_client::{Client, Error, NewProduct, RetryPolicy};
use std::{net::TcpListener, time::Duration};
use tokio::time::Instant;

const ME: &str = "GET /v5/accounts/me";
const CREATE: &str = "POST /v5/products";

/// Fails the first `times` requests of a kind.
fn failing(times: usize, reply: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |request: &Received| if request.nth < times { reply() } else { document(account()) })
}

async fn create(client: &Client) -> Error {
    client.products().create(&NewProduct::default()).await.unwrap_err()
}

#[tokio::test]
async fn idempotent_requests_outlive_short_failures() {
    for reply in [|| Reply::new(502, "<html>"), || Reply::new(503, ""), || Reply::new(504, ""), Reply::hang_up] {
        let server = failing(3, reply);
        signed_in(&server).accounts().me().await.unwrap();
        assert_eq!(server.count(ME), 4);
    }
    let server = failing(3, || document(account()).cut_at(10));
    signed_in(&server).accounts().me().await.unwrap();
    assert_eq!(server.count(ME), 4);
}

#[tokio::test]
async fn attempts_are_bounded() {
    let server = failing(usize::MAX, || Reply::new(503, "down"));
    let error = signed_in(&server).accounts().me().await.unwrap_err();
    assert!(matches!(&error, Error::Service(error) if error.status() == 503 && error.detail() == "down"), "{error:?}");
    assert_eq!(server.count(ME), 4);

    let server = failing(usize::MAX, Reply::hang_up);
    let error = signed_in(&server).accounts().me().await.unwrap_err();
    assert!(matches!(error, Error::Transport { attempts: 4, timed_out: false, .. }), "{error:?}");
    assert_eq!(server.count(ME), 4);
}

#[tokio::test]
async fn other_requests_are_not_repeated() {
    for reply in [|| Reply::new(503, ""), Reply::hang_up] {
        let server = failing(1, reply);
        create(&signed_in(&server)).await;
        assert_eq!(server.count(CREATE), 1);
    }
    let server = failing(1, || Reply::new(500, ""));
    signed_in(&server).accounts().me().await.unwrap_err();
    assert_eq!(server.count(ME), 1, "500 is an answer");
}

#[tokio::test]
async fn after_429_every_request_is_repeated() {
    let server = failing(3, || Reply::error(429, "XX429", "Rate Limited", "Slow down."));
    let error = create(&signed_in(&server)).await;
    assert!(matches!(error, Error::Decode { .. }), "the fourth answer is an account: {error:?}");
    assert_eq!(server.count(CREATE), 4);

    let server = failing(usize::MAX, || Reply::error(429, "XX429", "Rate Limited", "").header("retry-after", "0"));
    let error = create(&signed_in(&server)).await;
    assert!(matches!(&error, Error::RateLimited { retry_after: Some(Duration::ZERO), .. }), "{error:?}");
    assert_eq!(server.count(CREATE), 4);
}

/// In real time: a paused clock would jump ahead whenever the client waits for the server. The unit tests of the policy
/// check the exact waits.
#[tokio::test]
async fn waits_as_long_as_asked() {
    let checks = [
        ((|| Reply::new(429, "").header("retry-after", "1").header("x-ratelimit-reset", "30")) as fn() -> Reply),
        || Reply::new(429, "").header("x-ratelimit-reset", "1"),
        || Reply::new(503, "").header("retry-after", "1"),
        || Reply::new(503, "").header("retry-after", "Mon, 02 Mar 2026 09:15:05 GMT"),
    ]
    .map(|reply| async move {
        let server = failing(1, reply);
        let client = signed_in(&server);
        let started = Instant::now();
        client.accounts().me().await.unwrap();
        let waited = started.elapsed();
        assert!((Duration::from_secs(1)..Duration::from_secs(10)).contains(&waited), "{waited:?}");
        assert_eq!(server.count(ME), 2);
    });
    join_all(checks).await;
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_not_begun() {
    let server = failing(1, || Reply::new(429, "").header("retry-after", "3600"));
    let started = Instant::now();
    let error = signed_in(&server).accounts().me().await.unwrap_err();
    let asked = Some(Duration::from_secs(3600));
    assert!(matches!(error, Error::RateLimited { retry_after, .. } if retry_after == asked), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn the_total_time_is_bounded() {
    let server = failing(usize::MAX, || document(account()).after(Duration::from_secs(30)));
    let retry = RetryPolicy { max_total: Duration::from_millis(300), max_attempts: 100, ..quick() };
    let client = builder(&server).token_store(store(&server, 3600)).retry(retry);
    let client = client.request_timeout(Duration::from_millis(100)).build().unwrap();
    let started = Instant::now();
    let error = client.accounts().me().await.unwrap_err();
    assert!(matches!(error, Error::Transport { timed_out: true, attempts: 2..=4, .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_request_that_never_left_is_repeated() {
    // A port that was free a moment ago refuses connections.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = Client::builder(format!("http://127.0.0.1:{port}")).retry(quick()).build().unwrap();
    let error = client.sign_in("grower", "x").await.unwrap_err();
    assert!(matches!(error, Error::Transport { attempts: 4, timed_out: false, .. }), "{error:?}");
}

#[tokio::test]
async fn the_allowance_is_told() {
    let server = Server::start(|_| {
        let reply = document(account()).header("x-ratelimit-limit", "40").header("x-ratelimit-remaining", "39");
        reply.header("x-ratelimit-reset", "1")
    });
    let client = signed_in(&server);
    assert_eq!(client.rate_limit(), None);
    client.accounts().me().await.unwrap();
    let limit = client.rate_limit().unwrap();
    assert_eq!((limit.limit, limit.remaining, limit.reset_s), (40, 39, 1));
}
