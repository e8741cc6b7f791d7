//! What the hosts of a batch share while each walks alone: where they stand, and what `run_once` came to.

use std::collections::BTreeMap;

use minijinja::Value;
use tokio::sync::watch;

use crate::playbook::Play;
use crate::yaml::Node;

/// A place in a play: section, item, part of a block, item in it, and so on. Hosts pass places in their order.
pub(super) type Position = Vec<usize>;

/// After all items at one level: where handlers stand.
pub(super) const AFTER: usize = usize::MAX;

/// What a task came to on a host.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended {
    /// It succeeded, or its failure was ignored.
    pub(super) good: bool,
    /// What `register` keeps.
    pub(super) registered: Option<Value>,
    /// What `set_fact` set.
    pub(super) facts: Vec<(String, Node)>,
}

/// Whose turn a `run_once` task is.
pub(super) enum Turn {
    /// This host runs it, for all.
    Mine,
    /// That host has run it.
    Done(String, Ended),
}

/// The hosts of a batch.
pub(super) struct Batch {
    hosts: Vec<String>,
    /// Whether anybody asks where a host stands.
    shared: bool,
    /// Whether no host goes past a task before the others have come to it: where a failure is to stop all.
    in_step: bool,
    /// Above this percentage of failed hosts the run stops.
    most: Option<f64>,
    state: watch::Sender<State>,
}

#[derive(Default)]
struct State {
    at: BTreeMap<String, Position>,
    ended: BTreeMap<Position, (String, Ended)>,
    failed: usize,
}

impl Batch {
    /// Nobody has begun yet. A failure stops others only where it `stops` them.
    pub(super) fn new(play: &Play, hosts: &[String], stops: bool) -> Self {
        let mut tasks = play.tasks().chain(&play.handlers);
        let in_step = stops && (play.any_errors_fatal || play.max_fail_percentage.is_some());
        Self {
            hosts: hosts.to_vec(),
            shared: in_step || tasks.any(|task| task.run_once),
            in_step,
            most: play.max_fail_percentage,
            state: watch::Sender::new(State::default()),
        }
    }

    /// A host has come to a place.
    pub(super) fn reach(&self, host: &str, position: &[usize]) {
        if self.shared {
            self.state.send_modify(|state| {
                state.at.insert(host.to_owned(), position.to_vec());
            });
        }
    }

    /// True where a host waits for the others before each task.
    pub(super) fn is_in_step(&self) -> bool {
        self.in_step && self.hosts.len() > 1
    }

    /// Waits until all hosts have come to `position`, passed it, or left.
    pub(super) async fn all_at(&self, position: &[usize]) {
        let came = |state: &State, host: &String| {
            state
                .at
                .get(host)
                .is_some_and(|at| at.as_slice() >= position)
        };
        let mut watched = self.state.subscribe();
        // The sender lives as long as the batch.
        let _all = watched
            .wait_for(|state| self.hosts.iter().all(|host| came(state, host)))
            .await;
    }

    /// Counts a host that failed; true where that is one too many.
    pub(super) fn has_failed(&self) -> bool {
        self.state.send_modify(|state| state.failed += 1);
        let failed = self.state.borrow().failed;
        self.most
            .is_some_and(|most| percent(failed, self.hosts.len()) > most)
    }

    /// A host has ended its walk, however it ended.
    pub(super) fn leave(&self, host: &str) {
        self.reach(host, &[AFTER]);
    }

    /// Waits until it is known who runs the task at `position`: the first host of the batch that comes there.
    /// Each host either comes there, passes by, or leaves, so the wait ends.
    pub(super) async fn turn(&self, host: &str, position: &[usize]) -> Turn {
        let mut watched = self.state.subscribe();
        let known = watched
            .wait_for(|state| {
                state.ended.contains_key(position) || self.is_first(state, host, position)
            })
            .await;
        match known {
            Ok(state) => match state.ended.get(position) {
                Some((by, ended)) => Turn::Done(by.clone(), ended.clone()),
                None => Turn::Mine,
            },
            // The sender lives as long as the batch.
            Err(_closed) => Turn::Mine,
        }
    }

    /// Tells the others what the task at `position` came to.
    pub(super) fn tell(&self, host: &str, position: &[usize], ended: Ended) {
        self.state.send_modify(|state| {
            state
                .ended
                .insert(position.to_vec(), (host.to_owned(), ended));
        });
    }

    fn is_first(&self, state: &State, host: &str, position: &[usize]) -> bool {
        let before = self.hosts.iter().take_while(|name| *name != host);
        before
            .map(|name| state.at.get(name))
            .all(|at| at.is_some_and(|at| at.as_slice() > position))
    }
}

/// So many of all in a hundred.
pub(super) fn percent(some: usize, all: usize) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "percentages of at most some thousand hosts"
    )]
    let percent = some as f64 * 100.0 / all.max(1) as f64;
    percent
}
