//! `carbon_rollback`: a node goes back to the files of an earlier generation, and proves its role with them.

use std::collections::BTreeMap;

use crate::carbon::home::as_text;
use crate::cluster::{Cluster, Node};
use crate::modules::carbon_home::{
    CLUSTER, Files, NODE, USERS, generation_of, password_told, state,
};
use crate::modules::copy::{SHOWN, probe as file_probe};
use crate::modules::file::at;
use crate::modules::probes::{content_probe, node_probe, state_of, unit_path};
use crate::modules::{Act, Call, Change, Difference, GoBack, Module, NewPassword, NodeWork};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answer, Answers, FileKind, Path, Probe};
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
            doc: "A map: of each node that goes back, as `cluster/node`, the generation (`to`), the run that this undoes (`undoes`), and whose the files of that generation were (`owner`). Other nodes are left as they are.",
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

    fn rolls_nodes(&self) -> bool {
        true
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        let (cluster, node) = placed(call)?;
        let mut probes = vec![node_probe(node), generations_probe(node)];
        if let Some(back) = target(call, cluster, node)? {
            probes.push(replaced_probe(node, &back));
        }
        Ok(probes)
    }

    /// What comes back, and what it takes the place of, so that the difference can be shown.
    fn more_probes(&self, call: &Call<'_>, seen: &Answers) -> Result<Vec<Probe>> {
        let (cluster, node) = placed(call)?;
        let Some(back) = target(call, cluster, node)? else {
            return Ok(Vec::new());
        };
        let replaced = replaced(node, &back, seen)?;
        let mut probes = Vec::new();
        let contents = replaced.contents.iter().enumerate();
        for (_, (path, by)) in contents.filter(|(at, (path, _))| *at < TEXTS || *path == USERS) {
            probes.push(content_probe(node, path));
            probes.extend(by.map(|by| kept_probe(node, by, path)));
        }
        if let Some(by) = replaced.unit {
            probes.extend([file_probe(&unit_path(node)), unit_probe(node, by)]);
        }
        Ok(probes)
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
            let replaced = replaced(node, &back, seen)?;
            change.differences = told(node, &log, back.to, &replaced, seen);
            change.messages = replaced.told_beside(&state_of(node), back.to);
            if cut {
                let first =
                    "a write that was cut is finished first; what it replaces comes back as well";
                change.messages.push(first.to_owned());
            }
            password = former_password(node, &replaced, seen);
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
    let text = |name: &str| -> Result<String> {
        let text = map.get(name).map(|word| word.text()).transpose()?;
        Ok(text.unwrap_or_default().to_owned())
    };
    Ok(Some(Back {
        to: u64::try_from(to.int()?)
            .map_err(|_negative| Error::at(&to.place, "a generation is a number from 1 on"))?,
        undoes: text("undoes")?,
        owner: text("owner")?,
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

/// What is done to come back, by the very function of the host that does it.
fn replaced_probe(node: &Node, back: &Back) -> Probe {
    Probe::Replaced {
        state: state_of(node),
        home: node.home.display().to_string(),
        unit: unit_path(node),
        to: back.to,
        owner: back.owner.clone(),
    }
}

/// What comes back.
#[derive(Debug, Default, PartialEq, Eq)]
struct Replaced {
    /// Paths below the Home, each with the generation that keeps its content; [`None`] where it was not there.
    contents: BTreeMap<String, Option<u64>>,
    /// Paths of which mode or owner come back, and not the content; and both, in words.
    modes: BTreeMap<String, String>,
    /// The generation that keeps the unit file.
    unit: Option<u64>,
    /// What is not what the generation had, because somebody had changed it by hand: paths, and the generation that found
    /// it so.
    others: Vec<(String, u64)>,
    /// What lies as the generation had it and stays, where the next one found something else; and whether that is kept, or
    /// was nothing.
    stays: Vec<(String, u64, bool)>,
}

impl Replaced {
    /// Reads lines as `script/sh/back.sh` makes them; [`None`] where one is of another form.
    fn of(lines: &str) -> Option<Self> {
        let mut replaced = Self::default();
        for line in lines.lines() {
            let words: Vec<&str> = line.splitn(6, '\t').collect();
            let [verb, by, mode, owner, had, path] = words.try_into().ok()?;
            let path = path.to_owned();
            if verb == "attributes" {
                let words = format!("mode {mode}, owner {owner}");
                replaced.modes.insert(path, words);
                continue;
            }
            let by = by.parse().ok()?;
            if had == "other" && verb != "stays" {
                replaced.others.push((path.clone(), by));
            }
            match verb {
                "put" | "folder" => drop(replaced.contents.insert(path, Some(by))),
                "gone" | "empty" => drop(replaced.contents.insert(path, None)),
                "unit" => replaced.unit = Some(by),
                "stays" => replaced.stays.push((path, by, had == "other")),
                _ => return None,
            }
        }
        Some(replaced)
    }

    /// True where nothing lies otherwise than it is wanted: the run that is undone mended what somebody had changed by hand.
    fn comes_to_nothing(&self) -> bool {
        self.contents.is_empty() && self.modes.is_empty() && self.unit.is_none()
    }

    /// What a user has to know of what somebody had changed by hand, and where nothing comes back.
    fn told_beside(&self, state: &str, to: u64) -> Vec<String> {
        let others = self.others.iter().map(|(path, by)| {
            let absent = self.contents.get(path) == Some(&None);
            let what = if absent { "goes" } else { "is put back" };
            format!("{path} {what} as generation {by} found it: generation {to} had it otherwise, and no copy of that is kept")
        });
        let stays = self.stays.iter().map(|(path, by, is_kept)| {
            let found = match (is_kept, path.starts_with('/')) {
                (false, _) => format!("generation {by} found that somebody had removed it"),
                (true, false) => format!("what generation {by} found there, changed by hand, is kept in {state}/previous/{by}"),
                (true, true) => format!("what generation {by} found there, changed by hand, is kept in {state}/previous/{by}.unit"),
            };
            format!("{path} stays as it is, as generation {to} had it; {found}")
        });
        let nothing = self.comes_to_nothing().then(|| {
            format!("no file comes back: all lies as generation {to} had it; `wmprov generations` lists where `--to` can go")
        });
        others.chain(stays).chain(nothing).collect()
    }
}

fn replaced(node: &Node, back: &Back, seen: &Answers) -> Result<Replaced> {
    let unread = |why: &str| {
        let message = format!("what node `{}` keeps cannot be listed", node.name);
        Error::at(&node.place, message).because(why.to_owned())
    };
    match seen.get(&replaced_probe(node, back)) {
        Some(Answer::Replaced(lines)) => {
            Replaced::of(lines).ok_or_else(|| unread("a line is of no known form"))
        }
        Some(Answer::Unreadable(why)) => Err(unread(why)),
        _ => Err(unread("it was not asked for")),
    }
}

/// A file as a generation found it, and replaced it.
fn kept_probe(node: &Node, by: u64, path: &str) -> Probe {
    Probe::Path {
        path: format!("{}/previous/{by}/{path}", state_of(node)),
        content: SHOWN,
    }
}

/// The unit file as a generation found it, and replaced it.
fn unit_probe(node: &Node, by: u64) -> Probe {
    file_probe(&format!("{}/previous/{by}.unit", state_of(node)))
}

/// Which generation comes back, and what of it.
fn told(
    node: &Node,
    log: &GenerationLog,
    to: u64,
    replaced: &Replaced,
    seen: &Answers,
) -> Vec<Difference> {
    let last = log.last().map_or(0, |last| last.number);
    let mut differences = vec![Difference::Property {
        what: format!("generation of {}", node.name),
        before: last.to_string(),
        after: format!("{to}, put back"),
    }];
    let there = |probe: &Probe| at(seen, probe).ok().flatten();
    if let Some(by) = replaced.unit {
        let text = |probe: Probe| there(&probe).and_then(text);
        differences.push(Difference::Text {
            path: unit_path(node),
            before: text(file_probe(&unit_path(node))),
            after: text(unit_probe(node, by)),
        });
    }
    differences.extend(replaced.contents.iter().map(|(path, by)| {
        let now = there(&content_probe(node, path));
        let then = by.and_then(|by| there(&kept_probe(node, by, path)));
        put_back(node, (path, by.is_some()), now, then)
    }));
    let modes = replaced.modes.iter();
    differences.extend(modes.map(|(path, words)| Difference::Note {
        text: format!("{path} as it was: {words}"),
    }));
    differences
}

/// The administrator's password that comes back with its file: who has changed it went to the user store with it.
fn former_password(node: &Node, replaced: &Replaced, seen: &Answers) -> Option<NewPassword> {
    let text = |probe: &Probe| at(seen, probe).ok().flatten()?.content.as_deref();
    let now = text(&content_probe(node, USERS));
    let kept = replaced.contents.get(USERS).copied().flatten();
    let then = kept.and_then(|by| text(&kept_probe(node, by, USERS)));
    now.zip(then)
        .and_then(|(now, then)| NewPassword::between(in_clear(now), in_clear(then)))
}

/// A password in the vault is opened with the keystore only, which is in the pack or an overlay.
fn in_clear(users: &[u8]) -> Files<'_> {
    Files { users, vault: None }
}

fn text(file: &Path) -> Option<String> {
    as_text(file.content.clone()?)
}

/// One path that comes back, or goes as it `was` not there.
fn put_back(
    node: &Node,
    (path, was): (&str, bool),
    now: Option<&Path>,
    then: Option<&Path>,
) -> Difference {
    let full = format!("{}/{path}", node.home.display());
    let sides = [now, then].map(|side| side.filter(|file| file.kind == FileKind::File));
    let note = |text: String| Difference::Note { text };
    match (was, sides) {
        (true, [Some(now), Some(then)]) if now.sha256 == then.sha256 => {
            note(format!("{path} as it was"))
        }
        (true, [now, Some(then)]) => match (now.map(text), text(then)) {
            (None, Some(after)) => Difference::Text {
                path: full,
                before: None,
                after: Some(after),
            },
            (Some(Some(before)), Some(after)) => Difference::Text {
                path: full,
                before: Some(before),
                after: Some(after),
            },
            _ => Difference::Binary {
                path: full,
                before: now.map(|now| now.sha256.clone()),
                after: Some(then.sha256.clone()),
            },
        },
        (true, _) => note(format!("{path} as it was")),
        (false, [Some(now), _]) if text(now).is_some() => Difference::Text {
            path: full,
            before: text(now),
            after: None,
        },
        (false, _) => note(format!("{path} goes: it was not there")),
    }
}

#[cfg(test)]
mod tests {
    use super::Replaced;

    #[test]
    fn what_comes_back_is_read_and_what_somebody_changed_is_told() {
        let lines = "put\t2\t644\tw:w\thad\tconf/a\nput\t3\t644\tw:w\tother\tconf/b c\nempty\t2\t-\tw:w\thad\tnew\n\
                     gone\t4\t-\tw:w\tother\td\nattributes\t-\t600\tw:w\t-\te\nunit\t2\t644\tw:w\thad\t/etc/u\n\
                     stays\t3\t644\tw:w\tother\tf\nstays\t3\t-\tw:w\tnone\tg\nstays\t3\t644\tw:w\tother\t/etc/u\n";
        let replaced = Replaced::of(lines).unwrap();
        let of = |path: &str| replaced.contents.get(path).copied();
        assert_eq!(
            ["conf/a", "conf/b c", "new", "d", "e"].map(of),
            [Some(Some(2)), Some(Some(3)), Some(None), Some(None), None]
        );
        assert_eq!(replaced.unit, Some(2));
        assert_eq!(replaced.modes["e"], "mode 600, owner w:w");
        insta::assert_snapshot!(replaced.told_beside("/h.wmprov", 1).join("\n"), @r"
        conf/b c is put back as generation 3 found it: generation 1 had it otherwise, and no copy of that is kept
        d goes as generation 4 found it: generation 1 had it otherwise, and no copy of that is kept
        f stays as it is, as generation 1 had it; what generation 3 found there, changed by hand, is kept in /h.wmprov/previous/3
        g stays as it is, as generation 1 had it; generation 3 found that somebody had removed it
        /etc/u stays as it is, as generation 1 had it; what generation 3 found there, changed by hand, is kept in /h.wmprov/previous/3.unit
        ");
        let mended = Replaced::of("stays\t3\t-\tw:w\tnone\tg\n").unwrap();
        insta::assert_snapshot!(mended.told_beside("/h.wmprov", 2).join("\n"), @r"
        g stays as it is, as generation 2 had it; generation 3 found that somebody had removed it
        no file comes back: all lies as generation 2 had it; `wmprov generations` lists where `--to` can go
        ");
        assert_eq!(Replaced::of("moved\t2\t-\t-\t-\ta\n"), None);
        assert_eq!(Replaced::of("put\t2\ta\n"), None);
    }
}
