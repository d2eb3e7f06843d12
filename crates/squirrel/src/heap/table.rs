//! The hash table behind tables and the members of classes.
//!
//! Its layout is that of the reference, since programs and logs show the order in which it iterates: chained scatter
//! with a free pointer that moves down, sizes that are powers of two from 4. The contract is section 6.3 of the language
//! specification.

use smallvec::SmallVec;

use super::arena::Object;
use super::meter::Meter;
use crate::fault::Fault;
use crate::value::Value;

/// No node.
pub(crate) const NONE: u32 = u32::MAX;

/// Chains longer than this are searched by [`Table::find`] only, which charges for the search.
const SHORT: u32 = 12;

/// A place in a table. An empty one has the key `null`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) key: Value,
    pub(crate) value: Value,
    pub(crate) next: u32,
    pub(crate) hash: u32,
}

const EMPTY: Node = Node { key: Value::NULL, value: Value::NULL, next: NONE, hash: 0 };

/// Keys and values. The number of nodes is 0 for a free slot of the arena, else a power of two.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    nodes: Box<[Node]>,
    used: u32,
    free: u32,
    /// Index of the delegate among the tables, or [`NONE`].
    pub(crate) delegate: u32,
}

impl Default for Table {
    fn default() -> Table {
        Table { nodes: Box::default(), used: 0, free: 0, delegate: NONE }
    }
}

impl Object for Table {
    fn owned_bytes(&self) -> usize {
        Self::bytes(self.nodes.len())
    }
}

/// The outcome of a search along a short chain.
pub(crate) enum Short {
    /// The node.
    At(usize),
    /// Not there, or the chain is long.
    No,
}

impl Table {
    /// Makes an empty table with room for `capacity` entries. The caller has charged for [`Table::bytes_for`].
    pub(crate) fn with_capacity(capacity: usize) -> Table {
        let size = Self::size_for(capacity);
        Table { nodes: vec![EMPTY; size].into_boxed_slice(), used: 0, free: last(size), delegate: NONE }
    }

    fn size_for(capacity: usize) -> usize {
        capacity.max(4).next_power_of_two()
    }

    fn bytes(nodes: usize) -> usize {
        nodes * size_of::<Node>()
    }

    /// Bytes that the nodes of [`Table::with_capacity`] take.
    pub(crate) fn bytes_for(capacity: usize) -> usize {
        Self::bytes(Self::size_for(capacity))
    }

    /// Number of entries.
    pub(crate) fn len(&self) -> usize {
        self.used as usize
    }

