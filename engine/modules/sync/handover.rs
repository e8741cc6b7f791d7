//! `carbon_handover`: a manager that was the committer, and is not to be any more, hands over before anything else is done.

use crate::cluster::{ArtifactSync, Cluster, Node};
use crate::modules::carbon_home::{CLUSTER, NODE, state};
use crate::modules::carbon_rollback::{generations_probe, log_of, placed};
use crate::modules::copy::probe as file_probe;
use crate::modules::file::at;
use crate::modules::probes::{node_probe, state_of};
use crate::modules::sync::SyncPaths;
use crate::modules::{Act, Call, Change, Difference, Module};
use crate::playbook::ModuleSpec;
use crate::script::{Answers, Probe};
use crate::state::Generation;
use crate::yaml::{Error, Result};

/// The module.
#[derive(Debug)]
pub(crate) struct CarbonHandover;

static SPEC: ModuleSpec = ModuleSpec {
    name: "carbon_handover",
    doc: "Has a passive manager that was the active one hand over: drained at its balancers, stopped, its last artifacts brought to the others and held against the next one's; from then on it sends none. Where that fails before the end it serves on. A manager that never was the active one is left alone.",
    parameters: &[CLUSTER, NODE],
    example: "- carbon_handover:\n    cluster: \"{{ item.cluster }}\"\n    node: \"{{ item.name }}\"\n  loop: \"{{ wmprov_passive_nodes }}\"\n",
    ..ModuleSpec::BLANK
};

/// What `run/` does with a former active manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandoverWork {
    /// The cluster.
    pub cluster: String,
    /// The former active manager.
    pub node: String,
    /// Its server runs, and is to run again where the handover fails.
    pub runs: bool,
    /// What lies in its Home by its record.
    pub found: Option<Box<Generation>>,
}

impl Module for CarbonHandover {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        let (cluster, node) = placed(call)?;
        let mark = mark_probe(cluster, node)?;
        Ok(mark.map_or_else(Vec::new, |mark| vec![mark, node_probe(node)]))
    }

    fn more_probes(&self, call: &Call<'_>, seen: &Answers) -> Result<Vec<Probe>> {
        let (cluster, node) = placed(call)?;
        Ok(match commits(cluster, node, seen)? {
            true => vec![generations_probe(node)],
            false => Vec::new(),
        })
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let (cluster, node) = placed(call)?;
        if !commits(cluster, node, seen)? {
            return Ok(Change::none());
        }
        let next = cluster.managers(true).next().ok_or_else(|| {
            let message = format!("cluster `{}` has no active manager", cluster.name);
            Error::at(&cluster.place, message)
        })?;
        let mut change = Change::none().touching(state_of(node));
        change.differences.push(Difference::Property {
            what: format!("active manager of cluster {}", cluster.name),
            before: node.name.clone(),
            after: format!(
                "{}, once {} is drained and stopped and its last artifacts are there",
                next.name, node.name
            ),
        });
        let found = log_of(node, seen)?.last().cloned().map(Box::new);
        change.acts.push(Act::Handover(Box::new(HandoverWork {
            cluster: cluster.name.clone(),
            node: node.name.clone(),
            runs: !state(seen, node)?.unit.is_down(),
            found,
        })));
        Ok(change)
    }
}

/// Where a host keeps that it is the committer of a cluster; [`None`] where nobody is: all write into one file system, or
/// whoever deploys sees to it.
fn mark_probe(cluster: &Cluster, node: &Node) -> Result<Option<Probe>> {
    match cluster.sync {
        ArtifactSync::Rsync(_) => Ok(Some(file_probe(&SyncPaths::of(cluster)?.proved))),
        ArtifactSync::Svn(_) => Ok(Some(file_probe(&committer_mark(node)))),
        ArtifactSync::None | ArtifactSync::Shared => Ok(None),
    }
}

/// Where a node keeps that it was started as the one that commits to the repository.
#[must_use]
pub fn committer_mark(node: &Node) -> String {
    format!("{}/committer", state_of(node))
}

/// True where the host has been the committer, and has not handed over.
fn commits(cluster: &Cluster, node: &Node, seen: &Answers) -> Result<bool> {
    match mark_probe(cluster, node)? {
        Some(mark) => Ok(at(seen, &mark)?.is_some()),
        None => Ok(false),
    }
}
