//! Text → [`Node`]: the events of `saphyr-parser`, plain scalars read as YAML 1.1 has them.

use std::path::Path;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::{Error, Key, Map, Node, Place, Result, Value};

/// Reads one YAML document; an empty text is nothing. Anchors and tags are refused.
pub fn parse(text: &str, file: &Path) -> Result<Node> {
    let file: Arc<Path> = Arc::from(file);
    let mut reader = Reader {
        events: Parser::new_from_str(text),
        file,
    };
    match reader.next()? {
        (Event::StreamEnd, _) => Ok(Node::new(Value::Null, reader.start())),
        (event, mark) => reader.node(event, mark),
    }
}

struct Reader<'a> {
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    file: Arc<Path>,
}

impl<'a> Reader<'a> {
    fn start(&self) -> Place {
        Place::start_of(&self.file)
    }

    fn place(&self, mark: Marker) -> Place {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Place {
            file: Arc::clone(&self.file),
            line: count(mark.line()),
            column: count(mark.col()).saturating_add(1),
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Marker)> {
        loop {
            match self.events.next_event() {
                None => return Err(Error::at(&self.start(), "the file ends too early")),
                Some(Err(cause)) => {
                    let place = self.place(*cause.marker());
                    return Err(Error::at(
                        &place,
                        format!("this is not YAML: {}", cause.info()),
                    ));
                }
                Some(Ok((
                    Event::Nothing
                    | Event::StreamStart
                    | Event::DocumentStart(_)
                    | Event::DocumentEnd,
                    _,
                ))) => {}
                Some(Ok((event, span))) => return Ok((event, span.start)),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, mark: Marker) -> Result<Node> {
        let place = self.place(mark);
        let value = match event {
            Event::Scalar(text, ScalarStyle::Plain, 0, None) => plain(&text),
            Event::Scalar(text, _, 0, None) => Value::String(text.into_owned()),
            Event::SequenceStart(0, None) => self.list()?,
            Event::MappingStart(0, None) => self.map()?,
            _ => return Err(Error::at(&place, "anchors and tags are not read")),
        };
        Ok(Node::new(value, place))
    }

    fn list(&mut self) -> Result<Value> {
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(nodes)),
                (event, mark) => nodes.push(self.node(event, mark)?),
            }
        }
    }

    fn map(&mut self) -> Result<Value> {
        let mut map = Map::default();
        loop {
            let (event, mark) = self.next()?;
            let place = self.place(mark);
            let name = match event {
                Event::MappingEnd => return Ok(Value::Map(map)),
                Event::Scalar(name, _, 0, None) => name.into_owned(),
                _ => {
                    return Err(Error::at(&place, "a key must be a text")
                        .hint("put a value that begins with `{{` in quotes"));
                }
            };
            let (event, mark) = self.next()?;
            let node = self.node(event, mark)?;
            if map.get(&name).is_some() {
                return Err(Error::at(
                    &place,
                    format!("the key `{name}` stands here twice"),
                ));
            }
            map.insert(Key { name, place }, node);
        }
    }
}

/// Reads a plain scalar as YAML 1.1 does.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    let octal =
        text.len() > 1 && text.starts_with('0') && text.bytes().all(|digit| digit.is_ascii_digit());
    let number = if octal {
        i64::from_str_radix(text, 8)
    } else {
        text.parse()
    };
    match (number, text.parse::<f64>()) {
        (Ok(number), _) => Value::Int(number),
        (Err(_), Ok(number))
            if text.contains('.') && text.bytes().any(|digit| digit.is_ascii_digit()) =>
        {
            Value::Float(number)
        }
        _ => Value::String(text.to_owned()),
    }
}
