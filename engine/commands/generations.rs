//! `wmprov generations`: what each node was, and what it can go back to.

use std::sync::Arc;

use crate::commands::look::{LookOptions, Looked, Site, look, read_to_look};
use crate::modules::{World, generations_probe};
use crate::run::{Events, Interrupt, Report};
use crate::script::{Answer, Probe};
use crate::state::{GenerationLog, NodeGenerations};
use crate::yaml::{Error, Result};

/// Lists the generations of all nodes, and the report of the look: who could not be reached.
///
/// # Errors
/// Every mistake in the user's files; no host has been reached then. A log that is none.
pub async fn generations(
    options: &LookOptions,
    events: &Events,
    interrupt: Interrupt,
) -> Result<(Vec<NodeGenerations>, Report), Vec<Error>> {
    let site = read_to_look(&options.files)?;
    let looked = look(&site, options, Arc::new(questions), events, interrupt).await?;
    let nodes = logs(&site, &looked).map_err(|error| vec![error])?;
    Ok((nodes, looked.report))
}

/// The question of the nodes of a host.
pub(super) fn questions(world: &World, host: &str) -> Vec<Probe> {
    let nodes = world.clusters.iter().flat_map(|cluster| &cluster.nodes);
    nodes
        .filter(|node| node.host == host)
        .map(generations_probe)
        .collect()
}

/// The logs of all nodes that were asked.
///
/// # Errors
/// A log that may not be read, or that is none.
pub(super) fn logs(site: &Site, looked: &Looked) -> Result<Vec<NodeGenerations>> {
    let mut all = Vec::new();
    for cluster in &site.clusters {
        for node in &cluster.nodes {
            let Some(seen) = looked.of(node) else {
                continue;
            };
            let wrong = |why: String| {
                Error::at(
                    &node.place,
                    format!("the generations of node `{}` cannot be read", node.name),
                )
                .because(why)
            };
            let log = match seen.get(&generations_probe(node)) {
                Some(Answer::Generations(kept)) => GenerationLog::read(kept).map_err(wrong)?,
                Some(Answer::Unreadable(why)) => return Err(wrong(why.clone())),
                _ => continue,
            };
            all.push(NodeGenerations {
                cluster: cluster.name.clone(),
                node: node.name.clone(),
                host: node.host.clone(),
                log,
            });
        }
    }
    Ok(all)
}
