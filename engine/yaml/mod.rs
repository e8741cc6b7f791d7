//! Text of the user's files → values that know their file, line and column.
//!
//! Every later room builds on [`Node`]: a value and the [`Place`] it was written at, so that an
//! error found anywhere can still name the line to mend.

mod decode;
mod error;
mod insert;
mod near;
mod node;
mod place;
mod reader;
mod resolve;
mod secret;
mod unsaid;
pub mod vault;
mod write;

#[cfg(test)]
mod tests;

pub use decode::decode;
pub use error::{Error, Result};
pub use insert::{list_of, map_of, with_entry, with_item, with_only};
pub use near::{near, slip};
pub use node::{Key, Map, Node, Value};
pub use place::Place;
pub use reader::{parse, parse_vaulted};
pub use secret::{Secret, Secrets};
pub use unsaid::{sides, without_secrets};
pub use vault::{VaultPasswords, hex};
pub use write::{with_key, with_value, without_key};
