//! `http.jsonencode` and `http.jsondecode`.

use std::borrow::Cow;

use squirrel::{Call, Fault, Flow, FromSquirrel, Function, Heap, Member, Tag, Value};

use super::{Output, charge, count_bytes, number, with_room};

/// The functions, members of `http`.
pub(crate) const MEMBERS: &[Member<'static>] = &[
    Member::Function(Function::new("jsonencode", jsonencode, -2, "..t|o").documented(
        "jsonencode(value [, {compact = true}]) -> string",
        "Writes a value as JSON, with blanks unless it is to be compact; what JSON cannot hold becomes null.",
    )),
    Member::Function(
        Function::new("jsondecode", jsondecode, 2, ".s")
            .documented("jsondecode(text) -> any", "Reads JSON; throws where the text is none."),
    ),
];

/// Nesting that is followed, either way.
const DEPTH: usize = 200;
/// Digits of a float.
const DIGITS: usize = 8;

fn jsonencode(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.count() > 3 {
        return Err("wrong number of parameters".into());
    }
    let (value, options) = (call.argument(1), call.argument(2));
    let mut compact = false;
    if options.is(Tag::Table) {
        let key = call.heap.string(b"compact")?;
        compact = call.heap.table_get(options, key, &mut 0).is_some_and(Value::truth);
    }
    let mut fuel = 0;
    let text = encode(call.heap, value, compact, &mut fuel);
    charge(call, fuel);
    Ok(Flow::Return(call.heap.string_from(text?)?))
}

fn jsondecode(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let text = call.heap.bytes(call.argument(1)).to_vec();
    let mut fuel = 0;
    let value = decode(call.heap, &text, &mut fuel);
    charge(call, fuel);
    value.map(Flow::Return)
}

/// Writes a value as JSON. Tables give their own slots in their order, and keys that are numbers or bools become strings.
/// NaN, infinity, and what JSON has no form for (functions, instances, blobs) are null; slots with such keys are left out.
///
/// # Errors
/// A text for what contains itself or is nested too deep; [`Fault::Room`].
///
/// # Source
/// The blanks, digits and order are those of the vendor's logs; the rest is our choice.
fn encode(heap: &Heap, value: Value, compact: bool, fuel: &mut i64) -> Result<Vec<u8>, Fault> {
    let mut encoder = Encoder { heap, out: Output::new(heap), compact, within: Vec::new(), fuel };
    encoder.value(value)?;
    Ok(encoder.out.bytes)
}

struct Encoder<'e> {
    heap: &'e Heap,
    out: Output,
    compact: bool,
    /// The containers around what is being written.
    within: Vec<Value>,
    fuel: &'e mut i64,
}

