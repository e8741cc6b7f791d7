//! One row a file, an edit, and what comes out; a start script of our own.

use crate::edit::{Edit, EditError, Format, apply, evaluate};

const SCRIPT: &str = "#!/bin/sh\nif [ \"$CMD\" = \"start\" ]; then\n  nohup sh \"$0\" > /dev/null 2>&1 &\nfi\n$JAVACMD \\\n  -Xms256m -Xmx1024m \\\n  -DworkerNode=false \\\n  -Dfile.encoding=UTF8 \\\n  org.example.Bootstrap $*\n";

fn run(before: &str, verb: &str, target: &str, value: Option<&str>) -> Result<String, EditError> {
    let edits = [Edit::read(Format::Lines, verb, target, value)?];
    let made = apply(before.as_bytes(), &edits)?;
    assert_eq!(
        apply(&made, &edits)?,
        made,
        "a second run of `{verb} {target}` changes something"
    );
    Ok(String::from_utf8(made).unwrap())
}

#[test]
fn a_start_script_is_edited() {
    let worker = run(
        SCRIPT,
        "replace",
        r"\s*-DworkerNode=false \\",
        Some("  -DworkerNode=true \\"),
    )
    .unwrap();
    assert_eq!(
        worker,
        SCRIPT.replace("workerNode=false", "workerNode=true")
    );
    let memory = run(
        SCRIPT,
        "replace_part",
        "-Xmx1024m",
        Some("  -Xms1g -Xmx2g \\"),
    )
    .unwrap();
    assert_eq!(
        memory,
        SCRIPT.replace("-Xms256m -Xmx1024m", "-Xms1g -Xmx2g")
    );
    let passed = run(
        SCRIPT,
        "replace",
        r#"  nohup sh "\$0" .*"#,
        Some("  nohup sh \"$0\" $args > /dev/null 2>&1 &"),
    )
    .unwrap();
    assert_eq!(passed, SCRIPT.replace("\"$0\" >", "\"$0\" $args >"));
    let added = run(
        SCRIPT,
        "before",
        r"\s*org\.example\.Bootstrap \$\*",
        Some("  -Dprofile=worker \\\n  -Dx=y \\"),
    )
    .unwrap();
    assert_eq!(
        added,
        SCRIPT.replace("  org.", "  -Dprofile=worker \\\n  -Dx=y \\\n  org.")
    );
}

#[test]
#[rustfmt::skip] // one row a line
fn every_verb() {
    let rows = [
        ("a\nb\n", "after", "a", Some("x"), "a\nx\nb\n"),
        ("a\r\nb\r\n", "after", "b", Some("x"), "a\r\nb\r\nx\r\n"),
        ("a\nb", "after", "b", Some("x"), "a\nb\nx"),
        ("a\nb", "before", "b", Some("x\ny"), "a\nx\ny\nb"),
        ("a\nx\nb\n", "after", "a", Some("x"), "a\nx\nb\n"),
        ("a\r\nb", "replace", "b", Some("c"), "a\r\nc"),
        ("a\r\nb\r\n", "replace", "a", Some("c\nd"), "c\r\nd\r\nb\r\n"),
        ("opt=1\n", "replace", "opt=.*", Some("opt=2"), "opt=2\n"),
        ("a\n", "ensure", "b.c", None, "a\nb.c\n"),
        ("bxc\n", "ensure", "b.c", None, "bxc\nb.c\n"),
        ("a", "ensure", "b", None, "a\nb"),
        ("", "ensure", "b", None, "b\n"),
        ("a\nb\nc", "remove", "b", None, "a\nc"),
        ("a\nbb\nc", "remove", "b", None, "a\nbb\nc"),
        ("a\nbb\nc", "remove_part", "b", None, "a\nc"),
    ];
    for (before, verb, target, value, after) in rows {
        assert_eq!(run(before, verb, target, value).unwrap(), after, "{verb} {target} of {before:?}");
    }
}

#[test]
fn refusals() {
    let cases = [
        (
            "a\nb\n",
            "replace",
            "x",
            Some("y"),
            "`x` is not there: none of 2 lines matches",
        ),
        (
            "aa\nb\n",
            "replace",
            "a",
            Some("y"),
            "`a` is not there: none of 2 lines matches",
        ),
        (
            "a\nb\na\n",
            "replace",
            "a",
            Some("y"),
            "`a` stands 2 times, on lines 1 and 3",
        ),
        (
            "opt=2\nopt=1\n",
            "replace",
            "opt=.*",
            Some("opt=2"),
            "`opt=.*` stands 2 times, on lines 1 and 2",
        ),
        (
            "a\na\n",
            "remove",
            "a",
            None,
            "`a` stands 2 times, on lines 1 and 2",
        ),
        (
            "a\n",
            "after",
            "a.*",
            Some("ab"),
            "`a.*` is no edit that can be made: the text to insert matches the anchor, so a second run would not find its place",
        ),
        (
            "a\n",
            "replace",
            "a",
            None,
            "`a` is no edit that can be made: `replace` needs a value",
        ),
        (
            "a\n",
            "swap",
            "a",
            None,
            "`a` is no edit that can be made: lines has no verb `swap`",
        ),
    ];
    for (before, verb, target, value, message) in cases {
        assert_eq!(
            run(before, verb, target, value).unwrap_err().to_string(),
            message
        );
    }
    assert!(
        run("", "replace", "(", Some("y"))
            .unwrap_err()
            .to_string()
            .starts_with("`(` is no edit that can be made: no regular expression: ")
    );
}

#[test]
fn lines_are_read() {
    assert_eq!(
        evaluate(b"opt=1\nx\nopt=2", Format::Lines, "opt=.*").unwrap(),
        ["opt=1", "opt=2"]
    );
}
