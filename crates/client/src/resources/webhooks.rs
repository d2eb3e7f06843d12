use super::Draft;
use crate::{Client, Entity, Error, Listing};
use impstead_wire::{Linkage, Webhook};
use reqwest::Method;
use std::fmt;

/// Webhooks: `/webhooks`.
#[derive(Clone, Copy, Debug)]
pub struct Webhooks<'a>(pub(crate) &'a Client);

/// Which webhooks to list; all that the caller may see unless set.
#[derive(Clone, Debug, Default)]
pub struct WebhookFilter {
    /// Id of the device group.
    pub device_group: Option<String>,
}

/// What a webhook reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WebhookEvent {
    /// A device was blessed into the group.
    Blessing,
    /// A production device was activated by BlinkUp.
    BlinkUp,
    /// Code was deployed to the group.
    Deployment,
}

impl WebhookEvent {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Blessing, Self::BlinkUp, Self::Deployment];

    /// Returns the word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blessing => "blessing",
            Self::BlinkUp => "blinkup",
            Self::Deployment => "deployment",
        }
    }
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a webhook's payload is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WebhookContentType {
    /// `application/json`.
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

impl WebhookContentType {
    /// Returns the media type.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
        }
    }
}

/// A webhook to make.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// The device group, with its type; [`Resource::linkage`](impstead_wire::Resource::linkage) makes it.
    pub device_group: Linkage,
    /// Where to deliver: an http or https URL.
    pub url: String,
    /// What to report.
    pub event: WebhookEvent,
    /// How to write it.
    pub content_type: WebhookContentType,
}

/// Changes to a webhook; the default changes nothing.
#[derive(Clone, Debug, Default)]
pub struct WebhookChanges {
    /// A new place to deliver.
    pub url: Option<String>,
    /// A new way to write the payload.
    pub content_type: Option<WebhookContentType>,
}

impl Webhooks<'_> {
    /// Lists webhooks, oldest first.
    pub fn list(self, filter: &WebhookFilter) -> Listing<Webhook> {
        let WebhookFilter { device_group } = filter;
        Listing::new(self.0, self.0.v5(&["webhooks"])).filter("devicegroup.id", device_group.as_deref())
    }

    /// Fetches a webhook by id.
    pub async fn get(self, id: &str) -> Result<Entity<Webhook>, Error> {
        self.0.get(self.0.v5(&["webhooks", id])?).await
    }

    /// Makes a webhook. On Impstead the answer holds the secret with which its deliveries are signed, in the attribute
    /// `secret`, and nothing shows it again. A URL that is none answers 400, [`Error::Service`].
    pub async fn create(self, webhook: &NewWebhook) -> Result<Entity<Webhook>, Error> {
        let NewWebhook { device_group, url, event, content_type } = webhook;
        let document = Draft::default()
            .attribute("url", Some(url))
            .attribute("event", Some(event.as_str()))
            .attribute("content_type", Some(content_type.as_str()))
            .relationship("devicegroup", Some(device_group))
            .document("webhook", None);
        self.0.write(Method::POST, self.0.v5(&["webhooks"])?, &document).await
    }

    /// Changes a webhook.
    pub async fn update(self, id: &str, changes: &WebhookChanges) -> Result<Entity<Webhook>, Error> {
        let WebhookChanges { url, content_type } = changes;
        let draft = Draft::default()
            .attribute("url", url.as_ref())
            .attribute("content_type", content_type.map(WebhookContentType::as_str));
        self.0.write(Method::PATCH, self.0.v5(&["webhooks", id])?, &draft.document("webhook", Some(id))).await
    }

    /// Deletes a webhook.
    pub async fn delete(self, id: &str) -> Result<(), Error> {
        self.0.call(Method::DELETE, self.0.v5(&["webhooks", id])?).await
    }
}
