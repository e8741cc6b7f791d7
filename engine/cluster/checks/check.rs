//! What a check is, and the running of a table of them.

use super::super::{Cluster, Node};
use super::Claim;
use crate::yaml::{Error, Place, slip};

/// When a trouble shows.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// While addresses are read, before there is a node to speak of.
    Address(fn(&Claim<'_>) -> Option<Finding>),
    /// Before any connection, over all clusters of the inventory.
    Before(fn(&[Cluster]) -> Vec<Finding>),
    /// On a host, in the pack, or at the gate after a start: the run looks, and cites the code.
    Gate,
    /// By its signs: a proof of role that fails, or what the host itself says; the run names no code.
    Signs,
    /// Never: it cannot happen, because wmprov derives what a person would have typed.
    Derived,
}

/// One trouble with its story; `wmprov explain CODE` prints it.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Its stable name: `WM` and the trap's number in the procedure, from 100 on our own.
    pub code: &'static str,
    /// The trouble in a few words.
    pub title: &'static str,
    /// Why it is trouble.
    pub cause: &'static str,
    /// The way out.
    pub fix: &'static str,
    /// Where that is known from.
    pub source: &'static str,
    /// True where a user may know better and waive it.
    pub waivable: bool,
    /// When it shows.
    pub when: When,
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What is wrong, without the code.
    pub message: String,
    /// The culprit.
    pub place: Place,
    /// The clusters that it concerns.
    pub clusters: Vec<String>,
    /// The way out in this very case, where the check's own is too general.
    pub hint: Option<String>,
}

/// A finding that the user has waived; it is printed at every run.
#[derive(Clone, Debug)]
pub struct Waived {
    /// The check's code.
    pub code: &'static str,
    /// What was found.
    pub message: String,
    /// The user's reason.
    pub reason: String,
    /// Where it is waived.
    pub place: Place,
}

impl Finding {
    /// What is wrong with the whole of one cluster.
    pub(super) fn of(cluster: &Cluster, place: &Place, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: place.clone(),
            clusters: vec![cluster.name.clone()],
            hint: None,
        }
    }

    /// What is wrong between two clusters or nodes of them.
    pub(super) fn between(
        clusters: [&Cluster; 2],
        place: &Place,
        message: impl Into<String>,
    ) -> Self {
        let mut finding = Self::of(clusters[0], place, message);
        finding.clusters.push(clusters[1].name.clone());
        finding
    }

    fn into_error(self, check: &Check) -> Error {
        Error::at(&self.place, format!("{} {}", check.code, self.message))
            .hint(self.hint.unwrap_or_else(|| check.fix.to_owned()))
    }
}

impl Check {
    /// The check of that code; codes are as they are printed.
    #[must_use]
    pub fn find(code: &str) -> Option<&'static Self> {
        super::ALL.iter().copied().find(|check| check.code == code)
    }

    /// What was found, under the code that explains it. A test holds every code that is cited against the table.
    #[must_use]
    pub fn cite(code: &str, message: impl AsRef<str>) -> Error {
        match Self::find(code) {
            Some(check) => check.error(message),
            None => Error::new(message.as_ref()),
        }
    }

    /// The known code that a wrong one was probably meant to be: its number without the zeros or the letters, or a slip away. Codes are too
    /// much alike for any other likeness to tell.
    #[must_use]
    pub fn nearest(code: &str) -> Option<&'static str> {
        let code = code.to_uppercase();
        let number = code.strip_prefix("WM").unwrap_or(&code).parse().ok();
        let padded = number.map(|number: u32| format!("WM{number:03}"));
        let known = || super::ALL.iter().map(|check| check.code);
        known()
            .find(|known| padded.as_deref() == Some(*known))
            .or_else(|| slip(&code, known()))
    }

    /// An error that cites this check, for the rooms that find its trouble on a host.
    #[must_use]
    pub fn error(&self, message: impl AsRef<str>) -> Error {
        Error::new(format!("{} {}", self.code, message.as_ref())).hint(self.fix)
    }
}

/// Holds all clusters against a table of checks ([`super::ALL`] but in tests); gives what was found
/// and waived.
pub fn check(clusters: &[Cluster], table: &[&Check]) -> Result<Vec<Waived>, Vec<Error>> {
    let mut errors = waivers(clusters);
    let mut waived = Vec::new();
    for check in table {
        let When::Before(rule) = check.when else {
            continue;
        };
        let (covered, open): (Vec<_>, Vec<_>) = rule(clusters)
            .into_iter()
            .map(|finding| (waiver(clusters, check, &finding), finding))
            .partition(|(waiver, _)| waiver.is_some());
        let covered = covered.into_iter().filter_map(|(waiver, finding)| {
            let (reason, place) = waiver?;
            Some(Waived {
                code: check.code,
                message: finding.message,
                reason,
                place,
            })
        });
        // One waiver is told once, whatever it covers.
        let same = |one: &Waived, other: &Waived| one.place == other.place;
        let counted = |waived: &mut Waived, more: &str| waived.message.push_str(more);
        waived.extend(each_once(covered, same, counted));
        let open = each_place_once(open.into_iter().map(|(_, finding)| finding));
        errors.extend(open.into_iter().map(|finding| finding.into_error(check)));
    }
    if errors.is_empty() {
        Ok(waived)
    } else {
        Err(errors)
    }
}

