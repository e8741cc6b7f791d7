//! The pages hold together: every link leads somewhere, every page is in the book, every block of YAML is right, every
//! name of a variable, a file or a code is one that exists. What their command lines are is the binary's own test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use wmprov::carbon::home::verbs_of;
use wmprov::catalogue::FORMATS;
use wmprov::cluster::variables;
use wmprov::commands::{FileOptions, validate};
use wmprov::connection::ConnectOptions;
use wmprov::modules::Registry;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages of a folder, each with its text.
fn pages_in(folder: &str) -> Vec<(PathBuf, String)> {
    let mut pages: Vec<_> = fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    pages.sort();
    pages
}

fn all_pages() -> Vec<(PathBuf, String)> {
    ["", "docs", "tests/lab", "tests/pack"]
        .into_iter()
        .flat_map(pages_in)
        .collect()
}

/// A page without what stands in its code blocks.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// The anchors that a page's headings give.
fn anchors(text: &str) -> BTreeSet<String> {
    prose(text)
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let heading = line.trim_start_matches('#').trim().to_lowercase();
            let kept = heading
                .chars()
                .filter(|one| one.is_alphanumeric() || "-_ ".contains(*one));
            kept.map(|one| if one == ' ' { '-' } else { one }).collect()
        })
        .collect()
}

/// Where the links of a page lead, besides to other sites.
fn links(text: &str) -> Vec<String> {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    link.captures_iter(&prose(text))
        .map(|found| found[1].to_owned())
        .filter(|target| !target.contains("://"))
        .collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut count = 0;
    for (path, text) in all_pages() {
        for link in links(&text) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{}: {link}", path.display());
            if !anchor.is_empty() {
                let there = anchors(&fs::read_to_string(&target).unwrap());
                assert!(there.contains(anchor), "{}: {link}", path.display());
            }
            count += 1;
        }
    }
    assert!(count > 40, "only {count} links were found");
}

#[test]
fn every_page_is_in_the_book_once() {
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    let mut listed = links(&summary);
    listed.sort();
    let pages: Vec<String> = pages_in("docs")
        .iter()
        .map(|(path, _)| path.file_name().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "SUMMARY.md")
        .collect();
    assert_eq!(
        listed, pages,
        "each page of docs/ has its line in docs/SUMMARY.md"
    );
}

/// Files that a page names and a user makes, or that are named as where something would be.
fn is_the_projects(path: &str) -> bool {
    let first = path.split('/').next();
    matches!(
        first,
        Some("engine" | "tests" | "docs" | "inventories" | "playbooks" | ".ci")
    )
}

#[test]
fn every_file_of_the_project_that_a_page_names_is_there() {
    let quoted = Regex::new(r"`([A-Za-z._-]+/[A-Za-z0-9._/-]*)[^`]*`").unwrap();
    let mut count = 0;
    for (page, text) in all_pages() {
        for found in quoted.captures_iter(&prose(&text)) {
            let path = &found[1];
            // `products/PRODUCT.yaml` stands for all of them.
            let stands_for_more = path.chars().any(char::is_uppercase) && !path.contains("README");
            if is_the_projects(path) && !stands_for_more {
                let here =
                    [root(), page.parent().unwrap()].map(|folder| folder.join(path).exists());
                assert!(here.contains(&true), "{}: {path}", page.display());
                count += 1;
            }
        }
    }
    assert!(count > 30, "only {count} names were found");
}

/// Names of other tools, in the page of how to come from them.
const OF_OTHERS: [&str; 1] = ["carbon_home_symlink"];

#[test]
fn every_variable_that_a_page_names_is_one() {
    let name = Regex::new(r"\bcarbon_[a-z_]+\b").unwrap();
    let modules: Vec<&str> = Registry.all().map(|module| module.spec().name).collect();
    for (page, text) in pages_in("docs").into_iter().chain(pages_in("")) {
        for found in name.find_iter(&text) {
            let word = found.as_str();
            let known = variables::find(word).is_some()
                || modules.contains(&word)
                || OF_OTHERS.contains(&word);
            assert!(known, "{}: {word}", page.display());
        }
    }
}

#[test]
fn every_code_that_a_page_names_can_be_explained() {
    let code = Regex::new(r"\bWM[0-9]{3}[a-z]?\b").unwrap();
    for (page, text) in all_pages() {
        for found in code.find_iter(&text) {
            let told = wmprov::commands::explain(Some(found.as_str()));
            assert!(told.is_ok(), "{}: {}", page.display(), found.as_str());
        }
    }
}

