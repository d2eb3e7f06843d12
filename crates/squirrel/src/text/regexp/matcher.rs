//! Runs a pattern over a text, in steps.

use std::ops::Range;

use super::{Kind, NodeId, Regexp, class_contains, is_space};

/// What to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// A match of the whole range: `match()`.
    Whole,
    /// The first match that starts inside the range, which may be an empty one: `search()` and `capture()`. An empty
    /// range has none.
    First,
}

/// Where the pattern matched; all positions are in the whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captures {
    /// The first byte matched.
    pub begin: usize,
    /// Behind the last byte matched; one more if the NUL byte behind the text was.
    pub end: usize,
    /// Begin and end of every group, as `capture()` gives them: `subexpcount()` pairs, the whole match first; groups
    /// that are empty or took no part are (0, 0).
    pub groups: Vec<(usize, usize)>,
}

/// How far a matcher came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The fuel ran out; run again to go on.
    More,
    /// The answer; none if the pattern does not match.
    Done(Option<Captures>),
    /// More than [`MAX_DEPTH`] nested nodes; the matcher cannot go on.
    TooDeep,
}

/// The deepest stack a matcher builds, in frames of about 50 bytes; patterns with fewer nodes never reach it.
pub const MAX_DEPTH: usize = 16_384;

/// A match in progress, as plain data.
///
/// Belongs to one [`Regexp`] and one text; with others it gives wrong answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    pub(super) search: Search,
    /// `^` matches here.
    pub(super) begin: usize,
    /// `$` matches here.
    pub(super) end: usize,
    /// Where the attempt in progress started.
    pub(super) start: usize,
    /// The only group that may be captured next.
    pub(super) group: u32,
    pub(super) captures: Vec<Capture>,
    pub(super) frames: Vec<Frame>,
    pub(super) step: Step,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Capture {
    pub(super) begin: usize,
    pub(super) len: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Try the node that the innermost frame is at, from this position.
    Try(usize),
    /// Tell the innermost frame where its node's match ended, if it did match.
    Tell(Option<usize>),
}

/// A node with parts, while its parts are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) node: NodeId,
    /// The node behind `node`, perhaps behind groups that end with it, for looking ahead.
    pub(super) next: Option<NodeId>,
    pub(super) state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The content of a group.
    Group {
        current: NodeId,
        /// Whether this pass captures the group.
        captures: bool,
        /// The next group to capture once this one has matched.
        group: u32,
    },
    Repeat {
        /// Rounds done.
        count: u32,
        /// Behind the last round.
        at: usize,
        /// Whether the node behind is being tried, not the body.
        looks_ahead: bool,
    },
    Choice {
        current: NodeId,
        start: usize,
        right: bool,
    },
}

impl Matcher {
    /// Starts to look in a range of a text; a range that ends before it begins is empty.
    pub fn new(search: Search, regexp: &Regexp, range: Range<usize>) -> Self {
        Self {
            search,
            begin: range.start,
            end: range.end.max(range.start),
            start: range.start,
            group: 0,
            captures: vec![Capture::default(); regexp.subexpcount()],
            frames: Vec::new(),
            step: Step::Try(range.start),
        }
    }

