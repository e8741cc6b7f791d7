//! What is drawn of clusters, whatever the form: words and who belongs to whom, no places yet.

use std::collections::BTreeMap;

use crate::cluster::{Balancer, Cluster, Node};

/// All clusters of an inventory.
pub(super) struct Picture {
    pub(super) scenes: Vec<Scene>,
    /// Hosts that run several nodes, each with them.
    pub(super) shared_hosts: Vec<(String, Vec<String>)>,
}

/// One cluster.
pub(super) struct Scene {
    /// Product, version, group and pattern.
    pub(super) title: String,
    /// The names by which people and programs come in.
    pub(super) doors: Vec<Door>,
    /// The clustering domains, the managers' first.
    pub(super) domains: Vec<Domain>,
    /// How artifacts go from the committer to the others, where the inventory says so.
    pub(super) sync: Option<Sync>,
}

/// A name, who uses it, and the nodes behind it.
pub(super) struct Door {
    pub(super) who: &'static str,
    pub(super) name: String,
    /// The load balancers on the way.
    pub(super) through: Vec<String>,
    pub(super) to: Vec<String>,
}

/// A clustering domain.
pub(super) struct Domain {
    pub(super) name: String,
    /// Its sub-domains.
    pub(super) groups: Vec<Group>,
    /// The member lists in it; one, where all nodes list the same.
    pub(super) lists: Vec<List>,
}

/// The nodes under one sub-domain label.
pub(super) struct Group {
    pub(super) label: String,
    pub(super) seats: Vec<Seat>,
}

/// A node as it is drawn.
pub(super) struct Seat {
    pub(super) name: String,
    pub(super) standing: Standing,
    /// What stands under its name: standing, member, console, offset, host.
    pub(super) lines: Vec<String>,
}

/// What a node is, as far as a drawing tells it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Active,
    Passive,
    Worker,
}

/// A member list and who has it; nobody is named where all of the domain have it.
pub(super) struct List {
    pub(super) by: Vec<String>,
    pub(super) members: Vec<String>,
}

/// The way of artifacts.
pub(super) struct Sync {
    pub(super) by: String,
    pub(super) from: Vec<String>,
    pub(super) to: Vec<String>,
}

impl Picture {
    pub(super) fn of(clusters: &[Cluster]) -> Self {
        Self {
            scenes: clusters.iter().map(Scene::of).collect(),
            shared_hosts: shared_hosts(clusters),
        }
    }
}

impl Scene {
    fn of(cluster: &Cluster) -> Self {
        let release = &cluster.release;
        let part = release.component.as_ref();
        Self {
            title: format!(
                "{} {}{}: cluster `{}`, pattern {}{}",
                release.name,
                release.version,
                part.map_or_else(String::new, |part| format!(", {part}")),
                cluster.name,
                cluster.pattern,
                if cluster.front.live {
                    ""
                } else {
                    ", stands by"
                }
            ),
            doors: doors(cluster),
            domains: domains(cluster),
            sync: sync(cluster),
        }
    }

    /// Every node.
    pub(super) fn seats(&self) -> impl Iterator<Item = &Seat> {
        self.domains
            .iter()
            .flat_map(|domain| &domain.groups)
            .flat_map(|group| &group.seats)
    }
}

fn names<'a>(nodes: impl Iterator<Item = &'a Node>) -> Vec<String> {
    nodes.map(|node| node.name.clone()).collect()
}

fn doors(cluster: &Cluster) -> Vec<Door> {
    let workers = cluster.nodes.iter().filter(|node| node.is_worker());
    let clients = Door {
        who: "clients",
        name: with_ports(
            &cluster.hostname,
            cluster.front.workers.map(|(http, https)| vec![http, https]),
        ),
        through: balancers(cluster, |balancer| balancer.workers),
        to: names(workers),
    };
    let console = cluster.mgt_hostname.as_ref().map(|name| Door {
        who: "administrators",
        name: with_ports(name, cluster.front.console.map(|port| vec![port])),
        through: balancers(cluster, |balancer| balancer.managers),
        to: names(cluster.managers(true)),
    });
    console.into_iter().chain([clients]).collect()
}

/// A name with the ports of the balancer before it, where there is one.
fn with_ports(name: &str, ports: Option<Vec<u16>>) -> String {
    let Some(ports) = ports else {
        return name.to_owned();
    };
    let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
    format!("{name} ({})", ports.join(", "))
}

