//! One line of a `known_hosts` file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use russh::keys::PublicKey;
use russh::keys::ssh_key::public::KeyData;
use sha1::Sha1;

use crate::connection::ssh_config::wildcard;

/// What stands before the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    /// Nothing: a host key.
    None,
    /// `@revoked`: a key that nobody may use.
    Revoked,
    /// `@cert-authority`: a key that signs host certificates.
    Authority,
}

/// Whom a line is about.
#[derive(Clone, Debug)]
enum Names {
    /// Patterns, each with whether it is negated.
    Patterns(Vec<(bool, String)>),
    /// Salt and hash of one name.
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
}

/// A line that says something.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) marker: Marker,
    names: Names,
    pub(super) key: KeyData,
}

impl Line {
    /// Reads a line; `None` for an empty one or a comment, what is wrong for one that is neither.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, String> {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            return Ok(None);
        }
        let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
        let mut first = words.next().ok_or("no host name")?;
        let marker = match first {
            "@revoked" => Marker::Revoked,
            "@cert-authority" => Marker::Authority,
            _ if first.starts_with('@') => return Err(format!("unknown marker `{first}`")),
            _ => Marker::None,
        };
        if marker != Marker::None {
            first = words.next().ok_or("no host name")?;
        }
        let kind = words.next().ok_or("no key")?;
        let encoded = words.next().ok_or("no key")?;
        let bytes = STANDARD
            .decode(encoded)
            .map_err(|error| format!("the key is no base64: {error}"))?;
        let key = PublicKey::from_bytes(&bytes).map_err(|error| format!("no key: {error}"))?;
        if key.algorithm().to_string() != kind {
            return Err(format!(
                "`{kind}` is written before a {} key",
                key.algorithm()
            ));
        }
        Ok(Some(Self {
            marker,
            names: Names::parse(first)?,
            key: key.key_data().clone(),
        }))
    }

    /// True where the line is about this name itself, and no pattern that others match too.
    pub(super) fn is_of(&self, name: &str) -> bool {
        let whole = |(negated, pattern): &(bool, String)| !negated && !pattern.contains(['*', '?']);
        let exact = match &self.names {
            Names::Hashed { .. } => true,
            Names::Patterns(patterns) => patterns.iter().all(whole),
        };
        exact && self.names(name)
    }

    /// True where the line is about `name` (`host` or `[host]:port`, in small letters).
    pub(super) fn names(&self, name: &str) -> bool {
        match &self.names {
            Names::Hashed { salt, hash } => hashed(salt, name) == *hash,
            Names::Patterns(patterns) => {
                let mut named = false;
                for (negated, pattern) in patterns {
                    if wildcard(pattern, name) {
                        if *negated {
                            return false;
                        }
                        named = true;
                    }
                }
                named
            }
        }
    }
}

impl Names {
    fn parse(text: &str) -> Result<Self, String> {
        if let Some(rest) = text.strip_prefix("|1|") {
            let (salt, hash) = rest.split_once('|').ok_or("a hashed name without hash")?;
            let decode = |part| {
                STANDARD
                    .decode(part)
                    .map_err(|error| format!("the hashed name is no base64: {error}"))
            };
            return Ok(Self::Hashed {
                salt: decode(salt)?,
                hash: decode(hash)?,
            });
        }
        Ok(Self::Patterns(
            text.split(',')
                .filter(|pattern| !pattern.is_empty())
                .map(|pattern| match pattern.strip_prefix('!') {
                    Some(pattern) => (true, pattern.to_lowercase()),
                    None => (false, pattern.to_lowercase()),
                })
                .collect(),
        ))
    }
}

/// The hash of a name, as `HashKnownHosts` makes it.
pub(super) fn hashed(salt: &[u8], name: &str) -> Vec<u8> {
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(salt)
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of every length"));
    mac.update(name.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A host as `known_hosts` names it: `host`, or `[host]:port` where the port is not 22.
pub(in crate::connection) fn display_name(host: &str, port: u16) -> String {
    let host = host.to_lowercase();
    if port == 22 {
        host
    } else {
        format!("[{host}]:{port}")
    }
}
