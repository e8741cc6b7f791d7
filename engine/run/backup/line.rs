//! The lines to the hosts that hold a cluster's state, and the two ways in which a part goes over them: from the host as a
//! stream, and to it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use crate::cluster::Cluster;
use crate::cluster::checks::Check;
use crate::connection::{ConnectOptions, Connector};
use crate::inventory::Inventory;
use crate::run::conversation::{Conversation, ScriptError};
use crate::run::lines::target;
use crate::run::link::{Link, LinkError};
use crate::run::locks::Links;
use crate::run::start::scopes;
use crate::script::{Answer, Become, Nonce, PartCall, Probe, part, put};
use crate::template::Language;
use crate::yaml::{Error, Result};

/// How long a part may give no byte. A client that dumps a large table is busy before its first, and one that has read a
/// dump may index for long after the last.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Why a part did not come: the host, or the file that it goes to.
pub(super) enum Failure {
    Link(LinkError),
    File(Error),
}

impl From<ScriptError> for Failure {
    fn from(error: ScriptError) -> Self {
        Self::Link(error.into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::File(error)
    }
}

/// How a call ended: its status, and what it said.
pub(super) struct Ended {
    pub(super) status: String,
    pub(super) said: String,
}

impl Ended {
    fn of(answers: Vec<(String, Vec<Vec<u8>>)>) -> Self {
        let ended = answers.into_iter().find(|(id, _)| id == "part");
        let fields = ended.map(|(_, fields)| fields).unwrap_or_default();
        let text = |at: usize| {
            let field = fields.get(at).map(|field| String::from_utf8_lossy(field));
            field.unwrap_or_default().into_owned()
        };
        Self {
            status: text(0),
            said: text(1),
        }
    }

    /// The last line that was said, but for tar's, which says that there were others.
    pub(super) fn last(&self) -> &str {
        let tells = |line: &&str| {
            !line.trim().is_empty() && !line.starts_with("tar: Exiting with failure status")
        };
        let last = self.said.lines().rfind(tells);
        last.unwrap_or("it does not say why").trim()
    }

    /// The error that it is, where it is one.
    pub(super) fn judged(&self, what: &str) -> Result<()> {
        if self.status == "0" {
            return Ok(());
        }
        let refused =
            self.said.contains("Access denied") || self.said.contains("authentication failed");
        let code = match self.said.contains("No space left") {
            true => "WM202",
            false if refused => "WM030",
            false => "WM201",
        };
        Err(Check::cite(code, format!("{what}: {}", self.last())))
    }
}

/// Has a part streamed from a host into `take`. Nothing else goes over that connection meanwhile: so a host that is faster than
/// what takes its bytes waits.
pub(super) async fn fetch(
    hosts: &Hosts,
    host: &str,
    call: &PartCall,
    doing: &str,
    mut take: impl FnMut(&[u8]) -> Result<()>,
) -> Result<Ended, Failure> {
    let mut conversation = hosts
        .converse(host, |as_user, nonce| part(call, as_user, nonce))
        .await?;
    // `begin` says that the script waits: a sudo password, where one is wanted, has been given.
    conversation.next(PATIENCE, doing).await?;
    conversation
        .raw(PATIENCE, doing, |bytes| take(bytes).map_err(Failure::File))
        .await?;
    let answers = conversation.until_end(PATIENCE, doing).await?;
    conversation.finish().await?;
    Ok(Ended::of(answers))
}

/// Sends a host what comes through `pieces`, to its end, and tells `sent` of each.
pub(super) async fn send(
    hosts: &Hosts,
    host: &str,
    call: &PartCall,
    doing: &str,
    (mut pieces, mut sent): (tokio::sync::mpsc::Receiver<Vec<u8>>, impl FnMut(usize)),
) -> Result<Ended, Failure> {
    let mut conversation = hosts
        .converse(host, |as_user, nonce| put(call, as_user, nonce))
        .await?;
    conversation.next(PATIENCE, doing).await?;
    while let Some(piece) = pieces.recv().await {
        conversation.send(&piece, doing).await?;
        sent(piece.len());
    }
    conversation.close_input(doing).await?;
    let answers = conversation.until_end(PATIENCE, doing).await?;
    conversation.finish().await?;
    Ok(Ended::of(answers))
}

/// The hosts that hold the state of a cluster; each is connected to when it is first used.
pub(super) struct Hosts {
    pub(super) connector: Connector,
    pub(super) links: Links,
}

impl Hosts {
    /// Those of the chosen hosts.
    ///
    /// # Errors
    /// Connection variables that are wrong.
    pub(super) fn of(
        inventory: &Inventory,
        clusters: &[Cluster],
        connect: &ConnectOptions,
        chosen: impl Fn(&str) -> bool,
    ) -> Result<Self, Vec<Error>> {
        let mut links = BTreeMap::new();
        let mut errors = Vec::new();
        for (name, scope) in scopes(inventory, &Language::new(), clusters) {
            if !chosen(&name) {
                continue;
            }
            match target(inventory, connect, &name, &scope) {
                Ok(target) => {
                    let root = Become {
                        user: "root".to_owned(),
                        sudo: target.become_exe.clone(),
                    };
                    let wanted = target.become_wanted.unwrap_or(true);
                    let link = Link::new(target, wanted.then_some(root));
                    links.insert(name, Arc::new(Mutex::new(link)));
                }
                Err(error) => errors.push(error),
            }
        }
        match errors.is_empty() {
            true => Ok(Self {
                connector: Connector::new(connect.clone()),
                links,
            }),
            false => Err(errors),
        }
    }

