//! The pages hold together: every link leads somewhere, every page is in the book, every block of YAML is right, every
//! name of a variable, a file or a code is one that exists. What their command lines are is the binary's own test.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
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

/// Words that are read, those of tables among them; a block of code is looked at.
fn words_to_read(page: &str) -> usize {
    let target = Regex::new(r"\]\([^)]*\)").unwrap();
    let prose = prose(page);
    let words = target.replace_all(&prose, "]");
    let reads = |word: &&str| word.chars().any(char::is_alphanumeric);
    words.split_whitespace().filter(reads).count()
}

/// Adults read 238 English words a minute to themselves (Brysbaert 2019).
#[test]
fn the_readme_is_read_in_three_minutes() {
    let page = fs::read_to_string(root().join("README.md")).unwrap();
    let words = words_to_read(&page);
    assert!(words <= 3 * 238, "README.md has {words} words");
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

/// Programs besides wmprov that pages show command lines of; what lies in folders of the project is another.
const PROGRAMS: [&str; 14] = [
    "apt-get",
    "cargo",
    "cd",
    "curl",
    "dpkg",
    "loginctl",
    "runuser",
    "rustup",
    "sha256sum",
    "ssh",
    "ssh-keygen",
    "svnadmin",
    "systemctl",
    "vagrant",
];

/// A command line of a page without its comment: one of another program than wmprov, which is `documented.rs`'s.
fn of_another_program(line: &str) -> Option<String> {
    let line = line.strip_prefix("$ ").unwrap_or(line);
    let line = line.split(" #").next().unwrap_or_default().trim();
    // What is set for it before it.
    let mut words = line.split(' ').skip_while(|word| word.contains('='));
    let program = words.next()?;
    let of_the_project = ["tests/", ".ci/", "docs/", "vagrant/"]
        .iter()
        .any(|folder| program.starts_with(folder))
        && fs::metadata(root().join(program))
            .is_ok_and(|file| file.permissions().mode() & 0o111 != 0 && file.is_file());
    let known = PROGRAMS.contains(&program) && words.next().is_some();
    (of_the_project || known).then(|| line.to_owned())
}

/// The command lines of a page that other programs are given.
fn other_command_lines(text: &str) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for (number, part) in text.split("```").enumerate() {
        if number % 2 == 1 {
            let (language, body) = part.split_once('\n').unwrap_or_default();
            let shell = matches!(language, "" | "sh" | "console");
            lines.extend(
                body.lines()
                    .filter(|_| shell)
                    .filter_map(of_another_program),
            );
        } else {
            let prose = part.split_whitespace().collect::<Vec<_>>().join(" ");
            lines.extend(
                prose
                    .split('`')
                    .skip(1)
                    .step_by(2)
                    .filter_map(of_another_program),
            );
        }
    }
    lines
}

