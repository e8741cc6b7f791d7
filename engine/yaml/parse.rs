//! Text → [`Node`]s, by the events of the parser.

use std::path::Path;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::{Error, Key, Map, Node, Place, Result, Value};

/// Reads one document; none where the text holds none. Keys are texts and unique.
pub fn parse(text: &str, path: &Path) -> Result<Option<Node>> {
    let file: Arc<Path> = Arc::from(path);
    let mut events = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event
            .map_err(|error| Error::at(&place(&file, error.marker()), error.info().to_owned()))?;
        events.push((event, span));
    }
    let mut reader = Reader {
        file,
        events: events.into_iter(),
    };
    loop {
        match reader.next()? {
            (Event::StreamStart | Event::DocumentStart(_), _) => {}
            (Event::DocumentEnd | Event::StreamEnd, _) => {
                return Ok(None);
            }
            (event, span) => return reader.node(event, span).map(Some),
        }
    }
}

fn place(file: &Arc<Path>, marker: &saphyr_parser::Marker) -> Place {
    Place {
        file: Arc::clone(file),
        line: u32::try_from(marker.line()).unwrap_or(u32::MAX),
        column: u32::try_from(marker.col() + 1).unwrap_or(u32::MAX),
    }
}

struct Reader<'a> {
    file: Arc<Path>,
    events: std::vec::IntoIter<(Event<'a>, Span)>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span)> {
        self.events
            .next()
            .ok_or_else(|| Error::at(&Place::start_of(&self.file), "the file ends in mid-value"))
    }

    fn node(&mut self, event: Event<'a>, span: Span) -> Result<Node> {
        let place = place(&self.file, &span.start);
        let value = match event {
            Event::Scalar(text, style, _, _) => scalar(&text, style),
            Event::SequenceStart(..) => {
                let mut list = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break Value::List(list),
                        (event, span) => list.push(self.node(event, span)?),
                    }
                }
            }
            Event::MappingStart(..) => {
                let mut map = Map::default();
                loop {
                    let (name, at) = match self.next()? {
                        (Event::MappingEnd, _) => break Value::Map(map),
                        (Event::Scalar(text, ..), span) => {
                            (text.into_owned(), self::place(&self.file, &span.start))
                        }
                        (_, span) => {
                            let at = self::place(&self.file, &span.start);
                            return Err(Error::at(&at, "a key is a text"));
                        }
                    };
                    let (event, span) = self.next()?;
                    let node = self.node(event, span)?;
                    let double = format!("`{name}` stands twice in this map");
                    let key = Key {
                        name,
                        place: at.clone(),
                    };
                    if map.insert(key, node).is_some() {
                        return Err(Error::at(&at, double));
                    }
                }
            }
            _ => return Err(Error::at(&place, "aliases are not read")),
        };
        Ok(Node::new(value, place))
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" => Value::Null,
        "true" | "yes" | "on" => Value::Bool(true),
        "false" | "no" | "off" => Value::Bool(false),
        _ => match text.parse() {
            Ok(number) => Value::Int(number),
            Err(_) => Value::String(text.to_owned()),
        },
    }
}
