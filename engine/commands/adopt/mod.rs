//! `wmprov adopt`: what somebody changed by hand on hosts goes into the user's own files, so that the desired Homes have
//! it. Nothing is done on a host.
//!
//! `seen` sorts what a drift check has found, `expression` says a file's change as edits or as a file, `placing` where that
//! goes (`readers` knows which node reads which list), `trial` holds it against the checks and the Homes, `keep` writes it.

mod expression;
mod keep;
mod placing;
mod readers;
mod seen;
mod trial;

use std::path::Path;
use std::sync::Arc;

use crate::commands::drift::{DriftOptions, check};
use crate::commands::files::{clusters_of, read_inventory};
use crate::commands::{FileOptions, site};
use crate::drift::{DriftReport, Finding, Status};
use crate::modules::World;
use crate::run::{Events, Interrupt};
use crate::yaml::Error;

use keep::TrialFolder;
use seen::Seen;
use trial::{Ground, Unit};

/// What is looked at, and how.
#[derive(Clone, Debug)]
pub struct AdoptOptions {
    /// As for a drift check.
    pub drift: DriftOptions,
    /// Files below a Home, or whole paths on hosts, or folders of them; all where there are none.
    pub paths: Vec<String>,
    /// Files too of which nobody can tell who moved them.
    pub unknown: bool,
}

/// A file that somebody changed by hand, on all nodes of a cluster where it was.
#[derive(Debug)]
pub struct HandEdit {
    /// The cluster.
    pub cluster: String,
    /// The file, below the Home.
    pub path: String,
    /// On which nodes, and how.
    pub nodes: Vec<HandEditOf>,
    /// What would be written where; nothing where it is refused.
    pub told: Vec<String>,
    /// Why it is not adopted.
    pub refused: Vec<Error>,
    unit: Unit,
}

/// The change of one node.
#[derive(Debug)]
pub struct HandEditOf {
    /// The node.
    pub node: String,
    /// What differs, and who moved.
    pub finding: Finding,
}

/// What was found on the hosts.
#[derive(Debug)]
pub struct HandEdits {
    /// What can be adopted, and what must not.
    pub edits: Vec<HandEdit>,
    /// What is not as wanted, and no matter of this.
    pub passed: Vec<String>,
    /// Hosts that could not be asked, and why.
    pub silent: Vec<String>,
    /// Interrupted before every host was asked.
    pub interrupted: bool,
    files: FileOptions,
    before: Option<Arc<World>>,
}

/// What was written.
#[derive(Debug)]
pub struct Adopted {
    /// What went where.
    pub told: Vec<String>,
    /// What was refused after all: the file, and why.
    pub refused: Vec<(String, Vec<Error>)>,
    /// Host and path of all that must now be as wanted.
    adopted: Vec<(String, String)>,
}

/// Looks at every host, and says what can be adopted of what somebody changed there.
///
/// # Errors
/// Every mistake in the user's files; no host has been reached then.
pub async fn hand_edits(
    options: &AdoptOptions,
    events: Events,
    interrupt: Interrupt,
) -> Result<HandEdits, Vec<Error>> {
    let files = options.drift.files.clone();
    let (report, nodes) = check(options.drift.clone(), true, events, interrupt).await?;
    let mut found = HandEdits {
        edits: Vec::new(),
        passed: Vec::new(),
        silent: silent(&report),
        interrupted: report.interrupted,
        files: files.clone(),
        before: None,
    };
    if !report
        .hosts
        .values()
        .any(|host| !host.differences.is_empty())
    {
        return Ok(found);
    }
    let secrets = options.drift.secrets.clone();
    let (paths, unknown) = (options.paths.clone(), options.unknown);
    let told = tokio::task::spawn_blocking(move || {
        let inventory = read_inventory(&files)?;
        let before = site::world(clusters_of(&files, &inventory)?, None, false)?;
        let mut seen = Seen {
            before: &before,
            nodes: &nodes,
            secrets: &secrets,
            paths: &paths,
            unknown,
            passed: Vec::new(),
        };
        let mut edits = seen.edits(&report);
        let passed = seen.passed;
        tried(&files, &before, &mut edits).map_err(|error| vec![error])?;
        Ok::<_, Vec<Error>>((edits, passed, before))
    });
    let (edits, passed, before) = match told.await {
        Ok(told) => told?,
        Err(ended) => match ended.try_into_panic() {
            // A defect in what reads is told as what it is.
            Ok(defect) => std::panic::resume_unwind(defect),
            // The program is ending.
            Err(_cancelled) => {
                found.interrupted = true;
                return Ok(found);
            }
        },
    };
    (found.edits, found.passed, found.before) = (edits, passed, Some(Arc::new(before)));
    Ok(found)
}

fn silent(report: &DriftReport) -> Vec<String> {
    let silent = report
        .hosts
        .iter()
        .filter(|(_, host)| host.status == Status::Unreachable);
    silent
        .map(|(name, host)| {
            format!(
                "{name}: {}",
                host.error.as_deref().unwrap_or("it could not be asked")
            )
        })
        .collect()
}

/// Tries what is not refused yet, in a folder of its own: what the checks say against it is known before anybody agrees.
/// What touches the role is tried by itself first, so that the answer names its own node.
fn tried(files: &FileOptions, before: &World, edits: &mut [HandEdit]) -> Result<(), Error> {
    let alone = |edit: &HandEdit| edit.refused.is_empty() && edit.unit.touches_role;
    for at in 0..edits.len() {
        if alone(&edits[at]) {
            try_some(files, before, edits, &[at])?;
        }
    }
    let open: Vec<usize> = (0..edits.len())
        .filter(|at| edits[*at].refused.is_empty())
        .collect();
    try_some(files, before, edits, &open)
}

