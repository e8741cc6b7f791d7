//! `copy` and `template`: a file has this content.

use crate::modules::file::{GROUP, MODE, OWNER, at, attributes, differing};
use crate::modules::{Act, Call, Change, Difference, Module};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answers, Attributes, FileKind, Path, Probe, Step, quote};
use crate::yaml::{Error, Result};

/// Texts up to so many bytes are fetched and shown as hunks.
pub const SHOWN: u64 = 256 * 1024;

/// `copy`.
#[derive(Debug)]
pub(super) struct Copy;

/// `template`.
#[derive(Debug)]
pub(super) struct Template;

const DEST: Parameter = Parameter {
    name: "dest",
    kind: Kind::Path,
    required: true,
    doc: "The file on the host; a path that ends in `/` is a folder that the file keeps its name in.",
    ..Parameter::BLANK
};

const FORCE: Parameter = Parameter {
    name: "force",
    kind: Kind::Bool,
    default: "yes",
    doc: "Replace a file that is there and differs.",
    ..Parameter::BLANK
};

const VALIDATE: Parameter = Parameter {
    name: "validate",
    doc: "A line of shell that looks at new content before it is put in place; `%s` stands for the file that holds it.",
    ..Parameter::BLANK
};

/// Puts new content in place once a line of shell has found it good.
const GOOD: &str =
    r#"if sh -c "$2"; then exec mv -f -T -- "$1.new" "$1"; fi; rm -f -- "$1.new"; exit 1"#;

static COPY: ModuleSpec = ModuleSpec {
    name: "copy",
    doc: "Puts a file on the host, from beside the playbook or with this content.",
    parameters: &[
        Parameter {
            name: "src",
            kind: Kind::Source,
            doc: "The file, in `files/` beside the playbook or beside the playbook itself.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "content",
            doc: "The content itself.",
            ..Parameter::BLANK
        },
        DEST,
        FORCE,
        VALIDATE,
        MODE,
        OWNER,
        GROUP,
    ],
    exclusive: &[&["src", "content"]],
    one_of: &[&["src", "content"]],
    example: "- name: Say who keeps this host\n  copy:\n    content: \"Kept by wmprov.\\n\"\n    dest: /etc/motd\n    mode: \"0644\"\n",
    ..ModuleSpec::BLANK
};

static TEMPLATE: ModuleSpec = ModuleSpec {
    name: "template",
    doc: "Puts a file on the host, made from a template and the host's variables.",
    parameters: &[
        Parameter {
            name: "src",
            kind: Kind::Template,
            required: true,
            doc: "The template, in `templates/` beside the playbook or beside the playbook itself.",
            ..Parameter::BLANK
        },
        DEST,
        FORCE,
        VALIDATE,
        MODE,
        OWNER,
        GROUP,
    ],
    example: "- name: Limits of the servers' user\n  template:\n    src: limits.conf.j2\n    dest: /etc/security/limits.d/wso2.conf\n    mode: \"0644\"\n",
    ..ModuleSpec::BLANK
};

impl Module for Copy {
    fn spec(&self) -> &'static ModuleSpec {
        &COPY
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        Ok(vec![probe(&destination(call)?)])
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let content = match call.args.text("content")? {
            Some(text) => text.into_bytes(),
            None => call.files.read(&call.args.required("src")?)?,
        };
        wanted(call, seen, content)
    }
}

impl Module for Template {
    fn spec(&self) -> &'static ModuleSpec {
        &TEMPLATE
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        Ok(vec![probe(&destination(call)?)])
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let content = call.files.render(&call.args.required("src")?)?;
        wanted(call, seen, content.into_bytes())
    }
}

fn destination(call: &Call<'_>) -> Result<String> {
    let dest = call.args.required("dest")?;
    match (dest.strip_suffix('/'), call.args.text("src")?) {
        (Some(folder), Some(src)) => {
            let name = src.rsplit('/').next().unwrap_or(&src);
            Ok(format!(
                "{folder}/{}",
                name.strip_suffix(".j2").unwrap_or(name)
            ))
        }
        (Some(_), None) => Err(Error::at(
            call.args.place(),
            format!("`{dest}` is a folder; `content` wants a file name"),
        )),
        (None, _) => Ok(dest),
    }
}

pub(super) fn probe(path: &str) -> Probe {
    Probe::Path {
        path: path.to_owned(),
        content: SHOWN,
    }
}

