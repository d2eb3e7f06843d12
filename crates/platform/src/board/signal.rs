//! A quantity over time: a constant, a wave form, or a sum of such.

use std::{collections::BTreeMap, f64::consts::TAU, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use super::numbers::{finite, finites, micros, part, period, seconds, stream, time, unit};

/// A quantity over time.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Signal {
    Constant(f64),
    /// One of the board's `[signals]`.
    Named(String),
    /// All of them together.
    Sum(Vec<Signal>),
    Wave(Wave),
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Wave {
    Sine(Swing),
    Triangle(Swing),
    Sawtooth(Swing),
    Square(Square),
    Ramp(Ramp),
    Noise(Noise),
    Samples(Samples),
}

/// Something that swings around `offset`, and begins there, on its way up.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Swing {
    #[serde(default, deserialize_with = "finite")]
    offset: f64,
    #[serde(deserialize_with = "finite")]
    amplitude: f64,
    #[serde(deserialize_with = "period")]
    period_s: f64,
    #[serde(default, deserialize_with = "finite")]
    phase_s: f64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Square {
    #[serde(default, deserialize_with = "finite")]
    offset: f64,
    #[serde(deserialize_with = "finite")]
    amplitude: f64,
    #[serde(deserialize_with = "period")]
    period_s: f64,
    #[serde(default, deserialize_with = "finite")]
    phase_s: f64,
    #[serde(default = "half", deserialize_with = "part")]
    duty: f64,
}

fn half() -> f64 {
    0.5
}

/// Straight from one value to another, and then it stays.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ramp {
    #[serde(deserialize_with = "finite")]
    from: f64,
    #[serde(deserialize_with = "finite")]
    to: f64,
    #[serde(default, deserialize_with = "time")]
    at_s: f64,
    #[serde(deserialize_with = "period")]
    over_s: f64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Noise {
    #[serde(default, deserialize_with = "finite")]
    offset: f64,
    #[serde(deserialize_with = "finite")]
    amplitude: f64,
    #[serde(default = "hundredth", deserialize_with = "period")]
    every_s: f64,
}

fn hundredth() -> f64 {
    0.01
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Samples {
    #[serde(deserialize_with = "finites")]
    values: Vec<f64>,
    #[serde(deserialize_with = "period")]
    every_s: f64,
    #[serde(default = "yes")]
    interpolate: bool,
    #[serde(default = "yes")]
    repeat: bool,
}

fn yes() -> bool {
    true
}

impl Wave {
    /// Its value after so many seconds. `noise` gives a number from -1 to 1 for each step.
    fn at(&self, t: f64, noise: impl Fn(i64) -> f64) -> f64 {
        match self {
            Wave::Sine(swing) => swing.at(t, |turn| (turn * TAU).sin()),
            Wave::Triangle(swing) => swing.at(t, |turn| 4.0 * ((turn + 0.75).fract() - 0.5).abs() - 1.0),
            Wave::Sawtooth(swing) => swing.at(t, |turn| 2.0 * (turn + 0.5).fract() - 1.0),
            Wave::Square(square) => {
                let turn = (t - square.phase_s).rem_euclid(square.period_s) / square.period_s;
                square.offset + if turn < square.duty { square.amplitude } else { -square.amplitude }
            }
            Wave::Ramp(ramp) => {
                let way = ((t - ramp.at_s) / ramp.over_s).clamp(0.0, 1.0);
                ramp.from + (ramp.to - ramp.from) * way
            }
            Wave::Noise(wave) => wave.offset + wave.amplitude * noise(micros(t).div_euclid(micros(wave.every_s))),
            Wave::Samples(samples) => samples.at(t),
        }
    }
}

impl Swing {
    /// The form takes the part of the turn, from 0 up to 1, and gives -1 to 1.
    fn at(&self, t: f64, form: impl Fn(f64) -> f64) -> f64 {
        let turn = (t - self.phase_s).rem_euclid(self.period_s) / self.period_s;
        self.offset + self.amplitude * form(turn)
    }
}

impl Samples {
    fn at(&self, t: f64) -> f64 {
        let (us, every_us) = (micros(t).max(0), micros(self.every_s));
        let count = i64::try_from(self.values.len()).expect("a file holds few");
        let step = us / every_us;
        let value = |step: i64| {
            let index = if self.repeat { step % count } else { step.min(count - 1) };
            self.values[usize::try_from(index).expect("it is within the list")]
        };
        if !self.interpolate {
            return value(step);
        }
        let way = seconds(us % every_us) / seconds(every_us);
        value(step) + (value(step + 1) - value(step)) * way
    }
}

impl Signal {
    /// Names it refers to.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Signal::Named(name) => vec![name],
            Signal::Sum(parts) => parts.iter().flat_map(Signal::names).collect(),
            Signal::Constant(_) | Signal::Wave(_) => Vec::new(),
        }
    }
}

impl Default for Signal {
    fn default() -> Signal {
        Signal::Constant(0.0)
    }
}

/// What the world around the board is like: its signals, and what somebody has set instead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct World {
    pub seed: u64,
    pub started_us: i64,
    /// Signals that somebody has set.
    pub set: BTreeMap<String, f64>,
}

impl World {
    /// The value of a signal. `place` says where it stands, so that the noise of two places differs.
    pub(super) fn value(&self, named: &BTreeMap<String, Signal>, signal: &Signal, place: u64, at_us: i64) -> f64 {
        match signal {
            Signal::Constant(value) => *value,
            Signal::Named(name) => match (self.set.get(name), named.get(name)) {
                (Some(value), _) => *value,
                (None, Some(signal)) => self.value(named, signal, stream(name), at_us),
                (None, None) => 0.0,
            },
            Signal::Sum(parts) => {
                (place + 1..).zip(parts).map(|(place, part)| self.value(named, part, place, at_us)).sum()
            }
            Signal::Wave(wave) => {
                wave.at(seconds(at_us - self.started_us), |step| unit(self.seed, place, step) * 2.0 - 1.0)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Signal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Signal, D::Error> {
        deserializer.deserialize_any(SignalVisitor)
    }
}

struct SignalVisitor;

impl<'de> Visitor<'de> for SignalVisitor {
    type Value = Signal;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number, the name of a signal, a wave form such as `{ sine = { amplitude = 1, period_s = 60 } }`, or a list")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Signal, E> {
        if value.is_finite() { Ok(Signal::Constant(value)) } else { Err(E::custom("write a finite number")) }
    }

    #[expect(clippy::cast_precision_loss, reason = "who writes such numbers wants them about so")]
    fn visit_i64<E: Error>(self, value: i64) -> Result<Signal, E> {
        Ok(Signal::Constant(value as f64))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Signal, E> {
        Ok(Signal::Named(name.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Signal, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = items.next_element()? {
            parts.push(part);
        }
        Ok(Signal::Sum(parts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Signal, A::Error> {
        let wave = Wave::deserialize(MapAccessDeserializer::new(&mut entries))?;
        if entries.next_key::<String>()?.is_some() {
            return Err(A::Error::custom("write one wave form here; a list `[{ … }, { … }]` is their sum"));
        }
        Ok(Signal::Wave(wave))
    }
}
