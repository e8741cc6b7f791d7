//! The locks of the hosts that a backup is taken on, or comes back to: no node is stopped, started or written to meanwhile by
//! anybody else. However long a part is on its way, every lock gets its signs of life.

use std::time::{Duration, Instant};

use super::line::Links;
use crate::cluster::checks::Check;
use crate::run::conversation::ScriptError;
use crate::run::link::{LEASE, LinkError};
use crate::run::locks::HOST_STATE;
use crate::run::{Event, Events};
use crate::script::{Answer, Lock, Probe, Request};
use crate::yaml::{Error, Result};

/// How long no sign of life is given at most, while a part is on its way.
const SIGN: Duration = Duration::from_secs(5);

impl Links {
    /// Takes the locks of all hosts, in the order of their names; one that is held is waited for, for `wait` altogether.
    ///
    /// # Errors
    /// A host that cannot be reached, or is held by another run.
    pub(super) async fn hold(&mut self, by: &str, wait: Duration, events: &Events) -> Result<()> {
        let since = Instant::now();
        for host in self.names() {
            while let Some((holder, age)) = self.try_hold(&host, by, events).await? {
                if since.elapsed() >= wait {
                    let message =
                        format!("{holder} holds the lock of `{host}`, last seen {age} s ago");
                    return Err(Error::new(message).hint(
                        "wait for its end, or give `--lock-wait SECONDS`; of a run that is dead `wmprov unlock` takes it away",
                    ));
                }
                events.send(Event::Waited {
                    host: host.clone(),
                    awaiting: format!("the lock of {holder}, last seen {age} s ago"),
                    seconds: since.elapsed().as_secs(),
                    deadline: wait.as_secs(),
                });
                tokio::time::sleep(Duration::from_secs(2)).await;
                self.stay().await;
            }
        }
        Ok(())
    }

    /// Takes one lock; gives its holder, and the seconds since the last sign of that, where it is held.
    async fn try_hold(
        &mut self,
        host: &str,
        by: &str,
        events: &Events,
    ) -> Result<Option<(String, u64)>> {
        let lock = Lock {
            state: HOST_STATE.to_owned(),
            lease: LEASE,
            holder: by.to_owned(),
        };
        match self.link(host).await?.open(&lock).await {
            Ok(taken) => {
                if let Some(former) = taken.former {
                    events.send(Event::Noticed {
                        host: Some(host.to_owned()),
                        message: format!("took over the lock of {former}, whose lease had run out"),
                    });
                }
                Ok(None)
            }
            Err(LinkError::Script(ScriptError::Held { holder, age, .. })) => {
                Ok(Some((holder, age)))
            }
            Err(error) => Err(error.at(host)),
        }
    }

    /// Does what takes long, while every lock that is held gets its signs of life.
    pub(super) async fn alive_during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(SIGN) => {}
            }
            // A round that has begun goes to its end: a session whose answer nobody has read is out of step.
            let mut round = std::pin::pin!(self.stay());
            tokio::select! {
                done = &mut work => {
                    round.await;
                    return done;
                }
                () = &mut round => {}
            }
        }
    }

    /// A sign of life on every host's lock.
    async fn stay(&mut self) {
        let held = self.links.values_mut().filter(|link| link.is_open());
        for link in held {
            let keeper = link.keeper().clone();
            // A session that is lost shows at its next use, at the latest when the locks are given back.
            let _shown_later = link
                .request(&keeper, &Request::default(), "keeping the lock")
                .await;
        }
    }

    /// Gives all locks back.
    ///
    /// # Errors
    /// Where one was lost on the way: another run may have been on that host.
    pub(super) async fn release(&mut self) -> Result<()> {
        self.stay().await;
        for (host, link) in &mut self.links {
            if !link.is_open() {
                let message = format!("the lock of host `{host}` was lost on the way");
                return Err(Check::cite("WM201", message));
            }
            let ended = link.close_sessions().await;
            ended.map_err(|error| LinkError::from(error).at(host))?;
        }
        Ok(())
    }

    /// The restore that was cut and left its debt on one of the hosts, as it was noted: `restore`, cluster, backup.
    ///
    /// # Errors
    /// A host that cannot be asked.
    pub(super) async fn half_restored(&mut self, cluster: &str) -> Result<Option<String>> {
        let probe = Probe::Owed {
            state: HOST_STATE.to_owned(),
        };
        let mark = format!("restore\t{cluster}\t");
        for host in self.names() {
            if let Answer::Owed(left) = self.ask(&host, &probe).await?
                && let Some(debt) = left.debts.iter().find(|debt| debt.starts_with(&mark))
            {
                return Ok(Some(debt.clone()));
            }
        }
        Ok(None)
    }
}
