//! What is carried of a text so that near-duplicates are told: a sample of its shingles, and how much of one
//! text another holds by it. Does not know how shingles are made of a text.
//!
//! The sample is that of A. Broder, "On the resemblance and containment of documents" (1997), there with
//! `MOD m`, here with a bound as in FracMinHash (L. Irber et al., 2022): of the hashes of all shingles, those
//! below a bound. Which are kept depends on the hash alone, so any two texts can be compared by the finer of
//! their samples cut down to the coarser one. The bound is halved until few enough remain: short texts are
//! kept whole.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The containment from which on a text is told to be a copy, where the settings say nothing. Over generated copies
/// of real articles (`examples/copies`) both precision and recall fall off beyond it on either side.
pub const SIMILARITY: f64 = 0.45;

/// Hashes kept at most.
const MOST: usize = 64;
/// With fewer hashes in one of them, only equal sketches are alike: a headline that differs in one word is another.
const FEWEST: usize = 12;
/// Likewise where this few are left of the shorter text at the level of the longer: chance would decide.
const FEWEST_LEFT: usize = 5;
/// The form's version, and what shingles are and how they are hashed. Another version is not compared.
const VERSION: u8 = 1;
/// Version and level.
const HEAD: usize = 2;
/// Bits of a hash.
const BITS: u8 = 32;

/// A sample of a text's shingles. The empty one, of a text without words, is like nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch {
    /// How often the bound was halved.
    level: u8,
    /// Ascending, all below the bound.
    hashes: Box<[u32]>,
}

impl Sketch {
    /// The sketch of a text by the hashes of all its shingles, in any order.
    pub fn new(mut shingles: Vec<u32>) -> Self {
        shingles.sort_unstable();
        shingles.dedup();
        let (mut level, mut kept) = (0, &shingles[..]);
        while kept.len() > MOST {
            level += 1;
            kept = below(kept, level);
        }
        Self { level, hashes: kept.into() }
    }

    /// Whether there is nothing to compare.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The hashes kept, ascending.
    pub fn hashes(&self) -> &[u32] {
        &self.hashes
    }

    /// The hashes that are kept at the coarser level of the two.
    pub fn at_level_of(&self, other: &Self) -> &[u32] {
        below(&self.hashes, self.level.max(other.level))
    }

    /// The share of the shorter text's shingles that the other holds, estimated: 0 to 1. 0 also where too little is
    /// known to tell.
    pub fn containment(&self, other: &Self) -> f64 {
        let (one, two) = (self.at_level_of(other), other.at_level_of(self));
        let common = one.iter().filter(|hash| two.binary_search(hash).is_ok()).count();
        self.share(other, common, one.len().min(two.len()))
    }

    /// What [`containment`](Self::containment) is where so many hashes are common, of so many of the shorter text.
    pub fn share(&self, other: &Self, common: usize, shorter: usize) -> f64 {
        let enough = self.hashes.len().min(other.hashes.len()) >= FEWEST && shorter >= FEWEST_LEFT;
        match enough {
            true => common as f64 / shorter as f64,
            false if self == other && !self.is_empty() => 1.0,
            false => 0.0,
        }
    }

    /// The bytes: version, level, and each hash with its lowest byte first. None for the empty sketch.
    pub fn to_bytes(&self) -> Vec<u8> {
        if self.is_empty() {
            return Vec::new();
        }
        let hashes = self.hashes.iter().flat_map(|hash| hash.to_le_bytes());
        [VERSION, self.level].into_iter().chain(hashes).collect()
    }

    /// The sketch in these bytes; none where no sketch is written so.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&[version, level], hashes) = match bytes.split_first_chunk::<HEAD>() {
            Some(parts) => parts,
            None => return bytes.is_empty().then(Self::default),
        };
        let (hashes, rest) = hashes.as_chunks();
        let hashes: Box<[u32]> = hashes.iter().take(MOST + 1).map(|hash| u32::from_le_bytes(*hash)).collect();
        let right = version == VERSION
            && level <= BITS
            && rest.is_empty()
            && (1..=MOST).contains(&hashes.len())
            && hashes.is_sorted_by(|one, next| one < next)
            && below(&hashes, level).len() == hashes.len();
        right.then_some(Self { level, hashes })
    }

    /// [`to_bytes`](Self::to_bytes) as base64.
    pub fn to_text(&self) -> String {
        STANDARD.encode(self.to_bytes())
    }

    /// The sketch in this text; none where no sketch is written so.
    pub fn from_text(text: &str) -> Option<Self> {
        let longest = base64::encoded_len(HEAD + MOST * size_of::<u32>(), true)?;
        if text.len() > longest {
            return None;
        }
        Self::from_bytes(&STANDARD.decode(text).ok()?)
    }
}

