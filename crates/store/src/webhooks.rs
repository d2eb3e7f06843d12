use crate::{Act, Page, Paged, Store, StoreError};
use impstead_model::{ContentType, DeviceGroupId, Reach, Webhook, WebhookEvent, WebhookId};

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
}

/// What of a webhook changes; `None` keeps.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    /// A new address.
    pub url: Option<String>,
    /// Another way to write the payload.
    pub content_type: Option<ContentType>,
}

impl Store {
    /// Lists webhooks of groups that the caller reaches, oldest first; with `group`, only that group's.
    pub async fn webhooks(
        &self,
        reach: &Reach,
        group: Option<&DeviceGroupId>,
        page: Page,
    ) -> Result<Paged<Webhook>, StoreError> {
        todo!()
    }

    /// Returns a webhook.
    pub async fn webhook(&self, id: &WebhookId) -> Result<Option<Webhook>, StoreError> {
        todo!()
    }

    /// Makes a webhook.
    ///
    /// # Errors
    /// [`Conflict::Missing`](crate::Conflict::Missing) `device_group`,
    /// [`Conflict::QuotaReached`](crate::Conflict::QuotaReached).
    pub async fn create_webhook(&self, new: NewWebhook, act: Act) -> Result<Webhook, StoreError> {
        todo!()
    }

    /// Changes a webhook and returns it; `None` if it is not there. A change that alters nothing leaves its time alone.
    pub async fn update_webhook(
        &self,
        id: &WebhookId,
        change: WebhookChange,
        act: Act,
    ) -> Result<Option<Webhook>, StoreError> {
        todo!()
    }

    /// Deletes a webhook with its deliveries and says whether it was there.
    pub async fn delete_webhook(&self, id: &WebhookId, act: Act) -> Result<bool, StoreError> {
        todo!()
    }
}
