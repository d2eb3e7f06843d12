//! Classes, instances, and tables with delegates.

use super::{Class, Context, Generator, Type};
use crate::differential::tree::Node;

const FIELDS: [&str; 4] = ["fa", "fb", "fc", "fd"];
const METHODS: [&str; 4] = ["ma", "mb", "mc", "md"];

impl Generator {
    pub(super) fn class(&mut self) -> Node {
        let name = self.fresh("C");
        let bases: Vec<usize> = (0..self.classes.len()).collect();
        let base = (!bases.is_empty() && self.percent(50)).then(|| *self.random.pick(&bases));
        let inherited = base.map_or_else(Class::default, |base| self.class_at(base));
        let mut class = Class { base, ..Class::default() };
        let mut body = Vec::new();
        for field in FIELDS {
            if self.percent(55) {
                let value = self.scalar(1);
                let head = match self.random.below(10) {
                    0 => "static ".to_owned(),
                    1 => format!("</ note = {} /> ", self.scalar(0)),
                    _ => String::new(),
                };
                body.push(Node::line(format!("{head}{field} = {value};")));
                if !head.starts_with("static") {
                    class.fields.push(field.to_owned());
                }
            }
        }
        let fields: Vec<String> = [&inherited.fields[..], &class.fields[..]].concat();
        if self.percent(60) {
            class.parameters = self.random.below(3);
            let parameters = class.parameters;
            let base_parameters = inherited.parameters;
            body.push(self.method("constructor", parameters, &fields, |generator| {
                if base.is_some() && generator.percent(60) {
                    let arguments = generator.arguments(base_parameters, 1);
                    vec![Node::line(format!("base.constructor({arguments});"))]
                } else {
                    Vec::new()
                }
            }));
        } else {
            class.parameters = inherited.parameters;
        }
        for method in METHODS {
            if self.percent(40) {
                let known = inherited.methods.iter().find(|known| known.0 == method);
                let parameters = known.map_or_else(|| self.random.clone().below(3), |known| known.1);
                let overrides = known.is_some();
                class.methods.push((method.to_owned(), parameters));
                body.push(self.method(&format!("function {method}"), parameters, &fields, |generator| {
                    if overrides && generator.percent(60) {
                        let arguments = generator.arguments(parameters, 1);
                        vec![Node::line(format!("print(\"base \" + ::show(base.{method}({arguments})) + \"\\n\");"))]
                    } else {
                        Vec::new()
                    }
                }));
            }
        }
        for (metamethod, node) in self.metamethods(&fields, 12) {
            class.metamethods.push(metamethod);
            body.push(node);
        }
        let extends = base.map_or_else(String::new, |base| format!(" extends {}", self.class_name(base)));
        let head = match self.random.below(4) {
            0 => format!("::{name} <- class{extends} {{"),
            _ => format!("class {name}{extends} {{"),
        };
        self.classes.push(class);
        let number = self.classes.len() - 1;
        // Classes are slots of the root table, and so can be seen from everywhere.
        let variable = super::Variable { name: format!("::{name}"), is: Type::Class(number), assignable: false };
        self.scopes[0].push(variable);
        Node::block(head, body, "}")
    }

    fn class_name(&self, number: usize) -> String {
        let found = self.scopes[0].iter().find(|variable| variable.is == Type::Class(number));
        found.expect("classes are declared").name.clone()
    }

    /// A class with all that it inherits.
    fn class_at(&self, number: usize) -> Class {
        let own = self.classes[number].clone();
        let Some(base) = own.base else { return own };
        let mut class = self.class_at(base);
        for field in own.fields {
            if !class.fields.contains(&field) {
                class.fields.push(field);
            }
        }
        for method in own.methods {
            if !class.methods.contains(&method) {
                class.methods.push(method);
            }
        }
        class.metamethods.extend(own.metamethods);
        Class { base: Some(base), parameters: own.parameters, ..class }
    }

