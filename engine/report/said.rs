//! What nodes say of themselves when they are asked, node beside node: the last lines of their logs, the threads of
//! their servers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::nodes::title;
use crate::report::Paint;

/// The end of a log, or why it could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tail {
    /// The lines.
    pub lines: Vec<String>,
    /// Why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

impl Tail {
    /// Nothing, for this reason.
    #[must_use]
    pub fn unreadable(why: impl Into<String>) -> Self {
        Self {
            lines: Vec::new(),
            unreadable: Some(why.into()),
        }
    }
}

/// The last lines of one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeLogs {
    /// The cluster.
    pub cluster: String,
    /// The node.
    pub node: String,
    /// Its host.
    pub host: String,
    /// `repository/logs/wso2carbon.log`.
    pub carbon: Tail,
    /// The journal of its unit.
    pub journal: Tail,
}

impl NodeLogs {
    /// True where both could be read.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.carbon.unreadable.is_none() && self.journal.unreadable.is_none()
    }
}

/// The threads of one node's server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeThreads {
    /// The cluster.
    pub cluster: String,
    /// The node.
    pub node: String,
    /// Its host.
    pub host: String,
    /// `jcmd`, `jstack` or `journal`; empty where there is no dump.
    pub by: String,
    /// How many threads are in which state.
    pub states: BTreeMap<String, usize>,
    /// The JVM has found threads that wait for each other.
    pub deadlock: bool,
    /// The dump, or why there is none.
    pub dump: Tail,
}

impl NodeThreads {
    /// Counts what is in a dump.
    #[must_use]
    pub fn of(cluster: &str, node: &str, host: &str, by: &str, dump: Tail) -> Self {
        let mut states = BTreeMap::new();
        for line in &dump.lines {
            if let Some(state) = line.trim().strip_prefix("java.lang.Thread.State: ") {
                let word = state.split_whitespace().next().unwrap_or_default();
                *states.entry(word.to_owned()).or_default() += 1;
            }
        }
        Self {
            cluster: cluster.to_owned(),
            node: node.to_owned(),
            host: host.to_owned(),
            by: by.to_owned(),
            states,
            deadlock: dump
                .lines
                .iter()
                .any(|line| line.contains("Java-level deadlock")),
            dump,
        }
    }
}

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
    use super::{NodeLogs, NodeThreads, Tail, logs_page, threads_page};
    use crate::report::Paint;

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

    #[test]
    fn states_of_threads_are_counted() {
        let dump = "\"a\" #1\n   java.lang.Thread.State: RUNNABLE\n\"b\" #2\n   java.lang.Thread.State: WAITING (parking)\n\"c\" #3\n   java.lang.Thread.State: WAITING (on object monitor)\nFound one Java-level deadlock:";
        let dump = Tail {
            lines: dump.lines().map(str::to_owned).collect(),
            unreadable: None,
        };
        let threads = NodeThreads::of("c", "n", "h", "jcmd", dump);
        let states: Vec<(&str, usize)> = threads
            .states
            .iter()
            .map(|(name, count)| (name.as_str(), *count))
            .collect();
        assert_eq!(states, [("RUNNABLE", 1), ("WAITING", 2)]);
        assert!(threads.deadlock);
    }
}
