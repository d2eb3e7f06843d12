//! Programs, and the trees or errors that come of them.

use std::fmt::Write as _;

use super::ast::{Expr, ExprKind, Function, Member, OuterSource, Stmt, StmtKind};
use super::{Constant, Scalar, parse};
use crate::image::Dialect;

/// Checks the tree of a program, or its errors, one a line.
#[track_caller]
fn check(source: &str, expected: &str) {
    let shown = &source[..source.len().min(100)];
    assert_eq!(result(source.as_bytes()), expected, "of {shown}");
}

fn result(source: &[u8]) -> String {
    let known = |name: &[u8]| match name {
        b"KNOWN" => Some(Constant::Scalar(Scalar::Integer(7))),
        b"Color" => Some(Constant::Enum(vec![(b"RED"[..].into(), Scalar::String(b"red"[..].into()))])),
        _ => None,
    };
    match parse(source, Dialect::Imp, &known) {
        Ok(parsed) => {
            let mut dump = Dump { out: String::new(), functions: Vec::new() };
            dump.statements(&parsed.main);
            dump.out
        }
        Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

/// Writes trees as S-expressions. Locals are written as `NAME`, captured variables as `^NAME`, slots as `.NAME`.
struct Dump<'t> {
    out: String,
    functions: Vec<&'t Function>,
}

impl<'t> Dump<'t> {
    fn statements(&mut self, function: &'t Function) {
        self.functions.push(function);
        self.list(&function.body);
        self.functions.pop();
    }

    fn list(&mut self, statements: &'t [Stmt]) {
        for (index, statement) in statements.iter().enumerate() {
            self.out.push_str(if index > 0 { " " } else { "" });
            self.statement(statement);
        }
    }

    fn function(&mut self, function: &'t Function) {
        self.out.push_str("(fn");
        if let Some(name) = &function.name {
            write!(self.out, " {}", text(name)).unwrap();
        }
        let parameters = &function.locals[..function.parameters as usize];
        let required = parameters.len() - function.defaults.len();
        self.out.push_str(" [");
        for (index, parameter) in parameters.iter().enumerate() {
            self.out.push_str(if index > 0 { " " } else { "" });
            self.out.push_str(&text(&parameter.name));
            if index >= required {
                self.out.push('=');
                self.expr(&function.defaults[index - required]);
            }
        }
        self.out.push_str(if function.vararg { " ...]" } else { "]" });
        for outer in &function.outers {
            let from = if matches!(outer.source, OuterSource::Local(_)) { '^' } else { '!' };
            write!(self.out, " {from}{}", text(&outer.name)).unwrap();
        }
        self.out.push_str(if function.generator { " * " } else { " " });
        self.statements(function);
        self.out.push(')');
    }

    fn form(&mut self, head: &str, parts: &[&'t Expr]) {
        write!(self.out, "({head}").unwrap();
        for part in parts {
            self.out.push(' ');
            self.expr(part);
        }
        self.out.push(')');
    }

    fn local(&self, index: u32) -> String {
        let locals = &self.functions.last().unwrap().locals;
        text(&locals[index as usize].name)
    }

    fn block(&mut self, head: &str, values: &[&'t Expr], bodies: &[&'t Stmt]) {
        self.form(head, values);
        self.out.pop();
        for body in bodies {
            self.out.push(' ');
            self.statement(body);
        }
        self.out.push(')');
    }

    fn statement(&mut self, statement: &'t Stmt) {
        match &statement.kind {
            StmtKind::Empty => self.out.push(';'),
            StmtKind::Block(body) => {
                self.out.push('{');
                self.list(body);
                self.out.push('}');
            }
            StmtKind::If { branches, otherwise } => {
                self.out.push_str("(if");
                for (condition, body) in branches {
                    self.out.push(' ');
                    self.expr(condition);
                    self.out.push(' ');
                    self.statement(body);
                }
                if let Some(otherwise) = otherwise {
                    self.out.push_str(" else ");
                    self.statement(otherwise);
                }
                self.out.push(')');
            }
            StmtKind::While { condition, body } => self.block("while", &[condition], &[body]),
            StmtKind::DoWhile { body, condition } => self.block("do", &[condition], &[body]),
            StmtKind::For { init, condition, step, body } => {
                self.out.push_str("(for ");
                match init {
                    Some(init) => self.statement(init),
                    None => self.out.push('_'),
                }
                for value in [condition, step] {
                    self.out.push(' ');
                    match value {
                        Some(value) => self.expr(value),
                        None => self.out.push('_'),
                    }
                }
                self.out.push(' ');
                self.statement(body);
                self.out.push(')');
            }
            StmtKind::Foreach { key, value, iterator, container, body } => {
                let names = [key, value, iterator].map(|local| self.local(local.0)).join(" ");
                self.block(&format!("foreach {names}"), &[container], &[body]);
            }
            StmtKind::Switch { subject, cases, default } => {
                self.form("switch", &[subject]);
                self.out.pop();
                for (label, body) in cases {
                    self.out.push(' ');
                    self.form("case", &[label]);
                    self.out.push(' ');
                    self.list(body);
                }
                if let Some(body) = default {
                    self.out.push_str(" default ");
                    self.list(body);
                }
                self.out.push(')');
            }
            StmtKind::Local(locals) => {
                self.out.push_str("(local");
                for (local, value) in locals {
                    write!(self.out, " {}", self.local(local.0)).unwrap();
                    if let Some(value) = value {
                        self.out.push('=');
                        self.expr(value);
                    }
                }
                self.out.push(')');
            }
            StmtKind::LocalFunction(local, function) => {
                write!(self.out, "(local {}=", self.local(local.0)).unwrap();
                self.function(function);
                self.out.push(')');
            }
            StmtKind::Return(value) => self.form("return", &value.iter().collect::<Vec<_>>()),
            StmtKind::Yield(value) => self.form("yield", &value.iter().collect::<Vec<_>>()),
            StmtKind::Break => self.out.push_str("break"),
            StmtKind::Continue => self.out.push_str("continue"),
            StmtKind::NewSlot { object, key, value } => self.form("slot", &[object, key, value]),
            StmtKind::Try { body, error, handler } => {
                self.block("try", &[], &[body]);
                self.out.pop();
                write!(self.out, " {} ", self.local(error.0)).unwrap();
                self.statement(handler);
                self.out.push(')');
            }
            StmtKind::Throw(value) => self.form("throw", &[value]),
            StmtKind::Expr(value) => self.expr(value),
        }
    }

    fn expr(&mut self, expr: &'t Expr) {
        match &expr.kind {
            ExprKind::Null => self.out.push_str("null"),
            ExprKind::Bool(value) => write!(self.out, "{value}").unwrap(),
            ExprKind::Integer(value) => write!(self.out, "{value}").unwrap(),
            ExprKind::Float(value) => write!(self.out, "{value:?}").unwrap(),
            ExprKind::String(value) => write!(self.out, "\"{}\"", value.escape_ascii()).unwrap(),
            ExprKind::This => self.out.push_str("this"),
            ExprKind::Root => self.out.push_str("::"),
            ExprKind::Base => self.out.push_str("base"),
            ExprKind::Local(local) => {
                let name = self.local(local.0);
                self.out.push_str(&name);
            }
            ExprKind::Outer(outer) => {
                let name = text(&self.functions.last().unwrap().outers[outer.0 as usize].name);
                write!(self.out, "^{name}").unwrap();
            }
            ExprKind::Name(name) => write!(self.out, ".{}", text(name)).unwrap(),
            ExprKind::Field { object, name } => self.form(&format!(".{}", text(name)), &[object]),
            ExprKind::Index { object, key } => self.form("[]", &[object, key]),
            ExprKind::Call { callee, arguments } => {
                let mut parts = vec![&**callee];
                parts.extend(arguments);
                self.form("call", &parts);
            }
            ExprKind::Unary { operator, operand } => self.form(&format!("{operator:?}"), &[operand]),
            ExprKind::Binary { operator, left, right } => self.form(&format!("{operator:?}"), &[left, right]),
            ExprKind::And { left, right } => self.form("And", &[left, right]),
            ExprKind::Or { left, right } => self.form("Or", &[left, right]),
            ExprKind::Conditional { condition, then, otherwise } => self.form("?", &[condition, then, otherwise]),
            ExprKind::Assign { target, value } => self.form("=", &[target, value]),
            ExprKind::NewSlot { target, value } => self.form("<-", &[target, value]),
            ExprKind::Compound { operator, target, value } => self.form(&format!("{operator:?}="), &[target, value]),
            ExprKind::Increment { target, delta, prefix } => {
                let head = if *prefix { format!("{delta:+}_") } else { format!("_{delta:+}") };
                self.form(&head, &[target]);
            }
            ExprKind::Delete { object, key } => self.form("delete", &[object, key]),
            ExprKind::Array(items) => self.form("array", &items.iter().collect::<Vec<_>>()),
            ExprKind::Table(slots) => {
                self.form("table", &slots.iter().flat_map(|(key, value)| [key, value]).collect::<Vec<_>>());
            }
            ExprKind::Comma(parts) => self.form("comma", &parts.iter().collect::<Vec<_>>()),
            ExprKind::Function(function) => self.function(function),
            ExprKind::Class(class) => {
                self.form("class", &class.base.iter().chain(&class.attributes).collect::<Vec<_>>());
                self.out.pop();
                for Member { key, value, is_static, attributes, .. } in &class.members {
                    self.out.push(' ');
                    let head = if *is_static { "static" } else { "member" };
                    self.form(head, &attributes.iter().chain([key, value]).collect::<Vec<_>>());
                }
                self.out.push(')');
            }
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn literals() {
    check("x = 2147483648", "(= .x -2147483648)");
    check("x = -2147483648", "(= .x -2147483648)");
    check("x = 0xFFFFFFFF + 017 + 08", "(= .x (Add (Add -1 15) 8))");
    check("x = 1. + 1.5e3 + 1e-2", "(= .x (Add (Add 1.0 1500.0) 0.01))");
    check(r"x = 'a' + '\n' + '\xff'", "(= .x (Add (Add 97 10) -1))");
    check(r#"x = "a\t\x41\x0042\0\"" "#, r#"(= .x "a\tAB\x00\"")"#);
    check("x = @\"a\\n\"\"\nb\"", r#"(= .x "a\\n\"\nb")"#);
    check("x = -y + ~5 + -2.5", "(= .x (Add (Add (Negate .y) -6) -2.5))");
    check("[1 2, 3,]", "(array 1 2 3)");
    check(
        "x = {a = 1 b = 2, \"c\": 3, [4] = 5, function f() {}}",
        "(= .x (table \"a\" 1 \"b\" 2 \"c\" 3 4 5 \"f\" (fn f [] )))",
    );
    // The source ends at a NUL byte.
    check("x\0 = (", ".x");
}

#[test]
fn operators() {
    check("a + b * c - d", "(Subtract (Add .a (Multiply .b .c)) .d)");
    check("a && b && c || d || e", "(Or (And .a (And .b .c)) (Or .d .e))");
    check("a in b == c && d in e", "(And (In .a (Equal .b .c)) (In .d .e))");
    check("a == b < c << d", "(Equal .a (Less .b (ShiftLeft .c .d)))");
    check("a = b ? c : d = e", "(= .a (? .b .c (= .d .e)))");
    check("a ? b : c ? d : e", "(? .a .b (? .c .d .e))");
    check("!a.b++ - --c[1]", "(Subtract (Not (_+1 (.b .a))) (-1_ ([] .c 1)))");
    check("delete a.b.c, delete d", "(comma (delete (.b .a) \"c\") (delete this \"d\"))");
    check("::a.b <- typeof c", "(<- (.b (.a ::)) (TypeOf .c))");
    check("a\n(b)\n.c", "(.c (call .a .b))");
    check("a\n++b", ".a (+1_ .b)");
    check("(a.b)(c)", "(call (comma (.b .a)) .c)");
    check("a.b(c d)", "(call (.b .a) .c .d)");
    check("base.f(1); this.x = 1", "(call (.f base) 1) (= (.x this) 1)");
    // What the reference makes of assignments behind operators.
    check("local a; a + b = 3", "(local a) (comma (Add a .b) 3)");
    check("a + b.c = 3", "(= ([] .a (Add .b \"c\")) 3)");
    check("a && b.c = 3", "(= ([] (And .a \"c\") .b) 3)");
}

#[test]
fn names() {
    check("local a = a, b = a", "(local a=.a b=a)");
    check("local a; { local a; a } a", "(local a) {(local a) a} a");
    check("local function f() { f() }", "(local f=(fn f [] (call .f)))");
    check("local a; x = @() a", "(local a) (= .x (fn [] ^a (return ^a)))");
    check("local a; x = @() @() a = 1", "(local a) (= .x (fn [] ^a (return (fn [] !a (return (= ^a 1))))))");
    check("x = @() vargv; y = @(...) vargv", "(= .x (fn [] ^vargv (return ^vargv))) (= .y (fn [ ...] (return vargv)))");
    check("local a; function f(a, b = a) { return b }", "(local a) (slot this \"f\" (fn f [a b=a] (return b)))");
    check("foreach (v in v) v", "(foreach @INDEX@ v @ITERATOR@ .v v)");
    check("for (local i = 0; i < 1; i++) i; i", "(for (local i=0) (Less i 1) (_+1 i) i) .i");
    check("try { e } catch (e) { e } e", "(try {.e} e {e}) .e");
    check(
        "switch (a) { case 1: local b; case b: b; default: b }",
        "(switch .a (case 1) (local b) (case .b) .b default .b)",
    );
    check(
        "const A = 1; enum E { X, Y = \"y\", Z } [A, E.X, E.Y, E.Z, KNOWN, Color.RED]",
        "; ; (array 1 0 \"y\" 1 7 \"red\")",
    );
    check("const A = -1.5; local A = 2; A", "; (local A=2) A");
    check("E.X; enum E { X }", "(.X .E) ;");
    check(
        "class A { x = a; function f() { return x } }",
        "(slot this \"A\" (class (member \"x\" .a) (member \"f\" (fn f [] (return .x)))))",
    );
}

#[test]
fn statements() {
    check("if (a) b; else if (c) d; else e", "(if .a .b .c .d else .e)");
    check("if (a) if (b) c; else d", "(if .a (if .b .c else .d))");
    check("while (a) { break } do continue while (b)", "(while .a {break}) (do .b continue)");
    check("for (;;) { break }", "(for _ _ _ {break})");
    check("function a::b::c(...) {}", "(slot (.b .a) \"c\" (fn c [ ...] ))");
    check(
        "class a.B extends c </ d = 1 /> { static e = 2; </ f = 3 /> constructor() {} [4] = 5 }",
        concat!(
            "(slot .a \"B\" (class .c (table \"d\" 1) (static \"e\" 2)",
            " (member (table \"f\" 3) \"constructor\" (fn constructor [] )) (member 4 5)))"
        ),
    );
    check(
        "function f() { return\n1 } function g() { yield a }",
        concat!("(slot this \"f\" (fn f [] (return) 1))", " (slot this \"g\" (fn g [] * (yield .a)))"),
    );
    check("throw a, b;;", "(throw (comma .a .b)) ;");
    check("# comment\nx // another\n/* and\nanother */ y", ".x .y");
}

#[test]
fn errors() {
    check("x = = 3", "1:5 expression expected");
    check("\nx = 1 2", "2:8 end of statement expected (; or lf)");
    check("1 = 2", "1:3 can't assign expression");
    check("local a; a <- 1", "1:15 can't 'create' a local slot");
    check("base = 1", "1:6 'base' cannot be modified");
    check("f()++", "1:5 can't '++' or '--' an expression");
    check("delete f()", "1:10 can't delete an expression");
    check("local a; delete a", "1:17 cannot delete an (outer) local");
    check("f(1,)", "1:5 expression expected, found ')'");
    check("break", "1:5 'break' has to be in a loop block");
    check("while (1) { function f() { continue } }", "1:35 'continue' has to be in a loop block");
    check("Color.BLUE", "1:10 invalid constant [Color.BLUE]");
    check("const A = b", "1:11 scalar expected : integer,float or string");
    check("const A = -b", "1:12 scalar expected : integer,float");
    check("class f() {}", "1:11 invalid class name");
    check("local a; class a {}", "1:18 cannot create a class in a local with the syntax(class <local>)");
    check(
        "function f(a = 1, ...) {}",
        "1:21 function with default parameters cannot have variable number of parameters",
    );
    check("function f(a = 1, b) {}", "1:20 expected '='");
    check("x = [[1]\n[2]]", "2:2 cannot brake deref/or comma needed after [exp]=exp slot declaration");
    check("x = \"abc", "1:8 unfinished string");
    check("x = \"abc\n\"", "1:8 newline in a constant");
    check("x = \"\\q\" + '' + (", "1:6 unrecognised escaper char");
    check("x = 'ab'", "1:8 constant too long");
    check("x = ''", "1:6 empty constant");
    check("x = 0x123456789", "1:15 too many digits for an Hex number");
    check("x = 018", "1:6 invalid octal number");
    check("x = 1e", "1:6 exponent expected");
    check("x..y", "1:3 invalid token '..'");
    check("/* *", "1:4 missing \"*/\" in comment");
    check("x = \u{1}", "1:4 unexpected character(control)");
    check("\u{feff}x", "1:1 expression expected");
    check("{", "1:1 expression expected");
}

#[test]
fn all_errors_are_found() {
    check("x = = 1\ny = 2\nz = = 3", "1:5 expression expected\n3:6 expression expected");
    check(
        "function f() {\n  x = )\n  y = 1 2; z = = 1\n}\nbreak",
        concat!(
            "2:8 expression expected\n3:10 end of statement expected (; or lf)\n",
            "3:17 expression expected\n5:6 'break' has to be in a loop block"
        ),
    );
    check(
        "class A {\n  a = ;\n  function f() { x = = 1 }\n  function g(a b) { y = = 1 }\n  c = 1\n}\n}",
        "2:8 expression expected\n3:23 expression expected\n4:17 expected ')' or ','",
    );
    check(
        "foo(a;\n b);\nif (x {\n  break;\n}\nlocal y = = 1",
        "1:6 expression expected\n3:8 expected ')'\n6:12 expression expected",
    );
    check(
        "switch (a) { case 1: x = = 1; break; case 2: y = = 2 }",
        "1:26 expression expected\n1:50 expression expected",
    );
    check("x = \"\\q and more\" + 1\ny = = 1", "1:6 unrecognised escaper char\n2:6 expression expected");
    check("function f() {\n  if (a) {\n  x = 1\n}\n", "5:1 expression expected");
    assert_eq!(result("x = =\n".repeat(1_000).as_bytes()).lines().count(), 50);
}

#[test]
fn limits() {
    check(&"(".repeat(100_000), "1:200 nesting too deep");
    check(&"{".repeat(100_000), "1:201 nesting too deep");
    check(&format!("x{}", "()".repeat(100_000)), "1:8002 expression too long");
    check(&format!("x{}", " + x".repeat(100_000)), "1:16003 expression too long");
    check(&"if (a) b\nelse ".repeat(100_000), "100001:6 expression expected");
    let locals = (0..300).map(|i| format!("local a{i}")).collect::<Vec<_>>().join("\n");
    check(&locals, "256:6 internal compiler error: too many locals");
    for source in
        ["x", "(", "f(", "x = [", "{", "function f() {", "class A { x = ", "x.y", "-", "if (a) ", "a ? ", "@() "]
    {
        let _ = result(source.repeat(10_000).as_bytes());
    }
    // The tallest trees, in the small stack of a test.
    for tail in [" + x", ".x", "()", "[0]", " in x"] {
        assert!(parse(format!("x{}", tail.repeat(3_990)).as_bytes(), Dialect::Imp, &|_| None).is_ok(), "{tail}");
    }
}
