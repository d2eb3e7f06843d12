//! Statements.

use super::{Context, Generator, Type, Variable};
use crate::differential::tree::Node;

impl Generator {
    /// A statement of the program itself; what fails is mostly caught.
    pub(super) fn top_statement(&mut self) -> Vec<Node> {
        match self.random.below(10) {
            0 => vec![self.class()],
            1 => vec![self.function()],
            2 => self.generator_or_thread(),
            3 | 4 => vec![self.local(1)],
            5 => self.statement(),
            _ => vec![self.attempt()],
        }
    }

    /// Up to so many statements and a few more.
    pub(super) fn statements(&mut self, most: usize) -> Vec<Node> {
        let count = 1 + self.random.below(most);
        let mut nodes = Vec::new();
        for _ in 0..count {
            let statement = self.statement();
            nodes.extend(statement);
        }
        nodes
    }

    fn print(&mut self) -> Node {
        const TYPES: [Type; 8] =
            [Type::Int, Type::Float, Type::Str, Type::Bool, Type::Scalar, Type::Scalar, Type::Array, Type::Table];
        let shown = match self.random.below(20) {
            // The last bit is the C library's.
            0 => {
                let function = self.one(&["sin", "cos", "tan", "atan", "exp", "log", "log10", "asin", "acos"]);
                format!("format(\"%.3g\", {function}({}))", self.expression(&Type::Float, 2))
            }
            1 => return self.wild(),
            _ => {
                let is = self.random.pick(&TYPES).clone();
                self.expression(&is, 3)
            }
        };
        Node::line(format!("print(::show({shown}) + \"\\n\");"))
    }

    /// Operators on what they are not for.
    fn wild(&mut self) -> Node {
        let [left, right] = [(); 2].map(|()| match self.random.below(9) {
            0 => self.expression(&Type::Array, 1),
            1 => self.expression(&Type::Table, 1),
            2 => self.lambda(1, 1),
            3 => match self.variable(|variable| matches!(variable.is, Type::Instance(_) | Type::Class(_))) {
                Some(variable) => variable.name,
                None => "[]".to_owned(),
            },
            4 => "print".to_owned(),
            5 => "::newthread(print)".to_owned(),
            6 => "[].weakref()".to_owned(),
            _ => self.sure_scalar(1),
        });
        let sure = self.sure_scalar(1);
        let shown = match self.random.below(14) {
            0..=3 => format!("{left} {} {right}", self.one(&["+", "-", "*", "/", "&", "|", "^", "<<", ">>", ">>>"])),
            4 | 5 => format!("{left} {} {sure}", self.one(&["<", ">", "<=", ">="])),
            6 => format!("{sure} {} {right}", self.one(&["<", ">", "<=", ">="])),
            7 => format!("{left} {} {right}", self.one(&["==", "!=", "&&", "||"])),
            8 => format!("{}({left})", self.one(&["-", "~", "!", "typeof ", "clone ", "resume "])),
            9 => format!("({left}) {} ({right})", self.one(&["in", "instanceof"])),
            10 => format!("({left})[{}]", self.random.below(4)),
            11 => format!("({left})({sure})"),
            12 => format!("({left}).{} = {sure}", self.key()),
            _ => format!("delete ({left}).{}", self.key()),
        };
        let node = Node::line(format!("print(::show({shown}) + \"\\n\");"));
        self.caught(node)
    }

    pub(super) fn statement(&mut self) -> Vec<Node> {
        if self.depth >= 4 {
            return vec![self.print()];
        }
        self.depth += 1;
        let nodes = self.any_statement();
        self.depth -= 1;
        nodes
    }

