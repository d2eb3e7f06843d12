//! Looks into values from outside: for consoles and debuggers.

use std::fmt::Write as _;

use crate::heap::Heap;
use crate::heap::object::METHOD;
use crate::heap::table::NONE;
use crate::value::{Tag, Value};
use crate::vm::Vm;

/// How deep containers within containers are described, and how many entries of each.
const MAX_DEPTH: usize = 4;
const MAX_ENTRIES: usize = 50;
/// How many bytes of a string are described.
const MAX_TEXT: usize = 2000;
/// How long a description may grow, about.
const MAX_LENGTH: usize = 20_000;

impl Heap {
    /// Lists the entries of a table, the fields of an instance, or the members of a class, in the order of `foreach`; what else
    /// has none.
    pub fn entries(&self, value: Value) -> Vec<(Value, Value)> {
        let of_class = |class: u32, method: bool| {
            let class = self.classes.get(class as usize);
            let members = class.into_iter().flat_map(|class| class.members.iter());
            members.filter_map(move |(name, place)| {
                let place = place.as_integer()?;
                ((place & METHOD != 0) == method).then_some((name, usize::try_from(place & !METHOD).ok()?))
            })
        };
        match value.tag() {
            Tag::Table => self.tables.get(value.index()).map(|table| table.iter().collect()).unwrap_or_default(),
            Tag::Instance => {
                let Some(instance) = self.instances.get(value.index()) else { return Vec::new() };
                let fields = of_class(instance.class, false);
                fields.filter_map(|(name, place)| Some((name, *instance.fields.get(place)?))).collect()
            }
            Tag::Class => {
                let Some(class) = self.classes.get(value.index()) else { return Vec::new() };
                let number = value.payload();
                let fields =
                    of_class(number, false).filter_map(|(name, place)| Some((name, class.fields.get(place)?.value)));
                let methods =
                    of_class(number, true).filter_map(|(name, place)| Some((name, class.methods.get(place)?.value)));
                fields.chain(methods).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Vm {
    /// Describes a value for a person: strings in quotes, containers with what is in them, cut where it gets long.
    ///
    /// Asks no metamethods, so no code of the program runs.
    pub fn describe(&self, value: Value) -> String {
        let mut out = String::new();
        self.describe_to(value, &mut Vec::new(), &mut out);
        out
    }

    fn describe_to(&self, value: Value, within: &mut Vec<Value>, out: &mut String) {
        let heap = self.heap();
        match value.tag() {
            Tag::String => quote(heap.bytes(value), out),
            Tag::Null => out.push_str("null"),
            Tag::Array if !heap.items(value).is_empty() => {
                self.describe_all(value, ("[", "]"), heap.items(value).iter().map(|&item| (None, item)), within, out);
            }
            Tag::Array => out.push_str("[]"),
            Tag::Table => {
                let entries = heap.entries(value);
                if entries.is_empty() {
                    out.push_str("{}");
                } else {
                    let entries = entries.into_iter().map(|(key, value)| (Some(key), value));
                    self.describe_all(value, ("{ ", " }"), entries, within, out);
                }
            }
            _ => out.push_str(&String::from_utf8_lossy(&self.text(value))),
        }
    }

    fn describe_all(
        &self,
        container: Value,
        (open, close): (&str, &str),
        entries: impl ExactSizeIterator<Item = (Option<Value>, Value)>,
        within: &mut Vec<Value>,
        out: &mut String,
    ) {
        if within.len() >= MAX_DEPTH || within.contains(&container) {
            let _ = write!(out, "{open}...{close}");
            return;
        }
        within.push(container);
        out.push_str(open);
        let count = entries.len();
        for (place, (key, value)) in entries.enumerate() {
            if place > 0 {
                out.push_str(", ");
            }
            if place == MAX_ENTRIES || out.len() > MAX_LENGTH {
                let _ = write!(out, "... {} more", count - place);
                break;
            }
            if let Some(key) = key {
                match self.heap().as_bytes(key) {
                    Some(name) if is_name(name) => out.push_str(&String::from_utf8_lossy(name)),
                    _ => {
                        out.push('[');
                        self.describe_to(key, within, out);
                        out.push(']');
                    }
                }
                out.push_str(" = ");
            }
            self.describe_to(value, within, out);
        }
        out.push_str(close);
        within.pop();
    }

    /// Lists the names that may stand behind a value and a dot, sorted: its own, those of its delegates or its classes, and those
    /// that all values of the type have.
    pub fn member_names(&self, value: Value) -> Vec<Vec<u8>> {
        let heap = self.heap();
        let mut names: Vec<Value> = Vec::new();
        let mut of = |value: Value| names.extend(heap.entries(value).into_iter().map(|(name, _)| name));
        of(value);
        match value.tag() {
            Tag::Table => {
                let mut delegate = self.delegate(value);
                // A cycle of delegates cannot be made, but a bound costs nothing.
                for _ in 0..100 {
                    let Some(table) = delegate else { break };
                    of(table);
                    delegate = self.delegate(table);
                }
            }
            Tag::Instance => {
                if let Some(instance) = heap.instances.get(value.index()) {
                    of(Value::new(Tag::Class, instance.class));
                }
            }
            Tag::Host => {
                let object = self.image().0.objects.get(value.index());
                names.extend(object.into_iter().flat_map(super::heap::table::Table::iter).map(|(name, _)| name));
            }
            _ => {}
        }
        names.extend(self.image().0.delegates[value.tag() as usize].iter().map(|(name, _)| name));
        let mut names: Vec<Vec<u8>> =
            names.into_iter().filter_map(|name| heap.as_bytes(name)).map(<[u8]>::to_vec).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn delegate(&self, table: Value) -> Option<Value> {
        let delegate = self.heap().tables.get(table.index())?.delegate;
        (delegate != NONE).then(|| Value::new(Tag::Table, delegate))
    }
}

fn is_name(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| !first.is_ascii_digit())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// Writes a string as a program would have it.
fn quote(bytes: &[u8], out: &mut String) {
    let shown = &bytes[..bytes.len().min(MAX_TEXT)];
    out.push('"');
    for chunk in shown.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if c.is_ascii_control() => {
                    let _ = write!(out, "\\x{:02x}", u32::from(c));
                }
                c if c.is_control() => c.to_string().bytes().for_each(|byte| {
                    let _ = write!(out, "\\x{byte:02x}");
                }),
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('"');
    if shown.len() < bytes.len() {
        let _ = write!(out, "... {} bytes more", bytes.len() - shown.len());
    }
}

#[cfg(test)]
mod tests {
    use crate::{Dialect, Host, Image, Limits, Program, Step, Vm};

    struct Nobody;

    impl Host for Nobody {
        fn print(&mut self, _: &[u8]) {}
    }

    /// Runs a program, and returns the machine with what it returned.
    fn run(source: &str) -> (Vm, crate::Value) {
        let image = Image::new(Dialect::Stock);
        let program = Program::compile(&image, source.as_bytes(), b"test").expect("it compiles");
        let mut vm = Vm::new(&image, Some(&program), Limits::default()).expect("room for the libraries");
        let main = vm.load(&program).expect("room for the program");
        vm.start(main, vm.root(), &[]).expect("a machine at rest");
        match vm.run(&mut Nobody, 1_000_000) {
            Step::Done(value) => (vm, value),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn values_are_described() {
        for (source, expected) in [
            ("return 1", "1"),
            ("return 0.1", "0.1"),
            ("return null", "null"),
            ("return true", "true"),
            (r#"return "a\"b\\\n\x01\xff""#, r#""a\"b\\\n\x01\xff""#),
            ("return []", "[]"),
            ("return {}", "{}"),
            ("return [1, [2, \"x\"], { a = 1 }]", "[1, [2, \"x\"], { a = 1 }]"),
            ("return { [\"a b\"] = 1 }", "{ [\"a b\"] = 1 }"),
            ("return { [1] = { b = null } }", "{ [1] = { b = null } }"),
            ("local a = []; a.append(a); return a", "[[...]]"),
            ("local t = {}; t.t <- t; return t", "{ t = { ... } }"),
            ("return [[[[[1]]]]]", "[[[[[...]]]]]"),
        ] {
            let (vm, value) = run(source);
            assert_eq!(vm.describe(value), expected, "{source}");
        }
        let (vm, value) = run("local a = array(1000, 0); return a");
        assert!(vm.describe(value).ends_with(", ... 950 more]"));
        let (vm, value) = run("local s = \"\"; for (local i = 0; i < 3000; i++) s += \"x\"; return s");
        assert!(vm.describe(value).ends_with("x\"... 1000 bytes more"));
        let (vm, value) = run("local t = []; for (local i = 0; i < 50; i++) t.append(t.len() ? t.slice(0, 1) : 0);
            local w = array(50, array(50, array(50, array(50, 1)))); return w");
        assert!(vm.describe(value).len() < 40_000);
    }

    #[test]
    fn members_are_found_where_they_are() {
        let names = |source: &str| {
            let (vm, value) = run(source);
            let names = vm.member_names(value);
            names.into_iter().map(|name| String::from_utf8(name).expect("names are ASCII")).collect::<Vec<_>>()
        };
        let table = names("return { own = 1 }.setdelegate({ above = 2 })");
        for name in ["own", "above", "rawget", "len"] {
            assert!(table.iter().any(|found| found == name), "{name} is missing in {table:?}");
        }
        let source = "class A { x = 1; function f() {} } class B extends A { y = 2 }";
        for object in ["B", "B()"] {
            let members = names(&format!("{source} return {object}"));
            for name in ["x", "y", "f", "tostring"] {
                assert!(members.iter().any(|found| found == name), "{name} is missing in {members:?}");
            }
        }
        assert!(names("return \"\"").iter().any(|found| found == "slice"));
    }
}
