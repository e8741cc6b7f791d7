//! The pages of a drift report, held against what reads them: a schema, JUnit's XSD, promtool.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;
use wmprov::drift::{Class, DriftReport, Finding, HostDrift, Kind};
use wmprov::report::{Format, Paint, drift_page};

use crate::hosts::root;

/// Every kind and every class, hostile texts, a silent host, something new, something gone.
fn report() -> DriftReport {
    let all = Kind::ALL.into_iter().flat_map(|kind| {
        Class::ALL.into_iter().map(move |class| {
            let path = format!(
                "/opt/\"x\" & 'y'\u{1b}[2J<z>/{}-{}",
                kind.as_str(),
                class.as_str()
            );
            let mut one = Finding::new(path, kind, class).observed("]]> \u{0} --> \\");
            one.hunk = Some("--- wanted\n+++ on the host\n@@ -1,1 +1,1 @@\n-<!--\n+]]>\n".into());
            one.of_node("n/1")
        })
    });
    let hosts = [
        ("all\"kinds", HostDrift::asked(all.collect())),
        ("fine", HostDrift::asked(Vec::new())),
        (
            "silent",
            HostDrift::unreachable("<no> & \"route\"".into(), Some("is it on?".into())),
        ),
    ];
    let mut report = DriftReport {
        inventory: "in \"v\"\\.yaml".into(),
        at: 1_772_323_200,
        hosts: hosts.map(|(name, host)| (name.to_owned(), host)).into(),
        ..DriftReport::default()
    };
    let mut earlier = report.clone();
    earlier.hosts.insert(
        "fine".to_owned(),
        HostDrift::asked(vec![Finding::new("/gone", Kind::Mode, Class::Drift)]),
    );
    report.compare(&earlier);
    report
}

fn page(format: Format) -> String {
    drift_page(&report(), format, Paint::new(false)).unwrap()
}

/// Gives `text` to a program's standard input; nothing where there is no such program, which is said.
fn judged(program: &str, arguments: &[&str], text: &str) -> Option<(bool, String)> {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        let by_run = std::env::var("WMPROV_LAB").is_ok_and(|wanted| wanted == "1");
        assert!(!by_run, "tests/run installs {program}");
        println!("skipped: there is no {program} here");
        return None;
    };
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let out = child.wait_with_output().unwrap();
    let said = [out.stdout, out.stderr].concat();
    Some((
        out.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    ))
}

#[test]
fn junit_passes_its_schema() {
    let xsd = root().join("tests/cases/junit.xsd");
    let arguments = ["--noout", "--nonet", "--schema", xsd.to_str().unwrap(), "-"];
    let page = page(Format::Junit);
    if let Some((valid, said)) = judged("xmllint", &arguments, &page) {
        assert!(valid, "{said}\n{page}");
        let broken = page.replacen(" errors=", " mistakes=", 1);
        assert!(!judged("xmllint", &arguments, &broken).unwrap().0);
    }
    let document = roxmltree::Document::parse(&page).unwrap();
    let suites = document.root_element();
    for suite in suites.children().filter(roxmltree::Node::is_element) {
        let count = |name: &str| {
            let found = suite.descendants().filter(|node| node.has_tag_name(name));
            found.count().to_string()
        };
        assert_eq!(suite.attribute("tests"), Some(count("testcase").as_str()));
        assert_eq!(suite.attribute("failures"), Some(count("failure").as_str()));
        assert_eq!(suite.attribute("errors"), Some(count("error").as_str()));
    }
}

#[test]
fn promtool_takes_the_metrics() {
    let page = page(Format::Prometheus);
    if let Some((valid, said)) = judged("promtool", &["check", "metrics"], &page) {
        assert!(valid && said.trim().is_empty(), "{said}\n{page}");
    }
    // What promtool would find first: a sample of a family that no TYPE opened, or that has been left.
    let mut open = "";
    let mut seen = Vec::new();
    for line in page.lines() {
        if let Some(named) = line.strip_prefix("# TYPE ") {
            open = named.split(' ').next().unwrap();
            assert!(!seen.contains(&open), "{open} comes twice");
            seen.push(open);
        } else if !line.starts_with('#') {
            assert!(line.starts_with(&format!("{open}{{")), "{line}");
        }
    }
}

#[test]
fn json_passes_its_published_schema() {
    let report: Value = serde_json::from_str(&page(Format::Json)).unwrap();
    assert_eq!(mistakes(&report), [""; 0]);
    let mut broken = report.clone();
    broken["hosts"]["fine"]["status"] = "good".into();
    broken["hosts"]["fine"]["colour"] = "green".into();
    broken["at"] = "today".into();
    broken.as_object_mut().unwrap().remove("inventory");
    assert_eq!(mistakes(&broken).len(), 4, "{:?}", mistakes(&broken));
}

/// What a report has against `docs/drift.schema.json`.
pub(super) fn mistakes(report: &Value) -> Vec<String> {
    let text = std::fs::read_to_string(root().join("docs/drift.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let mut found = Vec::new();
    hold("report", report, &schema, &mut found);
    found
}

/// The few words of JSON Schema that ours uses.
fn hold(at: &str, value: &Value, schema: &Value, found: &mut Vec<String>) {
    let known = [
        "$schema",
        "title",
        "description",
        "type",
        "enum",
        "required",
        "properties",
        "additionalProperties",
        "items",
    ];
    for word in schema.as_object().unwrap().keys() {
        assert!(
            known.contains(&word.as_str()),
            "the schema says `{word}`, which this test cannot read"
        );
    }
    let is = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the schema says type `{other}`"),
    };
    let wrong_type = match &schema["type"] {
        Value::Null => false,
        Value::Array(names) => !names.iter().any(is),
        name => !is(name),
    };
    if wrong_type {
        found.push(format!("{at} is no {}", schema["type"]));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        found.push(format!("{at} is {value}"));
    }
    if let Some(items) = value.as_array() {
        for (number, item) in items.iter().enumerate() {
            hold(&format!("{at}[{number}]"), item, &schema["items"], found);
        }
    }
    let Some(map) = value.as_object() else {
        return;
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !map.contains_key(name.as_str().unwrap()) {
            found.push(format!("{at} has no {name}"));
        }
    }
    for (name, inner) in map {
        let at = format!("{at}.{name}");
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Object(_)) => {
                hold(&at, inner, &schema["additionalProperties"], found)
            }
            (Value::Null, _) => found.push(format!("{at} is not known")),
            (own, _) => hold(&at, inner, own, found),
        }
    }
}
