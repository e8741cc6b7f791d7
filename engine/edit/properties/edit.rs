//! One edit of a properties or ini file: target and verb, splices, check.

use crate::edit::EditError;
use crate::edit::splice::Splice;
use crate::edit::text::line_end;
use crate::yaml::near;

use super::parse::{Dialect, Entry, Item, open_end, parse};
use super::write;

/// What is done to the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropertiesVerb {
    /// The key exists and gets this value.
    Set(String),
    /// The key is added where it is missing (behind its commented sample, else at the end of its
    /// section), and gets this value.
    Ensure(String),
    /// The key is not there.
    Remove,
}

/// One edit of a properties or ini file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertiesEdit {
    /// `key`, or `[section]key` for an ini file.
    pub target: String,
    /// What is done to it.
    pub verb: PropertiesVerb,
}

/// A target taken apart.
struct Key {
    dialect: Dialect,
    section: String,
    key: String,
}

impl PropertiesEdit {
    /// The names of the verbs.
    pub const VERBS: &'static [&'static str] = &["set", "ensure", "remove"];

    /// An edit of one key.
    ///
    /// # Errors
    /// [`EditError::Malformed`]: no key, or a value that an ini file cannot hold.
    pub fn new(target: &str, verb: PropertiesVerb) -> Result<Self, EditError> {
        let key = Key::of(target)?;
        let value = match &verb {
            PropertiesVerb::Set(value) | PropertiesVerb::Ensure(value) => value,
            PropertiesVerb::Remove => "",
        };
        match write::illegal(value, key.dialect).or_else(|| write::illegal(&key.key, key.dialect)) {
            Some(why) => Err(EditError::malformed(target, why)),
            None => Ok(Self {
                target: target.to_owned(),
                verb,
            }),
        }
    }

    /// Reads an edit from an edits file.
    ///
    /// # Errors
    /// As [`PropertiesEdit::new`], and an unknown verb, or a value missing or too many.
    pub fn read(verb: &str, target: &str, value: Option<&str>) -> Result<Self, EditError> {
        let verb = match (verb, value) {
            ("set", Some(value)) => PropertiesVerb::Set(value.to_owned()),
            ("ensure", Some(value)) => PropertiesVerb::Ensure(value.to_owned()),
            ("remove", None) => PropertiesVerb::Remove,
            ("set" | "ensure", None) => {
                return Err(EditError::malformed(
                    target,
                    format!("`{verb}` needs a value"),
                ));
            }
            ("remove", Some(_)) => {
                return Err(EditError::malformed(target, "`remove` takes no value"));
            }
            _ => {
                return Err(EditError::malformed(
                    target,
                    format!("properties has no verb `{verb}`"),
                ));
            }
        };
        Self::new(target, verb)
    }

    pub(in crate::edit) fn splices(&self, bytes: &[u8]) -> Result<Vec<Splice>, EditError> {
        let key = Key::of(&self.target)?;
        let items = parse(bytes, key.dialect);
        let found = key.entries(&items);
        let (value, ensure) = match &self.verb {
            PropertiesVerb::Remove => {
                return Ok(found
                    .iter()
                    .map(|entry| Splice::new(entry.whole.clone(), ""))
                    .collect());
            }
            PropertiesVerb::Set(value) => (value, false),
            PropertiesVerb::Ensure(value) => (value, true),
        };
        match found.as_slice() {
            [] if ensure => match open_end(bytes) {
                Some(line) if key.dialect == Dialect::Java => {
                    let why = "the last line ends in a backslash, so a new key would be part of it";
                    Err(EditError::refused(&self.target, line, why))
                }
                _ => Ok(vec![key.added(bytes, &items, value)]),
            },
            [] => Err(key.missing(&self.target, &items)),
            [entry] if entry.value == *value => Ok(Vec::new()),
            [entry] => {
                let mut written = write::value(value, key.dialect);
                if !key.separated(&bytes[entry.separator.clone()]) && !written.is_empty() {
                    written.insert(0, b'=');
                }
                Ok(vec![Splice::new(entry.raw.clone(), written)])
            }
            many => {
                let lines = many.iter().map(|entry| entry.line).collect();
                Err(EditError::ambiguous(&self.target, lines))
            }
        }
    }

    pub(in crate::edit) fn check(&self, bytes: &[u8]) -> Result<(), EditError> {
        let found = evaluate(bytes, &self.target)?;
        let wanted: &[&String] = match &self.verb {
            PropertiesVerb::Set(value) | PropertiesVerb::Ensure(value) => &[value],
            PropertiesVerb::Remove => &[],
        };
        if found.iter().eq(wanted.iter().copied()) {
            return Ok(());
        }
        Err(EditError::NotAsAsked {
            target: self.target.clone(),
            wanted: format!("{wanted:?}"),
            found: format!("{found:?}"),
        })
    }
}

