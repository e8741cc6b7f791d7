//! What the command line and the environment say about reaching hosts, the same for a whole run.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::SshConfigs;
use crate::yaml::Secret;

/// Asks for the passphrase of a key file; called before any connection, never while progress shows.
#[derive(Clone)]
pub struct Passphrases(Arc<Ask>);

type Ask = dyn Fn(&Path) -> Option<Secret> + Send + Sync;

impl Passphrases {
    /// Wraps the question; `None` as its answer means that the key stays locked and is not offered.
    pub fn new(ask: impl Fn(&Path) -> Option<Secret> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    /// Asks for the passphrase of `key`.
    #[must_use]
    pub fn ask(&self, key: &Path) -> Option<Secret> {
        (self.0)(key)
    }
}

impl fmt::Debug for Passphrases {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Passphrases")
    }
}

/// A host's key that the user has agreed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedKey {
    /// The host's name in the inventory.
    pub host: String,
    /// `SHA256:…`, as `ssh-keygen -l` shows it.
    pub fingerprint: String,
}

/// Settings of a run for all its connections; a host's variables and `ssh_config` win over them.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// Login name where the host's variables give none (`--user`).
    pub user: Option<String>,
    /// Key files where the host's variables give none (`--private-key`).
    pub private_keys: Vec<PathBuf>,
    /// Login password where the host's variables give none.
    pub password: Option<Secret>,
    /// Sudo password where the host's variables give none (`--become-password-file`).
    pub become_password: Option<Secret>,
    /// Learn the keys of hosts that are not in any `known_hosts` file (`--accept-new`).
    pub accept_new: bool,
    /// The key of one host that is taken in place of what is known of it.
    pub accept_key: Option<AcceptedKey>,
    /// The user's home, for `~`, default keys and `known_hosts`.
    pub home: PathBuf,
    /// The user's own login name, the default on hosts.
    pub local_user: String,
    /// The agent's socket.
    pub agent: Option<PathBuf>,
    /// `ssh_config` files, the one that wins first.
    pub config: Vec<PathBuf>,
    /// What of such files this run has read.
    pub configs: SshConfigs,
    /// `known_hosts` files of the machine.
    pub global_known_hosts: Vec<PathBuf>,
    /// How long TCP may take where nothing else says; also the limit of the SSH greeting.
    pub connect_timeout: Duration,
    /// How long key exchange and login may take together.
    pub login_timeout: Duration,
    /// How long a host may take to open a channel or to start a command.
    pub channel_timeout: Duration,
    /// How often connecting is tried again; a refused login never is.
    pub retries: u32,
    /// Who knows the passphrases of encrypted keys.
    pub passphrases: Option<Passphrases>,
}

impl ConnectOptions {
    /// The settings that an `ssh` client would start with: `HOME`, `USER`, `SSH_AUTH_SOCK`, the
    /// usual files.
    #[must_use]
    pub fn from_environment() -> Self {
        let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
        let local_user = local_user().unwrap_or_else(|| "root".to_owned());
        Self {
            agent: std::env::var_os("SSH_AUTH_SOCK")
                .filter(|socket| !socket.is_empty())
                .map(PathBuf::from),
            config: vec![
                home.join(".ssh/config"),
                PathBuf::from("/etc/ssh/ssh_config"),
            ],
            global_known_hosts: vec![
                PathBuf::from("/etc/ssh/ssh_known_hosts"),
                PathBuf::from("/etc/ssh/ssh_known_hosts2"),
            ],
            ..Self::bare(home, local_user)
        }
    }

    /// Settings that read no file but those under `home/.ssh` that are keys and `known_hosts`.
    #[must_use]
    pub fn bare(home: PathBuf, local_user: String) -> Self {
        Self {
            user: None,
            private_keys: Vec::new(),
            password: None,
            become_password: None,
            accept_new: false,
            accept_key: None,
            home,
            local_user,
            agent: None,
            config: Vec::new(),
            configs: SshConfigs::default(),
            global_known_hosts: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            login_timeout: Duration::from_secs(30),
            channel_timeout: Duration::from_secs(30),
            retries: 6,
            passphrases: None,
        }
    }
}

/// The name of who runs this: by the environment, else, as in a container or a unit that has none, by what the system says
/// of this process.
#[must_use]
pub fn local_user() -> Option<String> {
    static SYSTEM: OnceLock<Option<String>> = OnceLock::new();
    let named = |name: &str| std::env::var(name).ok().filter(|user| !user.is_empty());
    let system = || {
        let said = std::process::Command::new("id").arg("-un").output();
        let said = said.ok().filter(|said| said.status.success())?;
        let user = String::from_utf8(said.stdout).ok()?.trim().to_owned();
        Some(user).filter(|user| !user.is_empty())
    };
    named("USER")
        .or_else(|| named("LOGNAME"))
        .or_else(|| SYSTEM.get_or_init(system).clone())
}
