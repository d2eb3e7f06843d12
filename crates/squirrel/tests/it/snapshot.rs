//! A machine written and read back between any two slices goes on as if nothing had happened.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use squirrel::{Dialect, Image, Limits, Program, Step, Vm};

use super::scripts::{self, Printed, report};

const LIMITS: Limits = Limits { heap_bytes: 32 << 20, depth: 20_000 };

/// How a run ended, with all that it printed.
#[derive(Debug, PartialEq)]
struct Outcome {
    printed: Printed,
    end: String,
    used_bytes: usize,
}

/// Runs a program in slices of `fuel`; between two slices `between` may put another machine in the place of this one.
fn run(image: &Image, program: &Program, fuel: u32, mut between: impl FnMut(Vm) -> Vm) -> Outcome {
    let mut printed = Printed::default();
    let mut vm = Vm::new(image, Some(program), LIMITS).unwrap();
    let main = vm.load(program).unwrap();
    vm.start(main, vm.root(), &[]).unwrap();
    loop {
        let end = match vm.run(&mut printed, fuel) {
            Step::More => {
                vm = between(vm);
                continue;
            }
            Step::Done(value) => format!("{:?}", String::from_utf8_lossy(&vm.text(value))),
            Step::Failed(failure) => report(&failure),
            other => format!("{other:?}"),
        };
        return Outcome { printed, end, used_bytes: vm.heap().used_bytes() };
    }
}

fn restored(image: &Image, program: &Program, mut vm: Vm) -> Vm {
    let bytes = vm.snapshot().unwrap();
    Vm::restore(image, &bytes, &mut |digest| (*digest == program.digest()).then(|| program.clone()), LIMITS).unwrap()
}

/// Calls a function for each golden program, on as many threads as there are processors.
fn on_each_program(check: impl Fn(&Image, &PathBuf, &Program) + Sync) {
    let (paths, next) = (scripts::all(), AtomicUsize::new(0));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let image = Image::new(Dialect::Stock);
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(program) = scripts::compile(&image, path) {
                        check(&image, path, &program);
                    }
                }
            });
        }
    });
}

/// A budget of snapshots for each program and slice length, and how many slices of one go without, at most: the whole
/// check takes an hour. `SNAPSHOTS=2000` asks for more.
fn budget() -> usize {
    std::env::var("SNAPSHOTS").ok().and_then(|count| count.parse().ok()).unwrap_or(12)
}

#[test]
fn programs_go_on_from_snapshots() {
    let most = budget();
    on_each_program(|image, path, program| {
        let whole = run(image, program, u32::MAX / 4, |vm| vm);
        for fuel in [1, 7, 61, 1009] {
            let mut slices = 0;
            let plain = run(image, program, fuel, |vm| {
                slices += 1;
                vm
            });
            assert_eq!((&plain.printed, &plain.end), (&whole.printed, &whole.end), "{} in slices of {fuel}", path.display());
            // Spread over the run, and at the beginning of it one after the other.
            let stride = (slices / most).max(1);
            let (mut slice, mut taken) = (0, 0);
            let pieces = run(image, program, fuel, |vm| {
                slice += 1;
                if taken < most && (slice <= most / 4 || slice % stride == 0) {
                    taken += 1;
                    restored(image, program, vm)
                } else {
                    vm
                }
            });
            if pieces != plain {
                eprintln!("{} in slices of {fuel}\n--- {:?} {} {}\n+++ {:?} {} {}\n", path.display(), String::from_utf8_lossy(&plain.printed.text), plain.end, plain.used_bytes, String::from_utf8_lossy(&pieces.printed.text), pieces.end, pieces.used_bytes);
            }
        }
    });
}
