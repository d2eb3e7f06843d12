//! What drives a pin from outside.

use serde::Deserialize;

use super::{
    numbers::{finite, level, maybe_period, micros, part, period, time, unit},
    signal::Signal,
};

/// What is wired to a pin.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum PinSource {
    Level(#[serde(deserialize_with = "level")] bool),
    Edges(Edges),
    Square(SquareLevel),
    Button(Button),
    /// In counts from 0 to 65535.
    Analog(Signal),
    Volts(Signal),
}

/// Levels from a list.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edges {
    #[serde(default, deserialize_with = "level")]
    from: bool,
    to: Vec<Edge>,
    #[serde(default, deserialize_with = "maybe_period")]
    repeat_s: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edge {
    #[serde(deserialize_with = "time")]
    at_s: f64,
    #[serde(deserialize_with = "level")]
    level: bool,
}

/// High at the beginning of each period.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SquareLevel {
    #[serde(deserialize_with = "period")]
    period_s: f64,
    #[serde(default = "half", deserialize_with = "part")]
    duty: f64,
    #[serde(default, deserialize_with = "finite")]
    phase_s: f64,
}

fn half() -> f64 {
    0.5
}

/// A button and when it is pressed. It bounces, each time differently.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Button {
    pressed_at_s: Vec<f64>,
    #[serde(default = "fifth", deserialize_with = "period")]
    held_s: f64,
    #[serde(default, deserialize_with = "maybe_period")]
    repeat_s: Option<f64>,
    #[serde(default, deserialize_with = "time")]
    bounce_s: f64,
    /// The level while it is pressed.
    #[serde(default, deserialize_with = "level")]
    pressed: bool,
}

fn fifth() -> f64 {
    0.2
}

/// Times so short between two edges would keep the simulation from getting on.
const SHORTEST_US: i64 = 20;

/// More presses than these would take too long to look through.
const MOST_PRESSES: usize = 1000;

impl PinSource {
    /// What is wrong with it.
    pub(super) fn problem(&self) -> Option<&'static str> {
        match self {
            PinSource::Edges(edges) => {
                let in_order =
                    edges.to.windows(2).all(|pair| micros(pair[1].at_s) - micros(pair[0].at_s) >= SHORTEST_US);
                let last = edges.to.last().map_or(0.0, |edge| edge.at_s);
                match edges.repeat_s {
                    _ if !in_order => Some("write the edges in the order of their time, at least 0.00002 s apart"),
                    Some(repeat_s) if micros(repeat_s) < micros(last) + SHORTEST_US => {
                        Some("`repeat_s` must be more than the last edge's `at_s`")
                    }
                    _ => None,
                }
            }
            PinSource::Button(button) => {
                let times = &button.pressed_at_s;
                let pause = button.held_s + button.bounce_s;
                let first = times.first().copied().unwrap_or(0.0);
                let last = times.last().copied().unwrap_or(0.0);
                if !(1..=MOST_PRESSES).contains(&times.len()) || times.iter().any(|at| !(0.0..1e10).contains(at)) {
                    Some("`pressed_at_s` is a list of 1 to 1000 times in seconds, zero or more")
                } else if button.bounce_s >= button.held_s {
                    Some("`bounce_s` must be less than `held_s`")
                } else if times.windows(2).any(|pair| pair[1] <= pair[0] + pause)
                    || button.repeat_s.is_some_and(|repeat_s| first + repeat_s <= last + pause)
                {
                    Some("the button is pressed again before it was released: give `held_s`, or other times")
                } else {
                    None
                }
            }
            _ => None,
        }
    }

    /// How often its level changes in a second, at the most: as in the shortest time between two edges.
    pub(super) fn most_edges_per_s(&self) -> f64 {
        match self {
            PinSource::Edges(edges) => {
                let gaps = edges.to.windows(2).map(|pair| pair[1].at_s - pair[0].at_s);
                let last = edges.to.last().map_or(0.0, |edge| edge.at_s);
                let again = edges.repeat_s.zip(edges.to.first()).map(|(repeat_s, first)| repeat_s - last + first.at_s);
                gaps.chain(again).fold(f64::INFINITY, f64::min).recip()
            }
            PinSource::Square(square) => 2.0 / square.period_s,
            // It bounces eight times at the most, each time that it goes up or down.
            PinSource::Button(button) => 18.0 / button.held_s,
            PinSource::Level(_) | PinSource::Analog(_) | PinSource::Volts(_) => 0.0,
        }
    }

    /// The level so long after the beginning, if it is digital.
    pub(super) fn level_at(&self, us: i64, seed: u64, place: u64) -> Option<bool> {
        Some(match self {
            PinSource::Level(level) => *level,
            PinSource::Edges(edges) => edges.level_at(us),
            PinSource::Square(square) => square.split(us).is_ok(),
            PinSource::Button(button) => button.level_at(us, seed, place),
            PinSource::Analog(_) | PinSource::Volts(_) => return None,
        })
    }

    /// When the level may change next.
    pub(super) fn next_edge(&self, us: i64, seed: u64, place: u64) -> Option<i64> {
        match self {
            PinSource::Edges(edges) => edges.next(us),
            PinSource::Square(square) => match square.split(us) {
                Ok(left) | Err(left) => Some(us + left),
            },
            PinSource::Button(button) => button.next(us, seed, place),
            PinSource::Level(_) | PinSource::Analog(_) | PinSource::Volts(_) => None,
        }
    }
}

