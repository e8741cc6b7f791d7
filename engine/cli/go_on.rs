//! The command that goes on from here: this very one, as a shell would take it.

/// The command line, each argument quoted where it must be.
pub(crate) fn command(arguments: &[String]) -> String {
    let words: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

/// The command that applies what this one has planned.
pub(crate) fn applying(arguments: &[String]) -> String {
    let mut arguments = arguments.to_vec();
    match arguments.iter().position(|word| word == "plan") {
        Some(at) => arguments[at] = "apply".to_owned(),
        None => arguments.retain(|word| !matches!(word.as_str(), "--check" | "-C")),
    }
    command(&arguments)
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
    use super::{applying, command};

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
            applying(&words(&["wmprov", "-v", "plan", "plan"])),
            "wmprov -v apply plan"
        );
        assert_eq!(
            applying(&words(&["wmprov", "apply", "x", "--check"])),
            "wmprov apply x"
        );
    }
}
