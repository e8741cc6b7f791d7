//! Why a host cannot be reached: one kind of error each, with the way out.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The phase of connecting in which time ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Looking up the name.
    Name,
    /// TCP.
    Connect,
    /// Waiting for the server's first line.
    Banner,
    /// Agreeing on keys.
    KeyExchange,
    /// Proving who we are.
    Login,
    /// Opening a channel or starting a command.
    Channel,
}

impl fmt::Display for Phase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Name => "name lookup",
            Self::Connect => "connect",
            Self::Banner => "banner",
            Self::KeyExchange => "key exchange",
            Self::Login => "login",
            Self::Channel => "channel",
        })
    }
}

/// A host that cannot be reached, or a connection that no longer works.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name has no address.
    #[error("the name `{address}` cannot be resolved")]
    NameNotResolved {
        /// The name.
        address: String,
        /// What the resolver says.
        source: io::Error,
    },
    /// TCP did not come about.
    #[error("`{address}` port {port} does not take connections")]
    NotConnected {
        /// Where to.
        address: String,
        /// Its port.
        port: u16,
        /// What the system says.
        source: io::Error,
    },
    /// A phase took longer than allowed.
    #[error("`{address}` does not answer in {after:?} ({phase})")]
    Timeout {
        /// Where to.
        address: String,
        /// What was being waited for.
        phase: Phase,
        /// The limit.
        after: Duration,
    },
    /// The server hung up before its SSH greeting, as sshd does beyond `MaxStartups`.
    #[error("`{address}` hangs up before its SSH greeting{}", in_words(.said))]
    HungUp {
        /// Where to.
        address: String,
        /// What it said instead, if anything.
        said: String,
    },
    /// No `known_hosts` file has a key of this host.
    #[error("the host key of `{host}` is not known: it shows {kind} {fingerprint}")]
    UnknownHostKey {
        /// As `known_hosts` would have it.
        host: String,
        /// The key's algorithm.
        kind: String,
        /// The key's fingerprint.
        fingerprint: String,
    },
    /// The host shows another key than the known one.
    #[error("the host key of `{host}` has changed: it shows {kind} {fingerprint}, known is {}", .known.join(", "))]
    ChangedHostKey {
        /// As `known_hosts` has it.
        host: String,
        /// The algorithm of the key that it shows.
        kind: String,
        /// The fingerprint of the key that it shows.
        fingerprint: String,
        /// Algorithm, fingerprint, file and line of each known key.
        known: Vec<String>,
    },
    /// The key, or the authority that signed it, is revoked.
    #[error("the host key of `{host}` is revoked: {kind} {fingerprint}, {file}:{line}", file = .file.display())]
    RevokedHostKey {
        /// As `known_hosts` has it.
        host: String,
        /// The algorithm of the key.
        kind: String,
        /// The fingerprint of the key.
        fingerprint: String,
        /// The file that revokes it.
        file: PathBuf,
        /// The line.
        line: u32,
    },
    /// The host's certificate is not good for this host now.
    #[error("the host certificate of `{host}` is not valid: {why}")]
    BadHostCertificate {
        /// As `known_hosts` has it.
        host: String,
        /// What is wrong with it.
        why: String,
    },
    /// The server did not let us in.
    #[error("`{address}` refuses the login of `{user}`: tried {}, it would take {}", listed(.tried), listed(.accepts))]
    RefusedLogin {
        /// Where to.
        address: String,
        /// As whom.
        user: String,
        /// Every method that was tried, keys with their file or comment.
        tried: Vec<String>,
        /// The methods that the server names.
        accepts: Vec<String>,
        /// What was not tried, and why.
        left_out: Vec<String>,
    },
    /// SSH went wrong otherwise.
    #[error("`{address}` fails in {phase}")]
    Protocol {
        /// Where to.
        address: String,
        /// The phase.
        phase: Phase,
        /// What russh says.
        source: russh::Error,
    },
    /// The server does not open another channel, or not to there.
    #[error("`{address}` opens no channel: {why}")]
    NoChannel {
        /// The host.
        address: String,
        /// Its reason.
        why: String,
    },
    /// The connection is gone.
    #[error("the connection to `{address}` is lost: {why}")]
    Lost {
        /// The host.
        address: String,
        /// The cause as far as it is known.
        why: String,
    },
    /// The host on the way cannot be passed.
    #[error("the jump host `{jump}` cannot be passed")]
    Jump {
        /// The jump host.
        jump: String,
        /// Why.
        source: Arc<ConnectError>,
    },
    /// A file that is needed for connecting cannot be read or written.
    #[error("`{}` cannot be used", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A local command cannot be started.
    #[error("no command can be started on this machine")]
    Local {
        /// What the system says.
        source: io::Error,
    },
    /// What russh says before it is known where.
    #[error(transparent)]
    Russh(#[from] russh::Error),
}

fn in_words(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(", it says `{text}`")
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}

impl ConnectError {
    /// The way out, one clear next step, where there is one.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NameNotResolved { .. } => {
                "set `ansible_host` to an address, or `HostName` in ssh_config".to_owned()
            }
            Self::NotConnected { .. } => {
                "check that sshd runs there, and `ansible_host` and `ansible_port`".to_owned()
            }
            Self::Timeout { phase, .. } => match phase {
                Phase::Name => "check the resolver of this machine".to_owned(),
                Phase::Connect => "check the address and the firewalls on the way".to_owned(),
                Phase::Banner => {
                    "something listens there that is no sshd, or it hangs; check the port".to_owned()
                }
                _ => "the host is overloaded or hangs; raise `ansible_ssh_timeout` if it is only slow"
                    .to_owned(),
            },
            Self::HungUp { said, .. } if said.starts_with("HTTP/") => {
                "that is no sshd but a web server or a proxy: check `ansible_host` and `ansible_port`, and that this machine is in the hosts' network".to_owned()
            }
            Self::HungUp { .. } => {
                "its sshd takes too few logins at once (`MaxStartups`) or has put this machine in penalty (`PerSourcePenalties`); lower `--forks` or wait".to_owned()
            }
            Self::UnknownHostKey { .. } => {
                "compare the fingerprint with `ssh-keygen -lf` on the host, then add it to known_hosts, or use `--accept-new`".to_owned()
            }
            Self::ChangedHostKey { host, .. } => format!(
                "if the host was installed anew, remove the old key with `ssh-keygen -R '{host}'`; else somebody is in between"
            ),
            Self::RevokedHostKey { .. } => "give the host a new key".to_owned(),
            Self::BadHostCertificate { .. } => {
                "have its authority sign the host key again, for this name".to_owned()
            }
            Self::RefusedLogin { left_out, .. } if !left_out.is_empty() => {
                format!("not tried: {}", left_out.join("; "))
            }
            Self::RefusedLogin { .. } => {
                "check `ansible_user` and `ansible_ssh_private_key_file`, and the key in the host's authorized_keys".to_owned()
            }
            Self::Protocol { .. } => "check what the host's sshd logs".to_owned(),
            Self::NoChannel { .. } => {
                "sshd allows `MaxSessions` commands at once on a connection, and tunnels with `AllowTcpForwarding`".to_owned()
            }
            Self::Jump { source, .. } => return source.hint(),
            Self::Lost { .. } => "run the command again; it goes on where it was".to_owned(),
            Self::File { .. } | Self::Local { .. } | Self::Russh(_) => return None,
        })
    }

    /// True where another try may succeed without anything being mended: only before any login.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::HungUp { .. } | Self::NotConnected { .. } => true,
            Self::Timeout { phase, .. } => *phase == Phase::Connect,
            _ => false,
        }
    }
}
