//! `wmprov inventory`: hosts, groups and variables as every other verb sees them.

use std::fmt::Write as _;
use std::path::Path;

use crate::commands::FileOptions;
use crate::commands::files::read_inventory;
use crate::commands::vagrant::Machines;
use crate::inventory::Inventory;
use crate::yaml::{Error, Place, near};

/// What is shown of an inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InventoryView {
    /// All of it, in the JSON shape of `ansible-inventory --list`.
    List,
    /// The variables of one host, as JSON.
    Host(String),
    /// Groups and hosts as a tree.
    Graph,
}

/// Shows an inventory; secrets are `***`. With what `vagrant ssh-config` printed, its machines are reached as that says,
/// and where no view is wanted an inventory file is made of both.
///
/// # Errors
/// Every mistake in the files, or that there is no such host.
pub fn inventory(
    options: &FileOptions,
    view: Option<&InventoryView>,
    vagrant: Option<&Path>,
) -> Result<String, Vec<Error>> {
    let mut inventory = read_inventory(options)?;
    if let Some(file) = vagrant {
        let machines = Machines::read(file, &inventory)?;
        if view.is_none() {
            let file = &options.inventory;
            let text = std::fs::read_to_string(file).map_err(|cause| {
                vec![Error::at(&Place::start_of(file), "the file cannot be read").because(cause)]
            })?;
            return Ok(machines.beside(&text));
        }
        machines.add_to(&mut inventory);
    }
    match view.unwrap_or(&InventoryView::List) {
        InventoryView::List => pretty(&inventory.to_list()),
        InventoryView::Host(name) => host(&inventory, name),
        InventoryView::Graph => graph(&inventory),
    }
}

fn host(inventory: &Inventory, name: &str) -> Result<String, Vec<Error>> {
    match inventory.to_list()["_meta"]["hostvars"].get(name) {
        Some(vars) => pretty(vars),
        None => {
            let error = Error::new(format!("there is no host `{name}`"));
            let names = inventory.hosts.iter().map(|host| host.name.as_str());
            Err(vec![match near(name, names) {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error,
            }])
        }
    }
}

fn pretty(json: &serde_json::Value) -> Result<String, Vec<Error>> {
    let mut text = serde_json::to_string_pretty(json).map_err(|cause| {
        vec![Error::new("the inventory cannot be written as JSON").because(cause)]
    })?;
    text.push('\n');
    Ok(text)
}

/// The longest graph (bytes). Groups that share their children stand in it once under each: with twenty such floors it would
/// have a million lines.
const LONGEST: usize = 8 << 20;

fn graph(inventory: &Inventory) -> Result<String, Vec<Error>> {
    let mut page = String::new();
    branch(inventory, "all", 0, &mut page);
    if page.len() > LONGEST {
        let error = Error::new("the graph is longer than anybody reads");
        let hint = "groups share their children on many floors; `--list` has each group once";
        return Err(vec![error.hint(hint)]);
    }
    Ok(page)
}

/// A group, the groups under it, then its hosts, each two dashes deeper, as `ansible-inventory --graph` has it.
fn branch(inventory: &Inventory, name: &str, depth: usize, page: &mut String) {
    let lead = |depth: usize| {
        if depth == 0 {
            String::new()
        } else {
            format!("{}|--", "  |".repeat(depth - 1) + "  ")
        }
    };
    if page.len() > LONGEST {
        return;
    }
    // Writing to a String cannot fail.
    let _ok = writeln!(page, "{}@{name}:", lead(depth));
    let Some(group) = inventory.groups.iter().find(|group| group.name == name) else {
        return;
    };
    let (ungrouped, named): (Vec<&String>, Vec<&String>) = group
        .children
        .iter()
        .partition(|child| *child == "ungrouped");
    for child in ungrouped.into_iter().chain(named) {
        branch(inventory, child, depth + 1, page);
    }
    if name == "all" {
        return;
    }
    for host in &group.hosts {
        let _ok = writeln!(page, "{}{host}", lead(depth + 1));
    }
}
