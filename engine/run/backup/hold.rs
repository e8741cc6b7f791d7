//! The locks of the hosts that a backup is taken on, or comes back to: no node is stopped, started or written to meanwhile by
//! anybody else.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::line::Hosts;
use crate::cluster::checks::Check;
use crate::run::link::LinkError;
use crate::run::locks::{HOST_STATE, Links, Locks, Taker};
use crate::run::{Events, Interrupt};
use crate::script::{Answer, Probe};
use crate::yaml::Result;

/// The locks, while they are held: however long a part is on its way, each gets its signs of life.
pub(super) struct Held {
    links: Links,
    keeper: JoinHandle<()>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Hosts {
    /// Takes the locks of all hosts; those that are held are waited for, for `wait` altogether.
    ///
    /// # Errors
    /// A host that cannot be reached, or is held by another run.
    pub(super) async fn hold(&self, by: &str, wait: Duration, events: &Events) -> Result<Held> {
        for host in self.links.keys() {
            drop(self.link(host).await?);
        }
        let locks = Arc::new(Locks::new(self.links.clone(), by.to_owned(), wait));
        let keeper = tokio::spawn({
            let locks = Arc::clone(&locks);
            async move { locks.keep_alive().await }
        });
        let held = Held {
            links: self.links.clone(),
            keeper,
        };
        let taker = Taker {
            connector: &self.connector,
            events,
            // Who interrupts drops all that is done here.
            interrupt: &Interrupt::never(),
        };
        let taken = locks.take(&taker).await;
        taken.map_err(|error| error.told(""))?;
        Ok(held)
    }

    /// The restore that was cut and left its debt on one of the hosts, as it was noted: `restore`, cluster, backup.
    ///
    /// # Errors
    /// A host that cannot be asked.
    pub(super) async fn half_restored(&self, cluster: &str) -> Result<Option<String>> {
        let probe = Probe::Owed {
            state: HOST_STATE.to_owned(),
        };
        let mark = format!("restore\t{cluster}\t");
        for host in self.links.keys() {
            if let Answer::Owed(left) = self.ask(host, &probe).await?
                && let Some(debt) = left.debts.iter().find(|debt| debt.starts_with(&mark))
            {
                return Ok(Some(debt.clone()));
            }
        }
        Ok(None)
    }
}

impl Held {
    /// Gives all locks back.
    ///
    /// # Errors
    /// Where one was lost on the way: another run may have been on that host.
    pub(super) async fn release(self) -> Result<()> {
        for (host, link) in &self.links {
            let mut link = link.lock().await;
            link.sign_of_life().await;
            if !link.is_open() {
                let message = format!("the lock of host `{host}` was lost on the way");
                return Err(Check::cite("WM201", message));
            }
            let ended = link.close_sessions().await;
            ended.map_err(|error| LinkError::from(error).at(host))?;
        }
        Ok(())
    }
}
