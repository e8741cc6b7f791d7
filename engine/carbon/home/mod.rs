//! What the Home of one node must be: every path, its content, and what a change of it costs.

mod content;
mod desired;
mod gone;
mod hashed;
mod made;
mod maker;
mod moved;
mod overlay;
mod patterns;
mod proved;
mod render;
mod row;
mod standing;
mod stock;
#[cfg(test)]
mod tests;
mod tree;
mod vaulted;
mod workshop;

pub use content::{Class, Content, Desired, Edited};
pub use desired::{DesiredHome, as_text};
pub use made::Costs;
pub use overlay::beside;
pub use render::{knows_verbs, verbs_of};
pub use row::{Kind, Row, content_of, owner_of, path_of};
pub use standing::Standing;
pub use stock::Stock;
pub use tree::TreeRules;
pub use vaulted::{CIPHER_TEXTS, PASSWORD_FILE};
pub use workshop::Workshop;
