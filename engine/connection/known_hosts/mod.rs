//! `known_hosts` files: which key a host has, which are revoked, which authorities vouch for it.
//!
//! Our own reader, because russh's knows neither `@revoked` nor authorities nor wildcards, and takes
//! a second key of one algorithm for a changed one (engines 5.2, trap 1).

mod learn;
mod line;

use std::io;
use std::path::{Path, PathBuf};

use russh::keys::ssh_key::public::KeyData;
use russh::keys::{Algorithm, HashAlg};

pub use learn::Learned;
pub(super) use learn::{forget, learn};
pub(super) use line::display_name;
use line::{Line, Marker};

use super::ConnectError;
use crate::yaml::Place;

/// The lines of some `known_hosts` files, in their order.
#[derive(Clone, Debug, Default)]
pub struct KnownHosts {
    lines: Vec<(Place, Line)>,
    skipped: Vec<(Place, String)>,
}

/// What the files say of a key that a host shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the host's.
    Known,
    /// There is no key of this host.
    New,
    /// The host has other keys: algorithm with fingerprint, and where each stands.
    Changed(Vec<(String, Place)>),
    /// The key is revoked there.
    Revoked(Place),
}

impl KnownHosts {
    /// Reads the files; one that does not exist is empty, one that cannot be read is an error.
    pub fn read<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> Result<Self, ConnectError> {
        let mut all = Self::default();
        for file in files {
            match std::fs::read(file) {
                Ok(bytes) => all.add(file, &String::from_utf8_lossy(&bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => {
                    return Err(ConnectError::File {
                        file: file.clone(),
                        source,
                    });
                }
            }
        }
        Ok(all)
    }

    /// Adds the lines of one file's text.
    pub fn add(&mut self, file: &Path, text: &str) {
        for (number, text) in (1..).zip(text.lines()) {
            let place = Place::new(file, number, 1);
            match Line::parse(text) {
                Ok(Some(line)) => self.lines.push((place, line)),
                Ok(None) => {}
                Err(why) => self.skipped.push((place, why)),
            }
        }
    }

    /// Lines that say nothing understandable, each with its place and what is wrong.
    #[must_use]
    pub fn skipped(&self) -> &[(Place, String)] {
        &self.skipped
    }

    /// The places of the lines that name `host` at `port`, whatever their marker.
    pub fn places(&self, host: &str, port: u16) -> impl Iterator<Item = &Place> {
        self.named(display_name(host, port)).map(|(place, _)| place)
    }

    fn named(&self, name: String) -> impl Iterator<Item = &(Place, Line)> {
        self.lines.iter().filter(move |(_, line)| line.names(&name))
    }

    /// What the files say of `key`, shown by `host` at `port`.
    #[must_use]
    pub fn check(&self, host: &str, port: u16, key: &KeyData) -> Verdict {
        let verdict = self.check_name(display_name(host, port), key);
        // As OpenSSH does: a key known without port is good for every port; only a good match counts.
        if verdict == Verdict::New && port != 22 {
            let portless = self.check_name(display_name(host, 22), key);
            if matches!(portless, Verdict::Known | Verdict::Revoked(_)) {
                return portless;
            }
        }
        verdict
    }

    fn check_name(&self, name: String, key: &KeyData) -> Verdict {
        let mut known = false;
        let mut others = Vec::new();
        for (place, line) in self.named(name) {
            match line.marker {
                Marker::Revoked if line.key == *key => return Verdict::Revoked(place.clone()),
                Marker::None if line.key == *key => known = true,
                Marker::None => others.push((named_key(&line.key), place.clone())),
                Marker::Revoked | Marker::Authority => {}
            }
        }
        if known {
            Verdict::Known
        } else if others.is_empty() {
            Verdict::New
        } else {
            Verdict::Changed(others)
        }
    }

    /// True where `authority` may vouch for `host` at `port`.
    #[must_use]
    pub fn trusts(&self, host: &str, port: u16, authority: &KeyData) -> bool {
        self.named(display_name(host, port))
            .any(|(_, line)| line.marker == Marker::Authority && line.key == *authority)
    }

    /// True where any authority may vouch for `host` at `port`.
    #[must_use]
    pub fn has_authority(&self, host: &str, port: u16) -> bool {
        self.named(display_name(host, port))
            .any(|(_, line)| line.marker == Marker::Authority)
    }

    /// The algorithms of the keys that are known of `host`, in the order of the files: the server
    /// is asked for these first, else a host with several keys would look changed.
    #[must_use]
    pub fn algorithms(&self, host: &str, port: u16) -> Vec<Algorithm> {
        let mut found = Vec::new();
        for name in [display_name(host, port), display_name(host, 22)] {
            for (_, line) in self.named(name) {
                let algorithm = line.key.algorithm();
                if line.marker == Marker::None && !found.contains(&algorithm) {
                    found.push(algorithm);
                }
            }
        }
        found
    }
}

/// A key as errors name it: algorithm and fingerprint.
pub(super) fn named_key(key: &KeyData) -> String {
    format!("{} {}", key.algorithm(), key.fingerprint(HashAlg::Sha256))
}

#[cfg(test)]
mod tests;
