//! Anchored line edits, for start scripts and other text without a structure of its own.
//!
//! An anchor is a regular expression that matches a whole line (without its line end) unless the edit
//! says `part`. An edit that already holds changes nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use regex::bytes::Regex;

use super::EditError;
use super::splice::Splice;
use super::text::{Line, line_end, lines};

/// Anchors that have been compiled: all nodes of a cluster have the same ones, and compiling is dearer than all else that is
/// done with them.
static COMPILED: Mutex<BTreeMap<String, Regex>> = Mutex::new(BTreeMap::new());

/// How many of them are kept. Where each node has its own, keeping more would help nobody.
const KEPT: usize = 200;

fn compiled(pattern: &str) -> Result<Regex, regex::Error> {
    // Whoever panicked while it was held has left whole entries.
    let known = || COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = known().get(pattern) {
        return Ok(regex.clone());
    }
    let regex = Regex::new(pattern)?;
    let mut known = known();
    if known.len() < KEPT {
        known.insert(pattern.to_owned(), regex.clone());
    }
    Ok(regex)
}

/// What is done; a text of several lines is a block of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineVerb {
    /// The one line that the anchor matches becomes this text. Holds where the text is there once, and
    /// the anchor matches nothing outside it.
    Replace(String),
    /// This text stands right before the one line that the anchor matches.
    Before(String),
    /// This text stands right behind the one line that the anchor matches.
    After(String),
    /// The text, which is the target itself, stands somewhere; else it is added at the end.
    Ensure,
    /// The one line that the anchor matches goes. Holds where it matches none.
    Remove,
}

/// One edit of lines.
#[derive(Debug, Clone)]
pub struct LineEdit {
    target: String,
    anchor: Regex,
    verb: LineVerb,
}

impl PartialEq for LineEdit {
    fn eq(&self, other: &Self) -> bool {
        let anchors = self.anchor.as_str() == other.anchor.as_str();
        anchors && self.target == other.target && self.verb == other.verb
    }
}

impl Eq for LineEdit {}

