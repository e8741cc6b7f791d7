//! Which ports of a host are open to whom, derived from all clusters of the inventory. Carbon binds everything to
//! 0.0.0.0 (real-run 1 and 5), so what its ports are for is told by the network, and only the topology knows it.
//!
//! A port that is named here is shut to everybody else; one that is not is none of wmprov's business.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde::Serialize;

use super::{Cluster, Network, Node, StoreServer, client_ports};

/// API Manager's Thrift server for keys, which no offset moves (procedure 2.1); off where roles are separated (5.2).
const THRIFT: (&str, u16) = ("am", 10397);

/// A port of a host that is open to some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// What is there, for the reader of the rules.
    pub what: String,
    /// Who may connect, none of them holding another; nobody where it is empty.
    pub from: Vec<Network>,
}

/// The ports of a host that are not open to everybody. Without any, the host needs no firewall.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Firewall {
    /// By port.
    pub openings: BTreeMap<u16, Opening>,
    /// Ports by which hosts of ours come in over SSH.
    pub ssh: Vec<u16>,
}

/// What the rules' template sees.
#[derive(Clone, Debug, Serialize)]
pub struct FirewallView<'a> {
    /// Ports that are open to everybody whatever follows.
    pub ssh: &'a [u16],
    /// Ports with the same meaning and the same sources.
    pub openings: Vec<OpeningView<'a>>,
}

/// `firewall.openings`.
#[derive(Clone, Debug, Serialize)]
pub struct OpeningView<'a> {
    /// What is there.
    pub what: &'a str,
    /// The ports.
    pub ports: Vec<u16>,
    /// Sources of IP version 4.
    pub ipv4: Vec<String>,
    /// Sources of IP version 6.
    pub ipv6: Vec<String>,
}

impl Firewall {
    /// The ports of a host that clusters with a firewall want kept.
    #[must_use]
    pub fn of(clusters: &[Cluster], host: &str) -> Self {
        let mut firewall = Self::default();
        for cluster in clusters.iter().filter(|cluster| cluster.firewall) {
            for node in cluster.nodes.iter().filter(|node| node.host == host) {
                let side = Side { cluster, node };
                side.open(clusters, &mut firewall);
                firewall.ssh.push(node.ssh_port);
            }
        }
        firewall.store(clusters, host);
        firewall.ssh.sort_unstable();
        firewall.ssh.dedup();
        firewall
    }

    /// The store's ports: whoever checks out from one, with a firewall or without.
    fn store(&mut self, clusters: &[Cluster], host: &str) {
        let mut ports = BTreeMap::<u16, (StoreServer, Vec<&Cluster>)>::new();
        for cluster in clusters {
            let here = cluster.store().is_some_and(|store| store.host == host);
            if let (true, Some(repository)) = (here, cluster.repository()) {
                let none = (repository.server, Vec::new());
                let known = ports.entry(repository.port()).or_insert(none);
                known.1.push(cluster);
            }
        }
        for (port, (server, served)) in ports {
            if served.iter().any(|cluster| cluster.firewall) {
                let what = format!("{server}: nodes that check out or commit");
                let nodes = served.iter().flat_map(|cluster| &cluster.nodes);
                let from = nodes.map(|node| node.member.address.into());
                self.open(port, &what, from);
            }
        }
    }

    fn open(&mut self, port: u16, what: &str, from: impl IntoIterator<Item = Network>) {
        let opening = Opening {
            what: what.to_owned(),
            from: Network::apart(from),
        };
        self.openings.insert(port, opening);
    }

    /// These openings and those of before, by port, together: what nobody is cut by while a change is under way.
    #[must_use]
    pub fn with_former(&self, former: &BTreeMap<u16, Vec<Network>>) -> Self {
        let mut both = self.clone();
        for (port, from) in former {
            match both.openings.get_mut(port) {
                Some(opening) => {
                    let all = opening.from.iter().chain(from).copied();
                    opening.from = Network::apart(all);
                }
                None => both.open(*port, "kept until all is as wanted", from.iter().copied()),
            }
        }
        both
    }

    /// What a template makes rules of: ports that mean the same stand together.
    #[must_use]
    pub fn view(&self) -> FirewallView<'_> {
        let mut openings: Vec<OpeningView<'_>> = Vec::new();
        let text = |from: &[Network], six: bool| -> Vec<String> {
            let of_kind = from.iter().filter(|network| network.is_ipv6() == six);
            of_kind.map(ToString::to_string).collect()
        };
        for (port, opening) in &self.openings {
            let (ipv4, ipv6) = (text(&opening.from, false), text(&opening.from, true));
            let alike = |known: &&mut OpeningView<'_>| {
                known.what == opening.what && known.ipv4 == ipv4 && known.ipv6 == ipv6
            };
            match openings.iter_mut().find(alike) {
                Some(known) => known.ports.push(*port),
                None => openings.push(OpeningView {
                    what: &opening.what,
                    ports: vec![*port],
                    ipv4,
                    ipv6,
                }),
            }
        }
        FirewallView {
            ssh: &self.ssh,
            openings,
        }
    }
}

