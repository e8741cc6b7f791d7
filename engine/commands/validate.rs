//! `wmprov validate`: the user's files are right, or every mistake in them; no host is asked.

use serde::Serialize;

use crate::carbon::knows_verbs;
use crate::cluster::{each_once, notes};
use crate::commands::{FileOptions, Files, site};
use crate::connection::ConnectOptions;
use crate::run::foresee;
use crate::yaml::Error;

/// What right files say.
#[derive(Debug, Serialize)]
pub struct Validated {
    /// Hosts of the inventory.
    pub hosts: usize,
    /// Plays of the playbook.
    pub plays: usize,
    /// Tasks of the playbook, handlers not counted.
    pub tasks: usize,
    /// The clusters.
    pub clusters: Vec<ValidatedCluster>,
    /// What an operator of these clusters has to know.
    pub notes: Vec<String>,
    /// What the user has waived: `WM044: the reason`.
    pub waived: Vec<String>,
}

/// A cluster that a run would bring about.
#[derive(Debug, Serialize)]
pub struct ValidatedCluster {
    /// Its group.
    pub name: String,
    /// Product and version, `Enterprise Service Bus 4.9.0`.
    pub product: String,
    /// Its nodes, each with its role: `mgr1 manager`.
    pub nodes: Vec<String>,
}

/// Reads and checks the user's files: all that a run would refuse before its first connection. Without the pack, what
/// is made of it stays unchecked.
///
/// # Errors
/// Every mistake that was found.
pub fn validate(
    options: &FileOptions,
    connect: &ConnectOptions,
    with_pack: bool,
) -> Result<Validated, Vec<Error>> {
    let files = Files::read(options)?;
    let mut notes: Vec<String> = files.clusters.iter().flat_map(notes).collect();
    let mut inventory = files.inventory.clone();
    site::add_groups(&mut inventory, &files.clusters);
    let (playbook, clusters) = (&files.playbook, &files.clusters);
    let mut errors = foresee(&inventory, playbook, clusters, connect, &files.hosts);
    if with_pack {
        match site::world(files.clusters.clone(), None, false) {
            Ok(world) => notes.extend(world.warnings),
            Err(found) => errors.extend(found),
        }
    } else {
        let nodes = files.clusters.iter().flat_map(|cluster| &cluster.nodes);
        errors.extend(each_once(nodes.filter_map(|node| knows_verbs(node).err())));
        if !files.clusters.is_empty() {
            notes.push("packs, and what is made of them, were not looked at".to_owned());
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let clusters = files.clusters.iter().map(|cluster| ValidatedCluster {
        name: cluster.name.clone(),
        product: format!("{} {}", cluster.release.name, cluster.release.version),
        nodes: cluster
            .nodes
            .iter()
            .map(|node| format!("{} {}", node.name, node.role.as_str()))
            .collect(),
    });
    let waived = files
        .waived
        .iter()
        .map(|waived| format!("{}: {}", waived.code, waived.reason));
    Ok(Validated {
        hosts: files.hosts.len(),
        plays: files.playbook.plays.len(),
        tasks: files
            .playbook
            .plays
            .iter()
            .map(|play| play.tasks().count())
            .sum(),
        clusters: clusters.collect(),
        notes,
        waived: waived.collect(),
    })
}
