//! What a host does with a machine: functions, objects and classes of its own, values, calls, and waiting.

use std::collections::BTreeMap;

use squirrel::{
    Bytes, CallError, Dialect, Fault, Flow, Function, Host, Image, ImageBuilder, Limits, Member, Program, Step, Value,
    Vm,
};

/// Takes prints and requests.
#[derive(Default)]
struct World {
    printed: Vec<u8>,
    requests: Vec<String>,
}

impl Host for World {
    fn print(&mut self, text: &[u8]) {
        self.printed.extend_from_slice(text);
    }
}

fn fetch(call: &mut squirrel::Call<'_>) -> Result<Flow, Fault> {
    if call.step == 0 {
        let url = call.get(1)?;
        let Some(world) = call.host_as::<World>() else { return Err(Fault::Corrupt) };
        world.requests.push(url);
        return Ok(call.wait(1));
    }
    // The argument is still there.
    let url: String = call.get(1)?;
    let answer = Bytes::clone(&squirrel::FromSquirrel::from_squirrel(call.result, call.heap).unwrap());
    call.give([url.as_bytes(), b" gave ", &answer.0].concat().as_slice())
}

/// One function that serves several names.
fn named(call: &mut squirrel::Call<'_>) -> Result<Flow, Fault> {
    let (owner, name) = call.name();
    let text = format!("{owner}.{}", String::from_utf8_lossy(name));
    call.give(text)
}

fn image() -> Image {
    let named = |name| Member::Function(Function::new(name, named, 0, ""));
    ImageBuilder::new(Dialect::Imp)
        .constant("LIMIT", squirrel::syntax::Constant::Scalar(squirrel::syntax::Scalar::Integer(12)))
        .function(Function::new("fetch", fetch, 2, ".s").documented("fetch(url) -> string", "Asks the world."))
        .function(Function::new(
            "total",
            |call| {
                let numbers: Vec<f32> = call.get(1)?;
                call.charge(numbers.len());
                call.give(numbers.iter().sum::<f32>())
            },
            2,
            ".",
        ))
        .object(
            "device",
            &[
                named("on"),
                Member::Text { name: "kind", value: "test" },
                Member::Bool { name: "real", value: false },
                Member::Float { name: "volts", value: 3.5 },
                Member::Object { name: "pin", members: &[named("read"), Member::Integer { name: "number", value: 7 }] },
            ],
        )
        .class(
            "Counter",
            Some("counter"),
            &[
                Function::new(
                    "constructor",
                    |call| {
                        let start: i32 = call.get(1)?;
                        let this = call.this();
                        call.set_payload(this, "counter", &start.to_le_bytes())?;
                        Ok(Flow::Return(Value::NULL))
                    },
                    2,
                    "xi",
                ),
                Function::new(
                    "next",
                    |call| {
                        let this = call.this();
                        let bytes = call.payload(this, "counter").and_then(|bytes| bytes.try_into().ok());
                        let next = i32::from_le_bytes(bytes.ok_or("not a counter")?) + 1;
                        call.set_payload(this, "counter", &next.to_le_bytes())?;
                        call.give(next)
                    },
                    1,
                    "x",
                ),
            ],
        )
        .build()
}

/// A machine that has run a source.
fn machine(source: &str) -> (Image, Program, Vm, World) {
    let image = image();
    let program = Program::compile(&image, source.as_bytes(), b"main").unwrap();
    let mut vm = Vm::new(&image, Some(&program), Limits::default()).unwrap();
    let mut world = World::default();
    let main = vm.load(&program).unwrap();
    let root = vm.root();
    vm.call_to_end(&mut world, main, root, &[], 1_000_000).unwrap();
    (image, program, vm, world)
}

fn call(vm: &mut Vm, world: &mut World, name: &str, arguments: &[Value]) -> Result<Value, CallError> {
    let function = vm.global(name.as_bytes()).expect("a global");
    let root = vm.root();
    vm.call_to_end(world, function, root, arguments, 100_000)
}

