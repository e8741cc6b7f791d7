//! Ansible Vault: values and files that only a password opens.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use aes::cipher::{KeyIvInit, StreamCipher};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Error, Result, Secret, Secrets};

/// The first line of what is vaulted.
pub const HEADER: &str = "$ANSIBLE_VAULT;";

/// How often the password is hashed; Ansible's own number.
const ROUNDS: u32 = 10_000;

/// The vault id of a password that is given without one, as in Ansible.
const DEFAULT_ID: &str = "default";

/// The passwords that vaulted values may be opened with, tried in turn, each under its vault id; and what has been
/// opened with them, so that no page shows it.
#[derive(Clone, Debug, Default)]
pub struct VaultPasswords {
    passwords: Vec<(String, Secret)>,
    opened: Arc<Mutex<Secrets>>,
}

impl VaultPasswords {
    /// Adds a password.
    pub fn add(&mut self, password: Secret) {
        self.add_as(DEFAULT_ID, password);
    }

    /// Adds a password under a vault id (`--vault-id ID@FILE`).
    pub fn add_as(&mut self, id: &str, password: Secret) {
        self.passwords.push((id.to_owned(), password));
    }

    /// Remembers the passwords themselves as secrets.
    pub fn add_to(&self, secrets: &mut Secrets) {
        for password in &self.passwords {
            secrets.add(password.1.reveal());
        }
    }

    /// True where no password is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.passwords.is_empty()
    }

    /// All that has been opened with these passwords, by any copy of them.
    #[must_use]
    pub fn opened(&self) -> Secrets {
        // A panic elsewhere leaves whole texts behind.
        let opened = self.opened.lock();
        opened.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers a text that was opened: whole, line by line, and, where it is YAML, what stands behind each key.
    fn remember(&self, text: &str) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.add(text);
        for (_, value) in text.lines().filter_map(|line| line.split_once(": ")) {
            opened.add(value.trim().trim_matches(['"', '\'', '!']));
        }
    }

    /// Opens a vaulted text.
    ///
    /// # Errors
    /// Where it is no vault, no password is known, or none fits.
    pub fn open(&self, vaulted: &str) -> Result<Secret> {
        let parts = Parts::read(vaulted)?;
        if self.passwords.is_empty() {
            return Err(
                Error::new("this value is vaulted and no vault password is known")
                    .hint("give it with `--vault-password-file FILE`"),
            );
        }
        for (_, password) in &self.passwords {
            if let Some(text) = parts.open(password)? {
                self.remember(&text);
                return Ok(Secret::new(text));
            }
        }
        Err(Error::new("no vault password opens this value")
            .hint("it was sealed with another password, or has been damaged"))
    }

    /// Seals a text with the first password, under its vault id.
    ///
    /// # Errors
    /// Where no password is known, or the machine has no randomness.
    pub fn seal(&self, text: &str) -> Result<String> {
        let (id, password) = self.passwords.first().ok_or_else(|| {
            Error::new("no vault password is known")
                .hint("give it with `--vault-password-file FILE`")
        })?;
        seal(text, id, password)
    }

    /// Seals a text with the password of a vault id, in format 1.2 (1.1 where the id is `default`).
    ///
    /// # Errors
    /// Where no password has that id, or the machine has no randomness.
    pub fn seal_as(&self, id: &str, text: &str) -> Result<String> {
        let password = self.passwords.iter().find(|(known, _)| known == id);
        let (id, password) = password.ok_or_else(|| {
            Error::new(format!("no vault password has the id `{id}`"))
                .hint(format!("give it with `--vault-id {id}@FILE`"))
        })?;
        seal(text, id, password)
    }
}

fn seal(text: &str, id: &str, password: &Secret) -> Result<String> {
    let mut salt = [0u8; 32];
    getrandom::fill(&mut salt)
        .map_err(|error| Error::new("this machine has no randomness").because(error.to_string()))?;
    let (mut cipher, hmac) = keys(password, &salt)?;
    let pad = 16 - text.len() % 16;
    let mut sealed = text.as_bytes().to_vec();
    sealed.resize(sealed.len() + pad, u8::try_from(pad).unwrap_or(16));
    cipher.apply_keystream(&mut sealed);
    let seal = hmac.chain_update(&sealed).finalize().into_bytes();
    let inner = format!("{}\n{}\n{}", hex(&salt), hex(&seal), hex(&sealed));
    let mut lines = match id {
        DEFAULT_ID => format!("{HEADER}1.1;AES256\n"),
        id => format!("{HEADER}1.2;AES256;{id}\n"),
    };
    for line in hex(inner.as_bytes()).as_bytes().chunks(80) {
        lines.push_str(&String::from_utf8_lossy(line));
        lines.push('\n');
    }
    Ok(lines)
}

