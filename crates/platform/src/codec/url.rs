//! `http.urlencode` and `http.urldecode`, and the queries of URLs.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};
use squirrel::{Call, Fault, Flow, FromSquirrel, Function, Heap, Member, Tag, Value};

use super::{Output, charge, count_bytes, number, with_room};

/// The functions, members of `http`.
pub(crate) const MEMBERS: &[Member<'static>] = &[
    Member::Function(Function::new("urlencode", urlencode, 2, ".t").documented(
        "urlencode(table) -> string",
        "Writes the slots of a table as `name=value&...`; an array gives its name once for each item.",
    )),
    Member::Function(Function::new("urldecode", urldecode, 2, ".s").documented(
        "urldecode(text) -> table",
        "Reads `name=value&...` into a table of strings; a name that comes more than once has an array of them.",
    )),
];

/// All but the unreserved bytes of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn urlencode(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let mut fuel = 0;
    let text = encode(call.heap, call.argument(1), &mut fuel);
    charge(call, fuel);
    Ok(Flow::Return(call.heap.string_from(text?)?))
}

fn urldecode(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let text = call.heap.bytes(call.argument(1)).to_vec();
    let mut fuel = 0;
    let table = decode(call.heap, &text, &mut fuel);
    charge(call, fuel);
    table.map(Flow::Return)
}

fn encode(heap: &Heap, table: Value, fuel: &mut i64) -> Result<Vec<u8>, Fault> {
    let mut out = Output::new(heap);
    for (key, value) in heap.entries(table) {
        let name = text(heap, key);
        let value = if value.is(Tag::WeakRef) { heap.table_get(table, key, fuel) } else { Some(value) };
        let value = value.unwrap_or(Value::NULL);
        // Follows weak references.
        let items = Vec::<Value>::from_squirrel(value, heap).unwrap_or_else(|_| vec![value]);
        for item in items {
            if !out.bytes.is_empty() {
                out.push(b"&")?;
            }
            push_encoded(&mut out, &name, fuel)?;
            out.push(b"=")?;
            push_encoded(&mut out, &text(heap, item), fuel)?;
        }
    }
    Ok(out.bytes)
}

fn push_encoded(out: &mut Output, bytes: &[u8], fuel: &mut i64) -> Result<(), Fault> {
    *fuel -= 2;
    count_bytes(fuel, bytes.len());
    percent_encode(bytes, RESERVED).try_for_each(|piece| out.push(piece.as_bytes()))
}

/// The string form of a value, `_tostring` aside; of a blob, its bytes.
///
/// # Source
/// That of null is documented. Objects have their addresses in it there, which say nothing.
fn text(heap: &Heap, value: Value) -> Cow<'_, [u8]> {
    if let Some(bytes) = heap.as_bytes(value).or_else(|| heap.blob_bytes(value)) {
        return Cow::Borrowed(bytes);
    }
    let text = match (value.as_integer(), value.as_float(), value.as_bool()) {
        (Some(integer), ..) => integer.to_string(),
        (_, Some(float), _) if float.is_finite() => number::general(float, 6),
        (_, Some(float), _) => float.to_string().to_ascii_lowercase(),
        (.., Some(bool)) => bool.to_string(),
        _ => format!("({} : (nil))", value.tag().name()),
    };
    Cow::Owned(text.into_bytes())
}

/// Reads the pairs of a query (`name=value&...`) in their order. `+` is a blank; a name without `=` has an empty value; `%` that no
/// two hexadecimal digits follow stays as it is; empty pieces vanish.
pub(crate) fn pairs(query: &[u8]) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> + '_ {
    query.split(|&byte| byte == b'&').filter(|piece| !piece.is_empty()).map(|piece| {
        let (name, value) = match piece.iter().position(|&byte| byte == b'=') {
            Some(at) => (&piece[..at], &piece[at + 1..]),
            None => (piece, &[][..]),
        };
        (decoded(name), decoded(value))
    })
}

fn decoded(bytes: &[u8]) -> Vec<u8> {
    let blanks: Vec<u8> = bytes.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&blanks).collect()
}

