use crate::service::service;
use crate::world::World;
use insta::assert_snapshot;
use std::fs;

fn run(world: &World, program: &str, more: &[&str]) -> String {
    let file = world.write("program.nut", program);
    world.run(&[&["squirrel", "run"], more, &[&file]].concat())
}

#[test]
fn runs_programs() {
    let mut world = World::new(service);
    assert_snapshot!("run", run(&world, "print(\"no line end\");", &[]));
    assert!(run(&world, "for (local i = 0; i < 100000; i++) print(i + \"\\n\");", &[]).ends_with("\n99999\n"));
    assert_snapshot!("run_nothing", run(&world, "", &[]));
    let file =
        world.write("arguments.nut", "foreach (i, a in vargv) print(i + \" \" + a + \"\\n\"); error(\"done\\n\");");
    assert_snapshot!("run_arguments", world.run(&["squirrel", "run", &file, "one", "--dialect", "-x", "", "grün"]));
    world.stdin = "print(_versionnumber_ + \"\\n\");\nerror(_version_ + \"\\n\")".to_owned();
    assert_snapshot!("run_stdin", world.run(&["squirrel", "run", "-"]));
    assert_snapshot!("run_imp", world.run(&["squirrel", "run", "--dialect", "imp", "-"]));
    assert_snapshot!("run_mark", run(&world, "\u{feff}print(1);", &[]));
}

#[test]
fn what_nothing_catches_is_reported_as_the_reference_does() {
    let world = World::new(service);
    let program = "\
local outer = 1.5;
class Bed { moisture = null }
function water(bed, ...) {
    local text = \"dry\", nothing = null, list = [1], third = 1.0 / 3, big = 1e20;
    {
        local inner = true;
        local made = Bed(), print = ::print, fiber = newthread(function() {}), g = (function() { yield 1 })(), weak = list.weakref();
        print(text + outer + \"\\n\");
        bed.valve.open();
    }
}
local f = @(n) n > 0 ? 1 + callee()(n - 1) : water({}, 7);
f(1);
";
    assert_snapshot!("uncaught", run(&world, program, &[]));
    assert_snapshot!("uncaught_table", run(&world, "throw { code = 3 }", &[]));
    assert_snapshot!(
        "uncaught_handled",
        run(&world, "seterrorhandler(@(e) print(\"mine: \" + e + \"\\n\")); throw \"x\"", &[])
    );
    let deep = run(&world, "function f(n) { return 1 + f(n + 1) } f(0)", &[]);
    assert!(deep.contains("exit: 1\n--- stderr\n\nAN ERROR HAS OCCURED [stack overflow]\n"), "{deep}");
}

#[test]
fn programs_that_do_not_get_to_run() {
    let world = World::new(service);
    assert_snapshot!("run_broken", run(&world, "local fine = 1;\nlocal x = ;\n\tlocal = \"温\";\n", &[]));
    assert_snapshot!("run_missing", world.run(&["squirrel", "run", "nowhere.nut"]));
    assert_snapshot!("run_no_file", world.run(&["squirrel", "run"]));
    assert_snapshot!("run_bad_memory", world.run(&["squirrel", "run", "--memory", "lots", "x.nut"]));
    assert_snapshot!("run_bad_fuel", world.run(&["squirrel", "run", "--fuel", "0", "x.nut"]));
    let arguments = vec!["x"; 201];
    let file = world.write("many.nut", "");
    let output = world.run(&[&["squirrel", "run", &file][..], &arguments].concat());
    assert!(output.contains("exit: 2") && output.contains("too many arguments"), "{output}");
}

#[test]
fn limits_end_programs() {
    let world = World::new(service);
    assert_snapshot!("run_out_of_fuel", run(&world, "print(\"on\\n\"); while (true);", &["--fuel", "5M"]));
    let grow =
        "print(\"on\\n\"); try { local a = []; while (true) a.append(\"x\" + a.len()); } catch (e) print(\"caught\")";
    assert_snapshot!("run_out_of_memory", run(&world, grow, &["--memory", "1M"]));
    let time = "print(time() + \" \" + clock() + \" \" + date().hour + \" \" + date(3600, 'u').hour + \"\\n\")";
    assert_snapshot!("run_no_time", run(&world, time, &["--time", "none"]));
    let now = run(&world, "print(time() > 1700000000 && clock() >= 0 && date().year >= 2024)", &[]);
    assert!(now.contains("--- stdout\ntrue"), "{now}");
}

#[test]
fn checks_programs() {
    let world = World::new(service);
    let good = world.write("good.nut", "local x = 1;\nreturn x;\n");
    let broken =
        world.write("broken.nut", "local fine = 1;\nlocal x = ;\nfunction f() {\n\tlocal = 2;\n}\nreturn fine + x;\n");
    assert_snapshot!("check_good", world.run(&["squirrel", "check", &good]));
    assert_snapshot!("check_broken", world.run(&["squirrel", "check", &good, &broken]));
    assert_snapshot!("check_json", world.run(&["squirrel", "check", "--json", &good, &broken]));
    assert_snapshot!("check_json_good", world.run(&["squirrel", "check", "--json", &good]));
    assert_snapshot!("check_missing", world.run(&["squirrel", "check", &good, "nowhere.nut"]));
    let directory = world.directory.path().join("src");
    for (name, program) in
        [("b.nut", "local = 1"), ("a/c.nut", "}"), ("a/notes.txt", "}"), (".git/d.nut", "}"), ("a.nut", "")]
    {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, program).unwrap();
    }
    assert_snapshot!("check_directory", world.run(&["squirrel", "check", &directory.display().to_string()]));
    fs::create_dir(directory.join("empty")).unwrap();
    assert_snapshot!("check_empty", world.run(&["squirrel", "check", &directory.join("empty").display().to_string()]));
    assert_snapshot!("check_colour", world.on_terminal(80).run(&["squirrel", "check", &broken]));
}

