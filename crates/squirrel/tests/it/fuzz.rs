//! What must hold for any bytes: the bodies of the fuzz targets of `../../fuzz`, each a function of the bytes that panics
//! where it does not hold. `short.rs` gives each of them a few seconds in `make test`.

use std::sync::OnceLock;

use squirrel::syntax::parse;
use squirrel::{CompileError, Dialect, Digest, Host, Image, Limits, Program, Step, Value, Vm};

#[cfg(test)]
pub mod short;

/// Longer inputs find little more, and slowly.
const MAX_BYTES: usize = 16 << 10;

/// Takes what a program prints, up to a limit.
#[derive(Default)]
struct Printed(Vec<u8>);

impl Host for Printed {
    fn print(&mut self, text: &[u8]) {
        let room = (1 << 20) - self.0.len();
        self.0.extend_from_slice(&text[..text.len().min(room)]);
    }
}

fn image(dialect: Dialect) -> &'static Image {
    static IMAGES: [OnceLock<Image>; 2] = [const { OnceLock::new() }; 2];
    match dialect {
        Dialect::Stock => IMAGES[0].get_or_init(|| Image::new(dialect)),
        Dialect::Imp => IMAGES[1].get_or_init(|| Image::new(dialect)),
    }
}

/// The dialect that an input is run in; half of them each.
fn dialect_for(bytes: &[u8]) -> Dialect {
    if bytes.len().is_multiple_of(2) { Dialect::Stock } else { Dialect::Imp }
}

/// Compiles and runs a function of the fuzzer's own, which is short.
fn returned(source: &[u8]) -> (Vm, Value) {
    let program = Program::compile(image(Dialect::Stock), source, b"fuzz")
        .unwrap_or_else(|errors| panic!("{}: {}", String::from_utf8_lossy(source), errors[0]));
    let mut vm = Vm::new(image(Dialect::Stock), Some(&program), Limits::default()).expect("room");
    let main = vm.load(&program).expect("room");
    let root = vm.root();
    let value = vm.call_to_end(&mut Printed::default(), main, root, &[], 10_000_000).expect("it returns");
    (vm, value)
}

fn returned_bytes(source: &[u8]) -> Vec<u8> {
    let (vm, value) = returned(source);
    vm.heap().as_bytes(value).expect("a string").to_vec()
}

/// Literals mean what they say, comments nothing, and errors are in the source.
pub fn lexer(bytes: &[u8]) {
    let bytes = &bytes[..bytes.len().min(2048)];
    errors_of(bytes);
    // Verbatim strings: all but quotes stands for itself.
    let verbatim = bytes.split(|byte| *byte == b'"').collect::<Vec<_>>().join(&b"\"\""[..]);
    if !bytes.contains(&0) {
        assert_eq!(returned_bytes(&[b"return @\"", &verbatim[..], b"\""].concat()), bytes);
    }
    // Escapes: each byte in one of the ways that it can be written.
    let mut escaped = Vec::new();
    for (place, byte) in bytes.iter().enumerate() {
        match (byte, place % 3) {
            (b'\n', 0) => escaped.extend_from_slice(b"\\n"),
            (b'\t', 0) => escaped.extend_from_slice(b"\\t"),
            (0, 0) => escaped.extend_from_slice(b"\\0"),
            (b'"' | b'\\' | b'\'', 0) => escaped.extend_from_slice(&[b'\\', *byte]),
            (b' ' | b'!' | b'#'..=b'[' | b']'..=b'~' | 128.., 1) => escaped.push(*byte),
            // Always four digits: another one may follow.
            _ => escaped.extend_from_slice(format!("\\x{byte:04x}").as_bytes()),
        }
    }
    assert_eq!(returned_bytes(&[b"return \"", &escaped[..], b"\""].concat()), bytes);
    // Comments end where they end.
    let line: Vec<u8> = bytes.iter().copied().filter(|byte| !matches!(byte, b'\n' | 0)).collect();
    let mut block = line.clone();
    block.retain(|byte| *byte != b'*');
    let source = [b"return/*", &block[..], b"\n*/7//", &line[..], b"\n#", &line[..], b"\n+/**/1"].concat();
    let (_, value) = returned(&source);
    assert_eq!(value.as_integer(), Some(8));
    numbers(bytes);
}

