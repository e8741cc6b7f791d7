//! What a host keeps of the rules that were loaded last: their digest, who was let in, and nft's listing of them.

use std::collections::BTreeMap;
use std::fmt;

use crate::cluster::{Firewall, Network};

/// The record. What it cannot be read from is as if nothing had been loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// SHA-256 of the rules.
    pub(super) rules: String,
    /// Ports by which SSH has come in.
    pub(super) ssh: Vec<u16>,
    /// Who was let in, by port.
    pub(super) openings: BTreeMap<u16, Vec<Network>>,
    /// The table as nft lists it, with nft's version before it.
    pub(super) listing: String,
}

impl Record {
    /// What is noted of rules before they are loaded; the listing comes behind.
    pub(super) fn of(firewall: &Firewall, rules: &str) -> Self {
        let openings = firewall.openings.iter();
        Self {
            rules: rules.to_owned(),
            ssh: firewall.ssh.clone(),
            openings: openings
                .map(|(port, opening)| (*port, opening.from.clone()))
                .collect(),
            listing: String::new(),
        }
    }

    /// Reads it.
    pub(super) fn read(text: &str) -> Self {
        let mut record = Self::default();
        let (head, listing) = text.split_once("\n\n").unwrap_or((text, ""));
        for line in head.lines() {
            let mut words = line.split(' ');
            match (words.next(), words.next()) {
                (Some("rules"), Some(digest)) => record.rules = digest.to_owned(),
                (Some("ssh"), Some(port)) => record.ssh.extend(port.parse::<u16>()),
                (Some("open"), Some(port)) => {
                    let from = words.filter_map(|word| word.parse().ok()).collect();
                    record
                        .openings
                        .extend(port.parse().map(|port: u16| (port, from)));
                }
                _ => {}
            }
        }
        record.listing = listing.trim_end_matches('\n').to_owned();
        record
    }
}

impl fmt::Display for Record {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "rules {}", self.rules)?;
        for port in &self.ssh {
            writeln!(out, "ssh {port}")?;
        }
        for (port, from) in &self.openings {
            write!(out, "open {port}")?;
            for network in from {
                write!(out, " {network}")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written() {
        let record = Record {
            rules: "ab12".to_owned(),
            ssh: vec![22, 2222],
            openings: BTreeMap::from([
                (
                    4100,
                    vec!["10.0.0.1".parse().unwrap(), "fd00::/8".parse().unwrap()],
                ),
                (10397, Vec::new()),
            ]),
            listing: "nftables v1\ntable inet wmprov {\n\n}".to_owned(),
        };
        let text = format!("{record}\n{}\n", record.listing);
        assert_eq!(Record::read(&text), record);
        assert_eq!(Record::read("").openings, BTreeMap::new());
        assert_eq!(
            Record::read("open x 1\nopen 1 y\nssh"),
            Record {
                openings: BTreeMap::from([(1, Vec::new())]),
                ..Record::default()
            }
        );
    }
}
