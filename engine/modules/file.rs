//! `file`: a path is a file, a folder, a link, or nothing, with these permissions.

use crate::modules::{Call, Change, Difference, Module};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answer, Answers, Attributes, FileKind, Path, Probe, Step};
use crate::yaml::{Error, Result};

/// The module.
#[derive(Debug)]
pub(super) struct File;

static SPEC: ModuleSpec = ModuleSpec {
    name: "file",
    doc: "Makes a path a file, a folder or a link, or takes it away, and sets permissions and owner.",
    parameters: &[
        Parameter {
            name: "path",
            aliases: &["dest", "name"],
            kind: Kind::Path,
            required: true,
            doc: "The path on the host.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "state",
            choices: &["absent", "directory", "file", "hard", "link", "touch"],
            default: "`file`",
            doc: "What the path is to be. `file` never makes one: it must be there.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "src",
            kind: Kind::Path,
            doc: "What a link points to, or the file that `hard` gives a second name.",
            ..Parameter::BLANK
        },
        MODE,
        OWNER,
        GROUP,
        Parameter {
            name: "recurse",
            kind: Kind::Bool,
            default: "no",
            doc: "Set permissions and owner of all that is under a folder, too.",
            ..Parameter::BLANK
        },
    ],
    example: "- name: Folder of the products\n  file:\n    path: /opt/wso2\n    state: directory\n    mode: \"0755\"\n",
    ..ModuleSpec::BLANK
};

/// `mode`, as every module that writes files takes it.
pub(super) const MODE: Parameter = Parameter {
    name: "mode",
    kind: Kind::Mode,
    default: "as it is; 0644 or 0755 for what is new",
    doc: "Permissions in octal, in quotes.",
    ..Parameter::BLANK
};

/// `owner`, as every module that writes files takes it.
pub(super) const OWNER: Parameter = Parameter {
    name: "owner",
    default: "as it is",
    doc: "The owner's name.",
    ..Parameter::BLANK
};

/// `group`, as every module that writes files takes it.
pub(super) const GROUP: Parameter = Parameter {
    name: "group",
    default: "as it is",
    doc: "The group's name.",
    ..Parameter::BLANK
};

/// The attributes that a task asks for.
pub(super) fn attributes(call: &Call<'_>) -> Result<Attributes> {
    Ok(Attributes {
        mode: call.args.mode("mode")?,
        owner: call.args.text("owner")?,
        group: call.args.text("group")?,
    })
}

/// What differs between the attributes there are and those that are wanted.
pub(super) fn differing(path: &str, seen: &Path, wanted: &Attributes) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut property = |name: &str, before: String, after: String| {
        if before != after {
            differences.push(Difference::Property {
                what: format!("{name} of {path}"),
                before,
                after,
            });
        }
    };
    if let Some(mode) = wanted.mode {
        property("mode", format!("{:04o}", seen.mode), format!("{mode:04o}"));
    }
    if let Some(owner) = &wanted.owner {
        property("owner", seen.owner.clone(), owner.clone());
    }
    if let Some(group) = &wanted.group {
        property("group", seen.group.clone(), group.clone());
    }
    differences
}

/// What is at a path, from the answers.
pub(super) fn at<'a>(seen: &'a Answers, probe: &Probe) -> Result<Option<&'a Path>> {
    match seen.get(probe) {
        Some(Answer::Path(path)) => Ok(path.as_ref()),
        Some(Answer::Unreadable(why)) => {
            Err(Error::new(format!("{} cannot be read", named(probe)))
                .hint("the task may need `become: true`")
                .because(why.clone()))
        }
        _ => Err(Error::new(format!("{} was not asked", named(probe)))),
    }
}

fn named(probe: &Probe) -> String {
    match probe {
        Probe::Path { path, .. } => format!("`{path}`"),
        other => format!("{other:?}"),
    }
}

impl Module for File {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        Ok(vec![probe(call)?])
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let path = call.args.required("path")?;
        let wanted = attributes(call)?;
        let there = at(seen, &probe(call)?)?;
        let state = call.args.text("state")?;
        let mut change = match state.as_deref().unwrap_or("file") {
            "absent" => return Ok(absent(&path, there)),
            "directory" => directory(&path, there, &wanted)?,
            "link" => link(&path, there, &call.args.required("src")?)?,
            "hard" => hard(&path, there, &call.args.required("src")?),
            "touch" if there.is_none() => new(
                &path,
                "an empty file",
                Step::Touch {
                    path: path.clone(),
                    attributes: wanted.clone(),
                },
            ),
            _ => match there {
                Some(_) => Change::none(),
                None => {
                    return Err(
                        Error::at(call.args.place(), format!("there is no `{path}`")).hint(
                            "`state: touch` makes an empty file, `state: directory` a folder",
                        ),
                    );
                }
            },
        };
        let recurse = call.args.bool("recurse")?.unwrap_or(false);
        if let Some(there) = there {
            for difference in differing(&path, there, &wanted) {
                let step = Step::Attributes {
                    path: path.clone(),
                    attributes: wanted.clone(),
                    recurse,
                };
                change.step(difference, step);
            }
        }
        Ok(change.touching(path))
    }
}

fn probe(call: &Call<'_>) -> Result<Probe> {
    Ok(Probe::Path {
        path: call.args.required("path")?,
        content: 0,
    })
}

fn new(path: &str, what: &str, step: Step) -> Change {
    let mut change = Change::none();
    change.step(
        Difference::Property {
            what: path.to_owned(),
            before: "nothing".to_owned(),
            after: what.to_owned(),
        },
        step,
    );
    change
}

fn absent(path: &str, there: Option<&Path>) -> Change {
    let mut change = Change::none();
    if there.is_some() {
        change.step(
            Difference::Property {
                what: path.to_owned(),
                before: "there".to_owned(),
                after: "nothing".to_owned(),
            },
            Step::Remove {
                path: path.to_owned(),
            },
        );
    }
    change.touching(path)
}

fn directory(path: &str, there: Option<&Path>, wanted: &Attributes) -> Result<Change> {
    match there {
        Some(found) if found.kind == FileKind::Folder => Ok(Change::none()),
        Some(_) => Err(Error::new(format!("`{path}` is there and is no folder"))),
        None => Ok(new(
            path,
            "a folder",
            Step::Folder {
                path: path.to_owned(),
                attributes: wanted.clone(),
            },
        )),
    }
}

fn link(path: &str, there: Option<&Path>, target: &str) -> Result<Change> {
    let before = match there {
        Some(found) if found.kind == FileKind::Link && found.target == target => {
            return Ok(Change::none());
        }
        Some(found) if found.kind == FileKind::Link => format!("a link to {}", found.target),
        Some(found) if found.kind == FileKind::Folder => {
            return Err(Error::new(format!("`{path}` is a folder and no link")));
        }
        Some(_) => "a file".to_owned(),
        None => "nothing".to_owned(),
    };
    let mut change = Change::none();
    change.step(
        Difference::Property {
            what: path.to_owned(),
            before,
            after: format!("a link to {target}"),
        },
        Step::Link {
            path: path.to_owned(),
            target: target.to_owned(),
        },
    );
    Ok(change)
}

fn hard(path: &str, there: Option<&Path>, target: &str) -> Change {
    match there {
        Some(_) => Change::none(),
        None => new(
            path,
            &format!("a second name of {target}"),
            Step::HardLink {
                path: path.to_owned(),
                target: target.to_owned(),
            },
        ),
    }
}
