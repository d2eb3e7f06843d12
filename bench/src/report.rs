//! What was measured, for people and for programs.

use anyhow::Result;
use serde::Serialize;
use std::{collections::BTreeMap, path::Path};

/// Everything that one run found out.
#[derive(Serialize)]
pub struct Report {
    /// What it ran on and how.
    pub configuration: BTreeMap<&'static str, String>,
    pub figures: Vec<Figure>,
}

/// One figure: two series measured in turns, A B A B …, and their ratio.
#[derive(Serialize)]
pub struct Figure {
    pub name: String,
    /// What the numbers count.
    pub unit: &'static str,
    /// What `base` is.
    pub base_name: String,
    pub base: Vec<f64>,
    /// What `ours` is.
    pub ours_name: String,
    pub ours: Vec<f64>,
    pub base_median: f64,
    pub ours_median: f64,
    /// Median over the rounds of `ours / base`; of times beside a peer's, of `base / ours`.
    pub ratio: f64,
    pub bound: Bound,
    /// What we would like it to be; said, not judged.
    pub aim: &'static str,
}

/// What a ratio must keep to.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    AtLeast(f64),
    AtMost(f64),
    None,
}

impl Bound {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
            Self::None => true,
        }
    }
}

impl Figure {
    /// Makes a figure of two series with a number for each round.
    pub fn new(name: impl Into<String>, unit: &'static str, base: (&str, Vec<f64>), ours: (&str, Vec<f64>)) -> Self {
        let ratios: Vec<f64> = base.1.iter().zip(&ours.1).map(|(base, ours)| ours / base).collect();
        Self {
            name: name.into(),
            unit,
            base_name: base.0.into(),
            base_median: median(&base.1),
            base: base.1,
            ours_name: ours.0.into(),
            ours_median: median(&ours.1),
            ours: ours.1,
            ratio: median(&ratios),
            bound: Bound::None,
            aim: "",
        }
    }

    /// Makes a figure that stands for itself: `ratio` is the number.
    pub fn alone(name: impl Into<String>, unit: &'static str, what: &str, values: Vec<f64>) -> Self {
        Self::new(name, unit, ("", vec![1.0; values.len()]), (what, values))
    }

    /// Makes a figure of two series of times, in milliseconds: `ratio` is the median over the rounds of `base / ours`, how many
    /// times faster ours is.
    pub fn faster(name: impl Into<String>, base: (&str, Vec<f64>), ours: (&str, Vec<f64>)) -> Self {
        let ratios: Vec<f64> = base.1.iter().zip(&ours.1).map(|(base, ours)| base / ours).collect();
        Self { ratio: median(&ratios), ..Self::new(name, "ms", base, ours) }
    }

    /// Says what the ratio must be, and what we aim at.
    pub fn bound(self, bound: Bound, aim: &'static str) -> Self {
        Self { bound, aim, ..self }
    }

    pub fn is_met(&self) -> bool {
        self.bound.is_met(self.ratio)
    }

    /// Prints the figure on one line.
    pub fn print(&self) {
        let Self { name, unit, base_name, ours_name, base_median, ours_median, ratio, aim, .. } = self;
        let bound = match self.bound {
            Bound::AtLeast(least) => format!("  at least {least}"),
            Bound::AtMost(most) => format!("  at most {most}"),
            Bound::None => String::new(),
        };
        let aim = if aim.is_empty() { String::new() } else { format!(", aim {aim}") };
        let verdict = match (self.bound, self.is_met()) {
            (Bound::None, _) => "",
            (_, true) => "  ok",
            (_, false) => "  MISSED",
        };
        if base_name.is_empty() {
            let digits = if *ours_median < 10.0 { 3 } else { 1 };
            println!("{name}: {ours_name} {ours_median:.digits$} {unit}{bound}{aim}{verdict}");
            return;
        }
        println!(
            "{name}: {ours_name} {ours_median:.1}, {base_name} {base_median:.1} {unit}; ratio {ratio:.3}{bound}{aim}{verdict}"
        );
    }
}

impl Report {
    /// Writes the report as JSON.
    pub fn write(&self, path: &Path) -> Result<()> {
        std::fs::write(path, serde_json::to_string_pretty(self)? + "\n")?;
        println!("written: {}", path.display());
        Ok(())
    }
}

/// Returns the value below which a part of all lie, in a sorted slice; 0 of nothing.
pub fn quantile(sorted: &[u32], part: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let index = (sorted.len() as f64 * part) as usize;
    sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0)
}

/// Returns the median; NaN of nothing.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    match (values.len(), values.len() / 2) {
        (0, _) => f64::NAN,
        (length, middle) if length % 2 == 1 => values[middle],
        (_, middle) => f64::midpoint(values[middle - 1], values[middle]),
    }
}
