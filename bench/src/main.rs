//! Measures the server beside a bare handler, and kills it over and over. What comes out is in `docs/benchmarks.md`.
//!
//! It knows the server from outside only: a binary, its commands, HTTP. The exceptions are a million devices, which it
//! writes straight into the database, the last check after the kills, which reads there, and what machines of the language
//! cost, which it measures on the library.

mod agents;
mod bare;
mod database;
mod figures;
mod fsync;
mod http;
mod imps;
mod kill9;
mod live;
mod machine;
mod report;
mod site;
mod squirrel;
mod wrk;

use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

#[derive(Parser)]
#[command(name = "impstead-bench", about = "Measures impstead beside a bare handler, and kills it over and over")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure everything and write target/bench/report.json
    Run(Box<figures::RunArgs>),
    /// Kill the server in the middle of writes, and check that nothing it acknowledged is lost
    Kill9(kill9::Kill9Args),
    /// Answer every request with the same bytes: what the server is measured beside
    Bare {
        /// File with the bytes
        #[arg(long)]
        body: PathBuf,
        /// Their media type
        #[arg(long)]
        media_type: String,
    },
    /// Make many machines of the language, and say what one costs: a figure of `run` is of several of these
    Machines(squirrel::MachinesArgs),
}

/// The server's, so that the bare handler is not slower for want of it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(arguments) => figures::run(&arguments),
        Command::Kill9(arguments) => kill9::run(&arguments),
        Command::Bare { body, media_type } => bare::serve(&body, &media_type),
        Command::Machines(arguments) => squirrel::machines(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("impstead-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
