//! `/v5/devicegroups`

use crate::{
    App,
    caller::Caller,
    deployments,
    document::{Created, Listed, NoContent, One, Reply},
    error::{ApiError, duplicate, forbidden, invalid_attribute, missing, not_found, type_mismatch},
    page::{Ids, ListQuery},
    shape::{Attribute, Body, Fields, Kind, Relationship, Shape, Write, linkage_of},
};
use axum::extract::State;
use impstead_model::{
    self as model, AccountId, DeploymentId, DeviceGroupId, DeviceGroupType, ProductId, RestartKind, Right, Role, Side,
};
use impstead_store::{Conflict, DeviceGroupChange, DeviceGroupFilter, NewDeviceGroup, StoreError};
use impstead_wire::{self as wire, Linkage, SelfLink, Timestamp};
use serde_json::{Map, Value};

/// The seven resource types, in the vendor's order.
pub const TYPES: &[&str] = &[
    DeviceGroupType::Development.as_str(),
    DeviceGroupType::PreFactoryFixture.as_str(),
    DeviceGroupType::PreDut.as_str(),
    DeviceGroupType::PreProduction.as_str(),
    DeviceGroupType::FactoryFixture.as_str(),
    DeviceGroupType::Dut.as_str(),
    DeviceGroupType::Production.as_str(),
];

pub const SHAPE: Shape = Shape {
    types: TYPES,
    attributes: &[
        Attribute { name: "name", kind: Kind::Text { min: 1, max: 80 }, write: Write::Required },
        Attribute { name: "description", kind: Kind::NullableText { max: 255 }, write: Write::Optional },
        Attribute { name: "region", kind: Kind::NullableText { max: 80 }, write: Write::OptionalOnce },
        Attribute { name: "env_vars", kind: Kind::EnvVars, write: Write::Optional },
        Attribute { name: "load_code_after_blessing", kind: Kind::Bool, write: Write::UpdateOnly },
    ],
    relationships: &[
        Relationship { name: "product", required: true, changeable: false },
        Relationship { name: "production_target", required: false, changeable: true },
        Relationship { name: "dut_target", required: false, changeable: true },
    ],
};

/// `GET /v5/devicegroups`
pub async fn list(caller: Caller, State(app): State<App>, query: ListQuery) -> Reply<Listed<wire::DeviceGroup>> {
    let filter = DeviceGroupFilter {
        owner: query.filter("owner.id").map(|id| caller.account_named(id)),
        product: query.filter("product.id").map(ProductId::new),
        kind: query.filter_as("type", DeviceGroupType::parse)?,
    };
    let page = app.store.device_groups(&caller.session().reach, filter, query.page).await?;
    Ok(Listed::new(&query, page, |group| resource(&app, group)))
}

/// `POST /v5/devicegroups`
pub async fn create(caller: Caller, State(app): State<App>, body: Body) -> Reply<Created<wire::DeviceGroup>> {
    let fields = SHAPE.create(&body)?;
    let kind = DeviceGroupType::parse(fields.kind).ok_or_else(|| type_mismatch("…_devicegroup", fields.kind))?;
    let (_, product) = fields.relationship("product").ok_or_else(|| missing("/data/relationships/product"))?;
    let product = app.store.product(&ProductId::new(product)).await?.ok_or_else(|| not_found("product"))?;
    let role = caller.may(Right::Operate(kind.side()), &product.owner, "product")?;
    require_entitlement(&app, &caller, kind, &product.owner).await?;
    let region = fields.nullable_text("region").flatten();
    if region.is_some() && !kind.holds_blessed_devices() {
        return Err(invalid_attribute(
            "/data/attributes/region",
            "Only production and pre-production groups have a region.",
        ));
    }
    let (production_target, dut_target) = targets(&fields, kind)?;
    if kind.target_types().is_some() {
        if production_target.is_none() {
            return Err(missing("/data/relationships/production_target"));
        }
        if dut_target.is_none() {
            return Err(missing("/data/relationships/dut_target"));
        }
    }
    let new = NewDeviceGroup {
        kind,
        product: product.id,
        name: fields.text("name").unwrap_or_default(),
        description: fields.nullable_text("description").flatten(),
        region,
        env_vars: env_vars(&fields, role, &Map::new())?.unwrap_or_else(|| "{}".into()),
        load_code_after_blessing: true,
        production_target,
        dut_target,
    };
    let group = app.store.create_device_group(new, caller.act(&app)).await.map_err(refused)?;
    Ok(Created(resource(&app, group)))
}

