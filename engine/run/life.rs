//! The steps of a node's life, in one round trip: stop, files, unit file, start; or the way back to what was.

use crate::carbon::bundle::Tier;
use crate::cluster::Node;
use crate::modules::{GoBack, NodeWork, state_of, unit_of, unit_path};
use crate::run::home::{call, note};
use crate::run::now;
use crate::run::task::TaskRun;
use crate::script::{Attributes, Step, back_words};
use crate::state::Generation;
use crate::yaml::{Error, Result};

/// Stops a node's server, and waits until it is gone.
pub(super) fn stop(node: &Node) -> Step {
    // The function counts in steps of 0.2 s.
    let ticks = (node.stop_timeout.as_secs() * 5).to_string();
    call("wm_stop", [state_of(node), unit_of(node), ticks])
}

/// Notes where a node's log stands, and starts its server.
pub(super) fn start(node: &Node) -> Step {
    let home = node.home.display().to_string();
    call("wm_start", [state_of(node), home, unit_of(node)])
}

impl TaskRun<'_> {
    /// What the node will have been started with, and how much of the UI it then goes without.
    pub(super) fn goal(&self, work: &NodeWork) -> Result<(String, Tier)> {
        let recorded = match (&work.back, &work.found) {
            (Some(back), _) => &back.goal,
            (None, Some(found)) => found,
            // Nothing is awaited of a node that is down in the end.
            (None, None) if work.leaves_down() => return Ok((String::new(), Tier::Keep)),
            (None, None) => {
                let (_, _, wanted) = self.context.world.node(&work.cluster, &work.node)?;
                return Ok((wanted.start.clone(), wanted.cut.tier));
            }
        };
        let tier = Tier::named(&recorded.tier)
            .ok_or_else(|| Error::new(format!("`{}` is no tier of the UI", recorded.tier)))?;
        Ok((recorded.start.clone(), tier))
    }

    /// Stop, commit, unit file, start, in this order; what is put back is copied while the server still runs.
    pub(super) fn life(
        &self,
        node: &Node,
        work: &NodeWork,
        before_start: Vec<Step>,
    ) -> Result<Vec<Step>> {
        let (state, home) = (state_of(node), node.home.display().to_string());
        let unit = unit_of(node);
        let stop = || stop(node);
        let commit = |number: u64| {
            let (number, keep) = (number.to_string(), work.keep.to_string());
            call("wm_commit", [state.clone(), home.clone(), number, keep])
        };
        let mut steps = Vec::new();
        if let Some(back) = &work.back {
            if let Some(number) = back.finish {
                steps.extend([stop(), commit(number)]);
            }
            if back.moves {
                let made = self.put_back(work.generation, back);
                steps.extend(self.recorded(&state, &made)?);
                let (unit, back) = (unit_path(node), &back.back);
                let words = back_words(&state, &home, &unit, back.to, &back.owner);
                steps.push(call("wm_back", words));
            }
        }
        if work.stop {
            steps.push(stop());
        }
        if work.back.as_ref().is_some_and(|back| back.moves) {
            let file = format!("/etc/systemd/system/{unit}");
            let number = work.generation.to_string();
            steps.push(call("wm_unit_back", [state.clone(), number, file]));
        }
        if work.commit {
            steps.push(commit(work.generation));
        }
        if let Some(text) = &work.unit_file {
            steps.extend(self.unit_file(work, &state, &unit, text)?);
            if work.unit_alone {
                steps.push(commit(work.generation));
            }
        }
        if work.enable {
            steps.push(systemctl(&["daemon-reload"]));
            steps.push(systemctl(&["enable", "--quiet", &unit]));
        }
        if work.start {
            steps.extend(before_start);
            steps.push(start(node));
        }
        Ok(steps)
    }

    /// The unit file, its predecessor kept; alone it is a generation of its own, with an empty plan.
    fn unit_file(&self, work: &NodeWork, state: &str, unit: &str, text: &str) -> Result<Vec<Step>> {
        let path = format!("/etc/systemd/system/{unit}");
        let mut steps = Vec::new();
        let number = work.generation.to_string();
        if work.unit_alone {
            let (_, node, wanted) = self.context.world.node(&work.cluster, &work.node)?;
            let made = self
                .generation(work.generation, node, wanted)
                .changing([&*path]);
            steps.extend(self.recorded(state, &made)?);
            steps.push(note(state, "plan", String::new()));
            steps.push(call("wm_remove", [format!("{state}/manifest.rows")]));
        }
        if work.unit_alone || work.commit {
            steps.push(call(
                "wm_keep_unit",
                [state.to_owned(), number, path.clone()],
            ));
        }
        steps.push(Step::Write {
            path,
            content: text.as_bytes().to_vec(),
            attributes: Attributes {
                mode: Some(0o644),
                ..Attributes::default()
            },
        });
        let digest = crate::script::sha256(text.as_bytes());
        steps.push(call(
            "wm_note",
            [state.to_owned(), "unit".to_owned(), digest],
        ));
        Ok(steps)
    }

    /// The record of a rollback: what it put back is what that generation was.
    fn put_back(&self, number: u64, back: &GoBack) -> Generation {
        let record = &self.context.options.record;
        Generation {
            number,
            run: record.run.clone(),
            at: now(),
            by: self.context.options.holder.replace('\n', " "),
            verb: record.verb.to_string(),
            inventory: record.inventory.clone(),
            back: Some(back.back.clone()),
            whole_cluster: back.whole_cluster,
            ..back.goal.clone()
        }
    }
}

fn systemctl(words: &[&str]) -> Step {
    Step::Run {
        argv: std::iter::once("systemctl")
            .chain(words.iter().copied())
            .map(str::to_owned)
            .collect(),
    }
}
