//! `webhook list`, `create`, `show`, `update`, `delete`, `deliveries`, `resend` and `secret`.

use crate::{
    Context, Options, WebhookCommand, WebhookCreateArgs, WebhookListArgs, WebhookUpdateArgs,
    failure::Failure,
    output::{
        list::{fetch, print_json},
        table::{Table, pairs},
        text::{moment, visible},
    },
    session::Session,
};
use impstead_client::{
    DeviceGroupFilter, Entity, Error, NewWebhook, WebhookChanges, WebhookFilter,
    wire::{Timestamp, Webhook},
};
use std::collections::HashMap;

pub async fn run(command: WebhookCommand, options: &Options, context: &mut Context) -> Result<(), Failure> {
    let mut session = Session::open(options, context)?;
    match command {
        WebhookCommand::List(arguments) => list(session, arguments).await,
        WebhookCommand::Create(arguments) => create(session, arguments).await,
        WebhookCommand::Show { webhook } => {
            let webhook = session.webhook(&webhook).await?;
            show(&mut session, &webhook).await
        }
        WebhookCommand::Update(arguments) => update(session, arguments).await,
        WebhookCommand::Delete { webhook } => delete(session, &webhook).await,
        WebhookCommand::Deliveries { webhook } => deliveries(session, &webhook).await,
        WebhookCommand::Resend { webhook, delivery } => resend(session, &webhook, &delivery).await,
        WebhookCommand::Secret { webhook } => secret(session, &webhook).await,
    }
}

impl Session<'_> {
    /// Finds a webhook by its id, the only name that it has.
    async fn webhook(&mut self, id: &str) -> Result<Entity<Webhook>, Failure> {
        self.client.webhooks().get(id).await.map_err(|error| unknown_webhook(error, id))
    }
}

fn unknown_webhook(error: Error, id: &str) -> Failure {
    match error {
        Error::NotFound(_) | Error::InvalidId(_) => Failure::new(format!("there is no webhook `{id}`"))
            .hint("`impstead webhook list` shows what there is, with ids."),
        error => error.into(),
    }
}

/// Explains why a known webhook has not what only Impstead gives it.
fn only_impstead(error: Error) -> Failure {
    match error {
        Error::NotFound(_) => Failure::new("this service shows no deliveries and has no secrets of webhooks")
            .hint("Only Impstead does; see what your receiver logs."),
        error => error.into(),
    }
}

async fn list(mut session: Session<'_>, arguments: WebhookListArgs) -> Result<(), Failure> {
    let device_group = match &arguments.group {
        Some(group) => Some(session.group(group, arguments.product.as_deref()).await?.id.clone()),
        None => None,
    };
    let listing = session.client.webhooks().list(&WebhookFilter { device_group });
    if session.json {
        return print_json(listing, "webhooks", session.context).await;
    }
    let webhooks = fetch(listing, "webhooks", session.context).await?;
    let groups = if webhooks.is_empty() { HashMap::new() } else { group_names(&mut session).await };
    let mut table = Table::new(["ID", "EVENT", "GROUP", "FORMAT", "URL"]);
    for webhook in webhooks {
        let group = &webhook.relationships.devicegroup.id;
        table.push([
            webhook.id.clone(),
            webhook.attributes.event.clone(),
            groups.get(group).unwrap_or(group).clone(),
            short(&webhook.attributes.content_type).to_owned(),
            webhook.attributes.url.clone(),
        ]);
    }
    session.print_table(&table, "webhooks")
}

/// The names of device groups by id. Only a help to the reader: without the right to read them, ids must do.
async fn group_names(session: &mut Session<'_>) -> HashMap<String, String> {
    let listing = session.client.device_groups().list(&DeviceGroupFilter::default());
    let groups = fetch(listing, "device groups", session.context).await.unwrap_or_default();
    groups.into_iter().map(|group| (group.id.clone(), group.attributes.name.clone())).collect()
}

async fn create(mut session: Session<'_>, arguments: WebhookCreateArgs) -> Result<(), Failure> {
    let group = session.group(&arguments.group, arguments.product.as_deref()).await?;
    let WebhookCreateArgs { event, url, content_type, .. } = arguments;
    let new = NewWebhook { device_group: group.linkage(), url, event, content_type };
    let webhook = session.client.webhooks().create(&new).await?;
    if session.json {
        session.print_json(&webhook)?;
    } else {
        let name = visible(&group.attributes.name);
        session.say(&format!("Created the webhook {} for each {event} in {name}.", webhook.id))?;
    }
    tell_secret(&mut session, &webhook)
}

/// Prints the secret that came with an answer, if one did.
fn tell_secret(session: &mut Session<'_>, webhook: &Entity<Webhook>) -> Result<(), Failure> {
    let Some(secret) = &webhook.attributes.secret else { return Ok(()) };
    if !session.json {
        session.say(&format!("Secret: {}", visible(secret)))?;
    }
    session.note(&format!(
        "Keep the secret, which checks that deliveries are genuine: it is not shown again. \
         `impstead webhook secret {}` makes another.",
        webhook.id
    ))
}

