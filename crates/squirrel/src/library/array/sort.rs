//! `sort`: the reference's heap sort, comparison by comparison.

use super::super::{count, counter};
use crate::fault::Fault;
use crate::native::{Call, Flow};
use crate::ops::{self, Ordered};
use crate::value::{Tag, Value};

/// Where `sort` stands; between two steps it is in registers.
#[derive(Clone, Copy)]
struct Sort {
    /// Whether the heap is being built: then `at` is the node to sift down, going down to 0. Else the items from `at` on are
    /// in place.
    building: bool,
    at: usize,
    /// Number of items when it began.
    size: usize,
    /// The node that is being sifted down.
    root: usize,
    /// Its child to compare it with, once that is known.
    child: Option<usize>,
}

/// The register of the comparator, or null; the first register of the state; and where calls are put.
const COMPARATOR: usize = 1;
const STATE: usize = 2;
const CALL: u8 = 7;

/// Steps: an answer of the comparator, or of a `_cmp`; or a new slice.
const COMPARED: u32 = 1;
const METAMETHOD: u32 = 2;
const RESUMED: u32 = 3;

/// Up to so many integers are sorted at once.
const AT_ONCE: usize = 1 << 14;

/// What the program did to be seen as such by the reference, or what would have it read behind the array.
const INCONSISTENT: &str = "inconsistent compare function";

impl Sort {
    fn load(call: &Call<'_>) -> Sort {
        Sort {
            building: call.register(STATE).truth(),
            at: counter(call, STATE + 1),
            size: counter(call, STATE + 2),
            root: counter(call, STATE + 3),
            child: call.register(STATE + 4).as_integer().and_then(|child| usize::try_from(child).ok()),
        }
    }

    fn save(&self, call: &mut Call<'_>) {
        call.set_register(STATE, Value::bool(self.building));
        call.set_register(STATE + 1, count(self.at));
        call.set_register(STATE + 2, count(self.size));
        call.set_register(STATE + 3, count(self.root));
        call.set_register(STATE + 4, self.child.map_or(Value::NULL, count));
    }

