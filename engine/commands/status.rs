//! `wmprov status`: what every node is now, in one look.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::carbon::log::Said;
use crate::carbon::proof::membership;
use crate::cluster::{Cluster, Node};
use crate::commands::look::{LookOptions, Looked, look, read_to_look};
use crate::commands::{earlier_report, kept_report, state_folder};
use crate::drift::DriftReport;
use crate::modules::artifacts::{self, artifacts_probe};
use crate::modules::balancer::{Paths, marks};
use crate::modules::{World, node_probe, process_probe};
use crate::report::{LastDrift, NodeStatus};
use crate::run::{Event, Events, Interrupt, Report};
use crate::script::{Answer, Answers, Artifacts, NodeState, PART, Probe, Process};
use crate::state::Evidence;
use crate::yaml::{Error, Result};

/// More of a balancer's configuration than this is not read.
const LONGEST: u64 = 4 * 1024 * 1024;

/// Looks at every node; what the last check found is read from the reports that are kept in `state`, else where they are
/// kept by default.
///
/// # Errors
/// Every mistake in the user's files; no host has been reached then.
pub async fn status(
    options: &LookOptions,
    state: Option<&Path>,
    now: u64,
    events: &Events,
    interrupt: Interrupt,
) -> Result<(Vec<NodeStatus>, Report), Vec<Error>> {
    let site = read_to_look(&options.files)?;
    let night = last_night(&options.files.inventory, state).unwrap_or_else(|error| {
        let message = error.to_string();
        events.send(Event::Noticed {
            host: None,
            message,
        });
        None
    });
    let looked = look(&site, options, Arc::new(questions), events, interrupt).await?;
    let mut all = Vec::new();
    for cluster in &site.clusters {
        let chosen = cluster
            .nodes
            .iter()
            .filter(|node| site.hosts.contains(&node.host));
        let said = said_by_all(cluster, &looked);
        let artifacts = deployed(cluster, &looked);
        let unlike = artifacts::compare(cluster, &artifacts);
        all.extend(chosen.map(|node| NodeStatus {
            members: members(node, &said),
            unlike: artifacts.contains_key(&node.name).then(|| {
                let own = unlike.iter().filter(|one| one.node == node.name);
                own.map(|one| one.path.clone()).collect()
            }),
            drift: night.as_ref().and_then(|report| drift_of(node, report)),
            ..of_node(cluster, node, &looked, now)
        }));
    }
    Ok((all, looked.report))
}

fn questions(world: &World, host: &str) -> Vec<Probe> {
    let nodes = world.clusters.iter().flat_map(|cluster| &cluster.nodes);
    let own = nodes.filter(|node| node.host == host);
    let of_nodes = own.flat_map(|node| {
        [
            node_probe(node),
            process_probe(node, true),
            artifacts_probe(node),
        ]
    });
    let fronted = world.clusters.iter().filter(|cluster| {
        let mut balancers = cluster.front.balancers.iter();
        balancers.any(|balancer| balancer.host == host)
    });
    of_nodes.chain(fronted.map(config_probe)).collect()
}

/// The report of the last check, where one was kept. Where a folder is named, one is expected there.
fn last_night(inventory: &Path, state: Option<&Path>) -> Result<Option<DriftReport>> {
    let Some(named) = state else {
        return match state_folder() {
            Some(folder) => earlier_report(&kept_report(&folder.join("drift"), inventory)),
            None => Ok(None),
        };
    };
    let kept = earlier_report(&kept_report(named, inventory))?;
    let none = || {
        Error::new(format!(
            "no report of this inventory is kept in `{}`",
            named.display()
        ))
    };
    kept.map(Some).ok_or_else(none)
}

fn drift_of(node: &Node, report: &DriftReport) -> Option<LastDrift> {
    let host = report.hosts.get(&node.host)?;
    let of_another = |of: &Option<String>| of.as_ref().is_some_and(|of| *of != node.name);
    let own = host.differences.iter().filter(|one| !of_another(&one.node));
    Some(LastDrift {
        at: host.at.unwrap_or(report.at),
        host: host.status.as_str().to_owned(),
        differences: own.count(),
    })
}

