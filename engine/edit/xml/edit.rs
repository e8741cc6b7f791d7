//! One XML edit: its path and verb, how an edits file states it, the check that it holds.

use std::sync::Arc;

use roxmltree::Document;

use crate::edit::EditError;

use super::document::XmlReading;
use super::element::Element;
use super::escape;
use super::find::{attribute, find, text_of};
use super::path::XmlPath;

/// What is done to the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum XmlVerb {
    /// The target exists and gets this value.
    Set(String),
    /// The target is made where it is missing, and gets this value; without one it is only made.
    Ensure(Option<String>),
    /// The target is not there; the element above it is.
    Remove,
    /// The target's child elements are these, in this order; comments between them stay. A member list is as long as the
    /// cluster, and every node of it has one: those that say the same share it.
    ReplaceChildren(Arc<[Element]>),
    /// The target has this child; where none says the same, it becomes the last one.
    Append(Element),
    /// An element like this follows the target; where none does, it is put right behind it.
    InsertAfter(Element),
    /// The target declares this prefix for this namespace (no verb of edits files).
    Declare(String, String),
}

/// One edit of an XML document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlEdit {
    /// The target.
    pub path: XmlPath,
    /// What is done to it.
    pub verb: XmlVerb,
    /// All elements that the path matches are meant; otherwise more than one is an error.
    pub every: bool,
}

impl XmlEdit {
    /// The names of the verbs; `set_all` and `remove_all` mean every match.
    pub const VERBS: &'static [&'static str] = &[
        "set",
        "set_all",
        "ensure",
        "remove",
        "remove_all",
        "replace_children",
        "append",
        "insert_after",
    ];

    /// An edit of the one target of `path`.
    ///
    /// # Errors
    /// [`EditError::Malformed`]: the path is none, the verb does not fit it, or the value holds what XML
    /// cannot.
    pub fn new(path: &str, verb: XmlVerb) -> Result<Self, EditError> {
        let path: XmlPath = path.parse()?;
        let whole = matches!(
            verb,
            XmlVerb::ReplaceChildren(_) | XmlVerb::Append(_) | XmlVerb::InsertAfter(_)
        );
        if whole && path.attribute.is_some() {
            return Err(EditError::malformed(
                path.as_str(),
                "an attribute holds no elements",
            ));
        }
        if path.steps.is_empty()
            && path.attribute.is_none()
            && matches!(verb, XmlVerb::Remove | XmlVerb::InsertAfter(_))
        {
            return Err(EditError::malformed(
                path.as_str(),
                "the root element stays and stands alone",
            ));
        }
        if matches!(verb, XmlVerb::Ensure(None)) && path.attribute.is_some() {
            return Err(EditError::malformed(
                path.as_str(),
                "an attribute needs a value",
            ));
        }
        match verb.illegal() {
            Some(why) => Err(EditError::malformed(path.as_str(), why)),
            None => Ok(Self {
                path,
                verb,
                every: false,
            }),
        }
    }

    /// `set` the one target to `value`.
    ///
    /// # Errors
    /// As [`XmlEdit::new`].
    pub fn set(path: &str, value: impl Into<String>) -> Result<Self, EditError> {
        Self::new(path, XmlVerb::Set(value.into()))
    }

    /// `ensure` that the target is there with `value`.
    ///
    /// # Errors
    /// As [`XmlEdit::new`].
    pub fn ensure(path: &str, value: impl Into<String>) -> Result<Self, EditError> {
        Self::new(path, XmlVerb::Ensure(Some(value.into())))
    }

    /// Reads an edit from an edits file; `value` is text, or a snippet where the verb takes elements.
    ///
    /// # Errors
    /// As [`XmlEdit::new`], and an unknown verb, or a value missing or too many.
    pub fn read(verb: &str, target: &str, value: Option<&str>) -> Result<Self, EditError> {
        let malformed = |why: String| EditError::malformed(target, why);
        let needed = || value.ok_or_else(|| malformed(format!("`{verb}` needs a value")));
        let one = || {
            let mut elements = Element::read(needed()?)?;
            match (elements.pop(), elements.is_empty()) {
                (Some(element), true) => Ok(element),
                _ => Err(malformed(format!("`{verb}` takes one element"))),
            }
        };
        let read = match verb {
            "set" | "set_all" => XmlVerb::Set(needed()?.to_owned()),
            "ensure" => XmlVerb::Ensure(value.map(ToOwned::to_owned)),
            "remove" | "remove_all" if value.is_none() => XmlVerb::Remove,
            "remove" | "remove_all" => return Err(malformed(format!("`{verb}` takes no value"))),
            "replace_children" => XmlVerb::ReplaceChildren(Element::read(needed()?)?.into()),
            "append" => XmlVerb::Append(one()?),
            "insert_after" => XmlVerb::InsertAfter(one()?),
            _ => return Err(malformed(format!("xml has no verb `{verb}`"))),
        };
        let mut edit = Self::new(target, read)?;
        edit.every = verb.ends_with("_all");
        Ok(edit)
    }

    /// Reads the target back.
    pub(in crate::edit) fn check(&self, read: &XmlReading<'_>) -> Result<(), EditError> {
        let found = values(&read.document, &self.path);
        let (holds, wanted) = match &self.verb {
            XmlVerb::Set(value) | XmlVerb::Ensure(Some(value)) => (
                !found.is_empty() && found.iter().all(|found| found == value),
                format!("`{value}`"),
            ),
            XmlVerb::Remove => (found.is_empty(), "nothing".to_owned()),
            _ => (!found.is_empty(), "it there".to_owned()),
        };
        if holds {
            return Ok(());
        }
        let found = match found.as_slice() {
            [] => "nothing".to_owned(),
            found => format!("`{}`", found.join("`, `")),
        };
        Err(EditError::NotAsAsked {
            target: self.path.as_str().to_owned(),
            wanted,
            found,
        })
    }
}

impl XmlVerb {
    fn illegal(&self) -> Option<String> {
        let value = |value: &str| {
            let character = escape::illegal(value)?;
            Some(format!("XML cannot hold the character {character:?}"))
        };
        match self {
            Self::Set(text) | Self::Ensure(Some(text)) => value(text),
            Self::ReplaceChildren(elements) => elements.iter().find_map(Element::illegal),
            Self::Append(element) | Self::InsertAfter(element) => element.illegal(),
            Self::Ensure(None) | Self::Remove | Self::Declare(..) => None,
        }
    }
}

/// The texts of the elements, or the values of the attributes, that `path` reaches.
pub(in crate::edit) fn evaluate(bytes: &[u8], path: &XmlPath) -> Result<Vec<String>, EditError> {
    Ok(values(&XmlReading::of(bytes)?.document, path))
}

fn values(document: &Document<'_>, path: &XmlPath) -> Vec<String> {
    let nodes = find(document, path);
    match &path.attribute {
        Some(name) => nodes
            .iter()
            .flat_map(|node| attribute(*node, &name.local))
            .map(ToOwned::to_owned)
            .collect(),
        None => nodes.into_iter().map(text_of).collect(),
    }
}
