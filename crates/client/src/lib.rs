//! A client for the impCentral API v5: that of Impstead, and that of Electric Imp.
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use impstead_client::{Client, FileTokenStore, ProductFilter};
//!
//! # async fn example() -> Result<(), impstead_client::Error> {
//! let client = Client::builder("https://impstead.example.net").token_store(FileTokenStore::new("tokens.json")).build()?;
//! client.sign_in("grower", "correct horse").await?;
//!
//! let mut products = client.products().list(&ProductFilter::default()).stream();
//! while let Some(product) = products.try_next().await? {
//!     println!("{} {}", product.id, product.attributes.name);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - [`Client`] holds an endpoint and a sign-in; [`Client::builder`] makes one.
//! - Each kind of resource has its methods: [`Client::products`], [`Client::device_groups`], [`Client::deployments`] and
//!   so on. What they return is an [`Entity`]: typed, and as the very text that the service sent.
//! - Lists are [`Listing`]s: streams that fetch page after page, or single pages.
//! - Log lines come as streams of [`LogEvent`]s that connect again by themselves: [`Client::log_streams`], and
//!   [`Impstead::follow_logs`] for whole device groups.
//! - The access token is renewed when it is about to expire and when it is refused, once for all concurrent callers and,
//!   with a [`FileTokenStore`], for all processes that share the file.
//! - Failed requests are sent again where that is safe: see [`RetryPolicy`].
//! - [`Error`] tells apart what a caller may want to handle.
//!
//! The library never prints, and never reads the environment or the home directory.

mod auth;
mod client;
mod device_group_type;
mod endpoint;
mod entity;
mod error;
mod impstead;
mod listing;
mod logs;
mod resources;
mod retry;
mod secret;
mod service_error;
mod sse;
mod store;
mod transport;
mod virtual_imps;

pub use auth::OtpChallenge;
pub use client::{Client, ClientBuilder};
pub use device_group_type::{DeviceGroupType, UnknownDeviceGroupType};
pub use entity::Entity;
pub use error::Error;
pub use impstead::{AuditFilter, Impstead};
pub use impstead_wire as wire;
pub use listing::{Listing, Page};
pub use logs::{LogDevices, LogEvent, LogFilter, LogOptions, LogStream, LogStreams, LogTail, LogsOf};
pub use resources::Update;
pub use resources::accounts::Accounts;
pub use resources::deployments::{DeploymentChanges, DeploymentFilter, Deployments, NewDeployment};
pub use resources::device_groups::{DeviceGroupChanges, DeviceGroupFilter, DeviceGroups, NewDeviceGroup};
pub use resources::devices::{Assigned, DeviceFilter, Devices};
pub use resources::libraries::Libraries;
pub use resources::login_keys::LoginKeys;
pub use resources::products::{NewProduct, ProductChanges, ProductFilter, Products};
pub use resources::refresh_tokens::RefreshTokens;
pub use resources::webhooks::{NewWebhook, WebhookChanges, WebhookContentType, WebhookEvent, WebhookFilter, Webhooks};
pub use retry::{RateLimit, RetryPolicy};
pub use secret::Secret;
pub use service_error::ServiceError;
pub use store::{AccessToken, FileTokenStore, MemoryTokenStore, Renewal, StoredSession, TokenStore};
pub use virtual_imps::{NewVirtualImp, VirtualImpEvent, VirtualImpWatch};

/// The resources, in the order of the vendor's contract.
impl Client {
    /// Accounts that the caller owns or collaborates on.
    pub const fn accounts(&self) -> Accounts<'_> {
        Accounts(self)
    }

    /// Refresh tokens of the caller's account.
    pub const fn refresh_tokens(&self) -> RefreshTokens<'_> {
        RefreshTokens(self)
    }

    /// Login keys of the caller's account.
    pub const fn login_keys(&self) -> LoginKeys<'_> {
        LoginKeys(self)
    }

    /// Products.
    pub const fn products(&self) -> Products<'_> {
        Products(self)
    }

    /// Device groups.
    pub const fn device_groups(&self) -> DeviceGroups<'_> {
        DeviceGroups(self)
    }

    /// Deployments.
    pub const fn deployments(&self) -> Deployments<'_> {
        Deployments(self)
    }

    /// Devices.
    pub const fn devices(&self) -> Devices<'_> {
        Devices(self)
    }

    /// Log streams.
    pub const fn log_streams(&self) -> LogStreams<'_> {
        LogStreams(self)
    }

    /// Webhooks.
    pub const fn webhooks(&self) -> Webhooks<'_> {
        Webhooks(self)
    }

    /// Squirrel libraries.
    pub const fn libraries(&self) -> Libraries<'_> {
        Libraries(self)
    }

    /// Impstead's own API, beside the vendor's.
    pub const fn impstead(&self) -> Impstead<'_> {
        Impstead(self)
    }
}
