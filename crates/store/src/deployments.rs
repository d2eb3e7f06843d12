use crate::{Act, Page, Paged, Store, StoreError};
use impstead_model::{AccountId, Code, Deployment, DeploymentId, DeviceGroupId, ProductId, Reach};

/// Which deployments a list holds; all that are named must apply.
#[derive(Clone, Debug, Default)]
pub struct DeploymentFilter {
    /// Only this account's.
    pub owner: Option<AccountId>,
    /// Only those that this account made.
    pub creator: Option<AccountId>,
    /// Only this product's.
    pub product: Option<ProductId>,
    /// Only this device group's.
    pub group: Option<DeviceGroupId>,
    /// Only those with this code.
    pub sha: Option<String>,
    /// Only flagged ones, or only others.
    pub flagged: Option<bool>,
    /// Only those that this account flagged.
    pub flagger: Option<AccountId>,
    /// Only those that have all of these tags.
    pub tags: Vec<String>,
}

/// A deployment about to be made.
#[derive(Clone, Debug)]
pub struct NewDeployment {
    /// Its device group.
    pub group: DeviceGroupId,
    /// The two sources.
    pub code: Code,
    /// At most 255 characters.
    pub description: Option<String>,
    /// Where the code came from.
    pub origin: Option<String>,
    /// Whether it is protected against deletion.
    pub flagged: bool,
    /// Tags, none of which holds a comma.
    pub tags: Vec<String>,
}

/// What of a deployment changes; `None` keeps.
#[derive(Clone, Debug, Default)]
pub struct DeploymentChange {
    /// A new description, or none.
    pub description: Option<Option<String>>,
    /// Whether it is protected against deletion; the actor becomes its flagger.
    pub flagged: Option<bool>,
    /// Tags that replace the old ones.
    pub tags: Option<Vec<String>>,
}

impl Store {
    /// Lists deployments that the caller reaches, newest first.
    pub async fn deployments(
        &self,
        reach: &Reach,
        filter: DeploymentFilter,
        page: Page,
    ) -> Result<Paged<Deployment>, StoreError> {
        todo!()
    }

    /// Returns a deployment.
    pub async fn deployment(&self, id: &DeploymentId) -> Result<Option<Deployment>, StoreError> {
        todo!()
    }

    /// Returns a deployment and its two sources.
    pub async fn deployment_with_code(&self, id: &DeploymentId) -> Result<Option<(Deployment, Code)>, StoreError> {
        todo!()
    }

    /// Deploys code to a device group: it becomes the current deployment, and the first one the minimum supported too.
    ///
    /// Its time is later than that of the group's every other deployment, if need be by setting it ahead of the clock.
    /// A delivery waits for each of the group's `deployment` webhooks when this returns.
    ///
    /// # Errors
    /// [`Conflict::Missing`](crate::Conflict::Missing) `device_group`,
    /// [`Conflict::QuotaReached`](crate::Conflict::QuotaReached).
    pub async fn create_deployment(&self, new: NewDeployment, act: Act) -> Result<Deployment, StoreError> {
        todo!()
    }

    /// Changes a deployment and returns it; `None` if it is not there. A change that alters nothing leaves its time
    /// alone.
    pub async fn update_deployment(
        &self,
        id: &DeploymentId,
        change: DeploymentChange,
        act: Act,
    ) -> Result<Option<Deployment>, StoreError> {
        todo!()
    }

    /// Deletes a deployment, and its code where no other deployment has it, and says whether it was there.
    ///
    /// # Errors
    /// [`Conflict::DeploymentFlagged`](crate::Conflict::DeploymentFlagged),
    /// [`Conflict::DeploymentInUse`](crate::Conflict::DeploymentInUse) unless it is older than its group's minimum
    /// supported deployment.
    pub async fn delete_deployment(&self, id: &DeploymentId, act: Act) -> Result<bool, StoreError> {
        todo!()
    }
}