impl Encoder<'_> {
    fn value(&mut self, value: Value) -> Result<(), Fault> {
        *self.fuel -= 8;
        match value.tag() {
            Tag::String => self.string(self.heap.bytes(value)),
            Tag::Array => self.array(value),
            Tag::Table => self.table(value),
            _ => match scalar(value) {
                Some(text) => self.out.push(text.as_bytes()),
                None => self.out.push(b"null"),
            },
        }
    }

    fn array(&mut self, array: Value) -> Result<(), Fault> {
        self.enter(array, b"[")?;
        let heap = self.heap;
        let mut items = Cow::Borrowed(heap.items(array));
        if items.iter().any(|item| item.is(Tag::WeakRef)) {
            // Which this follows.
            items = Cow::Owned(Vec::from_squirrel(array, heap).unwrap_or_default());
        }
        for (place, &item) in items.iter().enumerate() {
            self.separate(place == 0)?;
            self.value(item)?;
        }
        self.leave(b"]")
    }

    fn table(&mut self, table: Value) -> Result<(), Fault> {
        self.enter(table, b"{")?;
        // No container is within itself, so that all these copies together are smaller than the heap.
        let mut first = true;
        for (key, value) in self.heap.entries(table) {
            let name = match self.heap.as_bytes(key) {
                Some(name) => Cow::Borrowed(name),
                None => match scalar(key) {
                    Some(name) => Cow::Owned(name.into_bytes()),
                    None => continue,
                },
            };
            self.separate(first)?;
            first = false;
            self.string(&name)?;
            self.out.push(if self.compact { b":" } else { b": " })?;
            let value = if value.is(Tag::WeakRef) { self.heap.table_get(table, key, self.fuel) } else { Some(value) };
            self.value(value.unwrap_or(Value::NULL))?;
        }
        self.leave(b"}")
    }

    fn enter(&mut self, container: Value, open: &[u8]) -> Result<(), Fault> {
        if self.within.contains(&container) {
            return Err("value contains itself in http.jsonencode(value)".into());
        }
        if self.within.len() == DEPTH {
            return Err("value nested too deep in http.jsonencode(value)".into());
        }
        *self.fuel -= 4 + i64::try_from(self.within.len() / 4).unwrap_or(0);
        self.within.push(container);
        self.out.push(open)
    }

    fn leave(&mut self, close: &[u8]) -> Result<(), Fault> {
        self.within.pop();
        if !self.compact {
            self.out.push(b" ")?;
        }
        self.out.push(close)
    }

    fn separate(&mut self, first: bool) -> Result<(), Fault> {
        self.out.push(match (first, self.compact) {
            (true, true) => b"",
            (true, false) => b" ",
            (false, true) => b",",
            (false, false) => b", ",
        })
    }

    fn string(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        count_bytes(self.fuel, bytes.len());
        self.out.push(b"\"")?;
        while let Some(plain) = bytes.iter().position(|&byte| byte < b' ' || byte == b'"' || byte == b'\\') {
            let (before, byte) = (&bytes[..plain], bytes[plain]);
            bytes = &bytes[plain + 1..];
            self.out.push(before)?;
            match byte {
                b'"' => self.out.push(br#"\""#),
                b'\\' => self.out.push(br"\\"),
                b'\n' => self.out.push(br"\n"),
                b'\r' => self.out.push(br"\r"),
                b'\t' => self.out.push(br"\t"),
                0x08 => self.out.push(br"\b"),
                0x0c => self.out.push(br"\f"),
                control => self.out.push(format!("\\u{control:04x}").as_bytes()),
            }?;
        }
        self.out.push(bytes)?;
        self.out.push(b"\"")
    }
}

/// The text of a number or bool that JSON can hold.
fn scalar(value: Value) -> Option<String> {
    if let Some(float) = value.as_float().filter(|float| float.is_finite()) {
        let mut text = number::general(float, DIGITS);
        if !text.contains(['.', 'e']) {
            text.push_str(".0");
        }
        return Some(text);
    }
    value.as_integer().map(|integer| integer.to_string()).or_else(|| value.as_bool().map(|bool| bool.to_string()))
}

/// Reads JSON. Whole numbers that fit are integers, all others floats; of a name that comes twice the later value counts.
/// Bytes above 127 are taken as they are; half of a surrogate pair is U+FFFD.
///
/// # Errors
/// A text that says what is wrong where; [`Fault::Room`].
fn decode(heap: &mut Heap, text: &[u8], fuel: &mut i64) -> Result<Value, Fault> {
    count_bytes(fuel, text.len());
    with_room(heap, |heap| {
        let mut decoder = Decoder { heap, text, at: 0, fuel };
        let value = decoder.value(DEPTH)?;
        match decoder.next() {
            None => Ok(value),
            Some(_) => Err(decoder.fail("text after the value")),
        }
    })
}

struct Decoder<'d> {
    heap: &'d mut Heap,
    text: &'d [u8],
    at: usize,
    fuel: &'d mut i64,
}

