//! `log`.

use crate::{
    Context, LogArgs, Options,
    failure::Failure,
    output::{
        list::fetch,
        log_lines::LogLines,
        text::{moment, visible},
    },
    session::Session,
};
use futures_util::{Stream, StreamExt, TryStreamExt, stream::select_all};
use impstead_client::{
    DeviceFilter, Entity, Error, Listing, LogEvent, LogFilter, LogOptions, LogsOf,
    wire::{Device, LogEntry},
};
use std::pin::Pin;

/// How many devices a stream of the vendor's kind takes for sure.
const DEVICES_PER_STREAM: usize = 8;

/// How many past lines are shown, unless the user wants another number.
const HISTORY: usize = 100;

type Events = Pin<Box<dyn Stream<Item = Result<LogEvent, Error>> + Send>>;

/// Whose log is wanted.
struct Target {
    /// Id and name of the group, if it is a whole group.
    group: Option<(String, String)>,
    devices: Vec<Entity<Device>>,
}

pub async fn log(arguments: LogArgs, options: &Options, context: &mut Context) -> Result<(), Failure> {
    let mut session = Session::open(options, context)?;
    let target = target(&mut session, &arguments).await?;
    let mut lines = LogLines::new(&target.devices, session.json, &session.context.environment);
    if arguments.history {
        history(&mut session, &target, &arguments, &lines).await
    } else {
        live(&mut session, &target, &arguments, &mut lines).await
    }
}

async fn target(session: &mut Session<'_>, arguments: &LogArgs) -> Result<Target, Failure> {
    let Some(group) = &arguments.group else {
        return Ok(Target { group: None, devices: session.devices(&arguments.device).await? });
    };
    let group = session.group(group, arguments.product.as_deref()).await?;
    let filter = DeviceFilter { device_group: Some(group.id.clone()), ..DeviceFilter::default() };
    let listing = session.client.devices().list(&filter);
    let devices = fetch(listing, "devices", session.context).await?;
    Ok(Target { group: Some((group.id.clone(), group.attributes.name.clone())), devices })
}

/// Whether a line is one of those that the user wants.
fn wants(arguments: &LogArgs, entry: &LogEntry) -> bool {
    let is_of_type = arguments.types.is_empty() || arguments.types.contains(&entry.kind);
    is_of_type && arguments.grep.as_ref().is_none_or(|grep| grep.is_match(&entry.msg))
}

/// Whether the service says that it left lines out, any of which may have been a wanted one.
fn tells_of_loss(entry: &LogEntry) -> bool {
    entry.kind == "status" && entry.msg.ends_with(" log entries skipped: reader too slow")
}

