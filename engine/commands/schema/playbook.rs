//! The playbook's schema, from the tables of keywords and modules.

use serde_json::{Map, Value, json};

use super::piece::{
    any_of, closed, defined, flag, has, list, one_or_list, or_template, template, text, told, with,
};
use crate::modules::Registry;
use crate::playbook::keywords::{Keyword, Level, TAKEN};
use crate::playbook::{Kind, ModuleSpec, Parameter};

pub(super) fn schema() -> Value {
    let import = closed([
        ("import_playbook".to_owned(), json!({"type": "string"})),
        ("name".to_owned(), json!({"type": "string"})),
        ("tags".to_owned(), keyword("tags")),
        ("vars".to_owned(), keyword("vars")),
    ]);
    let mut definitions = Map::new();
    definitions.insert(
        "play".to_owned(),
        with(closed(keywords(Level::Play)), "required", json!(["hosts"])),
    );
    definitions.insert("import".to_owned(), import);
    definitions.insert("task".to_owned(), task(Level::Task));
    definitions.insert("handler".to_owned(), task(Level::Handler));
    for spec in specs() {
        definitions.insert(format!("module {}", spec.name), module(spec));
        definitions.insert(format!("needs of {}", spec.name), needs(spec));
    }
    json!({
        "type": ["array", "null"],
        "items": {
            "type": "object",
            "if": has("import_playbook"),
            "then": defined("import"),
            "else": defined("play"),
        },
        "definitions": definitions,
    })
}

fn specs() -> impl Iterator<Item = &'static ModuleSpec> {
    Registry.all().map(|module| module.spec())
}

/// The names that a thing of Ansible's goes by.
fn full_names(name: &str) -> [String; 2] {
    [name.to_owned(), format!("ansible.builtin.{name}")]
}

const IMPORTS: [&str; 2] = ["import_tasks", "include_tasks"];

fn keywords(level: Level) -> impl Iterator<Item = (String, Value)> {
    TAKEN
        .iter()
        .filter(move |row| row.stands_in(level))
        .map(|row: &Keyword| (row.name.to_owned(), told(keyword(row.name), row.doc)))
}

fn names_of(level: Level) -> Vec<String> {
    keywords(level).map(|(name, _)| name).collect()
}

/// A task, a block, or an import: one map whose keys tell which.
fn task(level: Level) -> Value {
    let mut keys: Map<String, Value> = keywords(Level::Block).chain(keywords(level)).collect();
    let mut modules = Vec::new();
    let mut whole = Map::new();
    for spec in specs() {
        for name in full_names(spec.name) {
            keys.insert(
                name.clone(),
                told(defined(&format!("module {}", spec.name)), spec.doc),
            );
            whole.insert(name.clone(), defined(&format!("needs of {}", spec.name)));
            modules.push(name);
        }
    }
    let imports: Vec<String> = IMPORTS.iter().flat_map(|name| full_names(name)).collect();
    for name in &imports {
        let file = closed([("file".to_owned(), not_a_template())]);
        keys.insert(name.clone(), any_of([not_a_template(), file]));
    }
    let block_only = ["block", "rescue", "always"];
    let mut beside_import: Vec<String> = names_of(Level::Block);
    beside_import.retain(|name| !block_only.contains(&name.as_str()));
    beside_import.extend(imports.clone());
    let mut of_task = names_of(level);
    of_task.extend(modules.clone());
    let only = |names: Vec<String>| json!({"propertyNames": {"enum": names}});
    let is_import = json!({"anyOf": imports.iter().map(|name| has(name)).collect::<Vec<_>>()});
    let block = (level == Level::Task).then_some("block");
    let kinds = modules
        .iter()
        .chain(&imports)
        .map(String::as_str)
        .chain(block);
    let rules = json!([
        {
            "if": has("block"),
            "then": only(names_of(Level::Block)),
            "else": {"if": is_import, "then": only(beside_import), "else": only(of_task)},
        },
        // What is missing is only sure where no `args` brings it.
        {"if": has("args"), "else": {"properties": whole}},
    ]);
    let task = with(closed(keys), "oneOf", kinds.map(has).collect());
    let company = json!({
        "loop_control": ["loop"],
        "delay": {"anyOf": [has("until"), has("retries")]},
    });
    with(with(task, "allOf", rules), "dependencies", company)
}

