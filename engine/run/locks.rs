//! One apply at a time: the locks of all hosts, taken together, in the order of their names.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OnceCell, OwnedMutexGuard};
use tokio::task::JoinSet;

use crate::connection::Connector;
use crate::run::conversation::ScriptError;
use crate::run::link::{LEASE, Link, LinkError};
use crate::run::{Event, Events, Interrupt};
use crate::script::Lock;

/// Every host's line, by name.
pub(super) type Links = BTreeMap<String, Arc<Mutex<Link>>>;

/// The locks of a run. They are taken at the first act, on every host of the run and of its clusters.
pub(super) struct Locks {
    links: Links,
    holder: String,
    wait: Duration,
    /// When the first lock was found held.
    since: OnceLock<Instant>,
    taken: OnceCell<()>,
    /// Another run held one of them between this run's look and this run's lock.
    outdated: AtomicBool,
    /// Hosts that a task was delegated to and that nobody knew of before.
    late: Mutex<Vec<(String, Arc<Mutex<Link>>)>>,
}

/// What locks are taken with.
pub(super) struct Taker<'a> {
    /// What connects to hosts that nothing was asked of yet.
    pub(super) connector: &'a Connector,
    /// Where it is told of waits, and of locks that were taken over.
    pub(super) events: &'a Events,
    /// The user's wish to stop.
    pub(super) interrupt: &'a Interrupt,
}

/// Why not all locks were taken.
enum NotTaken {
    /// The user did not want to wait any longer.
    Interrupted,
    /// A host is held by another run, or cannot be locked.
    Failed(LinkError),
}

/// How many sessions begin at once.
const AT_ONCE: usize = 50;

/// Where wmprov keeps what concerns a host as a whole.
pub(super) const HOST_STATE: &str = "/var/lib/wmprov";

impl Locks {
    /// `holder` says who and why; `wait` is how long a held lock is waited for.
    pub(super) fn new(links: Links, holder: String, wait: Duration) -> Self {
        Self {
            links,
            holder,
            wait,
            since: OnceLock::new(),
            taken: OnceCell::new(),
            outdated: AtomicBool::new(false),
            late: Mutex::default(),
        }
    }

    /// True where an act has been begun: that takes them.
    pub(super) fn are_taken(&self) -> bool {
        self.taken.initialized()
    }

    /// True where another run has held one of them since this one looked: what it saw there may be no longer so, and
    /// what it took for done may be undone. Nothing has been done by then.
    pub(super) fn outdate_the_look(&self) -> bool {
        self.outdated.load(Ordering::Relaxed)
    }

    /// The hosts are looked at anew, under the locks.
    pub(super) fn look_again(&self) -> bool {
        self.outdated.swap(false, Ordering::Relaxed)
    }

    /// A host's line.
    pub(super) fn link(&self, host: &str) -> Option<&Arc<Mutex<Link>>> {
        self.links.get(host)
    }

    /// Takes all locks, once; later calls wait for the first and return at once. False where the user
    /// interrupted before all were taken.
    ///
    /// # Errors
    /// Where a host that was reached cannot be locked. Hosts that cannot be reached are passed over, and
    /// said: nothing can be done to them anyway.
    pub(super) async fn take(&self, taker: &Taker<'_>) -> Result<bool, LinkError> {
        let all = async {
            let links: Vec<_> = self.links.iter().collect();
            for some in links.chunks(AT_ONCE) {
                let begun = taker.interrupt.unless(self.begin(some)).await;
                begun.ok_or(NotTaken::Interrupted)?;
                for (name, link) in some {
                    self.take_one(name, link, taker).await?;
                }
            }
            Ok(())
        };
        match self.taken.get_or_try_init(|| all).await {
            Ok(()) => Ok(true),
            Err(NotTaken::Interrupted) => Ok(false),
            Err(NotTaken::Failed(error)) => Err(error),
        }
    }

    /// Has the sessions of hosts begin at once; each then waits for its turn to take the lock.
    async fn begin(&self, links: &[(&String, &Arc<Mutex<Link>>)]) {
        let mut beginning = JoinSet::new();
        for (_, link) in links {
            let (link, lock) = (Arc::clone(link), self.lock());
            beginning.spawn(async move { link.lock().await.begin(&lock).await });
        }
        beginning.join_all().await;
    }

    fn lock(&self) -> Lock {
        Lock {
            state: HOST_STATE.to_owned(),
            lease: LEASE,
            holder: self.holder.clone(),
        }
    }

    /// Takes the lock of a host that a task is delegated to, where it was not known at the first act. False
    /// where the user interrupted before.
    pub(super) async fn take_late(
        &self,
        link: &Arc<Mutex<Link>>,
        taker: &Taker<'_>,
    ) -> Result<bool, LinkError> {
        let name = {
            let link = link.lock().await;
            if link.is_open() || self.links.contains_key(&link.target.name) {
                return Ok(true);
            }
            link.target.name.clone()
        };
        match self.take_one(&name, link, taker).await {
            Ok(()) => {
                self.late.lock().await.push((name, link.clone()));
                Ok(true)
            }
            Err(NotTaken::Interrupted) => Ok(false),
            Err(NotTaken::Failed(error)) => Err(error),
        }
    }

