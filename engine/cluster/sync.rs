//! How artifacts go from the active manager to the other nodes of a cluster: who sends, who receives, through what.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::svn::{self, Repository};
use super::{BalancerView, Cluster, Node};
use crate::catalogue::Role;
use crate::inventory::Vars;
use crate::yaml::{Error, Result};

/// The way of a cluster's artifacts (`carbon_artifact_sync`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ArtifactSync {
    /// Whoever deploys sees to it.
    #[default]
    None,
    /// The active manager pushes its folders to every other node.
    Rsync(Push),
    /// The active manager commits to a repository, from which all nodes check out.
    Svn(Repository),
    /// Every node has the same file system mounted where its artifacts lie.
    Shared,
}

impl std::fmt::Display for ArtifactSync {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::None => "none",
            Self::Rsync(_) => "rsync",
            Self::Svn(_) => "svn",
            Self::Shared => "shared",
        })
    }
}

/// How the active manager pushes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// The pause between two pushes.
    pub interval: Duration,
    /// A push that would delete more than this on a node is refused.
    pub most_deletions: u64,
}

/// The variables that only a push reads.
const OF_PUSH: [&str; 2] = ["carbon_sync_interval", "carbon_sync_max_deletions"];

impl ArtifactSync {
    /// Reads it from a cluster's variables, whose kinds have been checked.
    pub(super) fn read(vars: &Vars, beside: &Path) -> Result<Self> {
        let number = |name: &str, default: u64| match vars.get(name) {
            Some(set) => set.int().map(i64::unsigned_abs),
            None => Ok(default),
        };
        let Some(set) = vars.get("carbon_artifact_sync") else {
            unused(vars, &["rsync", "svn"])?;
            return Ok(Self::None);
        };
        let word = set.text()?;
        let others: Vec<&str> = ["rsync", "svn"]
            .into_iter()
            .filter(|way| *way != word)
            .collect();
        unused(vars, &others)?;
        // What else the word may be its kind has refused.
        Ok(match word {
            "rsync" => Self::Rsync(Push {
                interval: Duration::from_secs(number(OF_PUSH[0], 60)?),
                most_deletions: number(OF_PUSH[1], 50)?,
            }),
            "svn" => Self::Svn(Repository::read(vars, beside)?),
            "shared" => Self::Shared,
            _ => Self::None,
        })
    }

    /// The push, where artifacts go by one.
    #[must_use]
    pub fn push(&self) -> Option<&Push> {
        match self {
            Self::Rsync(push) => Some(push),
            Self::None | Self::Shared | Self::Svn(_) => None,
        }
    }
}

/// A variable that only one of these ways reads must not be set where the cluster goes another.
fn unused(vars: &Vars, ways: &[&str]) -> Result<()> {
    for way in ways {
        let (names, what) = match *way {
            "rsync" => (&OF_PUSH[..], "nothing is pushed"),
            _ => (&svn::VARIABLES[..], "there is no repository"),
        };
        let set = names.iter().find_map(|name| Some((name, vars.get(*name)?)));
        if let Some((name, set)) = set {
            let message = format!("`{name}` is set, and {what}");
            let hint = format!("take it out, or set `carbon_artifact_sync: {way}`");
            return Err(Error::at(&set.place, message).hint(hint));
        }
    }
    Ok(())
}

impl Cluster {
    /// The node whose artifacts go to the others by a push.
    #[must_use]
    pub fn sender(&self) -> Option<&Node> {
        self.sync.push()?;
        self.managers(true).next()
    }

    /// The node that the others' artifacts are held against, where wmprov sees to them.
    #[must_use]
    pub fn measure(&self) -> Option<&Node> {
        match self.sync {
            ArtifactSync::None => None,
            ArtifactSync::Rsync(_) | ArtifactSync::Shared | ArtifactSync::Svn(_) => {
                self.managers(true).next()
            }
        }
    }

    /// The nodes that get their artifacts by a push.
    pub fn receivers(&self) -> impl Iterator<Item = &Node> {
        let sender = self.sender().map(|node| node.name.as_str());
        let nodes = self.nodes.iter();
        nodes.filter(move |node| sender.is_some_and(|sender| sender != node.name))
    }

    /// The managers that push nothing, and may have done so before.
    pub fn silent(&self) -> impl Iterator<Item = &Node> {
        let sender = self.sender().map(|node| node.name.as_str());
        let managers = self.of_role(Role::Manager);
        managers.filter(move |node| sender != Some(node.name.as_str()))
    }
}

