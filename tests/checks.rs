//! Every check of the inventory has a folder in `tests/cases/checks`: the smallest inventory that
//! breaks exactly it, and what the user is told. `WMPROV_WRITE_CASES=1` writes what is told anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wmprov::catalogue::Catalogue;
use wmprov::cluster::checks::{ALL, Check, When, check};
use wmprov::cluster::{derive_with, explain};
use wmprov::inventory::{Inventory, LoadOptions};

use crate::cluster::told;
use crate::hosts::root;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/checks");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    cases
}

/// `WM004` of `…/WM004-copied-worker`.
fn code(case: &Path) -> &str {
    case.file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .split('-')
        .next()
        .unwrap()
}

/// All that a table of checks says of a case.
fn says(case: &Path, table: &[&Check]) -> String {
    let file = case.join("inventory.yaml");
    // A case may bring an entry of its own, as a user may.
    let catalogue = Catalogue::load(&[case.join("products")]).unwrap();
    let inventory = Inventory::load(&file, &LoadOptions::default()).unwrap();
    let result = derive_with(
        &inventory,
        &|product, version| catalogue.find(product, version),
        table,
    )
    .and_then(|clusters| check(&clusters, table));
    let said = match result {
        Ok(_) => String::new(),
        Err(errors) => told(&errors),
    };
    said.replace(&format!("{}/", case.display()), "")
}

#[test]
fn each_case_breaks_exactly_its_check() {
    let mut wrong = Vec::new();
    for case in cases() {
        let said = says(&case, ALL);
        let expected = case.join("expected.txt");
        if std::env::var_os("WMPROV_WRITE_CASES").is_some() {
            fs::write(&expected, &said).unwrap();
        }
        let wanted = fs::read_to_string(&expected).unwrap_or_default();
        let findings = said.lines().filter(|line| !line.starts_with("  ")).count();
        if said != wanted || findings != 1 || !said.contains(&format!(": {} ", code(&case))) {
            wrong.push(format!(
                "{}\nwanted:\n{wanted}said:\n{said}",
                case.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn without_its_check_no_case_is_told() {
    for case in cases() {
        let table: Vec<&Check> = ALL
            .iter()
            .copied()
            .filter(|check| check.code != code(&case))
            .collect();
        assert_eq!(table.len(), ALL.len() - 1, "{}", case.display());
        let said = says(&case, &table);
        assert!(!said.contains(code(&case)), "{}: {said}", case.display());
        assert_ne!(said, fs::read_to_string(case.join("expected.txt")).unwrap());
    }
}

#[test]
fn every_check_that_looks_before_has_a_case() {
    let cases = cases();
    let broken: BTreeSet<&str> = cases.iter().map(|case| code(case)).collect();
    let wanted: BTreeSet<&str> = ALL
        .iter()
        .filter(|check| matches!(check.when, When::Address(_) | When::Before(_)))
        .map(|check| check.code)
        .collect();
    assert_eq!(broken, wanted);
}

/// A run cites codes by their text: each must be one that `explain` knows.
#[test]
fn every_code_in_the_program_is_explained() {
    fn texts(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                texts(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let quoted = text.split('"').skip(1).step_by(2);
                let codes = quoted.filter(|word| {
                    word.len() == 5 && word.starts_with("WM") && word[2..].parse::<u16>().is_ok()
                });
                found.extend(codes.map(str::to_owned));
            }
        }
    }
    let mut cited = BTreeSet::new();
    for room in ["run", "modules", "carbon", "commands", "drift"] {
        texts(&root().join("engine").join(room), &mut cited);
    }
    assert!(
        cited.contains("WM072") && cited.contains("WM170"),
        "{cited:?}"
    );
    for code in cited {
        assert!(explain::page(&code).is_some(), "{code}");
    }
}

/// A page that says "the run looks" is wrong where no part of the run names the code.
#[test]
fn what_a_run_is_said_to_cite_it_cites() {
    fn texts(folder: &Path, found: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("cluster/checks") {
                texts(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = text
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"));
                code.for_each(|line| found.push_str(&format!("{line}\n")));
            }
        }
    }
    let mut program = String::new();
    texts(&root().join("engine"), &mut program);
    for check in ALL {
        let cited = ['"', ' ', '`', ')', ':', ',']
            .iter()
            .any(|end| program.contains(&format!("{}{end}", check.code)));
        match check.when {
            When::Gate => assert!(cited, "{} is cited nowhere", check.code),
            When::Signs | When::Derived => {
                assert!(!cited, "{} is cited", check.code);
            }
            When::Address(_) | When::Before(_) => {}
        }
    }
}

#[test]
fn codes_are_unique_and_each_has_its_page() {
    let codes: BTreeSet<&str> = ALL.iter().map(|check| check.code).collect();
    assert_eq!(codes.len(), ALL.len());
    for check in ALL {
        let page = explain::page(check.code).unwrap();
        assert!(
            page.starts_with(check.code) && page.contains(check.cause) && page.contains(check.fix)
        );
        for text in [check.title, check.fix] {
            assert!(!text.ends_with('.'), "{}: {text}", check.code);
        }
        assert!(
            check.cause.ends_with('.') || check.cause.ends_with("`."),
            "{}",
            check.code
        );
    }
    assert_eq!(explain::page("WM999"), None);
    assert_eq!(explain::nearest("wm4"), Some("WM004"));
    assert_eq!(explain::nearest("44"), Some("WM044"));
    assert_eq!(explain::nearest("WN044"), Some("WM044"));
    assert_eq!(explain::nearest("WM999"), None);
    insta::assert_snapshot!(explain::page("wm044").unwrap(), @r#"
WM044  a dead node is noticed late

Cause: Carbon drops a silent member after 600 seconds. Until then the others wait for it: map operations block, heaps fill, and in one trial a node died of it.
Fix: leave `carbon_heartbeat` out (60 seconds), or set it to at most 300.
Shows: in your files, before any connection.
Known from: procedure 7, row 44; real-run 5.

Where it does not hold, waive it at the cluster's group, with the reason; every run prints it:

  carbon_waive: {WM044: "the reason"}
"#);
}
