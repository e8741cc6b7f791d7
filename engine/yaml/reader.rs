//! Events of the YAML parser → a tree of [`Node`]s, each with its place.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::resolve::{float, int, resolve};
use super::vault::VaultPasswords;
use super::{Error, Key, Map, Node, Place, Result, Value};

/// How many nodes the aliases of one file may make; a file that makes more is an alias bomb.
const ALIASED_NODES: usize = 100_000;
/// How deep lists and maps may nest.
const DEPTH: usize = 100;
const QUOTE: &str = "quote a value that starts with `{{`";

/// Reads a file's one document; [`None`] where it holds nothing but comments. `file` names the
/// file in places.
///
/// # Errors
/// The first mistake with its place: what is no YAML, a double key, a second document, an alias
/// bomb, a vaulted value.
pub fn parse(text: &str, file: &Path) -> Result<Option<Node>> {
    parse_vaulted(text, file, &VaultPasswords::default())
}

/// As [`parse`], and opens `!vault` values.
///
/// # Errors
/// As [`parse`], and where a vaulted value cannot be opened.
pub fn parse_vaulted(text: &str, file: &Path, vault: &VaultPasswords) -> Result<Option<Node>> {
    let mut reader = Reader::new(text, file, vault);
    let mut document = None;
    while let Some((event, span)) = reader.next()? {
        if !matches!(event, Event::DocumentStart(_)) {
            continue;
        }
        if document.is_some() {
            return Err(
                Error::at(&reader.place(span.start), "a second document begins here")
                    .hint("one document a file: take the `---` out"),
            );
        }
        document = Some(reader.node(0)?);
    }
    Ok(document.filter(|node| node.value != Value::Null))
}

/// How many nodes a tree has.
fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(list) => list.iter().map(size).sum(),
        Value::Map(map) => map.iter().map(|(_, node)| size(node)).sum(),
        _ => 0,
    }
}

