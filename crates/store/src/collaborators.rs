use crate::{Act, Page, Paged, Store, StoreError};
use impstead_model::{AccountId, Collaborator, Role};

impl Store {
    /// Lists the collaborators on an account, oldest first.
    pub async fn collaborators(&self, owner: &AccountId, page: Page) -> Result<Paged<Collaborator>, StoreError> {
        todo!()
    }

    /// Returns a collaborator on an account.
    pub async fn collaborator(
        &self,
        owner: &AccountId,
        account: &AccountId,
    ) -> Result<Option<Collaborator>, StoreError> {
        todo!()
    }

    /// Makes an account a collaborator on another.
    ///
    /// # Errors
    /// [`Conflict::Duplicate`](crate::Conflict::Duplicate) if it is one, or is the owner itself;
    /// [`Conflict::Missing`](crate::Conflict::Missing) `account`.
    pub async fn add_collaborator(
        &self,
        owner: &AccountId,
        account: &AccountId,
        role: Role,
        act: Act,
    ) -> Result<Collaborator, StoreError> {
        todo!()
    }

    /// Changes a collaborator's role and returns it; `None` if the account is not a collaborator.
    pub async fn set_collaborator_role(
        &self,
        owner: &AccountId,
        account: &AccountId,
        role: Role,
        act: Act,
    ) -> Result<Option<Collaborator>, StoreError> {
        todo!()
    }

    /// Ends a collaboration and says whether there was one.
    pub async fn remove_collaborator(
        &self,
        owner: &AccountId,
        account: &AccountId,
        act: Act,
    ) -> Result<bool, StoreError> {
        todo!()
    }
}
