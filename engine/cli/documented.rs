//! Every command line that the pages and the examples show is one that this program takes: each is given to the real parser.
//! And each has been run: at the end of `tests/run`, its command with each of its options is held against what tests noted.

use std::collections::BTreeSet;
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
            (None, '<' | '>' | '|' | ';' | '&') => break,
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
fn the_parser_takes_every_command_line_that_is_shown() {
    let mut shown = shown();
    let examples = examples(&Cli::command()).into_iter();
    shown.extend(examples.map(|line| Shown {
        page: "--help".to_owned(),
        line,
    }));
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

/// The lines at the end of every `--help`.
fn examples(command: &clap::Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string);
    let own = help.unwrap_or_default();
    let own = own
        .lines()
        .filter_map(|line| line.strip_prefix("  wmprov "));
    let mut lines: Vec<String> = own.map(|line| format!("wmprov {line}")).collect();
    command
        .get_subcommands()
        .for_each(|below| lines.extend(examples(below)));
    lines
}

/// A command (`backup verify`) and an option that it is given, or nothing for the command itself.
type Use = (String, String);

/// What a command line uses.
fn uses(words: &[String]) -> BTreeSet<Use> {
    let mut command = Cli::command();
    let mut rest = words.iter().skip(1).peekable();
    let mut path = Vec::new();
    while let Some(below) = rest
        .peek()
        .and_then(|word| command.find_subcommand(word).cloned())
    {
        path.push(below.get_name().to_owned());
        command = below;
        rest.next();
    }
    let path = path.join(" ");
    let long = |letter: char| {
        let arguments = command.get_arguments();
        let named = arguments
            .filter(|one| one.get_short() == Some(letter))
            .find_map(clap::Arg::get_long);
        named.map(str::to_owned)
    };
    let options = rest.filter_map(|word| match word.strip_prefix("--") {
        Some("") => None,
        Some(name) => Some(name.split('=').next().unwrap_or(name).to_owned()),
        None => word
            .strip_prefix('-')
            .and_then(|short| long(short.chars().next()?)),
    });
    let mut uses: BTreeSet<Use> = options.map(|option| (path.clone(), option)).collect();
    uses.insert((path, String::new()));
    uses
}

/// What a line of the record ran: the words of an argv, between tabs, or a shell's line.
fn ran(line: &str) -> Vec<Vec<String>> {
    let parts: Vec<&str> = line.split('\t').collect();
    let is_program = |word: &&str| {
        Path::new(word)
            .file_name()
            .is_some_and(|name| name == "wmprov")
    };
    if let Some(at) = parts.iter().position(is_program) {
        let argv = parts[at..].iter().map(|word| (*word).to_owned());
        return vec![argv.collect()];
    }
    // `sh -c` has the lines of a shell as its last word.
    let shell = parts.last().unwrap_or(&"").replace("\\ ", " ");
    let begins = shell.match_indices("wmprov ");
    begins.map(|(at, _)| words(&shell[at..])).collect()
}

#[test]
#[allow(clippy::print_stdout)] // A test says aloud that it was skipped.
fn what_is_shown_has_been_run() {
    let Some(file) = std::env::var_os("WMPROV_HAS_RAN") else {
        println!("skipped: nobody noted what tests run (tests/run does)");
        return;
    };
    let record = fs::read_to_string(file).unwrap();
    let has_run: BTreeSet<Use> = record
        .lines()
        .flat_map(ran)
        .flat_map(|words| uses(&words))
        .collect();
    let mut lines: Vec<(String, String)> = shown()
        .into_iter()
        .map(|shown| (shown.page, shown.line))
        .collect();
    let of_help = examples(&Cli::command()).into_iter();
    lines.extend(of_help.map(|line| ("--help".to_owned(), line)));
    let mut never = BTreeSet::new();
    for (page, line) in lines {
        for (command, option) in uses(&words(&line)).difference(&has_run) {
            never.insert(format!("{page}: {line}: never run: {command} {option}"));
        }
    }
    let never: Vec<String> = never.into_iter().collect();
    assert!(never.is_empty(), "{}", never.join("\n"));
}

#[test]
fn what_was_run_is_told_from_its_words() {
    let used = |line: &str| -> Vec<String> {
        let all = ran(line)
            .iter()
            .flat_map(|words| uses(words))
            .collect::<BTreeSet<Use>>();
        all.into_iter()
            .map(|(command, option)| format!("{command}:{option}"))
            .collect()
    };
    assert_eq!(
        used("/target/wmprov\tlogs\t-n\t1\t--limit=a\ti.yaml"),
        ["logs:", "logs:limit", "logs:lines"]
    );
    assert_eq!(
        used("sh\t-c\tcd /x && { wmprov backup verify b --json \\ --color=never; }"),
        [
            "backup verify:",
            "backup verify:color",
            "backup verify:json"
        ]
    );
    assert_eq!(used("sh\t-c\tls /opt"), Vec::<String>::new());
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
