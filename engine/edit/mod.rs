//! Bytes + edits → bytes: structural edits that leave every byte alone which they do not mean.
//!
//! Knows nothing of Carbon or of hosts. An edit looks at the text, answers with the spans that have to
//! differ ([`Edit`] → splices), and is asked again afterwards: an edit that is not satisfied by its own
//! result is an error, so a second application never changes anything.

mod apply;
pub mod bundles;
mod error;
mod evaluate;
mod lines;
pub mod properties;
mod splice;
#[cfg(test)]
mod stock;
mod text;
pub mod xml;

pub use apply::{Edit, apply};
pub use bundles::BundlesEdit;
pub use error::EditError;
pub use evaluate::{Format, evaluate};
pub use lines::{LineEdit, LineVerb};
pub use properties::{PropertiesEdit, PropertiesVerb};
pub use xml::{Element, XmlEdit, XmlPath, XmlVerb};
