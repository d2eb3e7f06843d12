use crate::{Client, Error, Listing};
use impstead_wire::RefreshToken;
use reqwest::Method;

/// The refresh tokens of the caller's account: `/accounts/me/refresh_tokens`.
#[derive(Clone, Copy, Debug)]
pub struct RefreshTokens<'a>(pub(crate) &'a Client);

impl RefreshTokens<'_> {
    /// Lists the live refresh tokens. Their secrets are not shown again.
    pub fn list(self) -> Listing<RefreshToken> {
        Listing::unpaged(self.0, self.0.v5(&["accounts", "me", "refresh_tokens"]))
    }

    /// Revokes a refresh token by its resource id, which is not its secret. Access tokens already issued stay valid.
    pub async fn delete(self, id: &str) -> Result<(), Error> {
        self.0.call(Method::DELETE, self.0.v5(&["accounts", "me", "refresh_tokens", id])?).await
    }
}
