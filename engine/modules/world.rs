//! What modules know beyond their task: the clusters of the inventory and the desired Home of each node.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::carbon::bundle::{Tier, UiCut};
use crate::carbon::{DesiredHome, Jdk, TreeRules, Workshop};
use crate::catalogue::Role;
use crate::cluster::{Cluster, JavaPack, Node, notes};
use crate::modules::Certificates;
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
    pub cut: Arc<UiCut>,
    /// The pack itself names its kernel, the catalogue's.
    pub names_kernel: bool,
}

impl Wanted {
    /// Computes what is wanted of a node.
    ///
    /// # Errors
    /// Where an edit, a template or an overlay is wrong.
    pub fn compute(cluster: &Cluster, node: &Node, workshop: &Workshop<'_>) -> Result<Self> {
        let stock = workshop.stock();
        let home = DesiredHome::compute(cluster, node, workshop)?;
        Ok(Self {
            tree: home.tree_digest().to_string(),
            start: home.start_digest().to_string(),
            java: stock.pack().java(&cluster.release),
            cut: Arc::clone(stock.cut()),
            names_kernel: stock.names_kernel(),
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
    /// The JDKs that are brought to hosts, by their archives.
    pub jdks: BTreeMap<PathBuf, Arc<Jdk>>,
    /// The certificates of load balancers and repositories' servers that the user gives.
    pub certificates: Certificates,
    /// What could not be done and stops nobody, for whoever shows progress.
    pub warnings: Vec<String>,
}

impl World {
    /// What the operators of these clusters have to know, the packs' own obstacles among it.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let of_cluster = |cluster: &Cluster| {
            let mut told = notes(cluster);
            let worker = cluster.of_role(Role::Worker).next();
            let wanted = worker.and_then(|worker| {
                let key = (cluster.name.clone(), worker.name.clone());
                self.wanted.get(&key)
            });
            if let Some(wanted) = wanted {
                told.extend(obstacles(cluster, &wanted.cut));
                // A pack of another kernel has been refused: one that names its kernel proves the entry.
                if let (true, Some(inferred)) = (wanted.names_kernel, cluster.release.inferred()) {
                    told.retain(|note| !note.ends_with(&inferred));
                }
            }
            told
        };
        self.clusters.iter().flat_map(of_cluster).collect()
    }

    /// The cluster and the node of these names.
    ///
    /// # Errors
    /// Where there is no such node.
    pub fn placed(&self, cluster: &str, node: &str) -> Result<(&Cluster, &Node)> {
        let found = self
            .clusters
            .iter()
            .filter(|known| known.name == cluster)
            .find_map(|known| Some((known, known.nodes.iter().find(|one| one.name == node)?)));
        found.ok_or_else(|| {
            Error::new(format!(
                "there is no node `{node}` in a cluster `{cluster}`"
            ))
        })
    }

    /// The JDK that is brought to a node's host, and where from; none where one is there.
    ///
    /// # Errors
    /// Where there is no such node, or its archive was not opened.
    pub fn jdk(&self, cluster: &str, node: &str) -> Result<Option<(&JavaPack, &Jdk)>> {
        let found = self.opened(cluster, node)?;
        Ok(found.map(|(pack, jdk)| (pack, jdk.as_ref())))
    }

    /// The same, to be held while it is sent.
    ///
    /// # Errors
    /// As [`World::jdk`].
    pub fn shared_jdk(&self, cluster: &str, node: &str) -> Result<Option<(&JavaPack, Arc<Jdk>)>> {
        let found = self.opened(cluster, node)?;
        Ok(found.map(|(pack, jdk)| (pack, Arc::clone(jdk))))
    }

    fn opened(&self, cluster: &str, node: &str) -> Result<Option<(&JavaPack, &Arc<Jdk>)>> {
        let (_, found) = self.placed(cluster, node)?;
        let Some(pack) = &found.java_pack else {
            return Ok(None);
        };
        let jdk = self.jdks.get(&pack.path).ok_or_else(|| {
            let message = format!("`java_pack` `{}` was not opened here", pack.path.display());
            Error::at(&pack.place, message)
        })?;
        Ok(Some((pack, jdk)))
    }

    /// The cluster and the node of these names, and what is wanted of it.
    ///
    /// # Errors
    /// Where there is no such node.
    pub fn node(&self, cluster: &str, node: &str) -> Result<(&Cluster, &Node, &Wanted)> {
        let (in_cluster, found) = self.placed(cluster, node)?;
        let key = (cluster.to_owned(), node.to_owned());
        let wanted = self.wanted.get(&key).ok_or_else(|| {
            Error::new(format!(
                "nothing is wanted of node `{node}` in cluster `{cluster}` here"
            ))
        })?;
        Ok((in_cluster, found, wanted))
    }
}

/// Why workers keep more of the UI than they might (design 5.1).
fn obstacles(cluster: &Cluster, cut: &UiCut) -> Option<String> {
    let (first, more) = cut.obstacles.split_first()?;
    let kept = match cut.tier {
        Tier::Keep => "keep the whole UI",
        Tier::T1 | Tier::T2 => "keep the console's login page (no login works there)",
    };
    let others = match more.len() {
        0 => String::new(),
        count => format!("; {count} more like it"),
    };
    Some(format!(
        "cluster `{}`: workers {kept}: {first}{others}",
        cluster.name
    ))
}
