//! What a drift check has found → the files that somebody changed by hand, each with what says it; the rest is passed over,
//! and told.

use std::collections::BTreeMap;

use crate::cluster::{Cluster, Node};
use crate::drift::{Class, DriftReport, Finding, Kind, NodeSeen, Taken, hunk};
use crate::modules::World;
use crate::yaml::Secrets;

use super::expression::{Changed, Expression, made_of};
use super::trial::Unit;
use super::{HandEdit, HandEditOf};

/// A drift check's answers, and what is held against them.
pub(super) struct Seen<'a> {
    pub(super) before: &'a World,
    pub(super) nodes: &'a [NodeSeen],
    pub(super) secrets: &'a Secrets,
    /// The files that are meant; all where there are none.
    pub(super) paths: &'a [String],
    /// Those too of which nobody can tell who moved them.
    pub(super) unknown: bool,
    /// What is no matter of this.
    pub(super) passed: Vec<String>,
}

/// Edits by cluster and path.
type Edits = BTreeMap<(String, String), HandEdit>;

impl<'a> Seen<'a> {
    /// Every file that somebody changed.
    pub(super) fn edits(&mut self, report: &DriftReport) -> Vec<HandEdit> {
        let mut edits = Edits::new();
        for (host, drift) in &report.hosts {
            for finding in &drift.differences {
                match self.placed(host, finding) {
                    None if self.paths.is_empty() => {
                        self.pass(host, finding, "it is no file of a Home");
                    }
                    None => {}
                    Some((cluster, node, path)) if self.is_meant(&path, finding) => {
                        match why_not(finding, node, &path, (&drift.differences, self.unknown)) {
                            Some(why) => self.pass(host, finding, why),
                            None => self.one(cluster, node, (&path, finding), &mut edits),
                        }
                    }
                    Some(_) => {}
                }
            }
        }
        edits.into_values().collect()
    }

    /// Whose file it is, and its path below the Home.
    fn placed(&self, host: &str, finding: &Finding) -> Option<(&'a Cluster, &'a Node, String)> {
        self.before.clusters.iter().find_map(|cluster| {
            let own = cluster.nodes.iter().filter(|one| one.host == host);
            let mut own =
                own.filter(|one| finding.node.as_ref().is_none_or(|name| one.name == *name));
            own.find_map(|node| {
                let below = finding
                    .path
                    .strip_prefix(&node.home.display().to_string())?;
                Some((cluster, node, below.strip_prefix('/')?.to_owned()))
            })
        })
    }

    fn is_meant(&self, path: &str, finding: &Finding) -> bool {
        let covers = |wanted: &String| {
            let wanted = wanted.trim_end_matches('/');
            let of = |path: &str| path == wanted || path.starts_with(&format!("{wanted}/"));
            of(path) || of(&finding.path)
        };
        self.paths.is_empty() || self.paths.iter().any(covers)
    }

    fn pass(&mut self, host: &str, finding: &Finding, why: &str) {
        if finding.class != Class::Pending {
            let line = format!("{host}: {} {}: {why}", finding.kind.as_str(), finding.path);
            // A process shows by several signs that it is another.
            if !self.passed.contains(&line) {
                self.passed.push(line);
            }
        }
    }

    fn one(
        &self,
        cluster: &Cluster,
        node: &Node,
        (path, finding): (&str, &Finding),
        edits: &mut Edits,
    ) {
        let key = (cluster.name.clone(), node.name.clone());
        let edit = edits
            .entry((cluster.name.clone(), path.to_owned()))
            .or_insert_with(|| HandEdit::new(&cluster.name, path));
        let seen = finding.clone();
        let mut finding = finding.clone();
        let taken = self.taken(&key.0, &key.1);
        let Some(wanted) = self.before.wanted.get(&key) else {
            // Of a node on a host that was looked at, something is wanted.
            return;
        };
        let changed = Changed {
            node,
            wanted,
            path,
            finding: &seen,
            taken,
            secrets: self.secrets,
        };
        match changed.expression() {
            Ok((expression, touches_role)) => {
                edit.unit.touches_role |= touches_role;
                finding.hunk = finding.hunk.or_else(|| self.as_hunk(&expression));
                let stands = expression.stands.iter().cloned();
                edit.unit
                    .found
                    .entry(key.clone())
                    .or_default()
                    .extend(stands);
                edit.unit.of_nodes.push((key, expression));
            }
            Err(error) => edit.refused.push(error),
        }
        edit.nodes.push(HandEditOf {
            node: node.name.clone(),
            finding,
        });
    }

    fn taken(&self, cluster: &str, node: &str) -> &[Taken] {
        let mut nodes = self.nodes.iter();
        let seen = nodes.find(|seen| seen.cluster == cluster && seen.node == node);
        seen.map_or(&[], |seen| &seen.taken)
    }

    /// The text of a file that is there and not wanted.
    fn as_hunk(&self, expression: &Expression) -> Option<String> {
        let [file] = &expression.files[..] else {
            let names = expression.files.iter();
            let names: String = names.map(|file| format!("+++ {}\n", file.path)).collect();
            return (!names.is_empty()).then_some(names);
        };
        let text = std::str::from_utf8(&file.bytes).ok();
        let text = text.filter(|text| !text.contains('\0'))?;
        Some(hunk("", text, self.secrets))
    }
}

impl HandEdit {
    fn new(cluster: &str, path: &str) -> Self {
        Self {
            cluster: cluster.to_owned(),
            path: path.to_owned(),
            nodes: Vec::new(),
            told: Vec::new(),
            refused: Vec::new(),
            unit: Unit {
                of_nodes: Vec::new(),
                found: BTreeMap::new(),
                touches_role: false,
            },
        }
    }
}

/// Why a finding is no matter of this.
fn why_not(
    finding: &Finding,
    node: &Node,
    path: &str,
    (all, unknown): (&[Finding], bool),
) -> Option<&'static str> {
    let other = match finding.kind {
        Kind::Modified | Kind::Missing | Kind::Unexpected | Kind::Mode => None,
        Kind::Owner => Some(
            "a Home is its user's and group's as a whole (`carbon_user`, `carbon_group`); `apply` gives it back",
        ),
        Kind::Unit => Some(
            "a unit follows from variables (`carbon_heap`, `carbon_java_options`, `java_home`); set those, or `apply` writes it anew",
        ),
        Kind::Role => Some("what runs is no file; `apply` or `restart` proves it"),
        Kind::Artifacts => Some("artifacts are the server's own; deploy them on the manager"),
        Kind::Version => Some("versions are what plays and variables say"),
        Kind::Unreadable => Some("it cannot be read"),
    };
    match finding.class {
        _ if other.is_some() => other,
        Class::Unknown if !unknown => {
            Some("nobody can tell who moved it; `--unknown` adopts it all the same")
        }
        Class::Pending => Some("the inventory has changed, not the host"),
        Class::Drift | Class::Both | Class::Unknown => {
            let home = format!("{}/", node.home.display());
            let strangers = all.iter().filter(|one| one.kind == Kind::Unexpected);
            let strangers: Vec<&str> = strangers
                .filter_map(|one| one.path.strip_prefix(&home))
                .collect();
            let made = finding.kind == Kind::Unexpected && made_of(path, &strangers);
            made.then_some("the launcher made it of the jar in lib")
        }
    }
}