    fn any_statement(&mut self) -> Vec<Node> {
        let node = match self.random.below(65) {
            60 => self.many_slots(),
            61 => self.sorted(),
            62 => self.weak(),
            63 => return self.member(),
            64 => self.nested(),
            0..=8 => self.local(3),
            9..=15 => return vec![self.assignment().unwrap_or_else(|| Node::line(";"))],
            16..=21 => self.print(),
            22..=24 => self.conditional(),
            25..=28 => self.counted_loop(),
            29..=31 => self.foreach(),
            32 | 33 => self.switch(),
            34..=36 => self.attempt(),
            37 => Node::line(format!("throw {};", self.scalar(1))),
            38..=40 => self.jump(),
            41..=43 => self.local_function(),
            44 | 45 => return self.instance_local().map_or_else(Vec::new, |node| vec![node]),
            46..=49 => return self.instance_use().map_or_else(Vec::new, |node| vec![self.caught(node)]),
            50 => return self.delegated(),
            51 => self.constant(),
            52 => self.compiled(),
            53 => self.blob(),
            54 => self.pattern(),
            55..=57 => self.method_call(),
            58 => self.about_function(),
            _ => {
                let body = self.scoped(|generator| generator.statements(3));
                Node::block("{", body, "}")
            }
        };
        vec![node]
    }

    /// A statement whose errors are printed.
    fn caught(&mut self, node: Node) -> Node {
        if self.percent(15) {
            return node;
        }
        let report = vec![Node::line("print(\"error \" + ::show(e) + \"\\n\");")];
        Node {
            parts: vec![("try {".to_owned(), vec![node]), ("} catch (e) {".to_owned(), report)],
            tail: "}".to_owned(),
        }
    }

    fn local(&mut self, depth: usize) -> Node {
        let (mut parts, mut declared) = (Vec::new(), Vec::<(String, Type)>::new());
        for _ in 0..=usize::from(self.percent(20)) {
            let is = self
                .random
                .pick(&[Type::Int, Type::Float, Type::Str, Type::Bool, Type::Scalar, Type::Array, Type::Table])
                .clone();
            if is == Type::Scalar && self.percent(15) {
                let name = self.fresh("v");
                declared.push((name.clone(), is));
                parts.push(name);
                continue;
            }
            let value = self.expression(&is, depth);
            let value = match is {
                Type::Scalar => format!("::cut({value})"),
                Type::Bool => format!("(!{value})"),
                _ => value,
            };
            let mut name = self.local_name();
            if declared.iter().any(|known| known.0 == name) {
                name = self.fresh("v");
            }
            declared.push((name.clone(), is));
            parts.push(format!("{name} = {value}"));
        }
        for (name, is) in declared {
            self.declare(name, is, true);
        }
        Node::line(format!("local {};", parts.join(", ")))
    }

