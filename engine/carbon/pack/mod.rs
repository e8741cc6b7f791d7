//! The product's zip on the control machine: checked, indexed once, read entry by entry.
//!
//! A pack is streamed and never held whole. Its index (path, size, mode, SHA-256 of every entry, and the
//! manifests of its bundles) is kept in a cache folder, so that a run that changes nothing does not inflate
//! it again (design 4.1).

pub(in crate::carbon) mod cache;
pub(in crate::carbon) mod entries;
mod error;
mod file;
mod index;
mod open;
mod patch_zip;
mod patches;
mod reader;
mod summary;
#[cfg(test)]
pub(in crate::carbon) mod tests;

pub use entries::{MOST_BYTES, MOST_ENTRIES, MOST_RATIO, SMALL};
pub use error::PackError;
pub use index::{Entry, Index};
pub use open::{OpenOptions, Pack, top_of};
pub use reader::PackReader;
pub use summary::{ProfileSummary, Summary};
