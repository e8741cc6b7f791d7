//! `carbon_nodes`: the several nodes of a host, each entry a map whose keys stand for variables.

use super::{variables, vars};
use crate::catalogue::Role;
use crate::inventory::Vars;
use crate::yaml::{Error, Node, Place, Result};

/// One entry of `carbon_nodes`.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its name on the host.
    pub(super) name: String,
    /// Its role, where the entry says so.
    pub(super) role: Option<(Role, Place)>,
    /// Its cluster, where the entry says so.
    pub(super) cluster: Option<(String, Place)>,
    /// What it sets, under the variables' full names.
    pub(super) vars: Vars,
    /// Where it stands.
    pub(super) place: Place,
}

/// The entries of a rendered `carbon_nodes`.
pub(super) fn entries(nodes: &Node) -> Result<Vec<Entry>> {
    let list = nodes.list()?;
    if list.is_empty() {
        return Err(Error::at(&nodes.place, "`carbon_nodes` has no entry")
            .hint("leave it out where the host runs one node"));
    }
    list.iter().map(entry).collect()
}

fn entry(node: &Node) -> Result<Entry> {
    let map = node.map()?;
    let mut entry = Entry {
        name: String::new(),
        role: None,
        cluster: None,
        vars: Vars::new(),
        place: node.place.clone(),
    };
    for (key, value) in map.iter() {
        let variable = variables::find_in_entry(&key.name).ok_or_else(|| {
            let error = Error::at(
                &key.place,
                format!("an entry of `carbon_nodes` has no key `{}`", key.name),
            );
            match variables::nearest_in_entry(&key.name) {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error.hint(
                    "it takes `name`, `role`, `cluster` and a node's variables without `carbon_`",
                ),
            }
        })?;
        let checked = variable.kind.check(value);
        checked.map_err(|error| vars::named(&key.name, value, &error))?;
        match variable.name {
            "name" => {
                entry.name = value.text()?.to_owned();
                entry.place = key.place.clone();
            }
            "role" => {
                let role = [Role::Manager, Role::Worker]
                    .into_iter()
                    .find(|role| value.text().is_ok_and(|text| text == role.as_str()));
                entry.role = role.map(|role| (role, value.place.clone()));
            }
            "cluster" => entry.cluster = Some((value.text()?.to_owned(), value.place.clone())),
            name => {
                entry.vars.insert(name.to_owned(), value.clone());
            }
        }
    }
    if entry.name.is_empty() {
        return Err(Error::at(
            &node.place,
            "an entry of `carbon_nodes` has no `name`",
        ));
    }
    Ok(entry)
}
