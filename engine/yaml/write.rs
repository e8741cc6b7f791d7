//! One value of a user's file is written anew, and every other byte stays: comments, order, quotes, line ends.

use std::path::Path;

use super::{Error, Key, Node, Place, Result, Value, VaultPasswords, parse, parse_vaulted};

/// The text of a file with another text value at `place`, where `before` stands.
///
/// # Errors
/// Where that value is not written there as plain or quoted text of one line.
pub fn with_value(
    text: &str,
    place: &Place,
    (before, after): (&str, &str),
    vault: &VaultPasswords,
) -> Result<String> {
    let at = offset(text, place).ok_or_else(|| not_there(place, before))?;
    let rest = &text[at..];
    for quote in ["", "\"", "'"] {
        let written = format!("{quote}{before}{quote}");
        if let Some(end) = rest.strip_prefix(&written)
            && (!quote.is_empty() || ends(end))
        {
            let put = match quote {
                "" => scalar(after),
                _ => format!("{quote}{after}{quote}"),
            };
            return parsed(format!("{}{put}{end}", &text[..at]), &place.file, vault);
        }
    }
    Err(not_there(place, before))
}

/// The text of a file with a further key before `beside`, whose value stands at `place`: on a line of its own in a block,
/// or within the braces.
///
/// # Errors
/// Where that key does not stand before its value on its line.
pub fn with_key(
    text: &str,
    (beside, place): (&str, &Place),
    (key, value): (&str, &str),
    vault: &VaultPasswords,
) -> Result<String> {
    let at = offset(text, place).ok_or_else(|| not_there(place, beside))?;
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let before = &text[start..at];
    let key_at = before.rfind(beside);
    let key_at = key_at.ok_or_else(|| not_there(place, beside))?;
    // A key in quotes begins with its quote.
    let indent = before[..key_at].trim_end_matches(['"', '\'']);
    let put = start + indent.len();
    let value = scalar(value);
    let more = if indent.trim().is_empty() {
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        format!("{key}: {value}{end}{indent}")
    } else {
        format!("{key}: {value}, ")
    };
    parsed(
        format!("{}{more}{}", &text[..put], &text[put..]),
        &place.file,
        vault,
    )
}

/// The text of a file without a key and its value: the lines of a block, or its part of what stands within braces.
///
/// # Errors
/// Where the end of the value is not found.
pub fn without_key(text: &str, key: &Key, vault: &VaultPasswords) -> Result<String> {
    let at = offset(text, &key.place).ok_or_else(|| not_there(&key.place, &key.name))?;
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let (from, to) = if text[start..at].trim().is_empty() {
        (start, start + block(&text[start..], at - start))
    } else {
        let end = within_braces(&text[at..]).ok_or_else(|| not_there(&key.place, &key.name))?;
        let rest = &text[at + end..];
        if let Some(next) = rest.strip_prefix(',') {
            (at, text.len() - next.trim_start_matches(' ').len())
        } else {
            let before = text[..at].trim_end();
            let blank = &text[at + end - 1..at + end] == " ";
            let to = at + end - usize::from(blank && before.ends_with(','));
            (before.trim_end_matches(',').len(), to)
        }
    };
    parsed(
        format!("{}{}", &text[..from], &text[to..]),
        &key.place.file,
        vault,
    )
}

/// The length of the lines of a block that begins with its key at `indent`; blank lines behind it are not its own.
fn block(text: &str, indent: usize) -> usize {
    let mut length = 0;
    let mut seen = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let own = line.len() - line.trim_start().len();
        let blank = line.trim().is_empty();
        if number > 0 && !blank && own <= indent {
            break;
        }
        seen += line.len();
        if !blank {
            length = seen;
        }
    }
    length
}

/// Where a value within braces ends: at its comma, or at the brace that closes its map.
fn within_braces(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_u32, None);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '{' | '[') => depth += 1,
            (None, ',' | '}') if depth == 0 => return Some(at),
            (None, '}' | ']') => depth = depth.checked_sub(1)?,
            (None, _) => {}
        }
    }
    None
}

/// True where a plain text ends here.
fn ends(rest: &str) -> bool {
    let line = rest.split('\n').next().unwrap_or("");
    let line = line.trim_end_matches('\r');
    let end = line.trim_start();
    end.is_empty() || end.starts_with([',', '}', ']']) || (end.starts_with('#') && end != line)
}

