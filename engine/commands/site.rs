//! Clusters → what the built-in playbook needs: the desired Homes, groups of hosts by role, and each host's nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::carbon::{Jdk, Stock, Workshop};
use crate::catalogue::Role;
use crate::cluster::{Cluster, Firewall, Node};
use crate::commands::certificates::certificates;
use crate::commands::jdks::jdks;
use crate::commands::packs;
use crate::inventory::{Group, Inventory};
use crate::modules::{Certificates, Wanted, World};
use crate::yaml::{Error, Result};

/// Opens the packs and computes the Homes of the nodes on `hosts`, or of all nodes.
///
/// # Errors
/// A pack that is missing or not what it should be, an edit or a template that is wrong.
pub(super) fn world(
    clusters: Vec<Cluster>,
    hosts: Option<&[String]>,
    verify: bool,
) -> Result<World, Vec<Error>> {
    let hosts: Option<BTreeSet<&str>> =
        hosts.map(|hosts| hosts.iter().map(String::as_str).collect());
    let mut warnings = Vec::new();
    let mut errors = Vec::new();
    let mut stocks = Vec::new();
    for cluster in &clusters {
        match stock(cluster, verify, &stocks) {
            Ok((stock, told)) => {
                stocks.push((cluster, stock));
                warnings.extend(told);
            }
            Err(error) => errors.push(error.or_at(&cluster.place)),
        }
    }
    let wanted = wanted(&stocks, hosts.as_ref(), &mut errors);
    for cluster in &clusters {
        let first = wanted.iter().find(|((of, _), _)| *of == cluster.name);
        if let Some((_, home)) = first {
            warnings.extend(of_vault(cluster, home));
        }
    }
    let chosen = clusters.iter().flat_map(|cluster| {
        let nodes = needed(cluster, hosts.as_ref());
        nodes.into_iter().map(move |node| (cluster, node))
    });
    let jdks = jdks(chosen, &wanted, verify).unwrap_or_else(|found| {
        errors.extend(found);
        BTreeMap::new()
    });
    let unkept = jdks.values().filter_map(|jdk: &Arc<Jdk>| jdk.unkept());
    warnings.extend(unkept.map(str::to_owned));
    let certificates = certificates(&clusters).unwrap_or_else(|found| {
        errors.extend(found);
        Certificates::new()
    });
    if errors.is_empty() {
        Ok(World {
            clusters,
            wanted,
            jdks,
            certificates,
            warnings,
        })
    } else {
        Err(errors)
    }
}

/// The nodes of a cluster whose Homes a run on `hosts` needs: their own; all, where a balancer is among them, as its
/// proof hangs on what every node is started with; and a worker's, by which the cluster is told about.
fn needed<'a>(cluster: &'a Cluster, hosts: Option<&BTreeSet<&str>>) -> Vec<&'a Node> {
    let Some(hosts) = hosts else {
        return cluster.nodes.iter().collect();
    };
    let mut balancers = cluster.front.balancers.iter();
    let all = balancers.any(|balancer| hosts.contains(balancer.host.as_str()));
    let told = cluster.of_role(Role::Worker).next();
    let nodes = cluster.nodes.iter().filter(|node| {
        all || hosts.contains(node.host.as_str()) || told.is_some_and(|told| told.name == node.name)
    });
    nodes.collect()
}

type Stocks<'a> = Vec<(&'a Cluster, Arc<Stock>)>;

/// What a cluster's Homes are made of, and what is to be said of its pack. `before` has those of the clusters before it: a
/// pack is opened once, and held once.
fn stock(
    cluster: &Cluster,
    verify: bool,
    before: &Stocks<'_>,
) -> Result<(Arc<Stock>, Vec<String>)> {
    let known = before.iter().find(|(other, _)| of_one_pack(other, cluster));
    let (stock, mut told) = match known {
        Some((_, known)) => (known.for_another(cluster)?, Vec::new()),
        None => {
            let (pack, told) = packs::opened(cluster, verify)?;
            (Stock::read(Arc::new(pack), cluster)?, told)
        }
    };
    told.extend(packs::judged(stock.pack(), cluster)?);
    Ok((Arc::new(stock), told))
}

