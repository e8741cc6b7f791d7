//! One row a file, an edit, and what comes out.

use proptest::prelude::*;

use crate::edit::{Edit, EditError, Format, apply, evaluate};

use super::parse::{Dialect, Item, parse};

fn run(before: &str, verb: &str, target: &str, value: &str) -> Result<String, EditError> {
    let value = Some(value).filter(|_| verb != "remove");
    let edits = [Edit::read(Format::Properties, verb, target, value)?];
    let made = apply(before.as_bytes(), &edits)?;
    assert_eq!(
        apply(&made, &edits)?,
        made,
        "a second run of `{verb} {target}` changes something"
    );
    Ok(String::from_utf8(made).unwrap())
}

fn rows(rows: &[(&str, &str, &str, &str, &str)]) {
    for (before, verb, target, value, after) in rows {
        match run(before, verb, target, value) {
            Ok(made) => assert_eq!(made, *after, "`{verb} {target}` of {before:?}"),
            Err(error) => panic!("`{verb} {target}` of {before:?}: {error}"),
        }
    }
}

#[test]
#[rustfmt::skip] // one row a line
fn java_properties() {
    rows(&[
        ("a=1\nb=2\n", "set", "a", "3", "a=3\nb=2\n"),
        ("a = 1\r\nb : 2\r\nc 3\r\n", "set", "b", "x", "a = 1\r\nb : x\r\nc 3\r\n"),
        ("a = 1\r\nb : 2\r\nc 3\r\n", "set", "c", "x", "a = 1\r\nb : 2\r\nc x\r\n"),
        ("a\\\r\n  b=1\r\n", "set", "ab", "2", "a\\\r\n  b=2\r\n"),
        ("\\\n# a=0\na=1\n", "set", "a", "2", "\\\n# a=0\na=2\n"),
        ("a", "set", "a", "x", "a=x"),
        ("a \n", "set", "a", ":x", "a \\:x\n"),
        ("a=", "set", "a", "x", "a=x"),
        ("#a=1\n!a=1\na=1", "set", "a", "2", "#a=1\n!a=1\na=2"),
        ("a=1,\\\n   2\nb=3\n", "set", "a", "1,2", "a=1,\\\n   2\nb=3\n"),
        ("a=1,\\\n   2\nb=3\n", "set", "a", "4", "a=4\nb=3\n"),
        ("a=1\\\\\nb=3\n", "set", "b", "4", "a=1\\\\\nb=4\n"),
        ("a=1\\\n# no comment\nb=3\n", "set", "b", "4", "a=1\\\n# no comment\nb=4\n"),
        ("a\\ b\\=c = 1\n", "set", "a b=c", "2", "a\\ b\\=c = 2\n"),
        ("k=\\u00fc\n", "set", "k", "ü", "k=\\u00fc\n"),
        ("k=1\n", "set", "k", " ü\t\\x😀", "k=\\ \\u00FC\\t\\\\x\\uD83D\\uDE00\n"),
        ("url=x\n", "set", "url", "jdbc:mysql://h/d?a=b#c!", "url=jdbc:mysql://h/d?a=b#c!\n"),
        ("a = 1\n", "ensure", "b", "2", "a = 1\nb = 2\n"),
        ("a=1", "ensure", "b", "2", "a=1\nb=2"),
        ("", "ensure", "b", "2", "b=2\n"),
        ("a=1\r\n", "ensure", "b", "2", "a=1\r\nb=2\r\n"),
        ("# b=0\n\nz=1\n", "ensure", "b", "2", "# b=0\nb=2\n\nz=1\n"),
        ("# b is good\nz=1\n", "ensure", "b", "2", "# b is good\nz=1\nb=2\n"),
        ("a=1\nb=\\\n 2\nc=3\n", "remove", "b", "", "a=1\nc=3\n"),
        ("a=1\n", "remove", "b", "", "a=1\n"),
        ("b=1\nb=2\na=1\n", "remove", "b", "", "a=1\n"),
    ]);
}