/// Makes a table of the pairs of a query: of strings, or of arrays of strings where a name comes more than once.
///
/// # Errors
/// [`Fault::Room`].
fn decode(heap: &mut Heap, query: &[u8], fuel: &mut i64) -> Result<Value, Fault> {
    count_bytes(fuel, query.len());
    with_room(heap, |heap| {
        let table = heap.table(0)?;
        for (name, value) in pairs(query) {
            *fuel -= 4;
            let (name, value) = (heap.string(&name)?, heap.string(&value)?);
            match heap.table_get(table, name, fuel) {
                None => heap.table_set(table, name, value, fuel)?,
                Some(list) if list.is(Tag::Array) => heap.push(list, value)?,
                Some(first) => {
                    let list = heap.array(vec![first, value])?;
                    heap.table_set(table, name, list, fuel)?;
                }
            }
        }
        Ok(table)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Outcome, check, check_error, run_within};
    use super::pairs;

    #[test]
    fn tables_are_encoded_in_their_order() {
        check(
            r#"
            print(http.urlencode({ one = "a b", two = "&=+%/?-._~", three = 3 }) + "\n");
            print(http.urlencode({ a = [1, "x y", null] }) + "\n");
            print(http.urlencode({ n = null }) + " " + http.urlencode({ f = 2.5 }) + " " + http.urlencode({ b = true }) + "\n");
            print(http.urlencode({ e = [] }) + http.urlencode({}) + http.urlencode({ [7] = "\xe9" }) + "\n");
            print(http.urlencode({ raw = blob(2) }));
            "#,
            "three=3&one=a%20b&two=%26%3D%2B%25%2F%3F-._~\n\
             a=1&a=x%20y&a=%28null%20%3A%20%28nil%29%29\n\
             n=%28null%20%3A%20%28nil%29%29 f=2.5 b=true\n\
             7=%E9\n\
             raw=%00%00",
        );
        check_error("http.urlencode([])", "parameter 1 has an invalid type 'array' ; expected: 'table'");
    }

    #[test]
    fn text_is_decoded() {
        check(
            r#"
            local table = http.urldecode("a=1&b=x+y%21&a=2&flag&=empty&&c=d=e&a=%zz%4");
            print(table.a[0] + "|" + table.a[1] + "|" + table.a[2] + "|" + table.a.len() + "|" + table.b + "|" + table.flag + "|");
            print(table[""] + "|" + table.c + "|" + table.len() + "|" + http.urldecode("").len());
            "#,
            "1|2|%zz%4|3|x y!||empty|d=e|5|0",
        );
    }

    #[test]
    fn pairs_keep_their_order() {
        let found: Vec<_> = pairs(b"q=a+b&q=%21%FF&flag").collect();
        let expected: [(&[u8], &[u8]); 3] = [(b"q", b"a b"), (b"q", b"!\xff"), (b"flag", b"")];
        assert_eq!(found, expected.map(|(name, value)| (name.to_vec(), value.to_vec())));
    }

    #[test]
    fn shared_arrays_do_not_make_endless_texts() {
        let source = "local list = array(10000, 1); local table = {};
            for (local i = 0; i < 10000; i++) table[i] <- list;
            http.urlencode(table)";
        assert_eq!(run_within(source, 4 << 20), Outcome::OutOfMemory);
    }

    #[test]
    fn tables_come_back_as_they_were() {
        check(
            r#"
            function text(least) {
                local text = "";
                for (local i = least + math.rand() % 10; i > 0; i--) text += (math.rand() % 256).tochar();
                return text;
            }
            function joined(value) {
                return typeof value == "array" ? value.reduce(@(a, b) a + "|" + b) : value;
            }
            for (local seed = 1; seed <= 300; seed++) {
                math.srand(seed);
                local table = {};
                for (local i = math.rand() % 8; i > 0; i--) table[text(1)] <- math.rand() % 3 ? text(0) : [text(0), text(0), text(0)];
                local back = http.urldecode(http.urlencode(table));
                if (back.len() != table.len()) print("seed " + seed);
                foreach (name, value in table) {
                    if (typeof value != typeof back[name] || joined(value) != joined(back[name])) print("seed " + seed);
                }
            }
            print("done");
            "#,
            "done",
        );
    }
}
