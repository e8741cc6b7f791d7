//! Targets → connections: paced, with keys decrypted once, jump hosts shared, refusals remembered.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpStream;
use tokio::sync::OnceCell;

use super::agent::Agent;
use super::host_key::{HostKeyCheck, LearnedKeys};
use super::keys::Keys;
use super::login::{Credentials, login};
use super::pace::{Pace, backoff};
use super::session::Session;
use super::wire::{Meter, Stream};
use super::{ConnectError, ConnectOptions, Connection, KnownHosts, Learned, Phase, Target};

/// What the connections of a run share.
pub struct Connector {
    options: ConnectOptions,
    keys: Keys,
    pace: Pace,
    agents: Mutex<HashMap<PathBuf, Arc<Agent>>>,
    jumps: Mutex<HashMap<String, Arc<Jump>>>,
    known: Mutex<HashMap<Vec<PathBuf>, Arc<KnownHosts>>>,
    learned: LearnedKeys,
}

/// The one connection to a jump host, or why there is none: a refused login is not tried again for
/// each host behind it.
type Jump = OnceCell<Result<Arc<Connection>, Arc<ConnectError>>>;

impl Connector {
    /// Makes a connector; it connects to nothing yet.
    #[must_use]
    pub fn new(options: ConnectOptions) -> Self {
        Self {
            options,
            keys: Keys::default(),
            pace: Pace::default(),
            agents: Mutex::default(),
            jumps: Mutex::default(),
            known: Mutex::default(),
            learned: LearnedKeys::default(),
        }
    }

    /// The settings it was made with.
    #[must_use]
    pub fn options(&self) -> &ConnectOptions {
        &self.options
    }

    /// Reads the key files of `targets` and of their jump hosts, and asks for the passphrases of
    /// those that the agent does not hold; call it before progress is shown.
    pub async fn unlock(&self, targets: &[Target]) {
        let reached = targets
            .iter()
            .filter(|target| !target.local)
            .flat_map(|target| target.jumps.iter().chain([target]));
        for target in reached {
            let agent = target.agent.as_deref().map(|socket| self.agent(socket));
            for file in &target.identities {
                let held = match &agent {
                    Some(agent) => agent.holds(file).await,
                    None => false,
                };
                let asks = self.options.passphrases.as_ref().filter(|_| !held);
                self.keys.get(file, asks).await;
            }
        }
    }