struct Parts {
    salt: Vec<u8>,
    seal: Vec<u8>,
    sealed: Vec<u8>,
}

/// How a value that was pasted at the wrong depth is mended: what follows it belongs to it, or it has no lines at all.
const DEPTH: &str = "indent the whole of it, its name too, as deep as the other variables; its lines stand deeper than its name, what follows does not";

impl Parts {
    fn read(vaulted: &str) -> Result<Self> {
        if vaulted.trim().is_empty() {
            return Err(Error::new("this vaulted value has no lines").hint(DEPTH));
        }
        let damaged = || {
            let hint = match vaulted.trim_start().starts_with(HEADER) {
                true => DEPTH,
                false => "its first line is `$ANSIBLE_VAULT;1.1;AES256`",
            };
            Error::new("this is no Ansible Vault value").hint(hint)
        };
        let mut lines = vaulted.trim().lines();
        let header = lines.next().unwrap_or_default();
        let mut fields = header.strip_prefix(HEADER).ok_or_else(damaged)?.split(';');
        if !matches!(fields.next(), Some("1.1" | "1.2"))
            || fields.next().map(str::trim) != Some("AES256")
        {
            return Err(damaged());
        }
        let body: String = lines.map(str::trim).collect();
        let inner = unhex(&body).ok_or_else(damaged)?;
        let inner = String::from_utf8(inner).map_err(|_| damaged())?;
        let mut parts = inner.split('\n').map(unhex);
        match (parts.next(), parts.next(), parts.next()) {
            (Some(Some(salt)), Some(Some(seal)), Some(Some(sealed))) => {
                Ok(Self { salt, seal, sealed })
            }
            _ => Err(damaged()),
        }
    }

    /// The text, where the password fits.
    fn open(&self, password: &Secret) -> Result<Option<String>> {
        let (mut cipher, hmac) = keys(password, &self.salt)?;
        if hmac
            .chain_update(&self.sealed)
            .verify_slice(&self.seal)
            .is_err()
        {
            return Ok(None);
        }
        let mut text = self.sealed.clone();
        cipher.apply_keystream(&mut text);
        let pad = text.last().copied().map_or(0, usize::from);
        text.truncate(text.len().saturating_sub(pad));
        String::from_utf8(text)
            .map(Some)
            .map_err(|error| Error::new("the vaulted value is no text").because(error))
    }
}

type Cipher = ctr::Ctr128BE<aes::Aes256>;

/// The cipher and the seal that password and salt give: key, HMAC key, counter.
fn keys(password: &Secret, salt: &[u8]) -> Result<(Cipher, Hmac<Sha256>)> {
    let mut derived = [0u8; 80];
    pbkdf2::pbkdf2_hmac::<Sha256>(
        password.reveal().trim().as_bytes(),
        salt,
        ROUNDS,
        &mut derived,
    );
    let wrong = |_| Error::new("a key of the vault has the wrong length");
    let cipher = Cipher::new_from_slices(&derived[..32], &derived[64..]).map_err(wrong)?;
    let hmac = Hmac::<Sha256>::new_from_slice(&derived[32..64]).map_err(wrong)?;
    Ok((cipher, hmac))
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ok = write!(text, "{byte:02x}");
            text
        })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .chars()
        .map(|digit| digit.to_digit(16))
        .collect::<Option<_>>()?;
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Secret, VaultPasswords};

    #[test]
    fn what_is_sealed_opens_with_its_password_only() {
        let mut right = VaultPasswords::default();
        right.add(Secret::new("open sesame\n"));
        let sealed = right.seal("admin secret, of two blocks and more").unwrap();
        assert!(sealed.starts_with("$ANSIBLE_VAULT;1.1;AES256\n"));
        assert_eq!(
            right.open(&sealed).unwrap().reveal(),
            "admin secret, of two blocks and more"
        );
        let mut wrong = VaultPasswords::default();
        wrong.add(Secret::new("other"));
        assert_eq!(
            wrong.open(&sealed).unwrap_err().message(),
            "no vault password opens this value"
        );
        wrong.add(Secret::new("open sesame"));
        assert_eq!(
            wrong.open(&sealed).unwrap().reveal(),
            "admin secret, of two blocks and more"
        );
        let damaged = sealed.replace('6', "7");
        assert!(right.open(&damaged).is_err());
    }

    #[test]
    fn what_was_opened_is_known_to_whoever_writes_pages() {
        let mut vault = VaultPasswords::default();
        vault.add(Secret::new("open sesame"));
        let shared = vault.clone();
        let sealed = vault.seal("db_pw: \"hunter22\"\nother: x\n").unwrap();
        vault.open(&sealed).unwrap();
        assert_eq!(shared.opened().mask("found `hunter22`"), "found `***`");
    }
}
