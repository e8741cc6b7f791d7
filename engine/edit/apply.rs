//! The edits of one file, in order, and the proof that all of them hold in the result.

use std::mem::discriminant;

use super::bundles::BundlesEdit;
use super::error::EditError;
use super::evaluate::Format;
use super::lines::LineEdit;
use super::properties::PropertiesEdit;
use super::splice::{Splice, splice};
use super::xml::XmlEdit;

/// One structural edit of a file.
#[derive(Debug, Clone)]
pub enum Edit {
    /// Of an XML document.
    Xml(XmlEdit),
    /// Of a Java properties file, or of an ini file where the target names a `[section]`.
    Properties(PropertiesEdit),
    /// Of single lines, found by an anchor.
    Line(LineEdit),
    /// Of a bundles.info.
    Bundles(BundlesEdit),
}

impl Edit {
    /// Reads an edit as an edits file states it: format, verb (`set`, `ensure`, …), target, value.
    ///
    /// # Errors
    /// [`EditError::Malformed`]: an unknown verb, a target that is none, a value missing or too many.
    pub fn read(
        format: Format,
        verb: &str,
        target: &str,
        value: Option<&str>,
    ) -> Result<Self, EditError> {
        Ok(match format {
            Format::Xml => Self::Xml(XmlEdit::read(verb, target, value)?),
            Format::Properties => Self::Properties(PropertiesEdit::read(verb, target, value)?),
            Format::Lines => Self::Line(LineEdit::read(verb, target, value)?),
            Format::Bundles => Self::Bundles(BundlesEdit::read(verb, target, value)?),
        })
    }

    /// The verbs of a format, for checking an edits file and naming near misses.
    #[must_use]
    pub fn verbs(format: Format) -> &'static [&'static str] {
        match format {
            Format::Xml => XmlEdit::VERBS,
            Format::Properties => PropertiesEdit::VERBS,
            Format::Lines => LineEdit::VERBS,
            Format::Bundles => BundlesEdit::VERBS,
        }
    }

    /// What the edit is about: a path, a key, an anchor, a bundle.
    #[must_use]
    pub fn target(&self) -> &str {
        match self {
            Self::Xml(edit) => edit.path.as_str(),
            Self::Properties(edit) => &edit.target,
            Self::Line(edit) => edit.target(),
            Self::Bundles(edit) => &edit.target,
        }
    }

    /// The spans that have to differ so that the edit holds; none where it does.
    fn splices(&self, bytes: &[u8]) -> Result<Vec<Splice>, EditError> {
        match self {
            Self::Xml(edit) => edit.splices(bytes),
            Self::Properties(edit) => edit.splices(bytes),
            Self::Line(edit) => edit.splices(bytes),
            Self::Bundles(edit) => edit.splices(bytes),
        }
    }

    /// Parses the result back and holds it against what was asked.
    fn check(&self, bytes: &[u8]) -> Result<(), EditError> {
        match self {
            Self::Xml(edit) => edit.check(bytes)?,
            Self::Properties(edit) => edit.check(bytes)?,
            Self::Line(_) | Self::Bundles(_) => {}
        }
        if self.splices(bytes)?.is_empty() {
            return Ok(());
        }
        Err(EditError::NotAsAsked {
            target: self.target().to_owned(),
            wanted: "nothing more to change".to_owned(),
            found: "that the edit would change the file again".to_owned(),
        })
    }
}

/// Returns `bytes` with all `edits` made, in order; every byte outside their spans is kept.
///
/// The result is parsed back once after the last edit, and each edit must hold in it and have nothing
/// left to do; so `apply` of the result gives the result.
///
/// # Errors
/// The first edit that cannot be made, or that does not hold in the result, see [`EditError`].
pub fn apply(bytes: &[u8], edits: &[Edit]) -> Result<Vec<u8>, EditError> {
    let mut made = bytes.to_vec();
    for edit in edits {
        let splices = edit
            .splices(&made)
            .map_err(|error| of_the_file(edit, bytes, error))?;
        if !splices.is_empty() {
            made = splice(&made, splices);
        }
    }
    for edit in edits {
        edit.check(&made)?;
    }
    Ok(made)
}

/// The same error as the file itself gives it, because lines that earlier edits added are not the user's.
fn of_the_file(edit: &Edit, bytes: &[u8], error: EditError) -> EditError {
    match edit.splices(bytes) {
        Err(first) if discriminant(&first) == discriminant(&error) => first,
        _ => error,
    }
}
