//! Signs with a key file, for its certificate: russh's own way signs an RSA certificate with SHA-1,
//! which OpenSSH 8.8 and later refuse.

use std::sync::Arc;

use russh::Signer;
use russh::keys::agent::AgentIdentity;
use russh::keys::signature::Signer as _;
use russh::keys::ssh_encoding::Encode;
use russh::keys::ssh_key::Signature;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::{HashAlg, PrivateKey};

/// A private key that answers the server's question itself.
pub(super) struct FileSigner(pub(super) Arc<PrivateKey>);

/// Why a key did not sign.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignError {
    /// The session ended meanwhile.
    #[error("the session has ended")]
    Session(#[from] russh::SendError),
    /// The key does not sign.
    #[error("the key does not sign: {0}")]
    Key(String),
}

impl Signer for FileSigner {
    type Error = SignError;

    async fn auth_sign(
        &mut self,
        _key: &AgentIdentity,
        hash: Option<HashAlg>,
        mut data: Vec<u8>,
    ) -> Result<Vec<u8>, SignError> {
        sign(&self.0, hash, &mut data).map_err(SignError::Key)?;
        Ok(data)
    }
}

/// Adds the signature of `data` to it, as the login request wants it (RFC 4252, 7).
fn sign(key: &PrivateKey, hash: Option<HashAlg>, data: &mut Vec<u8>) -> Result<(), String> {
    let signature: Signature = match key.key_data() {
        KeypairData::Rsa(pair) => (pair, hash).try_sign(data),
        _ => key.try_sign(data),
    }
    .map_err(|error| error.to_string())?;
    let mut blob = Vec::new();
    signature
        .encode(&mut blob)
        .map_err(|error| error.to_string())?;
    blob.encode(data).map_err(|error| error.to_string())
}
