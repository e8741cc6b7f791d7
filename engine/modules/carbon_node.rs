//! `carbon_node`: a node runs as a unit, with what lies in its Home, and has proved its role.

use crate::cluster::checks::Check;
use crate::cluster::{ArtifactSync, Node, ShareView};
use crate::modules::artifacts::artifacts_probe;
use crate::modules::carbon_home::{CLUSTER, NODE, generation_of, named, state, will_restart};
use crate::modules::copy::probe as file_probe;
use crate::modules::file::at;
use crate::modules::probes::{node_probe, since_probe, state_of, tree_probe, unit_path};
use crate::modules::world::Wanted;
use crate::modules::{Act, Call, Change, Difference, Module, NewPassword, Subject};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answer, Answers, NodeState, Probe, Tree};
use crate::state::{Back, Evidence, Generation};
use crate::yaml::{Error, Result};

/// The module.
#[derive(Debug)]
pub(super) struct CarbonNode;

static SPEC: ModuleSpec = ModuleSpec {
    name: "carbon_node",
    doc: "Keeps a node running as a systemd unit, restarts it where it runs with older configuration than lies in its Home, and holds it until it has proved its role.",
    parameters: &[
        CLUSTER,
        NODE,
        Parameter {
            name: "unit",
            kind: Kind::Template,
            required: true,
            doc: "The template of the unit file.",
            ..Parameter::BLANK
        },
    ],
    example: "- carbon_node:\n    cluster: \"{{ item.cluster }}\"\n    node: \"{{ item.name }}\"\n    unit: carbon.service.j2\n  loop: \"{{ wmprov_nodes }}\"\n",
    ..ModuleSpec::BLANK
};

/// What `run/` does to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeWork {
    /// The cluster.
    pub cluster: String,
    /// The node.
    pub node: String,
    /// Stop it first.
    pub stop: bool,
    /// Put in place what is staged, or finish what was cut.
    pub commit: bool,
    /// The unit file, where it differs.
    pub unit_file: Option<String>,
    /// Tell systemd of the unit file, and to start it with the host.
    pub enable: bool,
    /// Start it.
    pub start: bool,
    /// The number of the generation that a commit makes.
    pub generation: u64,
    /// The unit file alone makes a generation: there was one before, and no files go with it.
    pub unit_alone: bool,
    /// How many predecessors are kept.
    pub keep: u64,
    /// Put back what was kept, instead of what was staged.
    pub back: Option<Box<GoBack>>,
    /// What lies in the Home by its record, where nothing was computed of it: the pack is not at hand.
    pub found: Option<Box<Generation>>,
}

impl NodeWork {
    /// True where the node is down in the end.
    #[must_use]
    pub fn leaves_down(&self) -> bool {
        self.stop && !self.start
    }
}

/// A way back to an earlier generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoBack {
    /// Which, and what that undoes.
    pub back: Back,
    /// What was recorded of it.
    pub goal: Generation,
    /// A transaction was cut and is finished first: its number.
    pub finish: Option<u64>,
    /// The files are not those of the goal yet.
    pub moves: bool,
    /// Something that is undone could not roll.
    pub whole_cluster: bool,
    /// The administrator's password, where another one comes back.
    pub password: Option<NewPassword>,
}

impl Module for CarbonNode {
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

    fn subject(&self, difference: &Difference) -> Subject {
        match difference {
            Difference::Text { .. } => Subject::NodeUnit,
            _ => Subject::Process,
        }
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        let (cluster, node, _) = named(call)?;
        let mut probes = vec![node_probe(node), file_probe(&unit_path(node))];
        if let Some(share) = ShareView::of(cluster, node) {
            probes.push(mount_probe(&share));
        }
        if matches!(cluster.sync, ArtifactSync::Shared | ArtifactSync::Svn(_)) {
            // No other task of the node looks at them.
            probes.push(artifacts_probe(node));
        }
        Ok(probes)
    }

    /// Where what the process was proved with is not what is wanted: whether it may have read anything else.
    fn more_probes(&self, call: &Call<'_>, seen: &Answers) -> Result<Vec<Probe>> {
        let (_, node, wanted) = named(call)?;
        Ok(match runs_unproved(node, wanted, seen)? {
            true => vec![since_probe(node, wanted)],
            false => Vec::new(),
        })
    }

