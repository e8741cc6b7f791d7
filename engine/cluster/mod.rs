//! Inventory + Product → [`Cluster`] of [`Node`]s: topology is derived here, never typed.

mod node;

pub use node::{Cluster, Member, Node, Waiver};
