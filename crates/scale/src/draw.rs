//! Random numbers, the same on every machine: whole numbers, sums, quotients and square roots, which IEEE 754 rounds alike
//! everywhere. Logarithms and powers are not rounded alike, so no popularity needs them.

/// SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub struct Draw(u64);

impl Draw {
    /// Begins anew.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `count`.
    pub fn below(&mut self, count: u32) -> u32 {
        ((u128::from(self.next()) * u128::from(count)) >> 64) as u32
    }

    /// A number from 0 to 1, less than 1.
    fn fraction(&mut self) -> f64 {
        // The 53 bits that a double holds.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of `count`, of which the second is asked for half as often as the first, the third a third as often, and so on.
    pub fn by_rank(&mut self, ranks: &Ranks) -> u32 {
        let at = self.fraction() * ranks.0.last().copied().unwrap_or_default();
        ranks.0.partition_point(|sum| *sum <= at) as u32
    }

    /// One of `count`, of which the hundredth is asked for a tenth as often as the first: by the square root of the rank.
    pub fn by_root(&mut self, count: u32) -> u32 {
        let root = 1.0 + self.fraction() * ((f64::from(count) + 1.0).sqrt() - 1.0);
        (root * root) as u32 - 1
    }
}

/// The sums of 1, 1/2, 1/3 and so on: Zipf's law.
#[derive(Clone, Debug)]
pub struct Ranks(Vec<f64>);

impl Ranks {
    /// Of so many.
    pub fn of(count: u32) -> Self {
        let mut sum = 0.0;
        let sums = (1..=count).map(|rank| {
            sum += 1.0 / f64::from(rank);
            sum
        });
        Self(sums.collect())
    }
}
