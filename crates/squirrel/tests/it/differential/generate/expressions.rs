//! Expressions of a type.

use super::{Context, Generator, Type};

const INTEGERS: [&str; 30] = [
    "0",
    "1",
    "2",
    "3",
    "5",
    "7",
    "10",
    "31",
    "32",
    "33",
    "64",
    "100",
    "255",
    "256",
    "1000",
    "65535",
    "65536",
    "2147483647",
    "0x7fffffff",
    "0x80000000",
    "0xffffffff",
    "-1",
    "-2",
    "-7",
    "-2147483647",
    "017",
    "'a'",
    "'\\n'",
    "'\\x7f'",
    "4294967295",
];
const FLOATS: [&str; 26] = [
    "0.0",
    "1.0",
    "0.5",
    "2.5",
    "-1.5",
    "1e10",
    "1e-10",
    "3.14159",
    "100.0",
    "1e38",
    "1e-38",
    "1e-45",
    "16777216.0",
    "16777217.0",
    "0.1",
    "123456.0",
    "1234567.0",
    "999999.5",
    "1e6",
    "1e5",
    "0.0001",
    "0.00001",
    "1.",
    "-0.0",
    "1e39",
    "33.333333",
];
const STRINGS: [&str; 26] = [
    "\"\"",
    "\"a\"",
    "\"b\"",
    "\"abc\"",
    "\"hello world\"",
    "\"12\"",
    "\"-7\"",
    "\"1.5\"",
    "\"1e3\"",
    "\"0x10\"",
    "\"a,b,,c\"",
    "\" padded \\t\"",
    "\"x\\ty\"",
    "\"\\xe9\\xff\"",
    "\"\\x00z\"",
    "@\"ver\\batim\"",
    "@\"quo\"\"te\"",
    "\"ABC\"",
    "\"aXbXc\"",
    "\"%d\"",
    "\"c\"",
    "\"d\"",
    "\"\\\"\"",
    "\"zz top\"",
    "\"true\"",
    "\"2147483648\"",
];
const KEYS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

