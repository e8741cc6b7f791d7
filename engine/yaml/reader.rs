//! YAML events → [`Node`]s, with marks; doubles refused, aliases bounded, merge keys obeyed.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

use super::resolve::resolve;
use super::vault::VaultPasswords;
use super::{Error, Key, Map, Node, Place, Result, Value};

/// More nodes than this come out of no honest file: aliases of aliases.
const MOST_NODES: usize = 1_000_000;

/// Deeper nesting than this is a mistake (and would exhaust the stack).
const DEEPEST: usize = 100;

/// Reads a file's one document; [`None`] where it holds nothing but comments.
///
/// # Errors
/// With the place of what is no YAML, a double key, a second document, a vaulted value.
pub fn parse(text: &str, file: &Path) -> Result<Option<Node>> {
    parse_vaulted(text, file, &VaultPasswords::default())
}

/// As [`parse`], and opens `!vault` values.
///
/// # Errors
/// As [`parse`], and where a vaulted value cannot be opened.
pub fn parse_vaulted(text: &str, file: &Path, vault: &VaultPasswords) -> Result<Option<Node>> {
    let mut reader = Reader {
        events: Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text)),
        file: Arc::from(file),
        anchors: HashMap::new(),
        nodes: 0,
        depth: 0,
        vault,
    };
    let mut document = None;
    loop {
        let (event, span) = reader.next()?;
        match event {
            Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
            Event::DocumentStart(_) if document.is_some() => {
                return Err(
                    Error::at(&reader.place(&span), "a second document begins here")
                        .hint("one document a file: take the `---` out"),
                );
            }
            Event::DocumentStart(_) => {}
            Event::StreamEnd => return Ok(document),
            event => {
                let node = reader.node(event, &span)?;
                document = (node.value != Value::Null).then_some(node);
            }
        }
    }
}

struct Reader<'a> {
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    file: Arc<Path>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    depth: usize,
    vault: &'a VaultPasswords,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span)> {
        match self.events.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(self.broken(&error)),
            None => Err(Error::at(
                &Place::start_of(&self.file),
                "the file ends too early",
            )),
        }
    }

    fn broken(&self, error: &ScanError) -> Error {
        let mark = error.marker();
        let place = Place {
            file: self.file.clone(),
            line: u32::try_from(mark.line()).unwrap_or(u32::MAX),
            column: u32::try_from(mark.col() + 1).unwrap_or(u32::MAX),
        };
        let told = Error::at(&place, format!("not YAML: {}", error.info()));
        if error.info().contains("tab") {
            told.hint("indent with blanks, not with tabs")
        } else {
            told
        }
    }

    fn place(&self, span: &Span) -> Place {
        Place {
            file: self.file.clone(),
            line: u32::try_from(span.start.line()).unwrap_or(u32::MAX),
            column: u32::try_from(span.start.col() + 1).unwrap_or(u32::MAX),
        }
    }

    fn node(&mut self, event: Event<'a>, span: &Span) -> Result<Node> {
        let place = self.place(span);
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::at(
                &place,
                format!("nested more than {DEEPEST} deep"),
            ));
        }
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, self.scalar(&text, style, tag.as_deref(), &place)?)
            }
            Event::SequenceStart(anchor, _) => (anchor, Value::List(self.list()?)),
            Event::MappingStart(anchor, _) => (anchor, Value::Map(self.map(&place)?)),
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned().ok_or_else(|| {
                    Error::at(&place, "an alias to an anchor that is not complete here")
                })?;
                (
                    0,
                    Node {
                        place: place.clone(),
                        ..node
                    }
                    .value,
                )
            }
            _ => return Err(Error::at(&place, "the file ends too early")),
        };
        self.depth -= 1;
        let node = Node::new(value, place);
        self.nodes += size(&node);
        if self.nodes > MOST_NODES {
            return Err(Error::at(
                &node.place,
                "aliases make this file grow without bound",
            ));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        place: &Place,
    ) -> Result<Value> {
        if let Some(tag) = tag {
            match (tag.handle.as_str(), tag.suffix.as_str()) {
                ("!", "vault") => {
                    let opened = self.vault.open(text).map_err(|error| error.or_at(place))?;
                    return Ok(Value::Secret(opened));
                }
                ("!", "unsafe") | ("tag:yaml.org,2002:" | "!!", "str") => {
                    return Ok(Value::String(text.to_owned()));
                }
                ("tag:yaml.org,2002:" | "!!", "int" | "bool" | "float" | "null") => {
                    return Ok(resolve(text));
                }
                (handle, suffix) => {
                    return Err(Error::at(place, format!("unknown tag `{handle}{suffix}`"))
                        .hint("`!vault` and `!unsafe` are known"));
                }
            }
        }
        Ok(match style {
            ScalarStyle::Plain => resolve(text),
            _ => Value::String(text.to_owned()),
        })
    }

    fn list(&mut self) -> Result<Vec<Node>> {
        let mut list = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(list);
            }
            list.push(self.node(event, &span)?);
        }
    }

    fn map(&mut self, start: &Place) -> Result<Map> {
        let mut map = Map::default();
        let mut merged: Vec<Node> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let key = self.key(event, &span)?;
            let (event, span) = self.next()?;
            let node = self.node(event, &span)?;
            if key.name == "<<" {
                merged.push(node);
            } else if let Some((first, _)) = map.entry(&key.name) {
                return Err(
                    Error::at(&key.place, format!("`{}` stands twice", key.name))
                        .hint(format!("it stands first at line {}", first.place.line)),
                );
            } else {
                map.insert(key, node);
            }
        }
        for node in merged {
            merge(&mut map, node, start)?;
        }
        Ok(map)
    }

    fn key(&mut self, event: Event<'a>, span: &Span) -> Result<Key> {
        let place = self.place(span);
        match event {
            Event::Scalar(text, ..) => Ok(Key {
                name: text.into_owned(),
                place,
            }),
            Event::MappingStart(..) => Err(Error::at(&place, "a map cannot be a key")
                .hint("quote a value that starts with `{{`")),
            _ => Err(Error::at(&place, "only a text can be a key")),
        }
    }
}

