//! The syntax of templates and conditions, checked while a playbook is read: `{{ x` is found
//! before any host is.

use std::path::Path;
use std::sync::LazyLock;

use minijinja::Environment;

use crate::template::Language;
use crate::yaml::{Error, Node, Place, Result, Value};

/// True where a text is a template, so that its value is only known in a run.
#[must_use]
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// Checks every template inside `node`, however deep, and reports each wrong one at its place.
pub(super) fn check_templates(node: &Node, errors: &mut Vec<Error>) {
    match &node.value {
        Value::String(text) if is_template(text) => {
            errors.extend(template(text, &node.place).err());
        }
        Value::List(nodes) => nodes.iter().for_each(|node| check_templates(node, errors)),
        Value::Map(map) => map
            .iter()
            .for_each(|(_, node)| check_templates(node, errors)),
        _ => {}
    }
}

/// The filters and tests that templates may name; always the same.
static LANGUAGE: LazyLock<Language> = LazyLock::new(Language::new);

/// Checks the text of a template.
fn template(text: &str, place: &Place) -> Result<()> {
    Language::within_limits(text, place)?;
    Environment::empty().template_from_str(text).map(drop).map_err(|cause| {
        Error::at(place, format!("the template does not read: {}", detail(&cause)))
            .hint("an expression stands in `{{ … }}`, a statement in `{% … %}`, a comment in `{# … #}`")
    })?;
    LANGUAGE.knows_names(text, place)
}

/// Checks a condition: an expression, yes or no, or (as Ansible bears it) an expression in `{{ }}`.
pub(super) fn condition(node: &Node) -> Result<()> {
    let text = match &node.value {
        Value::Bool(_) => return Ok(()),
        Value::String(text) => text,
        other => {
            return Err(Error::at(
                &node.place,
                format!("expected a condition, found {}", other.kind()),
            )
            .hint("a condition is an expression such as `x == 1`, or yes or no"));
        }
    };
    if is_template(text) {
        return template(text, &node.place);
    }
    let whole = format!("{{% if {text} %}}{{% endif %}}");
    Language::within_limits(&whole, &node.place)?;
    Environment::empty()
        .compile_expression(text)
        .map(drop)
        .map_err(|cause| {
            Error::at(
                &node.place,
                format!("the condition does not read: {}", detail(&cause)),
            )
            .hint("a condition is an expression such as `x == 1 and y is defined`")
        })?;
    LANGUAGE.knows_names(&whole, &node.place)
}

fn detail(cause: &minijinja::Error) -> String {
    cause.detail().unwrap_or("syntax error").to_owned()
}

/// Checks a template file; the error stands at its line.
pub(super) fn file(text: &str, file: &Path) -> Result<()> {
    let start = Place::start_of(file);
    Language::within_limits(text, &start)?;
    let mut environment = Environment::empty();
    let checked = environment.add_template("file", text);
    checked.map_err(|cause| {
        let line = cause
            .line()
            .and_then(|line| u32::try_from(line).ok())
            .unwrap_or(1);
        Error::at(
            &Place::new(file, line, 1),
            format!("the template does not read: {}", detail(&cause)),
        )
    })?;
    LANGUAGE.knows_names(text, &start)
}
