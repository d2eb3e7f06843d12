//! `impstead squirrel`: programs in files and from the keyboard, without any service.

mod check;
mod disassemble;
mod fmt;
mod repl;
mod run;
mod source;

use crate::{Context, Exit, Options, failure::Failure};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Commands about Squirrel programs.
#[derive(Clone, Debug, Subcommand)]
pub enum SquirrelCommand {
    /// Run a program
    ///
    /// Exit codes: 0 if the program came to its end, 1 if an error that nothing caught or a limit ended it, 2 if it cannot be
    /// read or does not compile.
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Look for errors and likely mistakes in programs
    ///
    /// Reports all errors that keep a program from compiling, and warnings. Exit codes: 0 if there is no error (with
    /// --deny-warnings, nothing at all), 1 if there is, 2 if the command is not understood.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Try Squirrel from the keyboard
    Repl(ReplArgs),
    /// List the instructions that a program compiles to
    Disassemble(DisassembleArgs),
    /// Lay programs out in the style of the published libraries
    ///
    /// Rewrites the files; with - it reads standard input and writes to standard output. What programs do stays the same. Exit
    /// codes: 0 if all went well, 1 if --check finds something to do, 2 if a program does not compile or cannot be read.
    #[command(after_help = FMT_EXAMPLES)]
    Fmt(FmtArgs),
}

const RUN_EXAMPLES: &str = "\
Examples:
  impstead squirrel run hello.nut
  impstead squirrel run sum.nut 1 2 3        (the program finds the arguments in vargv)
  echo 'print(6 * 7)' | impstead squirrel run -
  impstead squirrel run --fuel 100M --memory 16M --time none strangers.nut
";

const CHECK_EXAMPLES: &str = "\
Examples:
  impstead squirrel check device.nut agent.nut
  impstead squirrel check --deny-warnings src/
  impstead squirrel check --json src/ | jq -r '.[].text'
";

const FMT_EXAMPLES: &str = "\
Examples:
  impstead squirrel fmt src/
  impstead squirrel fmt --diff agent.nut
  impstead squirrel fmt --check src/        (for continuous integration)
";

/// Which Squirrel a program is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DialectName {
    /// That of imps and their agents
    Imp,
    /// That of the reference implementation, version 3.0.5
    Stock,
}

impl From<DialectName> for squirrel::Dialect {
    fn from(name: DialectName) -> Self {
        match name {
            DialectName::Imp => Self::Imp,
            DialectName::Stock => Self::Stock,
        }
    }
}

/// What time it is for a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TimeSource {
    /// As the system says
    System,
    /// The beginning of 1970 for ever: each run of a program does the same
    None,
}

/// Arguments of `squirrel run`.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// Which Squirrel the program is written in
    #[arg(long, value_name = "DIALECT", value_enum, default_value = "stock")]
    pub dialect: DialectName,

    /// How much memory the program may use: bytes, or with K, M or G behind
    #[arg(long, value_name = "SIZE", default_value = "1G", value_parser = memory)]
    pub memory: usize,

    /// End the program after about so many instructions; K, M or G may stand behind [default: no limit]
    #[arg(long, value_name = "COUNT", value_parser = count)]
    pub fuel: Option<u64>,

    /// What time it is for the program
    #[arg(long, value_name = "SOURCE", value_enum, default_value = "system")]
    pub time: TimeSource,

    /// File with the program; - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Arguments for the program, which finds them in vargv
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

/// Arguments of `squirrel check`.
#[derive(Args, Clone, Debug)]
pub struct CheckArgs {
    /// Which Squirrel the programs are written in
    #[arg(long, value_name = "DIALECT", value_enum, default_value = "imp")]
    pub dialect: DialectName,

    /// Fail if there are warnings, too
    #[arg(long)]
    pub deny_warnings: bool,

    /// Files, and directories to search for *.nut; - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Arguments of `squirrel repl`.
#[derive(Args, Clone, Debug)]
pub struct ReplArgs {
    /// Which Squirrel to speak
    #[arg(long, value_name = "DIALECT", value_enum, default_value = "stock")]
    pub dialect: DialectName,

    /// How much memory programs may use: bytes, or with K, M or G behind
    #[arg(long, value_name = "SIZE", default_value = "1G", value_parser = memory)]
    pub memory: usize,
}

/// Arguments of `squirrel disassemble`.
#[derive(Args, Clone, Debug)]
pub struct DisassembleArgs {
    /// Which Squirrel the program is written in
    #[arg(long, value_name = "DIALECT", value_enum, default_value = "stock")]
    pub dialect: DialectName,

    /// File with the program; - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Arguments of `squirrel fmt`.
#[derive(Args, Clone, Debug)]
pub struct FmtArgs {
    /// Change nothing; list the files that would change, and fail if there are any
    #[arg(long)]
    pub check: bool,

    /// Change nothing; show what would change
    #[arg(long)]
    pub diff: bool,

    /// Files, and directories to search for *.nut; - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Runs a command about Squirrel programs.
pub fn execute(command: SquirrelCommand, options: &Options, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        SquirrelCommand::Run(arguments) => run::run(&arguments, context),
        SquirrelCommand::Check(arguments) => check::check(&arguments, options, context),
        SquirrelCommand::Repl(arguments) => repl::repl(&arguments, context),
        SquirrelCommand::Fmt(arguments) => fmt::fmt(&arguments, context),
        SquirrelCommand::Disassemble(arguments) => disassemble::disassemble(&arguments, context),
    }
}

/// Bytes of a heap, whose size is counted in 31 bits.
fn memory(text: &str) -> Result<usize, String> {
    const LEAST: u64 = 64 << 10;
    const MOST: u64 = (1 << 31) - 1;
    let bytes =
        scaled(text, 1024).filter(|bytes| (LEAST..=MOST).contains(bytes)).and_then(|bytes| usize::try_from(bytes).ok());
    bytes.ok_or_else(|| "write a size from 64K up to below 2G, for example 16M".to_owned())
}

fn count(text: &str) -> Result<u64, String> {
    let count = scaled(text, 1000).filter(|count| *count > 0);
    count.ok_or_else(|| "write a whole number above 0, for example 100M".to_owned())
}

/// A number with `K`, `M` or `G` behind, each `unit` times the one before.
fn scaled(text: &str, unit: u64) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" => 1,
        "K" | "k" => unit,
        "M" | "m" => unit * unit,
        "G" | "g" => unit * unit * unit,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_counts() {
        assert_eq!(memory("65536"), Ok(64 << 10));
        assert_eq!(memory("16M"), Ok(16 << 20));
        assert_eq!(memory("1g"), Ok(1 << 30));
        for bad in ["", "0", "K", "1T", "16 M", "2G", "-1", "99999999999999999999", "18446744073709551615G"] {
            assert!(memory(bad).is_err(), "{bad}");
        }
        assert_eq!(count("3"), Ok(3));
        assert_eq!(count("2K"), Ok(2000));
        assert!(count("0").is_err());
    }
}
