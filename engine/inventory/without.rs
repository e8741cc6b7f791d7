//! The inventory's file without a host: every other byte of it stays.

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
    if keys.is_empty() {
        return Err(
            Error::new(format!("`{}` does not name `{host}`", file.display()))
                .hint("take it out where it stands, then run the same command again"),
        );
    }
    // From the end, so that what is yet to go stays in its place.
    keys.sort_by(|one, other| other.place.cmp(&one.place));
    keys.iter()
        .try_fold(text.to_owned(), |text, key| without_key(&text, key, vault))
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
