//! How artifacts go between the nodes of a cluster: `carbon_sync` lets the active manager's key in and has it push,
//! `carbon_artifacts` holds the deployed trees against each other, `carbon_handover` takes them from one active manager to
//! the next, `carbon_store` keeps the repository that they go through. Scripts and units are the playbook's own.

mod alike;
pub mod artifacts;
mod handover;
mod keep;
mod store;

pub use alike::ArtifactsWork;
pub use handover::{HandoverWork, committer_mark};
pub use keep::{KeyLine, SyncPaths, SyncWork};
pub use store::STORE;

pub(super) use alike::CarbonArtifacts;
pub(super) use handover::CarbonHandover;
pub(super) use keep::CarbonSync;
pub(super) use store::CarbonStore;