    /// A method whose statements may use the fields.
    fn method(
        &mut self,
        head: &str,
        parameters: usize,
        fields: &[String],
        first: impl FnOnce(&mut Generator) -> Vec<Node>,
    ) -> Node {
        self.in_function(Context::Function, |generator| {
            let names: Vec<String> = (0..parameters).map(|_| generator.fresh("p")).collect();
            for name in &names {
                generator.declare(name, Type::Scalar, true);
            }
            for field in fields {
                let name = if generator.percent(30) { field.clone() } else { format!("this.{field}") };
                generator.declare(name, Type::Scalar, true);
            }
            let mut body = vec![Node::line("::tick();")];
            body.extend(first(generator));
            body.extend(generator.statements(3));
            if generator.percent(80) && head != "constructor" {
                body.push(Node::line(format!("return {};", generator.scalar(2))));
            }
            Node::block(format!("{head}({}) {{", names.join(", ")), body, "}")
        })
    }

    /// Metamethods, each with so many percent.
    fn metamethods(&mut self, fields: &[String], percent: usize) -> Vec<(&'static str, Node)> {
        const ALL: [(&str, &str); 15] = [
            ("_add", "o"),
            ("_sub", "o"),
            ("_mul", "o"),
            ("_div", "o"),
            ("_unm", ""),
            ("_cmp", "o"),
            ("_typeof", ""),
            ("_tostring", ""),
            ("_get", "k"),
            ("_set", "k, v"),
            ("_newslot", "k, v"),
            ("_delslot", "k"),
            ("_call", "e, a"),
            ("_cloned", "o"),
            ("_nexti", "k"),
        ];
        let mut made = Vec::new();
        for (name, parameters) in ALL {
            if !self.percent(percent) {
                continue;
            }
            let value = self.in_function(Context::Function, |generator| {
                for field in fields {
                    generator.declare(format!("this.{field}"), Type::Scalar, true);
                }
                match name {
                    "_cmp" => generator.expression(&Type::Int, 2),
                    "_typeof" | "_tostring" => generator.expression(&Type::Str, 1),
                    _ => generator.scalar(2),
                }
            });
            let trace = if self.percent(50) { format!("print(\"{name} \"); ") } else { String::new() };
            let body = match name {
                "_get" => format!("{trace}if (k == \"ga\") return {value}; throw null;"),
                "_set" => format!("{trace}if (k == \"ga\") return; throw null;"),
                "_newslot" => {
                    format!("{trace}if (k == \"ga\") throw \"no slot\"; print(k + \"=\" + ::show(v) + \" \");")
                }
                "_delslot" => format!("{trace}print(\"del \" + k + \" \");"),
                "_cloned" => format!("{trace}print(typeof o + \" \");"),
                "_nexti" => "return k == null ? \"fa\" : k == \"fa\" ? \"fb\" : null;".to_owned(),
                _ => format!("{trace}return {value};"),
            };
            made.push((name, Node::line(format!("function {name}({parameters}) {{ {body} }}"))));
        }
        made
    }

    pub(super) fn new_instance(&mut self, class: usize, depth: usize) -> String {
        if self.percent(30)
            && let Some(name) = self.variable_of(&Type::Instance(class))
        {
            return name;
        }
        let parameters = self.class_at(class).parameters;
        format!("{}({})", self.class_name(class), self.arguments(parameters, depth.min(1)))
    }

    /// A scalar that an instance gives: a field, or what a method returns.
    pub(super) fn instance_scalar(&mut self, depth: usize) -> String {
        let Some(variable) = self.variable(|variable| matches!(variable.is, Type::Instance(_))) else {
            return self.string(depth);
        };
        let Type::Instance(number) = variable.is else { unreachable!() };
        let (name, class) = (variable.name, self.class_at(number));
        // Methods call nothing but the methods of their base, so that no recursion comes of it.
        if self.context == Context::Main && !class.methods.is_empty() && self.percent(50) {
            let (method, parameters) = self.random.pick(&class.methods).clone();
            return format!("{name}.{method}({})", self.arguments(parameters, depth));
        }
        let field = self.random.pick(&FIELDS);
        match self.random.below(3) {
            0 => format!("{name}[\"{field}\"]"),
            1 => format!("({name}.rawin(\"{field}\") ? {name}.rawget(\"{field}\") : 0)"),
            _ => format!("{name}.{field}"),
        }
    }

    /// A local that is an instance.
    pub(super) fn instance_local(&mut self) -> Option<Node> {
        if self.classes.is_empty() {
            return None;
        }
        let class = self.random.below(self.classes.len());
        let value = self.new_instance(class, 2);
        let name = self.fresh("v");
        self.declare(&name, Type::Instance(class), false);
        Some(Node::line(format!("local {name} = {value};")))
    }

