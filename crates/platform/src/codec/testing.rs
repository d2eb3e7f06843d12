//! Runs programs as agents, and compares what they print.

use squirrel::{Limits, Program};

use crate::{Agent, Effect, End, Progress, Surroundings, agent_image};

/// What came of a program.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// It came to its end.
    Done {
        /// What it printed.
        text: String,
        /// In how many slices of [`SLICE`].
        slices: u32,
    },
    /// Nothing caught this error.
    Failed(String),
    OutOfMemory,
}

/// Fuel of a slice.
const SLICE: u32 = 10_000;

/// Runs a program with so many bytes of heap.
pub(super) fn run_within(source: &str, heap_bytes: usize) -> Outcome {
    let image = agent_image(1);
    let program = Program::compile(&image, source.as_bytes(), b"agent").expect("it compiles");
    let limits = Limits { heap_bytes, ..Limits::default() };
    let surroundings = Surroundings {
        device_id: String::new(),
        agent_url: String::new(),
        is_connected: false,
        ip_address: None,
        saved: None,
        config: Vec::new(),
        seed: 1,
    };
    let mut agent = Agent::new(&image, &[program], limits, surroundings, 0).expect("it fits");
    let mut slices = 0;
    let progress = loop {
        match agent.run(0, SLICE) {
            Progress::More => slices += 1,
            end => break end,
        }
    };
    let (mut text, mut errors) = (String::new(), Vec::new());
    for effect in agent.take_effects() {
        if let Effect::Log { error, text: line } = effect {
            let line = String::from_utf8_lossy(&line).into_owned();
            if error { errors.push(line) } else { text.push_str(&line) }
        }
    }
    match progress {
        Progress::Ended(End::OutOfMemory) => Outcome::OutOfMemory,
        Progress::Ended(_) => Outcome::Failed(errors.swap_remove(0).replace("ERROR: ", "")),
        _ => Outcome::Done { text, slices },
    }
}

/// Checks what a program prints.
#[track_caller]
pub(super) fn check(source: &str, expected: &str) {
    match run_within(source, Limits::default().heap_bytes) {
        Outcome::Done { text, .. } => assert_eq!(text, expected),
        other => panic!("{other:?}"),
    }
}

/// Checks the error that ends a program.
#[track_caller]
pub(super) fn check_error(source: &str, expected: &str) {
    assert_eq!(run_within(source, Limits::default().heap_bytes), Outcome::Failed(expected.to_owned()));
}
