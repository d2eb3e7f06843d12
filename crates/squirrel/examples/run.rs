//! Runs a program: `cargo run --example run -- FILE`.

use std::io::Write as _;
use std::process::ExitCode;

use squirrel::{Dialect, Host, Image, Limits, Program, Step, Vm};

struct Console;

impl Host for Console {
    fn print(&mut self, text: &[u8]) {
        // A reader that has gone away ends the program at the next write.
        let _ = std::io::stdout().lock().write_all(text);
    }
}

fn main() -> ExitCode {
    let Some(file) = std::env::args().nth(1) else {
        eprintln!("usage: run FILE");
        return ExitCode::from(2);
    };
    let source = match std::fs::read(&file) {
        Ok(source) => source,
        Err(error) => {
            eprintln!("{file}: {error}");
            return ExitCode::from(2);
        }
    };
    let image = Image::new(Dialect::Stock);
    let program = match Program::compile(&image, &source, b"__main__") {
        Ok(program) => program,
        Err(errors) => {
            for error in errors {
                eprintln!("{file}:{error}");
            }
            return ExitCode::from(2);
        }
    };
    let mut vm = Vm::new(&image, Some(&program), Limits { heap_bytes: 1 << 30, ..Limits::default() })
        .expect("room for the libraries");
    let main = vm.load(&program).expect("room for the program");
    vm.start(main, vm.root(), &[]).expect("a machine at rest");
    loop {
        match vm.run(&mut Console, 1_000_000) {
            Step::More => {}
            Step::Done(_) => return ExitCode::SUCCESS,
            Step::Failed(failure) => {
                eprintln!("{}", String::from_utf8_lossy(&failure.message));
                for entry in failure.stack {
                    eprintln!("  {} line {}", String::from_utf8_lossy(&entry.function), entry.line);
                }
                return ExitCode::FAILURE;
            }
            other => {
                eprintln!("{other:?}");
                return ExitCode::FAILURE;
            }
        }
    }
}
