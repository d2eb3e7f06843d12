//! Random programs of the whole language, from a seed.
//!
//! Most of them compile, end, and print much. Expressions are made for a type, so that most of them succeed; what fails is
//! mostly caught and printed. What the reference leaves to chance, does wrong, or crashes at is kept out, and so are the
//! differences that `docs/squirrel-compat.md` lists:
//!
//! - addresses: no order among objects, no length of an object's text; where one is printed, the comparison hides it;
//! - integers divided by -1, `%` by zero or of what is no number, negative indexes of strings, negative sizes;
//! - `tointeger` with a base;
//! - in patterns, `.` and negated sets;
//! - what only a weak reference holds: a temporary that is done with may keep it alive;
//! - `%s` with a NUL byte and texts with one in searches, where C ends;
//! - variables of generators in functions within them, which are lost with a `yield`;
//! - the last bits of `sin` and its like, which are those of a C library;
//! - slices that begin before the first byte, which read foreign memory;
//! - compound assignments in a `switch`: of a captured variable they make the reference forget other variables;
//! - comparisons that are assigned to a variable and tested at once: the reference jumps, and forgets to assign;
//! - `local a = 1, b = a`, which leaves `a` null, and `slice()`, which takes what was on the stack before;
//! - locals that a `case` skips (they have what was in the register before).
#![expect(clippy::format_push_string, reason = "shorter than `write!` with its result, and fast enough")]

mod expressions;
mod objects;
mod statements;

use std::ops::Range;

use super::tree::Node;
use crate::random::Random;

/// What a variable or expression is. `Scalar` is a number, bool, string or null; nobody knows which.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    Int,
    Float,
    Str,
    Bool,
    Scalar,
    /// Of scalars.
    Array,
    /// Of scalars; keys are mostly `a` to `f`.
    Table,
    /// Takes so many scalars, gives one.
    Function(usize),
    Class(usize),
    Instance(usize),
    /// A function with so many parameters whose call gives a generator.
    Generator(usize),
    /// A function that may call `suspend`.
    Thread,
}

#[derive(Clone, Debug)]
struct Variable {
    name: String,
    is: Type,
    assignable: bool,
}

/// A class: what it adds to its base.
#[derive(Clone, Debug, Default)]
struct Class {
    base: Option<usize>,
    fields: Vec<String>,
    methods: Vec<(String, usize)>,
    metamethods: Vec<&'static str>,
    parameters: usize,
}

/// What `return`, `yield` and `suspend` may be used in.
#[derive(Clone, Copy, PartialEq)]
enum Context {
    Main,
    Function,
    Generator,
    Thread,
}

pub struct Generator {
    random: Random,
    scopes: Vec<Vec<Variable>>,
    classes: Vec<Class>,
    names: usize,
    context: Context,
    /// Whether `break` and `continue` are allowed here.
    breaks: bool,
    continues: bool,
    /// Whether this is in a `switch`.
    switches: bool,
    /// How deep statements are nested.
    depth: usize,
    /// The first scope of the generator that this is in.
    yielding: usize,
    /// Scopes whose variables cannot be used here.
    hidden: Range<usize>,
}

/// Functions that programs use: limits, and texts without addresses.
const PRELUDE: &str = include_str!("prelude.nut");

/// The program of a seed.
pub fn program(seed: u64) -> Vec<Node> {
    let mut generator = Generator {
        random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed),
        scopes: vec![Vec::new()],
        classes: Vec::new(),
        names: 0,
        context: Context::Main,
        breaks: false,
        continues: false,
        switches: false,
        depth: 0,
        yielding: 0,
        hidden: 0..0,
    };
    let mut nodes: Vec<Node> = PRELUDE.split("\n\n").map(|text| Node::line(text.trim_end())).collect();
    let count = 6 + generator.random.below(24);
    for _ in 0..count {
        let statement = generator.top_statement();
        nodes.extend(statement);
    }
    // Whatever is there at the end.
    for Variable { name, is, .. } in &generator.scopes[0] {
        if !matches!(is, Type::Function(_) | Type::Class(_) | Type::Generator(_) | Type::Thread) {
            nodes.push(Node::line(format!("print(\"{name} \" + ::show({name}) + \"\\n\");")));
        }
    }
    generator.drop_semicolons(&mut nodes);
    nodes
}

impl Generator {
    /// Statements may end with their line.
    fn drop_semicolons(&mut self, nodes: &mut [Node]) {
        for node in nodes {
            if node.parts.is_empty() && node.tail.len() > 1 && self.percent(15) {
                node.tail = node.tail.trim_end_matches(';').to_owned();
            }
            for (_, body) in &mut node.parts {
                self.drop_semicolons(body);
            }
        }
    }

    fn percent(&mut self, percent: usize) -> bool {
        self.random.percent(percent)
    }

    /// One of these texts.
    fn one(&mut self, of: &[&'static str]) -> &'static str {
        of[self.random.below(of.len())]
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn declare(&mut self, name: impl Into<String>, is: Type, assignable: bool) {
        let variable = Variable { name: name.into(), is, assignable };
        self.scopes.last_mut().expect("a scope").push(variable);
    }

    /// A name for a new local: at times that of an outer one.
    fn local_name(&mut self) -> String {
        if self.scopes.len() > 1 && self.percent(15) {
            let outer = self.random.below(self.scopes.len() - 1);
            if let Some(variable) = self.scopes[outer].last() {
                let name = variable.name.clone();
                let here = self.scopes.last().expect("a scope");
                if name.starts_with('v') && name != "vargv" && here.iter().all(|variable| variable.name != name) {
                    return name;
                }
            }
        }
        self.fresh("v")
    }

    /// The variables that can be seen here and are so.
    fn variables(&self, wanted: impl Fn(&Variable) -> bool) -> Vec<Variable> {
        let mut seen: Vec<&str> = Vec::new();
        let mut found = Vec::new();
        for (place, scope) in self.scopes.iter().enumerate().rev() {
            for variable in scope.iter().rev() {
                if !seen.contains(&variable.name.as_str()) {
                    seen.push(&variable.name);
                    if !self.hidden.contains(&place) && wanted(variable) {
                        found.push(variable.clone());
                    }
                }
            }
        }
        found
    }

    fn variable(&mut self, wanted: impl Fn(&Variable) -> bool) -> Option<Variable> {
        let found = self.variables(wanted);
        if found.is_empty() {
            return None;
        }
        // Later ones are more interesting.
        let at = self.random.below(found.len()).min(self.random.below(found.len()));
        Some(found[at].clone())
    }

    fn variable_of(&mut self, is: &Type) -> Option<String> {
        self.variable(|variable| variable.is == *is).map(|variable| variable.name)
    }

    /// Makes something in a scope of its own.
    fn scoped<T>(&mut self, make: impl FnOnce(&mut Generator) -> T) -> T {
        self.scopes.push(Vec::new());
        let made = make(self);
        self.scopes.pop();
        made
    }

    /// Makes something in a function of its own.
    fn in_function<T>(&mut self, context: Context, make: impl FnOnce(&mut Generator) -> T) -> T {
        let outside = (self.context, self.breaks, self.continues, self.switches, self.hidden.clone());
        // What a generator has is not captured.
        if self.context == Context::Generator {
            self.hidden = self.yielding..self.scopes.len();
        }
        if context == Context::Generator {
            self.yielding = self.scopes.len();
        }
        (self.context, self.breaks, self.continues, self.switches) = (context, false, false, false);
        let made = self.scoped(make);
        (self.context, self.breaks, self.continues, self.switches, self.hidden) = outside;
        made
    }
}
