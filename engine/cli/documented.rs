//! Every command line that the pages and the examples show is one that this program takes: each is given to the real parser.
//! And each has been run, as it stands: at the end of `tests/run` it is held against what tests noted of what they ran.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{CommandFactory as _, Parser as _};
use regex::Regex;

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

/// A command line as far as a page and a test have to say the same: the command (`backup verify`), and by the name of each
/// argument what it is given, with a stand-in where the two may differ.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Essence {
    command: String,
    given: BTreeMap<String, Vec<String>>,
}

/// What a test may say in another way than a page: a part of a value, and what is read in its place. Everything else, each
/// option and each number, has to be the same.
const STAND_INS: [(&str, &str); 8] = [
    // A test's site lies in a folder of its own.
    (r"^(\w+=|)(?:\.{0,2}/|packs/)(?:[^,]*/)?([^/,]+)$", "$1$2"),
    (r"^[\w.-]+\.(yaml|zip|plan|html)$", "FILE.$1"),
    (r"^[\w.-]+\.(?:backup|tar)$", "FILE.backup"),
    (r"^(html|junit|json|text|prometheus)=[\w.-]+$", "$1=FILE"),
    (r"\b(mgr|wkr)[0-9]\b", "${1}N"),
    (
        r"^(?:\w+=)?deploy@[0-9]{1,3}(?:\.[0-9]{1,3}){3}$",
        "deploy@ADDRESS",
    ),
    (r"^SHA256:[\w+/]{43}$", "SHA256:KEY"),
    // That each has its page is another test's.
    (r"^(?:WM[0-9]{3}|CODE)$", "CODE"),
];

/// Options whose value is the name of a file or a folder of the user's, whatever it is.
const NAMES_A_FILE: [&str; 6] = [
    "vault_password_file",
    "passphrase_file",
    "output",
    "folder",
    "files",
    "from_vagrant",
];

/// What a test may say besides, as it has no eyes, nobody to ask, no time, and hosts of its own: what is done stays the same.
const OF_TESTS: [&str; 6] = [
    "color",
    "json",
    "yes",
    "lock_wait",
    "accept_new",
    "private_key",
];

/// A value of an argument as it is compared.
fn stood_in(argument: &str, value: &str) -> String {
    static COMPILED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let compiled = STAND_INS.map(|(from, to)| (Regex::new(from).unwrap(), to));
        compiled.into_iter().collect()
    });
    if NAMES_A_FILE.contains(&argument) {
        return "FILE".to_owned();
    }
    let stand_in =
        |value: String, (from, to): &(Regex, &str)| from.replace_all(&value, *to).into_owned();
    COMPILED.iter().fold(value.to_owned(), stand_in)
}

/// What the parser reads in a line; prose may leave the inventory out.
fn essence(words: &[String]) -> Option<Essence> {
    static COMMAND: LazyLock<clap::Command> = LazyLock::new(Cli::command);
    let read = |words: &[String]| COMMAND.clone().try_get_matches_from(words);
    let inventory = "inventory.yaml".to_owned();
    let matches = match read(words) {
        Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => {
            read(&[words, &[inventory]].concat()).ok()?
        }
        read => read.ok()?,
    };
    let (mut command, mut given, mut level) = (Vec::new(), BTreeMap::new(), &matches);
    loop {
        for id in level.ids() {
            let said = level.value_source(id.as_str()) == Some(ValueSource::CommandLine);
            let raw = level.try_get_raw(id.as_str()).ok().flatten();
            if let Some(raw) = raw.filter(|_| said) {
                let values = raw.map(|value| stood_in(id.as_str(), &value.to_string_lossy()));
                given.insert(id.to_string(), values.collect());
            }
        }
        let Some((name, below)) = level.subcommand() else {
            break;
        };
        command.push(name.to_owned());
        level = below;
    }
    Some(Essence {
        command: command.join(" "),
        given,
    })
}

/// A line of the record: how it ended, and the words of an argv between tabs, or a shell's line with the program in it. What
/// was refused or failed shows nothing; exit code 3 is what `plan` and `drift` end with where they have something to tell.
fn ran(line: &str) -> Vec<Essence> {
    let Some(("0" | "3", line)) = line.split_once('\t') else {
        return Vec::new();
    };
    let lines: Vec<Vec<String>> = match line.strip_prefix("wmprov\t") {
        Some(_) => vec![line.split('\t').map(str::to_owned).collect()],
        None => line
            .match_indices("wmprov ")
            .map(|(at, _)| words(&line[at..]))
            .collect(),
    };
    lines.iter().filter_map(|words| essence(words)).collect()
}

