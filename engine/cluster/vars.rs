//! The variables of a cluster and of a node, merged along its path and rendered.

use super::database;
use super::kind::Kind;
use super::outline::{Outline, Tree};
use super::variables::{self, Level};
use crate::catalogue::Role;
use crate::inventory::{Host, Inventory, Vars};
use crate::template::{Language, Scope};
use crate::yaml::{Error, Node, Place, Result, Secret, Secrets, Value};

/// A cluster's variables: those of the groups above it, its own, and the command line's.
pub(super) fn of_cluster<'a>(
    inventory: &Inventory,
    tree: &Tree<'a>,
    outline: &Outline<'a>,
) -> Result<Vars, Vec<Error>> {
    let mut above: Vec<&str> = outline.above.iter().copied().collect();
    // A group has more groups above it than its parents have: parents first.
    above.sort_by_cached_key(|name| tree.above(name).len());
    let mut merged = Vars::new();
    for name in above {
        let own = tree.get(name).into_iter().flat_map(|group| &group.vars);
        merged.extend(own.map(|(name, value)| (name.clone(), value.clone())));
    }
    merged.extend(inventory.extra.clone());
    rendered(merged, Level::Cluster, Vec::new())
}

/// A node's variables: those of its host's groups that are on its cluster's path, parents first,
/// then the host's, the entry's, and the command line's.
pub(super) fn of_node(
    inventory: &Inventory,
    groups: &[&str],
    tree: &Tree<'_>,
    host: &Host,
    entry: Option<&Vars>,
) -> Result<Vars, Vec<Error>> {
    let mut merged = Vars::new();
    let groups = groups.iter().filter_map(|name| tree.get(name));
    let owners = groups
        .map(|group| &group.vars)
        .chain([&host.vars])
        .chain(entry);
    for vars in owners.chain([&inventory.extra]) {
        merged.extend(
            vars.iter()
                .map(|(name, value)| (name.clone(), value.clone())),
        );
    }
    rendered(merged, Level::Node, magic(inventory, host))
}

/// The host's groups that a node's variables are read from: not those of other clusters, not those
/// of the other role.
pub(super) fn path<'a>(
    host: &'a Host,
    role: Role,
    outline: &Outline<'_>,
    others: &[Outline<'_>],
    tree: &Tree<'_>,
) -> Vec<&'a str> {
    let own = outline
        .roles
        .get(&role)
        .map(|group| tree.below(&group.name));
    let other_roles: Vec<_> = outline
        .roles
        .iter()
        .filter(|(other, _)| **other != role)
        .map(|(_, group)| tree.below(&group.name))
        .collect();
    host.groups
        .iter()
        .map(String::as_str)
        .filter(|name| {
            let mine = outline.above.contains(name) || outline.within.contains(name);
            let of_another = others.iter().any(|other| other.within.contains(name));
            let of_my_role = own.as_ref().is_some_and(|own| own.contains(name));
            let of_another_role = other_roles.iter().any(|other| other.contains(name));
            (mine || !of_another) && (of_my_role || !of_another_role)
        })
        .collect()
}

/// What is wrong with the values of the known variables of `level`.
pub(super) fn check_kinds(vars: &Vars, level: Level) -> Result<(), Vec<Error>> {
    let mut errors = Vec::new();
    for (name, value) in vars {
        let known = variables::find(name).filter(|variable| variable.level == level);
        if let Some(Err(error)) = known.map(|variable| variable.kind.check(value)) {
            errors.push(named(name, value, &error));
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

/// The error with the variable's name before it.
pub(super) fn named(name: &str, value: &Node, error: &Error) -> Error {
    let place = error.place().unwrap_or(&value.place);
    let named = Error::at(place, format!("`{name}`: {}", error.message()));
    match error.way_out() {
        Some(hint) => named.hint(hint),
        None => named,
    }
}

/// Makes the passwords of administrator, repository and databases secrets; gives the places of those that stood in
/// clear. A template may have made a text of a vaulted value: that is none in clear.
pub(super) fn seal_passwords(vars: &mut Vars, vaulted: &Secrets) -> Vec<Place> {
    let mut in_clear = Vec::new();
    for name in ["carbon_admin_password", "carbon_svn_password"] {
        if let Some(node) = vars.get_mut(name)
            && let Value::String(text) = &mut node.value
        {
            if !vaulted.appear_in(text) {
                in_clear.push(node.place.clone());
            }
            node.value = Value::Secret(Secret::new(std::mem::take(text)));
        }
    }
    if let Some(node) = vars.get_mut("carbon_databases") {
        database::seal(node, vaulted, &mut in_clear);
    }
    in_clear
}

/// The variables with the known ones, and `ansible_host`, rendered over `more` besides; for a
/// cluster, whose nodes may set the rest otherwise, only its own.
/// Edits stay as they are: their templates see the cluster, which is not yet.
fn rendered(vars: Vars, level: Level, more: Vec<(&str, Node)>) -> Result<Vars, Vec<Error>> {
    let wanted = |name: &str| {
        level == Level::Node && name == "ansible_host"
            || variables::find(name).is_some_and(|known| {
                known.kind != Kind::Edits && (level == Level::Node || known.level == level)
            })
    };
    let mut scope = Scope::new(&Language::new(), vars.clone());
    for (name, value) in more {
        scope.set(name, value);
    }
    let mut errors = Vec::new();
    let mut done = Vars::new();
    for (name, value) in vars {
        let value = match wanted(&name).then(|| scope.render(&value)) {
            None => value,
            Some(Ok(rendered)) => rendered,
            Some(Err(error)) => {
                errors.push(named(&name, &value, &error));
                continue;
            }
        };
        done.insert(name, value);
    }
    if errors.is_empty() {
        Ok(done)
    } else {
        Err(errors)
    }
}

/// What Ansible itself says of a host.
fn magic<'a>(inventory: &Inventory, host: &Host) -> Vec<(&'a str, Node)> {
    let text = |text: &str| Node::new(Value::String(text.to_owned()), host.place.clone());
    let short = host.name.split('.').next().unwrap_or(&host.name);
    let groups = host.groups.iter().filter(|name| *name != "all");
    let groups = Value::List(groups.map(|name| text(name)).collect());
    let folder = inventory
        .file
        .parent()
        .map(|folder| folder.to_string_lossy().into_owned());
    vec![
        ("inventory_hostname", text(&host.name)),
        ("inventory_hostname_short", text(short)),
        ("inventory_dir", text(&folder.unwrap_or_default())),
        ("group_names", Node::new(groups, host.place.clone())),
    ]
}
