//! `carbon_rollback`: a node goes back to the files of an earlier generation, and proves its role with them.

use std::collections::BTreeMap;

use crate::carbon::home::as_text;
use crate::cluster::{Cluster, Node};
use crate::modules::carbon_home::{CLUSTER, NODE, USERS, generation_of, password_told, state};
use crate::modules::copy::SHOWN;
use crate::modules::file::at;
use crate::modules::probes::{content_probe, node_probe, state_of};
use crate::modules::{Act, Call, Change, Difference, GoBack, Module, NewPassword, NodeWork};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answer, Answers, Path, Probe};
use crate::state::{Back, Evidence, Generation, GenerationLog};
use crate::yaml::{Error, Result};

/// The module.
#[derive(Debug)]
pub(super) struct CarbonRollback;

static SPEC: ModuleSpec = ModuleSpec {
    name: "carbon_rollback",
    doc: "Puts back the files that a node had as an earlier generation, between its stop and its start, and holds it until it has proved its role. What `wmprov rollback` runs; the pack is not needed.",
    parameters: &[
        CLUSTER,
        NODE,
        Parameter {
            name: "targets",
            kind: Kind::Any,
            required: true,
            doc: "A map: of each node that goes back, as `cluster/node`, the generation (`to`) and the run that this undoes (`undoes`). Other nodes are left as they are.",
            ..Parameter::BLANK
        },
    ],
    example: "- carbon_rollback:\n    cluster: \"{{ item.cluster }}\"\n    node: \"{{ item.name }}\"\n    targets: { esb/wkr1: { to: 3 } }\n  loop: \"{{ wmprov_nodes }}\"\n",
    ..ModuleSpec::BLANK
};

/// What a host keeps of a node's generations.
#[must_use]
pub fn generations_probe(node: &Node) -> Probe {
    Probe::Generations {
        state: state_of(node),
    }
}

impl Module for CarbonRollback {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn wants_facts(&self) -> bool {
        true
    }

    fn ends_loop(&self) -> bool {
        true
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        let (_, node) = placed(call)?;
        Ok(vec![node_probe(node), generations_probe(node)])
    }

    /// What comes back, and what it takes the place of, so that the difference can be shown.
    fn more_probes(&self, call: &Call<'_>, seen: &Answers) -> Result<Vec<Probe>> {
        let (cluster, node) = placed(call)?;
        let Some(back) = target(call, cluster, node)? else {
            return Ok(Vec::new());
        };
        let log = log_of(node, seen)?;
        let paths = replaced(&log, back.to).into_iter().enumerate();
        let paths = paths.filter(|(at, (path, _))| *at < TEXTS || *path == USERS);
        let both = |(_, (path, by)): (usize, (&str, u64))| {
            [content_probe(node, path), kept_probe(node, by, path)]
        };
        Ok(paths.flat_map(both).collect())
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let (cluster, node) = placed(call)?;
        let Some(back) = target(call, cluster, node)? else {
            return Ok(Change::none());
        };
        let now = state(seen, node)?;
        let log = log_of(node, seen)?;
        let goal = log
            .get(back.to)
            .ok_or_else(|| unknown(node, &log, back.to))?;
        let cut = !now.journal.is_empty();
        // A rollback that was cut is at its goal once it is finished.
        let present = if cut { log.cut.as_ref() } else { log.last() };
        let moves = !present.is_some_and(|present| is_at(present, back.to));
        if moves && !log.reaches(back.to) {
            return Err(unknown(node, &log, back.to));
        }
        let whole_cluster = moves && undone(&log, back.to).any(|made| made.whole_cluster);
        if whole_cluster && !now.unit.is_down() {
            return Err(Error::at(
                &cluster.place,
                "what would be undone cannot roll: members before and after it never meet",
            )
            .hint("`wmprov stop --allow-downtime` stops the whole cluster; then roll back"));
        }
        // Files are put back between a stop and a start: a process that runs when they are there runs with them, and with
        // what has been adopted since.
        let proved = match (Evidence::read(&now.evidence), call.facts) {
            (Some(evidence), Some(facts)) => evidence.is_of(&now.started, &facts.boot_id),
            _ => false,
        };
        let active = now.unit.is_active();
        let starts = moves || cut || !active;
        if !starts && proved {
            return Ok(Change::none());
        }
        let number = generation_of(&now.generation) + 1;
        let mut change = Change::none()
            .touching(node.home.display().to_string())
            .touching(state_of(node))
            .touching("/etc/systemd/system")
            .touching("/run/systemd");
        let mut password = None;
        if moves {
            change.differences = told(node, &log, back.to, seen);
            password = former_password(node, &log, back.to, seen);
        }
        if password.is_some() {
            change.messages.push(password_told(cluster));
        }
        let (what, before, after) = match (starts, active) {
            (true, true) => ("server", "runs", "restarted, its role proved"),
            (true, false) => ("server", "stopped", "running, its role proved"),
            (false, _) => ("role", "not proved of this process", "proved"),
        };
        change.differences.push(Difference::Property {
            what: format!("{what} of {}", node.name),
            before: before.to_owned(),
            after: after.to_owned(),
        });
        change.acts.push(Act::Node(Box::new(NodeWork {
            cluster: cluster.name.clone(),
            node: node.name.clone(),
            stop: starts && !now.unit.is_down() && !cut,
            commit: moves,
            unit_file: None,
            enable: true,
            start: starts,
            generation: number + u64::from(cut),
            unit_alone: false,
            keep: node.keep_generations,
            back: Some(Box::new(GoBack {
                back,
                goal: goal.clone(),
                finish: cut.then_some(number),
                moves,
                whole_cluster,
                password,
            })),
            found: None,
        })));
        Ok(change)
    }
}

