use crate::{
    Act, Conflict, Page, Paged, Store, StoreError,
    conn::{Conn, Lock, Row},
    deliveries, device_groups,
    quota::{self, Holding},
    select::{From, Order, Select, group_kind},
};
use impstead_model::{
    ContentType, Deployment, DeviceGroupId, Reach, Right, Webhook, WebhookEvent, WebhookId, iso_8601,
};

/// A webhook about to be made.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Its device group.
    pub group: DeviceGroupId,
    /// Where to deliver.
    pub url: String,
    /// What to deliver.
    pub event: WebhookEvent,
    /// How to write it.
    pub content_type: ContentType,
    /// The secret with which deliveries are signed, sealed.
    pub sealed_secret: Vec<u8>,
}

/// What of a webhook changes; `None` keeps.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    /// A new address.
    pub url: Option<String>,
    /// Another way to write the payload.
    pub content_type: Option<ContentType>,
}

/// Webhooks that a device group may have. Our choice.
const MOST_PER_GROUP: i64 = 100;

impl Store {
    /// Lists webhooks of groups that the caller reaches, oldest first; with `group`, only that group's.
    pub async fn webhooks(
        &self,
        reach: &Reach,
        group: Option<&DeviceGroupId>,
        page: Page,
    ) -> Result<Paged<Webhook>, StoreError> {
        let (reach, group) = (reach.clone(), group.cloned());
        self.read(move |conn| {
            let mut select = Select::new(From {
                columns: COLUMNS,
                table: "webhook w",
                key: "w.id",
                keyed: true,
                time: "w.created_ms",
                order: Order::OldestFirst,
            });
            if let Some(group) = &group {
                let group = device_groups::fixed(conn, None, group)?;
                select.within_account(
                    &reach,
                    group.as_ref().map(|group| &group.owner),
                    "w.group_kind",
                    Right::ReadGroups,
                );
                select.and_is("w.group_id", group.as_ref().map(|group| group.id.as_str()));
            } else {
                select.within(&reach, None, "w.owner_id", "w.group_kind", Right::ReadGroups);
            }
            select.page(conn, page, webhook)
        })
        .await
    }

    /// Returns a webhook.
    pub async fn webhook(&self, id: &WebhookId) -> Result<Option<Webhook>, StoreError> {
        let id = id.clone();
        self.read(move |conn| find(conn, &id)).await
    }

    /// Makes a webhook.
    ///
    /// # Errors
    /// [`Conflict::Missing`] `device_group`,
    /// [`Conflict::QuotaReached`].
    pub async fn create_webhook(&self, new: NewWebhook, act: Act) -> Result<Webhook, StoreError> {
        self.write(move |conn| {
            let NewWebhook { group, url, event, content_type, sealed_secret } = &new;
            let group =
                device_groups::fixed(conn, Some(Lock::Keep), group)?.ok_or(Conflict::Missing("device_group"))?;
            // Each event makes a delivery to each, in the unit of work that caused it.
            let held =
                conn.first("select count(*) from webhook where group_id = ?1", &[&group.id.as_str()], |row| {
                    row.get::<i64>(0)
                })?;
            if held.unwrap_or(0) >= MOST_PER_GROUP {
                return Err(Conflict::QuotaReached { what: "webhooks of a device group", limit: MOST_PER_GROUP }.into());
            }
            quota::take(conn, &group.owner, Holding::Webhooks)?;
            let webhook = Webhook {
                id: act.new_id().into(),
                group: group.id,
                group_kind: group.kind,
                product: group.product,
                creator: act.account_or(&group.owner).clone(),
                owner: group.owner,
                url: url.clone(),
                event: *event,
                content_type: *content_type,
                created_ms: act.at_ms,
                updated_ms: act.at_ms,
            };
            conn.run(
                "insert into webhook
                   (id, group_id, group_kind, product_id, owner_id, creator_id, url, event, content_type, sealed_secret,
                    created_ms, updated_ms)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?11, ?10, ?10)",
                &[
                    &webhook.id.as_str(),
                    &webhook.group.as_str(),
                    &webhook.group_kind.as_str(),
                    &webhook.product.as_str(),
                    &webhook.owner.as_str(),
                    &webhook.creator.as_str(),
                    url,
                    &event.as_str(),
                    &content_type.as_str(),
                    &act.at_ms,
                    sealed_secret,
                ],
            )?;
            record(conn, &act, "webhook.create", &webhook)?;
            Ok(webhook)
        })
        .await
    }

    /// Changes a webhook and returns it; `None` if it is not there. A change that alters nothing leaves its time alone.
    pub async fn update_webhook(
        &self,
        id: &WebhookId,
        change: WebhookChange,
        act: Act,
    ) -> Result<Option<Webhook>, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "webhook", id.as_str())? {
                return Ok(None);
            }
            let Some(before) = find(conn, &id)? else { return Ok(None) };
            let mut after = before.clone();
            let WebhookChange { url, content_type } = change.clone();
            after.url = url.unwrap_or(after.url);
            after.content_type = content_type.unwrap_or(after.content_type);
            if after == before {
                return Ok(Some(before));
            }
            after.updated_ms = act.at_ms;
            conn.run(
                "update webhook set url = ?2, content_type = ?3, updated_ms = ?4 where id = ?1",
                &[&id.as_str(), &after.url, &after.content_type.as_str(), &after.updated_ms],
            )?;
            record(conn, &act, "webhook.update", &after)?;
            Ok(Some(after))
        })
        .await
    }

    /// Deletes a webhook with its deliveries and says whether it was there.
    pub async fn delete_webhook(&self, id: &WebhookId, act: Act) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            // The group first, as those who delete the group or deploy to it do.
            let Some(Webhook { group, .. }) = find(conn, &id)? else { return Ok(false) };
            if !conn.lock_row(Lock::Keep, "device_group", group.as_str())?
                || !conn.lock_row(Lock::Delete, "webhook", id.as_str())?
            {
                return Ok(false);
            }
            let Some(webhook) = find(conn, &id)? else { return Ok(false) };
            conn.run("delete from webhook where id = ?1", &[&id.as_str()])?;
            quota::give_back(conn, &webhook.owner, Holding::Webhooks, 1)?;
            record(conn, &act, "webhook.delete", &webhook)?;
            Ok(true)
        })
        .await
    }
}

