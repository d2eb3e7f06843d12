//! `/v5/products`

use crate::{
    App,
    caller::Caller,
    document::{Created, Listed, NoContent, One, Reply},
    error::{ApiError, duplicate, not_found},
    page::{Ids, ListQuery},
    shape::{Attribute, Body, Kind, Relationship, Shape, Write},
};
use axum::extract::State;
use impstead_model::{self as model, ProductId, Right};
use impstead_store::{Conflict, NewProduct, ProductChange, StoreError};
use impstead_wire::{self as wire, Linkage, SelfLink, Timestamp};

pub const SHAPE: Shape = Shape {
    types: &["product"],
    attributes: &[
        Attribute { name: "name", kind: Kind::Text { min: 1, max: 80 }, write: Write::Required },
        Attribute { name: "description", kind: Kind::NullableText { max: 255 }, write: Write::Optional },
    ],
    relationships: &[Relationship { name: "owner", required: false, changeable: false }],
};

/// `GET /v5/products`
pub async fn list(caller: Caller, State(app): State<App>, query: ListQuery) -> Reply<Listed<wire::Product>> {
    let owner = query.filter("owner.id").map(|id| caller.account_named(id));
    let page = app.store.products(&caller.session().reach, owner.as_ref(), query.page).await?;
    Ok(Listed::new(&query, page, |product| resource(&app, product)))
}

/// `POST /v5/products`
pub async fn create(caller: Caller, State(app): State<App>, body: Body) -> Reply<Created<wire::Product>> {
    let fields = SHAPE.create(&body)?;
    let owner = fields.relationship("owner").map_or("me", |(_, id)| id);
    let owner = caller.account_named(owner);
    caller.may(Right::ManageProducts, &owner, "account")?;
    let new = NewProduct {
        owner,
        name: fields.text("name").unwrap_or_default(),
        description: fields.nullable_text("description").flatten(),
    };
    let product = app.store.create_product(new, caller.act(&app)).await.map_err(refused)?;
    Ok(Created(resource(&app, product)))
}

/// `GET /v5/products/{id}`
pub async fn show(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::Product>> {
    let product = find(&app, &caller, &ids, Right::ReadProducts).await?;
    Ok(One(resource(&app, product)))
}

/// `PATCH /v5/products/{id}`
pub async fn update(caller: Caller, State(app): State<App>, ids: Ids, body: Body) -> Reply<One<wire::Product>> {
    let product = find(&app, &caller, &ids, Right::ManageProducts).await?;
    let id = product.id.clone();
    let fields = SHAPE.update(&body, "product", &resource(&app, product), |named| ProductId::new(named) == id)?;
    let change = ProductChange { name: fields.text("name"), description: fields.nullable_text("description") };
    let product = app.store.update_product(&id, change, caller.act(&app)).await.map_err(refused)?;
    Ok(One(resource(&app, product.ok_or_else(|| not_found("product"))?)))
}

/// `DELETE /v5/products/{id}`
pub async fn delete(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    let product = find(&app, &caller, &ids, Right::ManageProducts).await?;
    if app.store.delete_product(&product.id, caller.act(&app)).await? {
        Ok(NoContent)
    } else {
        Err(not_found("product"))
    }
}

async fn find(app: &App, caller: &Caller, ids: &Ids, right: Right) -> Result<model::Product, ApiError> {
    let product = app.store.product(&ProductId::new(ids.one())).await?.ok_or_else(|| not_found("product"))?;
    caller.may(right, &product.owner, "product")?;
    Ok(product)
}

fn refused(error: StoreError) -> ApiError {
    match error {
        StoreError::Conflict(Conflict::Duplicate) => duplicate("Products must have unique names."),
        error => error.into(),
    }
}

fn resource(app: &App, product: model::Product) -> wire::Product {
    let model::Product { id, owner, creator, name, description, created_ms, updated_ms } = product;
    wire::Product {
        kind: "product".into(),
        links: SelfLink { this: [&*app.config.public_url, "/v5/products/", id.as_str()].concat() },
        id: id.into(),
        attributes: wire::ProductAttributes {
            name,
            description,
            created_at: Timestamp::from_ms(created_ms),
            updated_at: Timestamp::from_ms(updated_ms),
        },
        relationships: wire::ProductRelationships {
            owner: Linkage::new("account", owner),
            creator: Linkage::new("account", creator),
        },
    }
}
