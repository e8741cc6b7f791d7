//! The keystores of a cluster's nodes are the same ones: what overlays bring, what edits name. What somebody changes on a
//! host afterwards is drift, as any file of a Home is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::super::{Cluster, Node};
use super::check::{Check, Finding, When};
use super::files::{Touch, touches};

/// Where keystores are in a Home.
const KEYSTORES: &str = "repository/resources/security";

/// How carbon.xml and catalina-server.xml write a node's own Home.
const HOME: &str = "${carbon.home}";

pub(super) const DIFFER: Check = Check {
    code: "WM056",
    title: "nodes of one cluster with different keystores",
    cause: "What one node signs or encrypts, tokens and vaulted passwords among it, another with other keys cannot read.",
    fix: "lay the same keystores over every node: put the overlay at the cluster",
    source: "procedure 7, row 56; procedure 2.9",
    waivable: true,
    when: When::Before(|clusters| {
        let mut findings = Vec::new();
        for cluster in clusters {
            findings.extend(brought(cluster));
            findings.extend(named(cluster));
            findings.extend(
                cluster
                    .nodes
                    .iter()
                    .filter_map(|node| outside(cluster, node)),
            );
        }
        findings
    }),
};

/// The first node whose overlays bring other keystores than those of the cluster's first.
fn brought(cluster: &Cluster) -> Option<Finding> {
    let (first, rest) = cluster.nodes.split_first()?;
    let keys = in_overlays(first);
    let node = rest.iter().find(|node| in_overlays(node) != keys)?;
    let message = format!(
        "the overlays of `{}` and `{}` ({}) hold different keystores",
        node.name,
        first.name,
        first.place_of("carbon_overlays")
    );
    let place = node.place_of("carbon_overlays");
    Some(Finding::of(cluster, place, message))
}

/// The keystores that a node's overlays bring, by name; a later overlay wins. A folder that cannot be read brings none here:
/// that it is missing is a check of its own. A file that cannot be read is none of another node's; with a pack at hand it is
/// an error by itself (`commands/expiry.rs`).
fn in_overlays(node: &Node) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    for overlay in &node.overlays {
        let Ok(entries) = overlay.path.join(KEYSTORES).read_dir() else {
            continue;
        };
        for file in entries.flatten().map(|entry| entry.path()) {
            let is_store = file
                .extension()
                .is_some_and(|end| end == "jks" || end == "p12");
            if let (true, Some(name)) = (is_store, file.file_name()) {
                found.insert(PathBuf::from(name), std::fs::read(&file).ok());
            }
        }
    }
    found
}

/// The first edit that names a keystore on one node and not so on another.
fn named(cluster: &Cluster) -> Option<Finding> {
    let (first, rest) = cluster.nodes.split_first()?;
    let wanted = locations(first);
    for node in rest {
        let own = locations(node);
        if own == wanted {
            continue;
        }
        let lone = |one: &Node, other: &BTreeSet<Location<'_>>| {
            let touch = touches(one).find(|touch| {
                locates(touch) && !other.contains(&(touch.path, touch.target, touch.to))
            })?;
            let (one, target) = (&one.name, touch.target);
            let message = format!(
                "an edit of node `{one}` decides `{target}`, which other nodes have elsewhere"
            );
            let hint =
                "make the edit at the cluster, so that every node has its keys from the same file";
            Some(Finding {
                hint: Some(hint.to_owned()),
                ..Finding::of(cluster, touch.place, message)
            })
        };
        return lone(node, &wanted).or_else(|| lone(first, &own));
    }
    None
}

/// The edits of a node that name a keystore outside its Home.
fn outside_home(node: &Node) -> impl Iterator<Item = Touch<'_>> {
    let inside = |path: &str| {
        !path.starts_with('/') && !path.starts_with("..") || Path::new(path).starts_with(&node.home)
    };
    touches(node).filter(move |touch| {
        locates(touch)
            && touch
                .to
                .is_some_and(|to| !to.starts_with("{{") && !inside(to))
    })
}

/// The keystores outside a node's Home, by full path: where that is waived, nothing but a look at each host tells whether
/// they are the same.
pub fn keystores_outside(node: &Node) -> impl Iterator<Item = &str> {
    let named = outside_home(node).filter_map(|touch| touch.to);
    named.filter(|path| path.starts_with('/'))
}

/// A keystore outside a node's Home: neither brought by wmprov, nor put back where somebody changes it.
fn outside(cluster: &Cluster, node: &Node) -> Option<Finding> {
    let touch = outside_home(node).next()?;
    let message = format!(
        "node `{}` has its keys from `{}`, outside its Home, where they are neither brought nor kept as they are",
        node.name,
        touch.to.unwrap_or_default()
    );
    let hint = format!(
        "lay the keystore over every node (`carbon_overlays`), and name it by `{HOME}/{KEYSTORES}/…`; waived, each plan and apply tells who has another"
    );
    Some(Finding {
        hint: Some(hint),
        ..Finding::of(cluster, touch.place, message)
    })
}

/// The file, the target in it, and what it is set to.
type Location<'a> = (&'a str, &'a str, Option<&'a str>);

fn locations(node: &Node) -> BTreeSet<Location<'_>> {
    let touches = touches(node).filter(locates);
    touches
        .map(|touch| (touch.path, touch.target, touch.to))
        .collect()
}

/// True for an edit of where a keystore or truststore lies: `Security/KeyStore/Location` in carbon.xml, `@keystoreFile` in
/// catalina-server.xml.
fn locates(touch: &Touch<'_>) -> bool {
    let target = touch.target.to_ascii_lowercase();
    let ends = ["location", "storefile"]
        .iter()
        .any(|end| target.ends_with(end));
    ends && (target.contains("keystore") || target.contains("truststore"))
}
