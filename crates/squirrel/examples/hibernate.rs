//! A program that outlives the process: `cargo run --example hibernate -- FILE`, again and again.
//!
//! Each run reads the machine from the file, if it is there, lets it work for a while, in the middle of which it is written to the
//! file again. `sleep` waits for the host, so the machine is written at work, waiting.

use std::io::Write as _;
use std::time::Duration;

use squirrel::{Call, Dialect, Fault, Flow, Function, Host, ImageBuilder, Limits, Program, Step, Value, Vm};

const SOURCE: &[u8] = br#"
    // A generator, a closure and a stack, all of which come along.
    function numbers() { local a = 1, b = 1; while (true) { yield a; local c = a + b; a = b; b = c } }
    local walk = numbers(), count = 0;
    while (count < 40) {
        count++;
        print("number " + count + " is " + (resume walk) + "\n");
        sleep(0.2);
    }
    print("that is all\n");
"#;

#[derive(Default)]
struct Console {
    sleep: Duration,
}

impl Host for Console {
    fn print(&mut self, text: &[u8]) {
        // A reader that has gone away is noticed elsewhere.
        let _ = std::io::stdout().lock().write_all(text);
    }
}

/// `sleep(seconds)`: tells the host what is wanted, and waits for it.
fn sleep(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.step == 0 {
        let seconds = call.get::<f32>(1)?.clamp(0.0, 3600.0);
        if let Some(console) = call.host_as::<Console>() {
            console.sleep = Duration::from_secs_f32(seconds);
        }
        return Ok(call.wait(1));
    }
    Ok(Flow::Return(call.result))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: hibernate FILE")?;
    let image = ImageBuilder::new(Dialect::Stock).function(Function::new("sleep", sleep, 2, ".n")).build();
    let program = Program::compile(&image, SOURCE, b"hibernate.nut").map_err(|errors| errors[0].to_string())?;
    let mut vm = match std::fs::read(&file) {
        // The snapshot has no code. It names its programs by digest, and refuses any other.
        Ok(bytes) => Vm::restore(
            &image,
            &bytes,
            &mut |digest| (*digest == program.digest()).then(|| program.clone()),
            Limits::default(),
        )?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut vm = Vm::new(&image, Some(&program), Limits::default())?;
            let main = vm.load(&program)?;
            vm.start(main, vm.root(), &[])?;
            vm
        }
        Err(error) => return Err(error.into()),
    };
    let mut console = Console::default();
    let mut naps = 0;
    loop {
        // A machine that was written while it waited still does.
        match vm.run(&mut console, 100_000) {
            Step::More => {}
            Step::Waiting if naps == 5 => {
                let bytes = vm.snapshot()?;
                std::fs::write(&file, &bytes)?;
                println!("({} bytes written to {file}; run again to go on)", bytes.len());
                return Ok(());
            }
            Step::Waiting => {
                naps += 1;
                std::thread::sleep(console.sleep);
                vm.answer(Value::NULL);
            }
            Step::Done(_) => return Ok(std::fs::remove_file(&file)?),
            other => return Err(format!("{other:?}").into()),
        }
    }
}
