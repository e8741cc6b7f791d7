//! Checks of what no two nodes may share: identities, ports, domains, names, Homes, units.

use std::path::{Component, Path};

use super::super::{Cluster, Node, pattern};
use super::check::{Check, Finding, When, both, pairs, pairs_on_a_host, placed};
use crate::catalogue::Role;

/// Where a node's port is moved: its own offset or port, else the node.
fn moved<'a>(node: &'a Node, variable: &str) -> &'a crate::yaml::Place {
    if node.vars.contains_key(variable) {
        node.place_of(variable)
    } else {
        node.place_of("carbon_offset")
    }
}

pub(super) const MEMBER_PORT_TAKEN: Check = Check {
    code: "WM003",
    title: "a member port is taken, and Hazelcast takes the next one",
    cause: "Where its port is taken Hazelcast silently takes the next. The other nodes go on dialling the configured one, so the node is lost to them at the next restart.",
    fix: "give each node on the host a `carbon_member_port` that no server of the host opens",
    source: "procedure 7, row 3; real-run 5",
    waivable: false,
    when: When::Before(|clusters| {
        let mut findings = Vec::new();
        for (cluster, node) in placed(clusters) {
            let mine = node
                .ports
                .iter()
                .find(|(_, port)| **port == node.member.port);
            if let Some((name, port)) = mine {
                let message = format!(
                    "member port {port} of `{}` is also its port `{name}`",
                    node.name
                );
                findings.push(Finding::of(
                    cluster,
                    moved(node, "carbon_member_port"),
                    message,
                ));
            }
        }
        for ((left, a), (right, b)) in pairs_on_a_host(clusters) {
            // One address and port is one identity: another check tells it.
            if a.member.port == b.member.port && a.member.address != b.member.address {
                let [later, earlier] = both((left, a), (right, b));
                let message = format!(
                    "{later} and {earlier} ({}) both want member port {} on host `{}`",
                    moved(a, "carbon_member_port"),
                    a.member.port,
                    a.host
                );
                findings.push(Finding::between(
                    [left, right],
                    moved(b, "carbon_member_port"),
                    message,
                ));
            }
            for (member, server) in [(a, b), (b, a)] {
                let taken = server
                    .ports
                    .iter()
                    .find(|(_, port)| **port == member.member.port);
                if let Some((name, port)) = taken {
                    let message = format!(
                        "member port {port} of `{}` is port `{name}` of `{}` ({}) on host `{}`",
                        member.name,
                        server.name,
                        moved(server, "carbon_offset"),
                        a.host
                    );
                    findings.push(Finding::between(
                        [left, right],
                        moved(member, "carbon_member_port"),
                        message,
                    ));
                }
            }
        }
        findings
    }),
};

pub(super) const ONE_IDENTITY: Check = Check {
    code: "WM004",
    title: "two nodes claim one address",
    cause: "A member is its address and port. Two that claim the same are silently taken for one, and each elects itself coordinator.",
    fix: "give each host its own `carbon_address`, and each node on a host its own `carbon_member_port`",
    source: "procedure 7, row 4; real-run 5",
    waivable: false,
    when: When::Before(|clusters| {
        pairs(clusters)
            .filter(|((_, a), (_, b))| {
                a.member.address == b.member.address
                    && (a.host != b.host || a.member.port == b.member.port)
            })
            .map(|((left, a), (right, b))| {
                let claimed = |node: &Node| {
                    let variable = if node.vars.contains_key("carbon_address") {
                        "carbon_address"
                    } else {
                        "ansible_host"
                    };
                    let variable = if a.host == b.host {
                        "carbon_member_port"
                    } else {
                        variable
                    };
                    node.place_of(variable).clone()
                };
                let what = if a.member.port == b.member.port {
                    b.member.to_string()
                } else {
                    format!("{}, though they are two hosts", b.member.address)
                };
                let [later, earlier] = both((left, a), (right, b));
                let message = format!("{later} and {earlier} ({}) claim {what}", claimed(a));
                Finding::between([left, right], &claimed(b), message)
            })
            .collect()
    }),
};

