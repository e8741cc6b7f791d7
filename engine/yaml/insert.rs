//! A list or a map of a user's file gets one more at its end, in lines of its own; every other byte stays.
//!
//! What is written is read back: it must say what was there before and the new one besides, or nothing is written.

use std::path::Path;

use super::write::{not_there, offset, scalar};
use super::{Key, Map, Node, Place, Result, Value, VaultPasswords, parse_vaulted};

/// What one more is.
enum More<'a> {
    Item(&'a Value),
    Entry(&'a str, &'a Value),
}

/// The text of a file with one item more at the end of the list that stands at `place`.
///
/// # Errors
/// Where that list is not written there in lines of its own.
pub fn with_item(
    text: &str,
    place: &Place,
    item: &Value,
    vault: &VaultPasswords,
) -> Result<String> {
    put(text, place, &More::Item(item), vault)
}

/// The text of a file with one key more at the end of the map that stands at `place`; that of a file of nothing but
/// comments with its first.
///
/// # Errors
/// Where that map is not written there in lines of its own.
pub fn with_entry(
    text: &str,
    place: &Place,
    (key, value): (&str, &Value),
    vault: &VaultPasswords,
) -> Result<String> {
    put(text, place, &More::Entry(key, value), vault)
}

/// The lines that a file of one variable holds.
#[must_use]
pub fn with_only(key: &str, value: &Value) -> String {
    lines(&More::Entry(key, value), 0).concat()
}

fn put(text: &str, place: &Place, more: &More<'_>, vault: &VaultPasswords) -> Result<String> {
    let file = &place.file;
    let before = parse_vaulted(text, file, vault)?;
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let Some(before) = before else {
        let first = lines(more, 0).concat().replace('\n', end);
        return Ok(format!("{}{first}", ended(text, end)));
    };
    let wanted = grown(&before, place, more);
    let start = offset(text, place).ok_or_else(|| not_there(place, more.name()))?;
    let line = text[..start].rfind('\n').map_or(0, |end| end + 1);
    let indent = match (more, text[line..start].rfind('-')) {
        // A list that is indented as its key: the parser gives it the place of its first item.
        (More::Item(_), Some(dash)) if !text[start..].starts_with('-') => dash,
        _ => start - line,
    };
    let new = lines(more, indent).concat().replace('\n', end);
    for length in ends(&text[line..], indent, more) {
        let (head, tail) = text.split_at(line + length);
        let made = format!("{}{new}{tail}", ended(head, end));
        let read = parse_vaulted(&made, file, vault);
        if matches!((read, &wanted), (Ok(Some(read)), Some(wanted)) if same(&read, wanted)) {
            return Ok(made);
        }
    }
    Err(not_there(place, more.name()))
}

/// A text that ends with its last line's end.
fn ended(text: &str, end: &str) -> String {
    match text.is_empty() || text.ends_with('\n') {
        true => text.to_owned(),
        false => format!("{text}{end}"),
    }
}

impl More<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Item(_) => "a list",
            Self::Entry(key, _) => key,
        }
    }
}

/// Where the block that begins here may end: behind its last line that says something, or behind the comments that are
/// indented as it is (they may be the text of its last value).
fn ends(text: &str, indent: usize, more: &More<'_>) -> Vec<usize> {
    let (mut seen, mut ends) = (0, [0, 0]);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let written = line.trim();
        let own = line.len() - line.trim_start().len();
        let item = matches!(more, More::Item(_)) && own == indent;
        let inside = own > indent
            || (item && (written == "-" || written.starts_with("- ")))
            || (matches!(more, More::Entry(..)) && own == indent && written != "...");
        let comment = written.starts_with('#');
        if number > 0 && !written.is_empty() && !inside && !comment {
            break;
        }
        seen += line.len();
        if !written.is_empty() && (number == 0 || inside) {
            ends[1] = seen;
            if !comment {
                ends[0] = seen;
            }
        }
    }
    ends.to_vec()
}