/// The cluster and node that a task names; no wish need have been computed.
pub(super) fn placed<'a>(call: &'a Call<'_>) -> Result<(&'a Cluster, &'a Node)> {
    let (cluster, node) = (call.args.required("cluster")?, call.args.required("node")?);
    call.world
        .placed(&cluster, &node)
        .map_err(|error| error.or_at(call.args.place()))
}

/// Where this node is to go back to, if it is among the targets.
fn target(call: &Call<'_>, cluster: &Cluster, node: &Node) -> Result<Option<Back>> {
    let Some(targets) = call.args.node("targets") else {
        return Err(call.args.missing("targets"));
    };
    let Some(target) = targets
        .map()?
        .get(&format!("{}/{}", cluster.name, node.name))
    else {
        return Ok(None);
    };
    let map = target.map()?;
    let to = map
        .get("to")
        .ok_or_else(|| Error::at(&target.place, "a target needs `to`"))?;
    let undoes = map.get("undoes").map(|run| run.text()).transpose()?;
    Ok(Some(Back {
        to: u64::try_from(to.int()?)
            .map_err(|_negative| Error::at(&to.place, "a generation is a number from 1 on"))?,
        undoes: undoes.unwrap_or_default().to_owned(),
    }))
}

/// What a host keeps of a node's generations, as it has answered.
pub(super) fn log_of(node: &Node, seen: &Answers) -> Result<GenerationLog> {
    let unreadable = |why: String| {
        Error::at(
            &node.place,
            format!("the generations of node `{}` cannot be read", node.name),
        )
        .because(why)
    };
    match seen.get(&generations_probe(node)) {
        Some(Answer::Generations(kept)) => GenerationLog::read(kept).map_err(unreadable),
        Some(Answer::Unreadable(why)) => Err(unreadable(why.clone())),
        _ => Err(unreadable("they were not asked for".to_owned())),
    }
}

/// True where the Home is, byte for byte, what that generation was.
fn is_at(present: &Generation, to: u64) -> bool {
    present.number == to || present.back.as_ref().is_some_and(|back| back.to == to)
}

/// The generations that going back to `to` undoes.
fn undone(log: &GenerationLog, to: u64) -> impl Iterator<Item = &Generation> {
    log.made.iter().filter(move |made| made.number > to)
}

fn unknown(node: &Node, log: &GenerationLog, to: u64) -> Error {
    let reachable = log.reachable();
    let numbers: Vec<String> = reachable.iter().map(u64::to_string).collect();
    let error = Error::at(
        &node.place,
        format!(
            "node `{}` cannot go back to generation {to}: what later ones replaced is not kept",
            node.name
        ),
    );
    error.hint(match numbers.is_empty() {
        true => "it keeps none; `wmprov generations` lists what there is".to_owned(),
        false => format!("it can go back to {}", numbers.join(", ")),
    })
}

/// Of so many files a node the texts are fetched; of more, the names tell.
const TEXTS: usize = 100;

/// The paths that come back, each with the first generation that replaced it: what that one kept is what comes back.
fn replaced(log: &GenerationLog, to: u64) -> BTreeMap<&str, u64> {
    let mut paths = BTreeMap::new();
    let undone = undone(log, to);
    for (path, by) in undone.flat_map(|made| made.changed.iter().map(|path| (path, made.number))) {
        let first = paths.entry(path.as_str()).or_insert(by);
        *first = by.min(*first);
    }
    paths
}

/// A file as a generation found it, and replaced it.
fn kept_probe(node: &Node, by: u64, path: &str) -> Probe {
    Probe::Path {
        path: format!("{}/previous/{by}/{path}", state_of(node)),
        content: SHOWN,
    }
}

/// Which generation comes back, and what of it.
fn told(node: &Node, log: &GenerationLog, to: u64, seen: &Answers) -> Vec<Difference> {
    let last = log.last().map_or(0, |last| last.number);
    let mut differences = vec![Difference::Property {
        what: format!("generation of {}", node.name),
        before: last.to_string(),
        after: format!("{to}, put back"),
    }];
    let there = |probe: &Probe| at(seen, probe).ok().flatten();
    differences.extend(replaced(log, to).into_iter().map(|(path, by)| {
        let now = there(&content_probe(node, path));
        let then = there(&kept_probe(node, by, path));
        put_back(node, path, now, then)
    }));
    differences
}

/// The administrator's password that comes back with its file: who has changed it went to the user store with it.
fn former_password(
    node: &Node,
    log: &GenerationLog,
    to: u64,
    seen: &Answers,
) -> Option<NewPassword> {
    let by = *replaced(log, to).get(USERS)?;
    let text = |probe: &Probe| at(seen, probe).ok().flatten()?.content.as_deref();
    NewPassword::between(
        text(&content_probe(node, USERS))?,
        text(&kept_probe(node, by, USERS))?,
    )
}

/// One path that comes back. Where nothing of it was kept it was not there, or only its mode or owner was another.
fn put_back(node: &Node, path: &str, now: Option<&Path>, then: Option<&Path>) -> Difference {
    let text = |file: &Path| as_text(file.content.clone()?);
    let full = format!("{}/{path}", node.home.display());
    match (now, then) {
        (Some(now), Some(then)) if now.sha256 != then.sha256 => match (text(now), text(then)) {
            (Some(before), Some(after)) => Difference::Text {
                path: full,
                before: Some(before),
                after: Some(after),
            },
            _ => Difference::Binary {
                path: full,
                before: Some(now.sha256.clone()),
                after: Some(then.sha256.clone()),
            },
        },
        _ => Difference::Note {
            text: format!("{path} as it was"),
        },
    }
}
