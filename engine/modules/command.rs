//! `command` and `shell`: a command of the user's. What it would do nobody can know before.

use minijinja::Value;

use crate::modules::file::at;
use crate::modules::{Act, Call, Change, Difference, Module};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answers, Done, Probe, Step};
use crate::yaml::{Error, Result};

/// `command`, without a shell.
#[derive(Debug)]
pub(super) struct Command;

/// `shell`, through one.
#[derive(Debug)]
pub(super) struct Shell;

const CREATES: Parameter = Parameter {
    name: "creates",
    kind: Kind::Path,
    doc: "Do nothing where this path is there.",
    ..Parameter::BLANK
};

const REMOVES: Parameter = Parameter {
    name: "removes",
    kind: Kind::Path,
    doc: "Do nothing where this path is not there.",
    ..Parameter::BLANK
};

const CHDIR: Parameter = Parameter {
    name: "chdir",
    kind: Kind::Path,
    doc: "The folder that it starts in.",
    ..Parameter::BLANK
};

const STDIN: Parameter = Parameter {
    name: "stdin",
    doc: "What it reads.",
    ..Parameter::BLANK
};

const CMD: Parameter = Parameter {
    name: "cmd",
    doc: "The command, as an alternative to free text.",
    ..Parameter::BLANK
};

static COMMAND: ModuleSpec = ModuleSpec {
    name: "command",
    doc: "Runs a command without a shell.",
    parameters: &[
        CMD,
        Parameter {
            name: "argv",
            kind: Kind::List,
            doc: "The command as a list of words, which nothing splits.",
            ..Parameter::BLANK
        },
        CREATES,
        REMOVES,
        CHDIR,
        STDIN,
    ],
    exclusive: &[&["cmd", "argv", ModuleSpec::RAW]],
    one_of: &[&["cmd", "argv", ModuleSpec::RAW]],
    free_form: true,
    example: "- name: Rebuild the index\n  command: /usr/local/bin/reindex --all\n  args:\n    creates: /var/lib/index\n",
    ..ModuleSpec::BLANK
};

static SHELL: ModuleSpec = ModuleSpec {
    name: "shell",
    doc: "Runs a line of `/bin/sh` (or `executable`).",
    parameters: &[
        CMD,
        CREATES,
        REMOVES,
        CHDIR,
        STDIN,
        Parameter {
            name: "executable",
            kind: Kind::Path,
            default: "`/bin/sh`",
            doc: "The shell.",
            ..Parameter::BLANK
        },
    ],
    exclusive: &[&["cmd", ModuleSpec::RAW]],
    one_of: &[&["cmd", ModuleSpec::RAW]],
    free_form: true,
    example: "- name: Count the jars\n  shell: ls /opt/wso2/*/lib | wc -l\n  register: jars\n  changed_when: false\n",
    ..ModuleSpec::BLANK
};

impl Module for Command {
    fn spec(&self) -> &'static ModuleSpec {
        &COMMAND
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        guards(call)
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let listed = call.args.list("argv")?;
        let argv = match line(call)? {
            Some(text) => split(&text).map_err(|error| error.or_at(call.args.place()))?,
            None => listed,
        };
        if argv.is_empty() {
            return Err(call.args.missing("cmd"));
        }
        guarded(call, seen, argv)
    }

    fn results(&self, _call: &Call<'_>, done: &[Done]) -> Vec<(&'static str, Value)> {
        output(done)
    }

    fn is_command(&self) -> bool {
        true
    }
}

impl Module for Shell {
    fn spec(&self) -> &'static ModuleSpec {
        &SHELL
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        guards(call)
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let text = line(call)?.ok_or_else(|| call.args.missing("cmd"))?;
        let shell = call
            .args
            .text("executable")?
            .unwrap_or_else(|| "/bin/sh".to_owned());
        guarded(call, seen, vec![shell, "-c".to_owned(), text])
    }

    fn results(&self, _call: &Call<'_>, done: &[Done]) -> Vec<(&'static str, Value)> {
        output(done)
    }

    fn is_command(&self) -> bool {
        true
    }
}

