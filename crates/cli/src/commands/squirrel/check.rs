//! `squirrel check`

use super::{CheckArgs, source::Text};
use crate::{Context, Exit, Options, failure::Failure, output::text::Paint};
use impstead_client::wire;
use serde::Serialize;
use squirrel::{Dialect, Image, Program, check::warnings, syntax};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Objects that imps and agents have besides the libraries. Their constants are known by being written in capitals.
const PLATFORM: [&[u8]; 8] = [b"agent", b"crypto", b"device", b"hardware", b"http", b"imp", b"mqtt", b"server"];

/// What is wrong with a program, or may be.
#[derive(Serialize)]
struct Mistake {
    #[serde(flatten)]
    place: wire::CompileError,
    /// The name of the warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
}

pub fn check(arguments: &CheckArgs, options: &Options, context: &mut Context) -> Result<Exit, Failure> {
    let files = files(&arguments.files)?;
    let image = Image::new(arguments.dialect.into());
    let paint = Paint::stdout(&context.environment);
    let mut all = Vec::new();
    for file in &files {
        let text = Text::read(file, arguments.dialect, context)?;
        let found = mistakes(&text, &image);
        if !options.json {
            let places: Vec<_> = found.iter().map(Mistake::for_people).collect();
            context.stdout.write_all(text.describe(&places, paint).as_bytes())?;
        }
        all.extend(found);
    }
    if options.json {
        let json = serde_json::to_string_pretty(&all).expect("mistakes are plain JSON");
        writeln!(context.stdout, "{json}")?;
    }
    context.stdout.flush()?;
    let errors = all.iter().filter(|mistake| mistake.warning.is_none()).count();
    let warnings = all.len() - errors;
    writeln!(
        context.stderr,
        "{}: {}, {}",
        counted(files.len(), "file"),
        counted(errors, "error"),
        counted(warnings, "warning")
    )?;
    Ok(if errors > 0 || arguments.deny_warnings && warnings > 0 { Exit::Failure } else { Exit::Ok })
}

impl Mistake {
    /// The place, with the name of the warning in its text.
    fn for_people(&self) -> wire::CompileError {
        let mut place = self.place.clone();
        if let Some(name) = self.warning {
            place.text = format!("{} [{name}]", place.text);
        }
        place
    }
}

/// What is wrong with a program: errors, or if there are none warnings, in the order of its lines.
fn mistakes(text: &Text, image: &Image) -> Vec<Mistake> {
    let parsed = Program::compile(image, &text.bytes, text.name.as_bytes());
    match parsed.and_then(|_| syntax::parse(&text.bytes, image.dialect(), &|_| None)) {
        Ok(parsed) => {
            let globals = image.globals();
            let imp = image.dialect() == Dialect::Imp;
            let known = |name: &[u8]| {
                globals.iter().any(|global| global == name)
                    || imp && (PLATFORM.contains(&name) || !name.iter().any(u8::is_ascii_lowercase))
            };
            let found = warnings(&parsed, &known).into_iter();
            let mistake = |warning: squirrel::check::Warning| Mistake {
                place: text.place("warning", warning.position, warning.text),
                warning: Some(warning.kind.name()),
            };
            found.map(mistake).collect()
        }
        Err(errors) => {
            let mistake = |error: syntax::CompileError| Mistake {
                place: text.place("error", error.position, error.text),
                warning: None,
            };
            errors.into_iter().map(mistake).collect()
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// The files given, and those in the directories given.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        walk(path, &mut files)
            .map_err(|error| Failure::usage_because(format!("cannot list {}", path.display()), &error))?;
        if files.len() == before {
            return Err(Failure::usage(format!("there is no *.nut file in {}", path.display()))
                .hint("Name files with other endings one by one."));
        }
    }
    Ok(files)
}

/// Adds the programs below a directory, in order. What begins with a dot is left out, and links are not followed.
fn walk(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let (kind, path) = (entry.file_type()?, entry.path());
        if kind.is_dir() {
            walk(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "nut") && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}
