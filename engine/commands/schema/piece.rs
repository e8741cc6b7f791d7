//! The pieces that schemas are put together from.

use serde_json::{Map, Value, json};

/// A text that is a template, whose value is not known yet.
pub(super) fn template() -> Value {
    json!({"type": "string", "pattern": r"\{[{%#]"})
}

/// A value of one of several forms.
pub(super) fn any_of(forms: impl IntoIterator<Item = Value>) -> Value {
    json!({"anyOf": forms.into_iter().collect::<Vec<_>>()})
}

/// A value, or a template that gives it.
pub(super) fn or_template(value: Value) -> Value {
    any_of([value, template()])
}

/// A text of a form.
pub(super) fn text(pattern: &str) -> Value {
    json!({"type": "string", "pattern": pattern})
}

/// A list.
pub(super) fn list(of: Value) -> Value {
    json!({"type": "array", "items": of})
}

/// One value, or a list of them.
pub(super) fn one_or_list(of: Value) -> Value {
    any_of([of.clone(), list(of)])
}

/// A map of known keys and no others.
pub(super) fn closed(keys: impl IntoIterator<Item = (String, Value)>) -> Value {
    json!({
        "type": "object",
        "properties": keys.into_iter().collect::<Map<_, _>>(),
        "additionalProperties": false,
    })
}

/// Adds the sentence that editors show.
pub(super) fn told(mut value: Value, doc: &str) -> Value {
    if let Value::Object(map) = &mut value {
        map.insert("description".to_owned(), json!(doc));
    }
    value
}

/// A reference to a definition of the schema.
pub(super) fn defined(name: &str) -> Value {
    json!({"$ref": format!("#/definitions/{name}")})
}

/// Adds a rule to a map's schema.
pub(super) fn with(mut value: Value, rule: &str, says: Value) -> Value {
    if let Value::Object(map) = &mut value {
        map.insert(rule.to_owned(), says);
    }
    value
}

/// True where a key is there.
pub(super) fn has(key: &str) -> Value {
    json!({"required": [key]})
}

/// yes or no: as YAML 1.1 reads the word, or as an editor of YAML 1.2 does.
pub(super) fn flag() -> Value {
    let words = ["yes", "no", "true", "false", "on", "off"];
    let forms = words.iter().flat_map(|word| {
        let mut first = (*word).to_owned();
        if let Some(letter) = first.get_mut(0..1) {
            letter.make_ascii_uppercase();
        }
        [(*word).to_owned(), first, word.to_uppercase()]
    });
    any_of([
        json!({"type": "boolean"}),
        json!({"enum": forms.collect::<Vec<_>>()}),
    ])
}