impl Generator {
    pub(super) fn key(&mut self) -> &'static str {
        self.one(&KEYS)
    }

    pub(super) fn expression(&mut self, is: &Type, depth: usize) -> String {
        // Any of these may also be chosen or assigned on the way.
        if depth > 0 && self.percent(6) {
            let condition = self.condition(depth - 1);
            let (a, b) = (self.expression(is, depth - 1), self.expression(is, depth - 1));
            return format!("({condition} ? {a} : {b})");
        }
        if depth > 0 && self.percent(3) {
            let local = self.variable(|variable| variable.assignable && variable.is == *is);
            if let Some(variable) = local.filter(|_| !matches!(is, Type::Array | Type::Str | Type::Scalar | Type::Bool))
            {
                return format!("({} = {})", variable.name, self.expression(is, depth - 1));
            }
        }
        match is {
            Type::Int => self.int(depth),
            Type::Float => self.float(depth),
            Type::Str => self.string(depth),
            Type::Bool => self.bool(depth),
            Type::Scalar => self.scalar(depth),
            Type::Array => self.array(depth),
            Type::Table => self.table(depth),
            Type::Function(parameters) => self.lambda(*parameters, depth),
            Type::Instance(class) => self.new_instance(*class, depth),
            Type::Class(_) | Type::Generator(_) | Type::Thread => "null".to_owned(),
        }
    }

    fn int(&mut self, depth: usize) -> String {
        if depth == 0 || self.percent(15) {
            if self.percent(60)
                && let Some(name) = self.variable_of(&Type::Int)
            {
                return name;
            }
            let literal = *self.random.pick(&INTEGERS);
            return if literal.starts_with('-') { format!("({literal})") } else { literal.to_owned() };
        }
        let depth = depth - 1;
        match self.random.below(25) {
            22..=24 => self.int_chain(),
            0..=4 => {
                let operator = self.one(&["+", "-", "*", "+", "-"]);
                format!("({} {operator} {})", self.int(depth), self.int(depth))
            }
            5 | 6 => {
                let operator = self.one(&["&", "|", "^", "<<", ">>", ">>>"]);
                format!("({} {operator} {})", self.int(depth), self.int(depth))
            }
            7 => {
                let operator = self.one(&["/", "%"]);
                format!("({} {operator} ::nz({}))", self.int(depth), self.int(depth))
            }
            8 => format!("({} {} {})", self.int(depth), self.one(&["/", "%"]), self.one(&["3", "16", "1000", "-5"])),
            9 => format!("(-{})", self.int(depth)).replace("--", "- -"),
            10 => format!("(~{})", self.int(depth)),
            11 => {
                let step = self.one(&["++", "--"]);
                match self.variable(|variable| variable.assignable && variable.is == Type::Int) {
                    Some(variable) if self.percent(50) => format!("{}{step}", variable.name),
                    Some(variable) => format!("({step}{})", variable.name),
                    None => "1".to_owned(),
                }
            }
            12 => format!("{}.len()", self.array(depth)),
            13 => format!("{}.len()", self.string(depth)),
            14 => format!("{}.len()", self.table(depth)),
            15 => format!("{}.tointeger()", self.float_in_range(depth)),
            16 => format!("::sgn({} <=> {})", self.sure_scalar(depth), self.scalar(depth)),
            17 => format!("(typeof {}).len()", self.scalar(depth)),
            18 => format!("({} && {})", self.int(depth), self.int(depth)),
            19 => format!("({} || {})", self.int(depth), self.int(depth)),
            20 => format!("(\"some text\"[{} & 7])", self.int(depth)),
            _ => format!("({} ? {} : {})", self.condition(depth), self.int(depth), self.int(depth)),
        }
    }

    /// Operators of several kinds in a row, without brackets between them.
    fn int_chain(&mut self) -> String {
        let mut text = format!("({}", self.int(0));
        for _ in 0..2 + self.random.below(4) {
            text += &match self.random.below(12) {
                0 | 1 => format!(" {} {}", self.one(&["/", "%"]), self.one(&["3", "16", "1000", "7"])),
                2 => format!(" {} {}", self.one(&["<<", ">>", ">>>"]), self.random.below(40)),
                3 => format!(" {} {}{}", self.one(&["&", "|", "^"]), self.one(&["-", "~"]), self.int(0)),
                _ => format!(" {} {}", self.one(&["+", "-", "*", "+", "-", "*", "&", "|", "^"]), self.int(0)),
            };
        }
        text + ")"
    }

    /// The same of what gives bools; some of it compares bools with numbers, which fails.
    fn bool_chain(&mut self) -> String {
        let mut text = format!(
            "({}{} {} {}",
            self.one(&["", "", "!"]),
            self.int(0),
            self.one(&["<", "==", "!=", ">="]),
            self.int(0)
        );
        for _ in 0..=self.random.below(3) {
            text += &match self.random.below(8) {
                0..=3 => {
                    let (logical, compare) = (self.one(&["&&", "||"]), self.one(&["<", ">", "<=", "==", "!="]));
                    format!(
                        " {logical} {} {} {compare} {}",
                        self.int(0),
                        self.one(&["+ 1", "* 2", "& 3", "<< 1"]),
                        self.int(0)
                    )
                }
                4 => format!(" {} \"{}\" in {}", self.one(&["&&", "||"]), self.key(), self.table(0)),
                5 => format!(" {} {}", self.one(&["==", "!="]), self.one(&["true", "false", "null"])),
                6 => format!(" && typeof {} == \"integer\"", self.int(0)),
                _ => format!(" ? {} : {}", self.bool(0), self.bool(0)),
            };
        }
        // Not the value of an operand.
        format!("(!!{text}))")
    }

    /// A float that fits an integer, since C does not say what comes of others.
    fn float_in_range(&mut self, depth: usize) -> String {
        format!("({} * {})", self.one(&["0.5", "1.25", "-0.75", "3.0"]), self.small_int(depth))
    }

    fn small_int(&mut self, depth: usize) -> String {
        if self.percent(60) { self.random.below(9).to_string() } else { format!("({} & 31)", self.int(depth)) }
    }

    fn float(&mut self, depth: usize) -> String {
        if depth == 0 || self.percent(20) {
            if self.percent(60)
                && let Some(name) = self.variable_of(&Type::Float)
            {
                return name;
            }
            let literal = *self.random.pick(&FLOATS);
            return if literal.starts_with('-') { format!("({literal})") } else { literal.to_owned() };
        }
        let depth = depth - 1;
        match self.random.below(10) {
            0..=3 => {
                let operator = self.one(&["+", "-", "*", "/"]);
                format!("({} {operator} {})", self.float(depth), self.float(depth))
            }
            4 => {
                let operator = self.one(&["+", "-", "*", "/"]);
                format!("({} {operator} {})", self.float(depth), self.int(depth))
            }
            5 => {
                let operator = self.one(&["+", "-", "*", "/", "%"]);
                format!("({} {operator} {})", self.int(depth), self.float(depth))
            }
            6 => format!("({}).tofloat()", self.int(depth)),
            7 => format!("(-{})", self.float(depth)).replace("--", "- -"),
            8 => {
                let function = self.one(&["sqrt", "fabs", "floor", "ceil"]);
                format!("{function}({})", self.float(depth))
            }
            _ => format!("({} % {})", self.float(depth), self.float(depth)),
        }
    }

    pub(super) fn string(&mut self, depth: usize) -> String {
        if depth == 0 || self.percent(15) {
            if self.percent(60)
                && let Some(name) = self.variable_of(&Type::Str)
            {
                return name;
            }
            return (*self.random.pick(&STRINGS)).to_owned();
        }
        let depth = depth - 1;
        match self.random.below(17) {
            0 | 1 => format!("::cut({} + {})", self.string(depth), self.scalar(depth)),
            2 => format!("::cut({} + {})", self.scalar(depth), self.string(depth)),
            3 => format!("{}.{}()", self.string(depth), self.one(&["toupper", "tolower", "tostring"])),
            4 => format!("(\"ab\" + {}).slice({})", self.string(depth), self.one(&["0", "1", "-1", "-2", "2"])),
            5 => {
                let (from, to) = (self.random.below(4), self.random.below(6));
                format!(
                    "(\"abcdef\" + {}).slice({from}, {}{to})",
                    self.string(depth),
                    if self.percent(30) { "-" } else { "" }
                )
            }
            6 => format!("{}({})", self.one(&["strip", "lstrip", "rstrip"]), self.string(depth)),
            7 | 8 => self.formatted(depth),
            9 => format!("(typeof {})", self.scalar(depth)),
            10 => format!("{}.tostring()", self.number_in_brackets(depth)),
            11 => format!("{}.tochar()", self.number_in_brackets(depth)),
            12 => format!("::cut({} + {} + {})", self.string(depth), self.int(depth), self.string(depth)),
            13 => format!("::show({})", self.scalar(depth)),
            14 => {
                let operator = self.one(&["a + \",\" + b", "\"\" + a + b", "a + \"\" + b"]);
                format!("::cut(\"\" + {}.map(@(x) \"\" + x).reduce(@(a, b) {operator}))", self.array(depth))
            }
            15 => format!("::show({})", self.array(depth)),
            _ => format!("({} ? {} : {})", self.condition(depth), self.string(depth), self.string(depth)),
        }
    }

    fn number_in_brackets(&mut self, depth: usize) -> String {
        if self.percent(70) { format!("({})", self.int(depth)) } else { format!("({})", self.float(depth)) }
    }

    pub(super) fn formatted(&mut self, depth: usize) -> String {
        let (mut text, mut arguments) = (String::new(), String::new());
        for _ in 0..=self.random.below(3) {
            text += self.one(&["", " ", "x=", "%%", "<"]);
            text += "%";
            for flag in ["-", "+", " ", "#", "0"] {
                if self.percent(12) {
                    text += flag;
                }
            }
            if self.percent(40) {
                text += &self.random.below(14).to_string();
            }
            if self.percent(30) {
                text += &format!(".{}", self.random.below(9));
            }
            let conversion = *self.random.pick(b"ddiuxXocsssfeEgG");
            text.push(char::from(conversion));
            arguments += ", ";
            arguments += &match conversion {
                b's' => format!("::nonul({})", self.string(depth.min(1))),
                b'f' | b'e' | b'E' | b'g' | b'G' if self.percent(80) => self.float(depth.min(1)),
                b'f' | b'e' | b'E' | b'g' | b'G' => self.int(depth.min(1)),
                // In small brackets floats are numbers too.
                _ if self.percent(90) => self.int(depth.min(1)),
                _ => self.float_in_range(0),
            };
        }
        // A flag of zeros means nothing certain with these.
        if text.contains("%0") && (text.contains('s') || text.contains('c')) {
            text = text.replace("%0", "%");
        }
        if self.percent(3) {
            arguments = arguments.rsplit_once(',').map_or(String::new(), |(less, _)| less.to_owned());
        }
        format!("format(\"{text}\"{arguments})")
    }

    pub(super) fn bool(&mut self, depth: usize) -> String {
        if depth == 0 || self.percent(10) {
            if self.percent(60)
                && let Some(name) = self.variable_of(&Type::Bool)
            {
                return name;
            }
            return if self.percent(50) { "true" } else { "false" }.to_owned();
        }
        let depth = depth - 1;
        match self.random.below(14) {
            12 | 13 => self.bool_chain(),
            0..=2 => {
                let operator = self.one(&["<", ">", "<=", ">=", "==", "!="]);
                format!("({} {operator} {})", self.int(depth), self.int(depth))
            }
            3 => {
                let operator = self.one(&["<", ">", "<=", ">=", "==", "!="]);
                format!("({} {operator} {})", self.float(depth), self.number_in_brackets(depth))
            }
            4 => {
                let operator = self.one(&["<", ">", "<=", ">=", "==", "!="]);
                format!("({} {operator} {})", self.string(depth), self.string(depth))
            }
            5 => format!("({} == {})", self.scalar(depth), self.scalar(depth)),
            6 => format!("({} != {})", self.scalar(depth), self.scalar(depth)),
            7 => format!("(!{})", self.scalar(depth)),
            8 => format!("(\"{}\" in ({}))", self.key(), self.table(depth)),
            9 => format!("(({}) in ({}))", self.scalar(depth), self.table(depth)),
            10 => format!("({} && {})", self.bool(depth), self.bool(depth)),
            _ => format!("({} || {})", self.bool(depth), self.bool(depth)),
        }
    }

    pub(super) fn condition(&mut self, depth: usize) -> String {
        if self.percent(70) { self.bool(depth) } else { self.scalar(depth) }
    }

    /// A scalar that is no object for sure, also where a class or table makes others out of it.
    pub(super) fn sure_scalar(&mut self, depth: usize) -> String {
        match self.random.below(5) {
            0 | 1 => self.int(depth),
            2 => self.float(depth),
            3 => self.string(depth),
            _ => "null".to_owned(),
        }
    }

    pub(super) fn scalar(&mut self, depth: usize) -> String {
        if depth == 0 || self.percent(25) {
            if self.percent(60)
                && let Some(name) = self.variable_of(&Type::Scalar)
            {
                return name;
            }
            return match self.random.below(8) {
                0..=2 => self.int(depth),
                3 => self.float(depth),
                4 | 5 => self.string(depth),
                6 => self.bool(depth),
                _ => "null".to_owned(),
            };
        }
        let depth = depth - 1;
        match self.random.below(22) {
            0 => self.int(depth),
            1 => self.float(depth),
            2 => self.string(depth),
            3 => self.bool(depth),
            4 => format!("{}.{}", self.table_in_brackets(depth), self.key()),
            5 => format!("{}[{}]", self.table_in_brackets(depth), self.key_expression(depth)),
            6 => format!("{}[{}]", self.array(depth), self.small_int(depth)),
            7..=10 => self.call(depth),
            11 => format!("({} && {})", self.scalar(depth), self.scalar(depth)),
            12 => format!("({} || {})", self.scalar(depth), self.scalar(depth)),
            13 => format!("{}.{}()", self.array(depth), self.one(&["top", "pop"])),
            14 => format!("{}.find({})", self.array(depth), self.scalar(depth)),
            15 => format!("{}.find({})", self.string(depth), self.string(depth)),
            16 => format!("{}.reduce({})", self.array(depth), self.lambda(2, depth)),
            17 => format!("::cut({} {} {})", self.scalar(depth), self.one(&["+", "-", "*"]), self.scalar(depth)),
            18 => format!("{}.rawget({})", self.table_in_brackets(depth), self.key_expression(depth)),
            19 => {
                let method = self.one(&["tointeger", "tofloat", "tostring", "len", "tochar"]);
                format!("({}).{method}()", self.string(depth))
            }
            20 => self.instance_scalar(depth),
            _ => format!("({} ? {} : {})", self.condition(depth), self.scalar(depth), self.scalar(depth)),
        }
    }

    fn key_expression(&mut self, depth: usize) -> String {
        if self.percent(70) { format!("\"{}\"", self.key()) } else { self.sure_scalar(depth) }
    }

    pub(super) fn array(&mut self, depth: usize) -> String {
        if self.percent(45)
            && let Some(name) = self.variable_of(&Type::Array)
        {
            return name;
        }
        if depth == 0 || self.percent(40) {
            let items: Vec<String> = (0..self.random.below(6)).map(|_| self.scalar(depth.min(1))).collect();
            return format!("[{}]", items.join(", "));
        }
        let depth = depth - 1;
        match self.random.below(9) {
            0 | 1 => format!("{}.map({})", self.array(depth), self.lambda(1, depth)),
            2 => format!("{}.filter({})", self.array(depth), self.lambda(2, depth)),
            3 => format!("{}.slice({})", self.array(depth), self.one(&["0", "1", "2"])),
            4 => format!("{}.slice({}, {})", self.array(depth), self.random.below(3), self.random.below(5)),
            5 => format!("split({}, {})", self.string(depth), self.one(&["\",\"", "\"X\"", "\" \"", "\", \""])),
            6 => format!("array({}, {})", self.small_int(0), self.scalar(depth)),
            7 => format!("(clone {})", self.array(depth)),
            _ => format!("({} ? {} : {})", self.condition(depth), self.array(depth), self.array(depth)),
        }
    }

    fn table_in_brackets(&mut self, depth: usize) -> String {
        let table = self.table(depth);
        if table.starts_with('{') { format!("({table})") } else { table }
    }

    pub(super) fn table(&mut self, depth: usize) -> String {
        if self.percent(50)
            && let Some(name) = self.variable_of(&Type::Table)
        {
            return name;
        }
        if depth > 0 && self.percent(10) {
            return format!("(clone {})", self.table(depth - 1));
        }
        let depth = depth.min(2).saturating_sub(1);
        let slots: Vec<String> = (0..self.random.below(6)).map(|_| self.slot(depth)).collect();
        let separator = if self.percent(80) { ", " } else { " " };
        // The reference takes `[k] = v [l] = w` for an index.
        let separator = if slots.iter().any(|slot| slot.starts_with('[')) { ", " } else { separator };
        format!("({{{}}})", slots.join(separator))
    }

    fn slot(&mut self, depth: usize) -> String {
        match self.random.below(10) {
            0..=5 => format!("{} = {}", self.key(), self.scalar(depth)),
            6 | 7 => format!("\"{}\": {}", self.key(), self.scalar(depth)),
            8 => format!("[{}] = {}", self.small_int(0), self.scalar(depth)),
            _ => format!("[{}] = {}", self.one(&["\"k\" + 1", "true", "1.5", "\"\"", "-3"]), self.scalar(depth)),
        }
    }

    /// `@(p, q) ...` or `function(p, q) { ... }` on one line.
    pub(super) fn lambda(&mut self, parameters: usize, depth: usize) -> String {
        if self.percent(25)
            && let Some(name) = self.variable_of(&Type::Function(parameters))
        {
            return name;
        }
        self.in_function(Context::Function, |generator| {
            let names: Vec<String> = (0..parameters).map(|_| generator.fresh("p")).collect();
            for name in &names {
                generator.declare(name, Type::Scalar, true);
            }
            let value = generator.scalar(depth.min(2));
            let parameters = names.join(", ");
            match generator.random.below(3) {
                0 => format!("function({parameters}) {{ ::tick(); return {value} }}"),
                _ => format!("(@({parameters}) {value})"),
            }
        })
    }

    pub(super) fn arguments(&mut self, count: usize, depth: usize) -> String {
        // Now and then too few or too many.
        let count = match self.random.below(40) {
            0 => count + 1,
            1 => count.saturating_sub(1),
            _ => count,
        };
        let arguments: Vec<String> = (0..count).map(|_| self.scalar(depth)).collect();
        arguments.join(", ")
    }

    /// A call of a function that is known.
    pub(super) fn call(&mut self, depth: usize) -> String {
        let Some(variable) = self.variable(|variable| matches!(variable.is, Type::Function(_))) else {
            return self.int(depth);
        };
        let Type::Function(parameters) = variable.is else { unreachable!() };
        let (name, arguments) = (variable.name, self.arguments(parameters, depth));
        let behind = if arguments.is_empty() { String::new() } else { format!(", {arguments}") };
        match self.random.below(12) {
            0 => format!("{name}.call(this{behind})"),
            1 => format!("{name}.acall([this{behind}])"),
            2 => format!("{name}.pcall(this{behind})"),
            3 => match self.variable_of(&Type::Table) {
                Some(table) => format!("{name}.bindenv({table})({arguments})"),
                None => format!("{name}.pacall([this{behind}])"),
            },
            _ => format!("{name}({arguments})"),
        }
    }
}