    /// What can be done with an instance or a class.
    pub(super) fn instance_use(&mut self) -> Option<Node> {
        let variable = self.variable(|variable| matches!(variable.is, Type::Instance(_)))?;
        let Type::Instance(number) = variable.is else { unreachable!() };
        let (name, class) = (variable.name, self.class_name(number));
        let other = self.random.below(self.classes.len());
        let other = self.class_name(other);
        let field = *self.random.pick(&FIELDS);
        let metamethods = self.class_at(number).metamethods;
        let shown = match self.random.below(24) {
            0 => format!("{name} {} {}", self.one(&["+", "-", "*", "/"]), self.scalar(1)),
            1 => format!("-{name}"),
            2 if metamethods.contains(&"_cmp") => {
                format!("{name} {} {name}", self.one(&["<", ">", "<=", ">="]))
            }
            3 => format!("{name} {} {}", self.one(&["<", ">", "<=", ">="]), self.sure_scalar(1)),
            4 => format!("typeof {name}"),
            5 => format!("\"\" + {name}"),
            6 => format!("({name}) instanceof ({other})"),
            7 => format!("{name}.getclass() == {other}"),
            8 => format!("{name}.{}", self.one(&["ga", "gb"])),
            9 => format!("{name}.{} = {}", self.one(&["ga", "gb"]), self.scalar(1)),
            10 => format!("{name}.{} <- {}", self.one(&["ga", "gb"]), self.scalar(1)),
            11 => format!("delete {name}.{}", self.one(&["ga", "gb", "fa"])),
            12 => format!("{name}({})", self.arguments(1, 1)),
            13 => format!("clone {name}"),
            14 => format!("\"{field}\" in {name}"),
            15 => format!("{name}.{field} {} {}", self.one(&["=", "+=", "-=", "*="]), self.scalar(1)),
            16 => format!("{name}.rawset(\"{field}\", {})", self.scalar(1)),
            17 => format!("{class}.{field}"),
            18 => format!("{class}.getattributes(\"{field}\")"),
            19 => format!("{class}.{field} <- {}", self.scalar(1)),
            20 => format!("{class}.getbase() == null"),
            21 => format!("{name}.tostring()"),
            22 => format!("{name}.{field}++"),
            _ => {
                let body = vec![Node::line("::tick();"), Node::line("print(::show(k) + \" \" + ::show(v) + \"\\n\");")];
                return Some(Node::block(format!("foreach (k, v in {name}) {{"), body, "}"));
            }
        };
        Some(Node::line(format!("print(::show({shown}) + \"\\n\");")))
    }

    /// A table with a delegate that has metamethods.
    pub(super) fn delegated(&mut self) -> Vec<Node> {
        let name = self.fresh("d");
        let table = self.table(1);
        let metamethods = self.metamethods(&[], 30);
        let mut body: Vec<Node> = metamethods.into_iter().map(|(_, node)| node).collect();
        body.push(Node::line(format!("fa = {}", self.scalar(1))));
        let mut nodes = vec![Node::block(format!("local {name} = (clone {table}).setdelegate({{"), body, "});")];
        for _ in 0..2 + self.random.below(4) {
            let shown = match self.random.below(12) {
                0 => format!("{name} {} {}", self.one(&["+", "-", "*", "/"]), self.scalar(1)),
                1 => format!("-{name}"),
                2 => format!("{name} < {}", self.sure_scalar(1)),
                3 => format!("typeof {name}"),
                4 => format!("\"\" + {name}"),
                5 => format!("{name}.{}", self.one(&["ga", "gb", "fa", "a"])),
                6 => format!("{name}.{} = {}", self.one(&["ga", "gb", "fa", "a"]), self.scalar(1)),
                7 => format!("{name}.{} <- {}", self.one(&["ga", "gb", "fa", "a"]), self.scalar(1)),
                8 => format!("delete {name}.{}", self.one(&["ga", "gb", "fa", "a"])),
                9 => format!("{name}({})", self.arguments(1, 1)),
                10 => format!("\"fa\" in {name}"),
                _ => format!("clone {name}"),
            };
            nodes.push(Node::line(format!(
                "try {{ print(::show({shown}) + \"\\n\") }} catch (e) print(\"error \" + ::show(e) + \"\\n\");"
            )));
        }
        nodes
    }
}
