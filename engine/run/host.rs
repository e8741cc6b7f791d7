//! One host in a run: its line, its variables, what it has answered, how it stands.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::run::link::{Link, LinkError};
use crate::run::{Context, Event, Outcome, Tally};
use crate::script::{Answer, Answers, Facts, Probe, Request};
use crate::template::Scope;

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
    pub(super) answers: Answers,
    pub(super) facts: Option<Facts>,
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
    pub(super) fn new(name: &str, link: Arc<Mutex<Link>>, scope: Scope) -> Self {
        Self {
            name: name.to_owned(),
            link,
            scope,
            answers: Answers::default(),
            facts: None,
            tally: Tally::default(),
            standing: Standing::Going,
            notified: Vec::new(),
            fresh: false,
            failure: None,
        }
    }

    /// Makes sure that every probe is answered, asking for those that are not: over the session where one
    /// is open, else in an exec of its own.
    pub(super) async fn know(&mut self, probes: &[Probe]) -> Result<(), LinkError> {
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
                steps: Vec::new(),
                probes,
            };
            link.request(&request, "asking").await?.1
        } else {
            link.look(&probes).await?
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
    /// forecast only.
    pub(super) async fn freshen(&mut self, context: &Context) -> Result<(), LinkError> {
        context
            .locks
            .take(&context.connector, &context.events)
            .await?;
        let known: Vec<Probe> = self.answers.probes().cloned().collect();
        self.ask(known).await?;
        self.fresh = true;
        Ok(())
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
