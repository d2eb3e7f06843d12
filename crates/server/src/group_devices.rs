//! `/v5/devicegroups/{id}/relationships/devices`

use crate::{
    App,
    caller::Caller,
    device_groups,
    document::{NoContent, Reply},
    error::{ApiError, forbidden, invalid_attribute, missing, not_found, of_devices, wrong_header},
    page::Ids,
    secrets::{same_secret, token_hash},
    shape::{Body, linkage_of},
};
use axum::{extract::State, http::HeaderMap};
use impstead_model::{Device, DeviceGroup, DeviceGroupType, Right};
use impstead_store::{Conflict, StoreError};

/// Devices that one request may name.
const MOST_DEVICES: usize = 1000;

const KEY_HEADER: &str = "X-Electricimp-Key";

/// `POST …/relationships/devices`: assigns or moves devices, each for itself.
pub async fn add(caller: Caller, State(app): State<App>, ids: Ids, body: Body) -> Reply<NoContent> {
    let (group, _) = device_groups::find(&app, &caller, ids.one(), Right::Operate).await?;
    let mut failures = Vec::new();
    for (index, identifier) in identifiers(&body)?.into_iter().enumerate() {
        if let Err(error) = assign(&app, &caller, &group, identifier).await {
            failures.push((index, identifier.to_owned(), error));
        }
    }
    if failures.is_empty() { Ok(NoContent) } else { Err(of_devices(failures)) }
}

/// `DELETE …/relationships/devices`: removes devices, each for itself; from a production group only with its key.
pub async fn remove(
    caller: Caller,
    State(app): State<App>,
    ids: Ids,
    headers: HeaderMap,
    body: Body,
) -> Reply<NoContent> {
    let (group, _) = device_groups::find(&app, &caller, ids.one(), Right::Operate).await?;
    let identifiers = identifiers(&body)?;
    if group.kind == DeviceGroupType::Production {
        caller.may(Right::Unbless, &group.owner, "devicegroup")?;
        check_unbonding_key(&app, &group, &headers).await?;
    }
    let mut failures = Vec::new();
    for (index, identifier) in identifiers.into_iter().enumerate() {
        if let Err(error) = unassign(&app, &caller, &group, identifier).await {
            failures.push((index, identifier.to_owned(), error));
        }
    }
    if failures.is_empty() { Ok(NoContent) } else { Err(of_devices(failures)) }
}

async fn assign(app: &App, caller: &Caller, group: &DeviceGroup, identifier: &str) -> Result<(), ApiError> {
    let device = find(app, caller, identifier).await?;
    if device.owner != group.owner {
        return Err(forbidden("Invalid Permission: the device belongs to another account than the device group."));
    }
    let assigned = app.store.assign_device(&group.id, &device.id, caller.act(app)).await?;
    assigned.map(drop).ok_or_else(|| not_found("device"))
}

async fn unassign(app: &App, caller: &Caller, group: &DeviceGroup, identifier: &str) -> Result<(), ApiError> {
    let device = find(app, caller, identifier).await?;
    match app.store.unassign_device(&group.id, &device.id, caller.act(app)).await {
        Ok(true) => Ok(()),
        // 404, which clients take to mean that the work is done already.
        Ok(false) | Err(StoreError::Conflict(Conflict::DeviceUnassigned)) => {
            Err(not_found("device in this devicegroup"))
        }
        Err(error) => Err(error.into()),
    }
}

async fn find(app: &App, caller: &Caller, identifier: &str) -> Result<Device, ApiError> {
    let device = app.store.device(identifier).await?.ok_or_else(|| not_found("device"))?;
    caller.may(Right::Operate(device.side()), &device.owner, "device")?;
    Ok(device)
}

/// Returns the device identifiers of a body `{"data": [{"type": "device", "id": …}, …]}`.
fn identifiers(body: &Body) -> Result<Vec<&str>, ApiError> {
    let data = body.0.get("data").ok_or_else(|| missing("/data"))?;
    let data = data.as_array().ok_or_else(|| invalid_attribute("/data", "`data` must be an array of devices."))?;
    if data.len() > MOST_DEVICES {
        return Err(invalid_attribute("/data", format!("A request may name at most {MOST_DEVICES} devices.")));
    }
    let identifier = |(index, device)| {
        let pointer = format!("/data/{index}");
        match linkage_of(device, &pointer)? {
            (None | Some("device"), id) => Ok(id),
            (Some(_), _) => Err(invalid_attribute(format!("{pointer}/type"), "The type must be `device`.")),
        }
    };
    data.iter().enumerate().map(identifier).collect()
}

async fn check_unbonding_key(app: &App, group: &DeviceGroup, headers: &HeaderMap) -> Result<(), ApiError> {
    let refused = || wrong_header(KEY_HEADER, "Removing production devices needs the account's unbonding key.");
    let given = headers.get(KEY_HEADER).and_then(|key| key.to_str().ok()).ok_or_else(refused)?;
    let key = app.store.unbonding_key(&group.owner).await?.ok_or_else(refused)?;
    if same_secret(&token_hash(given.trim()), &key.hash) { Ok(()) } else { Err(refused()) }
}
