//! Every golden program does what the reference did: its output, its uncaught error, its compile error.
//!
//! `expected-failures.txt` lists those that do not, each with the reason. It only ever shrinks: a program that does pass must
//! be taken off it.

use std::collections::BTreeMap;
use std::path::Path;

use squirrel::{Dialect, Host, Image, Limits, Program, Step, Tag, Value, Vm};

/// Fuel for a program: far more than any needs.
const FUEL: u64 = 2_000_000_000;

#[derive(Default)]
struct Console {
    text: Vec<u8>,
}

impl Host for Console {
    fn print(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }

    fn unix_time_us(&mut self) -> i64 {
        1_764_115_200_000_000
    }

    fn clock_s(&mut self) -> f32 {
        0.5
    }
}

/// Calls a function and runs it to its end, or to that of the fuel.
fn call(vm: &mut Vm, console: &mut Console, function: Value, arguments: &[Value], fuel: u64) -> Step {
    let root = vm.root();
    vm.start(function, root, arguments).unwrap();
    for _ in 0..fuel / 1_000_000 {
        match vm.run(console, 1_000_000) {
            Step::More => {}
            step => return step,
        }
    }
    Step::More
}

/// The text of what was thrown, `_tostring` asked, as whoever shows it would; for null, what the Python module has.
fn message(image: &Image, vm: &mut Vm, console: &mut Console, thrown: Value, plain: &[u8]) -> Vec<u8> {
    if thrown.is(Tag::Null) {
        return b"unknown error".to_vec();
    }
    if !matches!(thrown.tag(), Tag::Instance | Tag::Table) {
        return plain.to_vec();
    }
    let held = vm.hold(thrown);
    let program = Program::compile(image, b"return \"\" + vargv[0]", b"message").unwrap();
    let function = vm.load(&program).unwrap();
    let thrown = vm.held(held);
    match call(vm, console, function, &[thrown], FUEL) {
        Step::Done(text) => vm.heap().bytes(text).to_vec(),
        // Its `_tostring` failed.
        _ => plain.to_vec(),
    }
}

/// What a program does, in the format of the `.out` files.
pub fn outcome(image: &Image, source: &[u8], compile_only: bool, fuel: u64) -> Vec<u8> {
    let program = match Program::compile(image, source, b"__main__") {
        Ok(program) => program,
        Err(errors) => return format!("{}\n", errors[0]).into_bytes(),
    };
    if compile_only {
        return b"it compiles\n".to_vec();
    }
    let limits = Limits { heap_bytes: 512 << 20, ..Limits::default() };
    let mut vm = Vm::new(image, Some(&program), limits).unwrap();
    let main = vm.load(&program).unwrap();
    let mut console = Console::default();
    match call(&mut vm, &mut console, main, &[], fuel) {
        Step::Done(_) => {}
        Step::Failed(failure) => {
            let text = message(image, &mut vm, &mut console, failure.value, &failure.message);
            if !console.text.is_empty() && console.text.last() != Some(&b'\n') {
                console.text.push(b'\n');
            }
            console.text.extend_from_slice(b"! ");
            console.text.extend_from_slice(&text);
            console.text.push(b'\n');
        }
        step => console.text.extend_from_slice(format!("{step:?}\n").as_bytes()),
    }
    console.text
}

#[test]
fn golden_programs_do_what_the_reference_did() {
    let image = Image::new(Dialect::Stock);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let list = include_str!("../expected-failures.txt");
    let mut expected: BTreeMap<&str, &str> = list
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(": ").expect("`NAME: REASON`"))
        .collect();
    let programs = crate::scripts::all();
    assert!(programs.len() > 600, "only {} programs", programs.len());
    let mut wrong = Vec::new();
    for path in programs {
        let name = path.strip_prefix(&root).unwrap().with_extension("").display().to_string();
        let source = std::fs::read(&path).unwrap();
        let wanted = std::fs::read(path.with_extension("out")).unwrap();
        let passes = outcome(&image, &source, name.starts_with("compile-errors/"), FUEL) == wanted;
        match (passes, expected.remove(name.as_str())) {
            (false, None) => wrong.push(format!("{name} does something else")),
            (true, Some(_)) => wrong.push(format!("{name} passes: take it off expected-failures.txt")),
            (true, None) | (false, Some(_)) => {}
        }
    }
    wrong.extend(expected.keys().map(|name| format!("{name} is expected to fail, but there is no such program")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
