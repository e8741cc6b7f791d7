//! `group`: a group of the host is there, or not.

use crate::modules::user::{STATE, account, one};
use crate::modules::{Call, Change, Module};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answers, Probe};
use crate::yaml::Result;

/// The module.
#[derive(Debug)]
pub(super) struct Group;

static SPEC: ModuleSpec = ModuleSpec {
    name: "group",
    doc: "Makes a group, or takes it away.",
    parameters: &[
        Parameter {
            name: "name",
            required: true,
            doc: "The group's name.",
            ..Parameter::BLANK
        },
        STATE,
        Parameter {
            name: "system",
            kind: Kind::Bool,
            default: "no",
            doc: "Make it a system group (only when it is made).",
            ..Parameter::BLANK
        },
        Parameter {
            name: "gid",
            kind: Kind::Int,
            doc: "The group's number.",
            ..Parameter::BLANK
        },
    ],
    example: "- name: The group of the products\n  group:\n    name: wso2\n    system: yes\n",
    ..ModuleSpec::BLANK
};

impl Module for Group {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        Ok(vec![Probe::Group(call.args.required("name")?)])
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let name = call.args.required("name")?;
        let there = account(seen, &Probe::Group(name.clone()))?;
        let absent = call.args.text("state")?.as_deref() == Some("absent");
        let gid = call.args.text("gid")?;
        let what = format!("group {name}");
        let change = match (there, absent) {
            (None, true) => Change::none(),
            (Some(_), true) => one(&what, "there", "nothing", vec!["groupdel".into(), name]),
            (None, false) => {
                let mut argv = vec!["groupadd".to_owned()];
                if call.args.bool("system")? == Some(true) {
                    argv.push("--system".to_owned());
                }
                argv.extend(gid.into_iter().flat_map(|gid| ["--gid".to_owned(), gid]));
                argv.push(name);
                one(&what, "nothing", "there", argv)
            }
            (Some(group), false) => {
                let now = group.fields.get(2).map_or("", String::as_str);
                match gid {
                    Some(gid) if gid != now => one(
                        &format!("number of group {name}"),
                        now,
                        &gid,
                        vec!["groupmod".into(), "--gid".into(), gid.clone(), name],
                    ),
                    _ => Change::none(),
                }
            }
        };
        Ok(change.touching("/etc/group"))
    }
}
