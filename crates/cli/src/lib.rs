//! The client commands of the `impstead` program, as a library.
//!
//! The program flattens [`ClientCommand`] and [`DeviceCommand`] into its own parser, beside its administrative commands,
//! and hands them to [`run`] and [`run_device`] with a [`Context`]: everything a command takes from the process, so that
//! tests can lend it something else.
//!
//! # Output
//! Results go to standard output: tables and short texts, or with `--json` the API's resource objects as the service sent
//! them (an array for lists). Everything else, an empty list included, goes to standard error.
//!
//! # Exit codes
//! 0 if the command did what it was asked to, 1 if it failed, 2 if it was not understood: see [`Exit`].

mod command;
mod commands;
mod context;
mod failure;
mod output;
mod profile;
mod resolve;
mod session;

pub use command::{
    ClientCommand, CompletionsArgs, DeployArgs, DeploymentCommand, DeploymentListArgs, DeviceAssignArgs, DeviceCommand,
    DeviceListArgs, DeviceRestartArgs, GroupCommand, GroupCreateArgs, GroupListArgs, GroupRestartArgs, GroupShowArgs,
    LogArgs, LoginArgs, Options, ProductCommand, ProductCreateArgs, VirtualImpCommand, VirtualImpCreateArgs,
    VirtualImpSetArgs, VirtualImpWatchArgs, WebhookCommand, WebhookCreateArgs, WebhookListArgs, WebhookUpdateArgs,
};
pub use commands::squirrel::SquirrelCommand;
pub use context::{Context, Environment, Input};

use commands::{deployments, devices, groups, logs, products, sign_in, squirrel, virtual_imps, webhooks};
use failure::Failure;
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The command did what it was asked to.
    Ok = 0,
    /// It failed; standard error says why, and what to do next.
    Failure = 1,
    /// It was not understood.
    Usage = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Runs a command that is not about devices.
pub async fn run(command: ClientCommand, options: &Options, context: &mut Context) -> Exit {
    let result = match command {
        ClientCommand::Login(arguments) => sign_in::login(arguments, options, context).await,
        ClientCommand::Logout => sign_in::logout(options, context).await,
        ClientCommand::Whoami => sign_in::whoami(options, context).await,
        ClientCommand::Product(command) => products::run(command, options, context).await,
        ClientCommand::Group(command) => groups::run(command, options, context).await,
        ClientCommand::Deploy(arguments) => deployments::deploy(arguments, options, context).await,
        ClientCommand::Deployment(command) => deployments::run(command, options, context).await,
        ClientCommand::Log(arguments) => logs::log(arguments, options, context).await,
        ClientCommand::VirtualImp(command) => virtual_imps::run(command, options, context).await,
        ClientCommand::Webhook(command) => webhooks::run(command, options, context).await,
    };
    finish(result, options, context)
}

/// Runs a command about devices.
pub async fn run_device(command: DeviceCommand, options: &Options, context: &mut Context) -> Exit {
    let result = devices::run(command, options, context).await;
    finish(result, options, context)
}

/// Runs a command about Squirrel programs, which needs no service.
pub fn run_squirrel(command: SquirrelCommand, options: &Options, context: &mut Context) -> Exit {
    match squirrel::execute(command, options, context) {
        Ok(exit) => match finish(Ok(()), options, context) {
            Exit::Ok => exit,
            failure => failure,
        },
        Err(failure) => finish(Err(failure), options, context),
    }
}

/// Writes a completion script for the whole program, whose parser is `command`.
pub fn run_completions(arguments: &CompletionsArgs, mut command: clap::Command, context: &mut Context) -> Exit {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    let result = context.stdout.write_all(&script).map_err(Failure::from);
    finish(result, &Options::default(), context)
}

fn finish(result: Result<(), Failure>, options: &Options, context: &mut Context) -> Exit {
    // Also after a failure, so that what was written stands before what is said about it.
    let flushed = context.stdout.flush().map_err(Failure::from);
    let result = result.and(flushed);
    match result {
        Ok(()) => Exit::Ok,
        Err(failure) => failure.report(options, context),
    }
}
