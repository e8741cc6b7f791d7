//! What users install: the .deb that `.ci/package` makes, on a real Debian, with dpkg itself; completions, man pages.
//! The static program is minutes of building, so the program of the tests is what is packed here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::hosts::note_words;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wmprov");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a command has written; it must have ended well.
fn ran(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn package(out: &Path) -> PathBuf {
    let said = ran(Command::new(root().join(".ci/package"))
        .args(["--binary", PROGRAM])
        .env("OUT", out)
        .env("COMPRESS", "none"));
    let name = said.split_whitespace().find(|word| word.ends_with(".deb"));
    ran(Command::new("sha256sum")
        .args(["--check", "SHA256SUMS"])
        .current_dir(out));
    out.join(name.unwrap())
}

/// A Debian of the lab's base, changed in a layer that goes with the test: `$1` is the base, `$2` an empty folder,
/// `$3` the .deb.
const ON_DEBIAN: &str = r#"
set -e
mkdir "$2/layer" "$2/root"
mount -t tmpfs none "$2/layer"
mkdir "$2/layer/upper" "$2/layer/work"
mount -t overlay none -o "lowerdir=$1,upperdir=$2/layer/upper,workdir=$2/layer/work" "$2/root"
cp "$3" "$2/root/tmp/wmprov.deb"
# The base leaves every package's pages out, to be small.
rm -f "$2/root/etc/dpkg/dpkg.cfg.d/"*
top=$2
in_root() { chroot "$top/root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C "$@"; }
in_root dpkg -i /tmp/wmprov.deb
echo "files changed since they were packed:"
in_root dpkg --verify wmprov
echo "says:"
in_root wmprov version --verbose
echo "completed:"
in_root fish -c 'complete -C "wmprov dri"'
in_root zsh -fc 'autoload -Uz compinit && compinit -u -D && zsh -n ${^fpath}/_wmprov(N) && echo $_comps[wmprov]'
in_root dpkg -L wmprov
in_root dpkg -P wmprov
echo "left:"
in_root find / -xdev -name '*wmprov*' -not -path '/tmp/*' -not -path '/var/lib/dpkg/*' -not -path '/var/log/*'
"#;

#[test]
fn a_debian_installs_the_package_runs_it_and_is_rid_of_it() {
    if std::env::var_os("WMPROV_LAB").is_none() {
        println!("skipped: the lab is not asked for (WMPROV_LAB=1)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let deb = package(folder.path());
    let base = ran(Command::new(root().join("tests/lab/lab")).arg("base"));
    let said = ran(Command::new("unshare")
        .args([
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            ON_DEBIAN,
            "sh",
        ])
        .arg(base.trim())
        .arg(folder.path())
        .arg(&deb));
    let version = format!("says:\nwmprov {}\ncommit: ", env!("CARGO_PKG_VERSION"));
    assert!(said.contains(&version), "{said}");
    assert!(said.contains("packed:\nsays:\n"), "{said}");
    let completed = said.split("completed:\n").nth(1).unwrap();
    assert!(completed.starts_with("drift\t"), "by fish: {completed}");
    assert_eq!(completed.lines().nth(1), Some("_wmprov"), "by zsh: {said}");
    for file in [
        "/usr/bin/wmprov",
        "/usr/share/man/man1/wmprov-apply.1.gz",
        "/usr/share/bash-completion/completions/wmprov",
        "/usr/share/zsh/vendor-completions/_wmprov",
        "/usr/share/fish/vendor_completions.d/wmprov.fish",
        "/usr/share/wmprov/completions/wmprov.elv",
        "/usr/share/wmprov/completions/_wmprov.ps1",
        "/usr/share/doc/wmprov/copyright",
        "/usr/share/doc/wmprov/docs/getting-started.md",
        "/usr/share/doc/wmprov/inventories/pattern-1.yaml",
    ] {
        assert!(said.contains(&format!("\n{file}\n")), "{file}: {said}");
    }
    assert!(said.ends_with("left:\n"), "{said}");
}

#[test]
fn the_same_program_is_packed_into_the_same_bytes() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let sums = folders.map(|folder| {
        package(folder.path());
        fs::read_to_string(folder.path().join("SHA256SUMS")).unwrap()
    });
    assert_eq!(sums[0], sums[1]);
}

/// Every command with the commands under it, as its help lists them.
fn commands(of: &[&str]) -> Vec<String> {
    let help = ran(Command::new(PROGRAM).args(of).arg("--help"));
    let listed = help
        .split_once("Commands:\n")
        .map_or("", |(_, behind)| behind);
    listed
        .lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_has_a_manual_page_that_man_reads_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    ran(Command::new(PROGRAM).arg("man").arg(folder.path()));
    let mut pages = vec!["wmprov".to_owned()];
    for verb in commands(&[]) {
        let below = commands(&[&verb]);
        pages.push(format!("wmprov-{verb}"));
        pages.extend(below.iter().map(|one| format!("wmprov-{verb}-{one}")));
    }
    assert!(pages.len() > 20, "{pages:?}");
    for page in pages {
        let file = folder.path().join(format!("{page}.1"));
        let output = Command::new("man")
            .args(["--warnings", "-l"])
            .arg(&file)
            .env("LC_ALL", "C.UTF-8")
            .env("MANWIDTH", "80")
            .output()
            .unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && complaint.is_empty(),
            "{page}: {complaint}"
        );
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("SYNOPSIS"), "{page}: {text}");
    }
}

#[test]
fn bash_completes_with_what_the_program_writes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wmprov.bash");
    fs::write(
        &file,
        ran(Command::new(PROGRAM).args(["completions", "bash"])),
    )
    .unwrap();
    note_words(Some(0), &["completions", "bash"]);
    let asked = |words: &str, last: &str| {
        let script = format!(
            "set -eu; . \"$1\"; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _wmprov wmprov '{last}' \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        ran(Command::new("bash")
            .args(["-c", &script, "bash"])
            .arg(&file))
    };
    assert_eq!(asked("wmprov dri", "dri"), "drift\n");
    assert_eq!(
        asked("wmprov apply --skip-un", "--skip-un"),
        "--skip-unreachable\n"
    );
    assert_eq!(asked("wmprov --color ''", ""), "auto always never\n");
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let script = ran(Command::new(PROGRAM).args(["completions", shell]));
        note_words(Some(0), &["completions", shell]);
        for word in ["skip-unreachable", "rollback", "encrypt-string"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

/// Elvish hands a completer to its editor, which only a terminal has: something in its place.
const EDITOR_OF_ELVISH: &str = "use builtin
fn complex-candidate {|text &display=''| put $text }
var edit: = (ns [&complex-candidate~=$complex-candidate~ &completion:=(ns [&arg-completer=[&]])])
";

#[test]
fn elvish_completes_with_what_the_program_writes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wmprov.elv");
    let completer = ran(Command::new(PROGRAM).args(["completions", "elvish"]));
    let asked = |words: &str| {
        let ask = format!("\n$edit:completion:arg-completer[wmprov] {words} ''\n");
        fs::write(&file, format!("{EDITOR_OF_ELVISH}{completer}{ask}")).unwrap();
        ran(Command::new("elvish").arg(&file))
    };
    assert!(asked("wmprov").contains("▶ drift\n"));
    assert!(asked("wmprov apply").contains("▶ --skip-unreachable\n"));
    assert!(asked("wmprov vault").contains("▶ encrypt-string\n"));
}

/// PowerShell's words without its strings, which both must have their ends: `'` is doubled within `'`, and `` ` ``
/// stands before what is meant within `"`.
fn outside_of_strings(script: &str) -> String {
    let mut outside = String::new();
    let mut letters = script.chars().peekable();
    while let Some(letter) = letters.next() {
        if !matches!(letter, '\'' | '"') {
            outside.push(letter);
            continue;
        }
        let begun: String = letters.clone().take(60).collect();
        loop {
            let inner = letters.next();
            assert!(inner.is_some(), "a string without an end: {letter}{begun}");
            if inner == Some('`') && letter == '"' {
                letters.next();
            } else if inner == Some(letter) && letters.next_if_eq(&letter).is_none() {
                break;
            }
        }
    }
    outside
}

/// No PowerShell is at hand: what it is given has strings and brackets that end, and a branch for each command that
/// offers the options of that command's help.
#[test]
fn powershell_is_given_every_command_in_a_text_that_ends() {
    let script = ran(Command::new(PROGRAM).args(["completions", "powershell"]));
    let mut open = Vec::new();
    for letter in outside_of_strings(&script).chars() {
        match letter {
            '(' => open.push(')'),
            '{' => open.push('}'),
            '[' => open.push(']'),
            ')' | '}' | ']' => assert_eq!(open.pop(), Some(letter), "before a {letter}"),
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?} without their ends");
    let mut branches = 0;
    let mut held = |words: &[&str]| {
        let path = [&["wmprov"], words].concat().join(";");
        let (_, behind) = script
            .split_once(&format!("\n        '{path}' {{\n"))
            .unwrap_or_else(|| panic!("no branch of {path}"));
        let (branch, _) = behind.split_once("\n        }\n").unwrap();
        let help = ran(Command::new(PROGRAM).args(words).arg("--help"));
        let options = help.lines().filter_map(|line| {
            let option = line.split_whitespace().find(|word| word.starts_with("--"));
            option.filter(|_| line.starts_with("  -") || line.starts_with("      --"))
        });
        for option in options {
            let option = option.trim_end_matches([',', '.']);
            assert!(
                branch.contains(&format!("::new('{option}',")),
                "{path}: {option}"
            );
        }
        branches += 1;
    };
    held(&[]);
    for verb in commands(&[]) {
        held(&[&verb]);
        for one in commands(&[&verb]) {
            held(&[&verb, &one]);
        }
    }
    assert!(branches > 30, "{branches}");
}
