//! The user's inventory files → [`Inventory`]: hosts, groups and variables, as Ansible reads them.

mod beside;
mod drafts;
mod extra;
mod host;
mod list;
mod load;
mod merge;
mod owner;
mod pattern;
mod range;
mod secrets;
mod ways;
mod without;

#[cfg(test)]
mod tests;

pub use drafts::Drafts;
pub use host::{Group, Host, Inventory, Vars};
pub use load::LoadOptions;
pub use owner::Owner;
pub use pattern::HostPattern;
pub use without::{without_group, without_host};
