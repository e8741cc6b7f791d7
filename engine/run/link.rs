//! One host's line: its connection, and the acting session with the host's lock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::connection::{ConnectError, Connection, Connector, Counters, Target};
use crate::run::Traffic;
use crate::run::conversation::{Conversation, Result as Answered, ScriptError, inquire, look};
use crate::run::host::chain;
use crate::run::identity::Identity;
use crate::script::{Answers, BOOT, Become, Done, Lock, Nonce, Probe, Request, TAKE, session};
use crate::yaml::Error;

/// How long a host may take to answer a look or a step. A Home of 5,000 files hashes in seconds; a package
/// installation takes minutes.
const PATIENCE: Duration = Duration::from_secs(900);

/// After this long without a sign of life a lock may be taken over.
pub(super) const LEASE: Duration = Duration::from_secs(90);

/// Why a host could not be talked to.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// No connection, or no further channel on it.
    #[error("cannot connect")]
    Connect(#[source] Box<ConnectError>),
    /// The script on the host did not answer.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// A host, maybe another than the one that is acted on, cannot be locked.
    #[error("host `{host}` cannot be locked")]
    NotLocked {
        /// The host.
        host: String,
        /// Why.
        #[source]
        cause: Box<LinkError>,
    },
}

impl From<ConnectError> for LinkError {
    fn from(error: ConnectError) -> Self {
        Self::Connect(Box::new(error))
    }
}

impl LinkError {
    /// True where the host's sshd itself does not make the way.
    pub(super) fn is_prohibited(&self) -> bool {
        matches!(self, Self::Connect(cause) if matches!(cause.as_ref(),
            ConnectError::NoChannel { why, .. } if why.contains("Prohibited")))
    }

    /// Says of a host that it cannot be talked to, why, and the way out.
    pub(super) fn at(&self, host: &str) -> Error {
        self.told(&format!("host `{host}` cannot be reached: "))
    }

    /// Why, and the way out, where it names its host itself.
    pub(super) fn told(&self, before: &str) -> Error {
        let told = Error::new(before.to_owned() + &chain(self).join(": "));
        match self.hint() {
            Some(hint) => told.hint(hint),
            None => told,
        }
    }

    /// The same, where a lock was to be taken: whose a lock is names the host by itself.
    pub(super) fn at_lock(self, host: &str) -> Self {
        match self {
            Self::Script(ScriptError::Held { .. }) => self,
            cause => Self::NotLocked {
                host: host.to_owned(),
                cause: Box::new(cause),
            },
        }
    }

    /// The way out, where there is one clear next step.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Connect(error) => error.hint(),
            Self::Script(ScriptError::NoPassword { .. }) => Some(
                "give it with `--become-password-file` or `ansible_become_password`".to_owned(),
            ),
            Self::Script(ScriptError::Held { .. }) => Some(
                "wait with `--lock-wait SECONDS`; where that run is gone, `wmprov unlock` takes its lock away"
                    .to_owned(),
            ),
            Self::Script(ScriptError::Lock(_)) => Some(
                "the lock lies in /var/lib/wmprov, which whoever acts on the host must be able to write"
                    .to_owned(),
            ),
            Self::Script(_) => None,
            Self::NotLocked { cause, .. } => cause.hint(),
        }
    }
}

/// A lock that was got.
#[derive(Debug)]
pub(super) struct Taken {
    /// The former holder, where its lease had run out.
    pub(super) former: Option<String>,
    /// How often it had been taken before, as far as its file tells.
    holders: Option<u64>,
    /// Another run has held it when this one looked at the host, or since.
    pub(super) since_look: bool,
}

/// A host's connection and its sessions, one an identity.
pub(super) struct Link {
    pub(super) target: Target,
    /// As whom the lock is held and debts are kept.
    keeper: Identity,
    connection: Option<Connection>,
    /// What connects again, where the connection was ended until somebody asks more.
    rests: Option<Arc<Connector>>,
    /// What has gone over the connection, and stays known when that has been cut.
    counters: Option<Counters>,
    /// What had gone over one before.
    before: Traffic,
    sessions: BTreeMap<Identity, Conversation>,
    /// The session that is to take the lock, begun already.
    begun: Option<Result<Conversation, LinkError>>,
    /// Paths that tasks of other hosts, delegated to this one, have touched since its own tasks last asked.
    touched: Vec<String>,
    /// How often the lock had been taken when the host was looked at, where it was; not known where it was held.
    looked_after: Option<Option<u64>>,
    /// Held by the task that looks and acts, where tasks of several hosts come here.
    pub(super) turn: Arc<Mutex<()>>,
}

