//! Carries events to webhooks: in the order of each webhook's events, again until they arrive, fairly between accounts.
//!
//! The store has the truth: a delivery is claimed, attempted, and its end noted. Whoever stops in between leaves a claim
//! that runs out, and the event is sent again under the same id.

use crate::{Outbound, OutboundError, OutboundLimits, OutboundRequest, UrlRefused};
use hmac::{Hmac, KeyInit, Mac};
use impstead_model::{AccountId, Clock, ContentType, Entropy, hex};
use impstead_store::{Attempt, DueDelivery, Store, StoreError, Wake};
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT},
};
use sha2::Sha256;
use std::{collections::VecDeque, error::Error, sync::Arc, time::Duration};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use url::Url;

/// Waits after failed attempts, in milliseconds; the attempt after the last of them is the last.
const WAITS_MS: [i64; 7] = [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000];

/// By how much of itself a wait may be longer: so that what failed together does not come back together.
const JITTER_PERCENT: i64 = 20;

/// How long a wait is at least, where something is due that cannot be claimed.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

const USER_AGENT_VALUE: &str = concat!("Impstead/", env!("CARGO_PKG_VERSION"));
const EVENT: HeaderName = HeaderName::from_static("impstead-event");
const DELIVERY: HeaderName = HeaderName::from_static("impstead-delivery");
const ATTEMPT: HeaderName = HeaderName::from_static("impstead-attempt");
const SIGNATURE: HeaderName = HeaderName::from_static("impstead-signature");

/// What deliveries may cost.
#[derive(Clone, Copy, Debug)]
pub struct WebhookLimits {
    /// Attempts under way at once.
    pub at_once: usize,
    /// The same of one account, so that its dead receivers do not hold up others' events.
    pub at_once_per_account: usize,
    /// How long an attempt may take.
    pub timeout: Duration,
    /// How long what was claimed is left alone by others. It covers waiting for a turn, too.
    pub lease: Duration,
    /// How long the worker sleeps at most.
    pub poll: Duration,
    /// How long attempts under way may take to end when the worker is told to stop.
    pub grace: Duration,
}

