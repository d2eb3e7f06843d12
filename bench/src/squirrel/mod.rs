//! Figures of the language: programs beside the reference and Lua, and what machines, compiling and snapshots cost.

mod machines;
mod programs;
mod source;

pub use machines::{MachinesArgs, machines};

use crate::{machine, report::Report};
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A figure is the median of no fewer rounds.
const LEAST_ROUNDS: u32 = 7;

#[derive(Args)]
pub struct SquirrelArgs {
    /// Runs a Squirrel program given as its last argument [default: the server's binary, with `squirrel run`]
    #[arg(long)]
    squirrel: Option<PathBuf>,
    /// One that was built with RUSTFLAGS='--cfg unmetered': measures nothing but what counting fuel costs
    #[arg(long, requires = "squirrel")]
    unmetered: Option<PathBuf>,
    /// A Python that has the reference
    #[arg(long, default_value = "target/test-tools/venv-squirrel/bin/python")]
    oracle: PathBuf,
    /// PUC Lua
    #[arg(long, default_value = "lua5.4")]
    lua: PathBuf,
    /// The programs: `programs/*.nut` with their outputs, and `lua/*.lua`
    #[arg(long, default_value = "crates/squirrel/benches")]
    programs: PathBuf,
    /// Only these programs
    #[arg(long, value_delimiter = ',')]
    program: Vec<String>,
}

/// A program, in Squirrel and perhaps in Lua.
struct Program {
    name: String,
    nut: PathBuf,
    /// What it prints.
    output: Vec<u8>,
    /// The translation, and what that prints.
    lua: Option<(PathBuf, Vec<u8>)>,
}

/// Measures everything.
pub fn measure(arguments: &SquirrelArgs, binary: &Path, rounds: u32, report: &mut Report) -> Result<()> {
    let programs = read(arguments)?;
    let rounds = rounds.max(LEAST_ROUNDS);
    report.configuration.insert("programs", format!("{rounds} rounds, taking turns"));
    report.configuration.insert("lua", machine::said(&arguments.lua.to_string_lossy(), &["-v"]));
    report.configuration.insert("oracle", programs::about_oracle(&arguments.oracle));
    let run = match &arguments.squirrel {
        Some(squirrel) => vec![squirrel.as_os_str().to_owned()],
        None => vec![binary.as_os_str().to_owned(), "squirrel".into(), "run".into()],
    };
    if let Some(unmetered) = &arguments.unmetered {
        return programs::metering(&programs, &[unmetered.as_os_str().to_owned()], &run, rounds, report);
    }
    programs::beside_others(&programs, &run, arguments, rounds, report)?;
    programs::peaks(&programs, &run, arguments, report)?;
    machines::in_slices(&programs, rounds, report)?;
    machines::compiling(&programs, rounds, report)?;
    machines::making(rounds, report)?;
    machines::snapshots(rounds, report)
}

fn read(arguments: &SquirrelArgs) -> Result<Vec<Program>> {
    let folder = arguments.programs.join("programs");
    let mut programs = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let nut = entry?.path();
        if nut.extension().is_none_or(|extension| extension != "nut") {
            continue;
        }
        let name = nut.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !arguments.program.is_empty() && !arguments.program.contains(&name) {
            continue;
        }
        let output = fs::read(nut.with_extension("out"))?;
        let lua = arguments.programs.join("lua").join(&name).with_extension("lua");
        let lua = lua.exists().then(|| {
            // Its own where doubles instead of floats show.
            let own = fs::read(lua.with_extension("out"));
            (lua, own.unwrap_or_else(|_| output.clone()))
        });
        programs.push(Program { name, nut, output, lua });
    }
    ensure!(!programs.is_empty(), "no such program in {}", folder.display());
    programs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(programs)
}
