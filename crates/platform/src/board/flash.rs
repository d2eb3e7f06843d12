//! The SPI flash of a device.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// What is erased at once.
pub const SECTOR_BYTES: u32 = 4096;

/// SPI flash: erased bytes are 0xFF, and writing only clears bits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Flash {
    size: u32,
    /// Sectors that are not erased.
    sectors: BTreeMap<u32, Vec<u8>>,
    /// Sectors that have changed since somebody kept them.
    #[serde(skip)]
    changed: BTreeSet<u32>,
}

impl PartialEq for Flash {
    /// Whether the same is in it.
    fn eq(&self, other: &Flash) -> bool {
        (self.size, &self.sectors) == (other.size, &other.sectors)
    }
}

/// What is checked when something is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verify {
    /// That no bit would have to be set; if one would, nothing is written.
    pub before: bool,
    /// That what is there then is what was to be written.
    pub after: bool,
}

/// What the check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Nothing wrong.
    Good,
    /// A bit would have had to be set; nothing was written.
    BadBefore,
    /// A bit could not be set.
    BadAfter,
}

/// What flash refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlashError {
    /// An address beyond its end.
    OutOfRange,
    /// An address at which no sector begins.
    NotASector,
}

impl std::fmt::Display for FlashError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            FlashError::OutOfRange => "address out of range",
            FlashError::NotASector => "address is not that of a sector",
        })
    }
}

impl std::error::Error for FlashError {}

impl Flash {
    /// Erased flash; what is less than a sector is left out.
    pub fn new(size_bytes: u32) -> Flash {
        let size = size_bytes / SECTOR_BYTES * SECTOR_BYTES;
        Flash { size, sectors: BTreeMap::new(), changed: BTreeSet::new() }
    }

    /// Puts sectors into it as they were kept; those beyond its end, or of another size, are left out.
    pub fn load(&mut self, sectors: impl IntoIterator<Item = (u32, Vec<u8>)>) {
        let fits =
            |number: u32, bytes: &[u8]| number < self.size / SECTOR_BYTES && bytes.len() == SECTOR_BYTES as usize;
        let fitting = sectors.into_iter().filter(|(number, bytes)| fits(*number, bytes));
        self.sectors.extend(fitting);
    }

    /// Sectors that have changed since the last time that somebody asked: their numbers, and what is in them; nothing in those that
    /// are erased.
    pub fn take_changes(&mut self) -> Vec<(u32, Option<Vec<u8>>)> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        changed.map(|number| (number, self.sectors.get(&number).cloned())).collect()
    }

    /// How many bytes there are.
    pub fn size_bytes(&self) -> u32 {
        self.size
    }

    /// Reads bytes.
    ///
    /// # Errors
    /// [`FlashError::OutOfRange`]
    pub fn read(&self, address: u32, count: u32) -> Result<Vec<u8>, FlashError> {
        self.check(address, count)?;
        Ok((address..address + count).map(|at| self.byte(at)).collect())
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// [`FlashError::OutOfRange`]
    pub fn write(&mut self, address: u32, bytes: &[u8], verify: Verify) -> Result<Verified, FlashError> {
        let count = u32::try_from(bytes.len()).map_err(|_| FlashError::OutOfRange)?;
        self.check(address, count)?;
        let is_clean = (address..).zip(bytes).all(|(at, byte)| self.byte(at) & byte == *byte);
        if verify.before && !is_clean {
            return Ok(Verified::BadBefore);
        }
        for (at, byte) in (address..).zip(bytes) {
            if *byte != 0xFF {
                self.sector(at)[(at % SECTOR_BYTES) as usize] &= byte;
            }
        }
        Ok(if verify.after && !is_clean { Verified::BadAfter } else { Verified::Good })
    }

    /// Erases the sector that begins at an address.
    ///
    /// # Errors
    /// [`FlashError::OutOfRange`], [`FlashError::NotASector`]
    pub fn erase_sector(&mut self, address: u32) -> Result<(), FlashError> {
        self.check(address, 1)?;
        if !address.is_multiple_of(SECTOR_BYTES) {
            return Err(FlashError::NotASector);
        }
        let number = address / SECTOR_BYTES;
        if self.sectors.remove(&number).is_some() {
            self.changed.insert(number);
        }
        Ok(())
    }

    /// Erases everything.
    pub fn erase(&mut self) {
        self.changed.extend(self.sectors.keys());
        self.sectors.clear();
    }

    fn check(&self, address: u32, count: u32) -> Result<(), FlashError> {
        let is_inside = address.checked_add(count).is_some_and(|end| end <= self.size);
        if is_inside { Ok(()) } else { Err(FlashError::OutOfRange) }
    }

    fn byte(&self, at: u32) -> u8 {
        let sector = self.sectors.get(&(at / SECTOR_BYTES));
        sector.map_or(0xFF, |sector| sector[(at % SECTOR_BYTES) as usize])
    }

    fn sector(&mut self, at: u32) -> &mut [u8] {
        self.changed.insert(at / SECTOR_BYTES);
        self.sectors.entry(at / SECTOR_BYTES).or_insert_with(|| vec![0xFF; SECTOR_BYTES as usize])
    }
}
