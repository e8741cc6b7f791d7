//! The command that goes on from here: this very one, as a shell would take it.

use std::path::Path;

/// The command line, each argument quoted where it must be.
pub(crate) fn command(arguments: &[String]) -> String {
    let words = arguments
        .iter()
        .map(|word| quoted(&crate::secrets::hidden(word)));
    let words: Vec<String> = words.collect();
    words.join(" ")
}

/// The command that applies what this one has planned.
pub(crate) fn applying(arguments: &[String]) -> Vec<String> {
    let mut arguments = arguments.to_vec();
    match arguments.iter().position(|word| word == "plan") {
        Some(at) => arguments[at] = "apply".to_owned(),
        None => arguments.retain(|word| !matches!(word.as_str(), "--check" | "-C")),
    }
    arguments
}

/// Options that a plan and its apply are both told: how hosts are reached, how secrets are opened.
const SHARED: [&str; 9] = [
    "--vault-password-file",
    "--connection-password-file",
    "--become-password-file",
    "--private-key",
    "--user",
    "-u",
    "--forks",
    "-f",
    "--lock-wait",
];

/// The same without a value.
const FLAGS: [&str; 7] = [
    "--ask-vault-pass",
    "--ask-pass",
    "-k",
    "--ask-become-pass",
    "-K",
    "--accept-new",
    "--json",
];

/// The command that applies what this one has saved in `file`.
pub(crate) fn applying_saved(arguments: &[String], file: &Path) -> Vec<String> {
    other(arguments, "apply", file, &[])
}

/// The command that starts what stands still on the hosts of this one's inventory.
pub(crate) fn starting(arguments: &[String], inventory: &Path) -> Vec<String> {
    other(arguments, "start", inventory, &["--extra-vars", "-e"])
}

/// Another verb on `file`, with the options of this command that both are told, and `besides`.
fn other(arguments: &[String], verb: &str, file: &Path, besides: &[&str]) -> Vec<String> {
    let program = arguments.first().cloned().unwrap_or_default();
    let mut words = vec![program, verb.to_owned(), file.display().to_string()];
    let mut given = arguments.iter().skip(1);
    while let Some(word) = given.next() {
        let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
        if FLAGS.contains(&word.as_str()) {
            words.push(word.clone());
        } else if SHARED.contains(&name) || besides.contains(&name) {
            words.push(word.clone());
            if name == word {
                words.extend(given.next().cloned());
            }
        }
    }
    words
}

fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "@%+=:,./_-".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{applying, applying_saved, command, starting};

    fn words(line: &[&str]) -> Vec<String> {
        line.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_command_is_quoted_as_a_shell_takes_it() {
        let line = words(&[
            "wmprov",
            "apply",
            "my lab.yaml",
            "--limit",
            "a:!b",
            "it's",
            "",
        ]);
        assert_eq!(
            command(&line),
            r"wmprov apply 'my lab.yaml' --limit 'a:!b' 'it'\''s' ''"
        );
    }

    #[test]
    fn a_plan_goes_on_as_an_apply() {
        assert_eq!(
            command(&applying(&words(&["wmprov", "-v", "plan", "plan"]))),
            "wmprov -v apply plan"
        );
        assert_eq!(
            command(&applying(&words(&["wmprov", "apply", "x", "--check"]))),
            "wmprov apply x"
        );
    }

    #[test]
    fn a_saved_plan_goes_on_as_its_apply() {
        let line = words(&[
            "wmprov",
            "plan",
            "-o",
            "x.plan",
            "--limit",
            "a",
            "--user=me",
            "--vault-password-file",
            "pw",
            "-K",
            "inventory.yaml",
        ]);
        assert_eq!(
            command(&applying_saved(&line, Path::new("x.plan"))),
            "wmprov apply x.plan --user=me --vault-password-file pw -K"
        );
        let line = words(&["wmprov", "stop", "x", "--limit", "a", "-e", "b=1", "-K"]);
        assert_eq!(
            command(&starting(&line, Path::new("x"))),
            "wmprov start x -e b=1 -K"
        );
    }
}
