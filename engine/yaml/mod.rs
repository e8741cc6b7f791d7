//! Text of the user's files → values that know their file, line and column.
//!
//! Every later room builds on [`Node`]: a value and the [`Place`] it was written at, so that an
//! error found anywhere can still name the line to mend.

mod error;
mod near;
mod node;
mod parse;
mod place;
mod secret;

pub use error::{Error, Result};
pub use near::near;
pub use node::{Key, Map, Node, Value};
pub use parse::parse;
pub use place::Place;
pub use secret::{Secret, Secrets};
