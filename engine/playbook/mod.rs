//! YAML → [`Playbook`] of [`Play`]s and [`Task`]s: the strict subset of Ansible's syntax.

mod play;
mod spec;
mod task;

pub use play::{Play, Playbook, Serial};
pub use spec::{Kind, ModuleSpec, Parameter, Vocabulary};
pub use task::{Block, Item, LoopControl, Task, Until};