/// A text as YAML reads it back: in quotes where it would be anything else.
pub(super) fn scalar(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
    let is_itself = || {
        let read = parse(text, Path::new("<value>"));
        matches!(read, Ok(Some(Node { value: Value::String(read), .. })) if read == text)
    };
    if text.chars().all(plain) && is_itself() {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

pub(super) fn offset(text: &str, place: &Place) -> Option<usize> {
    let line = usize::try_from(place.line).ok()?.checked_sub(1)?;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let column = usize::try_from(place.column).ok()?.checked_sub(1)?;
    let rest = text.get(start..)?;
    rest.char_indices()
        .map(|(at, _)| start + at)
        .nth(column)
        .filter(|at| *at <= start + rest.find('\n').unwrap_or(rest.len()))
}

fn parsed(text: String, file: &Path, vault: &VaultPasswords) -> Result<String> {
    parse_vaulted(&text, file, vault)?;
    Ok(text)
}

pub(super) fn not_there(place: &Place, what: &str) -> Error {
    Error::at(
        place,
        format!("`{what}` is not written here in a way that can be changed by itself"),
    )
    .hint("change it by hand, then run the same command again")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> VaultPasswords {
        VaultPasswords::default()
    }

    #[test]
    fn vaulted_values_of_the_file_stay_sealed() {
        let mut vault = none();
        vault.add(crate::yaml::Secret::new("open sesame"));
        let sealed = vault.seal("hunter22").unwrap();
        let sealed = sealed.replace('\n', "\n  ");
        let text = format!("a: mgr1\np: !vault |\n  {}\n", sealed.trim());
        let made = with_value(&text, &at(1, 4), ("mgr1", "mgr2"), &vault).unwrap();
        assert_eq!(made, text.replace("mgr1", "mgr2"));
    }

    fn at(line: u32, column: u32) -> Place {
        Place::new("x.yaml", line, column)
    }

    #[test]
    fn only_the_value_changes() {
        for (text, column, wanted) in [
            ("a: mgr1 # the one\r\n", 4, "a: mgr2 # the one\r\n"),
            ("a: \"mgr1\"\n", 4, "a: \"mgr2\"\n"),
            ("{ é: 'mgr1', b: [1] }", 6, "{ é: 'mgr2', b: [1] }"),
            ("a: [mgr1]\n", 5, "a: [mgr2]\n"),
        ] {
            assert_eq!(
                with_value(text, &at(1, column), ("mgr1", "mgr2"), &none()).unwrap(),
                wanted
            );
        }
    }

    #[test]
    fn what_is_not_there_word_for_word_is_refused() {
        for text in ["a: mgr11\n", "a: \"m\\u0067r1\"\n", "a: mgr1/x\n", "a:\n"] {
            assert!(
                with_value(text, &at(1, 4), ("mgr1", "mgr2"), &none()).is_err(),
                "{text}"
            );
        }
        assert!(with_value("a: mgr1\n", &at(7, 4), ("mgr1", "mgr2"), &none()).is_err());
    }

    #[test]
    fn a_text_that_would_be_something_else_is_quoted() {
        let put = with_value("a: b\n", &at(1, 4), ("b", "no"), &none()).unwrap();
        assert_eq!(put, "a: 'no'\n");
    }

    #[test]
    fn a_key_goes_with_all_that_is_its_own() {
        for (text, name, line, column, wanted) in [
            (
                "h:\n  a:\n    x: 1\n\n  # of b\n  b:\n    x: 2\n    # in b\n\nc: 1\n",
                "b",
                6,
                3,
                "h:\n  a:\n    x: 1\n\n  # of b\n\nc: 1\n",
            ),
            ("h: { a: { x: '}' }, b: 1 }\n", "a", 1, 6, "h: { b: 1 }\n"),
            ("h: { a: 1, b: [1, 2] }\n", "b", 1, 12, "h: { a: 1 }\n"),
            ("h: {a: 1,b: 2}\n", "b", 1, 10, "h: {a: 1}\n"),
            ("h: { a: 1 }\n", "a", 1, 6, "h: {}\n"),
        ] {
            let key = Key {
                name: name.to_owned(),
                place: at(line, column),
            };
            assert_eq!(without_key(text, &key, &none()).unwrap(), wanted);
        }
    }

    #[test]
    fn a_key_comes_into_a_block_or_into_braces() {
        assert_eq!(
            with_key(
                "all:\n  vars:\n    p: esb # x\n",
                ("p", &at(3, 8)),
                ("m", "mgr2"),
                &none()
            )
            .unwrap(),
            "all:\n  vars:\n    m: mgr2\n    p: esb # x\n"
        );
        assert_eq!(
            with_key(
                "v: { \"p\": esb, q: 1 }\n",
                ("p", &at(1, 11)),
                ("m", "mgr2"),
                &none()
            )
            .unwrap(),
            "v: { m: mgr2, \"p\": esb, q: 1 }\n"
        );
    }
}
