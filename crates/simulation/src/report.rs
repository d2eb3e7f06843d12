//! What came of a simulation: counters, over all and hour by hour, and how they are shown.

use std::fmt::Write as _;

use serde::Serialize;

/// What is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Imps that got power.
    pub boots: u64,
    /// Times that a program of an imp started.
    pub starts: u64,
    /// Connections made.
    pub connections: u64,
    /// Connections that ended.
    pub disconnections: u64,
    /// Frames that were lost, and broke their connection.
    pub losses: u64,
    /// Messages of devices that reached their agent.
    pub messages_up: u64,
    /// Messages of agents that reached their device.
    pub messages_down: u64,
    /// Messages of agents whose device was away.
    pub messages_lost: u64,
    /// Lines in the logs.
    pub lines: u64,
    /// Those that are errors.
    pub errors: u64,
    /// Times that an agent's program started.
    pub agent_starts: u64,
    /// Requests that agents made.
    pub requests: u64,
    /// Requests to agents' URLs.
    pub visits: u64,
    /// Those that were answered with a status below 400.
    pub visits_answered: u64,
    /// Things that the scenario did to boards.
    pub inputs: u64,
    /// Changes of pins that are watched.
    pub pin_changes: u64,
    /// Changes of chains of LEDs that are watched.
    pub led_changes: u64,
    /// Bytes sent on UARTs that are watched.
    pub uart_bytes: u64,
}

impl Counters {
    /// Their names, as in the output, and values.
    pub fn entries(&self) -> [(&'static str, u64); 18] {
        [
            ("boots", self.boots),
            ("starts", self.starts),
            ("connections", self.connections),
            ("disconnections", self.disconnections),
            ("losses", self.losses),
            ("messages_up", self.messages_up),
            ("messages_down", self.messages_down),
            ("messages_lost", self.messages_lost),
            ("lines", self.lines),
            ("errors", self.errors),
            ("agent_starts", self.agent_starts),
            ("requests", self.requests),
            ("visits", self.visits),
            ("visits_answered", self.visits_answered),
            ("inputs", self.inputs),
            ("pin_changes", self.pin_changes),
            ("led_changes", self.led_changes),
            ("uart_bytes", self.uart_bytes),
        ]
    }
}

/// What came of a simulation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Simulated time, in seconds.
    pub duration_s: i64,
    /// How many devices there were.
    pub devices: usize,
    /// Devices that were connected at the end.
    pub connected: usize,
    /// SHA-256 of all log lines, as they are written: the same for the same scenario and seed.
    pub digest: String,
    /// Over all.
    pub total: Counters,
    /// For each fleet, by its name.
    pub fleets: Vec<(String, Counters)>,
    /// How long each of the following is, in seconds.
    pub step_s: i64,
    /// Over time.
    pub over_time: Vec<Counters>,
}

/// Heights of a bar.
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl Report {
    /// Writes the summary for people: totals, and a small plot of each counter over time.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let hours = f64::from(u32::try_from(self.duration_s).unwrap_or(u32::MAX)) / 3600.0;
        let _ = writeln!(
            text,
            "{} devices for {hours:.2} h, seed {}: {} connected at the end\ndigest {}\n",
            self.devices, self.seed, self.connected, self.digest
        );
        for (place, (name, total)) in self.total.entries().into_iter().enumerate() {
            if total == 0 {
                continue;
            }
            let values: Vec<u64> = self.over_time.iter().map(|counters| counters.entries()[place].1).collect();
            let _ =
                writeln!(text, "{name:<16} {total:>10}  {}  most {}", plot(&values), values.iter().max().unwrap_or(&0));
        }
        if self.fleets.len() > 1 {
            for (name, counters) in &self.fleets {
                let entries = counters.entries();
                let shown: Vec<String> = entries
                    .iter()
                    .filter(|(_, count)| *count > 0)
                    .map(|(name, count)| format!("{name} {count}"))
                    .collect();
                let _ = writeln!(text, "\n{name}: {}", shown.join(", "));
            }
        }
        text
    }

    /// Writes the report as a page for browsers, with a plot of each counter over time: one file that needs no other, and no network.
    pub fn page(&self) -> String {
        crate::page::page(self)
    }

    /// Writes what happened over time as comma-separated values.
    pub fn csv(&self) -> String {
        let names: Vec<&str> = self.total.entries().iter().map(|(name, _)| *name).collect();
        let mut text = format!("second,{}\n", names.join(","));
        for (counters, step) in self.over_time.iter().zip(0..) {
            let values: Vec<String> = counters.entries().iter().map(|(_, value)| value.to_string()).collect();
            let _ = writeln!(text, "{},{}", step * self.step_s, values.join(","));
        }
        text
    }
}

/// A bar for each value, the highest for the largest.
fn plot(values: &[u64]) -> String {
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let height = |value: u64| usize::try_from((value * 8).div_ceil(most)).unwrap_or(8);
    values.iter().map(|&value| BARS[height(value).min(8)]).collect()
}

#[cfg(test)]
mod tests {
    use super::plot;

    #[test]
    fn bars_show_what_is_there() {
        assert_eq!(plot(&[0, 1, 8, 4]), " ▁█▄");
        assert_eq!(plot(&[0, 0]), "  ");
        assert_eq!(plot(&[1, 1000]), "▁█");
    }
}
