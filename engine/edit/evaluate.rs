//! What a target holds now: for drift, for `adopt`, and for the proof after an edit.

use std::fmt;

use super::error::EditError;
use super::{bundles, lines, properties, xml};

/// The format of a file, as far as edits are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// XML, by paths.
    Xml,
    /// Java properties and ini, by keys.
    Properties,
    /// Text, by anchored lines.
    Lines,
    /// bundles.info, by symbolic names (carbon 1.5).
    Bundles,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Xml, Self::Properties, Self::Lines, Self::Bundles];

    /// The format's name in an edits file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Properties => "properties",
            Self::Lines => "lines",
            Self::Bundles => "bundles",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// What `target` holds in `bytes`, once for each place where it stands, in file order; empty where it
/// stands nowhere.
///
/// XML: the text of elements or the values of attributes. Properties: the value, unescaped. Lines: the
/// lines that the anchor matches whole. Bundles: the lines of that symbolic name (`name` or
/// `name,version`).
///
/// # Errors
/// A target that is none, or a file that is not of the format.
pub fn evaluate(bytes: &[u8], format: Format, target: &str) -> Result<Vec<String>, EditError> {
    match format {
        Format::Xml => xml::evaluate(bytes, &target.parse()?),
        Format::Properties => properties::evaluate(bytes, target),
        Format::Lines => lines::evaluate(bytes, target),
        Format::Bundles => bundles::evaluate(bytes, target),
    }
}
