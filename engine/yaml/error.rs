//! What is wrong in a user's file: one sentence, the place, the way out, the cause.

use std::fmt;

use super::Place;

/// The result of reading something that a user wrote.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One mistake in a user's file (or in what a host answered about it).
///
/// The text is lower case, names stand in backticks, there is no full stop; the cause is the
/// [`source`](std::error::Error::source) and is never repeated in the text.
#[derive(Debug)]
pub struct Error(Box<Parts>);

#[derive(Debug)]
struct Parts {
    message: String,
    place: Option<Place>,
    hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Says what is wrong, without a place yet.
    pub fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            message: message.into(),
            place: None,
            hint: None,
            source: None,
        }))
    }

    /// Says what is wrong at `place`.
    pub fn at(place: &Place, message: impl Into<String>) -> Self {
        Self::new(message).or_at(place)
    }

    /// Adds the place where none is known yet; the innermost place wins.
    #[must_use]
    pub fn or_at(mut self, place: &Place) -> Self {
        self.0.place.get_or_insert_with(|| place.clone());
        self
    }

    /// Adds the way out, one clear next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds whom or what else it concerns to the text.
    #[must_use]
    pub fn and(mut self, more: &str) -> Self {
        self.0.message.push_str(more);
        self
    }

    /// What is wrong, without place, hint and cause.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where it is wrong, if a file is to blame.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// The way out, if there is one clear next step.
    #[must_use]
    pub fn way_out(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}
