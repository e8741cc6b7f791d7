//! `mgr1=10.0.0.11,mgr2=10.0.0.12`: hosts as they are typed.

use std::net::IpAddr;

use crate::yaml::{Error, Result};

/// A host of the inventory to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) name: String,
    pub(super) address: String,
}

/// Reads hosts; one that is an address alone gets the name `prefix` with its number.
pub(super) fn seats(typed: &str, prefix: &str) -> Result<Vec<Seat>> {
    let words = typed
        .split([',', ' ', '\t'])
        .filter(|word| !word.is_empty());
    let seats: Vec<Seat> = words
        .enumerate()
        .map(|(at, word)| seat(word, &format!("{prefix}{}", at + 1)))
        .collect::<Result<_>>()?;
    if seats.is_empty() {
        return Err(Error::new("no host is named").hint(format!("write `{prefix}1=10.0.0.11`")));
    }
    for (at, seat) in seats.iter().enumerate() {
        if seats[..at].iter().any(|other| other.name == seat.name) {
            return Err(Error::new(format!("`{}` is named twice", seat.name)));
        }
    }
    Ok(seats)
}

fn seat(word: &str, named: &str) -> Result<Seat> {
    let (name, address) = match word.split_once('=') {
        Some(both) => both,
        None if word.parse::<IpAddr>().is_ok() => (named, word),
        None => {
            return Err(Error::new(format!("`{word}` has no address")).hint(format!(
                "write `{word}=10.0.0.11`, with the address by which the other nodes reach it"
            )));
        }
    };
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    if name.is_empty() || !name.chars().all(plain) {
        return Err(Error::new(format!("`{name}` is no name of a host"))
            .hint("letters, digits, points, hyphens and underscores"));
    }
    if ["all", "ungrouped", "manager", "worker"].contains(&name) {
        return Err(Error::new(format!("`{name}` is the name of a group"))
            .hint("a host has another name than every group"));
    }
    Ok(Seat {
        name: name.to_owned(),
        address: address.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::seats;

    #[test]
    fn hosts_are_named_with_their_addresses() {
        let told = |typed: &str| match seats(typed, "wkr") {
            Ok(seats) => seats
                .iter()
                .map(|seat| format!("{} {}", seat.name, seat.address))
                .collect::<Vec<_>>()
                .join("; "),
            Err(error) => format!("{error}: {}", error.way_out().unwrap_or_default()),
        };
        let rows = [
            ("a=10.0.0.1,b=10.0.0.2", "a 10.0.0.1; b 10.0.0.2"),
            ("10.0.0.1, fd00::2", "wkr1 10.0.0.1; wkr2 fd00::2"),
            (
                "a",
                "`a` has no address: write `a=10.0.0.11`, with the address by which the other nodes reach it",
            ),
            ("a=10.0.0.1 a=10.0.0.2", "`a` is named twice: "),
            (" , ", "no host is named: write `wkr1=10.0.0.11`"),
            (
                "worker=10.0.0.1",
                "`worker` is the name of a group: a host has another name than every group",
            ),
            (
                "a:b=10.0.0.1",
                "`a:b` is no name of a host: letters, digits, points, hyphens and underscores",
            ),
        ];
        for (typed, wanted) in rows {
            assert_eq!(told(typed), wanted, "{typed}");
        }
    }
}
