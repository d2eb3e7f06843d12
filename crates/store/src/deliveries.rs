//! Deliveries to webhooks: rows, claimed one by one in the order of their events, safe to deliver twice.

use crate::{
    Act, Page, Paged, Store, StoreError, Wake,
    conn::{Conn, Lock, Param, Row},
    select::{From, Order, Select},
    webhooks,
};
use impstead_model::{AccountId, ContentType, WebhookEvent, WebhookId};

/// One event on its way to one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id: a UUID.
    pub id: String,
    /// The webhook.
    pub webhook: WebhookId,
    /// What happened.
    pub event: WebhookEvent,
    /// A JSON object.
    pub payload: String,
    /// How far it is.
    pub state: DeliveryState,
    /// Attempts begun.
    pub attempts: i64,
    /// When the next attempt is due, or the lease of the present one over; none also behind another that is pending.
    pub next_attempt_ms: Option<i64>,
    /// HTTP status of the newest answer, if there was one.
    pub last_status: Option<i64>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When the event happened.
    pub created_ms: i64,
    /// When it last changed.
    pub updated_ms: i64,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// To be attempted.
    Pending,
    /// Answered with success.
    Delivered,
    /// Given up.
    Failed,
}

/// A delivery that is to be attempted now.
#[derive(Clone, Debug)]
pub struct DueDelivery {
    /// The delivery, this attempt counted.
    pub delivery: Delivery,
    /// The account that the webhook belongs to.
    pub owner: AccountId,
    /// Where to.
    pub url: String,
    /// How to write it.
    pub content_type: ContentType,
    /// The webhook's secret, sealed.
    pub sealed_secret: Vec<u8>,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// HTTP status, if there was an answer.
    pub status: Option<i64>,
    /// What went wrong; none is success.
    pub error: Option<String>,
    /// When the next attempt is due; none gives up. Ignored after success.
    pub next_attempt_ms: Option<i64>,
}

impl Store {
    /// Claims deliveries that are due, and returns them: of each webhook at most one, the oldest that is pending, so that
    /// events arrive in order. Nobody else claims them before `now_ms + lease_ms`; if the claimer is gone by then, they
    /// are due again. Webhooks of the accounts `but_of` are left out.
    pub async fn claim_deliveries(
        &self,
        now_ms: i64,
        lease_ms: i64,
        most: u32,
        but_of: Vec<AccountId>,
    ) -> Result<Vec<DueDelivery>, StoreError> {
        self.write(move |conn| {
            // Only the oldest that is pending of each webhook has a time, so those behind it cost nothing here.
            let places: Vec<String> = (3..but_of.len() + 3).map(|number| format!(", ?{number}")).collect();
            let (most, but_of) = (i64::from(most), but_of.iter().map(AccountId::as_str));
            let but_of: Vec<&str> = but_of.collect();
            let mut params: Vec<&dyn Param> = vec![&now_ms, &most];
            params.extend(but_of.iter().map(|account| account as &dyn Param));
            let due = conn.all(
                &format!(
                    "select d.id from webhook_delivery d join webhook w on w.id = d.webhook_id
                     where d.state = 'pending' and d.next_attempt_ms <= ?1 and w.owner_id not in (''{})
                     order by d.next_attempt_ms, d.id limit ?2",
                    places.concat()
                ),
                &params,
                |row| row.get::<String>(0),
            )?;
            let mut claimed = Vec::new();
            for id in due {
                let is_ours = conn.run(
                    "update webhook_delivery set attempts = attempts + 1, next_attempt_ms = ?2, updated_ms = ?3
                     where id = ?1 and state = 'pending' and next_attempt_ms <= ?3",
                    &[&id, &(now_ms + lease_ms), &now_ms],
                )?;
                if is_ours == 1 {
                    claimed.extend(conn.first(
                        &format!(
                            "select {COLUMNS}, w.owner_id, w.url, w.content_type, w.sealed_secret
                             from webhook_delivery d join webhook w on w.id = d.webhook_id where d.id = ?1"
                        ),
                        &[&id],
                        due_delivery,
                    )?);
                }
            }
            Ok(claimed)
        })
        .await
    }