    fn gate(&self, call: &Call<'_>, seen: &Answers) -> Result<()> {
        let (cluster, node, _) = named(call)?;
        match ShareView::of(cluster, node) {
            // A gate is asked with the answers that are there.
            Some(share) if seen.get(&mount_probe(&share)).is_some() => mounted(&share, node, seen),
            _ => Ok(()),
        }
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let (cluster, node, wanted) = named(call)?;
        if let Some(share) = ShareView::of(cluster, node) {
            mounted(&share, node, seen)?;
        }
        let state = state(seen, node)?;
        let unit = call.files.render(&call.args.required("unit")?)?;
        let path = unit_path(node);
        let there = at(seen, &file_probe(&path))?.and_then(|file| file.content.clone());
        let unit_differs = there.as_deref() != Some(unit.as_bytes());
        let had_unit = there.is_some();
        let active = state.unit.is_active();
        // What was staged for another wish (of a run that was cut) is no business of this one.
        let staged = state.ready.trim() == wanted.tree || !state.journal.is_empty();
        let evidence = Evidence::read(&state.evidence);
        // A process without evidence, or with another process's, is proved again; it restarts only where
        // it is known to run with something else than lies in the Home, or where nothing is known. What a user has
        // taken into the inventory as it lay there (`adopt`) is known to the process, if it has started since.
        let since = seen.get(&since_probe(node, wanted));
        let has_read = matches!(since, Some(Answer::Since(Some(changed))) if changed.is_empty());
        let proved_with = is_proved_with(wanted, state);
        let stale = !proved_with && !has_read;
        let same_process = match (&evidence, call.facts) {
            (Some(evidence), Some(facts)) => evidence.is_of(&state.started, &facts.boot_id),
            _ => false,
        };
        let pending = call.planning && will_restart(node, wanted, seen);
        let restart = unit_differs || staged || stale || pending || !active;
        let enabled = state.unit.property("UnitFileState");
        let unloaded = state.unit.property("NeedDaemonReload") == "yes";
        let enable = unit_differs || enabled != "enabled" || unloaded;
        if !restart && same_process && proved_with && !enable {
            return Ok(Change::none());
        }
        let mut change = Change::none()
            .touching(node.home.display().to_string())
            .touching(state_of(node))
            .touching("/etc/systemd/system")
            .touching("/run/systemd");
        let say = |what: &str, before: &str, after: &str| Difference::Property {
            what: format!("{what} of {}", node.name),
            before: before.to_owned(),
            after: after.to_owned(),
        };
        if unit_differs {
            change.differences.push(Difference::Text {
                path,
                before: there.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
                after: Some(unit.clone()),
            });
        }
        if enable && !unit_differs {
            let before = if unloaded {
                "not the one on disk"
            } else {
                enabled
            };
            change
                .differences
                .push(say("unit", before, "loaded and enabled"));
        }
        if !active {
            change
                .differences
                .push(say("server", "stopped", "running, its role proved"));
        } else if restart {
            // Where files or the unit wait, these are shown, and it may well run what is wanted.
            let waits = unit_differs || staged || pending;
            let before = match waits {
                true => "runs",
                false => "runs with older configuration",
            };
            change
                .differences
                .push(say("server", before, "restarted, its role proved"));
        } else if !same_process {
            change
                .differences
                .push(say("role", "not proved of this process", "proved"));
        } else if !proved_with {
            let before = "proved when other files were wanted";
            change.differences.push(say("role", before, "proved"));
        }
        if node.unit.is_empty() {
            return Err(Error::at(
                &node.place,
                format!("node `{}` has no unit", node.name),
            ));
        }
        change.acts.push(Act::Node(Box::new(NodeWork {
            cluster: cluster.name.clone(),
            node: node.name.clone(),
            stop: restart && !state.unit.is_down(),
            commit: staged,
            unit_file: unit_differs.then_some(unit),
            enable,
            start: restart,
            generation: generation_of(&state.generation) + 1,
            unit_alone: had_unit && !staged,
            keep: node.keep_generations,
            back: None,
            found: None,
        })));
        Ok(change)
    }
}

/// The Home is as it is wanted, and its server runs without a proof that it was when it started.
pub(super) fn runs_unproved(node: &Node, wanted: &Wanted, seen: &Answers) -> Result<bool> {
    let is_same = matches!(
        seen.get(&tree_probe(node, wanted)),
        Some(Answer::Tree(Tree::Same))
    );
    let state = state(seen, node)?;
    Ok(is_same && state.unit.is_active() && !is_proved_with(wanted, state))
}

/// The process was proved with what is wanted now.
fn is_proved_with(wanted: &Wanted, state: &NodeState) -> bool {
    Evidence::read(&state.evidence).is_some_and(|evidence| evidence.start == wanted.start)
}

/// The exit status of a look for a mount at a folder that is not there yet: its Home is still to be made.
const NO_FOLDER: i32 = 2;

fn mount_probe(share: &ShareView) -> Probe {
    let look = format!("[ -d \"$1\" ] || exit {NO_FOLDER}; exec mountpoint -q -- \"$1\"");
    let words = ["sh", "-c", &look, "wmprov", &share.path];
    Probe::Run(words.map(str::to_owned).to_vec())
}

/// Refuses a node whose artifacts' file system is not mounted: its server would undeploy them on all nodes.
fn mounted(share: &ShareView, node: &Node, seen: &Answers) -> Result<()> {
    match seen.get(&mount_probe(share)) {
        Some(Answer::Run(look)) if look.status == 0 || look.status == NO_FOLDER => Ok(()),
        Some(Answer::Run(_)) => {
            let message = format!("nothing is mounted at `{}` of `{}`", share.path, node.name);
            Err(Check::cite("WM022", message).or_at(&node.place))
        }
        _ => Err(Error::new(format!(
            "the mount of `{}` was not asked for",
            node.name
        ))),
    }
}
