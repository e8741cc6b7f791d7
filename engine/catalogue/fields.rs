//! The fields of one map of a catalogue file: taken one by one, what is left over is an error.

use crate::yaml::{Error, Map, Node, Result, near};

/// A map whose keys must all be known.
pub(super) struct Fields<'a> {
    map: &'a Map,
    known: &'static [&'static str],
}

impl<'a> Fields<'a> {
    /// Opens a map; a key outside `known` is refused with its near miss.
    pub(super) fn of(node: &'a Node, known: &'static [&'static str]) -> Result<Self> {
        let map = node.map()?;
        for (key, _) in map.iter() {
            if known.contains(&key.name.as_str()) {
                continue;
            }
            let error = Error::at(&key.place, format!("`{}` is no key here", key.name));
            return Err(match near(&key.name, known.iter().copied()) {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error.hint(format!("known are `{}`", known.join("`, `"))),
            });
        }
        Ok(Self { map, known })
    }

    /// The value of a known key.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        debug_assert!(
            self.known.contains(&key),
            "`{key}` is asked for but not known"
        );
        self.map.get(key)
    }

    /// The text of a key.
    pub(super) fn text(&self, key: &str) -> Result<Option<String>> {
        self.get(key)
            .map(|node| Ok(node.text()?.to_owned()))
            .transpose()
    }
}

/// A list of texts.
pub(super) fn texts(node: &Node) -> Result<Vec<String>> {
    let texts = node
        .list()?
        .iter()
        .map(|entry| Ok(entry.text()?.to_owned()));
    texts.collect()
}

/// A number that fits, such as a port or a Java version.
pub(super) fn small(node: &Node) -> Result<u16> {
    u16::try_from(node.int()?)
        .map_err(|error| Error::at(&node.place, "expected a number from 0 to 65535").because(error))
}
