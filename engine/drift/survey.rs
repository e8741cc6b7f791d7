//! What a drift check asks of each host, and what becomes of the answers: findings at once, so that a thousand
//! hosts cost no more memory than one.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cluster::checks::keystores_outside;
use crate::cluster::{Cluster, Node};
use crate::modules::artifacts::{FOLDER, artifacts_probe};
use crate::modules::{
    Wanted, World, content_probe, kept_probe, keystore_probe, node_probe, process_probe,
    since_probe, state_of, tree_probe, unit_path,
};
use crate::run::Survey;
use crate::script::{
    Answer, Answers, Artifacts, Facts, Kept, NodeState, Path, Probe, Process, Tree,
};
use crate::state::Evidence;
use crate::yaml::Secrets;

use super::alike::Alike;
use super::finding::{Class, Finding, Kind};
use super::home::{Differing, texts};
use super::node::{Running, java};
use super::taken::{self, Taken};

/// A node as a host told of it.
#[derive(Clone, Debug)]
pub struct NodeSeen {
    /// The cluster.
    pub cluster: String,
    /// The node.
    pub node: String,
    /// Its unit file.
    pub unit: String,
    /// The unit file's digest as it was last written, where that was kept.
    pub unit_written: Option<String>,
    /// The contents of its Home that are not as wanted, where they were asked for.
    pub taken: Vec<Taken>,
}

/// A host as it told of itself.
#[derive(Clone, Debug)]
pub struct HostSeen {
    /// The host.
    pub host: String,
    /// What is not as wanted.
    pub findings: Vec<Finding>,
    /// Its nodes.
    pub nodes: Vec<NodeSeen>,
    /// Nothing was ever written here.
    pub fresh: bool,
}

/// Looks on in a run that only looks, and sends what it has seen of each host.
pub struct Looker {
    secrets: Secrets,
    seen: Sender<HostSeen>,
    takes: bool,
    alike: Mutex<Alike>,
}

impl Looker {
    /// Hides `secrets`, sends to `seen`.
    #[must_use]
    pub fn new(secrets: Secrets, seen: Sender<HostSeen>) -> Self {
        Self {
            secrets,
            seen,
            takes: false,
            alike: Mutex::default(),
        }
    }

    /// Takes the contents along, of all that a Home has and nobody wants so.
    #[must_use]
    pub fn taking(mut self, takes: bool) -> Self {
        self.takes = takes;
        self
    }

    /// What nodes of one cluster have not alike, each finding with its host: once all have been seen.
    #[must_use]
    pub fn not_alike(&self, clusters: &[Cluster]) -> Vec<(String, Finding)> {
        self.alike().findings(clusters, &self.secrets)
    }

    /// What was seen of a host is whole, even where another's look has panicked.
    fn alike(&self) -> MutexGuard<'_, Alike> {
        self.alike.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Survey for Looker {
    fn probes(&self, world: &World, host: &str) -> Vec<Probe> {
        let nodes = of_host(world, host).flat_map(|(_, node, wanted)| {
            [
                tree_probe(node, wanted),
                node_probe(node),
                Probe::Java(node.java_home.clone()),
                process_probe(node, false),
                kept_probe(node, false),
                artifacts_probe(node),
            ]
        });
        let mut probes: Vec<Probe> = nodes.collect();
        probes.extend(keystores_of(world, host).map(|(_, path)| keystore_probe(path)));
        if !probes.is_empty() {
            // A host that no play is for is asked for its facts by nobody else.
            probes.push(Probe::Facts);
        }
        probes
    }

    fn more(&self, world: &World, host: &str, seen: &Answers) -> Vec<Probe> {
        let mut probes = Vec::new();
        for (_, node, wanted) in of_host(world, host) {
            if let Some(Answer::Tree(Tree::Rows { rows, .. })) = seen.get(&tree_probe(node, wanted))
            {
                probes.push(kept_probe(node, true));
                let texts = texts(wanted, rows).into_iter();
                probes.extend(texts.map(|path| content_probe(node, &path)));
                if self.takes {
                    probes.extend(taken::probes(node, wanted, rows));
                }
            } else if let Some(Answer::Node(state)) = seen.get(&node_probe(node))
                && state.unit.is_active()
                && Evidence::read(&state.evidence)
                    .is_some_and(|evidence| evidence.start != wanted.start)
            {
                probes.push(since_probe(node, wanted));
            }
        }
        probes
    }

    fn seen(&self, world: &World, host: &str, seen: &mut Answers) {
        let mut findings = Vec::new();
        let mut nodes = Vec::new();
        let mut fresh = false;
        for (cluster, node, wanted) in of_host(world, host) {
            let look = Look {
                cluster,
                node,
                wanted,
                seen,
                secrets: &self.secrets,
            };
            let new = look.is_new();
            fresh |= new;
            if new {
                findings.push(look.not_installed());
            } else {
                findings.extend(look.findings());
            }
            let taken = match look.tree() {
                Some(Answer::Tree(Tree::Rows { rows, .. })) if self.takes => {
                    taken::taken(node, wanted, rows, seen)
                }
                _ => Vec::new(),
            };
            if let Some(artifacts) = look.artifacts(&mut findings).filter(|_| !new) {
                self.alike()
                    .has_deployed(&cluster.name, &node.name, artifacts);
            }
            nodes.push(NodeSeen {
                cluster: cluster.name.clone(),
                node: node.name.clone(),
                unit: unit_path(node),
                unit_written: look
                    .kept()
                    .map(|kept| kept.unit.clone())
                    .filter(|unit| !unit.is_empty()),
                taken,
            });
            large(node, wanted, seen);
        }
        for (node, path) in keystores_of(world, host) {
            match seen.get(&keystore_probe(path)) {
                Some(Answer::Path(file)) => {
                    let digest = file.as_ref().map(|file| file.sha256.clone());
                    self.alike().has_keystore(host, path, digest);
                }
                _ => findings.push(
                    Finding::new(path, Kind::Unreadable, Class::Unknown)
                        .of_node(&node.name)
                        .expected("the keystore of its cluster")
                        .observed("a file that may not be read"),
                ),
            }
        }
        // The run that would read this has ended: then nobody wants it.
        let _nobody = self.seen.send(HostSeen {
            host: host.to_owned(),
            findings,
            nodes,
            fresh,
        });
    }

    fn again(&self, world: &World) -> BTreeMap<String, Vec<Probe>> {
        match self.takes {
            // What is deployed is not taken over.
            true => BTreeMap::new(),
            false => self.alike().texts_to_read(world),
        }
    }

    fn seen_again(&self, host: &str, said: Result<Answers, String>) {
        self.alike().read(host, &said);
    }
}

/// The keystores outside Homes that the nodes of a host name.
fn keystores_of<'a>(world: &'a World, host: &'a str) -> impl Iterator<Item = (&'a Node, &'a str)> {
    of_host(world, host)
        .flat_map(|(_, node, _)| keystores_outside(node).map(move |path| (node, path)))
}