pub(super) const SHARED_DOMAIN: Check = Check {
    code: "WM007",
    title: "two clusters share a clustering domain",
    cause: "The domain is all that keeps clusters apart: nodes of one domain that reach each other become one cluster. Products left at the stock `wso2.carbon.domain` meet in it.",
    fix: "set `carbon_domain` of each cluster to a name of its own",
    source: "procedure 7, row 7",
    waivable: true,
    when: When::Before(|clusters| {
        let mut findings = Vec::new();
        let mut seen: Vec<(&Cluster, &str, &str)> = Vec::new();
        for (cluster, variable, domain) in clusters.iter().flat_map(domains) {
            let place = cluster.place_of(variable);
            let other = seen.iter().find(|(_, _, known)| *known == domain);
            if domain == "wso2.carbon.domain" {
                let message = format!(
                    "cluster `{}` is in the stock domain `{domain}`",
                    cluster.name
                );
                findings.push(Finding::of(cluster, place, message));
            } else if let Some((other, _, _)) =
                other.filter(|(other, ..)| other.name == cluster.name)
            {
                let message = format!(
                    "managers and workers of cluster `{}` share the domain `{domain}`, and pattern {} keeps them apart",
                    other.name, cluster.pattern
                );
                findings.push(Finding::of(cluster, place, message));
            } else if let Some((other, of_other, _)) = other {
                let message = format!(
                    "clusters `{}` and `{}` ({}) share the domain `{domain}`",
                    cluster.name,
                    other.name,
                    other.place_of(of_other),
                );
                findings.push(Finding::between([other, cluster], place, message));
            }
            seen.push((cluster, variable, domain));
        }
        findings
    }),
};

/// The domains of a cluster, the workers' first, each with the variable that sets it.
fn domains(cluster: &Cluster) -> Vec<(&Cluster, &'static str, &str)> {
    let mut domains = vec![(cluster, "carbon_domain", cluster.domain.as_str())];
    let apart = pattern(cluster.pattern).is_some_and(|pattern| !pattern.one_domain);
    if let Some(manager) = cluster.of_role(Role::Manager).next().filter(|_| apart) {
        domains.push((cluster, "carbon_mgt_domain", manager.domain.as_str()));
    }
    domains
}

pub(super) const ONE_NAME: Check = Check {
    code: "WM105",
    title: "two nodes of a host have one name",
    cause: "A node's name tells its Home, its unit and its lines in a report from its neighbours'.",
    fix: "give each entry of `carbon_nodes` a name of its own",
    source: "design 3.1",
    waivable: false,
    when: When::Before(|clusters| {
        let mut findings = Vec::new();
        for cluster in clusters {
            for role in [Role::Manager, Role::Worker] {
                let nodes: Vec<&Node> = cluster.of_role(role).collect();
                for (at, node) in nodes.iter().enumerate() {
                    if let Some(other) = nodes[..at].iter().find(|other| other.name == node.name) {
                        let message =
                            format!("two nodes are named `{}` ({})", node.name, other.place);
                        findings.push(Finding::of(cluster, &node.place, message));
                    }
                }
            }
        }
        findings
    }),
};

pub(super) const ONE_PORT: Check = Check {
    code: "WM106",
    title: "two nodes open one port on a host",
    cause: "The second to start does not get the port: on 9443 its console and admin services fail, on 8280 there is only a warning, and it says `started` all the same.",
    fix: "give each node on the host its own `carbon_offset` (`offset` in `carbon_nodes`), also where they are of different clusters",
    source: "real-run 8; procedure 2.1",
    waivable: false,
    when: When::Before(|clusters| {
        pairs_on_a_host(clusters)
            .filter_map(|((left, a), (right, b))| {
                let shared: Vec<String> = b
                    .ports
                    .values()
                    .filter(|port| a.ports.values().any(|other| other == *port))
                    .map(u16::to_string)
                    .collect();
                if shared.is_empty() {
                    return None;
                }
                let [later, earlier] = both((left, a), (right, b));
                let message = format!(
                    "{later} and {earlier} ({}) both open {} on host `{}`",
                    a.place_of("carbon_offset"),
                    shared.join(", "),
                    b.host
                );
                Some(Finding::between(
                    [left, right],
                    b.place_of("carbon_offset"),
                    message,
                ))
            })
            .collect()
    }),
};

