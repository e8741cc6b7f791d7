//! What a node says of itself when it is asked: the last lines of its logs, the threads of its server.

use std::collections::BTreeMap;

use serde::Serialize;

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

#[cfg(test)]
mod tests {
    use super::{NodeThreads, Tail};

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
