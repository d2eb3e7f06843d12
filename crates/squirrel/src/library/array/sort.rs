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

    /// The last node of the heap.
    fn bottom(&self) -> usize {
        if self.building { self.size.saturating_sub(1) } else { self.at.saturating_sub(1) }
    }

    /// The two nodes to compare next; none where the root is a leaf. In the reference node 0 has the children 0 and 1.
    fn pair(&self) -> Option<(usize, usize)> {
        let left = self.root.saturating_mul(2);
        match self.child {
            Some(child) => Some((self.root, child)),
            None if left > self.bottom() => None,
            None => Some((left, left + 1)),
        }
    }

    /// Goes on from what the comparison of [`Sort::pair`] said. Says whether the node is where it belongs.
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
    let mut answer = match call.step {
        COMPARED => {
            Some(call.result.to_integer().ok_or("numeric value expected as return value of the compare function")?)
        }
        METAMETHOD => Some(call.result.as_integer().ok_or("_cmp must return an integer")?),
        _ => None,
    };
    let mut compared = false;
    loop {
        // An only child needs no comparison.
        if sort.child.is_none() && sort.root.saturating_mul(2) == sort.bottom() {
            sort.child = Some(sort.bottom());
        }
        let finished = match (answer.take(), sort.pair()) {
            (_, None) => true,
            (Some(order), _) => sort.settle(call.heap.items_mut(this), order)?,
            (None, Some((left, right))) => {
                let items = call.heap.items(this);
                let (Some(&a), Some(&b)) = (items.get(left), items.get(right)) else {
                    return Err(INCONSISTENT.into());
                };
                if let Some(comparator) = comparator {
                    sort.save(call);
                    return Ok(call.invoke(comparator, CALL, &[call.root, a, b], COMPARED));
                }
                // At least one comparison a slice, however small the slice.
                if compared && !call.has_fuel() {
                    sort.save(call);
                    return Ok(Flow::Pause { step: RESUMED, registers: CALL });
                }
                compared = true;
                match order(call, a, b)? {
                    Ordered::Known(order) => answer = Some(order),
                    Ordered::Ask(closure) => {
                        sort.save(call);
                        return Ok(call.invoke(closure, CALL, &[a, b], METAMETHOD));
                    }
                }
                continue;
            }
        };
        if finished && !sort.advance(call.heap.items_mut(this))? {
            return Ok(Flow::Return(Value::NULL));
        }
    }
}

fn order(call: &mut Call<'_>, a: Value, b: Value) -> Result<Ordered, Fault> {
    let cost = call.heap.bytes(a).len().min(call.heap.bytes(b).len()) / 16;
    call.charge(1 + cost);
    ops::compare(call.heap, &call.image.0, a, b)
}
