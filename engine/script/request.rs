//! One request to an acting session: steps, and the questions asked again right after them.

use std::collections::BTreeSet;
use std::time::Duration;

use super::answers::Answers;
use super::boot::ask;
use super::function::{lean, seldom};
use super::probe::Probe;
use super::quote;
use super::step::Step;

/// The lock that a session takes before anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The host's state folder.
    pub state: String,
    /// After this long without a sign of life a holder may be taken over.
    pub lease: Duration,
    /// Who holds it and why, one line.
    pub holder: String,
}

/// Steps and, after them, probes: one round trip.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The acts, in order; the first that fails makes the rest be skipped.
    pub steps: Vec<Step>,
    /// What is asked afterwards, whether or not a step failed.
    pub probes: Vec<Probe>,
    /// Environment variables of the commands among the steps. They stand in the script, never in an argv.
    pub environment: Vec<(String, String)>,
}

/// How one step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The exit status; [`None`] where an earlier step failed and this one was skipped.
    pub status: Option<i32>,
    /// What it printed, or, of a user's command, its standard output.
    pub output: Vec<u8>,
    /// The standard error of a user's command.
    pub errors: Vec<u8>,
}

impl Done {
    /// True where it was done and succeeded.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.status == Some(0)
    }
}

impl Request {
    /// The bytes to send: length, script, and the data that its steps read.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut script = self.functions() + &self.exports();
        let mut data = Vec::new();
        for (id, step) in self.steps.iter().enumerate() {
            let (line, input) = step.line(&format!("s{id}"));
            script.push_str(&line);
            data.extend_from_slice(input);
        }
        if !self.environment.is_empty() {
            script.push_str("wm_env() { :; }\n");
        }
        script.push_str(&ask(&self.probes));
        if script.is_empty() {
            // A length of 0 would end the session; this is a sign of life.
            script.push_str(":\n");
        }
        let mut bytes = format!("{}\n{script}", script.len()).into_bytes();
        bytes.extend(data);
        bytes
    }

    /// What its steps call and its probes ask that the session has not got.
    fn functions(&self) -> String {
        let steps = self.steps.iter().filter_map(|step| match step {
            Step::Function { name, .. } => Some(*name),
            _ => None,
        });
        let asked = self.probes.iter().map(|probe| probe.call().0.name());
        let texts: BTreeSet<&str> = steps.chain(asked).filter_map(seldom).collect();
        texts.into_iter().map(lean).collect()
    }

    /// Redefines what every command of the session runs first.
    fn exports(&self) -> String {
        if self.environment.is_empty() {
            return String::new();
        }
        let words: Vec<String> = self
            .environment
            .iter()
            .map(|(name, value)| format!("{name}={}", quote::word(value)))
            .collect();
        format!("wm_env() {{ export {}; }}\n", words.join(" "))
    }

    /// Sorts the answers of this request: how the steps ended, and what the probes say.
    ///
    /// # Errors
    /// Where an answer is missing or not of its form.
    pub fn results(
        &self,
        answers: Vec<(String, Vec<Vec<u8>>)>,
    ) -> Result<(Vec<Done>, Answers), String> {
        let mut done = Vec::new();
        let mut seen = Vec::new();
        for (id, fields) in answers {
            if id.starts_with('s') {
                done.push(step_end(&fields).ok_or_else(|| format!("step {id} gave no status"))?);
            } else {
                seen.push((id, fields));
            }
        }
        if done.len() != self.steps.len() {
            return Err(format!(
                "{} of {} steps were answered",
                done.len(),
                self.steps.len()
            ));
        }
        Ok((done, Answers::of(&self.probes, seen)?))
    }
}

fn step_end(fields: &[Vec<u8>]) -> Option<Done> {
    let status = fields.first()?;
    let status = match status.as_slice() {
        b"skipped" => None,
        number => Some(std::str::from_utf8(number).ok()?.parse().ok()?),
    };
    Some(match fields.get(2) {
        None => Done {
            status,
            output: fields.get(1).cloned().unwrap_or_default(),
            errors: Vec::new(),
        },
        Some(errors) => Done {
            status,
            output: super::answers::decoded(fields.get(1)?)?,
            errors: super::answers::decoded(errors)?,
        },
    })
}
