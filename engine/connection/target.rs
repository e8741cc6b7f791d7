//! How one host is reached: the outcome of variables, `ssh_config` and the command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::yaml::Secret;

/// What to do about a host whose key is in no `known_hosts` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKeyPolicy {
    /// Refuse it.
    Strict,
    /// Learn it; a changed key is still refused.
    AcceptNew,
    /// Take any key, known or not; only where the user wrote so. A revoked key is still refused.
    Off,
}

/// Everything that is needed to reach one host.
#[derive(Clone, Debug)]
pub struct Target {
    /// The host's name in the inventory.
    pub name: String,
    /// The name or address to connect to.
    pub address: String,
    /// The port of its sshd.
    pub port: u16,
    /// The login name.
    pub user: String,
    /// Key files to offer, in this order.
    pub identities: Vec<PathBuf>,
    /// User certificates to offer (beside the `-cert.pub` next to a key).
    pub certificates: Vec<PathBuf>,
    /// Whether the identities were named by the user; default ones may be absent.
    pub identities_named: bool,
    /// Offer no other key of the agent than those named.
    pub identities_only: bool,
    /// The agent's socket.
    pub agent: Option<PathBuf>,
    /// The login password.
    pub password: Option<Secret>,
    /// What to do about an unknown host key.
    pub host_keys: HostKeyPolicy,
    /// The fingerprint of the one key that is taken, in place of what is known of the host.
    pub accepted_key: Option<String>,
    /// The name to look up in `known_hosts` instead of the address.
    pub host_key_alias: Option<String>,
    /// `known_hosts` files of the user; the first is where keys are learned.
    pub user_known_hosts: Vec<PathBuf>,
    /// `known_hosts` files of the machine.
    pub global_known_hosts: Vec<PathBuf>,
    /// Whether learned host names are hashed.
    pub hash_known_hosts: bool,
    /// Hosts to go through, the first one first.
    pub jumps: Vec<Target>,
    /// How long TCP may take, and the SSH greeting.
    pub connect_timeout: Duration,
    /// Silence after which the host is asked whether it is alive.
    pub keepalive_interval: Duration,
    /// Questions without answer after which the connection counts as lost.
    pub keepalive_max: u32,
    /// How often connecting is tried again.
    pub retries: u32,
    /// No SSH: commands run on this machine.
    pub local: bool,
    /// `ansible_become`, where the inventory says it.
    pub become_wanted: Option<bool>,
    /// `ansible_become_user`, where the inventory says it.
    pub become_user: Option<String>,
    /// The sudo program.
    pub become_exe: String,
    /// Sudo's password.
    pub become_password: Option<Secret>,
}

impl Target {
    /// The name by which `known_hosts` knows this host: the alias, else the address, in small
    /// letters.
    #[must_use]
    pub fn known_as(&self) -> (String, u16) {
        match &self.host_key_alias {
            Some(alias) => (alias.to_lowercase(), 22),
            None => (self.address.to_lowercase(), self.port),
        }
    }

    /// The way to this host's sshd, jumps included; what shares a way shares `MaxStartups`.
    #[must_use]
    pub(super) fn way(&self) -> String {
        let mut way = String::new();
        for jump in &self.jumps {
            way.push_str(&format!("{}@{}:{}>", jump.user, jump.address, jump.port));
        }
        way.push_str(&format!("{}:{}", self.address, self.port));
        way
    }
}