fn numbers(bytes: &[u8]) {
    let Some((four, rest)) = bytes.split_first_chunk::<4>() else { return };
    let number = u32::from_le_bytes(*four);
    let integer = |text: String| returned(format!("return {text}").as_bytes()).1.as_integer();
    let wanted = Some(number.cast_signed());
    assert_eq!(integer(number.to_string()), wanted);
    assert_eq!(integer(format!("{number:#x}")), wanted);
    assert_eq!(integer(format!("0{number:o}")), wanted);
    let digits: String = rest.iter().take(12).map(|byte| char::from(b'0' + byte % 10)).collect();
    for text in [format!("{number}.{digits}"), format!("{}e{}", number % 1000, i32::from(four[3] % 80) - 40)] {
        let (_, value) = returned(format!("return {text}").as_bytes());
        // As the reference does: by `strtod`, and then rounded again.
        #[expect(clippy::cast_possible_truncation, reason = "what the reference does")]
        let wanted = text.parse::<f64>().expect("a number") as f32;
        assert_eq!(value.as_float().map(f32::to_bits), Some(wanted.to_bits()), "{text}");
    }
}

/// The errors of a source in the dialect imp, all of them in it.
fn errors_of(source: &[u8]) -> Option<Vec<CompileError>> {
    let stock = Program::compile(image(Dialect::Stock), source, b"fuzz").err();
    let imp = Program::compile(image(Dialect::Imp), source, b"fuzz").err();
    // These bind in other ways in the other dialect, and so may end up to the left of a `=`.
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    if !source.split(|byte| !word(byte)).any(|word| matches!(word, b"in" | b"instanceof")) {
        assert_eq!(stock, imp, "dialects differ in libraries, not in what compiles");
    }
    for errors in [&stock, &imp].into_iter().flatten() {
        assert!(!errors.is_empty());
        for error in errors {
            assert_inside(error.position, source);
            assert!(!error.text.is_empty());
        }
    }
    imp
}

/// Columns go on behind line ends in comments and strings, as those of the reference do.
fn assert_inside(position: squirrel::Position, source: &[u8]) {
    let line = usize::try_from(position.line).expect("small");
    let column = usize::try_from(position.column).expect("small");
    let lines = source.split(|byte| *byte == b'\n').count();
    assert!((1..=lines).contains(&line) && column <= source.len() + 1, "{position:?} is not in the source");
}

/// What is compiled can be listed, checked and formatted; formatted, it is the same program, and formatted already.
pub fn compiler(bytes: &[u8]) {
    let source = &bytes[..bytes.len().min(MAX_BYTES)];
    let errors = errors_of(source);
    // Directives of a preprocessor are none of the compiler's, but the formatter takes them for comments.
    let directives = source.split(|byte| *byte == b'\n').any(|line| line.trim_ascii_start().starts_with(b"@"));
    let formatted = squirrel::fmt::format_source(source);
    if let Some(errors) = errors {
        assert!(directives || formatted.is_err(), "it does not compile, but is formatted: {}", errors[0]);
        return;
    }
    let program = Program::compile(image(Dialect::Imp), source, b"fuzz").expect("it did compile");
    let listing = program.disassemble();
    let parsed = parse(source, Dialect::Imp, &|_| None);
    for warning in squirrel::check::warnings(&parsed.expect("it compiles"), &|_| false) {
        assert_inside(warning.position, source);
        let text = squirrel::check::render(source, "fuzz.nut", warning.position, "warning", &warning.text);
        assert!(text.contains(&warning.text));
    }
    let formatted = match formatted {
        Ok(formatted) => formatted,
        Err(errors) => panic!("it compiles, but is not formatted: {}", errors[0]),
    };
    assert_eq!(
        squirrel::fmt::format_source(&formatted).map(|again| String::from_utf8_lossy(&again).into_owned()),
        Ok(String::from_utf8_lossy(&formatted).into_owned()),
        "formatting changes what is formatted"
    );
    match Program::compile(image(Dialect::Imp), &formatted, b"fuzz") {
        Ok(again) => assert_eq!(without_lines(&again.disassemble()), without_lines(&listing)),
        Err(errors) => assert!(directives, "formatted, it does not compile: {}", errors[0]),
    }
}

