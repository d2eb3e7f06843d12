//! A matcher as bytes: integers in little-endian order, one after the other.

use std::ops::RangeInclusive;

use super::matcher::{Capture, Frame, MAX_DEPTH, Matcher, Search, State, Step, ends_repetition, follower, part};
use super::{Kind, NodeId, Regexp};

impl Matcher {
    /// Appends the state, for [`Matcher::decode`]; at most 28 bytes for each group, 13 for each frame, and 50.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.search == Search::First));
        write_position(out, self.begin);
        write_position(out, self.end);
        write_position(out, self.start);
        write_u32(out, self.group);
        let (tag, at) = match self.step {
            Step::Try(at) => (0, at),
            Step::Tell(None) => (1, 0),
            Step::Tell(Some(at)) => (2, at),
        };
        out.push(tag);
        write_position(out, at);
        for capture in &self.captures {
            write_position(out, capture.begin);
            write_position(out, capture.len);
        }
        // The nodes of the frames follow from the pattern.
        for frame in &self.frames {
            match frame.state {
                State::Group { current, captures, group } => {
                    write_u32(out, current);
                    out.push(u8::from(captures));
                    write_u32(out, group);
                }
                State::Repeat { count, at, looks_ahead } => {
                    write_u32(out, count);
                    out.push(u8::from(looks_ahead));
                    write_position(out, at);
                }
                State::Choice { current, start, right } => {
                    write_u32(out, current);
                    out.push(u8::from(right));
                    write_position(out, start);
                }
            }
        }
    }

    /// Reads a state that [`Matcher::encode`] wrote for the same pattern and a text of this length.
    ///
    /// Returns none for bytes that no matcher of this pattern could have written as far as its structure goes: every
    /// position lies in the range, and every frame is a part of the one before. What it returns runs to an end.
    pub fn decode(bytes: &[u8], regexp: &Regexp, text_len: usize) -> Option<Self> {
        let mut bytes = Reader(bytes);
        let search = if bytes.flag()? { Search::First } else { Search::Whole };
        let (begin, end) = (bytes.position(0..=text_len)?, bytes.position(0..=text_len)?);
        // The NUL byte behind the text may have been matched.
        let behind = end + 1;
        let range = begin..=behind;
        let start = bytes.position(range.clone())?;
        let group = bytes.u32(regexp.groups)?;
        let step = match (bytes.u8()?, bytes.position(0..=behind)?) {
            (1, 0) => Step::Tell(None),
            (0, at) if range.contains(&at) => Step::Try(at),
            (2, at) if range.contains(&at) => Step::Tell(Some(at)),
            _ => return None,
        };
        let mut captures = Vec::new();
        for _ in 0..regexp.groups {
            let (begin, len) = (bytes.position(0..=behind)?, bytes.position(0..=behind)?);
            captures.push(Some(Capture { begin, len }).filter(|_| len <= behind - begin)?);
        }
        let owners = owners(regexp);
        let mut frames = Vec::new();
        let (mut node, mut next) = (0, None);
        while !bytes.0.is_empty() {
            let number = bytes.u32(u32::MAX)?;
            let flag = bytes.flag()?;
            let is_part = |owner| owners.get(number as usize) == Some(&owner);
            let state = match regexp.node(node).kind {
                Kind::Group { capture, .. } if is_part((node, false)) && (capture.is_some() || !flag) => {
                    State::Group { current: number, captures: flag, group: bytes.u32(regexp.groups)? }
                }
                Kind::Choice { .. } if is_part((node, flag)) => {
                    State::Choice { current: number, right: flag, start: bytes.position(range.clone())? }
                }
                Kind::Repeat { .. } if number <= 1 << 16 => {
                    State::Repeat { count: number, looks_ahead: flag, at: bytes.position(range.clone())? }
                }
                _ => return None,
            };
            let frame = Frame { node, next, state };
            if matches!(state, State::Repeat { looks_ahead: true, .. }) {
                follower(regexp, &frame).filter(|&node| ends_repetition(regexp, node))?;
            }
            if frames.len() >= MAX_DEPTH {
                return None;
            }
            frames.push(frame);
            (node, next) = part(regexp, &frame);
        }
        Some(Self { search, begin, end, start, group, captures, frames, step })
    }
}

/// Returns for every node the group or choice whose content it is directly, and whether on the right side of a choice.
fn owners(regexp: &Regexp) -> Vec<(NodeId, bool)> {
    let mut owners = vec![(NodeId::MAX, false); regexp.nodes.len()];
    let mut own = |owner: (NodeId, bool), first: NodeId| {
        let mut part = Some(first);
        while let Some(id) = part {
            if let Some(slot) = owners.get_mut(id as usize) {
                *slot = owner;
            }
            part = regexp.next(id);
        }
    };
    for (id, node) in (0..).zip(&regexp.nodes) {
        match node.kind {
            Kind::Group { first, .. } => own((id, false), first),
            Kind::Choice { left, right } => {
                own((id, false), left);
                own((id, true), right);
            }
            _ => {}
        }
    }
    owners
}

fn write_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn write_position(out: &mut Vec<u8>, position: usize) {
    out.extend_from_slice(&(position as u64).to_le_bytes());
}

/// Bytes of an encoding not read yet.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take().map(|[byte]| byte)
    }

    fn flag(&mut self) -> Option<bool> {
        self.u8().filter(|&byte| byte <= 1).map(|byte| byte == 1)
    }

    fn u32(&mut self, max: u32) -> Option<u32> {
        self.take().map(u32::from_le_bytes).filter(|&value| value <= max)
    }

    fn position(&mut self, range: RangeInclusive<usize>) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.take()?)).ok().filter(|position| range.contains(position))
    }
}
