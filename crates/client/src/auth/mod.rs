//! Signing in and out.

mod session;

pub(crate) use session::Session;

use crate::{Client, Error, Renewal, Secret, StoredSession, transport::Request};
use impstead_wire::{OtpLogin, PasswordLogin, Timestamp, TokenExchange, Tokens};
use reqwest::{Method, header::HeaderValue};
use serde::Deserialize;

const OTP_HEADER: &str = "x-electricimp-otp-token";

/// The first half of a sign-in to an account with a second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtpChallenge {
    /// Stands for the user name and password in the second half.
    pub login_token: Secret,
    /// Until when it does, if the service said so.
    pub expires_at: Option<Timestamp>,
}

impl OtpChallenge {
    /// Reads the challenge out of a failed `POST /auth`.
    ///
    /// # Source
    /// impCentral API v5: status 403 and `errors[0].meta.login_token`.
    pub(crate) fn from_error(error: &Error) -> Option<Self> {
        #[derive(Deserialize)]
        struct Meta {
            login_token: Secret,
            #[serde(default)]
            expires_at: Option<String>,
        }
        let error = error.service().filter(|error| error.status() == 403)?;
        let Meta { login_token, expires_at } = Meta::deserialize(error.errors().first()?.meta.as_ref()?).ok()?;
        Some(Self { login_token, expires_at: expires_at.as_deref().and_then(Timestamp::parse) })
    }
}

/// Signing in and out. What a sign-in gives is kept in the client's [`TokenStore`](crate::TokenStore).
impl Client {
    /// Signs in with a user name or e-mail address and a password.
    ///
    /// # Errors
    /// [`Error::OtpRequired`] if the account has a second factor: go on with
    /// [`sign_in_with_otp`](Self::sign_in_with_otp). [`Error::Unauthorized`] if the name or the password is wrong.
    pub async fn sign_in(&self, user: &str, password: &str) -> Result<(), Error> {
        let body = PasswordLogin { id: user.to_owned(), password: password.to_owned() };
        let request = Request::new(Method::POST, self.v5(&["auth"])?).without_token().json(&body);
        let tokens = self.authenticate(request).await.map_err(|error| match OtpChallenge::from_error(&error) {
            Some(challenge) => Error::OtpRequired(challenge),
            None => error,
        })?;
        self.keep_password_tokens(tokens).await
    }

    /// Completes a sign-in with a one-time password.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] if the one-time password is wrong or the challenge too old: begin again with
    /// [`sign_in`](Self::sign_in).
    pub async fn sign_in_with_otp(&self, challenge: &OtpChallenge, otp: &str) -> Result<(), Error> {
        let otp = HeaderValue::from_str(otp).map_err(|_| Error::settings("the one-time password is not plain text"))?;
        let body = OtpLogin { login_token: challenge.login_token.expose().to_owned() };
        let request =
            Request::new(Method::POST, self.v5(&["auth"])?).without_token().secret_header(OTP_HEADER, otp).json(&body);
        let tokens = self.authenticate(request).await?;
        self.keep_password_tokens(tokens).await
    }

    /// Signs in with a login key, which the client then exchanges for access tokens as long as it exists.
    ///
    /// # Errors
    /// [`Error::SignInAgain`] if there is no such key.
    pub async fn sign_in_with_login_key(&self, key: &str) -> Result<(), Error> {
        let renewal = Renewal::LoginKey(key.into());
        let tokens = self.exchange(&renewal).await?;
        self.inner.session.replace(Some(self.stored(tokens, Some(renewal)))).await
    }

    /// Goes on with a refresh token obtained elsewhere.
    ///
    /// # Errors
    /// [`Error::SignInAgain`] if the token is no longer valid.
    pub async fn sign_in_with_refresh_token(&self, token: &str) -> Result<(), Error> {
        let renewal = Renewal::RefreshToken(token.into());
        let mut tokens = self.exchange(&renewal).await?;
        let newer = tokens.refresh_token.take().map(|token| Renewal::RefreshToken(token.into()));
        self.inner.session.replace(Some(self.stored(tokens, newer.or(Some(renewal))))).await
    }

    /// Forgets the tokens. The service is not told: a refresh token lives on until it is deleted there.
    pub async fn forget(&self) -> Result<(), Error> {
        self.inner.session.replace(None).await
    }

    /// Returns how this client is signed in to its endpoint, without asking the service.
    pub async fn session(&self) -> Result<Option<StoredSession>, Error> {
        self.inner.session.load().await
    }

    async fn keep_password_tokens(&self, mut tokens: Tokens) -> Result<(), Error> {
        let renewal = tokens.refresh_token.take().map(|token| Renewal::RefreshToken(token.into()));
        self.inner.session.replace(Some(self.stored(tokens, renewal))).await
    }

    /// `POST /auth/token`. A credential that is not known (404) has ended.
    pub(crate) async fn exchange(&self, renewal: &Renewal) -> Result<Tokens, Error> {
        let body = match renewal {
            Renewal::RefreshToken(token) => TokenExchange::RefreshToken { token: token.expose().to_owned() },
            Renewal::LoginKey(key) => TokenExchange::LoginKey { key: key.expose().to_owned() },
        };
        let request = Request::new(Method::POST, self.v5(&["auth", "token"])?).without_token().idempotent().json(&body);
        self.authenticate(request).await.map_err(|error| match error {
            Error::NotFound(_) => Error::SignInAgain,
            error => error,
        })
    }

    async fn authenticate(&self, request: Request) -> Result<Tokens, Error> {
        let answer = self.execute_unsigned(request).await?;
        answer.decode()
    }

    pub(crate) fn stored(&self, tokens: Tokens, renewal: Option<Renewal>) -> StoredSession {
        self.inner.session.stored(tokens, renewal)
    }
}
