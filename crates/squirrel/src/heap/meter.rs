//! Bytes in use, and the two marks above them: where a collection is due, and the limit.

use crate::fault::Fault;

/// Counts the bytes of a heap.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    used: usize,
    threshold: usize,
    limit: usize,
}

/// No collection happens below this many bytes.
const FIRST_COLLECTION: usize = 64 * 1024;

impl Meter {
    pub(crate) fn new(limit: usize) -> Meter {
        Meter { used: 0, threshold: FIRST_COLLECTION.min(limit), limit }
    }

    /// Counts bytes about to be allocated.
    ///
    /// # Errors
    /// [`Fault::Room`] if a collection is due first. Nothing is counted then; whoever runs the instruction collects and
    /// runs it again, so the caller must not have changed anything yet.
    #[inline(always)]
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), Fault> {
        let used = self.used.saturating_add(bytes);
        if used > self.threshold {
            return Err(Fault::Room(bytes));
        }
        self.used = used;
        Ok(())
    }

    #[inline(always)]
    pub(crate) fn release(&mut self, bytes: usize) {
        self.used = self.used.saturating_sub(bytes);
    }

    /// Makes sure that bytes could be allocated, without counting them yet.
    ///
    /// # Errors
    /// [`Fault::Room`], as [`Meter::charge`].
    pub(crate) fn ensure(&mut self, bytes: usize) -> Result<(), Fault> {
        self.charge(bytes)?;
        self.release(bytes);
        Ok(())
    }

    pub(crate) fn used(&self) -> usize {
        self.used
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) fn threshold(&self) -> usize {
        self.threshold
    }

    /// What is kept back for what cannot be run again: the frames that a native function's answer makes.
    fn reserve(&self) -> usize {
        (self.limit / 16).min(16 * 1024)
    }

    /// Sets the next collection, after one, so that `bytes` more fit. Says whether they do.
    pub(crate) fn raise(&mut self, bytes: usize) -> bool {
        let wanted = self.used.saturating_add(bytes);
        let highest = self.limit - self.reserve();
        self.threshold = (self.used * 2).max(wanted).max(FIRST_COLLECTION).min(highest);
        wanted <= highest
    }

    /// Lets allocations through up to the limit, without a collection. Returns what [`Meter::close`] takes.
    pub(crate) fn open(&mut self) -> usize {
        std::mem::replace(&mut self.threshold, self.limit)
    }

    /// Ends what [`Meter::open`] began.
    pub(crate) fn close(&mut self, threshold: usize) {
        self.threshold = threshold;
    }

    pub(crate) fn restore(used: usize, threshold: usize, limit: usize) -> Meter {
        Meter { used, threshold: threshold.min(limit), limit }
    }
}
