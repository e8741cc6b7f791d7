//! The format read strictly, and the normal form held against the shell's own.

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::{NORMAL_FORM_SH, normal_form, parse};
use crate::edit::{BundlesEdit, Edit, Format, apply, evaluate};

const FILE: &str = "#version=1\nb.ui,2.0.0,../plugins/b.ui_2.0.0.jar,4,true\nb.ui,1.0.0,../plugins/b.ui_1.0.0.jar,4,true\norg.eclipse.osgi,3.9.1,../plugins/org.eclipse.osgi_3.9.1.jar,-1,true\n";

/// What the shell makes of `bytes`.
pub(in crate::edit) fn by_shell(bytes: &[u8]) -> Vec<u8> {
    let mut shell = Command::new("sh")
        .args(["-c", NORMAL_FORM_SH])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = shell.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes).unwrap());
    let output = shell.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn lines_are_removed_by_name_and_version() {
    let remove = |target: (&str, Option<&str>)| {
        let edits = [Edit::Bundles(BundlesEdit::remove(target.0, target.1))];
        String::from_utf8(apply(FILE.as_bytes(), &edits).unwrap()).unwrap()
    };
    assert_eq!(
        remove(("b.ui", None)),
        FILE.split_inclusive('\n')
            .filter(|line| !line.starts_with("b.ui"))
            .collect::<String>()
    );
    assert_eq!(
        remove(("b.ui", Some("2.0.0"))),
        FILE.split_inclusive('\n')
            .filter(|line| !line.contains("2.0.0"))
            .collect::<String>()
    );
    assert_eq!(remove(("b", None)), FILE);
    let held = evaluate(FILE.as_bytes(), Format::Bundles, "b.ui,1.0.0").unwrap();
    assert_eq!(held, ["b.ui,1.0.0,../plugins/b.ui_1.0.0.jar,4,true"]);
}

#[test]
fn fields_are_read() {
    let bundles = parse(FILE.as_bytes()).unwrap();
    assert_eq!(bundles.len(), 3);
    assert_eq!(
        (bundles[2].line, bundles[2].start_level, bundles[2].started),
        (4, -1, true)
    );
    assert_eq!(bundles[0].location, "../plugins/b.ui_2.0.0.jar");
}

#[test]
fn a_malformed_line_is_named() {
    let cases = [
        (
            "a,1,l,4,true\n\n",
            "line 2: a blank line, which keeps Carbon from deploying dropins",
        ),
        (
            "#version=1\na,1,l,4\n",
            "line 2: 4 fields instead of 5 in `a,1,l,4`",
        ),
        (
            "a,1,l,4,true,x\n",
            "line 1: 6 fields instead of 5 in `a,1,l,4,true,x`",
        ),
        ("a,,l,4,true\n", "line 1: an empty field in `a,,l,4,true`"),
        ("a,1,l,four,true\n", "line 1: `four` is no start level"),
        ("a,1,l,4,yes\n", "line 1: `yes` is neither true nor false"),
    ];
    for (text, message) in cases {
        assert_eq!(parse(text.as_bytes()).unwrap_err().to_string(), message);
    }
}

#[test]
fn the_normal_form_is_what_carbon_leaves_alone() {
    let started = "b.ui,1.0.0,../plugins/b.ui_1.0.0.jar,4,true\nb.ui,2.0.0 , ../plugins/b.ui_2.0.0.jar,4,true\r\norg.eclipse.osgi,3.9.1,../plugins/org.eclipse.osgi_3.9.1.jar,-1,true\nx,1.0.0,../dropins/x_1.0.0.jar,4,false";
    assert_eq!(
        normal_form(started.as_bytes()),
        normal_form(FILE.as_bytes())
    );
    let one_less = FILE.replace("b.ui,1.0.0", "c.ui,1.0.0");
    assert_ne!(
        normal_form(one_less.as_bytes()),
        normal_form(FILE.as_bytes())
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_shell_makes_the_same_normal_form(text in "([#a,. \t\rB1\n]|dropins/|\\.\\./plugins/){0,60}") {
        prop_assert_eq!(normal_form(text.as_bytes()), by_shell(text.as_bytes()));
    }
}
