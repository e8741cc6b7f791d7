//! What modules know beyond their task: the clusters of the inventory and the desired Home of each node.

use crate::cluster::{Cluster, Node};

/// The clusters of a run.
#[derive(Debug, Default)]
pub struct World {
    /// The clusters, as derived and checked.
    pub clusters: Vec<Cluster>,
}

impl World {
    /// The cluster and the node of these names.
    #[must_use]
    pub fn node(&self, cluster: &str, node: &str) -> Option<(&Cluster, &Node)> {
        let cluster = self.clusters.iter().find(|known| known.name == cluster)?;
        let node = cluster.nodes.iter().find(|known| known.name == node)?;
        Some((cluster, node))
    }
}