/// The Homes of the nodes on `hosts`; what cannot be made is told in `errors`, the first of each cluster.
fn wanted(
    stocks: &Stocks<'_>,
    hosts: Option<&BTreeSet<&str>>,
    errors: &mut Vec<Error>,
) -> BTreeMap<(String, String), Wanted> {
    let mut wanted = BTreeMap::new();
    let mut workshops: Vec<(&Cluster, Workshop<'_>)> = Vec::new();
    for (cluster, stock) in stocks {
        let known = workshops
            .iter()
            .find(|(other, _)| of_one_pack(other, cluster));
        let is_first = known.is_none();
        let workshop = match known {
            Some((_, known)) => known.for_another(stock),
            None => Workshop::new(stock),
        };
        // One after the other: on two threads the allocator's lock costs more than the second wins.
        for node in needed(cluster, hosts) {
            match Wanted::compute(cluster, node, &workshop) {
                Ok(home) => {
                    wanted.insert((cluster.name.clone(), node.name.clone()), home);
                }
                Err(error) => {
                    errors.push(error.or_at(&cluster.place));
                    break;
                }
            }
        }
        if is_first {
            workshops.push((cluster, workshop));
        }
    }
    wanted
}

/// What is to be said of the secure vault of a cluster: a key that everybody has, and passwords that stand in clear beside it,
/// where the server does not ask it (axis2.xml, a product's own files).
fn of_vault(cluster: &Cluster, wanted: &Wanted) -> Vec<String> {
    let mut told = Vec::new();
    let name = &cluster.name;
    if wanted.home.has_stock_key() {
        told.push(format!(
            "cluster `{name}`: its secure vault is closed by the key that the pack ships, which whoever has such a pack opens \
             it with; lay a keystore of its own over the Home"
        ));
    }
    let left = wanted.home.left_in_clear();
    let named = |(path, count): &(String, usize)| match count {
        1 => format!("`{path}`"),
        count => format!("`{path}` ({count})"),
    };
    let left: Vec<String> = left.iter().map(named).collect();
    if !left.is_empty() {
        told.push(format!(
            "cluster `{name}`: passwords of its secure vault stand in clear as well where the server does not ask it: {}",
            left.join(", ")
        ));
    }
    told
}

/// True where the Homes of both are made of the same bytes.
fn of_one_pack(one: &Cluster, other: &Cluster) -> bool {
    let of = |cluster: &Cluster| {
        let patches = cluster.patches.iter().map(|patch| patch.path.clone());
        let release = &cluster.release;
        (
            cluster.pack.clone(),
            release.product.clone(),
            release.version.clone(),
            patches.collect::<Vec<_>>(),
        )
    };
    of(one) == of(other)
}

/// True where a cluster wants ports of this host kept from some.
fn walled(clusters: &[Cluster], host: &str) -> bool {
    !Firewall::of(clusters, host).openings.is_empty()
}

/// Adds the groups that `playbooks/site.yaml` names: hosts with any node, with nodes of each stage of the
/// rollout, the load balancers, who keeps repositories, and who pushes artifacts to whom.
pub(super) fn add_groups(inventory: &mut Inventory, clusters: &[Cluster]) {
    let with = |chosen: fn(&Node) -> bool| -> BTreeSet<&str> {
        let nodes = clusters.iter().flat_map(|cluster| &cluster.nodes);
        nodes
            .filter(|node| chosen(node))
            .map(|node| node.host.as_str())
            .collect()
    };
    let of_sync = |chosen: fn(&Cluster) -> Vec<&Node>| -> BTreeSet<&str> {
        let nodes = clusters.iter().flat_map(chosen);
        nodes.map(|node| node.host.as_str()).collect()
    };
    let senders = of_sync(|cluster| cluster.sender().into_iter().collect());
    let receivers = of_sync(|cluster| cluster.receivers().collect());
    let measures = of_sync(|cluster| cluster.measure().into_iter().collect());
    let silent = of_sync(|cluster| cluster.silent().collect());
    let balancers = clusters.iter().flat_map(|cluster| &cluster.front.balancers);
    let stores = clusters.iter().filter_map(Cluster::store);
    let every = || clusters.iter().flat_map(Cluster::hosts);
    let groups = [
        ("wmprov_hosts", with(|_| true)),
        ("wmprov_java_hosts", with(|node| node.java_pack.is_some())),
        ("wmprov_active_managers", with(|node| node.active)),
        ("wmprov_workers", with(Node::is_worker)),
        (
            "wmprov_passive_managers",
            with(|node| !node.active && !node.is_worker()),
        ),
        (
            "wmprov_load_balancers",
            balancers.map(|balancer| balancer.host.as_str()).collect(),
        ),
        (
            "wmprov_walled",
            every().filter(|host| walled(clusters, host)).collect(),
        ),
        ("wmprov_firewalls", every().collect()),
        (
            "wmprov_artifact_stores",
            stores.map(|store| store.host.as_str()).collect(),
        ),
        ("wmprov_sync_hosts", &senders | &receivers),
        ("wmprov_senders", senders),
        ("wmprov_receivers", receivers),
        ("wmprov_measures", measures),
        ("wmprov_silent", silent),
    ];
    for (name, members) in groups {
        let hosts: Vec<String> = inventory
            .hosts
            .iter()
            .map(|host| host.name.clone())
            .filter(|host| members.contains(host.as_str()))
            .collect();
        let place = inventory.groups[0].place.clone();
        inventory.groups.push(Group {
            name: name.to_owned(),
            children: Vec::new(),
            hosts,
            vars: crate::inventory::Vars::new(),
            place,
        });
        inventory.groups[0].children.push(name.to_owned());
    }
}
