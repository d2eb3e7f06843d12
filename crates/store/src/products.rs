use crate::{
    Act, Conflict, Page, Paged, Store, StoreError,
    conn::{Conn, Lock, Row},
    quota::{self, Holding},
    select::{From, Order, Select},
};
use impstead_model::{AccountId, Product, ProductId, Reach, Right};

/// A product about to be made.
#[derive(Clone, Debug)]
pub struct NewProduct {
    /// The account it will belong to.
    pub owner: AccountId,
    /// 1 to 80 characters.
    pub name: String,
    /// At most 255 characters.
    pub description: Option<String>,
}

/// What of a product changes; `None` keeps.
#[derive(Clone, Debug, Default)]
pub struct ProductChange {
    /// A new name.
    pub name: Option<String>,
    /// A new description, or none.
    pub description: Option<Option<String>>,
}

impl Store {
    /// Lists products that the caller reaches, oldest first; with `owner`, only that account's.
    pub async fn products(
        &self,
        reach: &Reach,
        owner: Option<&AccountId>,
        page: Page,
    ) -> Result<Paged<Product>, StoreError> {
        let (reach, owner) = (reach.clone(), owner.cloned());
        self.read(move |conn| {
            let mut select = Select::new(From {
                columns: COLUMNS,
                table: "product p",
                key: "p.id",
                keyed: true,
                time: "p.created_ms",
                order: Order::OldestFirst,
            });
            select.within(&reach, owner.as_ref(), "p.owner_id", "", |_| Right::ReadProducts);
            select.page(conn, page, product)
        })
        .await
    }

    /// Returns a product.
    pub async fn product(&self, id: &ProductId) -> Result<Option<Product>, StoreError> {
        let id = id.clone();
        self.read(move |conn| find(conn, &id)).await
    }

    /// Makes a product.
    ///
    /// # Errors
    /// [`Conflict::Duplicate`] if the owner has a product of this name, [`Conflict::QuotaReached`],
    /// [`Conflict::Missing`] `account`.
    pub async fn create_product(&self, new: NewProduct, act: Act) -> Result<Product, StoreError> {
        self.write(move |conn| {
            let NewProduct { owner, name, description } = &new;
            quota::take(conn, owner, Holding::Products)?;
            let product = Product {
                id: act.new_id().into(),
                owner: owner.clone(),
                creator: act.account_or(owner).clone(),
                name: name.clone(),
                description: description.clone(),
                created_ms: act.at_ms,
                updated_ms: act.at_ms,
            };
            conn.run(
                "insert into product (id, owner_id, creator_id, name, description, created_ms, updated_ms)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
                &[&product.id.as_str(), &owner.as_str(), &product.creator.as_str(), name, description, &act.at_ms],
            )?;
            act.record(conn, owner, "product.create", ("product", product.id.as_str()), Some(name))?;
            Ok(product)
        })
        .await
    }

    /// Changes a product and returns it; `None` if it is not there. A change that alters nothing leaves its time alone.
    ///
    /// # Errors
    /// [`Conflict::Duplicate`] if the owner has another product of the new name.
    pub async fn update_product(
        &self,
        id: &ProductId,
        change: ProductChange,
        act: Act,
    ) -> Result<Option<Product>, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Change, "product", id.as_str())? {
                return Ok(None);
            }
            let Some(before) = find(conn, &id)? else { return Ok(None) };
            let mut after = before.clone();
            let ProductChange { name, description } = change.clone();
            after.name = name.unwrap_or(after.name);
            after.description = description.unwrap_or(after.description);
            if after == before {
                return Ok(Some(before));
            }
            after.updated_ms = act.at_ms;
            conn.run(
                "update product set name = ?2, description = ?3, updated_ms = ?4 where id = ?1",
                &[&id.as_str(), &after.name, &after.description, &after.updated_ms],
            )?;
            act.record(conn, &after.owner, "product.update", ("product", id.as_str()), Some(&after.name))?;
            Ok(Some(after))
        })
        .await
    }

    /// Deletes a product and says whether it was there.
    ///
    /// # Errors
    /// [`Conflict::ProductHasGroups`].
    pub async fn delete_product(&self, id: &ProductId, act: Act) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |conn| {
            if !conn.lock_row(Lock::Delete, "product", id.as_str())? {
                return Ok(false);
            }
            let Some(product) = find(conn, &id)? else { return Ok(false) };
            if conn.exists("select 1 from device_group where product_id = ?1 limit 1", &[&id.as_str()])? {
                return Err(Conflict::ProductHasGroups.into());
            }
            conn.run("delete from product where id = ?1", &[&id.as_str()])?;
            quota::give_back(conn, &product.owner, Holding::Products, 1)?;
            act.record(conn, &product.owner, "product.delete", ("product", id.as_str()), Some(&product.name))?;
            Ok(true)
        })
        .await
    }
}

const COLUMNS: &str = "p.id, p.owner_id, p.creator_id, p.name, p.description, p.created_ms, p.updated_ms";

pub(crate) fn find(conn: &mut Conn<'_>, id: &ProductId) -> Result<Option<Product>, StoreError> {
    conn.first(&format!("select {COLUMNS} from product p where p.id = ?1"), &[&id.as_str()], product)
}

fn product(row: &Row<'_>) -> Result<Product, StoreError> {
    Ok(Product {
        id: row.get::<String>(0)?.into(),
        owner: row.get::<String>(1)?.into(),
        creator: row.get::<String>(2)?.into(),
        name: row.get(3)?,
        description: row.get(4)?,
        created_ms: row.get(5)?,
        updated_ms: row.get(6)?,
    })
}
