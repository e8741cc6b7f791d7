//! The ways through the groups of an inventory, made once: which groups are above and below which, how deep each is.
//! Every question costs as much as there are groups and children, however often they are woven into each other.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::inventory::Group;

/// The groups of an inventory by number, in its order.
pub(super) struct Ways<'a> {
    groups: &'a [Group],
    numbers: HashMap<&'a str, usize>,
    parents: Vec<Vec<usize>>,
    children: Vec<Vec<usize>>,
}

impl<'a> Ways<'a> {
    pub(super) fn through(groups: &'a [Group]) -> Self {
        let mut numbers = HashMap::new();
        for (at, group) in groups.iter().enumerate() {
            numbers.entry(group.name.as_str()).or_insert(at);
        }
        let mut parents = vec![Vec::new(); groups.len()];
        let mut children = vec![Vec::new(); groups.len()];
        for (at, group) in groups.iter().enumerate() {
            for child in group
                .children
                .iter()
                .filter_map(|name| numbers.get(name.as_str()))
            {
                parents[*child].push(at);
                children[at].push(*child);
            }
        }
        Self {
            groups,
            numbers,
            parents,
            children,
        }
    }

    /// A group and all groups below it.
    pub(super) fn below(&self, name: &str) -> Vec<&'a Group> {
        let start = self.numbers.get(name).copied();
        self.along(&self.children, start.into_iter().collect())
    }

    /// The groups that hold a host themselves, by the host's name.
    pub(super) fn holders(&self) -> HashMap<&'a str, Vec<usize>> {
        let mut holders: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, group) in self.groups.iter().enumerate() {
            for host in &group.hosts {
                holders.entry(host.as_str()).or_default().push(at);
            }
        }
        holders
    }

    /// These groups and all above them.
    pub(super) fn above(&self, start: Vec<usize>) -> Vec<&'a Group> {
        self.along(&self.parents, start)
    }

    fn along(&self, ways: &[Vec<usize>], start: Vec<usize>) -> Vec<&'a Group> {
        let mut seen: HashSet<usize> = start.iter().copied().collect();
        let mut open = start;
        while let Some(at) = open.pop() {
            open.extend(ways[at].iter().copied().filter(|next| seen.insert(*next)));
        }
        let mut found: Vec<usize> = seen.into_iter().collect();
        found.sort_unstable();
        found.into_iter().map(|at| &self.groups[at]).collect()
    }

    /// How far each group is below `all`, by name: the longest way counts. Groups in a circle, which have no depth,
    /// are left out, and with them all that is below one.
    pub(super) fn depths(&self) -> HashMap<&'a str, usize> {
        let mut left: Vec<usize> = self.parents.iter().map(Vec::len).collect();
        let mut depths: Vec<usize> = self
            .groups
            .iter()
            .map(|group| usize::from(group.name != "all"))
            .collect();
        let mut open: VecDeque<usize> =
            (0..self.groups.len()).filter(|at| left[*at] == 0).collect();
        let mut done = HashMap::new();
        while let Some(at) = open.pop_front() {
            done.insert(self.groups[at].name.as_str(), depths[at]);
            for &child in &self.children[at] {
                depths[child] = depths[child].max(depths[at] + 1);
                left[child] -= 1;
                if left[child] == 0 {
                    open.push_back(child);
                }
            }
        }
        done
    }

    /// The groups that are below themselves.
    pub(super) fn circles(&self) -> Vec<&'a Group> {
        let depths = self.depths();
        let suspects = self
            .groups
            .iter()
            .filter(|group| !depths.contains_key(group.name.as_str()));
        let under_itself = |group: &&'a Group| {
            let start = self.numbers.get(group.name.as_str()).copied();
            let below = start
                .map(|at| self.children[at].clone())
                .unwrap_or_default();
            let mut below = self.along(&self.children, below).into_iter();
            below.any(|inner| inner.name == group.name)
        };
        suspects.filter(under_itself).collect()
    }
}
