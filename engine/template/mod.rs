//! Expression + variables → value: minijinja with Ansible's filters and tests, strict about the undefined.

mod convert;
mod filters;
mod language;
mod limits;
mod scope;
#[cfg(test)]
mod tests;

pub use convert::{from_rendered, to_rendered};
pub use filters::from_json;
pub use language::Language;
pub use scope::Scope;
