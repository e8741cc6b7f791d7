//! The acts of a change, one round trip each, and the look afterwards.

use std::time::{Duration, Instant};

use crate::cluster::checks::Check;
use crate::modules::{Act, Call, Change};
use crate::run::Event;
use crate::run::host::{HostRun, Standing};
use crate::run::locks::HOST_STATE;
use crate::run::task::{Called, Failure, TaskRun, interrupted};
use crate::script::{Done, Probe, Request, Step, quote};
use crate::yaml::Error;

/// What the acts of a change came to.
#[derive(Debug, Default)]
pub(super) struct Acted {
    pub(super) called: Called,
    /// A user's command that exited with a status, which `failed_when` may forgive.
    pub(super) failed: Option<Error>,
}

impl Acted {
    /// Nothing was done: the host is as wanted, or this is a plan.
    pub(super) fn nothing(change: Change, planned: bool, is_command: bool) -> Self {
        let would = planned && change.acts_on_host();
        Self {
            called: Called {
                changed: would,
                skipped: change.skipped.is_some(),
                unknown: would && is_command,
                results: change.results.clone(),
                change,
            },
            failed: None,
        }
    }
}

impl TaskRun<'_> {
    /// Does all acts and looks again: what is still not as wanted has failed.
    pub(super) async fn act(
        &self,
        host: &mut HostRun,
        call: &Call<'_>,
        probes: &[Probe],
        change: Change,
        environment: &[(String, String)],
    ) -> Result<Acted, Failure> {
        let mut acted = Acted::default();
        let mut last: Vec<Done> = Vec::new();
        let mut known: Option<Probe> = None;
        for act in &change.acts {
            if self.context.interrupt.wished() {
                return Err(interrupted(&self.task.place).into());
            }
            match act {
                Act::Steps(steps) => {
                    last = self
                        .steps(host, probes, &change, steps, environment)
                        .await?;
                }
                Act::WaitUntilAsWanted {
                    every,
                    deadline,
                    awaited,
                    otherwise,
                } => {
                    let wait = Wait {
                        every: Duration::from_secs(*every),
                        deadline: Duration::from_secs(*deadline),
                        awaited,
                        otherwise,
                    };
                    self.wait(host, call, probes, &wait).await?;
                }
                Act::FlushHandlers => {
                    // `walk` sees the act and runs them: handlers are tasks of the play.
                }
                Act::EndHost => host.standing = Standing::Ended,
                Act::Home(work) => known = self.home(host, work).await?,
                Act::Jdk(work) => known = self.jdk(host, work).await?,
                Act::Node(work) => self.node(host, work).await?,
                Act::Front(work) => self.front(host, work).await?,
                Act::Firewall(work) => self.firewall(host, work, probes, &change.touches).await?,
                Act::Sync(work) => self.sync(host, work).await?,
                Act::Handover(work) => self.hand_over(host, work).await?,
                Act::Artifacts(work) => self.alike(host, work).await?,
            }
        }
        let waited = change
            .acts
            .iter()
            .any(|act| matches!(act, Act::WaitUntilAsWanted { .. }));
        acted.called.results = self.module.results(call, &last);
        if self.module.is_command() {
            acted.failed = last
                .last()
                .and_then(|done| command_failed(done, &self.task.place));
        } else if !self.module.acts_always(call) && change.acts_on_host() {
            if change
                .acts
                .iter()
                .any(|act| matches!(act, Act::Home(_) | Act::Jdk(_) | Act::Node(_)))
            {
                let mut again = self.module.probes(call)?;
                again.retain(|probe| Some(probe) != known.as_ref());
                host.ask(again).await?;
            }
            self.verify(host, call)?;
        }
        let looked = change
            .acts
            .iter()
            .all(|act| matches!(act, Act::Artifacts(_)));
        acted.called.changed =
            change.acts_on_host() && !looked && !(waited && change.acts.len() == 1);
        acted.called.change = change;
        Ok(acted)
    }

    /// One request: what will be owed, the steps, and what must be seen again.
    async fn steps(
        &self,
        host: &mut HostRun,
        probes: &[Probe],
        change: &Change,
        steps: &[Step],
        environment: &[(String, String)],
    ) -> Result<Vec<Done>, Failure> {
        let mut request = Request {
            steps: self.debts(host).await?,
            probes: probes.to_vec(),
            environment: environment.to_vec(),
        };
        let debts = request.steps.len();
        request.steps.extend(steps.iter().cloned());
        let stale: Vec<String> = if change.touches_anything {
            vec!["/".to_owned()]
        } else {
            change.touches.clone()
        };
        for path in &stale {
            request.probes.extend(host.forget(path));
        }
        if host.origin.is_some() {
            host.link.lock().await.touch(stale);
        }
        request.probes.sort_unstable();
        request.probes.dedup();
        let doing = format!("`{}`", self.task.name);
        let (mut done, answers) = host.request(&request, &doing).await?;
        host.take_in(answers);
        for (step, end) in request.steps.iter().zip(&done) {
            let judged_later = matches!(step, Step::Command { .. });
            if !end.succeeded() && !judged_later {
                return Err(step_failed(step, end, &self.task.place).into());
            }
        }
        Ok(done.split_off(debts))
    }

    /// The handlers that this change will notify are owed before it is made: a run that is cut between
    /// the two does not forget them. They are the debts of the task's own host, kept by whoever holds its lock:
    /// where that is not who acts here, they are noted at once, else with the first steps.
    pub(super) async fn debts(&self, host: &HostRun) -> Result<Vec<Step>, Failure> {
        let owe = |name: &String| Step::Function {
            name: "wm_owe",
            arguments: vec![format!("{HOST_STATE}/owed"), debt(&self.play.name, name)],
        };
        let steps: Vec<Step> = self.task.notify.iter().map(owe).collect();
        if steps.is_empty() {
            return Ok(steps);
        }
        let mut line = host.origin.as_ref().unwrap_or(&host.link).lock().await;
        let keeper = line.keeper().clone();
        if host.origin.is_none() && keeper == host.identity {
            return Ok(steps);
        }
        let request = Request {
            steps,
            ..Request::default()
        };
        let (done, _) = line.request(&keeper, &request, "noting debts").await?;
        match request
            .steps
            .iter()
            .zip(&done)
            .find(|(_, end)| !end.succeeded())
        {
            Some((step, end)) => Err(step_failed(step, end, &self.task.place).into()),
            None => Ok(Vec::new()),
        }
    }

    /// Requests steps that must all succeed, and what must be seen again afterwards.
    pub(super) async fn must(
        &self,
        host: &mut HostRun,
        steps: Vec<Step>,
        probes: Vec<Probe>,
        doing: &str,
    ) -> Result<(), Failure> {
        self.all_done(host, steps, probes, doing).await?;
        Ok(())
    }

    /// The same; gives how each step ended.
    pub(super) async fn all_done(
        &self,
        host: &mut HostRun,
        steps: Vec<Step>,
        probes: Vec<Probe>,
        doing: &str,
    ) -> Result<Vec<Done>, Failure> {
        let request = Request {
            steps,
            probes,
            ..Request::default()
        };
        let (done, answers) = host.request(&request, doing).await?;
        host.take_in(answers);
        for (step, end) in request.steps.iter().zip(&done) {
            if !end.succeeded() {
                return Err(step_failed(step, end, &self.task.place).into());
            }
        }
        Ok(done)
    }

    fn verify(&self, host: &HostRun, call: &Call<'_>) -> Result<(), Failure> {
        let again = self
            .module
            .change(call, &host.answers)
            .map_err(|error| error.or_at(&self.task.place))?;
        if again.is_empty() {
            return Ok(());
        }
        let still: Vec<String> = again.differences.iter().map(ToString::to_string).collect();
        Err(Error::at(
            &self.task.place,
            format!(
                "it was done, and yet it is not as wanted: {}",
                still.join("; ")
            ),
        )
        .hint("something else on the host changes it back")
        .into())
    }

    async fn wait(
        &self,
        host: &mut HostRun,
        call: &Call<'_>,
        probes: &[Probe],
        wait: &Wait<'_>,
    ) -> Result<(), Failure> {
        let since = Instant::now();
        loop {
            if self.context.interrupt.sleep(wait.every).await {
                return Err(interrupted(&self.task.place).into());
            }
            host.ask(probes.to_vec()).await?;
            let left = self
                .module
                .change(call, &host.answers)
                .map_err(|error| error.or_at(&self.task.place))?;
            if left.is_empty() {
                return Ok(());
            }
            if since.elapsed() >= wait.deadline {
                return Err(Error::at(&self.task.place, wait.otherwise).into());
            }
            self.context.events.send(Event::Waited {
                host: host.name.clone(),
                awaiting: wait.awaited.to_owned(),
                seconds: since.elapsed().as_secs(),
                deadline: wait.deadline.as_secs(),
            });
        }
    }
}

