//! Checks of load balancers: who stands before whom, under which names, for whose eyes.

use super::super::{Balancer, Cluster, client_ports, names, pattern, standbys};
use super::check::{Check, Finding, When, placed};
use crate::catalogue::Kernel;

/// The kernel from which `proxyPort` survives an offset.
const PROXY_WITH_OFFSET: Kernel = Kernel(4, 4, 14);

/// Every balancer of every cluster.
fn balancers(clusters: &[Cluster]) -> impl Iterator<Item = (&Cluster, &Balancer)> {
    clusters.iter().flat_map(|cluster| {
        cluster
            .front
            .balancers
            .iter()
            .map(move |one| (cluster, one))
    })
}

/// Where a balancer says what it stands before, else where it is.
fn balances(balancer: &Balancer) -> &crate::yaml::Place {
    let set = balancer.vars.get("carbon_balances");
    set.map_or(&balancer.place, |set| &set.place)
}

pub(super) const OFFSET: Check = Check {
    code: "WM034",
    title: "a proxy port with an offset on an old kernel",
    cause: "Before kernel 4.4.14 `proxyPort` is wrong on a node with a port offset: redirects and endpoint addresses name a port that nobody opens.",
    fix: "give the node a host or an address of its own and take `carbon_offset` out",
    source: "procedure 7, row 34; procedure 2.7",
    waivable: true,
    when: When::Before(|clusters| {
        placed(clusters)
            .filter(|(cluster, node)| {
                let servlet = client_ports(&cluster.release).0 == "http";
                let proxied = match node.is_worker() {
                    true => servlet && cluster.front.workers.is_some(),
                    false => cluster.front.console.is_some(),
                };
                proxied && node.offset != 0 && cluster.release.kernel < PROXY_WITH_OFFSET
            })
            .map(|(cluster, node)| {
                let message = format!(
                    "node `{}` stands behind a load balancer with an offset of {}, on kernel {}",
                    node.name, node.offset, cluster.release.kernel
                );
                Finding::of(cluster, node.place_of("carbon_offset"), message)
            })
            .collect()
    }),
};

pub(super) const SHARED: Check = Check {
    code: "WM133",
    title: "pattern 3 with one load balancer for managers and workers",
    cause: "Pattern 3 is for an administration that is a load of its own: each sub-domain has its load balancer, so that one cannot starve the other.",
    fix: "set `carbon_balances` of each load balancer to `workers` or `managers`; pattern 2 may share one",
    source: "procedure 1.1",
    waivable: true,
    when: When::Before(|clusters| {
        balancers(clusters)
            .filter(|(cluster, balancer)| {
                let own = pattern(cluster.pattern).is_some_and(|pattern| pattern.own_balancers);
                own && balancer.workers && balancer.managers
            })
            .map(|(cluster, balancer)| {
                let message = format!(
                    "load balancer `{}` of cluster `{}` stands before managers and workers",
                    balancer.host, cluster.name
                );
                Finding::of(cluster, balances(balancer), message)
            })
            .collect()
    }),
};

pub(super) const NO_CONSOLE_NAME: Check = Check {
    code: "WM134",
    title: "a console without a name before a load balancer",
    cause: "The load balancer tells console and workers apart by the name that a request asks for.",
    fix: "set `carbon_mgt_hostname`, such as mgt.esb.example.com",
    source: "procedure 1.5, row 1; procedure 4.1",
    waivable: false,
    when: When::Before(|clusters| {
        balancers(clusters)
            .filter(|(cluster, balancer)| balancer.managers && cluster.mgt_hostname.is_none())
            .map(|(cluster, balancer)| {
                let message = format!(
                    "load balancer `{}` serves the console of cluster `{}`, which has no `carbon_mgt_hostname`",
                    balancer.host, cluster.name
                );
                Finding::of(cluster, balances(balancer), message)
            })
            .collect()
    }),
};

