//! Artifacts deployed on the nodes of one cluster, held against each other: the first manager's are the measure.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::{Cluster, Node};
use crate::script::{Artifacts, Probe};

/// Where artifacts lie below a Home.
pub const FOLDER: &str = "repository/deployment/server";

/// More differences of one node are summed up in one.
const SHOWN: usize = 50;

/// A path at which a node has not deployed what the measure has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlike {
    /// The node's cluster.
    pub cluster: String,
    /// The node's host.
    pub host: String,
    /// The node.
    pub node: String,
    /// The path on the host; the folder where many are summed up.
    pub path: String,
    /// What the measure has there; [`None`]: nothing.
    pub expected: Option<String>,
    /// What is there; [`None`]: nothing.
    pub observed: Option<String>,
    /// The measure's file of that name, where both have one.
    pub theirs: Option<Theirs>,
}

/// A file of the measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theirs {
    /// The node.
    pub node: String,
    /// Its host.
    pub host: String,
    /// The path there.
    pub path: String,
}

/// What a node has deployed.
#[must_use]
pub fn artifacts_probe(node: &Node) -> Probe {
    Probe::Artifacts {
        folder: format!("{}/{FOLDER}", node.home.display()),
    }
}

/// What the nodes of `cluster` that were asked differ in.
#[must_use]
pub fn compare(cluster: &Cluster, seen: &BTreeMap<String, Artifacts>) -> Vec<Unlike> {
    let mut asked = cluster
        .nodes
        .iter()
        .filter_map(|node| Some((node, seen.get(&node.name)?)));
    let Some((first, measure)) = asked.next() else {
        return Vec::new();
    };
    asked
        .flat_map(|(node, artifacts)| differing(cluster, node, artifacts, (first, measure)))
        .collect()
}

fn differing(
    cluster: &Cluster,
    node: &Node,
    own: &Artifacts,
    (first, measure): (&Node, &Artifacts),
) -> Vec<Unlike> {
    if own.digest == measure.digest {
        return Vec::new();
    }
    let folder = |node: &Node| format!("{}/{FOLDER}", node.home.display());
    let one = |path: String, expected: Option<String>, observed: Option<String>| Unlike {
        cluster: cluster.name.clone(),
        host: node.host.clone(),
        node: node.name.clone(),
        path,
        expected,
        observed,
        theirs: None,
    };
    let sum = |artifacts: &Artifacts| {
        let digest: String = artifacts.digest.chars().take(12).collect();
        format!("{} files, sha256 {digest}…", artifacts.files)
    };
    let whole = |observed: String| {
        let expected = format!("as on {}: {}", first.name, sum(measure));
        one(folder(node), Some(expected), Some(observed))
    };
    let synced = |path: &&&str| cluster.repository().is_none() || !is_skipped(path);
    let unlisted = |artifacts: &Artifacts| artifacts.rows.is_empty() && artifacts.files > 0;
    if unlisted(own) || unlisted(measure) {
        return vec![whole(sum(own))];
    }
    let (mine, theirs) = (rows(own), rows(measure));
    let all = mine.keys().chain(theirs.keys());
    let paths: BTreeSet<&str> = all.filter(synced).copied().collect();
    let paths = paths
        .into_iter()
        .filter(|path| mine.get(path) != theirs.get(path));
    let mut found: Vec<Unlike> = paths
        .map(|path| {
            let words = |digest: Option<&&str>| digest.map(|digest| format!("sha256 {digest}…"));
            let expected =
                words(theirs.get(path)).map(|text| format!("{text} as on {}", first.name));
            let both = mine.contains_key(path) && expected.is_some();
            let theirs = both.then(|| Theirs {
                node: first.name.clone(),
                host: first.host.clone(),
                path: format!("{}/{path}", folder(first)),
            });
            let path_here = format!("{}/{path}", folder(node));
            Unlike {
                theirs,
                ..one(path_here, expected, words(mine.get(path)))
            }
        })
        .collect();
    if found.len() > SHOWN {
        let more = found.len() - SHOWN;
        found.truncate(SHOWN);
        found.push(whole(format!("{more} more files differ")));
    }
    found
}

/// What Carbon's synchroniser leaves out of the repository: it stays where it is (procedure 3.1).
fn is_skipped(path: &str) -> bool {
    path.split('/')
        .any(|name| name.starts_with(['.', '~']) || name.ends_with(".bk"))
}

fn rows(artifacts: &Artifacts) -> BTreeMap<&str, &str> {
    let rows = artifacts.rows.lines();
    rows.filter_map(|row| row.split_once(' '))
        .map(|(digest, path)| (path, digest))
        .collect()
}

/// What differs, in a few words for one line.
#[must_use]
pub fn told(unlike: &[Unlike]) -> String {
    let word = |one: &Unlike| {
        let is = match (&one.expected, &one.observed) {
            (Some(_), None) => "is missing",
            (None, Some(_)) => "is a stranger",
            _ => "differs",
        };
        format!("{} {is} on {}", one.path, one.node)
    };
    let mut words: Vec<String> = unlike.iter().take(3).map(word).collect();
    if unlike.len() > words.len() {
        words.push(format!("{} more", unlike.len() - words.len()));
    }
    words.join("; ")
}