/// A listing without the lines that instructions are from, since formatting moves braces.
fn without_lines(listing: &str) -> Vec<String> {
    let strip = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let words = if words.first() == Some(&"line") { &words[2..] } else { &words[..] };
        words.join(" ")
    };
    listing.lines().map(strip).collect()
}

const LIMITS: Limits = Limits { heap_bytes: 4 << 20, depth: 300 };

/// Fuel for a program in all.
const FUEL: u32 = 20_000;

/// How a run ended, or `None` if the fuel did first; and what was printed until then.
struct Outcome {
    printed: Vec<u8>,
    end: Option<String>,
}

fn started(image: &Image, program: &Program) -> Vm {
    let mut vm = Vm::new(image, Some(program), LIMITS).expect("the libraries fit");
    let main = vm.load(program).expect("a small program fits");
    vm.start(main, vm.root(), &[]).expect("it can be called");
    vm
}

/// Runs a machine in slices of `slice`, at most `fuel` in all, and calls `between` after each with their number.
fn run(mut vm: Vm, slice: u32, fuel: u32, mut between: impl FnMut(u32, Vm) -> Vm) -> Outcome {
    let mut printed = Printed::default();
    for slices in 1..=fuel.div_ceil(slice) {
        let end = match vm.run(&mut printed, slice) {
            Step::More => {
                assert!(vm.heap().used_bytes() <= LIMITS.heap_bytes);
                vm = between(slices, vm);
                continue;
            }
            Step::Done(value) => format!("{:?}", String::from_utf8_lossy(&vm.text(value))),
            Step::Failed(failure) => {
                let _ = failure.report();
                format!("{:?} {:?}", String::from_utf8_lossy(&failure.message), failure.stack)
            }
            end @ (Step::Waiting | Step::Corrupt) => panic!("{end:?}"),
            Step::OutOfMemory => "out of memory".to_owned(),
        };
        vm.collect_garbage();
        assert!(vm.heap().used_bytes() <= LIMITS.heap_bytes);
        return Outcome { printed: printed.0, end: Some(end) };
    }
    Outcome { printed: printed.0, end: None }
}

fn restore(image: &Image, program: &Program, bytes: &[u8]) -> Result<Vm, squirrel::SnapshotError> {
    let mut find = |digest: &Digest| (*digest == program.digest()).then(|| program.clone());
    Vm::restore(image, bytes, &mut find, LIMITS)
}

/// A program ends in the same way however it is sliced, and whether or not it was written and read back on the way.
pub fn vm(bytes: &[u8]) {
    let source = &bytes[..bytes.len().min(MAX_BYTES)];
    let image = image(dialect_for(bytes));
    let Ok(program) = Program::compile(image, source, b"fuzz") else { return };
    let whole = run(started(image, &program), FUEL, FUEL, |_, vm| vm);
    let first = 1 + u32::from(bytes.first().copied().unwrap_or(0)) % 16;
    for slice in [1, 61, 1009] {
        let fuel = if whole.end.is_some() { FUEL * 2 } else { FUEL };
        let pieces = run(started(image, &program), slice, fuel, |slices, mut vm| {
            if slices != first && slices != first * 50 {
                return vm;
            }
            let bytes = vm.snapshot().expect("it has not ended");
            let mut again = match restore(image, &program, &bytes) {
                Ok(again) => again,
                Err(error) => panic!("a snapshot is refused: {error}"),
            };
            assert!(again.snapshot().expect("it has not ended") == bytes, "read and written, it is another snapshot");
            again
        });
        if whole.end.is_some() {
            assert_eq!(pieces.end, whole.end, "in slices of {slice}");
            assert_eq!(String::from_utf8_lossy(&pieces.printed), String::from_utf8_lossy(&whole.printed));
        } else {
            let common = pieces.printed.len().min(whole.printed.len());
            assert!(pieces.printed[..common] == whole.printed[..common], "in slices of {slice} it prints other things");
        }
    }
}