#[test]
fn programs_see_what_the_host_registers() {
    let source = "
        class More extends Counter { step = 2; function next() { return base.next() * step } }
        function f() {
            local more = More(4), copy = clone more;
            more.next();
            local error = null;
            try { device.kind = 1 } catch (e) error = e;
            try { Counter.next.call({}) } catch (e) error += e;
            return [LIMIT, total([1, 2.5]), device.on(), device.pin.read(), device.pin.number, device.kind, device.real,
                device.volts, typeof device, more.next(), copy.next(), error].reduce(@(a, b) a + \" \" + b)
        }";
    let (.., mut vm, mut world) = machine(source);
    let value = call(&mut vm, &mut world, "f", &[]).unwrap();
    assert_eq!(
        vm.read::<String>(value).unwrap(),
        "12 3.5 device.on device.pin.read 7 test false 3.5 meta 12 10 trying to set 'meta'\
         parameter 0 has an invalid type 'table' ; expected: 'instance'"
    );
    let image = image();
    let fetch = image.functions().find(|function| function.name == b"fetch").unwrap();
    assert_eq!((fetch.owner, fetch.signature, fetch.doc), ("", "fetch(url) -> string", "Asks the world."));
    let find = image.functions().find(|function| (function.owner, function.name) == ("string", b"find")).unwrap();
    assert!(find.signature.starts_with("find("), "{find:?}");
    assert!(image.functions().all(|function| !function.name.is_empty()));
}

#[test]
fn wrong_arguments_are_the_programs_fault() {
    let (.., mut vm, mut world) = machine("function f(x) { try { return total(x) } catch (e) return e }");
    for (argument, error) in [
        (Value::integer(3), "parameter 1 has an invalid type 'integer' ; expected: 'array'"),
        (vm.make(vec!["x"]).unwrap(), "parameter 1 has an invalid type 'array' ; expected: 'integer|float'"),
    ] {
        let value = call(&mut vm, &mut world, "f", &[argument]).unwrap();
        assert_eq!(vm.read::<String>(value).unwrap(), error);
    }
}

#[test]
fn a_call_of_the_hosts_waits_for_its_answer() {
    let source = "function f(a) {
        local x = 1;
        try { return [a, b].map(@(u) fetch(u))[0] + x } catch (e) { return \"caught \" + e }
    }
    b <- \"second\"";
    for through_bytes in [false, true] {
        let (image, program, mut vm, mut world) = machine(source);
        let renew = |mut vm: Vm| {
            if !through_bytes {
                return vm;
            }
            let bytes = vm.snapshot().unwrap();
            Vm::restore(&image, &bytes, &mut |_| Some(program.clone()), Limits::default()).unwrap()
        };
        let (function, argument) = (vm.global(b"f").unwrap(), vm.string(b"first").unwrap());
        vm.start(function, vm.root(), &[argument]).unwrap();
        assert!(matches!(vm.run(&mut world, 100_000), Step::Waiting));
        vm = renew(vm);
        // Without an answer it does not go on.
        assert!(matches!(vm.run(&mut world, 100_000), Step::Waiting));
        assert!(vm.start(function, vm.root(), &[]).is_err());
        let answer = vm.make("one").unwrap();
        vm.collect_garbage();
        vm.answer(answer);
        vm = renew(vm);
        assert!(matches!(vm.run(&mut world, 100_000), Step::Waiting));
        assert_eq!(world.requests, ["first", "second"]);
        vm = renew(vm);
        vm.answer(Value::integer(5));
        vm = renew(vm);
        // Of another type than the function expects: that is a matter between the host and itself.
        vm.abandon();
        let (function, argument) = (vm.global(b"f").unwrap(), vm.string(b"first").unwrap());
        vm.start(function, vm.root(), &[argument]).unwrap();
        assert!(matches!(vm.run(&mut world, 100_000), Step::Waiting));
        vm.answer_error(b"no route").unwrap();
        vm = renew(vm);
        let Step::Done(value) = vm.run(&mut world, 100_000) else { panic!("it ends") };
        assert_eq!(vm.read::<String>(value).unwrap(), "caught no route");
        // Uncaught, it ends the call.
        let (function, argument) = (vm.global(b"fetch").unwrap(), vm.string(b"third").unwrap());
        vm.start(function, vm.root(), &[argument]).unwrap();
        assert!(matches!(vm.run(&mut world, 100_000), Step::Waiting));
        vm.answer_error(b"nobody there").unwrap();
        vm = renew(vm);
        let Step::Failed(failure) = vm.run(&mut world, 100_000) else { panic!("it fails") };
        assert_eq!(failure.message, b"nobody there");
        call(&mut vm, &mut world, "total", &[]).unwrap_err();
    }
}

#[test]
fn calls_that_take_too_long_are_given_up() {
    let source = "count <- 0; function f() { while (true) count++ } function g(x) { return x + count * 0 }
        function h() { throw \"thrown\" } function w() { return fetch(\"x\") }";
    let (.., mut vm, mut world) = machine(source);
    assert!(matches!(call(&mut vm, &mut world, "f", &[]), Err(CallError::OutOfFuel)));
    assert!(matches!(call(&mut vm, &mut world, "w", &[]), Err(CallError::Waiting)));
    let Err(CallError::Failed(failure)) = call(&mut vm, &mut world, "h", &[]) else { panic!("it fails") };
    assert_eq!(failure.message, b"thrown");
    let value = call(&mut vm, &mut world, "g", &[Value::integer(4)]).unwrap();
    assert_eq!(value.as_integer(), Some(4));
    assert!(vm.read::<i32>(vm.global(b"count").unwrap()).unwrap() > 1000);
}

#[test]
fn values_last_as_long_as_is_promised() {
    let source = "function f(x) { held <- null; local junk = []; for (local i = 0; i < 5000; i++) junk = [junk, i + \"\"]; return x }";
    let (image, program, mut vm, mut world) = machine(source);
    // What was made since the machine ran last survives collections, held or not.
    let made = vm.make(BTreeMap::from([("list".to_owned(), vec![Some("a".to_owned()), None])])).unwrap();
    for number in 0..100 {
        vm.string(format!("some text number {number}").as_bytes()).unwrap();
        vm.collect_garbage();
    }
    let read: BTreeMap<String, Vec<Option<String>>> = vm.read(made).unwrap();
    assert_eq!(read["list"], [Some("a".to_owned()), None]);
    // What is held survives the machine's runs, and snapshots.
    let held = vm.hold(made);
    call(&mut vm, &mut world, "f", &[]).unwrap_err();
    call(&mut vm, &mut world, "f", &[Value::NULL]).unwrap();
    vm.collect_garbage();
    let bytes = vm.snapshot().unwrap();
    let mut vm = Vm::restore(&image, &bytes, &mut |_| Some(program.clone()), Limits::default()).unwrap();
    let read: BTreeMap<String, Value> = vm.read(vm.held(held)).unwrap();
    assert_eq!(vm.read::<Vec<Value>>(read["list"]).unwrap().len(), 2);
    // And what was released is gone: the next run is the last that it sees.
    let before = vm.heap().used_bytes();
    vm.release(held);
    vm.release(held);
    call(&mut vm, &mut world, "f", &[Value::NULL]).unwrap();
    vm.collect_garbage();
    assert!(vm.heap().used_bytes() < before);
    assert_eq!(vm.held(held), Value::NULL);
    assert_ne!(vm.hold(Value::TRUE), vm.hold(Value::TRUE));
    // The result of a call can be used at once, and be put where the program finds it.
    let text = vm.string(b"a text of the host's own").unwrap();
    let value = call(&mut vm, &mut world, "f", &[text]).unwrap();
    vm.collect_garbage();
    vm.set_global(b"kept", value).unwrap();
    call(&mut vm, &mut world, "f", &[Value::NULL]).unwrap();
    assert_eq!(vm.read::<String>(vm.global(b"kept").unwrap()).unwrap(), "a text of the host's own");
}

#[test]
fn values_of_another_machine_do_no_harm() {
    let (.., mut rich, _) = machine("t <- []; for (local i = 0; i < 500; i++) t.append({ i = i, s = \"text \" + i });");
    let foreign: Vec<Value> = rich.read(rich.global(b"t").unwrap()).unwrap();
    let texts: Vec<Value> =
        (0..50).map(|number| rich.string(format!("foreign {number}").as_bytes()).unwrap()).collect();
    let (.., mut vm, mut world) =
        machine("function f(x) { try { x.y <- 1; foreach (k, v in x) ; } catch (e) return e; return x }");
    for value in foreign.into_iter().chain(texts) {
        let held = vm.hold(value);
        let _ = vm.read::<BTreeMap<String, Value>>(value);
        vm.set_global(b"strange", value).unwrap();
        let _ = call(&mut vm, &mut world, "f", &[value]);
        vm.collect_garbage();
        vm.release(held);
        vm.snapshot().unwrap();
    }
    assert!(matches!(call(&mut vm, &mut world, "f", &[Value::NULL; 201]), Err(CallError::Start(_))));
}

#[test]
fn garbage_made_at_one_place_is_no_reason_to_give_up() {
    // What is alive is a tenth of the heap at most; all that is made is many times as much.
    for (source, expected) in [
        (r#"local t = ""; while (t.len() < 60000) t += "0123456789"; print(t.len());"#, "60000"),
        (r#"local t = ""; local n = 0; do { t = t + "0123456789"; n++; } while (n < 6000); print(t.len());"#, "60000"),
        (r"local a = null; for (local i = 0; i < 100000; i++) a = [i, i, i, i]; print(a[3]);", "99999"),
        (r"local a = null; for (local i = 0; i < 100000; i++) a = { i = i, j = i }; print(a.j);", "99999"),
        (r"local a = null; for (local i = 0; i < 100000; i++) a = @() i; print(a());", "100000"),
        (r#"local n = 0; foreach (i, _ in array(20000)) n += ("x" + i).len(); print(n);"#, "108890"),
    ] {
        let image = image();
        let program = Program::compile(&image, source.as_bytes(), b"garbage").unwrap();
        let limits = Limits { heap_bytes: 1 << 20, ..Limits::default() };
        let mut vm = Vm::new(&image, Some(&program), limits).unwrap();
        let mut world = World::default();
        let main = vm.load(&program).unwrap();
        let root = vm.root();
        vm.start(main, root, &[]).unwrap();
        let end = loop {
            match vm.run(&mut world, 10_000) {
                Step::More => {}
                end => break end,
            }
        };
        assert!(matches!(end, Step::Done(_)), "{source}: {end:?}");
        assert_eq!(String::from_utf8_lossy(&world.printed), expected, "{source}");
    }
}

#[test]
fn a_full_heap_says_so() {
    let (.., mut vm, mut world) = machine("function f() { local a = []; while (true) a.append(\"x\" + a.len()) }");
    let limits = Limits { heap_bytes: 100_000, ..Limits::default() };
    let mut small = Vm::new(vm.image(), None, limits).unwrap();
    assert!(small.make(Bytes(vec![0; 200_000])).is_err());
    assert!(small.string(b"short").is_ok());
    let array: Vec<i32> = vec![0; 100_000];
    assert!(small.make(array).is_err());
    let function = vm.global(b"f").unwrap();
    vm.start(function, vm.root(), &[]).unwrap();
    loop {
        match vm.run(&mut world, 10_000_000) {
            Step::More => {}
            Step::OutOfMemory => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(vm.snapshot().unwrap_err(), squirrel::SnapshotError::Ended);
}
