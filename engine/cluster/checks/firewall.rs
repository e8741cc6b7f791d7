//! Checks of the firewall: rules name addresses, and somebody has to be let in.

use super::super::{Balancer, Cluster};
use super::check::{Check, Finding, When};

pub(super) const NO_ADMINISTRATOR: Check = Check {
    code: "WM147",
    title: "a firewall that lets no administrator in",
    cause: "With `carbon_firewall` a manager's ports are open to the console's load balancer and to `carbon_console_allow`; without either nobody reaches the console.",
    fix: "set `carbon_console_allow` to the addresses and networks of the administrators; waive this where they come through SSH only",
    source: "procedure 1.2; ours",
    waivable: true,
    when: When::Before(|clusters| {
        walled(clusters)
            .filter(|cluster| !cluster.front.keeps_console() && cluster.front.allow.is_empty())
            .map(|cluster| {
                let message = format!(
                    "the firewall of cluster `{}` shuts everybody out of the console",
                    cluster.name
                );
                Finding::of(cluster, cluster.place_of("carbon_firewall"), message)
            })
            .collect()
    }),
};

pub(super) const NO_ADDRESS: Check = Check {
    code: "WM148",
    title: "a load balancer whose address the firewall does not know",
    cause: "The nodes' rules let in addresses. A name would be looked up once, when rules are loaded, and at boot before there is a network; without an address the balancer is shut out.",
    fix: "set `carbon_address` of the load balancer to the IP address that it comes from to the nodes",
    source: "ours",
    waivable: false,
    when: When::Before(|clusters| {
        let unknown = |balancer: &&Balancer| balancer.address.is_none_or(|one| one.is_loopback());
        walled(clusters)
            .flat_map(|cluster| {
                let unknown = cluster.front.balancers.iter().filter(unknown);
                unknown.map(move |balancer| (cluster, balancer))
            })
            .map(|(cluster, balancer)| {
                let message = format!(
                    "the address of load balancer `{}` is not known to the firewall of cluster `{}`",
                    balancer.host, cluster.name
                );
                let written = balancer.vars.get("carbon_address");
                let written = written.or_else(|| balancer.vars.get("ansible_host"));
                let place = written.map_or(&balancer.place, |set| &set.place);
                Finding::of(cluster, place, message)
            })
            .collect()
    }),
};

/// The clusters with a firewall.
fn walled(clusters: &[Cluster]) -> impl Iterator<Item = &Cluster> {
    clusters.iter().filter(|cluster| cluster.firewall)
}
