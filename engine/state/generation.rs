//! The generations of a node: what each write to its Home made, when, by whom, out of what.

use serde::{Deserialize, Serialize};

use crate::script::Generations;

/// The record of one generation, a line of the node's log on the host. Only root reads it: digests of what holds
/// a secret would let others try passwords.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// Its number, counted up a node.
    pub number: u64,
    /// The run that made it; nodes that one run changed go back together.
    pub run: String,
    /// Seconds since 1970.
    pub at: u64,
    /// Who ran what, and where.
    pub by: String,
    /// The name of the command that made it.
    pub verb: String,
    /// SHA-256 over the inventory's files.
    pub inventory: String,
    /// SHA-256 over what a server that starts with it reads.
    pub start: String,
    /// How much of the UI workers go without in it.
    pub tier: String,
    /// `user:group`: whose all files were; empty in records of before it was kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// Paths that it changed: the first of them, and how many.
    pub changed: Vec<String>,
    /// How many.
    pub count: usize,
    /// Members before and after it never meet: it could not roll, and cannot roll back.
    #[serde(default)]
    pub whole_cluster: bool,
    /// Of a rollback: the generation whose files it put back, and the run that it undid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<Back>,
}

/// What a rollback put back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Back {
    /// The generation.
    pub to: u64,
    /// The run that was undone; empty where a number was asked for.
    pub undoes: String,
    /// Whose the files of that generation were, where its record says so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
}

/// How many changed paths a record names.
const NAMED: usize = 20;

impl Generation {
    /// Puts down which paths it changes.
    #[must_use]
    pub fn changing<'a>(mut self, paths: impl IntoIterator<Item = &'a str>) -> Self {
        let paths: Vec<&str> = paths.into_iter().collect();
        self.count = paths.len();
        self.changed = paths
            .iter()
            .take(NAMED)
            .map(|&path| path.to_owned())
            .collect();
        self
    }

    /// The line of the log.
    ///
    /// # Errors
    /// Where it cannot be written as JSON, which is a defect.
    pub fn line(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// What is known of a node's generations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GenerationLog {
    /// Those that were made, the oldest first.
    pub made: Vec<Generation>,
    /// One that a run was making when it was cut.
    pub cut: Option<Generation>,
    /// Those whose predecessor is kept, with its size in KiB.
    pub kept: Vec<(u64, u64)>,
}

impl GenerationLog {
    /// Reads what a host keeps.
    ///
    /// # Errors
    /// The line that is no record.
    pub fn read(answer: &Generations) -> Result<Self, String> {
        let record = |line: &str| {
            serde_json::from_str::<Generation>(line).map_err(|error| format!("`{line}`: {error}"))
        };
        let lines = |text: &str| -> Result<Vec<Generation>, String> {
            text.lines()
                .filter(|line| !line.is_empty())
                .map(record)
                .collect()
        };
        let kept = answer.kept.lines().map(|line| {
            let (number, size) = line.split_once(' ').ok_or_else(|| format!("`{line}`"))?;
            match (number.parse(), size.parse()) {
                (Ok(number), Ok(size)) => Ok((number, size)),
                _ => Err(format!("`{line}`")),
            }
        });
        Ok(Self {
            made: lines(&answer.log)?,
            cut: lines(&answer.cut)?.pop(),
            kept: kept.collect::<Result<_, String>>()?,
        })
    }

    /// The one that the Home is.
    #[must_use]
    pub fn last(&self) -> Option<&Generation> {
        self.made.last()
    }

    /// The record of a number.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&Generation> {
        self.made.iter().rev().find(|made| made.number == number)
    }

    /// True where all that lies between `to` and the Home is kept.
    #[must_use]
    pub fn reaches(&self, to: u64) -> bool {
        let Some(last) = self.last() else {
            return false;
        };
        let is_kept = |number| self.kept.iter().any(|(kept, _)| *kept == number);
        self.get(to).is_some() && (to + 1..=last.number).all(is_kept)
    }

    /// The numbers that a rollback can go to, the newest first.
    #[must_use]
    pub fn reachable(&self) -> Vec<u64> {
        let earlier = self.made.iter().rev().skip(1);
        earlier
            .map(|made| made.number)
            .filter(|number| self.reaches(*number))
            .collect()
    }
}

/// The generations of one node.
#[derive(Clone, Debug, Serialize)]
pub struct NodeGenerations {
    /// The cluster.
    pub cluster: String,
    /// The node.
    pub node: String,
    /// Its host.
    pub host: String,
    /// What the host keeps.
    #[serde(flatten)]
    pub log: GenerationLog,
}
