//! Strings: each content exists once, so that equal strings are equal values.
//!
//! The strings of the image and of a program stand in a [`StringSet`] that all machines share; what a program makes at
//! run time stands in the machine's own arena behind them.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;
use smallvec::SmallVec;

use super::arena::{Arena, Object};
use super::meter::Meter;
use super::table::{NONE, hash_string};
use crate::fault::Fault;
use crate::value::{Tag, Value};

/// A string.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    bytes: SmallVec<[u8; 16]>,
    /// The hash that places it in tables.
    hash: u32,
    /// The hash that finds it among the strings: of all its bytes.
    full: u32,
}

impl Object for Text {
    fn owned_bytes(&self) -> usize {
        if self.bytes.spilled() { self.bytes.capacity() } else { 0 }
    }
}

/// What a content costs outside its slot, and its place among the strings' index.
const INDEX: usize = 8;

/// Hashes all bytes of a string. Seeded, so that nobody can prepare strings that collide.
#[derive(Clone, Debug)]
pub(crate) struct Hasher(foldhash::fast::FixedState);

impl Hasher {
    pub(crate) fn new(seed: u64) -> Hasher {
        Hasher(foldhash::fast::FixedState::with_seed(seed))
    }

    #[expect(clippy::cast_possible_truncation, reason = "any bits of it will do")]
    fn hash(&self, bytes: &[u8]) -> u32 {
        self.0.hash_one(bytes) as u32
    }
}

/// An immutable set of strings, numbered in order of their insertion.
#[derive(Clone, Debug)]
pub(crate) struct StringSet {
    texts: Vec<Text>,
    index: HashTable<u32>,
    hasher: Hasher,
    /// Whether bytes from 128 on are negative, which shows in the order of tables.
    signed: bool,
}

impl StringSet {
    pub(crate) fn new(seed: u64, signed: bool) -> StringSet {
        StringSet { texts: Vec::new(), index: HashTable::new(), hasher: Hasher::new(seed), signed }
    }

    /// Adds a content, if it is new, and returns its value.
    #[expect(clippy::cast_possible_truncation, reason = "a program has fewer strings than that")]
    pub(crate) fn intern(&mut self, bytes: &[u8]) -> Value {
        let full = self.hasher.hash(bytes);
        if let Some(index) = self.find(bytes, full) {
            return Value::new(Tag::String, index);
        }
        let index = self.texts.len() as u32;
        self.texts.push(Text { bytes: SmallVec::from_slice(bytes), hash: hash_string(bytes, self.signed), full });
        let texts = &self.texts;
        self.index.insert_unique(u64::from(full) << 32 | u64::from(full), index, |&index| {
            let full = texts[index as usize].full;
            u64::from(full) << 32 | u64::from(full)
        });
        Value::new(Tag::String, index)
    }

    fn find(&self, bytes: &[u8], full: u32) -> Option<u32> {
        self.index
            .find(u64::from(full) << 32 | u64::from(full), |&index| {
                let text = &self.texts[index as usize];
                text.full == full && text.bytes.as_slice() == bytes
            })
            .copied()
    }

    /// The value of a content that is in the set.
    pub(crate) fn get(&self, bytes: &[u8]) -> Option<Value> {
        self.find(bytes, self.hasher.hash(bytes)).map(|index| Value::new(Tag::String, index))
    }

    pub(crate) fn bytes(&self, value: Value) -> &[u8] {
        self.texts.get(value.index()).map_or(&[], |text| text.bytes.as_slice())
    }

    pub(crate) fn hash(&self, value: Value) -> u32 {
        self.texts.get(value.index()).map_or(0, |text| text.hash)
    }
}

/// All strings of a machine.
#[derive(Clone, Debug)]
pub(crate) struct Strings {
    shared: Arc<StringSet>,
    pub(super) own: Arena<Text>,
    index: HashTable<u32>,
}

impl Strings {
    pub(crate) fn new(shared: Arc<StringSet>) -> Strings {
        Strings { shared, own: Arena::default(), index: HashTable::new() }
    }

    pub(crate) fn shared(&self) -> &Arc<StringSet> {
        &self.shared
    }

    /// The number of shared strings: where the own ones begin.
    #[inline(always)]
    pub(crate) fn first_own(&self) -> usize {
        self.shared.texts.len()
    }

    #[inline(always)]
    fn text(&self, index: usize) -> &Text {
        match self.shared.texts.get(index) {
            Some(text) => text,
            None => &self.own[index - self.shared.texts.len()],
        }
    }

    /// The content of a string.
    #[inline(always)]
    pub(crate) fn bytes(&self, string: Value) -> &[u8] {
        &self.text(string.index()).bytes
    }

    /// The hash that places a string in tables.
    #[inline(always)]
    pub(crate) fn hash(&self, string: Value) -> u32 {
        self.text(string.index()).hash
    }

