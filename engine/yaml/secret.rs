//! Values that must never be shown, and the masking of them wherever text leaves the program.

use std::collections::BTreeSet;
use std::fmt;

/// A text that prints as `***`; only the few places that must use it open it with [`Secret::reveal`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text that must not be shown.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Opens the secret, for the one place that hands it to whom it is for.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

/// All secrets of a run, tracked by value: [`Secrets::mask`] hides them in any text.
#[derive(Clone, Default)]
pub struct Secrets(BTreeSet<String>);

impl Secrets {
    /// Texts shorter than this (bytes) are not masked by value: `a` would blank half of every page.
    pub const SHORTEST: usize = 4;

    /// Remembers `secret`, and each of its lines where it has several (a diff shows lines).
    pub fn add(&mut self, secret: &str) {
        for piece in std::iter::once(secret).chain(secret.lines()) {
            let piece = piece.trim();
            if piece.len() >= Self::SHORTEST {
                self.0.insert(piece.to_owned());
            }
        }
    }

    /// Remembers all that `other` knows.
    pub fn merge(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }

    /// True where there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True where `text` holds one of the secrets.
    #[must_use]
    pub fn appear_in(&self, text: &str) -> bool {
        self.0.iter().any(|secret| text.contains(secret.as_str()))
    }

    /// True where `text` holds one of the secrets that was not in it `before`.
    #[must_use]
    pub fn come_into(&self, text: &str, before: &str) -> bool {
        let new = |secret: &&String| !before.contains(secret.as_str());
        self.0
            .iter()
            .filter(new)
            .any(|secret| text.contains(secret.as_str()))
    }

    /// Returns `text` with every secret replaced by `***`.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        // The longest first: a secret may be part of another.
        let mut longest: Vec<&String> = self.0.iter().collect();
        longest.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in longest {
            if masked.contains(secret.as_str()) {
                masked = masked.replace(secret.as_str(), "***");
            }
        }
        masked
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Secrets({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{Secret, Secrets};

    #[test]
    fn a_secret_never_prints() {
        let secret = Secret::new("hunter22");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
    }

    #[test]
    fn a_word_that_was_there_before_hides_no_other() {
        let mut secrets = Secrets::default();
        secrets.add("admin");
        secrets.add("hunter22");
        assert!(secrets.come_into("<admin>hunter22", "<admin>"));
        assert!(!secrets.come_into("<admin>!", "<admin>"));
    }

    #[test]
    fn secrets_are_masked_longest_first_and_line_by_line() {
        let mut secrets = Secrets::default();
        secrets.add("open");
        secrets.add("open sesame");
        secrets.add("key line one\nkey line two\n");
        assert_eq!(
            secrets.mask("say open sesame, then open; key line two"),
            "say ***, then ***; ***"
        );
    }
}
