//! What nodes say of themselves, node beside node: last lines, threads.

use std::fmt::Write as _;

use super::nodes::title;
use crate::report::Paint;
use crate::state::{NodeLogs, NodeThreads, Tail};

/// The last lines of every node's log, then of its unit's journal.
#[must_use]
pub fn logs_page(nodes: &[NodeLogs], paint: Paint) -> String {
    let mut page = String::new();
    for node in nodes {
        for (what, tail) in [("wso2carbon.log", &node.carbon), ("journal", &node.journal)] {
            let title = format!("{}: {what}", title(&node.cluster, &node.node, &node.host));
            let _ok = writeln!(page, "{}", paint.bold(&title));
            lines(&mut page, tail, paint);
        }
    }
    page
}

/// How many threads of every node are in which state, then every dump.
#[must_use]
pub fn threads_page(nodes: &[NodeThreads], paint: Paint) -> String {
    let width = nodes.iter().map(|node| node.node.chars().count()).max();
    let width = width.unwrap_or(4).max(4);
    let mut page = String::new();
    for node in nodes {
        let counts: Vec<String> = node
            .states
            .iter()
            .map(|(state, count)| format!("{count} {state}"))
            .collect();
        let mut told = match &node.dump.unreadable {
            Some(why) => paint.bad(&format!("no dump: {}", shown(why))),
            None => format!("{}, by {}", counts.join(", "), node.by),
        };
        if node.deadlock {
            told.push_str(&paint.bad(", a deadlock"));
        }
        let _ok = writeln!(page, "{:width$}  {told}", node.node);
    }
    for node in nodes.iter().filter(|node| node.dump.unreadable.is_none()) {
        let title = format!("\n{}", title(&node.cluster, &node.node, &node.host));
        let _ok = writeln!(page, "{}", paint.bold(&title));
        lines(&mut page, &node.dump, paint);
    }
    page
}

fn lines(page: &mut String, tail: &Tail, paint: Paint) {
    for line in &tail.lines {
        let _ok = writeln!(page, "  {}", shown(line));
    }
    match &tail.unreadable {
        Some(why) => {
            let _ok = writeln!(page, "  {} {}", paint.bad("cannot be read:"), shown(why));
        }
        None if tail.lines.is_empty() => page.push_str("  nothing\n"),
        None => {}
    }
}

/// A line of a server's, with nothing in it that a terminal would obey: clients can write into logs.
fn shown(line: &str) -> String {
    let obeyed = |letter: char| letter.is_control() && letter != '\t';
    line.trim_end().replace(obeyed, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::{logs_page, threads_page};
    use crate::report::Paint;
    use crate::state::{NodeLogs, NodeThreads, Tail};

    fn tail(text: &str) -> Tail {
        Tail {
            lines: text.lines().map(str::to_owned).collect(),
            unreadable: None,
        }
    }

    #[test]
    fn lines_stand_under_their_node_and_move_no_cursor() {
        let nodes = [NodeLogs {
            cluster: "esb".into(),
            node: "wkr1".into(),
            host: "h1".into(),
            carbon: tail("one\n\u{1b}[2Jtwo\tx\r"),
            journal: Tail::unreadable("no journal"),
        }];
        assert_eq!(
            logs_page(&nodes, Paint::new(false)),
            "h1/wkr1 of cluster esb: wso2carbon.log\n  one\n  \u{fffd}[2Jtwo\tx\nh1/wkr1 of cluster esb: journal\n  cannot be read: no journal\n"
        );
    }

    #[test]
    fn threads_are_counted_before_they_are_shown() {
        let dump = tail("\"a\"\n java.lang.Thread.State: RUNNABLE");
        let nodes = [
            NodeThreads::of("esb", "m", "h1", "jcmd", dump),
            NodeThreads::of(
                "esb",
                "wkr1",
                "h2",
                "",
                Tail::unreadable("no server process runs"),
            ),
        ];
        assert_eq!(
            threads_page(&nodes, Paint::new(false)),
            "m     1 RUNNABLE, by jcmd\nwkr1  no dump: no server process runs\n\nh1/m of cluster esb\n  \"a\"\n   java.lang.Thread.State: RUNNABLE\n"
        );
    }
}
