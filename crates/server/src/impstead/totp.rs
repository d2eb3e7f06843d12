//! `/impstead/v1/accounts/me/totp`: the second factor, a one-time password at sign-in.

use super::one_time_password::{Secret, base32, is_code, matching_step, new_recovery_code, normal_recovery_code};
use crate::{
    App,
    auth::slow_guesses,
    caller::{Caller, ConfirmedCaller, Visit},
    document::{Created, NoContent, One, Reply},
    error::{ApiError, internal, invalid_attribute, not_found},
    secrets::{Purpose, token_hash},
    shape::{Attribute, Body, Kind, Shape, Write},
};
use axum::extract::State;
use impstead_model::AccountId;
use impstead_store::{Act, Conflict, Credentials, StoreError};
use impstead_wire::{self as wire, Linkage, OwnerRelationship, SelfLink};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// How many recovery codes an enrolment gives.
const RECOVERY_CODES: usize = 10;

pub const CONFIRM: Shape = Shape {
    types: &["totp"],
    attributes: &[Attribute { name: "code", kind: Kind::Text { min: 6, max: 6 }, write: Write::Required }],
    relationships: &[],
};

/// Says whether `code` is the account's second factor, a one-time password or a recovery code, and uses it up.
///
/// False for an account without a second factor. Counting failures is the caller's business.
pub(crate) async fn verify_second_factor(
    app: &App,
    account: &AccountId,
    credentials: &Credentials,
    code: &str,
    act: Act,
) -> Result<bool, ApiError> {
    if !credentials.totp_enabled {
        return Ok(false);
    }
    let code = code.trim();
    if !is_code(code) {
        let hash = token_hash(&normal_recovery_code(code));
        return Ok(app.store.use_recovery_code(account, &hash, act).await?);
    }
    match matching_step(&open_secret(app, credentials)?, code, act.at_ms, credentials.totp_last_step) {
        Some(step) => Ok(app.store.use_totp_step(account, step).await?),
        None => Ok(false),
    }
}

/// `GET /impstead/v1/accounts/me/totp`
pub async fn show(caller: Caller, State(app): State<App>) -> Reply<One<wire::Totp>> {
    let credentials = credentials(&app, caller.account()).await?;
    let left = app.store.recovery_codes_left(caller.account()).await?;
    Ok(One(resource(&app, caller.account(), credentials.totp_enabled, left)))
}

/// `POST /impstead/v1/accounts/me/totp`
pub async fn begin(ConfirmedCaller(caller): ConfirmedCaller, State(app): State<App>) -> Reply<Created<wire::Totp>> {
    let secret: Secret = app.entropy.bytes();
    let sealed = app.key.seal(Purpose::Totp, &secret, &*app.entropy);
    if !app.store.begin_totp(caller.account(), sealed, caller.act(&app)).await? {
        return Err(not_found("account"));
    }
    let secret = base32(&secret);
    let mut totp = resource(&app, caller.account(), false, 0);
    totp.attributes.otpauth_url = Some(otpauth_url(&caller.session().username, &secret));
    totp.attributes.secret = Some(secret);
    Ok(Created(totp))
}

/// `POST /impstead/v1/accounts/me/totp/confirm`
pub async fn confirm(caller: Caller, visit: Visit, State(app): State<App>, body: Body) -> Reply<One<wire::Totp>> {
    let code = CONFIRM.create(&body)?.text("code").unwrap_or_default();
    let credentials = credentials(&app, caller.account()).await?;
    if credentials.totp_enabled {
        return Err(StoreError::Conflict(Conflict::TotpEnabled).into());
    }
    if credentials.totp_secret.is_none() {
        return Err(not_found("enrolment"));
    }
    // Without this, a stolen token could guess the code of an enrolment that its owner has begun.
    slow_guesses(&app, &visit)?;
    let act = caller.act(&app);
    let Some(step) = matching_step(&open_secret(&app, &credentials)?, &code, act.at_ms, credentials.totp_last_step)
    else {
        app.login_guard.failed(None, visit.address, visit.at_ms);
        return Err(invalid_attribute("/data/attributes/code", "The one-time password is wrong or was used before."));
    };
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| new_recovery_code(&*app.entropy)).collect();
    let hashes = codes.iter().map(|code| token_hash(&normal_recovery_code(code)).to_vec()).collect();
    if !app.store.confirm_totp(caller.account(), step, hashes, act).await? {
        return Err(not_found("enrolment"));
    }
    let left = i64::try_from(codes.len()).unwrap_or(i64::MAX);
    let mut totp = resource(&app, caller.account(), true, left);
    totp.attributes.recovery_codes = Some(codes);
    Ok(One(totp))
}

/// `DELETE /impstead/v1/accounts/me/totp`
pub async fn delete(ConfirmedCaller(caller): ConfirmedCaller, State(app): State<App>) -> Reply<NoContent> {
    if app.store.disable_totp(caller.account(), caller.act(&app)).await? {
        Ok(NoContent)
    } else {
        Err(not_found("second factor"))
    }
}

async fn credentials(app: &App, account: &AccountId) -> Result<Credentials, ApiError> {
    app.store.credentials(account).await?.ok_or_else(|| not_found("account"))
}

fn open_secret(app: &App, credentials: &Credentials) -> Result<Vec<u8>, ApiError> {
    let sealed = credentials.totp_secret.as_deref().unwrap_or_default();
    app.key.open(Purpose::Totp, sealed).ok_or_else(|| internal("the server key does not open a TOTP secret"))
}

/// Writes what authenticator apps read from a QR code.
fn otpauth_url(username: &str, secret: &str) -> String {
    let username = utf8_percent_encode(username, NON_ALPHANUMERIC);
    format!("otpauth://totp/Impstead:{username}?secret={secret}&issuer=Impstead&algorithm=SHA1&digits=6&period=30")
}

fn resource(app: &App, account: &AccountId, enabled: bool, recovery_codes_left: i64) -> wire::Totp {
    wire::Totp {
        kind: "totp".into(),
        id: account.to_string(),
        links: SelfLink { this: format!("{}/impstead/v1/accounts/me/totp", app.config.public_url) },
        attributes: wire::TotpAttributes {
            enabled,
            recovery_codes_left,
            secret: None,
            otpauth_url: None,
            recovery_codes: None,
        },
        relationships: OwnerRelationship { owner: Some(Linkage::new("account", account.as_str())) },
    }
}