/// Who runs a command line that a page shows.
enum Run {
    /// A file that CI runs, and its words that run it.
    By(&'static str, &'static str),
    /// Nobody here, and why.
    Nobody(&'static str),
}

/// Every command line of another program that pages show.
const OTHERS: [(&str, Run); 44] = [
    (".ci/package", Run::By("tests/packages.rs", ".ci/package")),
    (
        ".ci/release",
        Run::Nobody("three release builds; who makes a release runs it"),
    ),
    (
        ".ci/reproducible",
        Run::Nobody("two release builds; `.ci/release` runs it"),
    ),
    (".ci/run", Run::Nobody("it is what runs all the others")),
    (
        "WMPROV_PATTERN=1 vagrant up",
        Run::By("tests/vagrant", "inside vagrant up"),
    ),
    (
        "WMPROV_WRITE_DOCS=1 cargo test",
        Run::Nobody("writes the pages that `cargo test` compares"),
    ),
    (
        "apt-get install musl-tools",
        Run::Nobody("changes the reader's machine; `.ci/package` says it where it is missing"),
    ),
    (
        "cargo build --release",
        Run::Nobody("minutes; the lab of Vagrant takes any build"),
    ),
    ("cargo doc", Run::By(".ci/run", "cargo doc")),
    (
        "cargo install --locked --path .",
        Run::Nobody("a release build; `.ci/release` runs it"),
    ),
    (
        "cd vagrant",
        Run::By("tests/vagrant", r#"cd "$STATE/vagrant""#),
    ),
    (
        "curl --data-binary @- https://hooks.example.com/drift",
        Run::Nobody("the reader's own address"),
    ),
    (
        "docs/build",
        Run::By("tests/documents.rs", r#"root().join("docs/build")"#),
    ),
    (
        "docs/build --mdbook",
        Run::By("tests/run", "docs/build --mdbook"),
    ),
    (
        "dpkg -i wmprov_0.1.0_amd64.deb",
        Run::By("tests/packages.rs", "dpkg -i"),
    ),
    (
        "loginctl enable-linger",
        Run::Nobody("timers of the lab's hosts are root's"),
    ),
    (
        "runuser -u wso2 -- sh push",
        Run::By("tests/sync.rs", "runuser -u wso2 -- sh {FOLDER}/push"),
    ),
    (
        "rustup target add x86_64-unknown-linux-musl",
        Run::Nobody("changes the reader's machine; `.ci/package` says it where it is missing"),
    ),
    (
        "sha256sum --check SHA256SUMS",
        Run::By("tests/packages.rs", "\"sha256sum\""),
    ),
    (
        r#"ssh wkr1 "sudo sed -i /HostName/s/esb/test/ /opt/wso2/wso2esb-4.9.0/repository/conf/carbon.xml""#,
        Run::By("tests/transcript.rs", "ssh {host}"),
    ),
    ("ssh-keygen -lf", Run::By("tests/sync.rs", "ssh-keygen -lf")),
    (
        "svnadmin hotcopy",
        Run::By("engine/script/sh/part.sh", "svnadmin hotcopy"),
    ),
    (
        "systemctl --failed",
        Run::By("tests/drift/nightly.rs", "systemctl --failed"),
    ),
    (
        "systemctl start wmprov-sync-CLUSTER",
        Run::By("tests/promote.rs", "systemctl start wmprov-sync-all"),
    ),
    (
        "tests/bench",
        Run::Nobody("the better part of an hour; CI runs it with `--quick`"),
    ),
    (
        "tests/lab/demo",
        Run::By("tests/first_use/demo.rs", "demo(&[])"),
    ),
    (
        "tests/lab/demo --down",
        Run::By("tests/first_use/demo.rs", "demo(&[\"--down\"])"),
    ),
    (
        "tests/pack/build",
        Run::By("tests/hosts.rs", "tests/pack/build"),
    ),
    (
        "tests/pack/build esb 4.9.0 vagrant/wso2esb-4.9.0.zip",
        Run::By("tests/vagrant", r#"tests/pack/build" esb 4.9.0"#),
    ),
    (
        "tests/pack/clients vagrant",
        Run::Nobody("fetches from Maven; `tests/vagrant 2 3` runs it"),
    ),
    ("tests/run", Run::By(".ci/run", "tests/run")),
    (
        "tests/soak",
        Run::Nobody("the better part of an hour of kills"),
    ),
    (
        "tests/soak [EACH] [SEED]",
        Run::Nobody("the better part of an hour of kills"),
    ),
    ("tests/soak-promote", Run::Nobody("the same of `promote`")),
    ("tests/soak-rollback", Run::Nobody("the same of `rollback`")),
    (
        "tests/vagrant",
        Run::By("tests/run", r#"part "tests/vagrant" tests/vagrant"#),
    ),
    (
        "tests/vagrant 2 3",
        Run::Nobody("six and eight machines; `tests/soak` ends with it"),
    ),
    (
        "vagrant box add --name wmprov-lxc wmprov.box",
        Run::By("tests/vagrant", "vagrant box add --force --name wmprov-lxc"),
    ),
    (
        "vagrant destroy",
        Run::By("tests/vagrant", "inside vagrant destroy"),
    ),
    (
        "vagrant provision",
        Run::By("tests/vagrant", "inside vagrant provision"),
    ),
    (
        "vagrant ssh-config | wmprov inventory pattern-1.yaml --from-vagrant - > inventory.yaml",
        Run::By(
            "tests/vagrant",
            r#"vagrant ssh-config | "$WMPROV" inventory"#,
        ),
    ),
    ("vagrant up", Run::By("tests/vagrant", "inside vagrant up")),
    (
        "vagrant/database.sh",
        Run::By("vagrant/Vagrantfile", "path: \"database.sh\""),
    ),
    (
        "vagrant/lxc-box wmprov.box",
        Run::By("tests/vagrant", r#"/vagrant/lxc-box""#),
    ),
];

#[test]
fn every_command_line_of_another_program_is_run_or_excused() {
    let shown: BTreeSet<String> = pages_in("docs")
        .into_iter()
        .chain(pages_in(""))
        .filter(|(path, _)| !path.ends_with("CHANGELOG.md"))
        .flat_map(|(_, text)| other_command_lines(&text))
        .collect();
    let listed: BTreeSet<String> = OTHERS.iter().map(|(line, _)| (*line).to_owned()).collect();
    let apart: Vec<&String> = shown.symmetric_difference(&listed).collect();
    assert!(
        apart.is_empty(),
        "shown by pages, or in OTHERS, and not in both: {apart:?}"
    );
    for (line, run) in &OTHERS {
        match run {
            Run::By(file, words) => {
                let text = fs::read_to_string(root().join(file)).unwrap();
                assert!(text.contains(words), "{line}: {file} has no `{words}`");
            }
            Run::Nobody(why) => println!("not run: {line}: {why}"),
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
