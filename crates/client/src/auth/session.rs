use crate::{AccessToken, Client, Error, Renewal, Secret, StoredSession, TokenStore, client::Clock};
use impstead_wire::{Timestamp, Tokens};
use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};
use tokio::task::spawn_blocking;

/// The access token of a client, renewed once for all its concurrent callers.
///
/// Tasks of one client wait for each other at `renewing`; processes that share a store wait at the store's lock and
/// then load again, because another process may have renewed meanwhile.
pub(crate) struct Session {
    endpoint: String,
    store: Arc<dyn TokenStore>,
    clock: Clock,
    margin: Duration,
    current: Mutex<Option<StoredSession>>,
    renewing: tokio::sync::Mutex<Renewing>,
    finished: AtomicU64,
}

#[derive(Default)]
struct Renewing {
    /// How the last attempt failed, for those who waited for it.
    failure: Option<Error>,
    /// A credential that the service no longer knows. It is not tried again.
    ended: Option<Renewal>,
}

impl Session {
    pub(crate) fn new(endpoint: String, store: Arc<dyn TokenStore>, clock: Clock, margin: Duration) -> Self {
        let (current, renewing) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { endpoint, store, clock, margin, current, renewing, finished: AtomicU64::new(0) }
    }

    /// Returns an access token that is good for a while yet and is not the `rejected` one.
    pub(crate) async fn access_token(&self, client: &Client, rejected: Option<&Secret>) -> Result<Secret, Error> {
        if let Some(token) = self.in_memory(rejected) {
            return Ok(token);
        }
        let finished = self.finished.load(Ordering::Acquire);
        let mut renewing = self.renewing.lock().await;
        if let Some(token) = self.in_memory(rejected) {
            return Ok(token);
        }
        if self.finished.load(Ordering::Acquire) != finished
            && let Some(failure) = &renewing.failure
        {
            // The attempt that this caller waited for failed; a hundred callers do not try a hundred times.
            return Err(failure.clone());
        }
        let result = self.renew(client, rejected, &mut renewing.ended).await;
        renewing.failure = result.as_ref().err().cloned();
        self.finished.fetch_add(1, Ordering::Release);
        result
    }

    /// Takes what another process left in the store, or exchanges the credential.
    async fn renew(
        &self,
        client: &Client,
        rejected: Option<&Secret>,
        ended: &mut Option<Renewal>,
    ) -> Result<Secret, Error> {
        // The common first call of a process: a stored token that is still good needs no lock.
        let stored = self.load().await?.ok_or(Error::NotSignedIn)?;
        if let Some(token) = self.adopt_if_usable(stored, rejected) {
            return Ok(token);
        }
        let store = Arc::clone(&self.store);
        let guard = blocking(move || store.lock()).await?;
        let stored = self.load().await?.ok_or(Error::NotSignedIn)?;
        if let Some(token) = self.adopt_if_usable(stored.clone(), rejected) {
            return Ok(token);
        }
        let renewal = stored.renewal.filter(|renewal| ended.as_ref() != Some(renewal)).ok_or(Error::SignInAgain)?;
        let mut tokens = match client.exchange(&renewal).await {
            Ok(tokens) => tokens,
            Err(error) => {
                if matches!(error, Error::SignInAgain) {
                    *ended = Some(renewal);
                }
                return Err(error);
            }
        };
        let newer = match &renewal {
            Renewal::RefreshToken(_) => tokens.refresh_token.take().map(|token| Renewal::RefreshToken(token.into())),
            Renewal::LoginKey(_) => None,
        };
        let session = self.stored(tokens, newer.or(Some(renewal)));
        self.save(Some(session.clone())).await?;
        drop(guard);
        let token = session.access.token.clone();
        *self.current() = Some(session);
        Ok(token)
    }

    /// Replaces the sign-in, here and in the store.
    pub(crate) async fn replace(&self, session: Option<StoredSession>) -> Result<(), Error> {
        let mut renewing = self.renewing.lock().await;
        let store = Arc::clone(&self.store);
        let guard = blocking(move || store.lock()).await?;
        self.save(session.clone()).await?;
        drop(guard);
        *renewing = Renewing::default();
        *self.current() = session;
        Ok(())
    }

    /// Loads the session for this endpoint; one for another endpoint is as good as none.
    pub(crate) async fn load(&self) -> Result<Option<StoredSession>, Error> {
        let store = Arc::clone(&self.store);
        let session = blocking(move || store.load()).await?;
        Ok(session.filter(|session| session.endpoint == self.endpoint))
    }

    pub(crate) fn stored(&self, tokens: Tokens, renewal: Option<Renewal>) -> StoredSession {
        let now = self.now_ms();
        let life_ms = tokens.expires_in.clamp(0, i64::from(u32::MAX)) * 1000;
        let access = AccessToken {
            token: tokens.access_token.into(),
            received_at: Timestamp::from_ms(now),
            expires_at: Timestamp::from_ms(now + life_ms),
        };
        StoredSession { endpoint: self.endpoint.clone(), renewal, access }
    }

    async fn save(&self, session: Option<StoredSession>) -> Result<(), Error> {
        let store = Arc::clone(&self.store);
        blocking(move || store.save(session.as_ref())).await
    }

    fn in_memory(&self, rejected: Option<&Secret>) -> Option<Secret> {
        let current = self.current();
        let session = current.as_ref().filter(|session| self.is_usable(session, rejected))?;
        Some(session.access.token.clone())
    }

    fn adopt_if_usable(&self, session: StoredSession, rejected: Option<&Secret>) -> Option<Secret> {
        if !self.is_usable(&session, rejected) {
            return None;
        }
        let token = session.access.token.clone();
        *self.current() = Some(session);
        Some(token)
    }

    fn is_usable(&self, session: &StoredSession, rejected: Option<&Secret>) -> bool {
        let AccessToken { token, received_at, expires_at } = &session.access;
        if rejected == Some(token) {
            return false;
        }
        // A short-lived token is used for three quarters of its life, whatever the margin.
        let life_ms = expires_at.as_ms() - received_at.as_ms();
        let margin_ms = i64::try_from(self.margin.as_millis()).unwrap_or(i64::MAX).min(life_ms / 4);
        let now = self.now_ms();
        // A clock that was set back must not stretch a token's life.
        (received_at.as_ms() - 1000..expires_at.as_ms().saturating_sub(margin_ms)).contains(&now)
    }

    fn now_ms(&self) -> i64 {
        let since_epoch = (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Option<StoredSession>> {
        self.current.lock().expect("no holder panics")
    }
}

/// Runs a call of the token store, which may block, away from the async tasks.
async fn blocking<T: Send + 'static>(call: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Error> {
    let result = spawn_blocking(call).await.unwrap_or_else(|error| Err(io::Error::other(error)));
    result.map_err(Error::token_store)
}
