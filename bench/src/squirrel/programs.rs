//! Whole programs: how fast they are beside the reference and Lua, and how much memory they take.

use super::{Program, SquirrelArgs};
use crate::{
    machine,
    report::{Bound, Figure, Report},
};
use anyhow::{Context, Result, ensure};
use std::{
    ffi::{OsStr, OsString},
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

const ORACLE: &str = include_str!("oracle.py");

/// What the reference's module prints when it goes.
const FAREWELL: &[u8] = b"Time difference = ";

/// How often a process is asked for its memory.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Says which reference it is.
pub fn about_oracle(python: &Path) -> String {
    let version = "import importlib.metadata as m; print('squirrel-lang-sq305', m.version('squirrel-lang-sq305'))";
    machine::said(&python.to_string_lossy(), &["-c", version])
}

/// Runs every program in turns on ours, the reference and Lua, and compares their times.
pub fn beside_others(
    programs: &[Program],
    ours: &[OsString],
    arguments: &SquirrelArgs,
    rounds: u32,
    report: &mut Report,
) -> Result<()> {
    let (mut to_oracle, mut to_lua) = (Vec::new(), Vec::new());
    for program in programs {
        let (mut own_ms, mut oracle_ms, mut lua_ms) = (Vec::new(), Vec::new(), Vec::new());
        // One of each for warmth.
        for round in 0..=rounds {
            let oracle = oracle_ms_of(&arguments.oracle, program)?;
            let own = whole_ms(ours, &program.nut, &program.output)?;
            let lua = match &program.lua {
                Some((lua, output)) => Some(whole_ms(&[arguments.lua.clone().into()], lua, output)?),
                None => None,
            };
            if round > 0 {
                oracle_ms.push(oracle);
                own_ms.push(own);
                lua_ms.extend(lua);
            }
        }
        let figure = Figure::faster(&program.name, ("reference", oracle_ms), ("impstead", own_ms.clone()));
        to_oracle.push(figure.ratio);
        report.add(figure);
        if !lua_ms.is_empty() {
            let figure = Figure::faster(format!("{}, Lua", program.name), ("Lua", lua_ms), ("impstead", own_ms));
            to_lua.push(figure.ratio);
            report.add(figure);
        }
    }
    let mean = Figure::alone("speed against the reference", "×", "geometric mean", vec![geometric_mean(&to_oracle)]);
    report.add(mean.bound(Bound::AtLeast(1.5), "2.5"));
    let slowest = to_oracle.iter().copied().fold(f64::INFINITY, f64::min);
    let slowest = Figure::alone("speed against the reference", "×", "slowest program", vec![slowest]);
    report.add(slowest.bound(Bound::AtLeast(0.9), "1.3"));
    if !to_lua.is_empty() {
        let mean = Figure::alone("speed against Lua", "×", "geometric mean", vec![geometric_mean(&to_lua)]);
        report.add(mean.bound(Bound::AtLeast(0.7), "1.0"));
    }
    Ok(())
}

/// Runs every program in turns with and without the counting of fuel, and compares their times.
pub fn metering(
    programs: &[Program],
    without: &[OsString],
    with: &[OsString],
    rounds: u32,
    report: &mut Report,
) -> Result<()> {
    let mut overheads = Vec::new();
    for program in programs {
        let (mut without_ms, mut with_ms) = (Vec::new(), Vec::new());
        for round in 0..=rounds {
            let times =
                (whole_ms(without, &program.nut, &program.output)?, whole_ms(with, &program.nut, &program.output)?);
            if round > 0 {
                without_ms.push(times.0);
                with_ms.push(times.1);
            }
        }
        let name = format!("{}, time with metering", program.name);
        let figure = Figure::new(name, "ms", ("unmetered", without_ms), ("metered", with_ms));
        overheads.push(figure.ratio);
        report.add(figure);
    }
    let mean = Figure::alone("time with metering", "×", "geometric mean", vec![geometric_mean(&overheads)]);
    report.add(mean.bound(Bound::AtMost(1.05), "1.0"));
    Ok(())
}

/// Measures the memory that each program needs at most, in a run of its own.
pub fn peaks(programs: &[Program], ours: &[OsString], arguments: &SquirrelArgs, report: &mut Report) -> Result<()> {
    let oracle: Vec<OsString> = vec![arguments.oracle.clone().into(), "-c".into(), ORACLE.into()];
    for program in programs {
        let theirs = peak_mib(&oracle, &program.nut)?;
        let own = peak_mib(ours, &program.nut)?;
        let name = format!("{}, peak memory", program.name);
        report.add(Figure::new(name, "MiB", ("reference, with Python", vec![theirs]), ("impstead", vec![own])));
    }
    Ok(())
}

/// Returns how long the reference takes for a program, without the start of Python.
fn oracle_ms_of(python: &Path, program: &Program) -> Result<f64> {
    let output = Command::new(python).args(["-c", ORACLE]).arg(&program.nut).output();
    let output = output.with_context(|| format!("cannot run {}", python.display()))?;
    let farewell = memchr::memmem::rfind(&output.stdout, FAREWELL).unwrap_or(output.stdout.len());
    check(&output, &output.stdout[..farewell], &program.output, &program.nut)?;
    let seconds: f64 = String::from_utf8_lossy(&output.stderr).trim().parse()?;
    Ok(seconds * 1000.0)
}

/// Returns how long a process takes for a program, from its start to its end.
fn whole_ms(command: &[OsString], program: &Path, expected: &[u8]) -> Result<f64> {
    let mut command = start(command, program)?;
    let began = Instant::now();
    let output = command.output().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    let taken = began.elapsed();
    check(&output, &output.stdout, expected, program)?;
    Ok(taken.as_secs_f64() * 1000.0)
}

fn check(output: &Output, printed: &[u8], expected: &[u8], program: &Path) -> Result<()> {
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {}: {errors}", program.display(), output.status);
    let printed = String::from_utf8_lossy(printed);
    ensure!(printed.as_bytes() == expected, "{} printed `{}`", program.display(), printed.trim_end());
    Ok(())
}

fn start(command: &[OsString], program: &Path) -> Result<Command> {
    let (first, rest) = command.split_first().context("no command")?;
    let mut command = Command::new(first);
    command.args(rest).arg(program);
    Ok(command)
}

/// Runs a program and returns the most memory that it was seen to have; the last moments go unseen.
fn peak_mib(command: &[OsString], program: &Path) -> Result<f64> {
    let mut command = start(command, program)?;
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0;
    while child.try_wait()?.is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        if let Some(kib) = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()) {
            peak = kib / 1024.0;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    ensure!(child.wait()?.success(), "{} failed", OsStr::new(program).display());
    Ok(peak)
}

fn geometric_mean(ratios: &[f64]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a dozen")]
    let count = ratios.len() as f64;
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / count).exp()
}
