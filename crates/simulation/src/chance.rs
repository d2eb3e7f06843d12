//! Chance, from a seed: what is drawn depends on nothing else.

/// A source of random numbers. Each use has its own, so that one more draw here changes nothing there.
///
/// # Source
/// `SplitMix64`, by Steele, Lea and Flood.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The source of a purpose: a number and a place in it.
    pub(crate) fn new(seed: u64, purpose: u64, place: u64) -> Chance {
        let mut chance = Chance(seed ^ purpose.wrapping_mul(0xa076_1d64_78bd_642f));
        chance.0 = chance.next() ^ place.wrapping_mul(0xe703_7ed1_a0b4_28db);
        chance.next();
        chance
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, and not, 1.
    pub(crate) fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what a float holds")]
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        unit
    }

    /// A number between two, the ends included.
    pub(crate) fn between(&mut self, (least, most): (i64, i64)) -> i64 {
        let span = most.saturating_sub(least).max(0).unsigned_abs();
        let drawn = if span == u64::MAX { self.next() } else { self.next() % (span + 1) };
        least.saturating_add_unsigned(drawn)
    }

    /// Whether something happens that does so in this share of cases.
    pub(crate) fn happens(&mut self, share: f64) -> bool {
        share > 0.0 && self.unit() < share
    }

    /// How long it is until something happens again that does so this many times a day on average, in microseconds; none if it
    /// never does.
    pub(crate) fn wait_us(&mut self, per_day: f64) -> Option<i64> {
        if per_day <= 0.0 {
            return None;
        }
        // The logarithm of the standard library may differ from machine to machine in its last digit. Microseconds do not
        // show that, but for a wait that lies just at the border of two.
        #[expect(clippy::cast_possible_truncation, reason = "some days")]
        let wait = (-(1.0 - self.unit()).ln() / per_day * 86_400.0) as i64;
        Some(wait.saturating_add(1).saturating_mul(1_000_000))
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn a_seed_gives_the_same_numbers() {
        let draw = |seed, purpose, place| Chance::new(seed, purpose, place).next();
        assert_eq!(draw(1, 2, 3), draw(1, 2, 3));
        assert!(draw(1, 2, 3) != draw(2, 2, 3) && draw(1, 2, 3) != draw(1, 3, 3) && draw(1, 2, 3) != draw(1, 2, 4));
    }

    #[test]
    fn numbers_are_spread() {
        let mut chance = Chance::new(7, 0, 0);
        let mut seen = [0; 6];
        for _ in 0..6000 {
            seen[usize::try_from(chance.between((0, 5))).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| (800..1200).contains(count)), "{seen:?}");
        let days: i64 = (0..1000).filter_map(|_| chance.wait_us(4.0)).sum::<i64>() / 1000;
        assert!((18_000_000_000..26_000_000_000).contains(&days), "{days}");
        assert_eq!(chance.wait_us(0.0), None);
        assert!(!chance.happens(0.0) && chance.happens(1.0));
    }
}
