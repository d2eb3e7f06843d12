//! Repeated failures to sign in: an address is slowed, an account is locked for a while.
//!
//! Kept in memory: a restart forgets them, and no attempt costs a write. A lock ends by itself and does not hold for
//! networks from which the account has signed in before (the caller asks the store where those in memory do not tell), so
//! that nobody can shut another out. Attempts at an account take turns, so that many at once count as many one by one.

use crate::rate_limit::network;
use impstead_model::AccountId;
use quick_cache::sync::Cache;
use std::{
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    net::IpAddr,
};
use tokio::sync::{Mutex, MutexGuard};

/// Failures that an address or an account may have before it is slowed or locked.
const FREE_FAILURES: u32 = 10;

/// Failures older than this are forgotten, in milliseconds.
const MEMORY_MS: i64 = 15 * 60 * 1000;

/// The first pause, in milliseconds; it doubles with each further failure.
const FIRST_PAUSE_MS: i64 = 1000;

/// The longest pause, in milliseconds.
const LONGEST_PAUSE_MS: i64 = 5 * 60 * 1000;

const REMEMBERED: usize = 100_000;

const TURNS: usize = 1024;

#[derive(Clone, Copy, Default)]
struct Failures {
    count: u32,
    last_ms: i64,
}

impl Failures {
    /// Milliseconds until the next attempt may be made; 0 for now.
    fn pause_ms(self, now_ms: i64) -> i64 {
        if self.count < FREE_FAILURES || now_ms - self.last_ms > MEMORY_MS {
            return 0;
        }
        let pause = FIRST_PAUSE_MS.saturating_mul(1 << (self.count - FREE_FAILURES).min(20)).min(LONGEST_PAUSE_MS);
        (self.last_ms + pause - now_ms).max(0)
    }

    fn next(self, now_ms: i64) -> Self {
        let count = if now_ms - self.last_ms > MEMORY_MS { 0 } else { self.count };
        Self { count: count + 1, last_ms: now_ms }
    }
}

/// Remembers failures to sign in.
pub struct LoginGuard {
    addresses: Cache<IpAddr, Failures>,
    accounts: Cache<AccountId, Failures>,
    /// Networks from which an account has signed in.
    familiar: Cache<(AccountId, IpAddr), ()>,
    /// An attempt holds that of its account; accounts share them by hash.
    turns: Vec<Mutex<()>>,
}

impl LoginGuard {
    pub fn new() -> Self {
        Self {
            addresses: Cache::new(REMEMBERED),
            accounts: Cache::new(REMEMBERED),
            familiar: Cache::new(REMEMBERED),
            turns: (0..TURNS).map(|_| Mutex::new(())).collect(),
        }
    }

    /// Seconds for which an address must wait before it may try again; 0 for now.
    pub fn address_pause_s(&self, address: IpAddr, now_ms: i64) -> u64 {
        seconds(self.addresses.get(&network(address)).unwrap_or_default().pause_ms(now_ms))
    }

    /// Seconds for which an account is locked to an address; 0 if it is not.
    pub fn account_lock_s(&self, account: &AccountId, address: IpAddr, now_ms: i64) -> u64 {
        if self.familiar.get(&(account.clone(), network(address))).is_some() {
            return 0;
        }
        seconds(self.accounts.get(account).unwrap_or_default().pause_ms(now_ms))
    }

    /// Waits until no other attempt at the account is under way.
    pub async fn turn(&self, account: &AccountId) -> MutexGuard<'_, ()> {
        let hash = usize::try_from(BuildHasherDefault::<DefaultHasher>::default().hash_one(account)).unwrap_or(0);
        self.turns[hash % self.turns.len()].lock().await
    }

    /// Notes a failure.
    pub fn failed(&self, account: Option<&AccountId>, address: IpAddr, now_ms: i64) {
        let address = network(address);
        self.addresses.insert(address, self.addresses.get(&address).unwrap_or_default().next(now_ms));
        if let Some(account) = account {
            self.accounts.insert(account.clone(), self.accounts.get(account).unwrap_or_default().next(now_ms));
        }
    }

    /// Notes a success: the address becomes familiar to the account. Failures stay: they may be somebody else's.
    pub fn succeeded(&self, account: &AccountId, address: IpAddr) {
        self.familiar.insert((account.clone(), network(address)), ());
    }
}

fn seconds(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or(0).div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_by_themselves() {
        let (guard, account) = (LoginGuard::new(), AccountId::new("a"));
        let (attacker, owner): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        guard.succeeded(&account, owner);
        for _ in 0..FREE_FAILURES {
            assert_eq!(guard.address_pause_s(attacker, 0), 0);
            guard.failed(Some(&account), attacker, 0);
        }
        assert_eq!(guard.address_pause_s(attacker, 0), 1);
        assert_eq!(guard.account_lock_s(&account, attacker, 0), 1);
        assert_eq!(guard.account_lock_s(&account, owner, 0), 0, "a familiar address is not shut out");
        assert_eq!(guard.account_lock_s(&account, attacker, 1000), 0);
        for _ in 0..100 {
            guard.failed(Some(&account), attacker, 1000);
        }
        assert_eq!(guard.address_pause_s(attacker, 1000), 300);
        assert_eq!(guard.address_pause_s(attacker, 301_000), 0);
        assert_eq!(guard.address_pause_s(attacker, 1000 + MEMORY_MS + 1), 0);
    }
}