/// What stands behind a keyword.
fn keyword(name: &str) -> Value {
    let string = || json!({"type": "string"});
    let tasks = |of: &str| any_of([json!({"type": "null"}), list(defined(of))]);
    let variable = || text("^[A-Za-z_][A-Za-z0-9_]*$");
    let condition = || json!({"type": ["string", "boolean"]});
    match name {
        "name" | "become_user" | "delegate_to" => string(),
        "hosts" => any_of([string(), with(list(string()), "minItems", json!(1))]),
        "vars_files" | "notify" | "listen" => {
            any_of([json!({"type": "null"}), one_or_list(not_a_template())])
        }
        "tags" => any_of([json!({"type": "null"}), one_or_list(not_a_template())]),
        "vars" => json!({"type": "object", "propertyNames": variable()}),
        "serial" => {
            let step = any_of([
                json!({"type": "integer", "minimum": 0}),
                text(r"^\s*[0-9]+\s*%$"),
                template(),
            ]);
            one_or_list(step)
        }
        "max_fail_percentage" => any_of([
            json!({"type": "number", "minimum": 0, "maximum": 100}),
            text(r"^[0-9]+(\.[0-9]+)?%?$"),
        ]),
        "any_errors_fatal" | "gather_facts" | "become" | "run_once" | "no_log"
        | "ignore_errors" => flag(),
        "become_method" => json!({"enum": ["sudo"]}),
        "pre_tasks" | "tasks" | "post_tasks" | "block" | "rescue" | "always" => tasks("task"),
        "handlers" => tasks("handler"),
        "environment" => or_template(one_or_list(or_template(json!({"type": "object"})))),
        "when" | "changed_when" | "failed_when" | "until" => one_or_list(condition()),
        "args" => json!({"type": "object"}),
        "loop" => any_of([json!({"type": "array"}), template()]),
        "loop_control" => closed([
            ("loop_var".to_owned(), variable()),
            ("index_var".to_owned(), variable()),
            ("label".to_owned(), string()),
        ]),
        // What would hide a fact or the inventory's.
        "register" => with(variable(), "not", text("^(ansible|carbon)_")),
        "retries" | "delay" => or_template(json!({"type": "number", "minimum": 0})),
        // A keyword that is taken and nobody has described here: a test tells.
        _ => json!({}),
    }
}

/// A name that must be known before the run.
fn not_a_template() -> Value {
    json!({"type": "string", "not": template()})
}

/// What a module takes: a map of its parameters, or free text where it takes that.
fn module(spec: &ModuleSpec) -> Value {
    let mut keys = Map::new();
    for known in named(spec) {
        for name in std::iter::once(known.name).chain(known.aliases.iter().copied()) {
            keys.insert(name.to_owned(), told(parameter(known), known.doc));
        }
    }
    let mut map = closed(keys);
    if spec.open {
        map = with(map, "additionalProperties", json!(true));
    }
    let mut forms = vec![json!({"type": "null"}), map];
    if spec.free_form {
        forms.push(json!({"type": "string"}));
    }
    any_of(forms)
}

/// Which parameters of a map must be there, and which not together.
fn needs(spec: &ModuleSpec) -> Value {
    let mut rules = Vec::new();
    for known in named(spec).filter(|known| known.required) {
        rules.push(given(spec, known.name));
    }
    for set in spec.one_of {
        rules.push(json!({"anyOf": set.iter().map(|name| given(spec, name)).collect::<Vec<_>>()}));
    }
    for set in spec.exclusive {
        for (at, one) in set.iter().enumerate() {
            for other in &set[at + 1..] {
                rules.push(json!({"not": {"allOf": [given(spec, one), given(spec, other)]}}));
            }
        }
    }
    let needs_text = spec
        .parameters
        .iter()
        .any(|known| known.required && known.name == ModuleSpec::RAW);
    let nothing_will_do =
        !needs_text && spec.one_of.is_empty() && !named(spec).any(|known| known.required);
    let mut map = json!({"type": "object"});
    if !rules.is_empty() {
        map = with(map, "allOf", json!(rules));
    }
    match (spec.free_form, nothing_will_do) {
        (false, true) => any_of([json!({"type": "null"}), map]),
        (false, false) => map,
        // Free text holds parameters too.
        (true, true) => any_of([json!({"type": ["null", "string"]}), map]),
        (true, false) => any_of([json!({"type": "string"}), map]),
    }
}

/// The parameters that have names.
fn named(spec: &ModuleSpec) -> impl Iterator<Item = &Parameter> {
    spec.parameters
        .iter()
        .filter(|known| known.name != ModuleSpec::RAW)
}

/// True where a parameter is given under one of its names; a map holds no free text.
fn given(spec: &ModuleSpec, name: &str) -> Value {
    match spec.parameter(name) {
        Some(known) if known.name != ModuleSpec::RAW => {
            let names = std::iter::once(known.name).chain(known.aliases.iter().copied());
            json!({"anyOf": names.map(has).collect::<Vec<_>>()})
        }
        _ => json!(false),
    }
}

fn parameter(known: &Parameter) -> Value {
    if !known.choices.is_empty() {
        let choice = or_template(json!({"enum": known.choices}));
        return match known.kind {
            Kind::List => one_or_list(choice),
            // A choice that YAML takes for yes or no.
            Kind::Bool => any_of([choice, flag()]),
            _ => choice,
        };
    }
    let scalar = || json!({"type": ["string", "integer"]});
    match known.kind {
        Kind::Text | Kind::Path | Kind::Source | Kind::Template | Kind::Regex => scalar(),
        Kind::Bool => any_of([flag(), text("^([yYnNtTfF]|[01])$"), template()]),
        Kind::Int => or_template(any_of([
            json!({"type": "integer"}),
            text(r"^\s*-?[0-9]+\s*$"),
        ])),
        Kind::List => one_or_list(scalar()),
        Kind::Map => or_template(json!({"type": "object"})),
        Kind::Mode => or_template(any_of([
            json!({"type": "integer", "minimum": 0, "maximum": 4095}),
            text(
                "^([0-7]{3,4}|0[0-7]{4}|preserve|[ugoa]*[=+-][rwxXstugo]*(,[ugoa]*[=+-][rwxXstugo]*)*)$",
            ),
        ])),
        Kind::Any => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_described() {
        for row in TAKEN {
            assert_ne!(keyword(row.name), json!({}), "{}", row.name);
        }
    }
}
