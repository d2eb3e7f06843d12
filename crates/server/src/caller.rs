//! Who calls: access tokens, and what their accounts may reach.

use crate::{
    App,
    error::{ApiError, forbidden, internal, not_found, rate_limited, unauthorized, wrong_header},
    rate_limit::Bucket,
    secrets::token_hash,
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use impstead_model::{AccountId, Actor, Right, Role};
use impstead_store::{Act, KeptSession, SessionRecord};
use quick_cache::sync::Cache;
use std::{net::IpAddr, sync::Arc};

/// Sessions remembered; the least used are forgotten and read again.
const REMEMBERED: usize = 10_000;

/// For how long a session is believed without reading it again, in milliseconds. Changes made by this process are seen
/// at once; this bounds how long one made by another process on the same database goes unseen.
const BELIEVED_MS: i64 = 5_000;

/// The sessions of recent callers, by the hash of their access token.
pub struct Sessions(Cache<[u8; 32], Arc<Session>>);

/// A session and what goes with it.
pub struct Session {
    /// Hash of its access token.
    pub access_hash: [u8; 32],
    /// What the store says of it.
    pub record: SessionRecord,
    /// The account's allowance of requests.
    pub bucket: Arc<Bucket>,
    epoch: u64,
    read_ms: i64,
}

impl Sessions {
    pub fn new() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

/// Finds the live session of a request's access token; `None` without a token or with one that is not (or no longer) good.
pub async fn find_session(
    app: &App,
    headers: &HeaderMap,
    address: IpAddr,
    now_ms: i64,
) -> Result<Option<Arc<Session>>, ApiError> {
    let Some(token) = bearer_token(headers) else { return Ok(None) };
    let hash = token_hash(token);
    // The number is taken before the read: a change after it makes the entry stale.
    let epoch = app.store.session_epoch();
    let fresh = |session: &Arc<Session>| session.epoch == epoch && now_ms - session.read_ms < BELIEVED_MS;
    let session = if let Some(session) = app.sessions.0.get(&hash).filter(fresh) {
        session
    } else {
        // Else anybody could have the database looked at without end, with tokens that are no tokens.
        if !app.rate_limits.of_address(address, now_ms).take(now_ms).allowed {
            return Err(rate_limited(1, "Too many requests; slow down."));
        }
        let Some(record) = app.store.session(&hash).await? else {
            app.sessions.0.remove(&hash);
            return Ok(None);
        };
        let bucket = app.rate_limits.of_account(&record.account, now_ms);
        let session = Arc::new(Session { access_hash: hash, record, bucket, epoch, read_ms: now_ms });
        app.sessions.0.insert(hash, Arc::clone(&session));
        session
    };
    let record = &session.record;
    let elsewhere = app.config.bind_tokens_to_address && record.ip_address.as_deref() != Some(&*address.to_string());
    Ok((now_ms < record.expires_ms && !record.disabled && !elsewhere).then_some(session))
}

fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What the gate found out about a request, left in its extensions.
#[derive(Clone)]
pub struct Visit {
    /// Id of the request.
    pub request_id: Arc<str>,
    /// The client's address.
    pub address: IpAddr,
    /// When the request came, Unix time in milliseconds.
    pub at_ms: i64,
    /// The caller's session, if the access token is good.
    pub session: Option<Arc<Session>>,
}

impl Visit {
    /// Makes the record of who acts, for a caller that is not (yet) signed in.
    pub fn act(&self, app: &App, account: Option<AccountId>) -> Act {
        let actor = Actor {
            account,
            ip_address: Some(self.address.to_string()),
            request_id: Some(self.request_id.to_string()),
        };
        Act { actor, at_ms: self.at_ms, entropy: Arc::clone(&app.entropy) }
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| internal("a route stands outside the gate"))
    }
}

/// A signed-in caller. A handler that takes one answers 401 to everybody else.
pub struct Caller {
    visit: Visit,
    session: Arc<Session>,
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let visit = Visit::from_request_parts(parts, app).await?;
        let session = visit.session.clone();
        let session = session.ok_or_else(|| unauthorized("The access token is missing, unknown or expired."))?;
        Ok(Self { visit, session })
    }
}

impl Caller {
    /// The session, with the caller's account and what it reaches.
    pub fn session(&self) -> &SessionRecord {
        &self.session.record
    }

    /// The session as it is remembered, for what outlives the request.
    pub fn whole_session(&self) -> &Arc<Session> {
        &self.session
    }

    /// The caller's account.
    pub fn account(&self) -> &AccountId {
        &self.session.record.account
    }

    /// The caller's own session, for acts that end the others.
    pub fn kept(&self) -> KeptSession {
        let refresh_token = self.session.record.refresh_token.clone();
        KeptSession { refresh_token, access_hash: self.session.access_hash.to_vec() }
    }

    /// Makes the record of who acts.
    pub fn act(&self, app: &App) -> Act {
        self.visit.act(app, Some(self.account().clone()))
    }

    /// Refuses what the caller may not do to a resource of `owner`: 404 to a stranger, 403 where the role lacks the right.
    pub fn may(&self, right: Right, owner: &AccountId, what: &str) -> Result<Role, ApiError> {
        let role = self.session.record.reach.role(owner).ok_or_else(|| not_found(what))?;
        if role.may(right) {
            return Ok(role);
        }
        Err(forbidden(format!("Invalid Permission: the role `{}` does not allow this.", role.as_str())))
    }

    /// Takes the account named by a path segment or a relationship; `me` is the caller.
    pub fn account_named(&self, id: &str) -> AccountId {
        if id == "me" { self.account().clone() } else { AccountId::new(id) }
    }
}

/// A signed-in caller who also sent the account's password in `X-Electricimp-Password`.
pub struct ConfirmedCaller(pub Caller);

impl FromRequestParts<App> for ConfirmedCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        const HEADER: &str = "X-Electricimp-Password";
        let caller = Caller::from_request_parts(parts, app).await?;
        let refused = || wrong_header(HEADER, "The account's password is missing or wrong.");
        let password = parts.headers.get(HEADER).ok_or_else(refused)?;
        let password = std::str::from_utf8(password.as_bytes()).map_err(|_| refused())?;
        let credentials = app.store.credentials(caller.account()).await?.ok_or_else(refused)?;
        // Guessing a password with a stolen token is slowed as guessing it at login is.
        crate::auth::slow_guesses(app, &caller.visit)?;
        if app.passwords.verify(password, Some(&credentials.password_hash)).await? {
            Ok(Self(caller))
        } else {
            app.login_guard.failed(None, caller.visit.address, caller.visit.at_ms);
            Err(refused())
        }
    }
}