impl LineEdit {
    /// The names of the verbs; `replace_part` and its like let the anchor match a part of the line.
    pub const VERBS: &'static [&'static str] = &[
        "replace",
        "before",
        "after",
        "ensure",
        "remove",
        "replace_part",
        "before_part",
        "after_part",
        "remove_part",
    ];

    /// An edit at the line that `anchor` matches whole, or in `part`. For [`LineVerb::Ensure`] the
    /// anchor is the line itself, literally.
    ///
    /// # Errors
    /// [`EditError::Malformed`]: no regular expression, or inserted text that matches its own anchor.
    pub fn new(anchor: &str, part: bool, verb: LineVerb) -> Result<Self, EditError> {
        let pattern = match (&verb, part) {
            (LineVerb::Ensure, _) => format!("^(?:{})$", regex::escape(anchor)),
            (_, false) => format!("^(?:{anchor})$"),
            (_, true) => anchor.to_owned(),
        };
        let regex = compiled(&pattern).map_err(|error| {
            EditError::malformed(anchor, format!("no regular expression: {error}"))
        })?;
        if let LineVerb::Before(text) | LineVerb::After(text) = &verb
            && block(text).iter().any(|line| regex.is_match(line))
        {
            let why =
                "the text to insert matches the anchor, so a second run would not find its place";
            return Err(EditError::malformed(anchor, why));
        }
        Ok(Self {
            target: anchor.to_owned(),
            anchor: regex,
            verb,
        })
    }

    /// Reads an edit from an edits file; the target is the anchor, of `ensure` the line itself.
    ///
    /// # Errors
    /// As [`LineEdit::new`], and an unknown verb, or a value missing or too many.
    pub fn read(verb: &str, target: &str, value: Option<&str>) -> Result<Self, EditError> {
        let malformed = |why: String| EditError::malformed(target, why);
        let (name, part) = match verb.strip_suffix("_part") {
            Some(name) => (name, true),
            None => (verb, false),
        };
        let verb = match (name, value) {
            ("replace", Some(text)) => LineVerb::Replace(text.to_owned()),
            ("before", Some(text)) => LineVerb::Before(text.to_owned()),
            ("after", Some(text)) => LineVerb::After(text.to_owned()),
            ("ensure", None) if !part => LineVerb::Ensure,
            ("remove", None) => LineVerb::Remove,
            ("replace" | "before" | "after", None) => {
                return Err(malformed(format!("`{verb}` needs a value")));
            }
            ("ensure" | "remove", Some(_)) => {
                return Err(malformed(format!("`{verb}` takes no value")));
            }
            _ => return Err(malformed(format!("lines has no verb `{verb}`"))),
        };
        Self::new(target, part, verb)
    }

    /// The anchor as it was written.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    pub(super) fn splices(&self, bytes: &[u8]) -> Result<Vec<Splice>, EditError> {
        let all = lines(bytes);
        let hits: Vec<usize> = (0..all.len())
            .filter(|index| self.anchor.is_match(all[*index].of(bytes)))
            .collect();
        match &self.verb {
            LineVerb::Replace(text) => self.replace(bytes, &all, &hits, text),
            LineVerb::Before(text) => {
                let hit = self.one(&all, &hits)?;
                let wanted = block(text);
                let there = hit >= wanted.len() && stands(bytes, &all, hit - wanted.len(), &wanted);
                let at = all[hit].whole.start;
                Ok(if there {
                    Vec::new()
                } else {
                    vec![inserted(bytes, at, &wanted)]
                })
            }
            LineVerb::After(text) => {
                let hit = self.one(&all, &hits)?;
                let wanted = block(text);
                let there = stands(bytes, &all, hit + 1, &wanted);
                let at = all[hit].whole.end;
                Ok(if there {
                    Vec::new()
                } else {
                    vec![inserted(bytes, at, &wanted)]
                })
            }
            LineVerb::Ensure if hits.is_empty() => Ok(vec![inserted(
                bytes,
                bytes.len(),
                &[self.target.as_bytes()],
            )]),
            LineVerb::Remove if !hits.is_empty() => {
                let hit = self.one(&all, &hits)?;
                Ok(vec![Splice::new(all[hit].whole.clone(), "")])
            }
            LineVerb::Ensure | LineVerb::Remove => Ok(Vec::new()),
        }
    }

    fn replace(
        &self,
        bytes: &[u8],
        all: &[Line],
        hits: &[usize],
        text: &str,
    ) -> Result<Vec<Splice>, EditError> {
        let wanted = block(text);
        let there: Vec<usize> = (0..all.len())
            .filter(|first| stands(bytes, all, *first, &wanted))
            .collect();
        if let [first] = there.as_slice()
            && hits
                .iter()
                .all(|hit| (*first..first + wanted.len()).contains(hit))
        {
            return Ok(Vec::new());
        }
        let hit = self.one(all, hits)?;
        let eol = line_end(bytes, all[hit].content.end);
        Ok(vec![Splice::new(
            all[hit].content.clone(),
            wanted.join(eol.as_bytes()),
        )])
    }

    fn one(&self, all: &[Line], hits: &[usize]) -> Result<usize, EditError> {
        match hits {
            [hit] => Ok(*hit),
            [] => Err(EditError::Missing {
                target: self.target.clone(),
                reached: format!("none of {} lines matches", all.len()),
                line: 1,
                near: None,
            }),
            many => {
                let lines = many.iter().map(|hit| all[*hit].number).collect();
                Err(EditError::ambiguous(&self.target, lines))
            }
        }
    }
}

/// The lines that the anchor matches whole.
pub(super) fn evaluate(bytes: &[u8], anchor: &str) -> Result<Vec<String>, EditError> {
    let edit = LineEdit::new(anchor, false, LineVerb::Remove)?;
    let found = lines(bytes);
    let matched = found
        .iter()
        .map(|line| line.of(bytes))
        .filter(|line| edit.anchor.is_match(line));
    Ok(matched
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect())
}

fn block(text: &str) -> Vec<&[u8]> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line).as_bytes())
        .collect()
}

fn stands(bytes: &[u8], all: &[Line], first: usize, wanted: &[&[u8]]) -> bool {
    all.get(first..first + wanted.len()).is_some_and(|lines| {
        lines
            .iter()
            .zip(wanted)
            .all(|(line, wanted)| line.of(bytes) == *wanted)
    })
}

fn inserted(bytes: &[u8], at: usize, wanted: &[&[u8]]) -> Splice {
    Splice::line(
        bytes,
        at,
        wanted.join(line_end(bytes, at.saturating_sub(1)).as_bytes()),
    )
}

#[cfg(test)]
mod tests;
