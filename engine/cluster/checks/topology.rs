//! Checks of who is in a cluster: the pattern, how many of each role, one version, one role a host.

use super::super::{Cluster, Pattern, pattern};
use super::check::{Check, Finding, When, placed};
use crate::catalogue::Role;

/// The clusters whose pattern is one of the guide's, with it.
fn patterned(clusters: &[Cluster]) -> impl Iterator<Item = (&Cluster, Pattern)> {
    clusters
        .iter()
        .filter_map(|cluster| Some((cluster, pattern(cluster.pattern)?)))
}

pub(super) const ONE_MEMBER: Check = Check {
    code: "WM006",
    title: "a domain of one member",
    cause: "A node that restarts finds its cluster through the members that it lists. With one of them, whoever comes back first makes a cluster of its own.",
    fix: "give the cluster workers: pattern 1 is one manager and two or more",
    source: "procedure 7, row 6",
    waivable: false,
    when: When::Before(|clusters| {
        patterned(clusters)
            .filter(|(cluster, _)| {
                cluster.of_role(Role::Manager).count() == 1
                    && cluster.of_role(Role::Worker).count() == 0
            })
            .map(|(cluster, _)| {
                let only = &cluster.nodes[0].name;
                let message = format!(
                    "cluster `{}` has one member, `{only}`, and no worker",
                    cluster.name
                );
                Finding::of(cluster, &cluster.place, message)
            })
            .collect()
    }),
};

pub(super) const TWO_MANAGERS: Check = Check {
    code: "WM016",
    title: "more managers than the pattern takes",
    cause: "Pattern 1 has one manager, patterns 2 and 3 have two. More than one that is active write artifacts and configuration at once, and their commits conflict.",
    fix: "make the others workers; two managers, one of them passive, are pattern 2 or 3",
    source: "procedure 7, row 16; procedure 1.1",
    waivable: false,
    when: When::Before(|clusters| {
        patterned(clusters)
            .filter_map(|(cluster, pattern)| {
                let managers: Vec<_> = cluster.of_role(Role::Manager).collect();
                let most = *pattern.managers.end();
                let extra = managers.get(most)?;
                let names: Vec<String> = managers
                    .iter()
                    .map(|node| format!("`{}` ({})", node.name, node.place))
                    .collect();
                let message = format!(
                    "cluster `{}` has {} managers, pattern {} takes {most}: {}",
                    cluster.name,
                    managers.len(),
                    pattern.number,
                    names.join(", ")
                );
                Some(Finding::of(cluster, &extra.place, message))
            })
            .collect()
    }),
};

pub(super) const TWO_ACTIVE: Check = Check {
    code: "WM130",
    title: "two managers are active at once",
    cause: "Both commit artifacts, and the commits conflict; each console shows what the other has not yet read; a login that the load balancer sends to the other manager is thrown back (3 of 3 were seen to).",
    fix: "name one manager in `carbon_manager_active`; the others are passive",
    source: "procedure 7, row 16; procedure 1.1; real-run 10",
    waivable: true,
    when: When::Before(|clusters| {
        patterned(clusters)
            .filter(|(cluster, pattern)| {
                // More managers than the pattern takes are told by a check of their own.
                pattern
                    .managers
                    .contains(&cluster.of_role(Role::Manager).count())
                    && cluster.managers(true).count() > 1
            })
            .map(|(cluster, _)| {
                let names: Vec<&str> = cluster
                    .managers(true)
                    .map(|node| node.name.as_str())
                    .collect();
                let message = format!(
                    "cluster `{}` has {} active managers, `{}`",
                    cluster.name,
                    names.len(),
                    names.join("`, `")
                );
                Finding::of(cluster, cluster.place_of("carbon_manager_active"), message)
            })
            .collect()
    }),
};

pub(super) const FEW_MANAGERS: Check = Check {
    code: "WM131",
    title: "fewer managers than the pattern takes",
    cause: "Patterns 2 and 3 are for managers that stand in for each other: one active, one passive.",
    fix: "add the second manager, or set `carbon_pattern: 1`, which has one",
    source: "procedure 1.1",
    waivable: true,
    when: When::Before(|clusters| {
        patterned(clusters)
            .filter_map(|(cluster, pattern)| {
                let least = *pattern.managers.start();
                let count = cluster.of_role(Role::Manager).count();
                // None at all is told by a check of its own.
                (1..least).contains(&count).then(|| {
                    let message = format!(
                        "cluster `{}` has {count} manager, pattern {} takes {least}",
                        cluster.name, pattern.number
                    );
                    Finding::of(cluster, cluster.place_of("carbon_pattern"), message)
                })
            })
            .collect()
    }),
};

pub(super) const NO_WORKER: Check = Check {
    code: "WM132",
    title: "a cluster without workers",
    cause: "Nobody serves requests: a manager refuses none, and yet is what workers are there to keep free.",
    fix: "put two hosts or more into the group `worker` (with several clusters `<cluster>_worker`)",
    source: "procedure 1.1",
    waivable: false,
    when: When::Before(|clusters| {
        patterned(clusters)
            .filter(|(cluster, _)| {
                // One manager alone is a domain of one member, which is told as such.
                cluster.of_role(Role::Manager).count() > 1
                    && cluster.of_role(Role::Worker).next().is_none()
            })
            .map(|(cluster, _)| {
                let message = format!("cluster `{}` has no worker", cluster.name);
                Finding::of(cluster, &cluster.place, message)
            })
            .collect()
    }),
};

