//! Artifacts deployed on the nodes of one cluster, held against each other: the first manager's are the measure.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::{Cluster, Node};
use crate::script::Artifacts;

use super::finding::{Class, Finding, Kind};

/// Where artifacts lie below a Home.
pub const FOLDER: &str = "repository/deployment/server";

/// More differences of one node are summed up in one finding.
const SHOWN: usize = 50;

/// What the nodes of `cluster` that were asked differ in, each finding with its host.
#[must_use]
pub fn compare(cluster: &Cluster, seen: &BTreeMap<String, Artifacts>) -> Vec<(String, Finding)> {
    let mut asked = cluster
        .nodes
        .iter()
        .filter_map(|node| Some((node, seen.get(&node.name)?)));
    let Some((first, measure)) = asked.next() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (node, artifacts) in asked {
        let differing = differing(node, artifacts, first, measure);
        found.extend(differing.into_iter().map(|one| (node.host.clone(), one)));
    }
    found
}

fn differing(node: &Node, own: &Artifacts, first: &Node, measure: &Artifacts) -> Vec<Finding> {
    if own.digest == measure.digest {
        return Vec::new();
    }
    let folder = format!("{}/{FOLDER}", node.home.display());
    let one = |path: String| Finding::new(path, Kind::Artifacts, Class::Drift).of_node(&node.name);
    let sum = |artifacts: &Artifacts| {
        let digest: String = artifacts.digest.chars().take(12).collect();
        format!("{} files, sha256 {digest}…", artifacts.files)
    };
    let unlisted = |artifacts: &Artifacts| artifacts.rows.is_empty() && artifacts.files > 0;
    if unlisted(own) || unlisted(measure) {
        return vec![
            one(folder)
                .expected(format!("as on {}: {}", first.name, sum(measure)))
                .observed(sum(own)),
        ];
    }
    let (mine, theirs) = (rows(own), rows(measure));
    let paths: BTreeSet<&str> = mine.keys().chain(theirs.keys()).copied().collect();
    let paths = paths
        .into_iter()
        .filter(|path| mine.get(path) != theirs.get(path));
    let mut found: Vec<Finding> = paths
        .map(|path| {
            let words = |digest: Option<&&str>| digest.map(|digest| format!("sha256 {digest}…"));
            let mut finding = one(format!("{folder}/{path}"));
            finding.expected =
                words(theirs.get(path)).map(|text| format!("{text} as on {}", first.name));
            finding.observed = words(mine.get(path));
            finding
        })
        .collect();
    if found.len() > SHOWN {
        let more = found.len() - SHOWN;
        found.truncate(SHOWN);
        found.push(
            one(folder)
                .expected(format!("as on {}: {}", first.name, sum(measure)))
                .observed(format!("{more} more files differ")),
        );
    }
    found
}

fn rows(artifacts: &Artifacts) -> BTreeMap<&str, &str> {
    let rows = artifacts.rows.lines();
    rows.filter_map(|row| row.split_once(' '))
        .map(|(digest, path)| (path, digest))
        .collect()
}