/// An anchored node, or that it is still being read.
enum Anchor {
    Open,
    Read(Node, usize),
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    text: &'a str,
    file: Arc<Path>,
    anchors: HashMap<usize, Anchor>,
    aliased: usize,
    vault: &'a VaultPasswords,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, file: &Path, vault: &'a VaultPasswords) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self {
            events: Parser::new_from_str(text),
            text,
            file: Arc::from(file),
            anchors: HashMap::new(),
            aliased: 0,
            vault,
        }
    }

    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>> {
        self.events
            .next_event()
            .transpose()
            .map_err(|error| self.unreadable(&error))
    }

    fn place(&self, mark: Marker) -> Place {
        Place {
            file: Arc::clone(&self.file),
            line: u32::try_from(mark.line()).unwrap_or(u32::MAX),
            column: u32::try_from(mark.col() + 1).unwrap_or(u32::MAX),
        }
    }

    /// Says in our words what the parser cannot read, from the line that it stopped at.
    fn unreadable(&self, error: &ScanError) -> Error {
        let mark = *error.marker();
        let place = self.place(mark);
        let first = mark.line().saturating_sub(2);
        let around: Vec<&str> = self.text.lines().skip(first).take(2).collect();
        let tab =
            |line: &&str| line.trim_start_matches(' ').starts_with('\t') && !line.trim().is_empty();
        // A scalar that runs on into the next lines is blamed where it begins, the tab stands behind it.
        let behind = || {
            let mut lines = self.text.lines().skip(first);
            let at = lines.position(|line| tab(&line))?;
            error.info().contains("tab").then_some(at)
        };
        if let Some(at) = around.iter().rposition(tab).or_else(behind) {
            let line = self.text.lines().nth(first + at).unwrap_or_default();
            let spaces = line.len() - line.trim_start_matches(' ').len();
            return Error::at(
                &self.place(Marker::new(0, first + at + 1, spaces)),
                "a tab stands in the indentation",
            )
            .hint("YAML is indented with spaces only");
        }
        let report = Error::at(&place, format!("not YAML: {}", error.info()));
        let unquoted = around.iter().any(|line| {
            line.contains(": {{") || line.trim_start().starts_with("- {{") || line.contains(": {%")
        });
        let second_colon = around
            .last()
            .is_some_and(|line| !line.contains(['"', '\'']) && line.matches(": ").count() > 1);
        if unquoted {
            report.hint(QUOTE)
        } else if error.info().contains("unknown anchor") {
            report.hint("quote a value that starts with `*`")
        } else if second_colon {
            report.hint("quote a value that holds `: `")
        } else if ["mapping values", "indent", "expected key"]
            .iter()
            .any(|sign| error.info().contains(sign))
        {
            report.hint("check the indentation of this line against the line above")
        } else {
            report
        }
    }

    fn ended(&self) -> Error {
        Error::at(&Place::start_of(&self.file), "the file ends in mid-value")
    }

    fn node(&mut self, depth: usize) -> Result<Node> {
        let (event, span) = self.next()?.ok_or_else(|| self.ended())?;
        self.node_from(event, span, depth)
    }

    fn node_from(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node> {
        let place = self.place(span.start);
        if depth > DEPTH {
            return Err(Error::at(
                &place,
                format!("nested deeper than {DEPTH} levels"),
            ));
        }
        let (anchor, value) = match event {
            Event::Alias(anchor) => return self.alias(anchor, &place),
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, self.scalar(&text, style, tag.as_deref(), &place)?)
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(anchor);
                plain_tag(tag.as_deref(), "seq", &place)?;
                (anchor, Value::List(self.list(depth)?))
            }
            Event::MappingStart(anchor, tag) => {
                self.open(anchor);
                plain_tag(tag.as_deref(), "map", &place)?;
                (anchor, Value::Map(self.map(depth)?))
            }
            // A document of nothing: the parser has told its end already.
            _ => return Ok(Node::new(Value::Null, place)),
        };
        let node = Node::new(value, place);
        if anchor > 0 {
            let nodes = size(&node);
            self.anchors
                .insert(anchor, Anchor::Read(node.clone(), nodes));
        }
        Ok(node)
    }

    fn open(&mut self, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, Anchor::Open);
        }
    }

    fn alias(&mut self, anchor: usize, place: &Place) -> Result<Node> {
        match self.anchors.get(&anchor) {
            Some(Anchor::Read(node, nodes)) => {
                self.aliased += nodes;
                if self.aliased > ALIASED_NODES {
                    return Err(Error::at(
                        place,
                        format!("the aliases of this file make more than {ALIASED_NODES} values"),
                    ));
                }
                Ok(node.clone())
            }
            Some(Anchor::Open) => Err(Error::at(place, "an alias stands inside its own anchor")),
            None => Err(Error::at(place, "an alias names no anchor of this file")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>> {
        let mut list = Vec::new();
        loop {
            match self.next()?.ok_or_else(|| self.ended())? {
                (Event::SequenceEnd, _) => return Ok(list),
                (event, span) => list.push(self.node_from(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Map> {
        let mut own = Map::default();
        let mut merged = Vec::new();
        loop {
            let (event, span) = self.next()?.ok_or_else(|| self.ended())?;
            if event == Event::MappingEnd {
                break;
            }
            let place = self.place(span.start);
            let merges = matches!(&event,
                Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let name = self.key(event, span, depth)?;
            let value = self.node(depth + 1)?;
            if merges {
                merged.extend(sources(value)?);
                continue;
            }
            if let Some((first, _)) = own.entry(&name) {
                return Err(Error::at(&place, format!("`{name}` stands twice"))
                    .hint(format!("it stands first at line {}", first.place.line)));
            }
            own.insert(Key { name, place }, value);
        }
        Ok(with_merged(own, merged))
    }

    /// The name of a key. A map in its place comes from an unquoted `{{`.
    fn key(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<String> {
        let place = self.place(span.start);
        let written = match &event {
            Event::Scalar(text, ScalarStyle::Plain, _, None) => Some(text.to_string()),
            _ => None,
        };
        let node = self.node_from(event, span, depth + 1)?;
        match (node.value, written) {
            (Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Null, Some(text)) => {
                Ok(text)
            }
            (Value::String(text), _) => Ok(text),
            (Value::Map(_), _) => Err(Error::at(&place, "a map cannot be a key").hint(QUOTE)),
            _ => Err(Error::at(&place, "only a text can be a key")),
        }
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        place: &Place,
    ) -> Result<Value> {
        let Some(tag) = tag else {
            return Ok(match style {
                ScalarStyle::Plain => resolve(text),
                _ => Value::String(text.to_owned()),
            });
        };
        let cannot = || Error::at(place, format!("`{text}` is not what its tag says"));
        match (tag.handle.as_str(), tag.suffix.as_str(), core_name(tag)) {
            ("!", "vault" | "vault-encrypted", _) => {
                let opened = self.vault.open(text).map_err(|error| error.or_at(place))?;
                Ok(Value::Secret(opened))
            }
            ("!", "unsafe", _) => Ok(Value::String(untemplated(text))),
            ("" | "!", "", _) | (_, _, Some("str")) => Ok(Value::String(text.to_owned())),
            (_, _, Some("null")) => Ok(Value::Null),
            (_, _, Some("bool")) => match resolve(text) {
                Value::Bool(value) => Ok(Value::Bool(value)),
                _ => Err(cannot()),
            },
            (_, _, Some("int")) => int(text).map(Value::Int).ok_or_else(cannot),
            (_, _, Some("float")) => float(text)
                .or_else(|| text.parse().ok())
                .map(Value::Float)
                .ok_or_else(cannot),
            _ => Err(unknown_tag(tag, place)),
        }
    }
}

/// The maps that a `<<` names, the strongest first.
fn sources(value: Node) -> Result<Vec<Map>> {
    match value.value {
        Value::Map(map) => Ok(vec![map]),
        Value::List(list) => {
            let mut maps = Vec::new();
            for node in list {
                maps.push(node.map()?.clone());
            }
            Ok(maps)
        }
        other => Err(Error::at(
            &value.place,
            format!(
                "`<<` merges a map or a list of maps, found {}",
                other.kind()
            ),
        )),
    }
}

/// The keys of the merged maps come first and lose to the map's own.
fn with_merged(own: Map, merged: Vec<Map>) -> Map {
    if merged.is_empty() {
        return own;
    }
    let mut all = Map::default();
    for map in merged.iter().rev().chain([&own]) {
        for (key, node) in map.iter() {
            all.insert(key.clone(), node.clone());
        }
    }
    all
}

fn core_name(tag: &Tag) -> Option<&str> {
    tag.is_yaml_core_schema().then_some(tag.suffix.as_str())
}

fn unknown_tag(tag: &Tag, place: &Place) -> Error {
    Error::at(place, format!("unknown tag `{tag}`")).hint("`!vault` and `!unsafe` are known")
}

/// Lists and maps take no tag but their own kind's.
fn plain_tag(tag: Option<&Tag>, kind: &str, place: &Place) -> Result<()> {
    match tag {
        Some(tag) if core_name(tag) != Some(kind) => Err(unknown_tag(tag, place)),
        _ => Ok(()),
    }
}

/// A text that templates leave alone: one that looks like a template is wrapped into an expression
/// that gives the very text.
fn untemplated(text: &str) -> String {
    if !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
        return text.to_owned();
    }
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("{{{{ \"{escaped}\" }}}}")
}
