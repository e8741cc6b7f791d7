//! Artifacts that nodes of one cluster have not deployed alike, as findings.

use std::collections::BTreeMap;

use crate::cluster::Cluster;
use crate::modules::artifacts;
use crate::script::Artifacts;

use super::finding::{Class, Finding, Kind};

/// What the nodes of `cluster` that were asked differ in, each finding with its host.
#[must_use]
pub fn compare(cluster: &Cluster, seen: &BTreeMap<String, Artifacts>) -> Vec<(String, Finding)> {
    artifacts::compare(cluster, seen)
        .into_iter()
        .map(|one| {
            let mut finding =
                Finding::new(one.path, Kind::Artifacts, Class::Drift).of_node(&one.node);
            (finding.expected, finding.observed) = (one.expected, one.observed);
            (one.host, finding)
        })
        .collect()
}
