//! What was found of a cluster → the text of an inventory: what all nodes have stands once, the rest at each.

use std::collections::BTreeSet;

use crate::catalogue::Role;

use super::found::Found;

/// What is said of the cluster as a whole.
pub(super) struct Whole {
    pub(super) pack: Option<String>,
    pub(super) pattern: u8,
    pub(super) worker_ui: Option<&'static str>,
    /// Whom the hosts let in that were named without a user.
    pub(super) user: Option<String>,
    /// The key that they were reached with, where one was named.
    pub(super) key: Option<String>,
    pub(super) notes: Vec<String>,
}

impl Whole {
    fn user_of(&self, node: &Found) -> Option<String> {
        node.seat.user.clone().or_else(|| self.user.clone())
    }
}

/// The variables that a node has without being told.
fn default_of(found: &Found, name: &str) -> Option<String> {
    let offset: u16 = found
        .var("carbon_offset")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    Some(match name {
        "carbon_home" => format!("/opt/wso2/{}", found.release.top),
        "carbon_user" => "wso2".to_owned(),
        "carbon_group" => found.var("carbon_user")?.to_owned(),
        "carbon_unit" => format!("wso2{}", found.release.product),
        "carbon_offset" => "0".to_owned(),
        "carbon_address" => found.seat.address.clone(),
        "carbon_member_port" => (found.release.clustering.member_port + offset).to_string(),
        "carbon_heap" => "256m:1024m".to_owned(),
        _ => return None,
    })
}

/// The file.
pub(super) fn text(nodes: &[Found], whole: &Whole) -> String {
    let mut page = format!(
        "# Made by `wmprov init --from`, from what {} told; yours to change.\n",
        names(nodes)
    );
    for note in &whole.notes {
        page.push_str(&format!("# NOTE: {note}\n"));
    }
    page.push_str("\nall:\n  vars:\n");
    let (all, common) = shared(nodes, whole);
    for (name, value) in &all {
        page.push_str(&format!("    {name}: {}\n", scalar(value)));
    }
    page.push_str("  children:\n");
    for role in [Role::Manager, Role::Worker] {
        let mut own = nodes.iter().filter(|node| node.role == role).peekable();
        if own.peek().is_none() {
            continue;
        }
        page.push_str(&format!("    {role}:\n      hosts:\n"));
        for node in own {
            page.push_str(&host(node, whole, &common));
        }
    }
    page
}

fn names(nodes: &[Found]) -> String {
    let names: Vec<&str> = nodes.iter().map(|node| node.seat.name.as_str()).collect();
    names.join(", ")
}

type Rows = Vec<(&'static str, String)>;

/// The cluster's variables, and which of the nodes' stand there because all say the same.
fn shared(nodes: &[Found], whole: &Whole) -> (Rows, BTreeSet<&'static str>) {
    let Some(first) = nodes.first() else {
        return (Rows::new(), BTreeSet::new());
    };
    let release = &first.release;
    let mut rows: Rows = vec![
        ("carbon_product", release.product.clone()),
        ("carbon_version", release.version.clone()),
        ("carbon_pattern", whole.pattern.to_string()),
    ];
    rows.extend(whole.pack.clone().map(|pack| ("carbon_pack", pack)));
    let mut set = |name: &'static str, value: Option<String>| {
        rows.extend(value.map(|value| (name, value.trim().to_owned())));
    };
    let of = |role: Role| nodes.iter().filter(move |node| node.role == role);
    let hostname = of(Role::Worker)
        .chain(nodes)
        .find_map(|node| node.hostname.clone());
    set("carbon_hostname", hostname);
    set(
        "carbon_mgt_hostname",
        of(Role::Manager).find_map(|node| node.mgt_hostname.clone()),
    );
    let domain = of(Role::Worker).find_map(|node| node.domain.clone());
    set(
        "carbon_domain",
        domain.filter(|domain| *domain != release.clustering.domain),
    );
    if whole.pattern == 2 {
        set(
            "carbon_mgt_domain",
            of(Role::Manager).find_map(|node| node.domain.clone()),
        );
    }
    set("carbon_worker_ui", whole.worker_ui.map(str::to_owned));
    let managers: Vec<&Found> = of(Role::Manager).collect();
    if let (true, Some(active)) = (
        managers.len() > 1,
        managers.iter().find(|node| node.commits),
    ) {
        set("carbon_manager_active", Some(active.seat.name.clone()));
    }
    let mut common = BTreeSet::new();
    let user = whole.user_of(first);
    if nodes.iter().all(|node| whole.user_of(node) == user) {
        common.insert("ansible_user");
        set("ansible_user", user);
    }
    set("ansible_ssh_private_key_file", whole.key.clone());
    for (name, value) in &first.vars {
        let one = nodes.len() > 1 && nodes.iter().all(|node| node.var(name) == Some(value));
        let own = ["carbon_address", "carbon_member_port", "carbon_offset"].contains(name);
        if one && !own {
            common.insert(*name);
            if default_of(first, name).as_ref() != Some(value) {
                rows.push((name, value.clone()));
            }
        }
    }
    (rows, common)
}

fn host(node: &Found, whole: &Whole, common: &BTreeSet<&'static str>) -> String {
    let mut lines = format!(
        "        {}:\n          ansible_host: {}\n",
        scalar(&node.seat.name),
        scalar(&node.seat.address)
    );
    if let (false, Some(user)) = (common.contains("ansible_user"), whole.user_of(node)) {
        lines.push_str(&format!("          ansible_user: {}\n", scalar(&user)));
    }
    if let Some(port) = node.seat.port {
        lines.push_str(&format!("          ansible_port: {port}\n"));
    }
    for (name, value) in &node.vars {
        if !common.contains(name) && default_of(node, name).as_ref() != Some(value) {
            lines.push_str(&format!("          {name}: {}\n", scalar(value)));
        }
    }
    lines
}

/// A value as YAML reads it back: a number or an address bare, a plain word too, anything else in quotes.
fn scalar(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-/".contains(letter);
    let word = text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '/')
        && text.chars().all(plain)
        && !["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
            .contains(&text.to_ascii_lowercase().as_str());
    let number = !text.starts_with('0') && text.parse::<u32>().is_ok() || text == "0";
    if word || number || text.parse::<std::net::Ipv4Addr>().is_ok() {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}
