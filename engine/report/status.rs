//! What a node is now, as one look tells, and the screen of `wmprov status`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::report::{Paint, utc};

/// One node on the screen of `wmprov status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeStatus {
    /// The cluster.
    pub cluster: String,
    /// Product and version.
    pub release: String,
    /// The node.
    pub node: String,
    /// Its host.
    pub host: String,
    /// The role that the inventory gives it.
    pub role: String,
    /// `running`, `stopped`, `not installed`, `unreachable`, or what systemd says.
    pub state: String,
    /// The evidence is of the very process that runs now: nothing of it was refuted. What could not be asked is told by
    /// `proof`.
    pub proved: bool,
    /// `13 of 13 signs, 2 h ago`, or why nothing is proved.
    pub proof: String,
    /// When its unit came up, as its host writes times.
    pub since: Option<String>,
    /// Resident memory of its process, in KiB.
    pub memory: Option<u64>,
    /// How many members are in one cluster with it, itself counted.
    pub members: Option<usize>,
    /// How many its domain has.
    pub of_members: usize,
    /// The number of its generation.
    pub generation: Option<u64>,
    /// Seconds since 1970 when that was written.
    pub applied: Option<u64>,
    /// By load balancer that was asked: `up`, or `down` where it sends the node nothing.
    pub balancers: BTreeMap<String, String>,
    /// What brings artifacts to it: `svn`, `rsync`, `shared` or `none`.
    pub sync: String,
    /// Which deployed artifacts are not as on the first node of its cluster that was seen; [`None`] where its own were not.
    pub unlike: Option<Vec<String>>,
    /// What the kept report of the last check tells of it (`drift --keep`).
    pub drift: Option<LastDrift>,
    /// What else there is to say: a cut transaction, a staged change.
    pub notes: Vec<String>,
}

/// A node in the last drift report that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastDrift {
    /// Seconds since 1970 when it was made.
    pub at: u64,
    /// How its host stood: `ok`, `drift`, `pending`, `both`, `unknown`, `unreachable`.
    pub host: String,
    /// How many differences were found, at the node and of what its host has besides.
    pub differences: usize,
}

impl NodeStatus {
    /// True where it runs, has proved its role, and is down at no load balancer.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let is_down = self.balancers.values().any(|state| state == "down");
        self.state == "running" && self.proved && !is_down
    }
}

/// One screen: what every node is now.
#[must_use]
pub fn status_page(nodes: &[NodeStatus], paint: Paint) -> String {
    let longest = |of: fn(&NodeStatus) -> &str, least: usize| {
        let lengths = nodes.iter().map(|node| of(node).chars().count());
        lengths.max().unwrap_or(least).max(least)
    };
    let name = longest(|node| &node.node, 4);
    let host = longest(|node| &node.host, 4);
    let state = longest(|node| &node.state, 5);
    let mut page = String::new();
    let mut cluster = "";
    for node in nodes {
        if node.cluster != cluster {
            cluster = &node.cluster;
            let title = format!("{cluster}: {}, {}", node.release, artifacts(cluster, nodes));
            let _ok = writeln!(page, "{}", paint.bold(&title));
            let head = format!(
                "  {:name$}  {:host$}  {:<8} {:state$}  {:>7}  {:>3}  members  proof",
                "node", "host", "role", "state", "memory", "gen"
            );
            let _ok = writeln!(page, "{}", paint.dim(&head));
        }
        let memory = node
            .memory
            .map_or_else(|| "-".to_owned(), |kib| format!("{} MB", kib / 1024));
        let padded = format!("{:state$}", node.state);
        let state = if node.is_good() {
            paint.good(&padded)
        } else {
            paint.bad(&padded)
        };
        let generation = node
            .generation
            .map_or_else(|| "-".to_owned(), |number| number.to_string());
        let members = node.members.map_or_else(
            || "-".to_owned(),
            |count| format!("{count} of {}", node.of_members),
        );
        let _ok = writeln!(
            page,
            "  {:name$}  {:host$}  {:<8} {state}  {memory:>7}  {generation:>3}  {members:>7}  {}",
            node.node, node.host, node.role, node.proof
        );
        let since = node
            .since
            .as_deref()
            .map(|since| format!("up since {since}"));
        let applied = node
            .applied
            .map(|at| format!("written {}", utc::minute(at)));
        let drift = node.drift.as_ref().map(|drift| {
            let at = utc::minute(drift.at);
            match (drift.host.as_str(), drift.differences) {
                ("unreachable", _) => format!("not reached by the check of {at}"),
                (_, 0) => format!("as wanted at {at}"),
                (_, 1) => format!("1 difference at {at}"),
                (_, count) => format!("{count} differences at {at}"),
            }
        });
        // Where one sends it nothing a note says so.
        let up = node.balancers.iter().filter(|(_, state)| *state == "up");
        let up: Vec<&str> = up.map(|(host, _)| host.as_str()).collect();
        let up = (!up.is_empty()).then(|| format!("up at load balancer {}", up.join(", ")));
        let unlike = node.unlike.iter().flatten().count();
        let unlike = match unlike {
            0 => None,
            1 => Some("1 artifact is not as on the first node that was seen".to_owned()),
            _ => Some(format!(
                "{unlike} artifacts are not as on the first node that was seen"
            )),
        };
        let more: Vec<String> = since
            .into_iter()
            .chain(applied)
            .chain(up)
            .chain(drift)
            .chain(unlike)
            .chain(node.notes.clone())
            .collect();
        if !more.is_empty() {
            let _ok = writeln!(page, "  {:name$}  {}", "", paint.dim(&more.join("; ")));
        }
    }
    page
}