/// A machine that was written at some moments of its life.
struct Life {
    program: Program,
    snapshots: Vec<Vec<u8>>,
}

fn lives() -> &'static [Life] {
    static LIVES: OnceLock<Vec<Life>> = OnceLock::new();
    const PROGRAMS: [&[u8]; 4] = [
        include_bytes!("fuzz/everything.nut"),
        include_bytes!("../scripts/programs/calculator.nut"),
        include_bytes!("../scripts/generators/complex.nut"),
        include_bytes!("../scripts/blob/read-write.nut"),
    ];
    LIVES.get_or_init(|| {
        let life = |source: &&[u8]| {
            let image = image(Dialect::Stock);
            let program = Program::compile(image, source, b"fuzz").expect("it compiles");
            let mut snapshots = Vec::new();
            run(started(image, &program), 37, FUEL, |slices, mut vm| {
                if slices % 4 == 1 {
                    snapshots.push(vm.snapshot().expect("it has not ended"));
                }
                vm
            });
            assert!(!snapshots.is_empty());
            Life { program, snapshots }
        };
        PROGRAMS.iter().map(life).collect()
    })
}

/// The checksum of the format, so that what is behind it is tried at all; see `src/snapshot/mod.rs`.
pub fn fix_checksum(bytes: &mut [u8]) {
    let Some((head, body)) = bytes.split_at_mut_checked(20) else { return };
    let mut sum = body.len() as u64;
    let mut add = |word: u64| {
        sum = (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        sum ^= sum >> 29;
    };
    let (words, rest) = body.as_chunks::<8>();
    for word in words {
        add(u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    add(u64::from_le_bytes(last));
    add(0);
    head[12..].copy_from_slice(&sum.to_le_bytes());
}

/// A snapshot that was tampered with is refused, or runs without harm.
///
/// The first two bytes choose a snapshot, and each four behind them change something in it; or, if the first is 255, what
/// is behind it is the whole snapshot.
pub fn snapshot(bytes: &[u8]) {
    let [which, moment, edits @ ..] = bytes else { return };
    let lives = lives();
    let life = &lives[usize::from(*which) % lives.len()];
    let mut tampered = if *which == 255 {
        let mut tampered = life.snapshots[0][..20].to_vec();
        tampered.extend_from_slice(edits);
        tampered
    } else {
        let mut tampered = life.snapshots[usize::from(*moment) % life.snapshots.len()].clone();
        let (edits, _) = edits.as_chunks::<4>();
        for &[kind, low, high, value] in edits.iter().take(32) {
            let room = tampered.len() - 20;
            if room == 0 {
                break;
            }
            let at = 20 + usize::from(u16::from_le_bytes([low, high])) % room;
            match kind % 8 {
                0 => tampered.truncate(at),
                1 => tampered.insert(at, value),
                2 => drop(tampered.remove(at)),
                3 => tampered[at] = tampered[at].wrapping_add(16),
                4 => tampered[at] ^= 1 << (value % 8),
                5 => tampered[at] = tampered[20 + (at + usize::from(value)) % room],
                _ => tampered[at] = value,
            }
        }
        tampered
    };
    // Now and then the checksum stays wrong.
    if *moment != 255 {
        fix_checksum(&mut tampered);
    }
    let image = image(Dialect::Stock);
    let Ok(mut vm) = restore(image, &life.program, &tampered) else { return };
    for _ in 0..6 {
        assert!(vm.heap().used_bytes() <= LIMITS.heap_bytes);
        if !matches!(vm.run(&mut Printed::default(), 400), Step::More) {
            break;
        }
        let bytes = vm.snapshot().expect("it has not ended");
        // It may by now have what no program could have, and be refused.
        let Ok(again) = restore(image, &life.program, &bytes) else { break };
        vm = again;
    }
    vm.collect_garbage();
}

/// Calls the function that a source of ours returns with strings and numbers, in slices of two sizes: its value as text, or
/// its error, or `None` if the fuel ends first.
fn called(source: &'static str, arguments: impl Fn(&mut Vm) -> Vec<Value>) -> Option<Result<String, String>> {
    let image = image(Dialect::Stock);
    let program = Program::compile(image, source.as_bytes(), b"fuzz").expect("it compiles");
    let ends = [100_000, 100].map(|slice| {
        let mut vm = Vm::new(image, Some(&program), LIMITS).expect("room");
        let main = vm.load(&program).expect("room");
        let arguments = arguments(&mut vm);
        vm.start(main, vm.root(), &arguments).expect("it can be called");
        for _ in 0..100_000 / slice {
            match vm.run(&mut Printed::default(), slice) {
                Step::More => {}
                Step::Done(value) => return Some(Ok(latin(vm.heap().as_bytes(value).expect("a string")))),
                Step::Failed(failure) => return Some(Err(latin(&failure.message))),
                step => panic!("{step:?}"),
            }
        }
        None
    });
    let [whole, pieces] = ends;
    if whole.is_some() && pieces.is_some() {
        assert_eq!(whole, pieces, "slices make a difference");
    }
    whole
}

/// Bytes as text, a character each.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// Whatever a pattern is, what it finds is in the text, and its methods agree.
///
/// The first byte is the length of the pattern, the second where to start.
pub fn regexp(bytes: &[u8]) {
    const SEARCH: &str = r#"
        local r = regexp(vargv[0]), text = vargv[1];
        local show = @(m) m == null ? " -1 -1" : " " + m.begin + " " + m.end;
        local out = (r.match(text) ? "1" : "0") + show(r.search(text)) + show(r.search(text, vargv[2]));
        local all = r.capture(text);
        if (all != null) { out += " " + (r.subexpcount() == all.len() ? 1 : 0); foreach (m in all) out += show(m); }
        return out"#;
    let [length, start, rest @ ..] = bytes else { return };
    let (pattern, text) = rest.split_at(usize::from(*length).min(rest.len()));
    let text = &text[..text.len().min(200)];
    let start = usize::from(*start) % (text.len() + 1);
    let search = |pattern: &[u8]| {
        called(SEARCH, |vm| {
            let strings = [pattern, text].map(|bytes| vm.string(bytes).expect("room"));
            vec![strings[0], strings[1], Value::integer(i32::try_from(start).expect("small"))]
        })
    };
    if let Some(Ok(numbers)) = search(pattern) {
        let numbers: Vec<i64> = numbers.split(' ').map(|number| number.parse().expect("a number")).collect();
        let length = i64::try_from(text.len()).expect("small");
        let whole = numbers[0] == 1;
        let [found, later] = [(numbers[1], numbers[2]), (numbers[3], numbers[4])];
        for (begin, end) in [found, later] {
            // As in the reference, `.` takes the NUL byte behind the text too.
            assert!((begin, end) == (-1, -1) || 0 <= begin && begin <= end && end <= length + 1);
        }
        assert!(later.0 == -1 || later.0 >= i64::try_from(start).expect("small"));
        assert!(!whole || found == (0, length) || length == 0, "it matches all, but finds {found:?}");
        match numbers.get(5) {
            None => assert_eq!(found.0, -1),
            Some(counts) => {
                assert_eq!(*counts, 1, "captures are not as many as groups");
                // Where nothing is captured, the reference does not say where.
                assert_eq!((numbers[6], numbers[7]), if found.0 == found.1 { (0, 0) } else { found });
                for group in numbers[6..].chunks(2) {
                    assert!(0 <= group[0] && group[0] <= group[1] && group[1] <= length + 1, "group {group:?}");
                }
            }
        }
    }
    // A pattern of quoted characters is found where it is.
    let needle: Vec<u8> = pattern.iter().copied().filter(u8::is_ascii_graphic).take(8).collect();
    if needle.is_empty() || text.contains(&0) {
        return;
    }
    let quote = |byte: &u8| if byte.is_ascii_alphanumeric() { vec![*byte] } else { vec![b'\\', *byte] };
    let quoted: Vec<u8> = needle.iter().flat_map(quote).collect();
    let place = text.windows(needle.len()).position(|window| window == needle);
    let Some(answer) = search(&quoted) else { return };
    let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", String::from_utf8_lossy(&quoted)));
    let found: i64 = answer.split(' ').nth(1).expect("a number").parse().expect("a number");
    assert_eq!(found, place.map_or(-1, |place| i64::try_from(place).expect("small")));
}

/// `format` does what C does with flags, width and precision, and any format is refused or followed.
pub fn format(bytes: &[u8]) {
    const ANY: &str = "return format(vargv[0], vargv[1], vargv[2], vargv[3])";
    let Some((head, rest)) = bytes.split_first_chunk::<8>() else { return };
    let rest = &rest[..rest.len().min(100)];
    let &[flags, width, precision, conversion, ..] = head;
    let number = i32::from_le_bytes([head[4], head[5], head[6], head[7]]);
    let float = f32::from_bits(number.cast_unsigned());
    let result = called(ANY, |vm| {
        let [text, string] = [rest, &b"a string"[..]].map(|bytes| vm.string(bytes).expect("room"));
        vec![text, Value::integer(number), Value::float(float), string]
    });
    if !rest.contains(&b'%') && !rest.contains(&0) {
        assert_eq!(result, Some(Ok(latin(rest))), "a format without conversions is what it gives");
    }

    let spec = Spec {
        left: flags & 1 != 0,
        plus: flags & 2 != 0,
        blank: flags & 4 != 0,
        alternate: flags & 8 != 0,
        zero: flags & 16 != 0,
        width: usize::from(width % 100),
        precision: (precision >= 128).then_some(usize::from(precision % 64)),
    };
    let conversion = char::from(b"diuxXocsfeEgG"[usize::from(conversion) % 13]);
    let word: Vec<u8> = rest.iter().copied().filter(|byte| !matches!(byte, 0 | b'%')).collect();
    let pattern = format!("<{}{conversion}>", spec.written());
    let wanted = match conversion {
        's' => spec.string(&latin(&word)),
        'c' => spec.string_whole(&char::from(number.to_le_bytes()[0]).to_string()),
        'f' | 'e' | 'E' | 'g' | 'G' => spec.float(conversion, f64::from(float)),
        _ => spec.integer(conversion, number),
    };
    let got = called(ANY, |vm| {
        let value = match conversion {
            's' => vm.string(&word).expect("room"),
            'f' | 'e' | 'E' | 'g' | 'G' => Value::float(float),
            _ => Value::integer(number),
        };
        vec![vm.string(pattern.as_bytes()).expect("room"), value, Value::NULL, Value::NULL]
    });
    assert_eq!(got, Some(Ok(format!("<{wanted}>"))), "{pattern} of {number}, {float:?}");
}

/// Flags, width and precision of a conversion of C's `printf`.
#[expect(clippy::struct_excessive_bools, reason = "flags that are independent of each other")]
struct Spec {
    left: bool,
    plus: bool,
    blank: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

impl Spec {
    fn written(&self) -> String {
        let flags = [(self.left, '-'), (self.plus, '+'), (self.blank, ' '), (self.alternate, '#'), (self.zero, '0')];
        let mut text: String = "%".chars().chain(flags.into_iter().filter(|flag| flag.0).map(|flag| flag.1)).collect();
        if self.width > 0 {
            text += &self.width.to_string();
        }
        if let Some(precision) = self.precision {
            text.push('.');
            text += &precision.to_string();
        }
        text
    }

    /// `prefix` and `text` in the width, with zeros or blanks between or around them.
    fn padded(&self, prefix: &str, text: &str, zeros: bool) -> String {
        let missing = self.width.saturating_sub(prefix.chars().count() + text.chars().count());
        if self.left {
            format!("{prefix}{text}{}", " ".repeat(missing))
        } else if zeros {
            format!("{prefix}{}{text}", "0".repeat(missing))
        } else {
            format!("{}{prefix}{text}", " ".repeat(missing))
        }
    }

    fn string(&self, text: &str) -> String {
        let text: String = text.chars().take(self.precision.unwrap_or(usize::MAX)).collect();
        self.string_whole(&text)
    }

    fn string_whole(&self, text: &str) -> String {
        self.padded("", text, false)
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.plus, self.blank) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        }
    }

    fn integer(&self, conversion: char, number: i32) -> String {
        let bits = number.cast_unsigned();
        let (mut prefix, mut digits) = match conversion {
            'd' | 'i' => (self.sign(number < 0), number.unsigned_abs().to_string()),
            'u' => ("", bits.to_string()),
            'x' => (if self.alternate && bits != 0 { "0x" } else { "" }, format!("{bits:x}")),
            'X' => (if self.alternate && bits != 0 { "0X" } else { "" }, format!("{bits:X}")),
            _ => ("", format!("{bits:o}")),
        };
        if self.precision == Some(0) && number == 0 {
            digits.clear();
        }
        let least = self.precision.unwrap_or(1);
        if digits.len() < least {
            digits.insert_str(0, &"0".repeat(least - digits.len()));
        }
        if conversion == 'o' && self.alternate && !digits.starts_with('0') {
            prefix = "0";
        }
        self.padded(prefix, &digits, self.zero && self.precision.is_none())
    }

    fn float(&self, conversion: char, number: f64) -> String {
        let sign = self.sign(number.is_sign_negative());
        let upper = conversion.is_ascii_uppercase();
        let number = number.abs();
        if !number.is_finite() {
            let text = if number.is_nan() { "nan" } else { "inf" };
            return self.padded(sign, &if upper { text.to_uppercase() } else { text.to_owned() }, false);
        }
        let precision = self.precision.unwrap_or(6);
        let text = match conversion.to_ascii_lowercase() {
            'f' => self.fixed(number, precision),
            'e' => self.scientific(number, precision),
            _ => {
                let digits = precision.max(1);
                let exponent = format!("{number:.*e}", digits - 1);
                let exponent: i32 = exponent.split_once('e').expect("an exponent").1.parse().expect("a number");
                let few = i32::try_from(digits).expect("small");
                if (-4..few).contains(&exponent) {
                    let behind = usize::try_from(few - 1 - exponent).expect("not negative");
                    self.shortened(self.fixed(number, behind))
                } else {
                    let text = self.scientific(number, digits - 1);
                    let (mantissa, exponent) = text.split_once('e').expect("an exponent");
                    format!("{}e{exponent}", self.shortened(mantissa.to_owned()))
                }
            }
        };
        self.padded(sign, &if upper { text.to_uppercase() } else { text }, self.zero)
    }

    fn fixed(&self, number: f64, precision: usize) -> String {
        format!("{number:.precision$}{}", if precision == 0 && self.alternate { "." } else { "" })
    }

    fn scientific(&self, number: f64, precision: usize) -> String {
        let text = format!("{number:.precision$e}");
        let (mantissa, exponent) = text.split_once('e').expect("an exponent");
        let exponent: i32 = exponent.parse().expect("a number");
        let point = if precision == 0 && self.alternate { "." } else { "" };
        format!("{mantissa}{point}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
    }

    /// Without the zeros at its end, as `%g` has it.
    fn shortened(&self, text: String) -> String {
        if self.alternate || !text.contains('.') {
            return text;
        }
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}