    /// Number of nodes.
    pub(crate) fn size(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn node_mut(&mut self, index: usize) -> Option<&mut Node> {
        self.nodes.get_mut(index)
    }

    /// Finds a key whose chain is short.
    #[inline(always)]
    pub(crate) fn find_short(&self, key: Value, hash: u32) -> Short {
        let mut at = hash as usize & self.nodes.len().wrapping_sub(1);
        let mut left = SHORT;
        while let Some(node) = self.nodes.get(at) {
            if node.key == key {
                return Short::At(at);
            }
            at = node.next as usize;
            left -= 1;
            if left == 0 {
                break;
            }
        }
        Short::No
    }

    /// Returns the value under a key whose chain is short.
    #[inline(always)]
    pub(crate) fn get_short(&self, key: Value, hash: u32) -> Option<Value> {
        let mut at = hash as usize & self.nodes.len().wrapping_sub(1);
        let mut left = SHORT;
        while let Some(node) = self.nodes.get(at) {
            if node.key == key {
                return Some(node.value);
            }
            at = node.next as usize;
            left -= 1;
            if left == 0 {
                break;
            }
        }
        None
    }

    /// Finds a key whose chain is short: `Some(None)` if it is surely not there, `None` if the chain is long.
    #[inline(always)]
    pub(crate) fn find_surely(&self, key: Value, hash: u32) -> Option<Option<usize>> {
        let mut at = hash as usize & self.nodes.len().wrapping_sub(1);
        let mut left = SHORT;
        while let Some(node) = self.nodes.get(at) {
            if node.key == key {
                return Some(Some(at));
            }
            at = node.next as usize;
            left -= 1;
            if left == 0 {
                return None;
            }
        }
        Some(None)
    }

    /// Finds a key; takes a unit of fuel for every eight nodes on the way.
    pub(crate) fn find(&self, key: Value, hash: u32, fuel: &mut i64) -> Option<usize> {
        let mut at = hash as usize & self.nodes.len().wrapping_sub(1);
        let mut steps = 0;
        let mut found = None;
        while let Some(node) = self.nodes.get(at) {
            if node.key == key && !key.is_null() {
                found = Some(at);
                break;
            }
            at = node.next as usize;
            steps += 1;
        }
        *fuel -= steps / 8;
        found
    }

    /// Returns the value under a key.
    pub(crate) fn get(&self, key: Value, hash: u32, fuel: &mut i64) -> Option<Value> {
        self.find(key, hash, fuel).map(|at| self.nodes[at].value)
    }

    /// Creates or overwrites an entry.
    ///
    /// # Errors
    /// [`Fault::Room`] before anything has changed.
    pub(crate) fn set(
        &mut self,
        key: Value,
        hash: u32,
        value: Value,
        meter: &mut Meter,
        fuel: &mut i64,
    ) -> Result<(), Fault> {
        match self.find(key, hash, fuel) {
            Some(at) => {
                self.nodes[at].value = value;
                Ok(())
            }
            None => self.insert(key, hash, value, meter, fuel),
        }
    }

    /// Creates the entry of a key that is absent.
    ///
    /// # Errors
    /// [`Fault::Room`] before anything has changed.
    pub(crate) fn insert(
        &mut self,
        key: Value,
        hash: u32,
        value: Value,
        meter: &mut Meter,
        fuel: &mut i64,
    ) -> Result<(), Fault> {
        let grows = self.must_rehash_after_insert(hash);
        if grows {
            let size = self.next_size();
            if size > self.nodes.len() {
                meter.charge(Self::bytes(size - self.nodes.len()))?;
            }
        }
        if !self.place(key, hash, value) {
            *fuel -= i64::try_from(self.nodes.len() / 8).unwrap_or(0);
            let shrunk = self.rehash();
            meter.release(shrunk);
            match self.find(key, hash, fuel) {
                Some(at) => self.nodes[at].value = value,
                // A rehash always leaves free nodes.
                None => return self.insert(key, hash, value, meter, fuel),
            }
        }
        Ok(())
    }

    /// Whether placing a key of this hash would find no free node behind it.
    fn must_rehash_after_insert(&self, hash: u32) -> bool {
        let main = hash as usize & self.nodes.len().wrapping_sub(1);
        // The free pointer moves only over taken nodes; the new key takes its main node or the free one.
        let mut free = self.free as usize;
        let main_taken = self.nodes.get(main).is_none_or(|node| !node.key.is_null());
        loop {
            let Some(node) = self.nodes.get(free) else { return true };
            let taken_now = if main_taken { free == self.free as usize } else { free == main };
            if node.key.is_null() && node.next == NONE && !taken_now {
                return false;
            }
            if free == 0 {
                return true;
            }
            free -= 1;
        }
    }

    /// Puts an absent key into a node; says whether there is a free node left afterwards. If not, the key is there but its
    /// value is not, as in the reference, which rehashes at this moment.
    fn place(&mut self, key: Value, hash: u32, value: Value) -> bool {
        let mask = self.nodes.len() - 1;
        let mut main = hash as usize & mask;
        if !self.nodes[main].key.is_null() {
            let free = self.free as usize;
            let other = self.nodes[main].hash as usize & mask;
            if main > free && other != main {
                // A displaced node stands in our place: it moves to the free one, its predecessor follows.
                let mut before = other;
                let mut steps = 0;
                while self.nodes[before].next as usize != main && steps < self.nodes.len() {
                    before = (self.nodes[before].next as usize).min(mask);
                    steps += 1;
                }
                self.nodes[before].next = self.free;
                let moved = self.nodes[main];
                let freed = &mut self.nodes[free];
                freed.key = moved.key;
                freed.value = moved.value;
                freed.hash = moved.hash;
                freed.next = moved.next;
                self.nodes[main].key = Value::NULL;
                self.nodes[main].value = Value::NULL;
                self.nodes[main].next = NONE;
            } else {
                let next = self.nodes[main].next;
                self.nodes[free].next = next;
                self.nodes[main].next = self.free;
                main = free;
            }
        }
        let node = &mut self.nodes[main];
        node.key = key;
        node.hash = hash;
        loop {
            let free = &self.nodes[self.free as usize];
            if free.key.is_null() && free.next == NONE {
                self.nodes[main].value = value;
                self.used += 1;
                return true;
            }
            if self.free == 0 {
                return false;
            }
            self.free -= 1;
        }
    }

    fn next_size(&self) -> usize {
        let (old, used) = (self.nodes.len(), self.used as usize);
        if used >= old - old / 4 {
            old * 2
        } else if used <= old / 4 && old > 4 {
            old / 2
        } else {
            old
        }
    }

    /// Builds the nodes anew, in the size that fits. Returns the bytes that became free; growth was charged.
    fn rehash(&mut self) -> usize {
        let size = self.next_size();
        let old = std::mem::replace(&mut self.nodes, vec![EMPTY; size].into_boxed_slice());
        self.used = 0;
        self.free = last(size);
        for node in &old {
            if !node.key.is_null() {
                self.place_all(node.key, node.hash, node.value);
            }
        }
        Self::bytes(old.len().saturating_sub(size))
    }

    /// Places a key during a rehash. That can run out of nodes only where the sizes say otherwise; then the table grows.
    fn place_all(&mut self, key: Value, hash: u32, value: Value) {
        if !self.place(key, hash, value) {
            let size = self.nodes.len() * 2;
            let old = std::mem::replace(&mut self.nodes, vec![EMPTY; size].into_boxed_slice());
            self.used = 0;
            self.free = last(size);
            for node in &old {
                if !node.key.is_null() {
                    let value = if node.key == key { value } else { node.value };
                    self.place_all(node.key, node.hash, value);
                }
            }
        }
    }

    /// Removes an entry and returns its value.
    pub(crate) fn remove(&mut self, key: Value, hash: u32, meter: &mut Meter, fuel: &mut i64) -> Option<Value> {
        let at = self.find(key, hash, fuel)?;
        let node = &mut self.nodes[at];
        let value = node.value;
        node.key = Value::NULL;
        node.value = Value::NULL;
        self.used -= 1;
        let size = self.next_size();
        // The reference doubles a table that is all but full even when it removes from it; that needs room, which a
        // removal must not ask for, and the next insertion doubles it anyway.
        if size < self.nodes.len()
            || (size > self.nodes.len() && meter.charge(Self::bytes(size - self.nodes.len())).is_ok())
        {
            *fuel -= i64::try_from(self.nodes.len() / 8).unwrap_or(0);
            let shrunk = self.rehash();
            meter.release(shrunk);
        }
        Some(value)
    }

    /// Removes all entries.
    pub(crate) fn clear(&mut self, meter: &mut Meter) {
        self.nodes.fill(EMPTY);
        self.used = 0;
        self.free = last(self.nodes.len());
        let shrunk = self.rehash();
        meter.release(shrunk);
    }

    /// Returns the first entry at or behind a node, and the number of the node after it.
    pub(crate) fn next(&self, from: usize) -> Option<(usize, Value, Value)> {
        self.nodes.get(from..)?.iter().position(|node| !node.key.is_null()).map(|offset| {
            let node = &self.nodes[from + offset];
            (from + offset + 1, node.key, node.value)
        })
    }

    /// Iterates over the entries, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Value, Value)> + '_ {
        self.nodes.iter().filter(|node| !node.key.is_null()).map(|node| (node.key, node.value))
    }

