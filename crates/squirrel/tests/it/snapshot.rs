//! A machine written and read back between any two slices goes on as if nothing had happened; a snapshot that was
//! tampered with is refused, or runs without harm.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use squirrel::{Dialect, Function, Image, ImageBuilder, Limits, Member, Program, SnapshotError, Step, Vm};

use super::fuzz::fix_checksum;
use super::random::Random;
use super::scripts::{self, Printed, report};

const LIMITS: Limits = Limits { heap_bytes: 32 << 20, depth: 20_000 };

/// Fuel for a slice that most programs end in.
const LARGE: u32 = 500_000;

/// How a run ended, with all that it printed.
#[derive(Debug, PartialEq)]
struct Outcome {
    printed: Printed,
    end: String,
}

/// A machine about to run a program.
fn started(image: &Image, program: &Program) -> Vm {
    let mut vm = Vm::new(image, Some(program), LIMITS).unwrap();
    let main = vm.load(program).unwrap();
    vm.start(main, vm.root(), &[]).unwrap();
    vm
}

/// Runs a program, the first `count` slices with `fuel` each, the rest in large ones. Between two slices `between` may put
/// another machine in the place of this one; it is given their number.
fn run(image: &Image, program: &Program, fuel: u32, count: usize, mut between: impl FnMut(usize, Vm) -> Vm) -> Outcome {
    let mut printed = Printed::default();
    let mut vm = started(image, program);
    let mut slices = 0;
    loop {
        let end = match vm.run(&mut printed, if slices < count { fuel } else { LARGE }) {
            Step::More => {
                slices += 1;
                vm = between(slices, vm);
                continue;
            }
            Step::Done(value) => format!("{:?}", String::from_utf8_lossy(&vm.text(value))),
            Step::Failed(failure) => report(&failure),
            other => format!("{other:?}"),
        };
        return Outcome { printed, end };
    }
}

fn restore(image: &Image, program: &Program, bytes: &[u8], limits: Limits) -> Result<Vm, SnapshotError> {
    Vm::restore(image, bytes, &mut |digest| (*digest == program.digest()).then(|| program.clone()), limits)
}

