//! Time and date, through the host.

use super::Owner::Root;
use super::{Builtin, integer, is_imp, room};
use crate::fault::Fault;
use crate::native::{Call, Flow};
use crate::value::Value;

pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin::new(Root, "clock", clock, 0, "", "clock() -> float", "Returns processor time in seconds."),
    Builtin::new(
        Root,
        "date",
        date,
        -1,
        ".nn",
        "date([time_s [, 'u'|'l']]) -> table",
        "Returns `sec`, `min`, `hour`, `day`, `month` (from 0), `year`, `wday` (from 0, Sunday) and `yday` (from 0) of a \
         Unix time, now by default, in UTC or local time (the default).",
    )
    .stock(),
    Builtin::new(
        Root,
        "date",
        date,
        -1,
        ".nn",
        "date([time_s [, 'u'|'l']]) -> table",
        "Returns `sec`, `min`, `hour`, `day`, `month` (from 0), `year`, `wday` (from 0, Sunday), `yday` (from 0), `time` \
         (Unix time in seconds) and `usec` (microseconds, 0 for a given time) of a time, now by default, in UTC.",
    )
    .imp(),
    Builtin::new(Root, "time", time, 1, "", "time() -> integer", "Returns the Unix time in seconds."),
];

fn clock(call: &mut Call<'_>) -> Result<Flow, Fault> {
    Ok(Flow::Return(Value::float(call.host.clock_s())))
}

fn time(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let seconds = call.host.unix_time_us().div_euclid(1_000_000);
    Ok(Flow::Return(wrap(seconds)))
}

#[expect(clippy::cast_possible_truncation, reason = "integers have 32 bits")]
fn wrap(integer: i64) -> Value {
    Value::integer(integer as i32)
}

fn date(call: &mut Call<'_>) -> Result<Flow, Fault> {
    // A table of ten slots, on its way from four nodes to sixteen.
    room(call, 2048)?;
    let (time, micros) = match integer(call, 1) {
        Some(time) => (i64::from(time), 0),
        None => {
            let now = call.host.unix_time_us();
            (now.div_euclid(1_000_000), now.rem_euclid(1_000_000))
        }
    };
    let utc = integer(call, 2) == Some(i32::from(b'u'));
    let offset = if utc { 0 } else { call.host.local_offset_s(time) };
    let local = time.saturating_add(i64::from(offset));
    let (days, seconds) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let year_day = days - days_before(year);
    let week_day = (days + 4).rem_euclid(7);
    let table = call.heap.table(0)?;
    let imp = is_imp(call);
    for (name, value, everywhere) in [
        ("sec", seconds % 60, true),
        ("min", seconds / 60 % 60, true),
        ("hour", seconds / 3600, true),
        ("day", day, true),
        ("month", month - 1, true),
        ("year", year, true),
        ("wday", week_day, true),
        ("yday", year_day, true),
        ("time", time, false),
        ("usec", micros, false),
    ] {
        if everywhere || imp {
            let name = call.heap.string(name.as_bytes())?;
            call.heap.table_set(table, name, wrap(value), call.fuel)?;
        }
    }
    Ok(Flow::Return(table))
}

/// Days from 1970-01-01 to the first of January of a year.
fn days_before(year: i64) -> i64 {
    let before = year - 1;
    let leaps = before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400);
    before * 365 + leaps - 719_162
}

/// Year, month and day, from 1 each, of a day counted from 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    // In eras of 400 years that begin in March, so that the leap day is the last.
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        for (days, date) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (11_016, (2000, 2, 29)),
            (11_574, (2001, 9, 9)),
            (24_855, (2038, 1, 19)),
            (-24_856, (1901, 12, 13)),
        ] {
            assert_eq!(civil(days), date);
        }
        for year in 1900..2100 {
            assert_eq!(civil(days_before(year)), (year, 1, 1));
        }
    }
}