/// What the nodes of a cluster have deployed, by node, of those where that could be read.
fn deployed(cluster: &Cluster, looked: &Looked) -> BTreeMap<String, Artifacts> {
    let of = |node: &Node| match looked.of(node)?.get(&artifacts_probe(node)) {
        Some(Answer::Artifacts(Some(artifacts))) => Some((node.name.clone(), artifacts.clone())),
        _ => None,
    };
    cluster.nodes.iter().filter_map(of).collect()
}

/// What a cluster's balancers have been given, marks and all.
fn config_probe(cluster: &Cluster) -> Probe {
    Probe::Path {
        path: Paths::of(cluster).config,
        content: LONGEST,
    }
}

/// How each balancer that was asked treats a node. One that has no server for it (a passive manager) is not named.
fn balancers(cluster: &Cluster, node: &Node, looked: &Looked) -> BTreeMap<String, String> {
    let mut states = BTreeMap::new();
    for balancer in &cluster.front.balancers {
        let seen = looked.hosts().find(|(host, _)| **host == balancer.host);
        let Some(Answer::Path(Some(file))) =
            seen.and_then(|(_, seen)| seen.get(&config_probe(cluster)))
        else {
            continue;
        };
        let text = String::from_utf8_lossy(file.content.as_deref().unwrap_or_default());
        if marks::nodes(&text).contains(&node.name) {
            let is_down = marks::down(&text).contains(&node.name);
            let state = if is_down { "down" } else { "up" };
            states.insert(balancer.host.clone(), state.to_owned());
        }
    }
    states
}

fn of_node(cluster: &Cluster, node: &Node, looked: &Looked, now: u64) -> NodeStatus {
    let mut status = NodeStatus {
        cluster: cluster.name.clone(),
        release: format!("{} {}", cluster.release.product, cluster.release.version),
        node: node.name.clone(),
        host: node.host.clone(),
        role: node.role.to_string(),
        state: "unreachable".to_owned(),
        proved: false,
        proof: "not proved: its host did not answer".to_owned(),
        since: None,
        memory: None,
        members: None,
        of_members: of_domain(cluster, node).count(),
        generation: None,
        applied: None,
        balancers: balancers(cluster, node, looked),
        sync: cluster.sync.to_string(),
        unlike: None,
        drift: None,
        notes: Vec::new(),
    };
    if let Some(seen) = looked.of(node)
        && let Some(Answer::Node(state)) = seen.get(&node_probe(node))
    {
        fill(&mut status, node, state, seen, now);
    }
    let down = status
        .balancers
        .iter()
        .filter(|(_, state)| *state == "down");
    let down: Vec<&str> = down.map(|(host, _)| host.as_str()).collect();
    if !down.is_empty() {
        status
            .notes
            .push(format!("down at load balancer {}", down.join(", ")));
    }
    status
}

fn fill(status: &mut NodeStatus, node: &Node, state: &NodeState, seen: &Answers, now: u64) {
    status.state = match state.unit.property("ActiveState") {
        _ if state.generation.is_empty() => "not installed".to_owned(),
        "active" => "running".to_owned(),
        "inactive" => "stopped".to_owned(),
        other => other.to_owned(),
    };
    let mut words = state.generation.split_whitespace();
    status.generation = words.next().and_then(|number| number.parse().ok());
    status.applied = words.next().and_then(|at| at.parse().ok());
    if !state.journal.is_empty() {
        status
            .notes
            .push("a transaction was cut; the next run finishes it".to_owned());
    } else if state.ready == PART {
        status
            .notes
            .push("an upload was cut; the next run goes on with it".to_owned());
    } else if !state.ready.is_empty() {
        status
            .notes
            .push("a change is staged and waits for its restart".to_owned());
    }
    if status.state != "running" {
        "not proved: it does not run".clone_into(&mut status.proof);
        return;
    }
    let since = state.unit.property("ActiveEnterTimestamp");
    status.since = Some(since.to_owned()).filter(|since| !since.is_empty());
    if let Some(Answer::Process(process)) = seen.get(&process_probe(node, true)) {
        of_process(status, process);
    }
    (status.proved, status.proof) = proof(state, boot(seen), now);
}

