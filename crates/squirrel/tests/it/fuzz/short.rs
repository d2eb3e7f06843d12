//! A short run of each fuzz target, on golden programs that were changed at random. `FUZZ_INPUTS=100000` makes it long.

use super::{compiler, format, lexer, regexp, snapshot, vm};
use crate::random::Random;
use crate::scripts;

/// What programs are changed with: words that mean something to the lexer, parser or libraries.
const WORDS: &str = include_str!("../../../fuzz/words.dict");

/// Runs a target on many inputs; a panic names the input.
fn run(target: fn(&[u8]), count: usize, mut input: impl FnMut(&mut Random) -> Vec<u8>) {
    let count = std::env::var("FUZZ_INPUTS").map_or(count, |text| text.parse().expect("a number"));
    for seed in 0..count {
        let mut random = Random(seed as u64);
        let bytes = input(&mut random);
        let passes = std::panic::catch_unwind(|| target(&bytes)).is_ok();
        assert!(passes, "input {seed}: {:?}", String::from_utf8_lossy(&bytes));
    }
}

fn words() -> Vec<Vec<u8>> {
    let quoted = |line: &str| {
        let text = line.strip_prefix('"')?.strip_suffix('"')?;
        Some(text.replace("\\\"", "\"").replace("\\\\", "\\").into_bytes())
    };
    WORDS.lines().filter_map(quoted).collect()
}

/// Golden programs, changed in a few places.
pub fn changed() -> impl FnMut(&mut Random) -> Vec<u8> {
    let programs: Vec<Vec<u8>> = scripts::all().iter().map(|path| std::fs::read(path).unwrap()).collect();
    let words = words();
    move |random| {
        let mut bytes = random.pick(&programs).clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len() + 1);
            let most = if random.percent(20) { 200 } else { 12 };
            let length = random.below(most).min(bytes.len() - at);
            let put = match random.below(6) {
                0 => Vec::new(),
                1 => vec![random.byte()],
                2 | 3 => random.pick(&words).clone(),
                4 => bytes[at..at + length].repeat(2),
                _ => {
                    let other = random.pick(&programs);
                    let from = random.below(other.len() + 1);
                    other[from..other.len().min(from + random.below(60))].to_vec()
                }
            };
            let until = if random.percent(50) { at + length } else { at };
            bytes.splice(at..until, put);
        }
        bytes
    }
}

fn bytes(random: &mut Random, most: usize) -> Vec<u8> {
    (0..random.below(most)).map(|_| random.byte()).collect()
}

#[test]
fn literals_and_comments() {
    let mut changed = changed();
    run(lexer, 4000, |random| if random.percent(50) { changed(random) } else { bytes(random, 200) });
}

#[test]
fn changed_programs_compile_or_do_not() {
    run(compiler, 10_000, changed());
}

#[test]
fn changed_programs_end_as_they_should() {
    run(vm, 2000, changed());
}

#[test]
fn changed_snapshots() {
    run(snapshot, 10_000, |random| {
        let most = if random.percent(90) { 20 } else { 200 };
        bytes(random, most)
    });
}

#[test]
fn patterns() {
    const PIECES: [&str; 40] = [
        "a", "b", "ab", "(", ")", "(?:", "[", "]", "[^", "|", "*", "+", "?", "{2}", "{1,2}", "{1,}", "^", "$", ".",
        "\\d", "\\w", "\\s", "\\b", "\\B", "\\W", "\\l", "\\u", "\\x", "\\p", "\\mab", "-", "0", "9", "\\\\", "\\.",
        " ", "A", "\\", "{", "}",
    ];
    run(regexp, 8000, |random| {
        let pattern: String = (0..random.below(9)).map(|_| *random.pick(&PIECES)).collect();
        let text: String =
            (0..random.below(30)).map(|_| *random.pick(&["a", "b", "ab", "0", " ", "A", ".", "-"])).collect();
        let mut input = vec![u8::try_from(pattern.len()).unwrap(), random.byte()];
        input.extend_from_slice(pattern.as_bytes());
        input.extend_from_slice(text.as_bytes());
        if random.percent(20) {
            let at = 2 + random.below(input.len() - 1);
            let byte = random.byte();
            input.insert(at, byte);
        }
        input
    });
}

#[test]
fn formats() {
    run(format, 20_000, |random| {
        let mut input: Vec<u8> = (0..8).map(|_| random.byte()).collect();
        if random.percent(30) {
            // Numbers near 0 and such that end in zeros.
            let number = [0, 1, -1, 100, 0x3f80_0000, 0x42c8_0000, i32::MIN, i32::MAX][random.below(8)];
            input[4..8].copy_from_slice(&number.to_le_bytes());
        }
        for _ in 0..random.below(12) {
            input.push(if random.percent(60) { *random.pick(b"%%%d05.-+ #sfgxc1") } else { random.byte() });
        }
        input
    });
}
