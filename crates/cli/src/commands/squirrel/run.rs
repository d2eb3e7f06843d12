//! `squirrel run`

use super::{RunArgs, TimeSource, source::Text};
use crate::{Context, Exit, failure::Failure};
use squirrel::{Host, Image, Limits, Step, Vm};
use std::{
    io::{self, Write},
    time::Instant,
};

/// After about so many instructions, a hundredth of a second or less, output that waits is written.
const SLICE: u32 = 2_000_000;

pub fn run(arguments: &RunArgs, context: &mut Context) -> Result<Exit, Failure> {
    let text = Text::read(&arguments.file, arguments.dialect, context)?;
    let image = Image::new(arguments.dialect.into());
    let program = text.compile(&image, context)?;
    let out_of_memory = || {
        let used = arguments.memory / 1024;
        Failure::new(format!("out of memory: the program may use {used} KiB"))
            .hint("Give it more with `--memory SIZE`.")
    };
    let limits = Limits { heap_bytes: arguments.memory, ..Limits::default() };
    let mut vm = Vm::new(&image, Some(&program), limits).map_err(|_| out_of_memory())?;
    let main = vm.load(&program).map_err(|_| out_of_memory())?;
    let main = vm.hold(main);
    let mut values = Vec::new();
    for argument in &arguments.arguments {
        let value = vm.string(argument.as_bytes()).map_err(|_| out_of_memory())?;
        values.push(vm.hold(value));
    }
    let values: Vec<_> = values.into_iter().map(|held| vm.held(held)).collect();
    let start = vm.start(vm.held(main), vm.root(), &values);
    start.map_err(|error| Failure::usage_because("cannot start the program", &error))?;

    // The machine has a host for as long as it runs, and the host has our streams.
    let mut console = Console::lend(context, arguments.time);
    let outcome = finish(&mut vm, &mut console, arguments.fuel);
    let written = console.give_back(context);
    match outcome {
        Outcome::Done => written.map(|()| Exit::Ok).map_err(Failure::from),
        Outcome::Failed(report) => {
            written?;
            context.stderr.write_all(&report)?;
            Ok(Exit::Failure)
        }
        Outcome::Unwritable => Err(written.err().unwrap_or_else(|| io::ErrorKind::Other.into()).into()),
        Outcome::OutOfMemory => Err(out_of_memory()),
        Outcome::OutOfFuel => {
            let fuel = arguments.fuel.unwrap_or_default();
            Err(Failure::new(format!("out of fuel: the program may execute {fuel} instructions"))
                .hint("Give it more with `--fuel COUNT`."))
        }
        Outcome::Stuck => Err(Failure::new("the machine cannot go on")),
    }
}

/// How a program ended.
enum Outcome {
    Done,
    /// An error that nothing caught; the report is empty if an error handler of the program has seen it.
    Failed(Vec<u8>),
    OutOfMemory,
    OutOfFuel,
    /// Nobody reads what it prints, or it cannot be written.
    Unwritable,
    Stuck,
}

fn finish(vm: &mut Vm, console: &mut Console, fuel: Option<u64>) -> Outcome {
    let mut left = fuel;
    loop {
        let slice = left.map_or(SLICE, |left| u32::try_from(left).unwrap_or(SLICE).min(SLICE));
        match vm.run(console, slice) {
            Step::More => {
                left = left.map(|left| left - u64::from(slice));
                if left == Some(0) {
                    return Outcome::OutOfFuel;
                }
                console.flush();
                if console.error.is_some() {
                    return Outcome::Unwritable;
                }
            }
            Step::Done(_) => return Outcome::Done,
            Step::Failed(_) if vm.has_error_handler() => return Outcome::Failed(Vec::new()),
            Step::Failed(failure) => return Outcome::Failed(failure.report()),
            Step::OutOfMemory => return Outcome::OutOfMemory,
            Step::Waiting | Step::Corrupt => return Outcome::Stuck,
        }
    }
}

/// What programs see of the world: two streams, and the time.
pub struct Console {
    stdout: Box<dyn Write + Send>,
    stderr: Box<dyn Write + Send>,
    /// The first failure to write.
    error: Option<io::Error>,
    /// Whether what was printed last did not end its line.
    within_line: bool,
    time: TimeSource,
    started: Instant,
}

impl Console {
    /// Takes the streams out of the context.
    pub fn lend(context: &mut Context, time: TimeSource) -> Self {
        Self {
            stdout: std::mem::replace(&mut context.stdout, Box::new(io::sink())),
            stderr: std::mem::replace(&mut context.stderr, Box::new(io::sink())),
            error: None,
            within_line: false,
            time,
            started: Instant::now(),
        }
    }

    /// Puts the streams back, with everything written.
    pub fn give_back(mut self, context: &mut Context) -> io::Result<()> {
        self.flush();
        context.stdout = self.stdout;
        context.stderr = self.stderr;
        self.error.map_or(Ok(()), Err)
    }

    /// Ends the line that was begun, if there is one.
    pub fn end_line(&mut self) {
        if self.within_line {
            self.print(b"\n");
        }
    }

    pub fn flush(&mut self) {
        let flushed = self.stdout.flush();
        self.note(flushed);
    }

    fn note(&mut self, written: io::Result<()>) {
        if let Err(error) = written {
            self.error.get_or_insert(error);
        }
    }
}

impl Host for Console {
    fn print(&mut self, text: &[u8]) {
        if let Some(last) = text.last() {
            self.within_line = *last != b'\n';
        }
        let written = self.stdout.write_all(text);
        self.note(written);
    }

    fn error(&mut self, text: &[u8]) {
        // In order, for those who see both streams at once.
        self.flush();
        let written = self.stderr.write_all(text);
        self.note(written);
    }

    #[expect(clippy::disallowed_methods, reason = "here a person runs a program that asks for the time of day")]
    fn unix_time_us(&mut self) -> i64 {
        let TimeSource::System = self.time else { return 0 };
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.ok().and_then(|since| i64::try_from(since.as_micros()).ok()).unwrap_or(0)
    }

    fn clock_s(&mut self) -> f32 {
        match self.time {
            TimeSource::System => self.started.elapsed().as_secs_f32(),
            TimeSource::None => 0.0,
        }
    }

    fn local_offset_s(&mut self, unix_s: i64) -> i32 {
        let TimeSource::System = self.time else { return 0 };
        let Ok(moment) = jiff::Timestamp::from_second(unix_s) else { return 0 };
        jiff::tz::TimeZone::system().to_offset(moment).seconds()
    }
}
