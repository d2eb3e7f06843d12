//! Programs as trees of statements, so that they can be made smaller.

/// A statement: texts with blocks behind them, and a text at the end. One without blocks is just the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub parts: Vec<(String, Vec<Node>)>,
    pub tail: String,
}

impl Node {
    pub fn line(text: impl Into<String>) -> Node {
        Node { parts: Vec::new(), tail: text.into() }
    }

    pub fn block(head: impl Into<String>, body: Vec<Node>, tail: impl Into<String>) -> Node {
        Node { parts: vec![(head.into(), body)], tail: tail.into() }
    }
}

/// The source of a program, a line for each text.
pub fn source(nodes: &[Node]) -> String {
    fn write(nodes: &[Node], depth: usize, out: &mut String) {
        let line = |text: &str, out: &mut String| {
            out.push_str(&"  ".repeat(depth));
            out.push_str(text);
            out.push('\n');
        };
        for node in nodes {
            for (head, body) in &node.parts {
                line(head, out);
                write(body, depth + 1, out);
            }
            line(&node.tail, out);
        }
    }
    let mut out = String::new();
    write(nodes, 0, &mut out);
    out
}

/// Makes a program smaller as long as `fails` says that it still does what it should not; asks at most `trials` times.
///
/// Takes away runs of statements, puts the content of blocks in their place, and at last replaces what is in brackets.
pub fn shrink(nodes: Vec<Node>, trials: usize, fails: &mut dyn FnMut(&str) -> bool) -> String {
    let mut shrinker = Shrinker { trials, fails };
    let mut root = Node { parts: vec![(String::new(), nodes)], tail: String::new() };
    while shrinker.pass(&mut root) {}
    let mut text = source(&root.parts[0].1);
    while shrinker.brackets(&mut text) {}
    text
}

struct Shrinker<'a> {
    trials: usize,
    fails: &'a mut dyn FnMut(&str) -> bool,
}

impl Shrinker<'_> {
    fn fails(&mut self, text: &str) -> bool {
        if self.trials == 0 {
            return false;
        }
        self.trials -= 1;
        (self.fails)(text)
    }

    /// Tries to make each list of statements shorter once; whether any has become so.
    fn pass(&mut self, root: &mut Node) -> bool {
        let mut progress = false;
        let mut paths = vec![Vec::new()];
        while let Some(path) = paths.pop() {
            // Halves first, then quarters, at last single statements.
            let mut chunk = list(root, &path).len();
            while chunk > 0 {
                let mut at = 0;
                while at < list(root, &path).len() {
                    let until = (at + chunk).min(list(root, &path).len());
                    let mut without = root.clone();
                    list(&mut without, &path).drain(at..until);
                    if self.fails(&source(&without.parts[0].1)) {
                        *root = without;
                        progress = true;
                    } else {
                        at = until;
                    }
                }
                chunk /= 2;
            }
            for at in (0..list(root, &path).len()).rev() {
                for part in 0..list(root, &path)[at].parts.len() {
                    let mut unwrapped = root.clone();
                    let inner = list(&mut unwrapped, &path)[at].parts[part].1.clone();
                    list(&mut unwrapped, &path).splice(at..=at, inner);
                    if self.fails(&source(&unwrapped.parts[0].1)) {
                        *root = unwrapped;
                        progress = true;
                        break;
                    }
                }
            }
            for (at, node) in list(root, &path).iter().enumerate() {
                for part in 0..node.parts.len() {
                    paths.push([&path[..], &[(at, part)]].concat());
                }
            }
        }
        progress
    }

    /// Tries to replace what is in brackets by something short.
    fn brackets(&mut self, text: &mut String) -> bool {
        let mut progress = false;
        // Behind the functions that all programs have.
        let mut at = text.rfind("  return s\n}\n").unwrap_or(0);
        while let Some(open) = text[at..].find(['(', '[', '{']).map(|found| at + found) {
            at = open + 1;
            let Some(close) = closing(text, open) else { continue };
            let inner = text[open + 1..close].to_owned();
            for shorter in ["", "0", &inner] {
                let keeps = *shorter == *inner;
                let (from, to) = if keeps { (open, close + 1) } else { (open + 1, close) };
                if shorter.len() + usize::from(keeps) > inner.len() + usize::from(keeps) || (!keeps && inner.len() < 2)
                {
                    continue;
                }
                let changed = format!("{}{shorter}{}", &text[..from], &text[to..]);
                if self.fails(&changed) {
                    *text = changed;
                    progress = true;
                    break;
                }
            }
        }
        progress
    }
}

/// The statements that a path leads to: of each step the statement and which of its blocks.
fn list<'a>(root: &'a mut Node, path: &[(usize, usize)]) -> &'a mut Vec<Node> {
    let mut nodes = &mut root.parts[0].1;
    for (at, part) in path {
        nodes = &mut nodes[*at].parts[*part].1;
    }
    nodes
}

fn closing(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}
