//! Many programs share a thread, each with its limits: `cargo run --example metering`.

use squirrel::{Dialect, Host, Image, Limits, Program, Step, Vm};

struct Log(&'static str);

impl Host for Log {
    fn print(&mut self, text: &[u8]) {
        print!("{}: {}", self.0, String::from_utf8_lossy(text));
    }
}

/// Programs, some of which do not behave.
const SOURCES: [(&str, &str); 5] = [
    ("sum", "local s = 0; for (local i = 0; i < 100000; i++) s += i; print(s + \"\\n\")"),
    ("endless", "while (true);"),
    ("greedy", "local all = []; while (true) try { all.append(\"text \" + all.len()) } catch (e) {}"),
    ("deep", "function f(n) { return f(n + 1) + 1 } try f(0) catch (e) print(e + \"\\n\")"),
    ("broken", "local t = {}; t.missing()"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// Fuel a slice, about as many instructions; and how much a program may use in all.
    const SLICE: u32 = 10_000;
    const MOST: u32 = 5_000_000;

    let image = Image::new(Dialect::Stock);
    let limits = Limits { heap_bytes: 1 << 20, depth: 1000 };
    let mut machines = Vec::new();
    for (name, source) in SOURCES {
        let program =
            Program::compile(&image, source.as_bytes(), name.as_bytes()).map_err(|errors| errors[0].to_string())?;
        let mut vm = Vm::new(&image, Some(&program), limits)?;
        let main = vm.load(&program)?;
        vm.start(main, vm.root(), &[])?;
        machines.push((name, vm, 0));
    }
    // One slice each, round after round, until all have ended.
    while !machines.is_empty() {
        machines.retain_mut(|(name, vm, used)| {
            let step = vm.run(&mut Log(name), SLICE);
            *used += SLICE;
            match step {
                Step::More if *used < MOST => return true,
                Step::More => println!("{name}: has used its fuel, {} bytes in use", vm.heap().used_bytes()),
                Step::Waiting => println!("{name}: waits for something that never comes"),
                Step::Done(value) => println!("{name}: returned {}", String::from_utf8_lossy(&vm.text(value))),
                Step::Failed(failure) => {
                    let line = failure.stack.first().map_or(0, |entry| entry.line);
                    println!("{name}: line {line}: {}", String::from_utf8_lossy(&failure.message));
                }
                Step::OutOfMemory => println!("{name}: out of memory, {} bytes in use", vm.heap().used_bytes()),
                Step::Corrupt => println!("{name}: corrupt"),
            }
            false
        });
    }
    Ok(())
}
