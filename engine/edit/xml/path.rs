//! A target in an XML document: steps from the root element down, and perhaps an attribute.

use std::fmt;

/// A path below the root element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlPath {
    pub(super) text: String,
    pub(super) steps: Vec<Step>,
    pub(super) attribute: Option<Name>,
}

impl XmlPath {
    /// The path as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first `depth` steps as they were written, `.` for none.
    pub(super) fn upto(&self, depth: usize) -> String {
        if depth == 0 {
            return ".".to_owned();
        }
        let words: Vec<&str> = self.steps[..depth]
            .iter()
            .map(|step| step.text.as_str())
            .collect();
        words.join("/")
    }
}

impl fmt::Display for XmlPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// A name with the prefix that a new element or attribute gets; the prefix plays no part in matching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// The prefix, if one was written.
    pub(super) prefix: Option<String>,
    /// The local name.
    pub(super) local: String,
}

impl Name {
    /// The name with its prefix, as it stands in a document.
    pub(super) fn qualified(&self) -> String {
        match &self.prefix {
            Some(prefix) => format!("{prefix}:{}", self.local),
            None => self.local.clone(),
        }
    }
}

/// One step: child elements of a name for which all predicates hold, in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) text: String,
    pub(super) name: Name,
    pub(super) predicates: Vec<Predicate>,
}

/// What narrows a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Predicate {
    /// `[@name='domain']`: an attribute has the value.
    Attribute(Name, String),
    /// `[hostName='x']`, `[jndiConfig/name='x']`: a child's text, trimmed, is the value.
    Child(Vec<String>, String),
    /// `[.='x']`: the element's own text, trimmed, is the value.
    Text(String),
    /// `[2]`: the second of those that matched so far, among the same parent's children.
    Position(usize),
}

impl Predicate {
    /// The value that it looks for; none for a position.
    pub(super) fn value(&self) -> Option<&str> {
        match self {
            Self::Attribute(_, value) | Self::Child(_, value) | Self::Text(value) => Some(value),
            Self::Position(_) => None,
        }
    }
}
