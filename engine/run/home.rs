//! A node's Home: what differs is sent, landed, hashed, and put in place in a transaction.

use std::collections::BTreeSet;
use std::io;

use crate::carbon::DesiredHome;
use crate::carbon::home::{Class, Content, Desired, Kind, path_of};
use crate::cluster::Node;
use crate::modules::{HomeWork, Wanted, kept_probe, state_of, tree_probe, tree_probe_in};
use crate::run::host::HostRun;
use crate::run::now;
use crate::run::task::{Failure, TaskRun};
use crate::run::upload::Stream;
use crate::script::{Answer, Attributes, Probe, Step, Tree, tree_words};
use crate::state::{Generation, PlanLine, plan_text, rows_text};
use crate::yaml::Error;

/// Up to so many bytes are sent with the session's requests.
const LITTLE: u64 = 1024 * 1024;

impl TaskRun<'_> {
    /// Does what a Home needs. Returns the question that has been answered on the way: a first install hashes
    /// every file after it has landed, and a rename changes none.
    pub(super) async fn home(
        &self,
        host: &mut HostRun,
        work: &HomeWork,
    ) -> Result<Option<Probe>, Failure> {
        let (cluster, node, wanted) = self.context.world.node(&work.cluster, &work.node)?;
        let (state, home) = (state_of(node), node.home.display().to_string());
        let owner = owner(node);
        // Whoever has looked at the record looked at the one before this.
        host.answers.remove(&kept_probe(node, true));
        if work.finish {
            let commit = call(
                "wm_commit",
                [
                    state.clone(),
                    home.clone(),
                    work.generation.to_string(),
                    work.keep.to_string(),
                ],
            );
            self.must(host, vec![commit], Vec::new(), "finishing what was cut")
                .await?;
            return Ok(None);
        }
        if let Some(password) = &work.password {
            self.change_password(host, cluster, password).await?;
        }
        let mut steps = self.debts(host).await?;
        let lines = plan(wanted, work);
        if work.record && !work.install {
            steps.push(Step::Folder {
                path: state.clone(),
                attributes: Attributes::default(),
            });
            let as_wanted = as_wanted(wanted, work);
            steps.push(note(&state, "secret", secrets(wanted)));
            steps.push(note(&state, "manifest.new", rows_text(&as_wanted)));
            steps.push(call("wm_manifest", [state.clone()]));
        }
        if lines.is_empty() && !work.install {
            let written = vec![kept_probe(node, true)];
            self.must(host, steps, written, "writing the record")
                .await?;
            return Ok(None);
        }
        if work.record && !work.install {
            // What the rest was before cannot be told.
            steps.push(note(&state, "anew", String::new()));
        }
        let (staging, stage) = (steps.len(), call("wm_stage", [state.clone()]));
        steps.push(stage);
        steps.push(note(&state, "plan", plan_text(&lines, &owner)));
        let mut record = self.generation(work.generation, node, wanted).changing(
            work.put
                .iter()
                .chain(&work.gone)
                .chain(&work.attributes)
                .map(String::as_str),
        );
        record.whole_cluster = work.whole_cluster;
        steps.extend(self.recorded(&state, &record)?);
        steps.push(note(&state, "secret", secrets(wanted)));
        if !work.install {
            steps.push(note(
                &state,
                "manifest.rows",
                rows_text(&rows(wanted, &lines)),
            ));
        }
        let doing = "making room for an upload";
        let done = self.all_done(host, steps, Vec::new(), doing).await?;
        let nothing_landed = done.get(staging).is_some_and(|done| done.output == b"new");
        let kept = if nothing_landed {
            BTreeSet::new()
        } else {
            let landed = tree_probe_in(node, wanted, format!("{state}/stage"));
            host.ask(vec![landed.clone()]).await?;
            kept(wanted, host.answers.get(&landed))
        };
        let mut steps = Vec::new();
        if work.install && !nothing_landed {
            // What an earlier, interrupted upload has left and nobody wants any more must not come along.
            let list: String = kept.iter().map(|path| format!("{path}\n")).collect();
            let sweep = vec![
                note(&state, "kept", list),
                call("wm_sweep", [state.clone()]),
            ];
            let doing = "clearing what landed before";
            self.must(host, sweep, Vec::new(), doing).await?;
        }
        let send = Sending {
            put: (!work.install).then(|| work.put.clone()),
            kept,
        };
        let paths = send.paths(&wanted.home);
        let total: u64 = paths.map(|path| size(&wanted.home, &path)).sum();
        if total <= LITTLE {
            steps = self.writes(&wanted.home, &format!("{state}/stage"), &send)?;
        } else {
            let (home, owner) = (wanted.home.clone(), (node.user.clone(), node.group.clone()));
            let stream = Stream {
                write: Box::new(move |out| {
                    home.stream(send.paths(&home), Some((&owner.0, &owner.1)), out)
                }),
                total,
            };
            self.upload(host, &state, stream).await?;
        }
        if work.install {
            steps.push(Step::Attributes {
                path: format!("{state}/stage"),
                attributes: Attributes {
                    mode: None,
                    owner: Some(node.user.clone()),
                    group: Some(node.group.clone()),
                },
                // What came as a stream has its owners already.
                recurse: total <= LITTLE,
            });
            let mut words = vec![state.clone(), wanted.tree.clone()];
            words.extend(tree_words(
                &(node.user.clone(), node.group.clone()),
                wanted.rules(),
            ));
            steps.push(Step::Function {
                name: "wm_verify",
                arguments: words,
            });
            steps.push(call(
                "wm_install",
                [state, home.clone(), work.keep.to_string()],
            ));
            self.must(host, steps, Vec::new(), "putting files in place")
                .await?;
            let installed = tree_probe(node, wanted);
            host.answers
                .insert(installed.clone(), Answer::Tree(Tree::Same));
            return Ok(Some(installed));
        } else {
            steps.push(call("wm_ready", [state.clone(), wanted.tree.clone()]));
            if work.commit {
                steps.push(call(
                    "wm_commit",
                    [
                        state,
                        home,
                        work.generation.to_string(),
                        work.keep.to_string(),
                    ],
                ));
            }
        }
        self.must(host, steps, Vec::new(), "putting files in place")
            .await?;
        Ok(None)
    }

    /// What is little travels with the requests of the session and costs no exec of its own.
    fn writes(
        &self,
        home: &DesiredHome,
        folder: &str,
        send: &Sending,
    ) -> Result<Vec<Step>, Failure> {
        let unread =
            |error: io::Error| Error::at(&self.task.place, "a file cannot be read").because(error);
        let mut steps = Vec::new();
        for path in send.paths(home) {
            let Some(desired) = home.get(&path) else {
                continue;
            };
            let mode = Attributes {
                mode: Some(desired.row.mode),
                ..Attributes::default()
            };
            let content = match desired.content {
                Content::Computed(edited) => edited.bytes().to_vec(),
                Content::Overlay(from) => std::fs::read(from).map_err(unread)?,
                Content::Pack => {
                    let read = home
                        .pack()
                        .read(home.source(&path))
                        .map_err(io::Error::other)
                        .map_err(unread)?;
                    read.ok_or_else(|| {
                        Error::at(&self.task.place, format!("`{path}` is not in the pack"))
                    })?
                }
                Content::Link => {
                    if let Kind::Link(target) = desired.row.kind {
                        let path = format!("{folder}/{path}");
                        steps.extend(above(&path));
                        steps.push(Step::Link { path, target });
                    }
                    continue;
                }
                Content::Folder => {
                    steps.push(Step::Folder {
                        path: format!("{folder}/{path}"),
                        attributes: mode,
                    });
                    continue;
                }
            };
            let path = format!("{folder}/{path}");
            steps.extend(above(&path));
            steps.push(Step::Write {
                path,
                content,
                attributes: mode,
            });
        }
        Ok(steps)
    }

    /// What is kept of a write.
    pub(super) fn generation(&self, number: u64, node: &Node, wanted: &Wanted) -> Generation {
        let record = &self.context.options.record;
        Generation {
            number,
            run: record.run.clone(),
            at: now(),
            by: self.context.options.holder.replace('\n', " "),
            verb: record.verb.to_string(),
            inventory: record.inventory.clone(),
            start: wanted.start.clone(),
            tier: wanted.cut.tier.as_str().to_owned(),
            owner: owner(node),
            changed: Vec::new(),
            count: 0,
            whole_cluster: false,
            back: None,
        }
    }

    /// The notes of a write, which come true with its commit.
    pub(super) fn recorded(&self, state: &str, made: &Generation) -> Result<[Step; 2], Error> {
        let line = made.line().map_err(|error| {
            Error::at(&self.task.place, "the record cannot be written").because(error)
        })?;
        let short = format!("{} {} {}\n", made.number, made.at, made.by);
        Ok([
            open_note(state, "generation.new", short),
            note(state, "record.new", line + "\n"),
        ])
    }
}

