//! `impstead simulate`: a fleet in virtual time.

use crate::{cli::SimulateArgs, commands::print};
use anyhow::{Context, Result};
use simulation::{Line, Scenario, simulate};
use std::{
    fs::File,
    io::{BufWriter, IsTerminal, Write},
    path::Path,
};

/// Simulates a scenario, shows what came of it, and writes files where they are wanted.
pub fn run(arguments: &SimulateArgs, json: bool) -> Result<()> {
    let path = Path::new(&arguments.file);
    let (scenario, sources) = Scenario::read(path).with_context(|| format!("{} is no scenario", path.display()))?;
    let mut file = match &arguments.out {
        Some(folder) => {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            Some(BufWriter::new(create(&folder.join("log.txt"))?))
        }
        None => None,
    };
    let mut progress = Progress::new(scenario.begins_s, scenario.duration.us, !arguments.log && !json);
    let mut failure = None;
    let mut log = |line: &Line| {
        progress.show(line.at_us);
        let written = file.as_mut().map_or(Ok(()), |file| writeln!(file, "{line}").map_err(anyhow::Error::from));
        let printed = if arguments.log { print(&format!("{line}\n")) } else { Ok(()) };
        failure = failure.take().or(written.and(printed).err());
    };
    let report = simulate(&scenario, &sources, arguments.seed, &mut log)
        .with_context(|| format!("cannot simulate {}", path.display()))?;
    progress.end();
    if let Some(failure) = failure {
        return Err(failure.context("cannot write the log"));
    }
    let as_json = serde_json::to_string_pretty(&report)? + "\n";
    if let (Some(folder), Some(mut file)) = (&arguments.out, file) {
        file.flush().context("cannot write the log")?;
        let files = [
            ("summary.txt", &report.text()),
            ("counters.csv", &report.csv()),
            ("report.json", &as_json),
            ("report.html", &report.page()),
        ];
        for (name, text) in files {
            create(&folder.join(name))?.write_all(text.as_bytes()).with_context(|| format!("cannot write {name}"))?;
        }
    }
    if json { print(&as_json) } else { print(&as_text(arguments, &report)) }
}

fn as_text(arguments: &SimulateArgs, report: &simulation::Report) -> String {
    let text = report.text();
    match &arguments.out {
        Some(folder) => {
            let folder = folder.display();
            format!("{text}\nlog.txt, counters.csv, summary.txt, report.json and report.html are in {folder}\n")
        }
        None => text,
    }
}

fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}

/// How far it is, for who watches a terminal.
struct Progress {
    begins_us: i64,
    duration_us: i64,
    shown: Option<i64>,
    is_shown: bool,
}

impl Progress {
    fn new(begins_s: i64, duration_us: i64, is_wanted: bool) -> Self {
        let is_shown = is_wanted && std::io::stderr().is_terminal();
        Self { begins_us: begins_s * 1_000_000, duration_us: duration_us.max(1), shown: None, is_shown }
    }

    fn show(&mut self, at_us: i64) {
        let percent = (at_us - self.begins_us).saturating_mul(100) / self.duration_us;
        if self.is_shown && self.shown != Some(percent) {
            self.shown = Some(percent);
            eprint!("\rsimulating: {percent:3} %");
        }
    }

    fn end(&self) {
        if self.shown.is_some() {
            eprint!("\r                 \r");
        }
    }
}