    /// Works until the answer is found or the fuel is used up; a step takes 1, and a byte looked up in a bracket
    /// expression 1 for each member compared, so that the rest may be negative.
    ///
    /// Running again after the answer gives the same answer.
    pub fn run(&mut self, regexp: &Regexp, text: &[u8], fuel: &mut i64) -> Progress {
        if self.search == Search::First && self.begin == self.end {
            return Progress::Done(None);
        }
        while *fuel > 0 {
            *fuel -= 1;
            match (self.step, self.frames.last().copied()) {
                (Step::Try(_), _) if self.frames.len() >= MAX_DEPTH => return Progress::TooDeep,
                (Step::Try(at), frame) => {
                    let (node, next) = frame.map_or((0, None), |frame| part(regexp, &frame));
                    self.enter(regexp, text, node, next, at, fuel);
                }
                (Step::Tell(end), Some(frame)) => self.go_on(regexp, frame, end),
                (Step::Tell(end), None) => match (self.search, end) {
                    (Search::Whole, Some(end)) if end == self.end => return Progress::Done(Some(self.found(end))),
                    (Search::Whole, _) => return Progress::Done(None),
                    (Search::First, Some(end)) => return Progress::Done(Some(self.found(end))),
                    (Search::First, None) if self.start + 1 >= self.end => return Progress::Done(None),
                    (Search::First, None) => {
                        self.start += 1;
                        self.group = 0;
                        self.step = Step::Try(self.start);
                    }
                },
            }
        }
        Progress::More
    }

    fn found(&self, end: usize) -> Captures {
        let groups = self.captures.iter().map(|capture| match capture.len {
            0 => (0, 0),
            len => (capture.begin, capture.begin + len),
        });
        Captures { begin: self.start, end, groups: groups.collect() }
    }

    /// Tries a node: simple ones at once, others by a new frame.
    fn enter(&mut self, regexp: &Regexp, text: &[u8], node: NodeId, next: Option<NodeId>, at: usize, fuel: &mut i64) {
        // Behind the text stands a NUL byte, and that is all that can be read there.
        let byte = |at: usize| if at == self.end { Some(0) } else { text.get(at).copied().filter(|_| at < self.end) };
        let advance = |matches: bool| matches.then(|| at + 1);
        let end = match regexp.node(node).kind {
            Kind::Byte(expected) => advance(byte(at) == Some(expected)),
            Kind::Any => advance(byte(at).is_some()),
            Kind::Class(class) => advance(byte(at).is_some_and(|byte| class_contains(class, byte))),
            Kind::Set { start, end, negated } => {
                advance(byte(at).is_some_and(|byte| regexp.set_contains(start..end, byte, fuel) != negated))
            }
            Kind::Begin => (at == self.begin).then_some(at),
            Kind::End => (at == self.end).then_some(at),
            Kind::Boundary { negated } => {
                let space = |at| byte(at).is_some_and(is_space);
                let boundary = (at == self.begin && !space(at))
                    || (at == self.end && !space(at.wrapping_sub(1)))
                    || space(at) != space(at.saturating_add(1));
                (boundary != negated).then_some(at)
            }
            Kind::Group { first, capture } => {
                let captures = capture == Some(self.group);
                if captures {
                    if let Some(slot) = self.captures.get_mut(self.group as usize) {
                        *slot = Capture { begin: at, len: 0 };
                    }
                    self.group += 1;
                }
                self.frames.push(Frame {
                    node,
                    next,
                    state: State::Group { current: first, captures, group: self.group },
                });
                return self.step = Step::Try(at);
            }
            Kind::Repeat { max, .. } => {
                // Never a last round to look for: `max` of 0 matches nothing, at once.
                if max == 0 {
                    return self.step = Step::Tell(is_enough(regexp, node, 0).then_some(at));
                }
                self.frames.push(Frame { node, next, state: State::Repeat { count: 0, at, looks_ahead: false } });
                return self.step = Step::Try(at);
            }
            Kind::Choice { left, .. } => {
                self.frames.push(Frame { node, next, state: State::Choice { current: left, start: at, right: false } });
                return self.step = Step::Try(at);
            }
        };
        self.step = Step::Tell(end);
    }

