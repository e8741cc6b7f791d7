//! An address or a network, as a rule of a firewall names where packets come from.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address or a network. What it holds does not depend on the bits behind its length, which are cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    address: IpAddr,
    length: u8,
}

impl Network {
    /// The network of that length around an address; a length that is too long is that of one address.
    #[must_use]
    pub fn new(address: IpAddr, length: u8) -> Self {
        let length = length.min(bits(address));
        let host_bits = u32::from(bits(address) - length);
        let cleared = |all: u128| all.checked_shr(host_bits).unwrap_or(0);
        let back = |kept: u128| kept.checked_shl(host_bits).unwrap_or(0);
        let address = match address {
            IpAddr::V4(four) => {
                let kept = back(cleared(u128::from(u32::from(four))));
                // No bit has been added to the 32 that there were.
                IpAddr::V4(Ipv4Addr::from(u32::try_from(kept).unwrap_or(0)))
            }
            IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from(back(cleared(u128::from(six))))),
        };
        Self { address, length }
    }

    /// True where it holds addresses of IP version 6.
    #[must_use]
    pub fn is_ipv6(&self) -> bool {
        self.address.is_ipv6()
    }

    /// True where every address of `other` is in it.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        self.is_ipv6() == other.is_ipv6()
            && self.length <= other.length
            && Self::new(other.address, self.length) == *self
    }

    /// The networks without those that others among them hold, in order: a set of nftables takes none that overlap.
    #[must_use]
    pub fn apart(networks: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut all: Vec<Self> = networks.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        let held = |one: &Self| all.iter().any(|other| other != one && other.holds(one));
        all.iter().filter(|one| !held(one)).copied().collect()
    }
}

/// How many bits an address has.
fn bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self::new(address, bits(address))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length == bits(self.address) {
            true => self.address.fmt(out),
            false => write!(out, "{}/{}", self.address, self.length),
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let none = || format!("`{text}` is neither an IP address nor a network");
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u8>().map_err(|_| none())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| none())?;
        match length {
            Some(length) if length > bits(address) => Err(none()),
            Some(length) => Ok(Self::new(address, length)),
            None => Ok(address.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_holds_is_left_out() {
        let rows = [
            ("10.0.0.5/8 10.1.2.3 10.0.0.0/8", "10.0.0.0/8"),
            ("10.0.0.12 10.0.0.11 10.0.0.12", "10.0.0.11 10.0.0.12"),
            ("0.0.0.0/0 10.0.0.1 fd00::1", "0.0.0.0/0 fd00::1"),
            ("fd00::/64 fd00::1 fd00:0:0:1::1", "fd00::/64 fd00:0:0:1::1"),
            ("10.0.0.1/32 10.0.0.0/31", "10.0.0.0/31"),
            ("::/0 fd00::/8 1.2.3.4", "1.2.3.4 ::/0"),
        ];
        for (given, wanted) in rows {
            let read = given.split(' ').map(|word| word.parse().unwrap());
            let told: Vec<String> = Network::apart(read)
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(told.join(" "), wanted, "{given}");
        }
        for wrong in ["esb.example.com", "10.0.0.1/33", "10.0.0.1/", "fd00::/129"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
