//! `squirrel check`

use super::{CheckArgs, source::Text};
use crate::{Context, Exit, Options, failure::Failure, output::text::Paint};
use impstead_client::wire;
use squirrel::{Image, Program};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub fn check(arguments: &CheckArgs, options: &Options, context: &mut Context) -> Result<Exit, Failure> {
    let files = files(&arguments.files)?;
    let image = Image::new(arguments.dialect.into());
    let paint = Paint::stdout(&context.environment);
    let mut all = Vec::new();
    for file in &files {
        let text = Text::read(file, arguments.dialect, context)?;
        let found = mistakes(&text, &image);
        if !options.json {
            context.stdout.write_all(text.describe(&found, paint).as_bytes())?;
        }
        all.extend(found);
    }
    if options.json {
        let json = serde_json::to_string_pretty(&all).expect("mistakes are plain JSON");
        writeln!(context.stdout, "{json}")?;
    }
    context.stdout.flush()?;
    let errors = all.iter().filter(|mistake| mistake.kind == "error").count();
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

/// What is wrong with a program, in the order of its lines.
fn mistakes(text: &Text, image: &Image) -> Vec<wire::CompileError> {
    match Program::compile(image, &text.bytes, text.name.as_bytes()) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(|error| text.place(error)).collect(),
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