impl Edges {
    fn level_at(&self, us: i64) -> bool {
        let (round, within) = split_round(us, self.repeat_s);
        let before = self.to.partition_point(|edge| micros(edge.at_s) <= within);
        let last_round = if round > 0 { self.to.last() } else { None };
        let edge = before.checked_sub(1).map(|index| &self.to[index]).or(last_round);
        edge.map_or(self.from, |edge| edge.level)
    }

    fn next(&self, us: i64) -> Option<i64> {
        let (round, within) = split_round(us, self.repeat_s);
        let begun = us - within;
        let after = self.to.partition_point(|edge| micros(edge.at_s) <= within);
        match (self.to.get(after), self.repeat_s, self.to.first()) {
            (Some(edge), _, _) => Some(begun + micros(edge.at_s)),
            (None, Some(repeat_s), Some(edge)) => Some((round + 1) * micros(repeat_s) + micros(edge.at_s)),
            _ => None,
        }
    }
}

/// Which repetition it is, and how long it has lasted.
fn split_round(us: i64, repeat_s: Option<f64>) -> (i64, i64) {
    match repeat_s.map(micros) {
        Some(repeat_us) => (us.div_euclid(repeat_us), us.rem_euclid(repeat_us)),
        None => (0, us),
    }
}

impl SquareLevel {
    /// How long it stays high (`Ok`) or low (`Err`).
    fn split(&self, us: i64) -> Result<i64, i64> {
        let period_us = micros(self.period_s);
        let high_us = micros(self.period_s * self.duty);
        let position = (us - micros(self.phase_s)).rem_euclid(period_us);
        if position < high_us { Ok(high_us - position) } else { Err(period_us - position) }
    }
}

impl Button {
    /// The level while it is pressed, and how long that is in microseconds.
    pub(super) fn press(&self) -> (bool, i64) {
        (self.pressed, micros(self.held_s))
    }

    fn level_at(&self, us: i64, seed: u64, place: u64) -> bool {
        let Some(press) = self.last_press(us) else { return !self.pressed };
        let changes = self.changes(press, seed, place).into_iter().filter(|&at| at <= us).count();
        (changes % 2 == 1) == self.pressed
    }

    fn next(&self, us: i64, seed: u64, place: u64) -> Option<i64> {
        let press = self.last_press(us);
        let change = press.and_then(|press| self.changes(press, seed, place).into_iter().find(|&at| at > us));
        change.or_else(|| self.begins_us(press.map_or(0, |press| press + 1)))
    }

    /// When the press of a number begins.
    fn begins_us(&self, number: i64) -> Option<i64> {
        let count = i64::try_from(self.pressed_at_s.len()).expect("a file holds few");
        let round = number / count;
        let at = micros(self.pressed_at_s[usize::try_from(number % count).expect("it is within the list")]);
        match self.repeat_s {
            Some(repeat_s) => Some(round * micros(repeat_s) + at),
            None => (round == 0).then_some(at),
        }
    }

    /// The number of the press that began last.
    fn last_press(&self, us: i64) -> Option<i64> {
        let count = i64::try_from(self.pressed_at_s.len()).expect("a file holds few");
        // The first press of a round may be later than the round's beginning, so the round before may be the last.
        let round = self.repeat_s.map_or(0, |repeat_s| us.div_euclid(micros(repeat_s)));
        let (first, mut begun, mut later) =
            ((round - 1).max(0) * count, (round - 1).max(0) * count, (round + 1) * count);
        while begun < later {
            let middle = begun.midpoint(later);
            if self.begins_us(middle).is_some_and(|at| at <= us) { begun = middle + 1 } else { later = middle }
        }
        (begun > first).then(|| begun - 1)
    }

    /// When the level changes in the course of a press: an odd number of times as it goes down, and again as it comes up.
    fn changes(&self, press: i64, seed: u64, place: u64) -> Vec<i64> {
        let Some(down) = self.begins_us(press) else { return Vec::new() };
        let up = down + micros(self.held_s);
        let mut changes = self.bounces(down, seed, place, press * 2);
        changes.extend(self.bounces(up, seed, place, press * 2 + 1));
        changes
    }

    fn bounces(&self, at: i64, seed: u64, place: u64, index: i64) -> Vec<i64> {
        let bounce_us = micros(self.bounce_s);
        let random = |n: i64| unit(seed, place, index * 16 + n);
        let mut bounces = vec![at];
        let pairs = if bounce_us < 16 * SHORTEST_US { 0 } else { 1 + micros(random(0) * 3.0) / 1_000_000 };
        for n in 1..=pairs * 2 {
            let step = bounce_us / (pairs * 2);
            let within = micros(random(n)) * (step - SHORTEST_US) / 1_000_000;
            bounces.push(at + (n - 1) * step + SHORTEST_US + within);
        }
        bounces
    }
}