    fn assignment(&mut self) -> Option<Node> {
        let variable = self
            .variable(|variable| variable.assignable && !matches!(variable.is, Type::Class(_) | Type::Instance(_)))?;
        let Variable { name, is, .. } = variable;
        let line = match is {
            Type::Int | Type::Float | Type::Str | Type::Scalar if self.switches => {
                format!("{name} = {};", self.plain(&is))
            }
            Type::Int => match self.random.below(5) {
                0 => format!("{name}{};", self.one(&["++", "--"])),
                1 | 2 => format!("{name} {} {};", self.one(&["+=", "-=", "*="]), self.int_expression()),
                3 => format!("{name} {} ::nz({});", self.one(&["/=", "%="]), self.int_expression()),
                _ => format!("{name} = {};", self.int_expression()),
            },
            Type::Float => {
                let operator = self.one(&["=", "+=", "-=", "*=", "/="]);
                format!("{name} {operator} {};", self.expression(&Type::Float, 2))
            }
            Type::Str if self.percent(30) => format!("{name} += {}; {name} = ::cut({name});", self.sure_scalar(1)),
            Type::Scalar if self.percent(30) => {
                let operator = self.one(&["+=", "-=", "*="]);
                format!("{name} {operator} {}; {name} = ::cut({name});", self.sure_scalar(1))
            }
            Type::Str | Type::Scalar => format!("{name} = ::cut({});", self.expression(&is, 3)),
            Type::Array => match self.random.below(12) {
                0 | 1 => format!("{name}.{}({});", self.one(&["append", "push"]), self.sure_or_scalar()),
                2 => format!("{name}[{}] = {};", self.random.below(4), self.sure_or_scalar()),
                3 => format!("if ({name}.len() > 0) {name}[{name}.len() - 1] = {};", self.sure_or_scalar()),
                4 => format!("{name}.insert({}, {});", self.random.below(4), self.sure_or_scalar()),
                5 => format!("{name}.remove({});", self.random.below(3)),
                6 => format!("{name}.resize({}, {});", self.random.below(9), self.sure_or_scalar()),
                7 => format!("{name}.{}();", self.one(&["reverse", "clear", "pop"])),
                8 => format!("{name}.extend([{}, {}]);", self.sure_or_scalar(), self.sure_or_scalar()),
                9 => format!("{name}.apply({});", self.lambda_expression(1)),
                10 => format!(
                    "{name}.sort({});",
                    self.one(&["", "@(a, b) ::sgn(a <=> b)", "@(a, b) b <=> a", "@(a, b) 0 - (a <=> b)"])
                ),
                _ => format!("{name} = {};", self.expression(&is, 3)),
            },
            Type::Table => match self.random.below(8) {
                0 | 1 => format!("{name}.{} <- {};", self.key(), self.sure_or_scalar()),
                2 => format!("{name}.{} = {};", self.key(), self.sure_or_scalar()),
                3 => format!(
                    "{name}[\"{}\"] {} {};",
                    self.key(),
                    self.one(&["+=", "-=", "*=", "<-", "="]),
                    self.sure_scalar(1)
                ),
                4 => format!("delete {name}.{};", self.key()),
                5 => format!("if (\"{0}\" in {name}) print(::show(delete {name}[\"{0}\"]) + \"\\n\");", self.key()),
                6 => format!("{name}.{}++;", self.key()),
                _ => format!("{name} = {};", self.expression(&is, 3)),
            },
            Type::Bool => format!("{name} = !{};", self.bool(2)),
            _ => format!("{name} = {};", self.expression(&is, 2)),
        };
        let node = Node::line(line);
        Some(if matches!(is, Type::Array | Type::Table) { self.caught(node) } else { node })
    }

    /// A value of a type, short enough to be kept.
    fn plain(&mut self, is: &Type) -> String {
        let value = self.expression(is, 2);
        if matches!(is, Type::Str | Type::Scalar) { format!("::cut({value})") } else { value }
    }

    fn int_expression(&mut self) -> String {
        self.expression(&Type::Int, 3)
    }

    fn lambda_expression(&mut self, parameters: usize) -> String {
        self.lambda(parameters, 2)
    }

    fn sure_or_scalar(&mut self) -> String {
        if self.percent(60) { self.sure_scalar(2) } else { format!("::cut({})", self.scalar(2)) }
    }

    fn conditional(&mut self) -> Node {
        let mut parts = Vec::new();
        let head = format!("if ({}) {{", self.condition(3));
        parts.push((head, self.scoped(|generator| generator.statements(3))));
        if self.percent(25) {
            let head = format!("}} else if ({}) {{", self.condition(2));
            parts.push((head, self.scoped(|generator| generator.statements(2))));
        }
        if self.percent(50) {
            parts.push(("} else {".to_owned(), self.scoped(|generator| generator.statements(3))));
        }
        Node { parts, tail: "}".to_owned() }
    }

    fn body(&mut self, most: usize) -> Vec<Node> {
        let outside = (self.breaks, self.continues);
        (self.breaks, self.continues) = (true, true);
        let mut body = vec![Node::line("::tick();")];
        body.extend(self.statements(most));
        (self.breaks, self.continues) = outside;
        body
    }

