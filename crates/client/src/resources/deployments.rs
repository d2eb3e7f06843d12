use super::Draft;
use crate::{Client, Entity, Error, Listing, Update};
use impstead_wire::{Deployment, Linkage};
use reqwest::Method;

/// Deployments: `/deployments`.
#[derive(Clone, Copy, Debug)]
pub struct Deployments<'a>(pub(crate) &'a Client);

/// Which deployments to list; all that the caller may see unless set. Several conditions must all hold.
#[derive(Clone, Debug, Default)]
pub struct DeploymentFilter {
    /// Id of the owning account.
    pub owner: Option<String>,
    /// Id of the account that made them.
    pub creator: Option<String>,
    /// Id of the product.
    pub product: Option<String>,
    /// Id of the device group.
    pub device_group: Option<String>,
    /// Hash of the code, whole.
    pub sha: Option<String>,
    /// Flagged or unflagged ones only; both unless set.
    pub flagged: Option<bool>,
    /// Id of the account that flagged them.
    pub flagger: Option<String>,
    /// Tags, all of which a deployment must have.
    pub tags: Vec<String>,
}

/// Code to deploy.
#[derive(Clone, Debug)]
pub struct NewDeployment {
    /// The device group, with its type; [`Resource::linkage`](impstead_wire::Resource::linkage) makes it.
    pub device_group: Linkage,
    /// The device's source; may be empty.
    pub device_code: String,
    /// The agent's source; may be empty.
    pub agent_code: String,
    /// At most 255 characters.
    pub description: Option<String>,
    /// Free text that names where the code came from.
    pub origin: Option<String>,
    /// Whether to protect it against deletion.
    pub flagged: bool,
    /// Tags: letters, digits, `_`, `-`, `*` and `.`; at most 500 characters together.
    pub tags: Vec<String>,
}

impl NewDeployment {
    /// Describes a deployment of two sources and no more.
    pub fn new(device_group: Linkage, device_code: impl Into<String>, agent_code: impl Into<String>) -> Self {
        Self {
            device_group,
            device_code: device_code.into(),
            agent_code: agent_code.into(),
            description: None,
            origin: None,
            flagged: false,
            tags: Vec::new(),
        }
    }
}

/// Changes to a deployment; the default changes nothing.
#[derive(Clone, Debug, Default)]
pub struct DeploymentChanges {
    /// A new description.
    pub description: Update<String>,
    /// Whether it is protected against deletion.
    pub flagged: Option<bool>,
    /// New tags; they replace all old ones.
    pub tags: Option<Vec<String>>,
}

impl Deployments<'_> {
    /// Lists deployments, newest first, without their code.
    pub fn list(self, filter: &DeploymentFilter) -> Listing<Deployment> {
        let DeploymentFilter { owner, creator, product, device_group, sha, flagged, flagger, tags } = filter;
        let tags = (!tags.is_empty()).then(|| tags.join(","));
        Listing::new(self.0, self.0.v5(&["deployments"]))
            .filter("owner.id", owner.as_deref())
            .filter("creator.id", creator.as_deref())
            .filter("product.id", product.as_deref())
            .filter("devicegroup.id", device_group.as_deref())
            .filter("sha", sha.as_deref())
            .filter("flagged", flagged.map(|flagged| if flagged { "true" } else { "false" }))
            .filter("flagger.id", flagger.as_deref())
            .filter("tags", tags.as_deref())
    }

    /// Fetches a deployment by id, with its code.
    pub async fn get(self, id: &str) -> Result<Entity<Deployment>, Error> {
        self.0.get(self.0.v5(&["deployments", id])?).await
    }

    /// Deploys code to a device group. Devices that run older code keep it until they restart.
    ///
    /// # Errors
    /// [`Error::Service`] with [`compile_errors`](crate::ServiceError::compile_errors) if the code does not compile.
    /// Nothing was deployed then.
    pub async fn create(self, deployment: &NewDeployment) -> Result<Entity<Deployment>, Error> {
        let NewDeployment { device_group, device_code, agent_code, description, origin, flagged, tags } = deployment;
        let draft = Draft::default()
            .attribute("device_code", Some(device_code))
            .attribute("agent_code", Some(agent_code))
            .attribute("description", description.as_ref())
            .attribute("origin", origin.as_ref())
            .attribute("flagged", flagged.then_some(true))
            .attribute("tags", (!tags.is_empty()).then_some(tags));
        let document = draft.relationship("devicegroup", Some(device_group)).document("deployment", None);
        self.0.write(Method::POST, self.0.v5(&["deployments"])?, &document).await
    }

    /// Changes a deployment.
    pub async fn update(self, id: &str, changes: &DeploymentChanges) -> Result<Entity<Deployment>, Error> {
        let DeploymentChanges { description, flagged, tags } = changes;
        let draft = Draft::default()
            .update("description", description)
            .attribute("flagged", flagged.as_ref())
            .attribute("tags", tags.as_ref());
        self.0.write(Method::PATCH, self.0.v5(&["deployments", id])?, &draft.document("deployment", Some(id))).await
    }

    /// Deletes a deployment. A flagged one, or one that devices may still run, answers 409, [`Error::Service`].
    pub async fn delete(self, id: &str) -> Result<(), Error> {
        self.0.call(Method::DELETE, self.0.v5(&["deployments", id])?).await
    }
}
