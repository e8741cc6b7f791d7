//! One look at every node of an inventory, without the pack: what `generations`, `rollback`, `history` and `status`
//! begin with. One exec a host.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;

use crate::cluster::{Cluster, Node};
use crate::commands::{FileOptions, Files, site};
use crate::connection::ConnectOptions;
use crate::inventory::Inventory;
use crate::modules::{Registry, World};
use crate::playbook::{Playbook, Selection, Source};
use crate::run::{
    Event, Events, Interrupt, Mode, Report, Run, RunOptions, RunRecord, Survey, start,
};
use crate::script::{Answers, Probe};
use crate::yaml::{Error, Node as Value, parse};

/// The built-in playbook that goes back; with no targets it asks for nothing and does nothing.
pub(super) const ROLLBACK: (&str, &str) = ("rollback.yaml", "wmprov_targets");

/// How hosts are looked at.
#[derive(Clone, Debug)]
pub struct LookOptions {
    /// Inventory, `--limit`, variables and vault passwords.
    pub files: FileOptions,
    /// How hosts are reached.
    pub connect: ConnectOptions,
    /// How many hosts at once.
    pub forks: usize,
}

/// The user's files as far as a look needs them.
pub(super) struct Site {
    pub(super) inventory: Inventory,
    pub(super) playbook: Playbook,
    pub(super) clusters: Vec<Cluster>,
    pub(super) hosts: Vec<String>,
}

/// Which question is asked of a host.
type Questions = Arc<dyn Fn(&World, &str) -> Vec<Probe> + Send + Sync>;

/// What was seen.
pub(super) struct Looked {
    pub(super) report: Report,
    answers: BTreeMap<String, Answers>,
}

impl Looked {
    /// What the host of a node has answered; [`None`] where it could not be asked.
    pub(super) fn of(&self, node: &Node) -> Option<&Answers> {
        self.answers.get(&node.host)
    }

    /// What every host has answered.
    pub(super) fn hosts(&self) -> impl Iterator<Item = (&String, &Answers)> {
        self.answers.iter()
    }
}

struct Eyes {
    questions: Questions,
    seen: Arc<Mutex<BTreeMap<String, Answers>>>,
}

impl Survey for Eyes {
    fn probes(&self, world: &World, host: &str) -> Vec<Probe> {
        (self.questions)(world, host)
    }

    fn more(&self, _: &World, _: &str, _: &Answers) -> Vec<Probe> {
        Vec::new()
    }

    fn seen(&self, _: &World, host: &str, seen: &mut Answers) {
        let mut all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(host.to_owned(), seen.clone());
    }
}

/// Reads the files for a look that nothing follows.
///
/// # Errors
/// As [`read`].
pub(super) fn read_to_look(options: &FileOptions) -> Result<Site, Vec<Error>> {
    let (playbook, targets) = ROLLBACK;
    read(options, playbook, &[(targets, "{}")])
}

/// Reads the files, with a built-in playbook and the variables (as YAML) that it goes by. The pack is not among them.
///
/// # Errors
/// Every mistake in them; no host has been reached then.
pub(super) fn read(
    options: &FileOptions,
    playbook: &str,
    variables: &[(&str, &str)],
) -> Result<Site, Vec<Error>> {
    let files = Files::read(options)?;
    let playbook = Playbook::load(&Source::Embedded, playbook, &Registry)?;
    let mut inventory = files.inventory;
    site::add_groups(&mut inventory, &files.clusters);
    for (name, text) in variables {
        let place = format!("<{name}>");
        let value = parse(text, std::path::Path::new(&place)).map_err(|error| vec![error])?;
        if let Some(value) = value {
            let _none: Option<Value> = inventory.extra.insert((*name).to_owned(), value);
        }
    }
    Ok(Site {
        inventory,
        playbook,
        clusters: files.clusters,
        hosts: files.hosts,
    })
}

/// Looks. A host that cannot be reached is told in the report, and by an event.
///
/// # Errors
/// Where connection variables are wrong; no host has been reached then.
pub(super) async fn look(
    site: &Site,
    options: &LookOptions,
    questions: Questions,
    events: &Events,
    interrupt: Interrupt,
) -> Result<Looked, Vec<Error>> {
    let seen = Arc::new(Mutex::new(BTreeMap::new()));
    let run = Run {
        inventory: site.inventory.clone(),
        playbook: site.playbook.clone(),
        world: World {
            clusters: site.clusters.clone(),
            wanted: BTreeMap::new(),
            ..World::default()
        },
        connect: options.connect.clone(),
        options: RunOptions {
            record: RunRecord::default(),
            mode: Mode::Plan,
            forks: options.forks,
            selection: Selection::default(),
            hosts: site.hosts.clone(),
            lock_wait: Duration::ZERO,
            holder: String::new(),
            survey: Some(Arc::new(Eyes {
                questions,
                seen: seen.clone(),
            })),
            no_become: false,
            witness: None,
            cut: false,
            allow_downtime: false,
            skip_unreachable: true,
            probe_artifact: false,
        },
    };
    let (sender, mut happened) = unbounded_channel();
    let report = start(run, Events::new(sender), interrupt).await?;
    while let Ok(event) = happened.try_recv() {
        if matches!(event, Event::HostUnreachable { .. } | Event::Noticed { .. }) {
            events.send(event);
        }
    }
    let answers = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Looked { report, answers })
}
