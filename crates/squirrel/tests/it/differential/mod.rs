//! Random programs do here what they do in the reference.
//!
//! `DIFFERENTIAL_PROGRAMS=100000 DIFFERENTIAL_SEED=7 cargo test -p impstead-squirrel --test it differential` makes it long;
//! with one program only, that is printed.

mod generate;
mod reference;
mod tree;

use squirrel::{Dialect, Image, Program};

use crate::fuzz::short::changed;
use crate::golden;
use crate::random::Random;
use reference::{Reference, Verdict};

/// Fuel that no generated program needs.
const FUEL: u64 = 50_000_000;

/// After how many that differ we give up.
const MOST_WRONG: u64 = 8;

/// An error of the reference that depends on how its stack grew.
const NO_STACK: &[u8] = b"cannot resize stack while in  a metamethod";

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Without addresses, which are another machine's, and without the sign of what is no number, which is a C compiler's.
fn normalised(output: &[u8]) -> String {
    let mut text: String = output.iter().copied().map(char::from).collect();
    // The Python module takes messages of uncaught errors for strings of C.
    let error = text.rfind("\n! ").or(text.starts_with("! ").then_some(0));
    if let Some(end) = error.and_then(|at| Some(at + text[at..].find('\0')?)) {
        text.truncate(end);
        text.push('\n');
    }
    let mut pieces = text.split(" : 0x");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out += " : 0x";
        out += piece.strip_prefix("0x").unwrap_or(piece).trim_start_matches(|c: char| c.is_ascii_hexdigit());
    }
    out.replace("-nan", "nan")
}

/// What the two say if they differ. Else the length of that and 1, or 0 if the reference gave no verdict.
fn compare(image: &Image, reference: &mut Reference, source: &str) -> Result<usize, [String; 2]> {
    let Verdict::Output(theirs) = reference.run(source) else { return Ok(0) };
    // Threads of the reference have so small a stack that metamethods in them may fail, by where they are called.
    if theirs.windows(NO_STACK.len()).any(|window| window == NO_STACK) {
        return Ok(0);
    }
    let ours = golden::outcome(image, source.as_bytes(), false, FUEL);
    let [ours, theirs] = [ours, theirs].map(|output| normalised(&output));
    if ours == theirs { Ok(1 + ours.len()) } else { Err([ours, theirs]) }
}

/// The first lines that differ.
fn first_difference([ours, theirs]: &[String; 2]) -> [String; 2] {
    let same = ours.lines().zip(theirs.lines()).take_while(|(a, b)| a == b).count();
    [ours, theirs].map(|text| text.lines().nth(same).unwrap_or("(the end)").to_owned())
}

#[test]
fn generated_programs_do_what_the_reference_does() {
    let (count, seed) = (number("DIFFERENTIAL_PROGRAMS", 300), number("DIFFERENTIAL_SEED", 1));
    let image = Image::new(Dialect::Stock);
    let mut reference = Reference::start();
    let (mut none, mut wrong, mut length) = (0, 0, 0);
    for seed in seed..seed + count {
        if wrong == MOST_WRONG {
            break;
        }
        let program = generate::program(seed);
        if count == 1 {
            println!("{}", tree::source(&program));
        }
        match compare(&image, &mut reference, &tree::source(&program)) {
            Ok(0) => none += 1,
            Ok(bytes) => length += bytes,
            Err(outputs) => {
                wrong += 1;
                let first = first_difference(&outputs);
                let mut fails = |source: &str| {
                    compare(&image, &mut reference, source).is_err_and(|outputs| first_difference(&outputs) == first)
                };
                let small = tree::shrink(program, 3000, &mut fails);
                let [ours, theirs] = first;
                println!("seed {seed}:\n{small}here:      {ours}\nreference: {theirs}\n");
            }
        }
    }
    println!(
        "{count} programs from seed {seed}: {wrong} differ, no verdict of the reference on {none}; {length} bytes compared"
    );
    assert_eq!(wrong, 0, "programs that do something else");
    assert!(none <= count / 20, "the reference died or hung at {none} of {count} programs");
}

/// The limits are not the reference's, it has fewer kinds of constants, and it takes some expressions for something that can
/// be assigned to, such as `t.a + "b"`, and may crash then.
const OWN_ERRORS: [&str; 4] = ["nesting too deep", "expression too long", "scalar expected", "can't assign expression"];

#[test]
fn changed_programs_have_the_errors_of_the_reference() {
    let (count, seed) = (number("DIFFERENTIAL_PROGRAMS", 300), number("DIFFERENTIAL_SEED", 1));
    let image = Image::new(Dialect::Stock);
    let mut reference = Reference::start();
    let mut make = changed();
    let (mut none, mut errors, mut wrong) = (0, 0, 0);
    for seed in seed..seed + count {
        if wrong == MOST_WRONG {
            break;
        }
        let Ok(source) = String::from_utf8(make(&mut Random(seed))) else { continue };
        if !source.bytes().all(|byte| matches!(byte, b'\t' | b'\n' | b' '..=b'~')) {
            continue;
        }
        let Verdict::Output(theirs) = reference.compile(&source) else {
            none += 1;
            continue;
        };
        let theirs = String::from_utf8_lossy(&theirs).into_owned();
        let ours = match Program::compile(&image, source.as_bytes(), b"source") {
            Ok(_) => String::new(),
            Err(errors) => format!("{}\n", errors[0]),
        };
        errors += usize::from(!theirs.is_empty());
        if ours != theirs && !OWN_ERRORS.iter().any(|own| ours.contains(own) || theirs.contains(own)) {
            wrong += 1;
            println!("seed {seed}:\n{source}\nhere:      {ours}reference: {theirs}");
        }
    }
    println!("{count} programs from seed {seed}: {wrong} differ; {errors} do not compile, no verdict on {none}");
    assert_eq!(wrong, 0, "programs whose errors differ");
}
