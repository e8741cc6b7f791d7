//! A run at the sync of artifacts: the sender's key is let in by each receiving host, hosts are made known to the
//! sender, a push is made and judged; at the end the trees of all nodes are held against each other.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::cluster::checks::Check;
use crate::cluster::{Cluster, Node};
use crate::modules::artifacts::{artifacts_probe, compare, told};
use crate::modules::{ArtifactsWork, KeyLine, SyncPaths, SyncWork, Unlike};
use crate::run::checkout::alike_within;
use crate::run::host::HostRun;
use crate::run::task::{Failure, TaskRun, interrupted};
use crate::run::{Context, Event};
use crate::script::{Answer, Answers, Artifacts, Attributes, Probe, Request, Step};
use crate::yaml::Error;

/// How long nodes may take to have the same artifacts: some may be deployed while we look.
pub(super) const ALIKE: Duration = Duration::from_secs(60);

/// Host keys as sshd has them by default.
const HOST_KEYS: [&str; 3] = ["ed25519", "ecdsa", "rsa"];

impl TaskRun<'_> {
    /// Does a node's part in the push of artifacts.
    pub(super) async fn sync(&self, host: &mut HostRun, work: &SyncWork) -> Result<(), Failure> {
        let (cluster, node) = self.context.world.placed(&work.cluster, &work.node)?;
        let sender = self.sender(cluster)?;
        let paths = SyncPaths::of(cluster)?;
        if sender.name != node.name {
            let public = self.text_at(sender, &paths.public).await?;
            return self.let_in(cluster, node, &public).await;
        }
        self.must(
            host,
            key_steps(&paths, sender),
            vec![paths.private_probe()],
            "making the sender's key",
        )
        .await?;
        let public = self.text_at(sender, &paths.public).await?;
        let mut known = String::new();
        for receiver in self.reached(cluster).await {
            self.let_in(cluster, receiver, &public).await?;
            known.push_str(&self.host_keys(receiver).await?);
        }
        let files = [&paths.public, &paths.known_hosts].map(|path| file_probe(path));
        let put = write(&paths.known_hosts, known);
        self.must(host, vec![put], files.to_vec(), "making hosts known")
            .await?;
        self.push(host, cluster, &paths).await?;
        if text_of(&host.answers, &file_probe(&paths.proved)).is_empty() {
            self.begin_to_send(host, cluster, node).await?;
        }
        let key = paths.key(cluster, &host.answers)?.unwrap_or_default();
        let probes = vec![file_probe(&paths.proved), Probe::Unit(paths.service)];
        let put = write(&paths.proved, key + "\n");
        self.must(host, vec![put], probes, "keeping the evidence")
            .await
    }

    pub(super) fn sender<'a>(&self, cluster: &'a Cluster) -> Result<&'a Node, Error> {
        cluster.sender().ok_or_else(|| {
            let message = format!("cluster `{}` has no active manager", cluster.name);
            Error::at(&self.task.place, message)
        })
    }

    /// The receiving nodes whose hosts can be reached; the others are told.
    async fn reached<'a>(&self, cluster: &'a Cluster) -> Vec<&'a Node> {
        let mut reached = Vec::new();
        for node in cluster.receivers() {
            if self.is_reached(node).await {
                reached.push(node);
            } else {
                self.context.events.send(Event::Noticed {
                    host: Some(node.host.clone()),
                    message: format!(
                        "{}: no artifacts are brought, its host cannot be reached",
                        node.name
                    ),
                });
            }
        }
        reached
    }

    pub(super) async fn is_reached(&self, node: &Node) -> bool {
        match self.context.locks.link(&node.host) {
            Some(link) => link.lock().await.is_open(),
            None => false,
        }
    }

    /// Lets the sender's key in on a receiving host, for one purpose.
    async fn let_in(&self, cluster: &Cluster, node: &Node, public: &str) -> Result<(), Failure> {
        let line = KeyLine::of(cluster, node)?;
        let (folder, _) = line.file.rsplit_once('/').unwrap_or(("/", ""));
        let probe = file_probe(&line.file);
        let doing = "letting the sender's key in";
        let there = self
            .at(&node.host, Vec::new(), vec![probe.clone()], doing)
            .await?;
        let before = text_of(&there, &probe);
        let after = line.put(&before, public);
        if after == before {
            return Ok(());
        }
        let folder = Step::Folder {
            path: folder.to_owned(),
            attributes: Attributes {
                mode: Some(0o755),
                ..Attributes::default()
            },
        };
        let steps = vec![folder, write(&line.file, after)];
        self.at(&node.host, steps, Vec::new(), doing).await?;
        self.context.forget(&node.host, &line.file);
        Ok(())
    }

    /// A receiving host's keys as the sender's ssh reads them. They come over our own connection, which knows the host.
    async fn host_keys(&self, node: &Node) -> Result<String, Failure> {
        let probes = HOST_KEYS.map(|kind| file_probe(&format!("/etc/ssh/ssh_host_{kind}_key.pub")));
        let doing = "reading the host's keys";
        let answers = self
            .at(&node.host, Vec::new(), probes.to_vec(), doing)
            .await?;
        let address = node.member.address;
        let name = match node.ssh_port {
            22 => address.to_string(),
            port => format!("[{address}]:{port}"),
        };
        let mut lines = String::new();
        for probe in &probes {
            let text = text_of(&answers, probe);
            let mut words = text.split_whitespace();
            if let (Some(kind), Some(key)) = (words.next(), words.next()) {
                lines.push_str(&format!("{name} {kind} {key}\n"));
            }
        }
        if lines.is_empty() {
            let message = format!("host `{}` shows no key of its own in /etc/ssh", node.host);
            return Err(Check::cite("WM182", message).or_at(&node.place).into());
        }
        Ok(lines)
    }

    pub(super) async fn text_at(&self, node: &Node, path: &str) -> Result<String, Failure> {
        let probe = file_probe(path);
        let doing = "reading the sender's key";
        let answers = self
            .at(&node.host, Vec::new(), vec![probe.clone()], doing)
            .await?;
        let text = text_of(&answers, &probe);
        if text.is_empty() {
            let message = format!("`{path}` on `{}` is not there, or empty", node.host);
            return Err(Error::at(&self.task.place, message)
                .hint("apply without `--limit` and `--tags`: an earlier task makes it")
                .into());
        }
        Ok(text)
    }

    /// Has the sender push, and says what kept it from any node that can be reached. Once more where it failed: one
    /// that was under way already was not let in.
    pub(super) async fn push(
        &self,
        host: &mut HostRun,
        cluster: &Cluster,
        paths: &SyncPaths,
    ) -> Result<(), Failure> {
        let start = Step::Command {
            argv: ["systemctl", "start", &paths.service]
                .map(str::to_owned)
                .to_vec(),
            folder: None,
            input: Vec::new(),
        };
        let request = Request {
            steps: vec![start],
            probes: vec![file_probe(&paths.last), Probe::Unit(paths.service.clone())],
            ..Request::default()
        };
        let mut wrong = None;
        for _ in 0..2 {
            let (done, answers) = host.request(&request, "pushing artifacts").await?;
            host.take_in(answers);
            let Some(failed) = done.iter().find(|one| !one.succeeded()) else {
                return Ok(());
            };
            let last = text_of(&host.answers, &file_probe(&paths.last));
            wrong = self.judged_push(cluster, &last, &failed.errors).await;
            if wrong.is_none() {
                // Nobody but hosts that cannot be reached.
                return Ok(());
            }
        }
        match wrong {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    async fn judged_push(&self, cluster: &Cluster, last: &str, said: &[u8]) -> Option<Error> {
        let mut told_any = false;
        for line in last.lines() {
            let mut fields = line.splitn(3, '\t');
            let (Some(end), Some(name), Some(why)) = (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            let Some(node) = cluster.nodes.iter().find(|node| node.name == name) else {
                continue;
            };
            told_any |= end != "ok";
            if end != "ok" && (end == "empty" || self.is_reached(node).await) {
                return Some(push_failed(node, end, why));
            }
        }
        if told_any {
            return None;
        }
        let said = String::from_utf8_lossy(said);
        let message = format!(
            "the push of cluster `{}`'s artifacts did not come about: {}",
            cluster.name,
            said.trim()
        );
        Some(Check::cite("WM180", message).or_at(&cluster.place))
    }

    /// Looks until all nodes have deployed the same; where artifacts are pushed, pushes what is not.
    pub(super) async fn alike(
        &self,
        host: &mut HostRun,
        work: &ArtifactsWork,
    ) -> Result<(), Failure> {
        let clusters = &self.context.world.clusters;
        let Some(cluster) = clusters.iter().find(|one| one.name == work.cluster) else {
            return Ok(());
        };
        let since = Instant::now();
        loop {
            let seen = self.deployed(&cluster.nodes).await?;
            let unlike = compare(cluster, &seen);
            if unlike.is_empty() {
                let files = seen.values().next().map_or(0, |one| one.files);
                self.context.events.send(Event::Noticed {
                    host: Some(host.name.clone()),
                    message: format!(
                        "artifacts of cluster {} are alike on {} nodes: {files} files",
                        cluster.name,
                        seen.len()
                    ),
                });
                if self.context.options.probe_artifact {
                    return self.prove_arrival(host, cluster).await;
                }
                return Ok(());
            }
            let deadline = alike_within(cluster);
            if since.elapsed() > deadline {
                return Err(differ(cluster, &unlike).into());
            }
            if cluster.sync.push().is_some() {
                self.push(host, cluster, &SyncPaths::of(cluster)?).await?;
            }
            self.context.events.send(Event::Waited {
                host: host.name.clone(),
                awaiting: format!("{}: the same artifacts on all nodes", cluster.name),
                seconds: since.elapsed().as_secs(),
                deadline: deadline.as_secs(),
            });
            if self.context.interrupt.sleep(Duration::from_secs(2)).await {
                return Err(interrupted(&self.task.place).into());
            }
        }
    }

    /// What each of these nodes that can be reached has deployed.
    pub(super) async fn deployed<'a>(
        &self,
        nodes: impl IntoIterator<Item = &'a Node>,
    ) -> Result<BTreeMap<String, Artifacts>, Failure> {
        let mut seen = BTreeMap::new();
        for node in nodes {
            if !self.is_reached(node).await {
                continue;
            }
            let probe = artifacts_probe(node);
            let doing = "looking at deployed artifacts";
            let answers = self
                .at(&node.host, Vec::new(), vec![probe.clone()], doing)
                .await?;
            match answers.get(&probe) {
                Some(Answer::Artifacts(deployed)) => {
                    seen.insert(node.name.clone(), deployed.clone().unwrap_or_default());
                }
                other => {
                    let why = match other {
                        Some(Answer::Unreadable(why)) => why.to_string(),
                        _ => "no answer came".to_owned(),
                    };
                    let message = format!("artifacts of `{}` cannot be read: {why}", node.name);
                    return Err(Error::at(&node.place, message).into());
                }
            }
        }
        Ok(seen)
    }
}

/// Holds the trees against each other that the first look has seen, for tasks that decide by it. A survey tells of
/// them itself.
pub(super) fn keep_unlike(context: &Context, hosts: &BTreeMap<String, HostRun>) {
    if context.options.survey.is_some() {
        return;
    }
    let mut unlike = Vec::new();
    for cluster in &context.world.clusters {
        let answered = cluster.nodes.iter().filter_map(|node| {
            match hosts.get(&node.host)?.answer(&artifacts_probe(node))? {
                Answer::Artifacts(Some(deployed)) => Some((node.name.clone(), deployed.clone())),
                _ => None,
            }
        });
        unlike.extend(compare(cluster, &answered.collect()));
    }
    context.keep_unlike(unlike);
}

/// Makes the sender's key where there is none, and has it the server's user's alone.
fn key_steps(paths: &SyncPaths, sender: &Node) -> Vec<Step> {
    const MAKE: &str = r#"set -e
[ -s "$1" ] || { rm -f -- "$1" "$1.pub"; ssh-keygen -q -t ed25519 -N '' -C wmprov-sync -f "$1"; }
[ -s "$1.pub" ] || ssh-keygen -y -f "$1" > "$1.pub"
"#;
    let argv = ["sh", "-c", MAKE, "wmprov", &paths.private];
    vec![
        Step::Run {
            argv: argv.map(str::to_owned).to_vec(),
        },
        Step::Attributes {
            path: paths.private.clone(),
            attributes: Attributes {
                mode: Some(0o600),
                owner: Some(sender.user.clone()),
                group: None,
            },
            recurse: false,
        },
    ]
}

pub(super) fn file_probe(path: &str) -> Probe {
    Probe::Path {
        path: path.to_owned(),
        content: crate::modules::SHOWN,
    }
}

/// A file's text; nothing where it is not there.
pub(super) fn text_of(answers: &Answers, probe: &Probe) -> String {
    let content = match answers.get(probe) {
        Some(Answer::Path(Some(file))) => file.content.clone().unwrap_or_default(),
        _ => Vec::new(),
    };
    String::from_utf8_lossy(&content).into_owned()
}

pub(super) fn write(path: &str, text: String) -> Step {
    Step::Write {
        path: path.to_owned(),
        content: text.into_bytes(),
        attributes: Attributes {
            mode: Some(0o644),
            ..Attributes::default()
        },
    }
}

/// What kept artifacts from a node, by what ssh and rsync say.
fn push_failed(node: &Node, end: &str, why: &str) -> Error {
    let code = match end {
        "refused" => "WM019",
        "empty" => "WM022",
        _ if why.contains("Host key verification failed") => "WM182",
        _ if why.contains("Permission denied (") => "WM181",
        _ => "WM180",
    };
    let message = match end {
        "empty" => format!("no artifacts are pushed from `{}`: {why}", node.name),
        _ => format!("artifacts do not reach `{}`: {why}", node.name),
    };
    Check::cite(code, message).or_at(&node.place)
}

fn differ(cluster: &Cluster, unlike: &[Unlike]) -> Error {
    let message = format!(
        "the nodes of cluster `{}` do not have the same artifacts: {}",
        cluster.name,
        told(unlike)
    );
    Check::cite("WM017", message).or_at(&cluster.place)
}
