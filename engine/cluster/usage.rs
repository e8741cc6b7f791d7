//! Each `carbon_*` variable of the inventory is known, stands where it may, and is used by some node.

use std::collections::BTreeSet;

use super::outline::Outline;
use super::variables::{self, Level};
use crate::catalogue::Role;
use crate::inventory::{Inventory, Vars};
use crate::yaml::Error;

/// The kind of thing whose variables are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Group,
    Host,
}

/// What is wrong with the names and places of the inventory's `carbon_*` variables.
pub(super) fn errors(inventory: &Inventory, outlines: &[Outline<'_>]) -> Vec<Error> {
    let mut errors = Vec::new();
    let used = Used::of(inventory, outlines);
    for group in &inventory.groups {
        for (name, error) in unknown(inventory, &group.vars) {
            errors.extend(error);
            if let Some(variable) = variables::find(name) {
                errors.extend(used.misplaced(Owner::Group, &group.name, &group.vars, variable));
            }
        }
    }
    for host in &inventory.hosts {
        for (name, error) in unknown(inventory, &host.vars) {
            errors.extend(error);
            if let Some(variable) = variables::find(name) {
                errors.extend(used.misplaced(Owner::Host, &host.name, &host.vars, variable));
            }
        }
    }
    errors.extend(unknown(inventory, &inventory.extra).filter_map(|(_, error)| error));
    errors
}

/// Every `carbon_*` variable, with an error where no such variable is known.
fn unknown<'a>(
    inventory: &'a Inventory,
    vars: &'a Vars,
) -> impl Iterator<Item = (&'a str, Option<Error>)> {
    vars.iter()
        .filter(|(name, _)| name.starts_with("carbon_"))
        .map(|(name, value)| {
            let place = inventory.name_of(&value.place);
            let known = variables::find(name).is_some();
            let error = (!known).then(|| {
                let error = Error::at(place, format!("there is no variable `{name}`"));
                match variables::nearest(name) {
                    Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                    None => error.hint("names of your own begin with anything but `carbon_`"),
                }
            });
            (name.as_str(), error)
        })
}

/// The groups and hosts whose variables reach a node or a cluster.
struct Used<'a> {
    inventory: &'a Inventory,
    by_clusters: BTreeSet<&'a str>,
    by_nodes: BTreeSet<&'a str>,
    by_balancers: BTreeSet<&'a str>,
    balancers: BTreeSet<&'a str>,
    hosts: BTreeSet<&'a str>,
    by_stores: BTreeSet<&'a str>,
    stores: BTreeSet<&'a str>,
}

impl<'a> Used<'a> {
    fn of(inventory: &'a Inventory, outlines: &[Outline<'a>]) -> Self {
        let mut used = Self {
            inventory,
            by_clusters: BTreeSet::new(),
            by_nodes: BTreeSet::new(),
            by_balancers: BTreeSet::new(),
            balancers: BTreeSet::new(),
            hosts: BTreeSet::new(),
            by_stores: BTreeSet::new(),
            stores: BTreeSet::new(),
        };
        for outline in outlines {
            used.by_clusters.extend(&outline.above);
            for role in [Role::Manager, Role::Worker] {
                for host in outline.hosts(inventory, role) {
                    used.hosts.insert(&host.name);
                    used.by_nodes.extend(host.groups.iter().map(String::as_str));
                }
            }
            for host in outline.hosts(inventory, Role::ArtifactStore) {
                used.stores.insert(&host.name);
                used.by_stores
                    .extend(host.groups.iter().map(String::as_str));
            }
            for host in outline.hosts(inventory, Role::LoadBalancer) {
                used.balancers.insert(&host.name);
                used.by_balancers
                    .extend(host.groups.iter().map(String::as_str));
            }
        }
        used
    }

    fn misplaced(
        &self,
        owner: Owner,
        name: &str,
        vars: &Vars,
        variable: &variables::Variable,
    ) -> Option<Error> {
        let what = match owner {
            Owner::Group => "group",
            Owner::Host => "host",
        };
        let place = self.inventory.name_of(&vars.get(variable.name)?.place);
        let reaches_cluster = owner == Owner::Group && self.by_clusters.contains(name);
        let balancer = variable.level == Level::Balancer;
        let reaches_node = match (owner, balancer) {
            (Owner::Group, false) => self.by_nodes.contains(name),
            (Owner::Host, false) => self.hosts.contains(name),
            (Owner::Group, true) => self.by_balancers.contains(name),
            (Owner::Host, true) => self.balancers.contains(name),
        };
        // Of a store nothing but its address is asked, and a firewall asks for a balancer's.
        let reaches_other = variable.name == "carbon_address"
            && match owner {
                Owner::Group => self.by_stores.contains(name) || self.by_balancers.contains(name),
                Owner::Host => self.stores.contains(name) || self.balancers.contains(name),
            };
        let reaches_node = reaches_node || reaches_other;
        let reaches_cluster = reaches_cluster && (!balancer || reaches_node);
        if !reaches_cluster && !reaches_node {
            return Some(
                Error::at(
                    place,
                    format!("`{}` in {what} `{name}` is used by nothing", variable.name),
                )
                .hint(if balancer {
                    "no host of it is in the group of a cluster's load balancers"
                } else if owner == Owner::Host {
                    "the host is in no role group of a cluster"
                } else {
                    "no node of a cluster is in that group; a cluster is a group that sets `carbon_product`"
                }),
            );
        }
        // A host's own version is a check with a code, and its own product is told by itself.
        let told_elsewhere = ["carbon_version", "carbon_product"].contains(&variable.name);
        let of_cluster = variable.level == Level::Cluster && !told_elsewhere;
        (of_cluster && !reaches_cluster).then(|| {
            Error::at(
                place,
                format!(
                    "`{}` holds for a whole cluster and cannot be set in {what} `{name}`",
                    variable.name
                ),
            )
            .hint("set it at the cluster's group, the one that sets `carbon_product`, or above it")
        })
    }
}