    /// Reaches a host. Connecting is tried again as often as the target allows; a refused login or
    /// host key never is.
    ///
    /// # Errors
    /// Every kind of [`ConnectError`], within the target's time limits.
    pub async fn connect(&self, target: &Target) -> Result<Connection, ConnectError> {
        if target.local {
            return Ok(Connection::local());
        }
        let mut attempt = 0;
        loop {
            attempt += 1;
            let error = match self.try_once(target).await {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            if matches!(error, ConnectError::HungUp { .. }) {
                self.pace.slow_down(&target.way());
            }
            // What takes long to fail is tried only once more.
            let slow = matches!(error, ConnectError::Timeout { .. });
            if !error.may_pass() || attempt > target.retries || (slow && attempt > 1) {
                return Err(error);
            }
            tokio::time::sleep(backoff(attempt)).await;
        }
    }

    /// The host keys learned so far.
    #[must_use]
    pub fn learned(&self) -> Vec<Learned> {
        self.learned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn try_once(&self, target: &Target) -> Result<Connection, ConnectError> {
        let through = self.through(target).await?;
        let known = self.known_hosts(target)?;
        let check = HostKeyCheck::new(target, known, Arc::clone(&self.learned));
        let permit = self.pace.enter(&target.way()).await;
        let stream: Box<dyn Stream> = match &through {
            Some(jump) => Box::new(
                jump.tunnel_within(&target.address, target.port, target.connect_timeout)
                    .await
                    .map_err(|error| jump_error(target, Arc::new(error)))?,
            ),
            None => Box::new(dial(target).await?),
        };
        let mut session = self.greet(target, stream, check).await?;
        self.log_in(target, &mut session).await?;
        session.settle();
        drop(permit);
        Ok(Connection::ssh(session, through))
    }

    /// Key exchange; the greeting has the time limit of connecting.
    async fn greet(
        &self,
        target: &Target,
        stream: Box<dyn Stream>,
        check: HostKeyCheck,
    ) -> Result<Session, ConnectError> {
        let meter = Arc::new(Meter::default());
        let start = Session::start(
            stream,
            Arc::clone(&meter),
            target,
            check,
            self.options.channel_timeout,
        );
        tokio::pin!(start);
        let address = target.address.clone();
        let greeting = tokio::time::sleep(target.connect_timeout);
        tokio::pin!(greeting);
        let timeout = tokio::time::sleep(self.options.login_timeout.max(target.connect_timeout));
        tokio::pin!(timeout);
        let started = loop {
            tokio::select! {
                started = &mut start => break started,
                () = &mut greeting, if !greeting.is_elapsed() => {
                    if !meter.greeted() {
                        let (phase, after) = (Phase::Banner, target.connect_timeout);
                        return Err(ConnectError::Timeout { address, phase, after });
                    }
                }
                () = &mut timeout => {
                    let (phase, after) = (Phase::KeyExchange, self.options.login_timeout);
                    return Err(ConnectError::Timeout { address, phase, after });
                }
            }
        };
        started.map_err(|error| match error {
            ConnectError::Russh(_) if !meter.greeted() => ConnectError::HungUp {
                address,
                said: meter.said(),
            },
            ConnectError::Russh(source) => ConnectError::Protocol {
                address,
                phase: Phase::KeyExchange,
                source,
            },
            other => other,
        })
    }

    async fn log_in(&self, target: &Target, session: &mut Session) -> Result<(), ConnectError> {
        let credentials = Credentials {
            keys: &self.keys,
            agent: target.agent.as_deref().map(|socket| self.agent(socket)),
            passphrases: self.options.passphrases.as_ref(),
        };
        let limit = self.options.login_timeout;
        let address = target.address.clone();
        match tokio::time::timeout(limit, login(session.handle(), target, &credentials)).await {
            Ok(Err(ConnectError::Russh(source))) => Err(ConnectError::Protocol {
                address,
                phase: Phase::Login,
                source,
            }),
            Ok(done) => done,
            Err(_) => Err(ConnectError::Timeout {
                address,
                phase: Phase::Login,
                after: limit,
            }),
        }
    }

    /// The target's `known_hosts` files, read once a run: what is learned meanwhile is seen under
    /// the lock of learning.
    fn known_hosts(&self, target: &Target) -> Result<Arc<KnownHosts>, ConnectError> {
        let files: Vec<PathBuf> = target
            .user_known_hosts
            .iter()
            .chain(&target.global_known_hosts)
            .cloned()
            .collect();
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(&files) {
            return Ok(Arc::clone(known));
        }
        let known = Arc::new(KnownHosts::read(&files)?);
        all.insert(files, Arc::clone(&known));
        Ok(known)
    }

    fn agent(&self, socket: &Path) -> Arc<Agent> {
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        let agent = agents
            .entry(socket.to_owned())
            .or_insert_with(|| Arc::new(Agent::new(socket)));
        Arc::clone(agent)
    }

    /// The connection to the last jump host, shared by all hosts behind it.
    async fn through(&self, target: &Target) -> Result<Option<Arc<Connection>>, ConnectError> {
        let Some((last, before)) = target.jumps.split_last() else {
            return Ok(None);
        };
        let mut jump = last.clone();
        jump.jumps = before.to_vec();
        let way = format!("{}@{}", jump.user, jump.way());
        let cell = {
            let mut jumps = self.jumps.lock().unwrap_or_else(PoisonError::into_inner);
            let cell = jumps.entry(way.clone()).or_default();
            if let Some(Ok(connection)) = cell.get()
                && !connection.is_alive()
            {
                *cell = Arc::default();
            }
            Arc::clone(cell)
        };
        let connected = cell
            .get_or_init(|| async {
                // Boxed, because the way to a jump host may lead through another.
                match Box::pin(self.connect(&jump)).await {
                    Ok(connection) => Ok(Arc::new(connection)),
                    Err(error) => Err(Arc::new(error)),
                }
            })
            .await;
        match connected {
            Ok(connection) => Ok(Some(Arc::clone(connection))),
            Err(error) => Err(jump_error(target, Arc::clone(error))),
        }
    }
}

fn jump_error(target: &Target, source: Arc<ConnectError>) -> ConnectError {
    ConnectError::Jump {
        jump: target
            .jumps
            .last()
            .map_or_else(String::new, |jump| jump.name.clone()),
        source,
    }
}

/// TCP to each address of the name in turn, each within the limit.
async fn dial(target: &Target) -> Result<TcpStream, ConnectError> {
    let address = target.address.clone();
    let after = target.connect_timeout;
    let lookup = tokio::net::lookup_host((target.address.as_str(), target.port));
    let found = match tokio::time::timeout(after, lookup).await {
        Ok(Ok(found)) => found,
        Ok(Err(source)) => return Err(ConnectError::NameNotResolved { address, source }),
        Err(_) => {
            let phase = Phase::Name;
            return Err(ConnectError::Timeout {
                address,
                phase,
                after,
            });
        }
    };
    let mut last = None;
    for socket in found {
        match tokio::time::timeout(after, TcpStream::connect(socket)).await {
            Ok(Ok(stream)) => match stream.set_nodelay(true) {
                Ok(()) => return Ok(stream),
                Err(source) => last = Some(Some(source)),
            },
            Ok(Err(source)) => last = Some(Some(source)),
            Err(_) => last = Some(None),
        }
    }
    Err(match last {
        Some(Some(source)) => ConnectError::NotConnected {
            address,
            port: target.port,
            source,
        },
        Some(None) => ConnectError::Timeout {
            address,
            phase: Phase::Connect,
            after,
        },
        None => ConnectError::NameNotResolved {
            address,
            source: std::io::Error::other("the name has no address"),
        },
    })
}
