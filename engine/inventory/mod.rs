//! The user's inventory files → [`Inventory`]: hosts, groups and variables, as Ansible reads them.

mod host;

pub use host::{Group, Host, Inventory, Vars};
