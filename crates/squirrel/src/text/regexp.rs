//! The reference's regular expressions: a small matcher that never backtracks into what it has matched.
//!
//! The behaviour is that of Squirrel 3.0.5, including what surprises:
//! - A repetition looks ahead to know its end: after each round it tries the **one** node behind it, and ends there if
//!   that matches and the minimum is reached. It makes a round whenever it can, so `.*b` does not match `b`, and
//!   matches `aab` in `aabab`; `a*ab` matches `aab`, but neither `ab` nor the whole of `aaab`. With nothing behind it,
//!   or something that may repeat zero times, a repetition takes all it can.
//! - Behind the text stands a NUL byte that `.`, negated brackets and `\A \W \S \D \X \P \c` match: `a.` finds (0, 2) in
//!   `a`, and `a.*` does not match the whole of it.
//! - An alternative that matched is final: `(?:a|ab)c` does not match `abc`.
//! - Groups are captured once, in the order of their parentheses: of `(a)*` the first round, and `(c)` in `((a)b)(c)`
//!   never, because it stands behind a nested group. Looking ahead captures too, and inner groups of failed attempts
//!   stay.
//! - Captures of length 0 read as (0, 0).
//! - `^` is special at the start of a group or alternative only. `*`, `+`, `?`, `{`, `|` and `)` stand for themselves
//!   where an element must start; behind a quantifier that is so for `?` and `{`, while `*` and `+` are errors there.
//! - `\b` is about white space, and holds **before** the last letter in front of a blank, not behind it.
//! - Classes `\a \A \w \W \s \S \d \D \x \X \c \C \p \P \l \u` know ASCII only; `\n \t \r \f \v` are control
//!   characters; any other escaped byte is itself. In ranges bytes from 128 up are negative, and the check of `[a-\n]`
//!   takes the backslash for the high end.
//!
//! Where the reference reads outside its memory or keeps stale results, this is what we do instead:
//! - An empty pattern and one that ends in a backslash are refused (`letter expected`).
//! - Behind the text, `\b` sees no blank.
//! - Groups not tried read as (0, 0), not as the expression captured them in an earlier text.
//! - NUL bytes in the text are ordinary; in the reference the text ends there. A NUL byte in a pattern ends it, as
//!   there.
//!
//! Matching keeps its own stack, so it can stop after any step and be written out ([`Matcher`]). The stack is never
//! deeper than the pattern has nodes. The time it takes may be exponential in the pattern: that is what the fuel is
//! for.

mod encoding;
mod matcher;

pub use matcher::{Captures, Matcher, Progress, Search};

use std::ops::Range;

/// The longest pattern taken, in bytes.
const MAX_PATTERN: usize = 1 << 16;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Regexp {
    /// The root group is the first node. Links always lead to nodes further on in the pattern.
    nodes: Vec<Node>,
    items: Vec<Item>,
    groups: u32,
}

/// An index into `Regexp::nodes`.
type NodeId = u32;

#[derive(Clone, Copy, Debug)]
struct Node {
    kind: Kind,
    next: Option<NodeId>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Byte(u8),
    Any,
    Class(u8),
    /// A bracket expression: `items[start..end]`.
    Set {
        start: u32,
        end: u32,
        negated: bool,
    },
    Begin,
    End,
    /// `\b`, or `\B` if negated.
    Boundary {
        negated: bool,
    },
    /// A group and the first node of its content.
    Group {
        first: NodeId,
        capture: Option<u32>,
    },
    Repeat {
        body: NodeId,
        min: u16,
        max: u16,
    },
    Choice {
        left: NodeId,
        right: NodeId,
    },
}

/// One member of a bracket expression.
#[derive(Clone, Copy, Debug)]
enum Item {
    Byte(u8),
    Class(u8),
    Range(i8, i8),
}

