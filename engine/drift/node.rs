//! A node's unit, its running process, its Evidence and its Java: what the node really is.

use crate::carbon::proof::{Expected, Verdict, prove};
use crate::cluster::{Cluster, Node};
use crate::modules::{Wanted, state_of, unit_of};
use crate::run::observed;
use crate::script::{Facts, Java, NodeState, Process};
use crate::state::Evidence;

use super::finding::{Class, Finding, Kind};

/// The signs that need neither login nor the other members (real-run 11).
const LIVE: [&str; 5] = ["process", "worker flag", "profile", "ports", "UI bundles"];

/// What a host said of a node, beside its files.
pub(super) struct Running<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) node: &'a Node,
    pub(super) wanted: &'a Wanted,
    pub(super) state: &'a NodeState,
    pub(super) process: &'a Process,
    pub(super) facts: &'a Facts,
    /// The unit file is not what was last written: that is told by itself.
    pub(super) unit_moved: bool,
    /// Some file of the Home waits for an apply, so the process may well be older than the wish.
    pub(super) pending: bool,
    /// Nothing of the Home has changed since the process has started.
    pub(super) has_read: bool,
}

impl Running<'_> {
    fn finding(&self, path: impl Into<String>, kind: Kind, class: Class) -> Finding {
        Finding::new(path, kind, class).of_node(&self.node.name)
    }

    fn role(&self, class: Class) -> Finding {
        self.finding(self.node.home.display().to_string(), Kind::Role, class)
    }

    /// Every difference.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut found = self.unit();
        if !self.state.journal.is_empty() {
            found.push(
                self.finding(
                    format!("{}/journal", state_of(self.node)),
                    Kind::Unexpected,
                    Class::Pending,
                )
                .observed("an apply was cut here; the next one finishes it"),
            );
        }
        if self.runs() {
            found.extend(self.evidence());
            found.extend(self.signs());
        }
        found
    }

    /// It runs: a unit that falls and is started again and again does not.
    fn runs(&self) -> bool {
        let unit = &self.state.unit;
        unit.is_active() && unit.property("SubState") != "auto-restart"
    }

    fn unit(&self) -> Vec<Finding> {
        let unit = &self.state.unit;
        let name = unit_of(self.node);
        let mut found = Vec::new();
        let one = |expected: &str, observed: String| {
            self.finding(&name, Kind::Unit, Class::Drift)
                .expected(expected)
                .observed(observed)
        };
        if !unit.systemd {
            return vec![
                self.finding(&name, Kind::Unreadable, Class::Unknown)
                    .expected("running")
                    .observed("systemd does not answer"),
            ];
        }
        if !self.runs() {
            let words = ["ActiveState", "SubState", "Result"].map(|key| unit.property(key));
            let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
            found.push(one("running", words.join(", ")));
        }
        let enabled = unit.property("UnitFileState");
        if unit.property("LoadState") != "not-found" && enabled != "enabled" {
            found.push(one("enabled", enabled.to_owned()));
        }
        if unit.property("NeedDaemonReload") == "yes" && !self.unit_moved {
            found.push(one(
                "the unit as it lies on disk",
                "an older one: systemd has not been told to reload".to_owned(),
            ));
        }
        for path in unit.property("DropInPaths").split_whitespace() {
            found.push(
                self.finding(path, Kind::Unexpected, Class::Drift)
                    .observed("it changes the unit"),
            );
        }
        found
    }

    fn held(&self) -> Option<Evidence> {
        let evidence = Evidence::read(&self.state.evidence)?;
        let same = evidence.is_of(&self.state.started, &self.facts.boot_id);
        same.then_some(evidence)
    }

    /// The proof that an apply made of this very process, and what that process was started with.
    fn evidence(&self) -> Option<Finding> {
        let proved = "its role proved of the running process";
        let Some(evidence) = self.held() else {
            let observed = match Evidence::read(&self.state.evidence) {
                Some(_) => "the proof is of another process: this one has been started since",
                None => "not proved",
            };
            let finding = self.role(Class::Unknown);
            return Some(finding.expected(proved).observed(observed));
        };
        if evidence.start != self.wanted.start && !self.pending {
            let finding = self.role(Class::Pending);
            return Some(match self.has_read {
                true => finding
                    .expected(proved)
                    .observed("proved when other files were wanted"),
                false => finding
                    .expected("a process that runs what lies in its Home")
                    .observed("it was started with older configuration"),
            });
        }
        None
    }

    /// Who moved where the process shows another role: the inventory, where it was started for another wish.
    fn moved(&self) -> Class {
        match self.held() {
            Some(evidence) if evidence.start == self.wanted.start => Class::Drift,
            Some(_) => Class::Pending,
            None => Class::Unknown,
        }
    }

    fn signs(&self) -> Vec<Finding> {
        let node = self.node;
        let kernel = self.cluster.release.kernel;
        let expected = Expected::of(node, kernel, self.wanted.cut.tier, Vec::new());
        let proof = prove(&expected, &observed(node, self.process));
        let live = proof.rows.iter().filter(|row| LIVE.contains(&row.what));
        let mut found: Vec<Finding> = live
            .filter_map(|row| {
                // What may not be seen is proved by the Evidence of this very process, which keeps its flag and
                // profile to its end; where there is none, that has been told.
                let Verdict::Refuted(why) = &row.verdict else {
                    return None;
                };
                let finding = self.role(self.moved());
                Some(finding.expected(row.what).observed(why.clone()))
            })
            .collect();
        if self.process.hidden {
            found.extend(self.silent_ports());
        }
        found
    }

    /// Without root nobody can tell whose a port is, but still whether anybody listens on it.
    fn silent_ports(&self) -> Option<Finding> {
        let closed: Vec<String> = self
            .node
            .ports
            .iter()
            .filter(|(_, port)| !self.process.own_ports.contains(port))
            .map(|(name, port)| format!("{port} ({name})"))
            .collect();
        (!closed.is_empty()).then(|| {
            self.role(self.moved())
                .expected("ports")
                .observed(format!("nobody listens on {}", closed.join(", ")))
        })
    }
}

/// A Java that is gone, or is not one that the product runs on. `named` says that the unit as it lies on the host
/// names this Java, so it is the host that has moved.
pub(super) fn java(
    node: &Node,
    wanted: &Wanted,
    java: Option<&Java>,
    named: bool,
) -> Option<Finding> {
    let right = java
        .and_then(Java::feature)
        .is_some_and(|feature| wanted.java.contains(&feature));
    if right {
        return None;
    }
    let class = match named {
        true => Class::Drift,
        false => Class::Pending,
    };
    let versions: Vec<String> = wanted.java.iter().map(u16::to_string).collect();
    let mut finding = Finding::new(&node.java_home, Kind::Version, class)
        .of_node(&node.name)
        .expected(format!("Java {}", versions.join(" or ")));
    finding.observed = java.map(|java| format!("Java {}", java.version));
    Some(finding)
}
