//! Private key files, each read and decrypted once a run: bcrypt costs 200 ms a key (engines 2.2).

use std::collections::HashMap;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use russh::keys::{Certificate, PrivateKey, PublicKey};

use super::Passphrases;
use crate::yaml::Secret;

/// A key file as it was found.
#[derive(Clone)]
pub(super) enum KeyFile {
    /// Ready to sign.
    Open {
        /// The key.
        key: Arc<PrivateKey>,
        /// The certificate beside it.
        certificate: Option<Box<Certificate>>,
    },
    /// There is no such file.
    Absent,
    /// It is there and cannot be used, for this reason; the agent may have it all the same.
    Closed {
        /// What it would be, where a `.pub` stands beside it.
        public: Option<Box<PublicKey>>,
        /// Why it cannot be used.
        why: String,
    },
}

/// The key files of a run.
#[derive(Default)]
pub(super) struct Keys(Mutex<HashMap<PathBuf, KeyFile>>);

impl Keys {
    /// The key in `file`; reads it the first time and asks for its passphrase if it needs one.
    pub(super) async fn get(&self, file: &Path, passphrases: Option<&Passphrases>) -> KeyFile {
        if let Some(found) = self.known(file) {
            return found;
        }
        let (path, asks) = (file.to_owned(), passphrases.cloned());
        let read = tokio::task::spawn_blocking(move || read(&path, asks.as_ref())).await;
        let found = read.unwrap_or_else(|error| KeyFile::Closed {
            public: None,
            why: format!("its reader failed: {error}"),
        });
        self.all().insert(file.to_owned(), found.clone());
        found
    }

    fn known(&self, file: &Path) -> Option<KeyFile> {
        self.all().get(file).cloned()
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, KeyFile>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(file: &Path, passphrases: Option<&Passphrases>) -> KeyFile {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return KeyFile::Absent,
        Err(error) => return closed(file, error.to_string()),
    };
    if let Some(mode) = readable_by_others(file) {
        return closed(file, format!("others may read it (mode {mode:o})"));
    }
    // russh tells for every form but PKCS#8 that a key is encrypted.
    let unlocked = if text.contains("BEGIN ENCRYPTED PRIVATE KEY") {
        Err(russh::keys::Error::KeyIsEncrypted)
    } else {
        russh::keys::decode_secret_key(&text, None)
    };
    let key = match unlocked {
        Err(russh::keys::Error::KeyIsEncrypted) => {
            match passphrases.and_then(|ask| ask.ask(file)) {
                None => {
                    return closed(
                        file,
                        "it is encrypted and no passphrase was given".to_owned(),
                    );
                }
                Some(passphrase) => decrypt(&text, &passphrase),
            }
        }
        plain => plain.map_err(|error| error.to_string()),
    };
    match key {
        Ok(key) => KeyFile::Open {
            certificate: certificate_of(&with_ending(file, "-cert.pub"), key.public_key())
                .map(Box::new),
            key: Arc::new(key),
        },
        Err(why) => closed(file, why),
    }
}

/// The mode of a key file that its owner shares with others; OpenSSH passes such keys over, too.
fn readable_by_others(file: &Path) -> Option<u32> {
    let found = std::fs::metadata(file).ok()?;
    let mode = found.permissions().mode() & 0o777;
    (found.is_file() && mode & 0o077 != 0).then_some(mode)
}

fn decrypt(text: &str, passphrase: &Secret) -> Result<PrivateKey, String> {
    russh::keys::decode_secret_key(text, Some(passphrase.reveal()))
        .map_err(|error| format!("the passphrase does not open it: {error}"))
}

fn closed(file: &Path, why: String) -> KeyFile {
    KeyFile::Closed {
        public: public_beside(file).map(Box::new),
        why,
    }
}

/// The public half in `file.pub`, where there is one.
pub(super) fn public_beside(file: &Path) -> Option<PublicKey> {
    PublicKey::read_openssh_file(with_ending(file, ".pub")).ok()
}

/// The certificate in `file`, where it is one of this key.
pub(super) fn certificate_of(file: &Path, key: &PublicKey) -> Option<Certificate> {
    Certificate::read_file(file)
        .ok()
        .filter(|certificate| certificate.public_key() == key.key_data())
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
