//! Token buckets: one per account, and one per address before login.

use impstead_model::AccountId;
use quick_cache::sync::Cache;
use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// Accounts and addresses remembered; the least used are forgotten, and start again with a full bucket.
const REMEMBERED: usize = 100_000;

/// How a bucket fills.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Requests that a full bucket allows at once.
    pub bucket: u32,
    /// Requests by which it refills each second.
    pub refill_per_s: f64,
}

/// A bucket of allowed requests.
pub struct Bucket {
    limit: RateLimit,
    /// Requests left, as of a moment in milliseconds.
    state: Mutex<(f64, i64)>,
}

/// What a request found in its bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Whether the request may pass.
    pub allowed: bool,
    /// Requests that a full bucket allows.
    pub limit: u32,
    /// Requests left.
    pub remaining: u32,
    /// Seconds until the bucket is full again; at least 1 while it is empty.
    pub reset_s: u64,
}

impl Bucket {
    fn new(limit: RateLimit, now_ms: i64) -> Self {
        Self { limit, state: Mutex::new((f64::from(limit.bucket), now_ms)) }
    }

    /// Takes one request out of the bucket, if one is left.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both are whole and small")]
    pub fn take(&self, now_ms: i64) -> Allowance {
        let RateLimit { bucket, refill_per_s } = self.limit;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, then_ms) = *state;
        #[expect(clippy::cast_precision_loss, reason = "a few hours in milliseconds")]
        let refilled = (now_ms - then_ms).max(0) as f64 / 1000.0 * refill_per_s;
        let mut left = (left + refilled).min(f64::from(bucket));
        let allowed = left >= 1.0;
        if allowed {
            left -= 1.0;
        }
        *state = (left, now_ms.max(then_ms));
        let reset_s = ((f64::from(bucket) - left) / refill_per_s).ceil() as u64;
        Allowance {
            allowed,
            limit: bucket,
            remaining: left as u32,
            reset_s: if allowed { reset_s } else { reset_s.max(1) },
        }
    }
}

/// All buckets.
pub struct RateLimits {
    limit: RateLimit,
    accounts: Cache<AccountId, Arc<Bucket>>,
    addresses: Cache<IpAddr, Arc<Bucket>>,
}

impl RateLimits {
    pub fn new(limit: RateLimit) -> Self {
        Self { limit, accounts: Cache::new(REMEMBERED), addresses: Cache::new(REMEMBERED) }
    }

    /// Returns an account's bucket.
    pub fn of_account(&self, account: &AccountId, now_ms: i64) -> Arc<Bucket> {
        get_or_insert(&self.accounts, account, || Bucket::new(self.limit, now_ms))
    }

    /// Returns the bucket of an address, in IPv6 of its /64 network.
    pub fn of_address(&self, address: IpAddr, now_ms: i64) -> Arc<Bucket> {
        get_or_insert(&self.addresses, &network(address), || Bucket::new(self.limit, now_ms))
    }
}

fn get_or_insert<K: Eq + std::hash::Hash + Clone>(
    cache: &Cache<K, Arc<Bucket>>,
    key: &K,
    new: impl FnOnce() -> Bucket,
) -> Arc<Bucket> {
    let found: Result<_, std::convert::Infallible> = cache.get_or_insert_with(key, || Ok(Arc::new(new())));
    match found {
        Ok(bucket) => bucket,
    }
}

/// Returns what stands for one subscriber: an IPv4 address, or the /64 network of an IPv6 address.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_empties_and_refills() {
        let bucket = Bucket::new(RateLimit { bucket: 2, refill_per_s: 1.0 }, 0);
        let take = |now_ms| {
            let Allowance { allowed, remaining, reset_s, .. } = bucket.take(now_ms);
            (allowed, remaining, reset_s)
        };
        assert_eq!(take(0), (true, 1, 1));
        assert_eq!(take(0), (true, 0, 2));
        assert_eq!(take(0), (false, 0, 2));
        assert_eq!(take(999), (false, 0, 2));
        assert_eq!(take(1000), (true, 0, 2));
        assert_eq!(take(60_000), (true, 1, 1));
        assert_eq!(take(0), (true, 0, 2), "a clock set back neither fills nor drains");
    }

    #[test]
    fn an_ipv6_subscriber_is_a_network() {
        let address = |text: &str| network(text.parse().unwrap());
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.1"), address("192.0.2.1"));
    }
}