const COLUMNS: &str = "w.id, w.group_id, w.group_kind, w.product_id, w.owner_id, w.creator_id, w.url, w.event, \
    w.content_type, w.created_ms, w.updated_ms";

pub(crate) fn find(conn: &mut Conn<'_>, id: &WebhookId) -> Result<Option<Webhook>, StoreError> {
    conn.first(&format!("select {COLUMNS} from webhook w where w.id = ?1"), &[&id.as_str()], webhook)
}

fn webhook(row: &Row<'_>) -> Result<Webhook, StoreError> {
    let corrupt = |what: String| StoreError::Corrupt { table: "webhook", what };
    let (event, content_type): (String, String) = (row.get(7)?, row.get(8)?);
    Ok(Webhook {
        id: row.get::<String>(0)?.into(),
        group: row.get::<String>(1)?.into(),
        group_kind: group_kind("webhook", &row.get::<String>(2)?)?,
        product: row.get::<String>(3)?.into(),
        owner: row.get::<String>(4)?.into(),
        creator: row.get::<String>(5)?.into(),
        url: row.get(6)?,
        event: WebhookEvent::parse(&event).ok_or_else(|| corrupt(format!("event `{event}`")))?,
        content_type: ContentType::parse(&content_type)
            .ok_or_else(|| corrupt(format!("content type `{content_type}`")))?,
        created_ms: row.get(9)?,
        updated_ms: row.get(10)?,
    })
}

/// Writes an audit row. The address is left out, as it may hold a secret.
pub(crate) fn record(conn: &mut Conn<'_>, act: &Act, action: &str, webhook: &Webhook) -> Result<(), StoreError> {
    act.record(conn, &webhook.owner, action, ("webhook", webhook.id.as_str()), Some(webhook.group.as_str()))
}

/// Makes a delivery to each webhook that waits for deployments to the group.
///
/// # Source
/// The payload is our choice; the vendor's is unknown.
pub(crate) fn enqueue_deployment(conn: &mut Conn<'_>, act: &Act, deployment: &Deployment) -> Result<(), StoreError> {
    enqueue(conn, act, &deployment.group, WebhookEvent::Deployment, || {
        serde_json::json!({
            "deployment_id": deployment.id.as_str(),
            "devicegroup_id": deployment.group.as_str(),
            "product_id": deployment.product.as_str(),
            "sha": deployment.sha,
            "created_at": iso_8601(deployment.created_ms),
            "creator_id": deployment.creator.as_str(),
        })
    })
}

/// Makes a delivery to each webhook that waits for this event in the group.
pub(crate) fn enqueue(
    conn: &mut Conn<'_>,
    act: &Act,
    group: &DeviceGroupId,
    event: WebhookEvent,
    payload: impl FnOnce() -> serde_json::Value,
) -> Result<(), StoreError> {
    let webhooks = conn.all(
        "select id from webhook where group_id = ?1 and event = ?2 order by created_ms, id",
        &[&group.as_str(), &event.as_str()],
        |row| row.get::<String>(0),
    )?;
    if webhooks.is_empty() {
        return Ok(());
    }
    let payload = payload().to_string();
    for webhook in webhooks {
        deliveries::enqueue(conn, act, &webhook, event, &payload)?;
    }
    Ok(())
}
