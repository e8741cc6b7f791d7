//! Inventory + Product → [`Cluster`] of [`Node`]s: topology is derived here, never typed.
//!
//! [`derive()`] reads groups and variables into clusters; [`checks`] holds them against every trap
//! that shows before a connection; [`explain`] tells a trap's whole story; [`View`] is what
//! templates and playbooks see.

pub mod checks;
mod derive;
mod entry;
pub mod explain;
mod front;
mod gateway;
mod kind;
mod managers;
mod node;
mod nodes;
mod notes;
mod outline;
mod pattern;
mod usage;
pub mod variables;
mod vars;
mod view;

pub use checks::check;
pub use derive::{Lookup, derive, derive_with};
pub use front::{Balancer, CertificateFiles, Front, traffic};
pub use gateway::Gateway;
pub use kind::Kind;
pub use node::{Admin, Cluster, Member, Node, Overlay, Waiver, WorkerUi};
pub use notes::notes;
pub use pattern::{Pattern, pattern};
pub use view::{BalancerView, View};
