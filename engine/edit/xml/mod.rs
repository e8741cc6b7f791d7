//! Edits of XML documents: paths below the root element, verbs, and splices that keep the rest.
//!
//! A path is `Ports/Offset`, `clustering/@enable`, `clustering/parameter[@name='domain']`,
//! `member[hostName='10.0.0.1']/port`, `.` for the root element itself. Names match by local name,
//! whatever the namespace; a comment is never a target.

mod document;
mod edit;
mod element;
mod ensure;
mod escape;
mod find;
mod layout;
mod parse;
mod path;
#[cfg(test)]
mod random;
mod set;
mod tag;
#[cfg(test)]
mod tests;
mod verbs;

pub(super) use document::XmlReading;
pub(super) use edit::evaluate;
pub use edit::{XmlEdit, XmlVerb};
pub use element::Element;
pub(super) use find::text_of;
pub use path::XmlPath;

/// What a document says: the text of each element, by its name and its attribute `name`, and the value of each attribute.
///
/// # Errors
/// It is no document.
pub fn said(bytes: &[u8]) -> Result<Vec<(String, String)>, super::EditError> {
    let document = read(bytes)?;
    let elements = document.descendants().filter(roxmltree::Node::is_element);
    let of = |element: roxmltree::Node<'_, '_>| {
        let named = element.attribute("name").unwrap_or_default();
        let name = format!("{} {named}", element.tag_name().name());
        let attributes = element.attributes();
        let attributes = attributes.map(|one| (one.name().to_owned(), one.value().to_owned()));
        let mut all: Vec<(String, String)> = attributes.collect();
        all.push((name, find::text_of(element)));
        all
    };
    Ok(elements.flat_map(of).collect())
}

/// The document that a file holds.
pub(super) fn read(bytes: &[u8]) -> Result<roxmltree::Document<'_>, super::EditError> {
    document::parse(document::text_of(bytes)?)
}
