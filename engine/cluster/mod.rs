//! Inventory + Product → [`Cluster`] of [`Node`]s: topology is derived here, never typed.
//!
//! [`derive()`] reads groups and variables into clusters; [`checks`] holds them against every trap
//! that shows before a connection; [`explain`] tells a trap's whole story; [`View`] is what
//! templates and playbooks see.

pub mod checks;
mod database;
mod derive;
mod dialect;
mod driver;
mod entry;
pub mod explain;
mod firewall;
mod front;
mod gateway;
mod java;
mod kind;
mod managers;
mod network;
mod node;
mod nodes;
mod notes;
mod outline;
mod overlay;
mod pattern;
mod shared;
mod svn;
pub mod sync;
mod usage;
pub mod variables;
mod vars;
mod view;

pub use checks::check;
pub use database::{
    Database, Databases, KEYS as DATABASE_KEYS, USES as DATABASES, Use, connections_at,
};
pub use derive::{Lookup, derive, derive_with, each_once};
pub use dialect::Dialect;
pub use firewall::{Firewall, FirewallView, Opening, OpeningView};
pub use front::{Balancer, CertificateFiles, Front, client_ports, names, standbys};
pub use gateway::Gateway;
pub use java::JavaPack;
pub use kind::Kind;
pub use network::Network;
pub use node::{Admin, Cluster, Member, Node, Waiver, WorkerUi};
pub use notes::notes;
pub use overlay::{KEYS as OVERLAY_KEYS, Overlay};
pub use pattern::{Pattern, pattern};
pub use shared::{MountView, SharedView, SourceView};
pub use svn::{Login, Repository, Store, StoreServer, SvnAddress, SvnScheme};
pub use sync::{ArtifactSync, ShareView, SyncView};
pub use view::{BalancerView, View};
