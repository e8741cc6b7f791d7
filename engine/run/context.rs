//! What all hosts of a run share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::connection::Connector;
use crate::modules::{Unlike, World};
use crate::playbook::{Playbook, Selection};
use crate::run::delegate::Delegates;
use crate::run::locks::{Locks, Taker};
use crate::run::{Event, RunRecord, Survey, Witness};

/// Whether a run acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Looks and says what would change; touches nothing.
    Plan,
    /// Brings about what is wanted.
    Apply,
}

/// How a run is to go.
#[derive(Clone)]
pub struct RunOptions {
    /// What is kept of it.
    pub record: RunRecord,
    /// Whether it acts.
    pub mode: Mode,
    /// How many hosts at once.
    pub forks: usize,
    /// `--tags` and `--skip-tags`.
    pub selection: Selection,
    /// The hosts that are acted on; topology is not changed by it.
    pub hosts: Vec<String>,
    /// How long a held lock is waited for.
    pub lock_wait: Duration,
    /// Who runs this, for the lock's holder line.
    pub holder: String,
    /// What looks on, in a run that only looks.
    pub survey: Option<Arc<dyn Survey>>,
    /// Who sees every change before it is made.
    pub witness: Option<Arc<dyn Witness>>,
    /// Nobody becomes another user, whatever the plays say: what cannot be read then is not known.
    pub no_become: bool,
    /// What is still open on a node at the end of its drain time is cut.
    pub cut: bool,
    /// The last worker that serves may be stopped too.
    pub allow_downtime: bool,
    /// Hosts that cannot be reached are gone around.
    pub skip_unreachable: bool,
    /// An artifact of our own is to go to every node and away again.
    pub probe_artifact: bool,
}

/// Where events go. A listener that has gone stops nothing.
#[derive(Clone, Debug)]
pub struct Events(mpsc::UnboundedSender<Event>);

impl Events {
    /// Sends to this channel.
    #[must_use]
    pub fn new(sender: mpsc::UnboundedSender<Event>) -> Self {
        Self(sender)
    }

    /// Tells what happened.
    pub fn send(&self, event: Event) {
        // Nobody listens any more: the run goes on all the same, its report says all that counts.
        let _nobody = self.0.send(event);
    }
}

/// The user's wish to stop, asked for between two acts.
#[derive(Clone, Debug)]
pub struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Becomes true when the user interrupts.
    #[must_use]
    pub fn new(wish: watch::Receiver<bool>) -> Self {
        Self(wish)
    }

    /// Of a part of something that is interrupted as a whole.
    pub(super) fn never() -> Self {
        Self(watch::channel(false).1)
    }

    /// True where the user has interrupted.
    #[must_use]
    pub fn wished(&self) -> bool {
        *self.0.borrow()
    }

    /// Runs `act` to its end; [`None`] where the user interrupts before, and `act` is dropped where it is.
    pub(crate) async fn unless<T>(&self, act: impl Future<Output = T>) -> Option<T> {
        let mut wish = self.0.clone();
        let came = async {
            if wish.wait_for(|wished| *wished).await.is_err() {
                // Nobody is left who could interrupt.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            done = act => Some(done),
            () = came => None,
        }
    }

    /// Waits so long, or until the user interrupts; true where that came.
    pub async fn sleep(&self, time: Duration) -> bool {
        self.unless(tokio::time::sleep(time)).await.is_none()
    }
}

/// How hosts are reached.
pub(super) struct Reach {
    pub(super) connector: Arc<Connector>,
    pub(super) locks: Locks,
    pub(super) delegates: Delegates,
}

