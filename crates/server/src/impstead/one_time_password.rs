//! Time-based one-time passwords (RFC 6238: SHA-1, six digits, 30 seconds) and recovery codes.

use crate::secrets::same_secret;
use hmac::{Hmac, KeyInit as _, Mac};
use impstead_model::Entropy;
use sha1::Sha1;

/// Length of a time step, in milliseconds.
const STEP_MS: i64 = 30_000;

/// How many digits a code has.
const DIGITS: usize = 6;

/// The secret that an authenticator app shares with the server: as long as a SHA-1 value, as RFC 4226 recommends.
pub type Secret = [u8; 20];

/// Returns the time step of a code that is good now and was not used: that of the present, the one before or the one
/// after, as long as it is later than `last_step`.
pub fn matching_step(secret: &[u8], code: &str, now_ms: i64, last_step: i64) -> Option<i64> {
    let present = now_ms.div_euclid(STEP_MS);
    (present - 1..=present + 1)
        .filter(|&step| step > last_step)
        .find(|&step| same_secret(code_of_step(secret, step).as_bytes(), code.as_bytes()))
}

/// Whether text looks like a code, rather than like a recovery code.
pub fn is_code(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the code of a time step (RFC 4226, section 5.3).
fn code_of_step(secret: &[u8], step: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    let mac: [u8; 20] = mac.finalize().into_bytes().into();
    let offset = usize::from(mac[19] & 0xf);
    let number = u32::from_be_bytes([mac[offset] & 0x7f, mac[offset + 1], mac[offset + 2], mac[offset + 3]]);
    format!("{:0DIGITS$}", number % 1_000_000)
}

/// Makes a recovery code: 80 random bits as `xxxx-xxxx-xxxx-xxxx`, in an alphabet without 0, 1 and 8.
pub fn new_recovery_code(entropy: &dyn Entropy) -> String {
    let text = base32(&entropy.bytes::<10>()).to_ascii_lowercase();
    [&text[..4], &text[4..8], &text[8..12], &text[12..]].join("-")
}

/// Brings a recovery code to the form it is hashed in, however it was typed.
pub fn normal_recovery_code(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Writes bytes in base32 (RFC 4648) without padding, as authenticator apps read it.
pub fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for block in bytes.chunks(5) {
        let bits = block.iter().fold(0_u64, |bits, &byte| bits << 8 | u64::from(byte)) << (8 * (5 - block.len()));
        for index in 0..(block.len() * 8).div_ceil(5) {
            text.push(char::from(ALPHABET[(bits >> (35 - 5 * index) & 31) as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use impstead_model::SystemEntropy;

    /// RFC 6238, appendix B: the SHA-1 rows, of whose eight digits ours are the last six.
    #[test]
    fn codes_are_those_of_the_rfc() {
        for (at_s, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let secret = b"12345678901234567890";
            assert_eq!(code_of_step(secret, at_s * 1000 / STEP_MS), code, "at {at_s} s");
            assert_eq!(matching_step(secret, code, at_s * 1000, 0), Some(at_s / 30));
        }
    }

    #[test]
    fn a_code_is_good_for_three_steps_and_once() {
        let (secret, now_ms) = (b"12345678901234567890", 1_700_000_000_000);
        let present = now_ms / STEP_MS;
        let found = |step: i64, last_step| matching_step(secret, &code_of_step(secret, step), now_ms, last_step);
        assert_eq!(found(present - 2, 0), None);
        assert_eq!(found(present - 1, 0), Some(present - 1));
        assert_eq!(found(present, 0), Some(present));
        assert_eq!(found(present + 1, 0), Some(present + 1));
        assert_eq!(found(present + 2, 0), None);
        assert_eq!(found(present, present), None, "it was used");
        assert_eq!(found(present - 1, present), None, "a later one was used");
        assert_eq!(found(present + 1, present), Some(present + 1));
        assert_eq!(matching_step(secret, "", now_ms, 0), None);
    }

    /// RFC 4648, section 10.
    #[test]
    fn base32_is_that_of_the_rfc() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn recovery_codes_are_told_from_codes_and_read_however_typed() {
        let code = new_recovery_code(&SystemEntropy);
        assert_eq!(code.len(), 19, "{code}");
        assert!(!is_code(&code));
        assert!(is_code("012345"));
        assert!(!is_code("01234a") && !is_code("0123456"));
        let plain = code.replace('-', "");
        assert_eq!(normal_recovery_code(&code), plain);
        assert_eq!(normal_recovery_code(&format!(" {} ", plain.to_uppercase())), plain);
    }
}
