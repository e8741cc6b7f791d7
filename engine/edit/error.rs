//! Why an edit cannot be made: the target, how far it matched, the line of the file, what was near.

use thiserror::Error;

/// Why an edit was refused; the caller adds the path of the file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EditError {
    /// The edit itself is malformed: its path, key, anchor, verb or value; no file is to blame.
    #[error("`{target}` is no edit that can be made: {why}")]
    Malformed {
        /// The target as it was written.
        target: String,
        /// What is wrong with it.
        why: String,
    },
    /// The file is not what the format demands.
    #[error("line {line}: {why}")]
    Unreadable {
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        why: String,
    },
    /// The file's encoding cannot be edited safely.
    #[error("the file is in {encoding}, which is not edited: {why}")]
    Encoding {
        /// The encoding, as declared or as seen.
        encoding: String,
        /// The first thing that stands in the way.
        why: String,
    },
    /// The target is not in the file.
    #[error("`{target}` is not there: {reached}{}", hint(.near))]
    Missing {
        /// The target as it was written.
        target: String,
        /// How far it matched, and what is there instead.
        reached: String,
        /// The line up to which it matched, from 1.
        line: usize,
        /// What was probably meant, or how to go on.
        near: Option<String>,
    },
    /// The target stands in the file more than once.
    #[error("`{target}` stands {} times, on lines {}", lines.len(), listed(.lines))]
    Ambiguous {
        /// The target as it was written.
        target: String,
        /// Where, from 1.
        lines: Vec<usize>,
    },
    /// The target is there, but what is asked would destroy or distort it.
    #[error("`{target}` (line {line}) is not edited: {why}")]
    Refused {
        /// The target as it was written.
        target: String,
        /// Where it stands, from 1.
        line: usize,
        /// Why not.
        why: String,
    },
    /// The result, parsed back, is not what was asked for: a later edit undid it, or the file defeats it.
    #[error("`{target}` is not as asked after all edits: wanted {wanted}, found {found}")]
    NotAsAsked {
        /// The target as it was written.
        target: String,
        /// What was asked for.
        wanted: String,
        /// What the result holds.
        found: String,
    },
}

impl EditError {
    /// The line of the file, from 1, that is to blame or up to which the target matched.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Unreadable { line, .. }
            | Self::Missing { line, .. }
            | Self::Refused { line, .. } => Some(*line),
            Self::Ambiguous { lines, .. } => lines.first().copied(),
            Self::Malformed { .. } | Self::Encoding { .. } | Self::NotAsAsked { .. } => None,
        }
    }

    /// The target of the edit that is to blame, if one is.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        match self {
            Self::Malformed { target, .. }
            | Self::Missing { target, .. }
            | Self::Ambiguous { target, .. }
            | Self::Refused { target, .. }
            | Self::NotAsAsked { target, .. } => Some(target),
            Self::Unreadable { .. } | Self::Encoding { .. } => None,
        }
    }

    pub(super) fn malformed(target: &str, why: impl Into<String>) -> Self {
        Self::Malformed {
            target: target.to_owned(),
            why: why.into(),
        }
    }

    pub(super) fn refused(target: &str, line: usize, why: impl Into<String>) -> Self {
        Self::Refused {
            target: target.to_owned(),
            line,
            why: why.into(),
        }
    }

    pub(super) fn ambiguous(target: &str, lines: Vec<usize>) -> Self {
        Self::Ambiguous {
            target: target.to_owned(),
            lines,
        }
    }
}

fn hint(near: &Option<String>) -> String {
    near.as_ref()
        .map(|near| format!("; {near}"))
        .unwrap_or_default()
}

/// `3`, `3 and 9`, `3, 9 and 12`.
pub(super) fn listed(lines: &[usize]) -> String {
    let words: Vec<String> = lines.iter().map(ToString::to_string).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}
