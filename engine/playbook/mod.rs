//! YAML → [`Playbook`] of [`Play`]s and [`Task`]s: the strict subset of Ansible's syntax.
//!
//! A file is found by [`Source`] and read by `loader` and the files beside it, which keep every
//! mistake and go on: `plays`, `tasks`, `repeats` and `fields` read keywords, `args` the parameters
//! of modules, `notices` what only a whole play shows. [`keywords`] is the subset as tables.

mod args;
pub mod docs;
mod fields;
mod free_form;
pub mod keywords;
mod loader;
mod notices;
mod play;
mod plays;
mod repeats;
mod serial;
mod source;
mod spec;
mod syntax;
mod tags;
mod task;
mod tasks;

pub use play::{Play, Playbook};
pub use serial::Serial;
pub use source::{Folder, Source};
pub use spec::{Kind, ModuleSpec, Parameter, Vocabulary};
pub use tags::Selection;
pub use task::{Block, Item, LoopControl, Task, Until};
