//! `java_pack`: the JDK of a node's archive lies unpacked beside others, byte for byte.

use std::collections::BTreeMap;

use crate::carbon::home::{Kind, content_of, path_of};
use crate::carbon::{Jdk, Row};
use crate::cluster::JavaPack;
use crate::cluster::checks::Check;
use crate::modules::carbon_home::{CLUSTER, NODE};
use crate::modules::{Act, Call, Change, Difference, Module};
use crate::playbook::ModuleSpec;
use crate::script::{Answer, Answers, Probe, Tree};
use crate::yaml::{Error, Result};

/// The module.
#[derive(Debug)]
pub(super) struct JavaPackModule;

static SPEC: ModuleSpec = ModuleSpec {
    name: "java_pack",
    doc: "Brings the JDK of a node's `java_pack` to its host: sent, hashed, and renamed into place beside other JDKs, none of which it replaces. One that is there, and whose files were changed, is brought anew.",
    parameters: &[CLUSTER, NODE],
    example: "- java_pack:\n    cluster: \"{{ item.cluster }}\"\n    node: \"{{ item.name }}\"\n  loop: \"{{ wmprov_java_nodes }}\"\n",
    ..ModuleSpec::BLANK
};

/// What `run/` does to bring a JDK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JdkWork {
    /// The cluster.
    pub cluster: String,
    /// The node whose `java_pack` it is.
    pub node: String,
}

/// Whose a JDK is: the server only reads it.
pub const JDK_OWNER: (&str, &str) = ("root", "root");

/// Whether a folder is this JDK; else the rows of what is there.
#[must_use]
pub fn jdk_probe(jdk: &Jdk, folder: &str) -> Probe {
    Probe::Tree {
        folder: folder.to_owned(),
        expected: jdk.tree().to_string(),
        owner: (JDK_OWNER.0.to_owned(), JDK_OWNER.1.to_owned()),
        rules: Jdk::rules(),
    }
}

impl Module for JavaPackModule {
    fn spec(&self) -> &'static ModuleSpec {
        &SPEC
    }

    fn wants_facts(&self) -> bool {
        true
    }

    fn ends_loop(&self) -> bool {
        true
    }

    fn probes(&self, call: &Call<'_>) -> Result<Vec<Probe>> {
        Ok(named(call)?.map_or(Vec::new(), |(pack, jdk)| vec![jdk_probe(jdk, &pack.home)]))
    }

    fn gate(&self, call: &Call<'_>, seen: &Answers) -> Result<()> {
        let Some((pack, jdk)) = named(call)? else {
            return Ok(());
        };
        check_machine(call, pack, jdk)?;
        match seen.get(&jdk_probe(jdk, &pack.home)) {
            Some(Answer::Tree(Tree::Rows { rows, .. })) => is_the_same(call, pack, jdk, rows),
            _ => Ok(()),
        }
    }

    fn change(&self, call: &Call<'_>, seen: &Answers) -> Result<Change> {
        let Some((pack, jdk)) = named(call)? else {
            return Ok(Change::none());
        };
        check_machine(call, pack, jdk)?;
        let mut change = Change::none()
            .touching(pack.home.clone())
            .touching(format!("{}.wmprov", pack.home));
        match seen.get(&jdk_probe(jdk, &pack.home)) {
            Some(Answer::Tree(Tree::Same)) => return Ok(change),
            Some(Answer::Tree(Tree::Missing)) => change.differences.push(Difference::Property {
                what: pack.home.clone(),
                before: "nothing".to_owned(),
                after: format!("Java {}, {} bytes", jdk.version(), jdk.size()),
            }),
            Some(Answer::Tree(Tree::Rows { rows, foreign, .. })) => {
                is_the_same(call, pack, jdk, rows)?;
                change.differences = differences(pack, jdk, rows);
                change
                    .differences
                    .extend(foreign.iter().map(|line| Difference::Note {
                        text: format!("{}/{line}, wanted root:root", pack.home),
                    }));
            }
            Some(Answer::Unreadable(why)) => {
                return Err(
                    Error::new(format!("`{}` cannot be read", pack.home)).because(why.clone())
                );
            }
            _ => return Err(Error::new(format!("`{}` was not asked for", pack.home))),
        }
        change.acts.push(Act::Jdk(Box::new(JdkWork {
            cluster: call.args.required("cluster")?,
            node: call.args.required("node")?,
        })));
        Ok(change)
    }
}

