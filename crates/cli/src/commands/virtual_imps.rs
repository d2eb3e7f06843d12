//! `virtual-imp list`, `create`, `start`, `stop` and `delete`.

use crate::{
    Context, Options, VirtualImpCommand, VirtualImpCreateArgs,
    failure::Failure,
    output::{
        list::{fetch, print_json},
        table::Table,
        text::{moment, visible},
    },
    session::Session,
};
use impstead_client::{Entity, Error, wire::VirtualImp};

pub async fn run(command: VirtualImpCommand, options: &Options, context: &mut Context) -> Result<(), Failure> {
    let session = Session::open(options, context)?;
    match command {
        VirtualImpCommand::List => list(session).await,
        VirtualImpCommand::Create(arguments) => create(session, arguments).await,
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
    let VirtualImpCreateArgs { name, imp_type } = arguments;
    let imps = session.client.impstead();
    let imp = imps.create_virtual_imp(name.as_deref(), imp_type.as_deref()).await.map_err(only_impstead)?;
    if session.json {
        return session.print_json(&imp);
    }
    session.say(&format!("Created the virtual imp {}, which is started.", imp.id))?;
    session.note(&format!("It runs code once it is in a device group: `impstead device assign {} --group …`.", imp.id))
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
