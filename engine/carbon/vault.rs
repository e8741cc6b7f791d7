//! Carbon's secure vault: passwords encrypted for the key of a keystore, as the product's cipher tool encrypts them (RSA with
//! the padding of PKCS#1 v1.5, in Base64: what Java means by `RSA`).
//!
//! That padding is random in the tool, so each of its runs writes another file. Here it is drawn from a key that only who has
//! the keystore and its password can make: the same password gives the same text, so that a Home that is as it should be
//! stays as it is; and without the keystore nobody can try passwords against a text.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rsa::hazmat::rsa_encrypt;
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, Pkcs1v15Encrypt, RsaPrivateKey, RsaPublicKey};
use sha2::{Digest as _, Sha256};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};

use super::keystore::{self, KeyEntry};

/// What a padded text has besides the password: two bytes before the padding, one behind it, and the padding itself, which
/// has eight bytes at least.
const AROUND: usize = 11;

/// The vault of one keystore's key.
pub struct Vault {
    key: RsaPublicKey,
    entry: KeyEntry,
    password: String,
    draw: Hmac<Sha256>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Vault({})", self.entry.alias)
    }
}

impl Vault {
    /// The vault of a key of the keystore that these bytes are; the keystore's password is the key's too.
    ///
    /// # Errors
    /// Why a server could not open it, in words that end a sentence about the keystore.
    pub fn of(store: &[u8], alias: &str, password: &str) -> Result<Self, String> {
        let Some(keys) = keystore::keys(store) else {
            return Err("is no JKS that can be read".to_owned());
        };
        // Java knows aliases in lower case only.
        let alias = alias.to_lowercase();
        let named = |key: &KeyEntry| key.alias.to_lowercase() == alias;
        let Some(entry) = keys.into_iter().find(named) else {
            return Err(format!("has no key `{alias}`"));
        };
        if entry.private_key(password).is_none() {
            return Err(format!(
                "does not open `{alias}` with the password that carbon.xml has for it"
            ));
        }
        let public = Certificate::from_der(&entry.certificate)
            .and_then(|read| read.tbs_certificate().subject_public_key_info().to_der())
            .ok()
            .and_then(|der| RsaPublicKey::from_public_key_der(&der).ok());
        let Some(key) = public else {
            return Err(format!("has no RSA key `{alias}`"));
        };
        let mut of_store = Sha256::new();
        of_store.update(store);
        of_store.update(password);
        let draw = <Hmac<Sha256> as KeyInit>::new_from_slice(&of_store.finalize());
        Ok(Self {
            key,
            entry,
            password: password.to_owned(),
            draw: draw.map_err(|error| error.to_string())?,
        })
    }

    /// A password, encrypted; the same one under another alias gives another text.
    ///
    /// # Errors
    /// It is longer than the key can take.
    pub fn seal(&self, alias: &str, password: &str) -> Result<String, String> {
        let size = self.key.size();
        let Some(padding) = size
            .checked_sub(password.len() + 3)
            .filter(|room| *room >= 8)
        else {
            let most = size.saturating_sub(AROUND);
            return Err(format!(
                "is longer than the {most} bytes that the key can encrypt"
            ));
        };
        let mut padded = vec![0, 2];
        padded.extend(self.padding(alias, password).take(padding));
        padded.push(0);
        padded.extend(password.bytes());
        let bits = self.key.n_bits_precision();
        let number = BoxedUint::from_be_slice(&padded, bits).map_err(|error| error.to_string())?;
        let sealed = rsa_encrypt(&self.key, &number).map_err(|error| error.to_string())?;
        let bytes = sealed.to_be_bytes();
        Ok(STANDARD.encode(&bytes[bytes.len() - size..]))
    }

    /// The password that was encrypted for this key; [`None`] where none was.
    #[must_use]
    pub fn open(&self, sealed: &str) -> Option<String> {
        let key = self.entry.private_key(&self.password)?;
        let key = RsaPrivateKey::from_pkcs8_der(&key).ok()?;
        let sealed = STANDARD.decode(sealed.trim()).ok()?;
        let password = key.decrypt(Pkcs1v15Encrypt, &sealed).ok()?;
        String::from_utf8(password).ok()
    }

    /// Bytes that are not zero, without end.
    fn padding(&self, alias: &str, password: &str) -> impl Iterator<Item = u8> {
        let blocks = (0_u64..).flat_map(move |number| {
            let mut block = self.draw.clone();
            block.update(&number.to_be_bytes());
            block.update(&(alias.len() as u64).to_be_bytes());
            block.update(alias.as_bytes());
            block.update(password.as_bytes());
            block.finalize().into_bytes()
        });
        blocks.filter(|byte| *byte != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::Vault;

    /// A key of RSA-1024 under the password `wso2carbon`.
    const STORE: &[u8] = include_bytes!("home/tests/wso2carbon.jks");

    fn vault() -> Vault {
        Vault::of(STORE, "WSO2Carbon", "wso2carbon").unwrap()
    }

    #[test]
    fn what_is_sealed_is_opened() {
        let sealed = vault().seal("a", "Tö$ecret").unwrap();
        assert_eq!(vault().seal("a", "Tö$ecret").unwrap(), sealed);
        assert_ne!(vault().seal("b", "Tö$ecret").unwrap(), sealed);
        assert_ne!(vault().seal("a", "Tö$ecreu").unwrap(), sealed);
        assert_eq!(vault().open(&sealed).as_deref(), Some("Tö$ecret"));
        let longest = "x".repeat(117);
        let sealed = vault().seal("a", &longest).unwrap();
        assert_eq!(vault().open(&sealed), Some(longest));
        let refused = vault().seal("a", &"x".repeat(118)).unwrap_err();
        assert_eq!(
            refused,
            "is longer than the 117 bytes that the key can encrypt"
        );
        assert_eq!(
            vault().seal("a", "").map(|sealed| vault().open(&sealed)),
            Ok(Some(String::new()))
        );
    }

    /// `openssl pkeyutl -encrypt`, which pads as Java does.
    #[test]
    fn what_others_sealed_is_opened() {
        let sealed = "4ZH2CvGfv0EzP17XIxEv2M2yKkWWc2/Vw53k0QN9hAhw575uHli7is/lcOmby3HT3xZ6Ifn/1ofURl3Y6nFp2l0BEBp2jx6pv5/pgQ+Hg6tHDgsz2kI8+zVMO0eZ2fKKwgx+iOjfKKMODeEemnNmwPkTEmtL4ZTnvcTJHxDrNLc=";
        assert_eq!(vault().open(sealed).as_deref(), Some("Tö$ecret"));
        assert_eq!(vault().open(&sealed[4..]), None);
        assert_eq!(vault().open("[admin]"), None);
    }

    #[test]
    fn a_keystore_that_opens_nothing_is_refused() {
        let refused = |store: &[u8], alias: &str, password: &str| {
            Vault::of(store, alias, password).unwrap_err()
        };
        assert_eq!(
            refused(b"PK", "wso2carbon", "wso2carbon"),
            "is no JKS that can be read"
        );
        assert_eq!(refused(STORE, "esb", "wso2carbon"), "has no key `esb`");
        let wrong = refused(STORE, "wso2carbon", "changeit");
        assert!(wrong.starts_with("does not open `wso2carbon`"), "{wrong}");
    }
}
