//! Every command line that the pages show is one that this program takes: each is given to the real parser.

use std::fs;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

use crate::arguments::Cli;

/// A command line, and the page that shows it.
struct Shown {
    page: String,
    line: String,
}

/// The words of a shell's line up to what is no longer of its first command.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(character),
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, '>' | '|' | ';' | '&') => break,
            (None, '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            (None, _) => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

/// From the program's name on, where a line of a code block names it as a command.
fn in_block(line: &str) -> Option<&str> {
    let at = line.find("wmprov ")?;
    let before = line[..at].chars().next_back();
    let verb = line[at..].split(' ').nth(1)?;
    let known = Cli::command().find_subcommand(verb).is_some();
    (known && before.is_none_or(|one| one == ' ')).then(|| &line[at..])
}

/// The command lines of a page: in code blocks, and in the text between backticks.
fn command_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut prose = String::new();
    let mut within = false;
    for line in text.replace("\\\n", "").lines() {
        if line.trim_start().starts_with("```") {
            within = !within;
        } else if within || line.starts_with("    ") {
            lines.extend(in_block(line).map(str::to_owned));
        } else {
            prose.push_str(line.trim());
            prose.push(' ');
        }
    }
    let quoted = prose.split('`').skip(1).step_by(2);
    lines.extend(
        quoted
            .filter(|code| code.starts_with("wmprov "))
            .map(str::to_owned),
    );
    lines
}

fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<PathBuf> = fs::read_dir(folder.join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    pages.push(folder.join("README.md"));
    pages
}

fn shown() -> Vec<Shown> {
    let mut shown = Vec::new();
    for path in pages() {
        let text = fs::read_to_string(&path).unwrap();
        for line in command_lines(&text) {
            let page = path.file_name().unwrap().to_string_lossy().into_owned();
            shown.push(Shown { page, line });
        }
    }
    shown
}

/// Whether the words only name a command, such as `wmprov pack inspect`.
fn names_a_command(words: &[String]) -> bool {
    let mut command = Cli::command();
    words[1..].iter().all(|word| {
        let found = command.find_subcommand(word).cloned();
        found.map(|found| command = found).is_some()
    })
}

/// What the parser has against a line. Prose may speak of a command and leave out what it is about.
fn complaint(words: &[String]) -> Option<String> {
    let error = Cli::try_parse_from(words).err()?;
    let left_out = error.kind() == ErrorKind::MissingRequiredArgument;
    (!left_out || words.len() > 3).then(|| error.to_string())
}

#[test]
fn the_parser_takes_every_command_line_of_the_pages() {
    let shown = shown();
    for Shown { page, line } in &shown {
        let words = words(line);
        if names_a_command(&words) {
            continue;
        }
        let complaint = complaint(&words);
        assert!(complaint.is_none(), "{page}: {line}\n{complaint:?}");
    }
    assert!(shown.len() >= 60, "only {} lines were found", shown.len());
}

#[test]
fn wrong_command_lines_would_be_found() {
    let page = "Run `wmprov aply inventory.yaml`, or\n\n```\n$ wmprov plan inventory.yaml \\\n  --limt 'a b' >x\n```\n";
    let lines = command_lines(page);
    assert_eq!(
        lines,
        [
            "wmprov plan inventory.yaml   --limt 'a b' >x",
            "wmprov aply inventory.yaml"
        ]
    );
    for line in &lines {
        assert!(complaint(&words(line)).is_some(), "{line}");
    }
    assert_eq!(
        words("wmprov a 'b c' --d=\"e\" # f"),
        ["wmprov", "a", "b c", "--d=e"]
    );
}
