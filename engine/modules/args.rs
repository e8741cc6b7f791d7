//! A task's parameters, rendered, as a module reads them.

use crate::yaml::{Error, Map, Node, Place, Result, Value};

/// Rendered parameters by their canonical names.
#[derive(Clone, Debug)]
pub struct Args {
    map: Map,
    place: Place,
}

impl Args {
    /// Takes the rendered parameters of the task at `place`.
    #[must_use]
    pub fn new(map: Map, place: Place) -> Self {
        Self { map, place }
    }

    /// Where the task stands.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// A parameter as it is; `null` and an `omit`ted one count as not given.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.map.get(name).filter(|node| node.value != Value::Null)
    }

    /// All parameters, for modules that take any.
    #[must_use]
    pub fn all(&self) -> &Map {
        &self.map
    }

    /// A text; numbers and yes/no values are written out, as Ansible does.
    pub fn text(&self, name: &str) -> Result<Option<String>> {
        self.node(name).map(as_text).transpose()
    }

    /// A text that must be given.
    pub fn required(&self, name: &str) -> Result<String> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    /// A yes/no value; texts such as `yes` count, as templates give texts.
    pub fn bool(&self, name: &str) -> Result<Option<bool>> {
        let Some(node) = self.node(name) else {
            return Ok(None);
        };
        match &node.value {
            Value::Bool(value) => Ok(Some(*value)),
            Value::Int(0) => Ok(Some(false)),
            Value::Int(1) => Ok(Some(true)),
            Value::String(text) => match text.to_ascii_lowercase().as_str() {
                "yes" | "true" | "on" | "1" | "y" => Ok(Some(true)),
                "no" | "false" | "off" | "0" | "n" | "" => Ok(Some(false)),
                _ => Err(Error::at(
                    &node.place,
                    format!("`{name}` is yes or no, not `{text}`"),
                )),
            },
            other => Err(Error::at(
                &node.place,
                format!("`{name}` is yes or no, not {}", other.kind()),
            )),
        }
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> Result<Option<i64>> {
        self.node(name).map(Node::int).transpose()
    }

    /// A list of texts; one text counts as a list of one, split at commas.
    pub fn list(&self, name: &str) -> Result<Vec<String>> {
        let Some(node) = self.node(name) else {
            return Ok(Vec::new());
        };
        match &node.value {
            Value::List(items) => items.iter().map(as_text).collect(),
            _ => Ok(as_text(node)?
                .split(',')
                .map(|item| item.trim().to_owned())
                .filter(|item| !item.is_empty())
                .collect()),
        }
    }

    /// Permissions. A text is octal (`"0640"`); a bare `0640` was read as octal by YAML already. `640`
    /// without quotes is decimal in YAML and therefore an error, as are symbolic modes.
    pub fn mode(&self, name: &str) -> Result<Option<u32>> {
        let Some(node) = self.node(name) else {
            return Ok(None);
        };
        let wrong = |found: &str| {
            Error::at(&node.place, format!("`{found}` is no mode")).hint(format!(
                "write `{name}` in octal and in quotes, as \"0640\""
            ))
        };
        match &node.value {
            Value::String(text) => u32::from_str_radix(text, 8)
                .ok()
                .filter(|mode| *mode <= 0o7777)
                .map(Some)
                .ok_or_else(|| wrong(text)),
            // 640 in decimal holds the digits 1200 in octal: a mode that nobody means.
            Value::Int(mode) if (0..=0o7777).contains(mode) => u32::try_from(*mode)
                .map(Some)
                .map_err(|_| wrong(&mode.to_string())),
            other => Err(wrong(other.kind())),
        }
    }

    /// The error for a parameter that is needed here and was not given.
    #[must_use]
    pub fn missing(&self, name: &str) -> Error {
        Error::at(&self.place, format!("`{name}` is needed here"))
    }
}

/// A scalar as text.
fn as_text(node: &Node) -> Result<String> {
    Ok(match &node.value {
        Value::String(text) => text.clone(),
        Value::Secret(secret) => secret.reveal().to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Null => String::new(),
        Value::List(_) | Value::Map(_) => node.text()?.to_owned(),
    })
}
