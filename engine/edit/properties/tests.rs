//! One row a file, an edit, and what comes out.

use crate::edit::{Edit, EditError, Format, apply, evaluate};

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
        ("a", "set", "a", "x", "a=x"),
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
            "`b` is not as asked after all edits: wanted [\"2\"], found []",
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