/// `GET /v5/devicegroups/{id}`
pub async fn show(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::DeviceGroup>> {
    let (group, _) = find(&app, &caller, ids.one(), Right::ReadGroups).await?;
    Ok(One(resource(&app, group)))
}

/// `PATCH /v5/devicegroups/{id}`
pub async fn update(caller: Caller, State(app): State<App>, ids: Ids, body: Body) -> Reply<One<wire::DeviceGroup>> {
    let (group, role) = find(&app, &caller, ids.one(), Right::Operate).await?;
    let (id, kind) = (group.id.clone(), group.kind);
    let current = resource(&app, group);
    let fields = SHAPE.update(&body, kind.as_str(), &current, |named| DeviceGroupId::new(named) == id)?;
    if fields.boolean("load_code_after_blessing").is_some() && !kind.holds_blessed_devices() {
        return Err(invalid_attribute(
            "/data/attributes/load_code_after_blessing",
            "Only production and pre-production groups have this attribute.",
        ));
    }
    let (production_target, dut_target) = targets(&fields, kind)?;
    let change = DeviceGroupChange {
        name: fields.text("name"),
        description: fields.nullable_text("description"),
        env_vars: env_vars(&fields, role, &current.attributes.env_vars)?,
        load_code_after_blessing: fields.boolean("load_code_after_blessing"),
        production_target,
        dut_target,
    };
    let group = app.store.update_device_group(&id, change, caller.act(&app)).await.map_err(refused)?;
    Ok(One(resource(&app, group.ok_or_else(|| not_found("devicegroup"))?)))
}

/// `DELETE /v5/devicegroups/{id}`: its deployments and webhooks go with it.
pub async fn delete(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    let (group, _) = find(&app, &caller, ids.one(), Right::Operate).await?;
    let deleted = app.store.delete_device_group(&group.id, caller.act(&app)).await?;
    if deleted { Ok(NoContent) } else { Err(not_found("devicegroup")) }
}

/// `POST /v5/devicegroups/{id}/restart`
pub async fn restart(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    restart_as(&app, &caller, &ids, RestartKind::Restart).await
}

/// `POST /v5/devicegroups/{id}/conditional_restart`
pub async fn conditional_restart(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    restart_as(&app, &caller, &ids, RestartKind::Conditional).await
}

async fn restart_as(app: &App, caller: &Caller, ids: &Ids, kind: RestartKind) -> Reply<NoContent> {
    let (group, _) = find(app, caller, ids.one(), Right::Operate).await?;
    let restarted = app.store.restart_device_group(&group.id, kind, caller.act(app)).await?;
    restarted.map(|_| NoContent).ok_or_else(|| not_found("devicegroup"))
}

/// `PUT /v5/devicegroups/{id}/relationships/min_supported_deployment`
pub async fn set_min_supported_deployment(
    caller: Caller,
    State(app): State<App>,
    ids: Ids,
    body: Body,
) -> Reply<One<wire::Deployment>> {
    let (group, _) = find(&app, &caller, ids.one(), Right::Operate).await?;
    let data = body.0.get("data").ok_or_else(|| missing("/data"))?;
    let (kind, deployment) = linkage_of(data, "/data")?;
    if let Some(kind) = kind.filter(|kind| *kind != "deployment") {
        return Err(type_mismatch("deployment", kind));
    }
    let deployment = DeploymentId::new(deployment);
    let deployment = app.store.set_min_supported_deployment(&group.id, &deployment, caller.act(&app)).await?;
    let deployment = deployment.ok_or_else(|| not_found("devicegroup"))?;
    Ok(One(deployments::resource(&app, deployment, None)))
}

/// Finds a device group on which the caller has a right.
pub async fn find(
    app: &App,
    caller: &Caller,
    id: &str,
    right: fn(Side) -> Right,
) -> Result<(model::DeviceGroup, Role), ApiError> {
    let group = app.store.device_group(&DeviceGroupId::new(id)).await?.ok_or_else(|| not_found("devicegroup"))?;
    let role = caller.may(right(group.kind.side()), &group.owner, "devicegroup")?;
    Ok((group, role))
}

/// Groups of the production side need an entitlement of the account they will belong to.
async fn require_entitlement(
    app: &App,
    caller: &Caller,
    kind: DeviceGroupType,
    owner: &AccountId,
) -> Result<(), ApiError> {
    if kind.side() == Side::Development {
        return Ok(());
    }
    let entitled = if owner == caller.account() {
        caller.session().production
    } else {
        app.store.account(owner).await?.is_some_and(|account| account.production)
    };
    if entitled {
        return Ok(());
    }
    Err(forbidden(format!("Invalid Permission: the account may not hold device groups of type `{}`.", kind.as_str())))
}

/// Returns the targets that the document names, each of the type that goes with the group's.
fn targets(
    fields: &Fields<'_>,
    kind: DeviceGroupType,
) -> Result<(Option<DeviceGroupId>, Option<DeviceGroupId>), ApiError> {
    let target = |name: &str, expected: Option<DeviceGroupType>| {
        let Some((given, id)) = fields.relationship(name) else { return Ok(None) };
        let pointer = format!("/data/relationships/{name}");
        let Some(expected) = expected else {
            return Err(invalid_attribute(pointer, "Only factory fixture groups have targets."));
        };
        match given {
            Some(given) if given != expected.as_str() => {
                Err(invalid_attribute(pointer, format!("The target must be of type `{}`.", expected.as_str())))
            }
            _ => Ok(Some(DeviceGroupId::new(id))),
        }
    };
    let (production, dut) = kind.target_types().unzip();
    Ok((target("production_target", production)?, target("dut_target", dut)?))
}

/// Returns the environment variables that the document sets; only the owner may change them.
fn env_vars(fields: &Fields<'_>, role: Role, current: &Map<String, Value>) -> Result<Option<String>, ApiError> {
    let Some(given) = fields.value("env_vars") else { return Ok(None) };
    let none = Map::new();
    let given = given.as_object().unwrap_or(&none);
    if given != current && !role.may(Right::EditEnvVars) {
        return Err(forbidden("Invalid Permission: only the owner may set environment variables.")
            .at("/data/attributes/env_vars"));
    }
    Ok(Some(Value::Object(given.clone()).to_string()))
}

fn refused(error: StoreError) -> ApiError {
    match error {
        StoreError::Conflict(Conflict::Duplicate) => duplicate("Devicegroups must have unique names."),
        StoreError::Conflict(Conflict::Missing(what @ ("production_target" | "dut_target"))) => {
            not_found("target device group of the right type in this product").at(format!("/data/relationships/{what}"))
        }
        error => error.into(),
    }
}

fn resource(app: &App, group: model::DeviceGroup) -> wire::DeviceGroup {
    let model::DeviceGroup {
        id,
        kind,
        product,
        owner,
        creator,
        name,
        description,
        region,
        env_vars,
        load_code_after_blessing,
        production_target,
        dut_target,
        current_deployment,
        min_supported_deployment,
        created_ms,
        updated_ms,
    } = group;
    let (production_type, dut_type) = kind.target_types().unzip();
    let target =
        |kind: Option<DeviceGroupType>, id: Option<DeviceGroupId>| Some(Linkage::new(kind?.as_str(), id?.as_str()));
    let deployment = |id: Option<DeploymentId>| id.map(|id| Linkage::new("deployment", id.as_str()));
    wire::DeviceGroup {
        kind: kind.as_str().into(),
        links: SelfLink { this: format!("{}/v5/devicegroups/{id}", app.config.public_url) },
        id: id.to_string(),
        attributes: wire::DeviceGroupAttributes {
            name,
            description,
            region,
            env_vars: if env_vars == "{}" { Map::new() } else { serde_json::from_str(&env_vars).unwrap_or_default() },
            load_code_after_blessing: kind.holds_blessed_devices().then_some(load_code_after_blessing),
            created_at: Timestamp::from_ms(created_ms),
            updated_at: Timestamp::from_ms(updated_ms),
        },
        relationships: wire::DeviceGroupRelationships {
            owner: Linkage::new("account", owner.as_str()),
            creator: Some(Linkage::new("account", creator.as_str())),
            product: Linkage::new("product", product.as_str()),
            production_target: target(production_type, production_target),
            dut_target: target(dut_type, dut_target),
            current_deployment: deployment(current_deployment),
            min_supported_deployment: deployment(min_supported_deployment),
        },
    }
}