/// Takes out what may be large and is of no more use.
fn large(node: &Node, wanted: &Wanted, seen: &mut Answers) {
    let inside = format!("{}/", node.home.display());
    let contents = |probe: &&Probe| match probe {
        Probe::Path { path, .. } => path.starts_with(&inside),
        _ => false,
    };
    let mut probes: Vec<Probe> = seen.probes().filter(contents).cloned().collect();
    probes.extend([
        tree_probe(node, wanted),
        kept_probe(node, true),
        artifacts_probe(node),
    ]);
    for probe in &probes {
        seen.remove(probe);
    }
}

/// The nodes of a host with what is wanted of them.
fn of_host<'a>(
    world: &'a World,
    host: &'a str,
) -> impl Iterator<Item = (&'a Cluster, &'a Node, &'a Wanted)> {
    world.clusters.iter().flat_map(move |cluster| {
        let own = cluster.nodes.iter().filter(move |node| node.host == host);
        own.filter_map(move |node| {
            let key = (cluster.name.clone(), node.name.clone());
            Some((cluster, node, world.wanted.get(&key)?))
        })
    })
}

/// One node's answers.
struct Look<'a> {
    cluster: &'a Cluster,
    node: &'a Node,
    wanted: &'a Wanted,
    seen: &'a Answers,
    secrets: &'a Secrets,
}

