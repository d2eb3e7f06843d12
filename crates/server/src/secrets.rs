//! Secrets: how they are made, looked up, and kept at rest.
//!
//! Tokens have 128 random bits and more, so a plain SHA-256 of them may be stored. Login keys have the vendor's 64
//! bits and must be shown in lists: they are looked up by a keyed hash and stored encrypted, as TOTP secrets are.

use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use impstead_model::{Entropy, hex};
use sha2::{Digest, Sha256};

/// Returns what is stored of a token.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Makes an access token: 64 random bytes as base64, 88 characters.
pub fn new_access_token(entropy: &dyn Entropy) -> String {
    STANDARD.encode(entropy.bytes::<64>())
}

/// Makes a refresh token or an unbonding key: 64 hex digits.
pub fn new_hex_token(entropy: &dyn Entropy) -> String {
    hex(&entropy.bytes::<32>())
}

/// Makes a login key: 16 hex digits.
pub fn new_login_key(entropy: &dyn Entropy) -> String {
    hex(&entropy.bytes::<8>())
}

/// Makes the secret of a webhook: `whsec_` and 64 hex digits.
pub fn new_webhook_secret(entropy: &dyn Entropy) -> String {
    format!("whsec_{}", new_hex_token(entropy))
}

/// What a sealed value is for; a value sealed for one purpose opens for no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A login key.
    LoginKey,
    /// A secret for one-time passwords.
    Totp,
    /// The secret with which a webhook's deliveries are signed.
    WebhookSecret,
}

impl Purpose {
    const fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::LoginKey => b"login key",
            Self::Totp => b"totp secret",
            Self::WebhookSecret => b"webhook secret",
        }
    }
}

/// The server's key: seals what must be readable again, and hashes login keys for look-up.
#[derive(Clone)]
pub struct ServerKey {
    sealing: XChaCha20Poly1305,
    hashing: [u8; 32],
}

impl ServerKey {
    /// Derives the sealing and the hashing key from 32 secret bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        let derive = |what: &[u8]| -> [u8; 32] { keyed_hash(secret, what) };
        Self { sealing: XChaCha20Poly1305::new(&derive(b"impstead seal").into()), hashing: derive(b"impstead look-up") }
    }

    /// Returns what a login key is looked up by.
    pub fn lookup(&self, login_key: &str) -> [u8; 32] {
        keyed_hash(&self.hashing, login_key.as_bytes())
    }

    /// Encrypts a value: 24 bytes of nonce, then the ciphertext with its tag.
    pub fn seal(&self, purpose: Purpose, value: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        let nonce = entropy.bytes::<24>();
        let payload = Payload { msg: value, aad: purpose.as_bytes() };
        let sealed = self.sealing.encrypt(&XNonce::from(nonce), payload).expect("the value is short");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Decrypts a sealed value; `None` if another key or purpose sealed it, or it was changed.
    pub fn open(&self, purpose: Purpose, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<24>()?;
        self.sealing.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: purpose.as_bytes() }).ok()
    }
}

fn keyed_hash(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Compares secrets in a time that does not tell where they differ.
pub fn same_secret(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && std::hint::black_box(left.iter().zip(right).fold(0, |all, (l, r)| all | (l ^ r))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use impstead_model::SystemEntropy;

    #[test]
    fn sealed_values_open_with_their_key_and_purpose_only() {
        let key = ServerKey::new(&[1; 32]);
        let sealed = key.seal(Purpose::Totp, b"secret", &SystemEntropy);
        assert_eq!(key.open(Purpose::Totp, &sealed).as_deref(), Some(&b"secret"[..]));
        assert_eq!(key.open(Purpose::LoginKey, &sealed), None);
        assert_eq!(ServerKey::new(&[2; 32]).open(Purpose::Totp, &sealed), None);
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(key.open(Purpose::Totp, &changed), None, "byte {index}");
        }
        assert_eq!(key.open(Purpose::Totp, &sealed[..20]), None);
    }
}