fn balancers(cluster: &Cluster, chosen: impl Fn(&Balancer) -> bool) -> Vec<String> {
    let balancers = cluster.front.balancers.iter();
    balancers
        .filter(|balancer| chosen(balancer))
        .map(|balancer| balancer.host.clone())
        .collect()
}

/// Managers before workers, each in the inventory's order; the cluster's own order is a rollout's.
fn in_order(cluster: &Cluster) -> Vec<&Node> {
    let mut nodes: Vec<&Node> = cluster.nodes.iter().collect();
    nodes.sort_by_key(|node| (node.is_worker(), !node.active && !node.is_worker()));
    nodes
}

fn domains(cluster: &Cluster) -> Vec<Domain> {
    let mut domains: Vec<Domain> = Vec::new();
    for node in in_order(cluster) {
        let at = match domains.iter().position(|domain| domain.name == node.domain) {
            Some(at) => at,
            None => {
                domains.push(Domain {
                    name: node.domain.clone(),
                    groups: Vec::new(),
                    lists: lists(cluster, &node.domain),
                });
                domains.len() - 1
            }
        };
        let groups = &mut domains[at].groups;
        let seat = seat(cluster, node);
        match groups
            .iter_mut()
            .find(|group| group.label == node.sub_domain)
        {
            Some(group) => group.seats.push(seat),
            None => groups.push(Group {
                label: node.sub_domain.clone(),
                seats: vec![seat],
            }),
        }
    }
    domains
}

fn lists(cluster: &Cluster, domain: &str) -> Vec<List> {
    let mut lists: Vec<List> = Vec::new();
    for node in in_order(cluster) {
        if node.domain != domain {
            continue;
        }
        let members: Vec<String> = cluster
            .listed_by(node)
            .iter()
            .map(ToString::to_string)
            .collect();
        match lists.iter_mut().find(|list| list.members == members) {
            Some(list) => list.by.push(node.name.clone()),
            None => lists.push(List {
                by: vec![node.name.clone()],
                members,
            }),
        }
    }
    if let [only] = lists.as_mut_slice() {
        only.by.clear();
    }
    lists
}

impl List {
    /// `each lists a, b`, or `m1, m2 list a, b`.
    pub(super) fn sentence(&self) -> String {
        let by = match self.by.as_slice() {
            [] => "each lists".to_owned(),
            [one] => format!("{one} lists"),
            several => format!("{} list", several.join(", ")),
        };
        format!("{by} {}", self.members.join(", "))
    }
}

fn seat(cluster: &Cluster, node: &Node) -> Seat {
    let alone = cluster
        .nodes
        .iter()
        .filter(|node| !node.is_worker())
        .count()
        == 1;
    let (standing, word) = match (node.is_worker(), node.active) {
        (true, _) => (Standing::Worker, "worker"),
        (false, true) if alone => (Standing::Active, "manager"),
        (false, true) => (Standing::Active, "active manager"),
        (false, false) => (Standing::Passive, "passive manager"),
    };
    let mut lines = vec![word.to_owned(), node.member.to_string()];
    if let (false, Some(https)) = (node.is_worker(), node.ports.get("https")) {
        lines.push(format!("console at {https}"));
    }
    if node.offset > 0 {
        lines.push(format!("ports + {}", node.offset));
    }
    if node.host != node.name {
        lines.push(format!("on {}", node.host));
    }
    Seat {
        name: node.name.clone(),
        standing,
        lines,
    }
}

fn sync(cluster: &Cluster) -> Option<Sync> {
    let by = cluster.vars.get("carbon_artifact_sync")?.text().ok()?;
    if by == "none" {
        return None;
    }
    let others = in_order(cluster).into_iter().filter(|node| !node.active);
    Some(Sync {
        by: by.to_owned(),
        from: names(cluster.managers(true)),
        to: names(others),
    })
}

fn shared_hosts(clusters: &[Cluster]) -> Vec<(String, Vec<String>)> {
    let mut hosts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for cluster in clusters {
        for node in in_order(cluster) {
            let named = match clusters {
                [_] => node.name.clone(),
                _ => format!("{} {} ({})", cluster.name, node.name, node.role),
            };
            hosts.entry(&node.host).or_default().push(named);
        }
    }
    hosts
        .into_iter()
        .filter(|(_, nodes)| nodes.len() > 1)
        .map(|(host, nodes)| (host.to_owned(), nodes))
        .collect()
}
