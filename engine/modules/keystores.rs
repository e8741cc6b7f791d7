//! Keystores outside Homes, held against each other over the nodes of a cluster: the first that has one is the measure.

use std::collections::BTreeMap;

use crate::cluster::checks::keystores_outside;
use crate::cluster::{Cluster, Node};

/// A node whose keystore is not that of its cluster.
#[derive(Clone, Debug)]
pub struct KeystoreApart<'a> {
    /// The node.
    pub node: &'a Node,
    /// The keystore's path on its host.
    pub path: &'a str,
    /// Its digest; [`None`] where nothing is there.
    pub digest: Option<&'a str>,
    /// The first node that has one, and its digest.
    pub measure: Option<(&'a str, &'a str)>,
}

/// The nodes of `cluster` that have another keystore than the first that has one, or none; `held` says what lies at a node's
/// path, as far as its host has told.
#[must_use]
pub fn keystores_apart<'a>(
    cluster: &'a Cluster,
    held: &dyn Fn(&'a Node, &'a str) -> Option<Option<&'a str>>,
) -> Vec<KeystoreApart<'a>> {
    let mut told: BTreeMap<&str, Vec<(&Node, Option<&str>)>> = BTreeMap::new();
    for node in &cluster.nodes {
        for path in keystores_outside(node) {
            if let Some(digest) = held(node, path) {
                told.entry(path).or_default().push((node, digest));
            }
        }
    }
    let mut apart = Vec::new();
    for (path, nodes) in told {
        let named: Vec<_> = nodes
            .iter()
            .map(|(node, held)| (&*node.name, *held))
            .collect();
        let (measure, others) = unlike(&named);
        let others = nodes.into_iter().zip(others).filter(|(_, other)| *other);
        apart.extend(others.map(|((node, digest), _)| KeystoreApart {
            node,
            path,
            digest,
            measure,
        }));
    }
    apart
}

/// Nodes and the digests of what they hold → the first that holds something, and which hold something else, or nothing.
fn unlike<'a>(held: &[(&'a str, Option<&'a str>)]) -> (Option<(&'a str, &'a str)>, Vec<bool>) {
    let mut with = held.iter();
    let measure = with.find_map(|(node, digest)| Some((*node, (*digest)?)));
    let wanted = measure.map(|(_, digest)| digest);
    let others = held.iter();
    let others = others.map(|(_, digest)| digest.is_none() || *digest != wanted);
    (measure, others.collect())
}

#[cfg(test)]
mod tests {
    use super::unlike;

    #[test]
    fn who_has_another_or_none_is_told() {
        let (a, b) = (Some("a"), Some("b"));
        assert_eq!(unlike(&[]), (None, vec![]));
        assert_eq!(
            unlike(&[("m", a), ("w", a)]),
            (Some(("m", "a")), vec![false, false])
        );
        assert_eq!(
            unlike(&[("m", a), ("w", b)]),
            (Some(("m", "a")), vec![false, true])
        );
        assert_eq!(
            unlike(&[("m", None), ("w", b)]),
            (Some(("w", "b")), vec![true, false])
        );
        assert_eq!(unlike(&[("m", None)]), (None, vec![true]));
    }
}