fn boot(seen: &Answers) -> &str {
    match seen.get(&Probe::Facts) {
        Some(Answer::Facts(facts)) => &facts.boot_id,
        _ => "",
    }
}

fn of_process(status: &mut NodeStatus, process: &Process) {
    status.memory = process.memory;
    if process.pid.is_none() {
        status
            .notes
            .push("its unit runs, but no server process".to_owned());
    }
    if let Some(second) = process.second {
        let told =
            format!("process {second} is another server of its Home, started by hand (WM074)");
        status.notes.push(told);
    }
}

/// The nodes that are to be members together with this one, itself among them.
fn of_domain<'a>(cluster: &'a Cluster, node: &'a Node) -> impl Iterator<Item = &'a Node> {
    let nodes = cluster.nodes.iter();
    nodes.filter(|other| other.domain == node.domain)
}

/// What the logs say of the nodes of a cluster that run and were asked.
fn said_by_all<'a>(cluster: &'a Cluster, looked: &Looked) -> Vec<(&'a Node, Said)> {
    let said = |node: &'a Node| match looked.of(node)?.get(&process_probe(node, true)) {
        Some(Answer::Process(process)) if process.pid.is_some() => {
            Some((node, Said::since(&process.log.join("\n"), "")))
        }
        _ => None,
    };
    cluster.nodes.iter().filter_map(said).collect()
}

/// How many members are in one cluster with a node that runs, itself counted, by what all logs say: each tells only who
/// came after it.
fn members(node: &Node, said: &[(&Node, Said)]) -> Option<usize> {
    let member = |node: &Node| (node.member.address, node.member.port);
    let (_, own) = said.iter().find(|(other, _)| other.name == node.name)?;
    let others = said
        .iter()
        .filter(|(other, _)| other.domain == node.domain && other.name != node.name);
    let others: Vec<_> = others
        .map(|(other, said)| (member(other), said.clone()))
        .collect();
    Some(1 + membership(member(node), own, &others).with.len())
}

/// Whether the role is proved of the process that runs now, and in which words.
fn proof(state: &NodeState, boot: &str, now: u64) -> (bool, String) {
    let Some(evidence) = Evidence::read(&state.evidence) else {
        return (false, "not proved: no run has seen this process".to_owned());
    };
    if !evidence.is_of(&state.started, boot) {
        return (
            false,
            "not proved: the evidence is of an earlier process".to_owned(),
        );
    }
    let (held, open): (Vec<&String>, Vec<&String>) = evidence
        .proof
        .iter()
        .partition(|line| line.ends_with(": proved"));
    let ago = ago(now.saturating_sub(evidence.at));
    let mut words = format!("{} of {} signs, {ago}", held.len(), evidence.proof.len());
    for line in open {
        words.push_str("; ");
        words.push_str(line);
    }
    // What could not be asked (no admin password) was told as such, and is no doubt about the rest.
    (true, words)
}

fn ago(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::{ago, proof};
    use crate::script::NodeState;
    use crate::state::Evidence;

    #[test]
    fn evidence_of_another_process_proves_nothing() {
        let evidence = Evidence {
            start: "s".into(),
            process: "4711".into(),
            boot: "b".into(),
            at: 100,
            proof: vec![
                "started: proved".into(),
                "admin: not proved: no password".into(),
            ],
            memory: None,
        };
        let mut state = NodeState {
            evidence: evidence.line().unwrap(),
            started: "4711".into(),
            ..NodeState::default()
        };
        let said = proof(&state, "b", 160);
        assert_eq!(
            said,
            (
                true,
                "1 of 2 signs, 1 min ago; admin: not proved: no password".into()
            )
        );
        assert!(!proof(&state, "another boot", 160).0);
        "4712".clone_into(&mut state.started);
        assert!(!proof(&state, "b", 160).0);
        state.evidence.clear();
        assert!(!proof(&state, "b", 160).0);
        assert_eq!(
            [ago(59), ago(7300), ago(200_000)],
            ["59 s ago", "2 h ago", "2 days ago"]
        );
    }
}
