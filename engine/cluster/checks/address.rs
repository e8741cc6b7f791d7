//! Checks of the address that a node claims, made before there is a node: a name or a missing
//! address is no [`IpAddr`].

use std::net::IpAddr;

use super::check::{Check, Finding, When};
use crate::inventory::Vars;
use crate::yaml::{Node, Place, slip};

/// What is known of a node's address.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The node.
    pub node: &'a str,
    /// Its host; Ansible connects to that name where `ansible_host` is not set.
    pub host: &'a str,
    /// Its variables, of which two may hold it.
    pub vars: &'a Vars,
    /// Where the node stands.
    pub place: &'a Place,
}

/// By which variable a node claims its address, else the one by which Ansible connects.
const CLAIMED: &str = "carbon_address";
const CONNECTED: &str = "ansible_host";

impl<'a> Claim<'a> {
    fn written(&self) -> Option<&'a Node> {
        self.vars.get(CLAIMED)
    }

    fn connect(&self) -> Option<&'a Node> {
        self.vars.get(CONNECTED)
    }

    /// A variable that is one slip away from one of the two, and that one.
    fn slipped(&self) -> Option<(&'a str, &'static str)> {
        let meant = |name: &'a String| Some((name.as_str(), slip(name, [CONNECTED, CLAIMED])?));
        self.vars.keys().find_map(meant)
    }

    /// The address that the other nodes use: `carbon_address`, else the one that is connected to,
    /// where that is an IP address and not loopback.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self.written() {
            Some(written) => written.text().ok()?.parse().ok(),
            None => self.connected().filter(|address| !address.is_loopback()),
        }
    }

    fn connected(&self) -> Option<IpAddr> {
        match self.connect() {
            Some(connect) => connect.text().ok()?.parse().ok(),
            None => self.host.parse().ok(),
        }
    }

    fn finding(&self, place: &Place, message: String) -> Finding {
        Finding {
            message,
            place: place.clone(),
            clusters: Vec::new(),
            hint: None,
        }
    }

    /// `carbon_address` where it is an address of the kind that `wrong` tells.
    fn written_as(&self, wrong: fn(&IpAddr) -> bool, what: &str) -> Option<Finding> {
        let written = self.written()?;
        let address = self.address().filter(wrong)?;
        let message = format!("node `{}` claims {address}, {what}", self.node);
        Some(self.finding(&written.place, message))
    }
}

pub(super) const LOOPBACK: Check = Check {
    code: "WM001",
    title: "a node claims a loopback address",
    cause: "Members dial each other at the address that each one claims. At 127.0.0.1 every node dials itself: it never joins, and elects itself coordinator.",
    fix: "set `carbon_address` to an address of the host that the other nodes reach",
    source: "procedure 7, row 1; real-run 5",
    waivable: false,
    when: When::Address(|claim| claim.written_as(IpAddr::is_loopback, "which is loopback")),
};

pub(super) const HOST_NAME: Check = Check {
    code: "WM002",
    title: "a node claims a host name instead of an address",
    cause: "Carbon wants an IP address as `localMemberHost`. A name is looked up anew on every node, and may lead to another interface or to loopback.",
    fix: "set `carbon_address` to the IP address that the name stands for",
    source: "procedure 7, row 2",
    waivable: false,
    when: When::Address(|claim| {
        let written = claim.written()?;
        if claim.address().is_some() {
            return None;
        }
        let text = written.text().ok()?;
        let message = format!(
            "node `{}` claims `{text}`, which is no IP address",
            claim.node
        );
        Some(claim.finding(&written.place, message))
    }),
};

pub(super) const UNKNOWN: Check = Check {
    code: "WM100",
    title: "the address of a node is not known",
    cause: "Member lists hold IP addresses and are written before any connection. Where a host is reached by name, or through a forwarded port of loopback as under Vagrant, its address must be said.",
    fix: "set `carbon_address` of the host to the IP address that the other nodes use",
    source: "design 3.1",
    waivable: false,
    when: When::Address(|claim| {
        if claim.written().is_some() || claim.address().is_some() {
            return None;
        }
        let place = claim
            .connect()
            .map_or(claim.place, |connect| &connect.place);
        let what = match (claim.connected(), claim.connect()) {
            (Some(_), _) => "it is connected to through loopback",
            (None, Some(name)) if is_miswritten(name) => {
                "`ansible_host` is written as an IP address and is none"
            }
            (None, Some(_)) => "it is connected to by name",
            (None, None) => "it has neither `carbon_address` nor `ansible_host`",
        };
        let message = format!("the address of node `{}` is not known: {what}", claim.node);
        let slipped = claim.slipped().filter(|_| claim.connect().is_none());
        Some(Finding {
            hint: slipped.map(|(name, meant)| format!("`{name}`: did you mean `{meant}`?")),
            ..claim.finding(place, message)
        })
    }),
};

/// Four numbers with points between are no host name.
fn is_miswritten(name: &Node) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    name.text()
        .is_ok_and(|text| text.split('.').count() == 4 && text.split('.').all(is_number))
}

pub(super) const NOT_UNICAST: Check = Check {
    code: "WM113",
    title: "a node claims an address that nobody can dial",
    cause: "0.0.0.0, multicast, broadcast and link-local addresses are no address of one node on its network.",
    fix: "set `carbon_address` to an address of the host that the other nodes reach",
    source: "ours",
    waivable: false,
    when: When::Address(|claim| {
        claim.written_as(
            |address| match address {
                IpAddr::V4(v4) => v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast(),
                IpAddr::V6(v6) => {
                    v6.is_unspecified() || v6.is_multicast() || v6.is_unicast_link_local()
                }
            },
            "which no other node can dial",
        )
    }),
};
