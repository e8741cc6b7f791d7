//! Bytes + edits → bytes: structural edits that leave every byte alone which they do not mean.
//!
//! Knows nothing of Carbon or of hosts. An edit looks at the text, answers with the spans that have to
//! differ ([`Edit`] → splices), and is asked again afterwards: an edit that is not satisfied by its own
//! result is an error, so a second application never changes anything.
//!
//! | format | verb | target | value | holds where |
//! |---|---|---|---|---|
//! | `xml` | `set` | path | text | the one match has the value; none is an error |
//! | | `set_all` | path | text | every match has it; none is an error |
//! | | `ensure` | path | text or none | it is there with the value; what is missing is made |
//! | | `remove`, `remove_all` | path | | it is not there; its parent is |
//! | | `replace_children` | path | elements | these are the child elements, in this order |
//! | | `append` | path | one element | a child says the same |
//! | | `insert_after` | path | one element | a later sibling says the same |
//! | `properties` | `set` | key | text | the key has the value; no such key is an error |
//! | | `ensure` | key | text | the same; a missing key is added |
//! | | `remove` | key | | no such key |
//! | `lines` | `replace` | anchor | lines | they stand once, and the anchor matches nothing else |
//! | | `before`, `after` | anchor | lines | they stand right there; the anchor matches one line |
//! | | `ensure` | a line | | it stands somewhere |
//! | | `remove` | anchor | | the anchor matches nothing |
//! | `bundles` | `remove` | name or `name,version` | | no such line |
//!
//! (`file`, what stands at a path besides its bytes, is no format of this room: `carbon/home/standing`.)
//!
//! An anchor matches whole lines; `replace_part`, `before_part`, `after_part` and `remove_part` let it
//! match a part. A target that matches more than once is an error that names the lines, but for the
//! `_all` verbs, a property that goes, and bundles.

mod apply;
pub mod bundles;
mod error;
mod evaluate;
mod express;
mod lines;
pub mod properties;
mod splice;
#[cfg(test)]
mod stock;
mod text;
pub mod xml;

pub use apply::{Edit, Source, apply};
pub use bundles::BundlesEdit;
pub use error::EditError;
pub use evaluate::{Format, evaluate};
pub use express::{Expressed, express};
pub use lines::{LineEdit, LineVerb};
pub use properties::{PropertiesEdit, PropertiesVerb};
pub use xml::{Element, XmlEdit, XmlPath, XmlVerb, said};
