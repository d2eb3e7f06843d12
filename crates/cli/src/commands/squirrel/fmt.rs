//! `squirrel fmt`

use super::{DialectName, FmtArgs, check::files, source::Text};
use crate::{
    Context, Exit,
    failure::Failure,
    output::text::{Paint, visible},
};
use similar::{ChangeTag, TextDiff};
use squirrel::fmt::format_source;
use std::{
    ffi::OsString,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process,
};

/// Lines around a change that a difference shows.
const AROUND: usize = 3;

pub fn fmt(arguments: &FmtArgs, context: &mut Context) -> Result<Exit, Failure> {
    let files = files(&arguments.files)?;
    let paint = Paint::stdout(&context.environment);
    let (mut broken, mut changed) = (0, 0);
    for file in &files {
        // A byte order mark is no part of a program, whatever reads it: it goes.
        let text = Text::read(file, DialectName::Stock, context)?;
        let formatted = match format_source(&text.bytes) {
            Ok(formatted) => formatted,
            Err(errors) => {
                broken += 1;
                let places = text.describe(&text.errors(errors), Paint::stderr(&context.environment));
                context.stdout.flush()?;
                context.stderr.write_all(places.as_bytes())?;
                continue;
            }
        };
        let differs = formatted != text.bytes;
        changed += usize::from(differs);
        if arguments.diff {
            context.stdout.write_all(difference(&text, &formatted, paint).as_bytes())?;
        } else if arguments.check {
            if differs {
                writeln!(context.stdout, "{}", text.name)?;
            }
        } else if file.as_os_str() == "-" {
            context.stdout.write_all(&formatted)?;
        } else if differs {
            replace(file, &formatted)
                .map_err(|error| Failure::because(format!("cannot write {}", file.display()), &error))?;
        }
    }
    if broken > 0 {
        let what = if broken == 1 { "1 file does".to_owned() } else { format!("{broken} files do") };
        return Err(Failure::usage(format!("{what} not compile, and cannot be formatted")));
    }
    if arguments.check && changed > 0 {
        let what = if changed == 1 { "1 file is".to_owned() } else { format!("{changed} files are") };
        return Err(
            Failure::new(format!("{what} not formatted")).hint("Run `impstead squirrel fmt` without `--check`.")
        );
    }
    Ok(Exit::Ok)
}

/// Describes what would change, as `diff -u` does; nothing if nothing would.
fn difference(text: &Text, formatted: &[u8], paint: Paint) -> String {
    let mut out = String::new();
    let diff = TextDiff::from_lines(text.bytes.as_slice(), formatted);
    for hunk in diff.unified_diff().context_radius(AROUND).iter_hunks() {
        if out.is_empty() {
            let name = visible(&text.name);
            let _ = writeln!(out, "{}", paint.heading(format_args!("--- {name}\n+++ {name}")));
        }
        let _ = writeln!(out, "{}", paint.dim(hunk.header()));
        for change in hunk.iter_changes() {
            let line = String::from_utf8_lossy(change.value());
            let ends = line.ends_with('\n');
            let line = line.trim_end_matches('\n').split('\t').map(visible).collect::<Vec<_>>().join("\t");
            let line = match change.tag() {
                ChangeTag::Equal => format!(" {line}"),
                ChangeTag::Delete => paint.removed(format_args!("-{line}")),
                ChangeTag::Insert => paint.added(format_args!("+{line}")),
            };
            let _ = writeln!(out, "{line}");
            if !ends {
                out.push_str("\\ No newline at end of file\n");
            }
        }
    }
    out
}

/// Replaces a file at once, so that nobody ever finds half of it; where a link leads to it, the link stays.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", process::id()));
    let beside: PathBuf = path.with_file_name(name);
    let written = fs::write(&beside, content)
        .and_then(|()| fs::set_permissions(&beside, fs::metadata(&path)?.permissions()))
        .and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}
