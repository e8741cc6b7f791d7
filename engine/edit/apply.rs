//! The edits of one file, in order, and the proof that all of them hold in the result.

use std::cell::OnceCell;
use std::mem::discriminant;

use super::bundles::{BundlesEdit, BundlesReading};
use super::error::EditError;
use super::evaluate::Format;
use super::lines::LineEdit;
use super::properties::PropertiesEdit;
use super::splice::{Splice, splice};
use super::xml::{XmlEdit, XmlReading};

/// One structural edit of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
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

    fn format(&self) -> Format {
        match self {
            Self::Xml(_) => Format::Xml,
            Self::Properties(_) => Format::Properties,
            Self::Line(_) => Format::Lines,
            Self::Bundles(_) => Format::Bundles,
        }
    }

    /// The spans that have to differ so that the edit holds; none where it does.
    fn splices(&self, reading: &Reading<'_>) -> Result<Vec<Splice>, EditError> {
        match (self, reading) {
            (Self::Xml(edit), Reading::Xml(read)) => edit.splices(read),
            (Self::Bundles(edit), Reading::Bundles(read)) => Ok(edit.splices(read)),
            (Self::Properties(edit), _) => edit.splices(reading.bytes()),
            (Self::Line(edit), _) => edit.splices(reading.bytes()),
            // A file that was read as another format is read again.
            _ => self.splices(&Reading::of(reading.bytes(), self.format())?),
        }
    }

    /// Holds the result against what was asked.
    fn check(&self, reading: &Reading<'_>) -> Result<(), EditError> {
        match (self, reading) {
            (Self::Xml(edit), Reading::Xml(read)) => edit.check(read)?,
            (Self::Properties(edit), _) => edit.check(reading.bytes())?,
            _ => {}
        }
        if self.splices(reading)?.is_empty() {
            return Ok(());
        }
        Err(EditError::NotAsAsked {
            target: self.target().to_owned(),
            wanted: "nothing more to change".to_owned(),
            found: "that the edit would change the file again".to_owned(),
        })
    }
}

/// A file, parsed once for all that is asked of it: a profile's file has sixty edits, a node's files have
/// twenty, a cluster has hundreds of nodes.
enum Reading<'a> {
    Xml(XmlReading<'a>),
    Bundles(BundlesReading<'a>),
    Other(&'a [u8]),
}

impl<'a> Reading<'a> {
    fn of(bytes: &'a [u8], format: Format) -> Result<Self, EditError> {
        Ok(match format {
            Format::Xml => Self::Xml(XmlReading::of(bytes)?),
            Format::Bundles => Self::Bundles(BundlesReading::of(bytes)?),
            Format::Properties | Format::Lines => Self::Other(bytes),
        })
    }

    fn bytes(&self) -> &'a [u8] {
        match self {
            Self::Xml(read) => read.text.as_bytes(),
            Self::Bundles(read) => read.bytes,
            Self::Other(bytes) => bytes,
        }
    }
}

/// A file that edits are made of, for many in turn: it is parsed once, in each format that is asked for.
pub struct Source<'a> {
    bytes: &'a [u8],
    xml: OnceCell<Reading<'a>>,
    bundles: OnceCell<Reading<'a>>,
    other: OnceCell<Reading<'a>>,
}

