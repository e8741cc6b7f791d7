//! One apply at a time: the locks of all hosts, taken together, in the order of their names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OnceCell};

use crate::connection::Connector;
use crate::run::conversation::ScriptError;
use crate::run::link::{LEASE, Link, LinkError};
use crate::run::{Event, Events};
use crate::script::{Lock, Request};

/// Every host's line, by name.
pub(super) type Links = BTreeMap<String, Arc<Mutex<Link>>>;

/// The locks of a run. They are taken at the first act, on every host of the run and of its clusters.
pub(super) struct Locks {
    links: Links,
    holder: String,
    wait: Duration,
    taken: OnceCell<()>,
}

/// Where wmprov keeps what concerns a host as a whole.
pub(super) const HOST_STATE: &str = "/var/lib/wmprov";

impl Locks {
    /// `holder` says who and why; `wait` is how long a held lock is waited for.
    pub(super) fn new(links: Links, holder: String, wait: Duration) -> Self {
        Self {
            links,
            holder,
            wait,
            taken: OnceCell::new(),
        }
    }

    /// A host's line.
    pub(super) fn link(&self, host: &str) -> Option<&Arc<Mutex<Link>>> {
        self.links.get(host)
    }

    /// Takes all locks, once; later calls wait for the first and return at once.
    ///
    /// # Errors
    /// Where a host that was reached cannot be locked. Hosts that cannot be reached are passed over, and
    /// said: nothing can be done to them anyway.
    pub(super) async fn take(
        &self,
        connector: &Connector,
        events: &Events,
    ) -> Result<(), LinkError> {
        self.taken
            .get_or_try_init(|| async {
                for (name, link) in &self.links {
                    self.take_one(name, link, connector, events).await?;
                }
                Ok(())
            })
            .await
            .copied()
    }

    async fn take_one(
        &self,
        name: &str,
        link: &Mutex<Link>,
        connector: &Connector,
        events: &Events,
    ) -> Result<(), LinkError> {
        let mut link = link.lock().await;
        if let Err(error) = link.connect(connector).await {
            events.send(Event::Noticed {
                host: Some(name.to_owned()),
                message: format!("cannot be locked, because it cannot be reached: {error}"),
            });
            return Ok(());
        }
        let lock = Lock {
            state: HOST_STATE.to_owned(),
            lease: LEASE,
            holder: self.holder.clone(),
        };
        let since = Instant::now();
        loop {
            match link.open(Some(&lock)).await {
                Ok(former) => {
                    if let Some(former) = former {
                        events.send(Event::Noticed {
                            host: Some(name.to_owned()),
                            message: format!(
                                "took over the lock of {former}, whose lease had run out"
                            ),
                        });
                    }
                    return Ok(());
                }
                Err(LinkError::Script(ScriptError::Held { holder, age }))
                    if since.elapsed() < self.wait =>
                {
                    events.send(Event::Waited {
                        host: name.to_owned(),
                        awaiting: format!("the lock of {holder}, last seen {age} s ago"),
                        seconds: since.elapsed().as_secs(),
                        deadline: self.wait.as_secs(),
                    });
                    tokio::time::sleep(Duration::from_secs(2)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives a sign of life on every session that is idle, until it is dropped.
    pub(super) async fn keep_alive(&self) {
        loop {
            tokio::time::sleep(LEASE / 4).await;
            for link in self.links.values() {
                // A line in use gives signs of life by itself.
                if let Ok(mut link) = link.try_lock()
                    && link.is_open()
                {
                    // A session that is lost shows at its next use, with the task that it is for.
                    let _shown_later = link.request(&Request::default(), "keeping the lock").await;
                }
            }
        }
    }

    /// Gives all locks back.
    pub(super) async fn release(&self, events: &Events) {
        for (name, link) in &self.links {
            if let Err(error) = link.lock().await.close_session().await {
                events.send(Event::Noticed {
                    host: Some(name.clone()),
                    message: format!("the session did not end cleanly: {error}"),
                });
            }
        }
    }
}