impl Link {
    /// Not yet connected.
    pub(super) fn new(target: Target, keeper: Identity) -> Self {
        Self {
            target,
            keeper,
            connection: None,
            rests: None,
            counters: None,
            before: Traffic::default(),
            sessions: BTreeMap::new(),
            begun: None,
            touched: Vec::new(),
            looked_after: None,
            turn: Arc::default(),
        }
    }

    /// As whom the lock is held and debts are kept.
    pub(super) fn keeper(&self) -> &Identity {
        &self.keeper
    }

    /// Notes what a delegated task has touched: the host's own answers about it are old.
    pub(super) fn touch(&mut self, paths: impl IntoIterator<Item = String>) {
        self.touched.extend(paths);
    }

    /// What delegated tasks have touched since this was last asked.
    pub(super) fn touched(&mut self) -> Vec<String> {
        std::mem::take(&mut self.touched)
    }

    /// Connects where that has not been done.
    pub(super) async fn connect(&mut self, connector: &Connector) -> Result<(), LinkError> {
        if self.connection.is_none() {
            let connection = connector.connect(&self.target).await?;
            self.before = self.traffic();
            self.counters = Some(connection.counters().clone());
            self.connection = Some(connection);
        }
        Ok(())
    }

    /// Ends the connection until somebody asks more. Of many hosts that are looked at, most are asked nothing more, and all
    /// connections at once would be most of a run's memory.
    pub(super) async fn rest(&mut self, connector: &Arc<Connector>) {
        if let Some(connection) = self.connection.take() {
            connection.close().await;
            self.rests = Some(connector.clone());
        }
    }

    /// Ends session and connection at once, whatever is on its way: the script on the host sees the end of
    /// its input, gives the lock back and ends.
    pub(super) fn cut(&mut self) {
        self.sessions.clear();
        self.begun = None;
        if let Some(connection) = self.connection.take() {
            connection.cut();
        }
    }

    /// Asks in one exec, without lock.
    pub(super) async fn look(
        &mut self,
        identity: &Identity,
        probes: &[Probe],
    ) -> Result<Answers, LinkError> {
        let exec = self.connected().await?.exec(BOOT).await?;
        let password = self.target.become_password.clone();
        Ok(look(exec, probes, identity.as_ref(), password, PATIENCE).await?)
    }

    /// Asks in one exec, without lock, and in the same exec what `more` makes of the answers.
    pub(super) async fn inquire(
        &mut self,
        identity: &Identity,
        probes: &[Probe],
        more: impl FnOnce(&Answers) -> Vec<Probe>,
    ) -> Result<Answers, LinkError> {
        let exec = self.connected().await?.exec(BOOT).await?;
        let password = self.target.become_password.clone();
        Ok(inquire(exec, probes, more, identity.as_ref(), password, PATIENCE).await?)
    }

    /// Starts a script of its own on a further channel of the connection.
    pub(super) async fn converse(
        &mut self,
        identity: &Identity,
        script: impl FnOnce(Option<&Become>, &Nonce) -> Vec<u8>,
    ) -> Result<Conversation, LinkError> {
        let nonce = Nonce::draw().map_err(ScriptError::Nonce)?;
        let script = script(identity.as_ref(), &nonce);
        let exec = self.connected().await?.exec(BOOT).await?;
        let user = identity.as_ref().map_or("", |user| user.user.as_str());
        let password = self.target.become_password.clone();
        Ok(Conversation::start(exec, &script, nonce, user, password).await?)
    }

    /// A TCP connection to a port of the host, through its SSH connection.
    pub(super) async fn tunnel(
        &mut self,
        host: &str,
        port: u16,
    ) -> Result<crate::connection::Tunnel, LinkError> {
        Ok(self.connected().await?.tunnel(host, port).await?)
    }

    /// True where the session that holds the lock is open.
    pub(super) fn is_open(&self) -> bool {
        self.sessions.contains_key(&self.keeper)
    }

    /// Notes how often the lock had been taken when the host was looked at; [`None`] where it was held.
    pub(super) fn looked_after(&mut self, holders: Option<u64>) {
        self.looked_after = Some(holders);
    }

    /// Begins the session that is to take the lock, which takes much longer than taking it. What came of it is seen by
    /// [`Self::open`].
    pub(super) async fn begin(&mut self, lock: &Lock) {
        if self.connection.is_some() && !self.is_open() && self.begun.is_none() {
            self.begun = Some(self.session_to_lock(lock).await);
        }
    }

    /// A session that waits for its word to take the lock.
    async fn session_to_lock(&mut self, lock: &Lock) -> Result<Conversation, LinkError> {
        let keeper = self.keeper.clone();
        let mut conversation = self
            .converse(&keeper, |as_user, nonce| {
                session(Some(lock), as_user, nonce)
            })
            .await?;
        // `begin`.
        conversation.next(PATIENCE, "opening a session").await?;
        Ok(conversation)
    }

