//! `wmprov drift`: what on the hosts is not as wanted, and who moved it. Looks only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;

use crate::commands::apply::warn;
use crate::commands::reading::reading;
use crate::commands::{FileOptions, Files, site};
use crate::connection::ConnectOptions;
use crate::drift::{DriftReport, HostDrift, HostSeen, Kind, Looker, NodeSeen, of_task, tells};
use crate::playbook::{Item, Playbook, Selection};
use crate::run::now;
use crate::run::{Event, Events, Interrupt, Mode, Run, RunOptions, RunRecord, TaskFinished, start};
use crate::yaml::{Error, Secrets};

/// How a drift check is to go.
#[derive(Clone, Debug)]
pub struct DriftOptions {
    /// Inventory, playbook, `--limit`, variables and vault passwords.
    pub files: FileOptions,
    /// How hosts are reached.
    pub connect: ConnectOptions,
    /// How many hosts at once.
    pub forks: usize,
    /// Nobody becomes root: what cannot be read then is told to be unreadable.
    pub no_become: bool,
    /// What must not be shown.
    pub secrets: Secrets,
}

/// What the tasks of the plays said, by host.
#[derive(Default)]
struct Told {
    tasks: BTreeMap<String, Vec<TaskFinished>>,
    unreachable: BTreeMap<String, (String, Option<String>)>,
}

/// Looks at every host. A host that cannot be reached is a part of the report, never its end.
///
/// # Errors
/// Every mistake in the user's files; no host has been reached then.
pub async fn drift(
    options: DriftOptions,
    events: Events,
    interrupt: Interrupt,
) -> Result<DriftReport, Vec<Error>> {
    Ok(check(options, false, events, interrupt).await?.0)
}

