//! What is asked about a node, word for word alike for all who ask: a module, a rollout, a drift check, a status. Equal
//! questions are asked once and answered once.

use crate::cluster::Node;
use crate::modules::Wanted;
use crate::modules::copy::SHOWN;
use crate::script::Probe;

/// Where wmprov keeps what concerns a node: beside its Home, on the same file system.
#[must_use]
pub fn state_of(node: &Node) -> String {
    format!("{}.wmprov", node.home.display())
}

/// The name of its unit, as systemd says it.
#[must_use]
pub fn unit_of(node: &Node) -> String {
    format!("{}.service", node.unit)
}

/// Where its unit file lies.
#[must_use]
pub fn unit_path(node: &Node) -> String {
    format!("/etc/systemd/system/{}", unit_of(node))
}

/// Whether its Home is as wanted; else the rows of what is there.
#[must_use]
pub fn tree_probe(node: &Node, wanted: &Wanted) -> Probe {
    tree_probe_in(node, wanted, node.home.display().to_string())
}

/// The same of a folder that is to become its Home.
#[must_use]
pub fn tree_probe_in(node: &Node, wanted: &Wanted, folder: String) -> Probe {
    Probe::Tree {
        folder,
        expected: wanted.tree.clone(),
        owner: (node.user.clone(), node.group.clone()),
        rules: wanted.rules().clone(),
    }
}

/// What of its Home has changed since its server has started.
#[must_use]
pub fn since_probe(node: &Node, wanted: &Wanted) -> Probe {
    Probe::Since {
        home: node.home.display().to_string(),
        unit: unit_of(node),
        rules: wanted.rules().clone(),
    }
}

/// What is kept about it, and its unit.
#[must_use]
pub fn node_probe(node: &Node) -> Probe {
    Probe::Node {
        state: state_of(node),
        unit: unit_of(node),
    }
}

/// What was last written; with the rows of the Manifest where `whole`.
#[must_use]
pub fn kept_probe(node: &Node, whole: bool) -> Probe {
    Probe::Kept {
        state: state_of(node),
        whole,
    }
}

/// The text of a file of its Home, where it is not too long to show.
#[must_use]
pub fn content_probe(node: &Node, path: &str) -> Probe {
    Probe::Path {
        path: format!("{}/{path}", node.home.display()),
        content: SHOWN,
    }
}

/// The digest of a keystore that lies outside its Home.
#[must_use]
pub fn keystore_probe(path: &str) -> Probe {
    Probe::Path {
        path: path.to_owned(),
        content: 0,
    }
}

/// Which Java it has.
#[must_use]
pub fn java_probe(node: &Node) -> Probe {
    Probe::Java(node.java_home.clone())
}

/// What its running process is to show of itself; with the log, which may be long, where a start is awaited.
#[must_use]
pub fn process_probe(node: &Node, log: bool) -> Probe {
    let mut ports: Vec<u16> = node.ports.values().copied().collect();
    ports.sort_unstable();
    Probe::Process {
        state: state_of(node),
        home: node.home.display().to_string(),
        unit: unit_of(node),
        ports,
        log,
    }
}

/// A dump of the threads of its server.
#[must_use]
pub fn threads_probe(node: &Node) -> Probe {
    Probe::Threads {
        home: node.home.display().to_string(),
        unit: unit_of(node),
        java: node.java_home.clone(),
    }
}