    /// Notes what became of the attempt of this number. One that was not the newest any more changes nothing.
    pub async fn end_delivery_attempt(
        &self,
        id: &str,
        attempt_number: i64,
        attempt: Attempt,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |conn| {
            let Attempt { status, error, next_attempt_ms } = &attempt;
            let (state, next_attempt_ms) = match (error, next_attempt_ms) {
                (None, _) => (DeliveryState::Delivered, None),
                (Some(_), None) => (DeliveryState::Failed, None),
                (Some(_), Some(next_attempt_ms)) => (DeliveryState::Pending, Some(*next_attempt_ms)),
            };
            let webhook = conn
                .first("select webhook_id from webhook_delivery where id = ?1", &[&id], |row| row.get::<String>(0))?;
            let Some(webhook) = webhook else { return Ok(()) };
            // As those do who add to its deliveries.
            conn.lock_row(Lock::Change, "webhook", &webhook)?;
            let changed = conn.run(
                "update webhook_delivery
                 set state = ?3, next_attempt_ms = ?4, last_status = ?5, last_error = ?6, updated_ms = ?7
                 where id = ?1 and attempts = ?2 and state = 'pending'",
                &[&id, &attempt_number, &state.as_str(), &next_attempt_ms, status, error, &at_ms],
            )?;
            if changed == 1 && state != DeliveryState::Pending {
                // The next of the webhook may go.
                conn.run(
                    "update webhook_delivery set next_attempt_ms = ?2
                     where id = (select id from webhook_delivery where webhook_id = ?1 and state = 'pending'
                                 order by created_ms, id limit 1)",
                    &[&webhook, &at_ms],
                )?;
                conn.wake(Wake::Webhooks);
            }
            Ok(())
        })
        .await
    }

    /// Returns when the next delivery is due, or the lease of one is over; `None` if none waits.
    pub async fn next_delivery_ms(&self) -> Result<Option<i64>, StoreError> {
        self.read(|conn| {
            let next =
                conn.first("select min(next_attempt_ms) from webhook_delivery where state = 'pending'", &[], |row| {
                    row.get::<Option<i64>>(0)
                })?;
            Ok(next.flatten())
        })
        .await
    }

    /// Lists a webhook's deliveries, newest first.
    pub async fn deliveries(&self, webhook: &WebhookId, page: Page) -> Result<Paged<Delivery>, StoreError> {
        let webhook = webhook.clone();
        self.read(move |conn| {
            let mut select = Select::new(From {
                columns: COLUMNS,
                table: "webhook_delivery d",
                key: "d.id",
                keyed: true,
                time: "d.created_ms",
                order: Order::NewestFirst,
            });
            select.and_is("d.webhook_id", Some(webhook.as_str()));
            select.page(conn, page, delivery)
        })
        .await
    }

    /// Returns a delivery of a webhook.
    pub async fn delivery(&self, webhook: &WebhookId, id: &str) -> Result<Option<Delivery>, StoreError> {
        let (webhook, id) = (webhook.clone(), id.replace('\0', ""));
        self.read(move |conn| find(conn, &webhook, &id)).await
    }

    /// Sends an event again: makes a new delivery of it, behind those that wait, and returns that; `None` if there is no
    /// such delivery.
    pub async fn resend_delivery(
        &self,
        webhook: &WebhookId,
        id: &str,
        act: Act,
    ) -> Result<Option<Delivery>, StoreError> {
        let (webhook, id) = (webhook.clone(), id.replace('\0', ""));
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "webhook", webhook.as_str())? {
                return Ok(None);
            }
            let (Some(of), Some(old)) = (webhooks::find(conn, &webhook)?, find(conn, &webhook, &id)?) else {
                return Ok(None);
            };
            let new = enqueue(conn, &act, webhook.as_str(), old.event, &old.payload)?;
            webhooks::record(conn, &act, "webhook.resend", &of)?;
            find(conn, &webhook, &new)
        })
        .await
    }

    /// Lists the sealed secrets of the webhooks of an account's groups.
    pub async fn webhook_secrets(&self, owner: &AccountId) -> Result<Vec<(WebhookId, Vec<u8>)>, StoreError> {
        let owner = owner.clone();
        self.read(move |conn| {
            conn.all(
                "select id, sealed_secret from webhook where owner_id = ?1 order by created_ms, id",
                &[&owner.as_str()],
                |row| Ok((row.get::<String>(0)?.into(), row.get(1)?)),
            )
        })
        .await
    }

    /// Replaces a webhook's secret and says whether the webhook was there.
    pub async fn set_webhook_secret(&self, id: &WebhookId, sealed: Vec<u8>, act: Act) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "webhook", id.as_str())? {
                return Ok(false);
            }
            let Some(webhook) = webhooks::find(conn, &id)? else { return Ok(false) };
            conn.run("update webhook set sealed_secret = ?2 where id = ?1", &[&id.as_str(), &sealed])?;
            webhooks::record(conn, &act, "webhook.set_secret", &webhook)?;
            Ok(true)
        })
        .await
    }
}

