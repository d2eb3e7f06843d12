//! `/v5/auth`

use crate::{
    App,
    caller::Visit,
    document::{Reply, json},
    error::{ApiError, invalid_attribute, missing, not_found, otp_required, rate_limited, unauthorized},
    impstead::totp::verify_second_factor,
    rate_limit::network,
    secrets::{new_access_token, new_hex_token, token_hash},
    shape::Body,
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use impstead_model::{AccountId, hex};
use impstead_store::{Conflict, NewAccess, NewSession, StoreError};
use impstead_wire::{self as wire, Timestamp};

/// Live refresh tokens of an account; a further sign-in silently evicts the oldest.
const MOST_REFRESH_TOKENS: i64 = 5;

/// Life of a login token, in milliseconds, and how many one-time passwords may be tried with it. Our choice.
const LOGIN_TOKEN_MS: i64 = 5 * 60 * 1000;
const MOST_OTP_ATTEMPTS: i64 = 5;

const OTP_HEADER: &str = "x-electricimp-otp-token";

/// `POST /v5/auth`: signs in with a password, or completes that with a one-time password.
pub async fn login(State(app): State<App>, visit: Visit, headers: HeaderMap, body: Body) -> Reply<Response> {
    slow_guesses(&app, &visit)?;
    let outcome = if body.0.get("login_token").is_some() {
        second_step(&app, &visit, &headers, &body).await
    } else {
        first_step(&app, &visit, &headers, &body).await
    };
    app.metrics.login(match &outcome {
        Ok(_) => "success",
        Err(error) if error.entries[0].code == "PX200" => "otp_required",
        Err(_) => "failure",
    });
    outcome
}

async fn first_step(app: &App, visit: &Visit, headers: &HeaderMap, body: &Body) -> Reply<Response> {
    let (name, password) = (member(body, "id")?, member(body, "password")?);
    let account = app.store.account_by_name(name).await?;
    // A name that is nobody's is locked like an account, so that a lock does not tell which names exist.
    let id = account.as_ref().map_or_else(|| nobody(name), |account| account.id.clone());
    let _turn = app.login_guard.turn(&id).await;
    refuse_locked(app, visit, &id).await?;
    let credentials = match &account {
        Some(account) => app.store.credentials(&account.id).await?,
        None => None,
    };
    let hash = credentials.as_ref().map(|credentials| credentials.password_hash.as_str());
    let matches = app.passwords.verify(password, hash).await?;
    let (Some(account), Some(credentials), true) = (account, credentials, matches) else {
        app.login_guard.failed(Some(&id), visit.address, visit.at_ms);
        return Err(unauthorized("The id or the password is wrong."));
    };
    if account.disabled {
        return Err(unauthorized("The account is disabled; ask the operator of this server."));
    }
    if credentials.totp_enabled {
        let login_token = new_hex_token(&*app.entropy);
        let expires_ms = visit.at_ms + LOGIN_TOKEN_MS;
        app.store.create_login_token(&token_hash(&login_token), &account.id, expires_ms).await?;
        return Err(otp_required(&login_token, Timestamp::from_ms(expires_ms)));
    }
    sign_in(app, visit, headers, (account.id, credentials.password_hash), None).await
}

async fn second_step(app: &App, visit: &Visit, headers: &HeaderMap, body: &Body) -> Reply<Response> {
    let refused = || unauthorized("The login token or the one-time password is wrong or has expired; sign in again.");
    let login_token = token_hash(member(body, "login_token")?);
    let otp = headers.get(OTP_HEADER).and_then(|otp| otp.to_str().ok()).ok_or_else(refused)?;
    let attempt = app.store.try_login_token(&login_token, MOST_OTP_ATTEMPTS, visit.at_ms).await?;
    let account = attempt.ok_or_else(refused)?;
    let _turn = app.login_guard.turn(&account).await;
    refuse_locked(app, visit, &account).await?;
    let credentials = app.store.credentials(&account).await?.ok_or_else(refused)?;
    let act = visit.act(app, Some(account.clone()));
    if !verify_second_factor(app, &account, &credentials, otp.trim(), act).await? {
        app.login_guard.failed(Some(&account), visit.address, visit.at_ms);
        return Err(refused());
    }
    sign_in(app, visit, headers, (account, credentials.password_hash), Some(login_token.to_vec())).await
}

async fn sign_in(
    app: &App,
    visit: &Visit,
    headers: &HeaderMap,
    (account, password_hash): (AccountId, String),
    login_token: Option<Vec<u8>>,
) -> Reply<Response> {
    let access_token = new_access_token(&*app.entropy);
    let refresh_token = new_hex_token(&*app.entropy);
    let user_agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let new = NewSession {
        account: account.clone(),
        password_hash,
        refresh_hash: token_hash(&refresh_token).to_vec(),
        access_hash: token_hash(&access_token).to_vec(),
        access_expires_ms: expiry(app, visit).as_ms(),
        ip_address: Some(visit.address.to_string()),
        user_agent: user_agent.map(|agent| agent.chars().take(255).collect()),
        most_refresh_tokens: MOST_REFRESH_TOKENS,
        login_token,
    };
    app.store.sign_in(new, visit.act(app, Some(account.clone()))).await.map_err(|error| match error {
        StoreError::Conflict(Conflict::Missing(_)) => unauthorized("The sign-in has expired; sign in again."),
        error => error.into(),
    })?;
    app.login_guard.succeeded(&account, visit.address);
    Ok(tokens(app, visit, access_token, Some(refresh_token)))
}

/// `POST /v5/auth/token`: exchanges a refresh token or a login key for an access token.
///
/// What cannot be exchanged answers 404: clients take just that to mean "sign in again".
pub async fn exchange(State(app): State<App>, visit: Visit, body: Body) -> Reply<Response> {
    let access_token = new_access_token(&*app.entropy);
    let access = NewAccess {
        hash: token_hash(&access_token).to_vec(),
        expires_ms: expiry(&app, &visit).as_ms(),
        ip_address: Some(visit.address.to_string()),
    };
    let act = visit.act(&app, None);
    if body.0.get("key").is_some_and(|key| !key.is_null()) {
        slow_guesses(&app, &visit)?;
        let lookup = app.key.lookup(&member(&body, "key")?.to_ascii_lowercase());
        if app.store.exchange_login_key(&lookup, access, act).await?.is_none() {
            app.login_guard.failed(None, visit.address, visit.at_ms);
            return Err(not_found("login key"));
        }
    } else {
        let hash = token_hash(member(&body, "token")?);
        app.store.exchange_refresh_token(&hash, access, act).await?.ok_or_else(|| not_found("refresh token"))?;
    }
    Ok(tokens(&app, &visit, access_token, None))
}

/// Stands for a name that no account has; short, however long the name is.
fn nobody(name: &str) -> AccountId {
    AccountId::from(format!("nobody {}", hex(&token_hash(&name.to_lowercase()))))
}

/// Refuses an account that was guessed at, to networks from which it has not signed in before.
async fn refuse_locked(app: &App, visit: &Visit, account: &AccountId) -> Result<(), ApiError> {
    let locked_s = app.login_guard.account_lock_s(account, visit.address, visit.at_ms);
    if locked_s == 0 {
        return Ok(());
    }
    let here = network(visit.address);
    let is_here = |address: &str| address.parse().is_ok_and(|address| network(address) == here);
    let sessions = app.store.refresh_tokens(account).await?;
    if sessions.iter().filter_map(|session| session.ip_address.as_deref()).any(is_here) {
        return Ok(());
    }
    Err(unauthorized(format!("The account is locked for {locked_s} s after repeated failures to sign in.")))
}

/// Refuses an address that guessed too often lately.
pub fn slow_guesses(app: &App, visit: &Visit) -> Result<(), ApiError> {
    match app.login_guard.address_pause_s(visit.address, visit.at_ms) {
        0 => Ok(()),
        seconds => Err(rate_limited(seconds, "Too many failures to sign in from this address; wait and try again.")),
    }
}

/// Returns when an access token made now expires.
fn expiry(app: &App, visit: &Visit) -> Timestamp {
    let life_ms = i64::try_from(app.config.access_token_life.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_ms(visit.at_ms.saturating_add(life_ms))
}

fn tokens(app: &App, visit: &Visit, access_token: String, refresh_token: Option<String>) -> Response {
    let expires_at = expiry(app, visit);
    let expires_in = (expires_at.as_ms() - visit.at_ms) / 1000;
    json(StatusCode::OK, "application/json", &wire::Tokens { access_token, expires_in, expires_at, refresh_token })
}

/// Returns a string member of a body that is not wrapped in `data`.
fn member<'b>(body: &'b Body, name: &str) -> Result<&'b str, ApiError> {
    let pointer = format!("/{name}");
    let value = body.0.get(name).ok_or_else(|| missing(pointer.clone()))?;
    let text = value.as_str().ok_or_else(|| invalid_attribute(pointer.clone(), "It must be a string."))?;
    if text.contains('\0') { Err(invalid_attribute(pointer, "It cannot hold a NUL character.")) } else { Ok(text) }
}
