//! What machines, compiling and snapshots cost, measured on the library itself.

use super::{Program, source};
use crate::report::{Bound, Figure, Report};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};
use squirrel::{Dialect, Host, Image, Limits, Step, Vm};
use std::{fs, hint::black_box, process::Command, time::Instant};

/// Machines that exist at once when they are measured.
const MACHINES: usize = 10_000;

/// Fuel of a slice, as a host of many machines may have it.
const SLICE: u32 = 10_000;

/// An agent that has started and waits for events.
const HELLO: &[u8] = b"
local greeting = \"hello\";
local count = 0;
function onData(data) { count++; print(greeting + \", \" + data + \"\\n\"); }
onData(\"world\");
";

/// Keeps what a program prints.
#[derive(Default)]
struct Printed(Vec<u8>);

impl Host for Printed {
    fn print(&mut self, text: &[u8]) {
        self.0.extend_from_slice(text);
    }
}

#[derive(Args)]
pub struct MachinesArgs {
    /// How many machines to make
    #[arg(long, default_value_t = MACHINES)]
    count: usize,
    /// Run a small program on each
    #[arg(long)]
    hello: bool,
}

/// What a process with many machines found out.
#[derive(Serialize, Deserialize)]
struct Made {
    /// Microseconds for one.
    us: f64,
    /// What one adds to the process, in memory.
    kib: f64,
    /// What the machine itself counts.
    counted_kib: f64,
}

/// Makes many machines and prints what one of them costs, as JSON.
pub fn machines(arguments: &MachinesArgs) -> Result<()> {
    let image = Image::new(Dialect::Stock);
    let program = compile(&image, HELLO)?;
    let program = arguments.hello.then_some(&program);
    let make = || -> Result<Vm> {
        let mut vm = new_machine(&image, program)?;
        if let Some(program) = program {
            run(&mut vm, program, u32::MAX)?;
        }
        Ok(vm)
    };
    let mut all = Vec::with_capacity(arguments.count);
    let mut warm = Vec::new();
    for _ in 0..arguments.count.min(100) {
        warm.push(make()?);
    }
    let before = resident_kib()?;
    let began = Instant::now();
    for _ in 0..arguments.count {
        all.push(make()?);
    }
    let whole = began.elapsed();
    let after = resident_kib()?;
    let count = precise(arguments.count);
    let counted_kib = precise(all.first().context("no machine")?.heap().used_bytes()) / 1024.0;
    let made = Made { us: whole.as_secs_f64() * 1e6 / count, kib: (after - before) / count, counted_kib };
    println!("{}", serde_json::to_string(&made)?);
    drop((all, warm));
    Ok(())
}

/// New machines, with all libraries and with a small program that has run; each round is a process of its own.
pub fn making(rounds: u32, report: &mut Report) -> Result<()> {
    let itself = std::env::current_exe()?;
    for (hello, what) in [(false, "new machine with all libraries"), (true, "new machine on which a small program ran")]
    {
        let mut made: Vec<Made> = Vec::new();
        for _ in 0..rounds {
            let mut command = Command::new(&itself);
            command.arg("machines").args(hello.then_some("--hello"));
            let output = command.output()?;
            ensure!(output.status.success(), "machines: {}", String::from_utf8_lossy(&output.stderr));
            made.push(serde_json::from_slice(&output.stdout)?);
        }
        let bound = |most| if hello { Bound::None } else { Bound::AtMost(most) };
        let aim = |aim| if hello { "" } else { aim };
        let time = Figure::alone(what, "µs", "each of 10,000", made.iter().map(|it| it.us).collect());
        report.add(time.bound(bound(30.0), aim("10")));
        let memory = Figure::alone(what, "KiB", "resident", made.iter().map(|it| it.kib).collect());
        report.add(memory.bound(bound(16.0), aim("6")));
        report.add(Figure::alone(what, "KiB", "counted", made.iter().map(|it| it.counted_kib).collect()));
    }
    Ok(())
}

/// The same programs in slices of much and of little fuel.
pub fn in_slices(programs: &[Program], rounds: u32, report: &mut Report) -> Result<()> {
    let image = Image::new(Dialect::Stock);
    let mut ratios = Vec::new();
    for program in programs {
        let compiled = compile(&image, &fs::read(&program.nut)?)?;
        let ms = |fuel: u32| -> Result<f64> {
            let mut vm = new_machine(&image, Some(&compiled))?;
            let began = Instant::now();
            let printed = run(&mut vm, &compiled, fuel)?;
            let taken = began.elapsed();
            ensure!(printed == program.output, "{} printed something else in slices of {fuel}", program.name);
            Ok(taken.as_secs_f64() * 1000.0)
        };
        let (mut whole, mut sliced) = (Vec::new(), Vec::new());
        for round in 0..=rounds {
            let pair = (ms(u32::MAX)?, ms(SLICE)?);
            if round > 0 {
                whole.push(pair.0);
                sliced.push(pair.1);
            }
        }
        let name = format!("{}, in slices", program.name);
        let figure = Figure::new(name, "ms", ("unsliced", whole), ("slices of 10,000", sliced));
        ratios.push(figure.ratio);
        report.add(figure);
    }
    let mean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / precise(ratios.len())).exp();
    let mean = Figure::alone("time in slices of 10,000 instructions, against one", "×", "geometric mean", vec![mean]);
    report.add(mean.bound(Bound::AtMost(1.05), "1.0"));
    Ok(())
}

/// How fast source becomes a program.
pub fn compiling(programs: &[Program], rounds: u32, report: &mut Report) -> Result<()> {
    let image = Image::new(Dialect::Stock);
    let of_programs = programs.iter().map(|program| fs::read(&program.nut)).collect::<Result<Vec<_>, _>>()?;
    let sources =
        [("the programs above, one by one", of_programs), ("1 MB of agent code", vec![source::agent(1_000_000)])];
    for (what, sources) in sources {
        let bytes: usize = sources.iter().map(Vec::len).sum();
        let times = (1_000_000 / bytes).max(1);
        let mut rates = Vec::new();
        for round in 0..=rounds {
            let began = Instant::now();
            for _ in 0..times {
                for source in &sources {
                    black_box(compile(&image, source)?);
                }
            }
            let seconds = began.elapsed().as_secs_f64();
            if round > 0 {
                rates.push(precise(bytes * times) / 1e6 / seconds);
            }
        }
        let figure = Figure::alone(format!("compile {what}"), "MB/s", "source", rates);
        report.add(figure.bound(Bound::AtLeast(10.0), "30"));
    }
    Ok(())
}

/// Writing a machine of 1 MB and reading it back.
pub fn snapshots(rounds: u32, report: &mut Report) -> Result<()> {
    let image = Image::new(Dialect::Stock);
    let program = compile(&image, source::HEAP)?;
    let mut vm = new_machine(&image, Some(&program))?;
    let expected = run(&mut vm, &program, u32::MAX)?;
    vm.collect_garbage();
    let used = precise(vm.heap().used_bytes()) / 1e6;
    ensure!((0.9..1.25).contains(&used), "the heap is of {used:.2} MB");
    let (mut write, mut read, mut size) = (Vec::new(), Vec::new(), 0);
    for round in 0..=rounds.max(50) {
        let began = Instant::now();
        let bytes = vm.snapshot()?;
        let written = began.elapsed();
        let began = Instant::now();
        let mut restored =
            Vm::restore(&image, &bytes, &mut |_| Some(program.clone()), Limits::default()).context("restore")?;
        let restored_in = began.elapsed();
        size = bytes.len();
        if round > 0 {
            write.push(written.as_secs_f64() * 1000.0);
            read.push(restored_in.as_secs_f64() * 1000.0);
        } else {
            // It must be the machine that was written.
            ensure!(restored.snapshot()? == bytes, "a restored machine is written otherwise");
            ensure!(expected == b"1\n", "the program did not end");
        }
    }
    let what = |what: &str| format!("{what} a heap of {used:.2} MB ({size} bytes)");
    report.add(Figure::alone(what("snapshot of"), "ms", "write", write).bound(Bound::AtMost(5.0), "1"));
    report.add(Figure::alone(what("restore"), "ms", "read", read).bound(Bound::AtMost(5.0), "1"));
    Ok(())
}

fn compile(image: &Image, source: &[u8]) -> Result<squirrel::Program> {
    squirrel::Program::compile(image, source, b"bench").map_err(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("does not compile: {}", errors.join("; "))
    })
}

fn new_machine(image: &Image, program: Option<&squirrel::Program>) -> Result<Vm> {
    let limits = Limits { heap_bytes: 1 << 30, ..Limits::default() };
    Vm::new(image, program, limits).context("no room for a machine")
}

/// Runs a program in slices, and returns what it printed.
fn run(vm: &mut Vm, program: &squirrel::Program, fuel: u32) -> Result<Vec<u8>> {
    let main = vm.load(program).context("no room for the program")?;
    vm.start(main, vm.root(), &[])?;
    let mut printed = Printed::default();
    loop {
        match vm.run(&mut printed, fuel) {
            Step::More => {}
            Step::Done(_) => return Ok(printed.0),
            Step::Failed(failure) => bail!("failed: {}", String::from_utf8_lossy(&failure.report())),
            other => bail!("ended with {other:?}"),
        }
    }
}

/// Returns how much of this process is in memory.
fn resident_kib() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn precise(number: usize) -> f64 {
    number as f64
}
