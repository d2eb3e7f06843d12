//! `virtual-imp list`, `create`, `show`, `set`, `board`, `watch`, `start`, `stop` and `delete`.

use super::logs::reason;
use crate::{
    Context, Options, VirtualImpCommand, VirtualImpCreateArgs, VirtualImpSetArgs, VirtualImpWatchArgs,
    failure::Failure,
    output::{
        list::{fetch, print_json},
        table::Table,
        text::{moment, visible},
    },
    session::Session,
};
use impstead_client::{
    Entity, Error, LogOptions, NewVirtualImp, VirtualImpEvent,
    wire::{VirtualImp, VirtualImpOutput},
};
use serde_json::json;
use std::{fs, mem};

pub async fn run(command: VirtualImpCommand, options: &Options, context: &mut Context) -> Result<(), Failure> {
    let session = Session::open(options, context)?;
    match command {
        VirtualImpCommand::List => list(session).await,
        VirtualImpCommand::Create(arguments) => create(session, arguments).await,
        VirtualImpCommand::Show { device } => show(session, &device).await,
        VirtualImpCommand::Set(arguments) => set(session, arguments).await,
        VirtualImpCommand::Board { device, board } => put_on(session, &device, &board).await,
        VirtualImpCommand::Watch(arguments) => watch(session, arguments).await,
        VirtualImpCommand::Start { device } => start(session, &device).await,
        VirtualImpCommand::Stop { device } => stop(session, &device).await,
        VirtualImpCommand::Delete { device } => delete(session, &device).await,
    }
}

impl Session<'_> {
    /// Finds the id of a device that may be named in any way.
    async fn device_id(&mut self, device: &str) -> Result<String, Failure> {
        let devices = self.devices(&[device.to_owned()]).await?;
        Ok(devices.into_iter().next().map_or_else(|| device.to_owned(), |device| device.id.clone()))
    }
}

/// Explains why a device is no virtual imp.
fn unknown_imp(error: Error, device: &str) -> Failure {
    match error {
        Error::NotFound(_) => Failure::new(format!("the device `{device}` is no virtual imp"))
            .hint("`impstead virtual-imp list` shows those that there are."),
        error => error.into(),
    }
}

/// Explains why there are no virtual imps at all.
fn only_impstead(error: Error) -> Failure {
    match error {
        Error::NotFound(_) => Failure::new("this service has no virtual imps").hint("Only Impstead has."),
        error => error.into(),
    }
}

async fn list(mut session: Session<'_>) -> Result<(), Failure> {
    let listing = session.client.impstead().virtual_imps();
    // So that it is known whether there is such a list at all, before half of it is printed.
    listing.clone().page_size(1).page(1).await.map_err(only_impstead)?;
    if session.json {
        return print_json(listing, "virtual imps", session.context).await;
    }
    let mut table = Table::new(["ID", "TYPE", "STATE", "SINCE", "NAME"]);
    for imp in fetch(listing, "virtual imps", session.context).await? {
        let attributes = &imp.attributes;
        table.push([
            imp.id.clone(),
            attributes.imp_type.clone(),
            attributes.state.clone(),
            moment(attributes.updated_at),
            attributes.name.clone().unwrap_or_default(),
        ]);
    }
    session.print_table(&table, "virtual imps")
}

async fn create(mut session: Session<'_>, arguments: VirtualImpCreateArgs) -> Result<(), Failure> {
    let VirtualImpCreateArgs { name, board, imp_type } = arguments;
    let board = board.map(|board| text_of(&board)).transpose()?;
    let imps = session.client.impstead();
    let new = NewVirtualImp { name: name.as_deref(), imp_type: imp_type.as_deref(), board: board.as_deref() };
    let imp = imps.create_virtual_imp(&new).await.map_err(only_impstead)?;
    if session.json {
        return session.print_json(&imp);
    }
    session.say(&format!("Created the virtual imp {}, which is started.", imp.id))?;
    session.note(&format!("It runs code once it is in a device group: `impstead device assign {} --group …`.", imp.id))
}

/// What the service is told of a board: its file's text, or what may be the name of one that is ready.
fn text_of(board: &str) -> Result<String, Failure> {
    match fs::read_to_string(board) {
        Ok(text) => Ok(text),
        // Names have neither; what has is a file that should be there.
        Err(_) if !board.contains(['/', '.']) => Ok(board.to_owned()),
        Err(error) => Err(Failure::because(format!("cannot read {board}"), &error)),
    }
}

