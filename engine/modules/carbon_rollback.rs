//! `carbon_rollback`: a node goes back to the files of an earlier generation, and proves its role with them.

use std::collections::{BTreeMap, BTreeSet};

use crate::carbon::home::as_text;
use crate::cluster::{Cluster, Node};
use crate::modules::carbon_home::{CLUSTER, NODE, USERS, generation_of, password_told, state};
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
        let (cluster, node) = placed(call)?;
        let mut probes = vec![node_probe(node), generations_probe(node)];
        if let Some(back) = target(call, cluster, node)? {
            probes.push(replaced_probe(node, back.to));
        }
        Ok(probes)
    }

    /// What comes back, and what it takes the place of, so that the difference can be shown.
    fn more_probes(&self, call: &Call<'_>, seen: &Answers) -> Result<Vec<Probe>> {
        let (cluster, node) = placed(call)?;
        let Some(back) = target(call, cluster, node)? else {
            return Ok(Vec::new());
        };
        let replaced = replaced(node, back.to, seen)?;
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
            let replaced = replaced(node, back.to, seen)?;
            change.differences = told(node, &log, back.to, &replaced, seen);
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

/// What generations after `$2` keep of what they replaced, the oldest first, a line each: the generation; `kept`, `new` (it
/// was not there), `modes` or `unit`; the path.
const REPLACED: &str = r#"
    [ -e "$1/previous" ] || exit 0
    cd -- "$1/previous" || exit
    for n in $(ls | sed -n 's/^\([0-9]*\)\.rows$/\1/p' | sort -n); do
      [ "$n" -gt "$2" ] || continue
      [ ! -d "$n" ] || find "$n" -mindepth 1 \( ! -type d -o -empty \) -printf "$n kept %P\n" || exit
      [ ! -e "$n.new" ] || sed "s/^/$n new /" "$n.new" || exit
      [ ! -e "$n.modes" ] || cut -f 1 "$n.modes" | sed "s/^/$n modes /" || exit
      [ ! -e "$n.unit" ] || echo "$n unit "
    done"#;

fn replaced_probe(node: &Node, to: u64) -> Probe {
    let words = [
        "sh",
        "-c",
        REPLACED,
        "wmprov",
        &state_of(node),
        &to.to_string(),
    ];
    Probe::Run(words.map(str::to_owned).to_vec())
}

/// What comes back. Of what several generations replaced, the oldest kept what it was.
#[derive(Debug, Default, PartialEq, Eq)]
struct Replaced {
    /// Paths below the Home, each with the generation that keeps its content; [`None`] where it was not there.
    contents: BTreeMap<String, Option<u64>>,
    /// Paths of which mode or owner come back, and not the content.
    modes: BTreeSet<String>,
    /// The generation that keeps the unit file.
    unit: Option<u64>,
}

impl Replaced {
    fn of(lines: &str) -> Self {
        let mut replaced = Self::default();
        for line in lines.lines() {
            let mut words = line.splitn(3, ' ');
            let by = words.next().and_then(|number| number.parse().ok());
            let (Some(by), Some(kept), Some(path)) = (by, words.next(), words.next()) else {
                continue;
            };
            let path = path.to_owned();
            match kept {
                "kept" => drop(replaced.contents.entry(path).or_insert(Some(by))),
                "new" => drop(replaced.contents.entry(path).or_insert(None)),
                "modes" => drop(replaced.modes.insert(path)),
                _ => drop(replaced.unit.get_or_insert(by)),
            }
        }
        let of_contents = |path: &String| replaced.contents.contains_key(path);
        replaced.modes.retain(|path| !of_contents(path));
        replaced
    }
}

fn replaced(node: &Node, to: u64, seen: &Answers) -> Result<Replaced> {
    let unread = |why: &str| {
        let message = format!("what node `{}` keeps cannot be listed", node.name);
        Error::at(&node.place, message).because(why.to_owned())
    };
    match seen.get(&replaced_probe(node, to)) {
        Some(Answer::Run(ran)) if ran.status == 0 => Ok(Replaced::of(&ran.stdout)),
        Some(Answer::Run(ran)) => Err(unread(&ran.stderr)),
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
    differences.extend(replaced.modes.iter().map(|path| Difference::Note {
        text: format!("mode and owner of {path} as they were"),
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
        .and_then(|(now, then)| NewPassword::between(now, then))
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
    use std::fs;
    use std::process::Command;

    use super::{REPLACED, Replaced};

    /// However many files a generation replaced, each is told, by the oldest that kept it.
    #[test]
    fn all_that_comes_back_is_listed() {
        let state = tempfile::tempdir().unwrap();
        let previous = state.path().join("previous");
        for folder in ["2/conf", "3/conf/axis2", "10/conf", "3/empty", "1/conf"] {
            fs::create_dir_all(previous.join(folder)).unwrap();
        }
        let put = |path: &str, text: &str| fs::write(previous.join(path), text).unwrap();
        for number in [1, 2, 3, 10] {
            put(&format!("{number}.rows"), "");
        }
        for number in 0..30 {
            put(&format!("10/conf/{number}.xml"), "");
        }
        for kept in ["1/conf/a", "2/conf/a", "3/conf/a", "3/conf/axis2/b c"] {
            put(kept, "");
        }
        put("10.new", "conf/a\nnew\n");
        put("2.modes", "conf/axis2/b c\t600\tme:me\nmode\t600\tme:me\n");
        put("3.unit", "");
        let ran = Command::new("sh")
            .args(["-c", REPLACED, "wmprov"])
            .arg(state.path())
            .arg("1")
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:?}");
        let found = Replaced::of(&String::from_utf8(ran.stdout).unwrap());
        assert_eq!(found.unit, Some(3));
        assert!(found.modes.iter().eq(["mode"]), "{found:?}");
        let of = |path: &str| found.contents.get(path).copied();
        assert_eq!(of("conf/a"), Some(Some(2)));
        assert_eq!(of("conf/axis2/b c"), Some(Some(3)));
        assert_eq!([of("empty"), of("new")], [Some(Some(3)), Some(None)]);
        assert_eq!(found.contents.len(), 30 + 4);
    }
}