/// Shows lines as they come, until the user has enough.
async fn live(
    session: &mut Session<'_>,
    target: &Target,
    arguments: &LogArgs,
    lines: &mut LogLines,
) -> Result<(), Failure> {
    let mut left = arguments.limit;
    let mut events = open(session, target, arguments).await?;
    if session.context.environment.stderr_is_terminal {
        session.note("Following; Ctrl-C ends.")?;
    }
    // Connections that are down. Those of several devices mostly break together, which is said once.
    let mut down = 0_usize;
    while let Some(event) = events.try_next().await? {
        match event {
            LogEvent::Entry(entry) if wants(arguments, &entry) || tells_of_loss(&entry) => {
                if !lines.knows(&entry.device_id) {
                    // It came into the group a moment ago. Only a help to the reader: its id must do otherwise.
                    let device = session.client.devices().get(&entry.device_id).await;
                    lines.meet(&entry.device_id, device.ok().and_then(|device| device.into_inner().attributes.name));
                }
                session.context.stdout.write_all(lines.line(&entry).as_bytes())?;
                session.context.stdout.flush()?;
                left = left.map(|left| left - 1);
                if left == Some(0) {
                    return Ok(());
                }
            }
            LogEvent::Unsubscribed(device) => {
                session.note(&format!("The service sends no more lines of {}.", visible(lines.name(&device))))?;
            }
            LogEvent::Interrupted(error) => {
                if down == 0 {
                    session.note(&format!("Connection lost ({}); trying again …", visible(&reason(&error))))?;
                }
                down += 1;
            }
            LogEvent::Gap { since, until } => {
                down = down.saturating_sub(1);
                if session.json {
                    session.say(&format!(r#"{{"gap":{{"since":"{since}","until":"{until}"}}}}"#))?;
                    session.context.stdout.flush()?;
                }
                let (since, until) = (moment(since), moment(until));
                session.note(&format!("Connected again; lines from {since} to {until} may be missing."))?;
            }
            LogEvent::Closed => {
                return Err(Failure::new("the service closed the log stream")
                    .line("most likely the account opened another, and this service allows no more")
                    .hint("Run the command again to take the stream back."));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What happened to a connection, in a few words.
pub(super) fn reason(error: &Error) -> String {
    match error {
        Error::Transport { timed_out: true, .. } => "no sign of life".to_owned(),
        Error::Transport { source, .. } => source.to_string(),
        error => error.to_string(),
    }
}

/// Opens a stream: where the service is Impstead its own kind, which has room for all devices and takes no stream away
/// from the account's other readers, and elsewhere the vendor's.
async fn open(session: &mut Session<'_>, target: &Target, arguments: &LogArgs) -> Result<Events, Failure> {
    let whose = match &target.group {
        Some((group, _)) => vec![LogsOf::DeviceGroup(group.clone())],
        None => target.devices.iter().map(|device| LogsOf::Device(device.id.clone())).collect(),
    };
    let mut tails = Vec::new();
    for of in whose {
        let filter = LogFilter { types: arguments.types.clone(), ..LogFilter::all(of) };
        match session.client.impstead().follow_logs(&filter, &LogOptions::default()).await {
            Ok(tail) => tails.push(tail),
            // The group or device is known, so it is this kind of stream that is not.
            Err(Error::NotFound(_)) if tails.is_empty() => return open_vendors(session, target).await,
            Err(Error::Service(error)) if error.title() == "Account Limit Reached" => {
                return Err(Failure::from(Error::Service(error))
                    .hint("End other `impstead log` commands, or follow a whole group with `--group`."));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(select_all(tails).boxed())
}

/// Opens a stream of the vendor's kind. It is one, as an account may have no more, and so it has eight devices.
async fn open_vendors(session: &mut Session<'_>, target: &Target) -> Result<Events, Failure> {
    let count = target.devices.len();
    let shown = &target.devices[..count.min(DEVICES_PER_STREAM)];
    if let (Some((_, name)), []) = (&target.group, shown) {
        return Err(Failure::new(format!("the device group `{name}` has no devices"))
            .hint("This service has log streams of single devices only; assign one with `impstead device assign`."));
    }
    if shown.len() < count {
        let whose = match &target.group {
            Some((_, name)) => format!(" of {}", visible(name)),
            None => String::new(),
        };
        session.note(&format!(
            "Showing {} of the {count} devices{whose}: a log stream of this service has room for no more.",
            shown.len()
        ))?;
    }
    let stream = session.client.log_streams().open(&LogOptions::default()).await?;
    for device in shown {
        stream.devices().add(&device.id).await?;
    }
    Ok(stream.boxed())
}

/// Shows past lines, the newest last.
async fn history(
    session: &mut Session<'_>,
    target: &Target,
    arguments: &LogArgs,
    lines: &LogLines,
) -> Result<(), Failure> {
    let limit = arguments.limit.map_or(HISTORY, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let mut entries = Vec::new();
    let of_group = match &target.group {
        Some((group, _)) => {
            let of = LogsOf::DeviceGroup(group.clone());
            let filter = LogFilter { types: arguments.types.clone(), ..LogFilter::all(of) };
            match newest(session.client.impstead().logs(&filter), limit, arguments).await {
                Err(Error::NotFound(_)) => None,
                result => Some(result?),
            }
        }
        None => None,
    };
    if let Some(of_group) = of_group {
        entries = of_group;
    } else {
        for device in &target.devices {
            entries.extend(newest(session.client.devices().logs(&device.id), limit, arguments).await?);
        }
        // Stable, so that a device's lines of the same instant stay in order.
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.ts));
        entries.truncate(limit);
    }
    if entries.is_empty() {
        return session.note("No log lines.");
    }
    for entry in entries.iter().rev() {
        session.context.stdout.write_all(lines.line(entry).as_bytes())?;
    }
    Ok(())
}

/// The newest lines that the user wants, newest first.
async fn newest(listing: Listing<LogEntry>, limit: usize, arguments: &LogArgs) -> Result<Vec<LogEntry>, Error> {
    let size = if arguments.grep.is_none() { limit.min(100) } else { 100 };
    let wanted = listing
        .page_size(u32::try_from(size).unwrap_or(100))
        .stream()
        .map_ok(Entity::into_inner)
        .try_filter(|entry| std::future::ready(wants(arguments, entry)));
    wanted.take(limit).try_collect().await
}