async fn show(mut session: Session<'_>, device: &str) -> Result<(), Failure> {
    let id = session.device_id(device).await?;
    let imp = session.client.impstead().virtual_imp(&id).await.map_err(|error| unknown_imp(error, device))?;
    if session.json {
        return session.print_json(&imp);
    }
    let attributes = &imp.attributes;
    let name = attributes.name.as_deref().map(|name| format!(" {}", visible(name))).unwrap_or_default();
    let board = attributes.board.as_deref().unwrap_or("none");
    session.say(&format!("{}{name}: {}, {}, board: {board}", imp.id, attributes.imp_type, attributes.state))?;
    for (name, value) in &attributes.inputs {
        session.say(&format!("set   {}={}", visible(name), visible(value)))?;
    }
    for (name, output) in attributes.outputs.iter().flatten() {
        session.say(&format!("seen  {}", output_line(name, output)))?;
    }
    Ok(())
}

/// What is seen, on a line.
fn output_line(name: &str, output: &VirtualImpOutput) -> String {
    let what = match (output.period_s, &output.mode) {
        (Some(period_s), _) => format!(" of {period_s} s"),
        (None, Some(mode)) => format!(" ({mode})"),
        (None, None) => String::new(),
    };
    visible(&format!("{name}={}{what}", output.value)).into_owned()
}

async fn set(mut session: Session<'_>, arguments: VirtualImpSetArgs) -> Result<(), Failure> {
    let VirtualImpSetArgs { device, inputs } = arguments;
    let split = |input: &String| match input.split_once('=') {
        Some((name, value)) => Ok((name.trim().to_owned(), value.to_owned())),
        None => Err(Failure::new(format!("`{input}` sets nothing")).hint("Write NAME=VALUE, such as pin1=0.")),
    };
    let inputs = inputs.iter().map(split).collect::<Result<_, _>>()?;
    let id = session.device_id(&device).await?;
    let set = session.client.impstead().set_virtual_imp_inputs(&id, &inputs).await;
    let imp = set.map_err(|error| unknown_imp(error, &device))?;
    tell(&mut session, &imp, "Set inputs of")
}

async fn put_on(mut session: Session<'_>, device: &str, board: &str) -> Result<(), Failure> {
    let text = text_of(board)?;
    let id = session.device_id(device).await?;
    let put = session.client.impstead().set_virtual_imp_board(&id, &text).await;
    let imp = put.map_err(|error| unknown_imp(error, device))?;
    tell(&mut session, &imp, "Put on another board")
}

async fn watch(mut session: Session<'_>, arguments: VirtualImpWatchArgs) -> Result<(), Failure> {
    let VirtualImpWatchArgs { device, limit } = arguments;
    let id = session.device_id(&device).await?;
    let watch = session.client.impstead().watch_virtual_imp(&id, &LogOptions::default()).await;
    let mut watch = watch.map_err(|error| unknown_imp(error, &device))?;
    let (mut left, mut is_down) = (limit, false);
    while left != Some(0) {
        match watch.next().await.map_err(|error| unknown_imp(error, &device))? {
            VirtualImpEvent::Outputs(outputs) => {
                if mem::take(&mut is_down) {
                    session.note("Connected again; changes may be missing. All that there is to see now:")?;
                }
                if session.json {
                    session.say(&json!({ "outputs": outputs }).to_string())?;
                } else {
                    for (name, output) in &outputs {
                        session.say(&output_line(name, output))?;
                    }
                }
            }
            VirtualImpEvent::Interrupted(error) if !is_down => {
                is_down = true;
                session.note(&format!("Connection lost ({}); trying again …", visible(&reason(&error))))?;
            }
            VirtualImpEvent::Changed(sight) => {
                let line = if session.json {
                    json!(sight).to_string()
                } else {
                    format!("{} {}", sight.at, output_line(&sight.name, &sight.output))
                };
                session.say(&line)?;
                left = left.map(|left| left - 1);
            }
            VirtualImpEvent::Skipped(count) => session.note(&format!("{count} changes came too fast."))?,
            _ => {}
        }
        session.context.stdout.flush()?;
    }
    Ok(())
}

async fn start(mut session: Session<'_>, device: &str) -> Result<(), Failure> {
    let id = session.device_id(device).await?;
    let imp = session.client.impstead().start_virtual_imp(&id).await.map_err(|error| unknown_imp(error, device))?;
    tell(&mut session, &imp, "Started")
}

async fn stop(mut session: Session<'_>, device: &str) -> Result<(), Failure> {
    let id = session.device_id(device).await?;
    let imp = session.client.impstead().stop_virtual_imp(&id).await.map_err(|error| unknown_imp(error, device))?;
    tell(&mut session, &imp, "Stopped")
}

async fn delete(mut session: Session<'_>, device: &str) -> Result<(), Failure> {
    let id = session.device_id(device).await?;
    session.client.impstead().delete_virtual_imp(&id).await.map_err(|error| unknown_imp(error, device))?;
    if session.json {
        return Ok(());
    }
    session.say(&format!("Deleted the virtual imp {}.", visible(&id)))
}

fn tell(session: &mut Session<'_>, imp: &Entity<VirtualImp>, done: &str) -> Result<(), Failure> {
    if session.json {
        return session.print_json(imp);
    }
    session.say(&format!("{done} the virtual imp {}.", imp.id))
}
