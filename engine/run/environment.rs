//! `environment`: what play, blocks and task set for the commands of a task.

use std::collections::BTreeMap;

use crate::template::{Scope, to_rendered};
use crate::yaml::{Error, Node, Result, Value};

/// The variables, the innermost last, each once.
///
/// # Errors
/// Where one cannot be rendered, is no map, or names what a shell cannot set.
pub(super) fn environment<'a>(
    scope: &Scope,
    layers: impl IntoIterator<Item = &'a Node>,
) -> Result<Vec<(String, String)>> {
    let mut all = BTreeMap::new();
    for layer in layers {
        let rendered = scope.render(layer)?;
        let map = rendered
            .map()
            .map_err(|error| error.hint("`environment` is a map of names and values"))?;
        for (key, value) in map.iter() {
            let letter = |at: usize, byte: u8| {
                byte == b'_' || byte.is_ascii_alphabetic() || at > 0 && byte.is_ascii_digit()
            };
            let name = key.name.as_bytes();
            if name.is_empty() || !name.iter().enumerate().all(|(at, byte)| letter(at, *byte)) {
                return Err(Error::at(
                    &key.place,
                    format!("`{}` is no name of an environment variable", key.name),
                )
                .hint("letters, digits and `_`, not a digit first"));
            }
            all.insert(key.name.clone(), written(value));
        }
    }
    Ok(all.into_iter().collect())
}

/// A value as Ansible writes it out.
fn written(node: &Node) -> String {
    match &node.value {
        Value::String(text) => text.clone(),
        Value::Secret(secret) => secret.reveal().to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null => String::new(),
        _ => to_rendered(node).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::environment;
    use crate::template::{Language, Scope};
    use crate::yaml::parse;

    #[test]
    fn the_innermost_wins_and_names_are_a_shells() {
        let scope = Scope::new(&Language::new(), [].into());
        let layer = |text: &str| {
            parse(text, std::path::Path::new("p.yaml"))
                .unwrap()
                .unwrap()
        };
        let (play, task) = (layer("{A: 1, B: x}"), layer("{B: '{{ 1 + 1 }}', C: true}"));
        let pairs = environment(&scope, [&play, &task]).unwrap();
        let shown: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(shown, ["A=1", "B=2", "C=True"]);
        for wrong in ["{a-b: 1}", "{1a: 1}", "{'': 1}", "[1]"] {
            let error = environment(&scope, [&layer(wrong)]).unwrap_err();
            assert!(error.way_out().is_some(), "{wrong}: {error}");
        }
    }
}