/// A node as its own host's rules see it.
struct Side<'a> {
    cluster: &'a Cluster,
    node: &'a Node,
}

impl Side<'_> {
    fn open(&self, clusters: &[Cluster], firewall: &mut Firewall) {
        let Self { cluster, node } = self;
        let who = format!("{} {}", node.role, node.name);
        let members = cluster.listed_by(node).into_iter();
        firewall.open(
            node.member.port,
            &format!("{who}: members of {}", node.domain),
            members.map(|member| member.address.into()),
        );
        for (name, port) in &node.ports {
            if let Some((what, from)) = self.sources(name, clusters) {
                firewall.open(*port, &format!("{who}: {what}"), from);
            }
        }
        if cluster.release.product == THRIFT.0 {
            firewall.open(THRIFT.1, &format!("{who}: Thrift, used by nobody"), []);
        }
    }

    /// Who may connect to a port of the node, by its name; [`None`] where it is open to everybody.
    fn sources(&self, port: &str, clusters: &[Cluster]) -> Option<(&'static str, Vec<Network>)> {
        let admins = self.cluster.administrators();
        if self.node.is_worker() {
            return self.sources_of_worker(port, admins);
        }
        let mut from = admins;
        if !["http", "https"].contains(&port) {
            return Some(("administrators", from));
        }
        from.extend(self.cluster.balancers(|balancer| balancer.managers));
        let callers = self.callers(clusters);
        let what = match callers.is_empty() {
            true => "the console's balancers and administrators",
            false => {
                "the console's balancers, administrators, and who publishes or checks keys here"
            }
        };
        from.extend(callers.into_iter().map(Network::from));
        Some((what, from))
    }

    fn sources_of_worker(
        &self,
        port: &str,
        admins: Vec<Network>,
    ) -> Option<(&'static str, Vec<Network>)> {
        let cluster = self.cluster;
        let (http, https) = client_ports(&cluster.release);
        let serves = port == http || port == https;
        // Whoever calls the workers comes to them, where nothing of ours stands before: these are all the world.
        if serves && !cluster.front.keeps_workers() {
            return None;
        }
        let mut from = Vec::new();
        let console = ["http", "https"].contains(&port);
        if console {
            let managers = cluster.nodes.iter().filter(|node| !node.is_worker());
            from.extend(managers.map(|node| Network::from(node.member.address)));
        }
        if console || !serves {
            from.extend(admins);
        }
        if serves {
            from.extend(cluster.balancers(|balancer| balancer.workers));
        }
        let what = match (serves, console) {
            (true, true) => "balancers, managers and administrators",
            (true, false) => "balancers",
            (false, true) => "managers and administrators",
            (false, false) => "administrators",
        };
        Some((what, from))
    }

    /// The nodes of other clusters that call this manager: those that publish to it, or check keys at it.
    fn callers(&self, clusters: &[Cluster]) -> Vec<IpAddr> {
        let https = self.node.ports.get("https").copied().unwrap_or_default();
        let own = SocketAddr::new(self.node.member.address, https).to_string();
        let calls = move |cluster: &&Cluster| {
            let publishes = cluster.gateway.as_ref().map(|gateway| &gateway.manager);
            let keys = cluster.vars.get("carbon_key_manager");
            let keys = keys.and_then(|set| set.text().ok());
            publishes == Some(&own) || keys == Some(own.as_str())
        };
        let nodes = clusters.iter().filter(calls).flat_map(|one| &one.nodes);
        nodes.map(|node| node.member.address).collect()
    }
}

impl Cluster {
    /// The networks of the administrators (`carbon_console_allow`); their form has been checked.
    fn administrators(&self) -> Vec<Network> {
        let allowed = self.front.allow.iter();
        allowed.filter_map(|text| text.parse().ok()).collect()
    }

    /// The addresses of the balancers of ours that stand before one side; that they are known is checked (WM148).
    fn balancers(&self, chosen: fn(&super::Balancer) -> bool) -> impl Iterator<Item = Network> {
        let balancers = self.front.balancers.iter();
        let own = balancers.filter(move |balancer| chosen(balancer));
        own.filter_map(|balancer| balancer.address.map(Network::from))
    }
}
