//! Events as lines of text: what is shown where no bar can move, and above the bars where they do.

use std::fmt::Write;

use crate::report::{Paint, difference};
use crate::run::{Event, Outcome, TaskFinished};
use crate::yaml::Secrets;

/// How much is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verbosity {
    /// `-v`: tasks that were as wanted or skipped too, and whole hunks.
    pub verbose: bool,
    /// `--diff`, or a plan: what differs, with hunks.
    pub diff: bool,
}

/// Turns events into lines.
#[derive(Clone, Debug)]
pub struct Lines {
    /// Colour or not.
    pub paint: Paint,
    /// How much.
    pub verbosity: Verbosity,
    /// What must not be shown.
    pub secrets: Secrets,
}

impl Lines {
    /// The lines of an event; empty where it is not worth one.
    #[must_use]
    pub fn of(&self, event: &Event) -> String {
        let paint = self.paint;
        let text = match event {
            Event::CheckWaived {
                code,
                finding,
                reason,
            } => format!(
                "{} {code} waived ({reason}): {finding}\n",
                paint.changed("note:")
            ),
            Event::Noticed { host, message } => match host {
                Some(host) => format!("{} {host}: {message}\n", paint.changed("note:")),
                None => format!("{} {message}\n", paint.changed("note:")),
            },
            Event::HostUnreachable { host, error, hint } => {
                let mut page = format!("{} {host}: {error}\n", paint.bad("unreachable:"));
                if let Some(hint) = hint {
                    let _ok = writeln!(page, "  hint: {hint}");
                }
                page
            }
            Event::PlayStarted { play, hosts } if self.verbosity.verbose => {
                format!("{} [{}]\n", paint.bold(play), hosts.join(", "))
            }
            Event::TaskFinished(finished) => self.task(finished),
            Event::DebtFound { host, debts } => format!(
                "{} {host}: an interrupted run owes {}; it is done now\n",
                paint.changed("note:"),
                debts.join(", ")
            ),
            Event::Stopped { reason } => format!("{} {reason}\n", paint.bad("stopped:")),
            _ => String::new(),
        };
        self.secrets.mask(&text)
    }

    fn task(&self, finished: &TaskFinished) -> String {
        let quiet = matches!(finished.outcome, Outcome::Ok | Outcome::Skipped);
        if quiet && !self.verbosity.verbose && finished.messages.is_empty() {
            return String::new();
        }
        let word = if finished.unknown {
            "may change"
        } else {
            finished.outcome.as_str()
        };
        let mut page = format!(
            "{} {}: {}",
            self.paint.outcome(finished.outcome, &format!("{word}:")),
            finished.host,
            finished.task
        );
        if let Some(item) = &finished.item {
            let _ok = write!(page, " ({item})");
        }
        if finished.forgiven {
            page.push_str(" (let pass)");
        }
        page.push('\n');
        for message in &finished.messages {
            let _ok = writeln!(page, "  {}", message.replace('\n', "\n  "));
        }
        if self.verbosity.diff || self.verbosity.verbose {
            for one in &finished.differences {
                page.push_str(&difference(
                    one,
                    &self.secrets,
                    self.paint,
                    self.verbosity.verbose,
                ));
            }
        }
        self.failure(finished, &mut page);
        page
    }

    fn failure(&self, finished: &TaskFinished, page: &mut String) {
        for (depth, error) in finished.error.iter().enumerate() {
            let lead = if depth == 0 { "" } else { "caused by: " };
            let told = match self.verbosity.verbose {
                true => error.clone(),
                false => shortened(error, MOST),
            };
            let _ok = writeln!(page, "  {lead}{}", told.replace('\n', "\n  "));
        }
        if !finished.error.is_empty() {
            if let Some(place) = &finished.place {
                let _ok = writeln!(page, "  {} {place}", self.paint.dim("-->"));
            }
            if let Some(hint) = &finished.hint {
                let _ok = writeln!(page, "  {} {hint}", self.paint.good("hint:"));
            }
        }
    }
}

/// The most lines that one error shows without `-v`.
const MOST: usize = 12;

/// A long text's beginning and its end, where what a program failed of mostly stands: `most` lines in all.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() <= most {
        return text.to_owned();
    }
    let (first, last) = (most / 3, most - most / 3 - 1);
    let between = lines.len() - first - last;
    let middle = format!("… {between} lines more; `-v` shows them …");
    let mut short = lines[..first].to_vec();
    short.push(&middle);
    short.extend(&lines[lines.len() - last..]);
    short.join("\n")
}
