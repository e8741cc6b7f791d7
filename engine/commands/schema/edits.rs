//! Edits of stock files, in the catalogue and in `carbon_edits`.

use serde_json::{Value, json};

use super::piece::{closed, has, list, told, with};
use crate::carbon::home::verbs_of;
use crate::catalogue::{BESIDES, FORMATS, RESTARTS};

/// The edits of one file.
pub(super) fn file_edits() -> Value {
    let path = told(
        json!({"type": "string", "not": {"pattern": r"^/|(^|/)\.{0,2}(/|$)"}}),
        "The file, as it stands below the Home.",
    );
    let formats = FORMATS
        .iter()
        .map(|format| ((*format).to_owned(), list(operation(verbs_of(format)))));
    let keys = std::iter::once(("path".to_owned(), path)).chain(formats);
    with(closed(keys), "required", json!(["path"]))
}

/// One operation: a verb with its target, and what may stand beside it.
fn operation(verbs: &[&str]) -> Value {
    let text = || json!({"type": "string"});
    let targets = verbs.iter().map(|verb| ((*verb).to_owned(), text()));
    let besides = BESIDES.iter().map(|word| {
        let value = match *word {
            "restart" => told(
                json!({"enum": RESTARTS}),
                "What a change of it costs a running cluster; `now` where not said.",
            ),
            _ => text(),
        };
        ((*word).to_owned(), value)
    });
    let operation = with(
        closed(targets.chain(besides)),
        "oneOf",
        json!(verbs.iter().map(|verb| has(verb)).collect::<Vec<_>>()),
    );
    with(operation, "not", json!({"required": ["to", "with"]}))
}
