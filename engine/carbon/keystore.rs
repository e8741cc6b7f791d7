//! The keys of a Java keystore (JKS). Their certificates stand in it unencrypted, so no password is needed for them.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use sha1::{Digest as _, Sha1};
use x509_cert::der::asn1::OctetString;
use x509_cert::der::{self, Decode, Reader, SliceReader};
use x509_cert::spki::AlgorithmIdentifierOwned;

/// What every JKS file begins with.
const MAGIC: u32 = 0xFEED_FEED;

/// A certificate of more bytes than this is none.
const LONGEST: u32 = 1 << 20;

/// A key of a keystore and its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEntry {
    /// The name that configurations give.
    pub alias: String,
    /// The key's own certificate, the first of its chain, as DER.
    pub certificate: Vec<u8>,
    /// The private key, under the password of the key.
    hidden: Vec<u8>,
}

impl KeyEntry {
    /// The private key, as PKCS#8; [`None`] where this is not its password. JKS hides a key by XOR with a chain of SHA-1
    /// over password and salt, and ends with the digest of password and key.
    #[must_use]
    pub fn private_key(&self, password: &str) -> Option<Vec<u8>> {
        let wrapped = unwrapped(&self.hidden).ok()?;
        let bytes = wrapped.as_bytes();
        let (salt, rest) = bytes.split_at_checked(20)?;
        let (hidden, proof) = rest.split_at_checked(rest.len().checked_sub(20)?)?;
        let password: Vec<u8> = password.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let mut link = salt.to_vec();
        let mut key = Vec::with_capacity(hidden.len());
        for part in hidden.chunks(20) {
            link = sha1(&[&password, &link]);
            key.extend(part.iter().zip(&link).map(|(one, two)| one ^ two));
        }
        (sha1(&[&password, &key]) == proof).then_some(key)
    }
}

fn sha1(parts: &[&[u8]]) -> Vec<u8> {
    let mut digest = Sha1::new();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize().to_vec()
}

/// What is in the wrap of a key, an EncryptedPrivateKeyInfo; the algorithm that it names is JKS's own, always.
fn unwrapped(wrapped: &[u8]) -> Result<OctetString, der::Error> {
    SliceReader::new(wrapped)?.sequence(|reader| {
        AlgorithmIdentifierOwned::decode(reader)?;
        OctetString::decode(reader)
    })
}

/// A keystore has some kilobytes; of a file that is larger than this the rest is not read.
const MOST: u64 = 16 << 20;

/// The bytes of what lies in the place of a keystore.
///
/// # Errors
/// Where it cannot be read.
pub fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The keys of a keystore; [`None`] where the bytes are no JKS that can be read whole (PKCS12 hides its certificates).
#[must_use]
pub fn keys(bytes: &[u8]) -> Option<Vec<KeyEntry>> {
    let mut store = Cursor::new(bytes);
    if number(&mut store)? != MAGIC || !matches!(number(&mut store)?, 1 | 2) {
        return None;
    }
    let mut keys = Vec::new();
    for _ in 0..number(&mut store)? {
        let kind = number(&mut store)?;
        let alias = text(&mut store)?;
        take::<8>(&mut store)?;
        match kind {
            1 => {
                let length = number(&mut store)?;
                let hidden = block(&mut store, length)?;
                let chain = number(&mut store)?;
                for at in 0..chain {
                    let certificate = certificate(&mut store)?;
                    if at == 0 {
                        keys.push(KeyEntry {
                            alias: alias.clone(),
                            certificate,
                            hidden: hidden.clone(),
                        });
                    }
                }
            }
            2 => drop(certificate(&mut store)?),
            _ => return None,
        }
    }
    Some(keys)
}

fn certificate(store: &mut Cursor<&[u8]>) -> Option<Vec<u8>> {
    text(store)?;
    let length = number(store)?;
    block(store, length)
}

fn text(store: &mut Cursor<&[u8]>) -> Option<String> {
    let length = u16::from_be_bytes(take(store)?);
    let bytes = block(store, u32::from(length))?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn number(store: &mut Cursor<&[u8]>) -> Option<u32> {
    Some(u32::from_be_bytes(take(store)?))
}

fn take<const N: usize>(store: &mut Cursor<&[u8]>) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    store.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

fn block(store: &mut Cursor<&[u8]>, length: u32) -> Option<Vec<u8>> {
    if length > LONGEST {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(length).ok()?];
    store.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{KeyEntry, keys};

    fn text(text: &str) -> Vec<u8> {
        let mut bytes = u16::try_from(text.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend(text.bytes());
        bytes
    }

    fn block(content: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(content.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend(content);
        bytes
    }

    fn store(entries: &[Vec<u8>]) -> Vec<u8> {
        let count = u32::try_from(entries.len()).unwrap();
        let head = [0xFEED_FEED_u32, 2, count].map(u32::to_be_bytes);
        let digest = vec![7; 20];
        [head.concat(), entries.concat(), digest].concat()
    }

    fn entry(kind: u32, alias: &str, more: &[Vec<u8>]) -> Vec<u8> {
        let head = [kind.to_be_bytes().to_vec(), text(alias), vec![0; 8]];
        [head.concat(), more.concat()].concat()
    }

    #[test]
    fn keys_are_told_by_their_own_certificates() {
        let certificate = |der: &[u8]| [text("X.509"), block(der)].concat();
        let chain = [
            block(b"key"),
            2_u32.to_be_bytes().to_vec(),
            certificate(b"own"),
            certificate(b"issuer"),
        ];
        let bytes = store(&[
            entry(2, "trusted", &[certificate(b"ca")]),
            entry(1, "wso2carbon", &chain),
        ]);
        let found = KeyEntry {
            alias: "wso2carbon".into(),
            certificate: b"own".to_vec(),
            hidden: b"key".to_vec(),
        };
        assert_eq!(keys(&bytes), Some(vec![found]));
        assert_eq!(keys(&store(&[])), Some(Vec::new()));
        let cut = bytes.len() - 40;
        assert_eq!(keys(&bytes[..cut]), None, "cut off");
        assert_eq!(keys(b"PK\x03\x04"), None, "no keystore");
        let monster = [vec![0xFF; 4], Vec::new()].concat();
        assert_eq!(keys(&store(&[entry(1, "a", &[monster])])), None);
    }
}
