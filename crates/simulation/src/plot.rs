//! A plot of one counter over time, as SVG. The colours are names for the page's style sheet, which knows light and dark.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::*;

/// In pixels: as wide as a phone, so that its letters can be read there.
const SIZE: (u32, u32) = (360, 168);

/// Colours that the style sheet replaces.
pub(crate) const INK: RGBColor = RGBColor(0x01, 0x01, 0x01);
pub(crate) const GRID: RGBColor = RGBColor(0x02, 0x02, 0x02);
pub(crate) const BAR: RGBColor = RGBColor(0x03, 0x03, 0x03);

/// Plotters makes letters smaller by a fifth.
const FONT_PIXELS: u32 = 15;

/// A unit of time: its name, its seconds, and how many of it may lie between two marks of an axis.
struct Unit {
    name: &'static str,
    seconds: i64,
    marks: &'static [i64],
}

const UNITS: [Unit; 4] = [
    Unit { name: "seconds", seconds: 1, marks: &[1, 2, 5, 10, 15, 30, 60] },
    Unit { name: "minutes", seconds: 60, marks: &[1, 2, 5, 10, 15, 30, 60] },
    Unit { name: "hours", seconds: 3600, marks: &[1, 2, 3, 6, 12, 24] },
    Unit { name: "days", seconds: 86_400, marks: &[1, 2, 5, 7, 14, 28, 70, 140, 365] },
];

/// The most marks of an axis, beside that at its beginning.
const MOST_MARKS: i64 = 6;
const MOST_COUNT_MARKS: u64 = 4;

/// An axis from zero on, with marks where they are wanted. Plotters would put them at round numbers of ten.
struct Axis {
    end: f64,
    marks: Vec<f64>,
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        #[expect(clippy::cast_possible_truncation, reason = "a pixel of a small picture")]
        let pixels = (value / self.end * f64::from(to - from)).round() as i32;
        from + pixels
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.marks.clone() }
    }

    fn range(&self) -> Range<f64> {
        0.0..self.end
    }
}

/// Draws a bar for each value; each stands for so many seconds, and all are within the duration.
pub(crate) fn plot(values: &[u64], step_s: i64, duration_s: i64) -> String {
    let mut svg = String::new();
    draw(&mut svg, values, step_s, duration_s).expect("a string takes all that is written");
    svg
}

fn draw(
    svg: &mut String,
    values: &[u64],
    step_s: i64,
    duration_s: i64,
) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let unit = unit(duration_s);
    let in_units = |seconds: i64| float(seconds) / float(unit.seconds);
    let most = values.iter().copied().max().unwrap_or(0).max(1);
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let label = ("sans-serif", FONT_PIXELS).into_font().color(&INK);
    let mut chart = ChartBuilder::on(&area)
        .margin_top(8)
        .margin_right(14)
        .set_label_area_size(LabelAreaPosition::Left, 44)
        .set_label_area_size(LabelAreaPosition::Bottom, 42)
        .build_cartesian_2d(
            Axis { end: in_units(duration_s), marks: time_marks(unit, duration_s) },
            Axis { end: float_of(most), marks: count_marks(most).into_iter().map(float_of).collect() },
        )?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style(label)
        .x_desc(unit.name)
        .x_label_formatter(&|mark| mark.to_string())
        .y_label_formatter(&|mark| short(*mark))
        .draw()?;
    let bar = |(&value, step): (&u64, i64)| {
        let ends_s = ((step + 1) * step_s).min(duration_s);
        let mut bar =
            Rectangle::new([(in_units(step * step_s), 0.0), (in_units(ends_s), float_of(value))], BAR.filled());
        bar.set_margin(0, 0, 0, 1);
        bar
    };
    chart.draw_series(values.iter().zip(0..).filter(|(value, _)| **value > 0).map(bar))?;
    area.present()
}

/// The unit in which a time is best told.
fn unit(duration_s: i64) -> &'static Unit {
    let fits = |unit: &&Unit| duration_s >= 3 * unit.seconds;
    UNITS.iter().rev().find(fits).unwrap_or(&UNITS[0])
}

fn time_marks(unit: &Unit, duration_s: i64) -> Vec<f64> {
    let fits = |apart: &&i64| duration_s <= MOST_MARKS * unit.seconds * **apart;
    let apart = unit.marks.iter().find(fits).copied().unwrap_or(duration_s / unit.seconds / MOST_MARKS + 1);
    (0..=duration_s / unit.seconds / apart).map(|mark| float(mark * apart)).collect()
}

/// Marks that are one, two or five, and zeros, apart.
fn count_marks(most: u64) -> Vec<u64> {
    let steps = (0..).flat_map(|zeros| [1, 2, 5].map(|digit| digit * 10_u64.saturating_pow(zeros)));
    let apart = steps.into_iter().find(|apart| most / apart <= MOST_COUNT_MARKS).unwrap_or(most);
    (0..=most / apart).map(|mark| mark * apart).collect()
}

/// A count in few letters. Marks have few digits, so nothing is lost.
fn short(count: f64) -> String {
    match count {
        1e6.. => format!("{} M", count / 1e6),
        1e4.. => format!("{} k", count / 1e3),
        _ => count.to_string(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a plot shows no more digits")]
fn float(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "a plot shows no more digits")]
fn float_of(number: u64) -> f64 {
    number as f64
}

/// A time in words: `24 hours`, `7.5 minutes`.
pub(crate) fn in_words(seconds: i64) -> String {
    if seconds == UNITS[3].seconds {
        return "24 hours".to_owned();
    }
    let is_short = |unit: &&Unit| seconds * 2 % unit.seconds == 0 && seconds >= unit.seconds;
    let unit = UNITS.iter().rev().find(is_short).unwrap_or(&UNITS[0]);
    let name = if seconds == unit.seconds { unit.name.trim_end_matches('s') } else { unit.name };
    format!("{} {name}", float(seconds) / float(unit.seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_few_and_round() {
        let hours = |hours: i64| time_marks(unit(hours * 3600), hours * 3600);
        assert_eq!(hours(24), [0.0, 6.0, 12.0, 18.0, 24.0]);
        assert_eq!(hours(168), [0.0, 2.0, 4.0, 6.0]);
        assert_eq!(hours(1), [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
        assert_eq!(count_marks(1), [0, 1]);
        assert_eq!(count_marks(320), [0, 100, 200, 300]);
        assert_eq!([0.0, 9999.0, 2e4, 1.5e6].map(short), ["0", "9999", "20 k", "1.5 M"]);
        let words = ["24 hours", "7 days", "30 minutes", "1 hour", "7.5 minutes", "75 seconds"];
        assert_eq!([86_400, 604_800, 1800, 3600, 450, 75].map(in_words), words);
    }
}