/// Whether what a page shows is what a test ran, which may have said more.
fn is_run(shown: &Essence, run: &Essence) -> bool {
    let others = |one: &Essence| -> BTreeMap<String, Vec<String>> {
        let given = one.given.clone().into_iter();
        given
            .filter(|(argument, _)| !OF_TESTS.contains(&argument.as_str()))
            .collect()
    };
    let of_tests = |(argument, _): &(&String, &Vec<String>)| OF_TESTS.contains(&argument.as_str());
    shown.command == run.command
        && others(shown) == others(run)
        // Some pages ask for it themselves.
        && shown.given.iter().filter(of_tests).all(|(argument, value)| {
            argument == "yes" || run.given.get(argument) == Some(value)
        })
}

/// Command lines that no test runs as they stand, and why.
const NOT_RUN: [(&str, &str); 0] = [];

#[test]
#[allow(clippy::print_stdout)] // A test says aloud that it was skipped, and what nobody runs.
fn what_is_shown_has_been_run() {
    let Some(file) = std::env::var_os("WMPROV_HAS_RAN") else {
        println!("skipped: nobody noted what tests run (tests/run does)");
        return;
    };
    let record = fs::read_to_string(file).unwrap();
    let has_run: BTreeSet<Essence> = record.lines().flat_map(ran).collect();
    let commands: BTreeSet<&str> = has_run.iter().map(|one| one.command.as_str()).collect();
    let mut lines = shown();
    let of_help = examples(&Cli::command()).into_iter();
    lines.extend(of_help.map(|line| Shown {
        page: "--help".to_owned(),
        line,
    }));
    let (mut as_it_stands, mut excused) = (BTreeSet::new(), BTreeSet::new());
    let mut wrong = BTreeSet::new();
    for Shown { page, line } in lines {
        let words = words(&line);
        let run = match names_a_command(&words) {
            true => commands.contains(words[1..].join(" ").as_str()),
            false => {
                essence(&words).is_some_and(|shown| has_run.iter().any(|run| is_run(&shown, run)))
            }
        };
        match (run, NOT_RUN.iter().find(|(excuse, _)| *excuse == line)) {
            (true, None) => as_it_stands.insert(line),
            (false, Some((line, why))) => excused.insert(format!("{line}: {why}")),
            (true, Some(_)) => wrong.insert(format!("{line}: is run, and needs no excuse")),
            (false, None) => wrong.insert(format!("{page}: {line}: never run")),
        };
    }
    println!("{} command lines are run as they stand", as_it_stands.len());
    excused.iter().for_each(|line| println!("not run: {line}"));
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        excused.len(),
        NOT_RUN.len(),
        "no page shows what is excused"
    );
}

#[test]
fn what_was_run_is_told_from_its_words() {
    let shown = |line: &str| essence(&words(line)).unwrap();
    let pairs = [
        (
            "wmprov logs inventory.yaml --limit wkr1 --lines 200",
            "0\twmprov\tlogs\t-n\t200\t--limit=wkr2\t/x/i.yaml",
        ),
        (
            "wmprov stop --allow-downtime",
            "0\twmprov\tstop\t--allow-downtime\t--color=never\t/x/inventory.yaml",
        ),
        (
            "wmprov backup verify esb.backup --json",
            "0\tcd /x && { wmprov backup verify a.backup --json; }",
        ),
        (
            "wmprov drift inventory.yaml --format html=drift.html",
            "3\twmprov\tdrift\t/x/i.yaml\t--format\thtml=/y/z.html",
        ),
    ];
    let is_shown =
        |page: &str, record: &str| ran(record).iter().any(|run| is_run(&shown(page), run));
    for (page, record) in pairs {
        assert!(is_shown(page, record), "{page}: {:?}", ran(record));
    }
    let others = [
        // Another number, an option more or less, a refusal.
        "0\twmprov\tlogs\ti.yaml\t--limit\twkr1\t--lines\t100",
        "0\twmprov\tlogs\ti.yaml\t--limit\twkr1\t--lines\t200\t--state\tx",
        "0\twmprov\tlogs\ti.yaml\t--lines\t200",
        "2\twmprov\tlogs\ti.yaml\t--limit\twkr1\t--lines\t200",
    ];
    for record in others {
        assert!(!is_shown(pairs[0].0, record), "{record}");
    }
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
