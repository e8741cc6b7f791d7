//! `playbooks/products/*.yaml` → what each product version is, wants, and allows.
//!
//! Data, not code: a version that behaves like its neighbour is an entry in a file that says `like:`
//! and what differs. [`Catalogue::load`] reads the built-in entries and the user's own beside the
//! inventory; [`Catalogue::find`] gives a release, or says why not and what to do instead.

mod edits;
mod fields;
mod library;
mod page;
mod reader;
mod release;

pub use edits::{BESIDES, FORMATS, RESTARTS, STANDING, overlay, read_edits};
pub use library::{Catalogue, NotOffered};
pub use page::{page, rows};
pub use reader::BODY;
pub use release::{
    Access, Clustering, FileEdits, Kernel, Known, Operation, PathRules, Port, Profiles, Release,
    Restart, Role, Separation, WorkerRegistry,
};

#[cfg(test)]
mod tests;