/// What of ascending hashes is kept at a level.
fn below(hashes: &[u32], level: u8) -> &[u32] {
    let bound = (1_u64 << BITS) >> level;
    &hashes[..hashes.partition_point(|hash| u64::from(*hash) < bound)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Of a short or a long text, its hashes spread over all there are.
    fn sketch() -> impl Strategy<Value = Sketch> {
        prop::collection::vec(prop_oneof![any::<u32>(), (0..200_u32).prop_map(|i| i.wrapping_mul(0x9e37_79b9))], 0..400)
            .prop_map(Sketch::new)
    }

    proptest! {
        #[test]
        fn containment_is_a_share_and_the_same_both_ways(one in sketch(), other in sketch()) {
            let containment = one.containment(&other);
            prop_assert!((0.0..=1.0).contains(&containment));
            prop_assert_eq!(containment, other.containment(&one));
            prop_assert_eq!(one.containment(&one), if one.is_empty() { 0.0 } else { 1.0 });
        }

        #[test]
        fn what_is_written_is_read_again(sketch in sketch()) {
            prop_assert!(sketch.hashes().len() <= MOST);
            prop_assert_eq!(Sketch::from_text(&sketch.to_text()), Some(sketch.clone()));
            prop_assert_eq!(Sketch::from_bytes(&sketch.to_bytes()), Some(sketch));
        }

        #[test]
        fn what_is_read_of_any_bytes_can_be_compared_and_written(
            mut bytes in prop::collection::vec(any::<u8>(), 0..500),
            head in prop::option::of(0..40_u8),
            text in ".{0,40}",
        ) {
            Sketch::from_text(&text);
            if let (Some(level), [version, at, ..]) = (head, &mut bytes[..]) {
                (*version, *at) = (VERSION, level);
            }
            if let Some(sketch) = Sketch::from_bytes(&bytes) {
                prop_assert_eq!(sketch.to_bytes(), bytes);
                prop_assert!((0.0..=1.0).contains(&sketch.containment(&Sketch::new(vec![1, 2, 3]))));
            }
        }

        #[test]
        fn the_part_of_a_long_text_is_held_by_it(
            long in prop::collection::vec(any::<u32>(), 300..3000),
            share in 0.5..1.0,
        ) {
            let part = Sketch::new(long[..(long.len() as f64 * share) as usize].to_vec());
            prop_assert_eq!(part.containment(&Sketch::new(long)), 1.0);
        }
    }

    #[test]
    fn malformed_sketches_are_refused() {
        let bytes = |level, hashes: &[u32]| {
            [vec![VERSION, level], hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect()].concat()
        };
        assert!(Sketch::from_bytes(&bytes(1, &[1, 2])).is_some());
        for (what, bytes) in [
            ("no hashes", bytes(0, &[])),
            ("half a head", vec![VERSION]),
            ("another version", vec![VERSION + 1, 0, 1, 0, 0, 0]),
            ("half a hash", [bytes(0, &[1]), vec![7]].concat()),
            ("not ascending", bytes(0, &[2, 1])),
            ("twice the same", bytes(0, &[1, 1])),
            ("beyond the bound", bytes(1, &[1 << 31])),
            ("no such level", bytes(33, &[0])),
            ("too many", bytes(0, &(0..=MOST as u32).collect::<Vec<_>>())),
        ] {
            assert_eq!(Sketch::from_bytes(&bytes), None, "{what}");
        }
        for text in ["*", "AQ", &"A".repeat(1 << 20)] {
            assert_eq!(Sketch::from_text(text), None);
        }
    }

    #[test]
    fn what_is_too_short_is_like_its_equal_only() {
        let [headline, other, longer] = [0..11, 1..12, 0..60].map(|hashes| Sketch::new(hashes.collect()));
        assert_eq!(headline.containment(&headline), 1.0);
        assert_eq!(headline.containment(&other), 0.0);
        assert_eq!(headline.containment(&longer), 0.0);
    }

    #[test]
    fn what_is_left_of_a_short_text_at_a_coarse_level_must_be_enough() {
        let spread = |to: u32| (0..to).map(|shingle| shingle.wrapping_mul(0x9e37_79b9)).collect();
        let [short, long, endless] = [30, 200, 30_000].map(|size| Sketch::new(spread(size)));
        assert_eq!(short.containment(&long), 1.0);
        assert_eq!(short.containment(&endless), 0.0);
    }
}
