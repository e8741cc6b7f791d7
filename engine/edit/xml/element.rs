//! An element that is wanted: stated by code or read from a snippet, compared with what is there.

use roxmltree::{Document, Error, Node};

use crate::edit::EditError;

use super::escape;
use super::find::text_of;

/// An element to be written: either text or children, never both.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// The name; without a prefix it gets that of its new parent.
    pub name: String,
    /// Attributes in order.
    pub attributes: Vec<(String, String)>,
    /// The text, unescaped; empty where there are children.
    pub text: String,
    /// Child elements in order.
    pub children: Vec<Element>,
}

impl Element {
    /// An empty element.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// With one more attribute.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// With this text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// With one more child.
    #[must_use]
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// Reads the elements of a snippet; blanks and line ends between elements mean nothing.
    ///
    /// # Errors
    /// [`EditError::Malformed`]: not well-formed, text beside elements, comments, namespace declarations.
    pub fn read(snippet: &str) -> Result<Vec<Self>, EditError> {
        let why = |why: String| EditError::malformed(snippet.trim(), why);
        let mut prefixes = String::new();
        // A prefix is the file's to declare: it gets a stand-in here, one at a time, as the parser asks.
        loop {
            let text = format!("<snippet{prefixes}>{snippet}</snippet>");
            match Document::parse(&text) {
                Ok(document) => {
                    return document
                        .root_element()
                        .children()
                        .filter(|node| !(node.is_text() && blank(node.text())))
                        .map(|node| Self::of(node).map_err(why))
                        .collect();
                }
                Err(Error::UnknownNamespace(prefix, _))
                    if !prefixes.contains(&stand_in(&prefix)) =>
                {
                    prefixes.push_str(&stand_in(&prefix));
                }
                Err(error) => return Err(why(format!("not well-formed XML: {error}"))),
            }
        }
    }

    fn of(node: Node<'_, '_>) -> Result<Self, String> {
        if !node.is_element() {
            return Err("only elements can stand here, no text, comment or instruction".to_owned());
        }
        let outside = node
            .parent()
            .map_or(0, |parent| parent.namespaces().count());
        if node.namespaces().count() != outside {
            return Err("a snippet declares no namespaces, it gets those of the file".to_owned());
        }
        let children: Vec<_> = node
            .children()
            .filter(|child| !child.is_text())
            .map(Self::of)
            .collect::<Result<_, _>>()?;
        let text = text_of(node);
        if !children.is_empty() && !text.trim().is_empty() {
            return Err("an element holds text or elements, not both".to_owned());
        }
        let name = |prefix: Option<&str>, local: &str| match prefix {
            Some(prefix) => format!("{prefix}:{local}"),
            None => local.to_owned(),
        };
        Ok(Self {
            name: name(
                prefix_of(node.tag_name().namespace()),
                node.tag_name().name(),
            ),
            attributes: node
                .attributes()
                .map(|found| {
                    let name = name(prefix_of(found.namespace()), found.name());
                    (name, found.value().to_owned())
                })
                .collect(),
            text: if children.is_empty() {
                text
            } else {
                String::new()
            },
            children,
        })
    }

    /// True where `node` says the same: names by local name, attributes in any order, comments and the
    /// blanks between elements left out.
    pub(super) fn same(&self, node: Node<'_, '_>) -> bool {
        let children: Vec<_> = node.children().filter(Node::is_element).collect();
        let text = text_of(node);
        let same_text = if children.is_empty() {
            text == self.text
        } else {
            text.trim().is_empty() && self.text.is_empty()
        };
        same_text
            && local(&self.name) == node.tag_name().name()
            && self.attributes.len() == node.attributes().len()
            && self.attributes.iter().all(|(name, value)| {
                super::find::attribute(node, local(name)).any(|found| found == value)
            })
            && self.children.len() == children.len()
            && self
                .children
                .iter()
                .zip(children)
                .all(|(wanted, child)| wanted.same(child))
    }

    /// The first thing in it that a document cannot hold.
    pub(super) fn illegal(&self) -> Option<String> {
        if !self.text.is_empty() && !self.children.is_empty() {
            return Some(format!(
                "element `{}` holds text or elements, not both",
                self.name
            ));
        }
        let values = self
            .attributes
            .iter()
            .map(|(_, value)| value)
            .chain([&self.text]);
        let names = self
            .attributes
            .iter()
            .map(|(name, _)| name)
            .chain([&self.name]);
        for name in names {
            let start = |c: char| c.is_alphabetic() || c == '_';
            let other = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
            if !name.starts_with(start) || !name.chars().all(other) {
                return Some(format!("`{name}` is no name"));
            }
        }
        values
            .filter_map(|value| escape::illegal(value))
            .map(|character| format!("XML cannot hold the character {character:?}"))
            .next()
            .or_else(|| self.children.iter().find_map(Self::illegal))
    }
}

/// The name without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

fn stand_in(prefix: &str) -> String {
    format!(" xmlns:{prefix}=\"prefix:{prefix}\"")
}

fn prefix_of(namespace: Option<&str>) -> Option<&str> {
    match namespace {
        Some("http://www.w3.org/XML/1998/namespace") => Some("xml"),
        Some(namespace) => namespace.strip_prefix("prefix:"),
        None => None,
    }
}