/// One mistake in a group is met by every node under it; it is told once, with how many met it.
fn each_place_once(findings: impl Iterator<Item = Finding>) -> Vec<Finding> {
    let same = |one: &Finding, other: &Finding| one.place == other.place;
    let counted = |finding: &mut Finding, more: &str| finding.message.push_str(more);
    each_once(findings, same, counted)
}

/// The first of those that are alike, with how many more there are.
fn each_once<T>(
    all: impl Iterator<Item = T>,
    same: impl Fn(&T, &T) -> bool,
    counted: impl Fn(&mut T, &str),
) -> Vec<T> {
    let mut told: Vec<(T, usize)> = Vec::new();
    for one in all {
        match told.iter_mut().find(|(first, _)| same(first, &one)) {
            Some((_, more)) => *more += 1,
            None => told.push((one, 0)),
        }
    }
    let with_count = |(mut one, more): (T, usize)| {
        if more > 0 {
            counted(&mut one, &format!(", and {more} more of the kind"));
        }
        one
    };
    told.into_iter().map(with_count).collect()
}

/// What the checks of addresses say against a claim.
pub(in super::super) fn against_address(claim: &Claim<'_>, table: &[&Check]) -> Vec<Error> {
    table
        .iter()
        .filter_map(|check| match check.when {
            When::Address(rule) => rule(claim).map(|finding| finding.into_error(check)),
            _ => None,
        })
        .collect()
}

/// The waiver that covers a finding, if any of the clusters that it concerns has one.
fn waiver(clusters: &[Cluster], check: &Check, finding: &Finding) -> Option<(String, Place)> {
    clusters
        .iter()
        .filter(|cluster| check.waivable && finding.clusters.contains(&cluster.name))
        .flat_map(|cluster| &cluster.waivers)
        .find(|waiver| waiver.code == check.code)
        .map(|waiver| (waiver.reason.clone(), waiver.place.clone()))
}

/// Waivers of codes that are not, or that nobody may waive.
fn waivers(clusters: &[Cluster]) -> Vec<Error> {
    let all = clusters.iter().flat_map(|cluster| &cluster.waivers);
    all.filter_map(|waiver| match Check::find(&waiver.code) {
        None => {
            let error = Error::at(
                &waiver.place,
                format!("there is no check `{}`", waiver.code),
            );
            Some(match Check::nearest(&waiver.code) {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error,
            })
        }
        Some(check) if !check.waivable => Some(
            Error::at(
                &waiver.place,
                format!("`{}` cannot be waived: {}", check.code, check.title),
            )
            .hint(check.fix),
        ),
        Some(_) => None,
    })
    .collect()
}

/// A node and its cluster.
pub(super) type Placed<'a> = (&'a Cluster, &'a Node);

/// Two nodes by name, the later first; with their clusters where these differ.
pub(super) fn both(first: Placed<'_>, second: Placed<'_>) -> [String; 2] {
    let apart = first.0.name != second.0.name;
    [second, first].map(|(cluster, node)| {
        if apart {
            format!("`{}` of cluster `{}`", node.name, cluster.name)
        } else {
            format!("`{}`", node.name)
        }
    })
}

/// Every node of every cluster.
pub(super) fn placed(clusters: &[Cluster]) -> impl Iterator<Item = Placed<'_>> {
    clusters
        .iter()
        .flat_map(|cluster| cluster.nodes.iter().map(move |node| (cluster, node)))
}

/// Every two nodes, the earlier first. What is one node twice (the same name in one cluster) is no
/// pair: the checks of names tell it.
pub(super) fn pairs(clusters: &[Cluster]) -> impl Iterator<Item = (Placed<'_>, Placed<'_>)> {
    let all: Vec<Placed<'_>> = placed(clusters).collect();
    let count = all.len();
    (0..count)
        .flat_map(move |first| (first + 1..count).map(move |second| (first, second)))
        .map(move |(first, second)| (all[first], all[second]))
        .filter(|((left, a), (right, b))| left.name != right.name || a.name != b.name)
}

/// Every two nodes that share a host.
pub(super) fn pairs_on_a_host(
    clusters: &[Cluster],
) -> impl Iterator<Item = (Placed<'_>, Placed<'_>)> {
    pairs(clusters).filter(|((_, a), (_, b))| a.host == b.host)
}
