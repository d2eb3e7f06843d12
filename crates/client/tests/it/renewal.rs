//! The access token is renewed once, in time, and not in vain.

use crate::fixtures::{account, builder, clock, document, session, signed_in, store, tokens};
use crate::scripted::{Received, Reply, Server};
use futures_util::future::join_all;
use impstead_client::{Client, Error, FileTokenStore, Renewal, TokenStore};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::{sync::Arc, time::Duration};

const EXCHANGE: &str = "POST /v5/auth/token";
const ME: &str = "GET /v5/accounts/me";

/// Accepts the tokens that begin with `good`, and gives `good-1`, `good-2` and so on for the refresh token.
fn service(request: &Received) -> Reply {
    match (request.line().as_str(), request.header("authorization")) {
        (EXCHANGE, _) if request.body.contains("\"refresh\"") => {
            tokens(&format!("good-{}", request.nth + 1)).after(Duration::from_millis(50))
        }
        (EXCHANGE, _) => Reply::error(404, "NF001", "Resource Not Found", "No such token."),
        (_, token) if token.starts_with("Bearer good") => document(account()),
        _ => Reply::error(401, "PX100", "Invalid Credentials", "The access token is not valid."),
    }
}

async fn call_many(client: &Client, callers: usize) -> Vec<Result<String, Error>> {
    let calls = (0..callers).map(|_| {
        let client = client.clone();
        async move { tokio::spawn(async move { client.accounts().me().await.map(|me| me.id.clone()) }).await.unwrap() }
    });
    join_all(calls).await
}

#[tokio::test]
async fn a_good_token_is_used_as_it_is() {
    let server = Server::start(service);
    call_many(&signed_in(&server), 3).await.into_iter().for_each(|result| assert_eq!(result.unwrap(), "a1"));
    assert_eq!(server.lines(), [ME; 3]);
}

#[tokio::test]
async fn before_expiry_once_for_all_callers() {
    let server = Server::start(service);
    let client = builder(&server).token_store(store(&server, 20)).build().unwrap();
    call_many(&client, 50).await.into_iter().for_each(|result| assert_eq!(result.unwrap(), "a1"));
    assert_eq!((server.count(EXCHANGE), server.count(ME)), (1, 50));
    let session = client.session().await.unwrap().unwrap();
    assert_eq!(session.access.token.expose(), "good-1");
    assert_eq!(session.renewal, Some(Renewal::RefreshToken("refresh".into())), "the refresh token stays");
}

#[tokio::test]
async fn after_401_once_for_all_callers() {
    let revoked = AtomicBool::new(true);
    let server = Server::start(move |request| match request.header("authorization") {
        "Bearer good-0" if revoked.load(Ordering::Relaxed) => Reply::error(401, "PX100", "Invalid Credentials", ""),
        _ => service(request),
    });
    call_many(&signed_in(&server), 50).await.into_iter().for_each(|result| assert_eq!(result.unwrap(), "a1"));
    assert_eq!(server.count(EXCHANGE), 1);
    assert!(server.count(ME) <= 100);
}

#[tokio::test]
async fn a_token_that_stays_refused_is_renewed_once_per_call() {
    let server = Server::start(|request| match request.line().as_str() {
        EXCHANGE => service(request),
        _ => Reply::error(401, "PX100", "Invalid Credentials", "Go away."),
    });
    let error = signed_in(&server).accounts().me().await.unwrap_err();
    assert!(matches!(&error, Error::Unauthorized(error) if error.detail() == "Go away."), "{error:?}");
    assert_eq!(server.lines(), [ME, EXCHANGE, ME]);
}

#[tokio::test]
async fn an_ended_sign_in_is_not_tried_again() {
    let server = Server::start(service);
    let mut stored = session(&server, 0);
    stored.renewal = Some(Renewal::RefreshToken("revoked".into()));
    let tokens = impstead_client::MemoryTokenStore::new();
    tokens.save(Some(&stored)).unwrap();
    let client = builder(&server).token_store(tokens).build().unwrap();
    for result in call_many(&client, 20).await {
        assert!(matches!(result, Err(Error::SignInAgain)), "{result:?}");
    }
    assert!(matches!(client.accounts().me().await, Err(Error::SignInAgain)));
    assert_eq!(server.lines(), [EXCHANGE], "one exchange, and no call with an expired token");
    // A new sign-in ends this state.
    client.sign_in_with_refresh_token("refresh").await.unwrap();
    assert!(client.accounts().me().await.is_ok());
}

#[tokio::test]
async fn callers_share_a_failure_and_later_ones_try_again() {
    let down = Arc::new(AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    let server = Server::start(move |request| match request.line().as_str() {
        EXCHANGE if is_down.load(Ordering::Relaxed) => Reply::new(500, "no").after(Duration::from_millis(100)),
        _ => service(request),
    });
    let client = builder(&server).token_store(store(&server, 0)).build().unwrap();
    for result in call_many(&client, 20).await {
        assert!(matches!(&result, Err(Error::Service(error)) if error.status() == 500), "{result:?}");
    }
    assert_eq!(server.lines(), [EXCHANGE]);
    down.store(false, Ordering::Relaxed);
    assert!(client.accounts().me().await.is_ok());
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_stop_the_others() {
    let server = Server::start(service);
    let client = builder(&server).token_store(store(&server, 0)).build().unwrap();
    let impatient = tokio::time::timeout(Duration::from_millis(10), client.accounts().me());
    let (gave_up, patient) = tokio::join!(impatient, client.accounts().me());
    assert!(gave_up.is_err());
    assert!(patient.is_ok());
}

#[tokio::test]
async fn a_login_key_is_exchanged_for_ever() {
    let server = Server::start(|request| match request.line().as_str() {
        EXCHANGE if request.body == r#"{"key":"9a3f0c77e1b2d458"}"# => tokens(&format!("good-{}", request.nth)),
        _ => service(request),
    });
    let now_s = Arc::new(AtomicU64::new(0));
    let seconds = Arc::clone(&now_s);
    let now = move || clock() + Duration::from_secs(seconds.load(Ordering::Relaxed));
    let client = builder(&server).clock(now).build().unwrap();
    client.sign_in_with_login_key("9a3f0c77e1b2d458").await.unwrap();
    for hour in 0..3 {
        now_s.store(hour * 3600, Ordering::Relaxed);
        client.accounts().me().await.unwrap();
        client.accounts().me().await.unwrap();
    }
    assert_eq!((server.count(EXCHANGE), server.count(ME)), (3, 6));
    let error = client.sign_in_with_login_key("unknown").await.unwrap_err();
    assert!(matches!(error, Error::SignInAgain));
}

#[tokio::test]
async fn tokens_go_to_their_own_endpoint_only() {
    let (one, other) = (Server::start(service), Server::start(service));
    let client = builder(&other).token_store(store(&one, 3600)).build().unwrap();
    assert!(matches!(client.accounts().me().await, Err(Error::NotSignedIn)));
    assert!(other.lines().is_empty());
}

#[tokio::test]
async fn what_another_process_renewed_is_used() {
    let server = Server::start(service);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tokens.json");
    FileTokenStore::new(&path).save(Some(&session(&server, 0))).unwrap();
    let client = || builder(&server).token_store(FileTokenStore::new(&path)).build().unwrap();
    // Clients of their own, as in processes of their own: only the file connects them.
    let clients: Vec<_> = (0..8).map(|_| client()).collect();
    for result in join_all(clients.iter().map(|client| async { client.accounts().me().await.map(drop) })).await {
        result.unwrap();
    }
    assert_eq!((server.count(EXCHANGE), server.count(ME)), (1, 8));
}
