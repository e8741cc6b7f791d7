//! Which groups are clusters, and which of their groups are roles: the inventory's tree, read
//! before any value of it is.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::Role;
use crate::inventory::{Group, Host, Inventory};
use crate::yaml::{Error, near};

/// The group that every host is in.
const ALL: &str = "all";

/// A cluster as its groups tell it.
pub(super) struct Outline<'a> {
    /// The group that sets `carbon_product`.
    pub(super) group: &'a Group,
    /// That group and the groups above it.
    pub(super) above: BTreeSet<&'a str>,
    /// That group and the groups below it.
    pub(super) within: BTreeSet<&'a str>,
    /// Its role groups that exist, by role.
    pub(super) roles: BTreeMap<Role, &'a Group>,
}

impl<'a> Outline<'a> {
    /// The hosts of a role, in the inventory's order.
    pub(super) fn hosts(
        &self,
        inventory: &'a Inventory,
        role: Role,
    ) -> impl Iterator<Item = &'a Host> + use<'a> {
        let group = self.roles.get(&role).copied();
        inventory
            .hosts
            .iter()
            .filter(move |host| group.is_some_and(|group| host.groups.contains(&group.name)))
    }

    /// The Carbon roles whose groups `host` is in.
    pub(super) fn roles_of(&self, host: &Host) -> Vec<Role> {
        [Role::Manager, Role::Worker]
            .into_iter()
            .filter(|role| {
                self.roles
                    .get(role)
                    .is_some_and(|group| host.groups.contains(&group.name))
            })
            .collect()
    }
}

/// The groups of an inventory, by name.
pub(super) struct Tree<'a> {
    groups: BTreeMap<&'a str, &'a Group>,
    parents: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(inventory: &'a Inventory) -> Self {
        let groups = inventory
            .groups
            .iter()
            .map(|group| (group.name.as_str(), group))
            .collect();
        let mut parents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for group in &inventory.groups {
            for child in &group.children {
                parents.entry(child).or_default().push(&group.name);
            }
        }
        Self { groups, parents }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Group> {
        self.groups.get(name).copied()
    }

    /// A group and all below it; `all` holds every group.
    pub(super) fn below(&self, name: &str) -> BTreeSet<&'a str> {
        if name == ALL {
            return self.groups.keys().copied().collect();
        }
        let mut found = BTreeSet::new();
        let mut open: Vec<&Group> = self.get(name).into_iter().collect();
        while let Some(group) = open.pop() {
            if found.insert(group.name.as_str()) {
                open.extend(group.children.iter().filter_map(|child| self.get(child)));
            }
        }
        found
    }

    /// A group and all above it, `all` among them.
    pub(super) fn above(&self, name: &'a str) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open = vec![name, ALL];
        while let Some(name) = open.pop() {
            if self.groups.contains_key(name) && found.insert(name) {
                open.extend(self.parents.get(name).into_iter().flatten());
            }
        }
        found
    }
}

/// The clusters of an inventory, in the order of the file, and what is wrong with their groups.
pub(super) fn outlines<'a>(
    inventory: &'a Inventory,
    tree: &Tree<'a>,
    errors: &mut Vec<Error>,
) -> Vec<Outline<'a>> {
    let clusters: Vec<&Group> = inventory
        .groups
        .iter()
        .filter(|group| group.vars.contains_key("carbon_product"))
        .collect();
    nested(&clusters, tree, errors);
    let mut outlines = Vec::new();
    if !errors.is_empty() {
        return outlines;
    }
    for group in &clusters {
        let within = tree.below(&group.name);
        let roles = roles(group, &within, clusters.len() == 1, tree, errors);
        outlines.push(Outline {
            group,
            above: tree.above(&group.name),
            within,
            roles,
        });
    }
    if clusters.len() > 1 {
        shared_role_groups(&outlines, tree, errors);
    }
    outlines
}

/// A cluster inside a cluster would give its hosts two products.
fn nested(clusters: &[&Group], tree: &Tree<'_>, errors: &mut Vec<Error>) {
    for outer in clusters {
        let within = tree.below(&outer.name);
        for inner in clusters {
            if inner.name != outer.name && within.contains(inner.name.as_str()) {
                let place = &inner.vars["carbon_product"].place;
                let other = &outer.vars["carbon_product"].place;
                errors.push(
                    Error::at(
                        place,
                        format!(
                            "cluster `{}` stands inside cluster `{}` ({other})",
                            inner.name, outer.name
                        ),
                    )
                    .hint("set `carbon_product` in one of them; what they share may stay in the group above"),
                );
            }
        }
    }
}

