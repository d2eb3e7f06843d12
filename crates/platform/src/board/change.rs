//! What somebody does to an imp from outside, in words: `pin1=0`, `temperature=31.5`, `link=off`.

use std::collections::BTreeMap;

use super::{Board, Input, Pin};

/// Something that somebody does to an imp from outside while it runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Something is applied to a pin, or with `None` it is left to the board again.
    Pin(Pin, Option<Input>),
    /// The board's button at a pin is pressed for a moment.
    Press(Pin),
    /// One of the board's signals is set, or with `None` left to the board again.
    Signal(String, Option<f64>),
    /// The way to the server is broken, or is there again.
    Link(bool),
}

/// What leaves a pin or signal to the board again.
const TO_THE_BOARD: &str = "board";

/// What presses a button.
const PRESS: &str = "press";

/// The way to the server.
const LINK: &str = "link";

/// A value is shorter than this, in bytes.
const LONGEST_VALUE: usize = 64;

impl Change {
    /// Reads what is done to an imp on a board: a name, and a value.
    ///
    /// # Errors
    /// A sentence that says what there is instead.
    pub fn parse(board: &Board, name: &str, value: &str) -> Result<Change, String> {
        let value = value.trim();
        if value.len() > LONGEST_VALUE {
            return Err(format!("the value of `{name}` is too long"));
        }
        if name == LINK {
            return match value {
                "on" | TO_THE_BOARD => Ok(Change::Link(true)),
                "off" => Ok(Change::Link(false)),
                _ => Err(format!("`link` is `on` or `off`, not `{value}`")),
            };
        }
        if let Some(pin) = Pin::named(name) {
            return match value {
                TO_THE_BOARD => Ok(Change::Pin(pin, None)),
                PRESS if board.button(pin).is_some() => Ok(Change::Press(pin)),
                PRESS => Err(no_button(board, pin)),
                _ => input(value).map(|input| Change::Pin(pin, Some(input))).ok_or_else(|| {
                    format!(
                        "`{value}` is nothing for {pin}: write a level, 0 or 1; counts, from 2 to 65535; \
                         volts, such as 1.65V; `board` to leave it to the board; or `press`"
                    )
                }),
            };
        }
        if !board.signals.contains_key(name) {
            return Err(unknown(board, name));
        }
        if value == TO_THE_BOARD {
            return Ok(Change::Signal(name.to_owned(), None));
        }
        let number = value.parse().ok().filter(|number: &f64| number.is_finite());
        let number = number
            .ok_or_else(|| format!("`{value}` is nothing for the signal `{name}`: write a number, or `board`"))?;
        Ok(Change::Signal(name.to_owned(), Some(number)))
    }

    /// Enters it among what has been done to an imp and lasts: names and values.
    pub fn enter(&self, name: &str, value: &str, lasting: &mut BTreeMap<String, String>) {
        match self {
            Change::Press(_) => {}
            Change::Pin(_, None) | Change::Signal(_, None) | Change::Link(true) => drop(lasting.remove(name)),
            _ => drop(lasting.insert(name.to_owned(), value.trim().to_owned())),
        }
    }
}

/// What is applied to a pin.
fn input(value: &str) -> Option<Input> {
    if let Some(volts) = value.strip_suffix(['V', 'v']) {
        return volts.parse().ok().filter(|volts: &f64| volts.is_finite()).map(Input::Volts);
    }
    Some(match value.parse().ok()? {
        level @ (0 | 1) => Input::Level(level == 1),
        counts => Input::Counts(counts),
    })
}

fn no_button(board: &Board, pin: Pin) -> String {
    let buttons: Vec<&str> = Pin::all().filter(|&pin| board.button(pin).is_some()).map(Pin::name).collect();
    match buttons.join(", ") {
        none if none.is_empty() => format!("the board has no button at {pin}, and none elsewhere"),
        there => format!("the board has no button at {pin}; there is one at {there}"),
    }
}

/// So many signals are named where there is none of a name.
const NAMED_SIGNALS: usize = 20;

fn unknown(board: &Board, name: &str) -> String {
    let signals: Vec<&str> = board.signal_names().take(NAMED_SIGNALS).collect();
    let signals = match (signals.join(", "), board.signal_names().count() - signals.len()) {
        (none, _) if none.is_empty() => "the board has no signals".to_owned(),
        (there, 0) => format!("the board's signals are {there}"),
        (there, more) => format!("the board's signals are {there} and {more} more"),
    };
    let pins: Vec<&str> = Pin::all().map(Pin::name).collect();
    format!("there is no `{name}`: {signals}; besides there are `link` and the pins {}", pins.join(", "))
}