/// The values of the key, in file order (Java takes the last).
pub(in crate::edit) fn evaluate(bytes: &[u8], target: &str) -> Result<Vec<String>, EditError> {
    let key = Key::of(target)?;
    let items = parse(bytes, key.dialect);
    Ok(key
        .entries(&items)
        .into_iter()
        .map(|entry| entry.value.clone())
        .collect())
}

impl Key {
    fn of(target: &str) -> Result<Self, EditError> {
        let (dialect, section, key) =
            match target.strip_prefix('[').map(|rest| rest.split_once(']')) {
                Some(Some((section, key))) => (Dialect::Ini, section.trim(), key.trim()),
                Some(None) => return Err(EditError::malformed(target, "`[` without `]`")),
                None => (Dialect::Java, "", target),
            };
        if key.is_empty() {
            return Err(EditError::malformed(target, "a key is missing"));
        }
        Ok(Self {
            dialect,
            section: section.to_owned(),
            key: key.to_owned(),
        })
    }

    /// True where a value can follow this separator: Java takes blanks for one, ini does not.
    fn separated(&self, separator: &[u8]) -> bool {
        let signed = separator.contains(&b'=') || separator.contains(&b':');
        signed || (self.dialect == Dialect::Java && !separator.is_empty())
    }

    fn entries<'a>(&self, items: &'a [Item]) -> Vec<&'a Entry> {
        items
            .iter()
            .filter_map(|item| match item {
                Item::Entry(entry) => Some(entry),
                Item::Section(..) | Item::Comment(..) => None,
            })
            .filter(|entry| entry.section == self.section && entry.key == self.key)
            .collect()
    }

    fn missing(&self, target: &str, items: &[Item]) -> EditError {
        let known = items.iter().filter_map(|item| match item {
            Item::Entry(entry) if entry.section == self.section => Some(entry.key.as_str()),
            _ => None,
        });
        let sample = items.iter().find_map(|item| match item {
            Item::Comment(text, line) if self.shown_by(text) => Some(line.number),
            _ => None,
        });
        EditError::Missing {
            target: target.to_owned(),
            reached: match self.section.as_str() {
                "" => format!("no key `{}`", self.key),
                section => format!("section `[{section}]` has no key `{}`", self.key),
            },
            line: sample.unwrap_or(1),
            near: match sample {
                Some(line) => Some(format!(
                    "the one in the comment on line {line} is a sample; `ensure` makes a real one"
                )),
                None => near(&self.key, known).map(|key| format!("is `{key}` meant?")),
            },
        }
    }

    /// True where the comment is a sample of this key, `#key=value`.
    fn shown_by(&self, comment: &str) -> bool {
        comment
            .trim_start()
            .strip_prefix(self.key.as_str())
            .is_some_and(|rest| rest.trim_start().starts_with(['=', ':']))
    }

    /// The new entry behind its commented sample, else behind the last item of its section, else with a
    /// new section at the end.
    fn added(&self, bytes: &[u8], items: &[Item], value: &str) -> Splice {
        let mut section = "";
        let mut last = self.section.is_empty().then_some(0);
        let mut sample = None;
        for item in items {
            let end = match item {
                Item::Entry(entry) => entry.whole.end,
                Item::Section(name, line) => {
                    section = name;
                    line.whole.end
                }
                Item::Comment(text, line) => {
                    if section == self.section && self.shown_by(text) {
                        sample = Some(line.whole.end);
                    }
                    continue;
                }
            };
            if section == self.section {
                last = Some(end);
            }
        }
        let ends = if self.dialect == Dialect::Java {
            Some(bytes.len())
        } else {
            last
        };
        let at = sample.or(ends).unwrap_or(bytes.len());
        let mut entry = Vec::new();
        if last.is_none() {
            entry.extend(
                [
                    format!("[{}]", self.section).as_bytes(),
                    line_end(bytes, at).as_bytes(),
                ]
                .concat(),
            );
        }
        entry.extend(write::key(&self.key, self.dialect));
        entry.extend(separator(bytes, items));
        entry.extend(write::value(value, self.dialect));
        Splice::line(bytes, at, entry)
    }
}

/// The separator that the file's last entry has, if it is one with a sign.
fn separator<'a>(bytes: &'a [u8], items: &[Item]) -> &'a [u8] {
    let last = items.iter().rev().find_map(|item| match item {
        Item::Entry(entry) => Some(&bytes[entry.separator.clone()]),
        _ => None,
    });
    match last {
        Some(found) if found.contains(&b'=') && !found.contains(&b'\\') => found,
        _ => b"=",
    }
}
