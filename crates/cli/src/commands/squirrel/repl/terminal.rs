//! The console on a terminal: line editing, history, completion.

use super::{
    complete,
    session::{Entered, Session},
};
use crate::{Context, failure::Failure};
use rustyline::{
    Config, Editor, Helper,
    completion::Completer,
    error::ReadlineError,
    highlight::Highlighter,
    hint::Hinter,
    history::FileHistory,
    validate::{ValidationContext, ValidationResult, Validator},
};
use std::{cell::RefCell, fs, io, rc::Rc};

/// How many inputs are remembered.
const HISTORY: usize = 2000;

pub fn converse(session: Session, context: &mut Context) -> Result<(), Failure> {
    let unusable = |error: ReadlineError| Failure::because("cannot use the terminal", &error);
    let builder = Config::builder().max_history_size(HISTORY).map_err(unusable)?;
    let config = builder.history_ignore_dups(true).map_err(unusable)?.tab_stop(4).build();
    let mut editor: Editor<Assistant, FileHistory> = Editor::with_config(config).map_err(unusable)?;
    let session = Rc::new(RefCell::new(session));
    editor.set_helper(Some(Assistant { session: Rc::clone(&session) }));

    let history = context.environment.state_dir.as_ref().map(|directory| directory.join("squirrel-history"));
    if let Some(path) = &history {
        match editor.load_history(path) {
            Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => writeln!(context.stderr, "The history in {} cannot be read: {error}", path.display())?,
            Ok(()) => {}
        }
    }
    let version = env!("CARGO_PKG_VERSION");
    writeln!(context.stdout, "Squirrel of Impstead {version}. :help says what can be entered, Ctrl-D ends.")?;
    context.stdout.flush()?;
    loop {
        match editor.readline("sq> ") {
            Ok(line) => {
                if line.trim().is_empty() {
                    continue;
                }
                // What is not remembered can still be run.
                let _ = editor.add_history_entry(line.as_str());
                if let Entered::Quit = session.borrow_mut().enter(&line, context)? {
                    break;
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(unusable(error)),
        }
    }
    if let Some(path) = &history {
        let saved = path.parent().map_or(Ok(()), fs::create_dir_all).map_err(ReadlineError::from);
        if let Err(error) = saved.and_then(|()| editor.append_history(path)) {
            writeln!(context.stderr, "The history cannot be written to {}: {error}", path.display())?;
        }
    }
    Ok(())
}

/// Helps while a line is typed. Nothing else has the session then.
struct Assistant {
    session: Rc<RefCell<Session>>,
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &rustyline::Context<'_>,
    ) -> Result<(usize, Vec<String>), ReadlineError> {
        Ok(complete::candidates(&self.session.borrow(), line, cursor))
    }
}

impl Validator for Assistant {
    fn validate(&self, input: &mut ValidationContext<'_>) -> Result<ValidationResult, ReadlineError> {
        let unfinished = self.session.borrow().is_unfinished(input.input());
        Ok(if unfinished { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Hinter for Assistant {
    type Hint = String;
}

impl Highlighter for Assistant {}

impl Helper for Assistant {}