    /// Goes on to the next comparison, and says of what; none if all items are in place. `answer` is what the last one said.
    #[inline]
    fn next(&mut self, items: &mut [Value], mut answer: Option<i32>) -> Result<Option<(Value, Value)>, Fault> {
        loop {
            let bottom = if self.building { self.size } else { self.at }.saturating_sub(1);
            // In the reference node 0 has the children 0 and 1.
            let left = self.root.saturating_mul(2);
            if self.child.is_none() && left == bottom {
                // An only child needs no comparison.
                self.child = Some(left);
            }
            let (a, b) = match self.child {
                Some(child) => (self.root, child),
                None if left > bottom => {
                    if !self.advance(items)? {
                        return Ok(None);
                    }
                    continue;
                }
                None => (left, left + 1),
            };
            match answer.take() {
                None => match (items.get(a), items.get(b)) {
                    (Some(&a), Some(&b)) => return Ok(Some((a, b))),
                    _ => return Err(INCONSISTENT.into()),
                },
                Some(order) => {
                    if self.settle(items, order)? && !self.advance(items)? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Goes on from what a comparison said. Says whether the node is where it belongs.
    fn settle(&mut self, items: &mut [Value], order: i32) -> Result<bool, Fault> {
        let Some(child) = self.child.take() else {
            let left = self.root * 2;
            self.child = Some(if order > 0 { left } else { left + 1 });
            return Ok(false);
        };
        if order >= 0 {
            return Ok(true);
        }
        if child == self.root || child >= items.len() || self.root >= items.len() {
            return Err(INCONSISTENT.into());
        }
        items.swap(self.root, child);
        self.root = child;
        Ok(false)
    }

    /// Goes to the next node to sift down; says whether there is one.
    fn advance(&mut self, items: &mut [Value]) -> Result<bool, Fault> {
        self.child = None;
        if self.building && self.at > 0 {
            self.at -= 1;
            self.root = self.at;
            return Ok(true);
        }
        self.at = if self.building { self.size.saturating_sub(1) } else { self.at.saturating_sub(1) };
        self.building = false;
        self.root = 0;
        if self.at == 0 {
            return Ok(false);
        }
        if self.at >= items.len() {
            return Err(INCONSISTENT.into());
        }
        items.swap(0, self.at);
        Ok(true)
    }
}

pub(super) fn sort(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    if call.step == 0 && call.count() != 2 {
        // As in the reference, a comparator among more arguments is none.
        call.set_register(COMPARATOR, Value::NULL);
    }
    let comparator = Some(call.register(COMPARATOR)).filter(|comparator| !comparator.is_null());
    let mut sort = if call.step == 0 {
        let items = call.heap.items_mut(this);
        let size = items.len();
        if size < 2 {
            return Ok(Flow::Return(Value::NULL));
        }
        if comparator.is_none() && size <= AT_ONCE && items.iter().all(|item| item.is(Tag::Integer)) {
            items.sort_unstable_by_key(|item| item.raw_integer());
            call.charge(size * usize::try_from(size.ilog2()).unwrap_or(0) / 2);
            return Ok(Flow::Return(Value::NULL));
        }
        Sort { building: true, at: size / 2, size, root: size / 2, child: None }
    } else {
        Sort::load(call)
    };
    let answer = match call.step {
        COMPARED => {
            Some(call.result.to_integer().ok_or("numeric value expected as return value of the compare function")?)
        }
        METAMETHOD => Some(call.result.as_integer().ok_or("_cmp must return an integer")?),
        _ => None,
    };
    if let Some(comparator) = comparator {
        let next = sort.next(call.heap.items_mut(this), answer)?;
        let Some((a, b)) = next else { return Ok(Flow::Return(Value::NULL)) };
        sort.save(call);
        return Ok(call.invoke(comparator, CALL, &[call.root, a, b], COMPARED));
    }
    if !this.is(Tag::Array) {
        return Ok(Flow::Return(Value::NULL));
    }
    // The items leave the array for a moment, so that they can change while strings are read.
    let mut items = std::mem::take(&mut call.heap.arrays[this.index()].0);
    let stop = compare_on(call, &mut sort, &mut items, answer);
    call.heap.arrays[this.index()].0 = items;
    match stop? {
        Stop::Done => Ok(Flow::Return(Value::NULL)),
        Stop::Fuel => {
            sort.save(call);
            Ok(Flow::Pause { step: RESUMED, registers: CALL })
        }
        Stop::Ask(closure, a, b) => {
            sort.save(call);
            Ok(call.invoke(closure, CALL, &[a, b], METAMETHOD))
        }
    }
}

/// Why sorting without a comparator stops.
enum Stop {
    Done,
    Fuel,
    /// Two items have a `_cmp`.
    Ask(Value, Value, Value),
}

/// Sorts as far as fuel and metamethods allow, but for one comparison at least, however small the slice.
fn compare_on(
    call: &mut Call<'_>,
    sort: &mut Sort,
    items: &mut [Value],
    mut answer: Option<i32>,
) -> Result<Stop, Fault> {
    loop {
        let Some((a, b)) = sort.next(items, answer)? else { return Ok(Stop::Done) };
        let (order, cost) = if a.is(Tag::String) && b.is(Tag::String) {
            let (a, b) = (call.heap.bytes(a), call.heap.bytes(b));
            (compare_strings(a, b), 1 + a.len().min(b.len()) / 16)
        } else {
            match ops::compare(call.heap, &call.image.0, a, b)? {
                Ordered::Known(order) => (order, 1),
                Ordered::Ask(closure) => return Ok(Stop::Ask(closure, a, b)),
            }
        };
        call.charge(cost);
        if !call.has_fuel() {
            // The comparison counts: what it said is worked in before the slice ends.
            return Ok(if sort.next(items, Some(order))?.is_some() { Stop::Fuel } else { Stop::Done });
        }
        answer = Some(order);
    }
}

/// Compares as C's `strcmp`: up to the first NUL.
fn compare_strings(mut a: &[u8], mut b: &[u8]) -> i32 {
    const CHUNK: usize = 16;
    while let (Some((chunk, a_rest)), Some((other, b_rest))) = (a.split_first_chunk::<CHUNK>(), b.split_first_chunk())
        && chunk == other
        && !chunk.contains(&0)
    {
        (a, b) = (a_rest, b_rest);
    }
    for (a, b) in a.iter().zip(b) {
        if a != b || *a == 0 {
            return a.cmp(b) as i32;
        }
    }
    let end = |text: &[u8], other: &[u8]| text.get(other.len()).copied().unwrap_or(0);
    end(a, b).cmp(&end(b, a)) as i32
}

#[cfg(test)]
mod tests {
    use super::super::super::c_string;
    use super::*;

    #[test]
    fn strings_end_at_nul() {
        let texts: [&[u8]; 9] = [b"", b"a", b"a\0", b"a\0b", b"a\0c", b"ab", b"a\xff", b"\0", b"b"];
        for prefix in [String::new(), "x".repeat(15), "y".repeat(16), "z".repeat(33)] {
            for a in texts {
                for b in texts {
                    let (a, b) = ([prefix.as_bytes(), a].concat(), [prefix.as_bytes(), b].concat());
                    assert_eq!(compare_strings(&a, &b), c_string(&a).cmp(c_string(&b)) as i32, "{a:?} {b:?}");
                }
            }
        }
    }
}