/// The pack of the node that a task names, and the JDK in it.
fn named<'a>(call: &'a Call<'_>) -> Result<Option<(&'a JavaPack, &'a Jdk)>> {
    let (cluster, node) = (call.args.required("cluster")?, call.args.required("node")?);
    call.world
        .jdk(&cluster, &node)
        .map_err(|error| error.or_at(call.args.place()))
}

/// The host can run its programs at all.
fn check_machine(call: &Call<'_>, pack: &JavaPack, jdk: &Jdk) -> Result<()> {
    let machine = call
        .facts
        .and_then(|facts| facts.kernel.split_whitespace().last());
    match (machine, jdk.architecture()) {
        (Some(host), Some(wanted)) if host != wanted => Err(Check::cite(
            "WM169",
            format!(
                "`java_pack` `{}` is for {wanted}; host `{}` is {host}",
                pack.path.display(),
                call.host
            ),
        )
        .or_at(&pack.place)),
        _ => Ok(()),
    }
}

/// What is there in part is this JDK, and not another one or something else, which would be lost.
fn is_the_same(call: &Call<'_>, pack: &JavaPack, jdk: &Jdk, rows: &str) -> Result<()> {
    let release = jdk.rows().find(|row| row.path == "./release");
    let digest = release.map(|row| content_of(row.to_string().trim_end()).map(str::to_owned));
    let there = rows.lines().find(|row| row.ends_with(" ./release"));
    if there.is_some() && there.and_then(content_of).map(str::to_owned) == digest.flatten() {
        return Ok(());
    }
    let message = format!(
        "`{}` on host `{}` is not the JDK of `{}`: its `release` is another, or missing",
        pack.home,
        call.host,
        pack.path.display()
    );
    Err(Error::at(&pack.place, message)
        .hint("no JDK is replaced: move that folder away, or set `java_pack_folder`"))
}

/// The paths that are not as in the archive.
fn differences(pack: &JavaPack, jdk: &Jdk, rows: &str) -> Vec<Difference> {
    let mut there: BTreeMap<String, &str> = rows
        .lines()
        .filter_map(|row| Some((path_of(row)?.to_owned(), row)))
        .collect();
    let full = |path: &str| format!("{}{}", pack.home, path.trim_start_matches('.'));
    let digest = |row: &str| row.split(' ').nth(2).map(str::to_owned);
    let mut differences = Vec::new();
    for row in jdk.rows() {
        let wish = row.to_string();
        let wish = wish.trim_end();
        match there.remove(&row.path) {
            Some(found) if found == wish => {}
            Some(found) if content_of(found) == content_of(wish) => {
                let mode = |row: &str| row.split(' ').next().unwrap_or_default().to_owned();
                differences.push(Difference::Property {
                    what: format!("mode of {}", full(&row.path)),
                    before: mode(found),
                    after: mode(wish),
                });
            }
            found => differences.push(Difference::Binary {
                path: full(&row.path),
                before: found.and_then(digest),
                after: Some(wanted(&row)),
            }),
        }
    }
    differences.extend(there.iter().map(|(path, row)| Difference::Binary {
        path: full(path),
        before: digest(row),
        after: None,
    }));
    differences
}

fn wanted(row: &Row) -> String {
    match &row.kind {
        Kind::File(digest) => digest.to_string(),
        Kind::Folder => "a folder".to_owned(),
        Kind::Link(target) => format!("a link to {target}"),
    }
}
