//! The report of an uncaught error, as the reference's standard error handler writes it.

use crate::text::number;
use crate::value::Tag;
use crate::vm::{Failure, LocalText, StackEntry};

/// Of how many calls the locals are shown, innermost first.
const CALLS_WITH_LOCALS: usize = 9;

impl Failure {
    /// Writes the report: message, call stack, and the locals of the innermost calls.
    ///
    /// Texts of the program stand in it byte for byte, so it may not be UTF-8, and may hold control characters.
    ///
    /// # Source
    /// `sqstdaux.cpp` of the reference, `_sqstd_aux_printerror` and `sqstd_printcallstack`: a message that is no string is
    /// `unknown`.
    pub fn report(&self) -> Vec<u8> {
        let mut out = b"\nAN ERROR HAS OCCURED [".to_vec();
        out.extend_from_slice(if self.value.is(Tag::String) { &self.message } else { b"unknown" });
        out.extend_from_slice(b"]\n\nCALLSTACK\n");
        for entry in &self.stack {
            out.extend_from_slice(b"*FUNCTION [");
            out.extend_from_slice(&entry.function);
            out.extend_from_slice(b"()] ");
            out.extend_from_slice(&entry.source);
            out.extend_from_slice(format!(" line [{}]\n", entry.line).as_bytes());
        }
        out.extend_from_slice(b"\nLOCALS\n");
        for entry in self.stack.iter().take(CALLS_WITH_LOCALS) {
            locals(entry, &mut out);
        }
        out
    }
}

fn locals(entry: &StackEntry, out: &mut Vec<u8>) {
    for (name, value) in &entry.locals {
        out.push(b'[');
        out.extend_from_slice(name);
        out.extend_from_slice(b"] ");
        match value {
            LocalText::Null => out.extend_from_slice(b"NULL"),
            LocalText::Bool(bool) => out.extend_from_slice(bool.to_string().as_bytes()),
            LocalText::Integer(integer) => out.extend_from_slice(integer.to_string().as_bytes()),
            LocalText::Float(float) => number::write_float_key(out, *float),
            LocalText::String(text) => {
                out.push(b'"');
                out.extend_from_slice(text);
                out.push(b'"');
            }
            LocalText::Object(Tag::Closure) => out.extend_from_slice(b"CLOSURE"),
            LocalText::Object(Tag::Native) => out.extend_from_slice(b"NATIVECLOSURE"),
            LocalText::Object(Tag::Host) => out.extend_from_slice(b"USERDATA"),
            LocalText::Object(tag) => out.extend_from_slice(tag.name().to_ascii_uppercase().as_bytes()),
        }
        out.push(b'\n');
    }
}
