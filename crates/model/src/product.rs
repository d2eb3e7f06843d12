use crate::{AccountId, ProductId};

/// A product: a set of device groups under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// The account it belongs to.
    pub owner: AccountId,
    /// The account that made it.
    pub creator: AccountId,
    /// 1 to 80 characters, unique among the owner's products.
    pub name: String,
    /// At most 255 characters.
    pub description: Option<String>,
    /// When it was made.
    pub created_ms: i64,
    /// When it last changed.
    pub updated_ms: i64,
}
