//! Warnings about programs that compile, and errors as people read them.

use std::fmt::Write as _;

use hashbrown::{HashMap, HashSet};

use crate::syntax::ast::{BinaryOperator, Class, Expr, ExprKind, Function, LocalId, Stmt, StmtKind};
use crate::syntax::{Parsed, Position};

/// Something in a program that is probably a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where it is; columns as in [`CompileError`](crate::CompileError).
    pub position: Position,
    /// What kind of mistake it may be.
    pub kind: WarningKind,
    /// What people read.
    pub text: String,
}

/// The kinds of warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WarningKind {
    /// A local that nothing reads. Names that begin with `_` are left alone, and so are parameters, loop and `catch`
    /// variables, and locals of the program itself that keep the result of a call.
    UnusedLocal,
    /// A local that hides another one of the same function.
    ShadowedLocal,
    /// A statement that cannot be reached.
    Unreachable,
    /// `if (a = b)`. In parentheses of its own the assignment is taken as meant.
    AssignmentInCondition,
    /// A name that neither the host nor the program creates. Names that any table or class of the program has are taken
    /// as known, and those in `try` blocks and in subclasses of foreign classes are left alone, as are all names of a
    /// program that uses `compilestring`.
    UnknownGlobal,
}

impl WarningKind {
    /// Returns its name: `unused-local` and so on.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnusedLocal => "unused-local",
            Self::ShadowedLocal => "shadowed-local",
            Self::Unreachable => "unreachable",
            Self::AssignmentInCondition => "assignment-in-condition",
            Self::UnknownGlobal => "unknown-global",
        }
    }
}

/// Methods that every table, instance or class has, so that a bare name may mean them.
const INHERITED: [&[u8]; 24] = [
    b"len",
    b"rawget",
    b"rawset",
    b"rawdelete",
    b"rawin",
    b"weakref",
    b"tostring",
    b"clear",
    b"setdelegate",
    b"getdelegate",
    b"filter",
    b"map",
    b"keys",
    b"values",
    b"getattributes",
    b"setattributes",
    b"getclass",
    b"getbase",
    b"instance",
    b"newmember",
    b"rawnewmember",
    b"constructor",
    b"rawcall",
    b"bindenv",
];

/// Returns what is probably wrong with a program, in the order of the source.
///
/// `known_global` tells which names the host and earlier programs create in the root table.
pub fn warnings(parsed: &Parsed, known_global: &dyn Fn(&[u8]) -> bool) -> Vec<Warning> {
    let mut checker = Checker {
        warnings: Vec::new(),
        function: &parsed.main,
        depth: 0,
        scope: Vec::new(),
        members: INHERITED.into_iter().collect(),
        uses: HashMap::new(),
        classes: HashSet::new(),
        guarded: 0,
    };
    checker.function(&parsed.main);
    let Checker { mut warnings, members, mut uses, .. } = checker;
    if uses.contains_key(&b"compilestring"[..]) {
        uses.clear();
    }
    for (name, position) in uses {
        if !members.contains(name) && !known_global(name) {
            let text = format!("nothing creates a global '{}'", name.escape_ascii());
            warnings.push(Warning { position, kind: WarningKind::UnknownGlobal, text });
        }
    }
    warnings.sort_by_key(|warning| warning.position);
    warnings
}

struct Checker<'t> {
    warnings: Vec<Warning>,
    /// The function being walked, and how many others it is in.
    function: &'t Function,
    depth: u32,
    /// The locals of the function that can be seen.
    scope: Vec<LocalId>,
    /// Names of the slots that the program creates, wherever.
    members: HashSet<&'t [u8]>,
    /// Names that are looked up in `this` and the root table, and where that happens first.
    uses: HashMap<&'t [u8], Position>,
    /// Names of classes whose members are all in the program.
    classes: HashSet<&'t [u8]>,
    /// How many `try` blocks and subclasses of foreign classes the point is in.
    guarded: u32,
}

impl<'t> Checker<'t> {
    fn warn(&mut self, position: Position, kind: WarningKind, text: impl Into<String>) {
        self.warnings.push(Warning { position, kind, text: text.into() });
    }

