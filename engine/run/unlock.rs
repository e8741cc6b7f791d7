//! Locks that a dead run has left behind: shown with who holds them, and taken away where the user says so.

use std::sync::Arc;

use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

use crate::cluster::Cluster;
use crate::connection::{ConnectOptions, Connector};
use crate::inventory::Inventory;
use crate::run::act::last_lines;
use crate::run::host::chain;
use crate::run::lines::target;
use crate::run::link::{Link, LinkError};
use crate::run::locks::HOST_STATE;
use crate::run::start::scopes;
use crate::script::{Answer, Become, Holder, Probe, Request, Step};
use crate::template::Language;
use crate::yaml::Error;

/// A host, its line, and the holder from whom its lock is taken away; none where it is only asked.
type Asked<'a> = (&'a String, &'a Arc<Mutex<Link>>, Option<Holder>);

/// How many hosts are asked at once.
const AT_ONCE: usize = 50;

/// How the lock of a host stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody holds it.
    Free,
    /// Somebody holds it.
    Held(Holder),
    /// It was held, and has been taken away.
    TakenAway(Holder),
    /// The host cannot be asked, or does not give it up: why, and the way out.
    Failed(String, Option<String>),
}

/// The lock of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostLock {
    /// The host.
    pub host: String,
    /// How its lock stands.
    pub standing: Standing,
}

/// Reaches hosts for their locks alone.
pub struct Unlocker {
    connector: Arc<Connector>,
    links: Vec<(String, Arc<Mutex<Link>>)>,
}

impl Unlocker {
    /// Prepares for `hosts`; connects to none yet. It acts as root, as every run that has to lock does.
    ///
    /// # Errors
    /// Connection variables that are wrong.
    pub fn new(
        inventory: &Inventory,
        clusters: &[Cluster],
        hosts: &[String],
        connect: ConnectOptions,
    ) -> Result<Self, Vec<Error>> {
        let mut links = Vec::new();
        let mut errors = Vec::new();
        for (name, scope) in scopes(inventory, &Language::new(), clusters) {
            if !hosts.contains(&name) {
                continue;
            }
            match target(inventory, &connect, &name, &scope) {
                Ok(target) => {
                    let root = Become {
                        user: "root".to_owned(),
                        sudo: target.become_exe.clone(),
                    };
                    let link = Link::new(target, Some(root));
                    links.push((name, Arc::new(Mutex::new(link))));
                }
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self {
            connector: Arc::new(Connector::new(connect)),
            links,
        })
    }

    /// Asks every host who holds its lock.
    pub async fn look(&self) -> Vec<HostLock> {
        let all = self.links.iter().map(|(name, link)| (name, link, None));
        self.each(all.collect()).await
    }

    /// Takes away the locks that are held, each only where its holder is still the one that was shown.
    pub async fn take_away(&self, shown: &[HostLock]) -> Vec<HostLock> {
        let held = self.links.iter().filter_map(|(name, link)| {
            let lock = shown.iter().find(|lock| lock.host == *name)?;
            match &lock.standing {
                Standing::Held(holder) => Some((name, link, Some(holder.clone()))),
                _ => None,
            }
        });
        self.each(held.collect()).await
    }

    /// Asks each host, or takes its lock away from a holder; in the order of the inventory.
    async fn each(&self, hosts: Vec<Asked<'_>>) -> Vec<HostLock> {
        let permits = Arc::new(Semaphore::new(AT_ONCE));
        let mut asked = JoinSet::new();
        for (at, (name, link, holder)) in hosts.into_iter().enumerate() {
            let (permits, connector) = (Arc::clone(&permits), Arc::clone(&self.connector));
            let (host, link) = (name.clone(), Arc::clone(link));
            asked.spawn(async move {
                // The semaphore is never closed.
                let _permit = permits.acquire().await;
                let mut link = link.lock().await;
                let standing = match holder {
                    None => look(&mut link, &connector).await,
                    Some(holder) => take_away(&mut link, holder).await,
                };
                let standing = standing.unwrap_or_else(|error| {
                    Standing::Failed(chain(&error).join(": "), error.hint())
                });
                (at, HostLock { host, standing })
            });
        }
        let mut locks = asked.join_all().await;
        locks.sort_by_key(|(at, _)| *at);
        locks.into_iter().map(|(_, lock)| lock).collect()
    }
}

async fn look(link: &mut Link, connector: &Connector) -> Result<Standing, LinkError> {
    link.connect(connector).await?;
    let probe = Probe::Locked {
        state: HOST_STATE.to_owned(),
    };
    let keeper = link.keeper().clone();
    let answers = link.look(&keeper, std::slice::from_ref(&probe)).await?;
    Ok(match answers.get(&probe) {
        Some(Answer::Locked(None)) => Standing::Free,
        Some(Answer::Locked(Some(holder))) => Standing::Held(holder.clone()),
        Some(Answer::Unreadable(why)) => Standing::Failed(why.clone(), None),
        _ => Standing::Failed("the host was not asked".to_owned(), None),
    })
}

async fn take_away(link: &mut Link, holder: Holder) -> Result<Standing, LinkError> {
    link.open_without_lock().await?;
    let request = Request {
        steps: vec![Step::Function {
            name: "wm_unlock",
            arguments: vec![HOST_STATE.to_owned(), holder.line.clone()],
        }],
        ..Request::default()
    };
    let keeper = link.keeper().clone();
    let doing = "taking the lock away";
    let (done, _) = link.request(&keeper, &request, doing).await?;
    link.close_sessions().await?;
    Ok(match done.first() {
        Some(done) if done.succeeded() => Standing::TakenAway(holder),
        Some(done) => Standing::Failed(
            format!("the lock stays{}", last_lines(&done.output)),
            Some("run it again to see who holds it now".to_owned()),
        ),
        None => Standing::Failed("the host did not say how it ended".to_owned(), None),
    })
}
