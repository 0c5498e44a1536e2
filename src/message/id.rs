//! Ids that depend on nothing but their parts, so that a replay gives the same.

use sha2::{Digest, Sha256};

/// The first 128 bits of SHA-256 over the parts. Each part goes in with its length, so that `["ab", "c"]`
/// and `["a", "bc"]` differ. Stable for ever: ids downstream rest on it.
pub fn digest(parts: &[&str]) -> u128 {
    let mut whole = Vec::with_capacity(parts.iter().map(|part| part.len() + size_of::<u64>()).sum());
    for part in parts {
        whole.extend_from_slice(&(part.len() as u64).to_be_bytes());
        whole.extend_from_slice(part.as_bytes());
    }
    let bytes = Sha256::digest(&whole);
    bytes[..16].iter().fold(0, |digest, byte| digest << 8 | u128::from(*byte))
}

/// [`digest`] as 32 hexadecimal digits.
pub fn id(parts: &[&str]) -> String {
    hex(digest(parts))
}

/// A digest as it is written in ids.
pub fn hex(digest: u128) -> String {
    format!("{digest:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_pinned_for_ever() {
        assert_eq!(id(&["nvidia-restrictions", "a", "1"]), "d07678664ee0ae693d09b56d917c48d8");
    }

    #[test]
    fn where_the_parts_are_cut_matters() {
        assert_ne!(id(&["ab", "c"]), id(&["a", "bc"]));
        assert_ne!(id(&["ab"]), id(&["ab", ""]));
        assert_eq!(id(&[]).len(), 32);
    }
}
