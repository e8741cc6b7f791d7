//! `wait_for`: a port answers, a path is there, a line stands in a file, or none of these any more.

use crate::modules::file::at;
use crate::modules::{Act, Call, Change, Difference, Module};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answer, Answers, Probe};
use crate::yaml::{Error, Result};

/// The module.
#[derive(Debug)]
pub(super) struct WaitFor;

static SPEC: ModuleSpec = ModuleSpec {
    name: "wait_for",
    doc: "Waits until a port listens on the host, a path is there, or a file holds a line.",
    parameters: &[
        Parameter {
            name: "port",
            kind: Kind::Int,
            doc: "A TCP port that something on the host listens on.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "path",
            kind: Kind::Path,
            doc: "A path.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "search_regex",
            doc: "An extended regular expression that a line of `path` must match.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "state",
            choices: &["present", "started", "absent", "stopped"],
            default: "`started`",
            doc: "`absent` and `stopped` wait until it is gone.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "timeout",
            kind: Kind::Int,
            default: "300",
            doc: "Seconds until it fails.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "sleep",
            kind: Kind::Int,
            default: "1",
            doc: "Seconds between two looks.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "msg",
            doc: "What to say when it fails.",
            ..Parameter::BLANK
        },
    ],
    exclusive: &[&["port", "path"]],
    one_of: &[&["port", "path"]],
    example: "- wait_for:\n    port: 3306\n    timeout: 60\n",
    ..ModuleSpec::BLANK
};

impl Module for WaitFor {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        Ok(vec![probe(call)?])
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let probe = probe(call)?;
        let there = match seen.get(&probe) {
            Some(Answer::Run(output)) => output.status == 0,
            _ => at(seen, &probe)?.is_some(),
        };
        let gone = matches!(
            call.args.text("state")?.as_deref(),
            Some("absent" | "stopped")
        );
        if there != gone {
            return Ok(Change::none());
        }
        let seconds = |name: &str, default: i64| -> Result<u64> {
            let number = call.args.int(name)?.unwrap_or(default);
            u64::try_from(number).map_err(|_| {
                Error::at(
                    call.args.place(),
                    format!("`{name}` is a number of seconds"),
                )
            })
        };
        let awaited = awaited(call, gone)?;
        let deadline = seconds("timeout", 300)?;
        Ok(Change {
            differences: vec![Difference::Note {
                text: format!("waits until {awaited}"),
            }],
            acts: vec![Act::WaitUntilAsWanted {
                every: seconds("sleep", 1)?.max(1),
                deadline,
                otherwise: match call.args.text("msg")? {
                    Some(message) => message,
                    None => format!("within {deadline} s it did not come about that {awaited}"),
                },
                awaited,
            }],
            ..Change::none()
        })
    }
}

fn probe(call: &Call<'_>) -> Result<Probe> {
    if let Some(port) = call.args.int("port")? {
        // Listening sockets from /proc, so that no tool and no connection is needed; 0A is LISTEN.
        let line = format!("^ *[0-9]+: [0-9A-F]+:{port:04X} [0-9A-F]+:0000 0A ");
        return Ok(run(&[
            "grep",
            "-qE",
            &line,
            "/proc/net/tcp",
            "/proc/net/tcp6",
        ]));
    }
    let path = call.args.required("path")?;
    Ok(match call.args.text("search_regex")? {
        Some(regex) => run(&["grep", "-qE", "-e", &regex, "--", &path]),
        None => Probe::Path { path, content: 0 },
    })
}

fn run(argv: &[&str]) -> Probe {
    Probe::Run(argv.iter().map(|word| (*word).to_owned()).collect())
}

fn awaited(call: &Call<'_>, gone: bool) -> Result<String> {
    let what = match (call.args.int("port")?, call.args.text("search_regex")?) {
        (Some(port), _) => format!("something listens on port {port}"),
        (None, Some(regex)) => format!("`{}` holds `{regex}`", call.args.required("path")?),
        (None, None) => format!("`{}` is there", call.args.required("path")?),
    };
    Ok(if gone {
        format!("it is no longer so that {what}")
    } else {
        what
    })
}