/// The tree with one more at `place`; [`None`] where neither list nor map stands there.
fn grown(node: &Node, place: &Place, more: &More<'_>) -> Option<Node> {
    let mut node = node.clone();
    grow(&mut node, place, more).then_some(node)
}

fn grow(node: &mut Node, place: &Place, more: &More<'_>) -> bool {
    let here = node.place == *place;
    match (&mut node.value, more) {
        (Value::List(list), More::Item(item)) if here => {
            list.push(Node::new((*item).clone(), place.clone()));
            true
        }
        (Value::Map(map), More::Entry(key, value)) if here => {
            let key = Key {
                name: (*key).to_owned(),
                place: place.clone(),
            };
            map.insert(key, Node::new((*value).clone(), place.clone()))
                .is_none()
        }
        (Value::List(list), _) => {
            let mut any = false;
            // An alias puts one value into several places.
            for node in list {
                any |= grow(node, place, more);
            }
            any
        }
        (Value::Map(map), _) => {
            let mut any = false;
            let all = map.iter().map(|(key, node)| {
                let mut node = node.clone();
                any |= grow(&mut node, place, more);
                (key.clone(), node)
            });
            *map = all.collect::<Map>();
            any
        }
        _ => false,
    }
}

/// True where both say the same, wherever it stands.
fn same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Map(one), Value::Map(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other.iter())
                    .all(|((key, one), (name, other))| key.name == name.name && same(one, other))
        }
        (one, other) => one == other,
    }
}

fn lines(more: &More<'_>, indent: usize) -> Vec<String> {
    let mut all = Vec::new();
    match more {
        More::Item(item) => behind_a_dash(item, indent, &mut all),
        More::Entry(key, value) => entry(key, value, indent, &mut all),
    }
    all
}

fn behind_a_dash(item: &Value, indent: usize, all: &mut Vec<String>) {
    let first = all.len();
    match item {
        Value::Map(map) if !map.is_empty() => {
            for (key, node) in map.iter() {
                entry(&key.name, &node.value, indent + 2, all);
            }
        }
        other => all.push(format!("{}{}\n", " ".repeat(indent + 2), one(other))),
    }
    all[first].replace_range(indent..=indent, "-");
}

fn entry(key: &str, value: &Value, indent: usize, all: &mut Vec<String>) {
    let blanks = " ".repeat(indent);
    let key = scalar(key);
    match value {
        Value::List(list) if !list.is_empty() => {
            all.push(format!("{blanks}{key}:\n"));
            for node in list {
                behind_a_dash(&node.value, indent + 2, all);
            }
        }
        Value::Map(map) if !map.is_empty() => {
            all.push(format!("{blanks}{key}:\n"));
            for (key, node) in map.iter() {
                entry(&key.name, &node.value, indent + 2, all);
            }
        }
        other => all.push(format!("{blanks}{key}: {}\n", one(other))),
    }
}

/// A value on one line. Secrets are never written: they print as `***`.
fn one(value: &Value) -> String {
    match value {
        Value::String(text) if text.contains(|letter: char| letter.is_control()) => escaped(text),
        Value::String(text) => scalar(text),
        Value::List(_) => "[]".to_owned(),
        Value::Map(_) => "{}".to_owned(),
        other => format!("{other:?}"),
    }
}

fn escaped(text: &str) -> String {
    let letter = |letter: char| match letter {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        '\r' => "\\r".to_owned(),
        other if other.is_control() => format!("\\u{:04x}", u32::from(other)),
        other => other.to_string(),
    };
    format!("\"{}\"", text.chars().map(letter).collect::<String>())
}

/// A value of these texts: a list of them.
#[must_use]
pub fn list_of(items: Vec<Value>) -> Value {
    Value::List(items.into_iter().map(unplaced).collect())
}

/// A value of these keys: a map of them.
#[must_use]
pub fn map_of<const N: usize>(entries: [(&str, Option<Value>); N]) -> Value {
    let there = entries
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)));
    let all = there.map(|(name, value)| {
        let key = Key {
            name: name.to_owned(),
            place: nowhere(),
        };
        (key, unplaced(value))
    });
    Value::Map(all.collect())
}

