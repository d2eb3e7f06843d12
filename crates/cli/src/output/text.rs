//! Text that is safe and pleasant on a terminal.

use crate::context::Environment;
use anstyle::{AnsiColor, Style};
use impstead_client::wire::Timestamp;
use std::{borrow::Cow, fmt::Display};

/// Replaces control characters, which could do anything to a terminal, by their pictures.
pub fn visible(text: &str) -> Cow<'_, str> {
    // Besides the C0 and C1 controls: what turns the direction of writing around.
    let turns = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.contains(|c: char| c.is_control() || turns(c)) {
        return text.into();
    }
    let picture = |c: char| match u32::from(c) {
        code @ 0..=0x1f => char::from_u32(0x2400 + code).unwrap_or('\u{fffd}'),
        0x7f => '\u{2421}',
        _ if c.is_control() || turns(c) => '\u{fffd}',
        _ => c,
    };
    text.chars().map(picture).collect::<String>().into()
}

/// A moment for people, still unmistakably UTC: `2026-03-02 09:15:04Z`.
pub fn moment(timestamp: Timestamp) -> String {
    let text = timestamp.to_string();
    format!("{} {}Z", &text[..10], &text[11..19])
}

/// Colours, or none.
#[derive(Clone, Copy)]
pub struct Paint {
    enabled: bool,
}

impl Paint {
    pub const fn stdout(environment: &Environment) -> Self {
        Self { enabled: environment.stdout_is_terminal && !environment.no_color }
    }

    pub const fn stderr(environment: &Environment) -> Self {
        Self { enabled: environment.stderr_is_terminal && !environment.no_color }
    }

    pub fn heading(self, text: impl Display) -> String {
        self.paint(Style::new().bold(), text)
    }

    pub fn error(self, text: impl Display) -> String {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    /// What is said of a mistake, by how bad it is: `error`, `warning`.
    pub fn severity(self, severity: &str, text: impl Display) -> String {
        let colour = if severity == "warning" { AnsiColor::Yellow } else { AnsiColor::Red };
        self.paint(colour.on_default().bold(), text)
    }

    /// A line that a change takes away.
    pub fn removed(self, text: impl Display) -> String {
        self.paint(AnsiColor::Red.on_default(), text)
    }

    /// A line that a change brings.
    pub fn added(self, text: impl Display) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    pub fn dim(self, text: impl Display) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    pub fn with(self, style: Style, text: impl Display) -> String {
        self.paint(style, text)
    }

    fn paint(self, style: Style, text: impl Display) -> String {
        if self.enabled { format!("{style}{text}{style:#}") } else { text.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_but_text() {
        assert_eq!(visible("plain, größer, 漢字"), "plain, größer, 漢字");
        assert_eq!(visible("a\x1b[31mb\nc\x7f\u{9b}d\u{202e}e"), "a␛[31mb␊c␡\u{fffd}d\u{fffd}e");
    }

    #[test]
    fn moments() {
        assert_eq!(moment(Timestamp::from_ms(1_772_442_904_221)), "2026-03-02 09:15:04Z");
    }
}