    /// A copy as the reference makes it: the same size, the entries inserted again in order.
    pub(crate) fn duplicate(&self) -> Table {
        let size = self.nodes.len();
        let mut copy =
            Table { nodes: vec![EMPTY; size].into_boxed_slice(), used: 0, free: last(size), delegate: self.delegate };
        for node in &self.nodes {
            if !node.key.is_null() {
                copy.place_all(node.key, node.hash, node.value);
            }
        }
        copy
    }

    /// Parts for a snapshot.
    pub(crate) fn parts(&self) -> (&[Node], u32, u32) {
        (&self.nodes, self.used, self.free)
    }

    /// Makes a table of what [`Table::parts`] gave; `None` where the parts cannot be a table.
    pub(crate) fn from_parts(nodes: Vec<Node>, free: u32, delegate: u32) -> Option<Table> {
        /// The mark of a node that is another's successor.
        const NAMED: u32 = u32::MAX;
        let size = nodes.len();
        if size < 4 || !size.is_power_of_two() || free as usize >= size {
            return None;
        }
        // Where the next displaced key goes, nothing may be. Below there, no node was ever a successor.
        let next_free = &nodes[free as usize];
        if !next_free.key.is_null() || next_free.next != NONE {
            return None;
        }
        // No two nodes may name the same successor: then every chain ends, or is a ring.
        let mut order: SmallVec<[u32; 32]> = SmallVec::from_elem(0, size);
        let mut used = 0;
        for node in &nodes {
            used += u32::from(!node.key.is_null());
            if node.next != NONE
                && (node.next <= free || std::mem::replace(order.get_mut(node.next as usize)?, NAMED) != 0)
            {
                return None;
            }
        }
        // Numbers the nodes along their chains, from those that nothing names on. The place where the search for a key
        // begins must come before the key in the same chain. What has no number in the end is on a ring.
        let (mut count, mut before) = (0, 0);
        for start in 0..size {
            if order[start] != 0 {
                continue;
            }
            let mut at = start;
            while let Some(node) = nodes.get(at) {
                count += 1;
                order[at] = count;
                if !node.key.is_null() {
                    let main = order[node.hash as usize & (size - 1)];
                    if main <= before || main > count {
                        return None;
                    }
                }
                at = node.next as usize;
            }
            before = count;
        }
        if count as usize != size {
            return None;
        }
        Some(Table { nodes: nodes.into_boxed_slice(), used, free, delegate })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "sizes fit the limit of a heap")]