struct Wait<'a> {
    every: Duration,
    deadline: Duration,
    awaited: &'a str,
    otherwise: &'a str,
}

/// A debt as it stands in the file of what is owed.
pub(super) fn debt(play: &str, handler: &str) -> String {
    format!(
        "handler\t{}\t{}",
        play.replace(['\t', '\n'], " "),
        handler.replace(['\t', '\n'], " ")
    )
}

fn command_failed(done: &Done, place: &crate::yaml::Place) -> Option<Error> {
    (!done.succeeded()).then(|| {
        let said = if done.errors.is_empty() {
            &done.output
        } else {
            &done.errors
        };
        let status = done.status.map_or_else(
            || "no status".to_owned(),
            |status| format!("status {status}"),
        );
        Error::at(
            place,
            format!("the command ended with {status}{}", last_lines(said)),
        )
    })
}

pub(super) fn step_failed(step: &Step, end: &Done, place: &crate::yaml::Place) -> Error {
    let what = match step {
        Step::Run { argv } => format!("`{}`", quote::words(argv)),
        Step::Write { path, .. } => format!("writing `{path}`"),
        Step::Folder { path, .. } => format!("making folder `{path}`"),
        Step::Touch { path, .. } => format!("making `{path}`"),
        Step::Attributes { path, .. } => format!("setting permissions of `{path}`"),
        Step::Link { path, .. } | Step::HardLink { path, .. } => format!("linking `{path}`"),
        Step::Remove { path } => format!("removing `{path}`"),
        Step::Command { argv, .. } => format!("`{}`", quote::words(argv)),
        Step::Function { name, .. } => format!("`{name}`"),
    };
    match end.status {
        None => Error::at(
            place,
            format!("{what} was skipped, because an earlier step failed"),
        ),
        Some(_) if is_balance(step) => balance_failed(end).or_at(place),
        Some(status) => {
            let error = Error::at(
                place,
                format!(
                    "{what} failed with status {status}{}",
                    last_lines(&end.output)
                ),
            );
            let said = String::from_utf8_lossy(&end.output);
            if said.contains("No space left") {
                error.hint("make room on the host, then run the same command again: what has landed is kept")
            } else if said.contains("Read-only file system") {
                error.hint("the file system is mounted read-only: see the host's kernel log")
            } else if said.contains("Permission denied") {
                error.hint("the task may need `become: true`")
            } else {
                error
            }
        }
    }
}

fn is_balance(step: &Step) -> bool {
    matches!(step, Step::Function { name, .. } if *name == "wm_balance")
}

/// What nginx says against a configuration; the former one is back in force.
fn balance_failed(end: &Done) -> Error {
    let message = format!(
        "nginx does not take the configuration{}",
        last_lines(&end.output)
    );
    Check::cite("WM065", message)
}

/// How many lines of what a command has said an error carries; a terminal shows some of them without `-v`.
const CARRIED: usize = 200;

/// The last lines of what was said, after a colon; nothing where nothing was.
pub(super) fn last_lines(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let lines: Vec<&str> = text.trim().lines().collect();
    match lines.len() {
        0 => String::new(),
        count => format!(": {}", lines[count.saturating_sub(CARRIED)..].join("\n")),
    }
}