    fn counted_loop(&mut self) -> Node {
        let count = self.random.below(6);
        match self.random.below(5) {
            0 | 1 => self.scoped(|generator| {
                let name = generator.fresh("i");
                let head = match generator.random.below(4) {
                    0 => format!("for (local {name} = {count}; {name} > 0; {name} -= 1 + ({name} & 1)) {{"),
                    1 => format!("for (local {name} = 0, end = {count}; {name} < end; {name}++, end--) {{"),
                    _ => format!("for (local {name} = 0; {name} < {count}; {name}++) {{"),
                };
                generator.declare(&name, Type::Int, false);
                Node::block(head, generator.body(3), "}")
            }),
            2 => {
                let name = self.fresh("i");
                let body = self.scoped(|generator| {
                    generator.declare(&name, Type::Int, false);
                    let body = generator.body(3);
                    vec![
                        Node::line(format!("local {name} = {count};")),
                        Node::block(format!("while ({name}-- > 0) {{"), body, "}"),
                    ]
                });
                Node::block("{", body, "}")
            }
            3 => {
                let name = self.fresh("i");
                let body = self.scoped(|generator| {
                    generator.declare(&name, Type::Int, false);
                    let body = generator.body(3);
                    vec![
                        Node::line(format!("local {name} = {count};")),
                        Node::block("do {", body, format!("}} while (--{name} > 0);")),
                    ]
                });
                Node::block("{", body, "}")
            }
            _ => {
                let condition = self.condition(2);
                let mut body = self.scoped(|generator| generator.body(3));
                if self.percent(70) {
                    body.push(Node::line(format!("if ({}) break;", self.condition(2))));
                }
                // The error of `tick` ends it at last.
                Node::block(format!("while ({condition}) {{"), body, "}")
            }
        }
    }

    fn foreach(&mut self) -> Node {
        let over = match self.random.below(8) {
            0..=2 => self.expression(&Type::Array, 2),
            3 | 4 => self.expression(&Type::Table, 2),
            5 => self.expression(&Type::Str, 2),
            6 => match self.variable(|variable| matches!(variable.is, Type::Generator(_))) {
                Some(Variable { name, is: Type::Generator(parameters), .. }) => {
                    format!("{name}({})", self.arguments(parameters, 1))
                }
                _ => self.scalar(1),
            },
            _ => self.scalar(1),
        };
        let node = self.scoped(|generator| {
            let value = generator.fresh("v");
            let key = generator.fresh("k");
            generator.declare(&value, Type::Scalar, true);
            let head = if generator.percent(50) {
                format!("foreach ({value} in {over}) {{")
            } else {
                generator.declare(&key, Type::Scalar, true);
                format!("foreach ({key}, {value} in {over}) {{")
            };
            Node::block(head, generator.body(3), "}")
        });
        self.caught(node)
    }

    fn switch(&mut self) -> Node {
        let outside = (self.breaks, self.switches);
        let mut parts = vec![(format!("switch ({}) {{", self.scalar(2)), Vec::new())];
        (self.breaks, self.switches) = (true, true);
        for _ in 0..self.random.below(4) {
            let head = format!("case {}: {{", self.sure_scalar(1));
            let body = self.scoped(|generator| generator.statements(2));
            parts.push((head, body));
            let end = if self.percent(60) { "} break;" } else { "}" };
            parts.push((end.to_owned(), Vec::new()));
        }
        if self.percent(60) {
            parts.push(("default: {".to_owned(), self.scoped(|generator| generator.statements(2))));
            parts.push(("}".to_owned(), Vec::new()));
        }
        (self.breaks, self.switches) = outside;
        Node { parts, tail: "}".to_owned() }
    }

    fn attempt(&mut self) -> Node {
        let body = self.scoped(|generator| generator.statements(4));
        let name = self.fresh("e");
        let handler = self.scoped(|generator| {
            // What is thrown may be an object: it is only shown.
            let mut nodes = vec![Node::line(format!("print(\"caught \" + ::show({name}) + \"\\n\");"))];
            if generator.percent(15) {
                nodes.push(Node::line(format!("throw {name};")));
            } else if generator.percent(40) {
                nodes.extend(generator.statements(2));
            }
            nodes
        });
        Node {
            parts: vec![("try {".to_owned(), body), (format!("}} catch ({name}) {{"), handler)],
            tail: "}".to_owned(),
        }
    }

    fn jump(&mut self) -> Node {
        let line = match (self.random.below(4), self.context) {
            (0, _) if self.breaks => format!("if ({}) break;", self.condition(2)),
            (1, _) if self.continues => format!("if ({}) continue;", self.condition(2)),
            (2, Context::Function) => format!("if ({}) return {};", self.condition(2), self.scalar(2)),
            (2, Context::Generator | Context::Thread) => format!("if ({}) return;", self.condition(2)),
            (_, Context::Generator) => format!("yield {};", self.scalar(2)),
            (_, Context::Thread) => format!("print(::show(::suspend({})) + \"\\n\");", self.scalar(2)),
            _ => return self.print(),
        };
        Node::line(line)
    }