    fn function(&mut self, function: &'t Function) {
        let outside = (self.function, std::mem::take(&mut self.scope));
        self.function = function;
        self.depth += 1;
        let parameters = function.locals.iter().take_while(|local| local.parameter).count();
        self.scope.extend((0..).map(LocalId).take(parameters));
        self.list(&function.body);
        self.depth -= 1;
        (self.function, self.scope) = outside;
    }

    /// Walks the statements of a scope.
    fn list(&mut self, statements: &'t [Stmt]) {
        let scope = self.scope.len();
        for statement in statements {
            self.statement(statement);
        }
        self.scope.truncate(scope);
        let Some(last) = statements.iter().position(ends) else { return };
        // A `break` behind the `return` of a `case` is a habit.
        let idle = |kind: &StmtKind| matches!(kind, StmtKind::Empty | StmtKind::Break);
        if let Some(next) = statements[last + 1..].iter().find(|next| !idle(&next.kind)) {
            self.warn(next.position, WarningKind::Unreachable, "this statement cannot be reached");
        }
    }

    /// Walks a statement in a scope of its own.
    fn scoped(&mut self, statement: &'t Stmt) {
        self.list(std::slice::from_ref(statement));
    }

    fn statement(&mut self, statement: &'t Stmt) {
        match &statement.kind {
            StmtKind::Empty | StmtKind::Break | StmtKind::Continue => {}
            StmtKind::Block(body) => self.list(body),
            StmtKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.condition(condition);
                    self.scoped(body);
                }
                if let Some(otherwise) = otherwise {
                    self.scoped(otherwise);
                }
            }
            StmtKind::While { condition, body } | StmtKind::DoWhile { body, condition } => {
                self.condition(condition);
                self.scoped(body);
            }
            StmtKind::For { init, condition, step, body } => {
                let scope = self.scope.len();
                if let Some(init) = init {
                    self.statement(init);
                }
                if let Some(condition) = condition {
                    self.condition(condition);
                }
                self.exprs(step);
                self.scoped(body);
                self.scope.truncate(scope);
            }
            StmtKind::Foreach { key, value, container, body, .. } => {
                let scope = self.scope.len();
                self.exprs([container]);
                self.declare(*key);
                self.declare(*value);
                self.scoped(body);
                self.scope.truncate(scope);
            }
            StmtKind::Switch { subject, cases, default } => {
                self.exprs([subject]);
                for (label, body) in cases {
                    self.exprs([label]);
                    self.list(body);
                }
                self.list(default.as_deref().unwrap_or_default());
            }
            StmtKind::Local(locals) => {
                for (local, value) in locals {
                    if let Some(ExprKind::Class(class)) = value.as_ref().map(|value| &value.kind) {
                        self.class_name(class, &self.function.locals[local.0 as usize].name);
                    }
                    self.exprs(value);
                    self.declare(*local);
                    let is_call = value.as_ref().is_some_and(|value| matches!(value.kind, ExprKind::Call { .. }));
                    if self.depth > 1 || !is_call {
                        self.unused(*local);
                    }
                }
            }
            StmtKind::LocalFunction(local, function) => {
                self.exprs(&function.defaults);
                self.function(function);
                self.declare(*local);
                self.unused(*local);
            }
            StmtKind::Return(value) | StmtKind::Yield(value) => self.exprs(value),
            StmtKind::NewSlot { object, key, value } => {
                if let ExprKind::String(name) = &key.kind {
                    self.created(name, value);
                }
                self.exprs([object, key, value]);
            }
            StmtKind::Try { body, error, handler } => {
                self.guarded += 1;
                self.scoped(body);
                self.guarded -= 1;
                self.scope.push(*error);
                self.scoped(handler);
                self.scope.pop();
            }
            StmtKind::Throw(value) | StmtKind::Expr(value) => self.exprs([value]),
        }
    }

    fn condition(&mut self, condition: &'t Expr) {
        if let ExprKind::Assign { target, .. } = &condition.kind {
            let text = "assignment as a condition: `==` compares; if it is meant, put it in parentheses of its own";
            self.warn(target.position, WarningKind::AssignmentInCondition, text);
        }
        self.exprs([condition]);
    }

    /// Adds a local to the scope; warns if it hides another one of the function.
    fn declare(&mut self, id: LocalId) {
        let locals = &self.function.locals;
        let local = &locals[id.0 as usize];
        let hidden = self.scope.iter().rev().map(|id| &locals[id.0 as usize]).find(|other| other.name == local.name);
        self.scope.push(id);
        if let Some(hidden) = hidden.filter(|_| !local.name.starts_with(b"_") && !local.name.starts_with(b"@")) {
            let what = if hidden.parameter { "parameter" } else { "one" };
            let text = format!("'{}' hides the {what} of line {}", local.name.escape_ascii(), hidden.position.line);
            self.warn(local.position, WarningKind::ShadowedLocal, text);
        }
    }

    fn unused(&mut self, id: LocalId) {
        let local = &self.function.locals[id.0 as usize];
        if !local.read && !local.name.starts_with(b"_") {
            let text = format!("nothing reads '{}'", local.name.escape_ascii());
            self.warn(local.position, WarningKind::UnusedLocal, text);
        }
    }

    /// Walks expressions and all in them, in no particular order.
    fn exprs(&mut self, exprs: impl IntoIterator<Item = &'t Expr>) {
        // No recursion: chains of operators are long.
        let mut todo: Vec<&'t Expr> = exprs.into_iter().collect();
        while let Some(expr) = todo.pop() {
            match &expr.kind {
                ExprKind::Name(name) => self.used(name, expr.position),
                ExprKind::Field { object, name } if matches!(object.kind, ExprKind::Root) => {
                    self.used(name, expr.position);
                }
                ExprKind::Call { callee, arguments } => {
                    // What `rawset`, `newmember` and their kin create.
                    if let (ExprKind::Field { name, .. }, Some(ExprKind::String(created))) =
                        (&callee.kind, arguments.first().map(|argument| &argument.kind))
                        && matches!(&name[..], b"rawset" | b"newmember" | b"rawnewmember")
                    {
                        self.members.insert(created);
                    }
                }
                ExprKind::Binary { operator: BinaryOperator::In, left, .. } => {
                    // A program that asks whether a slot exists knows that it may not.
                    if let ExprKind::String(name) = &left.kind {
                        self.members.insert(name);
                    }
                }
                ExprKind::NewSlot { target, value } => match &target.kind {
                    ExprKind::Name(name) => {
                        self.created(name, value);
                        todo.push(value);
                        continue;
                    }
                    ExprKind::Field { object, name } => {
                        self.created(name, value);
                        todo.extend([&**object, &**value]);
                        continue;
                    }
                    ExprKind::Index { key, .. } => {
                        if let ExprKind::String(name) = &key.kind {
                            self.created(name, value);
                        }
                    }
                    _ => {}
                },
                ExprKind::Table(slots) => {
                    for (key, value) in slots {
                        if let ExprKind::String(name) = &key.kind {
                            self.created(name, value);
                        }
                    }
                }
                ExprKind::Function(function) => self.function(function),
                ExprKind::Class(class) => {
                    self.class(class);
                    continue;
                }
                _ => {}
            }
            expr.kind.push_parts(&mut todo);
        }
    }

    fn class(&mut self, class: &'t Class) {
        self.exprs(class.base.iter().chain(&class.attributes));
        let guard = u32::from(!self.is_own(class));
        self.guarded += guard;
        for member in &class.members {
            if let ExprKind::String(name) = &member.key.kind {
                self.created(name, &member.value);
            }
            self.exprs(member.attributes.iter().chain([&member.key, &member.value]));
        }
        self.guarded -= guard;
    }

    /// Notes that the program creates a slot with a value.
    fn created(&mut self, name: &'t [u8], value: &'t Expr) {
        self.members.insert(name);
        if let ExprKind::Class(class) = &value.kind {
            self.class_name(class, name);
        }
    }

    fn class_name(&mut self, class: &Class, name: &'t [u8]) {
        if self.is_own(class) {
            self.classes.insert(name);
        }
    }

    /// Whether all members of a class are in the program, those of its bases, too.
    fn is_own(&self, class: &Class) -> bool {
        let Some(base) = &class.base else { return true };
        let name = match &base.kind {
            ExprKind::Name(name) | ExprKind::Field { name, .. } => name,
            ExprKind::Local(local) => &self.function.locals[local.0 as usize].name,
            ExprKind::Outer(outer) => &self.function.outers[outer.0 as usize].name,
            _ => return false,
        };
        self.classes.contains(&name[..])
    }

    fn used(&mut self, name: &'t [u8], position: Position) {
        if self.guarded == 0 {
            let first = self.uses.entry(name).or_insert(position);
            *first = position.min(*first);
        }
    }
}

