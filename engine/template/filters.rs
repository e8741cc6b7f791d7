//! Ansible's filters and tests that Jinja itself has not, and Python's methods on texts, lists and maps.

use base64::Engine;
use minijinja::value::{Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value};
use regex::Regex;

use super::limits;

/// Teaches the language what playbooks use.
pub(super) fn add(environment: &mut Environment<'static>) {
    environment.add_filter("bool", |value: Value| truth(&value));
    environment.add_filter("basename", |path: String| last(&path).to_owned());
    environment.add_filter("dirname", |path: String| match path.rsplit_once('/') {
        Some((folder, _)) => folder.to_owned(),
        None => String::new(),
    });
    environment.add_filter("b64encode", |text: String| {
        base64::engine::general_purpose::STANDARD.encode(text)
    });
    environment.add_filter("b64decode", decode);
    environment.add_filter("quote", |text: String| crate_quote(&text));
    environment.add_filter("mandatory", |value: Value| {
        if value.is_undefined() {
            Err(Error::new(
                ErrorKind::UndefinedError,
                "a mandatory value is undefined",
            ))
        } else {
            Ok(value)
        }
    });
    environment.add_filter(
        "ternary",
        |value: Value, yes: Value, no: Value| if value.is_true() { yes } else { no },
    );
    environment.add_filter(
        "regex_replace",
        |text: String, pattern: String, with: String| {
            replaced(&text, &regex(&pattern)?, &python_groups(&with))
        },
    );
    environment.add_filter("regex_search", |text: String, pattern: String| {
        Ok::<_, Error>(
            regex(&pattern)?
                .find(&text)
                .map_or(Value::from(()), |found| Value::from(found.as_str())),
        )
    });
    environment.add_filter("to_json", |value: Value| json(&value, false));
    environment.add_filter("to_nice_json", |value: Value| json(&value, true));
    environment.add_filter("from_json", |text: String| {
        serde_json::from_str::<serde_json::Value>(&text)
            .map(|read| from_json(&read))
            .map_err(|error| invalid(format!("this is no JSON: {error}")))
    });
    environment.add_filter("combine", combine);
    environment.add_filter("dict2items", |map: Value| {
        let keys = map.try_iter()?;
        Ok::<Value, Error>(keys.map(|key| pair(&key, &map)).collect())
    });
    environment.add_filter("items2dict", |list: Value| {
        let items = list
            .try_iter()?
            .map(|item| Ok((item.get_attr("key")?, item.get_attr("value")?)));
        items
            .collect::<Result<Vec<(Value, Value)>, Error>>()
            .map(Value::from_pairs)
    });
    environment.add_filter("union", union);
    environment.add_filter("difference", |state: &State, left: Value, right: Value| {
        pick(state, &left, &right, false)
    });
    environment.add_filter("intersect", |state: &State, left: Value, right: Value| {
        pick(state, &left, &right, true)
    });
    environment.add_filter("flatten", |list: Value| flatten(&list));
    environment.add_test("match", |text: String, pattern: String| {
        Ok::<_, Error>(regex(&format!("^(?:{pattern})"))?.is_match(&text))
    });
    environment.add_test("search", |text: String, pattern: String| {
        Ok::<_, Error>(regex(&pattern)?.is_match(&text))
    });
    environment.add_test("regex", |text: String, pattern: String| {
        Ok::<_, Error>(regex(&pattern)?.is_match(&text))
    });
    environment.add_test("version", version);
    environment.add_test("version_compare", version);
    for (name, key, wanted) in [
        ("changed", "changed", true),
        ("failed", "failed", true),
        ("skipped", "skipped", true),
        ("succeeded", "failed", false),
        ("success", "failed", false),
    ] {
        environment.add_test(name, move |result: Value| {
            let value = result.get_attr(key)?;
            Ok::<_, Error>(value.is_true() == wanted)
        });
    }
    environment.add_function("lookup", |_: Rest<Value>| {
        Err::<Value, _>(invalid(
            "lookups are not part of wmprov's playbooks; use `vars_files` or `--extra-vars @file`",
        ))
    });
    environment.set_unknown_method_callback(method);
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

fn regex(pattern: &str) -> Result<Regex, Error> {
    Regex::new(pattern)
        .map_err(|error| invalid(format!("`{pattern}` is no regular expression: {error}")))
}

/// Every match replaced, where that does not make a text too large.
fn replaced(text: &str, regex: &Regex, with: &str) -> Result<String, Error> {
    let groups = with.matches('$').count();
    let mut bytes = text.len();
    for found in regex.find_iter(text) {
        bytes = bytes.saturating_add(with.len() + groups.saturating_mul(found.len()));
        limits::fits(bytes)?;
    }
    Ok(regex.replace_all(text, with).into_owned())
}

/// `\1` as Python writes it, to `${1}` as the regex crate does.
fn python_groups(with: &str) -> String {
    let mut out = String::new();
    let mut letters = with.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('\\', Some(digit)) if digit.is_ascii_digit() => {
                out.push_str(&format!("${{{digit}}}"));
                letters.next();
            }
            ('$', _) => out.push_str("$$"),
            _ => out.push(letter),
        }
    }
    out
}

