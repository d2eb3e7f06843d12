use super::Draft;
use crate::{Client, Entity, Error, Listing, Update};
use impstead_wire::{Linkage, Product};
use reqwest::Method;

/// Products: `/products`.
#[derive(Clone, Copy, Debug)]
pub struct Products<'a>(pub(crate) &'a Client);

/// Which products to list; all that the caller may see unless set.
#[derive(Clone, Debug, Default)]
pub struct ProductFilter {
    /// Id of the owning account.
    pub owner: Option<String>,
}

/// A product to make.
#[derive(Clone, Debug, Default)]
pub struct NewProduct {
    /// 1 to 80 characters, unique among the owner's products.
    pub name: String,
    /// At most 255 characters.
    pub description: Option<String>,
    /// Id of the owning account, if it is not the caller's.
    pub owner: Option<String>,
}

/// Changes to a product; the default changes nothing.
#[derive(Clone, Debug, Default)]
pub struct ProductChanges {
    /// A new name.
    pub name: Option<String>,
    /// A new description.
    pub description: Update<String>,
}

impl Products<'_> {
    /// Lists products, oldest first.
    pub fn list(self, filter: &ProductFilter) -> Listing<Product> {
        let ProductFilter { owner } = filter;
        Listing::new(self.0, self.0.v5(&["products"])).filter("owner.id", owner.as_deref())
    }

    /// Fetches a product by id.
    pub async fn get(self, id: &str) -> Result<Entity<Product>, Error> {
        self.0.get(self.0.v5(&["products", id])?).await
    }

    /// Makes a product. A name that is taken answers 409, [`Error::Service`].
    pub async fn create(self, product: &NewProduct) -> Result<Entity<Product>, Error> {
        let NewProduct { name, description, owner } = product;
        let owner = owner.as_ref().map(|id| Linkage::new("account", id));
        let draft = Draft::default().attribute("name", Some(name)).attribute("description", description.as_ref());
        let document = draft.relationship("owner", owner.as_ref()).document("product", None);
        self.0.write(Method::POST, self.0.v5(&["products"])?, &document).await
    }

    /// Changes a product.
    pub async fn update(self, id: &str, changes: &ProductChanges) -> Result<Entity<Product>, Error> {
        let ProductChanges { name, description } = changes;
        let draft = Draft::default().attribute("name", name.as_ref()).update("description", description);
        self.0.write(Method::PATCH, self.0.v5(&["products", id])?, &draft.document("product", Some(id))).await
    }

    /// Deletes a product. One that has device groups answers 409, [`Error::Service`].
    pub async fn delete(self, id: &str) -> Result<(), Error> {
        self.0.call(Method::DELETE, self.0.v5(&["products", id])?).await
    }
}
