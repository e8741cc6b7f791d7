//! Cluster + Pack → the desired Home of each node, and the proof of role of a running one.

pub mod bundle;
mod digest;
pub mod home;
pub mod jdk;
pub mod keystore;
pub mod log;
pub mod pack;
pub mod proof;
mod tables;
pub mod vault;

pub use digest::{Digest, Hasher};
pub use home::{
    Class, Content, Desired, DesiredHome, Kind, Row, Stock, TreeRules, Workshop, knows_verbs,
};
pub use jdk::Jdk;
pub use pack::{OpenOptions, Pack, PackError};
pub use tables::Tables;