impl<'d> Decoder<'d> {
    fn value(&mut self, depth: usize) -> Result<Value, Fault> {
        *self.fuel -= 4;
        match self.next() {
            Some(b'{') => self.table(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => {
                let string = self.string()?;
                self.heap.string(&string)
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Value, Fault> {
        let rest = &self.text[self.at..];
        let words = [("null", Value::NULL), ("true", Value::TRUE), ("false", Value::FALSE)];
        let word = words.into_iter().find(|(word, _)| rest.starts_with(word.as_bytes()));
        let (word, value) = word.ok_or_else(|| self.fail("expected a value"))?;
        self.at += word.len();
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Result<Value, Fault> {
        let depth = self.enter(depth)?;
        let array = self.heap.array(Vec::new())?;
        if self.take(b']') {
            return Ok(array);
        }
        loop {
            let item = self.value(depth)?;
            self.heap.push(array, item)?;
            if self.take(b']') {
                return Ok(array);
            }
            if !self.take(b',') {
                return Err(self.fail("expected ',' or ']'"));
            }
        }
    }

    fn table(&mut self, depth: usize) -> Result<Value, Fault> {
        let depth = self.enter(depth)?;
        // Without room for what comes: that shows in the order of the slots.
        let table = self.heap.table(0)?;
        if self.take(b'}') {
            return Ok(table);
        }
        loop {
            if self.next() != Some(b'"') {
                return Err(self.fail("expected a name in quotes"));
            }
            let name = self.string()?;
            let name = self.heap.string(&name)?;
            if !self.take(b':') {
                return Err(self.fail("expected ':'"));
            }
            let value = self.value(depth)?;
            self.heap.table_set(table, name, value, self.fuel)?;
            if self.take(b'}') {
                return Ok(table);
            }
            if !self.take(b',') {
                return Err(self.fail("expected ',' or '}'"));
            }
        }
    }

    /// Passes the bracket of a container; returns the depth that is left in it.
    fn enter(&mut self, depth: usize) -> Result<usize, Fault> {
        let depth = depth.checked_sub(1).ok_or_else(|| self.fail("nested too deep"))?;
        self.at += 1;
        Ok(depth)
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            whole = false;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            whole = false;
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        let text = str::from_utf8(&self.text[start..self.at]).unwrap_or_default();
        if whole && let Ok(integer) = text.parse() {
            return Ok(Value::integer(integer));
        }
        let float: f64 = text.parse().map_err(|_| self.fail("expected a number"))?;
        #[expect(clippy::cast_possible_truncation, reason = "floats have 32 bits")]
        let float = float as f32;
        Ok(Value::float(float))
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let count = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.fail("expected a digit"));
        }
        self.at += count;
        Ok(())
    }

    /// Reads a string, from its opening quote on.
    fn string(&mut self) -> Result<Cow<'d, [u8]>, Fault> {
        self.at += 1;
        let mut string = Cow::Borrowed(&[][..]);
        loop {
            let text = self.text;
            let rest = &text[self.at..];
            let plain = rest.iter().position(|&byte| byte < b' ' || byte == b'"' || byte == b'\\');
            let plain = plain.unwrap_or(rest.len());
            self.at += plain;
            if string.is_empty() {
                string = Cow::Borrowed(&rest[..plain]);
            } else {
                string.to_mut().extend_from_slice(&rest[..plain]);
            }
            match rest.get(plain) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => {
                    let char = self.escape()?;
                    string.to_mut().extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(_) => return Err(self.fail("control character in a string")),
                None => return Err(self.fail("string without an end")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        self.at += 1;
        let char = match self.peek() {
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'u') => return self.unicode(),
            _ => return Err(self.fail("unknown escape")),
        };
        self.at += 1;
        Ok(char)
    }

    /// Reads `uXXXX`, or the two of a surrogate pair.
    fn unicode(&mut self) -> Result<char, Fault> {
        let first = self.unit()?;
        let behind = self.at;
        if (0xd800..0xdc00).contains(&first) && self.text[behind..].starts_with(br"\u") {
            self.at += 1;
            let second = self.unit()?;
            if (0xdc00..0xe000).contains(&second) {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = behind;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// Reads `uXXXX`.
    fn unit(&mut self) -> Result<u32, Fault> {
        self.at += 1;
        let digits = self.text.get(self.at..self.at + 4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let unit = digits.and_then(|digits| u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        let unit = unit.ok_or_else(|| self.fail("expected four hexadecimal digits"))?;
        self.at += 4;
        Ok(unit)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Skips white space; returns the byte behind it, without passing it.
    fn next(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.peek()
    }

    /// Passes this byte, behind white space, if it is there.
    fn take(&mut self, byte: u8) -> bool {
        let found = self.next() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn fail(&self, what: &str) -> Fault {
        Fault::error(format!("{what} at byte {} in http.jsondecode(string)", self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Outcome, check, check_error, run_within};

    #[test]
    fn encoding_is_spaced_unless_it_is_compact() {
        check(
            r#"
            local value = { percent = 91.90625, list = [1, [2], {}, [], null, true, false, "a"] };
            print(http.jsonencode(value) + "\n");
            print(http.jsonencode(value, { compact = true }) + "\n");
            print(http.jsonencode(value, { compact = false }) == http.jsonencode(value, null));
            "#,
            "{ \"percent\": 91.90625, \"list\": [ 1, [ 2 ], { }, [ ], null, true, false, \"a\" ] }\n\
             {\"percent\":91.90625,\"list\":[1,[2],{},[],null,true,false,\"a\"]}\ntrue",
        );
        check_error("http.jsonencode(1, null, 2)", "wrong number of parameters");
    }

    #[test]
    fn numbers_are_encoded_as_the_platform_logs_them() {
        check(
            "print(http.jsonencode([9.5429688, 24.780001, 5.0, -2.0, 0.1, 1e20, 1.5e-7, 2147483647, -5]))",
            "[ 9.5429688, 24.780001, 5.0, -2.0, 0.1, 1e+20, 1.5000001e-07, 2147483647, -5 ]",
        );
        check(
            "local inf = 1e30 * 1e30; print(http.jsonencode([inf, -inf, inf - inf], { compact = 1 }))",
            "[null,null,null]",
        );
    }

    #[test]
    fn strings_are_escaped_where_json_wants_it() {
        check(
            r#"print(http.jsonencode("q\" b\\ s/ \n\r\t " + (8).tochar() + (12).tochar() + "\x01|\x1f|\x7f\xc3\xa9"))"#,
            "\"q\\\" b\\\\ s/ \\n\\r\\t \\b\\f\\u0001|\\u001f|\x7f\u{e9}\"",
        );
    }

    #[test]
    fn what_json_cannot_hold_is_null() {
        check(
            r#"
            class C { a = 1 }
            print(http.jsonencode([blob(3), C(), C, print, @() 1, http]));
            print(http.jsonencode({ [5] = "five" }) + http.jsonencode({ [true] = 1 }) + http.jsonencode({ [1.5] = 1 }));
            print(http.jsonencode({ [C] = "left out" }));
            local kept = [1];
            print(http.jsonencode([kept.weakref(), { weak = kept.weakref() }]));
            "#,
            "[ null, null, null, null, null, null ]{ \"5\": \"five\" }{ \"true\": 1 }{ \"1.5\": 1 }{ }\
             [ [ 1 ], { \"weak\": [ 1 ] } ]",
        );
    }

    #[test]
    fn endless_values_are_refused() {
        check_error(
            "local a = []; a.push({ b = a }); http.jsonencode(a)",
            "value contains itself in http.jsonencode(value)",
        );
        check_error(
            "local a = []; for (local i = 0; i < 200; i++) a = [a]; http.jsonencode(a)",
            "value nested too deep in http.jsonencode(value)",
        );
        // Two to the hundredth items.
        let source = "local a = [1]; for (local i = 0; i < 100; i++) a = [a, a]; http.jsonencode(a)";
        assert_eq!(run_within(source, 1 << 20), Outcome::OutOfMemory);
    }

    #[test]
    fn decoding_gives_what_the_text_says() {
        check(
            r#"
            local value = http.jsondecode(" {\"a\" : [1, -2, 3.5, 1e2, 2147483647, 2147483648, -0], \"b\":{}, \"c\":\"x\", \"c\":null}\n");
            foreach (item in value.a) print(typeof item + " " + item + ", ");
            print(value.b.len() + " " + (value.c == null) + " " + http.jsondecode("true") + http.jsondecode("[ ]").len());
            "#,
            "integer 1, integer -2, float 3.5, float 100, integer 2147483647, float 2.14748e+09, integer 0, \
             0 true true0",
        );
    }

    #[test]
    fn tables_are_filled_in_the_order_of_the_text() {
        check(
            r#"
            local names = ["bruhathkayosaurus", "lambeosaurus", "linhenykus", "pterodactyl", "stegosaurus", "triceratops"];
            local text = "";
            foreach (name in names) text += (text == "" ? "{" : ",") + "\"" + name + "\":1";
            foreach (name, one in http.jsondecode(text + "}")) print(name + " ");
            "#,
            "lambeosaurus linhenykus triceratops stegosaurus bruhathkayosaurus pterodactyl ",
        );
    }

    #[test]
    fn escapes_are_decoded() {
        check(
            r#"
            local text = http.jsondecode("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\ud83d\\ude00|\\ud83d|\\ud83d\\u0041|\xff\"");
            foreach (byte in text) print(format("%02x", byte & 0xff));
            "#,
            &"22 5c 2f 08 0c 0a 0d 09 41 c3a9 e282ac f09f9880 7c efbfbd 7c efbfbd 41 7c ff".replace(' ', ""),
        );
    }

    #[test]
    fn wrong_text_throws() {
        let cases = [
            ("", "expected a value at byte 0"),
            ("  ", "expected a value at byte 2"),
            ("nul", "expected a value at byte 0"),
            ("{a:1}", "expected a name in quotes at byte 1"),
            ("{'a':1}", "expected a name in quotes at byte 1"),
            (r#"{"a" 1}"#, "expected ':' at byte 5"),
            (r#"{"a":1,}"#, "expected a name in quotes at byte 7"),
            (r#"{"a":1"#, "expected ',' or '}' at byte 6"),
            ("[1,]", "expected a value at byte 3"),
            ("[1 2]", "expected ',' or ']' at byte 3"),
            ("01", "text after the value at byte 1"),
            ("-", "expected a digit at byte 1"),
            ("1.", "expected a digit at byte 2"),
            ("1e+", "expected a digit at byte 3"),
            ("+1", "expected a value at byte 0"),
            ("NaN", "expected a value at byte 0"),
            (r#""a"#, "string without an end at byte 2"),
            ("\"a\nb\"", "control character in a string at byte 2"),
            (r#""\x""#, "unknown escape at byte 2"),
            (r#""\u12g4""#, "expected four hexadecimal digits at byte 3"),
            (r#""\u12"#, "expected four hexadecimal digits at byte 3"),
            ("1 // one", "text after the value at byte 2"),
        ];
        for (text, expected) in cases {
            let source = format!("http.jsondecode(@\"{}\")", text.replace('"', "\"\""));
            check_error(&source, &format!("{expected} in http.jsondecode(string)"));
        }
        check_error(
            r#"local text = ""; for (local i = 0; i < 1000; i++) text += "["; http.jsondecode(text)"#,
            "nested too deep at byte 200 in http.jsondecode(string)",
        );
    }

    #[test]
    fn large_texts_need_few_attempts() {
        let source = r#"
            local list = [];
            for (local i = 0; i < 20000; i++) list.push({ id = i, name = "n" + i, tags = [1, 2, 3] });
            local text = http.jsonencode(list);
            list = null;
            list = http.jsondecode(text);
            print(list.len() + " " + (http.jsonencode(list) == text));
        "#;
        let Outcome::Done { text, slices } = run_within(source, 64 << 20) else { panic!("it fits") };
        assert_eq!(text, "20000 true");
        // Far below what it would take to run the function again for each object.
        assert!(slices < 1000, "{slices}");
        assert_eq!(run_within(source, 4 << 20), Outcome::OutOfMemory);
    }

    #[test]
    fn values_come_back_as_they_were() {
        check(
            r#"
            function text() {
                local text = "";
                for (local i = math.rand() % 12; i > 0; i--) text += (math.rand() % 256).tochar();
                return text;
            }
            function make(depth) {
                switch (math.rand() % (depth > 0 ? 8 : 6)) {
                    case 0: return null;
                    case 1: return math.rand() % 2 == 0;
                    case 2: return math.rand() * (math.rand() % 2 == 0 ? 1 : -1);
                    // Within eight digits.
                    case 3: return (math.rand() % 100000 - 50000) / 16.0;
                    case 4: return math.rand() % 100;
                    case 5: return text();
                    case 6:
                        local list = [];
                        for (local i = math.rand() % 6; i > 0; i--) list.push(make(depth - 1));
                        return list;
                    case 7:
                        local table = {};
                        for (local i = math.rand() % 6; i > 0; i--) table[text()] <- make(depth - 1);
                        return table;
                }
            }
            function same(a, b) {
                if (typeof a != typeof b) return false;
                if (typeof a != "array" && typeof a != "table") return a == b;
                if (a.len() != b.len()) return false;
                foreach (key, item in a) if (!(typeof a == "array" || key in b) || !same(item, b[key])) return false;
                return true;
            }
            for (local seed = 1; seed <= 500; seed++) {
                math.srand(seed);
                local value = make(5);
                foreach (options in [{}, { compact = true }]) {
                    local text = http.jsonencode(value, options);
                    if (!same(value, http.jsondecode(text))) print("seed " + seed + ": " + text + "\n");
                }
            }
            print("done");
            "#,
            "done",
        );
    }
}
