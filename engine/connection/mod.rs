//! Bytes to and from a host: SSH (russh) or the local machine. Knows nothing of what is asked.
//!
//! [`Target::resolve`] turns variables and `ssh_config` into how one host is reached;
//! [`Connector::connect`] reaches it; [`Connection::exec`] and [`Connection::tunnel`] move bytes.

mod agent;
mod arguments;
mod channel;
mod connector;
mod drain;
mod error;
mod host_key;
mod keys;
mod known_hosts;
mod local;
mod login;
mod open;
mod options;
mod pace;
mod queue;
mod resolve;
mod session;
mod signer;
mod ssh_config;
mod stdin;
mod target;
mod wire;

pub use channel::{Counters, Ended, Exec, Status};
pub use connector::Connector;
pub use error::{ConnectError, Phase};
pub use known_hosts::{KnownHosts, Learned, Verdict};
pub use open::{Connection, Tunnel};
pub use options::{AcceptedKey, ConnectOptions, Passphrases, local_user};
pub use resolve::check_names;
pub use ssh_config::{SshConfig, SshConfigs, SshOptions};
pub use target::{HostKeyPolicy, Target};