/// Whose all files of its Home are.
fn owner(node: &Node) -> String {
    format!("{}:{}", node.user, node.group)
}

/// The folder that something is to land in.
fn above(path: &str) -> Option<Step> {
    let (above, _) = path.rsplit_once('/')?;
    Some(Step::Folder {
        path: above.to_owned(),
        attributes: Attributes::default(),
    })
}

pub(super) fn call<const N: usize>(name: &'static str, arguments: [String; N]) -> Step {
    Step::Function {
        name,
        arguments: arguments.to_vec(),
    }
}

/// A file of the state that only root reads: digests of what holds a secret would let others try passwords.
pub(super) fn note(state: &str, name: &str, text: String) -> Step {
    file(state, name, text, 0o600)
}

/// A file of the state that anybody may read.
pub(super) fn open_note(state: &str, name: &str, text: String) -> Step {
    file(state, name, text, 0o644)
}

fn file(state: &str, name: &str, text: String, mode: u32) -> Step {
    Step::Write {
        path: format!("{state}/{name}"),
        content: text.into_bytes(),
        attributes: Attributes {
            mode: Some(mode),
            ..Attributes::default()
        },
    }
}

fn size(home: &DesiredHome, path: &str) -> u64 {
    let padded = |bytes: u64| 512 + bytes.div_ceil(512) * 512;
    match home.get(path).map(|desired| desired.content) {
        Some(Content::Computed(edited)) => padded(edited.length()),
        Some(Content::Pack) => padded(
            home.pack()
                .index()
                .entry(home.source(path))
                .map_or(0, |entry| entry.size),
        ),
        Some(Content::Overlay(from)) => {
            padded(std::fs::metadata(from).map_or(0, |file| file.len()))
        }
        _ => 512,
    }
}

