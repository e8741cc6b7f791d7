//! The key of a saved plan: with it, digests of what holds secrets tell nothing to whoever has only the file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::yaml::vault::HEADER;
use crate::yaml::{Error, Result, VaultPasswords, hex};

/// A key that was made for one plan.
#[derive(Clone)]
pub struct PlanKey(Vec<u8>);

impl std::fmt::Debug for PlanKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("PlanKey(***)")
    }
}

impl PlanKey {
    /// A new one.
    ///
    /// # Errors
    /// Where the machine has no randomness.
    pub fn new() -> Result<Self> {
        let mut key = vec![0u8; 32];
        getrandom::fill(&mut key).map_err(|cause| {
            Error::new("this machine has no randomness").because(cause.to_string())
        })?;
        Ok(Self(key))
    }

    /// As the plan's file holds it: sealed, or in clear where `vault` is [`None`].
    ///
    /// # Errors
    /// Where no vault password is known.
    pub fn written(&self, vault: Option<&VaultPasswords>) -> Result<String> {
        let text = STANDARD.encode(&self.0);
        match vault {
            None => Ok(text),
            Some(vault) => vault.seal(&text),
        }
    }

    /// Reads what [`PlanKey::written`] gave.
    ///
    /// # Errors
    /// Where no password opens it, or it is none.
    pub fn read(text: &str, vault: &VaultPasswords) -> Result<Self> {
        let opened = match text.starts_with(HEADER) {
            true => vault.open(text).map_err(|cause| {
                Error::new("the plan is sealed, and cannot be opened")
                    .hint("give the vault password that was given when it was made: `--vault-password-file FILE`")
                    .because(cause)
            })?,
            false => crate::yaml::Secret::new(text),
        };
        let key = STANDARD.decode(opened.reveal().trim());
        key.map(Self)
            .map_err(|_no_base64| Error::new("the plan's key is damaged"))
    }

    /// The keyed digest of these bytes, in hex.
    ///
    /// # Errors
    /// Where the key has no length, which a damaged file may bring.
    pub fn digest(&self, bytes: &[u8]) -> Result<String> {
        let hmac = Hmac::<Sha256>::new_from_slice(&self.0)
            .map_err(|_length| Error::new("the plan's key is damaged"))?;
        let digest = hmac.chain_update(bytes).finalize().into_bytes();
        Ok(hex(&digest))
    }
}
