//! The server key: the file `server.key` of the data directory, 32 random bytes as base64, readable by its owner only.
//!
//! Login keys and secrets for one-time passwords are sealed under it in the database, so it must not get lost, and a
//! backup is worth little without it.
//!
//! A change of the key has three steps, each durable before the next begins:
//!
//! 1. the new key is written to `server.key.next`;
//! 2. everything is sealed anew, in one unit of work of the database;
//! 3. `server.key` is kept under another name, for backups made with it, and `server.key.next` takes its place.
//!
//! A crash leaves `server.key.next` behind from step 1 on. Whether step 2 was done cannot be seen from the files, and
//! need not be: the next start does step 2 again with both keys at hand, which changes nothing that has been sealed
//! anew already, and then step 3.

use crate::directory::{Directory, added, sync_parent, write_private};
use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use impstead_model::{AccountId, Entropy};
use impstead_server::{Purpose, ServerKey};
use impstead_store::{Page, Sealed, Store, StoreError};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

const FILE: &str = "server.key";

const PUT_BACK: &str = "copy the file from where the data came from, or, if it is lost, give up what it sealed with \
                        `impstead admin rotate-key --discard-unreadable`";

/// How many accounts are searched for a sealed value on which to try the key, so that a start takes no longer with more.
const ACCOUNTS_CHECKED: usize = 1000;

fn file(directory: &Directory) -> PathBuf {
    directory.path().join(FILE)
}

fn next_file(directory: &Directory) -> PathBuf {
    added(&file(directory), ".next")
}

/// Returns the server key: made at the first start, and with an interrupted change of it completed.
pub async fn load(directory: &Directory, store: &Store, entropy: &Arc<dyn Entropy>, now_ms: i64) -> Result<ServerKey> {
    let path = file(directory);
    if !path.try_exists().with_context(|| format!("cannot look for {}", path.display()))? {
        if let Some(what) = first_sealed(store).await? {
            bail!(
                "the server key {} is missing, and the database holds {what}, which only that key can read; {PUT_BACK}",
                path.display()
            );
        }
        write(&path, &entropy.bytes())?;
    }
    if next_file(directory).try_exists()? {
        tracing::warn!("completing a change of the server key that was interrupted");
        reseal(directory, store, entropy).await?;
        adopt(directory, now_ms)?;
    }
    if let Some(what) = mismatch(directory, store).await? {
        bail!("{what}; {PUT_BACK}");
    }
    Ok(ServerKey::new(&read(&path)?))
}

/// Replaces the server key and returns how many values were sealed anew.
pub async fn rotate(directory: &Directory, store: &Store, entropy: &Arc<dyn Entropy>, now_ms: i64) -> Result<u64> {
    let begun_now = prepare(directory, &**entropy)?;
    let resealed = reseal(directory, store, entropy).await;
    let is_refused = |error: &anyhow::Error| matches!(error.downcast_ref(), Some(StoreError::Corrupt { .. }));
    if begun_now && resealed.as_ref().is_err_and(is_refused) {
        // Nothing is sealed under the new key for certain, so the change is off rather than interrupted.
        std::fs::remove_file(next_file(directory))?;
    }
    let resealed = resealed?;
    adopt(directory, now_ms)?;
    Ok(resealed)
}

/// Step 1. An interrupted change goes on with the key it began with: then this returns false.
fn prepare(directory: &Directory, entropy: &dyn Entropy) -> Result<bool> {
    let next = next_file(directory);
    if next.try_exists()? {
        return Ok(false);
    }
    write(&next, &entropy.bytes())?;
    Ok(true)
}

/// Step 2. What is sealed under the new key already stays.
async fn reseal(directory: &Directory, store: &Store, entropy: &Arc<dyn Entropy>) -> Result<u64> {
    let old = ServerKey::new(&read(&file(directory))?);
    let new = ServerKey::new(&read(&next_file(directory))?);
    let entropy = Arc::clone(entropy);
    let resealed = store.reseal(move |value| {
        if open(&new, value).is_some() {
            return Some(value.clone());
        }
        let plain = open(&old, value)?;
        Some(match value {
            Sealed::TotpSecret { account, .. } => {
                Sealed::TotpSecret { account: account.clone(), sealed: new.seal(Purpose::Totp, &plain, &*entropy) }
            }
            Sealed::WebhookSecret { webhook, .. } => Sealed::WebhookSecret {
                webhook: webhook.clone(),
                sealed: new.seal(Purpose::WebhookSecret, &plain, &*entropy),
            },
            Sealed::LoginKey { account, .. } => Sealed::LoginKey {
                account: account.clone(),
                lookup: new.lookup(std::str::from_utf8(&plain).ok()?).to_vec(),
                sealed: new.seal(Purpose::LoginKey, &plain, &*entropy),
            },
        })
    });
    resealed.await.with_context(|| {
        format!(
            "cannot seal the data anew: perhaps {} is not the key they were sealed under; nothing was changed",
            file(directory).display()
        )
    })
}

/// Step 3.
fn adopt(directory: &Directory, now_ms: i64) -> Result<()> {
    let (current, next) = (file(directory), next_file(directory));
    let kept = added(&current, &format!(".until-{now_ms}"));
    let adopt = || -> std::io::Result<()> {
        match std::fs::hard_link(&current, &kept) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        std::fs::rename(&next, &current)?;
        sync_parent(&current)
    };
    adopt().with_context(|| format!("cannot put the new server key in place of {}", current.display()))
}