impl Look<'_> {
    fn finding(&self, path: impl Into<String>, kind: Kind, class: Class) -> Finding {
        Finding::new(path, kind, class).of_node(&self.node.name)
    }

    fn home(&self) -> String {
        self.node.home.display().to_string()
    }

    fn kept(&self) -> Option<&Kept> {
        [true, false].iter().find_map(
            |whole| match self.seen.get(&kept_probe(self.node, *whole)) {
                Some(Answer::Kept(kept)) => Some(kept),
                _ => None,
            },
        )
    }

    fn state(&self) -> Option<&NodeState> {
        match self.seen.get(&node_probe(self.node)) {
            Some(Answer::Node(state)) => Some(state),
            _ => None,
        }
    }

    fn process(&self) -> Option<&Process> {
        match self.seen.get(&process_probe(self.node, false)) {
            Some(Answer::Process(process)) => Some(process),
            _ => None,
        }
    }

    fn facts(&self) -> Option<&Facts> {
        match self.seen.get(&Probe::Facts) {
            Some(Answer::Facts(facts)) => Some(facts),
            _ => None,
        }
    }

    fn tree(&self) -> Option<&Answer> {
        self.seen.get(&tree_probe(self.node, self.wanted))
    }

    /// No Home, no record, no unit: the inventory has a node more than the hosts.
    fn is_new(&self) -> bool {
        let no_home = matches!(self.tree(), Some(Answer::Tree(Tree::Missing)));
        let no_record = self.kept().is_some_and(|kept| !kept.manifest);
        let no_unit = self.state().is_some_and(|state| {
            state.generation.is_empty() && state.unit.property("LoadState") == "not-found"
        });
        no_home && no_record && no_unit
    }

    fn not_installed(&self) -> Finding {
        let release = &self.cluster.release;
        self.finding(self.home(), Kind::Missing, Class::Pending)
            .expected(format!("{} {}", release.product, release.version))
    }

    fn findings(&self) -> Vec<Finding> {
        let mut found = self.files();
        let waits = |one: &Finding| matches!(one.class, Class::Pending | Class::Both);
        let pending = found.iter().any(waits);
        if let (Some(state), Some(process), Some(facts)) =
            (self.state(), self.process(), self.facts())
        {
            let running = Running {
                cluster: self.cluster,
                node: self.node,
                wanted: self.wanted,
                state,
                process,
                facts,
                unit_moved: self
                    .unit_file()
                    .is_some_and(|file| self.kept().is_some_and(|kept| kept.unit != file.sha256)),
                pending,
                has_read: matches!(
                    self.seen.get(&since_probe(self.node, self.wanted)),
                    Some(Answer::Since(Some(changed))) if changed.is_empty()
                ),
            };
            found.extend(running.findings());
        } else {
            found.push(
                self.finding(self.home(), Kind::Unreadable, Class::Unknown)
                    .expected("the state of its process")
                    .observed("the host does not tell"),
            );
        }
        match self.seen.get(&Probe::Java(self.node.java_home.clone())) {
            Some(Answer::Java(there)) => {
                found.extend(java(
                    self.node,
                    self.wanted,
                    there.as_ref(),
                    self.names_java(),
                ));
            }
            _ => found.push(
                self.finding(&self.node.java_home, Kind::Unreadable, Class::Unknown)
                    .observed("the host does not tell"),
            ),
        }
        found
    }

    /// The unit as it lies on the host names the wanted Java.
    fn names_java(&self) -> bool {
        let content = self.unit_file().and_then(|file| file.content.as_deref());
        content.is_some_and(|text| String::from_utf8_lossy(text).contains(&self.node.java_home))
    }

    /// The unit file, where a play asks for it.
    fn unit_file(&self) -> Option<&Path> {
        let unit = unit_path(self.node);
        self.seen.probes().find_map(|probe| {
            let is_unit = matches!(probe, Probe::Path { path, .. } if *path == unit);
            match self.seen.get(probe) {
                Some(Answer::Path(Some(file))) if is_unit => Some(file),
                _ => None,
            }
        })
    }

    fn files(&self) -> Vec<Finding> {
        let manifest = format!("{}/manifest", state_of(self.node));
        let mut found = Vec::new();
        for whole in [false, true] {
            if let Some(Answer::Unreadable(why)) = self.seen.get(&kept_probe(self.node, whole)) {
                found.push(
                    self.finding(&manifest, Kind::Unreadable, Class::Unknown)
                        .expected("the record of what was last written")
                        .observed(why),
                );
                break;
            }
        }
        if let Some(kept) = self.kept().filter(|kept| !kept.manifest) {
            let kind = match kept.foreign {
                true => Kind::Modified,
                false => Kind::Missing,
            };
            let mut finding = self.finding(&manifest, kind, Class::Unknown);
            finding.expected = Some("the record of what was last written".to_owned());
            finding.observed = kept.foreign.then(|| "no such record".to_owned());
            found.push(finding);
        }
        match self.tree() {
            Some(Answer::Tree(Tree::Same)) => {}
            Some(Answer::Tree(Tree::Missing)) => {
                let class = match self.kept() {
                    Some(kept) if kept.manifest => Class::Drift,
                    _ => Class::Unknown,
                };
                found.push(
                    self.finding(self.home(), Kind::Missing, class)
                        .expected("a Home"),
                );
            }
            Some(Answer::Tree(Tree::Rows {
                rows,
                foreign,
                errors,
            })) => {
                let differing = Differing {
                    node: self.node,
                    wanted: self.wanted,
                    rows,
                    foreign,
                    errors,
                    manifest: self
                        .kept()
                        .filter(|kept| kept.manifest)
                        .map(|kept| kept.rows.as_str()),
                    content: &|path| match self.seen.get(&content_probe(self.node, path)) {
                        Some(Answer::Path(Some(file))) => file.content.as_deref(),
                        _ => None,
                    },
                    secrets: self.secrets,
                };
                found.extend(differing.findings());
            }
            other => {
                let why = match other {
                    Some(Answer::Unreadable(why)) => why.trim(),
                    _ => "the host does not tell",
                };
                found.push(
                    self.finding(self.home(), Kind::Unreadable, Class::Unknown)
                        .expected("a Home")
                        .observed(why),
                );
            }
        }
        found
    }

    fn artifacts(&self, found: &mut Vec<Finding>) -> Option<Artifacts> {
        match self.seen.get(&artifacts_probe(self.node)) {
            Some(Answer::Artifacts(artifacts)) => Some(artifacts.clone().unwrap_or_default()),
            other => {
                let why = match other {
                    Some(Answer::Unreadable(why)) => why.trim(),
                    _ => "the host does not tell",
                };
                found.push(
                    self.finding(
                        format!("{}/{FOLDER}", self.home()),
                        Kind::Unreadable,
                        Class::Unknown,
                    )
                    .expected("deployed artifacts")
                    .observed(why),
                );
                None
            }
        }
    }
}
