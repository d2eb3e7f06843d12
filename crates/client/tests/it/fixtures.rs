//! Documents and clients that many tests need.

use crate::scripted::{Reply, Server};
use impstead_client::wire::Timestamp;
use impstead_client::{
    AccessToken, Client, ClientBuilder, MemoryTokenStore, Renewal, RetryPolicy, StoredSession, TokenStore,
};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// 2026-03-02T09:15:04Z.
pub const NOW_MS: i64 = 1_772_442_904_000;

pub fn clock() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(NOW_MS).unwrap())
}

/// A client of the server whose waits are short.
pub fn builder(server: &Server) -> ClientBuilder {
    Client::builder(server.url()).clock(clock).retry(quick()).request_timeout(Duration::from_secs(5))
}

pub fn quick() -> RetryPolicy {
    let (first_wait, longest_wait) = (Duration::from_millis(1), Duration::from_millis(4));
    RetryPolicy { max_attempts: 4, first_wait, longest_wait, max_total: Duration::from_secs(20) }
}

/// A client that is signed in with the access token `good-0` for an hour and the refresh token `refresh`.
pub fn signed_in(server: &Server) -> Client {
    builder(server).token_store(store(server, 3600)).build().unwrap()
}

/// A store with the access token `good-0` that was received 100 s ago.
pub fn store(server: &Server, expires_in_s: i64) -> MemoryTokenStore {
    let store = MemoryTokenStore::new();
    store.save(Some(&session(server, expires_in_s))).unwrap();
    store
}

pub fn session(server: &Server, expires_in_s: i64) -> StoredSession {
    let (received_at, expires_at) =
        (Timestamp::from_ms(NOW_MS - 100_000), Timestamp::from_ms(NOW_MS + expires_in_s * 1000));
    StoredSession {
        endpoint: format!("{}/v5", server.url()),
        renewal: Some(Renewal::RefreshToken("refresh".into())),
        access: AccessToken { token: "good-0".into(), received_at, expires_at },
    }
}

/// The answer of `/auth/token`.
pub fn tokens(access_token: &str) -> Reply {
    let expires_at = Timestamp::from_ms(NOW_MS + 3_600_000);
    Reply::new(200, json!({ "access_token": access_token, "expires_in": 3600, "expires_at": expires_at }).to_string())
}

pub fn document(data: Value) -> Reply {
    Reply::new(200, json!({ "data": data }).to_string()).header("content-type", "application/vnd.api+json")
}

pub fn account() -> Value {
    json!({ "type": "account", "id": "a1", "links": { "self": "http://h/v5/accounts/a1" },
        "attributes": { "username": "grower", "email": "grower@example.net", "tier": "free",
            "created_at": "2026-03-02T09:15:04.221Z", "updated_at": "2026-03-02T09:15:04.221Z" },
        "relationships": {} })
}

pub fn product(id: &str, name: &str) -> Value {
    json!({ "type": "product", "id": id, "links": { "self": format!("http://h/v5/products/{id}") },
        "attributes": { "name": name, "description": null, "created_at": "2026-03-02T09:15:04.221Z",
            "updated_at": "2026-03-02T09:15:04.221Z" },
        "relationships": { "owner": { "type": "account", "id": "a1" }, "creator": { "type": "account", "id": "a1" } } })
}
