//! Hosts, groups, and the variables of each.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use crate::yaml::{Node, Place, Secrets};

/// Variables by name, each with its place.
pub type Vars = BTreeMap<String, Node>;

/// A machine that can be connected to.
#[derive(Clone, Debug)]
pub struct Host {
    /// Its name in the inventory.
    pub name: String,
    /// The groups it is in, directly or through their children, parents before children, `all` first.
    pub groups: Vec<String>,
    /// Its own variables (inventory file and `host_vars/`), not yet merged with its groups'.
    pub vars: Vars,
    /// Where it was first named.
    pub place: Place,
}

/// A named set of hosts and groups.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The groups directly under it.
    pub children: Vec<String>,
    /// The hosts directly in it.
    pub hosts: Vec<String>,
    /// Its own variables (inventory file and `group_vars/`).
    pub vars: Vars,
    /// Where it was first named.
    pub place: Place,
}

/// All hosts and groups of the user's inventory, in the order of the file.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// The inventory file.
    pub file: PathBuf,
    /// The hosts, in the order of the file.
    pub hosts: Vec<Host>,
    /// The groups, `all` first, in the order of the file.
    pub groups: Vec<Group>,
    /// Variables of `--extra-vars`; they win over all others.
    pub extra: Vars,
    /// What must not be shown: every vaulted value, and passwords by their names.
    pub secrets: Secrets,
    /// Every vaulted value that was opened.
    pub vaulted: Secrets,
    /// Where the name of a variable stands, by where its value does.
    pub(super) names: HashMap<Place, Place>,
}

impl Inventory {
    /// Where the name of a variable stands whose value stands at `value`: what is wrong about a name is shown there. That
    /// of a `key=value` on the command line is where its value is.
    #[must_use]
    pub fn name_of<'a>(&'a self, value: &'a Place) -> &'a Place {
        self.names.get(value).unwrap_or(value)
    }
}
