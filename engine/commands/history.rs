//! `wmprov history`: who ran what, when, from which inventory, and how it ended. This machine keeps a record of each
//! run that may act; every host keeps one of each run that did something to it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::commands::look::{LookOptions, look, read_to_look};
use crate::inventory::Inventory;
use crate::modules::World;
use crate::run::{Events, HostRecord, Interrupt, PastRun, Report, RunRecord, history_probe};
use crate::script::{Answer, Probe};
use crate::yaml::{Error, Result};

/// What this machine keeps of a run, and where.
pub(super) struct Own {
    record: PastRun,
    file: Option<PathBuf>,
}

impl Own {
    /// A run that begins now.
    pub(super) fn begun(inventory: &Inventory, record: &RunRecord, by: &str) -> Self {
        let record = PastRun {
            run: record.run.clone(),
            at: record.at,
            by: by.to_owned(),
            verb: record.verb.to_string(),
            inventory: record.inventory.clone(),
            outcome: "begun".to_owned(),
            hosts: BTreeMap::new(),
        };
        Self {
            record,
            file: file_of(&inventory.file),
        }
    }

    /// How it ended: with a report, or without one.
    pub(super) fn ended(mut self, report: Option<&Report>) -> Self {
        let Some(report) = report else {
            "refused".clone_into(&mut self.record.outcome);
            return self;
        };
        let outcome = match (report.interrupted, report.is_good()) {
            (true, _) => "interrupted",
            (false, true) => "ok",
            (false, false) => "failed",
        };
        outcome.clone_into(&mut self.record.outcome);
        let changed = report.hosts.iter().filter(|(_, tally)| tally.changed > 0);
        self.record.hosts = changed
            .map(|(name, tally)| (name.clone(), tally.changed))
            .collect();
        self
    }

    /// Adds it to this machine's history of the inventory.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub(super) fn keep(&self) -> Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let cannot = |cause: std::io::Error| {
            Error::new(format!(
                "the history `{}` cannot be written",
                file.display()
            ))
            .because(cause)
        };
        let line = serde_json::to_string(&self.record).map_err(|cause| cannot(cause.into()))?;
        if let Some(folder) = file.parent() {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true).mode(0o700);
            builder.create(folder).map_err(cannot)?;
        }
        let mut open = fs::OpenOptions::new();
        let opened = open.append(true).create(true).mode(0o600).open(file);
        opened
            .and_then(|mut file| writeln!(file, "{line}"))
            .map_err(cannot)
    }
}

/// Where the system says that programs keep what they remember; [`None`] where it says nothing.
#[must_use]
pub fn state_folder() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute());
    let own = named.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state")));
    own.map(|folder| folder.join("wmprov"))
}

/// The history of an inventory, which is known by its place.
fn file_of(inventory: &Path) -> Option<PathBuf> {
    let place = fs::canonicalize(inventory).unwrap_or_else(|_| inventory.to_owned());
    let name = crate::script::sha256(place.as_os_str().as_encoded_bytes());
    Some(
        state_folder()?
            .join("history")
            .join(format!("{}.jsonl", &name[..16])),
    )
}

fn kept(inventory: &Path) -> Result<Vec<PastRun>> {
    let Some(file) = file_of(inventory).filter(|file| file.exists()) else {
        return Ok(Vec::new());
    };
    let wrong = || Error::new(format!("the history `{}` cannot be read", file.display()));
    let text = fs::read_to_string(&file).map_err(|cause| wrong().because(cause))?;
    text.lines()
        .map(|line| serde_json::from_str(line).map_err(|cause| wrong().because(cause)))
        .collect()
}

/// The runs over an inventory, the newest first: as this machine knows them, and as hosts do.
///
/// # Errors
/// Every mistake in the user's files; a history that cannot be read.
pub async fn history(
    options: &LookOptions,
    events: &Events,
    interrupt: Interrupt,
) -> Result<(Vec<PastRun>, Report), Vec<Error>> {
    let one = |error| vec![error];
    let own = kept(&options.files.inventory).map_err(one)?;
    let site = read_to_look(&options.files)?;
    let looked = look(&site, options, Arc::new(questions), events, interrupt).await?;
    let mut theirs = Vec::new();
    for (host, seen) in looked.hosts() {
        if let Some(Answer::Path(Some(file))) = seen.get(&history_probe())
            && let Some(content) = &file.content
        {
            for line in String::from_utf8_lossy(content).lines() {
                let record = serde_json::from_str(line).map_err(|cause| {
                    one(
                        Error::new(format!("the history of host `{host}` cannot be read"))
                            .because(cause),
                    )
                })?;
                theirs.push((host.clone(), record));
            }
        }
    }
    Ok((together(own, theirs), looked.report))
}

fn questions(_: &World, _: &str) -> Vec<Probe> {
    vec![history_probe()]
}

/// One row a run: how this machine says that it ended, else what hosts saw of it.
fn together(own: Vec<PastRun>, theirs: Vec<(String, HostRecord)>) -> Vec<PastRun> {
    let mut runs: BTreeMap<String, PastRun> = BTreeMap::new();
    for record in own {
        runs.insert(record.run.clone(), record);
    }
    for (host, seen) in theirs {
        let record = runs.entry(seen.run.clone()).or_insert_with(|| PastRun {
            run: seen.run.clone(),
            at: seen.at,
            by: seen.by.clone(),
            verb: seen.verb.clone(),
            inventory: seen.inventory.clone(),
            outcome: "ok".to_owned(),
            hosts: BTreeMap::new(),
        });
        if seen.failed > 0 && record.outcome == "ok" {
            "failed".clone_into(&mut record.outcome);
        }
        record.hosts.insert(host, seen.changed);
    }
    let mut all: Vec<PastRun> = runs.into_values().collect();
    all.sort_by(|one, other| (other.at, &other.run).cmp(&(one.at, &one.run)));
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::together;
    use crate::run::{HostRecord, PastRun};

    fn own(run: &str, at: u64, outcome: &str) -> PastRun {
        PastRun {
            run: run.to_owned(),
            at,
            by: "me".to_owned(),
            verb: "apply".to_owned(),
            inventory: "i".to_owned(),
            outcome: outcome.to_owned(),
            hosts: BTreeMap::new(),
        }
    }

    #[test]
    fn this_machines_records_and_the_hosts_are_one_story() {
        let seen = |run: &str, at, failed| HostRecord {
            run: run.to_owned(),
            at,
            by: "you".to_owned(),
            verb: "rollback".to_owned(),
            inventory: "i".to_owned(),
            changed: 2,
            failed,
        };
        let all = together(
            vec![
                own("a", 1, "begun"),
                own("a", 1, "ok"),
                own("c", 3, "begun"),
            ],
            vec![
                ("w".to_owned(), seen("a", 1, 0)),
                ("w".to_owned(), seen("b", 2, 1)),
            ],
        );
        let told: Vec<String> = all
            .iter()
            .map(|one| format!("{} {} {} {:?}", one.run, one.by, one.outcome, one.hosts))
            .collect();
        assert_eq!(
            told,
            [
                "c me begun {}",
                "b you failed {\"w\": 2}",
                "a me ok {\"w\": 2}"
            ]
        );
    }
}
