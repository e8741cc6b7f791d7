//! How a task ended on a host, in Ansible's words, and the counts of a host.

use serde::Serialize;

/// How one task (one item of a loop) ended on one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As wanted already.
    Ok,
    /// Brought about (or, in a plan, would be).
    Changed,
    /// Its condition did not hold.
    Skipped,
    /// Could not be brought about.
    Failed,
    /// The host could not be reached.
    Unreachable,
}

impl Outcome {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Changed => "changed",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Unreachable => "unreachable",
        }
    }
}

/// How often each outcome came on a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// As wanted already.
    pub ok: usize,
    /// Changed.
    pub changed: usize,
    /// Skipped.
    pub skipped: usize,
    /// Failed and not rescued or ignored.
    pub failed: usize,
    /// 1 where the host could not be reached, or was lost.
    pub unreachable: usize,
    /// Failed, and a `rescue` took over.
    pub rescued: usize,
    /// Failed, and `ignore_errors` let it pass.
    pub ignored: usize,
}

impl Tally {
    /// Counts one outcome.
    pub fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Ok => self.ok += 1,
            Outcome::Changed => self.changed += 1,
            Outcome::Skipped => self.skipped += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Unreachable => self.unreachable = 1,
        }
    }

    /// True where nothing failed and the host was reached.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.failed == 0 && self.unreachable == 0
    }
}
