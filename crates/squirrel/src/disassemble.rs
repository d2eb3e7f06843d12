//! Listings of compiled programs, for people.

use std::fmt::Write as _;

use crate::op::{NO_REG, Op};
use crate::program::{OuterPlace, Program, ProgramData, Proto};
use crate::text::number;
use crate::value::{Tag, Value};

impl Program {
    /// Lists the functions of the program: constants, captured variables, locals, `catch` blocks and instructions.
    ///
    /// Registers are `r0` (`this`) and up, constants `k0`, captured variables `o0`, functions `f0` (the program itself). Jumps
    /// show the place of their target. The instructions are an implementation detail and may change with every version.
    pub fn disassemble(&self) -> String {
        let mut listing = Listing { program: &self.0, out: String::new() };
        for (index, function) in self.0.functions.iter().enumerate() {
            if index > 0 {
                listing.out.push('\n');
            }
            listing.function(index, function);
        }
        listing.out
    }
}

struct Listing<'p> {
    program: &'p ProgramData,
    out: String,
}

impl Listing<'_> {
    fn function(&mut self, index: usize, function: &Proto) {
        let name = self.name(function.name);
        let mut parameters: Vec<String> =
            function.parameter_names.iter().skip(1).map(|&name| self.name(name)).collect();
        if function.vararg {
            parameters.pop();
            parameters.push("...".to_owned());
        }
        let kind = if function.generator { "generator" } else { "function" };
        let (registers, instructions) = (function.registers, function.code.len());
        let _ = writeln!(
            self.out,
            "f{index} {kind} {name}({}): {registers} registers, {instructions} instructions",
            parameters.join(", ")
        );
        for (index, constant) in function.constants.iter().enumerate() {
            let _ = writeln!(self.out, "  k{index:<4} {}", self.value(constant.value));
        }
        for (index, outer) in function.outers.iter().enumerate() {
            let source = match outer.source {
                OuterPlace::Register(register) => format!("r{register}"),
                OuterPlace::Outer(outer) => format!("o{outer}"),
            };
            let _ = writeln!(self.out, "  o{index:<4} {} = {source} of the enclosing function", self.name(outer.name));
        }
        for local in &function.locals {
            let cell = if local.cell { ", captured" } else { "" };
            let _ = writeln!(
                self.out,
                "  r{:<4} {} from {} to {}{cell}",
                local.register,
                self.name(local.name),
                local.from,
                local.to
            );
        }
        for handler in &function.handlers {
            let _ = writeln!(
                self.out,
                "  catch from {} to {}: r{} = error, go to {}",
                handler.from, handler.to, handler.register, handler.target
            );
        }
        let mut last_line = None;
        for (at, &op) in function.code.iter().enumerate() {
            let line = function.lines.partition_point(|&(first, _)| first as usize <= at).checked_sub(1);
            let line = line.and_then(|place| function.lines.get(place)).map(|&(_, line)| line);
            let margin = match line {
                Some(line) if last_line != Some(line) => format!("line {line}"),
                _ => String::new(),
            };
            last_line = line;
            let text = self.instruction(function, at, op);
            let _ = writeln!(self.out, "  {margin:<9} {at:>5}  {text}");
        }
    }

    /// An instruction: its name and operands, and behind them what the operands stand for.
    fn instruction(&self, function: &Proto, at: usize, op: Op) -> String {
        // Names and order of the fields are those of the type, so that no instruction can lack its text.
        let debug = format!("{op:?}");
        let (name, fields) = debug.split_once(" { ").unwrap_or((&debug, ""));
        let mut operands = Vec::new();
        let mut notes = Vec::new();
        for field in fields.trim_end_matches(" }").split(", ").filter(|field| !field.is_empty()) {
            let (field, value) = field.split_once(": ").unwrap_or((field, ""));
            let number = value.parse::<i64>().unwrap_or(-1);
            let place = usize::try_from(number).unwrap_or(usize::MAX);
            operands.push(match field {
                "by" => {
                    let here = i64::try_from(at).unwrap_or(i64::MAX);
                    format!("-> {}", here.saturating_add(1).saturating_add(number))
                }
                "k" => {
                    notes.extend(function.constants.get(place).map(|constant| self.value(constant.value)));
                    format!("k{value}")
                }
                "outer" => {
                    notes.extend(function.outers.get(place).map(|outer| self.name(outer.name)));
                    format!("o{value}")
                }
                "function" => match function.functions.get(place) {
                    Some(inner) => {
                        notes.extend(self.program.functions.get(*inner as usize).map(|inner| self.name(inner.name)));
                        format!("f{inner}")
                    }
                    None => format!("function={value}"),
                },
                "value" => value.to_owned(),
                "count" | "capacity" | "is_static" => format!("{field}={value}"),
                _ if number == i64::from(NO_REG) => "-".to_owned(),
                _ if number >= 0 => format!("r{value}"),
                _ => format!("{field}={value}"),
            });
        }
        let mut text = format!("{name:<22}{}", operands.join(", "));
        if !notes.is_empty() {
            text = format!("{text:<44}; {}", notes.join(", "));
        }
        text.trim_end().to_owned()
    }

    fn name(&self, name: Value) -> String {
        if name.is(Tag::String) { text(self.program.strings.bytes(name)) } else { "unknown".to_owned() }
    }

    fn value(&self, value: Value) -> String {
        match value.tag() {
            Tag::String => format!("\"{}\"", text(self.program.strings.bytes(value))),
            Tag::Integer => value.as_integer().unwrap_or(0).to_string(),
            Tag::Float => {
                let mut text = Vec::new();
                number::write_float(&mut text, value.as_float().unwrap_or(0.0));
                String::from_utf8_lossy(&text).into_owned()
            }
            Tag::Bool => value.truth().to_string(),
            tag => tag.name().to_owned(),
        }
    }
}

/// Bytes as text in a single line.
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars()
        .flat_map(|c| if c.is_control() || c == '"' || c == '\\' { c.escape_default().collect() } else { vec![c] })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::{Dialect, Image, Program};

    #[test]
    fn everything_that_a_program_has_is_listed() {
        let source =
            b"local total = 0.5;\nfunction add(x, ...) {\n    try { total += x; } catch (e) throw \"no \\\"\\n\";\n}\n\
                       for (local i = 0; i < 3; i++) add(i);\nlocal g = @(a, b = 2) a + b;\n";
        let program = Program::compile(&Image::new(Dialect::Stock), source, b"test").expect("it compiles");
        let listing = program.disassemble();
        for part in [
            "f0 function main(...): ",
            "f1 function add(x, ...): ",
            "f2 function unknown(a, b): ",
            "line 5",
            "o0    total = r",
        ] {
            assert!(listing.contains(part), "{part} is missing in\n{listing}");
        }
        for part in ["\"no \\\"\\n\"", "  catch from ", ", captured", "; total", "; add", "JumpBack "] {
            assert!(listing.contains(part), "{part} is missing in\n{listing}");
        }
        // Every jump goes to an instruction of its function.
        for function in listing.split("\n\n") {
            let instructions = function
                .lines()
                .filter(|line| {
                    line.as_bytes()
                        .get(12..17)
                        .is_some_and(|at| at.ends_with(b" ") || at.trim_ascii().iter().all(u8::is_ascii_digit))
                })
                .count();
            for target in function
                .lines()
                .filter_map(|line| line.split_once("-> ")?.1.split([' ', ',']).next()?.parse::<usize>().ok())
            {
                assert!(target < instructions, "{target} is out of bounds in\n{function}");
            }
        }
    }
}