const COLUMNS: &str = "d.id, d.webhook_id, d.event, d.payload, d.state, d.attempts, d.next_attempt_ms, d.last_status, \
    d.last_error, d.created_ms, d.updated_ms";

impl DeliveryState {
    /// Returns the state as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Delivered, Self::Failed].into_iter().find(|state| state.as_str() == text)
    }
}

fn find(conn: &mut Conn<'_>, webhook: &WebhookId, id: &str) -> Result<Option<Delivery>, StoreError> {
    conn.first(
        &format!("select {COLUMNS} from webhook_delivery d where d.id = ?1 and d.webhook_id = ?2"),
        &[&id, &webhook.as_str()],
        delivery,
    )
}

fn delivery(row: &Row<'_>) -> Result<Delivery, StoreError> {
    let corrupt = |what: String| StoreError::Corrupt { table: "webhook_delivery", what };
    let (event, state): (String, String) = (row.get(2)?, row.get(4)?);
    Ok(Delivery {
        id: row.get(0)?,
        webhook: row.get::<String>(1)?.into(),
        event: WebhookEvent::parse(&event).ok_or_else(|| corrupt(format!("event `{event}`")))?,
        payload: row.get(3)?,
        state: DeliveryState::parse(&state).ok_or_else(|| corrupt(format!("state `{state}`")))?,
        attempts: row.get(5)?,
        next_attempt_ms: row.get(6)?,
        last_status: row.get(7)?,
        last_error: row.get(8)?,
        created_ms: row.get(9)?,
        updated_ms: row.get(10)?,
    })
}

fn due_delivery(row: &Row<'_>) -> Result<DueDelivery, StoreError> {
    let content_type: String = row.get(13)?;
    Ok(DueDelivery {
        delivery: delivery(row)?,
        owner: row.get::<String>(11)?.into(),
        url: row.get(12)?,
        content_type: ContentType::parse(&content_type)
            .ok_or_else(|| StoreError::Corrupt { table: "webhook", what: format!("content type `{content_type}`") })?,
        sealed_secret: row.get(14)?,
    })
}

/// Makes a delivery, behind those that the webhook has, and returns its id.
pub(crate) fn enqueue(
    conn: &mut Conn<'_>,
    act: &Act,
    webhook: &str,
    event: WebhookEvent,
    payload: &str,
) -> Result<String, StoreError> {
    // One at a time, so that their times ascend in the order of their commits.
    conn.lock_row(Lock::Change, "webhook", webhook)?;
    let waits =
        conn.exists("select 1 from webhook_delivery where webhook_id = ?1 and state = 'pending' limit 1", &[&webhook])?;
    let newest_ms =
        conn.first("select max(created_ms) from webhook_delivery where webhook_id = ?1", &[&webhook], |row| {
            row.get::<Option<i64>>(0)
        })?;
    let created_ms = newest_ms.flatten().map_or(act.at_ms, |newest_ms| act.at_ms.max(newest_ms + 1));
    let id = act.new_id();
    conn.run(
        "insert into webhook_delivery
           (id, webhook_id, event, payload, state, next_attempt_ms, created_ms, updated_ms)
         values (?1, ?2, ?3, ?4, 'pending', ?5, ?6, ?6)",
        &[&id, &webhook, &event.as_str(), &payload, &(!waits).then_some(act.at_ms), &created_ms],
    )?;
    conn.wake(Wake::Webhooks);
    Ok(id)
}
