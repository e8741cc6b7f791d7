//! `ssh_config` → the options that hold for one host. `ssh -G` is the oracle in the tests.
//!
//! What does not matter to a provisioning run is passed over; what would change where a connection
//! goes or whom it trusts, and is not supported, is refused by name.

mod config;
mod pattern;
mod setting;
mod words;

use std::path::PathBuf;
use std::time::Duration;

pub use config::{SshConfig, SshConfigs};
pub(super) use pattern::wildcard;
pub(super) use words::seconds;

/// The options of one host; the first value that is found for an option wins, lists add up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SshOptions {
    /// `HostName`, `%h` filled in.
    pub host_name: Option<String>,
    /// `Port`.
    pub port: Option<u16>,
    /// `User`.
    pub user: Option<String>,
    /// `IdentityFile`, in order.
    pub identities: Vec<PathBuf>,
    /// `CertificateFile`, in order.
    pub certificates: Vec<PathBuf>,
    /// `IdentitiesOnly`.
    pub identities_only: Option<bool>,
    /// `IdentityAgent`; `None` inside for `none`.
    pub agent: Option<Option<PathBuf>>,
    /// `ProxyJump`, as written; `none` for none.
    pub proxy_jump: Option<String>,
    /// `UserKnownHostsFile`.
    pub user_known_hosts: Option<Vec<PathBuf>>,
    /// `GlobalKnownHostsFile`.
    pub global_known_hosts: Option<Vec<PathBuf>>,
    /// `StrictHostKeyChecking`, as written.
    pub strict: Option<String>,
    /// `ConnectTimeout`.
    pub connect_timeout: Option<Duration>,
    /// `ServerAliveInterval`.
    pub alive_interval: Option<Duration>,
    /// `ServerAliveCountMax`.
    pub alive_max: Option<u32>,
    /// `HostKeyAlias`.
    pub host_key_alias: Option<String>,
    /// `HashKnownHosts`.
    pub hash_known_hosts: Option<bool>,
}

#[cfg(test)]
mod tests;
