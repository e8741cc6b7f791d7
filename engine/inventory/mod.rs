//! The user's inventory files → [`Inventory`]: hosts, groups and variables, as Ansible reads them.

mod beside;
mod extra;
mod host;
mod list;
mod load;
mod merge;
mod pattern;
mod range;
mod secrets;
mod ways;
mod without;

#[cfg(test)]
mod tests;

pub use host::{Group, Host, Inventory, Vars};
pub use load::LoadOptions;
pub use pattern::HostPattern;
pub use without::without_host;