fn last(size: usize) -> u32 {
    size.saturating_sub(1) as u32
}

/// The reference's hash of a string: all bytes of short ones, the first of long ones. `signed` says that C's `char` is.
pub(crate) fn hash_string(bytes: &[u8], signed: bool) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "as the reference computes, in 32 bits")]
    let mut hash = bytes.len() as u32;
    let step = (bytes.len() >> 5) | 1;
    let mut left = bytes.len();
    let mut at = 0;
    while left >= step {
        // The reference widens a `char` to 16 bits.
        let high = if signed && bytes[at] >= 0x80 { 0xff00 } else { 0 };
        let character = u32::from(bytes[at]) | high;
        hash ^= (hash << 5).wrapping_add(hash >> 2).wrapping_add(character);
        at += 1;
        left -= step;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(self.0 >> 33).unwrap() % bound
        }
    }

    fn copy(table: &Table) -> Option<Table> {
        let (nodes, used, free) = table.parts();
        let copy = Table::from_parts(nodes.to_vec(), free, table.delegate)?;
        assert_eq!(copy.parts().1, used);
        Some(copy)
    }

    /// Inserts or removes an integer key, few of which have a main node of their own.
    fn change(table: &mut Table, random: &mut Random) {
        let mut meter = Meter::new(1 << 30);
        meter.open();
        let number = u32::try_from(random.below(60)).unwrap();
        let (key, hash) = (Value::integer(number.cast_signed()), number / 3 * 7);
        if random.below(3) == 0 {
            table.remove(key, hash, &mut meter, &mut 0);
        } else {
            table.set(key, hash, Value::NULL, &mut meter, &mut 0).unwrap();
        }
    }

    #[test]
    fn every_table_can_be_made_of_its_parts() {
        let mut random = Random(1);
        for _ in 0..200 {
            let mut table = Table::with_capacity(0);
            for _ in 0..100 {
                change(&mut table, &mut random);
                table = copy(&table).unwrap();
            }
        }
    }

    #[test]
    fn tables_of_other_parts_are_refused_or_work() {
        let (mut random, mut accepted) = (Random(2), 0);
        for _ in 0..20_000 {
            let mut table = Table::with_capacity(0);
            for _ in 0..random.below(40) {
                change(&mut table, &mut random);
            }
            let (nodes, _, free) = table.parts();
            let (mut nodes, mut free) = (nodes.to_vec(), free);
            for _ in 0..=random.below(2) {
                let at = random.below(nodes.len());
                let other = nodes[random.below(nodes.len())];
                match random.below(5) {
                    0 => nodes[at].next = other.next,
                    1 => nodes[at].next = u32::try_from(random.below(nodes.len())).unwrap(),
                    2 => nodes[at].key = Value::NULL,
                    3 => (nodes[at].key, nodes[at].hash) = (other.key, other.hash),
                    _ => free = u32::try_from(random.below(nodes.len())).unwrap(),
                }
            }
            let Some(mut table) = Table::from_parts(nodes, free, NONE) else { continue };
            accepted += 1;
            for _ in 0..60 {
                change(&mut table, &mut random);
                assert!(copy(&table).is_some());
            }
        }
        assert!(accepted > 100, "{accepted}");
    }
}
