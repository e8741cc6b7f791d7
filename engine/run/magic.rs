//! Variables that every host has besides its own: where it stands, and which nodes it carries.

use std::collections::BTreeMap;

use crate::cluster::sync::shell;
use crate::cluster::{BalancerView, Cluster, Node, View};
use crate::inventory::{Group, Inventory};
use crate::template::{Scope, to_rendered};

/// Which nodes of a cluster a list is of.
type Chosen<'a> = &'a dyn Fn(&Cluster, &Node) -> bool;

/// What every host sees of all hosts, made once.
pub(super) struct Site {
    groups: minijinja::Value,
    groups_of: BTreeMap<String, Vec<String>>,
    hostvars: minijinja::Value,
}

impl Site {
    pub(super) fn of(inventory: &Inventory) -> Self {
        use minijinja::Value as Rendered;
        let members = |group: &Group| -> Rendered {
            let members = inventory.members(&group.name);
            members
                .iter()
                .map(|host| host.name.as_str())
                .map(Rendered::from)
                .collect()
        };
        let groups = inventory
            .groups
            .iter()
            .map(|group| (group.name.as_str(), members(group)));
        let names = inventory.hosts.iter().map(|host| host.name.clone());
        let hostvars = inventory.hosts.iter().map(|host| {
            let vars = inventory.vars(&host.name);
            let pairs = vars
                .iter()
                .map(|(name, node)| (name.clone(), to_rendered(node)));
            (
                host.name.clone(),
                Rendered::from_pairs(pairs.collect::<Vec<_>>()),
            )
        });
        Self {
            groups: Rendered::from_pairs(groups.collect::<Vec<_>>()),
            groups_of: names.zip(inventory.groups_of_hosts()).collect(),
            hostvars: Rendered::from_pairs(hostvars.collect::<Vec<_>>()),
        }
    }
}

