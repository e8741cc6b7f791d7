//! `user`: an account of the host is there, or not.

use crate::modules::{Call, Change, Difference, Module};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Account, Answer, Answers, Probe, Step};
use crate::yaml::{Error, Result};

/// The module.
#[derive(Debug)]
pub(super) struct User;

static SPEC: ModuleSpec = ModuleSpec {
    name: "user",
    doc: "Makes a user, changes it, or takes it away.",
    parameters: &[
        Parameter {
            name: "name",
            aliases: &["user"],
            required: true,
            doc: "The user's name.",
            ..Parameter::BLANK
        },
        STATE,
        Parameter {
            name: "group",
            doc: "The user's own group; it must be there.",
            default: "a group of the user's name",
            ..Parameter::BLANK
        },
        Parameter {
            name: "groups",
            kind: Kind::List,
            doc: "More groups that the user is in.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "append",
            kind: Kind::Bool,
            default: "no",
            doc: "Leave the user in other groups than those of `groups`, too.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "home",
            kind: Kind::Path,
            doc: "The home folder.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "create_home",
            kind: Kind::Bool,
            default: "yes",
            doc: "Make the home folder with the user.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "shell",
            kind: Kind::Path,
            doc: "The login shell.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "system",
            kind: Kind::Bool,
            default: "no",
            doc: "Make it a system user (only when it is made).",
            ..Parameter::BLANK
        },
        Parameter {
            name: "uid",
            kind: Kind::Int,
            doc: "The user's number.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "comment",
            doc: "The user's full name.",
            ..Parameter::BLANK
        },
    ],
    example: "- name: The user that servers run as\n  user:\n    name: wso2\n    system: yes\n    shell: /usr/sbin/nologin\n",
    ..ModuleSpec::BLANK
};

/// `state: present | absent`.
pub(super) const STATE: Parameter = Parameter {
    name: "state",
    choices: &["present", "absent"],
    default: "`present`",
    doc: "Whether it is to be there.",
    ..Parameter::BLANK
};

impl Module for User {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        let mut probes = vec![probe(call)?];
        probes.extend(call.args.text("group")?.map(Probe::Group));
        Ok(probes)
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let name = call.args.required("name")?;
        let there = account(seen, &probe(call)?)?;
        let absent = call.args.text("state")?.as_deref() == Some("absent");
        let change = match (there, absent) {
            (None, true) => Change::none(),
            (Some(_), true) => one(
                &format!("user {name}"),
                "there",
                "nothing",
                vec!["userdel".into(), name],
            ),
            (None, false) => {
                let argv = made(call, &name)?;
                one(&format!("user {name}"), "nothing", "there", argv)
            }
            (Some(user), false) => changed(call, &name, user, seen)?,
        };
        Ok(change.touching("/etc/passwd").touching("/etc/group"))
    }
}

/// The question about the user that a task names.
fn probe(call: &Call<'_>) -> Result<Probe> {
    Ok(Probe::User {
        name: call.args.required("name")?,
        groups: !call.args.list("groups")?.is_empty(),
    })
}

/// The answer about a user or a group.
pub(super) fn account<'a>(seen: &'a Answers, probe: &Probe) -> Result<Option<&'a Account>> {
    match seen.get(probe) {
        Some(Answer::Account(account)) => Ok(account.as_ref()),
        _ => Err(Error::new(format!("{probe:?} was not asked"))),
    }
}

/// A change of one property by one command.
pub(super) fn one(what: &str, before: &str, after: &str, argv: Vec<String>) -> Change {
    let mut change = Change::none();
    change.step(
        Difference::Property {
            what: what.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
        },
        Step::Run { argv },
    );
    change
}

fn made(call: &Call<'_>, name: &str) -> Result<Vec<String>> {
    let mut argv = vec!["useradd".to_owned()];
    if call.args.bool("system")? == Some(true) {
        argv.push("--system".to_owned());
    }
    let create = call.args.bool("create_home")?.unwrap_or(true);
    argv.push(
        if create {
            "--create-home"
        } else {
            "--no-create-home"
        }
        .to_owned(),
    );
    match call.args.text("group")? {
        Some(group) => argv.extend(["--gid".to_owned(), group]),
        None => argv.push("--user-group".to_owned()),
    }
    let groups = call.args.list("groups")?;
    if !groups.is_empty() {
        argv.extend(["--groups".to_owned(), groups.join(",")]);
    }
    for (parameter, flag) in FIELDS {
        if let Some(value) = call.args.text(parameter)? {
            argv.extend([flag.to_owned(), value]);
        }
    }
    argv.push(name.to_owned());
    Ok(argv)
}

/// Parameters that are a field of the passwd line, with the flag that useradd and usermod share.
const FIELDS: [(&str, &str); 4] = [
    ("home", "--home-dir"),
    ("shell", "--shell"),
    ("uid", "--uid"),
    ("comment", "--comment"),
];

fn changed(call: &Call<'_>, name: &str, user: &Account, seen: &Answers) -> Result<Change> {
    let mut change = Change::none();
    let mut modify = |what: &str, before: &str, after: &str, flags: &[&str]| {
        if before != after {
            let mut argv = vec!["usermod".to_owned()];
            argv.extend(flags.iter().map(|flag| (*flag).to_owned()));
            argv.extend([after.to_owned(), name.to_owned()]);
            change.step(
                Difference::Property {
                    what: format!("{what} of user {name}"),
                    before: before.to_owned(),
                    after: after.to_owned(),
                },
                Step::Run { argv },
            );
        }
    };
    let field = |at: usize| user.fields.get(at).map_or("", String::as_str);
    for ((parameter, _), (at, flag)) in FIELDS.iter().zip([
        (5, "--home"),
        (6, "--shell"),
        (2, "--uid"),
        (4, "--comment"),
    ]) {
        if let Some(value) = call.args.text(parameter)? {
            modify(parameter, field(at), &value, &[flag]);
        }
    }
    if let Some(group) = call.args.text("group")? {
        // Where the group is not there yet, an earlier task makes it; usermod says so otherwise.
        let id = account(seen, &Probe::Group(group.clone()))?.and_then(|group| group.fields.get(2));
        if id.map(String::as_str) != Some(field(3)) {
            modify("group", field(3), &group, &["--gid"]);
        }
    }
    let wanted = call.args.list("groups")?;
    if !wanted.is_empty() {
        let append = call.args.bool("append")?.unwrap_or(false);
        let main = user.groups.first().cloned().unwrap_or_default();
        let mut now: Vec<&String> = user.groups.iter().filter(|group| **group != main).collect();
        let missing = wanted.iter().any(|group| !user.groups.contains(group));
        let extra = !append && now.iter().any(|group| !wanted.contains(group));
        if missing || extra {
            now.sort_unstable();
            let before = now.into_iter().cloned().collect::<Vec<_>>().join(",");
            let flags: &[&str] = if append {
                &["--append", "--groups"]
            } else {
                &["--groups"]
            };
            modify("groups", &before, &wanted.join(","), flags);
        }
    }
    Ok(change)
}
