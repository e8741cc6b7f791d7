//! What an operator of a cluster has to know and nobody can mend: said by every plan and report.

use super::{Cluster, client_ports, pattern};
use crate::catalogue::Role;

/// The notes about one cluster.
#[must_use]
pub fn notes(cluster: &Cluster) -> Vec<String> {
    let two_domains = pattern(cluster.pattern).is_some_and(|pattern| !pattern.one_domain);
    let stale = two_domains.then(|| stale_caches(cluster));
    let told = cluster.release.told().into_iter();
    told.map(|told| format!("cluster `{}`: {told}", cluster.name))
        .chain(stale)
        .chain(late_artifacts(cluster))
        .chain(no_gateway(cluster))
        .chain(no_password(cluster))
        .chain(open_workers(cluster))
        .collect()
}

/// Who is the administrator is left to the pack.
fn no_password(cluster: &Cluster) -> Option<String> {
    cluster.admin.password.is_none().then(|| {
        format!(
            "cluster `{}`: `carbon_admin_password` is not given: a first start makes the administrator with the password \
             that the pack ships, and what only a login shows is not proved",
            cluster.name
        )
    })
}

/// A part of a product that others call, in an inventory without them.
fn no_gateway(cluster: &Cluster) -> Option<String> {
    let release = &cluster.release;
    let apart = release.component.is_some() && release.components.is_empty();
    (apart && cluster.gateway.is_none()).then(|| {
        format!(
            "cluster `{}`: its {} publishes to itself, for the inventory has no cluster of a gateway; add that \
             cluster, or name the gateway's manager in api-manager.xml by `carbon_edits`",
            cluster.name,
            release.component.as_deref().unwrap_or_default()
        )
    })
}

/// The same for artifacts: a worker is told of a commit within its own domain only (procedure 1.4).
fn late_artifacts(cluster: &Cluster) -> Option<String> {
    let two_domains = pattern(cluster.pattern).is_some_and(|pattern| !pattern.one_domain);
    (two_domains && cluster.repository().is_some()).then(|| {
        format!(
            "cluster `{}`: in pattern {} no worker is told of a commit; each looks into the repository every 5 to 15 \
             minutes by itself, so what is deployed is everywhere after up to 15 minutes, and so long `apply` waits for it; \
             `carbon_artifact_sync: rsync` needs no message",
            cluster.name, cluster.pattern
        )
    })
}

/// Clients come from anywhere, so without a balancer of ours a firewall cannot tell them from others.
fn open_workers(cluster: &Cluster) -> Option<String> {
    if !cluster.firewall || cluster.front.keeps_workers() {
        return None;
    }
    let worker = cluster.of_role(Role::Worker).next()?;
    let (http, https) = client_ports(&cluster.release);
    let port = |name: &str| worker.ports.get(name).copied().unwrap_or_default();
    let console = match https {
        "https" => ", and with the latter to what is left of the console there",
        _ => "",
    };
    Some(format!(
        "cluster `{}`: its firewall leaves the workers' ports {} and {} open to everybody{console}: no load balancer of \
         this inventory stands before them, so clients may come from anywhere",
        cluster.name,
        port(http),
        port(https)
    ))
}

/// The trap that no guide tells (procedure 1.4; 716 s seen in real-run 10).
fn stale_caches(cluster: &Cluster) -> String {
    format!(
        "cluster `{}`: in pattern {} no message crosses from the managers' domain to the workers'. Workers keep \
         what they have cached of registry and users for up to 15 minutes after a change on the manager; \
         `Cache/DefaultCacheTimeout` of carbon.xml (minutes, by `carbon_edits`) shortens it, and pattern 3's one \
         domain does without",
        cluster.name, cluster.pattern
    )
}
