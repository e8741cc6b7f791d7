//! Which node reads which list of the user's, as his files will be; and whose a new list has to be.

use std::collections::BTreeMap;

use crate::catalogue::Role;
use crate::cluster::{Cluster, Node};
use crate::inventory::{Inventory, Owner};
use crate::yaml::{Error, Place, Result};

/// A node by cluster and name.
pub(super) type Key = (String, String);

/// The user's files as they will be.
pub(super) struct Site {
    pub(super) inventory: Inventory,
    pub(super) clusters: Vec<Cluster>,
}

impl Site {
    pub(super) fn nodes(&self) -> impl Iterator<Item = (Key, &Cluster, &Node)> {
        self.clusters.iter().flat_map(|cluster| {
            let all = cluster.nodes.iter();
            all.map(move |node| ((cluster.name.clone(), node.name.clone()), cluster, node))
        })
    }

    /// The nodes that read a variable where it stands at `place`; those that read none for [`None`].
    pub(super) fn readers(&self, variable: &str, place: Option<&Place>) -> Vec<Key> {
        let reads = |node: &Node| node.vars.get(variable).map(|set| &set.place) == place;
        let nodes = self.nodes().filter(|(_, _, node)| reads(node));
        nodes.map(|(key, ..)| key).collect()
    }

    pub(super) fn find(&self, key: &Key) -> Result<(&Cluster, &Node)> {
        let found = self.nodes().find(|(known, ..)| known == key);
        found
            .map(|(_, cluster, node)| (cluster, node))
            .ok_or_else(|| Error::new(format!("there is no node `{}` any more", key.1)))
    }

    /// The nodes, by where each reads the variable.
    pub(super) fn parts(
        &self,
        variable: &str,
        nodes: &[Key],
    ) -> Result<Vec<(Option<Place>, Vec<Key>)>> {
        let mut parts: BTreeMap<Option<Place>, Vec<Key>> = BTreeMap::new();
        for key in nodes {
            let set = self.find(key)?.1.vars.get(variable);
            let part = parts.entry(set.map(|set| set.place.clone()));
            part.or_default().push(key.clone());
        }
        Ok(parts.into_iter().collect())
    }

    /// Whose variable it becomes for nodes that read none: the cluster's or the role's, where all of its nodes are among
    /// `all`; else each host's.
    pub(super) fn owners(&self, part: &[Key], all: &[Key]) -> Result<Vec<(Owner, Vec<Key>)>> {
        let mut owners: BTreeMap<Owner, Vec<Key>> = BTreeMap::new();
        for key in part {
            let (cluster, node) = self.find(key)?;
            let whole = |nodes: Vec<&Node>| {
                let is_in = |node: &&Node| all.contains(&(cluster.name.clone(), node.name.clone()));
                nodes.len() > 1 && nodes.iter().all(is_in)
            };
            let owner = if whole(cluster.nodes.iter().collect()) {
                Owner::Group(cluster.name.clone())
            } else if whole(cluster.of_role(node.role).collect())
                && let Some(group) = self.group(cluster, node.role)
            {
                Owner::Group(group)
            } else {
                Owner::Host(node.host.clone())
            };
            owners.entry(owner).or_default().push(key.clone());
        }
        Ok(owners.into_iter().collect())
    }

    /// The group of a role, by its name and its hosts.
    fn group(&self, cluster: &Cluster, role: Role) -> Option<String> {
        let names = [format!("{}_{role}", cluster.name), role.to_string()];
        names.into_iter().find(|name| {
            let members = self.inventory.members(name);
            !members.is_empty()
                && cluster
                    .of_role(role)
                    .all(|node| members.iter().any(|host| host.name == node.host))
        })
    }

    /// The nodes that a new variable of `owner` reaches, and that read none now.
    pub(super) fn reached(&self, variable: &str, owner: &Owner, place: Option<&Place>) -> Vec<Key> {
        let readers = self.readers(variable, place);
        let of_owner = |(_, cluster, node): &(Key, &Cluster, &Node)| match owner {
            Owner::Host(host) => node.host == *host,
            Owner::Group(group) => {
                *group == cluster.name || self.group(cluster, node.role).as_ref() == Some(group)
            }
        };
        let nodes = self.nodes().filter(of_owner);
        nodes
            .map(|(key, ..)| key)
            .filter(|key| readers.contains(key))
            .collect()
    }
}
