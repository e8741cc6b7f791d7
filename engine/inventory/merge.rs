//! Which hosts are in a group, which groups a host is in, and which of many values a variable has.

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
        self.hosts
            .iter()
            .filter(|host| {
                group == "all"
                    || self.groups.iter().any(|inner| {
                        inner.hosts.contains(&host.name)
                            && (inner.name == group || self.is_under(&inner.name, group))
                    })
            })
            .collect()
    }

    /// True where `group` is among the groups under `above`, at any depth.
    #[must_use]
    pub fn is_under(&self, group: &str, above: &str) -> bool {
        let mut open = vec![above];
        let mut seen: Vec<&str> = Vec::new();
        while let Some(next) = open.pop() {
            for child in self.group(next).iter().flat_map(|next| &next.children) {
                if child == group {
                    return true;
                }
                if !seen.contains(&child.as_str()) {
                    seen.push(child);
                    open.push(child);
                }
            }
        }
        false
    }

    /// The groups of a host in the order in which their variables count: by depth, then by
    /// `ansible_group_priority`, then by name; `all` first.
    #[must_use]
    pub fn groups_of(&self, host: &str) -> Vec<String> {
        let mut groups: Vec<&Group> = self
            .groups
            .iter()
            .filter(|group| {
                group.name == "all"
                    || group.hosts.iter().any(|name| name == host)
                    || self.groups.iter().any(|inner| {
                        inner.hosts.iter().any(|name| name == host)
                            && self.is_under(&inner.name, &group.name)
                    })
            })
            .collect();
        groups.sort_by_cached_key(|group| {
            let priority = group.vars.get(PRIORITY).and_then(|node| node.int().ok());
            (
                self.depth(&group.name),
                priority.unwrap_or(1),
                group.name.clone(),
            )
        });
        groups.into_iter().map(|group| group.name.clone()).collect()
    }

    /// How far a group is below `all`: the longest way counts.
    fn depth(&self, group: &str) -> usize {
        if group == "all" {
            return 0;
        }
        1 + self
            .groups
            .iter()
            .filter(|parent| parent.children.iter().any(|child| child == group))
            .map(|parent| self.depth(&parent.name))
            .max()
            .unwrap_or(0)
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
        let groups: Vec<&Group> = groups.iter().filter_map(|name| self.group(name)).collect();
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