impl Regexp {
    /// Compiles a pattern, in time and memory linear in its length (below 64 bytes for each byte).
    ///
    /// # Errors The reference's texts: `letter expected`, `expected paren`, `unexpected character`, `empty class`,
    /// `invalid range`, `number expected`, `, or } expected`, `overflow in numeric constant`; also `pattern too long`
    /// (ours, above 64 KiB).
    pub fn compile(pattern: &[u8]) -> Result<Self, &'static str> {
        if pattern.len() > MAX_PATTERN {
            return Err("pattern too long");
        }
        Parser { pattern, at: 0, nodes: Vec::new(), items: Vec::new(), groups: 1 }.parse()
    }

    /// Returns the number of groups, the whole match (0) included: what `subexpcount()` returns.
    pub fn subexpcount(&self) -> usize {
        self.groups as usize
    }

    /// Returns the bytes held on the heap.
    pub fn memory_bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>() + self.items.capacity() * size_of::<Item>()
    }

    /// Returns a node; ids come from this pattern, so the one that never matches is never seen.
    fn node(&self, id: NodeId) -> Node {
        const NOWHERE: Node = Node { kind: Kind::Set { start: 0, end: 0, negated: false }, next: None };
        self.nodes.get(id as usize).copied().unwrap_or(NOWHERE)
    }

    fn next(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).next
    }

    fn set_contains(&self, items: Range<u32>, byte: u8, fuel: &mut i64) -> bool {
        let items = self.items.get(items.start as usize..items.end as usize).unwrap_or_default();
        items.iter().any(|item| {
            *fuel -= 1;
            match *item {
                Item::Byte(member) => member == byte,
                Item::Class(class) => class_contains(class, byte),
                Item::Range(low, high) => (low..=high).contains(&byte.cast_signed()),
            }
        })
    }
}

fn class_contains(class: u8, byte: u8) -> bool {
    let lower = match class.to_ascii_lowercase() {
        b'a' => byte.is_ascii_alphabetic(),
        b'w' => byte.is_ascii_alphanumeric() || byte == b'_',
        b's' => is_space(byte),
        b'd' => byte.is_ascii_digit(),
        b'x' => byte.is_ascii_hexdigit(),
        b'c' => byte.is_ascii_control(),
        b'p' => byte.is_ascii_punctuation(),
        b'l' => byte.is_ascii_lowercase(),
        // `\u`, the only class in lower case whose upper case is no class.
        _ => byte.is_ascii_uppercase(),
    };
    lower != class.is_ascii_uppercase()
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

struct Parser<'a> {
    pattern: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    items: Vec<Item>,
    groups: u32,
}

/// A list of elements being read: the content of a group, or the right side of a `|` in it.
struct List {
    group: NodeId,
    /// The choice whose right side this is; else it is the content of the group.
    choice: Option<NodeId>,
    first: Option<NodeId>,
    last: Option<NodeId>,
}

