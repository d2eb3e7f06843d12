use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// Body of `POST /auth`, first step.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasswordLogin {
    /// User name or e-mail address.
    pub id: String,
    /// The account's password.
    pub password: String,
}

/// Body of `POST /auth`, second step, beside the header `X-Electricimp-OTP-Token`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OtpLogin {
    /// The token from the first step's error `PX200`.
    pub login_token: String,
}

/// Body of `POST /auth`: one of its two steps.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Login {
    /// The first step.
    Password(PasswordLogin),
    /// The second step.
    Otp(OtpLogin),
}

/// Body of `POST /auth/token`: exactly one of the two.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum TokenExchange {
    /// A refresh token.
    RefreshToken {
        /// The refresh token.
        token: String,
    },
    /// A login key.
    LoginKey {
        /// The login key's id, which is its secret.
        key: String,
    },
}

/// Answer of `POST /auth` and `POST /auth/token`; not wrapped in `data`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tokens {
    /// The access token: opaque, at least 40 characters.
    pub access_token: String,
    /// The access token's life from now, in seconds.
    pub expires_in: i64,
    /// When the access token expires.
    pub expires_at: Timestamp,
    /// The refresh token; only after a login with a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

macro_rules! hide_in_debug {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), " { .. }"))
            }
        }
    )+};
}
hide_in_debug!(Login, PasswordLogin, OtpLogin, TokenExchange, Tokens);
