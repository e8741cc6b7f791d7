//! The sum of a drift check: each host's status and findings, and what is new since an earlier report.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::run::Traffic;

use super::finding::{Class, Finding};

/// How a host stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As wanted.
    Ok,
    /// Somebody changed it.
    Drift,
    /// The inventory has changed since it was last written.
    Pending,
    /// Both.
    Both,
    /// It is not as wanted, and nobody can tell who moved.
    Unknown,
    /// It could not be asked.
    Unreachable,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 6] = [
        Self::Ok,
        Self::Drift,
        Self::Pending,
        Self::Both,
        Self::Unknown,
        Self::Unreachable,
    ];

    /// Its word in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Drift => "drift",
            Self::Pending => "pending",
            Self::Both => "both",
            Self::Unknown => "unknown",
            Self::Unreachable => "unreachable",
        }
    }

    /// The sum of findings: drift and pending together are both; what is not known may hide a drift, so it
    /// outweighs pending, and a drift outweighs it.
    fn of(findings: &[Finding]) -> Self {
        let any = |class: Class| findings.iter().any(|finding| finding.class == class);
        match (any(Class::Drift), any(Class::Pending)) {
            _ if any(Class::Both) => Self::Both,
            (true, true) => Self::Both,
            (true, false) => Self::Drift,
            _ if any(Class::Unknown) => Self::Unknown,
            (false, true) => Self::Pending,
            (false, false) => Self::Ok,
        }
    }
}

/// One host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostDrift {
    /// How it stands.
    pub status: Status,
    /// What is not as wanted, by path.
    pub differences: Vec<Finding>,
    /// Why it could not be asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// The way out, where it could not be asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    /// It could be asked when the earlier report was made, and now cannot be.
    #[serde(default)]
    pub new: bool,
    /// Seconds since 1970 when it was asked, where that was an earlier check.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<u64>,
    /// What went over its connection.
    #[serde(default)]
    pub traffic: Traffic,
}

impl HostDrift {
    /// A host that was asked.
    #[must_use]
    pub fn asked(mut differences: Vec<Finding>) -> Self {
        differences.sort_by(|one, other| {
            (&one.path, one.kind, &one.observed).cmp(&(&other.path, other.kind, &other.observed))
        });
        Self {
            status: Status::of(&differences),
            differences,
            error: None,
            hint: None,
            new: false,
            at: None,
            traffic: Traffic::default(),
        }
    }

    /// Takes out what is no finding after all.
    pub fn forgive(&mut self, pardoned: impl Fn(&Finding) -> bool) {
        if self.status != Status::Unreachable {
            self.differences.retain(|one| !pardoned(one));
            self.status = Status::of(&self.differences);
        }
    }

    /// A host that could not be asked.
    #[must_use]
    pub fn unreachable(error: String, hint: Option<String>) -> Self {
        Self {
            status: Status::Unreachable,
            error: Some(error),
            hint,
            ..Self::asked(Vec::new())
        }
    }
}

/// What was found in an earlier report and is no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// The host.
    pub host: String,
    /// What it was.
    pub finding: String,
}

/// The sum of a drift check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftReport {
    /// The inventory.
    pub inventory: String,
    /// Seconds since 1970 when it was made.
    pub at: u64,
    /// When the report was made that this one is compared with.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<u64>,
    /// Every host that was asked, by name.
    pub hosts: BTreeMap<String, HostDrift>,
    /// What was found then and is no more.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub gone: Vec<Gone>,
    /// Interrupted before every host was asked.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub interrupted: bool,
}

impl DriftReport {
    /// True where every host is as wanted.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.hosts.values().all(|host| host.status == Status::Ok)
    }

    /// True where a host could not be asked.
    #[must_use]
    pub fn has_unreachable(&self) -> bool {
        self.hosts
            .values()
            .any(|host| host.status == Status::Unreachable)
    }

    /// True where something came or went since the report that this one is compared with; without one,
    /// where anything is not as wanted.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        if self.since.is_none() {
            return !self.is_ok();
        }
        !self.gone.is_empty() || self.new_findings() > 0
    }

    /// How many findings are new; a host that can no longer be asked counts as one.
    #[must_use]
    pub fn new_findings(&self) -> usize {
        let of = |host: &HostDrift| {
            let new = host.differences.iter().filter(|finding| finding.new);
            new.count() + usize::from(host.new)
        };
        self.hosts.values().map(of).sum()
    }

    /// How many hosts stand so.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        let hosts = self.hosts.values();
        hosts.filter(|host| host.status == status).count()
    }

    /// Marks what is new since `earlier`, and lists what is gone. What a host had that cannot be asked now
    /// is neither.
    pub fn compare(&mut self, earlier: &Self) {
        self.since = Some(earlier.at);
        self.gone.clear();
        for (name, host) in &mut self.hosts {
            let Some(before) = earlier.hosts.get(name) else {
                host.differences.iter_mut().for_each(|one| one.new = true);
                host.new = host.status == Status::Unreachable;
                continue;
            };
            host.new = host.status == Status::Unreachable && before.status != Status::Unreachable;
            if host.status == Status::Unreachable {
                continue;
            }
            if before.status == Status::Unreachable {
                self.gone.push(Gone {
                    host: name.clone(),
                    finding: "could not be reached".to_owned(),
                });
            }
            let known: BTreeSet<_> = before.differences.iter().map(key).collect();
            for one in &mut host.differences {
                one.new = !known.contains(&key(one));
            }
            let still: BTreeSet<_> = host.differences.iter().map(place).collect();
            let gone = before.differences.iter();
            let gone = gone.filter(|one| !still.contains(&place(one)));
            self.gone.extend(gone.map(|one| Gone {
                host: name.clone(),
                finding: format!("{} {}", one.kind.as_str(), one.path),
            }));
        }
    }

    /// Takes over the hosts of `earlier` that this one has not asked (`--limit`), so that what is kept
    /// speaks of all.
    pub fn with_others_of(mut self, earlier: &Self) -> Self {
        for (name, host) in &earlier.hosts {
            let known = || HostDrift {
                new: false,
                at: host.at.or(Some(earlier.at)),
                ..host.clone()
            };
            self.hosts.entry(name.clone()).or_insert_with(known);
        }
        self
    }
}