    fn function_body(&mut self, context: Context, parameters: &[String], vararg: bool) -> Vec<Node> {
        self.in_function(context, |generator| {
            for name in parameters {
                generator.declare(name, Type::Scalar, true);
            }
            if vararg {
                generator.declare("vargv", Type::Array, false);
            }
            let mut body = vec![Node::line("::tick();")];
            body.extend(generator.statements(4));
            if generator.percent(80) && context != Context::Generator {
                body.push(Node::line(format!("return ::cut({});", generator.scalar(3))));
            }
            body
        })
    }

    /// Parameters as they are declared, and their names: with defaults, or with more behind them.
    fn parameters(&mut self, count: usize) -> (String, Vec<String>, bool) {
        let names: Vec<String> = (0..count).map(|_| self.fresh("p")).collect();
        let mut declared = names.clone();
        let mut vararg = false;
        if self.percent(20) {
            declared.push("...".to_owned());
            vararg = true;
        } else if count > 0 && self.percent(30) {
            let last = declared.last_mut().expect("one at least");
            *last = format!("{last} = {}", self.scalar(1));
        }
        (declared.join(", "), names, vararg)
    }

    fn local_function(&mut self) -> Node {
        let count = self.random.below(4);
        let (declared, names, vararg) = self.parameters(count);
        let body = self.function_body(Context::Function, &names, vararg);
        let name = self.fresh("f");
        self.declare(&name, Type::Function(count), false);
        match self.random.below(3) {
            0 => Node::block(format!("local function {name}({declared}) {{"), body, "}"),
            1 => Node::block(format!("local {name} = function({declared}) {{"), body, "};"),
            _ => Node::block(format!("local {name} = @({declared}) (function() {{"), body, "})();"),
        }
    }

    /// A function in the root table, maybe one that calls itself.
    fn function(&mut self) -> Node {
        let count = 1 + self.random.below(3);
        let (declared, names, vararg) = self.parameters(count);
        let name = self.fresh("f");
        let mut body = self.function_body(Context::Function, &names, vararg);
        if self.percent(30) {
            let first = &names[0];
            let arguments = [&[format!("{first} - 1")], &names[1..]].concat().join(", ");
            let again = format!(
                "if (typeof {first} == \"integer\" && {first} > 0 && {first} < 20) return ::cut({first} + {}{name}({arguments}));",
                self.one(&["", "::", "\"-\" + "])
            );
            body.insert(1, Node::line(again));
        }
        self.declare(format!("::{name}"), Type::Function(count), false);
        Node::block(format!("function {name}({declared}) {{"), body, "}")
    }

    fn generator_or_thread(&mut self) -> Vec<Node> {
        let context = if self.percent(60) { Context::Generator } else { Context::Thread };
        let count = self.random.below(3);
        let (declared, names, vararg) = self.parameters(count);
        let mut body = self.function_body(context, &names, vararg);
        let stop = if context == Context::Generator {
            format!("yield {};", self.scalar(1))
        } else {
            format!("print(\"woken \" + ::show(::suspend({})) + \"\\n\");", self.scalar(1))
        };
        let at = 1 + self.random.below(body.len());
        body.insert(at.min(body.len()), Node::line(stop));
        let name = self.fresh("g");
        let made = self.fresh("v");
        let (head, calls) = if context == Context::Generator {
            self.declare(&name, Type::Generator(count), false);
            let head = format!("local {made} = {name}({});", self.arguments(count, 1));
            (head, vec![format!("print(::show(resume {made}) + \" \" + {made}.getstatus() + \"\\n\");")])
        } else {
            self.declare(&name, Type::Thread, false);
            let head = format!("local {made} = ::newthread({name});");
            let call = format!(
                "print(::show({made}.call({})) + \" \" + {made}.getstatus() + \"\\n\");",
                self.arguments(count, 1)
            );
            let wake = format!(
                "print(::show({made}.wakeup({})) + \" \" + {made}.getstatus() + \"\\n\");",
                self.arguments(1, 1)
            );
            (head, vec![call, wake.clone(), wake])
        };
        let mut nodes =
            vec![Node::block(format!("local {name} = function({declared}) {{"), body, "};"), Node::line(head)];
        let mut uses = calls.into_iter().map(Node::line).collect::<Vec<_>>();
        while self.percent(70) {
            let again = uses.last().expect("one at least").clone();
            uses.push(again);
            if self.percent(20) {
                uses.push(self.print());
            }
        }
        for node in uses {
            nodes.push(self.caught(node));
        }
        nodes
    }

