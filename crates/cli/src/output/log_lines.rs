//! Log lines, for people and for programs.

use super::text::{Paint, visible};
use crate::context::Environment;
use anstyle::{AnsiColor, Style};
use impstead_client::{
    Entity,
    wire::{Device, LogEntry, Timestamp},
};
use std::{collections::HashMap, fmt::Write as _};
use unicode_width::UnicodeWidthStr;

/// Devices' names take no more of a line than this, in cells, unless they must.
const WIDEST_NAME: usize = 24;

/// The longest type that is common, `server.error`, in cells.
const TYPE_WIDTH: usize = 12;

/// Writes log lines: time, device, type and message in columns, or as JSON objects, one a line.
pub struct LogLines {
    /// By id; the id itself where there is no name.
    names: HashMap<String, String>,
    width: usize,
    json: bool,
    paint: Paint,
}

impl LogLines {
    pub fn new(devices: &[Entity<Device>], json: bool, environment: &Environment) -> Self {
        let mut lines = Self { names: HashMap::new(), width: 0, json, paint: Paint::stdout(environment) };
        for device in devices {
            lines.meet(&device.id, device.attributes.name.clone());
        }
        lines
    }

    /// Learns of a device. Later lines are wider, if it needs that.
    pub fn meet(&mut self, id: &str, name: Option<String>) {
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.to_owned());
        self.width = self.width.max(visible(&name).width().min(WIDEST_NAME));
        self.names.insert(id.to_owned(), name);
    }

    /// Whether the name of a device need not be asked for: nobody sees it in JSON.
    pub fn knows(&self, id: &str) -> bool {
        self.json || self.names.contains_key(id)
    }

    pub fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.names.get(id).map_or(id, String::as_str)
    }

    /// Writes a line. Further lines of its message stand below the first.
    pub fn line(&self, entry: &LogEntry) -> String {
        if self.json {
            return serde_json::to_string(entry).expect("log entries have string keys only") + "\n";
        }
        let (time, name, kind) = (instant(entry.ts), visible(self.name(&entry.device_id)), visible(&entry.kind));
        let gap = |text: &str, width: usize| " ".repeat(width.saturating_sub(text.width()));
        let (after_name, after_kind) = (gap(&name, self.width), gap(&kind, TYPE_WIDTH));
        let indent = time.len() + name.width() + after_name.len() + kind.width() + after_kind.len() + 6;
        let mut out = format!(
            "{}  {}{after_name}  {}{after_kind}  ",
            self.paint.dim(time),
            self.paint.heading(&name),
            self.paint.with(style(&entry.kind), &kind)
        );
        let message = entry.msg.strip_suffix('\n').unwrap_or(&entry.msg);
        for (index, line) in message.split('\n').enumerate() {
            if index > 0 {
                let _ = write!(out, "{:indent$}", "");
            }
            let line = line.strip_suffix('\r').unwrap_or(line);
            let _ = writeln!(out, "{}", line.split('\t').map(visible).collect::<Vec<_>>().join("\t"));
        }
        out
    }
}

/// The colour of a type: where lines come from, and errors above all.
fn style(kind: &str) -> Style {
    let colour = match kind {
        "server.error" | "agent.error" | "lastexitcode" => AnsiColor::Red,
        _ if kind.starts_with("server.") => AnsiColor::Cyan,
        _ if kind.starts_with("agent.") => AnsiColor::Green,
        _ => AnsiColor::Yellow,
    };
    colour.on_default()
}

/// A moment to the millisecond: `2026-03-02 09:15:04.221Z`.
fn instant(timestamp: Timestamp) -> String {
    timestamp.to_string().replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(device: &str, kind: &str, msg: &str) -> LogEntry {
        let ts = Timestamp::from_ms(1_772_442_904_221);
        LogEntry { device_id: device.into(), ts, log_type: "development".into(), kind: kind.into(), msg: msg.into() }
    }

    fn lines(json: bool, environment: &Environment) -> LogLines {
        let mut lines = LogLines::new(&[], json, environment);
        lines.meet("1", Some("bed-7".into()));
        lines.meet("20000c2a69abcd00", None);
        lines
    }

    #[test]
    fn columns_and_messages_of_several_lines() {
        let lines = lines(false, &Environment::default());
        let text = [
            lines.line(&entry("1", "server.log", "moisture 41")),
            lines.line(&entry("20000c2a69abcd00", "agent.error", "ERROR: \x1b[31m\r\n\tin main\n")),
            lines.line(&entry("unheard of", "status", "")),
        ];
        let expected = "\
2026-03-02 09:15:04.221Z  bed-7             server.log    moisture 41
2026-03-02 09:15:04.221Z  20000c2a69abcd00  agent.error   ERROR: ␛[31m
                                                          \tin main
2026-03-02 09:15:04.221Z  unheard of        status        \n";
        assert_eq!(text.concat(), expected);
    }

    #[test]
    fn colours_are_for_terminals() {
        let terminal = Environment { stdout_is_terminal: true, ..Environment::default() };
        let line = lines(false, &terminal).line(&entry("1", "server.error", "x"));
        assert!(line.contains("\x1b[31mserver.error\x1b[0m"), "{line:?}");
        let line = lines(false, &Environment { no_color: true, ..terminal }).line(&entry("1", "status", "x"));
        assert!(!line.contains('\x1b'), "{line:?}");
    }

    #[test]
    fn objects_are_on_one_line() {
        assert_eq!(
            lines(true, &Environment::default()).line(&entry("1", "server.log", "a\nb")),
            "{\"device_id\":\"1\",\"ts\":\"2026-03-02T09:15:04.221Z\",\"log_type\":\"development\",\
             \"type\":\"server.log\",\"msg\":\"a\\nb\"}\n"
        );
    }
}