fn unplaced(value: Value) -> Node {
    Node::new(value, nowhere())
}

fn nowhere() -> Place {
    Place::start_of(Path::new("<new>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit() -> Value {
        let text = |text: &str| Some(Value::String(text.to_owned()));
        let op = map_of([("set", text("p[@name='n']")), ("to", text("a: \"b\""))]);
        map_of([
            ("path", text("conf/a.xml")),
            ("xml", Some(list_of(vec![op]))),
        ])
    }

    fn place_of(text: &str, path: &[&str]) -> Place {
        let mut node = parse_vaulted(text, Path::new("x.yaml"), &VaultPasswords::default())
            .unwrap()
            .unwrap();
        for key in path {
            node = node.map().unwrap().get(key).unwrap().clone();
        }
        node.place
    }

    fn item(text: &str, path: &[&str]) -> Result<String> {
        let vault = VaultPasswords::default();
        with_item(text, &place_of(text, path), &edit(), &vault)
    }

    fn entry(text: &str, path: &[&str]) -> Result<String> {
        let vault = VaultPasswords::default();
        let list = list_of(vec![edit()]);
        with_entry(text, &place_of(text, path), ("carbon_edits", &list), &vault)
    }

    #[test]
    fn a_list_gets_an_item_behind_its_last() {
        let new = |blanks: &str| {
            format!(
                "{blanks}- path: conf/a.xml\n{blanks}  xml:\n{blanks}    - set: 'p[@name=''n'']'\n{blanks}      to: 'a: \"b\"'\n"
            )
        };
        for (before, after, indent) in [
            (
                "a:\n  - x # one\n\n  # two\n  - y\n",
                "\n# b's\nb: 1\n",
                "  ",
            ),
            ("a:\n- x\n- y: 1\n  z: 2\n", "b: 1\n", ""),
            (
                "v:\n  a:\n    - x:\n        - 1\n",
                "    # of none\n  b: 1\n",
                "    ",
            ),
            ("a:\n  - |\n    text\n    # no comment\n", "b: 1\n", "  "),
            ("a:\n  - x\n", "", "  "),
        ] {
            let path: &[&str] = if before.starts_with('v') {
                &["v", "a"]
            } else {
                &["a"]
            };
            let text = format!("{before}{after}");
            assert_eq!(
                item(&text, path).unwrap(),
                format!("{before}{}{after}", new(indent))
            );
        }
    }

    #[test]
    fn a_map_gets_a_key_behind_its_last_and_line_ends_stay() {
        let text = "all:\r\n  vars:\r\n    p: esb # x\r\n    # end\r\n\r\n  children:\r\n    w: { hosts: { a: } }\r\n";
        let made = entry(text, &["all", "vars"]).unwrap();
        let new = "    carbon_edits:\r\n      - path: conf/a.xml\r\n        xml:\r\n          - set: 'p[@name=''n'']'\r\n            to: 'a: \"b\"'\r\n";
        assert_eq!(made, text.replace("# x\r\n", &format!("# x\r\n{new}")));
        assert_eq!(
            entry("a: 1", &[]).unwrap(),
            format!(
                "a: 1\n{}",
                with_only("carbon_edits", &list_of(vec![edit()]))
            )
        );
    }

    #[test]
    fn what_is_not_written_in_lines_of_its_own_is_refused() {
        assert!(item("a: [x]\n", &["a"]).is_err());
        assert!(item("a: []\n", &["a"]).is_err());
        assert!(entry("a: { b: 1 }\n", &["a"]).is_err());
        assert!(entry("a: { b: 1 }\n...\n", &["a"]).is_err());
        // There already.
        assert!(entry("carbon_edits: 1\n", &[]).is_err());
    }

    #[test]
    fn comments_alone_are_a_file_without_variables() {
        let place = Place::start_of("x.yaml");
        let vault = VaultPasswords::default();
        let one = Value::String("two\nlines".to_owned());
        let made = with_entry("# mine\n---", &place, ("a", &one), &vault).unwrap();
        assert_eq!(made, "# mine\n---\na: \"two\\nlines\"\n");
    }
}