    /// Returns the string with this content, if it exists.
    pub(crate) fn get(&self, bytes: &[u8]) -> Option<Value> {
        self.lookup(bytes, self.shared.hasher.hash(bytes))
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "indexes are made of u32")]
    fn lookup(&self, bytes: &[u8], full: u32) -> Option<Value> {
        if let Some(index) = self.shared.find(bytes, full) {
            return Some(Value::new(Tag::String, index));
        }
        let wide = u64::from(full) << 32 | u64::from(full);
        self.index
            .find(wide, |&index| {
                let text = &self.own[index as usize];
                text.full == full && text.bytes.as_slice() == bytes
            })
            .map(|&index| Value::new(Tag::String, index + self.shared.texts.len() as u32))
    }

    /// Returns the string with this content, made if it does not exist.
    ///
    /// # Errors
    /// [`Fault::Room`].
    pub(crate) fn intern(&mut self, bytes: &[u8], meter: &mut Meter) -> Result<Value, Fault> {
        let full = self.shared.hasher.hash(bytes);
        match self.lookup(bytes, full) {
            Some(string) => Ok(string),
            None => self.add(SmallVec::from_slice(bytes), full, meter),
        }
    }

    /// Returns the string with this content, which it takes over.
    ///
    /// # Errors
    /// [`Fault::Room`].
    pub(crate) fn intern_vec(&mut self, bytes: Vec<u8>, meter: &mut Meter) -> Result<Value, Fault> {
        let full = self.shared.hasher.hash(&bytes);
        match self.lookup(&bytes, full) {
            Some(string) => Ok(string),
            None if bytes.len() <= 16 || bytes.capacity() > bytes.len() + bytes.len() / 8 => {
                self.add(SmallVec::from_slice(&bytes), full, meter)
            }
            None => self.add(SmallVec::from_vec(bytes), full, meter),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the limit of a heap is below 4 GiB")]
    fn add(&mut self, bytes: SmallVec<[u8; 16]>, full: u32, meter: &mut Meter) -> Result<Value, Fault> {
        let text = Text { hash: hash_string(&bytes, self.shared.signed), bytes, full };
        meter.charge(Arena::<Text>::SLOT + INDEX + text.owned_bytes())?;
        let index = self.own.insert(text);
        let own = &self.own;
        self.index.insert_unique(u64::from(full) << 32 | u64::from(full), index, |&index| {
            let full = own[index as usize].full;
            u64::from(full) << 32 | u64::from(full)
        });
        Ok(Value::new(Tag::String, index + self.shared.texts.len() as u32))
    }

    /// Returns the string of one byte.
    ///
    /// # Errors
    /// [`Fault::Room`].
    pub(crate) fn byte(&mut self, byte: u8, meter: &mut Meter) -> Result<Value, Fault> {
        self.intern(&[byte], meter)
    }

    /// Marks a string as reached.
    pub(crate) fn reach(&mut self, string: Value) {
        if let Some(own) = string.index().checked_sub(self.shared.texts.len()) {
            self.own.reach(own);
        }
    }

    /// Whether it was reached; shared strings always are.
    pub(crate) fn is_reached(&self, string: Value) -> bool {
        string.index().checked_sub(self.shared.texts.len()).is_none_or(|own| self.own.is_reached(own))
    }

    /// Frees what was not reached; returns the bytes.
    #[expect(clippy::cast_possible_truncation, reason = "indexes are made of u32")]
    pub(crate) fn sweep(&mut self) -> usize {
        let Strings { own, index, .. } = self;
        let mut count = 0;
        let freed = own.sweep(|place, text| {
            count += 1;
            let wide = u64::from(text.full) << 32 | u64::from(text.full);
            if let Ok(entry) = index.find_entry(wide, |&candidate| candidate == place as u32) {
                entry.remove();
            }
        });
        freed + count * INDEX
    }

    /// Whether a value from outside names a string.
    pub(crate) fn contains(&self, index: usize) -> bool {
        index.checked_sub(self.shared.texts.len()).is_none_or(|own| self.own.contains(own))
    }

    /// Puts the strings of a snapshot in. Returns the number of the string of each slot, which is a shared one where the
    /// shared strings have the content by now, and [`NONE`] for free slots. `None` where a content stands twice.
    #[expect(clippy::cast_possible_truncation, reason = "indexes are made of u32")]
    pub(crate) fn restore(&mut self, mut texts: Vec<Text>, mut used: Vec<u64>) -> Option<Vec<u32>> {
        let count = used.iter().map(|word| word.count_ones() as usize).sum();
        let mut index = HashTable::with_capacity(count);
        let wide = |text: &Text| u64::from(text.full) << 32 | u64::from(text.full);
        let mut numbers = vec![NONE; texts.len()];
        for place in 0..texts.len() {
            let word = used.get_mut(place / 64)?;
            if *word & (1 << (place % 64)) == 0 {
                continue;
            }
            let text = &texts[place];
            if let Some(shared) = self.shared.find(&text.bytes, text.full) {
                *word &= !(1 << (place % 64));
                numbers[place] = shared;
                texts[place] = Text::default();
                continue;
            }
            if index.find(wide(text), |&other: &u32| texts[other as usize].bytes == text.bytes).is_some() {
                return None;
            }
            index.insert_unique(wide(text), place as u32, |&other| wide(&texts[other as usize]));
            numbers[place] = (self.shared.texts.len() + place) as u32;
        }
        self.own = Arena::from_parts(texts, used)?;
        self.index = index;
        Some(numbers)
    }

    /// A string for [`Strings::restore`]; what is longer than fits its slot has room for `capacity` bytes.
    pub(crate) fn text_of(&self, bytes: &[u8], capacity: usize) -> Text {
        let mut content = SmallVec::new();
        if bytes.len() > content.inline_size() {
            content.reserve_exact(capacity.max(bytes.len()));
        }
        content.extend_from_slice(bytes);
        Text { bytes: content, hash: hash_string(bytes, self.shared.signed), full: self.shared.hasher.hash(bytes) }
    }

    /// The arena of own strings, for a snapshot.
    pub(crate) fn own(&self) -> &Arena<Text> {
        &self.own
    }

    /// Bytes that the own strings count for.
    pub(crate) fn used_bytes(&self) -> usize {
        self.own.used_bytes() + self.own.live() * INDEX
    }
}

impl Text {
    pub(crate) fn content(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes there is room for, if they do not fit into the slot.
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }
}