impl<'a> Source<'a> {
    /// Nothing is parsed yet.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            xml: OnceCell::new(),
            bundles: OnceCell::new(),
            other: OnceCell::new(),
        }
    }

    /// Returns its bytes with all `edits` made, in order; every byte outside their spans is kept.
    ///
    /// The result is parsed back once after the last edit, and each edit must hold in it and have nothing
    /// left to do; so edits of the result give the result.
    ///
    /// # Errors
    /// The first edit that cannot be made, or that does not hold in the result, see [`EditError`].
    pub fn edited(&self, edits: &[Edit]) -> Result<Vec<u8>, EditError> {
        let together = self.made(edits, usize::MAX)?;
        if check(&together, edits).is_ok() {
            return Ok(together);
        }
        // Edits may depend on each other without touching: `a[2]` once `a[1]` has gone. Then one by one.
        let made = self.made(edits, 1)?;
        check(&made, edits)?;
        Ok(made)
    }

    /// [`Source::edited`] without the proof: for a text that is told from others, and is never a file.
    ///
    /// # Errors
    /// The first edit that cannot be made.
    pub fn edited_unproved(&self, edits: &[Edit]) -> Result<Vec<u8>, EditError> {
        self.made(edits, usize::MAX)
    }

    /// Makes the edits, up to `most` of them on one reading of the file.
    fn made(&self, edits: &[Edit], most: usize) -> Result<Vec<u8>, EditError> {
        let mut made: Option<Vec<u8>> = None;
        let mut left = edits;
        while let Some(first) = left.first() {
            let more = &left[1..];
            let found = match &made {
                None => first_of(self, first, more, most),
                Some(made) => first_of(&Source::new(made), first, more, most),
            };
            let (count, splices) = found.map_err(|error| self.of_the_file(first, error))?;
            if !splices.is_empty() {
                made = Some(splice(made.as_deref().unwrap_or(self.bytes), splices));
            }
            left = &left[count..];
        }
        Ok(made.unwrap_or_else(|| self.bytes.to_vec()))
    }

    fn reading(&self, format: Format) -> Result<&Reading<'a>, EditError> {
        let cell = match format {
            Format::Xml => &self.xml,
            Format::Bundles => &self.bundles,
            Format::Properties | Format::Lines => &self.other,
        };
        if let Some(reading) = cell.get() {
            return Ok(reading);
        }
        let reading = Reading::of(self.bytes, format)?;
        Ok(cell.get_or_init(|| reading))
    }

    /// The same error as the file itself gives it, because lines that earlier edits added are not the user's.
    fn of_the_file(&self, edit: &Edit, error: EditError) -> EditError {
        let first = self.reading(edit.format());
        match first.and_then(|reading| edit.splices(reading)) {
            Err(first) if discriminant(&first) == discriminant(&error) => first,
            _ => error,
        }
    }
}

/// Returns `bytes` with all `edits` made: [`Source::edited`] of a file that is edited once.
///
/// # Errors
/// As there.
pub fn apply(bytes: &[u8], edits: &[Edit]) -> Result<Vec<u8>, EditError> {
    Source::new(bytes).edited(edits)
}

/// The splices of `first`, and of those of `next` that can be made on the same reading; and how many
/// edits that are.
fn first_of(
    source: &Source<'_>,
    first: &Edit,
    next: &[Edit],
    most: usize,
) -> Result<(usize, Vec<Splice>), EditError> {
    let reading = source.reading(first.format())?;
    let mut splices = first.splices(reading)?;
    let mut count = 1;
    for edit in next.iter().take(most - 1) {
        if edit.format() != first.format() {
            break;
        }
        // One that cannot be made yet is asked again on the next reading, as the first; so is one that meets another's
        // span, and a second one that inserts: both may make what they have in common. Whether an edit is about what
        // another has made as well, the check of the result tells.
        let Ok(more) = edit.splices(reading) else {
            break;
        };
        let meets = |one: &Splice| splices.iter().any(|two| one.meets(two));
        let inserts = |some: &[Splice]| some.iter().any(Splice::inserts);
        if more.iter().any(meets) || (inserts(&more) && inserts(&splices)) {
            break;
        }
        splices.extend(more);
        count += 1;
    }
    Ok((count, splices))
}

/// Reads the result back: every edit holds in it.
fn check(bytes: &[u8], edits: &[Edit]) -> Result<(), EditError> {
    for alike in edits.chunk_by(|one, two| one.format() == two.format()) {
        let reading = Reading::of(bytes, alike[0].format())?;
        for edit in alike {
            edit.check(&reading)?;
        }
    }
    Ok(())
}