    fn constant(&mut self) -> Node {
        let scalar = self.one(&["1", "-5", "2.5", "\"text\"", "0x7fffffff", "'c'", "-0.5", "\"\""]);
        if self.percent(60) {
            let name = self.fresh("K");
            self.scopes[0].push(Variable { name: name.clone(), is: Type::Scalar, assignable: false });
            return Node::line(format!("const {name} = {scalar};"));
        }
        let name = self.fresh("E");
        for member in ["A", "B", "C"] {
            self.scopes[0].push(Variable { name: format!("{name}.{member}"), is: Type::Scalar, assignable: false });
        }
        Node::line(format!("enum {name} {{ A, B = {scalar}, C }}"))
    }

    /// An expression that is compiled at run time. It sees constants, but no locals.
    fn compiled(&mut self) -> Node {
        let scopes = std::mem::replace(&mut self.scopes, vec![Vec::new()]);
        let value = self.in_function(Context::Function, |generator| generator.scalar(3));
        self.scopes = scopes;
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        Node::line(format!("print(::show(compilestring(\"return {quoted}\")()) + \"\\n\");"))
    }

    fn blob(&mut self) -> Node {
        let name = self.fresh("b");
        let mut lines = vec![format!("local {name} = blob({});", self.random.below(9))];
        for _ in 0..2 + self.random.below(6) {
            let kind = self.one(&["'c'", "'b'", "'s'", "'w'", "'i'", "'f'", "'d'"]);
            lines.push(match self.random.below(11) {
                0..=2 => format!("{name}.writen({}, {kind});", self.small_number()),
                3 | 4 => {
                    format!("{name}.seek({}{});", self.random.below(8), self.one(&["", ", 'b'", ", 'c'", ", 'e'"]))
                }
                5 => format!("print(::show({name}.readn({kind})) + \"\\n\");"),
                6 => format!("print({name}.tell() + \" \" + {name}.len() + \" \" + ::show({name}.eos()) + \"\\n\");"),
                7 => format!("{name}[{}] = {};", self.random.below(6), self.small_number()),
                8 => format!("print(::show({name}[{}]) + \"\\n\");", self.random.below(6)),
                9 => format!("{name}.{}();", self.one(&["swap2", "swap4", "flush"])),
                _ => format!("foreach (k, v in {name}) print(k + \"=\" + v + \" \");"),
            });
        }
        let body = lines.into_iter().map(Node::line).collect();
        let node = Node::block("{", body, "}");
        self.caught(node)
    }

    fn small_number(&mut self) -> String {
        if self.percent(70) {
            self.random.below(300).to_string()
        } else {
            format!("({} & 0xffff)", self.int_expression())
        }
    }

    fn pattern(&mut self) -> Node {
        let mut pattern = String::new();
        for _ in 0..=self.random.below(5) {
            pattern += self.one(&[
                "a", "b", "X", ",", "[a-c]", "[abX]", "(a|b)", "(b)", "(?:ab)", "\\\\d", "\\\\w", "\\\\l", "\\\\u",
                "l+", "o",
            ]);
            pattern += self.one(&["", "", "", "*", "+", "?", "{2}", "{1,2}", "{1,}"]);
        }
        if self.percent(10) {
            pattern.insert(0, '^');
        }
        if self.percent(10) {
            pattern.push('$');
        }
        let text = format!("::nonul({})", self.string(1));
        let call = match self.random.below(3) {
            0 => format!("match({text})"),
            1 => format!("search({text})"),
            _ => format!("capture({text})"),
        };
        let node = Node::line(format!("print(::show(regexp(\"{pattern}\").{call}) + \"\\n\");"));
        self.caught(node)
    }

