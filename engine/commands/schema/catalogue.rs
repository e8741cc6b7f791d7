//! The schema of a product's file, from the keys that the catalogue's reader takes.

use serde_json::{Map, Value, json};

use super::edits::file_edits;
use super::piece::{any_of, closed, defined, list, text, told, with};
use crate::catalogue::BODY;

pub(super) fn schema() -> Value {
    let entry = BODY
        .iter()
        .filter(|key| !TOP_ONLY.contains(key))
        .map(|key| ((*key).to_owned(), value(key)));
    let mut file: Map<String, Value> = BODY
        .iter()
        .map(|key| ((*key).to_owned(), value(key)))
        .collect();
    file.insert(
        "versions".to_owned(),
        told(
            json!({"type": "object", "additionalProperties": any_of([json!({"type": "null"}), defined("entry")])}),
            "What each version says for itself; all else it has from the file, the base, or what it is like.",
        ),
    );
    let whole = with(
        closed(file),
        "anyOf",
        json!([{"required": ["product"]}, {"required": ["base"]}]),
    );
    with(
        whole,
        "definitions",
        json!({"entry": closed(entry), "edits": file_edits()}),
    )
}

/// Keys of a file that no version of it has.
const TOP_ONLY: [&str; 2] = ["product", "versions"];

/// What stands behind a key.
fn value(key: &str) -> Value {
    let words = || json!({"type": "string", "minLength": 1});
    let small = || json!({"type": "integer", "minimum": 0, "maximum": 65_535});
    let keys =
        |of: Value, keys: &[&str]| closed(keys.iter().map(|key| ((*key).to_owned(), of.clone())));
    match key {
        "product" => told(words(), "The product's key, as `carbon_product` names it."),
        "name" => told(words(), "The product's name, for people."),
        "base" => told(
            words(),
            "The base that this builds on; alone, the base that this file is.",
        ),
        "like" => told(
            words(),
            "The version of the same product that this one is like.",
        ),
        "kernel" => told(
            text(r"^[0-9]+\.[0-9]+\.[0-9]+$"),
            "The Carbon kernel under it.",
        ),
        "known" => told(
            json!({"enum": ["proved", "inferred"]}),
            "Read in the product's own files, or inferred from its neighbours.",
        ),
        "separation" => told(
            json!({"enum": ["supported", "none"]}),
            "Whether managers and workers can be separated.",
        ),
        "reason" => told(words(), "Why they cannot be."),
        "instead" => told(words(), "What to do instead."),
        "pack" => told(words(), "The file name of the zip."),
        "top" => told(words(), "The folder that the zip holds."),
        "java" => told(list(small()), "The Java versions that it runs on."),
        "ports" => told(
            json!({"type": "object", "additionalProperties": small()}),
            "The ports at offset 0, by name.",
        ),
        "clustering" => closed([
            ("domain".to_owned(), words()),
            ("member_port".to_owned(), small()),
        ]),
        "profiles" => closed([
            ("manager".to_owned(), words()),
            ("worker".to_owned(), json!({"type": ["string", "null"]})),
            ("worker_from".to_owned(), words()),
        ]),
        "registry" => keys(
            json!({"enum": ["read_only", "read_write"]}),
            &["config", "governance"],
        ),
        "ui_only" => told(
            list(words()),
            "Bundles that go with the console although they are no UI bundles.",
        ),
        "stock" => told(
            list(words()),
            "The stock files that the edits are proved on.",
        ),
        "notes" => told(list(words()), "What an operator has to know."),
        "component" => told(words(), "The part of the product that this is."),
        "components" => told(
            json!({"type": "object", "additionalProperties": defined("entry")}),
            "The other parts that can be separated.",
        ),
        "edits" => list(defined("edits")),
        "paths" => keys(list(words()), &["own", "idle", "folders"]),
        // A key that the reader takes and nobody has described here: a test tells.
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_reader_is_described() {
        for key in BODY.iter().filter(|key| **key != "versions") {
            assert_ne!(value(key), json!({}), "{key}");
        }
    }
}
