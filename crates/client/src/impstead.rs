//! Impstead's own API, `/impstead/v1`: what the vendor does in its web application only.

use crate::{Client, Entity, Error, Listing, resources::Draft, transport::Request};
use impstead_wire::{AuditEntry, Collaborator, Linkage, Quota, Session, Totp, UnbondingKey, Webhook, WebhookDelivery};
use reqwest::{Method, Url};

/// The endpoints of `/impstead/v1`. The vendor's service answers [`Error::NotFound`] to all of them.
#[derive(Clone, Copy, Debug)]
pub struct Impstead<'a>(pub(crate) &'a Client);

/// Which audit entries to list; all that the caller may see unless set. Several conditions must all hold.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Id of the account whose resources were touched.
    pub owner: Option<String>,
    /// What was done, for example `product.create`.
    pub action: Option<String>,
    /// Type of what it was done to.
    pub target_type: Option<String>,
    /// Id of what it was done to.
    pub target_id: Option<String>,
}

/// Methods that take a password need it besides the sign-in; a wrong one answers 403, [`Error::Service`].
impl Impstead<'_> {
    /// Fetches the state of the second factor.
    pub async fn totp(self) -> Result<Entity<Totp>, Error> {
        self.0.get(self.url(&["accounts", "me", "totp"])?).await
    }

    /// Begins to enrol a second factor; the answer holds its secret. It counts once it is confirmed.
    pub async fn enrol_totp(self, password: &str) -> Result<Entity<Totp>, Error> {
        let request = Request::new(Method::POST, self.url(&["accounts", "me", "totp"])?);
        Entity::from_answer(&self.0.execute(request.password(password)?).await?)
    }

    /// Completes the enrolment with a one-time password; the answer holds the recovery codes.
    pub async fn confirm_totp(self, otp: &str) -> Result<Entity<Totp>, Error> {
        let document = Draft::default().attribute("code", Some(otp)).document("totp", None);
        self.0.write(Method::POST, self.url(&["accounts", "me", "totp", "confirm"])?, &document).await
    }

    /// Removes the second factor.
    pub async fn delete_totp(self, password: &str) -> Result<(), Error> {
        let request = Request::new(Method::DELETE, self.url(&["accounts", "me", "totp"])?);
        self.0.execute(request.password(password)?).await.map(drop)
    }

    /// Lists the collaborators on an account; `me` is the caller's own.
    pub fn collaborators(self, account: &str) -> Listing<Collaborator> {
        Listing::new(self.0, self.url(&["accounts", account, "collaborators"]))
    }

    /// Fetches a collaborator; whoever collaborates may fetch itself as `me`.
    pub async fn collaborator(self, account: &str, collaborator: &str) -> Result<Entity<Collaborator>, Error> {
        self.0.get(self.url(&["accounts", account, "collaborators", collaborator])?).await
    }

    /// Makes an account, given by id, user name or e-mail address, a collaborator on another.
    pub async fn add_collaborator(
        self,
        account: &str,
        collaborator: &str,
        role: &str,
    ) -> Result<Entity<Collaborator>, Error> {
        let document = Draft::default()
            .attribute("role", Some(role))
            .relationship("account", Some(&Linkage::new("account", collaborator)))
            .document("collaborator", None);
        self.0.write(Method::POST, self.url(&["accounts", account, "collaborators"])?, &document).await
    }

    /// Changes a collaborator's role.
    pub async fn set_collaborator_role(
        self,
        account: &str,
        collaborator: &str,
        role: &str,
    ) -> Result<Entity<Collaborator>, Error> {
        let document = Draft::default().attribute("role", Some(role)).document("collaborator", Some(collaborator));
        let url = self.url(&["accounts", account, "collaborators", collaborator])?;
        self.0.write(Method::PATCH, url, &document).await
    }

    /// Ends a collaboration; whoever collaborates may leave as `me`.
    pub async fn remove_collaborator(self, account: &str, collaborator: &str) -> Result<(), Error> {
        self.0.call(Method::DELETE, self.url(&["accounts", account, "collaborators", collaborator])?).await
    }

    /// Changes the caller's password, and ends all its other sign-ins.
    pub async fn change_password(self, old: &str, new: &str) -> Result<(), Error> {
        let document = Draft::default().attribute("password", Some(new)).document("password", None);
        let request = Request::new(Method::PUT, self.url(&["accounts", "me", "password"])?).json(&document);
        self.0.execute(request.password(old)?).await.map(drop)
    }

    /// Lists the sign-ins that can still obtain access tokens.
    pub fn sessions(self) -> Listing<Session> {
        Listing::new(self.0, self.url(&["accounts", "me", "sessions"]))
    }

    /// Ends a sign-in and its access tokens.
    pub async fn delete_session(self, id: &str) -> Result<(), Error> {
        self.0.call(Method::DELETE, self.url(&["accounts", "me", "sessions", id])?).await
    }

    /// Ends all sign-ins but this one.
    pub async fn delete_other_sessions(self) -> Result<(), Error> {
        self.0.call(Method::DELETE, self.url(&["accounts", "me", "sessions"])?).await
    }

    /// Fetches whether the account has an unbonding key, never the key.
    pub async fn unbonding_key(self) -> Result<Entity<UnbondingKey>, Error> {
        self.0.get(self.url(&["accounts", "me", "unbonding_key"])?).await
    }

    /// Makes an unbonding key, in place of an older one; the answer holds it.
    pub async fn create_unbonding_key(self, password: &str) -> Result<Entity<UnbondingKey>, Error> {
        let request = Request::new(Method::POST, self.url(&["accounts", "me", "unbonding_key"])?);
        Entity::from_answer(&self.0.execute(request.password(password)?).await?)
    }

    /// Removes the unbonding key.
    pub async fn delete_unbonding_key(self, password: &str) -> Result<(), Error> {
        let request = Request::new(Method::DELETE, self.url(&["accounts", "me", "unbonding_key"])?);
        self.0.execute(request.password(password)?).await.map(drop)
    }

    /// Fetches an account's limits and what it uses of them; `me` is the caller's own.
    pub async fn quota(self, account: &str) -> Result<Entity<Quota>, Error> {
        self.0.get(self.url(&["accounts", account, "quota"])?).await
    }

    /// Lists what was done to the resources of the accounts that the caller manages, newest first.
    pub fn audit(self, filter: &AuditFilter) -> Listing<AuditEntry> {
        let AuditFilter { owner, action, target_type, target_id } = filter;
        Listing::new(self.0, self.url(&["audit"]))
            .filter("owner.id", owner.as_deref())
            .filter("action", action.as_deref())
            .filter("target.type", target_type.as_deref())
            .filter("target.id", target_id.as_deref())
    }

    /// Lists the deliveries of a webhook's events, newest first: those that wait, and those of the last weeks.
    pub fn webhook_deliveries(self, webhook: &str) -> Listing<WebhookDelivery> {
        Listing::new(self.0, self.url(&["webhooks", webhook, "deliveries"]))
    }

    /// Fetches a delivery.
    pub async fn webhook_delivery(self, webhook: &str, delivery: &str) -> Result<Entity<WebhookDelivery>, Error> {
        self.0.get(self.url(&["webhooks", webhook, "deliveries", delivery])?).await
    }

    /// Delivers an event again, however its delivery ended; the answer is the new delivery.
    pub async fn resend_webhook_delivery(
        self,
        webhook: &str,
        delivery: &str,
    ) -> Result<Entity<WebhookDelivery>, Error> {
        let url = self.url(&["webhooks", webhook, "deliveries", delivery, "resend"])?;
        Entity::from_answer(&self.0.execute(Request::new(Method::POST, url)).await?)
    }

    /// Replaces the secret with which a webhook's deliveries are signed; the answer holds the new one, and nothing shows it
    /// again. The old one signs no more attempts.
    pub async fn replace_webhook_secret(self, webhook: &str) -> Result<Entity<Webhook>, Error> {
        let request = Request::new(Method::POST, self.url(&["webhooks", webhook, "secret"])?);
        Entity::from_answer(&self.0.execute(request).await?)
    }

    pub(crate) fn url(self, segments: &[&str]) -> Result<Url, Error> {
        self.0.inner.endpoint.impstead(segments)
    }
}