/// The role groups of one cluster.
fn roles<'a>(
    cluster: &Group,
    within: &BTreeSet<&str>,
    alone: bool,
    tree: &Tree<'a>,
    errors: &mut Vec<Error>,
) -> BTreeMap<Role, &'a Group> {
    let mut found = BTreeMap::new();
    for role in Role::ALL {
        let own = format!("{}_{role}", cluster.name);
        let mut names = vec![own.as_str()];
        if alone {
            names.push(role.as_str());
        }
        let groups: Vec<&Group> = names.iter().filter_map(|name| tree.get(name)).collect();
        let (inside, outside): (Vec<&Group>, Vec<&Group>) = groups
            .into_iter()
            .partition(|group| within.contains(group.name.as_str()));
        match (inside.as_slice(), outside.as_slice()) {
            ([], []) => errors.extend(misnamed(cluster, within, role, &names, tree)),
            ([], [group, ..]) if role.runs_carbon() || group.name == own => errors.push(
                Error::at(
                    &group.place,
                    format!(
                        "role group `{}` is not under cluster `{}`",
                        group.name, cluster.name
                    ),
                )
                .hint(format!(
                    "name it under `children` of `{}` ({})",
                    cluster.name, cluster.place
                )),
            ),
            ([], _) => {}
            ([group, rest @ ..], _) => {
                if let Some(other) = rest.first() {
                    errors.push(Error::at(
                        &other.place,
                        format!(
                            "cluster `{}` has two groups for the role {role}: `{}` ({}) and `{}`",
                            cluster.name, group.name, group.place, other.name
                        ),
                    ));
                }
                if role == Role::Database {
                    errors.push(unsupported(role, group));
                }
                found.insert(role, *group);
            }
        }
    }
    found
}

fn unsupported(role: Role, group: &Group) -> Error {
    let what = role.as_str().replace('_', " ");
    Error::at(
        &group.place,
        format!(
            "role group `{}` asks for a {what}, which is not supported yet",
            group.name
        ),
    )
    .hint(format!(
        "set the {what} up by other means and take the group out of the cluster"
    ))
}

/// A role without a group, where a group of nearly its name stands in the cluster.
fn misnamed(
    cluster: &Group,
    within: &BTreeSet<&str>,
    role: Role,
    names: &[&str],
    tree: &Tree<'_>,
) -> Option<Error> {
    if !role.runs_carbon() {
        return None;
    }
    let is_role_group = |name: &str| {
        Role::ALL
            .iter()
            .any(|known| name == known.as_str() || name.ends_with(&format!("_{known}")))
    };
    let strangers = within
        .iter()
        .copied()
        .filter(|name| *name != cluster.name && !is_role_group(name));
    let strangers: Vec<&str> = strangers.collect();
    let meant = names
        .iter()
        .find_map(|name| Some((*name, near(name, strangers.iter().copied())?)));
    let (name, stranger) = meant?;
    let group = tree.get(stranger)?;
    Some(
        Error::at(
            &group.place,
            format!(
                "group `{stranger}` is no role of cluster `{}`",
                cluster.name
            ),
        )
        .hint(format!("did you mean `{name}`?")),
    )
}

/// With several clusters a name is one group wherever it stands (design 3.1), so role groups carry
/// their cluster's name.
fn shared_role_groups(outlines: &[Outline<'_>], tree: &Tree<'_>, errors: &mut Vec<Error>) {
    let holders = |name: &str| -> Vec<&str> {
        outlines
            .iter()
            .filter(|outline| outline.within.contains(name))
            .map(|outline| outline.group.name.as_str())
            .collect()
    };
    for role in Role::ALL {
        let plain = tree.get(role.as_str()).into_iter();
        let own = outlines
            .iter()
            .filter_map(|outline| outline.roles.get(&role).copied());
        for group in plain.chain(own) {
            let error = match holders(&group.name).as_slice() {
                [one] if group.name == role.as_str() => Error::at(
                    &group.place,
                    format!("role group `{}` does not say that it is cluster `{one}`'s", group.name),
                )
                .hint(format!(
                    "with several clusters in one inventory it is named `{one}_{role}`"
                )),
                [one, other, ..] => Error::at(
                    &group.place,
                    format!(
                        "role group `{}` is under two clusters, `{one}` and `{other}`",
                        group.name
                    ),
                )
                .hint(format!(
                    "a name is one group wherever it stands; give each cluster its own, `{one}_{role}` and `{other}_{role}`"
                )),
                _ => continue,
            };
            errors.push(error);
        }
    }
}
