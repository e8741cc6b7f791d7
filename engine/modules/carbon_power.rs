//! `carbon_power`: a node that is installed is started, stopped or restarted as it lies there, and proves its role.

use crate::cluster::{Cluster, Node};
use crate::modules::carbon_home::{CLUSTER, NODE, generation_of, state};
use crate::modules::carbon_rollback::{generations_probe, log_of, placed};
use crate::modules::probes::{node_probe, state_of};
use crate::modules::{Act, Call, Change, Difference, Module, NodeWork};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answers, NodeState, Probe};
use crate::state::{Evidence, Generation};
use crate::yaml::{Error, Result};

/// The module.
#[derive(Debug)]
pub(super) struct CarbonPower;

static SPEC: ModuleSpec = ModuleSpec {
    name: "carbon_power",
    doc: "Starts, stops or restarts a node as it lies on its host, and holds a started one until it has proved its role. What `wmprov start`, `stop` and `restart` run; no file is changed, and the pack is not needed.",
    parameters: &[
        CLUSTER,
        NODE,
        Parameter {
            name: "state",
            required: true,
            choices: &["started", "stopped", "restarted"],
            doc: "`started` proves a node that runs without proof, and leaves one that is proved alone.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "since",
            kind: Kind::Int,
            doc: "With `restarted`: a node whose process was proved at this moment (seconds since 1970) or later has had its restart.",
            ..Parameter::BLANK
        },
    ],
    example: "- carbon_power:\n    cluster: \"{{ item.cluster }}\"\n    node: \"{{ item.name }}\"\n    state: restarted\n  loop: \"{{ wmprov_nodes }}\"\n",
    ..ModuleSpec::BLANK
};

/// What a node is to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Started,
    Stopped,
    /// Restarted, unless its process was proved at this moment or later.
    Restarted(Option<u64>),
}

impl Module for CarbonPower {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn wants_facts(&self) -> bool {
        true
    }

    fn ends_loop(&self) -> bool {
        true
    }

    fn rolls_nodes(&self) -> bool {
        true
    }

    fn acts_always(&self, call: &Call<'_>) -> bool {
        matches!(wish(call), Ok(Wish::Restarted(None)))
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        let (_, node) = placed(call)?;
        Ok(vec![node_probe(node), generations_probe(node)])
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let (cluster, node) = placed(call)?;
        let now = state(seen, node)?;
        let wish = wish(call)?;
        if wish == Wish::Stopped {
            return Ok(stopped(cluster, node, now));
        }
        if now.unit.property("LoadState") == "not-found" {
            return Err(never_installed(node, "has no unit"));
        }
        let log = log_of(node, seen)?;
        let cut = !now.journal.is_empty();
        let present = if cut { log.cut.as_ref() } else { log.last() };
        let Some(present) = present else {
            return Err(never_installed(
                node,
                "has no record of what lies in its Home",
            ));
        };
        Ok(running(
            cluster,
            node,
            now,
            &Running {
                wish,
                cut,
                present,
                proved: proved(call, now),
            },
        ))
    }
}

fn wish(call: &Call<'_>) -> Result<Wish> {
    match call.args.required("state")?.as_str() {
        "stopped" => Ok(Wish::Stopped),
        "restarted" => {
            let since = call.args.int("since")?;
            // A moment before 1970 is one that every proof comes after.
            Ok(Wish::Restarted(
                since.map(|at| u64::try_from(at).unwrap_or(0)),
            ))
        }
        "started" => Ok(Wish::Started),
        other => Err(Error::at(
            call.args.place(),
            format!("`state` is started, stopped or restarted, not `{other}`"),
        )),
    }
}

/// The evidence of the very process that runs; [`None`] where there is none.
fn proved(call: &Call<'_>, now: &NodeState) -> Option<Evidence> {
    let boot = &call.facts?.boot_id;
    Evidence::read(&now.evidence).filter(|evidence| evidence.is_of(&now.started, boot))
}

/// A node that is to run, and what is known of it.
struct Running<'a> {
    wish: Wish,
    /// A transaction was cut: its files take their place before the start.
    cut: bool,
    /// What lies in the Home, or will once that transaction is finished.
    present: &'a Generation,
    proved: Option<Evidence>,
}

fn running(cluster: &Cluster, node: &Node, now: &NodeState, of: &Running<'_>) -> Change {
    let active = now.unit.is_active();
    let due = match of.wish {
        Wish::Restarted(Some(since)) => of.proved.as_ref().is_none_or(|proof| proof.at < since),
        Wish::Restarted(None) => true,
        Wish::Started | Wish::Stopped => false,
    };
    let start = !active || due || of.cut;
    if !start && of.proved.is_some() {
        return Change::none();
    }
    let (what, before, after) = match (active, start) {
        (false, _) => ("server", "stopped", "running, its role proved"),
        (true, true) => ("server", "running", "restarted, its role proved"),
        (true, false) => ("role", "not proved of this process", "proved"),
    };
    let mut change = told(node, what, before, after);
    if of.cut {
        change.differences.push(Difference::Note {
            text: format!(
                "what a run that was cut has staged for {} takes its place",
                node.name
            ),
        });
    }
    change.acts.push(Act::Node(Box::new(NodeWork {
        stop: start && !now.unit.is_down(),
        commit: of.cut,
        enable: now.unit.property("NeedDaemonReload") == "yes",
        start,
        generation: generation_of(&now.generation) + 1,
        found: Some(Box::new(of.present.clone())),
        ..work(cluster, node)
    })));
    change
}

fn stopped(cluster: &Cluster, node: &Node, now: &NodeState) -> Change {
    if now.unit.is_down() {
        return Change::none();
    }
    let mut change = told(node, "server", "running", "stopped");
    change.acts.push(Act::Node(Box::new(NodeWork {
        stop: true,
        ..work(cluster, node)
    })));
    change
}

fn told(node: &Node, what: &str, before: &str, after: &str) -> Change {
    let mut change = Change::none()
        .touching(node.home.display().to_string())
        .touching(state_of(node))
        .touching("/run/systemd");
    change.differences.push(Difference::Property {
        what: format!("{what} of {}", node.name),
        before: before.to_owned(),
        after: after.to_owned(),
    });
    change
}

/// Work that leaves a node as it is.
fn work(cluster: &Cluster, node: &Node) -> NodeWork {
    NodeWork {
        cluster: cluster.name.clone(),
        node: node.name.clone(),
        stop: false,
        commit: false,
        unit_file: None,
        enable: false,
        start: false,
        generation: 0,
        unit_alone: false,
        keep: node.keep_generations,
        back: None,
        found: None,
    }
}

fn never_installed(node: &Node, why: &str) -> Error {
    Error::at(&node.place, format!("node `{}` {why}", node.name))
        .hint("`wmprov apply` brings it up; `--limit` leaves it out")
}
