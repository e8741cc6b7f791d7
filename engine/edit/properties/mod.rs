//! Edits of Java properties (`key`) and of ini files (`[section]key`), all else kept.
//!
//! Java: ISO-8859-1, `\` escapes and continuation lines, `=`, `:` or a blank behind the key, comments
//! with `#` and `!`. Ini: no escapes, `=` or `:`, comments with `#` and `;`. Keys are case-sensitive.

mod edit;
mod parse;
#[cfg(test)]
mod tests;
mod write;

pub(super) use edit::evaluate;
pub use edit::{PropertiesEdit, PropertiesVerb};