/// `<<: *anchor` or a list of them: keys that the map has itself win.
fn merge(map: &mut Map, from: Node, start: &Place) -> Result<()> {
    match from.value {
        Value::Map(other) => {
            for (key, node) in other.iter() {
                if map.get(&key.name).is_none() {
                    map.insert(key.clone(), node.clone());
                }
            }
            Ok(())
        }
        Value::List(list) => list
            .into_iter()
            .try_for_each(|node| merge(map, node, start)),
        other => Err(Error::at(
            start,
            format!("`<<` takes a map, not {}", other.kind()),
        )),
    }
}

fn size(node: &Node) -> usize {
    // Children were counted when they were read; what counts again is only what an alias copies.
    match &node.value {
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::parse;

    fn read(text: &str) -> String {
        match parse(text, Path::new("f.yaml")) {
            Ok(node) => format!("{node:?}"),
            Err(error) => format!(
                "{} at {:?}; {:?}",
                error.message(),
                error.place(),
                error.way_out()
            ),
        }
    }

    #[test]
    fn documents_are_read_as_ansible_reads_them() {
        let rows = [
            ("# nothing\n", "None"),
            ("a: yes\nb: 'yes'\n", r#"Some({a: true, b: "yes"})"#),
            (
                "a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\n",
                "Some({a: {k: 1, l: 2}, b: {k: 3, l: 2}})",
            ),
            (
                "a: 1\nb: 2\na: 3\n",
                "`a` stands twice at Some(f.yaml:3:1); Some(\"it stands first at line 1\")",
            ),
            (
                "a: {{ x }}\n",
                "a map cannot be a key at Some(f.yaml:1:5); Some(\"quote a value that starts with `{{`\")",
            ),
            (
                "--- 1\n--- 2\n",
                "a second document begins here at Some(f.yaml:2:1); Some(\"one document a file: take the `---` out\")",
            ),
            (
                "a: !odd x\n",
                "unknown tag `!odd` at Some(f.yaml:1:4); Some(\"`!vault` and `!unsafe` are known\")",
            ),
            ("a: !unsafe '{{ x }}'\n", r#"Some({a: "{{ x }}"})"#),
        ];
        for (text, meaning) in rows {
            assert_eq!(read(text), meaning, "{text}");
        }
    }

    #[test]
    fn places_count_from_one() {
        let node = parse("all:\n  vars:\n    x: y\n", Path::new("f.yaml"))
            .unwrap()
            .unwrap();
        let vars = node
            .map()
            .unwrap()
            .get("all")
            .unwrap()
            .map()
            .unwrap()
            .get("vars")
            .unwrap()
            .clone();
        let (key, x) = vars.map().unwrap().entry("x").unwrap();
        assert_eq!(
            (key.place.to_string(), x.place.to_string()),
            ("f.yaml:3:5".into(), "f.yaml:3:8".into())
        );
    }
}