fn truth(value: &Value) -> bool {
    match value.as_str() {
        Some(text) => matches!(
            text.to_ascii_lowercase().as_str(),
            "yes" | "true" | "on" | "1" | "y" | "t"
        ),
        None => value.is_true(),
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn crate_quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn decode(text: String) -> Result<String, Error> {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text.trim())
        .map_err(|error| invalid(format!("this is no base64: {error}")))?;
    String::from_utf8(bytes).map_err(|_| invalid("what was encoded is no text"))
}

fn json(value: &Value, nice: bool) -> Result<String, Error> {
    let written = if nice {
        serde_json::to_string_pretty(value)
    } else {
        serde_json::to_string(value)
    };
    written.map_err(|error| invalid(format!("this cannot be written as JSON: {error}")))
}

/// A JSON value for the template engine.
pub fn from_json(value: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match value {
        Json::Null => Value::from(()),
        Json::Bool(value) => Value::from(*value),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::from(whole),
            (None, Some(broken)) => Value::from(broken),
            (None, None) => Value::from(number.to_string()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => items.iter().map(from_json).collect(),
        Json::Object(map) => Value::from_pairs(
            map.iter()
                .map(|(key, value)| (key.as_str(), from_json(value))),
        ),
    }
}

fn pair(key: &Value, map: &Value) -> Value {
    let value = map.get_item(key).unwrap_or_default();
    Value::from_pairs([("key", key.clone()), ("value", value)])
}

fn entries(map: &Value) -> Result<Vec<(Value, Value)>, Error> {
    map.try_iter()?
        .map(|key| Ok((key.clone(), map.get_item(&key)?)))
        .collect()
}

/// Pays for holding each of these against each of those.
fn pay(state: &State, these: usize, those: usize) -> Result<(), Error> {
    let pairs = u64::try_from(these.saturating_mul(those)).unwrap_or(u64::MAX);
    state.consume_fuel(pairs / 16)
}

fn combine(state: &State, map: Value, others: Rest<Value>) -> Result<Value, Error> {
    let mut all = entries(&map)?;
    for other in others.iter().filter(|other| !other.is_kwargs()) {
        let other = entries(other)?;
        pay(state, all.len() + other.len(), other.len())?;
        for (key, value) in other {
            match all.iter_mut().find(|(known, _)| *known == key) {
                Some(entry) => entry.1 = value,
                None => all.push((key, value)),
            }
        }
    }
    Ok(Value::from_pairs(all))
}

fn union(state: &State, left: Value, right: Value) -> Result<Value, Error> {
    let items: Vec<Value> = left.try_iter()?.chain(right.try_iter()?).collect();
    pay(state, items.len(), items.len())?;
    let mut all: Vec<Value> = Vec::new();
    for item in items {
        if !all.contains(&item) {
            all.push(item);
        }
    }
    Ok(Value::from(all))
}

fn pick(state: &State, left: &Value, right: &Value, in_both: bool) -> Result<Value, Error> {
    let others: Vec<Value> = right.try_iter()?.collect();
    let items: Vec<Value> = left.try_iter()?.collect();
    pay(state, items.len(), others.len())?;
    Ok(items
        .into_iter()
        .filter(|item| others.contains(item) == in_both)
        .collect())
}

fn flatten(list: &Value) -> Result<Value, Error> {
    let mut flat = Vec::new();
    for item in list.try_iter()? {
        if item.kind() == ValueKind::Seq {
            flat.extend(flatten(&item)?.try_iter()?);
        } else {
            flat.push(item);
        }
    }
    Ok(Value::from(flat))
}

fn version(left: String, right: String, operator: Option<String>) -> Result<bool, Error> {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(['.', '-', '_', '+'])
            .map(|part| part.parse().unwrap_or(0))
            .collect()
    };
    let (mut left, mut right) = (numbers(&left), numbers(&right));
    let longest = left.len().max(right.len());
    left.resize(longest, 0);
    right.resize(longest, 0);
    let order = left.cmp(&right);
    match operator.as_deref().unwrap_or("==") {
        "==" | "=" | "eq" => Ok(order.is_eq()),
        "!=" | "<>" | "ne" => Ok(order.is_ne()),
        "<" | "lt" => Ok(order.is_lt()),
        "<=" | "le" => Ok(order.is_le()),
        ">" | "gt" => Ok(order.is_gt()),
        ">=" | "ge" => Ok(order.is_ge()),
        other => Err(invalid(format!("`{other}` compares no versions"))),
    }
}

/// The methods of Python's texts and maps that playbooks call.
fn method(
    _state: &mut State,
    value: &Value,
    name: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    let unknown = || {
        Error::new(
            ErrorKind::UnknownMethod,
            format!("there is no method `{name}` here"),
        )
    };
    let argument = |at: usize| arguments.get(at).and_then(Value::as_str);
    if let Some(text) = value.as_str() {
        return Ok(match (name, argument(0), argument(1)) {
            ("upper", ..) => Value::from(text.to_uppercase()),
            ("lower", ..) => Value::from(text.to_lowercase()),
            ("strip", None, _) => Value::from(text.trim()),
            ("lstrip", None, _) => Value::from(text.trim_start()),
            ("rstrip", None, _) => Value::from(text.trim_end()),
            ("startswith", Some(start), _) => Value::from(text.starts_with(start)),
            ("endswith", Some(end), _) => Value::from(text.ends_with(end)),
            ("replace", Some(what), Some(with)) => {
                let more = text.matches(what).count().saturating_mul(with.len());
                limits::fits(text.len().saturating_add(more))?;
                Value::from(text.replace(what, with))
            }
            ("split", Some(at), _) => text.split(at).map(Value::from).collect(),
            ("split", None, _) => text.split_whitespace().map(Value::from).collect(),
            ("splitlines", ..) => text.lines().map(Value::from).collect(),
            ("find", Some(what), _) => Value::from(
                text.find(what)
                    .and_then(|at| i64::try_from(at).ok())
                    .unwrap_or(-1),
            ),
            ("join", ..) => {
                let parts: Vec<String> = arguments
                    .first()
                    .ok_or_else(unknown)?
                    .try_iter()?
                    .map(|part| part.to_string())
                    .collect();
                let between = parts.len().saturating_mul(text.len());
                let own: usize = parts.iter().map(String::len).sum();
                limits::fits(between.saturating_add(own))?;
                Value::from(parts.join(text))
            }
            _ => return Err(unknown()),
        });
    }
    if value.kind() == ValueKind::Map {
        return match name {
            "items" => Ok(entries(value)?
                .into_iter()
                .map(|(key, item)| Value::from(vec![key, item]))
                .collect()),
            "keys" => Ok(value.try_iter()?.collect()),
            "values" => Ok(entries(value)?.into_iter().map(|(_, item)| item).collect()),
            "get" => {
                let key = arguments.first().ok_or_else(unknown)?;
                let found = value.get_item(key)?;
                let default = || arguments.get(1).cloned().unwrap_or_else(|| Value::from(()));
                Ok(if found.is_undefined() {
                    default()
                } else {
                    found
                })
            }
            _ => Err(unknown()),
        };
    }
    Err(unknown())
}
