//! What is going on right now, host by host, as the events tell it.

use std::collections::BTreeMap;

use wmprov::run::{Event, Outcome};

/// What a host is busy with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Busy {
    /// A task acts.
    Task(String),
    /// A file is sent: what, bytes sent, bytes in all.
    Upload(String, u64, u64),
    /// Something comes: what, bytes so far.
    Fetch(String, u64),
    /// Something is awaited: what, seconds so far, seconds at most.
    Wait(String, u64, u64),
}

impl Busy {
    /// All of it may have gone by.
    fn may_be_whole(&self) -> bool {
        match self {
            Self::Fetch(..) => true,
            Self::Upload(_, sent, total) => sent >= total,
            Self::Task(_) | Self::Wait(..) => false,
        }
    }
}

/// Where a run stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    /// Hosts that are busy, by name.
    pub(super) busy: BTreeMap<String, Busy>,
    command: &'static str,
    hosts: usize,
    looked: usize,
    changed: usize,
    failed: usize,
    lost: usize,
}

impl Rows {
    /// Takes an event in.
    pub(super) fn take(&mut self, event: &Event) {
        match event {
            Event::RunStarted { hosts, command } => {
                self.hosts = hosts.len();
                self.command = command;
            }
            Event::HostLooked { .. } => self.looked += 1,
            Event::HostUnreachable { host, .. } => {
                self.lost += 1;
                self.busy.remove(host);
            }
            Event::TaskStarted { host, task } => {
                self.busy.insert(host.clone(), Busy::Task(task.clone()));
            }
            Event::Uploaded {
                host,
                what,
                sent,
                total,
            } => {
                let busy = Busy::Upload(what.clone(), *sent, *total);
                self.busy.insert(host.clone(), busy);
            }
            Event::Fetched { host, what, bytes } => {
                let busy = Busy::Fetch(what.clone(), *bytes);
                self.busy.insert(host.clone(), busy);
            }
            // What came, or went, is told at its end.
            Event::Noticed {
                host: Some(host), ..
            } if self.busy.get(host).is_some_and(Busy::may_be_whole) => {
                self.busy.remove(host);
            }
            Event::Waited {
                host,
                awaiting,
                seconds,
                deadline,
            } => {
                let busy = Busy::Wait(awaiting.clone(), *seconds, *deadline);
                self.busy.insert(host.clone(), busy);
            }
            Event::TaskFinished(finished) => {
                match finished.outcome {
                    Outcome::Changed => self.changed += 1,
                    Outcome::Failed if !finished.forgiven => self.failed += 1,
                    _ => {}
                }
                self.busy.remove(&finished.host);
            }
            Event::RunFinished(_) => self.busy.clear(),
            _ => {}
        }
    }

    /// The run in one line: `apply: 3 hosts, 2 looked at, 4 changed, 1 failed`.
    pub(super) fn sum(&self) -> String {
        let end = if self.hosts == 1 { "" } else { "s" };
        let mut sum = format!("{}: {} host{end}", self.command, self.hosts);
        // A backup looks at no host before it takes what it is for.
        if self.looked + self.lost < self.hosts && self.command != "backup" {
            sum.push_str(&format!(", {} looked at", self.looked));
        }
        let changed = if self.command == "plan" {
            "would change"
        } else {
            "changed"
        };
        let counts = [
            (self.changed, changed),
            (self.failed, "failed"),
            (self.lost, "unreachable"),
        ];
        for (count, word) in counts.into_iter().filter(|(count, _)| *count > 0) {
            sum.push_str(&format!(", {count} {word}"));
        }
        sum
    }
}