pub(super) const OPEN_CONSOLE: Check = Check {
    code: "WM135",
    title: "a console that anybody may open",
    cause: "The guide's first reason for separating managers is that they stand behind a firewall; a load balancer that takes everybody to the console undoes it.",
    fix: "set `carbon_console_allow` to the addresses and networks of the administrators",
    source: "procedure 1.2; ours",
    waivable: true,
    when: When::Before(|clusters| {
        clusters
            .iter()
            .filter(|cluster| cluster.front.keeps_console() && cluster.front.allow.is_empty())
            .map(|cluster| {
                let message = format!(
                    "the load balancer of cluster `{}` lets anybody open the console",
                    cluster.name
                );
                Finding::of(cluster, cluster.place_of("carbon_mgt_hostname"), message)
            })
            .collect()
    }),
};

pub(super) const ONE_NAME: Check = Check {
    code: "WM136",
    title: "two clusters under one name at a load balancer",
    cause: "The load balancer tells clusters apart by name and port; of two with the same, nginx serves the first and only warns of the other.",
    fix: "give each cluster names of its own, or ports of its own; a new version that is to take over stands by: `carbon_traffic: standby`",
    source: "ours",
    waivable: false,
    when: When::Before(|clusters| {
        let mut findings = Vec::new();
        let mut seen: Vec<(&Cluster, &str, &str, u16)> = Vec::new();
        for (cluster, balancer) in balancers(clusters).filter(|(cluster, _)| cluster.front.live) {
            for (variable, name, port) in names(cluster, balancer) {
                let other = seen.iter().find(|(other, host, known, at)| {
                    other.name != cluster.name
                        && (*host, *known, *at) == (balancer.host.as_str(), name, port)
                });
                if let Some((other, ..)) = other {
                    let message = format!(
                        "clusters `{}` and `{}` ({}) are both `{name}:{port}` at load balancer `{}`",
                        cluster.name,
                        other.name,
                        other.place_of(variable),
                        balancer.host
                    );
                    let place = cluster.place_of(variable);
                    findings.push(Finding::between([other, cluster], place, message));
                }
                seen.push((cluster, &balancer.host, name, port));
            }
        }
        findings
    }),
};

pub(super) const STANDBY: Check = Check {
    code: "WM174",
    title: "a cluster that stands by for none",
    cause: "A `standby` takes over the names of a live cluster at its load balancers. Where none is live under them, clients reach nobody.",
    fix: "set `carbon_traffic: live` for one of the clusters under these names; a cluster that clients use has it by default",
    source: "ours",
    waivable: false,
    when: When::Before(|clusters| {
        let stands_by = |cluster: &&Cluster| {
            let mut lives = clusters.iter().filter(|live| live.front.live);
            lives.any(|live| {
                let mut own = live.front.balancers.iter();
                own.any(|one| standbys(live, one, clusters).any(|other| other.name == cluster.name))
            })
        };
        clusters
            .iter()
            .filter(|cluster| !cluster.front.live && !stands_by(cluster))
            .map(|cluster| {
                let message = format!(
                    "cluster `{}` stands by, and at its load balancers no live cluster has a name of it",
                    cluster.name
                );
                Finding::of(cluster, cluster.place_of("carbon_traffic"), message)
            })
            .collect()
    }),
};

pub(super) const ONE_SIDED: Check = Check {
    code: "WM137",
    title: "pattern 3 with a load balancer before one side only",
    cause: "In pattern 3 managers and workers have a load balancer each.",
    fix: "add a load balancer whose `carbon_balances` is the other side, or waive this where one of your own stands there",
    source: "procedure 1.1",
    waivable: true,
    when: When::Before(|clusters| {
        clusters
            .iter()
            .filter(|cluster| {
                let own = pattern(cluster.pattern).is_some_and(|pattern| pattern.own_balancers);
                let front = &cluster.front;
                own && !front.balancers.is_empty() && front.keeps_console() != front.keeps_workers()
            })
            .map(|cluster| {
                let missing = match cluster.front.keeps_console() {
                    true => "workers",
                    false => "managers",
                };
                let message = format!(
                    "cluster `{}` has load balancers, and none before its {missing}",
                    cluster.name
                );
                let first = &cluster.front.balancers[0];
                Finding::of(cluster, balances(first), message)
            })
            .collect()
    }),
};
