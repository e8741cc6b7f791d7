//! `unarchive`: an archive from beside the playbook lies unpacked in a folder.

use crate::modules::copy::SHOWN;
use crate::modules::file::{GROUP, MODE, OWNER, at, attributes};
use crate::modules::{Act, Call, Change, Difference, Module};
use crate::playbook::{Kind, ModuleSpec, Parameter};
use crate::script::{Answers, Attributes, Probe, Step};
use crate::yaml::{Error, Result};

/// The module.
#[derive(Debug)]
pub(super) struct Unarchive;

static SPEC: ModuleSpec = ModuleSpec {
    name: "unarchive",
    doc: "Unpacks a tar archive (plain, gzip, bzip2, xz) into a folder of the host, once for each content: a note beside the files holds the archive's SHA-256.",
    parameters: &[
        Parameter {
            name: "src",
            kind: Kind::Source,
            required: true,
            doc: "The archive, in `files/` beside the playbook; with `remote_src` a path on the host.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "dest",
            kind: Kind::Path,
            required: true,
            doc: "The folder on the host; it must be there.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "remote_src",
            kind: Kind::Bool,
            default: "no",
            doc: "The archive is on the host already.",
            ..Parameter::BLANK
        },
        Parameter {
            name: "creates",
            kind: Kind::Path,
            doc: "Do nothing where this path is there.",
            ..Parameter::BLANK
        },
        MODE,
        OWNER,
        GROUP,
    ],
    example: "- unarchive:\n    src: /var/tmp/jdk.tar.gz\n    remote_src: yes\n    dest: /opt\n    creates: /opt/jdk\n",
    ..ModuleSpec::BLANK
};

impl Module for Unarchive {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        let mut probes = vec![folder(call)?, note(call)?];
        probes.extend(
            call.args
                .text("creates")?
                .map(|path| Probe::Path { path, content: 0 }),
        );
        if remote(call)? {
            probes.push(Probe::Path {
                path: call.args.required("src")?,
                content: 0,
            });
        }
        Ok(probes)
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        if let Some(path) = call.args.text("creates")? {
            let probe = Probe::Path {
                path: path.clone(),
                content: 0,
            };
            if at(seen, &probe)?.is_some() {
                return Ok(Change {
                    skipped: Some(format!("`{path}` is there")),
                    ..Change::none()
                });
            }
        }
        let (src, dest) = (call.args.required("src")?, call.args.required("dest")?);
        let (digest, content) = if remote(call)? {
            let probe = Probe::Path {
                path: src.clone(),
                content: 0,
            };
            let there = at(seen, &probe)?.ok_or_else(|| {
                Error::at(
                    call.args.place(),
                    format!("there is no `{src}` on the host"),
                )
            })?;
            (there.sha256.clone(), None)
        } else {
            let content = call.files.read(&src)?;
            (crate::script::sha256(&content), Some(content))
        };
        let noted = at(seen, &note(call)?)?.and_then(|note| note.content.clone());
        if noted.as_deref() == Some(format!("{digest}\n").as_bytes()) {
            return Ok(Change::none());
        }
        let mut change = Change::none().touching(dest.clone());
        change.differences.push(Difference::Note {
            text: format!("unpacks {src} into {dest}"),
        });
        change
            .acts
            .push(Act::Steps(steps(call, &src, &dest, digest, content)?));
        Ok(change)
    }
}

fn remote(call: &Call<'_>) -> Result<bool> {
    Ok(call.args.bool("remote_src")?.unwrap_or(false))
}

fn folder(call: &Call<'_>) -> Result<Probe> {
    Ok(Probe::Path {
        path: call.args.required("dest")?,
        content: 0,
    })
}

/// The note that says which archive lies here: hidden, named for the archive.
fn note_path(call: &Call<'_>) -> Result<String> {
    let src = call.args.required("src")?;
    let name = src.rsplit('/').next().unwrap_or(&src).to_owned();
    let dest = call.args.required("dest")?;
    Ok(format!("{}/.{name}.sha256", dest.trim_end_matches('/')))
}

fn note(call: &Call<'_>) -> Result<Probe> {
    Ok(Probe::Path {
        path: note_path(call)?,
        content: SHOWN,
    })
}

fn steps(
    call: &Call<'_>,
    src: &str,
    dest: &str,
    digest: String,
    content: Option<Vec<u8>>,
) -> Result<Vec<Step>> {
    let wanted = attributes(call)?;
    let landed = format!("{}/.wmprov-archive", dest.trim_end_matches('/'));
    let mut steps = Vec::new();
    let archive = match content {
        Some(content) => {
            steps.push(Step::Write {
                path: landed.clone(),
                content,
                attributes: Attributes {
                    mode: Some(0o600),
                    ..Attributes::default()
                },
            });
            landed.clone()
        }
        None => src.to_owned(),
    };
    let mut argv: Vec<String> = ["tar", "-x", "-f", &archive, "-C", dest]
        .map(str::to_owned)
        .to_vec();
    argv.push("--no-same-owner".to_owned());
    steps.push(Step::Run { argv });
    if wanted != Attributes::default() {
        steps.push(Step::Attributes {
            path: dest.to_owned(),
            attributes: wanted,
            recurse: true,
        });
    }
    if archive == landed {
        steps.push(Step::Remove { path: landed });
    }
    steps.push(Step::Write {
        path: note_path(call)?,
        content: format!("{digest}\n").into_bytes(),
        attributes: Attributes {
            mode: Some(0o644),
            ..Attributes::default()
        },
    });
    Ok(steps)
}