#[test]
fn warns_of_likely_mistakes() {
    let world = World::new(service);
    let doubtful = world.write(
        "doubtful.nut",
        "function water(bed) {\n    local unused = 1;\n    if (bed = 2) {\n        return NEVER_MIND;\n        servr.log(\"dead\");\n    }\n}\n\
         server.log(\"fine\");\nwater(imp.getmacaddress());\n",
    );
    assert_snapshot!("check_warnings", world.run(&["squirrel", "check", &doubtful]));
    assert_snapshot!(
        "check_warnings_denied",
        world.run(&["squirrel", "check", "--deny-warnings", "--json", &doubtful])
    );
    assert_snapshot!("check_warnings_stock", world.run(&["squirrel", "check", "--dialect", "stock", &doubtful]));
    assert_snapshot!("check_warnings_colour", world.on_terminal(80).run(&["squirrel", "check", &doubtful]));
}

#[test]
fn lays_programs_out() {
    let mut world = World::new(service);
    let ugly = "local a=1\n\nlocal b  =  {x=a,\ty=2}\nif(a){print(b.x)}\n// kept\n";
    let file = world.write("ugly.nut", ugly);
    let broken = world.write("broken.nut", "local = 1");
    assert_snapshot!("fmt_check", world.run(&["squirrel", "fmt", "--check", &file]));
    assert_snapshot!("fmt_diff", world.run(&["squirrel", "fmt", "--diff", &file]));
    assert_eq!(fs::read_to_string(&file).unwrap(), ugly);
    assert_snapshot!("fmt_broken", world.run(&["squirrel", "fmt", &broken, &file]));
    let pretty = fs::read_to_string(&file).unwrap();
    assert_snapshot!("fmt_result", pretty);
    assert_eq!(fs::read_to_string(&broken).unwrap(), "local = 1");
    assert_snapshot!("fmt_good", world.run(&["squirrel", "fmt", "--check", "--diff", &file]));
    assert_snapshot!("fmt_missing", world.run(&["squirrel", "fmt", "nowhere.nut"]));
    world.stdin = ugly.to_owned();
    assert_eq!(world.execute(&["squirrel", "fmt", "-"]).1, pretty);
    let left: Vec<_> = fs::read_dir(world.directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.as_encoded_bytes().starts_with(b".")), "{left:?}");
}

#[test]
fn disassembles_programs() {
    let mut world = World::new(service);
    world.stdin = "function add(a, b = 2) { return a + b }\nfor (local i = 0; i < 3; i++) print(add(i));\n".to_owned();
    let output = world.run(&["squirrel", "disassemble", "-"]);
    for part in ["exit: 0", "f0 function main(...): ", "f1 function add(a, b): ", "\"print\"", "line 2", "-> "] {
        assert!(output.contains(part), "{part} is missing in {output}");
    }
    world.stdin = "local = 1".to_owned();
    assert_snapshot!("disassemble_broken", world.run(&["squirrel", "disassemble", "-"]));
}

#[test]
fn the_console_takes_line_after_line() {
    let mut world = World::new(service);
    world.stdin = "\
1 + 2
// nothing
\"text\\n\" + 1
x <- [1, 2.5, { a = null, [3] = \"b\" }]
x
null
print(\"no line end\")
function twice(n) {
    return n * 2
}
twice(21);
const LIMIT = 7
enum Kind { A, B }
LIMIT + Kind.B
local gone = 1
gone
{ a = 1,
  b = 2 }
if (x) {
    print(\"yes\\n\")
} else {
    print(\"no\\n\")
}
local = ;
@\"a
b\"
class Bed { function open() { return this.valve } }
Bed().open()
x.len(
)
:help array.append
:help nonsense
:nonsense
::x.len()
:reset
x
:quit
1
"
    .to_owned();
    assert_snapshot!("repl", world.run(&["squirrel", "repl"]));
    world.stdin = "1 +".to_owned();
    assert_snapshot!("repl_unfinished", world.run(&["squirrel", "repl"]));
    world.stdin = "local a = []; while (true) a.append(a.len() + \"x\")\n1\n".to_owned();
    assert_snapshot!("repl_out_of_memory", world.run(&["squirrel", "repl", "--dialect", "imp", "--memory", "4M"]));
    world.stdin = ":help\n".to_owned();
    assert_snapshot!("repl_help", world.run(&["squirrel", "repl"]));
}

#[test]
fn helps() {
    let world = World::new(service);
    for command in ["run", "check", "repl", "disassemble", "fmt"] {
        assert_snapshot!(format!("squirrel_help_{command}"), world.run(&["squirrel", command, "--help"]));
    }
    assert_snapshot!("squirrel_help", world.run(&["squirrel", "--help"]));
}
