//! In which order hosts are rolled: whoever does not serve is brought up before those that do are stopped.

use crate::cluster::Node;
use crate::modules::{Registry, node_probe};
use crate::playbook::Play;
use crate::run::Context;
use crate::run::host::HostRun;
use crate::script::Answer;
use crate::state::Evidence;

/// True for a play that restarts nodes batch after batch.
pub(super) fn rolls_nodes(play: &Play) -> bool {
    let mut tasks = play.sections.iter().flatten().flat_map(|item| item.tasks());
    play.serial.is_some()
        && tasks.any(|task| {
            let module = Registry.get(&task.module);
            module.is_some_and(|module| module.rolls_nodes())
        })
}

/// How well a host serves, by the worst of its nodes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Serving {
    /// A node does not run.
    Stopped,
    /// A node's process has not proved its role: somebody started it by hand, it may be anything.
    Unproved,
    /// All is as it was proved, or nothing is known.
    Proved,
}

pub(super) fn serving(context: &Context, host: &HostRun) -> Serving {
    let clusters = context.world.clusters.iter();
    let nodes =
        clusters.flat_map(|cluster| cluster.nodes.iter().filter(|node| node.host == host.name));
    let of_node = |node: &Node| {
        let Some(Answer::Node(state)) = host.answer(&node_probe(node)) else {
            return Serving::Proved;
        };
        let boot = host.facts.as_ref().map_or("", |facts| &facts.boot_id);
        let proved = Evidence::read(&state.evidence)
            .is_some_and(|evidence| evidence.is_of(&state.started, boot));
        match (state.unit.is_active(), proved) {
            (false, _) => Serving::Stopped,
            (true, false) => Serving::Unproved,
            (true, true) => Serving::Proved,
        }
    };
    nodes.map(of_node).min().unwrap_or(Serving::Proved)
}
