//! A node's Home: what differs is sent, landed, hashed, and put in place in a transaction.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::carbon::DesiredHome;
use crate::carbon::home::{Content, Kind};
use crate::modules::{HomeWork, Wanted, state_of};
use crate::run::Event;
use crate::run::act::last_lines;
use crate::run::host::HostRun;
use crate::run::task::{Failure, TaskRun, interrupted};
use crate::script::{Answer, Attributes, Probe, Step, Tree, tree_words, unpack};
use crate::state::{PlanLine, plan_text, rows_text};
use crate::yaml::Error;

/// Up to so many bytes are sent with the session's requests.
const LITTLE: u64 = 1024 * 1024;

/// How long a host may take to unpack what it has been sent.
const PATIENCE: Duration = Duration::from_secs(600);

impl TaskRun<'_> {
    /// Does what a Home needs.
    pub(super) async fn home(&self, host: &mut HostRun, work: &HomeWork) -> Result<(), Failure> {
        let (_, node, wanted) = self.context.world.node(&work.cluster, &work.node)?;
        let (state, home) = (state_of(node), node.home.display().to_string());
        let owner = format!("{}:{}", node.user, node.group);
        if work.finish {
            let commit = call(
                "wm_commit",
                [state.clone(), home.clone(), work.generation.to_string()],
            );
            return self
                .must(host, vec![commit], Vec::new(), "finishing what was cut")
                .await;
        }
        let mut steps = self.debts(host).await?;
        steps.push(call("wm_stage", [state.clone()]));
        let lines = plan(wanted, work);
        steps.push(note(&state, "plan", plan_text(&lines, &owner)));
        steps.push(note(&state, "generation.new", self.generation(work)));
        if !work.install {
            steps.push(note(
                &state,
                "manifest.rows",
                rows_text(&rows(wanted, &lines)),
            ));
        }
        let landed = staged_probe(wanted, &state, (&node.user, &node.group));
        self.must(
            host,
            steps,
            vec![landed.clone()],
            "making room for an upload",
        )
        .await?;
        let send = missing(wanted, work, host.answers.get(&landed));
        let mut steps = Vec::new();
        let total: u64 = send.iter().map(|path| size(&wanted.home, path)).sum();
        if total <= LITTLE {
            steps = self.writes(&wanted.home, &format!("{state}/stage"), &send)?;
        } else {
            self.upload(host, &wanted.home, &format!("{state}/stage"), send)
                .await?;
        }
        if work.install {
            steps.push(Step::Attributes {
                path: format!("{state}/stage"),
                attributes: Attributes {
                    mode: None,
                    owner: Some(node.user.clone()),
                    group: Some(node.group.clone()),
                },
                recurse: true,
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
            steps.push(call("wm_install", [state, home]));
        } else {
            steps.push(call("wm_ready", [state.clone(), wanted.tree.clone()]));
            if work.commit {
                steps.push(call(
                    "wm_commit",
                    [state, home, work.generation.to_string()],
                ));
            }
        }
        self.must(host, steps, Vec::new(), "putting files in place")
            .await
    }

    /// What is little travels with the requests of the session and costs no exec of its own.
    fn writes(
        &self,
        home: &DesiredHome,
        folder: &str,
        paths: &[String],
    ) -> Result<Vec<Step>, Failure> {
        let unread =
            |error: io::Error| Error::at(&self.task.place, "a file cannot be read").because(error);
        let mut steps = Vec::new();
        for path in paths {
            let Some(desired) = home.get(path) else {
                continue;
            };
            let content = match desired.content {
                Content::Computed { bytes, .. } => bytes.to_vec(),
                Content::Overlay(from) => std::fs::read(from).map_err(unread)?,
                Content::Pack => {
                    let read = home
                        .pack()
                        .read(home.source(path))
                        .map_err(io::Error::other)
                        .map_err(unread)?;
                    read.ok_or_else(|| {
                        Error::at(&self.task.place, format!("`{path}` is not in the pack"))
                    })?
                }
                Content::Folder => continue,
            };
            let path = format!("{folder}/{path}");
            if let Some((above, _)) = path.rsplit_once('/') {
                steps.push(Step::Folder {
                    path: above.to_owned(),
                    attributes: Attributes::default(),
                });
            }
            steps.push(Step::Write {
                path,
                content,
                attributes: Attributes {
                    mode: Some(desired.row.mode),
                    ..Attributes::default()
                },
            });
        }
        Ok(steps)
    }

    /// The line about a write: number, digest, when and by whom.
    fn generation(&self, work: &HomeWork) -> String {
        let at = now();
        let by = self.context.options.holder.replace('\n', " ");
        format!("{} {at} {by}\n", work.generation)
    }

    /// Sends paths of a Home as a tar stream on a channel of its own.
    async fn upload(
        &self,
        host: &mut HostRun,
        home: &DesiredHome,
        folder: &str,
        paths: Vec<String>,
    ) -> Result<(), Failure> {
        let total: u64 = paths.iter().map(|path| size(home, path)).sum();
        let doing = "an upload";
        let mut conversation = {
            let mut link = host.link.lock().await;
            link.converse(&host.identity, |as_user, nonce| {
                unpack(folder, as_user, nonce)
            })
            .await?
        };
        // `begin` says that tar waits for its input: a sudo password, where one is wanted, has been given.
        conversation
            .next(PATIENCE, doing)
            .await
            .map_err(crate::run::LinkError::from)?;
        let (sender, mut chunks) = mpsc::channel::<Vec<u8>>(8);
        let home = home.clone();
        let maker = tokio::task::spawn_blocking(move || {
            let mut out = io::BufWriter::with_capacity(CHUNK, Sender(sender));
            home.stream(paths.iter().map(String::as_str), &mut out)?;
            out.flush()
        });
        let mut sent = 0;
        let mut told = Instant::now();
        while let Some(chunk) = chunks.recv().await {
            if self.context.interrupt.wished() {
                return Err(interrupted(&self.task.place).into());
            }
            conversation
                .send(&chunk, doing)
                .await
                .map_err(crate::run::LinkError::from)?;
            sent += chunk.len() as u64;
            if told.elapsed() > Duration::from_millis(200) || sent >= total {
                told = Instant::now();
                self.context.events.send(Event::Uploaded {
                    host: host.name.clone(),
                    what: self.task.name.clone(),
                    sent: sent.min(total),
                    total,
                });
            }
        }
        match maker.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                return Err(Error::at(&self.task.place, "the files cannot be read")
                    .because(error)
                    .into());
            }
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
        conversation
            .close_input(doing)
            .await
            .map_err(crate::run::LinkError::from)?;
        let answers = conversation
            .until_end(PATIENCE, doing)
            .await
            .map_err(crate::run::LinkError::from)?;
        conversation
            .finish()
            .await
            .map_err(crate::run::LinkError::from)?;
        let status = answers
            .iter()
            .find(|(id, _)| id == "tar")
            .map(|(_, fields)| fields);
        match status.map(Vec::as_slice) {
            Some([status, ..]) if status == b"0" => Ok(()),
            Some([_, said, ..]) => {
                let text = String::from_utf8_lossy(said).into_owned();
                let error = Error::at(
                    &self.task.place,
                    format!("unpacking on the host failed{}", last_lines(said)),
                );
                Err(if text.contains("No space left") {
                    error.hint("make room on the host, then run the same command again: what has landed is kept")
                } else {
                    error
                }
                .into())
            }
            _ => {
                Err(Error::at(&self.task.place, "the host did not say how unpacking ended").into())
            }
        }
    }
}

