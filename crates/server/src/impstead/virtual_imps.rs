//! `/impstead/v1/virtual_imps`: devices that are programs and live in the server.

use crate::{
    App,
    caller::Caller,
    document::{Created, Listed, NoContent, One, Reply},
    error::{ApiError, not_found},
    page::{Ids, ListQuery},
    shape::{Attribute, Body, Kind, Relationship, Shape, Write},
};
use axum::extract::State;
use impstead_device_protocol::DeviceSecret;
use impstead_model::{Right, Side, canonical_mac};
use impstead_store::{NewDevice, NewVirtualImp, VirtualImp};
use impstead_wire::{self as wire, Linkage, SelfLink, Timestamp};

const STARTED: &str = "started";
const STOPPED: &str = "stopped";

pub const SHAPE: Shape = Shape {
    types: &["virtual_imp"],
    attributes: &[
        Attribute { name: "name", kind: Kind::NullableText { max: 255 }, write: Write::Optional },
        Attribute {
            name: "imp_type",
            kind: Kind::OneOf(&["imp001", "imp002", "imp003", "imp004", "imp005", "imp006"]),
            write: Write::OptionalOnce,
        },
        Attribute { name: "state", kind: Kind::OneOf(&[STARTED, STOPPED]), write: Write::OptionalOnce },
    ],
    relationships: &[Relationship { name: "owner", required: false, changeable: false }],
};

/// `GET /impstead/v1/virtual_imps`: the caller's own, or an account's.
pub async fn list(caller: Caller, State(app): State<App>, query: ListQuery) -> Reply<Listed<wire::VirtualImp>> {
    let owner = query.filter("owner.id").map(|id| caller.account_named(id));
    let page = app.store.virtual_imps(&caller.session().reach, owner.as_ref(), query.page).await?;
    Ok(Listed::new(&query, page, |imp| resource(&app, imp)))
}

/// `POST /impstead/v1/virtual_imps`
pub async fn create(caller: Caller, State(app): State<App>, body: Body) -> Reply<Created<wire::VirtualImp>> {
    let fields = SHAPE.create(&body)?;
    let owner = fields.relationship("owner").map_or("me", |(_, id)| id);
    let owner = caller.account_named(owner);
    caller.may(Right::Operate(Side::Development), &owner, "account")?;
    let device = NewDevice {
        id: None,
        mac: None,
        owner,
        imp_type: fields.text("imp_type").unwrap_or_else(|| "imp006".into()),
        plan_id: None,
        // It gets another secret each time it is powered.
        public_key: DeviceSecret::from_seed(&app.entropy.bytes()).public_key(),
    };
    let name = fields.nullable_text("name").flatten().filter(|name| !name.is_empty());
    let new = NewVirtualImp { device, name, is_started: fields.text("state").is_none_or(|state| state == STARTED) };
    let imp = app.store.create_virtual_imp(new, caller.act(&app)).await?;
    Ok(Created(resource(&app, imp)))
}

/// `GET /impstead/v1/virtual_imps/{device}`: by device id, MAC address or agent id.
pub async fn show(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::VirtualImp>> {
    let imp = find(&app, &caller, &ids, Right::ReadInside).await?;
    Ok(One(resource(&app, imp)))
}

/// `PATCH /impstead/v1/virtual_imps/{device}`: sets the name; an empty one removes it.
pub async fn update(caller: Caller, State(app): State<App>, ids: Ids, body: Body) -> Reply<One<wire::VirtualImp>> {
    let imp = find(&app, &caller, &ids, Right::Operate).await?;
    let is_it = |named: &str| {
        named.eq_ignore_ascii_case(imp.device.id.as_str())
            || canonical_mac(named).is_some_and(|mac| mac == imp.device.mac_address)
            || imp.device.assignment.as_ref().is_some_and(|assignment| assignment.agent_id == named)
    };
    let current = resource(&app, imp.clone());
    let fields = SHAPE.update(&body, "virtual_imp", &current, is_it)?;
    let Some(name) = fields.nullable_text("name") else { return Ok(One(current)) };
    let name = name.filter(|name| !name.is_empty());
    let device = app.store.rename_device(&imp.device.id, name, caller.act(&app)).await?;
    let device = device.ok_or_else(|| not_found("virtual imp"))?;
    Ok(One(resource(&app, VirtualImp { device, ..imp })))
}

/// `DELETE /impstead/v1/virtual_imps/{device}`: deletes the device as well.
pub async fn delete(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    let imp = find(&app, &caller, &ids, Right::Operate).await?;
    if app.store.delete_device(&imp.device.id, caller.act(&app)).await? {
        Ok(NoContent)
    } else {
        Err(not_found("virtual imp"))
    }
}

/// `POST /impstead/v1/virtual_imps/{device}/start`
pub async fn start(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::VirtualImp>> {
    power(&app, &caller, &ids, true).await
}

/// `POST /impstead/v1/virtual_imps/{device}/stop`
pub async fn stop(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::VirtualImp>> {
    power(&app, &caller, &ids, false).await
}

async fn power(app: &App, caller: &Caller, ids: &Ids, on: bool) -> Reply<One<wire::VirtualImp>> {
    let imp = find(app, caller, ids, Right::Operate).await?;
    let imp = app.store.start_virtual_imp(&imp.device.id, on, caller.act(app)).await?;
    Ok(One(resource(app, imp.ok_or_else(|| not_found("virtual imp"))?)))
}

async fn find(app: &App, caller: &Caller, ids: &Ids, right: fn(Side) -> Right) -> Result<VirtualImp, ApiError> {
    let unknown = || not_found("virtual imp");
    let device = app.store.device(ids.one()).await?.ok_or_else(unknown)?;
    let imp = app.store.virtual_imp(&device.id).await?.ok_or_else(unknown)?;
    caller.may(right(imp.device.side()), &imp.device.owner, "virtual imp")?;
    Ok(imp)
}

fn resource(app: &App, imp: VirtualImp) -> wire::VirtualImp {
    let VirtualImp { device, is_started, created_ms, updated_ms } = imp;
    wire::VirtualImp {
        kind: "virtual_imp".into(),
        links: SelfLink { this: format!("{}/impstead/v1/virtual_imps/{}", app.config.public_url, device.id) },
        id: device.id.as_str().into(),
        attributes: wire::VirtualImpAttributes {
            name: device.name,
            imp_type: device.imp_type,
            state: if is_started { STARTED } else { STOPPED }.into(),
            created_at: Timestamp::from_ms(created_ms),
            updated_at: Timestamp::from_ms(updated_ms),
        },
        relationships: wire::VirtualImpRelationships {
            owner: Linkage::new("account", device.owner),
            device: Linkage::new("device", device.id),
        },
    }
}