/// The blocks of a language in a page.
fn blocks(text: &str, language: &str) -> Vec<String> {
    text.split("```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_block_of_yaml_is_yaml_and_every_inventory_validates() {
    let mut inventories = 0;
    for (page, text) in all_pages() {
        for block in blocks(&text, "yaml") {
            let read: Result<serde_yaml::Value, _> = serde_yaml::from_str(&block);
            assert!(
                read.is_ok(),
                "{}: {:?}\n{block}",
                page.display(),
                read.err()
            );
            if !block.starts_with("all:\n") {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            let inventory = folder.path().join("inventory.yaml");
            fs::write(&inventory, &block).unwrap();
            let options = FileOptions {
                inventory,
                ..FileOptions::default()
            };
            let connect = ConnectOptions::from_environment();
            let right = validate(&options, &connect, false);
            assert!(right.is_ok(), "{}: {:?}", page.display(), right.err());
            inventories += 1;
        }
    }
    assert!(
        inventories >= 2,
        "only {inventories} inventories were found"
    );
}

#[test]
fn the_page_of_edits_has_the_verbs_that_there_are() {
    let page = fs::read_to_string(root().join("docs/edits.md")).unwrap();
    let told: BTreeSet<(String, String)> = page
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split("` | `");
            let (format, verb) = (cells.next()?, cells.next()?);
            Some((format.to_owned(), verb.split('`').next()?.to_owned()))
        })
        .collect();
    let known: BTreeSet<(String, String)> = FORMATS
        .into_iter()
        .flat_map(|format| verbs_of(format).iter().map(move |verb| (format, *verb)))
        // Four of lines match a part of a line, which the page tells below its table.
        .filter(|(_, verb)| !verb.ends_with("_part"))
        .map(|(format, verb)| (format.to_owned(), verb.to_owned()))
        .collect();
    assert_eq!(told, known);
}

#[test]
fn the_page_of_traps_has_every_row_and_names_what_is_there() {
    let page = fs::read_to_string(root().join("docs/traps.md")).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| row"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let numbers: Vec<&str> = rows.iter().map(|cells| cells[0]).collect();
    let mut wanted: Vec<String> = (1..=75).map(|row: u8| row.to_string()).collect();
    wanted.insert(53, "53b".to_owned());
    assert_eq!(numbers, wanted);
    let quoted = Regex::new("`([^`]+)`").unwrap();
    for cells in &rows {
        let [row, trap, code, when, shown] = cells[..] else {
            panic!("{cells:?}");
        };
        assert!(!trap.is_empty() && !when.is_empty(), "row {row}");
        assert!(
            !shown.is_empty() || when.starts_with("not"),
            "row {row}: nothing is said of a test"
        );
        assert!(
            code.is_empty() || code.starts_with("WM"),
            "row {row}: {code}"
        );
        for found in quoted.captures_iter(shown) {
            let name = &found[1];
            let there = match name.split_once(": ") {
                Some((file, function)) => fs::read_to_string(root().join(file))
                    .is_ok_and(|text| text.contains(&format!("fn {function}("))),
                None => root().join("tests/cases/checks").join(name).exists(),
            };
            assert!(there, "row {row}: {name}");
        }
    }
}

#[test]
fn every_block_of_json_is_json() {
    for (page, text) in all_pages() {
        for block in blocks(&text, "json") {
            let read: Result<serde_json::Value, _> = serde_json::from_str(&block);
            assert!(read.is_ok(), "{}: {:?}", page.display(), read.err());
        }
    }
}

/// All of `docs/build` but mdBook itself, which is minutes of building where it is not there.
#[test]
fn the_pages_of_the_site_have_pictures_in_the_place_of_mermaid() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("pages");
    let output = Command::new(root().join("docs/build"))
        .arg("--pages")
        .env("WMPROV", env!("CARGO_BIN_EXE_wmprov"))
        .env("PAGES", &pages)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for number in 1..=3 {
        let page = format!("pattern-{number}.md");
        let patterns = fs::read_to_string(pages.join(page)).unwrap();
        assert!(!patterns.contains("mermaid"), "{patterns}");
        let picture = format!("pattern-{number}-1.svg");
        assert!(patterns.contains(&format!("]({picture})")), "{patterns}");
        let text = fs::read_to_string(pages.join(&picture)).unwrap();
        assert_eq!(
            roxmltree::Document::parse(&text)
                .unwrap()
                .root_element()
                .tag_name()
                .name(),
            "svg"
        );
    }
    for (path, _) in pages_in("docs") {
        assert!(pages.join(path.file_name().unwrap()).exists());
    }
}