    /// A method of anything, with any arguments: mostly an error.
    fn method_call(&mut self) -> Node {
        let object = match self.random.below(8) {
            0 => format!("({})", self.scalar(1)),
            1 => format!("(clone {})", self.expression(&Type::Array, 1)),
            2 => format!("(clone {})", self.expression(&Type::Table, 1)),
            3 => format!("({})", self.expression(&Type::Str, 1)),
            4 => self.lambda(1, 1),
            5 => match self
                .variable(|variable| matches!(variable.is, Type::Instance(_) | Type::Class(_) | Type::Generator(_)))
            {
                Some(variable) => variable.name,
                None => "{}".to_owned(),
            },
            6 => "[3, 1, 2]".to_owned(),
            _ => "{ a = 1, b = \"two\" }".to_owned(),
        };
        let object = if object.starts_with('{') { format!("({object})") } else { object };
        let method = self.one(&[
            "len",
            "append",
            "push",
            "pop",
            "top",
            "insert",
            "remove",
            "reverse",
            "slice",
            "map",
            "apply",
            "reduce",
            "filter",
            "find",
            "extend",
            "clear",
            "rawget",
            "rawset",
            "rawdelete",
            "rawin",
            "getdelegate",
            "tostring",
            "tofloat",
            "toupper",
            "tolower",
            "tochar",
            "call",
            "pcall",
            "getstatus",
            "getclass",
            "getbase",
            "instance",
            "getattributes",
            "weakref",
            "nothing",
            "sort",
        ]);
        let count = self.random.below(4).max(usize::from(method == "slice"));
        let mut arguments: Vec<String> = (0..count).map(|_| self.sure_scalar(1)).collect();
        if matches!(method, "insert" | "remove" | "slice" | "find") {
            for argument in &mut arguments {
                if argument.parse::<i64>().is_err() {
                    *argument = self.random.below(5).to_string();
                }
            }
        }
        let call = format!("{object}.{method}({})", arguments.join(", "));
        let node = Node::line(format!("print(type({call}) + \"\\n\");"));
        self.caught(node)
    }

    /// A table that grows and shrinks, and then its order.
    fn many_slots(&mut self) -> Node {
        let key = self.one(&[
            "i",
            "\"k\" + i",
            "i * 7 % 31",
            "(i * 40503) & 0xff",
            "i * 1.5",
            "\"\" + i * i",
            "i % 3 == 0 ? i : \"s\" + i",
        ]);
        let (count, step) = (self.random.below(40), 2 + self.random.below(3));
        let mut body = vec![
            Node::line("local t = {};"),
            Node::line(format!("for (local i = 0; i < {count}; i++) t[{key}] <- i;")),
        ];
        if self.percent(60) {
            body.push(Node::line(format!(
                "for (local i = 0; i < {count}; i += {step}) if (({key}) in t) delete t[{key}];"
            )));
        }
        if self.percent(40) {
            body.push(Node::line(format!("foreach (k, v in t) if (v % {step} == 0) t.rawdelete(k); else t[k] = -v;")));
        }
        if self.percent(40) {
            body.push(Node::line(format!("t = clone t; t.{} <- {};", self.key(), self.scalar(1))));
        }
        body.push(Node::line("print(t.len() + \" \" + ::show(t) + \"\\n\");"));
        Node::block("{", body, "}")
    }

    fn sorted(&mut self) -> Node {
        let count = self.random.below(24);
        let item = self.one(&[
            "i * 7919 % 101",
            "(i * 40503) & 15",
            "\"\" + i * 37 % 10",
            "i * 0.75 % 2.0",
            "i % 2 ? i : -i * 0.5",
        ]);
        let order = self.one(&[
            "",
            "@(a, b) a <=> b",
            "@(a, b) b <=> a",
            "@(a, b) (a & 7) - (b & 7)",
            "@(a, b) a < b ? -1 : 1",
            "@(a, b) 0.5",
        ]);
        let body = vec![
            Node::line("local a = [];"),
            Node::line(format!("for (local i = 0; i < {count}; i++) a.append({item});")),
            Node::line(format!("a.sort({order}); print(::show(a) + \"\\n\");")),
        ];
        let node = Node::block("{", body, "}");
        self.caught(node)
    }

