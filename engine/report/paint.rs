//! Colour, where it is wanted; a word always stands beside it.

use crate::run::Outcome;

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint(bool);

impl Paint {
    /// With colour or without.
    #[must_use]
    pub fn new(colour: bool) -> Self {
        Self(colour)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// As wanted.
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    /// Changed, or to be noticed.
    #[must_use]
    pub fn changed(self, text: &str) -> String {
        self.with("33", text)
    }

    /// Failed.
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.with("31", text)
    }

    /// Of lesser weight.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    /// A heading.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// In the colour of an outcome.
    #[must_use]
    pub fn outcome(self, outcome: Outcome, text: &str) -> String {
        match outcome {
            Outcome::Ok => self.good(text),
            Outcome::Changed => self.changed(text),
            Outcome::Skipped => self.dim(text),
            Outcome::Failed | Outcome::Unreachable => self.bad(text),
        }
    }
}
