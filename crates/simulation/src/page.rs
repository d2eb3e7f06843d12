//! The report as a page for browsers.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use plotters::style::RGBColor;

use crate::plot::{BAR, GRID, INK, in_words, plot};
use crate::report::Report;

const STYLE: &str = include_str!("page.css");

/// What counters are, in the order of [`Counters::entries`](crate::Counters::entries).
const MEANINGS: [&str; 18] = [
    "Imps that got power",
    "Starts of programs on imps",
    "Connections made",
    "Connections that ended",
    "Frames lost, with their connection",
    "Messages of devices that reached their agent",
    "Messages of agents that reached their device",
    "Messages of agents whose device was away",
    "Lines in the logs",
    "Lines that are errors",
    "Starts of agents",
    "Requests that agents made",
    "Requests to agents' URLs",
    "Requests to agents' URLs with a status below 400",
    "Inputs of boards",
    "Changes of watched pins",
    "Changes of watched LEDs",
    "Bytes sent on watched UARTs",
];

/// A counter that counted something.
struct Counted<'r> {
    name: &'static str,
    meaning: &'static str,
    place: usize,
    total: u64,
    over_time: Vec<u64>,
    report: &'r Report,
}

pub(crate) fn page(report: &Report) -> String {
    let counted: Vec<Counted<'_>> = counted(report).filter(|counted| counted.total > 0).collect();
    let devices = if report.devices == 1 { "1 device".to_owned() } else { format!("{} devices", report.devices) };
    let title = format!("{devices} for {}", in_words(report.duration_s));
    // Elements without content are written closed, so that the page is XML as well.
    let page = html! {
        (DOCTYPE)
        html lang="en" xmlns="http://www.w3.org/1999/xhtml" {
            head {
                (PreEscaped("<meta charset=\"utf-8\"/>"))
                (PreEscaped("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"))
                (PreEscaped("<meta name=\"color-scheme\" content=\"light dark\"/>"))
                (PreEscaped("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>"))
                title { "Simulation: " (title) }
                style { (PreEscaped(style())) }
            }
            body {
                main {
                    h1 { (title) }
                    p { "Seed " (report.seed) ". Connected at the end: " (report.connected) "." }
                    p class="digest" { "Digest of the log: " code { (report.digest) } }
                    h2 { "Over time" }
                    div class="plots" { @for counter in &counted { (counter.figure()) } }
                    h2 { "Totals" }
                    (totals(report, &counted))
                    details {
                        summary { "All values over time" }
                        (values(report, &counted))
                    }
                }
            }
        }
    };
    page.into_string() + "\n"
}

fn counted(report: &Report) -> impl Iterator<Item = Counted<'_>> {
    report.total.entries().into_iter().zip(MEANINGS).enumerate().map(move |(place, ((name, total), meaning))| Counted {
        name,
        meaning,
        place,
        total,
        over_time: report.over_time.iter().map(|counters| counters.entries()[place].1).collect(),
        report,
    })
}

impl Counted<'_> {
    fn figure(&self) -> Markup {
        let (name, step) = (self.name, in_words(self.report.step_s));
        let plot = plot(&self.over_time, self.report.step_s, self.report.duration_s);
        // Plotters writes one element; its name and description belong into it.
        let labels = html! {
            title id={ (name) "-title" } { (self.meaning) }
            desc id={ (name) "-description" } { (self.description()) }
        };
        let opened =
            format!(r#"<svg role="img" aria-labelledby="{name}-title" aria-describedby="{name}-description" "#);
        let svg = plot.replacen("<svg ", &opened, 1).replacen('>', &format!(">{}", labels.into_string()), 1);
        html! {
            figure {
                figcaption { strong { (self.meaning) } " " span { code { (name) } ", per " (step) } }
                (PreEscaped(svg))
            }
        }
    }

    /// What can be seen, in a sentence.
    fn description(&self) -> String {
        let most = self.over_time.iter().copied().max().unwrap_or(0);
        let at = self.over_time.iter().position(|value| *value == most).unwrap_or(0);
        let at_s = i64::try_from(at).unwrap_or(0) * self.report.step_s;
        let when = if at_s == 0 { "at the beginning".to_owned() } else { format!("after {}", in_words(at_s)) };
        format!("{} in all; the most in {}, {most}, {when}.", self.total, in_words(self.report.step_s))
    }
}

/// A table that may be wider than the screen: it can be scrolled by keyboard, too.
fn wide(name: &str, table: &Markup) -> Markup {
    html! { div class="wide" role="region" aria-label=(name) tabindex="0" { (table) } }
}

fn totals(report: &Report, counted: &[Counted<'_>]) -> Markup {
    let fleets = if report.fleets.len() > 1 { report.fleets.as_slice() } else { &[] };
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "Counter" }
                    th scope="col" { "All" }
                    @for (name, _) in fleets { th scope="col" { (name) } }
                }
            }
            tbody {
                @for counter in counted {
                    tr {
                        th scope="row" { (counter.meaning) " " code { (counter.name) } }
                        td { (counter.total) }
                        @for (_, counters) in fleets { td { (counters.entries()[counter.place].1) } }
                    }
                }
            }
        }
    };
    wide("Totals", &table)
}

fn values(report: &Report, counted: &[Counted<'_>]) -> Markup {
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "From second" }
                    @for counter in counted { th scope="col" { code { (counter.name) } } }
                }
            }
            tbody {
                @for (step, from_s) in (0..report.over_time.len()).zip((0..).map(|step: i64| step * report.step_s)) {
                    tr {
                        th scope="row" { (from_s) }
                        @for counter in counted { td { (counter.over_time[step]) } }
                    }
                }
            }
        }
    };
    wide("All values over time", &table)
}

/// The style sheet, with what the plots' colours really are.
fn style() -> String {
    let hex = |RGBColor(red, green, blue): RGBColor| format!("#{red:02X}{green:02X}{blue:02X}");
    STYLE.replace("#ink", &hex(INK)).replace("#grid", &hex(GRID)).replace("#bar", &hex(BAR))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Counters;

    #[test]
    fn a_page_says_what_its_plots_show() {
        let step = |messages_up| Counters { messages_up, ..Counters::default() };
        let report = Report {
            seed: 1,
            duration_s: 150,
            devices: 2,
            connected: 2,
            digest: "d1".to_owned(),
            total: step(7),
            fleets: vec![("<a>".to_owned(), step(7)), ("b".to_owned(), step(0))],
            step_s: 60,
            over_time: vec![step(2), step(5), step(0)],
        };
        let page = page(&report);
        assert!(page.contains("7 in all; the most in 1 minute, 5, after 1 minute."), "{page}");
        assert!(page.contains("<th scope=\"col\">&lt;a&gt;</th>"), "{page}");
        // Counters of nothing are left out; a value of nothing has no bar.
        assert_eq!(page.matches("<figure>").count(), 1);
        assert_eq!(page.matches("<rect").count(), 2, "{page}");
        assert!(!style().contains("#ink") && style().contains(r##"[fill="#010101"]"##));
    }
}