    /// Goes on with the innermost frame, given the end of the match of the part it was at.
    fn go_on(&mut self, regexp: &Regexp, frame: Frame, end: Option<usize>) {
        let result = match frame.state {
            State::Group { current, captures, group } => {
                if let (Some(end), Some(current)) = (end, regexp.next(current)) {
                    return self.again(frame, State::Group { current, captures, group }, end);
                }
                if end.is_some() {
                    self.group = group;
                }
                if captures && let Some(capture) = self.captured(regexp, frame.node) {
                    let begin = capture.begin;
                    *capture = end.map_or(Capture::default(), |end| Capture { begin, len: end.saturating_sub(begin) });
                }
                end
            }
            State::Choice { current, start, right } => {
                if let (Some(end), Some(current)) = (end, regexp.next(current)) {
                    return self.again(frame, State::Choice { current, start, right }, end);
                }
                if let (None, false, Kind::Choice { right: current, .. }) = (end, right, regexp.node(frame.node).kind) {
                    return self.again(frame, State::Choice { current, start, right: true }, start);
                }
                end
            }
            State::Repeat { mut count, mut at, looks_ahead } => {
                let mut ends = end.is_none();
                if looks_ahead {
                    ends = end.is_some() && is_enough(regexp, frame.node, count);
                } else if let Some(end) = end {
                    (count, at) = (count + 1, end);
                    if follower(regexp, &frame).is_some_and(|node| ends_repetition(regexp, node)) {
                        return self.again(frame, State::Repeat { count, at, looks_ahead: true }, at);
                    }
                }
                if !ends && at < self.end && is_open(regexp, frame.node, count) {
                    return self.again(frame, State::Repeat { count, at, looks_ahead: false }, at);
                }
                is_enough(regexp, frame.node, count).then_some(at)
            }
        };
        self.frames.pop();
        self.step = Step::Tell(result);
    }

    /// Keeps the innermost frame, in a new state, and tries the part it is now at.
    fn again(&mut self, frame: Frame, state: State, at: usize) {
        if let Some(top) = self.frames.last_mut() {
            *top = Frame { state, ..frame };
        }
        self.step = Step::Try(at);
    }

    fn captured(&mut self, regexp: &Regexp, node: NodeId) -> Option<&mut Capture> {
        match regexp.node(node).kind {
            Kind::Group { capture: Some(group), .. } => self.captures.get_mut(group as usize),
            _ => None,
        }
    }
}

/// Returns the node that a frame is at, and the node behind that one.
pub(super) fn part(regexp: &Regexp, frame: &Frame) -> (NodeId, Option<NodeId>) {
    match frame.state {
        State::Group { current, .. } => (current, regexp.next(current).or(frame.next)),
        State::Choice { current, .. } => (current, None),
        State::Repeat { looks_ahead, .. } => match (follower(regexp, frame), regexp.node(frame.node).kind) {
            (Some(node), _) if looks_ahead => {
                (node, regexp.next(node).or_else(|| frame.next.and_then(|next| regexp.next(next))))
            }
            (follower, Kind::Repeat { body, .. }) => (body, follower),
            (follower, _) => (frame.node, follower),
        },
    }
}

/// Returns the node that ends a repetition once it matches.
pub(super) fn follower(regexp: &Regexp, frame: &Frame) -> Option<NodeId> {
    regexp.next(frame.node).or(frame.next)
}

/// Tells whether a node behind a repetition is looked at: one that may match nothing would end it at once.
pub(super) fn ends_repetition(regexp: &Regexp, node: NodeId) -> bool {
    !matches!(regexp.node(node).kind, Kind::Repeat { min: 0, .. })
}

/// Tells whether a repetition may try another round. A repetition without bound makes 65,536 at most.
fn is_open(regexp: &Regexp, node: NodeId, count: u32) -> bool {
    match regexp.node(node).kind {
        Kind::Repeat { max, .. } => count < u32::from(max) || count == u32::from(u16::MAX),
        _ => false,
    }
}

/// Tells whether a repetition matches with this number of rounds.
fn is_enough(regexp: &Regexp, node: NodeId, count: u32) -> bool {
    match regexp.node(node).kind {
        Kind::Repeat { min, max, .. } => count >= u32::from(min) && (max == u16::MAX || count <= u32::from(max)),
        _ => false,
    }
}
