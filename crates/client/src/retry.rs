use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::time::{Duration, SystemTime};

/// When and how often a failed request is sent again.
///
/// A request is sent again
///
/// - after 429, whatever its method: the service did nothing;
/// - after a connection that could not be made, whatever its method: the request never left;
/// - after 502, 503, 504, a lost connection or a time-out, if its method is idempotent (`GET`, `PUT`, `DELETE`, and the
///   exchange of a refresh token or login key). A repeated `DELETE` can therefore end in
///   [`Error::NotFound`](crate::Error::NotFound) although it was this very call that deleted the resource.
///
/// The wait is what the service asks for in `Retry-After`, or after 429 in `X-RateLimit-Reset`, and otherwise a random
/// time between half and all of `first_wait`, twice that, four times that and so on, up to `longest_wait`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a request is sent at most, the first time included. `1` never repeats.
    pub max_attempts: u32,
    /// Upper bound of the wait before the second attempt.
    pub first_wait: Duration,
    /// Upper bound of every wait that the service did not ask for.
    pub longest_wait: Duration,
    /// How long a call may take over all its attempts and waits. A wait that would pass it is not begun.
    pub max_total: Duration,
}

impl Default for RetryPolicy {
    /// Four attempts within two minutes; waits from 250 ms to 5 s.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(5),
            max_total: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// Sends every request once.
    pub fn never() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }

    /// Returns how long to wait before the attempt after `attempts`, or `None` to give up.
    ///
    /// `random` is from 0 to 1; `elapsed` counts from the start of the call.
    pub(crate) fn wait(
        &self,
        attempts: u32,
        elapsed: Duration,
        asked: Option<Duration>,
        random: f64,
    ) -> Option<Duration> {
        if attempts >= self.max_attempts {
            return None;
        }
        let backed_off = || {
            let doublings = 2_u32.saturating_pow(attempts.saturating_sub(1));
            self.first_wait.saturating_mul(doublings).min(self.longest_wait).mul_f64(0.5 + random / 2.0)
        };
        // A little more than asked, so that many clients told the same do not come back in the same instant.
        let a_little_more = |asked: Duration| asked.saturating_add(self.first_wait.mul_f64(random / 2.0));
        let wait = asked.map_or_else(backed_off, a_little_more);
        (elapsed.saturating_add(wait) <= self.max_total).then_some(wait)
    }
}

/// The allowance that the service stated in its last answer.
///
/// # Source
/// The headers `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` of impCentral API v5. The unit of
/// the last is not documented; seconds fit the recorded answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests allowed in a row.
    pub limit: u64,
    /// Requests left of them.
    pub remaining: u64,
    /// Seconds until all are allowed again.
    pub reset_s: u64,
}

impl RateLimit {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse().ok();
        Some(Self {
            limit: number("x-ratelimit-limit")?,
            remaining: number("x-ratelimit-remaining")?,
            reset_s: number("x-ratelimit-reset")?,
        })
    }
}

/// How long a failed answer asks to wait: `Retry-After` in seconds or as a date, else `X-RateLimit-Reset` after 429.
pub(crate) fn asked_wait(status: u16, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let retry_after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(|value| {
        if let Ok(seconds) = value.trim().parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = httpdate::parse_http_date(value).ok()?;
        Some(date.duration_since(now).unwrap_or_default())
    });
    let reset = || (status == 429).then(|| headers.get("x-ratelimit-reset")?.to_str().ok()?.trim().parse().ok())?;
    retry_after.or_else(|| reset().map(Duration::from_secs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn policy() -> RetryPolicy {
        let (first_wait, longest_wait) = (Duration::from_millis(100), Duration::from_millis(350));
        RetryPolicy { max_attempts: 5, first_wait, longest_wait, max_total: Duration::from_secs(10) }
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits: Vec<_> = (1..=5).map(|n| policy().wait(n, Duration::ZERO, None, 1.0)).collect();
        let ms = |n| Some(Duration::from_millis(n));
        assert_eq!(waits, [ms(100), ms(200), ms(350), ms(350), None]);
        assert_eq!(policy().wait(1, Duration::ZERO, None, 0.0), ms(50));
    }

    #[test]
    fn never_waits_less_than_asked_nor_past_the_end() {
        let asked = Some(Duration::from_secs(7));
        assert_eq!(policy().wait(1, Duration::ZERO, asked, 0.0), asked);
        assert!(policy().wait(1, Duration::ZERO, asked, 1.0) > asked);
        assert_eq!(policy().wait(1, Duration::from_secs(4), asked, 0.0), None);
        assert_eq!(policy().wait(1, Duration::ZERO, Some(Duration::MAX), 1.0), None);
    }

    #[test]
    fn reads_what_the_service_asks() {
        let now = httpdate::parse_http_date("Mon, 02 Mar 2026 09:15:00 GMT").unwrap();
        let check = |status, name: &'static str, value: &'static str| {
            let headers = [(HeaderName::from_static(name), HeaderValue::from_static(value))].into_iter().collect();
            asked_wait(status, &headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!(check(503, "retry-after", "3"), Some(3));
        assert_eq!(check(429, "retry-after", "Mon, 02 Mar 2026 09:15:30 GMT"), Some(30));
        assert_eq!(check(429, "retry-after", "Mon, 02 Mar 2026 09:14:30 GMT"), Some(0));
        assert_eq!(check(429, "retry-after", "soon"), None);
        assert_eq!(check(429, "x-ratelimit-reset", "2"), Some(2));
        assert_eq!(check(503, "x-ratelimit-reset", "2"), None);
    }
}
