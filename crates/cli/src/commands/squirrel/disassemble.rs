//! `squirrel disassemble`

use super::{DisassembleArgs, source::Text};
use crate::{Context, Exit, failure::Failure};
use squirrel::Image;

pub fn disassemble(arguments: &DisassembleArgs, context: &mut Context) -> Result<Exit, Failure> {
    let text = Text::read(&arguments.file, arguments.dialect, context)?;
    let program = text.compile(&Image::new(arguments.dialect.into()), context)?;
    context.stdout.write_all(program.disassemble().as_bytes())?;
    Ok(Exit::Ok)
}