pub(super) const NO_WORKER_PROFILE: Check = Check {
    code: "WM041",
    title: "the product ships no worker profile",
    cause: "`-DworkerNode=true` starts the OSGi profile `worker`. Where the pack has none, the server ends with `worker profile not found`.",
    fix: "take a product and version that ships one; `wmprov pack inspect` lists a pack's profiles",
    source: "procedure 7, row 41; carbon 1.2",
    waivable: false,
    when: When::Before(|clusters| {
        clusters
            .iter()
            .filter(|cluster| cluster.release.profiles.worker.is_none())
            .map(|cluster| {
                let release = &cluster.release;
                let message = format!(
                    "{} {} ships no worker profile ({})",
                    release.product, release.version, release.place
                );
                Finding::of(cluster, cluster.place_of("carbon_product"), message)
            })
            .collect()
    }),
};

pub(super) const NO_SUCH_PATTERN: Check = Check {
    code: "WM101",
    title: "no such deployment pattern",
    cause: "The clustering guide has three deployment patterns for separated managers and workers.",
    fix: "set `carbon_pattern` to 1 (one manager), 2 (two, in a domain of their own) or 3 (two, in the workers' domain)",
    source: "procedure 1.1",
    waivable: false,
    when: When::Before(|clusters| {
        clusters
            .iter()
            .filter(|cluster| pattern(cluster.pattern).is_none())
            .map(|cluster| {
                let place = cluster.place_of("carbon_pattern");
                let message = format!("there is no deployment pattern {}", cluster.pattern);
                Finding::of(cluster, place, message)
            })
            .collect()
    }),
};

pub(super) const TWO_ROLES: Check = Check {
    code: "WM102",
    title: "a host in two roles of one cluster",
    cause: "A node is a manager or a worker. A host may run one of each, but then it runs two nodes, each with ports and a Home of its own.",
    fix: "take the host out of one of the groups, or give it `carbon_nodes` in which each entry says its `role`",
    source: "design 3.1",
    waivable: false,
    when: When::Before(|clusters| {
        placed(clusters)
            .filter(|(_, worker)| worker.role == Role::Worker)
            .filter_map(|(cluster, worker)| {
                let manager = cluster
                    .of_role(Role::Manager)
                    .find(|manager| manager.name == worker.name)?;
                let message = format!(
                    "`{}` is both manager and worker of cluster `{}`",
                    manager.name, cluster.name
                );
                Some(Finding::of(cluster, &worker.place, message))
            })
            .collect()
    }),
};

pub(super) const NO_MANAGER: Check = Check {
    code: "WM103",
    title: "a cluster without a manager",
    cause: "Somebody has to run the console and the admin services, which workers refuse.",
    fix: "put a host into the group `manager` (with several clusters `<cluster>_manager`)",
    source: "procedure 1.1",
    waivable: false,
    when: When::Before(|clusters| {
        patterned(clusters)
            .filter(|(cluster, _)| cluster.of_role(Role::Manager).next().is_none())
            .map(|(cluster, _)| {
                let message = format!("cluster `{}` has no manager", cluster.name);
                Finding::of(cluster, &cluster.place, message)
            })
            .collect()
    }),
};

pub(super) const ONE_WORKER: Check = Check {
    code: "WM104",
    title: "a cluster with one worker",
    cause: "With one worker every restart is an outage: a rollout has nobody to leave serving.",
    fix: "add a second worker",
    source: "procedure 1.1; design 5.4",
    waivable: true,
    when: When::Before(|clusters| {
        patterned(clusters)
            .filter_map(|(cluster, _)| {
                let mut workers = cluster.of_role(Role::Worker);
                let (only, None) = (workers.next()?, workers.next()) else {
                    return None;
                };
                let message = format!("cluster `{}` has one worker, `{}`", cluster.name, only.name);
                Some(Finding::of(cluster, &only.place, message))
            })
            .collect()
    }),
};

pub(super) const TWO_VERSIONS: Check = Check {
    code: "WM109",
    title: "nodes of one cluster run different versions",
    cause: "All nodes of a cluster are the same Carbon version: members send each other serialised objects, and share registry content.",
    fix: "set `carbon_version` once, at the cluster; a new version is a second cluster beside the old, switched at the load balancer",
    source: "procedure 2.1; design 5.4",
    waivable: false,
    when: When::Before(|clusters| {
        placed(clusters)
            .filter_map(|(cluster, node)| {
                let own = node.vars.get("carbon_version")?;
                let wanted = &cluster.release.version;
                if own.text().is_ok_and(|own| own == wanted) {
                    return None;
                }
                let message = format!(
                    "node `{}` is set to a version other than {wanted}, cluster `{}`'s ({})",
                    node.name,
                    cluster.name,
                    cluster.place_of("carbon_version")
                );
                Some(Finding::of(cluster, &own.place, message))
            })
            .collect()
    }),
};

pub(super) const TWO_FAMILIES: Check = Check {
    code: "WM112",
    title: "IPv4 and IPv6 addresses in one domain",
    cause: "A Hazelcast member speaks one family; nodes of the other never join.",
    fix: "give every node of the cluster a `carbon_address` of one family",
    source: "ours",
    waivable: true,
    when: When::Before(|clusters| {
        clusters
            .iter()
            .filter_map(|cluster| {
                let first = cluster.nodes.first()?;
                let other = cluster
                    .nodes
                    .iter()
                    .find(|node| node.member.address.is_ipv4() != first.member.address.is_ipv4())?;
                let message = format!(
                    "`{}` claims {} and `{}` ({}) claims {} in one domain",
                    other.name,
                    other.member.address,
                    first.name,
                    first.place_of("carbon_address"),
                    first.member.address
                );
                Some(Finding::of(
                    cluster,
                    other.place_of("carbon_address"),
                    message,
                ))
            })
            .collect()
    }),
};
