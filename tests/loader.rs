//! Inventories for tests of what is derived from them: a plain reader of plain files.

use std::path::Path;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use wmprov::inventory::{Group, Host, Inventory, Vars};
use wmprov::yaml::{Key, Map, Node, Place, Secrets, Value};

struct Reader<'a> {
    file: &'a Path,
    events: Vec<(Event<'a>, Marker)>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> (Event<'a>, Place) {
        let (event, marker) = self.events[self.at].clone();
        self.at += 1;
        let place = Place::new(
            self.file,
            u32::try_from(marker.line()).unwrap(),
            u32::try_from(marker.col()).unwrap() + 1,
        );
        (event, place)
    }

    fn node(&mut self) -> Node {
        let (event, place) = self.next();
        let value = match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) => {
                match (text.as_ref(), text.parse::<i64>()) {
                    (_, Ok(number)) => Value::Int(number),
                    ("" | "~", _) => Value::Null,
                    ("true" | "false", _) => Value::Bool(text == "true"),
                    _ => match text.parse::<f64>() {
                        Ok(number) => Value::Float(number),
                        Err(_) => Value::String(text.into()),
                    },
                }
            }
            Event::Scalar(text, ..) => Value::String(text.into()),
            Event::SequenceStart(..) => {
                let mut list = Vec::new();
                while self.events[self.at].0 != Event::SequenceEnd {
                    list.push(self.node());
                }
                self.at += 1;
                Value::List(list)
            }
            Event::MappingStart(..) => {
                let mut map = Map::default();
                while self.events[self.at].0 != Event::MappingEnd {
                    let (Event::Scalar(name, ..), place) = self.next() else {
                        panic!("a key is a text")
                    };
                    map.insert(
                        Key {
                            name: name.into(),
                            place,
                        },
                        self.node(),
                    );
                }
                self.at += 1;
                Value::Map(map)
            }
            other => panic!("{other:?} at {place}"),
        };
        Node::new(value, place)
    }
}

fn entries<'a>(map: &'a Map, key: &str) -> Vec<(&'a Key, &'a Node)> {
    match map.get(key).map(|node| &node.value) {
        Some(Value::Map(map)) => map.iter().collect(),
        _ => Vec::new(),
    }
}

fn walk(key: &Key, node: &Node, above: &[String], inventory: &mut Inventory) {
    let empty = Map::default();
    let map = match &node.value {
        Value::Map(map) => map,
        _ => &empty,
    };
    let mut path = above.to_vec();
    path.push(key.name.clone());
    let at = inventory
        .groups
        .iter()
        .position(|group| group.name == key.name)
        .unwrap_or_else(|| {
            inventory.groups.push(Group {
                name: key.name.clone(),
                children: vec![],
                hosts: vec![],
                vars: Vars::new(),
                place: key.place.clone(),
            });
            inventory.groups.len() - 1
        });
    for (name, value) in entries(map, "vars") {
        inventory.groups[at]
            .vars
            .insert(name.name.clone(), value.clone());
    }
    for (name, own) in entries(map, "hosts") {
        inventory.groups[at].hosts.push(name.name.clone());
        let found = inventory
            .hosts
            .iter()
            .position(|host| host.name == name.name)
            .unwrap_or_else(|| {
                inventory.hosts.push(Host {
                    name: name.name.clone(),
                    groups: vec![],
                    vars: Vars::new(),
                    place: name.place.clone(),
                });
                inventory.hosts.len() - 1
            });
        let host = &mut inventory.hosts[found];
        if let Value::Map(own) = &own.value {
            host.vars.extend(
                own.iter()
                    .map(|(key, value)| (key.name.clone(), value.clone())),
            );
        }
        host.groups.extend(
            path.iter()
                .filter(|group| !host.groups.contains(group))
                .cloned()
                .collect::<Vec<_>>(),
        );
    }
    for (child, below) in entries(map, "children") {
        inventory.groups[at].children.push(child.name.clone());
        walk(child, below, &path, inventory);
    }
}

/// The inventory that `text` spells, as if read from `file`.
pub(crate) fn inventory(file: &Path, text: &str) -> Inventory {
    let events = Parser::new_from_str(text)
        .map(Result::unwrap)
        .map(|(event, span)| (event, span.start))
        .collect();
    let mut reader = Reader {
        file,
        events,
        at: 2,
    };
    let top = reader.node();
    let mut inventory = Inventory {
        file: file.into(),
        hosts: vec![],
        groups: vec![],
        extra: Vars::new(),
        secrets: Secrets::default(),
    };
    for (key, node) in top.map().unwrap().iter() {
        walk(key, node, &[], &mut inventory);
    }
    inventory
}