fn plan(wanted: &Wanted, work: &HomeWork) -> Vec<PlanLine> {
    let row = |path: &String| wanted.home.get(path).map(|desired| desired.row);
    let mut lines: Vec<PlanLine> = work.gone.iter().cloned().map(PlanLine::Gone).collect();
    lines.extend(
        work.attributes
            .iter()
            .filter_map(row)
            .map(|row| match row.kind {
                Kind::Folder => PlanLine::Folder(row),
                _ => PlanLine::Attributes(row),
            }),
    );
    // The digest of a file in a normal form is not that of its bytes, which is what lands.
    lines.extend(work.put.iter().filter_map(|path| {
        let desired = wanted.home.get(path)?;
        let mut row = desired.row;
        if let (true, Content::Computed(edited)) = (desired.normal, &desired.content) {
            row.kind = Kind::File(crate::carbon::Digest::of(&edited.bytes()));
        }
        Some(PlanLine::Put(row))
    }));
    lines
}

/// The rows that this work does not change: what a Manifest that is written anew begins with.
fn as_wanted(wanted: &Wanted, work: &HomeWork) -> Vec<PlanLine> {
    let touched = |path: &String| work.put.contains(path) || work.attributes.contains(path);
    let rows = wanted.home.owned().filter(|row| !touched(&row.path));
    rows.map(PlanLine::Attributes).collect()
}

/// The plan's lines as the Manifest keeps them: a file in a normal form by that form's digest, as hosts list it.
fn rows(wanted: &Wanted, lines: &[PlanLine]) -> Vec<PlanLine> {
    let listed = |line: &PlanLine| match line {
        PlanLine::Put(row) => {
            let desired = wanted.home.get(&row.path);
            PlanLine::Put(desired.map_or_else(|| row.clone(), |desired| desired.row))
        }
        other => other.clone(),
    };
    lines.iter().map(listed).collect()
}

/// The paths of all files that hold a secret, as `join` wants them.
fn secrets(wanted: &Wanted) -> String {
    let secret = wanted.home.computed().filter(|desired| desired.secret);
    secret
        .map(|desired| format!("{}\n", desired.row.path))
        .collect()
}

/// What landed whole in an earlier, interrupted upload, mode and all. Where the digest is that of a normal
/// form, this cannot be told.
fn kept(wanted: &Wanted, landed: Option<&Answer>) -> BTreeSet<String> {
    let whole = |desired: &Desired| !desired.normal && matches!(desired.row.kind, Kind::File(_));
    match landed {
        Some(Answer::Tree(Tree::Rows { rows, .. })) => rows
            .lines()
            .filter_map(|row| {
                let desired = wanted.home.get(path_of(row)?)?;
                let there = whole(&desired) && desired.row.to_string().trim_end() == row;
                there.then_some(desired.row.path)
            })
            .collect(),
        Some(Answer::Tree(Tree::Same)) => {
            let owned = wanted.home.iter();
            let owned = owned.filter(|desired| desired.class == Class::Owned && whole(desired));
            owned.map(|desired| desired.row.path).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// What has yet to be sent. The paths of a whole Home are not held: fifty uploads at once would hold half a
/// megabyte each.
pub(super) struct Sending {
    /// What is put; [`None`] for the whole Home.
    put: Option<Vec<String>>,
    /// What has landed in an earlier, interrupted upload, and stays.
    kept: BTreeSet<String>,
}

impl Sending {
    pub(super) fn paths<'a>(&'a self, home: &'a DesiredHome) -> impl Iterator<Item = String> + 'a {
        let put = self.put.iter().flatten().cloned();
        let whole = self.put.is_none().then(|| home.iter());
        let whole = whole.into_iter().flatten().map(|desired| desired.row.path);
        put.chain(whole).filter(|path| !self.kept.contains(path))
    }
}