fn try_some(
    files: &FileOptions,
    before: &World,
    edits: &mut [HandEdit],
    some: &[usize],
) -> Result<(), Error> {
    let folder = TrialFolder::new()?;
    let units: Vec<Unit> = some.iter().map(|at| edits[*at].unit.clone()).collect();
    let ground = Ground {
        files,
        root: &folder.0,
        trial: true,
        before,
    };
    let settled = ground.settle(&units)?;
    for ((at, refused), told) in some.iter().zip(settled.refused).zip(settled.told) {
        edits[*at].refused = refused
            .unwrap_or_default()
            .into_iter()
            .map(unplaced)
            .collect();
        edits[*at].told = told;
    }
    Ok(())
}

/// What is wrong with texts that are written nowhere has no place that anybody could open.
fn unplaced(error: Error) -> Error {
    let mut message = error.message().to_owned();
    let mut cause = std::error::Error::source(&error);
    while let Some(one) = cause {
        message.push_str(&format!(": {one}"));
        cause = one.source();
    }
    let bare = Error::new(message);
    match error.way_out() {
        Some(hint) => bare.hint(hint),
        None => bare,
    }
}

impl HandEdits {
    /// Writes what was agreed to, by its number, into the user's files: overlays first, what names them last.
    ///
    /// # Errors
    /// Where a file cannot be written: all of them are as they were.
    pub fn adopt(&self, agreed: &[usize]) -> Result<Adopted, Vec<Error>> {
        let Some(before) = &self.before else {
            return Ok(Adopted {
                told: Vec::new(),
                refused: Vec::new(),
                adopted: Vec::new(),
            });
        };
        let one = |error| vec![error];
        let edits: Vec<&HandEdit> = agreed.iter().filter_map(|at| self.edits.get(*at)).collect();
        let units: Vec<Unit> = edits.iter().map(|edit| edit.unit.clone()).collect();
        let root = self.files.inventory.parent().unwrap_or(Path::new(""));
        let ground = Ground {
            files: &self.files,
            root,
            trial: false,
            before,
        };
        let mut settled = ground.settle(&units).map_err(one)?;
        for (file, text) in settled.placed.drafts.iter() {
            if let Err(error) = settled.writing.put(file, text.as_bytes(), 0o644) {
                settled.writing.take_back().map_err(one)?;
                return Err(one(error));
            }
        }
        let mut refused = Vec::new();
        let mut adopted = Vec::new();
        for (edit, why) in edits.iter().zip(settled.refused) {
            match why {
                Some(why) => refused.push((edit.path.clone(), why)),
                None => {
                    for ((cluster, node), files) in &edit.unit.found {
                        let (_, node) = before.placed(cluster, node).map_err(one)?;
                        let at = |path: &String| format!("{}/{path}", node.home.display());
                        let files = files.iter().map(|(path, _)| (node.host.clone(), at(path)));
                        adopted.extend(files);
                    }
                }
            }
        }
        adopted.sort_unstable();
        adopted.dedup();
        Ok(Adopted {
            told: settled.told.concat(),
            refused,
            adopted,
        })
    }
}

impl Adopted {
    /// How many files are as wanted now, counted by node.
    #[must_use]
    pub fn count(&self) -> usize {
        self.adopted.len()
    }

    /// Looks again: what of that which was adopted is still not as wanted.
    ///
    /// # Errors
    /// As [`hand_edits`].
    pub async fn left(
        &self,
        options: &AdoptOptions,
        events: Events,
        interrupt: Interrupt,
    ) -> Result<Vec<String>, Vec<Error>> {
        let (report, _) = check(options.drift.clone(), false, events, interrupt).await?;
        let mut left = silent(&report);
        if report.interrupted {
            left.push("interrupted before every host was asked again".to_owned());
        }
        left.extend(self.still_differ(&report));
        Ok(left)
    }

    /// What of that which was adopted a drift check has found again.
    fn still_differ(&self, report: &DriftReport) -> Vec<String> {
        let mut still = Vec::new();
        for (host, drift) in &report.hosts {
            for finding in &drift.differences {
                let mut adopted = self.adopted.iter();
                if !adopted.any(|(at, path)| at == host && *path == finding.path) {
                    continue;
                }
                let sides = [&finding.expected, &finding.observed]
                    .map(|side| side.as_deref().unwrap_or("nothing"));
                still.push(format!(
                    "{host}: {} {}: wanted {}, there is {}",
                    finding.kind.as_str(),
                    finding.path,
                    sides[0],
                    sides[1]
                ));
            }
        }
        still
    }
}

#[cfg(test)]
mod tests {
    use super::Adopted;
    use crate::drift::{Class, DriftReport, Finding, HostDrift, Kind};

    #[test]
    fn another_file_of_the_same_name_has_not_failed_to_be_adopted() {
        let adopted = Adopted {
            told: Vec::new(),
            refused: Vec::new(),
            adopted: vec![("a".to_owned(), "/opt/esb/bin/x.sh".to_owned())],
        };
        let still = |host: &str, path: &str| {
            let found = Finding::new(path, Kind::Mode, Class::Drift).of_node("n");
            let hosts = [(host.to_owned(), HostDrift::asked(vec![found]))];
            adopted.still_differ(&DriftReport {
                hosts: hosts.into_iter().collect(),
                ..DriftReport::default()
            })
        };
        assert_eq!(
            still("a", "/opt/esb/bin/x.sh"),
            ["a: mode /opt/esb/bin/x.sh: wanted nothing, there is nothing"]
        );
        for (host, path) in [("a", "/opt/esb/other/bin/x.sh"), ("b", "/opt/esb/bin/x.sh")] {
            assert!(still(host, path).is_empty(), "{host}: {path}");
        }
    }
}
