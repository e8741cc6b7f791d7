//! One JSON object an event (`docs/json.md`).

use serde_json::Value;

use crate::run::Event;
use crate::yaml::{Secrets, sides, without_secrets};

/// The event as one line of JSON, secrets masked.
///
/// # Errors
/// Where an event cannot be written as JSON, which is a defect.
pub fn json_line(event: &Event, secrets: &Secrets) -> serde_json::Result<String> {
    let mut value = serde_json::to_value(event)?;
    mask(&mut value, secrets);
    serde_json::to_string(&value)
}

fn mask(value: &mut Value, secrets: &Secrets) {
    match value {
        Value::String(text) if secrets.appear_in(text) => *text = secrets.mask(text),
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, secrets)),
        Value::Object(map) if is_text(map) => {
            let of = |side: &str| map.get(side).and_then(Value::as_str).unwrap_or_default();
            let [before, after] = sides(of("before"), of("after"), secrets);
            for (side, lines) in [("before", before), ("after", after)] {
                if map.get(side).is_some_and(Value::is_string) {
                    map.insert(side.to_owned(), Value::String(lines.concat()));
                }
            }
            if let Some(Value::String(path)) = map.get_mut("path") {
                *path = without_secrets(path, secrets);
            }
        }
        Value::Object(map) => map.values_mut().for_each(|item| mask(item, secrets)),
        _ => {}
    }
}

/// A [`crate::modules::Difference`] of texts: the old one holds whatever a host has.
fn is_text(map: &serde_json::Map<String, Value>) -> bool {
    map.get("kind").is_some_and(|kind| kind == "text") && map.contains_key("after")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::mask;
    use crate::yaml::Secrets;

    #[test]
    fn the_old_password_of_a_file_is_not_shown_either() {
        let mut secrets = Secrets::default();
        secrets.add("new-pass");
        let mut event = json!({ "differences": [{
            "kind": "text", "path": "/x",
            "before": "a\n<url>jdbc:x?old-pass</url>\nkey.password=older\n",
            "after": "a\n<url>jdbc:x?new-pass</url>\nkey.password=new-pass\n",
        }] });
        mask(&mut event, &secrets);
        let told = event.to_string();
        assert!(
            !told.contains("old") && !told.contains("new-pass"),
            "{told}"
        );
        assert!(told.contains("jdbc:x?***"), "{told}");
    }
}
