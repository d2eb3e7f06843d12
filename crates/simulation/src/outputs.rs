//! What imps do to their boards, as the log and the counters have it.

use std::fmt::Write as _;

use platform::board::{Board, Colour, OutputChange, Pin, UartBus};

use crate::report::Counters;

/// What stands for all outputs of a board.
const ALL: &str = "all";

/// An output that changed.
pub(crate) struct Told {
    /// The name of a pin, UART or chain of LEDs.
    pub name: String,
    pub text: String,
    /// Whether the same again is no change: what lasts, not what is sent.
    pub is_state: bool,
    pub counter: fn(&mut Counters) -> &mut u64,
    pub count: u64,
}

/// The first name that is no output of a board.
pub(crate) fn unknown_on<'w>(watch: &'w [String], board: &Board) -> Option<&'w str> {
    let is_known = |name: &str| {
        name == ALL
            || Pin::named(name).is_some()
            || UartBus::named(name).is_some()
            || board.led_names().any(|leds| leds == name)
    };
    watch.iter().map(String::as_str).find(|name| !is_known(name))
}

/// Whether an output is watched.
pub(crate) fn is_watched(watch: &[String], name: &str) -> bool {
    watch.iter().any(|watched| watched == ALL || watched == name)
}

/// What the log says of a change.
pub(crate) fn tell(change: &OutputChange) -> Told {
    let pin = |pin: &Pin, text: String, is_state| Told {
        name: pin.name().to_owned(),
        text,
        is_state,
        counter: |counters| &mut counters.pin_changes,
        count: 1,
    };
    match change {
        OutputChange::Level { pin: of, is_high } => pin(of, u8::from(*is_high).to_string(), true),
        OutputChange::Analog { pin: of, level } => pin(of, rounded(*level).to_string(), true),
        #[expect(clippy::cast_precision_loss, reason = "a period is short")]
        OutputChange::Duty { pin: of, period_us, duty } => {
            pin(of, format!("duty {} of {} s", rounded(*duty), *period_us as f64 / 1e6), true)
        }
        OutputChange::Dac { pin: of, samples } => pin(of, format!("played {} samples", samples.len()), false),
        OutputChange::Leds { name, colours } => Told {
            name: name.clone(),
            text: runs(colours),
            is_state: true,
            counter: |counters| &mut counters.led_changes,
            count: 1,
        },
        OutputChange::Uart { bus, bytes } => Told {
            name: bus.name().to_owned(),
            text: format!("\"{}\"", bytes.escape_ascii()),
            is_state: false,
            counter: |counters| &mut counters.uart_bytes,
            count: bytes.len() as u64,
        },
    }
}

/// To four digits: what programs write has seven, and not all of them mean something.
fn rounded(part: f64) -> f64 {
    (part * 1e4).round() / 1e4
}

/// Colours, those alike that follow each other as one with their number.
fn runs(colours: &[Colour]) -> String {
    let mut text = String::new();
    for run in colours.chunk_by(|one, next| one == next) {
        let Colour(red, green, blue) = run[0];
        let _ = write!(text, "{}#{red:02x}{green:02x}{blue:02x}", if text.is_empty() { "" } else { " " });
        if run.len() > 1 {
            let _ = write!(text, "x{}", run.len());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_read_shortly() {
        let pin = Pin::named("pin9").unwrap();
        let text = |change: OutputChange| tell(&change).text;
        assert_eq!(text(OutputChange::Level { pin, is_high: true }), "1");
        assert_eq!(text(OutputChange::Duty { pin, period_us: 2000, duty: f64::from(0.1_f32) }), "duty 0.1 of 0.002 s");
        let (dark, lit) = (Colour::default(), Colour(255, 64, 0));
        let leds = |colours| text(OutputChange::Leds { name: "strip".to_owned(), colours });
        assert_eq!(leds(vec![dark, dark, lit]), "#000000x2 #ff4000");
        let bus = UartBus::named("uart57").unwrap();
        let sent = tell(&OutputChange::Uart { bus, bytes: b"AT\r\x00".to_vec() });
        assert_eq!((sent.text.as_str(), sent.count, sent.is_state), (r#""AT\r\x00""#, 4, false));
    }
}
