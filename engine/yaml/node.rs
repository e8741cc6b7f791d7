//! A value as the user wrote it, with its place.

use std::fmt;

use super::{Error, Place, Result, Secret};

/// A value and where it was written.
#[derive(Clone, PartialEq)]
pub struct Node {
    /// What was written.
    pub value: Value,
    /// Where it was written.
    pub place: Place,
}

/// What can be written in YAML 1.1, as Ansible reads it.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// `null`, `~`, or nothing.
    Null,
    /// `true`, `yes`, `on` and their opposites.
    Bool(bool),
    /// A whole number; `0644` is octal, as in YAML 1.1.
    Int(i64),
    /// A number with a point.
    Float(f64),
    /// A text.
    String(String),
    /// A text that was vaulted or otherwise declared secret.
    Secret(Secret),
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the file.
    Map(Map),
}

/// A key of a map and where it was written.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// The key as text.
    pub name: String,
    /// Where it was written.
    pub place: Place,
}

/// A map in the order of the file; keys are unique (the reader refuses doubles).
#[derive(Clone, PartialEq, Default)]
pub struct Map {
    entries: Vec<(Key, Node)>,
}

impl Map {
    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, node)| node)
    }

    /// The key as it was written, and its value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<(&Key, &Node)> {
        self.iter().find(|(candidate, _)| candidate.name == key)
    }

    /// Sets `key`, in place where it is already there, else at the end; returns the former value.
    pub fn insert(&mut self, key: Key, node: Node) -> Option<Node> {
        match self
            .entries
            .iter_mut()
            .find(|(old, _)| old.name == key.name)
        {
            Some(entry) => Some(std::mem::replace(entry, (key, node)).1),
            None => {
                self.entries.push((key, node));
                None
            }
        }
    }

    /// Takes `key` out and returns its value.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let at = self.entries.iter().position(|(old, _)| old.name == key)?;
        Some(self.entries.remove(at).1)
    }

    /// Keys and values in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Node)> {
        self.entries.iter().map(|(key, node)| (key, node))
    }

    /// True where there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

impl FromIterator<(Key, Node)> for Map {
    fn from_iter<T: IntoIterator<Item = (Key, Node)>>(entries: T) -> Self {
        let mut map = Self::default();
        for (key, node) in entries {
            map.insert(key, node);
        }
        map
    }
}

impl Value {
    /// What kind of value this is, in the words of an error message.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a yes/no value",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::String(_) => "a text",
            Self::Secret(_) => "a secret",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl Node {
    /// Puts a value at a place.
    #[must_use]
    pub fn new(value: Value, place: Place) -> Self {
        Self { value, place }
    }

    /// The text, or an error that says what stands there instead. Numbers and yes/no values are
    /// not taken for texts.
    pub fn text(&self) -> Result<&str> {
        match &self.value {
            Value::String(text) => Ok(text),
            Value::Secret(secret) => Ok(secret.reveal()),
            other => Err(self.expected("a text", other)),
        }
    }

    /// The map, or an error that says what stands there instead.
    pub fn map(&self) -> Result<&Map> {
        match &self.value {
            Value::Map(map) => Ok(map),
            other => Err(self.expected("a map", other)),
        }
    }

    /// The list, or an error that says what stands there instead.
    pub fn list(&self) -> Result<&[Node]> {
        match &self.value {
            Value::List(list) => Ok(list),
            other => Err(self.expected("a list", other)),
        }
    }

    /// The yes/no value, or an error that says what stands there instead.
    pub fn bool(&self) -> Result<bool> {
        match &self.value {
            Value::Bool(value) => Ok(*value),
            other => Err(self.expected("yes or no", other)),
        }
    }

    /// The whole number, or an error that says what stands there instead. A text of digits counts
    /// as a number, because `--extra-vars` and templates give texts.
    pub fn int(&self) -> Result<i64> {
        match &self.value {
            Value::Int(value) => Ok(*value),
            Value::String(text) => text
                .parse()
                .map_err(|_| self.expected("a whole number", &self.value)),
            other => Err(self.expected("a whole number", other)),
        }
    }

    fn expected(&self, wanted: &str, found: &Value) -> Error {
        Error::at(
            &self.place,
            format!("expected {wanted}, found {}", found.kind()),
        )
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Int(value) => write!(out, "{value}"),
            Self::Float(value) => write!(out, "{value:?}"),
            Self::String(value) => write!(out, "{value:?}"),
            Self::Secret(value) => write!(out, "{value:?}"),
            Self::List(nodes) => out.debug_list().entries(nodes).finish(),
            Self::Map(map) => fmt::Debug::fmt(map, out),
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.value, out)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_map().entries(self.iter()).finish()
    }
}
