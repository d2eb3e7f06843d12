//! `squirrel repl`: from a terminal with line editing, else line by line from standard input.

mod complete;
mod help;
mod session;
mod terminal;

use super::ReplArgs;
use crate::{Context, Exit, failure::Failure};
use session::{Entered, Session};

pub fn repl(arguments: &ReplArgs, context: &mut Context) -> Result<Exit, Failure> {
    let mut session = Session::new(arguments.dialect, arguments.memory)?;
    if context.environment.stdin_is_terminal {
        terminal::converse(session, context)?;
        return Ok(Exit::Ok);
    }
    let input = context.input.bytes().map_err(|error| Failure::because("cannot read standard input", &error))?;
    let input = String::from_utf8_lossy(&input).into_owned();
    let mut waiting = String::new();
    let mut lines = input.lines().peekable();
    while let Some(line) = lines.next() {
        waiting.push_str(line);
        waiting.push('\n');
        if lines.peek().is_some() && session.is_unfinished(&waiting) {
            continue;
        }
        match session.enter(&std::mem::take(&mut waiting), context)? {
            Entered::Quit => break,
            Entered::Done => {}
        }
    }
    Ok(Exit::Ok)
}
