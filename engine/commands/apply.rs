//! `wmprov apply` and `wmprov plan`: the user's files are brought about, or what that would change is told.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;

use crate::cluster::Cluster;
use crate::commands::look::Site;
use crate::commands::reading::reading;
use crate::commands::{FileOptions, Files, history, site};
use crate::connection::ConnectOptions;
use crate::inventory::Inventory;
use crate::modules::World;
use crate::playbook::{Playbook, Selection};
use crate::run::{
    Event, Events, Interrupt, Mode, Report, Run, RunOptions, RunRecord, Verb, Witness, start,
};
use crate::yaml::{Error, VaultPasswords};

/// How a run is to go.
#[derive(Clone, Debug)]
pub struct ApplyOptions {
    /// The inventory.
    pub inventory: PathBuf,
    /// The playbook; the built-in one where it is not given.
    pub playbook: Option<PathBuf>,
    /// `--limit`: the hosts that are acted on.
    pub limit: Option<String>,
    /// `--extra-vars`, as given.
    pub extra_vars: Vec<String>,
    /// Vault passwords.
    pub vault: VaultPasswords,
    /// How hosts are reached.
    pub connect: ConnectOptions,
    /// Whether it acts.
    pub mode: Mode,
    /// How many hosts at once.
    pub forks: usize,
    /// `--tags`.
    pub tags: Vec<String>,
    /// `--skip-tags`.
    pub skip_tags: Vec<String>,
    /// How long a held lock is waited for.
    pub lock_wait: Duration,
    /// Read the pack to its last byte before anything is sent.
    pub verify_pack: bool,
    /// Who runs this, for the lock's holder line.
    pub holder: String,
    /// What is still open on a node at the end of its drain time is cut.
    pub cut: bool,
    /// The last worker that serves may be stopped too.
    pub allow_downtime: bool,
    /// Who sees every change before it is made.
    pub witness: Option<Arc<dyn Witness>>,
    /// Hosts that cannot be reached are gone around.
    pub skip_unreachable: bool,
    /// An artifact of our own is to go to every node and away again.
    pub probe_artifact: bool,
}

impl ApplyOptions {
    /// Which files are read, and how.
    #[must_use]
    pub fn files(&self) -> FileOptions {
        FileOptions {
            inventory: self.inventory.clone(),
            playbook: self.playbook.clone(),
            limit: self.limit.clone(),
            extra_vars: self.extra_vars.clone(),
            vault: self.vault.clone(),
        }
    }
}

/// Applies, or plans. Tells what happens through `events`, ends early where `interrupt` asks for it.
///
/// # Errors
/// Every mistake in the user's files; no host has been reached then.
pub async fn apply(
    options: ApplyOptions,
    events: Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    let Some(plans) = read_apart(&options, &events, &interrupt).await? else {
        return Ok(not_begun(&events));
    };
    if options.probe_artifact {
        may_probe(&plans.world.clusters)?;
    }
    acting(Verb::Apply, options, plans, events, interrupt).await
}

/// Says where nothing brings artifacts anywhere, and so no probe could arrive.
fn may_probe(clusters: &[Cluster]) -> Result<(), Vec<Error>> {
    if clusters.iter().any(|cluster| cluster.measure().is_some()) {
        return Ok(());
    }
    let message = "a probe artifact would arrive nowhere: nothing brings artifacts from one node to the others";
    Err(vec![Error::new(message).hint(
        "set `carbon_artifact_sync`, or leave `--probe-artifact` out",
    )])
}

/// As [`read_all`]; [`None`] where the user interrupts meanwhile.
pub(super) async fn read_apart(
    options: &ApplyOptions,
    events: &Events,
    interrupt: &Interrupt,
) -> Result<Option<Plans>, Vec<Error>> {
    let options = options.clone();
    // What reads on after an interrupt holds no end of the channel: the display waits for none.
    let Some((plans, told)) = reading(interrupt, move || read_all(&options)).await? else {
        return Ok(None);
    };
    told.into_iter().for_each(|event| events.send(event));
    warn(&plans.world, events);
    Ok(Some(plans))
}

