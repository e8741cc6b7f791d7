//! `lineinfile`: a line stands in a file, or does not.

use regex::Regex;

use crate::modules::copy::{content_and_attributes, probe};
use crate::modules::file::{GROUP, MODE, OWNER, at, attributes};
use crate::modules::{Call, Change, Module};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answers, Probe};
use crate::yaml::{Error, Result};

/// The module.
#[derive(Debug)]
pub(super) struct Lineinfile;

static SPEC: ModuleSpec = ModuleSpec {
    name: "lineinfile",
    doc: "Makes sure that a line stands in a text file, or that none that matches does.",
    parameters: &[
        Parameter {
            name: "path",
            aliases: &["dest", "destfile", "name"],
            kind: Kind::Path,
            required: true,
            doc: "The file on the host.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "line",
            doc: "The line; needed for `present`.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "regexp",
            aliases: &["regex"],
            kind: Kind::Regex,
            doc: "The last line that matches is replaced; with `absent` all that match go.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "state",
            choices: &["present", "absent"],
            default: "`present`",
            doc: "Whether the line is to stand there.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "insertafter",
            kind: Kind::Regex,
            default: "`EOF`",
            doc: "A new line goes after the last line that matches this, or at the end (`EOF`).",
            ..Parameter::BLANK
        },
        Parameter {
            name: "insertbefore",
            kind: Kind::Regex,
            doc: "A new line goes before the last line that matches this, or at the start (`BOF`).",
            ..Parameter::BLANK
        },
        Parameter {
            name: "create",
            kind: Kind::Bool,
            default: "no",
            doc: "Make the file where it is not there.",
            ..Parameter::BLANK
        },
        MODE,
        OWNER,
        GROUP,
    ],
    exclusive: &[&["insertafter", "insertbefore"]],
    one_of: &[&["line", "regexp"]],
    example: "- lineinfile:\n    path: /etc/hosts\n    line: 10.0.0.11 mgr1\n    regexp: ' mgr1$'\n",
    ..ModuleSpec::BLANK
};

impl Module for Lineinfile {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        Ok(vec![probe(&call.args.required("path")?)])
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let path = call.args.required("path")?;
        let there = at(seen, &probe(&path))?;
        let absent = call.args.text("state")?.as_deref() == Some("absent");
        let before = match there {
            Some(found) => found.content.as_deref().ok_or_else(|| {
                Error::at(
                    call.args.place(),
                    format!("`{path}` is too large to edit by line, or no file"),
                )
            })?,
            None if absent => return Ok(Change::none()),
            None if call.args.bool("create")? == Some(true) => b"",
            None => {
                return Err(
                    Error::at(call.args.place(), format!("there is no `{path}`"))
                        .hint("`create: yes` makes it"),
                );
            }
        };
        let before = std::str::from_utf8(before).map_err(|error| {
            Error::at(call.args.place(), format!("`{path}` is no text")).because(error)
        })?;
        let after = if absent {
            without(call, before)?
        } else {
            with(call, before)?
        };
        Ok(content_and_attributes(
            &path,
            there,
            after.into_bytes(),
            attributes(call)?,
        ))
    }
}

fn pattern(call: &Call<'_>, name: &str) -> Result<Option<Regex>> {
    let Some(text) = call.args.text(name)? else {
        return Ok(None);
    };
    Regex::new(&text).map(Some).map_err(|error| {
        Error::at(
            call.args.place(),
            format!("`{name}` is no regular expression"),
        )
        .because(error)
    })
}

fn without(call: &Call<'_>, before: &str) -> Result<String> {
    let regexp = pattern(call, "regexp")?;
    let line = call.args.text("line")?;
    let goes = |text: &str| match &regexp {
        Some(regexp) => regexp.is_match(text),
        None => Some(text) == line.as_deref(),
    };
    Ok(before
        .split_inclusive('\n')
        .filter(|text| !goes(text.trim_end_matches(['\r', '\n'])))
        .collect())
}

fn with(call: &Call<'_>, before: &str) -> Result<String> {
    let line = call
        .args
        .text("line")?
        .ok_or_else(|| call.args.missing("line"))?;
    let mut lines: Vec<&str> = before.lines().collect();
    let last = |pattern: &Regex| lines.iter().rposition(|text| pattern.is_match(text));
    let matched = pattern(call, "regexp")?.as_ref().and_then(last);
    match matched {
        Some(found) => lines[found] = &line,
        None if lines.contains(&line.as_str()) => return Ok(before.to_owned()),
        None => {
            let end = lines.len();
            let place = match (
                call.args.text("insertbefore")?,
                call.args.text("insertafter")?,
            ) {
                (Some(text), _) if text == "BOF" => 0,
                (Some(_), _) => pattern(call, "insertbefore")?
                    .as_ref()
                    .and_then(last)
                    .unwrap_or(end),
                (None, Some(text)) if text != "EOF" => pattern(call, "insertafter")?
                    .as_ref()
                    .and_then(last)
                    .map_or(end, |found| found + 1),
                (None, _) => end,
            };
            lines.insert(place, &line);
        }
    }
    let mut after = lines.join("\n");
    // A file without a last line end keeps none, unless a line was added.
    if before.is_empty() || before.ends_with('\n') || matched.is_none() {
        after.push('\n');
    }
    Ok(after)
}
