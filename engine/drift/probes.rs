//! The questions of a drift check about one node. Those that tasks ask as well are the same, and asked once.

use crate::cluster::Node;
use crate::modules::{Wanted, state_of};
use crate::script::Probe;

use super::artifacts::FOLDER;
use super::home::SHOWN;

/// Where its unit file lies.
pub(super) fn unit_path(node: &Node) -> String {
    format!("/etc/systemd/system/{}.service", node.unit)
}

/// Whether its Home is as wanted.
pub(super) fn tree_probe(node: &Node, wanted: &Wanted) -> Probe {
    Probe::Tree {
        folder: node.home.display().to_string(),
        expected: wanted.tree.clone(),
        owner: (node.user.clone(), node.group.clone()),
        rules: wanted.rules().clone(),
    }
}

/// What is kept about it, and its unit.
pub(super) fn node_probe(node: &Node) -> Probe {
    Probe::Node {
        state: state_of(node),
        unit: format!("{}.service", node.unit),
    }
}

/// What was last written; the rows of the Manifest where `whole`.
pub(super) fn kept_probe(node: &Node, whole: bool) -> Probe {
    Probe::Kept {
        state: state_of(node),
        whole,
    }
}

/// What it has deployed.
pub(super) fn artifacts_probe(node: &Node) -> Probe {
    Probe::Artifacts {
        folder: format!("{}/{FOLDER}", node.home.display()),
    }
}

/// The text of a file of its Home.
pub(super) fn content_probe(node: &Node, path: &str) -> Probe {
    Probe::Path {
        path: format!("{}/{path}", node.home.display()),
        content: SHOWN,
    }
}
