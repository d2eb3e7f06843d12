//! How long it takes to write and read a heap of about a megabyte: `cargo bench -p impstead-squirrel --bench snapshot`.

use std::time::{Duration, Instant};

use squirrel::{Dialect, Host, Image, Limits, Program, Vm};

struct Silent;

impl Host for Silent {
    fn print(&mut self, _: &[u8]) {}
}

/// Programs that fill the heap: with a mix of objects, with text, with numbers, and with almost nothing.
const HEAPS: [(&str, &str); 4] = [
    (
        "mixed",
        "class Point { x = 0; y = 0; name = null; constructor(x, y) { this.x = x; this.y = y; name = \"p\" + x } }
         kept <- [];
         for (local i = 0; i < 1800; i++) {
             local t = { id = i, point = Point(i, i * 0.5), text = \"entry number \" + i, list = [i, i + 1, i + 2] };
             t.f <- function() { return i };
             t.weak <- t.point.weakref();
             kept.append(t);
         }",
    ),
    (
        "text",
        "kept <- []; for (local i = 0; i < 9000; i++) kept.append(\"a text that is a little longer, number \" + i);",
    ),
    (
        "numbers",
        "kept <- []; for (local i = 0; i < 120; i++) { kept.append(array(1000)); for (local j = 0; j < 1000; j++) kept.top()[j] = j * 0.37 }",
    ),
    (
        "hello",
        "count <- 0; handlers <- {}; function onRequest(r) { count++; return \"Hello \" + count } handlers.request <- onRequest;",
    ),
];

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn main() {
    let image = Image::new(Dialect::Imp);
    println!("| heap | bytes in use | snapshot | write | read |\n| --- | --- | --- | --- | --- |");
    for (name, source) in HEAPS {
        let program = Program::compile(&image, source.as_bytes(), b"main").expect("it compiles");
        let mut vm = Vm::new(&image, Some(&program), Limits::default()).expect("room");
        let main = vm.load(&program).expect("room");
        let root = vm.root();
        vm.call_to_end(&mut Silent, main, root, &[], u32::MAX).expect("it ends");
        vm.collect_garbage();
        let (mut writes, mut reads, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..60 {
            let start = Instant::now();
            bytes = vm.snapshot().expect("it is at rest");
            writes.push(start.elapsed());
            let start = Instant::now();
            let again = Vm::restore(&image, &bytes, &mut |_| Some(program.clone()), Limits::default());
            reads.push(start.elapsed());
            vm = again.expect("it was written just now");
        }
        let (write, read) = (median(writes), median(reads));
        println!("| {name} | {} | {} | {write:.3} ms | {read:.3} ms |", vm.heap().used_bytes(), bytes.len());
    }
}
