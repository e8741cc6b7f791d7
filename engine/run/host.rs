//! One host in a run: its line, its variables, what it has answered, how it stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedSemaphorePermit};

use crate::run::clocks::Ahead;
use crate::run::identity::{Identity, Sudo};
use crate::run::link::{Link, LinkError};
use crate::run::{Context, Event, Outcome, Tally};
use crate::script::{Answer, Answers, Done, Facts, Probe, Request};
use crate::template::Scope;
use crate::yaml::Error;

/// How a host stands in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It goes on.
    Going,
    /// Its play has ended for it (`meta: end_host`).
    Ended,
    /// A task failed.
    Failed,
    /// It cannot be reached.
    Lost,
}

/// One host in a run.
pub(super) struct HostRun {
    pub(super) name: String,
    pub(super) link: Arc<Mutex<Link>>,
    pub(super) scope: Scope,
    /// What it has answered to the present identity.
    pub(super) answers: Answers,
    /// What it has answered to others: what one user may not read another may.
    others: BTreeMap<Identity, Answers>,
    /// As whom the present task runs.
    pub(super) identity: Identity,
    pub(super) sudo: Sudo,
    /// The host whose task this is, where it is delegated to this one.
    pub(super) origin: Option<Arc<Mutex<Link>>>,
    /// Its place among the `--forks`, while it walks.
    pub(super) permit: Option<OwnedSemaphorePermit>,
    /// Its loss has been counted in a batch.
    pub(super) mourned: bool,
    pub(super) facts: Option<Facts>,
    /// How far its clock was before this machine's when it was first looked at, where it told.
    pub(super) ahead: Option<Ahead>,
    pub(super) tally: Tally,
    pub(super) standing: Standing,
    /// Handlers that were notified, by name or by what they listen to, with the play's name.
    pub(super) notified: Vec<(String, String)>,
    /// The answers were asked again after the locks had been taken.
    pub(super) fresh: bool,
    /// What failed first, in one line.
    pub(super) failure: Option<String>,
}

impl HostRun {
    pub(super) fn new(name: &str, link: Arc<Mutex<Link>>, scope: Scope, sudo: Sudo) -> Self {
        Self {
            name: name.to_owned(),
            link,
            scope,
            answers: Answers::default(),
            others: BTreeMap::new(),
            identity: None,
            sudo,
            origin: None,
            permit: None,
            mourned: false,
            facts: None,
            ahead: None,
            tally: Tally::default(),
            standing: Standing::Going,
            notified: Vec::new(),
            fresh: false,
            failure: None,
        }
    }

    /// From now on acts, and asks, as this user.
    pub(super) fn act_as(&mut self, identity: Identity) {
        if identity != self.identity {
            let answers = self.others.remove(&identity).unwrap_or_default();
            let former = std::mem::replace(&mut self.identity, identity);
            let answers = std::mem::replace(&mut self.answers, answers);
            self.others.insert(former, answers);
        }
    }

    /// An answer, whoever it was given to.
    pub(super) fn answer(&self, probe: &Probe) -> Option<&Answer> {
        let mut others = self
            .others
            .values()
            .filter_map(|answers| answers.get(probe));
        self.answers.get(probe).or_else(|| others.next())
    }

    /// All answers, whoever they were given to.
    pub(super) fn all_answers(&self) -> Answers {
        let mut all = self.answers.clone();
        for answers in self.others.values() {
            all.merge(answers.clone());
        }
        all
    }

    /// Forgets what an act on `path` may have made wrong, and returns what the present identity had asked.
    pub(super) fn forget(&mut self, path: &str) -> Vec<Probe> {
        for answers in self.others.values_mut() {
            answers.forget(path);
        }
        self.answers.forget(path)
    }

    /// One request to the session of the present identity.
    pub(super) async fn request(
        &self,
        request: &Request,
        doing: &str,
    ) -> Result<(Vec<Done>, Answers), LinkError> {
        let mut link = self.link.lock().await;
        link.request(&self.identity, request, doing).await
    }

    /// Makes sure that every probe is answered, asking for those that are not: over the session where one
    /// is open, else in an exec of its own.
    pub(super) async fn know(&mut self, probes: &[Probe]) -> Result<(), LinkError> {
        if self.origin.is_none() {
            let touched = self.link.lock().await.touched();
            for path in touched {
                self.forget(&path);
            }
        }
        let unknown: Vec<Probe> = probes
            .iter()
            .filter(|probe| self.answers.get(probe).is_none())
            .cloned()
            .collect();
        if !unknown.is_empty() {
            self.ask(unknown).await?;
        }
        Ok(())
    }

    /// Asks, whether or not an answer is known.
    pub(super) async fn ask(&mut self, mut probes: Vec<Probe>) -> Result<(), LinkError> {
        probes.sort_unstable();
        probes.dedup();
        let mut link = self.link.lock().await;
        let answers = if link.is_open() {
            let request = Request {
                probes,
                ..Request::default()
            };
            link.request(&self.identity, &request, "asking").await?.1
        } else {
            link.look(&self.identity, &probes).await?
        };
        drop(link);
        self.take_in(answers);
        Ok(())
    }

    pub(super) fn take_in(&mut self, answers: Answers) {
        self.answers.merge(answers);
        if let Some(Answer::Facts(facts)) = self.answers.get(&Probe::Facts) {
            self.facts = Some((**facts).clone());
        }
    }

    /// Takes the locks, once a run, and asks again all that was asked before: what was seen then is a
    /// forecast only. False where the user interrupted before all locks were taken, or where the whole run has to
    /// begin again.
    pub(super) async fn freshen(&mut self, context: &Context) -> Result<bool, LinkError> {
        let taker = context.taker();
        let taken = context.locks.take(&taker).await?
            && context.locks.take_late(&self.link, &taker).await?;
        if !taken || context.locks.outdate_the_look() {
            return Ok(false);
        }
        self.others.clear();
        let known: Vec<Probe> = self.answers.probes().cloned().collect();
        self.ask(known).await?;
        self.fresh = true;
        Ok(true)
    }

    /// The host is not the one that it must be: said, and the run ends.
    pub(super) fn refuse(&mut self, context: &Context, error: &Error) {
        self.standing = Standing::Failed;
        self.tally.count(Outcome::Failed);
        let told = chain(error).join(": ");
        self.failure = Some(told.clone());
        context.events.send(Event::Noticed {
            host: Some(self.name.clone()),
            message: told,
        });
        context.halt();
    }

    /// The host is lost: said once, and no more is tried.
    pub(super) fn lose(&mut self, context: &Context, error: &LinkError) {
        self.standing = Standing::Lost;
        self.tally.count(Outcome::Unreachable);
        let told = chain(error).join(": ");
        self.failure = Some(told.clone());
        context.events.send(Event::HostUnreachable {
            host: self.name.clone(),
            error: told,
            hint: error.hint(),
        });
    }
}

/// An error and its causes, outermost first; a cause that says the same again is left out.
pub(super) fn chain(error: &dyn std::error::Error) -> Vec<String> {
    let mut lines = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(this) = cause {
        let text = this.to_string();
        if !lines.iter().any(|line| line.contains(&text)) {
            lines.push(text);
        }
        cause = this.source();
    }
    lines
}