    fn weak(&mut self) -> Node {
        let value = self.one(&["[1, 2]", "{ a = 1 }", "@() 7", "class { a = 1 }"]);
        let body = vec![
            Node::line(format!("local strong = {value}, weak = null, list = [];")),
            Node::line("weak = strong.weakref(); list.append(weak);"),
            Node::line("print(typeof weak + typeof weak.ref() + typeof list[0] + (weak.ref() == strong) + \"\\n\");"),
            Node::line(self.one(&["strong = [strong];", "list.append(strong);", ";"])),
            Node::line("print(typeof weak.ref() + typeof list[0] + \"\\n\");"),
        ];
        Node::block("{", body, "}")
    }

    /// Members that classes get later, and attributes.
    fn member(&mut self) -> Vec<Node> {
        let Some(variable) = self.variable(|variable| matches!(variable.is, Type::Class(_))) else {
            return Vec::new();
        };
        let (name, value) = (variable.name, self.scalar(1));
        let field = self.one(&["fa", "fz", "ma", "fb"]);
        let line = match self.random.below(8) {
            0 => format!("{name}.newmember(\"{field}\", {value});"),
            1 => format!("{name}.rawnewmember(\"{field}\", {value}, {}, {});", self.scalar(0), self.bool(0)),
            2 => format!("{name}.setattributes(\"{field}\", {value});"),
            3 => format!("print(::show({name}.getattributes(\"{field}\")) + \"\\n\");"),
            4 => format!("{name}.{field} <- function(a = 1) {{ return a }}"),
            5 => format!("{name}.{field} = {value};"),
            6 => format!("print(::show({name}.instance()) + \"\\n\");"),
            _ => format!("foreach (k, v in {name}) print(k + \" \" + type(v) + \"\\n\");"),
        };
        let node = Node::line(line);
        vec![self.caught(node)]
    }

    /// Containers in containers, and assignments deep within.
    fn nested(&mut self) -> Node {
        let name = self.fresh("n");
        let mut body = vec![Node::line(format!(
            "local {name} = {{ a = [{}, {}], b = {{ c = {}, d = [] }}, c = [[{}], [[]]] }};",
            self.scalar(1),
            self.array(1),
            self.scalar(1),
            self.scalar(1)
        ))];
        for _ in 0..=self.random.below(4) {
            let value = self.sure_scalar(1);
            let line = match self.random.below(9) {
                0 => format!("{name}.a[{}] = {value};", self.random.below(3)),
                1 => format!("{name}.b.c {} {value};", self.one(&["=", "+=", "-=", "*="])),
                2 => format!("{name}[\"b\"][\"d\"].append({value});"),
                3 => format!("{name}.c[1][0].push({value});"),
                4 => format!("{name}.a[1] = clone {name}.b;"),
                5 => format!("{name}.b.{} <- [{value}];", self.key()),
                6 => format!("delete {name}.b.{};", self.key()),
                7 => format!("{name}.a[{}]++;", self.random.below(3)),
                _ => format!("{name}.c[0][0] {} {value};", self.one(&["=", "+=", "-=", "*="])),
            };
            body.push(self.caught_line(line));
        }
        body.push(Node::line(format!("print(::show({name}) + \"\\n\");")));
        let node = Node::block("{", body, "}");
        self.caught(node)
    }

    fn caught_line(&mut self, line: String) -> Node {
        self.caught(Node::line(line))
    }

    fn about_function(&mut self) -> Node {
        let Some(variable) = self.variable(|variable| matches!(variable.is, Type::Function(_))) else {
            return self.print();
        };
        let name = variable.name;
        let what = self.one(&[
            "getinfos().parameters",
            "getinfos().varargs",
            "getinfos().defparams.len()",
            "getinfos().native",
            "weakref().ref()",
            "getinfos().name",
        ]);
        Node::line(format!("print(::show({name}.{what}) + \"\\n\");"))
    }
}
