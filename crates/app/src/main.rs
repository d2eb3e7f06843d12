//! The `impstead` program: configuration, telemetry, wiring, shutdown, and the operator's commands.

mod admin;
mod cli;
mod commands;
mod demo;
mod directory;
mod imp;
mod key;
mod open;
mod serve;
mod settings;
mod simulate;
mod telemetry;

use clap::{CommandFactory, Parser};
use cli::{Cli, Command, DeviceCommands};
use impstead_cli::Context;
use std::process::ExitCode;

/// An answer is made of a hundred small allocations, which the system's allocator makes slowly: see `docs/benchmarks.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let Cli { options, command } = Cli::parse();
    let result = match command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Config => commands::print(settings::default_file()),
        Command::Account(command) => commands::account(command),
        Command::Device(DeviceCommands::Add(arguments)) => commands::add_devices(arguments),
        Command::Device(DeviceCommands::Enrol(arguments)) => commands::enrol_device(arguments),
        Command::Imp(arguments) => block_on(imp::run(arguments, options.json)),
        Command::Library(command) => commands::library(command, options.json),
        Command::Backup(arguments) => commands::backup(&arguments),
        Command::Restore(arguments) => commands::restore(&arguments),
        Command::Migrate(arguments) => commands::migrate(&arguments),
        Command::Admin(command) => commands::admin(command, options.json),
        Command::Device(DeviceCommands::Client(command)) => {
            let mut context = Context::of_process();
            return block_on(impstead_cli::run_device(command, &options, &mut context)).into();
        }
        Command::Client(command) => {
            let mut context = Context::of_process();
            return block_on(impstead_cli::run(command, &options, &mut context)).into();
        }
        Command::Squirrel(command) => {
            let mut context = Context::of_process();
            return impstead_cli::run_squirrel(command, &options, &mut context).into();
        }
        Command::Simulate(arguments) => simulate::run(&arguments, options.json),
        Command::Completions(arguments) => {
            let mut context = Context::of_process();
            return impstead_cli::run_completions(&arguments, Cli::command(), &mut context).into();
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("impstead: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command to its end on a runtime of its own.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("the operating system has threads and timers").block_on(future)
}