pub(super) const NESTED_HOMES: Check = Check {
    code: "WM107",
    title: "Homes equal or inside each other",
    cause: "A Home is written, compared and renamed as a whole: what stands inside it is foreign, and two servers in one overwrite each other's pid file and databases.",
    fix: "give each node on the host a `carbon_home` beside the others, not inside them",
    source: "ours; procedure 7, row 74",
    waivable: false,
    when: When::Before(|clusters| {
        pairs_on_a_host(clusters)
            .filter(|((_, a), (_, b))| a.home.starts_with(&b.home) || b.home.starts_with(&a.home))
            .map(|((left, a), (right, b))| {
                let how = if a.home == b.home {
                    format!("share the Home {}", a.home.display())
                } else {
                    format!(
                        "have one Home inside the other, {} and {}",
                        b.home.display(),
                        a.home.display()
                    )
                };
                let [later, earlier] = both((left, a), (right, b));
                let message = format!(
                    "{later} and {earlier} ({}) {how} on host `{}`",
                    a.place_of("carbon_home"),
                    b.host
                );
                Finding::between([left, right], b.place_of("carbon_home"), message)
            })
            .collect()
    }),
};

pub(super) const ONE_UNIT: Check = Check {
    code: "WM108",
    title: "two nodes of a host have one unit",
    cause: "A systemd unit runs one server; the second would replace the first one's.",
    fix: "give each node on the host a `carbon_unit` of its own",
    source: "ours",
    waivable: false,
    when: When::Before(|clusters| {
        pairs_on_a_host(clusters)
            .filter(|((_, a), (_, b))| a.unit == b.unit)
            .map(|((left, a), (right, b))| {
                let [later, earlier] = both((left, a), (right, b));
                let message = format!(
                    "{later} and {earlier} ({}) share the unit `{}` on host `{}`",
                    a.place_of("carbon_unit"),
                    b.unit,
                    b.host
                );
                Finding::between([left, right], b.place_of("carbon_unit"), message)
            })
            .collect()
    }),
};

/// Folders that a Home may not be, nor stand in.
const SYSTEM: [&str; 26] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/tmp",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/sbin",
    "/usr/share",
    "/var/cache",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/var/lib/rpm",
    "/var/lib/systemd",
    "/var/lib/wmprov",
    "/var/run",
];

/// Folders two levels deep that many programs share.
const SHARED: [&str; 7] = [
    "/usr/local",
    "/usr/src",
    "/var/lib",
    "/var/local",
    "/var/log",
    "/var/spool",
    "/var/tmp",
];

pub(super) const SYSTEM_HOME: Check = Check {
    code: "WM115",
    title: "a Home in a folder of the system's",
    cause: "A Home is renamed and compared as a whole, so it must be a folder of its own; and what stands in /tmp or /run is cleaned away.",
    fix: "set `carbon_home` to a folder of its own, at least two levels deep, such as /opt/wso2/esb",
    source: "ours",
    waivable: false,
    when: When::Before(|clusters| {
        placed(clusters)
            .filter(|(_, node)| {
                let parts = node.home.components();
                let named = parts.filter(|part| matches!(part, Component::Normal(_)));
                let shallow =
                    named.count() < 2 || SHARED.iter().any(|folder| node.home == Path::new(folder));
                shallow
                    || SYSTEM
                        .iter()
                        .any(|folder| node.home.starts_with(Path::new(folder)))
            })
            .map(|(cluster, node)| {
                let message = format!(
                    "the Home of `{}` would be {}",
                    node.name,
                    node.home.display()
                );
                Finding::of(cluster, node.place_of("carbon_home"), message)
            })
            .collect()
    }),
};