fn line(call: &Call<'_>) -> Result<Option<String>> {
    Ok(match call.args.text(ModuleSpec::RAW)? {
        Some(text) => Some(text),
        None => call.args.text("cmd")?,
    })
}

fn guard(path: String) -> Probe {
    Probe::Path { path, content: 0 }
}

fn guards(call: &Call<'_>) -> Result<Vec<Probe>> {
    let paths = [call.args.text("creates")?, call.args.text("removes")?];
    Ok(paths.into_iter().flatten().map(guard).collect())
}

fn guarded(call: &Call<'_>, seen: &Answers, argv: Vec<String>) -> Result<Change> {
    for (parameter, runs_where_there) in [("creates", false), ("removes", true)] {
        if let Some(path) = call.args.text(parameter)? {
            let there = at(seen, &guard(path.clone()))?.is_some();
            if there != runs_where_there {
                let is = if there { "is there" } else { "is not there" };
                return Ok(Change {
                    skipped: Some(format!("`{path}` {is}")),
                    results: output(&[]),
                    ..Change::none()
                });
            }
        }
    }
    Ok(Change {
        differences: vec![Difference::Note {
            text: format!("runs {}", crate::script::quote::words(&argv)),
        }],
        acts: vec![Act::Steps(vec![Step::Command {
            argv,
            folder: call.args.text("chdir")?,
            input: call
                .args
                .text("stdin")?
                .map(|text| text + "\n")
                .unwrap_or_default()
                .into_bytes(),
        }])],
        touches_anything: true,
        ..Change::none()
    })
}

/// `rc`, `stdout`, `stderr` and their lines, as Ansible registers them.
fn output(done: &[Done]) -> Vec<(&'static str, Value)> {
    let (status, stdout, stderr) = match done.last() {
        Some(done) => (
            done.status.unwrap_or(-1),
            String::from_utf8_lossy(&done.output)
                .trim_end_matches(['\r', '\n'])
                .to_owned(),
            String::from_utf8_lossy(&done.errors)
                .trim_end_matches(['\r', '\n'])
                .to_owned(),
        ),
        None => (0, String::new(), String::new()),
    };
    let lines = |text: &str| Value::from(text.lines().map(Value::from).collect::<Vec<_>>());
    vec![
        ("rc", Value::from(status)),
        ("stdout_lines", lines(&stdout)),
        ("stderr_lines", lines(&stderr)),
        ("stdout", Value::from(stdout)),
        ("stderr", Value::from(stderr)),
    ]
}

/// Splits a command as a shell would split its words: quotes and backslashes, nothing else.
fn split(text: &str) -> Result<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '\\' => {
                let next = letters
                    .next()
                    .ok_or_else(|| Error::new("the command ends in a backslash"))?;
                word.get_or_insert_default().push(next);
            }
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next() {
                        None => {
                            return Err(Error::new(format!(
                                "a {letter} has no partner in the command"
                            )));
                        }
                        Some(end) if end == letter => break,
                        Some('\\') if letter == '"' => match letters.next() {
                            Some(next @ ('"' | '\\' | '$' | '`')) => word.push(next),
                            Some(next) => word.extend(['\\', next]),
                            None => return Err(Error::new("the command ends in a backslash")),
                        },
                        Some(inner) => word.push(inner),
                    }
                }
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_command_is_split_as_a_shell_splits_words() {
        for (text, words) in [
            ("ls -l  /tmp", vec!["ls", "-l", "/tmp"]),
            (
                "a 'b c' \"d \\\" e\" f\\ g",
                vec!["a", "b c", "d \" e", "f g"],
            ),
            ("a ''", vec!["a", ""]),
            ("a\nb", vec!["a", "b"]),
        ] {
            assert_eq!(split(text).unwrap(), words);
        }
        assert_eq!(
            split("a 'b").unwrap_err().message(),
            "a ' has no partner in the command"
        );
    }
}
