//! The inventory's file without a host, or without a group: every other byte of it stays.

use std::path::Path;

use crate::inventory::range::{expand, port};
use crate::yaml::{
    Error, Key, Map, Node, Result, Value, VaultPasswords, parse_vaulted, without_key,
};

/// The text of an inventory file without every mention of a host.
///
/// # Errors
/// Where a mention cannot be taken out by itself: within a range, or a host that stands without a map.
pub fn without_host(text: &str, file: &Path, host: &str, vault: &VaultPasswords) -> Result<String> {
    let mut keys = Vec::new();
    if let Some(document) = parse_vaulted(text, file, vault)? {
        for (_, group) in document.map()?.iter() {
            mentions(group, host, &mut keys)?;
        }
    }
    without_keys(text, file, host, keys, vault)
}

/// The text of an inventory file without a group, with all that stands in it.
///
/// # Errors
/// Where the file does not name the group, or a mention cannot be taken out.
pub fn without_group(
    text: &str,
    file: &Path,
    group: &str,
    vault: &VaultPasswords,
) -> Result<String> {
    let mut keys = Vec::new();
    if let Some(document) = parse_vaulted(text, file, vault)? {
        groups(document.map()?, group, &mut keys);
    }
    without_keys(text, file, group, keys, vault)
}

fn without_keys(
    text: &str,
    file: &Path,
    name: &str,
    mut keys: Vec<Key>,
    vault: &VaultPasswords,
) -> Result<String> {
    if keys.is_empty() {
        return Err(
            Error::new(format!("`{}` does not name `{name}`", file.display()))
                .hint("take it out where it stands, then run the same command again"),
        );
    }
    // From the end, so that what is yet to go stays in its place.
    keys.sort_by(|one, other| other.place.cmp(&one.place));
    keys.iter()
        .try_fold(text.to_owned(), |text, key| without_key(&text, key, vault))
}

/// Where a group stands among these and below them, but not within itself.
fn groups(among: &Map, name: &str, keys: &mut Vec<Key>) {
    for (key, group) in among.iter() {
        if key.name == name {
            keys.push(key.clone());
        } else if let Value::Map(group) = &group.value
            && let Some(Value::Map(children)) = group.get("children").map(|node| &node.value)
        {
            groups(children, name, keys);
        }
    }
}

fn mentions(group: &Node, host: &str, keys: &mut Vec<Key>) -> Result<()> {
    let Value::Map(group) = &group.value else {
        return Ok(());
    };
    if let Some(hosts) = group.get("hosts") {
        match &hosts.value {
            Value::Map(map) => named(map, host, keys)?,
            Value::String(name) if name == host => {
                return Err(by_hand(hosts.place.clone(), name, host));
            }
            _ => {}
        }
    }
    if let Some(Value::Map(children)) = group.get("children").map(|node| &node.value) {
        for (_, child) in children.iter() {
            mentions(child, host, keys)?;
        }
    }
    Ok(())
}

fn named(hosts: &Map, host: &str, keys: &mut Vec<Key>) -> Result<()> {
    for (key, _) in hosts.iter() {
        let (pattern, _) = port(&key.name);
        if pattern == host {
            keys.push(key.clone());
        } else if expand(pattern)?.iter().any(|one| one == host) {
            return Err(by_hand(key.place.clone(), &key.name, host));
        }
    }
    Ok(())
}

fn by_hand(place: crate::yaml::Place, written: &str, host: &str) -> Error {
    Error::at(
        &place,
        format!("`{host}` stands here as `{written}` and cannot be taken out by itself"),
    )
    .hint("give each host a line of its own, then run the same command again")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(text: &str, host: &str) -> Result<String> {
        without_host(text, Path::new("x.yaml"), host, &VaultPasswords::default())
    }

    #[test]
    fn a_host_goes_from_every_group() {
        let text = "all:\n  children:\n    worker:\n      hosts:\n        wkr1: { ansible_host: 10.0.0.1 }\n        wkr2:\n          ansible_host: 10.0.0.2\n    rack: { hosts: { wkr2: , wkr1: } }\n";
        assert_eq!(
            without(text, "wkr2").unwrap(),
            "all:\n  children:\n    worker:\n      hosts:\n        wkr1: { ansible_host: 10.0.0.1 }\n    rack: { hosts: { wkr1: } }\n"
        );
    }

    #[test]
    fn a_group_goes_with_all_that_stands_in_it() {
        let text = "all:\n  hosts:\n    m: { ansible_host: 10.0.0.1 }\n  children:\n    bus:\n      children: { bus_manager: { hosts: { m: } } }\n    # stands by\n    old:\n      vars: { carbon_product: esb }\n      children:\n        old_manager: { hosts: { m: } }\n    rack: { children: { old: , bus: } }\n";
        let wanted = "all:\n  hosts:\n    m: { ansible_host: 10.0.0.1 }\n  children:\n    bus:\n      children: { bus_manager: { hosts: { m: } } }\n    # stands by\n    rack: { children: { bus: } }\n";
        let vault = VaultPasswords::default();
        let without = |name| without_group(text, Path::new("x.yaml"), name, &vault);
        assert_eq!(without("old").unwrap(), wanted);
        let unknown = without("older").unwrap_err();
        assert_eq!(unknown.to_string(), "`x.yaml` does not name `older`");
    }

    #[test]
    fn what_cannot_go_by_itself_is_named() {
        for (text, said) in [
            (
                "all: { hosts: { \"wkr[1:3]\": } }\n",
                "`wkr2` stands here as `wkr[1:3]` and cannot be taken out by itself",
            ),
            (
                "all: { hosts: { wkr1: } }\n",
                "`x.yaml` does not name `wkr2`",
            ),
        ] {
            assert_eq!(without(text, "wkr2").unwrap_err().to_string(), said);
        }
    }
}