/// The login shell of a server's user on a host: one only where a key may bring artifacts, or will once another manager
/// has become the sender.
#[must_use]
pub fn shell(clusters: &[Cluster], host: &str, user: &str) -> &'static str {
    let taking = clusters.iter().flat_map(|cluster| {
        let handed_over = cluster.of_role(Role::Manager).count() > 1;
        let sender = cluster.sender().filter(|_| handed_over);
        cluster.receivers().chain(sender)
    });
    let mut own = taking.filter(|node| node.host == host && node.user == user);
    match own.next() {
        Some(_) => "/bin/sh",
        None => "/usr/sbin/nologin",
    }
}

/// `node.sync.*`: a node's part in the sync.
#[derive(Clone, Debug, Serialize)]
pub struct SyncView {
    /// The cluster's name in units and paths.
    pub id: String,
    /// The folder on a host that holds what the sync needs.
    pub folder: String,
    /// The script that a sender's key may run on the node's host.
    pub receiver: String,
    /// Seconds between two pushes.
    pub interval: u64,
    /// The deletions that one push may make on a node.
    pub most_deletions: u64,
    /// The nodes that are sent to.
    pub receivers: Vec<ReceiverView>,
}

/// One node that is sent to.
#[derive(Clone, Debug, Serialize)]
pub struct ReceiverView {
    /// Its name.
    pub name: String,
    /// Its address as rsync takes it.
    pub address: String,
    /// The port of its host's sshd.
    pub port: u16,
    /// The server's user.
    pub user: String,
}

impl SyncView {
    /// The view of one node; [`None`] where its cluster pushes nothing.
    #[must_use]
    pub fn of(cluster: &Cluster, node: &Node) -> Option<Self> {
        let push = cluster.sync.push()?;
        let receiver = |node: &Node| ReceiverView {
            name: node.name.clone(),
            address: match node.member.address {
                std::net::IpAddr::V6(address) => format!("[{address}]"),
                address => address.to_string(),
            },
            port: node.ssh_port,
            user: node.user.clone(),
        };
        let own = node.name.replace('/', "-");
        let folder = format!("/var/lib/wmprov/sync-{}", BalancerView::id(cluster));
        Some(Self {
            id: BalancerView::id(cluster),
            receiver: format!("{folder}/receive-{own}"),
            folder,
            interval: push.interval.as_secs(),
            most_deletions: push.most_deletions,
            receivers: cluster.receivers().map(receiver).collect(),
        })
    }

    /// The unit that pushes, without `.service` and `.timer`.
    #[must_use]
    pub fn unit(cluster: &Cluster) -> String {
        format!("wmprov-sync-{}", BalancerView::id(cluster))
    }

    /// Where a receiving node's host lists the keys that may log in as the server's user: its home is the folder
    /// that the Home lies in.
    #[must_use]
    pub fn keys_of(node: &Node) -> PathBuf {
        let home = node.home.parent().map(PathBuf::from).unwrap_or_default();
        home.join(".ssh/authorized_keys")
    }
}

/// `node.share.*`: the mount that a node's artifacts lie on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShareView {
    /// Where it must be mounted.
    pub path: String,
    /// systemd's unit of that mount.
    pub unit: String,
}

impl ShareView {
    /// The view of one node; [`None`] where its cluster shares no file system.
    #[must_use]
    pub fn of(cluster: &Cluster, node: &Node) -> Option<Self> {
        if cluster.sync != ArtifactSync::Shared {
            return None;
        }
        let path = format!("{}/repository/deployment/server", node.home.display());
        let unit = format!("{}.mount", escaped(&path));
        Some(Self { path, unit })
    }
}

/// A path as systemd names units after it (`systemd-escape --path`).
fn escaped(path: &str) -> String {
    let mut name = String::new();
    for (at, byte) in path.trim_matches('/').bytes().enumerate() {
        match byte {
            b'/' => name.push('-'),
            b'.' if at == 0 => name.push_str("\\x2e"),
            b':' | b'_' | b'.' => name.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => name.push(char::from(byte)),
            _ => name.push_str(&format!("\\x{byte:02x}")),
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::escaped;

    /// What `systemd-escape --path` says of each.
    #[test]
    fn a_path_is_named_as_systemd_names_it() {
        for (path, name) in [
            ("/opt/wso2", "opt-wso2"),
            ("/opt/wso2esb-4.9.0/a_b", "opt-wso2esb\\x2d4.9.0-a_b"),
            ("/.x/é", "\\x2ex-\\xc3\\xa9"),
        ] {
            assert_eq!(escaped(path), name);
        }
    }
}
