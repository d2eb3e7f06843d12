//! Passwords: Argon2id, off the async threads, a bounded number at a time.

use crate::error::{ApiError, internal, rate_limited};
use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use impstead_model::Entropy;
use sha2::{Digest, Sha256};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::Semaphore;

/// Hashes computed at once; each takes 19 MiB and tens of milliseconds.
const AT_ONCE: usize = 2;

/// Hashes that may wait their turn; beyond that callers are told to come back.
const MOST_WAITING: usize = 64;

/// Computes and checks password hashes.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// A hash of no password, checked where there is no account, so that the time taken does not tell.
    decoy: Arc<str>,
    cost: Params,
}

impl Passwords {
    /// With the parameters that OWASP recommends: 19 MiB, 2 passes, 1 lane.
    pub fn new(entropy: &dyn Entropy) -> Self {
        Self::with_cost(Params::new(19 * 1024, 2, 1, None).expect("the parameters are valid"), entropy)
    }

    /// With the least cost there is: for tests, never for people's passwords.
    pub fn cheap(entropy: &dyn Entropy) -> Self {
        Self::with_cost(Params::new(8, 1, 1, None).expect("the parameters are valid"), entropy)
    }

    fn with_cost(cost: Params, entropy: &dyn Entropy) -> Self {
        let decoy = decoy(&cost, &entropy.bytes()).into();
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), waiting: Arc::default(), decoy, cost }
    }

    /// Hashes a new password: a PHC string.
    pub async fn hash(&self, password: &str, entropy: &dyn Entropy) -> Result<String, ApiError> {
        let (password, salt, cost) = (password.to_owned(), entropy.bytes::<16>(), self.cost.clone());
        self.in_turn(move || hash_now(&cost, &password, &salt)).await?.map_err(|error| internal(error.to_string()))
    }

    /// Says whether a password is the one hashed; without a hash it takes as long and says no.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, ApiError> {
        let known = hash.is_some();
        let (password, hash) = (password.to_owned(), hash.unwrap_or(&self.decoy).to_owned());
        let matches = self
            .in_turn(move || {
                // The cost is read from the hash, so that old hashes go on working when the default changes.
                PasswordHash::new(&hash)
                    .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
            })
            .await?;
        Ok(matches && known)
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        if self.waiting.fetch_add(1, Ordering::AcqRel) >= MOST_WAITING {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            return Err(rate_limited(1, "Too many sign-ins at once; try again."));
        }
        let waiting = Waiting(&self.waiting);
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(internal)?;
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        let outcome = work.await.map_err(internal);
        drop(waiting);
        outcome
    }
}

/// Counts a waiting caller until it is served or goes away.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Makes what looks like a hash without computing one, which would take a tenth of a second and 19 MiB of memory at every
/// start.
fn decoy(cost: &Params, salt: &[u8; 16]) -> String {
    let (salt, output) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(Sha256::digest(salt)));
    format!("$argon2id$v=19$m={},t={},p={}${salt}${output}", cost.m_cost(), cost.t_cost(), cost.p_cost())
}

fn hash_now(cost: &Params, password: &str, salt: &[u8; 16]) -> argon2::password_hash::Result<String> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.clone());
    Ok(argon2.hash_password_with_salt(password.as_bytes(), salt)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use impstead_model::SystemEntropy;

    #[tokio::test]
    async fn verifies_what_it_hashed_and_nothing_else() {
        let passwords = Passwords::cheap(&SystemEntropy);
        let hash = passwords.hash("correct horse", &SystemEntropy).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("wrong horse", Some(&hash)).await.unwrap());
        assert!(!passwords.verify("", None).await.unwrap(), "nothing matches where there is no account");
    }

    #[test]
    fn a_decoy_is_checked_like_a_hash() {
        let passwords = Passwords::cheap(&SystemEntropy);
        let decoy = PasswordHash::new(&passwords.decoy).unwrap();
        let verdict = Argon2::default().verify_password(b"", &decoy);
        assert_eq!(verdict, Err(argon2::password_hash::Error::PasswordInvalid));
        let real = hash_now(&passwords.cost, "", &[0; 16]).unwrap();
        let shape = |hash: &str| hash.split('$').map(str::len).collect::<Vec<_>>();
        assert_eq!(shape(&passwords.decoy), shape(&real));
    }
}