/// The variables that every template of a host sees besides its own.
pub(super) fn with_magic(scope: &mut Scope, site: &Site, host: &str, clusters: &[Cluster]) {
    use minijinja::Value as Rendered;
    scope.set_value("inventory_hostname", Rendered::from(host));
    let short = host.split('.').next().unwrap_or(host);
    scope.set_value("inventory_hostname_short", Rendered::from(short));
    let own = site.groups_of.get(host).into_iter().flatten();
    let own = own.map(String::as_str).filter(|group| *group != "all");
    scope.set_value("group_names", own.map(Rendered::from).collect());
    scope.set_value("groups", site.groups.clone());
    scope.set_value("hostvars", site.hostvars.clone());
    scope.set_value(
        "wmprov_balancers",
        Rendered::from(balancers_of(clusters, host)),
    );
    scope.set_value("wmprov_stores", Rendered::from(stores_of(clusters, host)));
    let stages: [(&str, Chosen<'_>); 9] = [
        ("wmprov_nodes", &|_, _| true),
        ("wmprov_java_nodes", &|_, node| {
            // Of nodes that share a JDK the first brings it.
            let all = clusters.iter().flat_map(|cluster| &cluster.nodes);
            let from = |node: &Node| {
                Some((
                    node.java_pack.as_ref()?.path.clone(),
                    node.java_pack.as_ref()?.home.clone(),
                ))
            };
            let mut same = all.filter(|one| one.host == host && from(one) == from(node));
            node.java_pack.is_some() && same.next().is_some_and(|one| std::ptr::eq(one, node))
        }),
        ("wmprov_active_nodes", &|_, node| node.active),
        ("wmprov_worker_nodes", &|_, node| node.is_worker()),
        ("wmprov_passive_nodes", &|_, node| {
            !node.active && !node.is_worker()
        }),
        ("wmprov_senders", &|cluster, node| {
            cluster
                .sender()
                .into_iter()
                .any(|one| one.name == node.name)
        }),
        ("wmprov_receivers", &|cluster, node| {
            cluster.receivers().any(|one| one.name == node.name)
        }),
        ("wmprov_measures", &|cluster, node| {
            cluster
                .measure()
                .into_iter()
                .any(|one| one.name == node.name)
        }),
        ("wmprov_silent", &|cluster, node| {
            cluster.silent().any(|one| one.name == node.name)
        }),
    ];
    let here = nodes_on(clusters, host);
    for (name, chosen) in stages {
        let nodes = here.iter().filter(|(of, node, _)| chosen(of, node));
        let views: Vec<Rendered> = nodes.map(|(.., view)| view.clone()).collect();
        scope.set_value(name, Rendered::from(views));
    }
}

/// Which hosts go together through a play: all, and those of a batch. Each of them sees the same lists.
pub(super) struct Together {
    play: minijinja::Value,
    batch: minijinja::Value,
}

impl Together {
    pub(super) fn of(play: &[&str], batch: &[String]) -> Self {
        let batch = batch.iter().map(String::as_str);
        Self {
            play: play.iter().copied().map(minijinja::Value::from).collect(),
            batch: batch.map(minijinja::Value::from).collect(),
        }
    }

    pub(super) fn told_to(&self, scope: &mut Scope) {
        scope.set_value("ansible_play_hosts", self.play.clone());
        scope.set_value("ansible_play_batch", self.batch.clone());
    }
}

/// The clusters that a host stands before as a load balancer, as templates see them. Those that are live come first: of
/// two that change places one serves at any moment.
fn balancers_of(clusters: &[Cluster], host: &str) -> Vec<minijinja::Value> {
    let live = clusters.iter().filter(|cluster| cluster.front.live);
    live.chain(clusters.iter().filter(|cluster| !cluster.front.live))
        .flat_map(|cluster| {
            let own = cluster.front.balancers.iter();
            own.filter(|balancer| balancer.host == host)
                .map(move |balancer| BalancerView::of(cluster, balancer))
        })
        .map(|view| {
            let text = serde_json::to_value(&view).unwrap_or_default();
            crate::template::from_json(&text)
        })
        .collect()
}

/// The clusters whose repository a host keeps, each as `{cluster, id, server, port, tls, name}`.
fn stores_of(clusters: &[Cluster], host: &str) -> Vec<minijinja::Value> {
    use minijinja::Value as Rendered;
    let own = clusters
        .iter()
        .filter(|cluster| cluster.store().is_some_and(|store| store.host == host));
    own.filter_map(|cluster| {
        let repository = cluster.repository()?;
        Some(Rendered::from_pairs([
            ("cluster", Rendered::from(cluster.name.as_str())),
            ("id", Rendered::from(BalancerView::id(cluster))),
            ("server", Rendered::from(repository.server.as_str())),
            ("port", Rendered::from(repository.port())),
            ("tls", Rendered::from(repository.certificate.is_some())),
            ("name", Rendered::from(cluster.store_name())),
        ]))
    })
    .collect()
}

/// The nodes of a host, each with what playbooks see of it.
fn nodes_on<'a>(
    clusters: &'a [Cluster],
    host: &str,
) -> Vec<(&'a Cluster, &'a Node, minijinja::Value)> {
    let all = clusters.iter().flat_map(|cluster| {
        let nodes = cluster.nodes.iter();
        nodes.map(move |node| (cluster, node))
    });
    all.filter(|(_, node)| node.host == host)
        .map(|(cluster, node)| (cluster, node, view_of(clusters, cluster, node)))
        .collect()
}

fn view_of(clusters: &[Cluster], cluster: &Cluster, node: &Node) -> minijinja::Value {
    use minijinja::Value as Rendered;
    let view = View::of(cluster, node);
    let text = serde_json::to_value(&view.node).unwrap_or_default();
    let more = [
        ("cluster", Rendered::from(cluster.name.as_str())),
        ("product", Rendered::from(cluster.release.name.as_str())),
        (
            "shell",
            Rendered::from(shell(clusters, &node.host, &node.user)),
        ),
        // A node that is no sender any more has to know what it was.
        ("sync_id", Rendered::from(BalancerView::id(cluster))),
    ];
    let known = crate::template::from_json(&text);
    let own = known.try_iter().into_iter().flatten().map(|key| {
        let item = known.get_item(&key).unwrap_or_default();
        (key, item)
    });
    let more = more.map(|(key, value)| (Rendered::from(key), value));
    Rendered::from_pairs(own.chain(more).collect::<Vec<_>>())
}
