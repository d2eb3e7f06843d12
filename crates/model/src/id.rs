use crate::Entropy;
use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes text as an id: opaque, lower-cased, never refused. What names nothing is simply not found.
            ///
            /// NUL, which no id holds and PostgreSQL does not take in text, becomes U+FFFD.
            pub fn new(text: &str) -> Self {
                Self(text.to_ascii_lowercase().replace('\0', "\u{fffd}").into())
            }

            /// Returns the id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }
    )+};
}

ids! {
    /// Id of an account: a version 4 UUID.
    AccountId,
    /// Id of a product: UUID-shaped.
    ProductId,
    /// Id of a device group: UUID-shaped.
    DeviceGroupId,
    /// Id of a deployment: UUID-shaped.
    DeploymentId,
    /// Id of a device: 16 hex digits.
    DeviceId,
    /// Id of a webhook: UUID-shaped.
    WebhookId,
    /// Id of a refresh token, and so of a session: UUID-shaped; not the token's secret.
    RefreshTokenId,
}

/// Returns a new random id, `8-4-4-4-12` lower-case hex digits, version 4.
pub fn random_uuid(entropy: &dyn Entropy) -> String {
    uuid(entropy.bytes(), 4)
}

/// Returns a new id that begins with a time, so that ids made later sort later: a version 7 UUID.
///
/// For rows that are written often and read in order of time.
pub fn timed_uuid(entropy: &dyn Entropy, at_ms: i64) -> String {
    let mut bytes = entropy.bytes::<16>();
    bytes[..6].copy_from_slice(&at_ms.to_be_bytes()[2..]);
    uuid(bytes, 7)
}

fn uuid(mut bytes: [u8; 16], version: u8) -> String {
    bytes[6] = bytes[6] & 0x0f | version << 4;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = hex(&bytes);
    for at in [8, 13, 18, 23] {
        text.insert(at, '-');
    }
    text
}

/// Returns bytes as lower-case hex digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}
