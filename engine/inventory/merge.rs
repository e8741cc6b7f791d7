//! Which hosts are in a group, which groups a host is in, and which of many values a variable has.

use std::collections::{HashMap, HashSet};

use crate::inventory::ways::Ways;
use crate::inventory::{Group, Host, Inventory, Vars};
use crate::yaml::Node;

/// The variable of a group that lifts it above other groups of its depth.
const PRIORITY: &str = "ansible_group_priority";

impl Inventory {
    /// The host of that name.
    #[must_use]
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.iter().find(|host| host.name == name)
    }

    /// The group of that name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The hosts of a group and of all groups under it, in the inventory's order.
    #[must_use]
    pub fn members(&self, group: &str) -> Vec<&Host> {
        let below = Ways::through(&self.groups).below(group);
        let named: HashSet<&str> = below
            .into_iter()
            .flat_map(|group| group.hosts.iter().map(String::as_str))
            .collect();
        self.hosts
            .iter()
            .filter(|host| group == "all" || named.contains(host.name.as_str()))
            .collect()
    }

    /// The groups of each host, in the order of the hosts, each host's in the order in which their variables count:
    /// by depth, then by `ansible_group_priority`, then by name; `all` first.
    #[must_use]
    pub fn groups_of_hosts(&self) -> Vec<Vec<String>> {
        let ways = Ways::through(&self.groups);
        let (holders, depths) = (ways.holders(), ways.depths());
        let rank = |group: &Group| {
            let priority = group.vars.get(PRIORITY).and_then(|node| node.int().ok());
            let depth = depths.get(group.name.as_str()).copied();
            (depth.unwrap_or(usize::MAX), priority.unwrap_or(1))
        };
        let ranks: HashMap<&str, (usize, i64)> = self
            .groups
            .iter()
            .map(|group| (group.name.as_str(), rank(group)))
            .collect();
        let of_host = |host: &Host| {
            let holders = holders.get(host.name.as_str()).cloned();
            let mut groups = ways.above(holders.unwrap_or_default());
            // Above all hosts, those too that no group holds.
            if !groups.iter().any(|group| group.name == "all") {
                groups.extend(self.group("all"));
            }
            groups.sort_unstable_by_key(|group| (ranks[group.name.as_str()], &group.name));
            groups.into_iter().map(|group| group.name.clone()).collect()
        };
        self.hosts.iter().map(of_host).collect()
    }

    /// The variables of a host, as Ansible merges them: those that the inventory file gives its groups,
    /// from `all` down; then those of `group_vars/`, again from `all` down (so `group_vars/all` wins over
    /// the `vars:` of any group); then the host's own; then the extra variables.
    #[must_use]
    pub fn vars(&self, host: &str) -> Vars {
        let groups = match self.host(host) {
            Some(host) => &host.groups,
            None => return self.extra.clone(),
        };
        self.vars_along(host, &groups.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The variables of a host along the given groups only, later ones winning as in [`Inventory::vars`]:
    /// how a node of one cluster is read where its host serves several (design 3.1).
    #[must_use]
    pub fn vars_along(&self, host: &str, groups: &[&str]) -> Vars {
        let mut vars = Vars::new();
        let wanted: HashSet<&str> = groups.iter().copied().collect();
        let known = self.groups.iter().map(|group| (group.name.as_str(), group));
        let known: HashMap<&str, &Group> =
            known.filter(|(name, _)| wanted.contains(name)).collect();
        let groups: Vec<&Group> = groups
            .iter()
            .filter_map(|name| known.get(name).copied())
            .collect();
        for group in &groups {
            vars.extend(group.vars.clone());
        }
        let beside = |node: &Node| *node.place.file != *self.file;
        for group in &groups {
            let weighty = group.vars.iter().filter(|(_, node)| beside(node));
            vars.extend(weighty.map(|(name, node)| (name.clone(), node.clone())));
        }
        // As in Ansible, it speaks of the group and is no variable of its hosts.
        vars.remove(PRIORITY);
        if let Some(host) = self.host(host) {
            vars.extend(host.vars.clone());
        }
        vars.extend(self.extra.clone());
        vars
    }
}
