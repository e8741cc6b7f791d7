//! The inventory's schema, from the table of variables.

use serde_json::{Value, json};

use super::edits::file_edits;
use super::piece::{
    any_of, closed, defined, list, one_or_list, or_template, template, text, told, with,
};
use crate::cluster::checks::{ALL as CHECKS, When};
use crate::cluster::variables::{ALL, Level, Variable, find_in_entry};
use crate::cluster::{DATABASE_KEYS, DATABASES, Kind, OVERLAY_KEYS};

pub(super) fn schema() -> Value {
    let null = || json!({"type": "null"});
    let some = |value: Value| any_of([null(), value]);
    json!({
        "type": "object",
        "additionalProperties": some(defined("group")),
        "definitions": {
            "group": closed([
                ("hosts".to_owned(), named_or(some(defined("host")))),
                ("children".to_owned(), named_or(some(defined("group")))),
                ("vars".to_owned(), some(defined("vars"))),
            ]),
            "vars": variables(|variable| variable.level != Level::Entry),
            "host": variables(of_host),
            "node": node(),
            "edits": file_edits(),
        },
    })
}

/// A map of names; one name may stand alone.
fn named_or(value: Value) -> Value {
    any_of([
        json!({"type": ["null", "string"]}),
        json!({"type": "object", "additionalProperties": value}),
    ])
}

/// A host's own version is a check's to tell, with a code that may be waived (WM109).
fn of_host(variable: &Variable) -> bool {
    !matches!(variable.level, Level::Entry | Level::Cluster) || variable.name == "carbon_version"
}

/// Variables: all that may stand there, and whatever is not `carbon_*`.
fn variables(stands: impl Fn(&Variable) -> bool) -> Value {
    let known: Vec<&Variable> = ALL.iter().filter(|variable| stands(variable)).collect();
    let properties = known
        .iter()
        .map(|variable| (variable.name.to_owned(), described(variable)))
        .collect::<serde_json::Map<_, _>>();
    let names: Vec<&str> = known.iter().map(|variable| variable.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "propertyNames": {"anyOf": [{"not": {"pattern": "^carbon_"}}, {"enum": names}]},
    })
}

/// An entry of `carbon_nodes`: keys of its own, and a node's variables without their `carbon_`.
fn node() -> Value {
    let keys = ALL.iter().filter_map(|variable| {
        let key = match variable.level {
            Level::Entry => variable.name,
            _ => variable
                .name
                .strip_prefix("carbon_")
                .unwrap_or(variable.name),
        };
        let found = find_in_entry(key)?;
        (found.name == variable.name).then(|| (key.to_owned(), described(variable)))
    });
    with(closed(keys), "required", json!(["name"]))
}

fn described(variable: &Variable) -> Value {
    let default = match variable.default {
        "" => "It must be set.".to_owned(),
        default => format!("Where not set: {default}."),
    };
    told(
        or_template(kind(variable.kind)),
        &format!("{} {default}", variable.doc),
    )
}

/// What a value must be, as far as one value tells.
fn kind(kind: Kind) -> Value {
    let some_text = || text(r"^\S(.*\S)?$");
    match kind {
        Kind::Text | Kind::Address | Kind::LocalPath => some_text(),
        Kind::Authority => text(r"^\S+:[0-9]+$"),
        Kind::Version => text(r"^[0-9A-Za-z]+(\.[0-9A-Za-z]+)*$"),
        Kind::HostName => text(
            r"^[0-9A-Za-z]([0-9A-Za-z-]*[0-9A-Za-z])?(\.[0-9A-Za-z]([0-9A-Za-z-]*[0-9A-Za-z])?)*$",
        ),
        Kind::Domain => text("^[0-9A-Za-z._-]+$"),
        Kind::Whole(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Kind::HostPath => text(r"^/[0-9A-Za-z/.+_-]*$"),
        Kind::Identifier => text(r"^[A-Za-z_][0-9A-Za-z._-]{0,63}$"),
        Kind::Heap => {
            let size = || text("^[0-9]+[kKmMgG]$");
            let limits = closed([("min".to_owned(), size()), ("max".to_owned(), size())]);
            any_of([
                text("^[0-9]+[kKmMgG](:[0-9]+[kKmMgG])?$"),
                with(limits, "required", json!(["min", "max"])),
            ])
        }
        Kind::Choice(words) => choice(words),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Secret => json!({"type": "string"}),
        Kind::Waivers => waivers(),
        Kind::RegistryPath => text("^/_system/[0-9A-Za-z/._-]+$"),
        Kind::Databases => databases(),
        Kind::Overlays => {
            let keys = OVERLAY_KEYS.map(|key| (key.to_owned(), some_text()));
            let by_hosts = with(closed(keys), "required", json!(OVERLAY_KEYS));
            one_or_list(any_of([some_text(), by_hosts]))
        }
        Kind::Edits => list(defined("edits")),
        Kind::Nodes => list(any_of([defined("node"), template()])),
        // Lists of texts, of which one may stand alone.
        _ => one_or_list(some_text()),
    }
}

/// The shared databases by their use, each with its URL and login.
fn databases() -> Value {
    let entry = || {
        let keys = DATABASE_KEYS.map(|key| {
            let value = match key {
                "pool" | "connections" => json!({"type": "integer", "minimum": 1}),
                "url" => or_template(text("^jdbc:")),
                _ => json!({"type": "string"}),
            };
            (key.to_owned(), value)
        });
        let keys = with(closed(keys), "required", json!(["url", "user", "password"]));
        any_of([keys, template()])
    };
    closed(DATABASES.map(|role| {
        let value = told(entry(), &format!("It holds {}.", role.holds));
        (role.key.to_owned(), value)
    }))
}

/// One of a few words; YAML itself makes nothing else of any of them.
fn choice(words: &[&str]) -> Value {
    json!({"enum": words})
}

/// The codes that may be waived, each with a reason.
fn waivers() -> Value {
    closed(CHECKS.iter().filter_map(|check| {
        let waived = check.waivable && !matches!(check.when, When::Derived);
        waived.then(|| {
            (
                check.code.to_owned(),
                told(text(r"^\S(.*\S)?$"), check.title),
            )
        })
    }))
}
