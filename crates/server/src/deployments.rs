//! `/v5/deployments`

use crate::{
    App,
    caller::Caller,
    device_groups,
    document::{Created, Listed, NoContent, One, Reply},
    error::{ApiError, missing, not_found, type_mismatch},
    page::{Ids, ListQuery},
    shape::{Attribute, Body, Kind, Relationship, Shape, Write},
};
use axum::extract::State;
use impstead_model::{self as model, Code, DeploymentId, DeviceGroupId, ProductId, Right, Side};
use impstead_store::{Conflict, DeploymentChange, DeploymentFilter, NewDeployment, StoreError};
use impstead_wire::{self as wire, Linkage, SelfLink, Timestamp};

pub const SHAPE: Shape = Shape {
    types: &["deployment"],
    attributes: &[
        Attribute { name: "device_code", kind: Kind::Source, write: Write::RequiredOnce },
        Attribute { name: "agent_code", kind: Kind::Source, write: Write::RequiredOnce },
        Attribute { name: "description", kind: Kind::NullableText { max: 255 }, write: Write::Optional },
        Attribute { name: "origin", kind: Kind::NullableText { max: 1000 }, write: Write::OptionalOnce },
        Attribute { name: "flagged", kind: Kind::Bool, write: Write::Optional },
        Attribute { name: "tags", kind: Kind::Tags, write: Write::Optional },
    ],
    relationships: &[Relationship { name: "devicegroup", required: true, changeable: false }],
};

/// `GET /v5/deployments`: newest first, without code.
pub async fn list(caller: Caller, State(app): State<App>, query: ListQuery) -> Reply<Listed<wire::Deployment>> {
    let flagged = |word: &str| match word {
        "true" => Some(Some(true)),
        "false" => Some(Some(false)),
        "any" => Some(None),
        _ => None,
    };
    let filter = DeploymentFilter {
        owner: query.filter("owner.id").map(|id| caller.account_named(id)),
        creator: query.filter("creator.id").map(|id| caller.account_named(id)),
        product: query.filter("product.id").map(ProductId::new),
        group: query.filter("devicegroup.id").map(DeviceGroupId::new),
        sha: query.filter("sha").map(str::to_ascii_lowercase),
        flagged: query.filter_as("flagged", flagged)?.flatten(),
        flagger: query.filter("flagger.id").map(|id| caller.account_named(id)),
        tags: query
            .filter("tags")
            .map(|tags| tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect())
            .unwrap_or_default(),
    };
    let page = app.store.deployments(&caller.session().reach, filter, query.page).await?;
    Ok(Listed::new(&query, page, |deployment| resource(&app, deployment, None)))
}

/// `POST /v5/deployments`: the new deployment becomes its group's current one, if its code compiles.
pub async fn create(caller: Caller, State(app): State<App>, body: Body) -> Reply<Created<wire::Deployment>> {
    let fields = SHAPE.create(&body)?;
    let (kind, group) = fields.relationship("devicegroup").ok_or_else(|| missing("/data/relationships/devicegroup"))?;
    let (group, _) = device_groups::find(&app, &caller, group, Right::Operate).await?;
    if let Some(kind) = kind.filter(|kind| *kind != group.kind.as_str()) {
        return Err(type_mismatch(group.kind.as_str(), kind).at("/data/relationships/devicegroup/type"));
    }
    let source = |name| fields.text(name).unwrap_or_default().into_bytes();
    let code = Code { device: source("device_code"), agent: source("agent_code") };
    app.compiler.check(&code, &app.store).await?;
    let new = NewDeployment {
        group: group.id,
        code: code.clone(),
        description: fields.nullable_text("description").flatten(),
        origin: fields.nullable_text("origin").flatten(),
        flagged: fields.boolean("flagged").unwrap_or(false),
        tags: fields.texts("tags").unwrap_or_default(),
    };
    let deployment = app.store.create_deployment(new, caller.act(&app)).await.map_err(|error| match error {
        StoreError::Conflict(Conflict::Missing(_)) => not_found("devicegroup"),
        error => error.into(),
    })?;
    Ok(Created(resource(&app, deployment, Some(code))))
}

/// `GET /v5/deployments/{id}`: with code.
pub async fn show(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::Deployment>> {
    let (deployment, code) = find(&app, &caller, &ids, Right::ReadInside).await?;
    Ok(One(resource(&app, deployment, Some(code))))
}

/// `PATCH /v5/deployments/{id}`
pub async fn update(caller: Caller, State(app): State<App>, ids: Ids, body: Body) -> Reply<One<wire::Deployment>> {
    let (deployment, code) = find(&app, &caller, &ids, Right::Operate).await?;
    let id = deployment.id.clone();
    let current = resource(&app, deployment, Some(code.clone()));
    let fields = SHAPE.update(&body, "deployment", &current, |named| DeploymentId::new(named) == id)?;
    let change = DeploymentChange {
        description: fields.nullable_text("description"),
        flagged: fields.boolean("flagged"),
        tags: fields.texts("tags"),
    };
    let deployment = app.store.update_deployment(&id, change, caller.act(&app)).await?;
    Ok(One(resource(&app, deployment.ok_or_else(|| not_found("deployment"))?, Some(code))))
}

/// `DELETE /v5/deployments/{id}`: only unflagged ones older than the group's minimum supported deployment.
pub async fn delete(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    let (deployment, _) = find(&app, &caller, &ids, Right::Operate).await?;
    let deleted = app.store.delete_deployment(&deployment.id, caller.act(&app)).await?;
    if deleted { Ok(NoContent) } else { Err(not_found("deployment")) }
}

async fn find(
    app: &App,
    caller: &Caller,
    ids: &Ids,
    right: fn(Side) -> Right,
) -> Result<(model::Deployment, Code), ApiError> {
    let found = app.store.deployment_with_code(&DeploymentId::new(ids.one())).await?;
    let (deployment, code) = found.ok_or_else(|| not_found("deployment"))?;
    caller.may(right(deployment.group_kind.side()), &deployment.owner, "deployment")?;
    Ok((deployment, code))
}

/// Writes a deployment; lists leave the code out.
pub fn resource(app: &App, deployment: model::Deployment, code: Option<Code>) -> wire::Deployment {
    let model::Deployment {
        id,
        group,
        group_kind,
        product,
        owner,
        creator,
        flagger,
        sha,
        description,
        origin,
        flagged,
        tags,
        created_ms,
        updated_ms,
    } = deployment;
    // Code came in as JSON strings, so it is UTF-8.
    let text = |source: Vec<u8>| {
        String::from_utf8(source).unwrap_or_else(|source| String::from_utf8_lossy(source.as_bytes()).into_owned())
    };
    let (device_code, agent_code) = code.map(|code| (text(code.device), text(code.agent))).unzip();
    wire::Deployment {
        kind: "deployment".into(),
        links: SelfLink { this: format!("{}/v5/deployments/{id}", app.config.public_url) },
        id: id.to_string(),
        attributes: wire::DeploymentAttributes {
            sha,
            description,
            origin,
            flagged,
            tags,
            device_code,
            agent_code,
            created_at: Timestamp::from_ms(created_ms),
            updated_at: Timestamp::from_ms(updated_ms),
        },
        relationships: wire::DeploymentRelationships {
            owner: Linkage::new("account", owner.as_str()),
            creator: Linkage::new("account", creator.as_str()),
            product: Some(Linkage::new("product", product.as_str())),
            devicegroup: Some(Linkage::new(group_kind.as_str(), group.as_str())),
            flagger: flagger.map(|flagger| Linkage::new("account", flagger.as_str())),
        },
    }
}