/// Calls a function for each golden program, on as many threads as there are processors.
fn on_each_program(check: impl Fn(&Image, &Path, &Program) + Sync) {
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

#[test]
fn programs_go_on_from_snapshots() {
    // `SNAPSHOTS=2000` takes one after each of so many slices; else they become rarer on the way.
    let all: Option<usize> = std::env::var("SNAPSHOTS").ok().and_then(|count| count.parse().ok());
    on_each_program(|image, path, program| {
        let mut is_long = false;
        let whole = run(image, program, LARGE, 0, |_, vm| {
            is_long = true;
            vm
        });
        let chosen = path.as_os_str().len() % 4;
        for (place, fuel) in [1, 7, 61, 1009].into_iter().enumerate() {
            // Programs that take long are run once more, not four times.
            if is_long && all.is_none() && place != chosen {
                continue;
            }
            let mut next = if all.is_some() { 1 } else { 1 + chosen };
            let pieces = run(image, program, fuel, all.unwrap_or(2000), |slice, mut vm| {
                if slice != next || slice > 2000 {
                    return vm;
                }
                next += if all.is_some() { 1 } else { 1 + slice / 2 };
                let bytes = vm.snapshot().unwrap();
                let again = restore(image, program, &bytes, LIMITS);
                again.unwrap_or_else(|error| panic!("{}, slice {slice} of {fuel}: {error}", path.display()))
            });
            assert_eq!(pieces, whole, "{} in slices of {fuel}", path.display());
        }
    });
}

/// Changes some bytes, or takes a part of another snapshot.
fn tamper(random: &mut Random, bytes: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    match random.below(10) {
        0 => bytes.truncate(random.below(bytes.len())),
        1 => {
            let at = 20 + random.below(bytes.len() - 20);
            let from = other.len().min(20 + random.below(other.len()));
            let length = random.below(64).min(other.len() - from).min(bytes.len() - at);
            bytes[at..at + length].copy_from_slice(&other[from..from + length]);
        }
        2 => {
            let at = 20 + random.below(bytes.len() - 20);
            bytes.insert(at, u8::try_from(random.below(256)).unwrap());
        }
        3 => {
            bytes.remove(20 + random.below(bytes.len() - 20));
        }
        kind => {
            for _ in 0..=random.below(3) {
                let at = 20 + random.below(bytes.len() - 20);
                bytes[at] = match kind {
                    4 | 5 => bytes[at] ^ 1 << random.below(8),
                    6 => bytes[at].wrapping_add(16),
                    7 => bytes[at].wrapping_sub(16),
                    8 => bytes[20 + random.below(bytes.len() - 20)],
                    _ => u8::try_from(random.below(256)).unwrap(),
                };
            }
        }
    }
    fix_checksum(&mut bytes);
    bytes
}

#[test]
fn snapshots_that_were_tampered_with_do_no_harm() {
    let cases: usize = std::env::var("CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(4);
    let limits = Limits { heap_bytes: 8 << 20, depth: 500 };
    let (refused, run_on) = (AtomicUsize::new(0), AtomicUsize::new(0));
    on_each_program(|image, path, program| {
        let mut random = Random(0);
        for byte in path.as_os_str().as_encoded_bytes() {
            random.0 = random.0.wrapping_mul(31).wrapping_add(u64::from(*byte));
        }
        let mut printed = Printed::default();
        let mut vm = started(image, program);
        let mut other = vm.snapshot().unwrap();
        for _ in 0..4 {
            let fuel = [1, 40, 400, 4000][random.below(4)];
            if !matches!(vm.run(&mut printed, fuel), Step::More) {
                break;
            }
            let bytes = vm.snapshot().unwrap();
            if bytes.len() > 60_000 {
                break;
            }
            for _ in 0..cases {
                let tampered = tamper(&mut random, &bytes, &other);
                let Ok(mut vm) = restore(image, program, &tampered, limits) else {
                    refused.fetch_add(1, Ordering::Relaxed);
                    continue;
                };
                run_on.fetch_add(1, Ordering::Relaxed);
                assert!(vm.heap().used_bytes() <= limits.heap_bytes);
                // What goes on can be written again.
                for _ in 0..8 {
                    if !matches!(vm.run(&mut Printed::default(), 500), Step::More) {
                        break;
                    }
                    let bytes = vm.snapshot().unwrap();
                    // It may by now have what no program could have, such as a captured variable for a value.
                    let Ok(again) = restore(image, program, &bytes, limits) else { break };
                    vm = again;
                }
                vm.collect_garbage();
            }
            other = bytes;
        }
    });
    println!("{refused:?} refused, {run_on:?} run on");
    assert!(refused.into_inner() > 0 && run_on.into_inner() > 0);
}

fn image_with(extra: bool) -> Image {
    let answer: squirrel::NativeFn = |call| call.give(42);
    let mut builder = ImageBuilder::new(Dialect::Imp);
    if extra {
        builder = builder
            .function(Function::new("aardvark", answer, 0, ""))
            .function(Function::new("hello", answer, 0, ""))
            .object("before", &[Member::Integer { name: "text", value: 1 }]);
    }
    builder
        .function(Function::new("answer", answer, 1, "."))
        .object(
            "host",
            &[Member::Object { name: "inner", members: &[Member::Function(Function::new("answer", answer, 0, ""))] }],
        )
        .class(
            "Box",
            Some("box"),
            &[
                Function::new(
                    "constructor",
                    |call| {
                        let this = call.this();
                        call.set_payload(this, "box", b"content")?;
                        Ok(squirrel::Flow::Return(squirrel::Value::NULL))
                    },
                    1,
                    "x",
                ),
                Function::new(
                    "open",
                    |call| {
                        let content = call.payload(call.this(), "box").unwrap_or_default().to_vec();
                        call.give(squirrel::Bytes(content))
                    },
                    1,
                    "x",
                ),
            ],
        )
        .build()
}

#[test]
fn an_image_with_more_in_it_takes_snapshots_too() {
    let source = br#"
        local keys = {};
        keys[answer] <- "function"; keys[host.inner] <- "object"; keys[print] <- "print"; keys[host] <- "host";
        local box = Box(), ask = host.inner.answer.bindenv({}), hello = "hel" + "lo";
        for (local i = 0; i < 1000; i++);
        return keys[answer] + keys[host.inner] + keys[print] + keys[host] + box.open() + ask() + hello + keys.len();
    "#;
    let (old, new) = (image_with(false), image_with(true));
    let [old_program, new_program] = [&old, &new].map(|image| Program::compile(image, source, b"main").unwrap());
    assert_eq!(old_program.digest(), new_program.digest());
    let mut vm = started(&old, &old_program);
    assert!(matches!(vm.run(&mut Printed::default(), 500), Step::More));
    let bytes = vm.snapshot().unwrap();
    let mut vm = restore(&new, &new_program, &bytes, LIMITS).unwrap();
    // And written by the new one.
    let bytes = vm.snapshot().unwrap();
    let mut vm = restore(&new, &new_program, &bytes, LIMITS).unwrap();
    let Step::Done(value) = vm.run(&mut Printed::default(), 10_000) else { panic!("it ends") };
    assert_eq!(vm.read::<String>(value).unwrap(), "functionobjectprinthostcontent42hello4");
    // What the old one does not have is missed by name.
    let mut vm = Vm::new(&new, None, LIMITS).unwrap();
    let bytes = vm.snapshot().unwrap();
    let missing = restore(&old, &old_program, &bytes, LIMITS).unwrap_err();
    assert!(matches!(&missing, SnapshotError::Name(name) if name == "aardvark" || name == "hello"), "{missing}");
}

#[test]
fn foreign_snapshots_are_refused() {
    let image = Image::new(Dialect::Stock);
    let program = Program::compile(&image, b"return 1", b"main").unwrap();
    let other = Program::compile(&image, b"return 2", b"main").unwrap();
    let bytes = started(&image, &program).snapshot().unwrap();
    assert!(restore(&image, &program, &bytes, LIMITS).is_ok());
    let refusal = |bytes: &[u8]| restore(&image, &program, bytes, LIMITS).unwrap_err();
    assert_eq!(refusal(b""), SnapshotError::NotASnapshot);
    assert_eq!(refusal(b"RIQS\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), SnapshotError::NotASnapshot);
    for cut in 8..bytes.len() {
        assert_eq!(refusal(&bytes[..cut]), SnapshotError::Damaged);
    }
    for at in 12..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        assert_eq!(refusal(&damaged), SnapshotError::Damaged);
    }
    let mut newer = bytes.clone();
    newer[8] = 99;
    assert_eq!(refusal(&newer), SnapshotError::Version(99));
    let refused = restore(&image, &other, &bytes, LIMITS).unwrap_err();
    assert_eq!(refused, SnapshotError::Program(program.digest()));
    let small = Limits { heap_bytes: 4096, ..LIMITS };
    assert_eq!(restore(&image, &program, &bytes, small).unwrap_err(), SnapshotError::TooLarge);
    assert_eq!(restore(&Image::new(Dialect::Imp), &program, &bytes, LIMITS).unwrap_err(), SnapshotError::Dialect);
}

/// Between slices: in `sort`, `map`, a metamethod, a regular expression, a generator, a thread, after `compilestring`.
#[test]
fn every_kind_of_work_goes_on() {
    let source = include_bytes!("fuzz/everything.nut");
    let image = Image::new(Dialect::Stock);
    let program = Program::compile(&image, source, b"main").unwrap();
    let whole = run(&image, &program, LARGE, 0, |_, vm| vm);
    assert!(whole.end.ends_with('"'), "{}", whole.end);
    let mut snapshots = 0;
    let pieces = run(&image, &program, 1, usize::MAX, |_, mut vm| {
        snapshots += 1;
        let bytes = vm.snapshot().unwrap();
        // The machine restored is the machine: written again it gives the same.
        let mut again = restore(&image, &program, &bytes, LIMITS).unwrap();
        assert_eq!(again.snapshot().unwrap(), bytes);
        again
    });
    assert_eq!(pieces, whole);
    assert!(snapshots > 100, "{snapshots}");
}
