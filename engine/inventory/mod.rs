//! The user's inventory files → [`Inventory`]: hosts, groups and variables, as Ansible reads them.

mod host;
mod list;
mod load;
mod merge;
mod pattern;
mod range;

pub use host::{Group, Host, Inventory, Vars};
pub use load::LoadOptions;
pub use pattern::HostPattern;
