//! Names, each stored once.

use std::rc::Rc;

use hashbrown::HashMap;

use super::ast::Bytes;

/// A name, by its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Symbol(pub(crate) u32);

/// All names seen so far.
pub(crate) struct Symbols<'s> {
    numbers: HashMap<&'s [u8], Symbol>,
    /// Each name as the source has it, and as a shared string once that is asked for.
    names: Vec<(&'s [u8], Option<Bytes>)>,
}

impl<'s> Symbols<'s> {
    /// Gives the names of `first` the numbers from 0.
    pub(crate) fn new(first: impl Iterator<Item = &'s [u8]>) -> Self {
        let mut symbols = Self { numbers: HashMap::new(), names: Vec::new() };
        for name in first {
            symbols.intern(name);
        }
        symbols
    }

    pub(crate) fn intern(&mut self, name: &'s [u8]) -> Symbol {
        let names = &mut self.names;
        *self.numbers.entry(name).or_insert_with(|| {
            names.push((name, None));
            Symbol(u32::try_from(names.len() - 1).expect("a source has fewer than 2^32 names"))
        })
    }

    /// Returns the name as a shared string.
    pub(crate) fn bytes(&mut self, symbol: Symbol) -> Bytes {
        let (name, shared) = &mut self.names[symbol.0 as usize];
        shared.get_or_insert_with(|| Rc::from(*name)).clone()
    }

    /// Returns how many names there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}