/// Whether control never gets behind a statement.
fn ends(statement: &Stmt) -> bool {
    match &statement.kind {
        StmtKind::Return(_) | StmtKind::Throw(_) | StmtKind::Break | StmtKind::Continue => true,
        StmtKind::Block(body) => body.iter().any(ends),
        StmtKind::If { branches, otherwise: Some(otherwise) } => {
            branches.iter().all(|(_, body)| ends(body)) && ends(otherwise)
        }
        _ => false,
    }
}

/// How many bytes of a line are shown at most.
const SHOWN: usize = 160;

/// Returns an error or warning as people read it: `FILE:LINE:COLUMN: SEVERITY: TEXT`, the line of the source, and a
/// caret under the end of the token that it is about.
pub fn render(source: &[u8], file: &str, position: Position, severity: &str, text: &str) -> String {
    let Position { line, column } = position;
    let mut out = format!("{file}:{line}:{}: {severity}: {text}\n", column.max(1));
    let index = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let Some(bytes) = source.split(|byte| *byte == b'\n').nth(index) else { return out };
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    // Columns of the first line are those of the token's last byte, others are behind it.
    let caret = usize::try_from(column.saturating_sub(if line > 1 { 2 } else { 1 })).unwrap_or(usize::MAX);
    let caret = caret.min(bytes.len());
    let from = if caret < SHOWN { 0 } else { caret - SHOWN / 2 };
    let to = bytes.len().min(from + SHOWN);
    let shown = |part: &[u8]| -> String {
        String::from_utf8_lossy(part)
            .chars()
            .map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c })
            .collect()
    };
    let (before, behind) = (shown(&bytes[from..caret]), shown(&bytes[caret..to]));
    let (head, tail) = (if from > 0 { "..." } else { "" }, if to < bytes.len() { "..." } else { "" });
    let padding: String = head.chars().chain(before.chars()).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    writeln!(out, "    {head}{before}{behind}{tail}\n    {padding}^").expect("a string takes every write");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Dialect;
    use crate::syntax::parse;

    /// Checks the warnings about a program, one a line; the host has `print` only.
    #[track_caller]
    fn check(source: &str, expected: &str) {
        let parsed = parse(source.as_bytes(), Dialect::Imp, &|_| None).expect("it compiles");
        let found = warnings(&parsed, &|name| name == b"print" || name == b"compilestring");
        let found: Vec<_> = found
            .iter()
            .map(|Warning { position, kind, text }| {
                format!("{}:{} {}: {text}", position.line, position.column, kind.name())
            })
            .collect();
        assert_eq!(found.join("\n"), expected, "of {source}");
    }

    #[test]
    fn unused_locals() {
        check(
            "function f(a) { local b, _c, d = 1; d = 2; local function e() {} }",
            concat!(
                "1:23 unused-local: nothing reads 'b'\n",
                "1:30 unused-local: nothing reads 'd'\n",
                "1:59 unused-local: nothing reads 'e'"
            ),
        );
        check("local a; print(@() a); local b = 1; b++; foreach (k, v in a) {} try {} catch (e) {}", "");
        check(
            "local app = print(); local function f() { local x = print() } f()",
            "1:49 unused-local: nothing reads 'x'",
        );
    }

    #[test]
    fn shadowed_locals() {
        check(
            "function f(a) { local a = a; { local a = a; print(a) } }",
            concat!(
                "1:23 shadowed-local: 'a' hides the parameter of line 1\n",
                "1:38 shadowed-local: 'a' hides the one of line 1"
            ),
        );
        check(
            "for (local i = 0; i < 1; i++)\n  for (local i = 0; i < 1; i++) {}",
            "2:15 shadowed-local: 'i' hides the one of line 1",
        );
        check("local a = 1; print(function(a) { return a }); { local b = a; print(b) } local b = 1; print(b)", "");
        check("try {} catch (e) { try {} catch (e) {} }\nforeach (v in []) {} foreach (v in []) {}", "");
    }

    #[test]
    fn unreachable_statements() {
        check("function f() { return 1; print(2); print(3) }", "1:30 unreachable: this statement cannot be reached");
        check(
            "while (1) { if (2) { break } else return\nprint(3) }",
            "2:6 unreachable: this statement cannot be reached",
        );
        check("switch (1) { case 1: return 2; break; case 2: throw 3; default: print(4) }", "");
        check("function f() { if (1) return; else if (2) return\nprint(3) }", "");
    }

    #[test]
    fn assignments_in_conditions() {
        check(
            "local a = 1; if (a = 2) {} else if (a = 3) {}\nprint(a)",
            concat!(
                "1:18 assignment-in-condition: assignment as a condition: `==` compares; if it is meant, put it in ",
                "parentheses of its own\n",
                "1:37 assignment-in-condition: assignment as a condition: `==` compares; if it is meant, put it in ",
                "parentheses of its own"
            ),
        );
        check("local a = 1; while ((a = 2)) {} if ((a = 3) == a) {}\ndo {} while (a == (a = 4))", "");
    }

    #[test]
    fn unknown_globals() {
        check(
            "foo(); ::bar = 1; foo(); print(baz.x)",
            concat!(
                "1:3 unknown-global: nothing creates a global 'foo'\n",
                "1:12 unknown-global: nothing creates a global 'bar'\n",
                "1:34 unknown-global: nothing creates a global 'baz'"
            ),
        );
        check("a(b, C, d); function a() {} b <- 1; class C {} ::d <- 2", "");
        check("class A { x = 1; function f() { return x + len() + y } } A.y <- 1; print({ z = 1 }); z()", "");
        check(
            "class A extends Foreign { function f() { return inherited } }",
            "1:23 unknown-global: nothing creates a global 'Foreign'",
        );
        check(
            "class A {} class B extends A { function f() { return missing } }",
            "1:60 unknown-global: nothing creates a global 'missing'",
        );
        check("try { probe() } catch (e) {}\nif (\"other\" in this) other()", "");
        check("compilestring(\"x <- 1\")(); print(x)", "");
    }

    #[test]
    fn long_chains_are_walked() {
        let source = format!("print(1{})", " + x".repeat(3_900));
        check(&source, "1:11 unknown-global: nothing creates a global 'x'");
    }

    #[test]
    fn errors_are_rendered() {
        let show =
            |source: &str, line, column| render(source.as_bytes(), "f.nut", Position { line, column }, "error", "no");
        assert_eq!(show("x = = 3", 1, 5), "f.nut:1:5: error: no\n    x = = 3\n        ^\n");
        assert_eq!(show("\n\tx = = 3\r\n", 2, 7), "f.nut:2:7: error: no\n    \tx = = 3\n    \t    ^\n");
        assert_eq!(show("", 1, 0), "f.nut:1:1: error: no\n    \n    ^\n");
        assert_eq!(show("x", 9, 9), "f.nut:9:9: error: no\n");
        assert_eq!(show("é = =", 1, 6), "f.nut:1:6: error: no\n    é = =\n        ^\n");
        let long = show(&"x".repeat(10_000), 1, 5_000);
        assert_eq!(long.lines().nth(2).unwrap().trim_start(), "^");
        assert!(long.len() < 500);
    }
}
