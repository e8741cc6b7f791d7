//! Checks of single settings: names, heartbeat, heap, user, password, rollout width.

use super::super::kind;
use super::check::{Check, Finding, When, placed};
use super::{databases, svn};
use crate::catalogue::Role;

/// The longest silence, in seconds, before a dead node does harm: cut off from a member, the heaps
/// of the others fill in about six minutes (real-run 5).
const LONGEST_SILENCE: u64 = 300;

pub(super) const HOSTNAME: Check = Check {
    code: "WM035",
    title: "clients are given an address of the node itself",
    cause: "Endpoint addresses and WSDLs carry `HostName`. With `localhost` every client is sent to its own machine.",
    fix: "set `carbon_hostname` to the name that clients use for the workers",
    source: "procedure 7, row 35",
    waivable: true,
    when: When::Before(|clusters| {
        let local = |name: &str| {
            name == "localhost"
                || name.starts_with("localhost.")
                || name.ends_with(".localhost")
                || name.starts_with("127.")
        };
        clusters
            .iter()
            .filter_map(|cluster| {
                let names = [
                    ("carbon_hostname", Some(&cluster.hostname)),
                    ("carbon_mgt_hostname", cluster.mgt_hostname.as_ref()),
                ];
                let (variable, name) = names.into_iter().find_map(|(variable, name)| {
                    Some((variable, name.filter(|name| local(name))?))
                })?;
                let message =
                    format!("`{variable}` is `{name}`, which every machine takes for itself");
                Some(Finding::of(cluster, cluster.place_of(variable), message))
            })
            .collect()
    }),
};

pub(super) const KEY_MANAGER: Check = Check {
    code: "WM039",
    title: "keys and logins are checked at a worker",
    cause: "A gateway checks every call's key at the Key Manager, Publisher and Store every login. As shipped each node asks itself, or is told a worker's address; and a worker's admin services, which are what is asked, refuse.",
    fix: "set `carbon_key_manager` to host and HTTPS port of the Key Manager, which is no worker",
    source: "procedure 7, row 39; procedure 5.2",
    waivable: true,
    when: When::Before(|clusters| {
        let worker_at = |asked: &str| {
            let host = asked.rsplit_once(':').map_or(asked, |(host, _)| host);
            let host = host.trim_matches(['[', ']']);
            clusters
                .iter()
                .flat_map(|cluster| cluster.of_role(Role::Worker))
                .find(|node| node.host == host || node.member.address.to_string() == host)
        };
        clusters
            .iter()
            .filter(|cluster| cluster.release.component.is_some())
            .filter_map(|cluster| {
                let place = cluster.place_of("carbon_key_manager");
                let asked = cluster.vars.get("carbon_key_manager");
                let message = match asked.and_then(|set| set.text().ok()) {
                    None => format!("the nodes of cluster `{}` ask themselves", cluster.name),
                    Some(asked) => {
                        let worker = worker_at(asked)?;
                        format!("`carbon_key_manager` is the worker `{}`", worker.name)
                    }
                };
                Some(Finding::of(cluster, place, message))
            })
            .collect()
    }),
};

pub(super) const HEARTBEAT: Check = Check {
    code: "WM044",
    title: "a dead node is noticed late",
    cause: "Carbon drops a silent member after 600 seconds. Until then the others wait for it: map operations block, heaps fill, and in one trial a node died of it.",
    fix: "leave `carbon_heartbeat` out (60 seconds), or set it to at most 300",
    source: "procedure 7, row 44; real-run 5",
    waivable: true,
    when: When::Before(|clusters| {
        clusters
            .iter()
            .filter(|cluster| cluster.heartbeat.as_secs() > LONGEST_SILENCE)
            .map(|cluster| {
                let message = format!(
                    "cluster `{}` notices a dead node after {} seconds only",
                    cluster.name,
                    cluster.heartbeat.as_secs()
                );
                Finding::of(cluster, cluster.place_of("carbon_heartbeat"), message)
            })
            .collect()
    }),
};

