//! What hosts said of the keystores that lie outside Homes → which nodes of a cluster have others than the rest.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::checks::Check;
use crate::modules::{KeystoreApart, keystore_probe, keystores_apart};
use crate::run::Context;
use crate::run::host::HostRun;
use crate::script::Answer;

/// A line for each keystore that is not the same on all nodes of a cluster that were asked (procedure 7, row 56).
pub(super) fn keystore_lines(context: &Context, hosts: &BTreeMap<String, HostRun>) -> Vec<String> {
    let mut lines = Vec::new();
    for cluster in &context.world.clusters {
        let apart = keystores_apart(cluster, &|node, path| match hosts
            .get(&node.host)?
            .answer(&keystore_probe(path))
        {
            Some(Answer::Path(file)) => Some(file.as_ref().map(|file| file.sha256.as_str())),
            _ => None,
        });
        let mut told = BTreeSet::new();
        let first = apart.iter().filter(|one| told.insert(one.path));
        lines.extend(first.map(|one| {
            let message = format!("cluster `{}`: {}", cluster.name, words(one));
            Check::cite("WM056", message).to_string()
        }));
    }
    lines
}

fn words(apart: &KeystoreApart<'_>) -> String {
    let (path, node) = (apart.path, &apart.node.name);
    match (apart.digest, apart.measure) {
        (Some(_), Some((first, _))) => {
            format!("`{path}` of `{node}` is another keystore than that of `{first}`")
        }
        _ => format!("there is no keystore `{path}` for `{node}`"),
    }
}
