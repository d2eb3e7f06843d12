//! `device list`, `assign` and `restart`.

use crate::{
    Context, DeviceAssignArgs, DeviceCommand, DeviceListArgs, DeviceRestartArgs, Options,
    failure::Failure,
    output::{
        list::{fetch, print_json},
        table::Table,
        text::visible,
    },
    session::Session,
};
use impstead_client::{DeviceFilter, DeviceGroupFilter, Entity, Error, ServiceError, wire::Device};
use std::collections::HashMap;

pub async fn run(command: DeviceCommand, options: &Options, context: &mut Context) -> Result<(), Failure> {
    let session = Session::open(options, context)?;
    match command {
        DeviceCommand::List(arguments) => list(session, arguments).await,
        DeviceCommand::Assign(arguments) => assign(session, arguments).await,
        DeviceCommand::Restart(arguments) => restart(session, arguments).await,
    }
}

async fn list(mut session: Session<'_>, arguments: DeviceListArgs) -> Result<(), Failure> {
    let mut filter = if arguments.unassigned { DeviceFilter::unassigned() } else { DeviceFilter::default() };
    let product = match &arguments.product {
        Some(product) => Some(session.product(product).await?),
        None => None,
    };
    if let Some(group) = &arguments.group {
        filter.device_group = Some(session.group_in(group, product.as_ref()).await?.id.clone());
    }
    filter.product = product.map(|product| product.id.clone());
    let listing = session.client.devices().list(&filter);
    if session.json {
        return print_json(listing, "devices", session.context).await;
    }
    let devices = fetch(listing, "devices", session.context).await?;
    let names = group_names(&mut session, &devices).await;
    let mut table = Table::new(["ID", "MAC", "ONLINE", "GROUP", "NAME"]);
    for device in devices {
        let group = device.relationships.devicegroup.as_ref().map_or("-", |group| &group.id);
        table.push([
            device.id.clone(),
            device.attributes.mac_address.clone(),
            if device.attributes.device_online { "yes" } else { "no" }.to_owned(),
            names.get(group).map_or(group, String::as_str).to_owned(),
            device.attributes.name.clone().unwrap_or_default(),
        ]);
    }
    session.print_table(&table, "devices")
}

/// The names of the groups that devices are in, by id. A group that cannot be read keeps its id in the table.
async fn group_names(session: &mut Session<'_>, devices: &[Entity<Device>]) -> HashMap<String, String> {
    if devices.iter().all(|device| device.relationships.devicegroup.is_none()) {
        return HashMap::new();
    }
    let listing = session.client.device_groups().list(&DeviceGroupFilter::default());
    let groups = fetch(listing, "device groups", session.context).await.unwrap_or_default();
    groups.into_iter().map(|group| (group.id.clone(), group.attributes.name.clone())).collect()
}

async fn assign(mut session: Session<'_>, arguments: DeviceAssignArgs) -> Result<(), Failure> {
    let group = session.group(&arguments.group, arguments.product.as_deref()).await?;
    let devices = session.devices(&arguments.devices).await?;
    let ids: Vec<_> = devices.iter().map(|device| &device.id).collect();
    match session.client.device_groups().add_devices(&group.id, &ids).await {
        Ok(()) => {}
        Err(Error::Service(error)) if error.status() == 400 => return Err(partly(&error, &devices)),
        Err(error) => return Err(error.into()),
    }
    if session.json {
        // What the devices are now: assigning gives them agents.
        let mut items = Vec::new();
        for id in ids {
            items.push(session.client.devices().get(id).await?);
        }
        return session.print_json_array(&items);
    }
    let name = visible(&group.attributes.name).into_owned();
    match ids.as_slice() {
        [id] => session.say(&format!("Assigned the device {id} to {name}.")),
        ids => session.say(&format!("Assigned {} devices to {name}.", ids.len())),
    }
}

async fn restart(mut session: Session<'_>, arguments: DeviceRestartArgs) -> Result<(), Failure> {
    let device = session.devices(&[arguments.device]).await?.remove(0);
    let (devices, id) = (session.client.devices(), &device.id);
    let result = if arguments.conditional { devices.conditional_restart(id).await } else { devices.restart(id).await };
    result.map_err(|error| match error {
        Error::Service(_) if device.relationships.devicegroup.is_none() => {
            Failure::from(error).hint(format!("Assign it first: `impstead device assign {id} --group GROUP`."))
        }
        error => error.into(),
    })?;
    if session.json {
        return session.print_json(&device);
    }
    let shown = match &device.attributes.name {
        Some(name) => format!("{} ({id})", visible(name)),
        None => id.clone(),
    };
    session.say(&if arguments.conditional {
        format!("Asked {shown} to restart if it must.")
    } else {
        format!("Restarted {shown}.")
    })
}

/// Says which devices were not assigned, and why.
fn partly(error: &ServiceError, devices: &[Entity<Device>]) -> Failure {
    let failed = error.errors();
    let counts = format!("{} of {} devices", failed.len().min(devices.len()), devices.len());
    let failure = Failure::new(format!("{counts} could not be assigned"));
    failed.iter().fold(failure, |failure, entry| {
        // Some services name the device, some its place in the request.
        let id = entry.meta.as_ref().and_then(|meta| meta.get("device_id")?.as_str());
        let pointer = entry.source.as_ref().and_then(|source| source.pointer.as_deref()?.strip_prefix("/data/"));
        let place = pointer.and_then(|place| place.split('/').next()?.parse::<usize>().ok());
        let device = devices.iter().find(|device| id == Some(&device.id)).or_else(|| devices.get(place?));
        let described = match device {
            Some(device) => match &device.attributes.name {
                Some(name) => format!("{name} ({})", device.id),
                None => device.id.clone(),
            },
            None => id.unwrap_or("a device").to_owned(),
        };
        failure.line(format!("{described}: {}: {}", entry.title, entry.detail))
    })
}
