//! Who imps are: ids and secrets, as `impstead device add` prints them.

use anyhow::{Context, Result, bail};
use impstead_device_protocol::DeviceId;
use serde::Deserialize;
use std::{io::Read, os::unix::fs::PermissionsExt, path::Path};

/// An imp's id, and the seed of its key pair.
pub struct Identity {
    pub id: DeviceId,
    pub seed: [u8; 32],
}

/// A line of `impstead device add`.
#[derive(Deserialize)]
struct Line {
    id: String,
    secret: String,
}

/// Reads the secret of an imp: 64 hex digits, or the line with it that was printed.
pub fn of_one(id: &str, file: &Path) -> Result<Identity> {
    let text = read(file)?;
    let text = text.trim();
    let secret = match serde_json::from_str::<Line>(text) {
        Ok(line) if line.id.eq_ignore_ascii_case(id) => line.secret,
        Ok(line) => bail!("{} has the secret of {}, not of {id}", file.display(), line.id),
        Err(_) => text.to_owned(),
    };
    Ok(Identity { id: device_id(id)?, seed: seed(&secret).with_context(|| not_a_secret(file))? })
}

/// Reads a file of imps, a line of JSON for each: all of them, or the first `count`.
pub fn of_many(file: &Path, count: Option<usize>) -> Result<Vec<Identity>> {
    let text = read(file)?;
    let mut identities = Vec::new();
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    for (number, line) in lines.take(count.unwrap_or(usize::MAX)) {
        let at = || format!("line {} of {} is not what `impstead device add` prints", number + 1, file.display());
        let Line { id, secret } = serde_json::from_str(line).with_context(at)?;
        identities.push(Identity { id: device_id(&id)?, seed: seed(&secret).with_context(at)? });
    }
    match count {
        Some(count) if identities.len() < count => {
            bail!("{} has {} imps, not {count}: add more with `impstead device add`", file.display(), identities.len())
        }
        _ if identities.is_empty() => bail!("{} has no imps: fill it with `impstead device add`", file.display()),
        _ => Ok(identities),
    }
}

fn device_id(id: &str) -> Result<DeviceId> {
    DeviceId::parse(id).with_context(|| {
        format!("{id:?} is not a device id: write the 16 hex digits that `impstead device add` printed")
    })
}

fn not_a_secret(file: &Path) -> String {
    format!(
        "{} has no secret: it should have the 64 hex digits that `impstead device add` printed, and nothing else",
        file.display()
    )
}

fn seed(secret: &str) -> Result<[u8; 32]> {
    let digits = secret.as_bytes();
    let mut seed = [0; 32];
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        bail!("a secret has 64 hex digits");
    }
    for (byte, pair) in seed.iter_mut().zip(digits.chunks(2)) {
        let pair = std::str::from_utf8(pair)?;
        *byte = u8::from_str_radix(pair, 16)?;
    }
    Ok(seed)
}

/// Reads a file that nobody but its owner may read.
fn read(path: &Path) -> Result<String> {
    let read = || -> std::io::Result<(u32, String)> {
        let mut file = std::fs::File::open(path)?;
        let mode = file.metadata()?.permissions().mode();
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok((mode, text))
    };
    let (mode, text) = read().with_context(|| format!("cannot read {}", path.display()))?;
    if mode & 0o077 != 0 {
        bail!("others can read the secrets in {0}: take that from them with `chmod 600 {0}`", path.display());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::seed;

    #[test]
    fn a_secret_is_64_hex_digits() {
        assert_eq!(seed(&"0f".repeat(32)).unwrap(), [15; 32]);
        for wrong in ["", "0f", &"0g".repeat(32), &"+f".repeat(32), &"ö".repeat(32)] {
            assert!(seed(wrong).is_err(), "{wrong}");
        }
    }
}