type Key<'a> = (
    &'a str,
    super::Kind,
    Option<&'a str>,
    Class,
    Option<&'a str>,
);

/// What makes a finding another one: it is new again where the host has moved on.
fn key(one: &Finding) -> Key<'_> {
    (
        &one.path,
        one.kind,
        one.node.as_deref(),
        one.class,
        one.observed.as_deref(),
    )
}

/// Where a finding is: as long as one is there, the earlier is not gone.
fn place(one: &Finding) -> (&str, super::Kind, Option<&str>) {
    (&one.path, one.kind, one.node.as_deref())
}

#[cfg(test)]
mod tests {
    use super::{DriftReport, HostDrift, Status};
    use crate::drift::{Class, Finding, Kind};

    fn report(hosts: &[(&str, &[(&str, Class)])]) -> DriftReport {
        let host = |(name, findings): &(&str, &[(&str, Class)])| {
            let one = |(path, class): &(&str, Class)| Finding::new(*path, Kind::Modified, *class);
            let host = match findings {
                [("unreachable", _)] => HostDrift::unreachable("no route".to_owned(), None),
                _ => HostDrift::asked(findings.iter().map(one).collect()),
            };
            ((*name).to_owned(), host)
        };
        DriftReport {
            at: 7,
            hosts: hosts.iter().map(host).collect(),
            ..DriftReport::default()
        }
    }

    #[test]
    fn a_host_that_was_not_asked_keeps_the_time_when_it_was() {
        let night = |at, names: &[&str]| {
            let hosts: Vec<(&str, &[(&str, Class)])> =
                names.iter().map(|name| (*name, &[][..])).collect();
            DriftReport {
                at,
                ..report(&hosts)
            }
        };
        let second = night(8, &["a"]).with_others_of(&night(7, &["a", "b", "c"]));
        let third = night(9, &["c"]).with_others_of(&second);
        let asked = |name: &str| third.hosts[name].at.unwrap_or(third.at);
        assert_eq!(["a", "b", "c"].map(asked), [8, 7, 9]);
    }

    #[test]
    fn a_host_stands_as_its_findings_say() {
        use Class::{Both, Drift, Pending, Unknown};
        let rows: [(&[Class], Status); 8] = [
            (&[], Status::Ok),
            (&[Drift], Status::Drift),
            (&[Pending], Status::Pending),
            (&[Drift, Pending], Status::Both),
            (&[Both, Unknown], Status::Both),
            (&[Unknown, Pending], Status::Unknown),
            (&[Unknown, Drift], Status::Drift),
            (&[Unknown], Status::Unknown),
        ];
        for (classes, status) in rows {
            let findings = classes
                .iter()
                .map(|class| Finding::new("x", Kind::Mode, *class));
            assert_eq!(HostDrift::asked(findings.collect()).status, status);
        }
    }

    #[test]
    fn what_is_new_and_what_is_gone_is_told() {
        use Class::{Both, Drift};
        let earlier = report(&[
            ("a", &[("/x", Drift), ("/y", Drift)]),
            ("b", &[("unreachable", Drift)]),
            ("c", &[]),
        ]);
        let mut now = report(&[
            ("a", &[("/x", Both), ("/z", Drift)]),
            ("b", &[]),
            ("c", &[("unreachable", Drift)]),
        ]);
        assert!(now.has_changed());
        now.compare(&earlier);
        let new = |host: &str| -> Vec<bool> {
            let found = now.hosts[host].differences.iter();
            found.map(|one| one.new).collect()
        };
        assert_eq!(new("a"), [true, true]);
        assert!(now.hosts["c"].new && !now.hosts["b"].new);
        let gone: Vec<String> = now
            .gone
            .iter()
            .map(|gone| format!("{}: {}", gone.host, gone.finding))
            .collect();
        assert_eq!(gone, ["a: modified /y", "b: could not be reached"]);
        assert_eq!(now.new_findings(), 3);
        let mut again = report(&[
            ("a", &[("/x", Both), ("/z", Drift)]),
            ("b", &[]),
            ("c", &[("unreachable", Drift)]),
        ]);
        again.compare(&now);
        assert!(!again.has_changed());
    }
}
