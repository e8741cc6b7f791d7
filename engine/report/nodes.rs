//! What is known of the nodes of an inventory, as tables: generations, history.

use std::fmt::Write as _;

use crate::report::{Paint, utc};
use crate::run::PastRun;
use crate::state::NodeGenerations;

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

fn short(digest: &str) -> &str {
    digest.get(..SHORT).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::{generations_page, history_page};
    use crate::report::Paint;
    use crate::run::PastRun;
    use crate::state::{Back, Generation, GenerationLog, NodeGenerations};

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
            owner: String::new(),
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
                            owner: String::new(),
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