    async fn take_one(
        &self,
        name: &str,
        link: &Mutex<Link>,
        taker: &Taker<'_>,
    ) -> Result<(), NotTaken> {
        let mut link = link.lock().await;
        if link.is_open() {
            // Taken by a call that then failed at another host.
            return Ok(());
        }
        let connecting = taker.interrupt.unless(link.connect(taker.connector));
        if let Err(error) = connecting.await.ok_or(NotTaken::Interrupted)? {
            taker.events.send(Event::Noticed {
                host: Some(name.to_owned()),
                message: format!("cannot be locked, because it cannot be reached: {error}"),
            });
            return Ok(());
        }
        loop {
            match link.open(&self.lock()).await {
                Ok(taken) => {
                    if taken.since_look {
                        self.outdated.store(true, Ordering::Relaxed);
                    }
                    if let Some(former) = taken.former {
                        taker.events.send(Event::Noticed {
                            host: Some(name.to_owned()),
                            message: format!(
                                "took over the lock of {former}, whose lease had run out"
                            ),
                        });
                    }
                    return Ok(());
                }
                Err(LinkError::Script(ScriptError::Held { holder, age, .. }))
                    if self.may_wait() =>
                {
                    self.wait_for(name, &holder, age, taker).await?;
                }
                Err(error) => return Err(NotTaken::Failed(error.at_lock(name))),
            }
        }
    }

    /// The wait is the run's, not each host's: many hosts that are held end with one wait.
    fn may_wait(&self) -> bool {
        self.since.get_or_init(Instant::now).elapsed() < self.wait
    }

    async fn wait_for(
        &self,
        name: &str,
        holder: &str,
        age: u64,
        taker: &Taker<'_>,
    ) -> Result<(), NotTaken> {
        let since = self.since.get_or_init(Instant::now);
        taker.events.send(Event::Waited {
            host: name.to_owned(),
            awaiting: format!("the lock of {holder}, last seen {age} s ago"),
            seconds: since.elapsed().as_secs(),
            deadline: self.wait.as_secs(),
        });
        if taker.interrupt.sleep(Duration::from_secs(2)).await {
            return Err(NotTaken::Interrupted);
        }
        Ok(())
    }

    /// Gives a sign of life on every session that is idle, until it is dropped. No host waits for another's: one that has
    /// fallen silent would take the others' leases with it.
    pub(super) async fn keep_alive(&self) {
        let mut signs = JoinSet::new();
        loop {
            tokio::time::sleep(LEASE / 4).await;
            let late = self.late.lock().await.clone();
            let late = late.iter().map(|(_, link)| link);
            round(
                &mut signs,
                self.links.values().chain(late),
                |mut link: OwnedMutexGuard<Link>| {
                    let is_held = link.is_open();
                    is_held.then_some(async move { link.sign_of_life().await })
                },
            );
        }
    }

    /// Gives all locks back.
    pub(super) async fn release(&self, events: &Events) {
        let late = self.late.lock().await;
        let late = late.iter().map(|(name, link)| (name, link));
        let mut closing = JoinSet::new();
        for (name, link) in self.links.iter().chain(late) {
            let (name, link) = (name.clone(), Arc::clone(link));
            closing.spawn(async move { (name, link.lock().await.close_sessions().await) });
        }
        for (name, ended) in closing.join_all().await {
            if let Err(error) = ended {
                events.send(Event::Noticed {
                    host: Some(name),
                    message: format!("the session did not end cleanly: {error}"),
                });
            }
        }
    }
}

/// Begins a sign on every line that nobody uses and that has one to give; a line in use gives signs of life by itself.
fn round<'a, L, S>(
    signs: &mut JoinSet<()>,
    lines: impl Iterator<Item = &'a Arc<Mutex<L>>>,
    sign: impl Fn(OwnedMutexGuard<L>) -> Option<S>,
) where
    L: 'a,
    S: Future<Output = ()> + Send + 'static,
{
    while signs.try_join_next().is_some() {}
    for line in lines {
        if let Ok(line) = Arc::clone(line).try_lock_owned()
            && let Some(sign) = sign(line)
        {
            signs.spawn(sign);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::{Mutex, OwnedMutexGuard};
    use tokio::task::JoinSet;

    use super::round;

    /// A line whose host has fallen silent, or not, and how many signs were begun on it.
    struct Line(bool, u8);

    #[tokio::test]
    async fn a_host_that_has_fallen_silent_keeps_no_other_from_its_signs() {
        let lines = [true, false].map(|silent| Arc::new(Mutex::new(Line(silent, 0))));
        let mut signs = JoinSet::new();
        for _ in 0..3 {
            round(
                &mut signs,
                lines.iter(),
                |mut line: OwnedMutexGuard<Line>| {
                    Some(async move {
                        line.1 += 1;
                        if line.0 {
                            std::future::pending::<()>().await;
                        }
                    })
                },
            );
            // Its end is the end of the second's sign: the first's does not come.
            drop(lines[1].lock().await);
        }
        assert_eq!(lines[1].lock().await.1, 3);
        signs.shutdown().await;
        assert_eq!(lines[0].lock().await.1, 1);
    }
}