/// What all hosts of a run share.
pub(super) struct Context {
    pub(super) connector: Arc<Connector>,
    pub(super) options: RunOptions,
    pub(super) playbook: Playbook,
    pub(super) world: World,
    pub(super) events: Events,
    pub(super) interrupt: Interrupt,
    pub(super) locks: Locks,
    /// Where tasks may be delegated to; empty where none is.
    pub(super) delegates: Delegates,
    pub(super) forks: Arc<Semaphore>,
    /// Workers that serve nobody now, because this run restarts them, by cluster and node.
    pub(super) away: tokio::sync::Mutex<BTreeSet<(String, String)>>,
    /// Held while the tables of a database are looked for and made.
    pub(super) schemas: tokio::sync::Mutex<()>,
    /// Held while the marks of a balancer are read and written.
    pub(super) marks: tokio::sync::Mutex<()>,
    /// Paths that one host's task has changed on another, by host.
    changed_elsewhere: Mutex<BTreeMap<String, Vec<String>>>,
    /// What the first look saw nodes to have deployed otherwise than their manager.
    unlike: Mutex<Arc<[Unlike]>>,
    /// A failure that ends the run for all hosts has come.
    halted: AtomicBool,
}

impl Context {
    pub(super) fn new(
        reach: Reach,
        options: RunOptions,
        playbook: Playbook,
        world: World,
        events: Events,
        interrupt: Interrupt,
    ) -> Self {
        let forks = Arc::new(Semaphore::new(options.forks.max(1)));
        let Reach {
            connector,
            locks,
            delegates,
        } = reach;
        Self {
            connector,
            options,
            playbook,
            world,
            events,
            interrupt,
            locks,
            delegates,
            forks,
            away: tokio::sync::Mutex::default(),
            schemas: tokio::sync::Mutex::default(),
            marks: tokio::sync::Mutex::default(),
            changed_elsewhere: Mutex::default(),
            unlike: Mutex::default(),
            halted: AtomicBool::new(false),
        }
    }

    /// What locks are taken with.
    pub(super) fn taker(&self) -> Taker<'_> {
        Taker {
            connector: &self.connector,
            events: &self.events,
            interrupt: &self.interrupt,
        }
    }

    /// A place among the `--forks`.
    pub(super) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed, so there always is one.
        self.forks.clone().acquire_owned().await.ok()
    }

    /// Keeps what the first look saw nodes to have deployed otherwise than their manager.
    pub(super) fn keep_unlike(&self, seen: Vec<Unlike>) {
        *whole(&self.unlike) = seen.into();
    }

    /// What the first look saw nodes to have deployed otherwise than their manager.
    pub(super) fn unlike(&self) -> Arc<[Unlike]> {
        whole(&self.unlike).clone()
    }

    /// What `host` has answered about `path` is no longer so.
    pub(super) fn forget(&self, host: &str, path: &str) {
        let mut changed = whole(&self.changed_elsewhere);
        changed
            .entry(host.to_owned())
            .or_default()
            .push(path.to_owned());
    }

    /// The paths whose answers a host must forget.
    pub(super) fn forgotten(&self, host: &str) -> Vec<String> {
        whole(&self.changed_elsewhere)
            .remove(host)
            .unwrap_or_default()
    }

    /// True, once, where all begins again with a new look, because another run was here since the first: nothing has
    /// been done yet, and the locks are held. A run that the user has interrupted ends instead.
    pub(super) fn begins_again(&self) -> bool {
        if self.interrupt.wished() || !self.locks.look_again() {
            return false;
        }
        whole(&self.changed_elsewhere).clear();
        self.halted.store(false, Ordering::Relaxed);
        true
    }

    /// Ends the run for all hosts, after the acts in flight. A survey has no acts, and looks at every host.
    pub(super) fn halt(&self) {
        if self.options.survey.is_none() {
            self.halted.store(true, Ordering::Relaxed);
        }
    }

    /// True where nothing more is to begin.
    pub(super) fn is_over(&self) -> bool {
        self.halted.load(Ordering::Relaxed) || self.interrupt.wished()
    }
}

/// What a lock keeps. Whoever panicked with it has left a whole list: it is only pushed to, or replaced.
fn whole<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