    /// The hosts' names.
    pub(super) fn names(&self) -> Vec<String> {
        self.links.keys().cloned().collect()
    }

    /// The line to a host, connected.
    pub(super) async fn link(&self, host: &str) -> Result<MutexGuard<'_, Link>> {
        let Some(link) = self.links.get(host) else {
            let message = format!("there is no host `{host}` in the inventory");
            return Err(Error::new(message));
        };
        let mut link = link.lock().await;
        match link.connect(&self.connector).await {
            Ok(()) => Ok(link),
            Err(error) => Err(error.at(host)),
        }
    }

    /// Starts a script of its own on a host.
    async fn converse(
        &self,
        host: &str,
        script: impl FnOnce(Option<&Become>, &Nonce) -> Vec<u8>,
    ) -> Result<Conversation, Failure> {
        let mut link = self.link(host).await?;
        let keeper = link.keeper().clone();
        link.converse(&keeper, script).await.map_err(Failure::Link)
    }

    /// The first of these hosts that has one of these programs.
    pub(super) async fn first_with(
        &self,
        hosts: &[String],
        (programs, package): (&[&str], &str),
        what: &str,
    ) -> Result<String> {
        for host in hosts {
            if self.has(host, programs).await? {
                return Ok(host.clone());
            }
        }
        let message = format!(
            "`{what}`: none of {} is on {}",
            programs.join(", "),
            hosts.join(", ")
        );
        let hint = format!("install `{package}` on one of them, best on a manager's");
        Err(Check::cite("WM200", message).hint(hint))
    }

    /// True where a host has one of these programs.
    async fn has(&self, host: &str, programs: &[&str]) -> Result<bool> {
        let tried: Vec<String> = programs
            .iter()
            .map(|program| format!("command -v {program}"))
            .collect();
        let argv = ["sh", "-c", &tried.join(" || ")];
        let probe = Probe::Run(argv.map(str::to_owned).to_vec());
        match self.ask(host, &probe).await? {
            Answer::Run(output) => Ok(output.status == 0),
            _ => Err(Error::new(format!(
                "host `{host}` does not say what it has"
            ))),
        }
    }

    /// One question to a host.
    pub(super) async fn ask(&self, host: &str, probe: &Probe) -> Result<Answer> {
        let mut link = self.link(host).await?;
        let keeper = link.keeper().clone();
        let seen = link.look(&keeper, std::slice::from_ref(probe)).await;
        let seen = seen.map_err(|error| error.at(host))?;
        let answer = seen.get(probe).cloned();
        answer.ok_or_else(|| Error::new(format!("host `{host}` does not answer what it was asked")))
    }

    /// Ends all lines at once.
    pub(super) async fn cut(&self) {
        for link in self.links.values() {
            link.lock().await.cut();
        }
    }
}
