//! What is known of the nodes of an inventory, as tables: generations, history, status.

use std::fmt::Write as _;

use crate::report::{Paint, utc};
use crate::run::PastRun;
use crate::state::{NodeGenerations, NodeStatus};

/// How many letters of a digest tell it from others on a screen.
const SHORT: usize = 8;

/// A node as a heading: its host too, where that has another name.
pub(super) fn title(cluster: &str, node: &str, host: &str) -> String {
    match node == host {
        true => format!("{node} of cluster {cluster}"),
        false => format!("{host}/{node} of cluster {cluster}"),
    }
}

/// What each node was, the newest first; a `*` stands where a rollback can go to.
#[must_use]
pub fn generations_page(nodes: &[NodeGenerations], paint: Paint) -> String {
    let mut page = String::new();
    for node in nodes {
        let title = title(&node.cluster, &node.node, &node.host);
        let _ok = writeln!(page, "{}", paint.bold(&title));
        if node.log.made.is_empty() {
            page.push_str("  nothing was installed yet\n");
        }
        if let Some(cut) = &node.log.cut {
            let _ok = writeln!(
                page,
                "  {} generation {} was being made when its run was cut; the next run finishes it",
                paint.bad("cut:"),
                cut.number
            );
        }
        let reachable = node.log.reachable();
        for made in node.log.made.iter().rev() {
            let mark = if reachable.contains(&made.number) {
                '*'
            } else {
                ' '
            };
            let kept = node
                .log
                .kept
                .iter()
                .find(|(number, _)| *number == made.number);
            let size = kept.map_or_else(|| "-".to_owned(), |(_, kib)| format!("{kib} KiB kept"));
            let what = match (&made.back, made.count) {
                (Some(back), _) => format!("put back generation {}", back.to),
                (None, 0) => "the whole Home".to_owned(),
                (None, count) if count > made.changed.len() => {
                    format!(
                        "{} and {} more",
                        made.changed.join(", "),
                        count - made.changed.len()
                    )
                }
                (None, _) => made.changed.join(", "),
            };
            let _ok = writeln!(
                page,
                "{mark} {:>4}  {}  {:<8}  inventory {}  {size}\n        {what}\n        {}",
                made.number,
                utc::minute(made.at),
                made.verb,
                short(&made.inventory),
                paint.dim(&made.by)
            );
        }
    }
    page
}

/// Runs, the newest first.
#[must_use]
pub fn history_page(runs: &[PastRun], paint: Paint) -> String {
    let mut page = String::new();
    if runs.is_empty() {
        page.push_str("nothing was ever run here\n");
    }
    for run in runs {
        let outcome = match run.outcome.as_str() {
            "ok" => paint.good("ok"),
            "begun" => paint.bad("cut, or still running"),
            other => paint.bad(other),
        };
        let changed: Vec<String> = run
            .hosts
            .iter()
            .map(|(host, count)| format!("{host} {count}"))
            .collect();
        let changed = match changed.is_empty() {
            true => "changed nothing".to_owned(),
            false => format!("changed {}", changed.join(", ")),
        };
        let _ok = writeln!(
            page,
            "{}  {:<8}  {outcome}  inventory {}  {changed}\n    {}",
            utc::minute(run.at),
            run.verb,
            short(&run.inventory),
            paint.dim(&run.by)
        );
    }
    page
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

fn short(digest: &str) -> &str {
    digest.get(..SHORT).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::{generations_page, history_page, status_page};
    use crate::report::Paint;
    use crate::run::PastRun;
    use crate::state::{Back, Generation, GenerationLog, LastDrift, NodeGenerations, NodeStatus};

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

    #[test]
    fn generations_say_what_can_be_gone_back_to() {
        let made = |number, count, back| Generation {
            number,
            run: "r".into(),
            at: 1_764_054_600 + number * 60,
            by: "ops@desk running `wmprov apply i.yaml`".into(),
            verb: "apply".into(),
            inventory: "0123456789abcdef".into(),
            start: String::new(),
            tier: "t2".into(),
            changed: ["repository/conf/carbon.xml".to_owned()][..usize::from(count > 0)].to_vec(),
            count,
            whole_cluster: false,
            back,
        };
        let nodes = [NodeGenerations {
            cluster: "esb".into(),
            node: "wkr1".into(),
            host: "wkr1".into(),
            log: GenerationLog {
                made: vec![
                    made(1, 0, None),
                    made(2, 3, None),
                    made(
                        3,
                        3,
                        Some(Back {
                            to: 1,
                            undoes: "r".into(),
                        }),
                    ),
                ],
                cut: None,
                kept: vec![(3, 12)],
            },
        }];
        insta::assert_snapshot!(generations_page(&nodes, Paint::new(false)), @r"
        wkr1 of cluster esb
             3  2025-11-25 07:13 UTC  apply     inventory 01234567  12 KiB kept
                put back generation 1
                ops@desk running `wmprov apply i.yaml`
        *    2  2025-11-25 07:12 UTC  apply     inventory 01234567  -
                repository/conf/carbon.xml and 2 more
                ops@desk running `wmprov apply i.yaml`
             1  2025-11-25 07:11 UTC  apply     inventory 01234567  -
                the whole Home
                ops@desk running `wmprov apply i.yaml`
        ");
    }

    #[test]
    fn a_run_that_never_ended_is_told() {
        let runs = [PastRun {
            run: "r".into(),
            at: 1_764_054_600,
            by: "ops@desk running `wmprov rollback i.yaml`".into(),
            verb: "rollback".into(),
            inventory: "0123456789abcdef".into(),
            outcome: "begun".into(),
            hosts: [("wkr1".to_owned(), 2)].into(),
        }];
        insta::assert_snapshot!(history_page(&runs, Paint::new(false)), @r"
        2025-11-25 07:10 UTC  rollback  cut, or still running  inventory 01234567  changed wkr1 2
            ops@desk running `wmprov rollback i.yaml`
        ");
    }
}