async fn show(session: &mut Session<'_>, webhook: &Entity<Webhook>) -> Result<(), Failure> {
    if session.json {
        return session.print_json(webhook);
    }
    let (attributes, group) = (&webhook.attributes, &webhook.relationships.devicegroup.id);
    let group = match session.client.device_groups().get(group).await {
        Ok(found) => format!("{} ({group})", found.attributes.name),
        Err(_) => group.clone(),
    };
    let at = |time: Option<Timestamp>| time.map(moment).unwrap_or_default();
    let rows = [
        ("Id", webhook.id.clone()),
        ("Event", attributes.event.clone()),
        ("Device group", group),
        ("URL", attributes.url.clone()),
        ("Format", attributes.content_type.clone()),
        ("Created", at(attributes.created_at)),
        ("Updated", at(attributes.updated_at)),
    ];
    let text = pairs(&rows, &session.context.environment);
    Ok(session.context.stdout.write_all(text.as_bytes())?)
}

async fn update(mut session: Session<'_>, arguments: WebhookUpdateArgs) -> Result<(), Failure> {
    let WebhookUpdateArgs { webhook: id, url, content_type } = arguments;
    let changes = WebhookChanges { url, content_type };
    let result = session.client.webhooks().update(&id, &changes).await;
    let webhook = result.map_err(|error| unknown_webhook(error, &id))?;
    if session.json {
        return session.print_json(&webhook);
    }
    let Webhook { id, attributes, .. } = &*webhook;
    session.say(&format!(
        "The webhook {id} delivers to {} ({}).",
        visible(&attributes.url),
        short(&attributes.content_type)
    ))
}

async fn delete(mut session: Session<'_>, id: &str) -> Result<(), Failure> {
    session.client.webhooks().delete(id).await.map_err(|error| unknown_webhook(error, id))?;
    if session.json {
        return Ok(());
    }
    session.say(&format!("Deleted the webhook {}.", visible(id)))
}

async fn deliveries(mut session: Session<'_>, id: &str) -> Result<(), Failure> {
    let webhook = session.webhook(id).await?;
    let listing = session.client.impstead().webhook_deliveries(&webhook.id);
    // So that it is known whether there are such lists at all, before half of one is printed.
    listing.clone().page_size(1).page(1).await.map_err(only_impstead)?;
    if session.json {
        return print_json(listing, "deliveries", session.context).await;
    }
    let mut table = Table::new(["ID", "EVENT", "CREATED", "STATE", "ATTEMPTS", "NEXT", "LAST ANSWER"]);
    for delivery in fetch(listing, "deliveries", session.context).await? {
        let attributes = &delivery.attributes;
        let status = attributes.last_status.map(|status| status.to_string());
        let answer: Vec<_> = status.into_iter().chain(attributes.last_error.clone()).collect();
        table.push([
            delivery.id.clone(),
            attributes.event.clone(),
            moment(attributes.created_at),
            attributes.state.clone(),
            attributes.attempts.to_string(),
            attributes.next_attempt_at.map_or_else(|| "-".to_owned(), moment),
            answer.join(" "),
        ]);
    }
    session.print_table(&table, "deliveries")
}

async fn resend(mut session: Session<'_>, id: &str, delivery: &str) -> Result<(), Failure> {
    let webhook = session.webhook(id).await?;
    let again = match session.client.impstead().resend_webhook_delivery(&webhook.id, delivery).await {
        Err(Error::NotFound(_) | Error::InvalidId(_)) => {
            // Either the delivery is unknown or all of them are.
            session
                .client
                .impstead()
                .webhook_deliveries(&webhook.id)
                .page_size(1)
                .page(1)
                .await
                .map_err(only_impstead)?;
            return Err(Failure::new(format!("the webhook has no delivery `{delivery}`"))
                .hint(format!("`impstead webhook deliveries {}` shows what there is.", webhook.id)));
        }
        result => result?,
    };
    if session.json {
        return session.print_json(&again);
    }
    session.say(&format!("Delivering the {} again, as {}.", visible(&again.attributes.event), again.id))
}

async fn secret(mut session: Session<'_>, id: &str) -> Result<(), Failure> {
    let webhook = session.webhook(id).await?;
    let webhook = session.client.impstead().replace_webhook_secret(&webhook.id).await.map_err(only_impstead)?;
    if session.json {
        session.print_json(&webhook)?;
    }
    tell_secret(&mut session, &webhook)
}

/// A media type as users write it; one that we do not know, as the service writes it.
fn short(content_type: &str) -> &str {
    match content_type {
        "application/json" => "json",
        "application/x-www-form-urlencoded" => "form",
        other => other,
    }
}