#[test]
#[rustfmt::skip] // one row a line
fn ini_sections() {
    rows(&[
        ("a=0\n[s]\na = 1 \n[t]\na=2\n", "set", "[s]a", "x", "a=0\n[s]\na = x \n[t]\na=2\n"),
        ("a=0\n[s]\na = 1\n", "set", "[]a", "x", "a=x\n[s]\na = 1\n"),
        ("[s]\na=1\n\n[t]\nb=1\n", "ensure", "[s]c", "x", "[s]\na=1\nc=x\n\n[t]\nb=1\n"),
        ("[s]\n;c=0\na=1\n[t]\n;c=0\n", "ensure", "[s]c", "x", "[s]\n;c=0\nc=x\na=1\n[t]\n;c=0\n"),
        ("[s]\na=1\n", "ensure", "[t]c", "x", "[s]\na=1\n[t]\nc=x\n"),
        ("[s]\na=c:\\dir\n", "set", "[s]a", "c:\\new", "[s]\na=c:\\new\n"),
        ("[s]\na \n", "set", "[s]a", "x", "[s]\na =x\n"),
        ("[s]\na=1\n[t]\na=2\n", "remove", "[t]a", "", "[s]\na=1\n[t]\n"),
    ]);
}

#[test]
fn refusals() {
    let cases = [
        (
            "host=1\n",
            "set",
            "hots",
            "x",
            "`hots` is not there: no key `hots`; is `host` meant?",
        ),
        (
            "\n#k=1\n",
            "set",
            "k",
            "x",
            "`k` is not there: no key `k`; the one in the comment on line 2 is a sample; `ensure` makes a real one",
        ),
        (
            "[s]\na=1\n",
            "set",
            "[t]a",
            "x",
            "`[t]a` is not there: section `[t]` has no key `a`",
        ),
        (
            "a=1\nb=1\na=2\n",
            "set",
            "a",
            "x",
            "`a` stands 2 times, on lines 1 and 3",
        ),
        (
            "a=1\n",
            "set",
            "[s",
            "x",
            "`[s` is no edit that can be made: `[` without `]`",
        ),
        (
            "",
            "ensure",
            "[s]a",
            "x\ny",
            "`[s]a` is no edit that can be made: an ini value is one line, without blanks at its ends",
        ),
        // The last line continues into whatever comes next, so the new key would be part of it.
        (
            "a=1\\\n",
            "ensure",
            "b",
            "2",
            "`b` (line 1) is not edited: the last line ends in a backslash, so a new key would be part of it",
        ),
    ];
    for (before, verb, target, value, message) in cases {
        assert_eq!(
            run(before, verb, target, value).unwrap_err().to_string(),
            message
        );
    }
}

#[test]
fn bytes_beyond_ascii_are_kept() {
    let before = b"# gr\xfc\xdfe\nk=\xe4\nl=1\n";
    let edits = [Edit::read(Format::Properties, "set", "l", Some("2")).unwrap()];
    assert_eq!(
        apply(before, &edits).unwrap(),
        b"# gr\xfc\xdfe\nk=\xe4\nl=2\n"
    );
    assert_eq!(evaluate(before, Format::Properties, "k").unwrap(), ["ä"]);
}

/// Key and value of all entries but those of `key`.
fn others(bytes: &[u8], dialect: Dialect, key: &str) -> Vec<(String, String, String)> {
    let entries = parse(bytes, dialect)
        .into_iter()
        .filter_map(|item| match item {
            Item::Entry(entry) => Some((entry.section, entry.key, entry.value)),
            Item::Section(..) | Item::Comment(..) => None,
        });
    entries.filter(|(_, found, _)| found != key).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_other_entries_stay(
        text in "([abk=: \\\\#!;\t\n]|\r\n|\\[s\\]\n|k=){0,30}",
        value in "[ -~ü\n\\\\]{0,10}",
        target in prop_oneof![Just("k"), Just("[s]k"), Just("[]k")],
    ) {
        let dialect = if target == "k" { Dialect::Java } else { Dialect::Ini };
        let Ok(edit) = Edit::read(Format::Properties, "ensure", target, Some(&value)) else {
            return Ok(());
        };
        match apply(text.as_bytes(), std::slice::from_ref(&edit)) {
            Ok(made) => {
                prop_assert_eq!(evaluate(&made, Format::Properties, target).unwrap(), [value]);
                prop_assert_eq!(apply(&made, &[edit]).unwrap(), made.clone());
                prop_assert_eq!(others(&made, dialect, "k"), others(text.as_bytes(), dialect, "k"));
            }
            Err(EditError::Ambiguous { lines, .. }) => prop_assert!(lines.len() > 1),
            // The last line ends in a backslash, so nothing can follow it.
            Err(error) => prop_assert!(text.trim_end_matches(['\r', '\n']).ends_with('\\'), "{}", error),
        }
    }
}
