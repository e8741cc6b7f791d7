//! Our values ↔ the template engine's.

use minijinja::Value as Rendered;
use minijinja::value::ValueKind;

use crate::yaml::{Key, Map, Node, Place, Value};

/// A value for the template engine. Texts that hold templates are taken as they are; only
/// [`Scope`](super::Scope) renders them.
#[must_use]
pub fn to_rendered(node: &Node) -> Rendered {
    match &node.value {
        Value::Null => Rendered::from(()),
        Value::Bool(value) => Rendered::from(*value),
        Value::Int(value) => Rendered::from(*value),
        Value::Float(value) => Rendered::from(*value),
        Value::String(text) => Rendered::from(text.as_str()),
        Value::Secret(secret) => Rendered::from(secret.reveal()),
        Value::List(list) => list.iter().map(to_rendered).collect(),
        Value::Map(map) => Rendered::from_pairs(
            map.iter()
                .map(|(key, node)| (key.name.as_str(), to_rendered(node))),
        ),
    }
}

/// What a template gave, at the place where the template stands.
#[must_use]
pub fn from_rendered(value: &Rendered, place: &Place) -> Node {
    let inner = match value.kind() {
        ValueKind::Undefined | ValueKind::None => Value::Null,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::Number => match i64::try_from(value.clone()) {
            Ok(number) if value.is_integer() => Value::Int(number),
            _ => f64::try_from(value.clone())
                .map_or_else(|_| Value::String(value.to_string()), Value::Float),
        },
        ValueKind::Seq | ValueKind::Iterable => match value.try_iter() {
            Ok(items) => Value::List(items.map(|item| from_rendered(&item, place)).collect()),
            Err(_) => Value::String(value.to_string()),
        },
        ValueKind::Map => Value::Map(map(value, place)),
        _ => Value::String(value.to_string()),
    };
    Node::new(inner, place.clone())
}

fn map(value: &Rendered, place: &Place) -> Map {
    let keys = value.try_iter().into_iter().flatten();
    keys.map(|key| {
        let item = value.get_item(&key).unwrap_or_default();
        let key = Key {
            name: key.to_string(),
            place: place.clone(),
        };
        (key, from_rendered(&item, place))
    })
    .collect()
}
