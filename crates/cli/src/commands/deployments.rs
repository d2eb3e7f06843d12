//! `deploy` and `deployment list`.

use crate::{
    Context, DeployArgs, DeploymentCommand, DeploymentListArgs, Options,
    failure::Failure,
    output::{
        list::{fetch, print_json},
        places::{Source, describe},
        table::Table,
        text::{Paint, moment, visible},
    },
    session::Session,
};
use impstead_client::{DeploymentFilter, Error, NewDeployment};
use std::{fs, path::Path};

/// Digits of a hash that a table shows.
const SHORT_SHA: usize = 12;

pub async fn deploy(arguments: DeployArgs, options: &Options, context: &mut Context) -> Result<(), Failure> {
    let (device_code, agent_code) = (read(&arguments.device)?, read(&arguments.agent)?);
    let mut session = Session::open(options, context)?;
    let group = session.group(&arguments.group, arguments.product.as_deref()).await?;
    let mut new = NewDeployment::new(group.linkage(), device_code, agent_code);
    new.description = arguments.message;
    new.tags = arguments.tag;
    let deployment = match session.client.deployments().create(&new).await {
        Ok(deployment) => deployment,
        Err(Error::Service(error)) if !error.compile_errors().is_empty() => {
            let sources = [
                Source {
                    wire_name: "device_code",
                    path: arguments.device.display().to_string(),
                    code: &new.device_code,
                },
                Source { wire_name: "agent_code", path: arguments.agent.display().to_string(), code: &new.agent_code },
            ];
            let places = error.compile_errors();
            let text = describe(&places, &sources, Paint::stderr(&session.context.environment));
            session.context.stderr.write_all(text.as_bytes())?;
            return Err(Failure::new("the code does not compile; nothing was deployed"));
        }
        Err(error) => return Err(error.into()),
    };
    for warning in deployment.warnings() {
        session.note(&format!("warning: {}: {}", visible(&warning.title), visible(&warning.detail)))?;
    }
    if arguments.restart {
        session.client.device_groups().restart(&group.id).await.map_err(|error| {
            Failure::from(error).line(format!("the code was deployed as {}, but not restarted", deployment.id))
        })?;
    }
    if session.json {
        return session.print_json(&deployment);
    }
    let (name, sha) = (visible(&group.attributes.name), visible(&deployment.attributes.sha));
    session.say(&format!("Deployed to {name} as {} (sha {sha}).", deployment.id))?;
    if arguments.restart {
        return session.say("Restarted its devices.");
    }
    session.note("Devices that run older code keep it until they restart; `--restart` restarts them.")
}

fn read(path: &Path) -> Result<String, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::because(format!("cannot read {}", path.display()), &error))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::new(format!("{} is not UTF-8 text (at byte {at})", path.display())).hint("Save it as UTF-8.")
    })
}

pub async fn run(command: DeploymentCommand, options: &Options, context: &mut Context) -> Result<(), Failure> {
    let DeploymentCommand::List(arguments) = command;
    let mut session = Session::open(options, context)?;
    let filter = filter(&mut session, arguments).await?;
    let listing = session.client.deployments().list(&filter);
    if session.json {
        return print_json(listing, "deployments", session.context).await;
    }
    let mut table = Table::new(["ID", "SHA", "CREATED", "FLAGGED", "TAGS", "DESCRIPTION"]);
    for deployment in fetch(listing, "deployments", session.context).await? {
        let attributes = &deployment.attributes;
        table.push([
            deployment.id.clone(),
            attributes.sha.chars().take(SHORT_SHA).collect(),
            moment(attributes.created_at),
            if attributes.flagged { "yes" } else { "no" }.to_owned(),
            attributes.tags.join(","),
            attributes.description.clone().unwrap_or_default(),
        ]);
    }
    session.print_table(&table, "deployments")
}

async fn filter(session: &mut Session<'_>, arguments: DeploymentListArgs) -> Result<DeploymentFilter, Failure> {
    let product = match &arguments.product {
        Some(product) => Some(session.product(product).await?),
        None => None,
    };
    let device_group = match &arguments.group {
        Some(group) => Some(session.group_in(group, product.as_ref()).await?.id.clone()),
        None => None,
    };
    Ok(DeploymentFilter {
        product: product.map(|product| product.id.clone()),
        device_group,
        sha: arguments.sha,
        flagged: arguments.flagged.then_some(true),
        tags: arguments.tag,
        ..DeploymentFilter::default()
    })
}