/// Looks at every host, and takes along what `adopt` writes into the user's files.
///
/// # Errors
/// As [`drift`].
pub(super) async fn check(
    options: DriftOptions,
    takes: bool,
    events: Events,
    interrupt: Interrupt,
) -> Result<(DriftReport, Vec<NodeSeen>), Vec<Error>> {
    let shown = options.files.inventory.display().to_string();
    let wanted = options.files.clone();
    let read = reading(&interrupt, move || {
        let mut files = Files::read(&wanted)?;
        let clusters = std::mem::take(&mut files.clusters);
        let world = site::world(clusters, Some(&files.hosts), false)?;
        Ok((files, world))
    });
    let Some((files, world)) = read.await? else {
        let report = DriftReport {
            inventory: shown,
            at: now(),
            interrupted: true,
            ..DriftReport::default()
        };
        return Ok((report, Vec::new()));
    };
    warn(&world, &events);
    for waived in &files.waived {
        events.send(Event::CheckWaived {
            code: waived.code.to_owned(),
            finding: waived.message.clone(),
            reason: waived.reason.clone(),
        });
    }
    let mut inventory = files.inventory;
    let clusters = world.clusters.clone();
    let written = written_by(&files.playbook);
    site::add_groups(&mut inventory, &world.clusters);
    let (seen, hosts_seen) = mpsc::channel();
    let secrets = options.secrets;
    let looker = Arc::new(Looker::new(secrets.clone(), seen).taking(takes));
    let hosts = files.hosts.clone();
    let run = Run {
        inventory,
        playbook: files.playbook,
        world,
        connect: options.connect,
        options: RunOptions {
            record: RunRecord::default(),
            mode: Mode::Plan,
            forks: options.forks,
            selection: Selection::default(),
            hosts: files.hosts,
            lock_wait: Duration::ZERO,
            holder: String::new(),
            survey: Some(looker.clone()),
            no_become: options.no_become,
            witness: None,
            cut: false,
            allow_downtime: false,
            skip_unreachable: true,
            probe_artifact: false,
        },
    };
    let (sender, mut happened) = unbounded_channel();
    let listening = tokio::spawn(async move {
        let mut told = Told::default();
        while let Some(event) = happened.recv().await {
            hear(&mut told, event, &events);
        }
        told
    });
    let report = start(run, Events::new(sender), interrupt).await?;
    let told = match listening.await {
        Ok(told) => told,
        // A defect in what listens must not be taken for hosts that have nothing to tell.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    };
    let mut seen: Vec<HostSeen> = hosts_seen.try_iter().collect();
    for (host, finding) in looker.not_alike(&clusters) {
        if let Some(seen) = seen.iter_mut().find(|seen| seen.host == host) {
            seen.findings.push(finding);
        }
    }
    let mut nodes = Vec::new();
    if takes {
        nodes = seen.iter().flat_map(|host| host.nodes.clone()).collect();
        let kept = seen.iter_mut().flat_map(|host| &mut host.nodes);
        kept.for_each(|node| node.taken.clear());
    }
    let mut drift = DriftReport {
        inventory: shown,
        at: now(),
        interrupted: report.interrupted,
        hosts: by_host(&hosts, seen, &told, &secrets)
            .into_iter()
            .filter_map(|(name, host)| {
                // A host that no play is for is asked nothing; one that an interrupt left out was not asked.
                let not_asked =
                    || HostDrift::unreachable("interrupted before it was asked".to_owned(), None);
                Some((name, host.or_else(|| report.interrupted.then(not_asked))?))
            })
            .collect(),
        ..DriftReport::default()
    };
    for (name, host) in &mut drift.hosts {
        host.forgive(|one| one.kind == Kind::Unexpected && written.contains(&one.path));
        host.traffic = report.traffic.get(name).copied().unwrap_or_default();
    }
    Ok((drift, nodes))
}

/// Every text that a task of the plays is given: what it may well write (a unit's drop-in) is no stranger.
fn written_by(playbook: &Playbook) -> BTreeSet<String> {
    let plays = playbook.plays.iter();
    let tasks = plays.flat_map(|play| play.sections.iter().flatten().flat_map(Item::tasks));
    let args = tasks.flat_map(|task| task.args.iter());
    let texts = args.filter_map(|(_, node)| node.text().ok());
    texts.map(str::to_owned).collect()
}

/// Keeps what tells of hosts; the rest goes on to whoever shows progress.
fn hear(told: &mut Told, event: Event, events: &Events) {
    match event {
        // All tasks of all hosts would be most of what is kept.
        Event::TaskFinished(task) if tells(&task) => {
            told.tasks.entry(task.host.clone()).or_default().push(*task);
        }
        Event::HostUnreachable { host, error, hint } => {
            events.send(Event::HostUnreachable {
                host: host.clone(),
                error: error.clone(),
                hint: hint.clone(),
            });
            told.unreachable.insert(host, (error, hint));
        }
        Event::Noticed { .. } | Event::HostLooked { .. } | Event::RunStarted { .. } => {
            events.send(event);
        }
        _ => {}
    }
}

fn by_host(
    hosts: &[String],
    seen: Vec<HostSeen>,
    told: &Told,
    secrets: &Secrets,
) -> BTreeMap<String, Option<HostDrift>> {
    let mut seen: BTreeMap<String, HostSeen> = seen
        .into_iter()
        .map(|seen| (seen.host.clone(), seen))
        .collect();
    hosts
        .iter()
        .map(|name| {
            let host = match (told.unreachable.get(name), seen.remove(name)) {
                (Some((error, hint)), _) => {
                    Some(HostDrift::unreachable(secrets.mask(error), hint.clone()))
                }
                (None, Some(seen)) => Some(asked(seen, told.tasks.get(name), secrets)),
                (None, None) => None,
            };
            (name.clone(), host)
        })
        .collect()
}

fn asked(seen: HostSeen, tasks: Option<&Vec<TaskFinished>>, secrets: &Secrets) -> HostDrift {
    let written = |path: &str| {
        let node = seen.nodes.iter().find(|node| node.unit == path)?;
        node.unit_written.clone()
    };
    let mut findings = seen.findings.clone();
    for task in tasks.into_iter().flatten() {
        findings.extend(of_task(task, &written, seen.fresh, secrets));
    }
    HostDrift::asked(findings)
}

/// The report that was kept in this file; [`None`] where none was.
///
/// # Errors
/// Where it cannot be read, or is none.
pub fn earlier_report(file: &std::path::Path) -> Result<Option<DriftReport>, Error> {
    let cannot = |cause: Box<dyn std::error::Error + Send + Sync>| {
        Error::new(format!(
            "the kept report `{}` cannot be read",
            file.display()
        ))
        .because(cause)
        .hint("remove it: the next check then has nothing to be compared with")
    };
    match std::fs::read(file) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|cause| cannot(cause.into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot(error.into())),
    }
}

/// Where the report of an inventory is kept between checks, below `folder`: one file an inventory.
#[must_use]
pub fn kept_report(folder: &std::path::Path, inventory: &std::path::Path) -> PathBuf {
    let whole = std::fs::canonicalize(inventory).unwrap_or_else(|_| inventory.to_owned());
    let digest = crate::script::sha256(whole.as_os_str().as_encoded_bytes());
    let name = whole
        .file_stem()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let short: String = digest.chars().take(8).collect();
    folder.join(format!("{name}-{short}.json"))
}