/// Whether the nodes of a cluster have deployed the same, and what sees to it.
fn artifacts(cluster: &str, nodes: &[NodeStatus]) -> String {
    let own = || nodes.iter().filter(|node| node.cluster == cluster);
    let by = match own().next().map(|node| node.sync.as_str()) {
        None | Some("none") => String::new(),
        Some(sync) => format!(" by {sync}"),
    };
    let differ = own().filter(|node| node.unlike.iter().flatten().count() > 0);
    let seen = own().filter(|node| node.unlike.is_some()).count();
    match (differ.count(), seen) {
        (_, 0) => format!("artifacts{by} not seen"),
        (_, 1) => format!("artifacts{by} seen on one node only"),
        (0, seen) => format!("artifacts{by} alike on {seen} nodes"),
        (differ, seen) => format!("artifacts{by} differ on {differ} of {seen} nodes"),
    }
}

#[cfg(test)]
mod tests {
    use super::{LastDrift, NodeStatus, status_page};
    use crate::report::Paint;

    #[test]
    fn one_screen_tells_what_each_node_is() {
        let good = NodeStatus {
            cluster: "esb".into(),
            release: "esb 4.9.0".into(),
            node: "wkr1".into(),
            host: "host1".into(),
            role: "worker".into(),
            state: "running".into(),
            proved: true,
            proof: "13 of 13 signs, 2 h ago".into(),
            since: Some("Thu 2026-11-26 09:00:00 UTC".into()),
            memory: Some(300 * 1024),
            members: Some(3),
            of_members: 3,
            generation: Some(4),
            applied: Some(1_764_054_600),
            balancers: [("lb1".to_owned(), "up".to_owned())].into(),
            sync: "rsync".into(),
            unlike: Some(Vec::new()),
            drift: Some(LastDrift {
                at: 1_764_054_660,
                host: "ok".into(),
                differences: 0,
            }),
            notes: Vec::new(),
        };
        let bad = NodeStatus {
            node: "wkr2".into(),
            state: "stopped".into(),
            proved: false,
            proof: "not proved: it does not run".into(),
            since: None,
            memory: None,
            members: None,
            balancers: [("lb1".to_owned(), "down".to_owned())].into(),
            unlike: Some(vec!["a.xml".into()]),
            drift: None,
            notes: vec!["down at load balancer lb1".into()],
            ..good.clone()
        };
        insta::assert_snapshot!(status_page(&[good, bad], Paint::new(false)), @r"
        esb: esb 4.9.0, artifacts by rsync differ on 1 of 2 nodes
          node  host   role     state     memory  gen  members  proof
          wkr1  host1  worker   running   300 MB    4   3 of 3  13 of 13 signs, 2 h ago
                up since Thu 2026-11-26 09:00:00 UTC; written 2025-11-25 07:10 UTC; up at load balancer lb1; as wanted at 2025-11-25 07:11 UTC
          wkr2  host1  worker   stopped        -    4        -  not proved: it does not run
                written 2025-11-25 07:10 UTC; 1 artifact is not as on the first node that was seen; down at load balancer lb1
        ");
    }
}