impl Default for WebhookLimits {
    fn default() -> Self {
        Self {
            at_once: 16,
            at_once_per_account: 4,
            timeout: Duration::from_secs(10),
            lease: Duration::from_secs(120),
            poll: Duration::from_secs(30),
            grace: Duration::from_secs(10),
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryOutcome {
    /// The receiver has the event.
    Delivered,
    /// It will be attempted again.
    Postponed,
    /// It was given up.
    Failed,
}

/// Opens a webhook's sealed secret; `None` if it cannot.
pub type Unseal = Arc<dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync>;

/// What carries events to webhooks.
#[derive(Clone)]
pub struct Webhooks {
    /// The data.
    pub store: Store,
    /// How requests go out.
    pub outbound: Outbound,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where jitter comes from.
    pub entropy: Arc<dyn Entropy>,
    /// Opens sealed secrets.
    pub unseal: Unseal,
    /// Is told how each attempt ended.
    pub observe: Arc<dyn Fn(DeliveryOutcome) + Send + Sync>,
    /// What it may cost.
    pub limits: WebhookLimits,
}

impl Webhooks {
    /// Delivers until told to stop. What does not end within the grace is due again when its claim runs out.
    pub async fn run(self, stop: CancellationToken) {
        let mut wakes = self.store.wakes();
        let mut work = Work::default();
        loop {
            let wait = self.fill(&mut work).await.unwrap_or_else(|error| {
                tracing::warn!(cause = %chain(&error), "cannot look for webhooks' deliveries");
                self.limits.poll.min(SHORTEST_WAIT * 5)
            });
            tokio::select! {
                () = stop.cancelled() => break,
                Some(done) = work.running.join_next(), if !work.running.is_empty() => work.end(done),
                () = woken(&mut wakes) => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        // What waits for its turn is left to its lease; what has begun may have arrived, and its end is to be noted.
        work.waiting.clear();
        let ended = async { while work.running.join_next().await.is_some() {} };
        if tokio::time::timeout(self.limits.grace, ended).await.is_err() {
            work.running.shutdown().await;
        }
    }

    /// Claims and begins as much as there is room for, and says how long to wait for more.
    async fn fill(&self, work: &mut Work) -> Result<Duration, StoreError> {
        loop {
            self.begin(work);
            let room = self.limits.at_once.saturating_sub(work.running.len());
            if room == 0 {
                return Ok(self.limits.poll);
            }
            let now_ms = self.clock.now_ms();
            let lease_ms = millis(self.limits.lease);
            let most = u32::try_from(room).unwrap_or(u32::MAX);
            let busy = work.busy(self.limits.at_once_per_account);
            let claimed = self.store.claim_deliveries(now_ms, lease_ms, most, busy).await?;
            if claimed.is_empty() {
                let Some(next_ms) = self.store.next_delivery_ms().await? else { return Ok(self.limits.poll) };
                let wait = Duration::from_millis(u64::try_from(next_ms - self.clock.now_ms()).unwrap_or(0));
                return Ok(wait.max(SHORTEST_WAIT).min(self.limits.poll));
            }
            work.waiting.extend(claimed);
        }
    }

    /// Begins what waits, as far as its accounts' shares allow.
    fn begin(&self, work: &mut Work) {
        for due in std::mem::take(&mut work.waiting) {
            if work.share(&due.owner) >= self.limits.at_once_per_account || work.running.len() >= self.limits.at_once {
                work.waiting.push_back(due);
                continue;
            }
            work.owners.push(due.owner.clone());
            let this = self.clone();
            work.running.spawn(async move {
                let owner = due.owner.clone();
                this.deliver(due).await;
                owner
            });
        }
    }

    /// Makes one attempt and notes its end.
    async fn deliver(&self, due: DueDelivery) {
        let (status, error) = match self.attempt(&due).await {
            Ok(status) if status.is_success() => (Some(status), None),
            Ok(status) => (Some(status), Some(refused(status))),
            Err(error) => (None, Some(error)),
        };
        let now_ms = self.clock.now_ms();
        let next_attempt_ms = match (&error, status) {
            (None, _) | (_, Some(StatusCode::GONE)) => None,
            (Some(_), _) => self.wait_ms(due.delivery.attempts).map(|wait_ms| now_ms + wait_ms),
        };
        let outcome = match (&error, next_attempt_ms) {
            (None, _) => DeliveryOutcome::Delivered,
            (Some(_), Some(_)) => DeliveryOutcome::Postponed,
            (Some(_), None) => DeliveryOutcome::Failed,
        };
        let attempt = Attempt { status: status.map(|status| status.as_u16().into()), error, next_attempt_ms };
        let delivery = &due.delivery;
        tracing::debug!(delivery = delivery.id, webhook = %delivery.webhook, ?outcome, ?attempt, "attempted a delivery");
        let noted = self.store.end_delivery_attempt(&delivery.id, delivery.attempts, attempt, now_ms).await;
        match noted {
            Ok(()) => (self.observe)(outcome),
            // Its lease runs out, and it is sent again.
            Err(error) => tracing::warn!(cause = %chain(&error), "cannot note the end of a webhook's delivery"),
        }
    }

    async fn attempt(&self, due: &DueDelivery) -> Result<StatusCode, String> {
        let delivery = &due.delivery;
        let url = Url::parse(&due.url).map_err(|_| "the URL is not one".to_owned())?;
        let secret = (self.unseal)(&due.sealed_secret).ok_or("the webhook's secret cannot be read")?;
        let body = match due.content_type {
            ContentType::Json => delivery.payload.clone().into_bytes(),
            ContentType::Form => form(&delivery.payload).ok_or("the event cannot be written as a form")?.into_bytes(),
        };
        let headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static(due.content_type.as_str())),
            (USER_AGENT, HeaderValue::from_static(USER_AGENT_VALUE)),
            (EVENT, HeaderValue::from_static(delivery.event.as_str())),
            (DELIVERY, ascii(&delivery.id)?),
            (ATTEMPT, delivery.attempts.into()),
            (SIGNATURE, ascii(&signature(&secret, self.clock.now_ms() / 1000, &body))?),
        ]);
        let limits = OutboundLimits { total: self.limits.timeout, redirects: 3, body_bytes: 64 << 10 };
        let request = OutboundRequest { method: Method::POST, url, headers, body };
        self.outbound.send(request, limits).await.map(|answer| answer.status).map_err(|error| match &error {
            OutboundError::Url(UrlRefused::Address) | OutboundError::Address(_) => {
                format!("{error}; see outbound_allow")
            }
            _ => chain(&error),
        })
    }

    /// How long to wait after the attempt of this number; `None` if that was the last.
    fn wait_ms(&self, attempts: i64) -> Option<i64> {
        let wait_ms = *WAITS_MS.get(usize::try_from(attempts - 1).ok()?)?;
        let random = u16::from_le_bytes(self.entropy.bytes());
        Some(wait_ms + wait_ms * JITTER_PERCENT * i64::from(random) / (100 * i64::from(u16::MAX)))
    }
}

/// What a worker has claimed.
#[derive(Default)]
struct Work {
    /// Claimed, and waiting for a turn: no more than one claim brought.
    waiting: VecDeque<DueDelivery>,
    running: JoinSet<AccountId>,
    /// Whose those are that run, once for each.
    owners: Vec<AccountId>,
}

impl Work {
    fn share(&self, owner: &AccountId) -> usize {
        self.owners.iter().filter(|running| *running == owner).count()
    }

    /// Accounts of which no more is to be claimed.
    fn busy(&self, most: usize) -> Vec<AccountId> {
        let mut busy: Vec<AccountId> = self.waiting.iter().map(|due| due.owner.clone()).collect();
        busy.extend(self.owners.iter().filter(|owner| self.share(owner) >= most).cloned());
        busy.sort_unstable_by(|left, right| left.as_str().cmp(right.as_str()));
        busy.dedup();
        busy
    }

    fn end(&mut self, done: Result<AccountId, tokio::task::JoinError>) {
        match done {
            Ok(owner) => {
                if let Some(index) = self.owners.iter().position(|running| *running == owner) {
                    self.owners.swap_remove(index);
                }
            }
            Err(error) => {
                tracing::error!(%error, "a delivery to a webhook panicked");
                // Whose it was is not known any more: nobody's share stays taken for good.
                self.owners.clear();
            }
        }
    }
}

/// Waits until there may be new deliveries.
async fn woken(wakes: &mut Receiver<Wake>) {
    loop {
        match wakes.recv().await {
            Ok(Wake::Webhooks) | Err(RecvError::Lagged(_)) => return,
            Ok(_) => {}
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// Writes a JSON object as a form with the same keys.
fn form(payload: &str) -> Option<String> {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(payload).ok()?;
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &fields {
        match value {
            serde_json::Value::String(text) => form.append_pair(name, text),
            serde_json::Value::Null => form.append_pair(name, ""),
            other => form.append_pair(name, &other.to_string()),
        };
    }
    Some(form.finish())
}

/// Signs a body: `t=<unix seconds>,v1=<HMAC-SHA256 of "<t>.<body>" as hex>`.
fn signature(secret: &[u8], at_s: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(format!("{at_s}.").as_bytes());
    mac.update(body);
    format!("t={at_s},v1={}", hex(&mac.finalize().into_bytes()))
}

fn refused(status: StatusCode) -> String {
    let more = if status.is_redirection() { "; of redirects only 307 and 308 are followed" } else { "" };
    format!("answered {}{more}", status.as_u16())
}

fn ascii(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|_| "a header cannot be written".to_owned())
}

/// Writes an error with its causes, but no cause twice.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let what = inner.to_string();
        if !text.contains(&what) {
            text.push_str(": ");
            text.push_str(&what);
        }
        cause = inner.source();
    }
    text
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
