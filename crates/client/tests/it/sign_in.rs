//! Signing in and out.

use crate::fixtures::{NOW_MS, builder, tokens};
use crate::scripted::{Received, Reply, Server};
use impstead_client::{Error, Renewal};
use serde_json::json;

const AUTH: &str = "POST /v5/auth";

fn service(request: &Received) -> Reply {
    let signed_in = || {
        let body = json!({ "access_token": "access", "expires_in": 3600, "expires_at": "2026-03-02T10:15:04.221Z",
            "refresh_token": "refresh" });
        Reply::new(200, body.to_string())
    };
    let challenge = || {
        let error = json!({ "id": "e", "status": "403", "code": "PX200", "title": "One-Time Password Required",
            "detail": "", "meta": { "login_token": "f2c1", "expires_at": "2026-03-02T09:20:04.221Z" } });
        Reply::new(403, json!({ "errors": [error] }).to_string())
    };
    match (request.body.as_str(), request.header("x-electricimp-otp-token")) {
        (r#"{"id":"careful","password":"correct horse"}"#, "") => challenge(),
        (r#"{"id":"grower","password":"correct horse"}"#, "") | (r#"{"login_token":"f2c1"}"#, "123456") => signed_in(),
        _ => Reply::error(401, "PX100", "Invalid Credentials", "Wrong."),
    }
}

#[tokio::test]
async fn with_a_password() {
    let server = Server::start(service);
    let client = builder(&server).build().unwrap();
    assert!(matches!(client.accounts().me().await, Err(Error::NotSignedIn)));
    let error = client.sign_in("grower", "wrong").await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized(_)), "{error:?}");
    client.sign_in("grower", "correct horse").await.unwrap();
    let session = client.session().await.unwrap().unwrap();
    assert_eq!(session.renewal, Some(Renewal::RefreshToken("refresh".into())));
    assert_eq!(session.access.expires_at.as_ms(), NOW_MS + 3_600_000, "by our clock, not the service's");
    assert_eq!(server.lines(), [AUTH, AUTH]);
    assert_eq!(server.requests()[0].header("content-type"), "application/json");
    assert_eq!(server.requests()[0].header("authorization"), "");
    client.forget().await.unwrap();
    assert_eq!(client.session().await.unwrap(), None);
    assert!(matches!(client.accounts().me().await, Err(Error::NotSignedIn)));
}

#[tokio::test]
async fn with_a_one_time_password() {
    let server = Server::start(service);
    let client = builder(&server).build().unwrap();
    let error = client.sign_in("careful", "correct horse").await.unwrap_err();
    let Error::OtpRequired(challenge) = error else { panic!("{error:?}") };
    assert_eq!(challenge.expires_at.unwrap().to_string(), "2026-03-02T09:20:04.221Z");
    let error = client.sign_in_with_otp(&challenge, "000000").await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized(_)), "{error:?}");
    client.sign_in_with_otp(&challenge, "123456").await.unwrap();
    assert!(client.session().await.unwrap().is_some());
}

#[tokio::test]
async fn an_answer_that_is_no_token_is_an_error() {
    for body in ["", "null", "{}", "<html>", r#"{"access_token":"a"}"#] {
        let server = Server::start(move |_| Reply::new(200, body));
        let error = builder(&server).build().unwrap().sign_in("grower", "x").await.unwrap_err();
        assert!(matches!(&error, Error::Decode { operation, .. } if operation == "POST /auth"), "{body}: {error:?}");
    }
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let server = Server::start(|request| match request.target.as_str() {
        "/v5/auth/token" => tokens("s3cret-access"),
        _ => Reply::error(404, "NF001", "Resource Not Found", ""),
    });
    let client = builder(&server).build().unwrap();
    client.sign_in_with_login_key("s3cret-key").await.unwrap();
    let session = client.session().await.unwrap();
    let error = client.login_keys().delete("s3cret-key", "s3cret-password").await.unwrap_err();
    let challenge = impstead_client::OtpChallenge { login_token: "s3cret-login".into(), expires_at: None };
    let shown = format!(
        "{client:?} {session:?} {error:?} {error} {challenge:?} {:?}",
        builder(&server).proxy("http://u:s3cret@h")
    );
    assert!(!shown.contains("s3cret"), "{shown}");
}
