//! `wmprov logs` and `wmprov threads`: what every node says of itself, in one look.

use std::sync::Arc;

use crate::cluster::{Cluster, Node};
use crate::commands::look::{LookOptions, Looked, Site, look, read_to_look};
use crate::modules::{World, threads_probe, unit_of};
use crate::report::{NodeLogs, NodeThreads, Tail};
use crate::run::{Events, Interrupt, Report};
use crate::script::{Answer, Probe};
use crate::yaml::Error;

/// The last `lines` lines of every node's log and journal.
///
/// # Errors
/// Every mistake in the user's files; no host has been reached then.
pub async fn logs(
    options: &LookOptions,
    lines: u32,
    events: &Events,
    interrupt: Interrupt,
) -> Result<(Vec<NodeLogs>, Report), Vec<Error>> {
    let site = read_to_look(&options.files)?;
    let questions = Arc::new(move |world: &World, host: &str| {
        let own = nodes_on(world, host);
        own.flat_map(|node| [carbon_probe(node, lines), journal_probe(node, lines)])
            .collect()
    });
    let looked = look(&site, options, questions, events, interrupt).await?;
    let of_node = |(cluster, node): (&Cluster, &Node)| NodeLogs {
        cluster: cluster.name.clone(),
        node: node.name.clone(),
        host: node.host.clone(),
        carbon: tail(&looked, node, &carbon_probe(node, lines)),
        journal: tail(&looked, node, &journal_probe(node, lines)),
    };
    let all = chosen(&site).map(of_node).collect();
    Ok((all, looked.report))
}

/// A dump of the threads of every node's server.
///
/// # Errors
/// Every mistake in the user's files; no host has been reached then.
pub async fn threads(
    options: &LookOptions,
    events: &Events,
    interrupt: Interrupt,
) -> Result<(Vec<NodeThreads>, Report), Vec<Error>> {
    let site = read_to_look(&options.files)?;
    let questions =
        Arc::new(|world: &World, host: &str| nodes_on(world, host).map(threads_probe).collect());
    let looked = look(&site, options, questions, events, interrupt).await?;
    let of_node = |(cluster, node): (&Cluster, &Node)| {
        let (by, dump) = match looked
            .of(node)
            .and_then(|seen| seen.get(&threads_probe(node)))
        {
            Some(Answer::Threads(threads)) => (threads.by.as_str(), lines_of(&threads.dump)),
            Some(Answer::Unreadable(why)) => ("", Tail::unreadable(why)),
            _ => ("", Tail::unreadable("its host did not answer")),
        };
        NodeThreads::of(&cluster.name, &node.name, &node.host, by, dump)
    };
    let all = chosen(&site).map(of_node).collect();
    Ok((all, looked.report))
}

fn nodes_on<'a>(world: &'a World, host: &'a str) -> impl Iterator<Item = &'a Node> {
    let nodes = world.clusters.iter().flat_map(|cluster| &cluster.nodes);
    nodes.filter(move |node| node.host == host)
}

fn chosen(site: &Site) -> impl Iterator<Item = (&Cluster, &Node)> {
    let nodes = site
        .clusters
        .iter()
        .flat_map(|cluster| cluster.nodes.iter().map(move |node| (cluster, node)));
    nodes.filter(|(_, node)| site.hosts.contains(&node.host))
}

fn carbon_probe(node: &Node, lines: u32) -> Probe {
    let log = format!("{}/repository/logs/wso2carbon.log", node.home.display());
    run(&["tail", "-n", &lines.to_string(), "--", &log])
}

fn journal_probe(node: &Node, lines: u32) -> Probe {
    let (lines, unit) = (lines.to_string(), unit_of(node));
    let form = "--output=short-iso";
    run(&[
        "journalctl",
        "-q",
        "--no-pager",
        form,
        "-n",
        &lines,
        "-u",
        &unit,
    ])
}

fn run(words: &[&str]) -> Probe {
    Probe::Run(words.iter().map(ToString::to_string).collect())
}

fn tail(looked: &Looked, node: &Node, probe: &Probe) -> Tail {
    match looked.of(node).and_then(|seen| seen.get(probe)) {
        Some(Answer::Run(ran)) if ran.status == 0 => lines_of(&ran.stdout),
        Some(Answer::Run(ran)) => Tail::unreadable(&ran.stderr),
        _ => Tail::unreadable("its host did not answer"),
    }
}

fn lines_of(text: &str) -> Tail {
    Tail {
        lines: text.lines().map(str::to_owned).collect(),
        unreadable: None,
    }
}