fn wanted(call: &Call<'_>, seen: &Answers, content: Vec<u8>) -> Result<Change> {
    let path = destination(call)?;
    let there = at(seen, &probe(&path))?;
    let force = call.args.bool("force")?.unwrap_or(true);
    match there {
        Some(found) if matches!(found.kind, FileKind::Folder | FileKind::Other) => Err(Error::at(
            call.args.place(),
            format!("`{path}` is there and is no file"),
        )),
        Some(_) if !force => Ok(Change::none()),
        there => {
            let change = content_and_attributes(&path, there, content, attributes(call)?);
            Ok(match call.args.text("validate")? {
                Some(line) => once_good(change, &path, &line),
                None => change,
            })
        }
    }
}

/// The same change, whose new content is looked at by a line of shell before it is put in place.
pub(super) fn once_good(mut change: Change, path: &str, line: &str) -> Change {
    let beside = format!("{path}.new");
    let line = line.replace("%s", &quote::word(&beside));
    for act in &mut change.acts {
        let Act::Steps(steps) = act else { continue };
        if let [Step::Write { path: to, .. }] = steps.as_mut_slice() {
            *to = beside.clone();
            let argv = ["sh", "-c", GOOD, "wmprov", path, &line];
            let argv = argv.map(str::to_owned).to_vec();
            steps.push(Step::Run { argv });
        }
    }
    change
}

/// The change that gives a file this content and these attributes. What is new gets 0644 where no mode
/// is asked for; what is there keeps what it has.
pub(super) fn content_and_attributes(
    path: &str,
    there: Option<&Path>,
    content: Vec<u8>,
    mut wanted: Attributes,
) -> Change {
    let mut change = Change::none();
    let digest = crate::script::sha256(&content);
    if there.is_some_and(|found| found.kind == FileKind::File && found.sha256 == digest) {
        let found = there.into_iter();
        for difference in found.flat_map(|found| differing(path, found, &wanted)) {
            let step = Step::Attributes {
                path: path.to_owned(),
                attributes: wanted.clone(),
                recurse: false,
            };
            change.step(difference, step);
        }
        return change.touching(path);
    }
    let mut differences = vec![shown(path, there, &content, &digest)];
    match there {
        Some(found) => {
            differences.extend(differing(path, found, &wanted));
            wanted.mode.get_or_insert(found.mode);
            wanted.owner.get_or_insert_with(|| found.owner.clone());
            wanted.group.get_or_insert_with(|| found.group.clone());
        }
        None => {
            wanted.mode.get_or_insert(0o644);
        }
    }
    let step = Step::Write {
        path: path.to_owned(),
        content,
        attributes: wanted,
    };
    change.step(differences.remove(0), step);
    change.differences.extend(differences);
    change.touching(path)
}

/// A hunk where both sides are texts that are at hand, else digests.
fn shown(path: &str, there: Option<&Path>, content: &[u8], digest: &str) -> Difference {
    let before = there.and_then(|found| found.content.as_deref());
    let texts = (
        before.map(std::str::from_utf8).transpose(),
        std::str::from_utf8(content),
    );
    match texts {
        (Ok(before), Ok(after)) if before.is_some() || there.is_none() => Difference::Text {
            path: path.to_owned(),
            before: before.map(str::to_owned),
            after: Some(after.to_owned()),
        },
        _ => Difference::Binary {
            path: path.to_owned(),
            before: there.map(|found| found.sha256.clone()),
            after: Some(digest.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{GOOD, content_and_attributes, once_good};
    use crate::modules::Act;
    use crate::script::{Attributes, Step};

    /// What is not good leaves what is there, and nothing beside it.
    #[test]
    fn new_content_is_put_in_place_once_it_is_good() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it's.conf").display().to_string();
        for (text, there) in [
            ("good 1", "good 1"),
            ("bad", "good 1"),
            ("good 2", "good 2"),
        ] {
            let change = content_and_attributes(&path, None, text.into(), Attributes::default());
            let change = once_good(change, &path, "grep -q good %s");
            let [Act::Steps(steps)] = change.acts.as_slice() else {
                panic!("{change:?}")
            };
            let [
                Step::Write {
                    path: beside,
                    content,
                    ..
                },
                Step::Run { argv },
            ] = steps.as_slice()
            else {
                panic!("{steps:?}")
            };
            assert_ne!(*beside, path);
            std::fs::write(beside, content).unwrap();
            assert_eq!(argv[..3], ["sh", "-c", GOOD]);
            let ran = Command::new(&argv[0]).args(&argv[1..]).status().unwrap();
            assert_eq!(ran.success(), text == there);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), there);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }
}
