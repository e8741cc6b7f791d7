//! What modules know beyond their task: the clusters of the inventory and the desired Home of each node.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::carbon::bundle::UiCut;
use crate::carbon::{DesiredHome, Stock, TreeRules};
use crate::cluster::{Cluster, Node};
use crate::yaml::{Error, Result};

/// A node with all that is wanted of it, computed before the first connection.
#[derive(Debug)]
pub struct Wanted {
    /// Its Home.
    pub home: DesiredHome,
    /// SHA-256 over the rows that must be on disk.
    pub tree: String,
    /// SHA-256 over what a running process must have been started with.
    pub start: String,
    /// Java feature versions that it runs on.
    pub java: Vec<u16>,
    /// What of the UI goes from workers.
    pub cut: UiCut,
}

impl Wanted {
    /// Computes what is wanted of a node.
    ///
    /// # Errors
    /// Where an edit, a template or an overlay is wrong.
    pub fn compute(cluster: &Cluster, node: &Node, stock: &Arc<Stock>) -> Result<Self> {
        let home = DesiredHome::compute(cluster, node, stock)?;
        Ok(Self {
            tree: home.tree_digest().to_string(),
            start: home.start_digest().to_string(),
            java: stock.pack().java(&cluster.release),
            cut: stock.cut().clone(),
            home,
        })
    }

    /// How a host finds the owned paths.
    #[must_use]
    pub fn rules(&self) -> &TreeRules {
        self.home.rules()
    }
}

/// The clusters of a run.
#[derive(Debug, Default)]
pub struct World {
    /// The clusters, as derived and checked.
    pub clusters: Vec<Cluster>,
    /// What is wanted of each node, by cluster and node name.
    pub wanted: BTreeMap<(String, String), Wanted>,
}

impl World {
    /// The cluster and the node of these names, and what is wanted of it.
    ///
    /// # Errors
    /// Where there is no such node.
    pub fn node(&self, cluster: &str, node: &str) -> Result<(&Cluster, &Node, &Wanted)> {
        let unknown = || {
            Error::new(format!(
                "there is no node `{node}` in a cluster `{cluster}`"
            ))
        };
        let in_cluster = self
            .clusters
            .iter()
            .find(|known| known.name == cluster)
            .ok_or_else(unknown)?;
        let found = in_cluster
            .nodes
            .iter()
            .find(|known| known.name == node)
            .ok_or_else(unknown)?;
        let key = (cluster.to_owned(), node.to_owned());
        let wanted = self.wanted.get(&key).ok_or_else(unknown)?;
        Ok((in_cluster, found, wanted))
    }
}

/// Where wmprov keeps what concerns a node: beside its Home, on the same file system.
#[must_use]
pub fn state_of(node: &Node) -> String {
    format!("{}.wmprov", node.home.display())
}
