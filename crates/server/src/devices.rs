//! `/v5/devices`

use crate::{
    App,
    caller::Caller,
    document::{Listed, NoContent, One, Reply},
    error::{ApiError, not_found},
    page::{Ids, ListQuery},
    shape::{Attribute, Body, Kind, Shape, Write},
};
use axum::extract::State;
use impstead_model::{
    self as model, DeviceGroupId, DeviceGroupType, ProductId, RestartKind, Right, Side, canonical_mac,
};
use impstead_store::{DeviceFilter, GroupOwner};
use impstead_wire::{self as wire, Linkage, SelfLink, Timestamp};

pub const SHAPE: Shape = Shape {
    types: &["device"],
    attributes: &[Attribute { name: "name", kind: Kind::NullableText { max: 255 }, write: Write::UpdateOnly }],
    relationships: &[],
};

/// `GET /v5/devices`: the caller's own, unless a filter names another owner, a product or a group.
pub async fn list(caller: Caller, State(app): State<App>, query: ListQuery) -> Reply<Listed<wire::Device>> {
    let group_owner = query.filter("devicegroup.owner.id").map(|id| match id {
        // A client that means JavaScript's `null` sends an empty value.
        "null" | "" => GroupOwner::Unassigned,
        id => GroupOwner::Account(caller.account_named(id)),
    });
    let filter = DeviceFilter {
        // One client says `account.id` where the others say `owner.id`.
        owner: query.filter("owner.id").or_else(|| query.filter("account.id")).map(|id| caller.account_named(id)),
        product: query.filter("product.id").map(ProductId::new),
        group: query.filter("devicegroup.id").map(DeviceGroupId::new),
        group_owner,
        kind: query.filter_as("devicegroup.type", DeviceGroupType::parse)?,
    };
    let page = app.store.devices(&caller.session().reach, filter, query.page).await?;
    Ok(Listed::new(&query, page, |device| resource(&app, device)))
}

/// `GET /v5/devices/{device}`: by device id, MAC address or agent id.
pub async fn show(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::Device>> {
    let device = find(&app, &caller, ids.one(), Right::ReadInside).await?;
    Ok(One(resource(&app, device)))
}

/// `PATCH /v5/devices/{device}`: sets the name; an empty one removes it.
pub async fn update(caller: Caller, State(app): State<App>, ids: Ids, body: Body) -> Reply<One<wire::Device>> {
    let device = find(&app, &caller, ids.one(), Right::Operate).await?;
    let is_it = |named: &str| {
        named.eq_ignore_ascii_case(device.id.as_str())
            || canonical_mac(named).is_some_and(|mac| mac == device.mac_address)
            || device.assignment.as_ref().is_some_and(|assignment| assignment.agent_id == named)
    };
    let current = resource(&app, device.clone());
    let fields = SHAPE.update(&body, "device", &current, is_it)?;
    let Some(name) = fields.nullable_text("name") else { return Ok(One(resource(&app, device.clone()))) };
    let name = name.filter(|name| !name.is_empty());
    let device = app.store.rename_device(&device.id, name, caller.act(&app)).await?;
    Ok(One(resource(&app, device.ok_or_else(|| not_found("device"))?)))
}

/// `DELETE /v5/devices/{device}`: removes it from the account.
pub async fn delete(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    let device = find(&app, &caller, ids.one(), Right::Operate).await?;
    if app.store.delete_device(&device.id, caller.act(&app)).await? { Ok(NoContent) } else { Err(not_found("device")) }
}

/// `POST /v5/devices/{device}/restart`
pub async fn restart(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    restart_as(&app, &caller, &ids, RestartKind::Restart).await
}

/// `POST /v5/devices/{device}/conditional_restart`
pub async fn conditional_restart(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    restart_as(&app, &caller, &ids, RestartKind::Conditional).await
}

async fn restart_as(app: &App, caller: &Caller, ids: &Ids, kind: RestartKind) -> Reply<NoContent> {
    let device = find(app, caller, ids.one(), Right::Operate).await?;
    if app.store.restart_device(&device.id, kind, caller.act(app)).await? {
        Ok(NoContent)
    } else {
        Err(not_found("device"))
    }
}

/// `GET /v5/devices/{device}/history`: enrolments and assignments, newest first.
pub async fn history(
    caller: Caller,
    State(app): State<App>,
    ids: Ids,
    query: ListQuery,
) -> Reply<Listed<wire::HistoryEntry>> {
    let device = find(&app, &caller, ids.one(), Right::ReadInside).await?;
    let page = app.store.device_history(&device.id, query.page).await?;
    Ok(Listed::new(&query, page, |entry| {
        let model::HistoryEntry { at_ms, event, owner, actor } = entry;
        wire::HistoryEntry {
            timestamp: Timestamp::from_ms(at_ms),
            event,
            owner_id: owner.to_string(),
            actor_id: actor.to_string(),
        }
    }))
}

/// Finds a device by its id, MAC address or agent id, if the caller has a right to it.
pub async fn find(
    app: &App,
    caller: &Caller,
    identifier: &str,
    right: fn(Side) -> Right,
) -> Result<model::Device, ApiError> {
    let device = app.store.device(identifier).await?.ok_or_else(|| not_found("device"))?;
    caller.may(right(device.side()), &device.owner, "device")?;
    Ok(device)
}

fn resource(app: &App, device: model::Device) -> wire::Device {
    let model::Device {
        id,
        mac_address,
        owner,
        assignment,
        name,
        imp_type,
        plan_id,
        blessed: _,
        online,
        state_changed_ms,
        agent_running,
        agent_state_changed_ms,
        last_enrolled_ms,
        ip_address,
        free_memory,
        rssi,
        swversion,
        created_ms: _,
        updated_ms: _,
    } = device;
    let agent_id = assignment.as_ref().map(|assignment| assignment.agent_id.clone());
    let (devicegroup, product) = assignment
        .map(|assignment| {
            let group = Linkage::new(assignment.kind.as_str(), assignment.group);
            (group, Linkage::new("product", assignment.product))
        })
        .unzip();
    wire::Device {
        kind: "device".into(),
        links: SelfLink { this: [&*app.config.public_url, "/v5/devices/", id.as_str()].concat() },
        id: id.into(),
        attributes: wire::DeviceAttributes {
            name,
            agent_url: agent_id.as_ref().map(|agent_id| format!("{}/{agent_id}", app.config.agent_url)),
            agent_id,
            device_online: online,
            device_state_changed_at: state_changed_ms.map(Timestamp::from_ms),
            agent_running,
            agent_state_changed_at: agent_state_changed_ms.map(Timestamp::from_ms),
            last_enrolled_at: last_enrolled_ms.map(Timestamp::from_ms),
            imp_type: Some(imp_type),
            ip_address,
            mac_address,
            free_memory,
            rssi,
            swversion,
            plan_id,
        },
        relationships: wire::DeviceRelationships { owner: Linkage::new("account", owner), devicegroup, product },
    }
}
