use crate::auth::OtpChallenge;
use crate::service_error::ServiceError;
use std::{io, sync::Arc, time::Duration};

/// Why a call failed.
///
/// Cheap to clone: many callers may share one failed renewal of the access token.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The service does not know the resource, or does not show it to this account (404).
    #[error("not found: {0}")]
    NotFound(ServiceError),

    /// The service refused the credentials (401): a wrong user name, password or one-time password when signing in, an
    /// access token that stays refused after it was renewed otherwise.
    #[error("the service refused the credentials: {0}")]
    Unauthorized(ServiceError),

    /// The account has a second factor: sign in again with [`Client::sign_in_with_otp`](crate::Client::sign_in_with_otp).
    #[error("the account asks for a one-time password")]
    OtpRequired(OtpChallenge),

    /// No tokens are kept for this endpoint: sign in first.
    #[error("not signed in")]
    NotSignedIn,

    /// The refresh token or login key is no longer valid: sign in again.
    #[error("the sign-in has ended")]
    SignInAgain,

    /// The service still answered 429 when the attempts or the time of the [`RetryPolicy`](crate::RetryPolicy) ran out.
    #[error("too many requests: {error}")]
    RateLimited {
        /// The last answer.
        error: ServiceError,
        /// How long the service asked to wait, if it said so.
        retry_after: Option<Duration>,
    },

    /// The service answered with any other error, for example a conflict (409) or code that does not compile (400).
    #[error("{0}")]
    Service(ServiceError),

    /// No answer arrived: no connection, a lost connection, or a time-out.
    #[error("no answer from the service after {attempts} attempt(s)")]
    Transport {
        /// How often the request was sent.
        attempts: u32,
        /// Whether the last attempt ran out of time.
        timed_out: bool,
        /// What happened to the last attempt. It does not name the URL, which may hold a secret.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },

    /// A successful answer is not what the contract says.
    #[error("the answer to {operation} is not understood")]
    Decode {
        /// Method and path of the request.
        operation: String,
        /// What is wrong with it.
        #[source]
        source: Arc<serde_json::Error>,
    },

    /// A successful answer is larger than [`ClientBuilder::max_response_bytes`](crate::ClientBuilder::max_response_bytes).
    #[error("the answer to {operation} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// Method and path of the request.
        operation: String,
        /// The limit.
        limit_bytes: usize,
    },

    /// The pages of a list lead back to a page that was read already.
    #[error("the pages of {operation} never end")]
    PagingLoop {
        /// Method and path of the request.
        operation: String,
    },

    /// No resource can have this id: it is empty, `.` or `..`.
    #[error("`{0}` cannot be an id")]
    InvalidId(String),

    /// The token store failed.
    #[error("cannot use the stored tokens")]
    TokenStore(#[source] Arc<io::Error>),

    /// The client cannot be built from its settings.
    #[error("invalid client settings: {reason}")]
    Settings {
        /// Which setting, and what is wrong with it.
        reason: String,
        /// The cause, where there is one.
        #[source]
        source: Option<Arc<dyn std::error::Error + Send + Sync>>,
    },
}

impl Error {
    /// Returns the service's own words, where the service answered at all.
    pub fn service(&self) -> Option<&ServiceError> {
        match self {
            Self::NotFound(error)
            | Self::Unauthorized(error)
            | Self::RateLimited { error, .. }
            | Self::Service(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the service does not know the resource.
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound(_))
    }

    /// Whether only a new sign-in can help.
    pub const fn needs_sign_in(&self) -> bool {
        matches!(self, Self::NotSignedIn | Self::SignInAgain | Self::Unauthorized(_))
    }

    pub(crate) fn token_store(error: io::Error) -> Self {
        Self::TokenStore(Arc::new(error))
    }

    pub(crate) fn settings(reason: impl Into<String>) -> Self {
        Self::Settings { reason: reason.into(), source: None }
    }

    pub(crate) fn settings_because(
        reason: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::Settings { reason: reason.into(), source: Some(Arc::new(source)) }
    }

    pub(crate) fn decode(operation: &str, source: serde_json::Error) -> Self {
        Self::Decode { operation: operation.to_owned(), source: Arc::new(source) }
    }
}
