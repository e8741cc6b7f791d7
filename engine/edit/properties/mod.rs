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

/// Every key of a file of Java properties with its value, in the order of the file.
pub(super) fn entries(bytes: &[u8]) -> Vec<(String, String)> {
    let items = parse::parse(bytes, parse::Dialect::Java).into_iter();
    let entries = items.filter_map(|item| match item {
        parse::Item::Entry(entry) => Some((entry.key, entry.value)),
        _ => None,
    });
    entries.collect()
}
