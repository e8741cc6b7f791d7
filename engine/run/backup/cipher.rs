//! The cipher of a sealed backup's parts: AES-256 in counter mode, the cipher of Ansible Vault, under a key of this one
//! backup. Vault's own form holds a text whole in memory; a part is a stream of any length.
//!
//! Counter mode hides and does not guard: what guards is the record, which holds each part's SHA-256 as it lies in the
//! archive, and is itself sealed and signed by the passphrase (encrypt, then MAC). Nothing is opened before that holds.

use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::yaml::{Error, Result, Secret};

/// The key of one backup.
#[derive(Clone)]
pub(super) struct PartKey(Vec<u8>);

impl PartKey {
    /// A new one.
    ///
    /// # Errors
    /// Where the machine has no randomness.
    pub(super) fn new() -> Result<Self> {
        let mut key = vec![0u8; 32];
        getrandom::fill(&mut key).map_err(|cause| {
            Error::new("this machine has no randomness").because(cause.to_string())
        })?;
        Ok(Self(key))
    }

    /// As the record holds it.
    pub(super) fn written(&self) -> Secret {
        Secret::new(STANDARD.encode(&self.0))
    }

    /// Reads what [`PartKey::written`] gave.
    pub(super) fn read(text: &str) -> Result<Self> {
        let key = STANDARD.decode(text).ok().filter(|key| key.len() == 32);
        key.map(Self)
            .ok_or_else(|| Error::new("the backup's key is damaged"))
    }

    /// The cipher of the part at `index`. Each begins at a counter of its own, 2^64 blocks from the next: no two bytes of a
    /// backup share a piece of the key stream.
    pub(super) fn of_part(&self, index: u64) -> Result<PartCipher> {
        let mut counter = [0u8; 16];
        counter[..8].copy_from_slice(&index.to_be_bytes());
        ctr::Ctr128BE::new_from_slices(&self.0, &counter)
            .map(PartCipher)
            .map_err(|_length| Error::new("the backup's key is damaged"))
    }
}

/// Seals and opens the bytes of one part, in their order.
pub(super) struct PartCipher(ctr::Ctr128BE<aes::Aes256>);

impl PartCipher {
    pub(super) fn apply(&mut self, bytes: &mut [u8]) {
        self.0.apply_keystream(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_opens_with_its_key_and_at_its_place_only() {
        let key = PartKey::new().unwrap();
        let mut sealed = b"one and two".to_vec();
        let (one, two) = sealed.split_at_mut(4);
        let mut cipher = key.of_part(3).unwrap();
        cipher.apply(one);
        cipher.apply(two);
        assert_ne!(sealed, b"one and two");
        let read = PartKey::read(key.written().reveal()).unwrap();
        let opened = |key: &PartKey, index| {
            let mut bytes = sealed.clone();
            key.of_part(index).unwrap().apply(&mut bytes);
            bytes
        };
        assert_eq!(opened(&read, 3), b"one and two");
        assert_ne!(opened(&read, 4), b"one and two");
        assert_ne!(opened(&PartKey::new().unwrap(), 3), b"one and two");
        assert!(PartKey::read("c2hvcnQ=").is_err());
    }
}