/// Gives up what the server key cannot open, making the key first where it is missing. Returns how many login keys
/// and one-time password enrolments that were.
pub async fn discard_unreadable(
    directory: &Directory,
    store: &Store,
    entropy: &Arc<dyn Entropy>,
    act: &impstead_store::Act,
) -> Result<(u64, u64)> {
    let path = file(directory);
    if !path.try_exists()? {
        write(&path, &entropy.bytes())?;
    }
    let mut keys = vec![ServerKey::new(&read(&path)?)];
    if next_file(directory).try_exists()? {
        keys.push(ServerKey::new(&read(&next_file(directory))?));
    }
    let readable = |value: &Sealed| keys.iter().any(|key| open(key, value).is_some());
    let (mut login_keys, mut enrolments) = (0, 0);
    let mut accounts = AccountIds::new(store);
    while let Some(account) = accounts.next().await? {
        for value in sealed_of(store, &account).await? {
            if readable(&value) {
                continue;
            }
            match value {
                Sealed::LoginKey { account, lookup, .. } => {
                    login_keys += u64::from(store.delete_login_key(&account, &lookup, act.clone()).await?);
                }
                Sealed::TotpSecret { account, .. } => {
                    enrolments += u64::from(store.disable_totp(&account, act.clone()).await?);
                }
                Sealed::WebhookSecret { webhook, .. } => {
                    // Its owner makes a new one; until then deliveries are signed with one that nobody knows.
                    let unknown = keys[0].seal(Purpose::WebhookSecret, &entropy.bytes::<32>(), &**entropy);
                    store.set_webhook_secret(&webhook, unknown, act.clone()).await?;
                }
            }
        }
    }
    Ok((login_keys, enrolments))
}

/// Says what is wrong with the server key, if anything. Looks at one sealed value, of the first accounts that there are.
pub async fn mismatch(directory: &Directory, store: &Store) -> Result<Option<String>> {
    let path = file(directory);
    let key = if path.try_exists()? { Some(ServerKey::new(&read(&path)?)) } else { None };
    let mut accounts = AccountIds::new(store);
    for _ in 0..ACCOUNTS_CHECKED {
        let Some(account) = accounts.next().await? else { break };
        if let Some(value) = sealed_of(store, &account).await?.first() {
            return Ok(match key {
                Some(key) if open(&key, value).is_some() => None,
                Some(_) => Some(format!("{} is not the key under which the data were sealed", path.display())),
                None => Some(format!("the key under which the data were sealed, {}, is missing", path.display())),
            });
        }
    }
    Ok(None)
}

/// Names the first sealed value of the database.
async fn first_sealed(store: &Store) -> Result<Option<&'static str>> {
    let mut accounts = AccountIds::new(store);
    while let Some(account) = accounts.next().await? {
        match sealed_of(store, &account).await?.first() {
            Some(Sealed::LoginKey { .. }) => return Ok(Some("login keys")),
            Some(Sealed::TotpSecret { .. }) => return Ok(Some("enrolments for one-time passwords")),
            Some(Sealed::WebhookSecret { .. }) => return Ok(Some("secrets of webhooks")),
            None => {}
        }
    }
    Ok(None)
}

/// Lists an account's sealed values.
async fn sealed_of(store: &Store, account: &AccountId) -> Result<Vec<Sealed>> {
    let mut values = Vec::new();
    let mut page = Page { number: 1, size: 100 };
    loop {
        let keys = store.login_keys(account, page).await?;
        values.extend(keys.items.into_iter().map(|key| Sealed::LoginKey {
            account: key.account,
            lookup: key.lookup,
            sealed: key.sealed,
        }));
        if !keys.more {
            break;
        }
        page.number += 1;
    }
    if let Some(sealed) = store.credentials(account).await?.and_then(|credentials| credentials.totp_secret) {
        values.push(Sealed::TotpSecret { account: account.clone(), sealed });
    }
    let secrets = store.webhook_secrets(account).await?.into_iter();
    values.extend(secrets.map(|(webhook, sealed)| Sealed::WebhookSecret { webhook, sealed }));
    Ok(values)
}

/// Goes through all accounts.
struct AccountIds<'s> {
    store: &'s Store,
    read: std::vec::IntoIter<AccountId>,
    next: Option<Page>,
}

impl<'s> AccountIds<'s> {
    fn new(store: &'s Store) -> Self {
        Self { store, read: Vec::new().into_iter(), next: Some(Page { number: 1, size: 100 }) }
    }

    async fn next(&mut self) -> Result<Option<AccountId>> {
        loop {
            if let Some(account) = self.read.next() {
                return Ok(Some(account));
            }
            let Some(page) = self.next else { return Ok(None) };
            let accounts = self.store.all_accounts(page).await?;
            self.next = accounts.more.then_some(Page { number: page.number + 1, ..page });
            self.read = accounts.items.into_iter().map(|account| account.id).collect::<Vec<_>>().into_iter();
        }
    }
}

fn open(key: &ServerKey, value: &Sealed) -> Option<Vec<u8>> {
    match value {
        Sealed::TotpSecret { sealed, .. } => key.open(Purpose::Totp, sealed),
        Sealed::LoginKey { sealed, .. } => key.open(Purpose::LoginKey, sealed),
        Sealed::WebhookSecret { sealed, .. } => key.open(Purpose::WebhookSecret, sealed),
    }
}

fn write(path: &Path, secret: &[u8; 32]) -> Result<()> {
    write_private(path, format!("{}\n", STANDARD.encode(secret)).as_bytes())
}

fn read(path: &Path) -> Result<[u8; 32]> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read the server key {}", path.display()))?;
    let secret = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    secret.with_context(|| {
        format!("{} is damaged: it must hold 32 bytes as base64; put a copy of the file back", path.display())
    })
}

#[cfg(test)]
mod tests;
