//! Commands that the project shows: in `--help`, and in the page of the first cluster.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{PROGRAM, said, wmprov};
use crate::hosts::note;

#[test]
fn version_tells_what_it_is_and_what_it_knows() {
    let folder = tempfile::tempdir().unwrap();
    let short = said(&wmprov(folder.path(), &["version"]));
    assert_eq!(short, format!("0\nwmprov {}\n", env!("CARGO_PKG_VERSION")));
    let output = wmprov(folder.path(), &["version", "--verbose"]);
    let page = said(&output);
    let lines: Vec<&str> = page.lines().collect();
    assert!(lines[2].starts_with("commit: "), "{page}");
    assert!(
        lines[3].starts_with("target: ") && lines[3].contains(std::env::consts::ARCH),
        "{page}"
    );
    let digest = lines[4]
        .strip_prefix("built-in playbooks: sha256 ")
        .unwrap();
    assert!(
        digest.len() == 64 && digest.chars().all(|digit| digit.is_ascii_hexdigit()),
        "{page}"
    );
    assert!(
        page.contains("\n  esb ") && page.contains("5.0.0"),
        "{page}"
    );
    assert!(!page.contains("\n  is "), "{page}");
}

/// The commands that a help text gives as examples.
fn examples(help: &str) -> Vec<String> {
    let behind = help
        .split_once("Examples:\n")
        .map_or("", |(_, behind)| behind);
    let mut examples: Vec<String> = Vec::new();
    for line in behind.lines().take_while(|line| !line.is_empty()) {
        match (line.trim(), examples.last_mut()) {
            (rest, Some(example)) if !rest.starts_with("wmprov ") => {
                example.push(' ');
                example.push_str(rest);
            }
            (whole, _) => examples.push(whole.to_owned()),
        }
    }
    examples
}

/// The commands below one, as its help lists them.
fn verbs(help: &str) -> BTreeSet<String> {
    let behind = help
        .split_once("Commands:\n")
        .map_or("", |(_, behind)| behind);
    behind
        .lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .map(str::to_owned)
        .collect()
}

/// A command's examples, which are two and its own.
fn two_examples(help: &str, command: &str) -> Vec<String> {
    let examples = examples(help);
    assert_eq!(examples.len(), 2, "{command}: {examples:?}");
    for example in &examples {
        let begins = format!("wmprov {command}");
        assert!(example.starts_with(&begins), "{command}: {example}");
    }
    examples
}

/// A folder in which the examples find what they name.
fn kitchen() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let inventory = Path::new(env!("CARGO_MANIFEST_DIR")).join("inventories/pattern-1.yaml");
    fs::copy(inventory, folder.path().join("inventory.yaml")).unwrap();
    fs::write(folder.path().join("vault-password"), "open sesame\n").unwrap();
    fs::write(folder.path().join("password"), "hunter22").unwrap();
    let sealed = ["secrets.yaml", "one.yaml", "two.yaml"];
    for name in sealed {
        fs::write(folder.path().join(name), "vault_admin: hunter22\n").unwrap();
    }
    let mut words = vec![
        "vault",
        "encrypt",
        "--vault-password-file",
        "vault-password",
    ];
    words.extend(sealed);
    assert!(wmprov(folder.path(), &words).status.success());
    folder
}

/// Verbs whose examples reach hosts. Labs run them, each with the options that its examples show; that they have is held
/// against what labs note (`engine/cli/documented.rs`, at the end of `tests/run`).
const NEED_MORE: [&str; 20] = [
    "apply",
    "backup",
    "restore",
    "plan",
    "drift",
    "status",
    "rollback",
    "show",
    "logs",
    "threads",
    "start",
    "stop",
    "restart",
    "history",
    "generations",
    "unlock",
    "promote",
    "decommission",
    "replace",
    "adopt",
];

/// Examples that cannot run here, and why.
const NOT_HERE: [(&str, &str); 7] = [
    ("wmprov validate inventory.yaml", "needs a product's zip"),
    ("wmprov init", "asks on a terminal"),
    ("wmprov apply inventory.yaml", "reaches hosts"),
    ("wmprov pack inspect packs/", "needs a product's zip"),
    ("wmprov vault view group_vars/all/", "asks on a terminal"),
    ("wmprov completions bash", "writes into /etc"),
    ("wmprov completions fish", "writes into the user's home"),
];

#[test]
fn every_help_has_two_examples_and_those_that_need_no_host_run() {
    let folder = kitchen();
    let help = |words: &[&str]| {
        let output = wmprov(folder.path(), &[words, &["--help"]].concat());
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let top = help(&[]);
    let mut all = examples(&top);
    assert_eq!(all.len(), 2, "{top}");
    for verb in verbs(&top) {
        let page = help(&[&verb]);
        let mut of_verb = two_examples(&page, &verb);
        for below in verbs(&page) {
            let page = help(&[&verb, &below]);
            of_verb.extend(two_examples(&page, &format!("{verb} {below}")));
        }
        if !NEED_MORE.contains(&verb.as_str()) {
            all.extend(of_verb);
        }
    }
    let mut ran = 0;
    for example in &all {
        let not_here = |(words, _): &(&str, &str)| match words.ends_with(['/', ' ']) {
            true => example.starts_with(words),
            false => example == words || example.starts_with(&format!("{words} >")),
        };
        if NOT_HERE.iter().any(not_here) {
            continue;
        }
        let programs = Path::new(PROGRAM).parent().unwrap();
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh")
            .args(["-c", example])
            .current_dir(folder.path())
            .env("PATH", path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Who reads nothing may be gone before it is written.
        let _nobody = shell.stdin.take().unwrap().write_all(b"hunter22\n");
        let output = shell.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{example}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        note(output.status.code(), example);
        ran += 1;
    }
    assert!(ran >= 12, "only {ran} examples ran");
}

/// Verbs of the page whose output depends on hosts or on chance.
const NOT_COMPARED: [&str; 4] = ["plan", "apply", "drift", "vault"];

/// A page with what its commands say behind each of them; none is run whose output depends on hosts.
fn run_through(page: &str, folder: &Path) -> String {
    let mut out = String::new();
    let mut within = false;
    for line in page.lines() {
        if line.starts_with("```") {
            within = line == "```console";
        }
        let command = line.strip_prefix("$ wmprov ").filter(|_| within);
        // Inside a block of commands everything else is what they have said.
        if within && command.is_none() && !line.starts_with("```") {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        let Some(command) = command else { continue };
        let arguments: Vec<&str> = command.split(' ').collect();
        if !NOT_COMPARED.contains(&arguments[0]) {
            let output = wmprov(folder, &arguments);
            assert_eq!(output.status.code(), Some(0), "{}", said(&output));
            out.push_str(&String::from_utf8(output.stdout).unwrap());
        }
    }
    out
}

#[test]
fn the_commands_of_getting_started_say_what_the_page_shows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/getting-started.md");
    let page = fs::read_to_string(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let wanted = run_through(&page, folder.path());
    if std::env::var_os("WMPROV_WRITE_DOCS").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == wanted,
        "docs/getting-started.md is old: WMPROV_WRITE_DOCS=1 cargo test writes it"
    );
    for verb in ["init", "validate", "topology", "plan", "apply", "drift"] {
        assert!(page.contains(&format!("\n$ wmprov {verb} ")), "{verb}");
    }
}