    /// Opens the session that takes the lock.
    pub(super) async fn open(&mut self, lock: &Lock) -> Result<Taken, LinkError> {
        let mut conversation = match self.begun.take() {
            Some(begun) => begun?,
            None => self.session_to_lock(lock).await?,
        };
        let doing = "taking the lock";
        conversation.send(TAKE, doing).await?;
        let answers = conversation.until_end(PATIENCE, doing).await?;
        let taken = match answers.first() {
            Some((id, fields)) if id == "lock" => locked(&self.target.name, fields)?,
            _ => {
                let nothing = "nothing was said of the lock".to_owned();
                return Err(ScriptError::Nonsense(nothing).into());
            }
        };
        self.sessions.insert(self.keeper.clone(), conversation);
        Ok(Taken {
            since_look: self
                .looked_after
                .is_some_and(|then| then.is_none() || then != taken.holders),
            ..taken
        })
    }

    /// A sign of life on the lock. A session that is lost shows at its next use, with the task that it is for.
    pub(super) async fn sign_of_life(&mut self) {
        let keeper = self.keeper.clone();
        let _shown_later = self
            .request(&keeper, &Request::default(), "keeping the lock")
            .await;
    }

    /// Opens a session that takes no lock, for one who looks after the locks of others.
    pub(super) async fn open_without_lock(&mut self) -> Result<(), LinkError> {
        let keeper = self.keeper.clone();
        self.start_session(&keeper).await
    }

    /// Opens a session that takes no lock.
    async fn start_session(&mut self, identity: &Identity) -> Result<(), LinkError> {
        let mut conversation = self
            .converse(identity, |as_user, nonce| session(None, as_user, nonce))
            .await?;
        conversation
            .until_end(PATIENCE, "opening a session")
            .await?;
        self.sessions.insert(identity.clone(), conversation);
        Ok(())
    }

    /// One request to the session of an identity, which is opened at its first; the lock is held by then.
    pub(super) async fn request(
        &mut self,
        identity: &Identity,
        request: &Request,
        doing: &str,
    ) -> Result<(Vec<Done>, Answers), LinkError> {
        if self.is_open() && !self.sessions.contains_key(identity) {
            self.start_session(identity).await?;
        }
        let Some(session) = self.sessions.get_mut(identity) else {
            return Err(ScriptError::Lost {
                doing: format!("{doing}: no session is open"),
            }
            .into());
        };
        match session.request(request, PATIENCE, doing).await {
            Ok(answered) => Ok(answered),
            Err(error) => {
                // A session that has once failed to answer is out of step for good.
                self.sessions.remove(identity);
                Err(error.into())
            }
        }
    }

    /// Ends all sessions, that of the lock last.
    pub(super) async fn close_sessions(&mut self) -> Answered<()> {
        let begun = self.begun.take().and_then(Result::ok);
        let last = self.sessions.remove(&self.keeper).or(begun);
        let mut ended = Ok(());
        for session in std::mem::take(&mut self.sessions).into_values().chain(last) {
            ended = ended.and(session.finish().await);
        }
        ended
    }

    /// What went over the connection.
    pub(super) fn traffic(&self) -> Traffic {
        let (execs, sent, received) = self.counters.as_ref().map_or((0, 0, 0), Counters::totals);
        Traffic {
            execs: self.before.execs + execs,
            sent: self.before.sent + sent,
            received: self.before.received + received,
        }
    }

    async fn connected(&mut self) -> Result<&Connection, LinkError> {
        if let Some(connector) = self.rests.take() {
            self.connect(&connector).await?;
        }
        self.connection.as_ref().ok_or_else(|| {
            ScriptError::Lost {
                doing: "connecting".to_owned(),
            }
            .into()
        })
    }
}

/// Reads the answer `lock`.
fn locked(host: &str, fields: &[Vec<u8>]) -> Answered<Taken> {
    let text = |at: usize| {
        fields
            .get(at)
            .map(|field| String::from_utf8_lossy(field).into_owned())
            .unwrap_or_default()
    };
    // The holder's line starts with the number of its shell.
    let holder = |line: String| {
        line.split_once(' ')
            .map_or(line.clone(), |(_, who)| who.to_owned())
    };
    let taken = |former| Taken {
        former,
        holders: text(2).parse().ok(),
        since_look: false,
    };
    match text(0).as_str() {
        "got" => Ok(taken(None)),
        "taken-over" => Ok(taken(Some(holder(text(1))))),
        "held" => Err(ScriptError::Held {
            host: host.to_owned(),
            age: text(1).parse().unwrap_or(0),
            holder: holder(text(2)),
        }),
        _ => Err(ScriptError::Lock(text(1))),
    }
}
