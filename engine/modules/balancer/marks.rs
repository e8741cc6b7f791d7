//! Which servers of a balancer's configuration are down: read from its lines, and written into them.
//!
//! A server line ends with its node's name: `server 10.0.0.21:8280 down; # wkr1`.

use std::collections::BTreeSet;

/// A server line: what stands before `;`, without `down`; its node; whether it is down.
fn server(line: &str) -> Option<(&str, &str, bool)> {
    let (statement, node) = line.split_once("; # ")?;
    if !statement.trim_start().starts_with("server ") {
        return None;
    }
    match statement.strip_suffix(" down") {
        Some(up) => Some((up, node, true)),
        None => Some((statement, node, false)),
    }
}

/// Clients come by this configuration: it has a name of theirs, where one that stands by has servers only.
#[must_use]
pub fn serves(text: &str) -> bool {
    text.lines()
        .any(|line| line.trim_start().starts_with("server_name "))
}

/// The nodes that a configuration has servers for.
#[must_use]
pub fn nodes(text: &str) -> BTreeSet<String> {
    let servers = text.lines().filter_map(server);
    servers.map(|(_, node, _)| node.to_owned()).collect()
}

/// The nodes of which a server is down.
#[must_use]
pub fn down(text: &str) -> BTreeSet<String> {
    let servers = text.lines().filter_map(server);
    servers
        .filter(|(_, _, down)| *down)
        .map(|(_, node, _)| node.to_owned())
        .collect()
}

/// The configuration with exactly the servers of these nodes down.
#[must_use]
pub fn with_down(text: &str, down: &BTreeSet<String>) -> String {
    let mut marked = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches('\n');
        let end = &line[bare.len()..];
        match server(bare) {
            Some((up, node, _)) => {
                let mark = if down.contains(node) { " down" } else { "" };
                marked.push_str(&format!("{up}{mark}; # {node}{end}"));
            }
            None => marked.push_str(line),
        }
    }
    marked
}

/// What is down where `wanted` takes the place of `live`: what was down stays so, and a node that is new
/// to the balancer has yet to prove its role.
#[must_use]
pub fn carried_over(wanted: &str, live: Option<&str>) -> BTreeSet<String> {
    let known = live.map(nodes).unwrap_or_default();
    let drained = live.map(down).unwrap_or_default();
    nodes(wanted)
        .into_iter()
        .filter(|node| drained.contains(node) || !known.contains(node))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &str = "upstream http {\n    ip_hash;\n    server 10.0.0.1:8280 max_fails=1 down; # vm/a\n    server 10.0.0.2:8280; # b\n}\nserver {\n    server_name x; # none\n}\n";

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn servers_are_told_from_other_lines() {
        assert_eq!(nodes(LIVE), set(&["vm/a", "b"]));
        assert_eq!(down(LIVE), set(&["vm/a"]));
    }

    #[test]
    fn marks_are_set_and_taken_back_to_the_byte() {
        let up = with_down(LIVE, &set(&[]));
        assert!(up.contains("server 10.0.0.1:8280 max_fails=1; # vm/a\n"));
        assert_eq!(with_down(&up, &set(&["vm/a"])), LIVE);
        assert_eq!(with_down(LIVE, &set(&["vm/a"])), LIVE);
    }

    #[test]
    fn what_was_down_stays_so_and_what_is_new_starts_down() {
        let wanted = with_down(LIVE, &set(&[]))
            .replace("}\nserver {", "    server 10.0.0.3:8280; # c\n}\nserver {");
        assert_eq!(carried_over(&wanted, Some(LIVE)), set(&["vm/a", "c"]));
        assert_eq!(carried_over(&wanted, None), set(&["vm/a", "b", "c"]));
    }
}
