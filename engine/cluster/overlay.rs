//! `carbon_overlays`: the folders of the control machine that are laid over a node's Home, by host pattern where an
//! item says so. Read into each [`Node`](super::Node); `carbon/home/overlay.rs` reads the files.

use std::path::{Path, PathBuf};

use super::kind;
use crate::inventory::{Host, HostPattern, Inventory, Vars};
use crate::yaml::{Error, Key, Node, Place, Result, Value, near};

/// A folder, a jar or a patch of the control machine that is laid over a Home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// The folder or the file.
    pub path: PathBuf,
    /// Where it is named.
    pub place: Place,
}

/// The keys of an item that is a map.
pub const KEYS: [&str; 2] = ["path", "hosts"];

/// One item of `carbon_overlays`, as it is written.
struct Item<'a> {
    path: &'a Node,
    hosts: Option<&'a Node>,
}

/// The overlays of a node of `host`, in their order; `beside` is the folder of the inventory file.
///
/// # Errors
/// Where an item is of no known form, or its `hosts` is no host pattern of this inventory.
pub(super) fn of(
    vars: &Vars,
    inventory: &Inventory,
    host: &Host,
    beside: &Path,
) -> Result<Vec<Overlay>> {
    let Some(set) = vars.get("carbon_overlays") else {
        return Ok(Vec::new());
    };
    let mut overlays = Vec::new();
    for item in items(set)? {
        if item
            .hosts
            .map_or(Ok(true), |hosts| selects(hosts, inventory, host))?
        {
            overlays.push(Overlay {
                path: beside.join(item.path.text()?),
                place: item.path.place.clone(),
            });
        }
    }
    Ok(overlays)
}

/// The files that a variable lists, one or several; `beside` is the folder of the inventory file.
///
/// # Errors
/// Where it is no list of paths.
pub(super) fn files(vars: &Vars, name: &str, beside: &Path) -> Result<Vec<Overlay>> {
    let listed = match vars.get(name) {
        Some(set) => kind::words(set, false)?,
        None => Vec::new(),
    };
    let one = |file: &Node| {
        Ok(Overlay {
            path: beside.join(file.text()?),
            place: file.place.clone(),
        })
    };
    listed.iter().map(one).collect()
}

/// Says what is wrong with `set` as the value of `carbon_overlays`.
pub(super) fn check(set: &Node) -> Result<()> {
    items(set).map(drop)
}

fn items(set: &Node) -> Result<Vec<Item<'_>>> {
    match &set.value {
        Value::List(list) => list.iter().map(item).collect(),
        _ => Ok(vec![item(set)?]),
    }
}

fn item(node: &Node) -> Result<Item<'_>> {
    let Value::Map(map) = &node.value else {
        kind::text(node)?;
        return Ok(Item {
            path: node,
            hosts: None,
        });
    };
    if let Some((key, _)) = map
        .iter()
        .find(|(key, _)| !KEYS.contains(&key.name.as_str()))
    {
        return Err(unknown(key));
    }
    let (Some(path), Some(hosts)) = (map.get("path"), map.get("hosts")) else {
        let error = Error::at(
            &node.place,
            "an overlay has a `path` and `hosts`, or is a path",
        );
        return Err(error.hint("`- { path: files/workers, hosts: worker }`"));
    };
    kind::text(path)?;
    kind::text(hosts)?;
    Ok(Item {
        path,
        hosts: Some(hosts),
    })
}

fn unknown(key: &Key) -> Error {
    let error = Error::at(&key.place, format!("an overlay takes no `{}`", key.name));
    error.hint(match near(&key.name, KEYS) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "it takes `path` and `hosts`".to_owned(),
    })
}

/// True where the pattern selects the host.
fn selects(pattern: &Node, inventory: &Inventory, host: &Host) -> Result<bool> {
    let hosts = HostPattern::parse(pattern.text()?)
        .and_then(|parsed| parsed.select(inventory))
        .map_err(|error| error.or_at(&pattern.place))?;
    if hosts.is_empty() {
        return Err(
            Error::at(&pattern.place, "this host pattern selects no host")
                .hint("take the overlay out, or name a group or host that it is for"),
        );
    }
    Ok(hosts.contains(&host.name))
}

#[cfg(test)]
mod tests;