/// Tells what could not be done while files were read, and stops nobody.
pub(super) fn warn(world: &World, events: &Events) {
    for message in &world.warnings {
        events.send(Event::Noticed {
            host: None,
            message: message.clone(),
        });
    }
}

/// The end of a run that was interrupted while files were read.
pub(super) fn not_begun(events: &Events) -> Report {
    let report = Report::not_begun();
    events.send(Event::RunFinished(report.clone()));
    report
}

/// Reads and checks all that a run is about; and what is to be told of that.
fn read_all(options: &ApplyOptions) -> Result<(Plans, Vec<Event>), Vec<Error>> {
    let files = Files::read(&options.files())?;
    let waived = files.waived.iter().map(|waived| Event::CheckWaived {
        code: waived.code.to_owned(),
        finding: waived.message.clone(),
        reason: waived.reason.clone(),
    });
    let told: Vec<Event> = waived.collect();
    let mut inventory = files.inventory;
    let world = site::world(files.clusters, Some(&files.hosts), options.verify_pack)?;
    site::add_groups(&mut inventory, &world.clusters);
    let plans = Plans {
        inventory,
        playbook: files.playbook,
        world,
        hosts: files.hosts,
    };
    Ok((plans, told))
}

/// What a run is about, read and checked.
pub(super) struct Plans {
    pub(super) inventory: Inventory,
    pub(super) playbook: Playbook,
    pub(super) world: World,
    pub(super) hosts: Vec<String>,
}

/// Nothing has been computed of what is wanted: the pack is not at hand.
impl From<Site> for Plans {
    fn from(site: Site) -> Self {
        Self {
            inventory: site.inventory,
            playbook: site.playbook,
            world: World {
                clusters: site.clusters,
                ..World::default()
            },
            hosts: site.hosts,
        }
    }
}

/// Runs, and keeps a record of it where it acts.
pub(super) async fn acting(
    verb: Verb,
    options: ApplyOptions,
    plans: Plans,
    events: Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    let one = |error| vec![error];
    let record = RunRecord::new(verb, plans.inventory.digest().map_err(one)?);
    let history = history::Own::begun(&plans.inventory, &record, &options.holder);
    let acts = options.mode == Mode::Apply;
    if acts {
        keep(&history, &events);
    }
    let run = Run {
        inventory: plans.inventory,
        playbook: plans.playbook,
        world: plans.world,
        connect: options.connect,
        options: RunOptions {
            record,
            mode: options.mode,
            forks: options.forks,
            selection: Selection {
                only: options.tags,
                skip: options.skip_tags,
            },
            hosts: plans.hosts,
            lock_wait: options.lock_wait,
            holder: options.holder,
            survey: None,
            witness: options.witness,
            no_become: false,
            cut: options.cut,
            allow_downtime: options.allow_downtime,
            skip_unreachable: options.skip_unreachable,
            probe_artifact: options.probe_artifact,
        },
    };
    let report = start(run, events.clone(), interrupt).await;
    if acts {
        keep(&history.ended(report.as_ref().ok()), &events);
    }
    report
}

/// As [`acting`], where another run follows: this one's end is not the end, and is not told.
pub(super) async fn acting_first(
    verb: Verb,
    options: ApplyOptions,
    plans: Plans,
    events: &Events,
    interrupt: Interrupt,
) -> Result<Report, Vec<Error>> {
    let (sender, mut happened) = unbounded_channel();
    let all = events.clone();
    let telling = tokio::spawn(async move {
        while let Some(event) = happened.recv().await {
            if !matches!(event, Event::RunFinished(_)) {
                all.send(event);
            }
        }
    });
    let report = acting(verb, options, plans, Events::new(sender), interrupt).await;
    // It ends with the run, which holds the other end.
    let _told = telling.await;
    report
}

/// A history that cannot be written stops nobody from mending a cluster; it is told.
fn keep(record: &history::Own, events: &Events) {
    if let Err(error) = record.keep() {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        events.send(Event::Noticed {
            host: None,
            message: format!("{error}: {}", cause.unwrap_or_default()),
        });
    }
}
