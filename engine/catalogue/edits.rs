//! Edits as the catalogue and the user's `carbon_edits` state them (design 3.4).

use crate::yaml::{Error, Node, Result, near};

use super::fields::Fields;
use super::release::{FileEdits, Operation, Restart};

/// The formats of `engine/edit`, and what may be said of a path besides its bytes; their verbs are checked where the
/// edits are made.
pub const FORMATS: [&str; 5] = ["xml", "properties", "lines", "bundles", STANDING];

/// What stands at a path, whatever is in it: that it is absent, a folder or a link, and its mode.
pub const STANDING: &str = "file";

/// What an operation may say besides its verb.
pub const BESIDES: [&str; 6] = ["to", "with", "when", "each", "restart", "why"];

/// What a change may cost a running cluster.
pub const RESTARTS: [&str; 4] = ["none", "deferred", "now", "whole_cluster"];

/// Reads `{path: …, xml: […], …}`: the edits of one file.
///
/// # Errors
/// A key that is none, an operation without a verb or with two, a value that is no text: with place and
/// near miss.
pub fn read_edits(node: &Node) -> Result<FileEdits> {
    let known = &["path", "xml", "properties", "lines", "bundles", STANDING];
    let fields = Fields::of(node, known)?;
    let Some(path) = fields.get("path") else {
        return Err(Error::at(&node.place, "the `path` of the file is missing"));
    };
    let text = path.text()?;
    if text.starts_with('/') || text.split('/').any(|part| matches!(part, "" | "." | "..")) {
        let message = format!("`{text}` is no path inside a Home");
        return Err(Error::at(&path.place, message)
            .hint("name the file as it stands below the Home, `repository/conf/carbon.xml`"));
    }
    let mut operations = Vec::new();
    for format in FORMATS {
        for operation in fields.get(format).map_or(Ok(&[][..]), Node::list)? {
            operations.push(read_operation(format, operation)?);
        }
    }
    Ok(FileEdits {
        path: text.to_owned(),
        operations,
        place: node.place.clone(),
    })
}

fn read_operation(format: &str, node: &Node) -> Result<Operation> {
    let map = node.map()?;
    let mut verbs = map
        .iter()
        .filter(|(key, _)| !BESIDES.contains(&key.name.as_str()));
    let (verb, target) = match (verbs.next(), verbs.next()) {
        (Some(verb), None) => verb,
        (None, _) => {
            return Err(Error::at(&node.place, "the edit has no verb").hint("such as `set: …`"));
        }
        (Some((one, _)), Some((two, _))) => {
            let message = format!("`{}` and `{}` are both verbs", one.name, two.name);
            let error = Error::at(&two.place, message);
            return Err(match near(&two.name, BESIDES) {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error.hint("an edit has one verb"),
            });
        }
    };
    let value = match (map.get("to"), map.get("with")) {
        (Some(_), Some(with)) => {
            return Err(Error::at(&with.place, "`to` and `with` are one too many"));
        }
        (to, with) => to.or(with).map(Node::text).transpose()?,
    };
    let text = |key: &str| {
        let value = map.get(key).map(Node::text).transpose()?;
        Ok(value.map(ToOwned::to_owned))
    };
    Ok(Operation {
        format: format.to_owned(),
        verb: verb.name.clone(),
        target: target.text()?.to_owned(),
        value: value.map(ToOwned::to_owned),
        when: text("when")?,
        each: text("each")?,
        restart: map.get("restart").map_or(Ok(Restart::Now), read_restart)?,
        place: verb.place.clone(),
    })
}

fn read_restart(node: &Node) -> Result<Restart> {
    Ok(match node.text()? {
        "none" => Restart::None,
        "deferred" => Restart::Deferred,
        "now" => Restart::Now,
        "whole_cluster" => Restart::WholeCluster,
        other => {
            let message = format!("`{other}` is no cost of a change");
            let meant = near(other, RESTARTS).unwrap_or("now");
            return Err(Error::at(&node.place, message).hint(format!(
                "did you mean `{meant}`? known are `{}`",
                RESTARTS.join("`, `")
            )));
        }
    })
}

/// Lays `more` over `edits`: an operation of the same file, format and target replaces the inherited
/// one in its place; all others come behind.
pub fn overlay(edits: &mut Vec<FileEdits>, more: Vec<FileEdits>) {
    for file in more {
        let Some(known) = edits.iter_mut().find(|known| known.path == file.path) else {
            edits.push(file);
            continue;
        };
        // Two operations of one target side by side, one for each role, are both wanted.
        let inherited = known.operations.len();
        for operation in file.operations {
            let same = known.operations[..inherited].iter_mut().find(|inherited| {
                inherited.format == operation.format && inherited.target == operation.target
            });
            match same {
                Some(inherited) => *inherited = operation,
                None => known.operations.push(operation),
            }
        }
    }
}