impl Parser<'_> {
    fn parse(mut self) -> Result<Regexp, &'static str> {
        let root = self.add(Kind::Group { first: 0, capture: Some(0) });
        let mut outer = Vec::new();
        let mut list = self.open(root);
        loop {
            let mut element = match self.peek() {
                b'(' => {
                    self.at += 1;
                    let capture = if self.peek() == b'?' {
                        self.at += 1;
                        self.expect(b':')?;
                        None
                    } else {
                        self.groups += 1;
                        Some(self.groups - 1)
                    };
                    let group = self.add(Kind::Group { first: 0, capture });
                    outer.push(list);
                    list = self.open(group);
                    continue;
                }
                b'[' => self.set()?,
                b'$' => self.single(Kind::End),
                b'.' => self.single(Kind::Any),
                _ => {
                    let kind = self.character()?;
                    self.add(kind)
                }
            };
            // Ends the element, and every group that ends behind it.
            loop {
                element = self.quantifier(element)?;
                self.append(&mut list, element);
                match self.peek() {
                    b'|' => {
                        self.at += 1;
                        let choice = self.add(Kind::Choice { left: list.first.unwrap_or(element), right: 0 });
                        self.close(&list, choice);
                        let group = list.group;
                        list = List { choice: Some(choice), ..self.open(group) };
                        break;
                    }
                    b')' | b'*' | b'+' | 0 => {
                        self.close(&list, list.first.unwrap_or(element));
                        let Some(parent) = outer.pop() else {
                            return if self.peek() == 0 { Ok(self.finish()) } else { Err("unexpected character") };
                        };
                        self.expect(b')')?;
                        element = list.group;
                        list = parent;
                    }
                    _ => break,
                }
            }
        }
    }

    fn finish(self) -> Regexp {
        Regexp { nodes: self.nodes, items: self.items, groups: self.groups }
    }

    /// Returns the byte at the current place, or 0 at the end of the pattern.
    fn peek(&self) -> u8 {
        self.pattern.get(self.at).copied().unwrap_or(0)
    }

    fn expect(&mut self, byte: u8) -> Result<(), &'static str> {
        if self.peek() != byte {
            return Err("expected paren");
        }
        self.at += 1;
        Ok(())
    }

    fn add(&mut self, kind: Kind) -> NodeId {
        self.nodes.push(Node { kind, next: None });
        // The pattern's length is limited, and no byte makes more than two nodes.
        NodeId::try_from(self.nodes.len() - 1).unwrap_or(0)
    }

    fn single(&mut self, kind: Kind) -> NodeId {
        self.at += 1;
        self.add(kind)
    }

    /// Starts a list, with its `^`.
    fn open(&mut self, group: NodeId) -> List {
        let mut list = List { group, choice: None, first: None, last: None };
        if self.peek() == b'^' {
            let begin = self.single(Kind::Begin);
            self.append(&mut list, begin);
        }
        list
    }

    fn append(&mut self, list: &mut List, element: NodeId) {
        match list.last.replace(element) {
            Some(last) => self.nodes[last as usize].next = Some(element),
            None => list.first = Some(element),
        }
    }

    /// Hangs a finished list, by its first node, where it belongs.
    fn close(&mut self, list: &List, node: NodeId) {
        match &mut self.nodes[list.choice.unwrap_or(list.group) as usize].kind {
            Kind::Group { first, .. } => *first = node,
            Kind::Choice { right, .. } => *right = node,
            _ => {}
        }
    }

    /// Reads a quantifier, if there is one, and returns the node that repeats the element.
    fn quantifier(&mut self, element: NodeId) -> Result<NodeId, &'static str> {
        let (min, max) = match self.peek() {
            b'*' => (0, u16::MAX),
            b'+' => (1, u16::MAX),
            b'?' => (0, 1),
            b'{' => {
                self.at += 1;
                if !self.peek().is_ascii_digit() {
                    return Err("number expected");
                }
                let min = self.number()?;
                let mut max = min;
                match self.peek() {
                    b'}' => {}
                    b',' => {
                        self.at += 1;
                        max = if self.peek().is_ascii_digit() { self.number()? } else { u16::MAX };
                        if self.peek() != b'}' {
                            return Err("expected paren");
                        }
                    }
                    _ => return Err(", or } expected"),
                }
                (min, max)
            }
            _ => return Ok(element),
        };
        Ok(self.single(Kind::Repeat { body: element, min, max }))
    }

    /// Reads up to nine digits, cut to 16 bits.
    fn number(&mut self) -> Result<u16, &'static str> {
        let mut value = 0_u32;
        for count in 0.. {
            let digit = self.peek().wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            if count == 9 {
                return Err("overflow in numeric constant");
            }
            value = value * 10 + u32::from(digit);
            self.at += 1;
        }
        #[expect(clippy::cast_possible_truncation, reason = "as the reference cuts it")]
        Ok(value as u16)
    }

    /// Reads one byte, escape or class outside of brackets.
    fn character(&mut self) -> Result<Kind, &'static str> {
        Ok(match self.escaped(b"aAwWsSdDxXcCpPlubB") {
            Some(letter @ (b'b' | b'B')) => Kind::Boundary { negated: letter == b'B' },
            Some(class) => Kind::Class(class),
            None => Kind::Byte(self.byte()?),
        })
    }

    /// Reads one byte, escape or class in brackets.
    fn member(&mut self) -> Result<Item, &'static str> {
        Ok(match self.escaped(b"aAwWsSdDxXcCpPlu") {
            Some(class) => Item::Class(class),
            None => Item::Byte(self.byte()?),
        })
    }

    /// Reads a backslash with one of these letters, if that is next.
    fn escaped(&mut self, letters: &[u8]) -> Option<u8> {
        match self.pattern.get(self.at..)? {
            &[b'\\', letter, ..] if letters.contains(&letter) => {
                self.at += 2;
                Some(letter)
            }
            _ => None,
        }
    }

    /// Reads one byte or escape.
    fn byte(&mut self) -> Result<u8, &'static str> {
        let escaped = self.peek() == b'\\';
        self.at += usize::from(escaped);
        let byte = match self.peek() {
            0 => return Err("letter expected"),
            byte if !escaped => Some(byte).filter(|byte| matches!(byte, b' '..=b'~')).ok_or("letter expected")?,
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'f' => 0x0c,
            b'v' => 0x0b,
            byte => byte,
        };
        self.at += 1;
        Ok(byte)
    }

    /// Reads a bracket expression.
    fn set(&mut self) -> Result<NodeId, &'static str> {
        self.at += 1;
        let negated = self.peek() == b'^';
        self.at += usize::from(negated);
        if self.peek() == b']' {
            return Err("empty class");
        }
        let start = self.items.len();
        // What a following `-` would make the low end of a range.
        let mut low = None;
        while self.peek() != b']' {
            match low {
                Some(item) if self.peek() == b'-' => {
                    self.at += 1;
                    let first = self.peek().cast_signed();
                    let low_byte = match item {
                        Item::Byte(byte) if byte.cast_signed() <= first => byte,
                        _ => return Err("invalid range"),
                    };
                    let high = self.byte()?;
                    self.items.push(Item::Range(low_byte.cast_signed(), high.cast_signed()));
                    low = None;
                }
                _ => {
                    self.items.extend(low);
                    low = Some(self.member()?);
                }
            }
        }
        self.items.extend(low);
        // As many items as bytes at most, so both fit.
        let index = |at| u32::try_from(at).unwrap_or(u32::MAX);
        let kind = Kind::Set { start: index(start), end: index(self.items.len()), negated };
        Ok(self.single(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs to the end in slices of the given fuel, by way of an encoding after each.
    fn run(regexp: &Regexp, search: Search, text: &[u8], start: usize, slice: i64) -> Option<Captures> {
        let mut matcher = Matcher::new(search, regexp, start..text.len());
        loop {
            let mut fuel = slice;
            match matcher.run(regexp, text, &mut fuel) {
                Progress::Done(captures) => return captures,
                Progress::TooDeep => panic!("too deep"),
                Progress::More => {
                    let mut bytes = Vec::new();
                    matcher.encode(&mut bytes);
                    let read = Matcher::decode(&bytes, regexp, text.len());
                    assert_eq!(read.as_ref(), Some(&matcher));
                    assert_eq!(Matcher::decode(&bytes[..bytes.len() - 1], regexp, text.len()), None);
                }
            }
        }
    }

    #[test]
    fn patterns_match_as_in_the_reference() {
        for (pattern, text, whole, groups) in [
            ("a", "ba", false, &[(1, 2)][..]),
            (r"(\d+)-(\w+)", "xx 12-ab yy", false, &[(3, 8), (3, 5), (6, 8)]),
            ("a*ab", "aab", true, &[(0, 3)]),
            ("a*ab", "ab", false, &[]),
            ("a*ab", "aaab", false, &[(1, 4)]),
            (".*b", "aabab", false, &[(0, 3)]),
            (".*b", "b", false, &[]),
            ("a?b", "b", true, &[(0, 1)]),
            ("a*b*", "aabb", true, &[(0, 4)]),
            ("x*", "bxx", false, &[(0, 0)]),
            ("(?:ab|a)c", "abc", true, &[(0, 3)]),
            ("(?:a|ab)c", "abc", false, &[]),
            ("(a|b)*", "abab", true, &[(0, 4), (0, 1)]),
            ("((a)b)(c)", "abc", true, &[(0, 3), (0, 2), (0, 1), (0, 0)]),
            ("(a)|(b)", "b", true, &[(0, 1), (0, 0), (0, 1)]),
            ("(a*)*", "a", true, &[(0, 1), (0, 1)]),
            ("^a$", "a", true, &[(0, 1)]),
            ("^^", "^", true, &[(0, 1)]),
            ("$*", "a", false, &[(0, 0)]),
            ("a||b", "|b", true, &[(0, 2)]),
            ("a{2}{3}", "aa{3}", true, &[(0, 5)]),
            ("a{2,3}", "aaaa", false, &[(0, 3)]),
            ("a{65536}", "a", false, &[(0, 0)]),
            (r"\b", "ab cd", false, &[(0, 0)]),
            (r"aa\b", "aa b", false, &[(0, 2)]),
            (r"a\b", "aa b", false, &[(0, 1)]),
            ("[^a-c]+", "abcde", false, &[(3, 5)]),
            ("[A-]]", "_]", false, &[(1, 2)]),
            (r"[\]\d]+", "a]1", false, &[(1, 3)]),
            ("a.*", "a", false, &[(0, 2)]),
            ("a..", "a", false, &[]),
            ("(a)([^b])", "a", false, &[(0, 2), (0, 1), (1, 2)]),
        ] {
            let regexp = Regexp::compile(pattern.as_bytes()).unwrap();
            for slice in [1, 2, 3, 1000] {
                let found = run(&regexp, Search::Whole, text.as_bytes(), 0, slice);
                assert_eq!(found.is_some(), whole, "{pattern} {text}");
                let found = run(&regexp, Search::First, text.as_bytes(), 0, slice);
                assert_eq!(found.map_or(Vec::new(), |found| found.groups), groups, "{pattern} {text}");
            }
        }
    }

    #[test]
    fn bad_patterns_are_refused() {
        for (pattern, error) in [
            ("", "letter expected"),
            ("(", "letter expected"),
            ("(a", "expected paren"),
            ("(?a)", "expected paren"),
            ("()", "expected paren"),
            ("a)", "unexpected character"),
            ("a**", "unexpected character"),
            ("a|", "letter expected"),
            ("[a", "letter expected"),
            ("[]", "empty class"),
            ("[^]", "empty class"),
            ("[c-a]", "invalid range"),
            ("[a-]", "invalid range"),
            (r"[a-\n]", "invalid range"),
            (r"[\w-z]", "invalid range"),
            ("a{", "number expected"),
            ("a{,2}", "number expected"),
            ("a{1", ", or } expected"),
            ("a{1,", "expected paren"),
            ("a{1234567890}", "overflow in numeric constant"),
            (r"\m()", "expected paren"),
            ("a\n", "letter expected"),
            ("a\\", "letter expected"),
        ] {
            assert_eq!(Regexp::compile(pattern.as_bytes()).err(), Some(error), "{pattern}");
        }
        assert_eq!(Regexp::compile(&vec![b'a'; MAX_PATTERN + 1]).err(), Some("pattern too long"));
    }

    #[test]
    fn ranges_of_a_text_are_texts() {
        let regexp = Regexp::compile(b"^b$|c").unwrap();
        let found = run(&regexp, Search::First, b"aab", 2, 1).unwrap();
        assert_eq!((found.begin, found.end), (2, 3));
        assert_eq!(run(&regexp, Search::First, b"c", 1, 1), None);
        assert_eq!(run(&regexp, Search::Whole, b"", 0, 1), None);
        let anything = Regexp::compile(b".+").unwrap();
        assert_eq!(run(&anything, Search::Whole, b"\0\xff", 0, 1).map(|found| found.end), Some(2));
        let mut matcher = Matcher::new(Search::Whole, &anything, usize::MAX - 1..usize::MAX);
        assert_eq!(matcher.run(&anything, b"a", &mut 1000), Progress::Done(None));
    }

    #[test]
    fn deep_patterns_end() {
        let pattern = |depth| [vec![b'('; depth], vec![b'a'], vec![b')'; depth]].concat();
        let regexp = Regexp::compile(&pattern(10_000)).unwrap();
        assert!(run(&regexp, Search::Whole, b"a", 0, 10_000).is_some());
        let regexp = Regexp::compile(&pattern(30_000)).unwrap();
        assert!(regexp.memory_bytes() < 64 * 60_001);
        let mut matcher = Matcher::new(Search::Whole, &regexp, 0..1);
        assert_eq!(matcher.run(&regexp, b"a", &mut 1_000_000), Progress::TooDeep);
        let alternatives = Regexp::compile(&b"b|".repeat(30_000)[..59_999]).unwrap();
        let mut matcher = Matcher::new(Search::Whole, &alternatives, 0..1);
        assert_eq!(matcher.run(&alternatives, b"a", &mut 1_000_000), Progress::TooDeep);
        assert!(size_of::<Node>() <= 32);
    }

    #[test]
    fn damaged_encodings_do_no_harm() {
        let (regexp, text) = (Regexp::compile(br"((a*)b|[^c]+(?:d|a)?)*\w+x").unwrap(), b"aabaabdaabcca");
        let mut seed = 1_u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap() % below
        };
        let mut accepted = 0;
        for steps in 0..400 {
            let mut matcher = Matcher::new(Search::First, &regexp, 0..text.len());
            matcher.run(&regexp, text, &mut { steps });
            let mut bytes = Vec::new();
            matcher.encode(&mut bytes);
            for _ in 0..20 {
                let mut damaged = bytes.clone();
                for _ in 0..=random(2) {
                    let at = random(damaged.len());
                    damaged[at] = if random(2) == 0 { random(256) } else { random(16) }.to_le_bytes()[0];
                }
                if let Some(mut matcher) = Matcher::decode(&damaged, &regexp, text.len()) {
                    accepted += 1;
                    assert_ne!(matcher.run(&regexp, text, &mut 1_000_000), Progress::More);
                }
            }
        }
        assert!(accepted > 0);
    }
}
