//! What a run ran on.

use crate::site::SETTINGS;
use std::{collections::BTreeMap, fs, path::Path, process::Command};

/// Describes the machine, the versions and the settings.
pub fn configuration(binary: &Path, directory: &Path) -> BTreeMap<&'static str, String> {
    let mut about = BTreeMap::new();
    about.insert("date", said("date", &["-u", "+%F %H:%M UTC"]));
    about.insert("cpu", field("/proc/cpuinfo", "model name"));
    about.insert("cores", std::thread::available_parallelism().map_or_else(|_| "?".into(), |cores| cores.to_string()));
    about.insert("memory", field("/proc/meminfo", "MemTotal"));
    about.insert("kernel", said("uname", &["-sr"]));
    about.insert("load before", fs::read_to_string("/proc/loadavg").unwrap_or_default().trim().to_owned());
    about.insert("filesystem", filesystem(directory));
    about.insert("impstead", said(&binary.to_string_lossy(), &["--version"]));
    about.insert("commit", said("git", &["describe", "--always", "--dirty"]));
    about.insert("rustc", said("rustc", &["--version"]));
    about.insert("wrk", said("wrk", &["-v"]).lines().next().unwrap_or("?").to_owned());
    about.insert("sqlite", rusqlite::version().to_owned());
    let settings: Vec<String> = SETTINGS.iter().map(|(name, value)| format!("{name}={value}")).collect();
    about.insert("settings", settings.join(" "));
    about.insert("log", "default level and format, to a file; every request is logged".to_owned());
    about
}

/// Prints the configuration, an item a line.
pub fn print(about: &BTreeMap<&'static str, String>) {
    for (name, value) in about {
        println!("{name:>12}: {value}");
    }
}

/// Returns the processor time, in seconds, that a process and the children it has now have had.
pub fn processor_s(process: u32) -> f64 {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let times = ids.filter_map(|id| {
        let (parent, time) = parent_and_time(id)?;
        (id == process || parent == process).then_some(time)
    });
    times.sum()
}

/// Returns the processor time, in seconds, that this process has had, without its children.
pub fn own_processor_s() -> f64 {
    parent_and_time(std::process::id()).map_or(0.0, |(_, time)| time)
}

fn parent_and_time(process: u32) -> Option<(u32, f64)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some((fields[1].parse().ok()?, ticks / TICKS_PER_S))
}

/// Clock ticks in which the kernel states processor time, the same on all of today's machines.
const TICKS_PER_S: f64 = 100.0;

/// Allows this process, and those that it starts, as many open files as it may have, and returns how many.
pub fn raise_open_files() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Returns what a program says, on either output: wrk tells its version as an error.
pub fn said(program: &str, arguments: &[&str]) -> String {
    let Ok(output) = Command::new(program).args(arguments).output() else { return "?".to_owned() };
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    String::from_utf8_lossy(&text).trim().to_owned()
}

fn field(file: &str, name: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map_or("?", |line| line.trim_start_matches([' ', '\t', ':'])).to_owned()
}

/// Returns type and options of the filesystem that a directory is on.
fn filesystem(directory: &Path) -> String {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>()).filter(|fields| fields.len() > 3);
    let longest = fields.filter(|fields| directory.starts_with(fields[1])).max_by_key(|fields| fields[1].len());
    longest.map_or_else(|| "?".to_owned(), |fields| format!("{} ({})", fields[2], fields[3]))
}
