//! One JSON object an event (`docs/json.md`).

use crate::run::Event;
use crate::yaml::Secrets;

/// The event as one line of JSON, secrets masked.
///
/// # Errors
/// Where an event cannot be written as JSON, which is a defect.
pub fn json_line(event: &Event, secrets: &Secrets) -> serde_json::Result<String> {
    let mut value = serde_json::to_value(event)?;
    mask(&mut value, secrets);
    serde_json::to_string(&value)
}

fn mask(value: &mut serde_json::Value, secrets: &Secrets) {
    match value {
        serde_json::Value::String(text) if secrets.appear_in(text) => *text = secrets.mask(text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| mask(item, secrets)),
        serde_json::Value::Object(map) => map.values_mut().for_each(|item| mask(item, secrets)),
        _ => {}
    }
}