/// How much of a stream is sent at once.
const CHUNK: usize = 128 * 1024;

/// A blocking writer's end of a channel.
struct Sender(mpsc::Sender<Vec<u8>>);

impl Write for Sender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.blocking_send(bytes.to_vec()) {
            Ok(()) => Ok(bytes.len()),
            Err(_) => Err(io::Error::new(
                io::ErrorKind::BrokenPipe,
                "the upload has ended",
            )),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn call<const N: usize>(name: &'static str, arguments: [String; N]) -> Step {
    Step::Function {
        name,
        arguments: arguments.to_vec(),
    }
}

fn note(state: &str, name: &str, text: String) -> Step {
    Step::Write {
        path: format!("{state}/{name}"),
        content: text.into_bytes(),
        attributes: Attributes {
            mode: Some(0o644),
            ..Attributes::default()
        },
    }
}

pub(super) fn now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

fn size(home: &DesiredHome, path: &str) -> u64 {
    let padded = |bytes: u64| 512 + bytes.div_ceil(512) * 512;
    match home.get(path).map(|desired| desired.content) {
        Some(Content::Computed { bytes, .. }) => padded(bytes.len() as u64),
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
        if let (true, Content::Computed { bytes, .. }) = (desired.normal, &desired.content) {
            row.kind = Kind::File(crate::carbon::Digest::of(bytes));
        }
        Some(PlanLine::Put(row))
    }));
    lines
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

fn staged_probe(wanted: &Wanted, state: &str, owner: (&str, &str)) -> Probe {
    Probe::Tree {
        folder: format!("{state}/stage"),
        expected: wanted.tree.clone(),
        owner: (owner.0.to_owned(), owner.1.to_owned()),
        rules: wanted.rules().clone(),
    }
}

/// What has yet to be sent: what landed whole in an earlier, interrupted upload stays.
fn missing(wanted: &Wanted, work: &HomeWork, landed: Option<&Answer>) -> Vec<String> {
    let mut all: Vec<String> = if work.install {
        wanted.home.iter().map(|desired| desired.row.path).collect()
    } else {
        work.put.clone()
    };
    let kept: std::collections::BTreeSet<&str> = match landed {
        Some(Answer::Tree(Tree::Rows { rows, .. })) => rows
            .lines()
            .filter_map(|row| {
                let path = row.splitn(4, ' ').nth(3)?;
                let wish = wanted.home.get(path)?.row.to_string();
                (row.split(' ').nth(1) == Some("f")
                    && row.split(' ').nth(2) == wish.split(' ').nth(2))
                .then_some(path)
            })
            .collect(),
        Some(Answer::Tree(Tree::Same)) => return Vec::new(),
        _ => std::collections::BTreeSet::new(),
    };
    all.retain(|path| !kept.contains(path.as_str()));
    all
}
