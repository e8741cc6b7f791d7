//! `stat`: what is at a path, for later conditions.

use minijinja::Value;

use crate::modules::file::at;
use crate::modules::{Call, Change, Module};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answers, FileKind, Probe};
use crate::yaml::Result;

/// The module.
#[derive(Debug)]
pub(super) struct Stat;

static SPEC: ModuleSpec = ModuleSpec {
    name: "stat",
    doc: "Tells what is at a path: `register` it and use `result.stat.exists`, `.mode`, `.checksum` (SHA-256) …",
    parameters: &[Parameter {
        name: "path",
        aliases: &["dest", "name"],
        kind: Kind::Path,
        required: true,
        doc: "The path on the host.",
        ..Parameter::BLANK
    }],
    example: "- stat:\n    path: /etc/hosts\n  register: hosts\n",
    ..ModuleSpec::BLANK
};

impl Module for Stat {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        Ok(vec![Probe::Path {
            path: call.args.required("path")?,
            content: 0,
        }])
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let probe = &self.probes(call)?[0];
        let mut stat = vec![("exists".to_owned(), Value::from(false))];
        if let Some(found) = at(seen, probe)? {
            let is = |kind| Value::from(found.kind == kind);
            stat = vec![
                ("exists".to_owned(), Value::from(true)),
                ("path".to_owned(), Value::from(call.args.required("path")?)),
                (
                    "mode".to_owned(),
                    Value::from(format!("{:04o}", found.mode)),
                ),
                ("pw_name".to_owned(), Value::from(found.owner.clone())),
                ("gr_name".to_owned(), Value::from(found.group.clone())),
                ("size".to_owned(), Value::from(found.size)),
                ("checksum".to_owned(), Value::from(found.sha256.clone())),
                ("isreg".to_owned(), is(FileKind::File)),
                ("isdir".to_owned(), is(FileKind::Folder)),
                ("islnk".to_owned(), is(FileKind::Link)),
                ("lnk_source".to_owned(), Value::from(found.target.clone())),
            ];
        }
        Ok(Change {
            results: vec![("stat", Value::from_pairs(stat))],
            ..Change::none()
        })
    }
}
