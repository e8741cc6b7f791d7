//! What hosts keep of the runs that did something to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::run::host::HostRun;
use crate::run::link::Link;
use crate::run::locks::HOST_STATE;
use crate::run::now;
use crate::run::{Context, Event, Mode, Verb};
use crate::script::{Probe, Request, Step};

/// What hosts and this machine keep of a run that acts.
#[derive(Clone, Debug, Default)]
pub struct RunRecord {
    /// Its name, which no other run has.
    pub run: String,
    /// Seconds since 1970 when it began.
    pub at: u64,
    /// What it was begun as.
    pub verb: Verb,
    /// SHA-256 over the inventory's files.
    pub inventory: String,
}

impl RunRecord {
    /// A run that begins now.
    #[must_use]
    pub fn new(verb: Verb, inventory: String) -> Self {
        let at = now();
        Self {
            run: format!("{at:x}-{:x}", std::process::id()),
            at,
            verb,
            inventory,
        }
    }
}

/// A line of a host's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostRecord {
    /// The run's name.
    pub run: String,
    /// Seconds since 1970 when it began.
    pub at: u64,
    /// Who ran what, and where.
    pub by: String,
    /// The name of the [`Verb`] it was begun as.
    pub verb: String,
    /// SHA-256 over the inventory's files.
    pub inventory: String,
    /// Tasks that changed something here.
    pub changed: usize,
    /// Tasks that failed here.
    pub failed: usize,
}

/// A run as this machine's history has it: one line when it begins, one when it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastRun {
    /// The run's name.
    pub run: String,
    /// Seconds since 1970 when it began.
    pub at: u64,
    /// Who ran what, and where.
    pub by: String,
    /// The name of the [`Verb`] it was begun as.
    pub verb: String,
    /// SHA-256 over the inventory's files.
    pub inventory: String,
    /// `begun` (and never ended: it was cut, or still runs), `ok`, `failed`, `interrupted`, `refused`.
    pub outcome: String,
    /// How much was changed, by host, where something was.
    pub hosts: BTreeMap<String, usize>,
}

/// The question for a host's history.
#[must_use]
pub fn history_probe() -> Probe {
    Probe::Path {
        path: format!("{HOST_STATE}/history"),
        content: 1024 * 1024,
    }
}

/// Leaves a line on every host that something was done to. A host that does not take it is told, and nothing else:
/// what was done is done.
pub(super) async fn leave(context: &Context, hosts: &BTreeMap<String, HostRun>) {
    let record = &context.options.record;
    if context.options.mode == Mode::Plan {
        return;
    }
    let mut leaving = JoinSet::new();
    for (name, host) in hosts {
        if host.tally.changed + host.tally.failed == 0 {
            continue;
        }
        let line = HostRecord {
            run: record.run.clone(),
            at: record.at,
            by: context.options.holder.replace('\n', " "),
            verb: record.verb.to_string(),
            inventory: record.inventory.clone(),
            changed: host.tally.changed,
            failed: host.tally.failed,
        };
        let (name, link) = (name.clone(), Arc::clone(&host.link));
        leaving.spawn(async move {
            let mut link = link.lock().await;
            (name, !link.is_open() || keeps(&mut link, &line).await)
        });
    }
    for (name, kept) in leaving.join_all().await {
        if !kept {
            context.events.send(Event::Noticed {
                host: Some(name),
                message: "keeps no record of this run in its history".to_owned(),
            });
        }
    }
}

/// Adds a line to a host's history. False where it is not there afterwards.
async fn keeps(link: &mut Link, line: &HostRecord) -> bool {
    let Ok(line) = serde_json::to_string(line) else {
        return false;
    };
    let request = Request {
        steps: vec![Step::Function {
            name: "wm_record",
            arguments: vec![format!("{HOST_STATE}/history"), line],
        }],
        ..Request::default()
    };
    let keeper = link.keeper().clone();
    let asked = link.request(&keeper, &request, "leaving a record").await;
    asked.is_ok_and(|(done, _)| done.iter().all(crate::script::Done::succeeded))
}
