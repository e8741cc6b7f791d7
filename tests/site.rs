//! The site that `docs/build` makes with mdBook: every page is there, every link of it leads somewhere, and it fits a
//! browser. `docs/build --mdbook` gets mdBook, which `tests/run` does; where it is not there, that is said.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use regex::Regex;

use crate::browser;
use crate::hosts::root;

/// The site in a folder of its own; [`None`], said aloud, where there is no mdBook.
fn built(folder: &Path) -> Option<std::path::PathBuf> {
    let output = Command::new(root().join("docs/build"))
        .env("WMPROV", env!("CARGO_BIN_EXE_wmprov"))
        .env("PAGES", folder.join("pages"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("there is no mdBook") {
        println!("skipped: there is no mdBook (docs/build --mdbook gets it)");
        return None;
    }
    assert!(output.status.success(), "{said}");
    // What mdBook only warns of, such as a tag that is never closed, is a fault of a page.
    assert!(!said.contains("WARN"), "{said}");
    Some(folder.join("book"))
}

/// The HTML pages of the site.
fn pages(book: &Path) -> BTreeMap<String, String> {
    fs::read_dir(book)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(name, _)| name.ends_with(".html"))
        .map(|(name, path)| (name, fs::read_to_string(path).unwrap()))
        .collect()
}

/// Where a page's links and pictures lead, besides to other sites.
fn targets(page: &str) -> Vec<String> {
    let attribute = Regex::new(r#"\b(?:href|src)="([^"]+)""#).unwrap();
    attribute
        .captures_iter(page)
        .map(|found| found[1].replace("&amp;", "&"))
        .filter(|target| !target.contains(':'))
        .collect()
}

fn anchors(page: &str) -> BTreeSet<&str> {
    let id = Regex::new(r#"\bid="([^"]+)""#).unwrap();
    id.captures_iter(page)
        .map(|found| found.get(1).unwrap().as_str())
        .collect()
}

#[test]
fn the_site_is_whole_and_its_links_lead_somewhere() {
    let folder = tempfile::tempdir().unwrap();
    let Some(book) = built(folder.path()) else {
        return;
    };
    let pages = pages(&book);
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        let is_page =
            path.extension().is_some_and(|end| end == "md") && !path.ends_with("SUMMARY.md");
        let made = path.with_extension("html");
        let name = made.file_name().unwrap().to_str().unwrap();
        assert!(!is_page || pages.contains_key(name), "{name}");
    }
    let mut count = 0;
    // The page of errors is for a server's root, which its links begin at.
    for (name, page) in pages.iter().filter(|(name, _)| *name != "404.html") {
        for target in targets(page) {
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let file = if file.is_empty() { name } else { file };
            assert!(book.join(file).is_file(), "{name}: {target}");
            let known = anchor.is_empty() || anchors(&pages[file]).contains(anchor);
            assert!(known, "{name}: {target}");
            count += 1;
        }
    }
    assert!(count > 500, "only {count} links were found");
    if std::env::var_os("WMPROV_LAB").is_some() {
        for name in ["pattern-2.html", "troubleshooting.html"] {
            browser::fits(&book.join(name));
        }
    }
}
