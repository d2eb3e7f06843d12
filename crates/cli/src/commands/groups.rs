//! `group list`, `show`, `create` and `restart`.

use crate::{
    Context, GroupCommand, GroupCreateArgs, GroupListArgs, GroupRestartArgs, Options,
    failure::Failure,
    output::{
        list::{fetch, print_json},
        table::{Table, pairs},
        text::{moment, visible},
    },
    session::Session,
};
use impstead_client::{
    DeviceGroupFilter, DeviceGroupType, Entity, NewDeviceGroup,
    wire::{DeviceGroup, Linkage},
};
use std::collections::HashMap;

pub async fn run(command: GroupCommand, options: &Options, context: &mut Context) -> Result<(), Failure> {
    let mut session = Session::open(options, context)?;
    match command {
        GroupCommand::List(arguments) => list(session, arguments).await,
        GroupCommand::Show(arguments) => {
            let group = session.group(&arguments.group, arguments.product.as_deref()).await?;
            show(&mut session, &group).await
        }
        GroupCommand::Create(arguments) => create(session, arguments).await,
        GroupCommand::Restart(arguments) => restart(session, arguments).await,
    }
}

async fn list(mut session: Session<'_>, arguments: GroupListArgs) -> Result<(), Failure> {
    let product = match &arguments.product {
        Some(product) => Some(session.product(product).await?.id.clone()),
        None => None,
    };
    let filter = DeviceGroupFilter { product, kind: arguments.kind, ..DeviceGroupFilter::default() };
    let listing = session.client.device_groups().list(&filter);
    if session.json {
        return print_json(listing, "device groups", session.context).await;
    }
    let groups = fetch(listing, "device groups", session.context).await?;
    let products = if groups.is_empty() { HashMap::new() } else { session.product_names().await };
    let mut table = Table::new(["ID", "NAME", "TYPE", "PRODUCT", "DESCRIPTION"]);
    for group in groups {
        let product = &group.relationships.product.id;
        table.push([
            group.id.clone(),
            group.attributes.name.clone(),
            short(&group.kind).to_owned(),
            products.get(product).unwrap_or(product).clone(),
            group.attributes.description.clone().unwrap_or_default(),
        ]);
    }
    session.print_table(&table, "device groups")
}

async fn show(session: &mut Session<'_>, group: &Entity<DeviceGroup>) -> Result<(), Failure> {
    if session.json {
        return session.print_json(group);
    }
    let (attributes, relationships) = (&group.attributes, &group.relationships);
    // Only a help to the reader: without the right to read it, the id must do.
    let product = &relationships.product.id;
    let product = match session.client.products().get(product).await {
        Ok(found) => format!("{} ({product})", found.attributes.name),
        Err(_) => product.clone(),
    };
    let id = |linkage: &Option<Linkage>| linkage.as_ref().map(|to| to.id.clone()).unwrap_or_default();
    let variables = attributes.env_vars.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
    let mut rows = vec![
        ("Id", group.id.clone()),
        ("Name", attributes.name.clone()),
        ("Type", short(&group.kind).to_owned()),
        ("Description", attributes.description.clone().unwrap_or_default()),
        ("Product", product),
        ("Owner", relationships.owner.id.clone()),
        ("Current deployment", id(&relationships.current_deployment)),
        ("Minimum deployment", id(&relationships.min_supported_deployment)),
        ("Environment", variables.join(" ")),
        ("Created", moment(attributes.created_at)),
        ("Updated", moment(attributes.updated_at)),
    ];
    // What only some types have.
    let optional = [
        ("Production target", id(&relationships.production_target)),
        ("DUT target", id(&relationships.dut_target)),
        ("Region", attributes.region.clone().unwrap_or_default()),
        ("Code after blessing", attributes.load_code_after_blessing.map(|load| load.to_string()).unwrap_or_default()),
    ];
    rows.extend(optional.into_iter().filter(|(_, value)| !value.is_empty()));
    let text = pairs(&rows, &session.context.environment);
    Ok(session.context.stdout.write_all(text.as_bytes())?)
}

async fn create(mut session: Session<'_>, arguments: GroupCreateArgs) -> Result<(), Failure> {
    let is_fixture = matches!(arguments.kind, DeviceGroupType::FactoryFixture | DeviceGroupType::PreFactoryFixture);
    let targets = [&arguments.production_target, &arguments.dut_target];
    if is_fixture && targets.iter().any(|target| target.is_none()) {
        return Err(Failure::usage(format!("a {} group needs two targets", arguments.kind.short_name()))
            .hint("Give `--production-target GROUP` and `--dut-target GROUP`."));
    }
    if !is_fixture && targets.iter().any(|target| target.is_some()) {
        return Err(Failure::usage(format!("a {} group has no targets", arguments.kind.short_name()))
            .hint("Leave out `--production-target` and `--dut-target`, or create a fixture group."));
    }
    let product = session.product(&arguments.product).await?;
    let mut new = NewDeviceGroup::new(arguments.kind, &product.id, arguments.name);
    new.description = arguments.description;
    if let Some(target) = &arguments.production_target {
        new.production_target = Some(session.group_in(target, Some(&product)).await?.id.clone());
    }
    if let Some(target) = &arguments.dut_target {
        new.dut_target = Some(session.group_in(target, Some(&product)).await?.id.clone());
    }
    let group = session.client.device_groups().create(&new).await?;
    if session.json {
        return session.print_json(&group);
    }
    session.say(&format!(
        "Created the {} group {} ({}) in the product {}.",
        short(&group.kind),
        visible(&group.attributes.name),
        group.id,
        visible(&product.attributes.name)
    ))
}

async fn restart(mut session: Session<'_>, arguments: GroupRestartArgs) -> Result<(), Failure> {
    let group = session.group(&arguments.group, arguments.product.as_deref()).await?;
    let groups = session.client.device_groups();
    if arguments.conditional {
        groups.conditional_restart(&group.id).await?;
    } else {
        groups.restart(&group.id).await?;
    }
    if session.json {
        return session.print_json(&group);
    }
    let name = visible(&group.attributes.name).into_owned();
    session.say(&if arguments.conditional {
        format!("Asked the devices of {name} to restart if they must.")
    } else {
        format!("Restarted the devices of {name}.")
    })
}

/// A type as users write it; one that we do not know, as the service writes it.
fn short(kind: &str) -> &str {
    kind.strip_suffix("_devicegroup").unwrap_or(kind)
}
