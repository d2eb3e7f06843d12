//! One kind of object: a vector of slots, with a bit each for "in use" and "reached".

/// What a slot holds. The default is what a free slot holds, and owns no memory.
pub(crate) trait Object: Default {
    /// Bytes that it owns outside its slot.
    fn owned_bytes(&self) -> usize;
}

/// Slots of one kind of object. An object is named by the index of its slot for as long as it lives.
#[derive(Clone, Debug)]
pub(crate) struct Arena<T> {
    slots: Vec<T>,
    used: Vec<u64>,
    reached: Vec<u64>,
    /// The word of `used` at which the search for a free slot goes on; none before it has one.
    cursor: usize,
    live: usize,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Arena { slots: Vec::new(), used: Vec::new(), reached: Vec::new(), cursor: 0, live: 0 }
    }
}

impl<T: Object> Arena<T> {
    /// Bytes that a slot costs.
    pub(crate) const SLOT: usize = size_of::<T>();

    /// Puts an object into a free slot. The caller has charged for it.
    #[expect(clippy::cast_possible_truncation, reason = "4 billion slots do not fit into the limit of a heap")]
    pub(crate) fn insert(&mut self, object: T) -> u32 {
        self.live += 1;
        while let Some(word) = self.used.get_mut(self.cursor) {
            if *word == u64::MAX {
                self.cursor += 1;
                continue;
            }
            let index = self.cursor * 64 + word.trailing_ones() as usize;
            if index >= self.slots.len() {
                break;
            }
            *word |= 1 << (index % 64);
            self.slots[index] = object;
            return index as u32;
        }
        let index = self.slots.len();
        if index.is_multiple_of(64) && index / 64 >= self.used.len() {
            self.used.push(0);
            self.reached.push(0);
        }
        self.used[index / 64] |= 1 << (index % 64);
        if self.slots.len() == self.slots.capacity() {
            // By a half, not by as much again: thousands of machines share one memory.
            self.slots.reserve_exact((self.slots.len() / 2).max(8));
        }
        self.slots.push(object);
        index as u32
    }

    /// The object in a slot.
    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        self.slots.get(index)
    }

    /// The object in a slot, to change.
    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.slots.get_mut(index)
    }

    /// Number of objects.
    pub(crate) fn live(&self) -> usize {
        self.live
    }

    /// Number of slots, free ones too.
    pub(crate) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Bytes that the arena itself holds, with the room for slots to come.
    pub(crate) fn capacity_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<T>() + (self.used.capacity() + self.reached.capacity()) * 8
    }

    /// Whether the slot is in use.
    pub(crate) fn contains(&self, index: usize) -> bool {
        self.used.get(index / 64).is_some_and(|word| word & (1 << (index % 64)) != 0)
    }

    /// Marks the object as reached; says whether it was not yet.
    #[inline]
    pub(crate) fn reach(&mut self, index: usize) -> bool {
        let Some(word) = self.reached.get_mut(index / 64) else { return false };
        let bit = 1 << (index % 64);
        let fresh = *word & bit == 0;
        *word |= bit;
        fresh
    }

    /// Whether the object was reached.
    pub(crate) fn is_reached(&self, index: usize) -> bool {
        self.reached.get(index / 64).is_some_and(|word| word & (1 << (index % 64)) != 0)
    }

    /// Frees what was not reached, and returns the bytes that this gives back. `dying` sees each object before it goes.
    pub(crate) fn sweep(&mut self, mut dying: impl FnMut(usize, &T)) -> usize {
        let mut freed = 0;
        for (place, (used, reached)) in self.used.iter_mut().zip(&mut self.reached).enumerate() {
            let mut dead = *used & !*reached;
            *used &= *reached;
            *reached = 0;
            while dead != 0 {
                let index = place * 64 + dead.trailing_zeros() as usize;
                dead &= dead - 1;
                let object = std::mem::take(&mut self.slots[index]);
                dying(index, &object);
                freed += size_of::<T>() + object.owned_bytes();
                self.live -= 1;
            }
        }
        self.cursor = 0;
        freed
    }

    /// The objects, each with its index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.slots.iter().enumerate().filter(|&(index, _)| self.contains(index))
    }

    /// Which slots are in use: a bit each.
    pub(crate) fn used(&self) -> &[u64] {
        &self.used
    }

    /// Bytes that the objects count for.
    pub(crate) fn used_bytes(&self) -> usize {
        self.live * size_of::<T>() + self.iter().map(|(_, object)| object.owned_bytes()).sum::<usize>()
    }

    /// Makes an arena of slots of which some are in use. Returns `None` where the numbers contradict each other.
    pub(crate) fn from_parts(slots: Vec<T>, used: Vec<u64>) -> Option<Arena<T>> {
        let words = slots.len().div_ceil(64);
        if used.len() != words {
            return None;
        }
        if !slots.len().is_multiple_of(64) && used.last().is_some_and(|last| last >> (slots.len() % 64) != 0) {
            return None;
        }
        let live = used.iter().map(|word| word.count_ones() as usize).sum();
        Some(Arena { slots, reached: vec![0; words], used, cursor: 0, live })
    }
}

impl<T> std::ops::Index<usize> for Arena<T> {
    type Output = T;
    #[inline(always)]
    fn index(&self, index: usize) -> &T {
        &self.slots[index]
    }
}

impl<T> std::ops::IndexMut<usize> for Arena<T> {
    #[inline(always)]
    fn index_mut(&mut self, index: usize) -> &mut T {
        &mut self.slots[index]
    }
}