pub(super) const PASSWORD_IN_CLEAR: Check = Check {
    code: "WM062",
    title: "a password in clear",
    cause: "The inventory holds the administrator's password, or a database's, as plain text, or a node's for the repository of artifacts; it goes wherever the file goes.",
    fix: "seal it with `wmprov vault encrypt-string`, or put the variable into a vaulted file",
    source: "procedure 7, row 62",
    waivable: true,
    when: When::Before(|clusters| {
        clusters
            .iter()
            .filter(|cluster| cluster.admin.in_clear)
            // The stock password is known to everybody: there is nothing to hide.
            .filter(|cluster| {
                cluster
                    .admin
                    .password
                    .as_ref()
                    .is_some_and(|password| password.reveal() != "admin")
            })
            .map(|cluster| {
                let message = format!(
                    "the administrator's password of cluster `{}` is not vaulted",
                    cluster.name
                );
                Finding::of(cluster, cluster.place_of("carbon_admin_password"), message)
            })
            .chain(databases::in_clear(clusters))
            .chain(svn::in_clear(clusters))
            .collect()
    }),
};

pub(super) const ONE_HOSTNAME: Check = Check {
    code: "WM114",
    title: "console and workers have one name",
    cause: "`carbon_hostname` leads to workers, `carbon_mgt_hostname` to the manager. Under one name the console's requests reach workers, which refuse them.",
    fix: "give the console a name of its own, such as mgt.esb.example.com",
    source: "procedure 1.5, rows 1 and 2",
    waivable: true,
    when: When::Before(|clusters| {
        clusters
            .iter()
            .filter(|cluster| cluster.mgt_hostname.as_ref() == Some(&cluster.hostname))
            .map(|cluster| {
                let message = format!(
                    "cluster `{}` gives its console the workers' name, `{}` ({})",
                    cluster.name,
                    cluster.hostname,
                    cluster.place_of("carbon_hostname")
                );
                Finding::of(cluster, cluster.place_of("carbon_mgt_hostname"), message)
            })
            .collect()
    }),
};

pub(super) const HEAP: Check = Check {
    code: "WM116",
    title: "a heap whose least is above its most",
    cause: "java ends at once: `Initial heap size set to a larger value than the maximum heap size`.",
    fix: "write `carbon_heap` as least:most, such as 256m:1024m",
    source: "ours",
    waivable: false,
    when: When::Before(|clusters| {
        placed(clusters)
            .filter(|(_, node)| kind::bytes(&node.heap.0) > kind::bytes(&node.heap.1))
            .map(|(cluster, node)| {
                let (least, most) = &node.heap;
                let message = format!(
                    "the heap of `{}` is at least {least} and at most {most}",
                    node.name
                );
                Finding::of(cluster, node.place_of("carbon_heap"), message)
            })
            .collect()
    }),
};

pub(super) const ROOT: Check = Check {
    code: "WM117",
    title: "a server that runs as root",
    cause: "Deployed artifacts run with all that the server may do.",
    fix: "leave `carbon_user` out (`wso2`), or name a user without rights",
    source: "ours",
    waivable: true,
    when: When::Before(|clusters| {
        placed(clusters)
            .filter(|(_, node)| node.user == "root")
            .map(|(cluster, node)| {
                let message = format!("node `{}` would run as root", node.name);
                Finding::of(cluster, node.place_of("carbon_user"), message)
            })
            .collect()
    }),
};

pub(super) const ALL_AT_ONCE: Check = Check {
    code: "WM118",
    title: "a rollout that restarts all workers at once",
    cause: "Whoever restarts does not serve; a rollout leaves at least one worker serving. One that takes all of them at once ends at the last (WM170).",
    fix: "set `carbon_serial` below the number of workers; who waives this gives each such run `--allow-downtime` besides",
    source: "design 5.4",
    waivable: true,
    when: When::Before(|clusters| {
        clusters
            .iter()
            .filter_map(|cluster| {
                let workers = cluster.of_role(Role::Worker).count();
                if workers < 2 || cluster.serial < workers {
                    return None;
                }
                let message = format!(
                    "cluster `{}` restarts {} workers at once and has {workers}",
                    cluster.name, cluster.serial
                );
                Some(Finding::of(
                    cluster,
                    cluster.place_of("carbon_serial"),
                    message,
                ))
            })
            .collect()
    }),
};
